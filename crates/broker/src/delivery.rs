use std::fmt;
use std::sync::Arc;

use bytes::Bytes;

use crate::epoch::{Epoch, EpochNumber};
use crate::message::Properties;
use crate::name::Name;
use crate::room::Held;
use crate::settling::Settler;

/// A message in hand. The broker keeps it until it is settled, and gives it to another consumer if this session ends
/// before.
pub struct Delivery {
    /// Its bytes.
    pub body: Bytes,
    /// What came with it.
    pub properties: Properties,
    /// Whether the broker has delivered it before. A hint: count attempts where they can be trusted.
    pub redelivered: bool,
    /// The queue it came from.
    pub queue: Name,
    /// The right to settle it. May be taken apart from the rest, to settle later or elsewhere.
    pub receipt: Receipt,
}

impl Delivery {
    /// Says what becomes of it; see [`Receipt::settle`].
    pub fn settle(self, settlement: Settlement) {
        self.receipt.settle(settlement);
    }
}

/// Bodies and headers hold people's mail: neither is shown.
impl fmt::Debug for Delivery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Delivery")
            .field("queue", &self.queue)
            .field("redelivered", &self.redelivered)
            .field("bytes", &self.body.len())
            .finish_non_exhaustive()
    }
}

/// What becomes of a delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Settlement {
    /// The broker forgets it. Only for what is stored elsewhere: its outcome committed and its draft confirmed, or a
    /// copy confirmed in a retry queue or the dead queue.
    Done,
    /// Back into the queue, at once, and counted as a delivery.
    Return,
}

/// The right to settle one delivery, once, in the session it came from.
pub struct Receipt {
    tag: u64,
    settler: Settler,
    epoch: Arc<Epoch>,
    is_settled: bool,
    /// The room its body takes, free again when this is dropped.
    _held: Held,
}

impl Receipt {
    pub(crate) fn new(tag: u64, settler: Settler, epoch: Arc<Epoch>, held: Held) -> Self {
        Self { tag, settler, epoch, is_settled: false, _held: held }
    }

    /// Hands the settlement to the task that owns the channel; it is sent soon after, with others. When the session
    /// is over it is discarded: the broker has taken the delivery back already, and its number may by now mean another.
    pub fn settle(mut self, settlement: Settlement) {
        self.is_settled = true;
        self.settler.settle(self.tag, settlement);
    }

    /// Which session it belongs to.
    pub fn epoch(&self) -> EpochNumber {
        self.epoch.number
    }
}

/// An unsettled delivery that is dropped stays with the broker and comes again when the session ends.
impl Drop for Receipt {
    fn drop(&mut self) {
        if !self.is_settled && self.epoch.should_report_unsettled_drop() {
            tracing::error!(epoch = %self.epoch.number, "a delivery was dropped without being settled; this is a bug");
        }
    }
}

impl fmt::Debug for Receipt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Receipt")
            .field("epoch", &self.epoch.number)
            .field("tag", &self.tag)
            .finish_non_exhaustive()
    }
}
