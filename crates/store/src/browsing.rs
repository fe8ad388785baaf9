//! What people look through: actions with their times, and the trail of one of them.

use std::collections::HashMap;

use domain::action::{ActionState, StoredAction};
use domain::{ActionId, Timestamp, WorkspaceId};
use serde_json::{Value, json};

use crate::actions::{ACTIONS_BY_ID, ActionRow};
use crate::audit::AuditRow;
use crate::engine::{reading, row};
use crate::error::read_time;
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
        and action.id = coalesce($3, action.id)
    order by action.intended_at desc, action.id limit $4";

const ABOUT: &str = "select sequence, workspace, at, actor, event, subject, detail from audit
    where workspace = $1 and subject = $2 order by sequence desc limit $3";

row! {
    struct TimesRow {
        id: String,
        intended_at: i64,
        settled_at: Option<i64>,
        due_at: Option<i64>,
    }
}

impl Ledger {
    /// The actions of one workspace, or of all, that are in one of `states`: the newest first, at most `limit`.
    pub async fn latest_actions(
        &self,
        workspace: Option<&WorkspaceId>,
        states: &[ActionState],
        limit: u32,
    ) -> Result<Vec<ActionLine>, LedgerError> {
        self.action_lines(workspace, states, None, limit).await
    }

    /// An action by its id, with its times.
    pub async fn action_line(&self, id: &ActionId) -> Result<Option<ActionLine>, LedgerError> {
        Ok(self.action_lines(None, &ActionState::ALL, Some(id), 1).await?.pop())
    }

    async fn action_lines(
        &self,
        workspace: Option<&WorkspaceId>,
        states: &[ActionState],
        id: Option<&ActionId>,
        limit: u32,
    ) -> Result<Vec<ActionLine>, LedgerError> {
        let states: Value = states.iter().map(|state| json!({ "state": state.as_str() })).collect();
        let (times, rows): (Vec<TimesRow>, Vec<ActionRow>) = reading!(self, |connection| {
            let times: Vec<TimesRow> = sqlx::query_as(TIMES)
                .bind(workspace.map(WorkspaceId::as_str))
                .bind(states.to_string())
                .bind(id.map(ActionId::as_str))
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

    /// The newest `limit` rows of a workspace's trail about one thing, newest first.
    pub async fn audit_about(
        &self,
        workspace: &WorkspaceId,
        subject: &str,
        limit: u32,
    ) -> Result<Vec<AuditEntry>, LedgerError> {
        let rows: Vec<AuditRow> = reading!(self, |connection| {
            sqlx::query_as(ABOUT)
                .bind(workspace.as_str())
                .bind(subject)
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
