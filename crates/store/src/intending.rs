//! Intending to act: within the day's limits, or with a person's consent, and only while nothing halts it.

use domain::action::StoredAction;
use domain::{ActionId, ApprovalId, Fingerprint, Function, Halt, HaltKind, WorkspaceId};
use serde_json::{Value, json};

use crate::actions::{ACTION, ActionRow, step};
use crate::audit::append;
use crate::engine::in_transaction;
use crate::error::{Fault, read};
use crate::halts::{HALTS_OF, HaltRow, first_of};
use crate::rights::{Right, hold};
use crate::spending::{DayLimit, DayLimits, HOLD_WORKSPACE, Spends, spent_within_a_day, trip_breaker};
use crate::{Ledger, LedgerError, NewAuditEntry};

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
    /// The money it gives away; none for what gives none.
    pub spends: Option<Spends>,
    /// Who allows it.
    pub consent: Consent,
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
    /// More would be given away within a day than the policy allows; it was not stored. Over the workspace's limit, the breaker is
    /// tripped from here on.
    OverLimit(DayLimit),
    /// A halt holds it up; it was not stored.
    Halted(Halt),
    /// The mail is no longer ours, or the lease has ended; nothing was changed.
    LeaseLost,
}

/// Who allows an action.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Consent {
    /// The policy, as long as a day's limits are kept.
    Policy {
        /// The limits in the currency of what is spent.
        limits: DayLimits,
    },
    /// A person, in an approval: passes limits and the breaker, never a stop.
    Person(ApprovalId),
}

const INTEND: &str = "
    insert into action (id, workspace, run, fingerprint, function, target, parameters, state, intended_at,
                        customer, amount_minor, currency, approval)
    values ($1, $2, $3, $4, $5, $6, $7, 'intended', $8, $9, $10, $11, $12)
    on conflict do nothing";

/// An approval that allows an action: of the same thing, and of no less.
const ALLOWS: &str = "select 1 from approval
    where id = $1 and workspace = $2 and state = 'approved' and function = $3 and target = $4
        and (cast($5 as bigint) is null or (currency = $6 and decided_amount_minor >= $5))";

const ON_TARGET: &str = "select id from action
    where workspace = $1 and target = $2
        and function in ('refund', 'cancel_subscription') and state in ('intended', 'sent', 'unknown')";

/// Leaves the transaction unless the approval that an action names allows it.
macro_rules! demand_approval {
    ($transaction:ident, $action:ident, $approval:ident) => {
        let amount = $action.spends.as_ref().map(|spends| spends.amount);
        let allows = sqlx::query(ALLOWS)
            .bind($approval.as_str())
            .bind($action.workspace.as_str())
            .bind($action.function.as_str())
            .bind(&$action.target)
            .bind(amount.map(|amount| amount.minor))
            .bind(amount.map(|amount| amount.currency.to_string()))
            .fetch_optional(&mut *$transaction)
            .await?;
        allows.ok_or(LedgerError::NotApproved)?;
    };
}

/// Stores an action that nothing speaks against, unless it or another one on its target is there.
macro_rules! store_action {
    ($transaction:ident, $now:ident, $action:ident, $run:expr) => {{
        let spends = $action.spends.as_ref();
        let inserted = sqlx::query(INTEND)
            .bind($action.id.as_str())
            .bind($action.workspace.as_str())
            .bind($run.as_str())
            .bind($action.fingerprint.to_string())
            .bind($action.function.as_str())
            .bind(&$action.target)
            .bind($action.parameters.to_string())
            .bind($now)
            .bind(spends.map(|spends| spends.customer.as_str()))
            .bind(spends.map(|spends| spends.amount.minor))
            .bind(spends.map(|spends| spends.amount.currency.to_string()))
            .bind($action.approval().map(ApprovalId::as_str))
            .execute(&mut *$transaction)
            .await?;
        let stored: Option<ActionRow> =
            sqlx::query_as(ACTION).bind($action.id.as_str()).fetch_optional(&mut *$transaction).await?;
        match stored {
            Some(row) if inserted.rows_affected() == 1 => {
                let stored = StoredAction::try_from(row)?;
                append!($transaction, $now, intended(&stored));
                Intended::New(stored)
            }
            Some(row) => Intended::Existing(row.try_into()?),
            None => {
                let other: Option<String> = sqlx::query_scalar(ON_TARGET)
                    .bind($action.workspace.as_str())
                    .bind(&$action.target)
                    .fetch_optional(&mut *$transaction)
                    .await?;
                // Settled since it was in the way: the next try gets through.
                let other = other.ok_or_else(|| LedgerError::Contended(Fault::target_freed()))?;
                Intended::TargetBusy(read(&other, "action")?)
            }
        }
    }};
}

impl Ledger {
    /// Stores the intention to act, before anything is sent: unless a halt holds it up or a day's limit would be passed.
    pub async fn intend(&self, action: &NewAction, right: Right<'_>) -> Result<Intended, LedgerError> {
        in_transaction!(self, |transaction, now| {
            hold!(transaction, now, right, or Intended::LeaseLost);
            let limited = action.limited();
            if limited.is_some() {
                sqlx::query(HOLD_WORKSPACE)
                    .bind(action.workspace.as_str())
                    .execute(&mut *transaction)
                    .await?;
            }
            // Only now: a copy of the mail may have stored it while this one waited.
            let stored: Option<ActionRow> =
                sqlx::query_as(ACTION).bind(action.id.as_str()).fetch_optional(&mut *transaction).await?;
            if let Some(row) = stored {
                return Ok(Intended::Existing(row.try_into()?));
            }
            let halts: Vec<HaltRow> =
                sqlx::query_as(HALTS_OF).bind(action.workspace.as_str()).fetch_all(&mut *transaction).await?;
            if let Some(halt) = action.held_up_by(halts)? {
                return Ok(Intended::Halted(halt));
            }
            if let Some(approval) = action.approval() {
                demand_approval!(transaction, action, approval);
            }
            let over = if let Some((spends, limits)) = limited {
                let spent = spent_within_a_day!(
                    transaction,
                    now,
                    action.workspace,
                    spends.customer,
                    spends.amount.currency
                );
                limits.passed_by(spends.amount.minor, &spent)
            } else {
                None
            };
            match over {
                Some(DayLimit::Customer) => Intended::OverLimit(DayLimit::Customer),
                Some(DayLimit::Workspace) => {
                    trip_breaker!(transaction, now, &action.workspace);
                    Intended::OverLimit(DayLimit::Workspace)
                }
                None => store_action!(transaction, now, action, right.run()),
            }
        })
    }
}

impl NewAction {
    /// What is spent by the policy's consent, and within which limits.
    fn limited(&self) -> Option<(&Spends, DayLimits)> {
        let spends = self.spends.as_ref()?;
        match self.consent {
            Consent::Policy { limits } if limits != DayLimits::default() => Some((spends, limits)),
            Consent::Policy { .. } | Consent::Person(_) => None,
        }
    }

    const fn approval(&self) -> Option<&ApprovalId> {
        match &self.consent {
            Consent::Policy { .. } => None,
            Consent::Person(approval) => Some(approval),
        }
    }

    fn held_up_by(&self, halts: Vec<HaltRow>) -> Result<Option<Halt>, LedgerError> {
        first_of(halts, |kind| match kind {
            HaltKind::Stop => true,
            HaltKind::Breaker => self.spends.is_some() && self.approval().is_none(),
        })
    }
}

fn intended(action: &StoredAction) -> NewAuditEntry {
    let detail = json!({
        "function": action.function.as_str(),
        "target": action.target,
        "customer": action.customer,
        "amount": action.amount,
        "approval": action.approval,
        "mail": action.fingerprint,
    });
    step(action, "action.intended", detail)
}
