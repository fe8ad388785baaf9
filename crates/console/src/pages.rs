//! The pages, a file each.

mod activity;
mod approvals;
mod audit;
mod dead;
mod front;
mod overview;
mod people;
mod replays;
mod run;
mod settings;
mod sign_in;
mod simulator;
pub(crate) mod toolkit;

use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse as _, Redirect, Response};
use axum::routing::{get, post};

use crate::complaint::Complaint;
use crate::uploaded::AROUND;
use crate::{Desk, assets, live};

/// In the audit trail: somebody looked at what is told about a customer.
const REVEALED: &str = "personal.revealed";

/// `report_bytes`: the largest report of a replay that is taken.
pub(crate) fn routes(report_bytes: usize) -> Router<Arc<Desk>> {
    Router::new()
        .route("/", get(front::go))
        .route("/assets/{version}/{name}", get(assets::serve))
        .route("/sign-in", get(sign_in::show).post(sign_in::enter))
        .route("/sign-out", post(sign_in::leave))
        .route("/w/{workspace}/", get(front::workspace))
        .route("/w/{workspace}/toolkit", get(toolkit::show))
        .route("/w/{workspace}/toolkit/connect", post(toolkit::connect))
        .route("/w/{workspace}/toolkit/disconnect", post(toolkit::disconnect))
        .route("/w/{workspace}/toolkit/check", post(toolkit::check))
        .route("/w/{workspace}/toolkit/functions/{function}", post(toolkit::switch))
        .route(
            "/w/{workspace}/simulator",
            get(simulator::show).post(simulator::run).layer(DefaultBodyLimit::max(simulator::UPLOAD_BYTES)),
        )
        .route(
            "/w/{workspace}/simulator/case",
            post(simulator::save).layer(DefaultBodyLimit::max(simulator::UPLOAD_BYTES)),
        )
        .route("/w/{workspace}/overview", get(overview::show))
        .route("/w/{workspace}/halt", post(overview::stop))
        .route("/w/{workspace}/resume", post(overview::resume))
        .route("/w/{workspace}/activity", get(activity::show))
        .route("/w/{workspace}/approvals", get(approvals::list))
        .route("/w/{workspace}/approvals/{id}", get(approvals::show))
        .route("/w/{workspace}/approvals/{id}/approve", post(approvals::approve))
        .route("/w/{workspace}/approvals/{id}/reject", post(approvals::reject))
        .route("/w/{workspace}/approvals/{id}/reveal", post(approvals::reveal))
        .route("/w/{workspace}/activity/{run}/{mail}", get(run::show).post(run::reveal))
        .route(
            "/w/{workspace}/replays",
            get(replays::list)
                .post(replays::add)
                .layer(DefaultBodyLimit::max(report_bytes.saturating_add(AROUND))),
        )
        .route("/w/{workspace}/replays/{id}", get(replays::show))
        .route("/w/{workspace}/replays/{id}/report.json", get(replays::download))
        .route("/w/{workspace}/replays/{id}/remove", post(replays::remove))
        .route("/w/{workspace}/dead", get(dead::list))
        .route("/w/{workspace}/dead/{group}", get(dead::show))
        .route("/w/{workspace}/dead/{group}/requeue", post(dead::requeue))
        .route("/w/{workspace}/dead/{group}/drop", post(dead::drop))
        .route("/w/{workspace}/audit", get(audit::show))
        .route("/w/{workspace}/audit/verify", post(audit::verify))
        .route("/w/{workspace}/audit/export", get(audit::export))
        .route("/w/{workspace}/settings", get(settings::show))
        .route("/w/{workspace}/settings/check", post(settings::check))
        .route("/w/{workspace}/settings/seal", post(settings::seal_anew))
        .route("/w/{workspace}/settings/person", post(settings::person::erase))
        .route("/w/{workspace}/settings/person/export", post(settings::person::export))
        .route("/w/{workspace}/settings/workspaces", post(settings::add_workspace))
        .route("/w/{workspace}/people", get(people::list))
        .route("/w/{workspace}/people/person", get(people::show))
        .route("/w/{workspace}/people/add", post(people::add))
        .route("/w/{workspace}/people/role", post(people::give))
        .route("/w/{workspace}/people/password", post(people::password))
        .route("/w/{workspace}/people/remove", post(people::remove))
        .route("/w/{workspace}/live", get(live::stream))
        .fallback(nothing)
        .method_not_allowed_fallback(nothing)
}

async fn nothing() -> Complaint {
    Complaint::NoSuchPage
}

/// A page as it is sent.
pub(crate) fn page(template: &impl Template) -> Result<Response, Complaint> {
    Ok(Html(template.render()?).into_response())
}

/// A page that says why nothing was done.
pub(crate) fn refused(template: &impl Template) -> Result<Response, Complaint> {
    Ok((StatusCode::UNPROCESSABLE_ENTITY, Html(template.render()?)).into_response())
}

/// After a change: the page that shows it, so that loading it again changes nothing.
pub(crate) fn go_to(path: &str) -> Response {
    Redirect::to(path).into_response()
}
