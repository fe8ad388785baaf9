//! What is different from an earlier replay of the same mails.

use std::collections::BTreeMap;
use std::path::PathBuf;

use domain::{Fingerprint, Outcome};
use serde::{Deserialize, Serialize};

use crate::answers::Answer;

/// How many changed mails are listed, and not only counted.
const LISTED: usize = 1_000;

/// Mails by how they ended before and now.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Differences {
    /// The earlier report.
    pub with: PathBuf,
    /// Mails that ended as before.
    pub same: u64,
    /// Mails with another intent or another outcome.
    pub changed: u64,
    /// Mails that were not there before.
    pub new: u64,
    /// Mails of before that did not come again.
    pub missing: u64,
    /// Intents that changed.
    pub intents: Vec<Change>,
    /// Outcomes that changed.
    pub outcomes: Vec<Change>,
    /// Outcomes before, over all mails.
    pub outcomes_before: BTreeMap<String, u64>,
    /// The first thousand that changed.
    pub listed: Vec<Changed>,
}

/// How many went from one to the other.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// From this,
    pub before: String,
    /// to this.
    pub now: String,
    /// How many.
    pub mails: u64,
}

/// One mail that ended otherwise.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Changed {
    /// Which mail.
    pub fingerprint: Fingerprint,
    /// What it asked for then.
    pub intent_before: String,
    /// What it asks for now.
    pub intent: String,
    /// How it ended then.
    pub outcome_before: Outcome,
    /// How it ends now.
    pub outcome: Outcome,
}

impl Differences {
    /// Counts a mail that was there before; `before` is its intent and its outcome then.
    pub fn note(&mut self, answer: &Answer, before: (&str, Outcome)) {
        let (intent_before, outcome_before) = before;
        let Answer { fingerprint, intent, outcome, .. } = answer;
        if before == (*intent, *outcome) {
            self.same += 1;
            return;
        }
        self.changed += 1;
        count(&mut self.intents, intent_before, intent);
        count(&mut self.outcomes, outcome_before.as_str(), outcome.as_str());
        if self.listed.len() < LISTED {
            self.listed.push(Changed {
                fingerprint: *fingerprint,
                intent_before: intent_before.to_owned(),
                intent: (*intent).to_owned(),
                outcome_before,
                outcome: *outcome,
            });
        }
    }

    /// Puts what changed most often first.
    pub fn sort(&mut self) {
        let most_first = |change: &Change| std::cmp::Reverse(change.mails);
        self.intents.sort_by_key(most_first);
        self.outcomes.sort_by_key(most_first);
    }
}

fn count(changes: &mut Vec<Change>, before: &str, now: &str) {
    if before == now {
        return;
    }
    match changes.iter_mut().find(|change| (change.before.as_str(), change.now.as_str()) == (before, now)) {
        Some(change) => change.mails += 1,
        None => changes.push(Change { before: before.to_owned(), now: now.to_owned(), mails: 1 }),
    }
}
