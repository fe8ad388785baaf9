use std::fmt;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use crate::name::Name;

/// Why a session came to its end. Everything that was not settled is delivered again; open the next session.
#[derive(Clone, Debug, thiserror::Error)]
pub enum EpochOver {
    /// A connection broke, or the broker closed it.
    #[error("the {side} connection to the broker was lost")]
    ConnectionLost {
        /// Which of the two.
        side: Side,
        /// What was seen of it.
        #[source]
        source: lapin::Error,
    },
    /// Nothing came from the broker for two heartbeats: it hangs, or the network drops packets.
    #[error("the broker was silent on the {side} connection for two heartbeats")]
    HeartbeatMissed {
        /// Which of the two.
        side: Side,
    },
    /// The queue was deleted or moved, or somebody cancelled the consumer.
    #[error("the broker stopped delivering from the queue {queue}")]
    ConsumerCancelled {
        /// The queue.
        queue: Name,
    },
    /// The broker closed a channel: a queue is missing, a permission was taken away, or it gave up waiting for an
    /// acknowledgement (after 30 minutes, by default).
    #[error("the broker closed a channel of the {side} connection")]
    ChannelClosed {
        /// Which of the two.
        side: Side,
        /// What it said.
        #[source]
        source: lapin::Error,
    },
    /// A memory or disk alarm of the broker lasted longer than [`Config::blocked_limit`](crate::Config).
    #[error("the broker accepted no messages for {after:?}: {reason}")]
    Blocked {
        /// What the broker says is short.
        reason: String,
        /// How long was waited.
        after: Duration,
    },
    /// A burst was not confirmed in time.
    #[error("the broker did not confirm a burst of messages within {after:?}")]
    ConfirmTimedOut {
        /// How long was waited.
        after: Duration,
    },
    /// An acknowledgement, or another command, could not be sent in time.
    #[error("the broker took no command on the {side} connection within {after:?}")]
    CommandTimedOut {
        /// Which of the two.
        side: Side,
        /// How long was waited.
        after: Duration,
    },
    /// [`Session::stop_consuming`](crate::Session::stop_consuming) was called; publishing and settling go on.
    #[error("this session takes no more deliveries")]
    StoppedConsuming,
    /// [`Session::close`](crate::Session::close) was called, or the session was dropped.
    #[error("this session was closed")]
    Closed,
}

/// One of a session's two connections.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// Deliveries and their acknowledgements.
    In,
    /// Messages and their confirms.
    Out,
}

impl fmt::Display for Side {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::In => "inbound",
            Self::Out => "outbound",
        })
    }
}

/// Counts the sessions of this process, from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct EpochNumber(u64);

impl EpochNumber {
    fn next() -> Self {
        static LAST: AtomicU64 = AtomicU64::new(0);
        Self(LAST.fetch_add(1, Ordering::Relaxed) + 1)
    }
}

impl fmt::Display for EpochNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// What all parts of a session share: whether it is over, and why. The first reason counts; those that follow are
/// its consequences.
#[derive(Debug)]
pub(crate) struct Epoch {
    pub(crate) number: EpochNumber,
    over: CancellationToken,
    reason: OnceLock<EpochOver>,
    blocked: AtomicBool,
    unsettled_drop_reported: AtomicBool,
}

impl Epoch {
    pub(crate) fn begin() -> Self {
        Self {
            number: EpochNumber::next(),
            over: CancellationToken::new(),
            reason: OnceLock::new(),
            blocked: AtomicBool::new(false),
            unsettled_drop_reported: AtomicBool::new(false),
        }
    }

    pub(crate) fn end(&self, reason: EpochOver) {
        self.reason.get_or_init(|| reason);
        self.over.cancel();
    }

    pub(crate) async fn ended(&self) -> EpochOver {
        self.over.cancelled().await;
        self.reason()
    }

    pub(crate) fn is_over(&self) -> bool {
        self.over.is_cancelled()
    }

    pub(crate) fn reason(&self) -> EpochOver {
        self.reason.get().cloned().unwrap_or(EpochOver::Closed)
    }

    /// Only publishers are blocked: the inbound connection has nothing to say on it.
    pub(crate) fn set_blocked(&self, side: Side, blocked: bool) {
        if side == Side::Out {
            self.blocked.store(blocked, Ordering::Relaxed);
        }
    }

    pub(crate) fn is_blocked(&self) -> bool {
        self.blocked.load(Ordering::Relaxed)
    }

    /// True once an epoch: a worker that forgets one delivery forgets thousands.
    pub(crate) fn should_report_unsettled_drop(&self) -> bool {
        !self.is_over() && !self.unsettled_drop_reported.swap(true, Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_first_reason_is_the_one_reported() {
        let epoch = Epoch::begin();
        epoch.end(EpochOver::HeartbeatMissed { side: Side::In });
        epoch.end(EpochOver::Closed);
        assert!(matches!(epoch.ended().await, EpochOver::HeartbeatMissed { side: Side::In }));
    }

    #[test]
    fn every_epoch_has_its_own_number() {
        assert!(Epoch::begin().number < Epoch::begin().number);
    }
}
