//! The toolkit: Stripe connected or not, what the key may do, and the functions with their switches.

mod connection;
mod functions;

use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;
use domain::policy::Switch;
use domain::{Function, Policy, Role, WorkspaceId};
use store::NewConnection;
use stripe_client::probe::{self, WriteRows};

use super::{go_to, page, refused};
use crate::Desk;
use crate::complaint::Complaint;
use crate::frame::{Frame, Place};
use crate::refusal::Refusal;
use crate::visitor::{At, Posted};
pub(crate) use connection::{Connected, Reports, look_again};
use connection::{allowed, told};
use functions::{Line, POSITIONS, Tick};

#[derive(Template)]
#[template(path = "toolkit.html")]
struct Page {
    frame: Frame,
    connection: Connected,
    functions: Vec<Line>,
    ticks: Vec<Tick>,
    /// Why the key that was pasted was not stored.
    refusal: Option<Refusal>,
    /// Why nothing that moves money can be switched on.
    unverified: Option<&'static str>,
    /// Whether a key can be stored here.
    can_store: bool,
}

async fn filled(desk: &Desk, at: &At, refusal: Option<Refusal>) -> Result<Page, Complaint> {
    let (frame, connection) =
        (Frame::of(desk, at, Place::Toolkit).await?, Connected::of(desk, &at.workspace).await?);
    let policy = policy(desk, &at.workspace).await?;
    Ok(Page {
        frame,
        functions: functions::lines(&policy, connection.report()),
        ticks: functions::ticks(&policy, connection.report()),
        connection,
        refusal,
        unverified: desk.unverified,
        can_store: desk.vault.is_some(),
    })
}

/// The rules of a workspace: its switches laid over those of the configuration.
pub(crate) async fn policy(desk: &Desk, workspace: &WorkspaceId) -> Result<Policy, Complaint> {
    let mut policy = desk.policy.clone();
    policy.functions.extend(desk.ledger.switches(workspace).await?);
    Ok(policy)
}

pub(crate) async fn show(State(desk): State<Arc<Desk>>, at: At) -> Result<Response, Complaint> {
    page(&filled(&desk, &at, None).await?)
}

/// Checks a key with Stripe and stores it sealed. What was typed is in no answer.
pub(crate) async fn connect(
    State(desk): State<Arc<Desk>>,
    at: At,
    form: Posted,
) -> Result<Response, Complaint> {
    at.needs(Role::Admin)?;
    match try_key(&desk, &at, form.text("key")).await? {
        Ok(()) => Ok(go_to(&at.path("toolkit"))),
        Err(refusal) => refused(&filled(&desk, &at, Some(refusal)).await?),
    }
}

async fn try_key(desk: &Desk, at: &At, text: &str) -> Result<Result<(), Refusal>, Complaint> {
    let key = match allowed(desk, text) {
        Ok(key) => key,
        Err(refusal) => return Ok(Err(refusal)),
    };
    let report = match probe::check_key(&desk.stripe, &key, WriteRows::Skip).await {
        Ok(report) => report,
        Err(error) => return Ok(Err(told(&error))),
    };
    let Some(vault) = &desk.vault else {
        return Ok(Err(Refusal::new(
            "A key cannot be stored without a master key to seal it with.",
            "Set POSTILL_MASTER_KEY or POSTILL_MASTER_KEY_FILE, and start the console again.",
        )));
    };
    let new = NewConnection::sealed(vault, &at.workspace, key.mode(), text.trim())?;
    desk.ledger.put_connection(&new, at.name()).await?;
    desk.reports.keep(&at.workspace, &key, Ok(report));
    Ok(Ok(()))
}

pub(crate) async fn disconnect(
    State(desk): State<Arc<Desk>>,
    at: At,
    _: Posted,
) -> Result<Response, Complaint> {
    at.needs(Role::Admin)?;
    desk.ledger.remove_connections(&at.workspace, at.name()).await?;
    desk.reports.forget(&at.workspace);
    Ok(go_to(&at.path("toolkit")))
}

/// Asks Stripe again what the key may do; whether it may write, only when told to.
pub(crate) async fn check(
    State(desk): State<Arc<Desk>>,
    at: At,
    form: Posted,
) -> Result<Response, Complaint> {
    let writes = if form.text("writes") == "try" { WriteRows::Try } else { WriteRows::Skip };
    if writes == WriteRows::Try {
        at.needs(Role::Admin)?;
    }
    look_again(&desk, &at.workspace, writes).await?;
    Ok(go_to(&at.path("toolkit")))
}

pub(crate) async fn switch(
    State(desk): State<Arc<Desk>>,
    at: At,
    Path((_workspace, function)): Path<(String, String)>,
    form: Posted,
) -> Result<Response, Complaint> {
    at.needs(Role::Admin)?;
    let function: Function = function.parse().map_err(|_no_function| Complaint::NoSuchPage)?;
    let to: Switch =
        form.text("switch").parse().map_err(|_no_switch| Complaint::BadForm("That is no switch"))?;
    if let Some(remedy) = desk.unverified.filter(|_| function.moves_money() && to != Switch::Off) {
        let what = format!("“{}” stays off: nobody's sender can be authenticated.", function.title());
        return refused(&filled(&desk, &at, Some(Refusal::new(what, remedy))).await?);
    }
    desk.ledger.set_switch(&at.workspace, function, to, at.name()).await?;
    Ok(go_to(&format!("{}#{function}", at.path("toolkit"))))
}
