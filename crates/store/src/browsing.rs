//! What people look through: actions with their times, and the trail of one of them.

use std::collections::HashMap;

use domain::action::{ActionState, StoredAction};
use domain::{ActionId, ApprovalId, Timestamp, WorkspaceId};
use serde_json::{Value, json};

use crate::actions::{ACTIONS_BY_ID, ActionRow};
use crate::audit::AuditRow;
use crate::engine::{reading, row};
use crate::error::{read, read_time};
use crate::{AuditEntry, Ledger, LedgerError};

/// An action with the times that matter to who looks after it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ActionLine {
    /// The action.
    pub action: StoredAction,
    /// When it was stored, by the database's clock; so are the other times.
    pub intended_at: Timestamp,
    /// When its outcome was stored, be it that it is unknown.
    pub settled_at: Option<Timestamp>,
    /// When a worker looks after it next. None: no worker does.
    pub looked_at_next: Option<Timestamp>,
}

const TIMES: &str = "
    select action.id, action.intended_at, action.settled_at,
           (select min(follow_up.due_at) from follow_up
            where follow_up.subject = action.id and follow_up.state <> 'ended') as due_at
    from action
    where action.workspace = coalesce($1, action.workspace)
        and action.state in (select value ->> 'state' from json_each($2))
        and ($3 is null or action.id = $3)
        and ($4 is null or action.approval = $4)
    order by action.intended_at desc, action.id limit $5";

/// The end is what follows every id that starts so: `g` stands behind all hexadecimal digits.
const STARTING: &str = "select id from action where id >= $1 and id < $2 order by id limit 2";

const ABOUT: &str = "select sequence, workspace, at, actor, event, subject, detail from audit
    where workspace = $1 and subject = $2 and sequence < $3 order by sequence desc limit $4";

row! {
    struct TimesRow {
        id: String,
        intended_at: i64,
        settled_at: Option<i64>,
        due_at: Option<i64>,
    }
}

/// Which actions are meant.
#[derive(Default)]
struct Only<'a> {
    workspace: Option<&'a WorkspaceId>,
    states: &'a [ActionState],
    id: Option<&'a ActionId>,
    approval: Option<&'a ApprovalId>,
}

impl Ledger {
    /// The actions of one workspace, or of all, that are in one of `states`: the newest first, at most `limit`.
    pub async fn latest_actions(
        &self,
        workspace: Option<&WorkspaceId>,
        states: &[ActionState],
        limit: u32,
    ) -> Result<Vec<ActionLine>, LedgerError> {
        self.action_lines(Only { workspace, states, ..Only::default() }, limit).await
    }

    /// An action by its id, with its times.
    pub async fn action_line(&self, id: &ActionId) -> Result<Option<ActionLine>, LedgerError> {
        let only = Only { states: &ActionState::ALL, id: Some(id), ..Only::default() };
        Ok(self.action_lines(only, 1).await?.pop())
    }

    /// The action that carries out what an approval allows, once there is one.
    pub async fn action_of(&self, approval: &ApprovalId) -> Result<Option<ActionLine>, LedgerError> {
        let only = Only { states: &ActionState::ALL, approval: Some(approval), ..Only::default() };
        Ok(self.action_lines(only, 1).await?.pop())
    }

    /// The ids of actions that start with `act_` and some hexadecimal digits: two, where there are more.
    pub async fn actions_starting(&self, start: &str) -> Result<Vec<ActionId>, LedgerError> {
        let ids: Vec<String> = reading!(self, |connection| {
            sqlx::query_scalar(STARTING)
                .bind(start)
                .bind(format!("{start}g"))
                .fetch_all(&mut *connection)
                .await?
        })?;
        ids.iter().map(|id| read(id, "action")).collect()
    }

    async fn action_lines(&self, only: Only<'_>, limit: u32) -> Result<Vec<ActionLine>, LedgerError> {
        let states: Value = only.states.iter().map(|state| json!({ "state": state.as_str() })).collect();
        let (times, rows): (Vec<TimesRow>, Vec<ActionRow>) = reading!(self, |connection| {
            let times: Vec<TimesRow> = sqlx::query_as(TIMES)
                .bind(only.workspace.map(WorkspaceId::as_str))
                .bind(states.to_string())
                .bind(only.id.map(ActionId::as_str))
                .bind(only.approval.map(ApprovalId::as_str))
                .bind(i64::from(limit))
                .fetch_all(&mut *connection)
                .await?;
            let ids: Value = times.iter().map(|row| json!({ "id": row.id })).collect();
            let rows =
                sqlx::query_as(ACTIONS_BY_ID).bind(ids.to_string()).fetch_all(&mut *connection).await?;
            (times, rows)
        })?;
        let actions = rows.into_iter().map(StoredAction::try_from).collect::<Result<Vec<_>, _>>()?;
        let mut actions: HashMap<String, StoredAction> =
            actions.into_iter().map(|action| (action.id.to_string(), action)).collect();
        times.into_iter().filter_map(|row| Some(row.line(actions.remove(&row.id)?))).collect()
    }

    /// The newest `limit` rows of a workspace's trail about one thing, newest first; older than row `before`, when there is one.
    pub async fn audit_about(
        &self,
        workspace: &WorkspaceId,
        subject: &str,
        before: Option<i64>,
        limit: u32,
    ) -> Result<Vec<AuditEntry>, LedgerError> {
        let rows: Vec<AuditRow> = reading!(self, |connection| {
            sqlx::query_as(ABOUT)
                .bind(workspace.as_str())
                .bind(subject)
                .bind(before.unwrap_or(i64::MAX))
                .bind(i64::from(limit))
                .fetch_all(&mut *connection)
                .await?
        })?;
        rows.into_iter().map(AuditEntry::try_from).collect()
    }
}

impl TimesRow {
    fn line(&self, action: StoredAction) -> Result<ActionLine, LedgerError> {
        Ok(ActionLine {
            action,
            intended_at: read_time(self.intended_at)?,
            settled_at: self.settled_at.map(read_time).transpose()?,
            looked_at_next: self.due_at.map(read_time).transpose()?,
        })
    }
}
