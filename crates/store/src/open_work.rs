//! What is open in each workspace, as numbers for whoever watches.

use domain::{Timestamp, WorkspaceId};

use crate::engine::{reading, row};
use crate::error::{read, read_count, read_time};
use crate::{Ledger, LedgerError};

/// What is open in one workspace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenWork {
    /// Which one.
    pub workspace: WorkspaceId,
    /// Approvals that wait for a person.
    pub approvals: u32,
    /// When the oldest of them was asked for.
    pub oldest_approval: Option<Timestamp>,
    /// Actions that were sent, or are unknown.
    pub unsettled: u32,
    /// Follow-ups that have not ended.
    pub follow_ups: u32,
}

/// Each part is an index that holds nothing else, so that it costs no more the longer the ledger is.
const SQL: &str = "
    select workspace, cast(sum(approvals) as bigint) as approvals, min(oldest) as oldest,
           cast(sum(unsettled) as bigint) as unsettled, cast(sum(follow_ups) as bigint) as follow_ups
    from (
        select workspace, count(*) as approvals, min(requested_at) as oldest, 0 as unsettled, 0 as follow_ups
        from approval where state = 'waiting' group by workspace
        union all
        select workspace, 0, cast(null as bigint), count(*), 0
        from action where state in ('sent', 'unknown') group by workspace
        union all
        select workspace, 0, cast(null as bigint), 0, count(*)
        from follow_up where state in ('open', 'leased') group by workspace
    ) as parts
    group by workspace order by workspace";

row! {
    struct OpenWorkRow {
        workspace: String,
        approvals: i64,
        oldest: Option<i64>,
        unsettled: i64,
        follow_ups: i64,
    }
}

impl Ledger {
    /// What is open, in every workspace in which anything is.
    pub async fn open_work(&self) -> Result<Vec<OpenWork>, LedgerError> {
        let rows: Vec<OpenWorkRow> =
            reading!(self, |connection| sqlx::query_as(SQL).fetch_all(&mut *connection).await?)?;
        rows.into_iter().map(OpenWork::try_from).collect()
    }
}

impl TryFrom<OpenWorkRow> for OpenWork {
    type Error = LedgerError;

    fn try_from(row: OpenWorkRow) -> Result<Self, LedgerError> {
        Ok(Self {
            workspace: read(&row.workspace, "workspace")?,
            approvals: read_count(row.approvals)?,
            oldest_approval: row.oldest.map(read_time).transpose()?,
            unsettled: read_count(row.unsettled)?,
            follow_ups: read_count(row.follow_ups)?,
        })
    }
}
