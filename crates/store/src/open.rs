//! Opening the ledger, so that what is wrong can be told apart.

use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use domain::Clock;
use sqlx::error::DatabaseError;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{ConnectOptions, Connection};

use crate::config::Place;
use crate::engine::{Engine, Postgres, Sqlite};
use crate::{Config, Fault, Ledger};

/// The ledger could not be opened. Every variant names what was tried, never the password.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Nobody answers there, or not in time, or not securely enough.
    #[error("no database answers at {tried}")]
    Unreachable {
        /// The address, without password.
        tried: String,
        /// What the network or the server said.
        source: Fault,
    },
    /// The server does not let this user in with this password.
    #[error("the database at {tried} refuses this user or password")]
    CredentialsRefused {
        /// The address, without password.
        tried: String,
        /// What the server said.
        source: Fault,
    },
    /// The server has no such database; it is not made by this program.
    #[error("the server has no database for {tried}: create it first")]
    NoSuchDatabase {
        /// The address, without password.
        tried: String,
        /// What the server said.
        source: Fault,
    },
    /// The file cannot be made or opened: its folder does not exist, or permission is missing.
    #[error("the file of {tried} cannot be opened")]
    FileRefused {
        /// The address.
        tried: String,
        /// What the system said.
        source: io::Error,
    },
    /// What lies there is not a database that this program can use.
    #[error("what lies at {tried} is not a database of SQLite")]
    NotADatabase {
        /// The address.
        tried: String,
        /// What SQLite said.
        source: Fault,
    },
}

impl Ledger {
    /// Opens the ledger and connects once, so that a mistake shows now. A SQLite file that does not exist is made, readable by its owner
    /// only. Tables are made by [`Ledger::migrate`].
    ///
    /// `clock` is read on SQLite only; PostgreSQL uses the server's.
    pub async fn open(config: &Config, clock: Arc<dyn Clock>) -> Result<Self, OpenError> {
        let engine = match config.url.place() {
            Place::SqliteFile(options) => {
                make_file(options.get_filename())
                    .map_err(|source| OpenError::FileRefused { tried: config.url.to_string(), source })?;
                Engine::Sqlite(open_file(options, config, clock).await?)
            }
            Place::SqliteMemory(options) => Engine::Sqlite(open_memory(options, config, clock).await?),
            Place::Postgres(options) => Engine::Postgres(open_postgres(options, config).await?),
        };
        Ok(Self::new(engine, config.acquire_timeout + config.statement_timeout))
    }
}

/// Makes the file if it is not there, for its owner only: drafts speak of people. SQLite gives its log the same permissions.
fn make_file(path: &Path) -> io::Result<()> {
    let made = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
    match made {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        made => made.map(drop),
    }
}

/// Pages of 4 KiB in the log before they are copied into the file: at SQLite's own 1,000 every tenth batch waits for that.
const LOG_PAGES: &str = "8000";
/// 64 MiB, in KiB and negative as SQLite wants it. Keys are hashes, so every mail touches other pages; with SQLite's own 2 MiB
/// most are read from the file again.
const WRITER_CACHE: &str = "-65536";

async fn open_file(
    options: &SqliteConnectOptions,
    config: &Config,
    clock: Arc<dyn Clock>,
) -> Result<Sqlite, OpenError> {
    // FULL syncs the log at every commit: with less, a commit that the queue was told of may be gone after a power failure.
    let options = options
        .clone()
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        .busy_timeout(config.statement_timeout)
        .pragma("wal_autocheckpoint", LOG_PAGES)
        // What is forgotten is gone from the file, too. Rows are deleted, and grow shorter, for nothing else that is frequent.
        .pragma("secure_delete", "on");
    let writer = pool_of_sqlite(1, config)
        .connect_with(options.clone().pragma("cache_size", WRITER_CACHE))
        .await
        .map_err(|error| sqlite_error(config, &error))?;
    let readers =
        pool_of_sqlite(config.max_connections, config).connect_lazy_with(options.pragma("query_only", "on"));
    Ok(Sqlite { writer, readers, clock })
}

/// A database in memory lives as long as its one connection.
async fn open_memory(
    options: &SqliteConnectOptions,
    config: &Config,
    clock: Arc<dyn Clock>,
) -> Result<Sqlite, OpenError> {
    let writer = pool_of_sqlite(1, config)
        .connect_with(options.clone().foreign_keys(true))
        .await
        .map_err(|error| sqlite_error(config, &error))?;
    Ok(Sqlite { readers: writer.clone(), writer, clock })
}

/// Connections to a file cost nothing while idle, so they are kept.
fn pool_of_sqlite(connections: u32, config: &Config) -> SqlitePoolOptions {
    SqlitePoolOptions::new()
        .max_connections(connections)
        .acquire_timeout(config.acquire_timeout)
        .idle_timeout(None)
        .max_lifetime(None)
}

/// Every join here looks up a batch of keys. While a table is small, or its statistics are old, the planner would rather read all of
/// it, and goes on doing so while it grows.
const LOOK_UP_BY_KEY: [(&str, &str); 2] = [("enable_hashjoin", "off"), ("enable_mergejoin", "off")];

/// A connection that was idle for less is taken to be alive without asking: one more round trip with each batch. If it is not, the batch fails
/// and is tried again like after any failure of the ledger.
const ALIVE_FOR: Duration = Duration::from_secs(1);

async fn open_postgres(options: &PgConnectOptions, config: &Config) -> Result<Postgres, OpenError> {
    let timeout = format!("{}ms", config.statement_timeout.as_millis());
    let options = options
        .clone()
        .application_name("postill")
        .options([("statement_timeout", &timeout), ("idle_in_transaction_session_timeout", &timeout)])
        .options(LOOK_UP_BY_KEY);
    // Not through the pool: it tries again until its time is up, and then does not say why.
    within(config.acquire_timeout, async { options.connect().await?.close().await })
        .await
        .map_err(|error| postgres_error(config, &error))?;
    let readers = PgPoolOptions::new()
        .max_connections(config.max_connections)
        .acquire_timeout(config.acquire_timeout)
        .test_before_acquire(false)
        .before_acquire(|connection, state| {
            Box::pin(async move {
                if state.idle_for > ALIVE_FOR {
                    connection.ping().await?;
                }
                Ok(true)
            })
        })
        .connect_lazy_with(options);
    Ok(Postgres { readers })
}

pub(crate) async fn within(time: Duration, call: impl Future<Output = sqlx::Result<()>>) -> sqlx::Result<()> {
    tokio::time::timeout(time, call)
        .await
        .unwrap_or_else(|elapsed| Err(sqlx::Error::Io(io::Error::new(io::ErrorKind::TimedOut, elapsed))))
}

pub(crate) fn postgres_error(config: &Config, error: &sqlx::Error) -> OpenError {
    let (tried, source) = (config.url.to_string(), Fault::of(error));
    let code = error.as_database_error().and_then(DatabaseError::code).unwrap_or_default();
    match &*code {
        "3D000" => OpenError::NoSuchDatabase { tried, source },
        code if code.starts_with("28") => OpenError::CredentialsRefused { tried, source },
        _ => OpenError::Unreachable { tried, source },
    }
}

fn sqlite_error(config: &Config, error: &sqlx::Error) -> OpenError {
    const NOTADB: &str = "26";
    let (tried, source) = (config.url.to_string(), Fault::of(error));
    match error.as_database_error().and_then(DatabaseError::code) {
        Some(code) if code == NOTADB => OpenError::NotADatabase { tried, source },
        _ => OpenError::Unreachable { tried, source },
    }
}
