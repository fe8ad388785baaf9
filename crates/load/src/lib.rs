//! Load for postill: mails that read like mail, the times at which they are due, and what was measured of them.
//!
//! The crate knows no broker: whoever publishes asks it what is due, and tells it what came back. Everything is worked out from a seed and
//! a clock that are passed in, so the same run can be made again.
#![warn(missing_docs)]

mod mails;
mod mix;

mod schedule;

mod highest;
mod recorded;
mod recording;

mod dice;
mod letters;

pub use dice::Dice;
pub use highest::{Probe, Search};
pub use letters::{LETTERS, Letter};
pub use mails::{Arriving, Mails, Written};
pub use mix::{Mix, MixError, Sizes};
pub use recorded::{Counts, Latency, Recorded, Second};
pub use recording::{Drafted, Recording};
pub use schedule::{Pacer, Schedule};
