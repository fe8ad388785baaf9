//! What ledger and broker say, as it was given last.

use domain::{Currency, WorkspaceId};

/// How things stand for one connected workspace.
#[derive(Debug, Clone)]
pub struct Standing {
    /// Which one.
    pub workspace: WorkspaceId,
    /// Changes that wait for a person.
    pub approvals: u32,
    /// How long the oldest of them has waited, in seconds.
    pub oldest_approval_seconds: f64,
    /// Changes without a known outcome.
    pub unsettled: u32,
    /// Follow-ups that are not done.
    pub follow_ups: u32,
    /// Whether nothing is changed at Stripe by itself.
    pub halted: bool,
    /// What is left of each limit of the day.
    pub budgets: Vec<Budget>,
}

/// What may be given back without a person within these 24 hours.
#[derive(Debug, Clone, Copy)]
pub struct Budget {
    /// In which currency.
    pub currency: Currency,
    /// How much, in its minor units; negative where more was given away than is allowed now.
    pub left_minor: i64,
}

/// How many messages wait in each queue.
#[derive(Debug, Clone, Copy)]
pub struct Queues {
    /// Live mail.
    pub mail: u32,
    /// Replayed mail.
    pub replay: u32,
    /// Mail that nobody could work on.
    pub dead: u32,
    /// Drafts that nobody has taken.
    pub drafts: u32,
    /// Drafts that no queue wanted.
    pub unrouted: u32,
}
