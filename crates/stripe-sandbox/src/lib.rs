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
//! | `POST /_sandbox/forget_keys` | every idempotency key is forgotten, as Stripe may do after a day |
//! | `POST /_sandbox/search_lag` | `{"seconds": 60}`: what is younger is not found by a search |
//! | `POST /_sandbox/reset` | back to the seed; its times count from now; faults, keys and log are gone |
//! | `POST /_sandbox/faults` | adds a rule or a list of rules, see below |
//! | `GET`, `DELETE /_sandbox/faults` | shows and clears them |
//!
//! A rule is `{"method": "POST", "path": "/v1/refunds", "times": 1, "after": 0, "fault": {"kind": "server_error"}}`. It
//! strikes requests of that method (any, when left out) whose path starts so, `times` times (until cleared, when left out),
//! after letting `after` of them pass. A `latency` comes on top of another fault. Kinds of fault:
//!
//! | kind | executed | answer | saved under the key |
//! |---|---|---|---|
//! | `latency` (`ms`) | later by that much | the usual one | yes |
//! | `lost_before_execution` | no | none: the connection closes | no |
//! | `lost_after_execution` | yes | none: the connection closes | yes |
//! | `reset_after_execution` | yes | none: the connection is reset | yes |
//! | `hang_after_execution` (`ms`) | yes, at once | the usual one, later by that much | yes |
//! | `server_error` | no | 500 | no |
//! | `server_error_saved` | no | 500 | the 500 |
//! | `server_error_after_execution` | yes | 500 | the 500 |
//! | `lock_timeout`, `idempotency_key_in_use` | no | 409 | no |
//! | `rate_limited`, `rate_limited_should_retry` | no | 429 | no |
//! | `revoked_key` | no | 401 | no |
//! | `balance_insufficient` | no | 400: the account's balance does not cover it | the 400 |
//! | `refunded_elsewhere` (`amount`, else all) | yes, after a refund of that charge by hand | the usual one | yes |
//!
//! # Refunds that do not simply succeed
//! A charge with `"metadata": {"refund_behaviour": "pending"}` (or `requires_action`, `failed`, `succeeded`,
//! `insufficient_funds`: pending until the account's balance covers it) decides how its refunds turn out. Debits from bank
//! accounts are pending unless it says otherwise.
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
