//! What the whole of postill is tested with.
//!
//! [`rabbit`] gives a test a virtual host of its own, [`postgres`] a database of its own, [`Postill`] runs the
//! built program. [`PrivateBroker`] and [`PrivatePostgres`] are whole servers, for tests that kill them. Each is
//! gone when the test drops it, and also when the test process itself is killed.
//!
//! A server is looked for in this order, once per test process, and a test without one fails; none is skipped:
//!
//! 1. the address in [`environment::AMQP_URL`] or [`environment::DATABASE_URL`] (`tests/run` sets both);
//! 2. a container, where a Docker engine answers;
//! 3. the programs installed on this machine, as a private server on free ports.
//!
//! [`Browser`] is a Chromium that a test drives by what stands on the page.
//!
//! [`NameServer`] answers questions to DNS, [`ChatServer`] those to a language model, [`dkim`] signs mail, [`executioner`] kills a worker at a chosen step.
//!
//! The harness knows nothing of our crates: it must not share the mistakes of what it tests.
#![warn(missing_docs)]

mod browser;
mod chat_server;
mod container;
pub mod dkim;
mod dns;
pub mod environment;
pub mod executioner;
mod last_will;
mod naming;
mod permissions;
mod postgres;
mod postill;
mod process;
mod rabbit;
mod waiting;

pub use browser::{Browser, Hands, Scripts, View};
pub use chat_server::{Asked, ChatServer, Turn};
pub use dns::{Answer, NameServer};
pub use permissions::PERMISSIONS;
pub use postgres::{Database, PrivatePostgres, postgres};
pub use postill::{Finished, Postill, Run};
pub use rabbit::{PrivateBroker, Vhost, rabbit};
pub use waiting::{wait_for, wait_until};
