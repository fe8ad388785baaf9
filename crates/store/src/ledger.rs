//! The handle on the ledger.

use std::fmt;
use std::future::Future;
use std::time::Duration;

use crate::LedgerError;
use crate::engine::{Engine, reading};

/// The ledger of one installation. Cheap to clone; clones share their connections.
#[derive(Clone)]
pub struct Ledger {
    engine: Engine,
    call_timeout: Duration,
}

impl Ledger {
    pub(crate) const fn new(engine: Engine, call_timeout: Duration) -> Self {
        Self { engine, call_timeout }
    }

    pub(crate) const fn engine(&self) -> &Engine {
        &self.engine
    }

    /// Asks the database for the least thing: whether it answers.
    pub async fn ping(&self) -> Result<(), LedgerError> {
        reading!(self, |connection| {
            sqlx::query("select 1").execute(&mut *connection).await?;
        })
    }

    /// Waits for what is being written and closes the connections. Every later call is [`LedgerError::Unavailable`].
    pub async fn close(&self) {
        match &self.engine {
            Engine::Sqlite(sqlite) => {
                sqlite.readers.close().await;
                sqlite.writer.close().await;
            }
            Engine::Postgres(postgres) => postgres.readers.close().await,
        }
    }

    /// Bounds a call, for the case that the server or the network keeps silent: PostgreSQL's own timeout needs a server that runs.
    pub(crate) async fn in_time<T>(
        &self,
        call: impl Future<Output = Result<T, LedgerError>>,
    ) -> Result<T, LedgerError> {
        tokio::time::timeout(self.call_timeout, call)
            .await
            .unwrap_or_else(|_elapsed| Err(LedgerError::too_slow()))
    }
}

impl fmt::Debug for Ledger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.engine {
            Engine::Sqlite(_) => "Ledger(SQLite)",
            Engine::Postgres(_) => "Ledger(PostgreSQL)",
        })
    }
}
