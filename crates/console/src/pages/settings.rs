//! Settings: whether what postill stands on answers, and what it was told. Nothing secret, for nobody.

mod in_force;
mod keys;
pub(crate) mod person;
mod stands;

use std::sync::Arc;

use askama::Template;
use axum::extract::{Query, State};
use axum::response::Response;
use domain::{Role, Scope, WorkspaceId};
use jiff::SignedDuration;
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

const WORKSPACE_NAMES: &str =
    "A workspace is named with small letters, digits and hyphens, beginning with a letter; 40 at most";
/// The setting that says how long is kept what is held of customers.
const RETENTION: &str = "retention.days";
/// A worker that runs was heard of within this time.
const LATELY: SignedDuration = SignedDuration::from_mins(1);

#[derive(Template)]
#[template(path = "settings.html")]
struct Page {
    frame: Frame,
    tables: Tables,
    accounts: Vec<Account>,
    keys: Keys,
    policy: Rules,
    asked: Asked,
    groups: Vec<Group>,
    /// Whether these are all settings, and not the rules alone.
    sees_all: bool,
    may_add: bool,
    /// After how many days what is old is forgotten; none: never.
    forgets_after: Option<u32>,
}

/// Which rules are in force.
struct Rules {
    version: String,
    /// What a worker goes by, and since when.
    noted: Option<(String, When)>,
    /// Whether a worker was heard of lately: what was noted by workers that are gone is no news.
    has_workers: bool,
}

impl Rules {
    /// Whether a worker goes by other rules than this console read.
    fn is_another(&self) -> bool {
        self.has_workers && self.noted.as_ref().is_some_and(|(version, _)| *version != self.version)
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
        Keys::of(&desk, &workspaces, administers_everything(&at)),
        policy(&desk, &at.workspace),
        in_force::groups(&desk, &at, &asked),
    )?;
    let (sees_all, may_add) = (in_force::sees_all(&at), administers_everything(&at));
    let forgets_after = desk.settings.iter().find(|setting| setting.name == RETENTION);
    let forgets_after = forgets_after.and_then(|setting| setting.value.parse().ok());
    page(&Page { frame, tables, accounts, keys, policy, asked, groups, sees_all, may_add, forgets_after })
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

/// Makes a workspace, where its key is connected next.
pub(crate) async fn add_workspace(
    State(desk): State<Arc<Desk>>,
    at: At,
    form: Posted,
) -> Result<Response, Complaint> {
    if !administers_everything(&at) {
        return Err(Complaint::NotAllowed { takes: Role::Admin });
    }
    let name: WorkspaceId =
        form.text("name").trim().parse().map_err(|_no_name| Complaint::BadForm(WORKSPACE_NAMES))?;
    if !desk.ledger.add_workspace(&name, at.name()).await? {
        return Err(Complaint::BadForm("There is a workspace of that name"));
    }
    Ok(go_to(&format!("/w/{name}/{}", Place::Toolkit.path())))
}

/// Seals the stored keys with the present master key: of all workspaces by an administrator of everything, else of this one.
pub(crate) async fn seal_anew(
    State(desk): State<Arc<Desk>>,
    at: At,
    form: Posted,
) -> Result<Response, Complaint> {
    at.needs(Role::Admin)?;
    if form.text("everywhere") != "on" {
        return Err(Complaint::BadForm("Every worker and console must have the new master key first"));
    }
    let vault = desk.vault.as_ref().ok_or(Complaint::BadForm("There is no master key to seal with"))?;
    let scope = if administers_everything(&at) { Scope::All } else { Scope::Workspace(at.workspace.clone()) };
    desk.ledger.seal_anew(vault, &scope, at.name()).await?;
    Ok(go_to(&format!("{}#master-key", at.path(Place::Settings.path()))))
}

/// Of the keys of others nothing is told, so whether any needs the master key of before is known to an administrator of everything only.
fn administers_everything(at: &At) -> bool {
    at.visitor.grants.everywhere == Some(Role::Admin)
}

/// The workspaces that this person looks after: of others they learn nothing here.
async fn theirs(desk: &Desk, at: &At) -> Result<Vec<WorkspaceId>, Complaint> {
    let grants = &at.visitor.grants;
    let mut workspaces = desk.ledger.workspaces().await?;
    workspaces.retain(|workspace| grants.role_in(workspace).is_some_and(|role| role >= Role::Operator));
    Ok(workspaces)
}

async fn policy(desk: &Desk, workspace: &WorkspaceId) -> Result<Rules, Complaint> {
    let (switched, noted, workers) = tokio::try_join!(
        toolkit::policy(desk, workspace),
        async { Ok(desk.ledger.noted_policy(workspace).await?) },
        async { Ok(desk.ledger.workers().await?) },
    )?;
    let now = desk.engine.clock.now();
    let has_workers = workers.iter().any(|worker| now.duration_since(worker.seen_at) <= LATELY);
    let noted = noted.map(|NotedPolicy { version, since }| (version, When { at: since, now }));
    Ok(Rules { version: switched.version(), noted, has_workers })
}
