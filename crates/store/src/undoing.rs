//! Taking back a cancellation that this program made.

use domain::action::{ActionState, StoredAction};
use domain::{ActionId, Function};
use serde_json::Value;

use crate::actions::{ACTION, ActionRow, Clearance, action_in, step};
use crate::audit::append;
use crate::engine::in_transaction;
use crate::follow_ups::{FollowUpKind, FollowUpLease, open_follow_up};
use crate::halts::{HALTS_OF, HaltRow, stop_among};
use crate::rights::{Right, hold};
use crate::{Ledger, LedgerError, NewAuditEntry};

/// What became of the wish to take something back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Undoing {
    /// It is to be taken back: the mail is followed up.
    Opened,
    /// The ledger has no such action: what others did is not taken back.
    NotOurs,
    /// It cannot be taken back: only a cancellation can, and only once it is known to be made.
    NotUndoable {
        /// How far it got.
        state: ActionState,
    },
    /// It is being taken back, or was.
    Already,
    /// What was done, or what the mail was told, is not kept any more: nobody could be told what becomes of it.
    Forgotten,
}

/// Locks an action until commit, so that of two who take it back the second finds the first.
const HOLD_ACTION: &str = "update action set state = state where id = $1";

const DRAFT_IS_FORGOTTEN: &str = "select 1 from draft
    where workspace = $1 and run = $2 and fingerprint = $3 and forgotten_at is not null";

const UNDONE_BEFORE: &str = "select 1 from follow_up
    where kind = 'undo' and subject = $1 and (state <> 'ended' or outcome = 'action_taken') limit 1";

impl Ledger {
    /// Has a cancellation taken back, as `actor` wishes, by a follow-up of the mail that asked for it.
    pub async fn open_undo(&self, id: &ActionId, actor: &str) -> Result<Undoing, LedgerError> {
        in_transaction!(self, |transaction, now| {
            sqlx::query(HOLD_ACTION).bind(id.as_str()).execute(&mut *transaction).await?;
            let row: Option<ActionRow> =
                sqlx::query_as(ACTION).bind(id.as_str()).fetch_optional(&mut *transaction).await?;
            let Some(row) = row else { return Ok(Undoing::NotOurs) };
            let action = StoredAction::try_from(row)?;
            if !is_made_cancellation(&action) {
                return Ok(Undoing::NotUndoable { state: action.state });
            }
            let before =
                sqlx::query(UNDONE_BEFORE).bind(id.as_str()).fetch_optional(&mut *transaction).await?;
            if before.is_some() {
                return Ok(Undoing::Already);
            }
            let forgotten = sqlx::query(DRAFT_IS_FORGOTTEN)
                .bind(action.workspace.as_str())
                .bind(action.run.as_str())
                .bind(action.fingerprint.to_string())
                .fetch_optional(&mut *transaction)
                .await?;
            if action.is_forgotten() || forgotten.is_some() {
                return Ok(Undoing::Forgotten);
            }
            open_follow_up!(transaction, now, action, FollowUpKind::Undo, action.id, 0);
            let entry =
                NewAuditEntry { actor: actor.to_owned(), ..step(&action, "undo.opened", Value::Null) };
            append!(transaction, now, entry);
            Undoing::Opened
        })
    }

    /// Notes that the request that takes a cancellation back is about to be sent. Only after this, and only when it is granted, may it
    /// leave for Stripe. The action stays as it stands: it was done.
    pub async fn mark_undo_sent(
        &self,
        id: &ActionId,
        lease: &FollowUpLease,
    ) -> Result<Clearance, LedgerError> {
        let right = Right::FollowUp(lease);
        in_transaction!(self, |transaction, now| {
            hold!(transaction, now, right, or Clearance::LeaseLost);
            let action = action_in!(transaction, id);
            append!(transaction, now, step(&action, "undo.sent", Value::Null));
            // Only now, as in `mark_sent`.
            let halts: Vec<HaltRow> =
                sqlx::query_as(HALTS_OF).bind(action.workspace.as_str()).fetch_all(&mut *transaction).await?;
            if let Some(stop) = stop_among(halts)? {
                return Ok(Clearance::Halted(stop));
            }
            Clearance::Granted(action)
        })
    }
}

fn is_made_cancellation(action: &StoredAction) -> bool {
    action.function == Function::CancelSubscription
        && matches!(action.state, ActionState::Done | ActionState::Reconciled)
}
