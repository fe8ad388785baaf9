//! The two engines, and the macros that write an operation once for both.

use std::borrow::Cow;
use std::sync::Arc;

use domain::Clock;
use sqlx::error::DatabaseError;
use sqlx::postgres::PgPool;
use sqlx::sqlite::SqlitePool;
use sqlx::{PgTransaction, SqliteTransaction};

#[derive(Clone)]
pub(crate) enum Engine {
    Sqlite(Sqlite),
    Postgres(Postgres),
}

/// SQLite allows one writer at a time, so all writes of this process queue for one connection instead of failing as busy.
#[derive(Clone)]
pub(crate) struct Sqlite {
    pub(crate) writer: SqlitePool,
    pub(crate) readers: SqlitePool,
    pub(crate) clock: Arc<dyn Clock>,
}

impl Sqlite {
    /// Takes the write lock at once: a transaction that reads first and writes later fails when another process wrote in between.
    pub(crate) async fn begin(&self) -> sqlx::Result<SqliteTransaction<'static>> {
        self.writer.begin_with("begin immediate").await
    }

    #[expect(
        clippy::unused_async,
        reason = "written like PostgreSQL's, whose clock is asked over the network"
    )]
    pub(crate) async fn now(&self, _: &mut SqliteTransaction<'static>) -> sqlx::Result<i64> {
        Ok(self.clock.now().as_millisecond())
    }
}

#[derive(Clone)]
pub(crate) struct Postgres {
    pub(crate) readers: PgPool,
}

impl Postgres {
    /// A connection may have died since it was used last: then another is taken, since nothing was begun on it.
    pub(crate) async fn begin(&self) -> sqlx::Result<PgTransaction<'static>> {
        let mut begun = self.readers.begin().await;
        for _ in 0..self.readers.options().get_max_connections() {
            if !begun.as_ref().is_err_and(is_dead) {
                break;
            }
            begun = self.readers.begin().await;
        }
        begun
    }

    pub(crate) async fn now(&self, transaction: &mut PgTransaction<'static>) -> sqlx::Result<i64> {
        sqlx::query_scalar("select cast(extract(epoch from clock_timestamp()) * 1000 as bigint)")
            .fetch_one(&mut **transaction)
            .await
    }
}

/// Whether the other side is gone, or said that it is going.
fn is_dead(error: &sqlx::Error) -> bool {
    let said_so = error.as_database_error().and_then(DatabaseError::code);
    matches!(error, sqlx::Error::Io(_)) || said_so.is_some_and(|code| code.starts_with("57P"))
}

/// Runs a body in one transaction on the ledger's engine, with the time by the engine's clock in milliseconds. The body may use `?`;
/// leaving it early, also by `return Ok(…)`, rolls back.
macro_rules! in_transaction {
    ($ledger:expr, |$transaction:ident, $now:ident| $body:block) => {
        // In a box, since the body is in it twice.
        $ledger
            .in_time(Box::pin(async {
                match $ledger.engine() {
                    $crate::engine::Engine::Sqlite(sqlite) => {
                        $crate::engine::in_transaction!(@on sqlite, $transaction, $now, $body)
                    }
                    $crate::engine::Engine::Postgres(postgres) => {
                        $crate::engine::in_transaction!(@on postgres, $transaction, $now, $body)
                    }
                }
            }))
            .await
    };
    (@on $engine:ident, $transaction:ident, $now:ident, $body:block) => {{
        let mut $transaction = $engine.begin().await?;
        let $now = $engine.now(&mut $transaction).await?;
        let answer = $body;
        $transaction.commit().await?;
        Ok(answer)
    }};
}

/// Runs a body that only reads, with one connection of the ledger's engine.
macro_rules! reading {
    ($ledger:expr, |$connection:ident| $body:expr) => {
        // In a box, since the body is in it twice.
        $ledger
            .in_time(Box::pin(async {
                match $ledger.engine() {
                    $crate::engine::Engine::Sqlite(sqlite) => {
                        let mut $connection = sqlite.readers.acquire().await?;
                        Ok($body)
                    }
                    $crate::engine::Engine::Postgres(postgres) => {
                        let mut $connection = postgres.readers.acquire().await?;
                        Ok($body)
                    }
                }
            }))
            .await
    };
}

/// Text as both engines can hold it: PostgreSQL refuses the sign NUL, and with it the whole batch.
pub(crate) fn holdable(text: &str) -> Cow<'_, str> {
    if text.contains('\0') { text.replace('\0', "").into() } else { text.into() }
}

/// Names the columns that a statement returns, for both engines.
macro_rules! row {
    ($(#[$doc:meta])* $visible:vis struct $name:ident { $($column:ident: $type:ty),+ $(,)? }) => {
        $(#[$doc])*
        $visible struct $name {
            $($visible $column: $type),+
        }

        $crate::engine::row!(@from sqlx::sqlite::SqliteRow, $name, $($column),+);
        $crate::engine::row!(@from sqlx::postgres::PgRow, $name, $($column),+);
    };
    (@from $row:ty, $name:ident, $($column:ident),+) => {
        impl<'r> sqlx::FromRow<'r, $row> for $name {
            fn from_row(row: &'r $row) -> sqlx::Result<Self> {
                use sqlx::Row as _;
                Ok(Self { $($column: row.try_get(stringify!($column))?),+ })
            }
        }
    };
}

pub(crate) use {in_transaction, reading, row};
