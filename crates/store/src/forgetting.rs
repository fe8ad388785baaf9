//! Forgetting: rows that ended long ago, or that are about somebody who asks for it, are emptied of what they hold of a customer.
//!
//! Ids, outcomes, functions, amounts and times stay: by them a mail that comes again is known, an action is never carried out a second time,
//! and the limits of a day hold. What is open stays whole, and so does what ended within a day: its draft may still be on its way.

use std::collections::BTreeMap;

use domain::{Digest, Timestamp, WorkspaceId};
use serde_json::{Value, json};

use crate::audit::{PROGRAM, append};
use crate::engine::{in_transaction, row};
use crate::error::read;
use crate::{Ledger, LedgerError, NewAuditEntry};

/// What ended within this time is not forgotten, in milliseconds.
const RESTS: i64 = 24 * 60 * 60 * 1_000;

/// How many rows were emptied.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Forgotten {
    /// First drafts.
    pub drafts: u64,
    /// Drafts after the first.
    pub later_drafts: u64,
    /// Actions at Stripe.
    pub actions: u64,
    /// Approvals.
    pub approvals: u64,
}

/// Rows by their keys.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rows {
    /// First drafts, by their sequence.
    pub drafts: Vec<i64>,
    /// Drafts after the first, by the number of their follow-up.
    pub later_drafts: Vec<i64>,
    /// Actions.
    pub actions: Vec<String>,
    /// Approvals.
    pub approvals: Vec<String>,
}

/// Whether a row may be emptied at all: it ended before `$2`, and nothing about it is open.
macro_rules! may_be_forgotten {
    (draft) => {
        "draft.forgotten_at is null and draft.finished_at < $2
            and not exists (
                select 1 from follow_up
                where follow_up.workspace = draft.workspace and follow_up.run = draft.run
                    and follow_up.fingerprint = draft.fingerprint
                    and (follow_up.state <> 'ended' or (follow_up.body is not null and follow_up.published_at is null))
            )
            and not exists (
                select 1 from approval
                where approval.workspace = draft.workspace and approval.state = 'waiting'
                    and approval.run = draft.run and approval.fingerprint = draft.fingerprint
            )
            and not exists (
                select 1 from action
                where action.workspace = draft.workspace and action.state in ('intended', 'sent', 'unknown')
                    and action.run = draft.run and action.fingerprint = draft.fingerprint
            )"
    };
    (follow_up) => {
        "follow_up.published_at is not null and length(follow_up.body) > 0 and follow_up.ended_at < $2"
    };
    (action) => {
        "action.parameters <> 'null' and action.settled_at < $2 and action.state in ('done', 'refused', 'reconciled')
            and not exists (
                select 1 from follow_up where follow_up.subject = action.id and follow_up.state <> 'ended'
            )"
    };
    (approval) => {
        "approval.plan <> 'null' and approval.state <> 'waiting' and approval.decided_at < $2
            and not exists (
                select 1 from follow_up where follow_up.subject = approval.id and follow_up.state <> 'ended'
            )"
    };
}

/// What is due, at most `$1` of each.
const DUE_DRAFTS: &str =
    concat!("select sequence from draft where ", may_be_forgotten!(draft), " order by finished_at limit $1");
const DUE_LATER_DRAFTS: &str =
    concat!("select id from follow_up where ", may_be_forgotten!(follow_up), " order by id limit $1");
const DUE_ACTIONS: &str =
    concat!("select id from action where ", may_be_forgotten!(action), " order by settled_at limit $1");
const DUE_APPROVALS: &str =
    concat!("select id from approval where ", may_be_forgotten!(approval), " order by decided_at limit $1");

/// Which rows: `$1`, of the workspace `$3` where one is named.
macro_rules! named {
    ($table:literal, $key:literal, $type:literal) => {
        concat!(
            $table,
            ".",
            $key,
            " in (select cast(value ->> 'id' as ",
            $type,
            ") from json_each($1)) and ",
            $table,
            ".workspace = coalesce($3, ",
            $table,
            ".workspace) and "
        )
    };
}

const FORGET_DRAFTS: &str = concat!(
    "update draft set body = $4, customer = null, correlation = null, traceparent = null, message_id = null, forgotten_at = $5
    where ",
    named!("draft", "sequence", "bigint"),
    may_be_forgotten!(draft),
    " returning workspace"
);
const FORGET_APPROVALS: &str = concat!(
    "update approval set plan = 'null', customer = null, requester = '', reason = case when reason is null then null else '' end
    where ",
    named!("approval", "id", "text"),
    may_be_forgotten!(approval),
    " returning workspace"
);
const FORGET_ACTIONS: &str = concat!(
    "update action set parameters = 'null', customer = null, result = 'null' where ",
    named!("action", "id", "text"),
    may_be_forgotten!(action),
    " returning workspace"
);
const FORGET_LATER_DRAFTS: &str = concat!(
    "update follow_up set body = $4 where ",
    named!("follow_up", "id", "bigint"),
    may_be_forgotten!(follow_up),
    " returning workspace"
);

row! {
    struct Emptied {
        workspace: String,
    }
}

/// Empties rows within a transaction, in the order of locks: how many of each workspace.
macro_rules! empty {
    ($transaction:ident, $now:ident, $rows:expr, $before:expr, $workspace:expr) => {{
        let (rows, before, workspace): (&Rows, i64, Option<&str>) = ($rows, $before, $workspace);
        let nothing: &[u8] = &[];
        let drafts: Vec<Emptied> = sqlx::query_as(FORGET_DRAFTS)
            .bind(keys(&rows.drafts))
            .bind(before)
            .bind(workspace)
            .bind(nothing)
            .bind($now)
            .fetch_all(&mut *$transaction)
            .await?;
        let approvals: Vec<Emptied> = sqlx::query_as(FORGET_APPROVALS)
            .bind(keys(&rows.approvals))
            .bind(before)
            .bind(workspace)
            .fetch_all(&mut *$transaction)
            .await?;
        let actions: Vec<Emptied> = sqlx::query_as(FORGET_ACTIONS)
            .bind(keys(&rows.actions))
            .bind(before)
            .bind(workspace)
            .fetch_all(&mut *$transaction)
            .await?;
        let later_drafts: Vec<Emptied> = sqlx::query_as(FORGET_LATER_DRAFTS)
            .bind(keys(&rows.later_drafts))
            .bind(before)
            .bind(workspace)
            .bind(nothing)
            .fetch_all(&mut *$transaction)
            .await?;
        by_workspace([&drafts, &later_drafts, &actions, &approvals])?
    }};
}

impl Ledger {
    /// Empties what ended before a time, at most `limit` rows of each kind, and notes in the trail of each workspace how many. Call it until
    /// it finds nothing. What ended within a day is left, whatever the time.
    pub async fn forget_before(&self, before: Timestamp, limit: u32) -> Result<Forgotten, LedgerError> {
        let limit = i64::from(limit);
        in_transaction!(self, |transaction, now| {
            let before = before.as_millisecond().min(now.saturating_sub(RESTS));
            let due = Rows {
                drafts: sqlx::query_scalar(DUE_DRAFTS)
                    .bind(limit)
                    .bind(before)
                    .fetch_all(&mut *transaction)
                    .await?,
                later_drafts: sqlx::query_scalar(DUE_LATER_DRAFTS)
                    .bind(limit)
                    .bind(before)
                    .fetch_all(&mut *transaction)
                    .await?,
                actions: sqlx::query_scalar(DUE_ACTIONS)
                    .bind(limit)
                    .bind(before)
                    .fetch_all(&mut *transaction)
                    .await?,
                approvals: sqlx::query_scalar(DUE_APPROVALS)
                    .bind(limit)
                    .bind(before)
                    .fetch_all(&mut *transaction)
                    .await?,
            };
            let emptied = if due == Rows::default() {
                BTreeMap::new()
            } else {
                empty!(transaction, now, &due, before, None)
            };
            for (workspace, forgotten) in &emptied {
                append!(transaction, now, forgotten.noted(workspace, "retention.swept", PROGRAM, None));
            }
            emptied.into_values().fold(Forgotten::default(), Forgotten::and)
        })
    }

    /// Empties these rows of a workspace, whatever their age, and notes in its trail who did and whom it was about: a digest, as
    /// [`domain::approval::requester`] makes it. What is open, or ended within a day, is left: fewer are counted than were given.
    pub async fn forget(
        &self,
        workspace: &WorkspaceId,
        rows: &Rows,
        person: &Digest,
        by: &str,
    ) -> Result<Forgotten, LedgerError> {
        in_transaction!(self, |transaction, now| {
            let emptied = empty!(transaction, now, rows, now.saturating_sub(RESTS), Some(workspace.as_str()));
            let forgotten = emptied.get(workspace).copied().unwrap_or_default();
            append!(
                transaction,
                now,
                forgotten.noted(workspace, "erasure.done", by, Some(person.to_string()))
            );
            forgotten
        })
    }
}

impl Forgotten {
    /// All of them together.
    pub const fn rows(&self) -> u64 {
        self.drafts + self.later_drafts + self.actions + self.approvals
    }

    /// With those of another batch.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self {
            drafts: self.drafts + other.drafts,
            later_drafts: self.later_drafts + other.later_drafts,
            actions: self.actions + other.actions,
            approvals: self.approvals + other.approvals,
        }
    }

    fn noted(
        &self,
        workspace: &WorkspaceId,
        event: &str,
        by: &str,
        subject: Option<String>,
    ) -> NewAuditEntry {
        let Self { drafts, later_drafts, actions, approvals } = self;
        NewAuditEntry {
            workspace: workspace.clone(),
            actor: by.to_owned(),
            event: event.to_owned(),
            subject,
            detail: json!({
                "drafts": drafts, "later_drafts": later_drafts, "actions": actions, "approvals": approvals,
            }),
        }
    }
}

impl Rows {
    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

fn keys<K: serde::Serialize>(ids: &[K]) -> String {
    ids.iter().map(|id| json!({ "id": id })).collect::<Value>().to_string()
}

fn by_workspace(emptied: [&[Emptied]; 4]) -> Result<BTreeMap<WorkspaceId, Forgotten>, LedgerError> {
    let none = Forgotten::default();
    let one = [
        Forgotten { drafts: 1, ..none },
        Forgotten { later_drafts: 1, ..none },
        Forgotten { actions: 1, ..none },
        Forgotten { approvals: 1, ..none },
    ];
    let mut sums = BTreeMap::<WorkspaceId, Forgotten>::new();
    for (rows, one) in emptied.into_iter().zip(one) {
        for row in rows {
            let sum = sums.entry(read(&row.workspace, "workspace")?).or_default();
            *sum = sum.and(one);
        }
    }
    Ok(sums)
}
