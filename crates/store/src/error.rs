//! What can go wrong with the ledger, named for what the caller can do about it.

use domain::action::ActionState;
use domain::{Money, Timestamp};
use sqlx::error::{DatabaseError, ErrorKind};

/// An operation on the ledger did not happen. Each may be tried again as it is: what was committed before is found again.
#[derive(Debug, thiserror::Error)]
pub enum LedgerError {
    /// The database is down, out of reach, full or too slow. Nothing else will succeed either, so the worker stops taking mail instead of
    /// counting failures against it.
    #[error("the database is not available")]
    Unavailable(#[source] Fault),
    /// Another writer was in the way (deadlock, lock, serialization). The next try is likely to succeed.
    #[error("other writers hold up the database")]
    Contended(#[source] Fault),
    /// The database lacks a table or column of this program.
    #[error("the database does not have the tables of this program: run `postill migrate`")]
    NotMigrated(#[source] Fault),
    /// The workspace was never made with [`crate::Ledger::ensure_workspace`].
    #[error("the ledger has no such workspace")]
    NoSuchWorkspace,
    /// The action was never stored with [`crate::Ledger::intend`].
    #[error("the ledger has no such action")]
    NoSuchAction,
    /// The approval that an action names does not allow it: it is not approved, or is for something else or for less.
    #[error("the ledger has no approval that allows the action")]
    NotApproved,
    /// The action's state does not allow the step; nothing was changed.
    #[error("an action that is {} cannot become {}", from.as_str(), to.as_str())]
    IllegalTransition {
        /// The state it is in.
        from: ActionState,
        /// The state asked for.
        to: ActionState,
    },
    /// A row holds a value that this version does not know: it was written by a newer one, or by hand.
    #[error("the ledger holds a {what} that this program cannot read")]
    Unreadable {
        /// What kind of value.
        what: &'static str,
    },
    /// The database refused a statement: a mistake in this crate.
    #[error("the database refused a statement")]
    Rejected(#[source] Fault),
}

impl LedgerError {
    /// Whether the same call can succeed later without anybody changing the program, its data or its configuration.
    pub const fn is_transient(&self) -> bool {
        match self {
            Self::Unavailable(_) | Self::Contended(_) => true,
            Self::NotMigrated(_)
            | Self::NoSuchWorkspace
            | Self::NoSuchAction
            | Self::NotApproved
            | Self::IllegalTransition { .. }
            | Self::Unreadable { .. }
            | Self::Rejected(_) => false,
        }
    }

    pub(crate) fn too_slow() -> Self {
        Self::Unavailable(Fault("no answer in time".to_owned()))
    }

    pub(crate) fn no_randomness() -> Self {
        Self::Rejected(Fault("the system gives no random numbers".to_owned()))
    }

    pub(crate) fn cannot_be_written(error: serde_json::Error) -> Self {
        Self::Rejected(Fault(error.to_string()))
    }

    fn of_postgres(state: &str, fault: Fault) -> Self {
        match (state.get(..2).unwrap_or(state), state) {
            // Class 40: deadlock or serialization. 55P03: a lock was not available.
            ("40", _) | (_, "55P03") => Self::Contended(fault),
            // A table, column or function that is not there.
            (_, "42P01" | "42703" | "42883") => Self::NotMigrated(fault),
            // Connection, login, database gone, resources, operator's intervention (shutdown, statement timeout), I/O; 25006: read-only.
            ("08" | "28" | "3D" | "53" | "57" | "58", _) | (_, "25006") => Self::Unavailable(fault),
            _ => Self::Rejected(fault),
        }
    }

    fn of_sqlite(code: i32, fault: Fault) -> Self {
        // The low byte is the primary code (https://www.sqlite.org/rescode.html).
        match code & 0xff {
            // BUSY, LOCKED
            5 | 6 => Self::Contended(fault),
            // READONLY, INTERRUPT, IOERR, CORRUPT, FULL, CANTOPEN, NOTADB
            8 | 9 | 10 | 11 | 13 | 14 | 26 => Self::Unavailable(fault),
            1 if fault.0.contains("no such table") || fault.0.contains("no such column") => {
                Self::NotMigrated(fault)
            }
            _ => Self::Rejected(fault),
        }
    }
}

impl From<sqlx::Error> for LedgerError {
    fn from(error: sqlx::Error) -> Self {
        let fault = Fault::of(&error);
        if let sqlx::Error::Database(error) = &error {
            if error.kind() == ErrorKind::ForeignKeyViolation && speaks_of_workspace(error.as_ref()) {
                return Self::NoSuchWorkspace;
            }
            if error.constraint().is_some_and(|name| ONE_AT_A_TIME.contains(&name)) {
                return Self::Contended(fault);
            }
            let code = error.code().unwrap_or_default();
            return match code.parse() {
                Ok(code) if is_sqlite(error.as_ref()) => Self::of_sqlite(code, fault),
                _ => Self::of_postgres(&code, fault),
            };
        }
        if is_outage(&error) { Self::Unavailable(fault) } else { Self::Rejected(fault) }
    }
}

/// What two workers run into that take up follow-ups of one mail in the same moment; the second finds the first one's at its next try.
const ONE_AT_A_TIME: [&str; 2] = ["follow_up_one_leased", "follow_up_sequence_once"];

/// SQLite does not say which foreign key was violated; the only one that a caller can violate leads to the workspace.
fn speaks_of_workspace(error: &dyn DatabaseError) -> bool {
    error.constraint().is_none_or(|name| name.ends_with("_workspace_exists"))
}

fn is_sqlite(error: &dyn DatabaseError) -> bool {
    error.try_downcast_ref::<sqlx::sqlite::SqliteError>().is_some()
}

fn is_outage(error: &sqlx::Error) -> bool {
    matches!(
        error,
        sqlx::Error::Io(_)
            | sqlx::Error::Tls(_)
            | sqlx::Error::Protocol(_)
            | sqlx::Error::PoolTimedOut
            | sqlx::Error::PoolClosed
            | sqlx::Error::WorkerCrashed
            | sqlx::Error::BeginFailed
    )
}

/// What the database or the network said, without the values that were bound: those are people's.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Fault(String);

impl Fault {
    pub(crate) fn target_freed() -> Self {
        Self("the action that was in the way has just been settled".to_owned())
    }

    #[expect(
        clippy::wildcard_enum_match_arm,
        reason = "the driver's enum grows; what is not named here is its own fault"
    )]
    pub(crate) fn of(error: &sqlx::Error) -> Self {
        Self(match error {
            sqlx::Error::Database(error) => words_of(error.as_ref()),
            sqlx::Error::Io(error) => error.to_string(),
            sqlx::Error::Tls(error) => format!("no secure connection: {error}"),
            sqlx::Error::PoolTimedOut => "no connection became free in time".to_owned(),
            sqlx::Error::PoolClosed => "the ledger was closed".to_owned(),
            sqlx::Error::WorkerCrashed => "the thread of the database ended".to_owned(),
            sqlx::Error::Protocol(_) => "an answer that is not the database's protocol".to_owned(),
            sqlx::Error::RowNotFound => "no row where there must be one".to_owned(),
            sqlx::Error::ColumnNotFound(column) => format!("no column {column}"),
            sqlx::Error::ColumnDecode { index, .. } => format!("column {index} has another type"),
            _ => "the driver failed".to_owned(),
        })
    }
}

/// The classes of SQLSTATE whose texts name only objects of the schema, never values: connection, login, missing database, names in
/// SQL, resources, intervention.
const CLASSES_WITHOUT_VALUES: [&str; 7] = ["08", "28", "3D", "40", "42", "53", "57"];

fn words_of(error: &dyn DatabaseError) -> String {
    let code = error.code().unwrap_or_default();
    let class = code.get(..2).unwrap_or_default();
    // SQLite's texts name tables, columns and constraints, never values.
    if is_sqlite(error) || CLASSES_WITHOUT_VALUES.contains(&class) {
        return format!("{} (code {code})", error.message());
    }
    match error.constraint() {
        Some(constraint) => format!("constraint {constraint} (code {code})"),
        None => format!("code {code}"),
    }
}

/// Reads a value that the ledger holds as text.
pub(crate) fn read<T: std::str::FromStr>(text: &str, what: &'static str) -> Result<T, LedgerError> {
    text.parse().map_err(|_unknown| LedgerError::Unreadable { what })
}

/// Reads a time that the ledger holds as milliseconds.
pub(crate) fn read_time(milliseconds: i64) -> Result<Timestamp, LedgerError> {
    Timestamp::from_millisecond(milliseconds)
        .map_err(|_out_of_range| LedgerError::Unreadable { what: "time" })
}

/// Reads an amount that the ledger holds in two columns.
pub(crate) fn read_money(minor: Option<i64>, currency: Option<&str>) -> Result<Option<Money>, LedgerError> {
    let Some((minor, currency)) = minor.zip(currency) else { return Ok(None) };
    Ok(Some(Money::new(minor, read(currency, "currency")?)))
}

/// Reads a number that the ledger holds and that is never negative.
pub(crate) fn read_count(count: i64) -> Result<u32, LedgerError> {
    u32::try_from(count).map_err(|_out_of_range| LedgerError::Unreadable { what: "count" })
}
