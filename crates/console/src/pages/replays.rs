//! Replays: the reports that were kept, one by one or one beside another. No page here tells of a person.

mod piece;

use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, Query, Request, State};
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse as _, Response};
use domain::{Digest, Language, Outcome, Role};
use replay_report::{Report, Summary, Sums, compared, page as drawn, words};
use serde::Deserialize;
use store::{Keeping, KeptReport, NewReplayReport};

use super::{go_to, page, refused};
use crate::Desk;
use crate::columns::{Stretch, stretches};
use crate::complaint::Complaint;
use crate::figures;
use crate::frame::{Frame, Place};
use crate::refusal::Refusal;
use crate::uploaded::Uploaded;
use crate::visitor::{At, Posted};
use crate::when::When;
use piece::Piece;

#[derive(Template)]
#[template(path = "replays.html")]
struct List {
    frame: Frame,
    lines: Vec<Line>,
    refusal: Option<Refusal>,
    /// The largest report that is taken, in kB.
    most: usize,
}

#[derive(Template)]
#[template(path = "replay.html")]
struct One {
    frame: Frame,
    line: Line,
    title: String,
    below: String,
    pieces: Vec<Piece>,
    /// The other reports, to be compared with.
    others: Vec<Line>,
    /// Which of them was chosen.
    with: Option<Digest>,
    different: Vec<Piece>,
}

impl One {
    fn is_chosen(&self, other: &Line) -> bool {
        self.with == Some(other.id)
    }
}

/// A report in the list.
struct Line {
    id: Digest,
    began: When,
    added: When,
    by: String,
    archive: String,
    what: &'static str,
    /// How it ended, where it is not whole.
    unfinished: Option<String>,
    read: String,
    outcomes: Vec<Stretch>,
    /// What would have been refunded: by the policy, and besides if a person allows it.
    refunded: Option<(String, Option<String>)>,
}

impl Line {
    fn of(desk: &Desk, kept: KeptReport) -> Result<Self, Complaint> {
        let (summary, now): (Summary, _) = (serde_json::from_value(kept.summary)?, desk.engine.clock.now());
        let ended = words(summary.ended.as_str());
        let of = |outcome: Outcome| summary.outcomes.get(outcome.as_str()).copied().unwrap_or(0);
        let outcomes = stretches(of);
        let by_person = summary.refunded_by_person.filter(|sums| sums.count > 0);
        Ok(Self {
            id: kept.id,
            began: When { at: summary.began_at, now },
            added: When { at: kept.added_at, now },
            by: kept.added_by,
            archive: summary.archive,
            what: summary.through.title(),
            unfinished: (!summary.ended.is_whole()).then_some(ended),
            read: figures::number(summary.read),
            outcomes,
            refunded: summary.refunded.map(|sums| (said(&sums), by_person.map(|sums| said(&sums)))),
        })
    }

    /// `Answered 120 · Failed 3`
    fn outcomes_in_words(&self) -> String {
        let said = |stretch: &Stretch| format!("{} {}", stretch.name, figures::number(stretch.mails));
        self.outcomes.iter().map(said).collect::<Vec<_>>().join(" · ")
    }
}

fn said(sums: &Sums) -> String {
    let amounts: Vec<String> = sums.amounts.iter().map(|sum| sum.render(Language::En)).collect();
    match (sums.count, amounts.is_empty()) {
        (0, _) => "nothing".to_owned(),
        (count, true) => format!("{} mails", figures::number(count)),
        (count, false) => format!("{} ({})", amounts.join(" + "), figures::number(count)),
    }
}

/// What a report is compared with.
#[derive(Deserialize)]
pub(crate) struct Asked {
    #[serde(default)]
    with: String,
}

pub(crate) async fn list(State(desk): State<Arc<Desk>>, at: At) -> Result<Response, Complaint> {
    page(&listed(&desk, &at, None).await?)
}

/// Keeps an uploaded report.
pub(crate) async fn add(
    State(desk): State<Arc<Desk>>,
    at: At,
    request: Request,
) -> Result<Response, Complaint> {
    at.needs(Role::Operator)?;
    let form = Uploaded::read(request, desk.report_bytes).await?;
    let file = form.into_fields().into_iter().find(|field| field.name == "file");
    let bytes = file.map(|field| field.bytes).unwrap_or_default();
    if bytes.len() > desk.report_bytes {
        return Err(Complaint::TooLarge { most: desk.report_bytes });
    }
    let refusal = match Report::read(&bytes) {
        Ok(report) => match kept(&desk, &at, report).await? {
            Keeping::Kept(id) | Keeping::KeptBefore(id) => return Ok(go_to(&path(&at, &id))),
            Keeping::Full => Refusal::new(
                "This workspace keeps as many reports as it may.",
                "Remove some that nobody needs any more, then add this one again.",
            ),
        },
        Err(error) => Refusal::new(
            format!("The file was not added: {error}."),
            "Choose the file that `postill replay --report FILE.json` wrote.",
        ),
    };
    refused(&listed(&desk, &at, Some(refusal)).await?)
}

async fn kept(desk: &Desk, at: &At, report: Report) -> Result<Keeping, Complaint> {
    let summary = serde_json::to_value(report.summary())?;
    let report = String::from_utf8_lossy(&report.to_be_kept().to_json()?).into_owned();
    let new = NewReplayReport { workspace: at.workspace.clone(), summary, report };
    Ok(desk.ledger.keep_report(&new, at.name()).await?)
}

pub(crate) async fn show(
    State(desk): State<Arc<Desk>>,
    at: At,
    Path((_workspace, id)): Path<(String, String)>,
    Query(asked): Query<Asked>,
) -> Result<Response, Complaint> {
    let (line, report, _) = whole(&desk, &at, &id).await?;
    let with = match asked.with.as_str() {
        "" => None,
        with => Some(whole(&desk, &at, with).await?),
    };
    let mut others = lines(&desk, &at).await?;
    others.retain(|other| other.id != line.id);
    let shown = drawn(&report);
    let different = with.as_ref().map(|(_, earlier, _)| compared(earlier, &report)).unwrap_or_default();
    page(&One {
        frame: Frame::of(&desk, &at, Place::Replays).await?,
        title: shown.title,
        below: shown.below,
        pieces: shown.parts.into_iter().map(Piece::of).collect(),
        others,
        with: with.map(|(line, _, _)| line.id),
        different: different.into_iter().map(Piece::of).collect(),
        line,
    })
}

/// The report as it is kept.
pub(crate) async fn download(
    State(desk): State<Arc<Desk>>,
    at: At,
    Path((_workspace, id)): Path<(String, String)>,
) -> Result<Response, Complaint> {
    let (line, _, text) = whole(&desk, &at, &id).await?;
    let name: String = line.id.to_string().chars().take(12).collect();
    let name = HeaderValue::from_str(&format!("attachment; filename=\"postill-replay-{name}.json\""));
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("application/json")),
        (header::CONTENT_DISPOSITION, name.map_err(|_control| Complaint::NoSuchPage)?),
    ];
    Ok((headers, text).into_response())
}

pub(crate) async fn remove(
    State(desk): State<Arc<Desk>>,
    at: At,
    Path((_workspace, id)): Path<(String, String)>,
    _: Posted,
) -> Result<Response, Complaint> {
    at.needs(Role::Operator)?;
    let id: Digest = id.parse().map_err(|_no_digest| Complaint::NoSuchPage)?;
    if desk.ledger.remove_report(&at.workspace, &id, at.name()).await? {
        return Ok(go_to(&at.path(Place::Replays.path())));
    }
    Err(Complaint::NoSuchPage)
}

/// A report of this workspace, and its text.
async fn whole(desk: &Desk, at: &At, id: &str) -> Result<(Line, Report, String), Complaint> {
    let id: Digest = id.parse().map_err(|_no_digest| Complaint::NoSuchPage)?;
    let found = desk.ledger.replay_report(&at.workspace, &id).await?;
    let (kept, text) = found.ok_or(Complaint::NoSuchPage)?;
    Ok((Line::of(desk, kept)?, Report::read(text.as_bytes())?, text))
}

async fn lines(desk: &Desk, at: &At) -> Result<Vec<Line>, Complaint> {
    let kept = desk.ledger.replay_reports(&at.workspace).await?;
    kept.into_iter().map(|kept| Line::of(desk, kept)).collect()
}

async fn listed(desk: &Desk, at: &At, refusal: Option<Refusal>) -> Result<List, Complaint> {
    let (frame, lines) = tokio::try_join!(Frame::of(desk, at, Place::Replays), lines(desk, at))?;
    Ok(List { frame, lines, refusal, most: desk.report_bytes / 1_000 })
}

fn path(at: &At, id: &Digest) -> String {
    at.path(&format!("{}/{id}", Place::Replays.path()))
}
