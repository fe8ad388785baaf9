//! What is counted of a replay. Nothing here names a person or says a word of a mail.

use std::collections::BTreeMap;

use domain::Timestamp;
use serde::{Deserialize, Serialize};

/// How many doubtful splits are listed, and not only counted.
const LISTED: usize = 100;

/// Every message that was read has one fate. Added up over the runs of a checkpoint.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// Messages that were read.
    pub read: u64,
    /// Published and confirmed; or brought to a draft, here.
    pub replayed: u64,
    /// Not wanted, by what spoke against them.
    pub skipped: BTreeMap<String, u64>,
    /// Not read, not published or not answered, by cause.
    pub failed: BTreeMap<String, u64>,
}

impl Counts {
    /// Not wanted, together.
    pub fn skipped(&self) -> u64 {
        sum(&self.skipped)
    }

    /// Not read, not published or not answered, together.
    pub fn failed(&self) -> u64 {
        sum(&self.failed)
    }

    /// Whether every message that was read has its fate.
    pub fn is_balanced(&self) -> bool {
        let fates = [self.replayed, self.skipped(), self.failed()];
        self.read == fates.into_iter().fold(0, u64::saturating_add)
    }

    /// Counts a mail that is not wanted.
    pub fn skip(&mut self, reason: &str) {
        add(&mut self.skipped, reason);
    }

    /// Counts a mail that failed.
    pub fn fail(&mut self, cause: &str) {
        add(&mut self.failed, cause);
    }

    /// The same with what another run counted.
    #[must_use]
    pub fn with(&self, other: &Self) -> Self {
        let mut sum = self.clone();
        sum.read += other.read;
        sum.replayed += other.replayed;
        add_all(&mut sum.skipped, &other.skipped);
        add_all(&mut sum.failed, &other.failed);
        sum
    }
}

/// All of them together. What was read from elsewhere may be anything, so nothing overflows.
pub(crate) fn sum(counts: &BTreeMap<String, u64>) -> u64 {
    counts.values().copied().fold(0, u64::saturating_add)
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
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Looks {
    /// How long the mails are that were taken, together.
    pub bytes: u64,
    /// Taken, by the month of their date: `2024-01`.
    pub months: BTreeMap<String, u64>,
    /// Taken, without a date that can be read, or one that no mail can have.
    pub undated: u64,
    /// Files that end in the middle of a mail.
    pub cut_off: u64,
    /// Where it is doubtful whether a mail begins.
    pub suspicions: Suspicions,
}

/// Where it is doubtful whether a mail begins in an mbox.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Suspicions {
    /// How many such lines.
    pub count: u64,
    /// Of these, where a mail was taken to begin; everywhere else, the mail above was taken to go on.
    pub split: u64,
    /// By kind.
    pub kinds: BTreeMap<String, u64>,
    /// The first hundred.
    pub listed: Vec<Listed>,
}

/// A doubtful line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Listed {
    /// The path of the command line, by number from 0. Only a path that is an mbox itself is split.
    pub source: usize,
    /// Of the line, in bytes; in what a compressed file unpacks to.
    pub offset: u64,
    /// Which doubt; [`in_words`](crate::in_words) says it.
    pub kind: String,
}

impl Looks {
    /// Counts a mail that was taken: how long it is, and by its date when it was sent.
    pub fn take(&mut self, bytes: u64, sent_at: Option<Timestamp>) {
        self.bytes += bytes;
        match sent_at.and_then(month) {
            Some(month) => add(&mut self.months, &month),
            None => self.undated += 1,
        }
    }
}

impl Suspicions {
    /// Counts a doubtful line; `is_split` where a mail was taken to begin.
    pub fn note(&mut self, listed: Listed, is_split: bool) {
        self.count += 1;
        self.split += u64::from(is_split);
        add(&mut self.kinds, &listed.kind);
        if self.listed.len() < LISTED {
            self.listed.push(listed);
        }
    }
}

/// `2024-01`; none for a date that no mail can have, so that forged dates fill no report.
pub(crate) fn month(sent_at: Timestamp) -> Option<String> {
    const YEARS: std::ops::Range<i64> = 1970..2100;
    const SECONDS_OF_A_YEAR: i64 = 31_556_952;
    let year = 1970 + sent_at.as_second().div_euclid(SECONDS_OF_A_YEAR);
    YEARS.contains(&year).then(|| sent_at.strftime("%Y-%m").to_string())
}
