//! What is different from an earlier replay of the same mails.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use domain::{Fingerprint, Outcome};
use serde::{Deserialize, Serialize};

use super::answers::Answer;
use super::lines::{Earlier, End};
use super::report::SCHEMA;
use crate::complaint::{Advice, chain};

/// How many changed mails are listed, and not only counted.
const LISTED: usize = 1_000;

/// The comparison, while answers come in.
#[derive(Debug)]
pub(crate) struct Comparison {
    earlier: Earlier,
    differences: Differences,
}

/// Mails by how they ended before and now.
#[derive(Debug, Clone, Default, Serialize)]
pub(crate) struct Differences {
    /// The earlier report.
    pub(crate) with: PathBuf,
    /// Mails that ended as before.
    pub(crate) same: u64,
    /// Mails with another intent or another outcome.
    pub(crate) changed: u64,
    /// Mails that were not there before.
    pub(crate) new: u64,
    /// Mails of before that did not come again.
    pub(crate) missing: u64,
    pub(crate) intents: Vec<Change>,
    pub(crate) outcomes: Vec<Change>,
    /// Outcomes, before and now, over all mails.
    pub(crate) outcomes_before: BTreeMap<String, u64>,
    /// The first thousand that changed.
    pub(crate) listed: Vec<Changed>,
}

/// How many went from one to the other.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Change {
    pub(crate) before: &'static str,
    pub(crate) now: &'static str,
    pub(crate) mails: u64,
}

/// One mail that ended otherwise.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Changed {
    pub(crate) fingerprint: Fingerprint,
    pub(crate) intent_before: &'static str,
    pub(crate) intent: &'static str,
    pub(crate) outcome_before: Outcome,
    pub(crate) outcome: Outcome,
}

/// What is read of an earlier report.
#[derive(Deserialize)]
struct EarlierReport {
    schema: String,
    /// The file with a line for each mail, beside the report.
    mails: Option<PathBuf>,
    answers: Option<EarlierAnswers>,
}

#[derive(Deserialize)]
struct EarlierAnswers {
    outcomes: BTreeMap<String, u64>,
}

impl Comparison {
    /// Reads an earlier report and the lines beside it.
    pub(crate) fn with(path: &Path) -> anyhow::Result<Self> {
        let wrong = |why: String| {
            Advice::data(
                format!("{} cannot be compared with: {why}", path.display()),
                "--compare takes a report of `postill replay --here --report`",
            )
        };
        let bytes = fs::read(path).map_err(|error| wrong(error.to_string()))?;
        let report: EarlierReport = serde_json::from_slice(&bytes).map_err(|error| wrong(chain(&error)))?;
        if report.schema != SCHEMA {
            return Err(wrong(format!("it is no {SCHEMA}")));
        }
        let (Some(mails), Some(answers)) = (report.mails, report.answers) else {
            return Err(wrong("it tells nothing of single mails".to_owned()));
        };
        let earlier = Earlier::read(&path.with_file_name(mails.file_name().unwrap_or_default()))?;
        let differences = Differences {
            with: path.to_owned(),
            outcomes_before: answers.outcomes,
            ..Differences::default()
        };
        Ok(Self { earlier, differences })
    }

    pub(crate) fn note(&mut self, answer: &Answer) {
        let Some(before) = self.earlier.end_of(&answer.fingerprint) else {
            self.differences.new += 1;
            return;
        };
        self.differences.note(answer, before);
    }

    pub(crate) fn finish(mut self) -> Differences {
        self.differences.missing = self.earlier.missing();
        let most_first = |change: &Change| std::cmp::Reverse(change.mails);
        self.differences.intents.sort_by_key(most_first);
        self.differences.outcomes.sort_by_key(most_first);
        self.differences
    }
}

impl Differences {
    fn note(&mut self, answer: &Answer, (intent_before, outcome_before): End) {
        let Answer { fingerprint, intent, outcome, .. } = answer;
        if (intent_before, outcome_before) == (*intent, *outcome) {
            self.same += 1;
            return;
        }
        self.changed += 1;
        count(&mut self.intents, intent_before, intent);
        count(&mut self.outcomes, outcome_before.as_str(), outcome.as_str());
        if self.listed.len() < LISTED {
            let (fingerprint, outcome) = (*fingerprint, *outcome);
            self.listed.push(Changed { fingerprint, intent_before, intent, outcome_before, outcome });
        }
    }
}

fn count(changes: &mut Vec<Change>, before: &'static str, now: &'static str) {
    if before == now {
        return;
    }
    match changes.iter_mut().find(|change| (change.before, change.now) == (before, now)) {
        Some(change) => change.mails += 1,
        None => changes.push(Change { before, now, mails: 1 }),
    }
}
