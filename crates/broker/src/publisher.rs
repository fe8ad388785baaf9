use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::sync::{mpsc, oneshot};

use crate::epoch::{Epoch, EpochOver};
use crate::message::Outgoing;

/// Publishes over the lanes of one session. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Publisher {
    lanes: Arc<[mpsc::Sender<Job>]>,
    next: Arc<AtomicUsize>,
    burst: usize,
    epoch: Arc<Epoch>,
}

/// Messages of one caller that go out in one burst, perhaps with those of others.
#[derive(Debug)]
pub(crate) struct Job {
    pub(crate) messages: Vec<Outgoing>,
    pub(crate) answer: oneshot::Sender<Vec<Result<(), PublishError>>>,
}

impl Publisher {
    pub(crate) fn over(lanes: Vec<mpsc::Sender<Job>>, burst: usize, epoch: Arc<Epoch>) -> Self {
        Self { lanes: lanes.into(), next: Arc::default(), burst, epoch }
    }

    /// Publishes and waits for the broker's word on each: result `i` belongs to message `i`. `Ok` is given out only
    /// when the broker has stored the message in every queue it was routed to, at least one. When the call is dropped
    /// half-way, messages may or may not have been stored.
    pub async fn publish(&self, messages: Vec<Outgoing>) -> Vec<Result<(), PublishError>> {
        let mut messages = messages.into_iter();
        let mut pending = Vec::new();
        loop {
            let burst: Vec<Outgoing> = messages.by_ref().take(self.burst).collect();
            if burst.is_empty() {
                break;
            }
            pending.push(self.submit(burst).await);
        }
        let mut results = Vec::new();
        for burst in pending {
            results.extend(burst.results().await);
        }
        results
    }

    async fn submit(&self, messages: Vec<Outgoing>) -> Submitted<'_> {
        let count = messages.len();
        let (answer, answered) = oneshot::channel();
        let lane = self.next.fetch_add(1, Ordering::Relaxed) % self.lanes.len().max(1);
        let sent = match self.lanes.get(lane) {
            Some(lane) => lane.send(Job { messages, answer }).await.is_ok(),
            None => false,
        };
        Submitted { count, answered: sent.then_some(answered), epoch: &self.epoch }
    }
}

struct Submitted<'a> {
    count: usize,
    answered: Option<oneshot::Receiver<Vec<Result<(), PublishError>>>>,
    epoch: &'a Epoch,
}

impl Submitted<'_> {
    async fn results(self) -> Vec<Result<(), PublishError>> {
        let error: fn(EpochOver) -> PublishError = match self.answered {
            None => |reason| PublishError::NotSent { reason },
            Some(answered) => match answered.await {
                Ok(results) => return results,
                Err(_lane_gone) => |reason| PublishError::Unconfirmed { reason },
            },
        };
        (0..self.count).map(|_| Err(error(self.epoch.reason()))).collect()
    }
}

/// Why a message cannot be counted as stored.
#[derive(Clone, Debug, thiserror::Error)]
pub enum PublishError {
    /// The body is above [`Config::max_message_bytes`](crate::Config); it was not sent.
    #[error("a message of {bytes} bytes is above the limit of {limit}")]
    TooLarge {
        /// Its size.
        bytes: usize,
        /// The limit.
        limit: usize,
    },
    /// A property or a header does not fit into AMQP; the message was not sent.
    #[error("{field} of {bytes} bytes is longer than {limit}")]
    TextTooLong {
        /// Which.
        field: &'static str,
        /// Its size.
        bytes: usize,
        /// The limit.
        limit: usize,
    },
    /// No queue is bound for it; the broker returned it.
    #[error("no queue takes messages with the routing key {routing_key} from the exchange {exchange:?}")]
    Unroutable {
        /// Where it was sent.
        exchange: String,
        /// With which key.
        routing_key: String,
    },
    /// The broker closed the channel on this message, sent alone: it is too large for the broker, its exchange is
    /// missing, or a permission is.
    #[error("the broker refuses this message")]
    Refused {
        /// What it said.
        #[source]
        source: lapin::Error,
    },
    /// The queue did not store it: it is full, or its leader is being elected.
    #[error("the queue did not accept the message")]
    Rejected,
    /// The session ended before it was sent.
    #[error("not sent")]
    NotSent {
        /// Why the session ended.
        #[source]
        reason: EpochOver,
    },
    /// **Sent, but no answer came**: it may be stored or not. Send it again with the same message id.
    #[error("sent, but not confirmed")]
    Unconfirmed {
        /// Why the session ended.
        #[source]
        reason: EpochOver,
    },
}

impl PublishError {
    /// Whether the same message may well be stored when it is sent again.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::TooLarge { .. }
            | Self::TextTooLong { .. }
            | Self::Unroutable { .. }
            | Self::Refused { .. } => false,
            Self::Rejected | Self::NotSent { .. } | Self::Unconfirmed { .. } => true,
        }
    }
}
