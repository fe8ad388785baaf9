//! Mails whose label is known, to train and to grade with: a user's own, and those of situations.

use std::collections::BTreeMap;
use std::path::Path;

use training::dataset::labelled::{self, Labelled};
use training::dataset::{self, DatasetError, Situation};

use crate::complaint::{self, Advice};
use crate::terminal;

/// More lines are counted, not listed.
const LISTED: usize = 20;

/// A user's mails, at least one. Every line that cannot be read is named, and then none counts: what half the mails teach or tell misleads.
pub(crate) fn own(file: &Path) -> anyhow::Result<Vec<Labelled>> {
    let (mails, wrong) = labelled::read(&complaint::read_file(file)?);
    let shown = file.display();
    if mails.is_empty() && wrong.is_empty() {
        return Err(Advice::data(
            format!("there is no mail in {shown}"),
            "`postill eval --help` shows what a line looks like",
        ));
    }
    if wrong.is_empty() {
        doubt(&mails)?;
        return Ok(mails);
    }
    for wrong in wrong.iter().take(LISTED) {
        terminal::note(&format!("{shown} {wrong}"))?;
    }
    Err(Advice::data(
        format!("{} of the {} lines of {shown} cannot be read", wrong.len(), mails.len() + wrong.len()),
        "mend them as said above; `postill eval --help` shows what a line looks like",
    ))
}

/// Names mails that say the same under different labels: at least one of them is labelled wrongly, and nothing can be learned from them.
fn doubt(mails: &[Labelled]) -> anyhow::Result<()> {
    let mut firsts: BTreeMap<(&str, &str), &Labelled> = BTreeMap::new();
    let mut doubtful = Vec::new();
    for mail in mails {
        let first = *firsts.entry((&mail.subject, &mail.text)).or_insert(mail);
        if first.label != mail.label {
            doubtful.push((first, mail));
        }
    }
    for (one, other) in doubtful.iter().take(LISTED) {
        terminal::note(&format!(
            "{} and {} say the same, but are labelled {} and {}: is that right?",
            one.id, other.id, one.label, other.label
        ))?;
    }
    Ok(())
}

/// The situations of a folder, or those in the binary.
pub(crate) fn situations(folder: Option<&Path>) -> anyhow::Result<Vec<Situation>> {
    folder.map_or_else(dataset::embedded, dataset::read_folder).map_err(|error| {
        let remedy = match &error {
            DatasetError::Unreadable { .. } => "is the path right, and may you read it?",
            DatasetError::NoFiles { .. } => {
                "name the folder that holds them, as crates/intent/data/situations"
            }
            DatasetError::Wrong { .. } | DatasetError::Twice { .. } => {
                "the guide beside the data says how it is written"
            }
        };
        Advice::data(complaint::chain(&error), remedy)
    })
}
