//! The tables: made and changed by numbered steps that are part of the program.

use std::collections::BTreeSet;

use sqlx::SqlSafeStr;
use sqlx::migrate::{Migrate, Migration, MigrationType, Migrator};

use crate::engine::{Engine, reading};
use crate::{Fault, Ledger, LedgerError};

/// The steps of each engine as `(number, name, SQL)`, in order. A step that was released is never changed again: its checksum is in the
/// databases.
macro_rules! steps {
    ($($number:literal $name:literal),+ $(,)?) => {
        const SQLITE: &[Step] = &[$(steps!(@of "sqlite", $number, $name)),+];
        const POSTGRES: &[Step] = &[$(steps!(@of "postgres", $number, $name)),+];
    };
    (@of $engine:literal, $number:literal, $name:literal) => {
        (
            $number,
            $name,
            include_str!(concat!(
                env!("CARGO_MANIFEST_DIR"), "/../../migrations/", $engine, "/", $number, "_", $name, ".sql"
            )),
        )
    };
}

type Step = (&'static str, &'static str, &'static str);

steps! {
    "0001" "workspaces",
    "0002" "mails",
    "0003" "actions",
    "0004" "senders",
    "0005" "money",
    "0006" "turns",
    "0007" "compression",
    "0008" "console",
    "0009" "workers",
    "0010" "replay_reports",
    "0011" "dead_letters",
    "0012" "forgetting",
}

/// The step from which on the audit trail is a chain.
const CHAINED: i64 = 5;

/// A step that was carried out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Applied {
    /// Its number.
    pub version: i64,
    /// What it is about.
    pub name: String,
}

/// A step that the program has and the database has not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PendingMigration {
    /// Its number.
    pub version: i64,
    /// What it is about.
    pub name: String,
}

/// The tables could not be brought up to date. Each step is one transaction: those before the failing one stay.
#[derive(Debug, thiserror::Error)]
pub enum MigrateError {
    /// The database could not be used.
    #[error("the database's tables could not be read")]
    Database(#[from] LedgerError),
    /// The database was migrated by a newer program.
    #[error(
        "the database has step {version}, which this program does not know: it was migrated by a newer one"
    )]
    FromNewerProgram {
        /// The step's number.
        version: i64,
    },
    /// A step that was carried out once has other content in this program.
    #[error("step {version} is not the one that was carried out on this database")]
    Changed {
        /// The step's number.
        version: i64,
    },
    /// A step failed and was rolled back.
    #[error("step {version} failed and was rolled back")]
    Failed {
        /// The step's number.
        version: i64,
        /// What the database said.
        source: Fault,
    },
}

impl Ledger {
    /// Carries out the steps that are missing and says which; then links what a program of a version before has left in the audit trail. PostgreSQL lets one process at a time do so; on SQLite the second of two
    /// gets [`MigrateError::Failed`] and may call again.
    pub async fn migrate(&self) -> Result<Vec<Applied>, MigrateError> {
        self.migrate_to(i64::MAX).await
    }

    /// As [`Ledger::migrate`], but stops after step `version`: for an upgrade in two parts.
    pub async fn migrate_to(&self, version: i64) -> Result<Vec<Applied>, MigrateError> {
        let pending = self.pending_migrations().await?;
        let migrator = self.migrator();
        let done = match self.engine() {
            Engine::Sqlite(sqlite) => migrator.run_to(version, &sqlite.writer).await,
            Engine::Postgres(postgres) => migrator.run_to(version, &postgres.readers).await,
        };
        done.map_err(meaning_of)?;
        if version >= CHAINED {
            self.link_older_audit().await?;
        }
        let applied = |step: PendingMigration| Applied { version: step.version, name: step.name };
        Ok(pending.into_iter().filter(|step| step.version <= version).map(applied).collect())
    }

    /// The steps that [`Ledger::migrate`] would carry out; a worker does not start while there are any.
    pub async fn pending_migrations(&self) -> Result<Vec<PendingMigration>, MigrateError> {
        Ok(self.applied_and_pending().await?.1)
    }

    /// How many steps were carried out, and which are missing.
    pub(crate) async fn applied_and_pending(&self) -> Result<(usize, Vec<PendingMigration>), MigrateError> {
        let migrator = self.migrator();
        let applied = self.applied_migrations(&migrator).await?;
        if let Some(version) = applied.iter().copied().find(|version| !migrator.version_exists(*version)) {
            return Err(MigrateError::FromNewerProgram { version });
        }
        let pending = migrator.iter().filter(|step| !applied.contains(&step.version));
        let pending = pending
            .map(|step| PendingMigration { version: step.version, name: step.description.to_string() });
        Ok((applied.len(), pending.collect()))
    }

    async fn applied_migrations(&self, migrator: &Migrator) -> Result<BTreeSet<i64>, MigrateError> {
        let applied = reading!(self, |connection| {
            connection.list_applied_migrations(&migrator.table_name).await.map_err(driver_error)?
        });
        match applied {
            Ok(applied) => Ok(applied.into_iter().map(|step| step.version).collect()),
            Err(LedgerError::NotMigrated(_)) => Ok(BTreeSet::new()),
            Err(error) => Err(error.into()),
        }
    }

    fn migrator(&self) -> Migrator {
        let steps = match self.engine() {
            Engine::Sqlite(_) => SQLITE,
            Engine::Postgres(_) => POSTGRES,
        };
        Migrator::with_migrations(steps.iter().map(migration).collect())
    }
}

fn migration((number, name, sql): &Step) -> Migration {
    let version = number.parse().unwrap_or(i64::MAX);
    Migration::new(version, (*name).into(), MigrationType::Simple, (*sql).into_sql_str(), false)
}

#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "the driver's enum grows; the rest cannot happen on these engines"
)]
fn meaning_of(error: sqlx::migrate::MigrateError) -> MigrateError {
    match error {
        sqlx::migrate::MigrateError::ExecuteMigration(error, version) => {
            MigrateError::Failed { version, source: Fault::of(&error) }
        }
        sqlx::migrate::MigrateError::VersionMissing(version) => MigrateError::FromNewerProgram { version },
        sqlx::migrate::MigrateError::VersionMismatch(version) => MigrateError::Changed { version },
        error => MigrateError::Database(driver_error(error).into()),
    }
}

fn driver_error(error: sqlx::migrate::MigrateError) -> sqlx::Error {
    if let sqlx::migrate::MigrateError::Execute(error) = error { error } else { error.into() }
}
