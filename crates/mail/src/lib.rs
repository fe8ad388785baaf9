//! Reads mail: bytes in, [`domain::Mail`] out. Who wrote it, how far that can be believed, whether a program wrote it, and what
//! was written now.
//!
//! This crate knows nothing of RabbitMQ, Stripe or a database, reads no clock, and does no I/O; only [`mailbox`] reads files,
//! and it hands out bytes that [`Reader::read`] takes like any other. Every mail is treated as hostile: the work on each is bounded
//! by its length and by [`Limits`], nothing in it panics, and a sender that would have to be guessed is refused.
//!
//! [`Reader::read`] is the path, top to bottom. Beside it, a file a question: `sender` (who), `results` and `authenticity` (can it
//! be believed), `automatic` (was it a person), `mime`, `html` and `quote` (what was written now), `redact` (what must not be kept).

#![warn(missing_docs)]

mod read;

mod format;
mod unreadable;

mod limits;
mod own;
mod trust;

mod authenticity;
mod automatic;
mod fingerprint;
mod glance;
mod headers;
mod html;
mod inspection;
mod json;
mod mime;
mod quote;
mod raw;
mod redact;
mod results;
mod sender;
mod text;

pub mod mailbox;
pub mod providers;

#[cfg(test)]
mod tests;

pub use format::Format;
pub use glance::{Glance, glance};
pub use html::{HtmlText, html_to_text};
pub use inspection::{HeaderFrom, Inspection, SeenResults};
pub use limits::Limits;
pub use own::{OwnFinding, OwnVerdict, Verifiable};
pub use providers::Provider;
pub use quote::cut_quotes;
pub use read::{Arrived, Envelope, Reader, decode_raw};
pub use results::{AuthenticationResults, MalformedResults, MethodResult};
pub use sender::sender_of;
pub use trust::Trust;
pub use unreadable::Unreadable;
