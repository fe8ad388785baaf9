//! Where somebody begins.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;

use super::go_to;
use crate::Desk;
use crate::complaint::Complaint;
use crate::visitor::{At, Visitor};

/// The home workspace, or the first in which they have a role.
pub(crate) async fn go(State(desk): State<Arc<Desk>>, visitor: Visitor) -> Result<Response, Complaint> {
    let workspaces = desk.ledger.workspaces().await?;
    let theirs = |id: &&_| visitor.grants.role_in(id).is_some();
    let home = workspaces.iter().filter(theirs).find(|id| **id == desk.home);
    let first = home.or_else(|| workspaces.iter().find(theirs)).ok_or(Complaint::NoRole)?;
    Ok(go_to(&format!("/w/{first}/")))
}

/// Whoever has nothing connected yet begins by connecting.
pub(crate) async fn workspace(State(desk): State<Arc<Desk>>, at: At) -> Response {
    let connected = desk.engine.workspaces.get(&at.workspace).is_some();
    go_to(&at.path(if connected { "overview" } else { "toolkit" }))
}
