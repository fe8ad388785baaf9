//! What is given away within a day, its limits, and the breaker that trips when they would be passed.

use domain::ids::CustomerId;
use domain::policy::Spent;
use domain::{Currency, HaltKind, Money, Scope, Timestamp, WorkspaceId};

use crate::audit::append;
use crate::engine::{in_transaction, reading, row};
use crate::error::{read, read_time};
use crate::halts::set_entry;
use crate::{Ledger, LedgerError, NewAuditEntry};

/// Money that an action gives away.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spends {
    /// Who gets it.
    pub customer: CustomerId,
    /// How much; more than nothing.
    pub amount: Money,
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
pub(crate) const DAY: i64 = 86_400_000;

/// Why a breaker trips, for whoever finds it.
pub(crate) const TRIPPED: &str =
    "more would have been given away within 24 hours than the policy allows the workspace";

/// Locks a workspace's spending until commit, so that of two refunds each counts the other. Leaves the key alone: what only refers to the
/// workspace does not wait.
pub(crate) const HOLD_WORKSPACE: &str = "update workspace set created_at = created_at where id = $1";

/// Whatever was, or may have been, given away.
pub(crate) const SPENT: &str = "
    select cast(coalesce(sum(case when customer = $2 then amount_minor end), 0) as bigint) as customer,
           cast(coalesce(sum(amount_minor), 0) as bigint) as workspace
    from action
    where workspace = $1 and currency = $3 and intended_at > $4 and amount_minor is not null and state <> 'refused'";

/// What was given away in a currency within one day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DayGiven {
    /// When the day began, in UTC.
    pub begins_at: Timestamp,
    /// How much.
    pub money: Money,
}

/// The same for every currency.
const GIVEN_AWAY: &str = "
    select currency, cast(sum(amount_minor) as bigint) as minor from action
    where workspace = $1 and intended_at > $2 and amount_minor is not null and state <> 'refused'
    group by currency order by currency";

row! {
    struct GivenAwayRow {
        currency: String,
        minor: i64,
    }
}

/// The same for every currency and day.
const GIVEN_BY_DAY: &str = "
    select intended_at / 86400000 as day, currency, cast(sum(amount_minor) as bigint) as minor from action
    where workspace = $1 and intended_at >= $2 and amount_minor is not null and state <> 'refused'
    group by intended_at / 86400000, currency order by day, currency";

row! {
    struct GivenByDayRow {
        day: i64,
        currency: String,
        minor: i64,
    }
}

row! {
    pub(crate) struct SpentRow {
        customer: i64,
        workspace: i64,
    }
}

/// What was, or may have been, given away until now.
macro_rules! spent_within_a_day {
    ($transaction:ident, $now:ident, $workspace:expr, $customer:expr, $currency:expr) => {{
        let spent: $crate::spending::SpentRow = sqlx::query_as($crate::spending::SPENT)
            .bind($workspace.as_str())
            .bind($customer.as_str())
            .bind($currency.to_string())
            .bind($now.saturating_sub($crate::spending::DAY))
            .fetch_one(&mut *$transaction)
            .await?;
        spent
    }};
}

/// Trips the breaker of a workspace, unless it is tripped.
macro_rules! trip_breaker {
    ($transaction:ident, $now:ident, $workspace:expr) => {
        let tripped = sqlx::query($crate::halts::SET_HALT)
            .bind($workspace.as_str())
            .bind(HaltKind::Breaker.as_str())
            .bind($crate::audit::PROGRAM)
            .bind($crate::spending::TRIPPED)
            .bind($now)
            .execute(&mut *$transaction)
            .await?;
        if tripped.rows_affected() == 1 {
            append!($transaction, $now, $crate::spending::tripped($workspace));
        }
    };
}

pub(crate) use {spent_within_a_day, trip_breaker};

impl Ledger {
    /// Trips the breaker of a workspace whose limit of the day is used up: refunds that only the policy allows wait for a person from here
    /// on. Nothing changes where it is tripped.
    pub async fn trip_breaker(&self, workspace: &WorkspaceId) -> Result<(), LedgerError> {
        in_transaction!(self, |transaction, now| {
            trip_breaker!(transaction, now, workspace);
        })
    }

    /// What was, or may have been, given away in the last 24 hours, to all customers, in each currency in which anything was.
    pub async fn given_away(&self, workspace: &WorkspaceId) -> Result<Vec<Money>, LedgerError> {
        let rows: Vec<GivenAwayRow> = in_transaction!(self, |transaction, now| {
            sqlx::query_as(GIVEN_AWAY)
                .bind(workspace.as_str())
                .bind(now.saturating_sub(DAY))
                .fetch_all(&mut *transaction)
                .await?
        })?;
        rows.iter().map(|row| Ok(Money::new(row.minor, read(&row.currency, "currency")?))).collect()
    }

    /// What was, or may have been, given away since then, day by day; of each currency only the days on which anything was.
    pub async fn given_away_by_day(
        &self,
        workspace: &WorkspaceId,
        since: Timestamp,
    ) -> Result<Vec<DayGiven>, LedgerError> {
        let rows: Vec<GivenByDayRow> = reading!(self, |connection| {
            sqlx::query_as(GIVEN_BY_DAY)
                .bind(workspace.as_str())
                .bind(since.as_millisecond())
                .fetch_all(&mut *connection)
                .await?
        })?;
        rows.iter()
            .map(|row| {
                let money = Money::new(row.minor, read(&row.currency, "currency")?);
                Ok(DayGiven { begins_at: read_time(row.day.saturating_mul(DAY))?, money })
            })
            .collect()
    }

    /// What was, or may have been, given away in the last 24 hours.
    pub async fn spent(
        &self,
        workspace: &WorkspaceId,
        customer: &CustomerId,
        currency: Currency,
    ) -> Result<Spent, LedgerError> {
        let spent: SpentRow = in_transaction!(self, |transaction, now| {
            spent_within_a_day!(transaction, now, workspace, customer, currency)
        })?;
        Ok(Spent {
            customer: Money::new(spent.customer, currency),
            workspace: Money::new(spent.workspace, currency),
        })
    }
}

impl DayLimits {
    /// The customer's first: one who asks for too much does not hold up the others.
    pub(crate) fn passed_by(self, minor: i64, spent: &SpentRow) -> Option<DayLimit> {
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

pub(crate) fn tripped(workspace: &WorkspaceId) -> NewAuditEntry {
    let scope = Scope::Workspace(workspace.clone());
    set_entry(workspace, &scope, HaltKind::Breaker, crate::audit::PROGRAM, TRIPPED)
}
