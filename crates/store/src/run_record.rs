//! One run with everything that is stored of it.

use domain::action::StoredAction;
use domain::{ActionId, Fingerprint, Label, Outcome, RunKind, Timestamp, WorkspaceId};
use serde_json::{Value, json};

use crate::actions::{ACTIONS_BY_ID, ActionRow};
use crate::audit::AuditRow;
use crate::engine::{reading, row};
use crate::error::{read, read_count, read_time};
use crate::{AuditEntry, FollowUpKind, Ledger, LedgerError};

/// A mail that has ended, with its drafts.
#[derive(Clone, PartialEq, Eq)]
pub struct RunRecord {
    /// How it ended at first.
    pub outcome: Outcome,
    /// What it asked for.
    pub label: Label,
    /// The id of its first draft.
    pub draft_id: String,
    /// The exact bytes of its first draft. None when they were forgotten.
    pub body: Vec<u8>,
    /// When what it holds of a customer was forgotten.
    pub forgotten_at: Option<Timestamp>,
    /// When the mail was first claimed, by the database's clock; so are the other times.
    pub first_seen_at: Timestamp,
    /// When its first draft was stored.
    pub finished_at: Timestamp,
    /// How often it was claimed without being given back.
    pub attempts: u32,
    /// How often it was postponed since a service it needs did not answer.
    pub postponements: u32,
    /// How often it waited for its turn at a service.
    pub turns_waited: u32,
    /// What was, or is to be, done about it later, in the order in which it was opened.
    pub follow_ups: Vec<FollowUpRecord>,
}

/// Hides what the drafts say.
impl std::fmt::Debug for RunRecord {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RunRecord")
            .field("draft_id", &self.draft_id)
            .field("outcome", &self.outcome)
            .finish_non_exhaustive()
    }
}

/// Work on a mail after its first draft, as it is looked at later.
#[derive(Clone, PartialEq, Eq)]
pub struct FollowUpRecord {
    /// Why it is, or was, followed up.
    pub kind: FollowUpKind,
    /// The approval or the action that it is about.
    pub subject: String,
    /// When it was opened.
    pub opened_at: Timestamp,
    /// When it is due, unless it has ended.
    pub due_at: Option<Timestamp>,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
    /// The draft it ended with.
    pub draft: Option<LaterDraft>,
}

/// Hides what the draft says.
impl std::fmt::Debug for FollowUpRecord {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("FollowUpRecord")
            .field("kind", &self.kind)
            .field("subject", &self.subject)
            .finish_non_exhaustive()
    }
}

/// A draft after the first.
#[derive(Clone, PartialEq, Eq)]
pub struct LaterDraft {
    /// The id it is published under.
    pub id: String,
    /// How the mail ended with it.
    pub outcome: Outcome,
    /// The exact bytes. None when they were forgotten.
    pub body: Vec<u8>,
    /// When the broker had confirmed it.
    pub published_at: Option<Timestamp>,
}

/// Hides what the draft says.
impl std::fmt::Debug for LaterDraft {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LaterDraft")
            .field("id", &self.id)
            .field("outcome", &self.outcome)
            .finish_non_exhaustive()
    }
}

const RUN: &str = "
    select draft.outcome, draft.label, draft.id, draft.body, draft.forgotten_at, draft.finished_at,
           mail.first_seen_at, mail.attempts, mail.postponements, mail.turns_waited
    from draft
    join mail on mail.workspace = draft.workspace and mail.run = draft.run and mail.digest = draft.digest
    where draft.workspace = $1 and draft.run = $2 and draft.fingerprint = $3";

row! {
    struct RunRow {
        outcome: String,
        label: String,
        id: String,
        body: Vec<u8>,
        forgotten_at: Option<i64>,
        finished_at: i64,
        first_seen_at: i64,
        attempts: i64,
        postponements: i64,
        turns_waited: i64,
    }
}

/// Most mails have none, and a mail has few. Found by the index of their drafts' numbers, which begins with the mail.
const FOLLOW_UPS: &str = "
    select kind, subject, state, opened_at, due_at, ended_at, draft_id, outcome, body, published_at
    from follow_up where workspace = $1 and run = $2 and fingerprint = $3 order by id";

row! {
    struct FollowUpRow {
        kind: String,
        subject: String,
        state: String,
        opened_at: i64,
        due_at: i64,
        ended_at: Option<i64>,
        draft_id: Option<String>,
        outcome: Option<String>,
        body: Option<Vec<u8>>,
        published_at: Option<i64>,
    }
}

impl Ledger {
    /// A run of a workspace by the mail it was about.
    pub async fn run(
        &self,
        workspace: &WorkspaceId,
        run: RunKind,
        fingerprint: &Fingerprint,
    ) -> Result<Option<RunRecord>, LedgerError> {
        let fingerprint = fingerprint.to_string();
        let (found, follow_ups): (Option<RunRow>, Vec<FollowUpRow>) = reading!(self, |connection| {
            let found: Option<RunRow> = sqlx::query_as(RUN)
                .bind(workspace.as_str())
                .bind(run.as_str())
                .bind(&fingerprint)
                .fetch_optional(&mut *connection)
                .await?;
            let follow_ups: Vec<FollowUpRow> = sqlx::query_as(FOLLOW_UPS)
                .bind(workspace.as_str())
                .bind(run.as_str())
                .bind(&fingerprint)
                .fetch_all(&mut *connection)
                .await?;
            (found, follow_ups)
        })?;
        found.map(|found| found.with(follow_ups)).transpose()
    }

    /// The actions of a workspace that have one of these ids, the first one stored first.
    pub async fn actions_with(
        &self,
        workspace: &WorkspaceId,
        ids: &[ActionId],
    ) -> Result<Vec<StoredAction>, LedgerError> {
        let ids: Value = ids.iter().map(|id| json!({ "id": id })).collect();
        let rows: Vec<ActionRow> = reading!(self, |connection| {
            sqlx::query_as(ACTIONS_BY_ID).bind(ids.to_string()).fetch_all(&mut *connection).await?
        })?;
        let read = rows.into_iter().map(StoredAction::try_from).collect::<Result<Vec<_>, _>>()?;
        let mut actions: Vec<_> = read.into_iter().filter(|action| action.workspace == *workspace).collect();
        actions.sort_by_key(|action| action.intended_at);
        Ok(actions)
    }

    /// The newest `limit` rows of a workspace's trail about any of these things, newest first.
    pub async fn audit_about_any(
        &self,
        workspace: &WorkspaceId,
        subjects: &[String],
        limit: u32,
    ) -> Result<Vec<AuditEntry>, LedgerError> {
        let subjects: Value = subjects.iter().map(|id| json!({ "id": id })).collect();
        let rows: Vec<AuditRow> = reading!(self, |connection| {
            sqlx::query_as(ABOUT)
                .bind(workspace.as_str())
                .bind(subjects.to_string())
                .bind(i64::from(limit))
                .fetch_all(&mut *connection)
                .await?
        })?;
        rows.into_iter().map(AuditEntry::try_from).collect()
    }
}

const ABOUT: &str = "select sequence, workspace, at, actor, event, subject, detail from audit
    where workspace = $1 and subject in (select value ->> 'id' from json_each($2)) order by sequence desc limit $3";

impl RunRow {
    fn with(self, follow_ups: Vec<FollowUpRow>) -> Result<RunRecord, LedgerError> {
        Ok(RunRecord {
            outcome: read(&self.outcome, "outcome")?,
            label: read(&self.label, "label")?,
            draft_id: self.id,
            body: self.body,
            forgotten_at: self.forgotten_at.map(read_time).transpose()?,
            first_seen_at: read_time(self.first_seen_at)?,
            finished_at: read_time(self.finished_at)?,
            attempts: read_count(self.attempts)?,
            postponements: read_count(self.postponements)?,
            turns_waited: read_count(self.turns_waited)?,
            follow_ups: follow_ups.into_iter().map(FollowUpRow::read).collect::<Result<_, _>>()?,
        })
    }
}

impl FollowUpRow {
    fn read(self) -> Result<FollowUpRecord, LedgerError> {
        let due_at = (self.state != "ended").then(|| read_time(self.due_at)).transpose()?;
        let published_at = self.published_at.map(read_time).transpose()?;
        let draft = match (self.draft_id, self.outcome, self.body) {
            (Some(id), Some(outcome), Some(body)) => {
                Some(LaterDraft { id, outcome: read(&outcome, "outcome")?, body, published_at })
            }
            (None | Some(_), None | Some(_), None | Some(_)) => None,
        };
        Ok(FollowUpRecord {
            kind: FollowUpKind::read(&self.kind)?,
            subject: self.subject,
            opened_at: read_time(self.opened_at)?,
            due_at,
            ended_at: self.ended_at.map(read_time).transpose()?,
            draft,
        })
    }
}
