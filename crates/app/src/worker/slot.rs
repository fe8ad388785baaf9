//! The right to be worked on, held by a mail until it is settled.

use tokio::sync::mpsc::UnboundedSender;

use super::lines::Party;

/// A slot that is taken. It bounds what is worked on.
#[derive(Debug)]
pub(super) struct Slot {
    /// None once it is given back.
    freed: Option<Freed>,
    freeing: UnboundedSender<Freed>,
}

/// A slot that is free again, and who had it for how large a mail.
#[derive(Debug)]
pub(super) struct Freed {
    pub(super) party: Party,
    pub(super) bytes: usize,
}

impl Slot {
    pub(super) const fn new(party: Party, bytes: usize, freeing: UnboundedSender<Freed>) -> Self {
        Self { freed: Some(Freed { party, bytes }), freeing }
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        if let Some(freed) = self.freed.take()
            && self.freeing.send(freed).is_err()
        {
            tracing::trace!("the desk is closed; nobody waits for the slot");
        }
    }
}
