//! What the ledger promises, asked of both engines by the same cases.
//!
//! PostgreSQL is the server in `POSTILL_TEST_DATABASE_URL`, where databases may be made, or a private one from the installed programs.
//! Without either the tests fail and say what to install.

mod actions;
mod auditing;
mod browsing_runs;
mod dead;
mod deciding;
mod engines;
mod finishing;
mod following_up;
mod forgetting;
mod halting;
mod leases;
mod migrating;
mod open_work;
mod opening;
mod private_postgres;
mod racing;
mod replay_reports;
mod sealing;
mod senders;
mod spending;
mod workers;
mod workspaces;
mod world;
