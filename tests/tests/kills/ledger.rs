//! What the ledger holds at the moment the worker died.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use sqlx::{Connection, Row, SqliteConnection};
use tests::Database;

/// Where the ledger is.
pub(crate) enum Ledger {
    /// In a file, `ledger.db` of this folder.
    File(tempfile::TempDir),
    /// On PostgreSQL.
    Server(Database),
}

/// What it holds of the last letter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Look {
    /// How many mails were ever claimed.
    pub(crate) mails: i64,
    /// The state of the last one.
    pub(crate) mail: Option<String>,
    /// The state of the action on the target.
    pub(crate) action: Option<String>,
}

const LOOK: &str = "select (select count(*) from mail) as mails,
    (select state from mail order by first_seen_at desc limit 1) as mail,
    (select state from action where target = $1) as action";

impl Ledger {
    /// The address for the worker.
    pub(crate) fn url(&self) -> String {
        match self {
            Self::File(folder) => format!("sqlite:{}", file(folder.path()).display()),
            Self::Server(database) => database.url.clone(),
        }
    }

    pub(crate) async fn look(&self, target: &str) -> Result<Look> {
        match self {
            Self::Server(database) => {
                let row = sqlx::query(LOOK).bind(target).fetch_one(&mut database.connect().await?).await?;
                Ok(Look {
                    mails: row.try_get("mails")?,
                    mail: row.try_get("mail")?,
                    action: row.try_get("action")?,
                })
            }
            Self::File(folder) => {
                // Of a copy: whoever opens the file itself after a crash, and closes it, tidies up what the worker is to find.
                let copy = copy(folder.path())?;
                let mut connection =
                    SqliteConnection::connect(&format!("sqlite:{}", file(copy.path()).display())).await?;
                let row = sqlx::query(LOOK).bind(target).fetch_one(&mut connection).await?;
                Ok(Look {
                    mails: row.try_get("mails")?,
                    mail: row.try_get("mail")?,
                    action: row.try_get("action")?,
                })
            }
        }
    }
}

fn file(folder: &Path) -> PathBuf {
    folder.join("ledger.db")
}

fn copy(folder: &Path) -> Result<tempfile::TempDir> {
    let copy = tempfile::tempdir()?;
    for name in ["ledger.db", "ledger.db-wal"] {
        let from = folder.join(name);
        if from.exists() {
            std::fs::copy(&from, copy.path().join(name)).with_context(|| format!("cannot copy {name}"))?;
        }
    }
    Ok(copy)
}
