//! The nouns and rules of postill: addresses, money, Stripe ids, functions, intents, policy, and the two wire types
//! (the mail that comes in, the draft context that goes out).
//!
//! This crate does no I/O, reads no clock but through [`Clock`], and knows nothing of RabbitMQ, SQL or HTTP. Everything that
//! has a format is parsed here once, at the edge; inside the program no bare `String` stands for an address, an id or an amount.

#![warn(missing_docs)]

pub mod action;
pub mod actor;
pub mod address;
pub mod approval;
pub mod clock;
pub mod decision;
mod derived_id;
pub mod digest;
pub mod draft;
pub mod function;
pub mod halt;
pub mod ids;
pub mod inbound;
pub mod intent;
pub mod language;
pub mod mail;
mod moment;
pub mod money;
pub mod outcome;
pub mod policy;
pub mod role;
pub mod schema;
pub mod scope;
mod text;
pub mod typed;
pub mod workspace;

pub use action::{ActionId, Permit};
pub use actor::Actor;
pub use address::EmailAddress;
pub use approval::{ApprovalId, ApprovalState, StoredApproval};
pub use clock::{Clock, SetClock, SystemClock};
pub use digest::{Digest, Fingerprint};
pub use function::{Access, Function, Mode, Permission};
pub use halt::{Halt, HaltKind};
pub use intent::{AmountAsked, Confidence, Intent, Label, Reference, Slots, Understanding};
pub use language::Language;
pub use mail::{Assurance, Mail};
pub use moment::{date_and_time, moment};
pub use money::{Currency, Money};
pub use outcome::{Outcome, Reason, ReasonCode};
pub use policy::Policy;
pub use role::Role;
pub use scope::Scope;
pub use typed::{TypedAmount, TypedReason};
pub use workspace::{Run, RunKind, WorkspaceId};

/// A point in time, in UTC; the one time type of the workspace.
pub use jiff::Timestamp;
