//! Intending to act: within the day's limits, or with a person's consent, and only while nothing halts it.

use domain::action::StoredAction;
use domain::ids::CustomerId;
use domain::policy::Spent;
use domain::{ApprovalId, Currency, Halt, HaltKind, HaltScope, Money, WorkspaceId};
use serde_json::json;

use crate::actions::{ACTION, ActionRow, Intended, NewAction, step};
use crate::audit::append;
use crate::engine::{in_transaction, row};
use crate::error::{Fault, read};
use crate::halts::{HALTS_OF, HaltRow, SET_HALT, first_of, set_entry};
use crate::rights::{Right, hold};
use crate::{Ledger, LedgerError, NewAuditEntry};

/// Money that an action gives away.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spends {
    /// Who gets it.
    pub customer: CustomerId,
    /// How much; more than nothing.
    pub amount: Money,
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

/// How much may be given away within 24 hours without a person, in minor units of the action's currency. None: as much as is asked.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct DayLimits {
    /// To one customer.
    pub customer: Option<i64>,
    /// By the workspace, to all customers together.
    pub workspace: Option<i64>,
}

/// Which limit would be passed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DayLimit {
    /// That of the customer.
    Customer,
    /// That of the workspace.
    Workspace,
}

/// A day, in milliseconds.
const DAY: i64 = 86_400_000;

/// Why a breaker trips, for whoever finds it.
const TRIPPED: &str = "more would have been given away within 24 hours than the policy allows the workspace";

/// Locks a workspace's spending until commit, so that of two refunds each counts the other. Leaves the key alone: what only refers to the
/// workspace does not wait.
const HOLD_WORKSPACE: &str = "update workspace set created_at = created_at where id = $1";

/// Whatever was, or may have been, given away.
const SPENT: &str = "
    select cast(coalesce(sum(case when customer = $2 then amount_minor end), 0) as bigint) as customer,
           cast(coalesce(sum(amount_minor), 0) as bigint) as workspace
    from action
    where workspace = $1 and currency = $3 and intended_at > $4 and amount_minor is not null and state <> 'refused'";

row! {
    struct SpentRow {
        customer: i64,
        workspace: i64,
    }
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
                let amount = action.spends.as_ref().map(|spends| spends.amount);
                let allows = sqlx::query(ALLOWS)
                    .bind(approval.as_str())
                    .bind(action.workspace.as_str())
                    .bind(action.function.as_str())
                    .bind(&action.target)
                    .bind(amount.map(|amount| amount.minor))
                    .bind(amount.map(|amount| amount.currency.to_string()))
                    .fetch_optional(&mut *transaction)
                    .await?;
                allows.ok_or(LedgerError::NotApproved)?;
            }
            let over = if let Some((spends, limits)) = limited {
                let spent: SpentRow = sqlx::query_as(SPENT)
                    .bind(action.workspace.as_str())
                    .bind(spends.customer.as_str())
                    .bind(spends.amount.currency.as_str())
                    .bind(now.saturating_sub(DAY))
                    .fetch_one(&mut *transaction)
                    .await?;
                limits.passed_by(spends.amount.minor, &spent)
            } else {
                None
            };
            match over {
                Some(DayLimit::Customer) => Intended::OverLimit(DayLimit::Customer),
                Some(DayLimit::Workspace) => {
                    let breaker = breaker_of(&action.workspace);
                    let set = sqlx::query(SET_HALT)
                        .bind(action.workspace.as_str())
                        .bind(HaltKind::Breaker.as_str())
                        .bind(&breaker.actor)
                        .bind(TRIPPED)
                        .bind(now)
                        .execute(&mut *transaction)
                        .await?;
                    if set.rows_affected() == 1 {
                        append!(transaction, now, breaker);
                    }
                    Intended::OverLimit(DayLimit::Workspace)
                }
                None => {
                    let spends = action.spends.as_ref();
                    let inserted = sqlx::query(INTEND)
                        .bind(action.id.as_str())
                        .bind(action.workspace.as_str())
                        .bind(right.run().as_str())
                        .bind(action.fingerprint.to_string())
                        .bind(action.function.as_str())
                        .bind(&action.target)
                        .bind(action.parameters.to_string())
                        .bind(now)
                        .bind(spends.map(|spends| spends.customer.as_str()))
                        .bind(spends.map(|spends| spends.amount.minor))
                        .bind(spends.map(|spends| spends.amount.currency.as_str().to_owned()))
                        .bind(action.approval().map(ApprovalId::as_str))
                        .execute(&mut *transaction)
                        .await?;
                    let stored: Option<ActionRow> = sqlx::query_as(ACTION)
                        .bind(action.id.as_str())
                        .fetch_optional(&mut *transaction)
                        .await?;
                    match stored {
                        Some(row) if inserted.rows_affected() == 1 => {
                            let stored = StoredAction::try_from(row)?;
                            append!(transaction, now, intended(&stored));
                            Intended::New(stored)
                        }
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
                }
            }
        })
    }

    /// What was, or may have been, given away in the last 24 hours.
    pub async fn spent(
        &self,
        workspace: &WorkspaceId,
        customer: &CustomerId,
        currency: Currency,
    ) -> Result<Spent, LedgerError> {
        let spent: SpentRow = in_transaction!(self, |transaction, now| {
            sqlx::query_as(SPENT)
                .bind(workspace.as_str())
                .bind(customer.as_str())
                .bind(currency.as_str())
                .bind(now.saturating_sub(DAY))
                .fetch_one(&mut *transaction)
                .await?
        })?;
        Ok(Spent {
            customer: Money::new(spent.customer, currency),
            workspace: Money::new(spent.workspace, currency),
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

impl DayLimits {
    /// The customer's first: one who asks for too much does not hold up the others.
    fn passed_by(self, minor: i64, spent: &SpentRow) -> Option<DayLimit> {
        let passed =
            |limit: Option<i64>, spent: i64| limit.is_some_and(|limit| spent.saturating_add(minor) > limit);
        if passed(self.customer, spent.customer) {
            Some(DayLimit::Customer)
        } else if passed(self.workspace, spent.workspace) {
            Some(DayLimit::Workspace)
        } else {
            None
        }
    }
}

fn breaker_of(workspace: &WorkspaceId) -> NewAuditEntry {
    let scope = HaltScope::Workspace(workspace.clone());
    set_entry(workspace, &scope, HaltKind::Breaker, crate::audit::PROGRAM, TRIPPED)
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
