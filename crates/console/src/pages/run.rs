//! A run: what became of one mail, step by step, as far as it is stored. What is about a person is shown only to who asked for it, and
//! asking is noted.

mod told;

use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;
use domain::{Fingerprint, Language, Role, RunKind, WorkspaceId};
use serde_json::json;
use store::RunRecord;

use super::{REVEALED, page};
use crate::Desk;
use crate::complaint::Complaint;
use crate::ended;
use crate::figures;
use crate::frame::{Frame, Place};
use crate::shown::{Shown as _, Worded as _};
use crate::visitor::{At, Posted};
use told::{StripeId, Told};

/// Rows of the trail on a page.
const TRAIL: u32 = 100;

#[derive(Template)]
#[template(path = "run.html")]
struct Page {
    frame: Frame,
    path: String,
    run: RunKind,
    mail: Fingerprint,
    record: RunRecord,
    told: Told,
    /// Whether what is about a person is shown.
    is_revealed: bool,
}

/// The page of the run of a mail. A mail is found by its fingerprint, which is not a secret and holds nothing of a person.
pub(crate) fn path(workspace: &WorkspaceId, run: RunKind, mail: &Fingerprint) -> String {
    format!("/w/{workspace}/activity/{}/{mail}", run.as_str())
}

pub(crate) async fn show(
    State(desk): State<Arc<Desk>>,
    at: At,
    Path((_workspace, run, mail)): Path<(String, String, String)>,
) -> Result<Response, Complaint> {
    let (run, mail, record) = found(&desk, &at, &run, &mail).await?;
    page(&filled(&desk, &at, (run, mail, record), false).await?)
}

/// The same with what is about a person, once it is noted who looked.
pub(crate) async fn reveal(
    State(desk): State<Arc<Desk>>,
    at: At,
    Path((_workspace, run, mail)): Path<(String, String, String)>,
    _: Posted,
) -> Result<Response, Complaint> {
    at.needs(Role::Operator)?;
    let (run, mail, record) = found(&desk, &at, &run, &mail).await?;
    let detail = json!({ "run": run.as_str(), "draft": record.draft_id });
    at.note(&desk, REVEALED, Some(mail.to_string()), detail).await?;
    page(&filled(&desk, &at, (run, mail, record), true).await?)
}

async fn found(
    desk: &Desk,
    at: &At,
    run: &str,
    mail: &str,
) -> Result<(RunKind, Fingerprint, RunRecord), Complaint> {
    let run: RunKind = run.parse().map_err(|_no_run| Complaint::NoSuchPage)?;
    let mail: Fingerprint = mail.parse().map_err(|_no_mail| Complaint::NoSuchPage)?;
    let record = desk.ledger.run(&at.workspace, run, &mail).await?.ok_or(Complaint::NoSuchPage)?;
    Ok((run, mail, record))
}

async fn filled(
    desk: &Desk,
    at: &At,
    (run, mail, record): (RunKind, Fingerprint, RunRecord),
    is_revealed: bool,
) -> Result<Page, Complaint> {
    let (frame, told) = tokio::try_join!(
        Frame::of(desk, at, Place::Activity),
        Told::of(desk, &at.workspace, &mail, &record)
    )?;
    Ok(Page { path: path(&at.workspace, run, &mail), frame, run, mail, record, told, is_revealed })
}

impl Page {
    fn asked(&self) -> &'static str {
        ended::intent(self.record.label)
    }

    /// Something at Stripe, in the mode in which the mail was read.
    fn at_stripe(&self, id: &str) -> StripeId {
        StripeId::of(self.told.first.event.as_ref().and_then(|event| event.data.mode), id)
    }

    fn took(&self) -> String {
        figures::lasted(self.record.first_seen_at, self.record.finished_at)
    }
}
