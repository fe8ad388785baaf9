//! The ends of follow-ups: at most one draft each, published at least once.

use std::time::Duration;

use domain::{Outcome, WorkspaceId};
use serde_json::{Value, json};

use crate::approvals::milliseconds;
use crate::audit::append;
use crate::engine::{in_transaction, reading, row};
use crate::error::{read, read_count};
use crate::follow_ups::{FollowUpId, FollowUpLease};
use crate::{Ledger, LedgerError, NewAuditEntry, NewDraft, Postponed};

/// The draft that a follow-up ends with.
#[derive(Debug, Clone)]
pub struct FollowUpEnd {
    /// What is to be published.
    pub draft: NewDraft,
    /// How the mail ends now.
    pub outcome: Outcome,
}

/// What became of the end of a follow-up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Followed {
    /// It has ended; its draft, if it has one, is to be published.
    Stored,
    /// Somebody else has taken it over or ended it; nothing was changed.
    LeaseLost,
}

/// A follow-up's draft that is to be published.
#[derive(Clone, PartialEq, Eq)]
pub struct FollowUpDraft {
    /// By which it is noted as published.
    pub follow_up: FollowUpId,
    /// The id it is published under.
    pub id: String,
    /// Whose it is.
    pub workspace: WorkspaceId,
    /// How the mail ends now.
    pub outcome: Outcome,
    /// The exact bytes.
    pub body: Vec<u8>,
    /// What the mail's message is known by.
    pub correlation: Option<String>,
    /// The W3C trace context that the mail came with.
    pub traceparent: Option<String>,
}

/// Hides what the draft says.
impl std::fmt::Debug for FollowUpDraft {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("FollowUpDraft")
            .field("follow_up", &self.follow_up)
            .field("id", &self.id)
            .field("outcome", &self.outcome)
            .finish_non_exhaustive()
    }
}

const END: &str = "
    update follow_up
    set state = 'ended', ended_at = $3, lease_token = null, lease_expires_at = null,
        draft_sequence = $4, draft_id = $5, outcome = $6, body = $7
    where id = $1 and lease_token = $2
    returning kind, subject, fingerprint";

row! {
    struct EndedRow {
        kind: String,
        subject: String,
        fingerprint: String,
    }
}

const POSTPONE: &str = "
    update follow_up
    set state = 'open', lease_token = null, lease_expires_at = null, attempts = attempts - 1,
        postponements = postponements + 1, due_at = $3
    where id = $1 and lease_token = $2
    returning postponements";

const UNPUBLISHED: &str = "
    select follow_up.id as follow_up, follow_up.draft_id as id, follow_up.workspace, follow_up.outcome, follow_up.body,
           draft.correlation, draft.traceparent
    from follow_up
    join draft on draft.workspace = follow_up.workspace and draft.run = follow_up.run
        and draft.fingerprint = follow_up.fingerprint
    where follow_up.body is not null and follow_up.published_at is null
    order by follow_up.ended_at, follow_up.id limit $1";

row! {
    struct UnpublishedRow {
        follow_up: i64,
        id: String,
        workspace: String,
        outcome: String,
        body: Vec<u8>,
        correlation: Option<String>,
        traceparent: Option<String>,
    }
}

const PUBLISHED: &str = "update follow_up set published_at = $2
    where published_at is null and body is not null
        and id in (select cast(value ->> 'id' as bigint) from json_each($1))";

impl Ledger {
    /// Ends a follow-up, with a draft or without. A second call after a lost answer is [`Followed::LeaseLost`]; the draft is then among the
    /// [`Ledger::unpublished`] all the same.
    pub async fn finish_follow_up(
        &self,
        lease: &FollowUpLease,
        end: Option<&FollowUpEnd>,
    ) -> Result<Followed, LedgerError> {
        in_transaction!(self, |transaction, now| {
            let ended: Option<EndedRow> = sqlx::query_as(END)
                .bind(lease.id.number())
                .bind(lease.token.as_str())
                .bind(now)
                .bind(end.map(|_| i64::from(lease.sequence)))
                .bind(end.map(|end| end.draft.id.as_str()))
                .bind(end.map(|end| end.outcome.as_str()))
                .bind(end.map(|end| end.draft.body.as_slice()))
                .fetch_optional(&mut *transaction)
                .await?;
            let Some(ended) = ended else { return Ok(Followed::LeaseLost) };
            append!(transaction, now, ended.entry(lease, end));
            Followed::Stored
        })
    }

    /// Gives a follow-up back, to be claimed again after `delay`.
    pub async fn postpone_follow_up(
        &self,
        lease: &FollowUpLease,
        delay: Duration,
    ) -> Result<Postponed, LedgerError> {
        let postponements: Option<i64> = in_transaction!(self, |transaction, now| {
            sqlx::query_scalar(POSTPONE)
                .bind(lease.id.number())
                .bind(lease.token.as_str())
                .bind(now.saturating_add(milliseconds(delay)))
                .fetch_optional(&mut *transaction)
                .await?
        })?;
        Ok(match postponements {
            Some(count) => Postponed::Counted { postponements: read_count(count)? },
            None => Postponed::LeaseLost,
        })
    }

    /// At most `limit` drafts of follow-ups that nobody noted as published, the oldest first. Publish each and wait for the broker's
    /// confirm, then say so by [`Ledger::published`]: so each is published at least once.
    pub async fn unpublished(&self, limit: u32) -> Result<Vec<FollowUpDraft>, LedgerError> {
        let rows: Vec<UnpublishedRow> = reading!(self, |connection| {
            sqlx::query_as(UNPUBLISHED).bind(i64::from(limit)).fetch_all(&mut *connection).await?
        })?;
        rows.into_iter().map(FollowUpDraft::try_from).collect()
    }

    /// Notes that drafts of follow-ups are published. Says how many were not noted so before.
    pub async fn published(&self, follow_ups: &[FollowUpId]) -> Result<u64, LedgerError> {
        let ids: Value = follow_ups.iter().map(|id| json!({ "id": id.number() })).collect();
        in_transaction!(self, |transaction, now| {
            sqlx::query(PUBLISHED)
                .bind(ids.to_string())
                .bind(now)
                .execute(&mut *transaction)
                .await?
                .rows_affected()
        })
    }
}

impl EndedRow {
    fn entry(self, lease: &FollowUpLease, end: Option<&FollowUpEnd>) -> NewAuditEntry {
        let detail = json!({
            "kind": self.kind,
            "mail": self.fingerprint,
            "draft": end.map(|end| end.draft.id.as_str()),
            "outcome": end.map(|end| end.outcome.as_str()),
        });
        NewAuditEntry {
            workspace: lease.workspace.clone(),
            actor: crate::audit::PROGRAM.to_owned(),
            event: "follow_up.ended".to_owned(),
            subject: Some(self.subject),
            detail,
        }
    }
}

impl TryFrom<UnpublishedRow> for FollowUpDraft {
    type Error = LedgerError;

    fn try_from(row: UnpublishedRow) -> Result<Self, LedgerError> {
        Ok(Self {
            follow_up: FollowUpId(row.follow_up),
            id: row.id,
            workspace: read(&row.workspace, "workspace")?,
            outcome: read(&row.outcome, "outcome")?,
            body: row.body,
            correlation: row.correlation,
            traceparent: row.traceparent,
        })
    }
}
