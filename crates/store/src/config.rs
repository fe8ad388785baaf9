//! Where the ledger lies and how long it may take.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use sqlx::postgres::PgConnectOptions;
use sqlx::sqlite::SqliteConnectOptions;

/// How the ledger is opened.
#[derive(Debug, Clone)]
pub struct Config {
    /// Where the ledger lies.
    pub url: DatabaseUrl,
    /// PostgreSQL: connections kept by this process. SQLite: readers beside the one writer. A worker writes in batches, so few are
    /// enough; PostgreSQL allows 100 to all programs together unless told otherwise.
    pub max_connections: u32,
    /// How long a call waits for a free connection, and for the first one when opening.
    pub acquire_timeout: Duration,
    /// How long one statement may take, waiting for locks included. PostgreSQL ends the statement itself, and a transaction that stands
    /// idle for as long, so that a frozen worker holds no lock; SQLite waits this long for another process that writes.
    pub statement_timeout: Duration,
}

impl Config {
    /// Eight connections, five seconds to get one, ten for a statement: a batch of 128 takes some ten milliseconds.
    pub const fn new(url: DatabaseUrl) -> Self {
        Self {
            url,
            max_connections: 8,
            acquire_timeout: Duration::from_secs(5),
            statement_timeout: Duration::from_secs(10),
        }
    }
}

/// Where the ledger lies: `sqlite:PATH`, `sqlite::memory:` (gone with the process) or `postgres://USER:PASSWORD@HOST:PORT/DATABASE`.
///
/// `Display` and `Debug` show it without the password and without the parameters behind `?`.
#[derive(Clone)]
pub struct DatabaseUrl(Place);

#[derive(Clone)]
pub(crate) enum Place {
    SqliteFile(SqliteConnectOptions),
    SqliteMemory(SqliteConnectOptions),
    Postgres(Box<PgConnectOptions>),
}

/// The text is not the address of a database.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DatabaseUrlError {
    /// The scheme is another.
    #[error("a database is sqlite:PATH or postgres://USER:PASSWORD@HOST:PORT/DATABASE")]
    Scheme,
    /// `sqlite:` without a path, or with a parameter that SQLite does not know.
    #[error("the part behind sqlite: is not a path, perhaps with parameters such as ?mode=rwc")]
    Sqlite,
    /// The rest of a PostgreSQL address cannot be read.
    #[error("the part behind postgres:// is not USER:PASSWORD@HOST:PORT/DATABASE")]
    Postgres,
}

impl DatabaseUrl {
    /// Whether it is a server, and not a file or memory of this process.
    pub const fn is_postgres(&self) -> bool {
        matches!(self.0, Place::Postgres(_))
    }

    pub(crate) const fn place(&self) -> &Place {
        &self.0
    }
}

impl FromStr for DatabaseUrl {
    type Err = DatabaseUrlError;

    fn from_str(text: &str) -> Result<Self, DatabaseUrlError> {
        if let Some(path) = text.strip_prefix("sqlite:") {
            let options = text.parse().map_err(|_not_a_path| DatabaseUrlError::Sqlite)?;
            let path = path.trim_start_matches("//");
            return match path.split_once('?').unwrap_or((path, "")) {
                ("", _) => Err(DatabaseUrlError::Sqlite),
                (":memory:", _) => Ok(Self(Place::SqliteMemory(options))),
                (_, parameters) if parameters.contains("mode=memory") => {
                    Ok(Self(Place::SqliteMemory(options)))
                }
                _ => Ok(Self(Place::SqliteFile(options))),
            };
        }
        if text.starts_with("postgres://") || text.starts_with("postgresql://") {
            let options = text.parse().map_err(|_not_an_address| DatabaseUrlError::Postgres)?;
            return Ok(Self(Place::Postgres(Box::new(options))));
        }
        Err(DatabaseUrlError::Scheme)
    }
}

impl fmt::Display for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Place::SqliteFile(options) => write!(f, "sqlite:{}", options.get_filename().display()),
            Place::SqliteMemory(_) => f.write_str("sqlite::memory:"),
            Place::Postgres(options) => write_postgres(f, options),
        }
    }
}

fn write_postgres(f: &mut fmt::Formatter<'_>, options: &PgConnectOptions) -> fmt::Result {
    let user = options.get_username();
    // PostgreSQL's own rule: without a name, the database is called as the user.
    let database = options.get_database().unwrap_or(user);
    match options.get_socket() {
        Some(socket) => write!(f, "postgres://{user}@{}/{database}", socket.display()),
        None => {
            write!(f, "postgres://{user}@{}:{}/{database}", options.get_host(), options.get_port())
        }
    }
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DatabaseUrl({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, shown: Result<&str, DatabaseUrlError>) {
        let url = text.parse::<DatabaseUrl>().map(|url| url.to_string());
        assert_eq!(url.as_deref().map_err(|error| *error), shown);
    }

    #[test]
    fn an_address_is_shown_without_its_password() {
        check("postgres://me:s3cret@db.example:6543/mails", Ok("postgres://me@db.example:6543/mails"));
        check("postgresql://me:s3cret@db/mails?sslmode=require", Ok("postgres://me@db:5432/mails"));
        check("sqlite:/var/lib/postill/ledger.db?mode=rw", Ok("sqlite:/var/lib/postill/ledger.db"));
        check("sqlite://ledger.db", Ok("sqlite:ledger.db"));
        check("sqlite::memory:", Ok("sqlite::memory:"));
        let url: DatabaseUrl = "postgres://me:s3cret@db/mails".parse().unwrap();
        assert!(!format!("{:?}", Config::new(url)).contains("s3cret"));
    }

    #[test]
    fn what_is_no_database_is_refused() {
        check("mysql://db/mails", Err(DatabaseUrlError::Scheme));
        check("ledger.db", Err(DatabaseUrlError::Scheme));
        check("sqlite:", Err(DatabaseUrlError::Sqlite));
        check("sqlite:a.db?unheard=of", Err(DatabaseUrlError::Sqlite));
        check("postgres://me@db:port/mails", Err(DatabaseUrlError::Postgres));
    }
}
