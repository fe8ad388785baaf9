//! One session, from the first mail taken to the last one settled.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use broker::{EpochOver, Name, Session, Settlement};
use engine::{Engine, Processed, Work};
use futures_util::FutureExt;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::Worker;
use super::closing::{Closing, Open};
use super::dead_letters::DeadLetters;
use super::desk::Desk;
use super::follow_ups::FollowUps;
use super::suspects::Suspects;
use crate::lifecycle::Stop;

/// How many queues are consumed: decisions, live mail, replays.
pub(super) const QUEUES: usize = 3;
/// Ends that wait for `closing` before whoever comes with another one waits too.
const ENDS_WAITING: usize = 256;

/// Why serving a session ended.
pub(crate) enum Served {
    /// We were told to stop, and have.
    Stopped,
    /// The session is over; open another.
    EpochOver(EpochOver),
}

impl Worker {
    /// Serves one session to its end.
    pub(crate) async fn serve(&self, mut session: Session, stop: &Stop) -> Served {
        let names = &self.config.names;
        let queues: [Name; QUEUES] = [names.approvals.clone(), names.mail.clone(), names.replay.clone()];
        if let Err(reason) = session.consume(&queues).await {
            session.close(Duration::ZERO).await;
            return Served::EpochOver(reason);
        }
        let (ends, closing) = mpsc::channel(ENDS_WAITING);
        let mut closer = JoinSet::new();
        closer.spawn(Closing::new(self.clone(), session.publisher()).run(closing));
        let follow_ups = FollowUps::start(self.clone(), session.publisher());
        let dead_letters = DeadLetters::start(self.clone(), &session);
        let give_up = CancellationToken::new();
        let suspects = Suspects::start(Arc::clone(&self.engine), ends.clone(), give_up.clone());
        let mut desk = Desk::open(self.clone(), ends, suspects, give_up);
        let served = desk.take_until_over(&mut session, stop).await;
        self.pulse.ends();
        let deadline = Instant::now() + self.settings.worker.grace;
        follow_ups.quit();
        dead_letters.quit();
        session.stop_consuming().await;
        desk.finish_what_was_taken(deadline, stop).await;
        follow_ups.finish(deadline, stop).await;
        dead_letters.finish(deadline).await;
        let closed = async { while closer.join_next().await.is_some() {} };
        if tokio::time::timeout_at(deadline.max(Instant::now() + Duration::from_secs(1)), closed)
            .await
            .is_err()
        {
            tracing::warn!("publishing did not finish in time; those mails come again");
        }
        let left = session.close(deadline.saturating_duration_since(Instant::now())).await;
        tracing::info!(unsettled = left.unsettled, "session closed");
        served
    }
}

/// Works on one mail. A panic is the mail's end in the dead queue, not the worker's. When the worker gives up, so does this: the claim
/// is taken back and there is nothing.
pub(super) async fn process(engine: &Engine, work: Work, give_up: &CancellationToken) -> Option<Processed> {
    let lease = work.lease().clone();
    tokio::select! {
        processed = AssertUnwindSafe(engine.process(work)).catch_unwind() => Some(processed.unwrap_or_else(|_panic| {
            tracing::error!("the worker panicked on a mail; it goes to the dead queue");
            Processed::panicked(lease)
        })),
        () = give_up.cancelled() => {
            if let Err(error) = engine.ledger.release(std::slice::from_ref(&lease)).await {
                tracing::warn!(error = %super::chain(&error), "an unfinished mail could not be given back; it counts as attempted");
            }
            None
        }
    }
}

pub(super) async fn hand_over(ends: &mpsc::Sender<Open>, open: Open) {
    if let Err(unsent) = ends.send(open).await {
        unsent.0.delivery.settle(Settlement::Return);
    }
}
