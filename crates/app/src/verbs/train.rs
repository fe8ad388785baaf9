//! `postill train`: makes a model from the situations in the binary or in a folder, and from a user's own mails besides.

use std::fs;
use std::path::Path;
use std::process::ExitCode;

use intent::{Classifier, Text};
use training::card::{Card, cross_validated, held_out};
use training::dataset::labelled::Labelled;
use training::dataset::{self, Situation, labelled};
use training::example::{Example, Source};
use training::tally::Tally;
use training::train::train;

use crate::cli::Train;
use crate::complaint::{Advice, chain, read_file};
use crate::terminal;

/// So many wrong lines are shown at once.
const SHOWN: usize = 20;

pub(super) fn run(arguments: &Train, before: &Classifier) -> anyhow::Result<ExitCode> {
    let (graded_with, trained_on) = situations(arguments.data.as_deref())?;
    let own = arguments.add.as_deref().map(own_mails).transpose()?.unwrap_or_default();
    let mut examples = Example::of_situations(&trained_on);
    examples.extend(Example::of_user(&own));
    terminal::note(&format!(
        "training on {} situations and {} mails of yours; this takes a minute",
        trained_on.len(),
        own.len()
    ))?;
    let trained = train(&examples);
    let bytes = trained.weights.to_bytes();
    let classifier = Classifier::from_bytes(&bytes)?;
    write(&arguments.out, &bytes)?;
    let mine = |source: Source| matches!(source, Source::User(_));
    if own.is_empty() {
        terminal::result(&held_out(&classifier, &graded_with).table())?;
    } else {
        let after = cross_validated(&examples, &trained, mine);
        terminal::result(&report(&tally_of(before, &own), &after))?;
    }
    if let Some(path) = &arguments.card {
        let card = Card {
            version: classifier.version(),
            trained_on: &trained_on,
            own_mails: own.len(),
            limits: classifier.limits(),
            written: &cross_validated(&examples, &trained, |source| source == Source::Written),
            noisy: &cross_validated(&examples, &trained, |source| source == Source::Noisy),
            held_out: &held_out(&classifier, &graded_with),
        };
        write(path, card.markdown().as_bytes())?;
    }
    let shown = arguments.out.display();
    terminal::note(&format!(
        "wrote {} to {shown}; a worker reads with it where classifier.model_file names it",
        classifier.version()
    ))?;
    Ok(ExitCode::SUCCESS)
}

/// The situations kept for grading, and those to train on.
fn situations(folder: Option<&Path>) -> anyhow::Result<(Vec<Situation>, Vec<Situation>)> {
    let all = folder.map_or_else(dataset::embedded, dataset::read_folder);
    let all = all.map_err(|error| {
        Advice::data(chain(&error), "crates/intent/data/GUIDE.md says how situations are written")
    })?;
    Ok(all.into_iter().partition(|situation| dataset::is_held_out(&situation.name)))
}

/// A user's mails. A line that cannot be read stops the training: a mail left out silently would be missed by nobody.
fn own_mails(path: &Path) -> anyhow::Result<Vec<Labelled>> {
    let bytes = read_file(path)?;
    let (mails, wrong) = labelled::read(&bytes);
    if wrong.is_empty() {
        return Ok(mails);
    }
    let lines: Vec<String> = wrong.iter().take(SHOWN).map(ToString::to_string).collect();
    let more = wrong.len().saturating_sub(SHOWN);
    let more = if more > 0 { format!("\n  and {more} more") } else { String::new() };
    let what =
        format!("{}: {} lines cannot be read:\n  {}{more}", path.display(), wrong.len(), lines.join("\n  "));
    Err(Advice::data(what, "mend them or take them out; nothing was trained"))
}

fn tally_of(classifier: &Classifier, mails: &[Labelled]) -> Tally {
    let mut tally = Tally::default();
    for labelled in mails {
        let parts = mail::cut_quotes(&labelled.text);
        let text = Text { subject: &labelled.subject, written: &parts.written, cut: &parts.cut };
        let read = classifier.classify(text);
        let decided = read.disposition != domain::intent::Disposition::Person;
        tally.count(labelled.label, read.intent.label, decided);
    }
    tally
}

fn report(before: &Tally, after: &Tally) -> String {
    format!(
        "Your mails as the model before reads them, macro F1 {:.3}:\n\n{}\nAs the new one reads them, each by a model trained without it and \
         its near-duplicates, macro F1 {:.3}:\n\n{}",
        before.macro_f1(),
        before.table(),
        after.macro_f1(),
        after.table()
    )
}

fn write(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    fs::write(path, bytes).map_err(|error| {
        Advice::refused(
            format!("cannot write {}: {error}", path.display()),
            "does its folder exist, and may you write there?",
        )
    })
}
