//! Overview: how it goes, at a glance, and the switch that stops all writing at Stripe.

mod machinery;
mod pictures;

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use domain::typed::TypedReason;
use domain::{Halt, HaltKind, Language, Money, Outcome, Role, RunKind, Scope, Timestamp};
use jiff::SignedDuration;
use store::{RunFilter, RunLine, RunsFrom};

use super::{go_to, page};
use crate::Desk;
use crate::columns::Columns;
use crate::complaint::Complaint;
use crate::counts::{Counts, Span};
use crate::figures::{self, Time};
use crate::frame::{Frame, Place};
use crate::visitor::{At, Posted};
use machinery::Machinery;

/// So many mails are looked at to say how long they take.
const TIMED: u32 = 100;

#[derive(Template)]
#[template(path = "overview.html")]
struct Page {
    frame: Frame,
    last_hour: String,
    last_day: String,
    failed: String,
    /// How long the slowest of twenty took. None: no mail came.
    took: Option<String>,
    money: Vec<Budget>,
    halts: Vec<Halted>,
    machinery: Machinery,
    /// What may be stopped here, or set going again.
    switches: Vec<Switchable>,
    charts: Vec<Columns>,
}

/// What was given away in a currency, and how much may be.
struct Budget {
    spent: String,
    limit: Option<String>,
    percent: Option<i64>,
}

/// A scope that a person may stop or set going.
struct Switchable {
    /// As the form says it.
    scope: &'static str,
    whose: String,
    is_stopped: bool,
}

/// What holds up writing.
struct Halted {
    what: &'static str,
    everywhere: bool,
    by: String,
    reason: String,
    since: Time,
}

pub(crate) async fn show(State(desk): State<Arc<Desk>>, at: At) -> Result<Response, Complaint> {
    let (workspace, live) = (&at.workspace, RunKind::Live);
    let now = desk.engine.clock.now();
    let yesterday = now.checked_sub(SignedDuration::from_hours(24)).ok();
    let since = yesterday.unwrap_or(Timestamp::UNIX_EPOCH);
    let timed = RunFilter { from: yesterday, ..RunFilter::all(workspace.clone(), live) };
    let (frame, hour, day, runs, given, days, halts, workers, calls) = tokio::try_join!(
        Frame::of(&desk, &at, Place::Overview),
        Counts::lately(&desk, workspace, live, Span::Hour),
        Counts::lately(&desk, workspace, live, Span::Day),
        async { Ok(desk.ledger.runs(&timed, RunsFrom::Newest, TIMED).await?) },
        async { Ok(desk.ledger.given_away(workspace).await?) },
        async { Ok(desk.ledger.given_away_by_day(workspace, pictures::first_day(now)).await?) },
        async { Ok(desk.ledger.halts_of(workspace).await?) },
        async { Ok(desk.ledger.workers().await?) },
        async { Ok(desk.ledger.stripe_calls(workspace, since).await?) },
    )?;
    page(&Page {
        frame,
        last_hour: figures::number(hour.total()),
        last_day: figures::number(day.total()),
        failed: figures::number(day.of(Outcome::Failed)),
        took: slow(took(&runs.lines)).map(figures::milliseconds),
        money: budgets(&desk, &given),
        machinery: Machinery::of(&workers, (calls, since), now),
        switches: switches(&at, &halts),
        halts: halts.into_iter().map(Halted::of).collect(),
        charts: [
            Columns::of("Mails of the last hour", &hour),
            Columns::of("Mails of the last 24 hours", &day),
        ]
        .into_iter()
        .chain(pictures::times(&took(&runs.lines)))
        .chain(pictures::money(&days, now))
        .collect(),
    })
}

/// Stops all writing at Stripe, for the workspace or everywhere.
pub(crate) async fn stop(State(desk): State<Arc<Desk>>, at: At, form: Posted) -> Result<Response, Complaint> {
    let scope = scope(&at, &form)?;
    let reason: TypedReason =
        form.text("reason").parse().map_err(|_none| Complaint::BadForm("Say why, in one line"))?;
    desk.ledger.halt(&scope, HaltKind::Stop, at.name(), reason.as_str()).await?;
    Ok(go_to(&at.path(Place::Overview.path())))
}

/// Lifts what halts the workspace by name, or everything.
pub(crate) async fn resume(
    State(desk): State<Arc<Desk>>,
    at: At,
    form: Posted,
) -> Result<Response, Complaint> {
    desk.ledger.resume(&scope(&at, &form)?, at.name()).await?;
    Ok(go_to(&at.path(Place::Overview.path())))
}

/// What the form is about, when the person may stop that.
fn scope(at: &At, form: &Posted) -> Result<Scope, Complaint> {
    match form.text("scope") {
        "everywhere" if stops_everywhere(at) => Ok(Scope::All),
        "everywhere" => Err(Complaint::NotAllowed { takes: Role::Operator }),
        "here" => at.needs(Role::Operator).map(|()| Scope::Workspace(at.workspace.clone())),
        _ => Err(Complaint::BadForm("Say what is meant: this workspace, or every one")),
    }
}

fn stops_everywhere(at: &At) -> bool {
    at.visitor.grants.everywhere >= Some(Role::Operator)
}

fn switches(at: &At, halts: &[Halt]) -> Vec<Switchable> {
    let is_stopped = |scope: &Scope| halts.iter().any(|halt| halt.scope == *scope);
    let here = Switchable {
        scope: "here",
        whose: format!("for {}", at.workspace),
        is_stopped: is_stopped(&Scope::Workspace(at.workspace.clone())),
    };
    let everywhere = Switchable {
        scope: "everywhere",
        whose: "for every workspace".to_owned(),
        is_stopped: is_stopped(&Scope::All),
    };
    let may_everywhere = stops_everywhere(at);
    std::iter::once(here)
        .filter(|_| at.role >= Role::Operator)
        .chain(may_everywhere.then_some(everywhere))
        .collect()
}

/// How long each took, in milliseconds.
fn took(lines: &[RunLine]) -> Vec<i64> {
    let took = |line: &RunLine| line.finished_at.as_millisecond() - line.first_seen_at.as_millisecond();
    lines.iter().map(took).collect()
}

/// What nineteen of twenty did not take longer than, in milliseconds.
fn slow(mut took: Vec<i64>) -> Option<i64> {
    took.sort_unstable();
    took.get(took.len().saturating_sub(1) * 19 / 20).copied()
}

/// Every currency that has a budget, or in which anything was given away.
fn budgets(desk: &Desk, given: &[Money]) -> Vec<Budget> {
    let limits = &desk.policy.refund.day_limit_workspace_minor;
    let unused = limits.keys().filter(|currency| given.iter().all(|money| money.currency != **currency));
    let unused = unused.map(|currency| Money::new(0, *currency));
    let budget = |money: Money| {
        let limit = limits.get(&money.currency).copied();
        let share = |limit: i64| money.minor.saturating_mul(100).checked_div(limit);
        Budget {
            spent: money.render(Language::En),
            limit: limit.map(|minor| Money::new(minor, money.currency).render(Language::En)),
            percent: limit.and_then(share),
        }
    };
    given.iter().copied().chain(unused).map(budget).collect()
}

impl Halted {
    fn of(halt: Halt) -> Self {
        Self {
            what: match halt.kind {
                HaltKind::Stop => "Stopped: nothing is written at Stripe",
                HaltKind::Breaker => "Breaker: refunds wait for a person",
            },
            everywhere: halt.scope == Scope::All,
            by: halt.actor,
            reason: halt.reason,
            since: Time::of(halt.since),
        }
    }
}
