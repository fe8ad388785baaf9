//! The path of one mail: from bytes to the draft context, and the seven functions on the way.
//!
//! It knows nothing of RabbitMQ: worker, demo and simulator walk the same path, so that simulating needs no mock. It never sends
//! mail. What it may change at Stripe goes through `act`, one permit a write. Start at [`process`], then `path`.

mod act;
mod action;
mod approval;
mod arrival;
mod brake;
mod conclude;
mod customer;
mod draft;
mod facts;
mod finding;
mod finish;
mod follow_up;
mod functions;
mod gate;
mod guest;
mod held;
mod judge;
mod path;
pub mod process;
mod reply;
mod second_proof;
mod second_reader;
mod senders;
mod stages;
mod trouble;
mod typed;
mod workspace;

pub use arrival::Delivered;
pub use brake::Brake;
pub use follow_up::FollowedUp;
pub use held::Held;
pub use process::{Draft, Ended, Engine, Limits, LookingRun, Processed, Taken, Work};
pub use second_reader::SecondReader;
pub use senders::Senders;
pub use trouble::Trouble;
pub use typed::Typed;
pub use workspace::{Access, Workspace, Workspaces};
