//! Settling by hand what nobody could find out: by a person who looked in Stripe's dashboard.

use domain::action::{ActionState, StoredAction};
use domain::{ActionId, Reason, ReasonCode};
use serde_json::{Value, json};

use crate::actions::{ACTION, ActionRow, step};
use crate::audit::append;
use crate::engine::in_transaction;
use crate::follow_ups::{FollowUpKind, open_follow_up};
use crate::{Ledger, LedgerError, NewAuditEntry};

/// What a person found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ByHand {
    /// Stripe did it.
    Done {
        /// The object it made or changed.
        object: String,
    },
    /// Stripe did not, and will not any more.
    NotDone,
}

/// What became of settling by hand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SettledByHand {
    /// It is settled, and its target is free: the mail is followed up. Done, its state is `reconciled` and its result
    /// `{"by_hand": {"object", "actor", "reason"}}`; not done, its state is `refused` and its result a reason `settled_by_person`.
    Settled(StoredAction),
    /// The program may still find out: it is on its way, or was sent less than a day ago. Nothing was changed.
    TooEarly(StoredAction),
    /// It is settled already; nothing was changed.
    Before(StoredAction),
    /// There is no such action.
    UnknownAction,
}

/// A day, in milliseconds: after that Stripe has forgotten the key, and the program sends nothing under it any more.
const DAY: i64 = 86_400_000;

const SETTLE: &str = "update action set state = $2, result = $3, settled_at = $4
    where id = $1 and (state = 'unknown' or (state = 'sent' and sent_at <= $5))";

/// Whoever waits to look it up does so now, and finds it settled.
const HASTEN: &str = "update follow_up set due_at = $2
    where kind = 'reconcile' and subject = $1 and state = 'open' and due_at > $2";

impl Ledger {
    /// Settles an action of unknown outcome as `actor` found it, with the reason they give.
    pub async fn settle_by_hand(
        &self,
        id: &ActionId,
        found: &ByHand,
        actor: &str,
        reason: &str,
    ) -> Result<SettledByHand, LedgerError> {
        let (state, result) = found.parts(actor, reason);
        in_transaction!(self, |transaction, now| {
            let settled = sqlx::query(SETTLE)
                .bind(id.as_str())
                .bind(state.as_str())
                .bind(result.to_string())
                .bind(now)
                .bind(now.saturating_sub(DAY))
                .execute(&mut *transaction)
                .await?;
            let row: Option<ActionRow> =
                sqlx::query_as(ACTION).bind(id.as_str()).fetch_optional(&mut *transaction).await?;
            let Some(row) = row else { return Ok(SettledByHand::UnknownAction) };
            let action = StoredAction::try_from(row)?;
            if settled.rows_affected() == 0 {
                return Ok(not_settled(action));
            }
            sqlx::query(HASTEN).bind(id.as_str()).bind(now).execute(&mut *transaction).await?;
            open_follow_up!(transaction, now, action, FollowUpKind::Reconcile, action.id, 0);
            let entry = NewAuditEntry {
                actor: actor.to_owned(),
                ..step(&action, "action.settled_by_hand", found.detail(reason))
            };
            append!(transaction, now, entry);
            SettledByHand::Settled(action)
        })
    }
}

impl ByHand {
    fn parts(&self, actor: &str, reason: &str) -> (ActionState, Value) {
        match self {
            Self::Done { object } => {
                let by_hand = json!({ "object": object, "actor": actor, "reason": reason });
                (ActionState::Reconciled, json!({ "by_hand": by_hand }))
            }
            Self::NotDone => {
                let text = format!("{actor} looked and found that it was not done: {reason}");
                (ActionState::Refused, json!(Reason::new(ReasonCode::SettledByPerson, text)))
            }
        }
    }

    fn detail(&self, reason: &str) -> Value {
        match self {
            Self::Done { object } => json!({ "done": true, "object": object, "reason": reason }),
            Self::NotDone => json!({ "done": false, "reason": reason }),
        }
    }
}

fn not_settled(action: StoredAction) -> SettledByHand {
    match action.state {
        ActionState::Intended | ActionState::Sent | ActionState::Unknown => SettledByHand::TooEarly(action),
        ActionState::Done | ActionState::Refused | ActionState::Reconciled => SettledByHand::Before(action),
    }
}
