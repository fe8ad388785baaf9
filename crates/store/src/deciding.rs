//! Deciding what waits for a person: once, whoever else decides at the same time.

use domain::approval::{person, requester};
use domain::{ApprovalId, ApprovalState, Money, StoredApproval};
use serde_json::{Value, json};

use crate::approvals::{ApprovalRow, VoteRow, approval_columns};
use crate::audit::append;
use crate::engine::{holdable, in_transaction};
use crate::follow_ups::{FollowUpKind, open_follow_up};
use crate::{Ledger, LedgerError, NewAuditEntry};

/// What a person says to a plan that waits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// It may be done.
    Approve {
        /// Up to this amount; none: all that is asked.
        amount: Option<Money>,
    },
    /// It may not.
    Reject {
        /// Why; the drafter is told.
        reason: String,
    },
}

/// What became of a decision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decided {
    /// It counts; another person has to allow it too.
    Waits {
        /// How many have allowed it.
        votes: u32,
        /// How many have to.
        persons: u32,
    },
    /// It is approved, with this decision.
    Approved(StoredApproval),
    /// It is rejected, with this decision.
    Rejected(StoredApproval),
    /// It was decided before, or had expired; nothing was changed.
    Before(StoredApproval),
    /// Nobody decides on their own request; nothing was changed.
    OwnRequest,
    /// The same person has allowed it before, and another one has to; nothing was changed.
    SamePerson,
    /// More than was asked; nothing was changed.
    AmountTooHigh {
        /// The most that can be approved.
        most: Money,
    },
    /// No amount can be given here, or not this one: it has another currency, or is not above nothing. Nothing was changed.
    NotAnAmount,
    /// There is no such approval.
    Unknown,
}

/// Locks an approval until commit: of two who decide at once the second finds the first one's decision.
const HOLD_APPROVAL: &str =
    concat!("update approval set state = state where id = $1 returning ", approval_columns!());

const VOTES: &str = "select approval, actor, amount_minor, voted_at from approval_vote
    where approval = $1 order by voted_at, person";

const VOTE: &str = "insert into approval_vote (approval, person, actor, amount_minor, voted_at)
    values ($1, $2, $3, $4, $5)";

const DECIDE: &str = concat!(
    "update approval
    set state = $2, decided_amount_minor = $3, rejected_by = $4, reason = $5, decided_at = $6
    where id = $1 and state = 'waiting' returning ",
    approval_columns!()
);

const EXPIRED: &str = concat!(
    "update approval set state = 'expired', decided_at = $1
    where state = 'waiting' and id in (
        select id from approval where state = 'waiting' and expires_at <= $1 order by expires_at, id limit $2
    )
    returning ",
    approval_columns!()
);

/// At most this many expire in one transaction.
const EXPIRED_AT_ONCE: i64 = 100;

/// Ends an approval within a transaction, and has the mail followed up.
macro_rules! end {
    ($transaction:ident, $now:ident, $approval:expr, $votes:expr, $end:expr) => {{
        let end: End = $end;
        let row: ApprovalRow = sqlx::query_as(DECIDE)
            .bind($approval.id.as_str())
            .bind(end.state.as_str())
            .bind(end.amount.map(|amount| amount.minor))
            .bind(end.rejected_by)
            .bind(end.reason.map(holdable))
            .bind($now)
            .fetch_one(&mut *$transaction)
            .await?;
        let approval = row.with_votes($votes)?;
        open_follow_up!($transaction, $now, approval, FollowUpKind::Decided, approval.id, 0);
        append!($transaction, $now, ended(&approval, end.actor));
        approval
    }};
}

/// How an approval ends.
struct End<'a> {
    state: ApprovalState,
    amount: Option<Money>,
    rejected_by: Option<&'a str>,
    reason: Option<&'a str>,
    actor: &'a str,
}

impl Ledger {
    /// Decides on what waits, as `actor`. Counts once, and only while it waits and has not expired; a mail that was decided on is
    /// followed up.
    pub async fn decide(
        &self,
        id: &ApprovalId,
        decision: &Decision,
        actor: &str,
    ) -> Result<Decided, LedgerError> {
        in_transaction!(self, |transaction, now| {
            let row: Option<ApprovalRow> =
                sqlx::query_as(HOLD_APPROVAL).bind(id.as_str()).fetch_optional(&mut *transaction).await?;
            let Some(row) = row else { return Ok(Decided::Unknown) };
            let requester = row.requester.clone();
            let votes: Vec<VoteRow> =
                sqlx::query_as(VOTES).bind(id.as_str()).fetch_all(&mut *transaction).await?;
            let approval = row.with_votes(&votes)?;
            if approval.state != ApprovalState::Waiting {
                return Ok(Decided::Before(approval));
            }
            let person = person(actor);
            if approval.expires_at.as_millisecond() <= now {
                Decided::Before(end!(transaction, now, approval, &votes, expired()))
            } else if requester == self::requester(&approval.workspace, actor).to_string() {
                Decided::OwnRequest
            } else {
                match decision {
                    Decision::Reject { reason } => {
                        let end = End {
                            state: ApprovalState::Rejected,
                            amount: None,
                            rejected_by: Some(actor),
                            reason: Some(reason),
                            actor,
                        };
                        Decided::Rejected(end!(transaction, now, approval, &votes, end))
                    }
                    Decision::Approve { amount } => {
                        if let Some(objection) = objection(&approval, *amount, &person) {
                            return Ok(objection);
                        }
                        sqlx::query(VOTE)
                            .bind(id.as_str())
                            .bind(&person)
                            .bind(actor)
                            .bind(amount.map(|amount| amount.minor))
                            .bind(now)
                            .execute(&mut *transaction)
                            .await?;
                        append!(transaction, now, voted(&approval, *amount, actor));
                        let votes: Vec<VoteRow> =
                            sqlx::query_as(VOTES).bind(id.as_str()).fetch_all(&mut *transaction).await?;
                        let given = u32::try_from(votes.len()).unwrap_or(u32::MAX);
                        if given < approval.persons {
                            Decided::Waits { votes: given, persons: approval.persons }
                        } else {
                            let end = End {
                                state: ApprovalState::Approved,
                                amount: smallest(&approval, *amount),
                                rejected_by: None,
                                reason: None,
                                actor,
                            };
                            Decided::Approved(end!(transaction, now, approval, &votes, end))
                        }
                    }
                }
            }
        })
    }

    /// Ends what nobody decided in time, and has each mail followed up. Says how many there were.
    pub async fn expire_approvals(&self) -> Result<u64, LedgerError> {
        let mut count = 0;
        loop {
            let expired = self.expire_some().await?;
            count += expired;
            if expired < EXPIRED_AT_ONCE.unsigned_abs() {
                return Ok(count);
            }
        }
    }

    async fn expire_some(&self) -> Result<u64, LedgerError> {
        in_transaction!(self, |transaction, now| {
            let mut rows: Vec<ApprovalRow> =
                sqlx::query_as(EXPIRED).bind(now).bind(EXPIRED_AT_ONCE).fetch_all(&mut *transaction).await?;
            // By workspace, so that the ends of the trails are locked in one order.
            rows.sort_by(|a, b| (&a.workspace, &a.id).cmp(&(&b.workspace, &b.id)));
            let count = rows.len() as u64;
            for row in rows {
                let approval = row.with_votes(&[])?;
                open_follow_up!(transaction, now, approval, FollowUpKind::Decided, approval.id, 0);
                append!(transaction, now, ended(&approval, crate::audit::PROGRAM));
            }
            count
        })
    }
}

/// Why a consent does not count.
fn objection(approval: &StoredApproval, amount: Option<Money>, person: &str) -> Option<Decided> {
    if approval.votes.iter().any(|vote| domain::approval::person(&vote.actor) == person) {
        return Some(Decided::SamePerson);
    }
    let amount = amount?;
    match approval.amount {
        Some(most) if amount.currency == most.currency && amount.minor > 0 => {
            (amount.minor > most.minor).then_some(Decided::AmountTooHigh { most })
        }
        Some(_) | None => Some(Decided::NotAnAmount),
    }
}

/// The least that all who allowed it agree on, the last one's consent included.
fn smallest(approval: &StoredApproval, last: Option<Money>) -> Option<Money> {
    let asked = approval.amount?;
    let allowed = approval.votes.iter().filter_map(|vote| vote.amount).chain(last);
    Some(allowed.fold(asked, |least, amount| if amount.minor < least.minor { amount } else { least }))
}

const fn expired() -> End<'static> {
    End {
        state: ApprovalState::Expired,
        amount: None,
        rejected_by: None,
        reason: None,
        actor: crate::audit::PROGRAM,
    }
}

fn voted(approval: &StoredApproval, amount: Option<Money>, actor: &str) -> NewAuditEntry {
    entry(approval, "approval.vote", json!({ "amount": amount.or(approval.amount) }), actor)
}

fn ended(approval: &StoredApproval, actor: &str) -> NewAuditEntry {
    let event = match approval.state {
        ApprovalState::Waiting => "approval.requested",
        ApprovalState::Approved => "approval.approved",
        ApprovalState::Rejected => "approval.rejected",
        ApprovalState::Expired => "approval.expired",
    };
    entry(approval, event, json!({ "amount": approval.decided_amount, "reason": approval.reason }), actor)
}

fn entry(approval: &StoredApproval, event: &str, detail: Value, actor: &str) -> NewAuditEntry {
    NewAuditEntry {
        workspace: approval.workspace.clone(),
        actor: actor.to_owned(),
        event: event.to_owned(),
        subject: Some(approval.id.to_string()),
        detail,
    }
}
