//! `postill train`: makes a model from the situations in the binary or in a folder, and from a user's own mails besides.

mod show;

use std::collections::BTreeSet;
use std::fs::{self, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use domain::intent::Disposition;
use intent::Classifier;
use training::card::{Card, cross_validated, held_out};
use training::dataset::labelled::{self, Labelled};
use training::dataset::{self, Situation};
use training::evaluate;
use training::example::{Example, Source};
use training::tally::Tally;
use training::train::{Trained, train};

use crate::cli::Train;
use crate::complaint::Advice;
use crate::{labelled_mails, terminal};

pub(super) fn run(arguments: &Train) -> anyhow::Result<ExitCode> {
    look_ahead(arguments)?;
    let own = arguments.add.as_deref().map(labelled_mails::own).transpose()?.unwrap_or_default();
    let situations = labelled_mails::situations(arguments.data.as_deref())?;
    let (graded_with, trained_on): (Vec<Situation>, Vec<Situation>) =
        situations.into_iter().partition(|situation| dataset::is_held_out(&situation.name));
    if trained_on.is_empty() {
        let what = format!("all of the {} situations are held out from training", graded_with.len());
        return Err(Advice::data(what, "one in five is, by its name: add more"));
    }
    let mut examples = Example::of_situations(&trained_on);
    examples.extend(Example::of_user(&own));
    terminal::note(&format!("training on {}; this takes a minute", named(&trained_on, &own)))?;
    let trained = train(&examples);
    let bytes = trained.weights.to_bytes();
    let after = Classifier::from_bytes(&bytes)?;
    write(&arguments.out, &bytes)?;
    if let Some(path) = &arguments.card {
        let card = Card {
            version: after.version(),
            trained_on: &trained_on,
            own_mails: own.len(),
            limits: after.limits(),
            written: &cross_validated(&examples, &trained, |source| source == Source::Written),
            noisy: &cross_validated(&examples, &trained, |source| source == Source::Noisy),
            held_out: &held_out(&after, &graded_with),
        };
        write(path, card.markdown().as_bytes())?;
    }
    if !own.is_empty() {
        compare_own(&own, &examples, &trained)?;
    }
    compare_held_out(&graded_with, &after)?;
    say_what_next(arguments, after.version())
}

/// Says what would fail after the training before it begins, and keeps what was labelled by hand from being written over.
fn look_ahead(arguments: &Train) -> anyhow::Result<()> {
    let Train { add, data: _, out, card } = arguments;
    for written in [Some(out), card.as_ref()].into_iter().flatten() {
        if add.as_ref().is_some_and(|add| is_one_file(add, written)) {
            let what = format!("{} holds your mails and would be written over", written.display());
            return Err(Advice::usage(what, "name another file to write to"));
        }
    }
    if card.as_ref().is_some_and(|card| is_one_file(card, out)) {
        let what = format!("{} cannot be both the model and its card", out.display());
        return Err(Advice::usage(what, "name two files"));
    }
    for written in [Some(out), card.as_ref()].into_iter().flatten() {
        try_opening(written).map_err(|error| unwritable(written, &error))?;
    }
    Ok(())
}

fn is_one_file(one: &Path, other: &Path) -> bool {
    let whole = |path: &Path| -> PathBuf { path.canonicalize().unwrap_or_else(|_new| path.to_owned()) };
    whole(one) == whole(other)
}

/// Leaves what is there as it is, and nothing where nothing was.
fn try_opening(path: &Path) -> io::Result<()> {
    let is_new = path.symlink_metadata().is_err();
    OpenOptions::new().append(true).create(true).open(path)?;
    if is_new { fs::remove_file(path) } else { Ok(()) }
}

fn write(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    fs::write(path, bytes).map_err(|error| unwritable(path, &error))
}

fn unwritable(path: &Path, error: &io::Error) -> anyhow::Error {
    Advice::refused(
        format!("cannot write {}: {error}", path.display()),
        "name a file in a folder that is there and that you may write to",
    )
}

fn named(situations: &[Situation], own: &[Labelled]) -> String {
    let situations = format!("{} situations", situations.len());
    if own.is_empty() { situations } else { format!("{situations} and {} of yours", show::mails(own.len())) }
}

/// Each of the user's mails as the model in the binary reads it, and as one that was trained without it and its near-duplicates.
fn compare_own(own: &[Labelled], examples: &[Example], trained: &Trained) -> anyhow::Result<()> {
    let is_own = |source: Source| matches!(source, Source::User(_));
    let groups: BTreeSet<u64> =
        examples.iter().filter(|example| is_own(example.source)).map(|example| example.group).collect();
    let twins = own.len() - groups.len();
    let twins = if twins == 0 { String::new() } else { format!(" (near-duplicates: {twins})") };
    show::comparison(
        &format!(
            "Your {}{twins}: by the model in the binary → by one trained with the others",
            show::mails(own.len())
        ),
        &tally(&Classifier::embedded(), own),
        &cross_validated(examples, trained, is_own),
    )?;
    terminal::result("")?;
    Ok(())
}

/// Mails that neither model was trained on: what a user's own mails change for everything else.
fn compare_held_out(situations: &[Situation], after: &Classifier) -> anyhow::Result<()> {
    let mails: Vec<Labelled> = situations.iter().flat_map(labelled::of_situation).collect();
    if mails.is_empty() {
        return Ok(());
    }
    show::comparison(
        &format!(
            "{} of held-out situations: by the model in the binary → by the new one",
            show::mails(mails.len())
        ),
        &tally(&Classifier::embedded(), &mails),
        &tally(after, &mails),
    )
}

fn tally(classifier: &Classifier, mails: &[Labelled]) -> Tally {
    let mut tally = Tally::default();
    for graded in evaluate::grade(classifier, mails) {
        let is_decided = graded.read.disposition != Disposition::Person;
        tally.count(graded.mail.label, graded.read.intent.label, is_decided);
    }
    tally
}

fn say_what_next(arguments: &Train, version: &str) -> anyhow::Result<ExitCode> {
    terminal::note(&format!("wrote {version} to {}", arguments.out.display()))?;
    if let Some(own) = &arguments.add {
        terminal::note(&format!(
            "  it knows the mails of {} by heart: `postill eval --gold` tells how good it is only of others",
            own.display()
        ))?;
    }
    terminal::note("  workers read with it where classifier.model_file names it")?;
    Ok(ExitCode::SUCCESS)
}
