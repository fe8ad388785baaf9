//! What was measured, as it is written down: part of `postill.load_report.v1`.

use std::collections::BTreeMap;

use serde::Serialize;

/// Everything of one run.
#[derive(Debug, Clone, Serialize)]
pub struct Recorded {
    /// How many of what.
    pub counts: Counts,
    /// From due to draft, of all that were measured; absent when none was.
    pub latency: Option<Latency>,
    /// Percentiles, and the microseconds that so many percent of the mails did not exceed.
    pub percentiles: Vec<(f64, u64)>,
    /// By what the mails asked for, how many ended how. `mail` where that is not known.
    pub outcomes: BTreeMap<String, BTreeMap<String, u64>>,
    /// Second by second, those left out in which nothing happened.
    pub seconds: Vec<Second>,
}

/// How many of what. Nothing is lost when `due = drafts + dead + not_published`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// Mails that became due.
    pub due: u64,
    /// Mails that the broker stored.
    pub published: u64,
    /// Mails that it did not take.
    pub not_published: u64,
    /// Mails that got a draft.
    pub drafts: u64,
    /// Mails that ended in the dead queue.
    pub dead: u64,
    /// Mails with neither when nothing more was waited for.
    pub waiting: u64,
    /// Drafts that came once more, the same again: what a broker may do after a lost connection.
    pub copies: u64,
    /// Drafts that followed the first of a mail, as after an approval.
    pub later_drafts: u64,
    /// Drafts of mails that were not waited for.
    pub unexpected: u64,
    /// Drafts whose time counts: those of mails that were due after the warm-up.
    pub measured: u64,
}

/// Percentiles, in microseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Latency {
    /// Half of all were faster.
    pub p50_micros: u64,
    /// 90 percent were.
    pub p90_micros: u64,
    /// 95 percent were.
    pub p95_micros: u64,
    /// 99 percent were.
    pub p99_micros: u64,
    /// 99.9 percent were.
    pub p999_micros: u64,
    /// The slowest.
    pub max_micros: u64,
}

/// One second of a run.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Second {
    /// Which, from 0.
    pub second: u64,
    /// Mails that were due in it.
    pub due: u64,
    /// Mails that the broker stored in it.
    pub published: u64,
    /// Drafts that came in it.
    pub drafts: u64,
    /// How long the mails of those drafts had waited, from their due times on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub latency: Option<Latency>,
}

impl Counts {
    /// Whether every mail has its end.
    pub const fn is_conserved(&self) -> bool {
        self.waiting == 0 && self.due == self.drafts + self.dead + self.not_published
    }
}
