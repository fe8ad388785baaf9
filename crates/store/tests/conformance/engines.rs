//! Runs a case on a fresh ledger of either engine.

use std::panic::AssertUnwindSafe;

use anyhow::{Context, Result};
use futures_util::FutureExt;
use sqlx::{AssertSqlSafe, Connection, PgConnection};

use crate::private_postgres;
use crate::world::World;

/// Makes of each case one test on SQLite and one on PostgreSQL.
macro_rules! on_both_engines {
    ($($case:ident),+ $(,)?) => {
        mod on_sqlite {
            $(#[test]
            fn $case() -> anyhow::Result<()> {
                crate::engines::on_sqlite(super::$case)
            })+
        }

        mod on_postgres {
            $(#[test]
            fn $case() -> anyhow::Result<()> {
                crate::engines::on_postgres(super::$case)
            })+
        }
    };
}

pub(crate) use on_both_engines;

/// A ledger in a file of its own.
pub(crate) fn on_sqlite<F: Future<Output = Result<()>>>(case: impl FnOnce(World) -> F) -> Result<()> {
    let folder = tempfile::tempdir()?;
    let url = format!("sqlite:{}", folder.path().join("ledger.db").display());
    runtime()?.block_on(async { case(World::open(&url).await?).await })
}

/// A ledger in a database of its own, dropped afterwards whatever happens.
pub(crate) fn on_postgres<F: Future<Output = Result<()>>>(case: impl FnOnce(World) -> F) -> Result<()> {
    runtime()?.block_on(async {
        let database = Database::create().await?;
        let outcome =
            AssertUnwindSafe(async { case(World::open(&database.url).await?).await }).catch_unwind().await;
        database.drop().await?;
        outcome.unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    })
}

pub(crate) fn runtime() -> Result<tokio::runtime::Runtime> {
    Ok(tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?)
}

struct Database {
    server: String,
    name: String,
    url: String,
}

impl Database {
    async fn create() -> Result<Self> {
        let server = server()?;
        let name = format!("postill_store_{:016x}", rand_u64()?);
        execute(&server, format!("create database {name} template template0")).await?;
        let (address, parameters) = server.split_once('?').unwrap_or((&server, ""));
        let (host, _) = split_database(address);
        Ok(Self { url: format!("{host}/{name}?{parameters}"), name, server })
    }

    async fn drop(self) -> Result<()> {
        execute(&self.server, format!("drop database if exists {} with (force)", self.name)).await
    }
}

/// The address up to the host, and the database behind it.
fn split_database(address: &str) -> (&str, &str) {
    let host = address.find("://").map_or(0, |scheme| scheme + 3);
    match address.get(host..).and_then(|rest| rest.find('/')) {
        Some(slash) => address.split_at(host + slash),
        None => (address, ""),
    }
}

pub(crate) async fn execute(server: &str, statement: String) -> Result<()> {
    let mut connection = PgConnection::connect(server).await.context("PostgreSQL does not answer")?;
    sqlx::raw_sql(AssertSqlSafe(statement)).execute(&mut connection).await?;
    connection.close().await?;
    Ok(())
}

/// The address of a database on the server that the tests use.
pub(crate) fn server() -> Result<String> {
    #[expect(
        clippy::disallowed_methods,
        reason = "the tests learn from the environment where their server is"
    )]
    let given = std::env::var("POSTILL_TEST_DATABASE_URL").ok().filter(|url| !url.is_empty());
    let Some(url) = given else { return private_postgres::url() };
    match split_database(&url).1.trim_matches('/') {
        "" => Ok(format!("{}/postgres", url.trim_end_matches('/'))),
        _ => Ok(url),
    }
}

fn rand_u64() -> Result<u64> {
    let mut bytes = [0; 8];
    ring::rand::SecureRandom::fill(&ring::rand::SystemRandom::new(), &mut bytes)
        .ok()
        .context("the system gives no random numbers")?;
    Ok(u64::from_ne_bytes(bytes))
}
