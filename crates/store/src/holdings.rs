//! What is held of people, for whoever asks what it is or wants it forgotten. Which draft is about whom only its words tell, and those are
//! not read here: there is no index of addresses, which would be one more thing to forget.

use domain::action::StoredAction;
use domain::{Digest, Fingerprint, RunKind, StoredApproval, WorkspaceId};
use serde_json::{Value, json};

use crate::actions::{ActionRow, columns};
use crate::approvals::{ApprovalRow, approval_columns};
use crate::engine::{reading, row};
use crate::error::read;
use crate::{Ledger, LedgerError};

/// A draft that is not forgotten.
#[derive(Clone, PartialEq, Eq)]
pub struct HeldDraft {
    /// Its key: the sequence of a first draft, the number of the follow-up of a later one.
    pub row: i64,
    /// In which kind of run the mail was read.
    pub run: RunKind,
    /// The mail, as its draft is filed.
    pub fingerprint: Fingerprint,
    /// The exact bytes.
    pub body: Vec<u8>,
}

/// Hides what the draft says.
impl std::fmt::Debug for HeldDraft {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("HeldDraft")
            .field("row", &self.row)
            .field("fingerprint", &self.fingerprint)
            .finish_non_exhaustive()
    }
}

row! {
    struct HeldRow {
        number: i64,
        run: String,
        fingerprint: String,
        body: Vec<u8>,
    }
}

const DRAFTS: &str = "select sequence as number, run, fingerprint, body from draft
    where workspace = $1 and sequence > $2 and forgotten_at is null order by sequence limit $3";

const LATER_DRAFTS: &str = "select id as number, run, fingerprint, body from follow_up
    where workspace = $1 and length(body) > 0 and fingerprint in (select value ->> 'id' from json_each($2)) order by id";

const ACTIONS: &str = concat!(
    "select ",
    columns!(),
    " from action where workspace = $1 and parameters <> 'null'
        and fingerprint in (select value ->> 'id' from json_each($2)) order by intended_at, id"
);

const APPROVALS: &str = concat!(
    "select ",
    approval_columns!(),
    " from approval where workspace = $1 and plan <> 'null'
        and (requester = $3 or fingerprint in (select value ->> 'id' from json_each($2))) order by requested_at, id"
);

impl Ledger {
    /// At most `limit` first drafts of a workspace that are not forgotten, those behind row `after` (0: from the beginning), in order.
    pub async fn drafts_held(
        &self,
        workspace: &WorkspaceId,
        after: i64,
        limit: u32,
    ) -> Result<Vec<HeldDraft>, LedgerError> {
        let rows: Vec<HeldRow> = reading!(self, |connection| {
            sqlx::query_as(DRAFTS)
                .bind(workspace.as_str())
                .bind(after)
                .bind(i64::from(limit))
                .fetch_all(&mut *connection)
                .await?
        })?;
        rows.into_iter().map(HeldDraft::try_from).collect()
    }

    /// The later drafts of these mails that are not forgotten.
    pub async fn later_drafts_held(
        &self,
        workspace: &WorkspaceId,
        mails: &[Fingerprint],
    ) -> Result<Vec<HeldDraft>, LedgerError> {
        let rows: Vec<HeldRow> = reading!(self, |connection| {
            sqlx::query_as(LATER_DRAFTS)
                .bind(workspace.as_str())
                .bind(ids(mails))
                .fetch_all(&mut *connection)
                .await?
        })?;
        rows.into_iter().map(HeldDraft::try_from).collect()
    }

    /// The actions of these mails that are not forgotten.
    pub async fn actions_held(
        &self,
        workspace: &WorkspaceId,
        mails: &[Fingerprint],
    ) -> Result<Vec<StoredAction>, LedgerError> {
        let rows: Vec<ActionRow> = reading!(self, |connection| {
            sqlx::query_as(ACTIONS)
                .bind(workspace.as_str())
                .bind(ids(mails))
                .fetch_all(&mut *connection)
                .await?
        })?;
        rows.into_iter().map(StoredAction::try_from).collect()
    }

    /// The approvals that somebody asked for, or that are about these mails, and are not forgotten; without their votes, which tell of others.
    pub async fn approvals_held(
        &self,
        workspace: &WorkspaceId,
        mails: &[Fingerprint],
        requester: &Digest,
    ) -> Result<Vec<StoredApproval>, LedgerError> {
        let rows: Vec<ApprovalRow> = reading!(self, |connection| {
            sqlx::query_as(APPROVALS)
                .bind(workspace.as_str())
                .bind(ids(mails))
                .bind(requester.to_string())
                .fetch_all(&mut *connection)
                .await?
        })?;
        rows.into_iter().map(|row| row.with_votes(&[])).collect()
    }
}

fn ids(mails: &[Fingerprint]) -> String {
    mails.iter().map(|mail| json!({ "id": mail })).collect::<Value>().to_string()
}

impl TryFrom<HeldRow> for HeldDraft {
    type Error = LedgerError;

    fn try_from(row: HeldRow) -> Result<Self, LedgerError> {
        Ok(Self {
            row: row.number,
            run: read(&row.run, "kind of run")?,
            fingerprint: read(&row.fingerprint, "fingerprint")?,
            body: row.body,
        })
    }
}
