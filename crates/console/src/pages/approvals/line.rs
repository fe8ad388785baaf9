//! One approval in few words.

use domain::approval::ApprovalState;
use domain::{Function, Language, Money, StoredApproval, Timestamp};

use super::plan::Plan;
use crate::when::When;

/// One approval in few words.
pub(super) struct Line {
    pub(super) id: String,
    pub(super) function: Function,
    pub(super) amount: Option<String>,
    /// What was once paid.
    pub(super) total: Option<String>,
    pub(super) target: String,
    pub(super) customer: Option<String>,
    pub(super) state: ApprovalState,
    pub(super) requested: When,
    pub(super) expires: When,
    pub(super) votes: usize,
    pub(super) persons: u32,
}

impl Line {
    pub(super) fn of(approval: &StoredApproval, now: Timestamp) -> Self {
        let when = |at| When { at, now };
        Self {
            id: approval.id.to_string(),
            function: approval.function,
            amount: approval.amount.map(written),
            total: Plan::of(&approval.plan, now).total().map(written),
            target: approval.target.clone(),
            customer: approval.customer.as_ref().map(ToString::to_string),
            state: approval.state,
            requested: when(approval.requested_at),
            expires: when(approval.expires_at),
            votes: approval.votes.len(),
            persons: approval.persons,
        }
    }

    pub(super) fn waits(&self) -> bool {
        self.state == ApprovalState::Waiting
    }

    /// As a chip.
    pub(super) const fn class(&self) -> &'static str {
        match self.state {
            ApprovalState::Waiting => "warn",
            ApprovalState::Approved => "good",
            ApprovalState::Rejected => "bad",
            ApprovalState::Expired => "faint",
        }
    }

    pub(super) const fn sign(&self) -> &'static str {
        match self.state {
            ApprovalState::Waiting => "◷",
            ApprovalState::Approved => "✔",
            ApprovalState::Rejected => "✘",
            ApprovalState::Expired => "–",
        }
    }
}

/// As people write it.
pub(super) fn written(money: Money) -> String {
    money.render(Language::En)
}
