//! Actions at Stripe: stored before they are sent, sent only by who holds the mail, settled once.

use domain::action::{ActionState, StoredAction};
use domain::{ActionId, Fingerprint, Function, WorkspaceId};
use serde_json::{Value, json};

use crate::engine::{in_transaction, reading, row};
use crate::error::{Fault, read, read_time};
use crate::mails::Lease;
use crate::{Ledger, LedgerError};

/// An action that is to be done.
#[derive(Debug, Clone)]
pub struct NewAction {
    /// Its identity and idempotency key.
    pub id: ActionId,
    /// Whose it is.
    pub workspace: WorkspaceId,
    /// The mail that asks for it.
    pub fingerprint: Fingerprint,
    /// What is done.
    pub function: Function,
    /// The Stripe object it is aimed at.
    pub target: String,
    /// The parameters, frozen from here on.
    pub parameters: Value,
}

/// What became of the intention to act.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Intended {
    /// It is stored; nothing was sent.
    New(StoredAction),
    /// It was stored before: its frozen parameters count, whatever is asked this time.
    Existing(StoredAction),
    /// Another mail's action that moves money is under way on the same target.
    TargetBusy(ActionId),
    /// The mail is no longer ours, or the lease has ended; nothing was changed.
    LeaseLost,
}

/// Whether an action may be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Clearance {
    /// Send it, with the frozen parameters. `sent_at` says when it was sent for the first time.
    Granted(StoredAction),
    /// The mail is no longer ours, or the lease has ended: send nothing.
    LeaseLost,
}

/// What came of an action, as JSON.
#[derive(Debug, Clone)]
pub enum Settlement {
    /// Stripe did it: the object.
    Done(Value),
    /// Stripe said no for good, or it was given up before it was sent: the reason.
    Refused(Value),
    /// It was sent and nobody knows: what is known.
    Unknown(Value),
    /// It was unknown, and reading back showed what happened.
    Reconciled(Value),
}

/// What became of a settlement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Settled {
    /// It is stored.
    Stored(StoredAction),
    /// It had been settled so before; the first result stays.
    Before(StoredAction),
}

/// At most this many actions are listed at once.
const LISTED: i64 = 1_000;

/// Locks the mail until commit, so that nobody takes it over between the look at its lease and what follows from it.
const HOLD: &str = "update mail set lease_expires_at = lease_expires_at
    where workspace = $1 and run = $2 and digest = $3 and lease_token = $4 and lease_expires_at > $5";

const INTEND: &str = "
    insert into action (id, workspace, run, fingerprint, function, target, parameters, state, intended_at)
    values ($1, $2, $3, $4, $5, $6, $7, 'intended', $8)
    on conflict do nothing";

const ON_TARGET: &str = "select id from action
    where workspace = $1 and target = $2
        and function in ('refund', 'cancel_subscription') and state in ('intended', 'sent', 'unknown')";

/// An action that is sent again under its key keeps the time of the first.
const MARK_SENT: &str = "update action set state = 'sent', sent_at = coalesce(sent_at, $2)
    where id = $1 and state in ('intended', 'sent')";

/// The legal settlements. From `intended` there is but one: giving up.
const SETTLE: &str = "update action set state = $2, result = $3, settled_at = $4
    where id = $1 and (state, $2) in (values
        ('intended', 'refused'),
        ('sent', 'done'), ('sent', 'refused'), ('sent', 'unknown'),
        ('unknown', 'reconciled'))";

const ACTION: &str = "select id, workspace, fingerprint, function, target, parameters, state, result, sent_at
    from action where id = $1";

const ACTIONS_IN: &str =
    "select id, workspace, fingerprint, function, target, parameters, state, result, sent_at
    from action where state in (select value ->> 'state' from json_each($1))
    order by intended_at, id limit $2";

row! {
    struct ActionRow {
        id: String,
        workspace: String,
        fingerprint: String,
        function: String,
        target: String,
        parameters: String,
        state: String,
        result: Option<String>,
        sent_at: Option<i64>,
    }
}

/// Runs [`HOLD`] and leaves the transaction with the answer given when the lease is not ours.
macro_rules! hold_lease {
    ($transaction:ident, $now:ident, $lease:expr, or $lost:expr) => {
        let held = sqlx::query(HOLD)
            .bind($lease.arrival.workspace.as_str())
            .bind($lease.arrival.run.as_str())
            .bind($lease.arrival.digest.to_string())
            .bind($lease.token.as_str())
            .bind($now)
            .execute(&mut *$transaction)
            .await?;
        if held.rows_affected() == 0 {
            return Ok($lost);
        }
    };
}

impl Ledger {
    /// Stores the intention to act, before anything is sent.
    pub async fn intend(&self, action: &NewAction, lease: &Lease) -> Result<Intended, LedgerError> {
        in_transaction!(self, |transaction, now| {
            hold_lease!(transaction, now, lease, or Intended::LeaseLost);
            let inserted = sqlx::query(INTEND)
                .bind(action.id.as_str())
                .bind(action.workspace.as_str())
                .bind(lease.arrival.run.as_str())
                .bind(action.fingerprint.to_string())
                .bind(action.function.as_str())
                .bind(&action.target)
                .bind(action.parameters.to_string())
                .bind(now)
                .execute(&mut *transaction)
                .await?;
            let stored: Option<ActionRow> =
                sqlx::query_as(ACTION).bind(action.id.as_str()).fetch_optional(&mut *transaction).await?;
            match stored {
                Some(row) if inserted.rows_affected() == 1 => Intended::New(row.try_into()?),
                Some(row) => Intended::Existing(row.try_into()?),
                None => {
                    let other: Option<String> = sqlx::query_scalar(ON_TARGET)
                        .bind(action.workspace.as_str())
                        .bind(&action.target)
                        .fetch_optional(&mut *transaction)
                        .await?;
                    // Settled since it was in the way: the next try gets through.
                    let other = other.ok_or_else(|| LedgerError::Contended(Fault::target_freed()))?;
                    Intended::TargetBusy(read(&other, "action")?)
                }
            }
        })
    }

    /// Notes that an action is about to be sent. Only after this, and only when it is granted, may a request leave for Stripe.
    pub async fn mark_sent(&self, id: &ActionId, lease: &Lease) -> Result<Clearance, LedgerError> {
        in_transaction!(self, |transaction, now| {
            hold_lease!(transaction, now, lease, or Clearance::LeaseLost);
            let marked =
                sqlx::query(MARK_SENT).bind(id.as_str()).bind(now).execute(&mut *transaction).await?;
            let action: Option<ActionRow> =
                sqlx::query_as(ACTION).bind(id.as_str()).fetch_optional(&mut *transaction).await?;
            let action: StoredAction = action.ok_or(LedgerError::NoSuchAction)?.try_into()?;
            if marked.rows_affected() == 0 {
                return Err(LedgerError::IllegalTransition { from: action.state, to: ActionState::Sent });
            }
            Clearance::Granted(action)
        })
    }

    /// Stores what came of an action. Needs no lease: what Stripe said is true whoever works on the mail now.
    pub async fn settle(&self, id: &ActionId, settlement: Settlement) -> Result<Settled, LedgerError> {
        let (state, result) = settlement.parts();
        in_transaction!(self, |transaction, now| {
            let settled = sqlx::query(SETTLE)
                .bind(id.as_str())
                .bind(state.as_str())
                .bind(result.to_string())
                .bind(now)
                .execute(&mut *transaction)
                .await?;
            let action: Option<ActionRow> =
                sqlx::query_as(ACTION).bind(id.as_str()).fetch_optional(&mut *transaction).await?;
            let action: StoredAction = action.ok_or(LedgerError::NoSuchAction)?.try_into()?;
            if settled.rows_affected() == 1 {
                Settled::Stored(action)
            } else if action.state == state {
                Settled::Before(action)
            } else {
                return Err(LedgerError::IllegalTransition { from: action.state, to: state });
            }
        })
    }

    /// An action by its id.
    pub async fn action(&self, id: &ActionId) -> Result<Option<StoredAction>, LedgerError> {
        let row: Option<ActionRow> = reading!(self, |connection| {
            sqlx::query_as(ACTION).bind(id.as_str()).fetch_optional(&mut *connection).await?
        })?;
        row.map(StoredAction::try_from).transpose()
    }

    /// The actions of all workspaces that are in one of `states`, the longest waiting first, at most 1,000.
    pub async fn actions_in(&self, states: &[ActionState]) -> Result<Vec<StoredAction>, LedgerError> {
        let states: Value = states.iter().map(|state| json!({ "state": state.as_str() })).collect();
        let rows: Vec<ActionRow> = reading!(self, |connection| {
            sqlx::query_as(ACTIONS_IN)
                .bind(states.to_string())
                .bind(LISTED)
                .fetch_all(&mut *connection)
                .await?
        })?;
        rows.into_iter().map(StoredAction::try_from).collect()
    }
}

impl Settlement {
    fn parts(self) -> (ActionState, Value) {
        match self {
            Self::Done(result) => (ActionState::Done, result),
            Self::Refused(result) => (ActionState::Refused, result),
            Self::Unknown(result) => (ActionState::Unknown, result),
            Self::Reconciled(result) => (ActionState::Reconciled, result),
        }
    }
}

impl TryFrom<ActionRow> for StoredAction {
    type Error = LedgerError;

    fn try_from(row: ActionRow) -> Result<Self, LedgerError> {
        Ok(Self {
            id: read(&row.id, "action")?,
            workspace: read(&row.workspace, "workspace")?,
            fingerprint: read(&row.fingerprint, "fingerprint")?,
            function: read(&row.function, "function")?,
            target: row.target,
            parameters: read(&row.parameters, "set of parameters")?,
            state: read(&row.state, "state of an action")?,
            result: row.result.map(|text| read(&text, "result")).transpose()?,
            sent_at: row.sent_at.map(read_time).transpose()?,
        })
    }
}
