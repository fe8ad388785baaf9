//! Databases on a PostgreSQL server that are made for one run of a benchmark, and are gone with it.

use std::time::Duration;

use sqlx::{AssertSqlSafe, ConnectOptions, Connection, Executor};

use crate::config::Place;
use crate::open::postgres_error;
use crate::{Config, DatabaseUrl, OpenError};

/// Making or removing one copies or deletes some forty files.
const LIMIT: Duration = Duration::from_secs(30);

/// The name of such a database: `bench_` and small letters, digits or `_`, so that no other can be meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BenchDatabase(String);

impl BenchDatabase {
    /// `None` for a name that is not allowed, or longer than PostgreSQL takes (63 bytes).
    pub fn named(name: &str) -> Option<Self> {
        let is_plain = |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '_';
        let is_allowed = name.starts_with("bench_") && name.len() <= 63 && name.chars().all(is_plain);
        is_allowed.then(|| Self(name.to_owned()))
    }

    /// As it stands on the server.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Makes it on the server of `url`, whose user must be allowed to. Nothing to do for SQLite.
pub async fn create(url: &DatabaseUrl, database: &BenchDatabase) -> Result<(), OpenError> {
    // template0 is the one template that nobody can be connected to.
    run(url, format!("create database \"{}\" template template0", database.0)).await
}

/// Removes it, and whoever is still connected to it.
pub async fn remove(url: &DatabaseUrl, database: &BenchDatabase) -> Result<(), OpenError> {
    run(url, format!("drop database if exists \"{}\" with (force)", database.0)).await
}

async fn run(url: &DatabaseUrl, statement: String) -> Result<(), OpenError> {
    let Place::Postgres(options) = url.place() else { return Ok(()) };
    let config = Config::new(url.clone());
    let done = async {
        let mut connection = options.connect().await?;
        // Safe: the name has letters, digits and lines only.
        connection.execute(AssertSqlSafe(statement)).await?;
        connection.close().await
    };
    crate::open::within(LIMIT, done).await.map_err(|error| postgres_error(&config, &error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_database_made_for_a_benchmark_can_be_named() {
        assert_eq!(BenchDatabase::named("bench_0a1b").unwrap().as_str(), "bench_0a1b");
        for other in ["postill", "bench_\"; drop", "Bench_1", "bench_Ä", &format!("bench_{}", "x".repeat(60))]
        {
            assert_eq!(BenchDatabase::named(other), None, "{other}");
        }
    }
}
