//! What is counted of a replay. Nothing here names a person or says a word of a mail.

use std::collections::BTreeMap;

use domain::Timestamp;
use mail::mailbox::{Suspicion, SuspicionKind};
use serde::{Deserialize, Serialize};

use super::progress::grouped;
use super::reading::{Fate, Read};

/// How many doubtful splits are listed, and not only counted.
const LISTED: usize = 100;

/// Every message that was read has one fate. Added up over the runs of a checkpoint.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Counts {
    /// Messages that were read.
    pub(crate) read: u64,
    /// Published and confirmed; or brought to a draft, here.
    pub(crate) replayed: u64,
    /// Not wanted, by what spoke against them.
    pub(crate) skipped: BTreeMap<String, u64>,
    /// Not read, not published or not answered, by cause.
    pub(crate) failed: BTreeMap<String, u64>,
}

impl Counts {
    pub(crate) fn skipped(&self) -> u64 {
        self.skipped.values().sum()
    }

    pub(crate) fn failed(&self) -> u64 {
        self.failed.values().sum()
    }

    /// Whether every message that was read has its fate.
    pub(crate) fn is_balanced(&self) -> bool {
        self.read == self.replayed + self.skipped() + self.failed()
    }

    pub(crate) fn skip(&mut self, reason: &str) {
        add(&mut self.skipped, reason);
    }

    pub(crate) fn fail(&mut self, cause: &str) {
        add(&mut self.failed, cause);
    }

    /// The same with what another run counted.
    pub(crate) fn with(&self, other: &Self) -> Self {
        let mut sum = self.clone();
        sum.read += other.read;
        sum.replayed += other.replayed;
        add_all(&mut sum.skipped, &other.skipped);
        add_all(&mut sum.failed, &other.failed);
        sum
    }
}

/// One more of `name`.
pub(crate) fn add(counts: &mut BTreeMap<String, u64>, name: &str) {
    match counts.get_mut(name) {
        Some(count) => *count += 1,
        None => _ = counts.insert(name.to_owned(), 1),
    }
}

fn add_all(counts: &mut BTreeMap<String, u64>, others: &BTreeMap<String, u64>) {
    for (name, count) in others {
        *counts.entry(name.clone()).or_default() += count;
    }
}

/// What is known of the mails before anything is done with them.
#[derive(Debug, Clone, Default, Serialize)]
pub(crate) struct Looks {
    /// How long the mails are that were taken, together.
    pub(crate) bytes: u64,
    /// Taken, by the month of their date: `2024-01`.
    pub(crate) months: BTreeMap<String, u64>,
    /// Taken, without a date that can be read, or one that no mail can have.
    pub(crate) undated: u64,
    /// Files that end in the middle of a mail.
    pub(crate) cut_off: u64,
    pub(crate) suspicions: Suspicions,
}

/// Where it is doubtful whether a mail begins in an mbox.
#[derive(Debug, Clone, Default, Serialize)]
pub(crate) struct Suspicions {
    pub(crate) count: u64,
    /// Of these, where a mail was taken to begin; everywhere else, the mail above was taken to go on.
    pub(crate) split: u64,
    pub(crate) kinds: BTreeMap<String, u64>,
    /// The first hundred.
    pub(crate) listed: Vec<Listed>,
}

/// A doubtful line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Listed {
    /// The path of the command line, by number from 0. Only a path that is an mbox itself is split.
    pub(crate) source: usize,
    /// Of the line, in bytes; in what a compressed file unpacks to.
    pub(crate) offset: u64,
    pub(crate) kind: &'static str,
}

impl Looks {
    pub(crate) fn note(&mut self, read: &Read) {
        self.cut_off += u64::from(read.is_truncated);
        for suspicion in &read.suspicions {
            self.suspicions.note(read.source, *suspicion);
        }
        if let Fate::Taken(taken) = &read.fate {
            self.bytes += read.bytes;
            match taken.sent_at.and_then(month) {
                Some(month) => add(&mut self.months, &month),
                None => self.undated += 1,
            }
        }
    }
}

impl Suspicions {
    fn note(&mut self, source: usize, suspicion: Suspicion) {
        self.count += 1;
        self.split += u64::from(suspicion.kind == SuspicionKind::AfterOpenMime);
        add(&mut self.kinds, suspicion.kind.as_str());
        if self.listed.len() < LISTED {
            self.listed.push(Listed { source, offset: suspicion.offset, kind: suspicion.kind.as_str() });
        }
    }
}

/// A code, in words.
pub(crate) fn words(code: &str) -> String {
    code.replace('_', " ")
}

/// `undated 3, other sender 10`
pub(crate) fn causes(counts: &BTreeMap<String, u64>) -> String {
    let causes = counts.iter().map(|(cause, count)| format!("{} {}", words(cause), grouped(*count)));
    causes.collect::<Vec<_>>().join(", ")
}

/// A doubtful line, in words.
pub(crate) fn in_words(kind: &str) -> &'static str {
    match kind {
        "no_empty_line_above" => "no empty line above it: not split",
        "no_header_below" => "no header below it: not split",
        "inside_content_length" => "within the length that the mail above gives: not split",
        "inside_mime" => "inside a part of the mail above: not split",
        "after_open_mime" => "the parts of the mail above never end: split",
        _ => "doubtful",
    }
}

/// `2024-01`; none for a date that no mail can have, so that forged dates fill no report.
pub(crate) fn month(sent_at: Timestamp) -> Option<String> {
    const YEARS: std::ops::Range<i64> = 1970..2100;
    const SECONDS_OF_A_YEAR: i64 = 31_556_952;
    let year = 1970 + sent_at.as_second().div_euclid(SECONDS_OF_A_YEAR);
    YEARS.contains(&year).then(|| sent_at.strftime("%Y-%m").to_string())
}
