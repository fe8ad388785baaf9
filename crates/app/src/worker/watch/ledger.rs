//! What the ledger is asked for whoever watches: seldom, however many ask, and never for long.

use std::time::Duration;

use domain::{Money, Policy};
use engine::Workspace;
use meters::{Budget, Standing};
use store::{LedgerError, OpenWork};
use tokio::time::{Instant, timeout};

use crate::worker::Worker;

/// How old what it said of its contents may be.
const CONTENTS: Duration = Duration::from_secs(10);
/// How old it may be that it answered.
const ANSWER: Duration = Duration::from_secs(1);
/// How long it may take: whoever asks gives up after some seconds too.
const WITHIN: Duration = Duration::from_secs(2);

/// What it was asked last.
#[derive(Default)]
pub(super) struct Look {
    answered: Option<(Instant, bool)>,
    contents: Option<Instant>,
}

impl Look {
    /// Whether the ledger answers.
    pub(super) async fn ledger_answers(&mut self, worker: &Worker) -> bool {
        if let Some((at, answered)) = self.answered
            && at.elapsed() < ANSWER
        {
            return answered;
        }
        let answered = matches!(timeout(WITHIN, worker.engine.ledger.ping()).await, Ok(Ok(())));
        self.answered = Some((Instant::now(), answered));
        answered
    }

    /// Gives the meters what the ledger holds.
    pub(super) async fn at_ledger(&mut self, worker: &Worker) {
        if self.contents.is_some_and(|at| at.elapsed() < CONTENTS) {
            return;
        }
        let standings = match timeout(WITHIN, standings(worker)).await {
            Ok(Ok(standings)) => Some(standings),
            Ok(Err(_)) | Err(_) => None,
        };
        worker.meters.ledger(standings.as_deref());
        // What it did not say is asked again with the next look.
        self.contents = standings.is_some().then(Instant::now);
    }
}

async fn standings(worker: &Worker) -> Result<Vec<Standing>, LedgerError> {
    let (engine, ledger) = (&worker.engine, &worker.engine.ledger);
    let open = ledger.open_work().await?;
    let mut standings = Vec::new();
    for workspace in engine.workspaces.all() {
        let limits = !workspace.policy.refund.day_limit_workspace_minor.is_empty();
        let given = if limits { ledger.given_away(&workspace.id).await? } else { Vec::new() };
        let halted = engine.brake.is_on(&workspace.id) || !ledger.halts_of(&workspace.id).await?.is_empty();
        let of_it = open.iter().find(|open| open.workspace == workspace.id);
        standings.push(standing(worker, &workspace, of_it, (halted, budgets(&workspace.policy, &given))));
    }
    Ok(standings)
}

fn standing(
    worker: &Worker,
    workspace: &Workspace,
    open: Option<&OpenWork>,
    (halted, budgets): (bool, Vec<Budget>),
) -> Standing {
    let oldest = open.and_then(|open| open.oldest_approval);
    let waited = oldest.map(|since| worker.engine.clock.now().duration_since(since).as_secs_f64());
    Standing {
        workspace: workspace.id.clone(),
        approvals: open.map_or(0, |open| open.approvals),
        oldest_approval_seconds: waited.unwrap_or_default().max(0.0),
        unsettled: open.map_or(0, |open| open.unsettled),
        follow_ups: open.map_or(0, |open| open.follow_ups),
        halted,
        budgets,
    }
}

fn budgets(policy: &Policy, given: &[Money]) -> Vec<Budget> {
    let given_in =
        |currency| given.iter().find(|money| money.currency == currency).map_or(0, |money| money.minor);
    let limits = policy.refund.day_limit_workspace_minor.iter();
    let left = limits.map(|(currency, limit)| Budget {
        currency: *currency,
        left_minor: limit.saturating_sub(given_in(*currency)),
    });
    left.collect()
}
