//! Reading a report back, whoever wrote it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::answers::{Answers, Sums};
use crate::differences::Differences;
use crate::report::{Report, SCHEMA};

/// How many names may be counted in one list; ours have some hundred, months for the most part.
const MOST_NAMES: usize = 2_000;
/// How many currencies may be summed; there are fewer.
const MOST_CURRENCIES: usize = 200;
/// In bytes.
const LONGEST_NAME: usize = 200;
/// Nothing lasts longer, in seconds, and nothing is faster.
const MOST: f64 = 1e9;

/// What was given is no report that can be shown. Says nothing of what stands in it.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// It is not JSON.
    #[error("it is not JSON: line {line}, column {column}")]
    NotJson {
        /// From 1.
        line: usize,
        /// From 1.
        column: usize,
    },
    /// It is JSON, but no report.
    #[error("it is no report of a replay ({SCHEMA})")]
    NoReport,
    /// It says it is one, but something is missing or of the wrong kind.
    #[error("something of the report is missing or of the wrong kind: line {line}, column {column}")]
    Malformed {
        /// From 1.
        line: usize,
        /// From 1.
        column: usize,
    },
    /// It says what no replay can find.
    #[error("its {what} cannot be those of a replay")]
    Impossible {
        /// Which part of it.
        what: &'static str,
    },
}

#[derive(Deserialize)]
struct Head {
    schema: String,
}

impl Report {
    /// Reads a report that may come from anybody.
    pub fn read(bytes: &[u8]) -> Result<Self, ReadError> {
        let head: Result<Head, _> = serde_json::from_slice(bytes);
        match head {
            Ok(Head { schema }) if schema == SCHEMA => {}
            Err(error) if error.is_syntax() || error.is_eof() => {
                return Err(ReadError::NotJson { line: error.line(), column: error.column() });
            }
            Ok(_) | Err(_) => return Err(ReadError::NoReport),
        }
        let report: Self = serde_json::from_slice(bytes)
            .map_err(|error| ReadError::Malformed { line: error.line(), column: error.column() })?;
        report.check()?;
        Ok(report)
    }

    /// The same as it may be kept: without the mails that ended otherwise, and what was read is named without its folder, which may name a
    /// person's home. The name of the archive's file stays.
    #[must_use]
    pub fn to_be_kept(mut self) -> Self {
        for source in &mut self.sources {
            source.path = name_of(&source.path);
        }
        if let Some(differences) = &mut self.differences {
            differences.with = name_of(&differences.with);
            differences.listed.clear();
        }
        self.mails = self.mails.map(|mails| name_of(&mails));
        self
    }

    /// What was read, by the name of the first, without its folder.
    pub fn archive(&self) -> String {
        let name = |path: &Path| name_of(path).display().to_string();
        match self.sources.as_slice() {
            [] => "nothing".to_owned(),
            [only] => name(&only.path),
            [first, others @ ..] => format!("{} and {} more", name(&first.path), others.len()),
        }
    }

    fn check(&self) -> Result<(), ReadError> {
        let impossible = |what| Err(ReadError::Impossible { what });
        if !self.counts.is_balanced() {
            return impossible("counts");
        }
        if ![self.seconds, self.mails_per_second].iter().all(|number| (0.0..=MOST).contains(number)) {
            return impossible("times");
        }
        let paths = self.sources.iter().map(|source| &source.path);
        let paths = paths.chain(&self.mails).chain(self.differences.iter().map(|found| &found.with));
        let words = [&self.choice.since, &self.choice.until, &self.choice.shard].into_iter().flatten();
        let names = paths.filter_map(|path| path.to_str()).chain(words.map(String::as_str));
        if !names.chain([self.version.as_str()]).all(|name| name.len() <= 20 * LONGEST_NAME) {
            return impossible("names");
        }
        let lists =
            [&self.counts.skipped, &self.counts.failed, &self.looks.months, &self.looks.suspicions.kinds];
        let all_runs = self.all_runs.iter().flat_map(|all| [&all.counts.skipped, &all.counts.failed]);
        if !lists.into_iter().chain(all_runs).all(can_be_shown) {
            return impossible("counts");
        }
        let doubts = &self.looks.suspicions.listed;
        if doubts.len() > MOST_NAMES || !doubts.iter().all(|doubt| is_name(&doubt.kind)) {
            return impossible("doubtful lines");
        }
        if !self.differences.iter().all(Differences::can_be_shown) {
            return impossible("differences");
        }
        match &self.answers {
            Some(answers) if !answers.can_be_shown() => impossible("answers"),
            Some(_) | None => Ok(()),
        }
    }
}

impl Answers {
    fn can_be_shown(&self) -> bool {
        let nested = [&self.outcomes_of_intents, &self.outcomes_of_months];
        let names = |names: &BTreeMap<String, BTreeMap<String, u64>>| {
            names.len() <= MOST_NAMES
                && names.keys().all(|name| is_name(name))
                && names.values().all(can_be_shown)
        };
        let sums = self.would_have.values().flat_map(|would| [&would.by_policy, &would.by_person]);
        [&self.outcomes, &self.intents, &self.languages, &self.assurances].into_iter().all(can_be_shown)
            && nested.into_iter().all(names)
            && sums.into_iter().all(Sums::can_be_shown)
    }
}

impl Sums {
    fn can_be_shown(&self) -> bool {
        let currencies: BTreeSet<_> = self.amounts.iter().map(|amount| amount.currency).collect();
        currencies.len() == self.amounts.len()
            && currencies.len() <= MOST_CURRENCIES
            && self.amounts.iter().all(|amount| amount.minor >= 0)
    }
}

impl Differences {
    fn can_be_shown(&self) -> bool {
        let changes = self.intents.iter().chain(&self.outcomes);
        let names = changes.flat_map(|change| [&change.before, &change.now]);
        let listed = self.listed.iter().flat_map(|mail| [&mail.intent_before, &mail.intent]);
        can_be_shown(&self.outcomes_before)
            && [self.intents.len(), self.outcomes.len(), self.listed.len()]
                .iter()
                .all(|many| *many <= MOST_NAMES)
            && names.chain(listed).all(|name| is_name(name))
    }
}

fn can_be_shown(counts: &BTreeMap<String, u64>) -> bool {
    counts.len() <= MOST_NAMES && counts.keys().all(|name| is_name(name))
}

fn is_name(name: &str) -> bool {
    name.len() <= LONGEST_NAME && !name.chars().any(char::is_control)
}

/// Standard input, the root and the folder above have no name of their own. A report may come from a machine that parts folders by `\`.
fn name_of(path: &Path) -> PathBuf {
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    match name.trim_end_matches('\\').rsplit('\\').next() {
        None | Some("" | "..") => "-".into(),
        Some(name) => name.into(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// A report of three mails, one of which ended otherwise than before.
    fn report() -> Report {
        let text = json!({
            "schema": SCHEMA, "version": "0.1.0", "through": "here", "began_at": "2026-11-01T00:00:00Z", "seconds": 1.5, "ended": "complete",
            "sources": [{ "path": "/home/kim/mail/2024.mbox", "files": 1, "bytes": 10, "digest": "0".repeat(64) }],
            "choice": { "workspace": "default", "since": null, "until": null, "senders": 0, "shard": null, "shuffle": null, "limit": null, "rate": null },
            "counts": { "read": 3, "replayed": 2, "skipped": { "undated": 1 }, "failed": {} },
            "mails_per_second": 2.0,
            "bytes": 10, "undated": 0, "cut_off": 0, "months": {},
            "suspicions": { "count": 0, "split": 0, "kinds": {}, "listed": [] },
            "mails": "C:\\Users\\kim\\mails.jsonl",
            "differences": {
                "with": "../kim/before.json", "same": 1, "changed": 1, "new": 0, "missing": 0,
                "outcomes_before": {}, "intents": [], "outcomes": [],
                "listed": [{ "fingerprint": "0".repeat(64), "intent_before": "refund", "intent": "other", "outcome_before": "handoff", "outcome": "ignored" }],
            },
        });
        Report::read(text.to_string().as_bytes()).unwrap()
    }

    #[test]
    fn what_is_kept_names_no_folder_and_no_mail() {
        let kept = report().to_be_kept();
        let names = [&kept.sources[0].path, kept.mails.as_ref().unwrap()];
        assert_eq!(names.map(|path| path.to_str().unwrap()), ["2024.mbox", "mails.jsonl"]);
        let differences = kept.differences.as_ref().unwrap();
        assert_eq!((differences.with.to_str(), differences.changed), (Some("before.json"), 1));
        assert!(differences.listed.is_empty());
        assert_eq!(kept.archive(), "2024.mbox");
    }

    #[test]
    fn what_has_no_name_is_a_dash() {
        let names = ["", "/", "..", "a/..", "C:\\mail\\", "a/b/"].map(|path| name_of(Path::new(path)));
        assert_eq!(names.map(|name| name.display().to_string()), ["-", "-", "-", "-", "mail", "b"]);
    }
}
