//! What people ordered about dead mail on the console is carried out here, beside the work on mail.

use std::time::Duration;

use broker::Session;
use store::{DeadOrder, DeadOrderState};
use tokio::task::JoinSet;
use tokio::time::{Instant, MissedTickBehavior, interval, timeout_at};
use tokio_util::sync::CancellationToken;

use super::Worker;
use crate::dead_queue::DeadQueue;

/// How often the ledger is asked for orders. People who give them do not wait for the mails, which have lain there for hours.
const EVERY: Duration = Duration::from_secs(3);

/// The dead letters of one session.
pub(super) struct DeadLetters {
    quit: CancellationToken,
    desk: JoinSet<()>,
}

impl DeadLetters {
    pub(super) fn start(worker: Worker, session: &Session) -> Self {
        let quit = CancellationToken::new();
        let (ledger, home) = (worker.engine.ledger.clone(), worker.settings.workspace.clone());
        let queue = DeadQueue::over(session, &worker.config, ledger, home);
        let mut desk = JoinSet::new();
        desk.spawn(run(queue, quit.clone()));
        Self { quit, desk }
    }

    /// Begins no more, and stops behind the messages in hand.
    pub(super) fn quit(&self) {
        self.quit.cancel();
    }

    /// What is not through by the deadline is left as if the worker had been killed, which does no harm.
    pub(super) async fn finish(mut self, deadline: Instant) {
        self.quit();
        let finishing = async { while self.desk.join_next().await.is_some() {} };
        if timeout_at(deadline, finishing).await.is_err() {
            tracing::warn!("orders about dead mail were cut off; they go on when their leases have ended");
        }
    }
}

async fn run(queue: DeadQueue, quit: CancellationToken) {
    let mut ticks = interval(EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut is_in_trouble = false;
    loop {
        tokio::select! {
            () = quit.cancelled() => return,
            _ = ticks.tick() => {}
        }
        match queue.carry_out(&quit).await {
            Ok(ended) => {
                ended.iter().for_each(tell);
                is_in_trouble = false;
            }
            // Said once: it is tried again every few seconds.
            Err(error) if !is_in_trouble => {
                tracing::warn!(error = %format!("{error:#}"), "orders about dead mail could not be carried out; trying again");
                is_in_trouble = true;
            }
            Err(_still_in_trouble) => {}
        }
    }
}

fn tell(order: &DeadOrder) {
    let missing = match order.state {
        DeadOrderState::Ended { missing, .. } => missing,
        DeadOrderState::Open | DeadOrderState::UnderWay => 0,
    };
    tracing::info!(
        order.id = %order.id, workspace.id = %order.workspace, deed = order.deed.as_str(), moved = order.moved, missing,
        "order about dead mail carried out"
    );
}
