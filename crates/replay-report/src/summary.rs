//! A report in a line of a list.

use std::collections::BTreeMap;

use domain::{Function, Outcome, Timestamp};
use serde::{Deserialize, Serialize};

use crate::answers::Sums;
use crate::report::{Ended, Report, Through};

/// What a list tells of a report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Summary {
    /// Where the mails went.
    pub through: Through,
    /// How it ended.
    pub ended: Ended,
    /// When the replay began.
    pub began_at: Timestamp,
    /// What was read, without its folder.
    pub archive: String,
    /// Mails that were read.
    pub read: u64,
    /// Of these published or answered.
    pub replayed: u64,
    /// Of these failed.
    pub failed: u64,
    /// How they ended; empty where that was not found out.
    pub outcomes: BTreeMap<String, u64>,
    /// What the policy would have refunded. None where that was not found out.
    pub refunded: Option<Sums>,
    /// What would have been refunded besides, had a person allowed it.
    pub refunded_by_person: Option<Sums>,
}

impl Report {
    /// What a list tells of it. It goes into an audit trail that nobody can mend, so outcomes that postill does not know stay out.
    pub fn summary(&self) -> Summary {
        let refunds = self.answers.as_ref().map(|answers| answers.would_have.get(&Function::Refund).cloned());
        let refunds = refunds.map(Option::unwrap_or_default);
        let mut outcomes = self.answers.as_ref().map(|answers| answers.outcomes.clone()).unwrap_or_default();
        outcomes.retain(|name, _| Outcome::ALL.iter().any(|outcome| outcome.as_str() == name));
        Summary {
            through: self.through,
            ended: self.ended,
            began_at: self.began_at,
            archive: self.archive(),
            read: self.counts.read,
            replayed: self.counts.replayed,
            failed: self.counts.failed(),
            outcomes,
            refunded: refunds.as_ref().map(|would| would.by_policy.clone()),
            refunded_by_person: refunds.map(|would| would.by_person),
        }
    }
}
