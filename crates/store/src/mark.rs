//! Where a workspace stands: what changes when there is anything new to look at.

use domain::WorkspaceId;

use crate::dead::{is_listed, of_workspace};
use crate::engine::{reading, row};
use crate::{Ledger, LedgerError};

/// Where a workspace stands. Another one than before: something is new.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mark {
    draft: i64,
    audit: i64,
    follow_up: i64,
    dead: i64,
}

/// Each is the end of an index, but for the dead, of which there are few: as many as there are, up to a thousand.
const SQL: &str = concat!(
    "
    select coalesce((select max(sequence) from draft), 0) as draft,
           coalesce((select max(sequence) from audit where workspace = $1), 0) as audit,
           coalesce((select max(id) from follow_up), 0) as follow_up,
           (select count(*) from (select 1 from mail where ",
    is_listed!(),
    " and ",
    of_workspace!("$1"),
    " limit 1000) as dead) as dead"
);

row! {
    struct MarkRow {
        draft: i64,
        audit: i64,
        follow_up: i64,
        dead: i64,
    }
}

impl Ledger {
    /// Where a workspace stands. Cheap, and may change for another workspace's sake.
    pub async fn mark(&self, workspace: &WorkspaceId) -> Result<Mark, LedgerError> {
        let row: MarkRow = reading!(self, |connection| {
            sqlx::query_as(SQL).bind(workspace.as_str()).fetch_one(&mut *connection).await?
        })?;
        Ok(Mark { draft: row.draft, audit: row.audit, follow_up: row.follow_up, dead: row.dead })
    }
}
