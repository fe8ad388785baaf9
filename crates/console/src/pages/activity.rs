//! Activity: the runs of a workspace, newest first, with nothing of a person.

mod asked;

use std::sync::Arc;

use askama::Template;
use axum::extract::{RawQuery, State};
use axum::response::Response;
use domain::{Label, Outcome, RunKind, WorkspaceId};
use store::{RunLine, RunsFrom};

use super::page;
use crate::Desk;
use crate::columns::Columns;
use crate::complaint::Complaint;
use crate::counts::{Counts, Span};
use crate::ended;
use crate::figures::{self, Time};
use crate::frame::{Frame, Place};
use crate::shown::{Chip, Shown as _};
use crate::visitor::At;
use asked::Asked;

/// Runs on a page.
const LINES: u32 = 50;

#[derive(Template)]
#[template(path = "activity.html")]
struct Page {
    frame: Frame,
    asked: Asked,
    days: Days,
    chart: Columns,
    lines: Vec<Line>,
    /// Whether the newest runs are shown: then the page follows what is new.
    is_newest: bool,
    newer: Option<String>,
    older: Option<String>,
    runs: [Choice; 4],
    outcomes: Vec<Choice>,
    intents: Vec<Choice>,
}

/// A run in the list.
struct Line {
    path: String,
    finished: Time,
    ended: Chip,
    later: Option<Chip>,
    intent: &'static str,
    done: Option<&'static str>,
    customer: Option<String>,
    took: String,
}

/// What can be chosen.
struct Choice {
    value: &'static str,
    name: &'static str,
    is_chosen: bool,
}

/// The days as the form holds them.
struct Days {
    first: String,
    last: String,
}

pub(crate) async fn show(
    State(desk): State<Arc<Desk>>,
    at: At,
    RawQuery(query): RawQuery,
) -> Result<Response, Complaint> {
    let asked = Asked::read(query.as_deref().unwrap_or_default())?;
    let filter = asked.filter(&at.workspace);
    let (frame, counted, runs) = tokio::try_join!(
        Frame::of(&desk, &at, Place::Activity),
        Counts::lately(&desk, &at.workspace, asked.run, Span::Day),
        async { Ok(desk.ledger.runs(&filter, asked.from, LINES).await?) },
    )?;
    let link = |mark: Option<&RunLine>, name| mark.map(|line| asked.link(name, line.mark));
    page(&Page {
        days: Days::of(&asked),
        chart: Columns::of("Mails of the last 24 hours by how they ended", &counted),
        lines: runs.lines.iter().map(|line| Line::of(line, &at.workspace, asked.run)).collect(),
        is_newest: asked.from == RunsFrom::Newest,
        newer: runs.has_newer.then(|| link(runs.lines.first(), "newer")).flatten(),
        older: runs.has_older.then(|| link(runs.lines.last(), "older")).flatten(),
        runs: RUNS.map(|(run, name)| Choice { value: run.as_str(), name, is_chosen: run == asked.run }),
        outcomes: Outcome::ALL.into_iter().map(|outcome| Choice::outcome(outcome, &asked)).collect(),
        intents: Label::all().map(|label| Choice::intent(label, &asked)).collect(),
        frame,
        asked,
    })
}

/// The kinds of run, as they are chosen.
const RUNS: [(RunKind, &str); 4] = [
    (RunKind::Live, "Live mail"),
    (RunKind::Replay, "Replays"),
    (RunKind::Load, "Load tests"),
    (RunKind::Simulator, "Simulator"),
];

impl Line {
    fn of(line: &RunLine, workspace: &WorkspaceId, run: RunKind) -> Self {
        Self {
            path: super::run::path(workspace, run, &line.fingerprint),
            finished: Time::of(line.finished_at),
            ended: line.outcome.chip(),
            later: line.later.map(|outcome| outcome.chip()),
            intent: ended::intent(line.label),
            done: ended::done(line.later.unwrap_or(line.outcome), line.label),
            customer: line.customer.as_ref().map(ToString::to_string),
            took: figures::lasted(line.first_seen_at, line.finished_at),
        }
    }
}

impl Choice {
    fn outcome(outcome: Outcome, asked: &Asked) -> Self {
        let is_chosen = asked.outcome == Some(outcome);
        Self { value: outcome.as_str(), name: outcome.chip().word, is_chosen }
    }

    fn intent(label: Label, asked: &Asked) -> Self {
        Self { value: label.as_str(), name: ended::intent(label), is_chosen: asked.label == Some(label) }
    }
}

impl Days {
    fn of(asked: &Asked) -> Self {
        Self {
            first: asked.first.map(figures::day).unwrap_or_default(),
            last: asked.last.map(figures::day).unwrap_or_default(),
        }
    }
}
