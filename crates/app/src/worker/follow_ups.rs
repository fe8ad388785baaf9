//! What follows a mail's first draft: a decision is carried out, an unknown outcome is read back, a cancellation is taken back.
//!
//! The engine brings a follow-up to a stored draft; here they are claimed, and their drafts published and noted as published. A
//! draft that is stored and not published, because the broker or the worker was gone, is published by whoever finds it.

use std::collections::{HashMap, HashSet};
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use broker::{HeaderValue, Outgoing, Publisher};
use engine::{Draft, FollowedUp};
use futures_util::FutureExt;
use meters::{OfWorkspace, TRACE};
use store::{FollowUp, FollowUpDraft, FollowUpId, LeaseTerms, LedgerError};
use tokio::task::{JoinError, JoinSet};
use tokio::time::{Instant, MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;
use tracing::{Instrument as _, Span};

use super::{Worker, drafts};
use crate::lifecycle::Stop;
use crate::traces;

/// Follow-ups worked on at the same time. Few, because people decide slowly and because looking for unknown outcomes shares Stripe's
/// rate limit with mail that customers wait for.
const AT_ONCE: usize = 8;
/// How often the ledger is asked for follow-ups; a decision that came through this worker is not waited for.
const EVERY: Duration = Duration::from_secs(1);
/// How often approvals are looked at that nobody decided in time.
const EXPIRE_EVERY: Duration = Duration::from_mins(1);
/// Drafts published in one burst, at most.
const BURST: u32 = 128;
/// How long a draft of another worker's follow-up may stay unpublished before this one publishes it as well.
const ANOTHERS: Duration = Duration::from_secs(5);
/// When a follow-up is tried again on which the program panicked: a person is to see the log before.
const AFTER_A_PANIC: Duration = Duration::from_hours(1);
/// How long the ledger may take to have unfinished follow-ups back; without that they wait until their leases end.
const RELEASE: Duration = Duration::from_secs(2);

/// The follow-ups of one session.
pub(super) struct FollowUps {
    /// Cancelled when no more are to be claimed.
    quit: CancellationToken,
    /// Cancelled when what is unfinished is to be given back.
    give_up: CancellationToken,
    desk: JoinSet<()>,
}

impl FollowUps {
    pub(super) fn start(worker: Worker, publisher: Publisher) -> Self {
        let (quit, give_up) = (CancellationToken::new(), CancellationToken::new());
        let desk = Desk {
            worker,
            publisher,
            give_up: give_up.clone(),
            running: JoinSet::new(),
            looking: JoinSet::new(),
            ours: HashSet::new(),
            anothers: HashMap::new(),
            expired_at: None,
            ledger_is_away: false,
        };
        let mut task = JoinSet::new();
        task.spawn(desk.run(quit.clone()));
        Self { quit, give_up, desk: task }
    }

    /// Claims no more.
    pub(super) fn quit(&self) {
        self.quit.cancel();
    }

    /// Finishes what was begun, until the deadline or a second signal; the rest is given back.
    pub(super) async fn finish(mut self, deadline: Instant, stop: &Stop) {
        self.quit();
        let give_up = self.give_up.clone();
        let finishing = async { while self.desk.join_next().await.is_some() {} };
        tokio::pin!(finishing);
        tokio::select! {
            () = &mut finishing => return,
            () = tokio::time::sleep_until(deadline) => {}
            () = stop.hard.cancelled() => {}
        }
        give_up.cancel();
        if tokio::time::timeout(RELEASE, finishing).await.is_err() {
            tracing::warn!(
                "the ledger did not take unfinished follow-ups back; they wait until their leases end"
            );
        }
    }
}

/// Where follow-ups are worked on.
struct Desk {
    worker: Worker,
    publisher: Publisher,
    give_up: CancellationToken,
    running: JoinSet<FollowUpId>,
    /// Looks after actions whose mail never came back.
    looking: JoinSet<()>,
    /// Follow-ups that this worker brought to their ends, and whose drafts are not noted as published.
    ours: HashSet<FollowUpId>,
    /// Drafts that this worker did not make, and since when it sees them unpublished.
    anothers: HashMap<FollowUpId, Instant>,
    expired_at: Option<Instant>,
    ledger_is_away: bool,
}

impl Desk {
    async fn run(mut self, quit: CancellationToken) {
        let mut ticks = interval(EVERY);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                () = quit.cancelled() => break,
                _ = ticks.tick() => {}
                () = self.worker.decided.notified() => {}
                ended = self.running.join_next(), if !self.running.is_empty() => self.note(ended),
            }
            let turn = self.turn().await;
            self.tell(turn);
        }
        while let Some(ended) = self.running.join_next().await {
            self.note(Some(ended));
        }
        let published = self.publish().await;
        self.tell(published);
    }

    async fn turn(&mut self) -> Result<(), LedgerError> {
        self.publish().await?;
        if self.expired_at.is_none_or(|at| at.elapsed() >= EXPIRE_EVERY) {
            let expired = self.worker.engine.ledger.expire_approvals().await?;
            self.expired_at = Some(Instant::now());
            if expired > 0 {
                tracing::info!(expired, "nobody decided in time");
            }
            self.look_after_lost();
        }
        self.claim().await
    }

    /// In a task of its own, since Stripe is asked, and one at a time. Dropping it midway harms nothing.
    fn look_after_lost(&mut self) {
        while self.looking.try_join_next().is_some() {}
        if self.looking.is_empty() {
            let engine = Arc::clone(&self.worker.engine);
            self.looking.spawn(async move {
                match engine.take_up_lost().await {
                    Ok(0) => {}
                    Ok(count) => tracing::warn!(count, "actions were sent for mails that never came back"),
                    Err(error) => {
                        tracing::warn!(error = %super::chain(&error), "actions without an outcome could not be looked up");
                    }
                }
            });
        }
    }

    async fn claim(&mut self) -> Result<(), LedgerError> {
        let free = AT_ONCE.saturating_sub(self.running.len());
        if free == 0 {
            return Ok(());
        }
        let terms = LeaseTerms { lasts: self.worker.settings.worker.lease };
        let limit = u32::try_from(free).unwrap_or(u32::MAX);
        for follow_up in self.worker.engine.ledger.claim_follow_ups(limit, terms).await? {
            self.running.spawn(follow(self.worker.clone(), follow_up, self.give_up.clone()));
        }
        Ok(())
    }

    /// Publishes what this worker has made, and what others made and did not publish.
    async fn publish(&mut self) -> Result<(), LedgerError> {
        let unpublished = self.worker.engine.ledger.unpublished(BURST).await?;
        let is_open = |id: &FollowUpId| unpublished.iter().any(|draft| draft.follow_up == *id);
        self.ours.retain(is_open);
        self.anothers.retain(|id, _| is_open(id));
        let due: Vec<FollowUpDraft> =
            unpublished.into_iter().filter(|draft| self.is_due(draft.follow_up)).collect();
        if due.is_empty() {
            return Ok(());
        }
        let of: Vec<(FollowUpId, Arc<OfWorkspace>)> =
            due.iter().map(|draft| (draft.follow_up, self.worker.meters.of(&draft.workspace))).collect();
        let results = self.publisher.publish(due.into_iter().map(message).collect()).await;
        let mut confirmed = Vec::with_capacity(of.len());
        let mut first_error = None;
        for ((id, meters), result) in of.into_iter().zip(results) {
            match result {
                Ok(()) => {
                    meters.published();
                    confirmed.push(id);
                }
                Err(error) => _ = first_error.get_or_insert(error),
            }
        }
        if let Some(error) = first_error {
            tracing::warn!(error = %super::chain(&error), "drafts of follow-ups could not be published; they are tried again");
        }
        if !confirmed.is_empty() {
            self.worker.engine.ledger.published(&confirmed).await?;
        }
        Ok(())
    }

    fn note(&mut self, ended: Option<Result<FollowUpId, JoinError>>) {
        match ended {
            Some(Ok(id)) => _ = self.ours.insert(id),
            // Displayed, the error would hold the message of the panic.
            Some(Err(error)) => tracing::error!(panicked = error.is_panic(), "a follow-up failed"),
            None => {}
        }
    }

    /// Two workers that publish the same draft do no harm: it has the same id and bytes. It is only not needed.
    fn is_due(&mut self, id: FollowUpId) -> bool {
        self.ours.contains(&id) || self.anothers.entry(id).or_insert_with(Instant::now).elapsed() >= ANOTHERS
    }

    /// Says once that the ledger is away, and once that it is back.
    fn tell(&mut self, turn: Result<(), LedgerError>) {
        match turn {
            Ok(()) if self.ledger_is_away => {
                tracing::info!("the ledger is back; follow-ups go on");
                self.ledger_is_away = false;
            }
            Ok(()) => {}
            Err(error) if !self.ledger_is_away => {
                tracing::error!(error = %super::chain(&error), "the ledger gives no follow-ups; trying again");
                self.ledger_is_away = true;
            }
            Err(_still_away) => {}
        }
    }
}

/// Brings one follow-up to its end, or gives it back.
async fn follow(worker: Worker, follow_up: FollowUp, give_up: CancellationToken) -> FollowUpId {
    let span = span_of(&follow_up);
    let (id, ledger, lease) = (follow_up.id, &worker.engine.ledger, follow_up.lease.clone());
    let following = AssertUnwindSafe(worker.engine.follow_up(follow_up).instrument(span)).catch_unwind();
    let delay = tokio::select! {
        followed = following => match followed {
            Ok(
                FollowedUp::Drafted(_)
                | FollowedUp::Quiet
                | FollowedUp::Postponed(_)
                | FollowedUp::GivenBack,
            ) => return id,
            Err(_panic) => {
                tracing::error!(follow_up.id = %id, "the worker panicked on a follow-up; it is tried again in an hour");
                AFTER_A_PANIC
            }
        },
        () = give_up.cancelled() => Duration::ZERO,
    };
    if let Err(error) = ledger.postpone_follow_up(&lease, delay).await {
        tracing::warn!(error = %super::chain(&error), "a follow-up could not be given back; it waits until its lease ends");
    }
    id
}

/// It goes on with the trace of its mail.
fn span_of(follow_up: &FollowUp) -> Span {
    let span = tracing::info_span!(
        target: TRACE, parent: None, "follow_up", workspace = follow_up.workspace.as_str(),
        run = follow_up.run.as_str(), kind = follow_up.kind.as_str(), attempt = follow_up.attempts
    );
    let parent = follow_up.traceparent.clone();
    let headers = parent.map(|text| ("traceparent".to_owned(), HeaderValue::Text(text)));
    traces::continue_from(&span, &headers.into_iter().collect());
    span
}

/// As the mail's first draft, but for what only its delivery knew.
fn message(draft: FollowUpDraft) -> Outgoing {
    tracing::info!(draft.id = draft.id, workspace.id = %draft.workspace, outcome = draft.outcome.as_str(), "follow-up ended");
    let FollowUpDraft { id, workspace, outcome, body, correlation, traceparent, .. } = draft;
    let trace = traceparent.map(|text| ("traceparent".to_owned(), HeaderValue::Text(text)));
    drafts::message(Draft { id, workspace, outcome, body }, correlation, trace)
}
