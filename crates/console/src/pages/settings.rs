//! Settings: whether what postill stands on answers, and what it was told. Nothing secret, for nobody.

mod in_force;
mod keys;
mod stands;

use std::sync::Arc;

use askama::Template;
use axum::extract::{Query, State};
use axum::response::Response;
use domain::{Role, Scope, WorkspaceId};
use store::NotedPolicy;
use stripe_client::probe::WriteRows;

use super::{go_to, page, toolkit};
use crate::Desk;
use crate::complaint::Complaint;
use crate::frame::{Frame, Place};
use crate::visitor::{At, Posted};
use crate::when::When;
use in_force::{Asked, Group};
use keys::Keys;
use stands::{Account, State as Stripe, Tables};

#[derive(Template)]
#[template(path = "settings.html")]
struct Page {
    frame: Frame,
    tables: Tables,
    accounts: Vec<Account>,
    keys: Keys,
    policy: Policy,
    asked: Asked,
    groups: Vec<Group>,
}

/// Which rules are in force.
struct Policy {
    version: String,
    /// What a worker goes by, and since when.
    noted: Option<(String, When)>,
}

impl Policy {
    /// Whether a worker goes by other rules than this console read.
    fn is_another(&self) -> bool {
        self.noted.as_ref().is_some_and(|(version, _)| *version != self.version)
    }
}

pub(crate) async fn show(
    State(desk): State<Arc<Desk>>,
    at: At,
    Query(asked): Query<Asked>,
) -> Result<Response, Complaint> {
    at.needs(Role::Operator)?;
    let workspaces = theirs(&desk, &at).await?;
    let (frame, tables, accounts, keys, policy, groups) = tokio::try_join!(
        Frame::of(&desk, &at, Place::Settings),
        Tables::of(&desk),
        stands::accounts(&desk, &at.workspace, &workspaces),
        Keys::of(&desk, &workspaces),
        policy(&desk, &at.workspace),
        in_force::groups(&desk, &at.workspace, &asked),
    )?;
    page(&Page { frame, tables, accounts, keys, policy, asked, groups })
}

/// Asks Stripe again what a key may do.
pub(crate) async fn check(
    State(desk): State<Arc<Desk>>,
    at: At,
    form: Posted,
) -> Result<Response, Complaint> {
    at.needs(Role::Operator)?;
    let wanted = form.text("workspace");
    let workspaces = theirs(&desk, &at).await?;
    let workspace =
        workspaces.iter().find(|workspace| workspace.as_str() == wanted).ok_or(Complaint::NoSuchPage)?;
    toolkit::look_again(&desk, workspace, WriteRows::Skip).await?;
    Ok(go_to(&format!("{}#stripe", at.path(Place::Settings.path()))))
}

/// Seals the stored keys with the present master key: of all workspaces by an administrator of everything, else of this one.
pub(crate) async fn seal_anew(
    State(desk): State<Arc<Desk>>,
    at: At,
    _: Posted,
) -> Result<Response, Complaint> {
    at.needs(Role::Admin)?;
    let vault = desk.vault.as_ref().ok_or(Complaint::BadForm("There is no master key to seal with"))?;
    let scope = match at.visitor.grants.everywhere {
        Some(Role::Admin) => Scope::All,
        Some(Role::Viewer | Role::Operator | Role::Approver) | None => Scope::Workspace(at.workspace.clone()),
    };
    desk.ledger.seal_anew(vault, &scope, at.name()).await?;
    Ok(go_to(&format!("{}#master-key", at.path(Place::Settings.path()))))
}

/// The workspaces that this person looks after: of others they learn nothing here.
async fn theirs(desk: &Desk, at: &At) -> Result<Vec<WorkspaceId>, Complaint> {
    let grants = &at.visitor.grants;
    let mut workspaces = desk.ledger.workspaces().await?;
    workspaces.retain(|workspace| grants.role_in(workspace).is_some_and(|role| role >= Role::Operator));
    Ok(workspaces)
}

async fn policy(desk: &Desk, workspace: &WorkspaceId) -> Result<Policy, Complaint> {
    let (switched, noted) = tokio::try_join!(toolkit::policy(desk, workspace), async {
        Ok(desk.ledger.noted_policy(workspace).await?)
    })?;
    let now = desk.engine.clock.now();
    let noted = noted.map(|NotedPolicy { version, since }| (version, When { at: since, now }));
    Ok(Policy { version: switched.version(), noted })
}
