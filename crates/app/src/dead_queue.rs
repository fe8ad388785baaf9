//! The dead queue, and how a message leaves it: only when the broker has confirmed it elsewhere, or when a person said that it is not wanted.
//!
//! The ledger is told before a message is moved, so whoever is stopped at any point has either done nothing, or left a message of which the
//! ledger still knows what is to be done with it. The worker carries out what was ordered on the console; `postill dead` does so itself.

mod letter;
mod unlisted;

use std::time::Duration;

use broker::{Config, Hold, Met, Names, Outgoing, Publisher, Session, Walk, Walker};
use domain::WorkspaceId;
use store::{Arrival, DeadMove, DeadOrder, DeadWalk, LeaseTerms, Ledger};
use tokio_util::sync::CancellationToken;

use crate::complaint::chain;
use letter::Letter;
pub(crate) use unlisted::{Clearing, Unlisted};

/// Why a message lies in the dead queue: a stable code.
pub(crate) const REASON_HEADER: &str = "postill-reason";
/// The same as a sentence.
pub(crate) const SENTENCE_HEADER: &str = "postill-reason-text";
/// Which queue it came from.
pub(crate) const QUEUE_HEADER: &str = "postill-queue";

/// Messages that are looked at together, at most: one transaction and one burst.
const BATCH: usize = 64;
/// Bytes of theirs, at most, but for the last one.
const BATCH_BYTES: usize = 8 << 20;
/// How long the right to carry out orders outlasts the last sign of life. The broker takes back what a dead connection held much sooner.
const LEASE: LeaseTerms = LeaseTerms { lasts: Duration::from_mins(2) };
/// When orders are carried out again after something went wrong.
const AFTER_TROUBLE: Duration = Duration::from_secs(10);

/// Where the dead queue is reached.
#[derive(Clone)]
pub(crate) struct DeadQueue {
    ledger: Ledger,
    walker: Walker,
    publisher: Publisher,
    names: Names,
    /// Whose mail it is that names no workspace.
    home: WorkspaceId,
}

/// What became of a walk for orders.
enum Walked {
    /// It went through the whole queue.
    Through,
    /// It was to stop.
    Stopped,
    /// Somebody else has the orders now.
    Lost,
}

impl DeadQueue {
    pub(crate) fn over(session: &Session, config: &Config, ledger: Ledger, home: WorkspaceId) -> Self {
        let (walker, publisher) = (session.walker(), session.publisher());
        Self { ledger, walker, publisher, names: config.names.clone(), home }
    }

    /// Carries out what is ordered and due, unless somebody is at it, and says what was ended.
    pub(crate) async fn carry_out(&self, stop: &CancellationToken) -> anyhow::Result<Vec<DeadOrder>> {
        let Some(walk) = self.ledger.claim_dead_orders(LEASE).await? else { return Ok(Vec::new()) };
        let delay = match self.walk_for(&walk, stop).await {
            Ok(Walked::Through) => return Ok(self.ledger.end_dead_walk(&walk).await?),
            Ok(Walked::Lost) => return Ok(Vec::new()),
            Ok(Walked::Stopped) => Ok(Duration::ZERO),
            Err(error) => Err(error),
        };
        let given_back =
            self.ledger.give_back_dead_walk(&walk, *delay.as_ref().unwrap_or(&AFTER_TROUBLE)).await;
        if let Err(error) = given_back {
            tracing::warn!(error = %chain(&error), "orders about dead mail could not be given back; they wait until their leases end");
        }
        delay.map(|_given_back| Vec::new())
    }

    async fn walk_for(&self, orders: &DeadWalk, stop: &CancellationToken) -> anyhow::Result<Walked> {
        let mut walk = self.walker.walk(&self.names.dead).await?;
        let walked = self.walk_on(&mut walk, orders, stop).await;
        // Also when something went wrong: what is held is to be found by the next.
        let ended = walk.end().await;
        let walked = walked?;
        ended?;
        Ok(walked)
    }

    async fn walk_on(
        &self,
        walk: &mut Walk,
        orders: &DeadWalk,
        stop: &CancellationToken,
    ) -> anyhow::Result<Walked> {
        while !stop.is_cancelled() {
            let letters = self.next(walk).await?;
            if letters.is_empty() {
                return Ok(Walked::Through);
            }
            let arrivals: Vec<Arrival> = letters.iter().map(|letter| letter.arrival.clone()).collect();
            let Some(moves) = self.ledger.take_up_dead(orders, &arrivals).await? else {
                return Ok(Walked::Lost);
            };
            let (mut back, mut away) = (Vec::new(), Vec::new());
            for letter in letters {
                match moves.get(&letter.arrival) {
                    Some(DeadMove::Requeue) => back.push(letter.put_back(&self.names)),
                    Some(DeadMove::Drop) => away.push(letter.met.hold),
                    None => {}
                }
            }
            self.take_out(walk, away).await?;
            self.requeue(walk, back).await?;
        }
        Ok(Walked::Stopped)
    }

    async fn next(&self, walk: &mut Walk) -> anyhow::Result<Vec<Letter>> {
        let batch: Vec<Met> = walk.next_batch(BATCH, BATCH_BYTES).await?;
        Ok(batch.into_iter().map(|met| Letter::of(met, &self.names, &self.home)).collect())
    }

    /// Each message is taken out once the broker has confirmed its copy.
    async fn requeue(&self, walk: &Walk, back: Vec<(Outgoing, Hold)>) -> anyhow::Result<()> {
        let (messages, holds): (Vec<Outgoing>, Vec<Hold>) = back.into_iter().unzip();
        let confirmed = self.publisher.publish(messages).await;
        let (mut stored, mut first_error) = (Vec::new(), None);
        for (hold, result) in holds.into_iter().zip(confirmed) {
            match result {
                Ok(()) => stored.push(hold),
                Err(error) => _ = first_error.get_or_insert(error),
            }
        }
        self.take_out(walk, stored).await?;
        first_error.map_or(Ok(()), |error| Err(error.into()))
    }

    async fn take_out(&self, walk: &Walk, holds: Vec<Hold>) -> anyhow::Result<()> {
        for hold in holds {
            walk.take_out(hold).await?;
        }
        Ok(())
    }
}
