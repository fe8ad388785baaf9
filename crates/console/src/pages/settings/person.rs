//! What is held of a person: how much, told to them as a file, or forgotten. The address is typed, and nowhere kept.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse as _, Response};
use domain::{Digest, EmailAddress, Role};
use engine::Held;
use serde_json::json;
use store::Forgotten;

use crate::Desk;
use crate::complaint::Complaint;
use crate::frame::{Frame, Place};
use crate::pages::page;
use crate::visitor::{At, Posted};

/// Somebody took what is held of a person with them.
const EXPORTED: &str = "personal.exported";

#[derive(Template)]
#[template(path = "person_held.html")]
struct Page {
    frame: Frame,
    address: String,
    state: Step,
}

/// How far it is.
enum Step {
    /// This is held; what was found is known by its digest.
    Found { count: Forgotten, digest: Digest, changed: bool },
    /// So much was forgotten, and so much is left.
    Done { forgotten: Forgotten, left: u64 },
}

/// Says how much is held, and forgets it once that was seen: what the page showed is what is forgotten.
pub(crate) async fn erase(
    State(desk): State<Arc<Desk>>,
    at: At,
    form: Posted,
) -> Result<Response, Complaint> {
    at.needs(Role::Admin)?;
    let (address, held) = held(&desk, &at, &form).await?;
    let (count, digest, seen) = (held.count(), held.digest(), form.text("seen"));
    let state = if count.rows() > 0 && seen == digest.to_string() {
        let forgotten = held.forget(&desk.ledger, at.name()).await?;
        Step::Done { forgotten, left: count.rows().saturating_sub(forgotten.rows()) }
    } else {
        Step::Found { count, digest, changed: !seen.is_empty() }
    };
    let frame = Frame::of(&desk, &at, Place::Settings).await?;
    page(&Page { frame, address: address.as_str().to_owned(), state })
}

/// Gives what is held as a file.
pub(crate) async fn export(
    State(desk): State<Arc<Desk>>,
    at: At,
    form: Posted,
) -> Result<Response, Complaint> {
    at.needs(Role::Admin)?;
    let (address, held) = held(&desk, &at, &form).await?;
    at.note(&desk, EXPORTED, Some(held.person().to_string()), json!({ "rows": held.count().rows() })).await?;
    let headers = [
        (header::CONTENT_TYPE, "application/json"),
        (header::CONTENT_DISPOSITION, "attachment; filename=\"postill-personal-data.json\""),
    ];
    let told = held.export(&address, desk.engine.clock.now());
    Ok((headers, serde_json::to_string_pretty(&told)?).into_response())
}

async fn held(desk: &Desk, at: &At, form: &Posted) -> Result<(EmailAddress, Held), Complaint> {
    let address: EmailAddress = form
        .text("address")
        .trim()
        .parse()
        .map_err(|_no_address| Complaint::BadForm("That is no e-mail address"))?;
    let held = Held::of(&desk.ledger, &at.workspace, &address).await?;
    Ok((address, held))
}
