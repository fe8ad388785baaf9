//! The ledger: what came in, what became of it, and what was done at Stripe for it, on SQLite or PostgreSQL behind one API.
//!
//! # One body, two engines
//!
//! Each operation is written once, SQL included: both engines take `$1`, `on conflict`, `update … from`, `returning` and `->>`. What differs
//! in types and triggers lies in `migrations/sqlite` and `migrations/postgres`. In Rust the two pools have different types, so
//! the macros `in_transaction!` and `reading!` compile a body once for each; there is no trait with two copies of every operation and
//! no driver that hides which engine it speaks to. A batch travels as one JSON array that `json_each` unfolds, so the number of
//! statements does not grow with the batch.
//!
//! # One clock
//!
//! Times are whole milliseconds since 1970. On PostgreSQL the server's clock gives them, since several workers share it; on SQLite the
//! [`domain::Clock`] given to [`Ledger::open`], since one process owns the file. A lease is thus always judged by the clock that set
//! its end.
//!
//! # Leases
//!
//! Whoever claims a mail holds a [`Lease`]: a random token and an end. A claim of an expired lease takes it over with a new token and
//! counts one attempt more. Every write about the mail names the token, so that a worker that was frozen past its lease changes
//! nothing; writes that lead to Stripe ([`Ledger::intend`], [`Ledger::mark_sent`]) also demand that the lease has not ended. Work on a mail
//! after its first draft is leased likewise ([`FollowUpLease`]); [`Right`] is either.
//!
//! # The order of locks
//!
//! What a transaction locks, it locks in this order: orders about dead mail, the right (mail or follow-up), the workspace's spending, approvals,
//! actions, follow-ups it opens, halts, and last the ends of audit trails, by the workspaces' names. So no two wait for each other; should they
//! after all, one is [`LedgerError::Contended`] and tried again. The end of the trail is the last lock of every step at Stripe and of every
//! halt: that is what makes a halt hold from the moment it is stored.
//!
//! # The audit trail
//!
//! Every step of an action, an approval, a halt, a follow-up, a switch, a connection and a policy is appended in the transaction that takes
//! it, chained by hashes for each workspace; how is said in `audit_chain.rs`. [`Ledger::verify_audit`] proves a trail. Mails that write
//! nothing at Stripe append nothing, and look at no halt.
//!
//! # What this crate must not know
//!
//! It knows nothing of RabbitMQ, of mail's format or of Stripe's API, decides nothing about a mail, and calls nobody but the
//! database. Errors and `Debug` output hold no bound values: no address, subject, body or key.

#![warn(missing_docs)]

mod engine;

mod actions;
mod approvals;
mod audit;
mod audit_chain;
mod audit_proof;
mod batch;
mod browsing;
mod by_hand;
mod config;
pub mod databases;
mod dead;
mod dead_names;
mod dead_orders;
mod dead_walks;
mod deciding;
mod error;
mod finish;
mod follow_up_ends;
mod follow_ups;
mod forgetting;
mod halts;
mod health;
mod holdings;
mod intending;
mod leases;
mod ledger;
mod mails;
mod mark;
mod migrations;
mod open;
mod open_work;
mod people;
mod policies;
mod replay_reports;
mod rights;
mod run_record;
mod runs;
mod sealing;
mod senders;
mod sessions;
mod spending;
mod undoing;
pub mod vault;
mod workers;
mod workspaces;

pub use actions::{Clearance, Settled, Settlement};
pub use approvals::NewApproval;
pub use audit::{AuditEntry, NewAuditEntry};
pub use audit_proof::{AuditMark, AuditReport, Break, Broken, LinkedEntry};
pub use browsing::ActionLine;
pub use by_hand::{ByHand, SettledByHand};
pub use config::{Config, DatabaseUrl, DatabaseUrlError};
pub use dead::{DeadGroup, DeadMail};
pub use dead_names::{DeadGroupId, DeadGroupIdError, DeadMark, DeadMarkError};
pub use dead_orders::{DeadDeed, DeadOrder, DeadOrderId, DeadOrderState, DeadOrdered, DeadTarget};
pub use dead_walks::{DeadMove, DeadMoves, DeadWalk};
pub use deciding::{Decided, Decision};
pub use error::{Fault, LedgerError};
pub use finish::{Finish, Finished, NewDraft};
pub use follow_up_ends::{FollowUpDraft, FollowUpEnd, Followed};
pub use follow_ups::{FollowUp, FollowUpId, FollowUpKind, FollowUpLease, next_look_after};
pub use forgetting::{Forgotten, Rows};
pub use health::Health;
pub use holdings::HeldDraft;
pub use intending::{Consent, Intended, NewAction};
pub use leases::{Burial, Buried, Postponed, Queued};
pub use ledger::Ledger;
pub use mails::{Arrival, Claim, Lease, LeaseTerms, StoredDeath, StoredDraft};
pub use mark::Mark;
pub use migrations::{Applied, MigrateError, PendingMigration};
pub use open::OpenError;
pub use open_work::OpenWork;
pub use people::{Grants, PasswordHash, Person};
pub use policies::NotedPolicy;
pub use replay_reports::{Keeping, KeptReport, NewReplayReport};
pub use rights::Right;
pub use run_record::{FollowUpRecord, LaterDraft, RunRecord};
pub use runs::{RunCount, RunFilter, RunLine, RunMark, RunMarkError, RunPage, RunsFrom};
pub use sealing::{SealAnewError, SealedAnew};
pub use senders::SenderCount;
pub use sessions::SignedIn;
pub use spending::{DayGiven, DayLimit, DayLimits, Spends};
pub use undoing::Undoing;
pub use workers::{Heartbeat, QueueFigures, SeenWorker, StripeCalls, WorkerId};
pub use workspaces::{Connection, ConnectionStatus, NewConnection};
