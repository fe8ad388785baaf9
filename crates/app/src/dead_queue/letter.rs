//! A message of the dead queue: whose it is, where it came from, and how it goes back there.

use broker::{Destination, Hold, Met, Name, Names, Outgoing, Properties};
use domain::{RunKind, WorkspaceId};
use store::Arrival;

use super::{QUEUE_HEADER, REASON_HEADER, SENTENCE_HEADER};
use crate::delivered::{Message, delivered};

/// What a code of ours looks like.
const LONGEST_CODE: usize = 40;

/// A message of the dead queue.
pub(super) struct Letter {
    pub(super) arrival: Arrival,
    /// Where it came from, when a worker has noted that.
    pub(super) origin: Option<Name>,
    pub(super) met: Met,
}

impl Letter {
    pub(super) fn of(met: Met, names: &Names, home: &WorkspaceId) -> Self {
        let origin = origin(&met, names);
        let queue = origin.as_ref().unwrap_or(&names.mail);
        let message = Message { properties: &met.properties, body: &met.body, queue };
        let arrival = delivered(&message, home, &names.replay).arrival();
        Self { arrival, origin, met }
    }

    /// Why it lies there, as a code.
    pub(super) fn reason(&self) -> &str {
        if self.met.is_moved_by_broker {
            return "delivered_too_often";
        }
        let is_code = |text: &&str| {
            text.len() <= LONGEST_CODE && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_')
        };
        self.met.properties.text(REASON_HEADER).filter(is_code).unwrap_or("unknown")
    }

    /// For its way back. One that the ledger knows goes by the run it was claimed in where nobody noted its queue.
    pub(super) fn put_back(self, names: &Names) -> (Outgoing, Hold) {
        let by_run = if self.arrival.run == RunKind::Replay { &names.replay } else { &names.mail };
        let queue = self.origin.clone().unwrap_or_else(|| by_run.clone());
        self.put_into(queue)
    }

    /// As it was when it came to that queue first.
    pub(super) fn put_into(self, queue: Name) -> (Outgoing, Hold) {
        let Met { mut properties, body, hold, .. } = self.met;
        forget_death(&mut properties);
        (Outgoing { destination: Destination::Queue(queue), properties, body }, hold)
    }
}

fn forget_death(properties: &mut Properties) {
    for header in [REASON_HEADER, SENTENCE_HEADER, QUEUE_HEADER] {
        properties.headers.remove(header);
    }
}

/// Only a queue that is worked on, and only in the word of a worker: in a message that the broker moved, that header is as its sender chose it,
/// and would let a mail be read as a person's decision.
fn origin(met: &Met, names: &Names) -> Option<Name> {
    let noted = met.properties.text(QUEUE_HEADER).filter(|_| !met.is_moved_by_broker)?;
    [&names.mail, &names.replay, &names.approvals].into_iter().find(|name| name.as_str() == noted).cloned()
}
