//! What postill counts of itself, for whoever watches it: every metric there is ([`METRICS`]), the handles that are counted with, and the
//! text that is served.
//!
//! Counting may cost next to nothing, since every mail is counted some twenty times: labels are put together once, and their handles kept
//! ([`OfWorkspace`]). A label holds names of our own making, and the name of a workspace whose key is connected; never anything out of a mail.
//! What others call themselves in a message is [`NOT_CONNECTED`], so that nobody outside makes series.
//!
//! What a span may say is the same; its target is [`TRACE`], so that it is told apart from what is logged.
//!
//! This crate asks nobody: what ledger and broker say is given to it.

#![warn(missing_docs)]

mod family;
mod list;
mod meters;
mod process;
mod standing;
mod workspace;

#[cfg(test)]
mod tests;

pub use list::{Kind, METRICS, Metric};
pub use meters::{Meters, NOT_CONNECTED};
pub use standing::{Budget, Queues, Standing};
pub use workspace::{OfWorkspace, Queue, Stage};

/// The target of all spans that are exported, and the beginning of no other: no log shows them.
pub const TRACE: &str = "postill_spans";

/// How [`Meters::text`] is served.
pub const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";
