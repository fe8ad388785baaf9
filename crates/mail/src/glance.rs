//! What the header alone says of a message.

use domain::mail::Refusal;
use domain::{EmailAddress, Timestamp};

use crate::limits::Limits;
use crate::raw::{self, RawMessage};
use crate::unreadable::Unreadable;
use crate::{read, sender};

/// What the header of a message says, its body not looked at: enough to choose mails of an archive by.
#[derive(Clone, PartialEq, Eq)]
pub struct Glance {
    /// Who wrote it, as [`crate::Reader::read`] tells.
    pub sender: Result<EmailAddress, Refusal>,
    /// When its sender says it was sent; `None` where that cannot be read.
    pub sent_at: Option<Timestamp>,
}

/// Hides the person.
impl std::fmt::Debug for Glance {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Glance").field("sent_at", &self.sent_at).finish_non_exhaustive()
    }
}

/// Looks at the header of a message. The work is linear in its length, of which at most [`Limits::max_header_bytes`] are read.
///
/// # Errors
/// [`Unreadable::Empty`] and [`Unreadable::NotAMail`], where [`crate::Reader::read`] finds the same.
pub fn glance(message: &[u8]) -> Result<Glance, Unreadable> {
    if message.trim_ascii().is_empty() {
        return Err(Unreadable::Empty);
    }
    let message = raw::normalized(message);
    let parted =
        RawMessage::part(&message, Limits::default().max_header_bytes).ok_or(Unreadable::NotAMail)?;
    Ok(Glance {
        sender: sender::from_message(&parted).map(|mailbox| mailbox.address),
        sent_at: parted.headers.text("Date").and_then(|value| read::sent_at(&value)),
    })
}
