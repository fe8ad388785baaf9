//! What the ledger holds at the moment the worker died.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use sqlx::{Connection, SqliteConnection};
use tests::Database;

use crate::shop::Wish;

/// Where the ledger is.
pub(crate) enum Ledger {
    /// In a file, `ledger.db` of this folder.
    File(tempfile::TempDir),
    /// On PostgreSQL.
    Server(Database),
}

/// What it holds of the work on the last letter: of the mail, or of what follows an approval.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Look {
    /// Somebody has claimed it.
    pub(crate) is_claimed: bool,
    /// It has its draft.
    pub(crate) is_finished: bool,
    /// The draft is noted as published. Of a mail RabbitMQ knows that.
    pub(crate) is_noted: bool,
    /// The state of the action on the target.
    pub(crate) action: Option<String>,
}

const MAIL: &str = "select
    case when (select count(*) from mail) < $2 then 'open'
        else (select state from mail order by first_seen_at desc limit 1) end as state,
    cast(0 as bigint) as noted,
    (select state from action where target = $1) as action";

const FOLLOW_UP: &str = "select
    case when $2 > 0 then (select state from follow_up order by id desc limit 1) else 'open' end as state,
    (select count(published_at) from follow_up where id = (select max(id) from follow_up)) as noted,
    (select state from action where target = $1) as action";

impl Ledger {
    /// The address for the worker.
    pub(crate) fn url(&self) -> String {
        match self {
            Self::File(folder) => format!("sqlite:{}", file(folder.path()).display()),
            Self::Server(database) => database.url.clone(),
        }
    }

    /// What it holds of the last of so many letters.
    pub(crate) async fn look(&self, wish: Wish, target: &str, letters: i64) -> Result<Look> {
        let statement = match wish {
            Wish::Refund | Wish::Cancellation => MAIL,
            Wish::ApprovedRefund => FOLLOW_UP,
        };
        let (state, noted, action) = match self {
            Self::Server(database) => {
                let mut connection = database.connect().await?;
                sqlx::query_as::<_, Row>(statement)
                    .bind(target)
                    .bind(letters)
                    .fetch_one(&mut connection)
                    .await?
            }
            Self::File(folder) => {
                // Of a copy: whoever opens the file itself after a crash, and closes it, tidies up what the worker is to find.
                let copy = copy(folder.path())?;
                let url = format!("sqlite:{}", file(copy.path()).display());
                let mut connection = SqliteConnection::connect(&url).await?;
                sqlx::query_as::<_, Row>(statement)
                    .bind(target)
                    .bind(letters)
                    .fetch_one(&mut connection)
                    .await?
            }
        };
        Ok(Look {
            is_claimed: state != "open",
            is_finished: state == "finished" || state == "ended",
            is_noted: noted > 0,
            action,
        })
    }
}

/// State, whether it is noted, and the action's state.
type Row = (String, i64, Option<String>);

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
