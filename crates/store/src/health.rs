//! How the ledger stands: what it runs on, whether its tables are up to date, how quick it is, and what its clock says.

use std::fmt;
use std::time::{Duration, Instant};

use domain::Clock;

use crate::engine::{Engine, reading};
use crate::{Ledger, LedgerError, MigrateError, PendingMigration};

/// How the ledger stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Health {
    /// `SQLite` or `PostgreSQL`.
    pub engine: &'static str,
    /// Of the library or the server, in its own words.
    pub version: String,
    /// How many steps were carried out.
    pub applied: usize,
    /// The steps that this program has and the database has not.
    pub pending: Vec<PendingMigration>,
    /// How long the least question took, the connection being there.
    pub round_trip: Duration,
    /// By how many milliseconds the server's clock goes before ours; less than nothing where it is behind. None on SQLite, which has no
    /// clock of its own.
    pub ahead: Option<i64>,
}

/// Clocks that differ by less, in milliseconds, are taken to be the same: a question takes its time, too.
const SAME: i64 = 1_000;

impl Health {
    /// By how many milliseconds the server's clock goes before ours, where that is worth a word.
    pub fn clock_off_by(&self) -> Option<i64> {
        self.ahead.filter(|ahead| ahead.saturating_abs() >= SAME)
    }
}

/// `PostgreSQL 17.2, 8 steps, answers in 0.4 ms`
impl fmt::Display for Health {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let took = self.round_trip.as_secs_f64() * 1_000.0;
        write!(f, "{} {}, {} steps, answers in {took:.1} ms", self.engine, self.version, self.applied)
    }
}

const VERSION_OF_SQLITE: &str = "select sqlite_version()";
const VERSION_OF_POSTGRES: &str = "select current_setting('server_version')";
/// SQLite is asked for a number that it need not look up.
const TIME_OF_SQLITE: &str = "select cast(0 as bigint)";
const TIME_OF_POSTGRES: &str = "select cast(extract(epoch from clock_timestamp()) * 1000 as bigint)";

impl Ledger {
    /// Asks how the ledger stands; `clock` is compared with the server's.
    pub async fn health(&self, clock: &dyn Clock) -> Result<Health, MigrateError> {
        let (engine, version, time) = match self.engine() {
            Engine::Sqlite(_) => ("SQLite", VERSION_OF_SQLITE, TIME_OF_SQLITE),
            Engine::Postgres(_) => ("PostgreSQL", VERSION_OF_POSTGRES, TIME_OF_POSTGRES),
        };
        let (applied, pending) = self.applied_and_pending().await?;
        let asked: Result<_, LedgerError> = reading!(self, |connection| {
            let version: String = sqlx::query_scalar(version).fetch_one(&mut *connection).await?;
            let (asked_at, began) = (clock.now(), Instant::now());
            let theirs: i64 = sqlx::query_scalar(time).fetch_one(&mut *connection).await?;
            let round_trip = began.elapsed();
            // Half-way through the question, as near as anybody can tell.
            let ours = asked_at.as_millisecond() + i64::try_from(round_trip.as_millis() / 2).unwrap_or(0);
            (version, round_trip, theirs.saturating_sub(ours))
        });
        let (version, round_trip, ahead) = asked?;
        let ahead = matches!(self.engine(), Engine::Postgres(_)).then_some(ahead);
        Ok(Health { engine, version, applied, pending, round_trip, ahead })
    }
}
