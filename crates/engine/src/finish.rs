//! The ends of a batch of mails, stored together.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use meters::Stage;
use store::{Burial, Buried, Finish, Finished, Lease, LedgerError, Postponed, Queued};

use crate::process::{Draft, Ended, Engine, Processed};
use crate::trouble::Trouble;

/// The pause before a ledger that did not take a batch is asked again.
const PAUSE: Duration = Duration::from_secs(1);

/// The step of the ladder on which a mail waits for its turn at most: a minute by default. Rates are kept by the second, so by then
/// those before it are through, or the account is so crowded that asking more often would only add to it.
const LONGEST_TURN: u32 = 1;

impl Engine {
    /// Stores the ends of a batch, in the order given. Only what this returns may be published and acknowledged. Waits for a ledger that
    /// is down: what was found, and perhaps done at Stripe, is not thrown away for an outage, and nothing counts against the mails.
    pub async fn finish(&self, batch: Vec<Processed>) -> Vec<Ended> {
        let (began, mails) = (Instant::now(), batch.len());
        let ended = self.store_ends(batch).await;
        self.passed(Stage::Finish, began, mails);
        ended
    }

    async fn store_ends(&self, batch: Vec<Processed>) -> Vec<Ended> {
        let (mut drafted, mut hopeless, mut waiting, mut queued) =
            (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        let mut order = Vec::with_capacity(batch.len());
        for processed in batch {
            match processed {
                Processed::Drafted(finished) => {
                    order.push(Kind::Drafted);
                    drafted.push(*finished);
                }
                Processed::Hopeless(burial) => {
                    order.push(Kind::Hopeless);
                    hopeless.push(burial);
                }
                Processed::Waits { lease, trouble } if trouble.is_uncounted() => {
                    order.push(Kind::Queued);
                    queued.push((lease, trouble));
                }
                Processed::Waits { lease, trouble } => {
                    order.push(Kind::Waits);
                    waiting.push((lease, trouble));
                }
            }
        }
        let mut ended: HashMap<Kind, std::vec::IntoIter<Ended>> = HashMap::from([
            (Kind::Drafted, self.finish_drafts(drafted).await.into_iter()),
            (Kind::Hopeless, self.bury(hopeless).await.into_iter()),
            (Kind::Waits, self.postpone(waiting).await.into_iter()),
            (Kind::Queued, self.queue_again(queued).await.into_iter()),
        ]);
        order.into_iter().filter_map(|kind| ended.get_mut(&kind)?.next()).collect()
    }

    async fn finish_drafts(&self, drafted: Vec<Finished>) -> Vec<Ended> {
        match until_stored(|| self.ledger.finish(&drafted)).await {
            Ok(finishes) => {
                drafted.into_iter().zip(finishes).map(|(mail, finish)| ended(mail, finish)).collect()
            }
            Err(error) => not_stored(&error, drafted.len()),
        }
    }

    async fn bury(&self, hopeless: Vec<Burial>) -> Vec<Ended> {
        if hopeless.is_empty() {
            return Vec::new();
        }
        match until_stored(|| self.ledger.bury(&hopeless)).await {
            Ok(buried) => {
                hopeless.into_iter().zip(buried).map(|(burial, buried)| dead(burial, buried)).collect()
            }
            Err(error) => not_stored(&error, hopeless.len()),
        }
    }

    async fn postpone(&self, waiting: Vec<(Lease, Trouble)>) -> Vec<Ended> {
        if waiting.is_empty() {
            return Vec::new();
        }
        for (lease, trouble) in &waiting {
            tracing::warn!(mail.digest = %lease.arrival.digest, postponements = lease.postponements, error = trouble as &dyn std::error::Error, "mail waits");
        }
        let leases: Vec<Lease> = waiting.iter().map(|(lease, _)| lease.clone()).collect();
        match until_stored(|| self.ledger.postpone(&leases)).await {
            Ok(postponed) => postponed.into_iter().map(later).collect(),
            Err(error) => not_stored(&error, leases.len()),
        }
    }

    async fn queue_again(&self, queued: Vec<(Lease, Trouble)>) -> Vec<Ended> {
        if queued.is_empty() {
            return Vec::new();
        }
        for (lease, trouble) in &queued {
            tracing::info!(mail.digest = %lease.arrival.digest, turns_waited = lease.turns_waited, error = trouble as &dyn std::error::Error, "mail waits until Stripe takes requests for it again");
        }
        let leases: Vec<Lease> = queued.into_iter().map(|(lease, _)| lease).collect();
        match until_stored(|| self.ledger.queue_again(&leases)).await {
            Ok(queued) => queued.into_iter().map(next_turn).collect(),
            Err(error) => not_stored(&error, leases.len()),
        }
    }
}

/// Storing is safe to repeat when it is not known whether it was committed; see [`store::Ledger::finish`].
async fn until_stored<T, F>(mut store: impl FnMut() -> F) -> Result<T, LedgerError>
where
    F: Future<Output = Result<T, LedgerError>>,
{
    loop {
        match store().await {
            Err(error) if error.is_transient() => {
                tracing::warn!(
                    error = &error as &dyn std::error::Error,
                    "the ledger did not take a batch; trying again"
                );
                tokio::time::sleep(PAUSE).await;
            }
            stored => return stored,
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Kind {
    Drafted,
    Hopeless,
    Waits,
    Queued,
}

fn ended(mail: Finished, finish: Finish) -> Ended {
    let workspace = mail.lease.arrival.workspace;
    match finish {
        Finish::Stored => {
            Ended::Draft(Draft { id: mail.draft.id, workspace, outcome: mail.outcome, body: mail.draft.body })
        }
        Finish::AlreadyStored(stored) => Ended::again(stored, workspace),
        Finish::LeaseLost => Ended::Later { step: 0 },
    }
}

fn dead(burial: Burial, buried: Buried) -> Ended {
    match buried {
        Buried::Stored => Ended::Dead { code: burial.code, sentence: burial.sentence },
        Buried::LeaseLost => Ended::Later { step: 0 },
    }
}

fn later(postponed: Postponed) -> Ended {
    match postponed {
        Postponed::Counted { postponements } => Ended::Later { step: postponements.saturating_sub(1) },
        Postponed::LeaseLost => Ended::Later { step: 0 },
    }
}

fn next_turn(queued: Queued) -> Ended {
    match queued {
        Queued::Counted { turns_waited } => {
            Ended::Later { step: turns_waited.saturating_sub(1).min(LONGEST_TURN) }
        }
        Queued::LeaseLost => Ended::Later { step: 0 },
    }
}

fn not_stored(error: &LedgerError, count: usize) -> Vec<Ended> {
    tracing::error!(
        count,
        error = error as &dyn std::error::Error,
        "the ledger refused a batch; its mails come again"
    );
    std::iter::repeat_with(|| Ended::NotStored).take(count).collect()
}
