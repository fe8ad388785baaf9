//! The audit trail: who did what, whether it was tampered with, and all of it as a file.

mod said;

use std::sync::Arc;

use askama::Template;
use axum::body::Body;
use axum::extract::{Query, State};
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse as _, Response};
use bytes::Bytes;
use domain::{Role, WorkspaceId};
use futures_util::{Stream, stream};
use serde::Deserialize;
use store::{AuditEntry, LedgerError, LinkedEntry};

use super::page;
use crate::Desk;
use crate::complaint::Complaint;
use crate::frame::{Frame, Place};
use crate::visitor::{At, Posted};
use crate::when::When;
use said::{Detail, event_in_words};

/// Rows on a page.
const SHOWN: u32 = 50;
/// Of a subject, in characters; of a longer one so many are kept.
const SUBJECT_SHOWN: usize = 32;
const SUBJECT_KEPT: usize = 16;
/// Rows of an export that are read at once: the memory that it takes, however long the trail is.
const EXPORTED_AT_ONCE: u32 = 1_000;

#[derive(Template)]
#[template(path = "audit.html")]
struct Page {
    frame: Frame,
    rows: Vec<Row>,
    /// Rows about this alone.
    subject: String,
    /// Behind this row there are older ones.
    older: Option<i64>,
    /// Whether the newest are shown.
    newest: bool,
    proof: Option<Proof>,
}

struct Row {
    at: When,
    who: String,
    what: String,
    event: String,
    subject: Option<String>,
    detail: Detail,
}

/// What proving the trail found.
struct Proof {
    rows: u64,
    number: u64,
    hash: String,
    broken: Option<String>,
}

/// Which rows are shown.
#[derive(Default, Deserialize)]
pub(crate) struct Asked {
    #[serde(default)]
    subject: String,
    before: Option<i64>,
}

pub(crate) async fn show(
    State(desk): State<Arc<Desk>>,
    at: At,
    Query(asked): Query<Asked>,
) -> Result<Response, Complaint> {
    page(&filled(&desk, &at, asked, None).await?)
}

/// Proves the whole trail. It changes nothing; it is a form since it takes a while for a long trail.
pub(crate) async fn verify(State(desk): State<Arc<Desk>>, at: At, _: Posted) -> Result<Response, Complaint> {
    at.needs(Role::Operator)?;
    let report = desk.ledger.verify_audit(&at.workspace, None).await?;
    if report.broken.is_some() {
        tracing::error!(workspace.id = %at.workspace, rows = report.rows, "the audit trail is not as it was written");
    }
    let proof = Proof {
        rows: report.rows,
        number: report.head.number,
        hash: report.head.hash.to_string(),
        broken: report.broken.map(|broken| broken.to_string()),
    };
    page(&filled(&desk, &at, Asked::default(), Some(proof)).await?)
}

/// The whole trail as lines of JSON, the oldest first, with what proves each; sent as it is read.
pub(crate) async fn export(State(desk): State<Arc<Desk>>, at: At) -> Result<Response, Complaint> {
    at.needs(Role::Operator)?;
    let name = format!("attachment; filename=\"postill-audit-{}.jsonl\"", at.workspace);
    let name = HeaderValue::from_str(&name).map_err(|_control| Complaint::NoSuchPage)?;
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("application/jsonl")),
        (header::CONTENT_DISPOSITION, name),
    ];
    Ok((headers, Body::from_stream(lines(desk, at.workspace))).into_response())
}

fn lines(desk: Arc<Desk>, workspace: WorkspaceId) -> impl Stream<Item = Result<Bytes, LedgerError>> {
    stream::try_unfold((desk, workspace, 0), |(desk, workspace, after)| async move {
        let page = desk.ledger.export_audit(&workspace, after, EXPORTED_AT_ONCE).await?;
        let Some(last) = page.last() else { return Ok(None) };
        let after = last.mark.number;
        Ok(Some((text_of(&page), (desk, workspace, after))))
    })
}

fn text_of(page: &[LinkedEntry]) -> Bytes {
    let mut text = String::new();
    for entry in page {
        text.push_str(&entry.to_json().to_string());
        text.push('\n');
    }
    text.into()
}

async fn filled(desk: &Desk, at: &At, asked: Asked, proof: Option<Proof>) -> Result<Page, Complaint> {
    let subject = asked.subject.trim();
    // One more than is shown says whether there are older ones.
    let mut rows = match subject {
        "" => desk.ledger.audit_trail(&at.workspace, asked.before, SHOWN + 1).await?,
        subject => desk.ledger.audit_about(&at.workspace, subject, asked.before, SHOWN + 1).await?,
    };
    let is_cut = rows.len() > SHOWN as usize;
    rows.truncate(SHOWN as usize);
    let now = desk.engine.clock.now();
    let row = |entry: AuditEntry| Row {
        at: When { at: entry.at, now },
        who: entry.entry.actor,
        what: event_in_words(&entry.entry.event),
        event: entry.entry.event,
        subject: entry.entry.subject,
        detail: Detail::of(&entry.entry.detail),
    };
    Ok(Page {
        frame: Frame::of(desk, at, Place::Audit).await?,
        older: rows.last().map(|last| last.sequence).filter(|_| is_cut),
        rows: rows.into_iter().map(row).collect(),
        subject: subject.to_owned(),
        newest: asked.before.is_none(),
        proof,
    })
}

impl Page {
    /// Within the query of a link.
    fn subject_encoded(&self) -> String {
        encoded(&self.subject)
    }
}

impl Row {
    fn subject_encoded(&self) -> String {
        encoded(self.subject.as_deref().unwrap_or_default())
    }

    /// Enough to tell one from another: a fingerprint has 64 digits.
    fn subject_shortened(&self) -> String {
        let subject = self.subject.as_deref().unwrap_or_default();
        if subject.chars().count() <= SUBJECT_SHOWN {
            return subject.to_owned();
        }
        subject.chars().take(SUBJECT_KEPT).chain(['…']).collect()
    }
}

fn encoded(text: &str) -> String {
    form_urlencoded::byte_serialize(text.as_bytes()).collect()
}
