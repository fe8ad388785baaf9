//! What is different from an earlier replay of the same mails.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use replay_report::{Answer, Differences, SCHEMA};
use serde::Deserialize;

use super::lines::Earlier;
use crate::complaint::{Advice, chain};

/// The comparison, while answers come in.
#[derive(Debug)]
pub(crate) struct Comparison {
    earlier: Earlier,
    differences: Differences,
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
        self.differences.sort();
        self.differences
    }
}
