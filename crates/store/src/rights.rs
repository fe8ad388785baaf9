//! The right to act: whoever holds a mail, or the work on it after its first draft.

use crate::follow_ups::FollowUpLease;
use crate::mails::Lease;

/// By what right something is about to be done at Stripe.
#[derive(Debug, Clone, Copy)]
pub enum Right<'a> {
    /// The mail is ours.
    Mail(&'a Lease),
    /// The work on it after its first draft is ours.
    FollowUp(&'a FollowUpLease),
}

impl Right<'_> {
    /// In which kind of run the mail was read.
    pub(crate) fn run(self) -> domain::RunKind {
        match self {
            Self::Mail(lease) => lease.arrival.run,
            Self::FollowUp(lease) => lease.run,
        }
    }
}

/// Locks the mail until commit, so that nobody takes it over between the look at its lease and what follows from it.
pub(crate) const HOLD_MAIL: &str = "update mail set lease_expires_at = lease_expires_at
    where workspace = $1 and run = $2 and digest = $3 and lease_token = $4 and lease_expires_at > $5";

/// As [`HOLD_MAIL`], for a follow-up.
pub(crate) const HOLD_FOLLOW_UP: &str = "update follow_up set lease_expires_at = lease_expires_at
    where id = $1 and lease_token = $2 and lease_expires_at > $3";

/// Locks what the right rests on and leaves the transaction with the answer given when it is not ours.
macro_rules! hold {
    ($transaction:ident, $now:ident, $right:expr, or $lost:expr) => {
        let held = match $right {
            $crate::rights::Right::Mail(lease) => sqlx::query($crate::rights::HOLD_MAIL)
                .bind(lease.arrival.workspace.as_str())
                .bind(lease.arrival.run.as_str())
                .bind(lease.arrival.digest.to_string())
                .bind(lease.token.as_str())
                .bind($now)
                .execute(&mut *$transaction)
                .await?
                .rows_affected(),
            $crate::rights::Right::FollowUp(lease) => sqlx::query($crate::rights::HOLD_FOLLOW_UP)
                .bind(lease.id.number())
                .bind(lease.token.as_str())
                .bind($now)
                .execute(&mut *$transaction)
                .await?
                .rows_affected(),
        };
        if held == 0 {
            return Ok($lost);
        }
    };
}

pub(crate) use hold;
