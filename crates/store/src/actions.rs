//! Actions at Stripe, once they are stored: sent only by who has the right to, settled once.

use domain::action::{ActionState, StoredAction};
use domain::{ActionId, Halt};
use serde_json::{Value, json};

use crate::audit::append;
use crate::engine::{in_transaction, reading, row};
use crate::error::{read, read_money, read_time};
use crate::follow_ups::{FollowUpKind, RECONCILE_FIRST, open_follow_up};
use crate::halts::{HALTS_OF, HaltRow, stop_among};
use crate::rights::{Right, hold};
use crate::{Ledger, LedgerError, NewAuditEntry};

/// Whether an action may be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Clearance {
    /// Send it, with the frozen parameters. `sent_at` says when it was sent for the first time.
    Granted(StoredAction),
    /// Everything is stopped: send nothing. The action stands as it stood.
    Halted(Halt),
    /// The mail is no longer ours, or the lease has ended: send nothing.
    LeaseLost,
}

/// What came of an action, as JSON.
#[derive(Debug, Clone)]
pub enum Settlement {
    /// Stripe did it: the object.
    Done(Value),
    /// Stripe said no for good, to whoever sent it: the reason.
    Refused(Value),
    /// It is given up before anybody has sent it, and refused from here on: the reason. Illegal once somebody has: who gives it up may not
    /// know yet.
    Withdrawn(Value),
    /// Stripe shows that it was done, whatever the ledger knows of its sending: the object.
    Found(Value),
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

/// An action that is sent again under its key keeps the time of the first.
const MARK_SENT: &str = "update action set state = 'sent', sent_at = coalesce(sent_at, $2)
    where id = $1 and state in ('intended', 'sent')";

/// The legal settlements of what was sent.
const SETTLE: &str = "update action set state = $2, result = $3, settled_at = $4
    where id = $1 and (state, $2) in (values
        ('sent', 'done'), ('sent', 'refused'), ('sent', 'unknown'),
        ('unknown', 'reconciled'))";

/// The legal settlement of what was not. Another worker may have sent it since it was read: then it is not given up.
const WITHDRAW: &str = "update action set state = $2, result = $3, settled_at = $4
    where id = $1 and state = 'intended'";

/// What Stripe shows needs nobody's leave to be sent: a ledger that was lost did not know that it had been.
const FOUND: &str =
    "update action set state = $2, result = $3, settled_at = $4, sent_at = coalesce(sent_at, $4)
    where id = $1 and state in ('intended', 'sent')";

macro_rules! columns {
    () => {
        "id, workspace, run, fingerprint, function, target, customer, amount_minor, currency, approval, parameters, state, result, intended_at, sent_at"
    };
}

pub(crate) use columns;

pub(crate) const ACTION: &str = concat!("select ", columns!(), " from action where id = $1");

const ACTIONS_IN: &str = concat!(
    "select ",
    columns!(),
    " from action where state in (select value ->> 'state' from json_each($1)) order by intended_at, id limit $2"
);

pub(crate) const ACTIONS_BY_ID: &str =
    concat!("select ", columns!(), " from action where id in (select value ->> 'id' from json_each($1))");

row! {
    pub(crate) struct ActionRow {
        id: String,
        workspace: String,
        run: String,
        fingerprint: String,
        function: String,
        target: String,
        customer: Option<String>,
        amount_minor: Option<i64>,
        currency: Option<String>,
        approval: Option<String>,
        parameters: String,
        state: String,
        result: Option<String>,
        intended_at: i64,
        sent_at: Option<i64>,
    }
}

/// Reads an action within a transaction; an error when there is none.
macro_rules! action_in {
    ($transaction:ident, $id:expr) => {{
        let row: Option<$crate::actions::ActionRow> = sqlx::query_as($crate::actions::ACTION)
            .bind($id.as_str())
            .fetch_optional(&mut *$transaction)
            .await?;
        domain::action::StoredAction::try_from(row.ok_or($crate::LedgerError::NoSuchAction)?)?
    }};
}

pub(crate) use action_in;

impl Ledger {
    /// Notes that an action is about to be sent. Only after this, and only when it is granted, may a request leave for Stripe.
    pub async fn mark_sent(&self, id: &ActionId, right: Right<'_>) -> Result<Clearance, LedgerError> {
        in_transaction!(self, |transaction, now| {
            hold!(transaction, now, right, or Clearance::LeaseLost);
            let marked =
                sqlx::query(MARK_SENT).bind(id.as_str()).bind(now).execute(&mut *transaction).await?;
            let action = action_in!(transaction, id);
            if marked.rows_affected() == 0 {
                return Err(LedgerError::IllegalTransition { from: action.state, to: ActionState::Sent });
            }
            append!(transaction, now, step(&action, "action.sent", Value::Null));
            // Only now: whoever halts locks the end of the trail too, so either this was granted before, or the halt is seen.
            let halts: Vec<HaltRow> =
                sqlx::query_as(HALTS_OF).bind(action.workspace.as_str()).fetch_all(&mut *transaction).await?;
            if let Some(stop) = stop_among(halts)? {
                return Ok(Clearance::Halted(stop));
            }
            Clearance::Granted(action)
        })
    }

    /// Stores what came of an action. Needs no right: what Stripe said is true whoever works on the mail now. An outcome that is unknown
    /// is looked up later by a follow-up, where the function moves money.
    pub async fn settle(&self, id: &ActionId, settlement: Settlement) -> Result<Settled, LedgerError> {
        let sql = settlement.sql();
        let (state, result) = settlement.parts();
        in_transaction!(self, |transaction, now| {
            let settled = sqlx::query(sql)
                .bind(id.as_str())
                .bind(state.as_str())
                .bind(result.to_string())
                .bind(now)
                .execute(&mut *transaction)
                .await?;
            let action = action_in!(transaction, id);
            if settled.rows_affected() == 1 {
                if state == ActionState::Unknown && action.function.moves_money() {
                    let due = RECONCILE_FIRST;
                    open_follow_up!(transaction, now, action, FollowUpKind::Reconcile, action.id, due);
                }
                append!(transaction, now, step(&action, settled_as(state), Value::Null));
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

/// A step of an action, for the audit trail.
pub(crate) fn step(action: &StoredAction, event: &str, detail: Value) -> NewAuditEntry {
    NewAuditEntry {
        workspace: action.workspace.clone(),
        actor: crate::audit::PROGRAM.to_owned(),
        event: event.to_owned(),
        subject: Some(action.id.to_string()),
        detail,
    }
}

const fn settled_as(state: ActionState) -> &'static str {
    match state {
        ActionState::Intended => "action.intended",
        ActionState::Sent => "action.sent",
        ActionState::Done => "action.done",
        ActionState::Refused => "action.refused",
        ActionState::Unknown => "action.unknown",
        ActionState::Reconciled => "action.reconciled",
    }
}

impl Settlement {
    const fn sql(&self) -> &'static str {
        match self {
            Self::Done(_) | Self::Refused(_) | Self::Unknown(_) | Self::Reconciled(_) => SETTLE,
            Self::Withdrawn(_) => WITHDRAW,
            Self::Found(_) => FOUND,
        }
    }

    fn parts(self) -> (ActionState, Value) {
        match self {
            Self::Done(result) | Self::Found(result) => (ActionState::Done, result),
            Self::Refused(result) | Self::Withdrawn(result) => (ActionState::Refused, result),
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
            run: read(&row.run, "kind of run")?,
            fingerprint: read(&row.fingerprint, "fingerprint")?,
            function: read(&row.function, "function")?,
            target: row.target,
            customer: row.customer.map(|id| read(&id, "customer")).transpose()?,
            amount: read_money(row.amount_minor, row.currency.as_deref())?,
            approval: row.approval.map(|id| read(&id, "approval")).transpose()?,
            parameters: read(&row.parameters, "set of parameters")?,
            state: read(&row.state, "state of an action")?,
            result: row.result.map(|text| read(&text, "result")).transpose()?,
            intended_at: read_time(row.intended_at)?,
            sent_at: row.sent_at.map(read_time).transpose()?,
        })
    }
}
