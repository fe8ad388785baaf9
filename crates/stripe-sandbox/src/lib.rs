//! A stateful Stripe on loopback, for demos, load and tests.
//!
//! It speaks the part of Stripe's API (version `2026-10-28.endive`) that reads customers, invoices, payments and
//! subscriptions, and that refunds, cancels at the period's end, and makes prices, payment links and portal sessions. It
//! keeps state: a refund counts on its charge, an idempotency key replays what it was first used for, a restricted key may
//! do what it holds. What it does not know it refuses, as Stripe would.
//!
//! It must not know the rest of the workspace, least of all the client that talks to it: the two meet over HTTP only, so
//! that a misunderstanding of the API cannot be shared by both.
//!
//! # Control side
//! Plain HTTP and JSON beside the API, without a key:
//!
//! | request | does |
//! |---|---|
//! | `GET /_sandbox/requests` | what was asked, oldest first: method, path, parameters, key kind, idempotency key, status… |
//! | `GET /_sandbox/objects/{kind}` | every object of a kind, both modes; kinds are called as in the seed |
//! | `POST /_sandbox/reset` | back to the seed; its times count from now; faults, keys and log are gone |
//! | `POST /_sandbox/faults` | adds a rule or a list of rules, see below |
//! | `GET`, `DELETE /_sandbox/faults` | shows and clears them |
//!
//! A rule is `{"method": "POST", "path": "/v1/refunds", "times": 1, "after": 0, "fault": {"kind": "server_error"}}`. It
//! strikes requests of that method (any, when left out) whose path starts so, `times` times (until cleared, when left out),
//! after letting `after` of them pass. Kinds of fault: `latency` (with `ms`), `lost_before_execution`,
//! `lost_after_execution` (the connection closes without a byte), `server_error` (nothing was executed),
//! `server_error_after_execution` (the 500 is saved under the key), `lock_timeout`, `idempotency_key_in_use`,
//! `rate_limited`, `rate_limited_should_retry`, `revoked_key`. A `latency` comes on top of another fault.
//!
//! # Refunds that do not simply succeed
//! A charge with `"metadata": {"refund_behaviour": "pending"}` (or `requires_action`, `failed`, `succeeded`) decides how its
//! refunds turn out. Debits from bank accounts are pending unless it says otherwise.
#![warn(missing_docs)]

mod auth;
mod call;
mod control;
mod document;
mod endpoints;
mod exchange;
mod expand;
mod faults;
mod fields;
mod form;
mod idempotency;
mod kind;
mod line;
mod money;
mod paging;
mod parameters;
mod refusal;
mod request_log;
mod resources;
mod routes;
mod search;
mod seed;
mod server;
mod state;
mod world;

pub use crate::seed::{FieldProblem, Seed, SeedError};
pub use crate::server::{Clock, Config, Sandbox, StartError};
