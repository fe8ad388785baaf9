//! RabbitMQ for postill: take deliveries, publish with confirms, settle, and lose nothing in between.
//!
//! This crate moves bytes. It does not know what a mail, a draft or a Stripe customer is, when something is worth
//! retrying, or what has been processed before; it uses none of our other crates.
//!
//! A [`Session`] is one **epoch**: two connections, one in and one out, that live and die together. Nothing is
//! recovered behind the caller's back, because a connection that comes back silently starts counting deliveries
//! from one again, and an old acknowledgement would then settle somebody else's mail. When anything breaks, every
//! call returns the reason ([`EpochOver`]), whatever was not settled is delivered again, and the caller opens the
//! next session.
//!
//! ```no_run
//! # async fn relay(config: broker::Config) -> anyhow::Result<()> {
//! let mut session = broker::Session::open(&config).await?;
//! session.consume(&[config.names.mail.clone()]).await?;
//! let publisher = session.publisher();
//! loop {
//!     let deliveries = session.next_batch(128).await?;
//!     let outgoing = deliveries.iter().map(|delivery| broker::Outgoing {
//!         destination: broker::Destination::Draft { routing_key: "draft".to_owned() },
//!         properties: broker::Properties::default(),
//!         body: delivery.body.clone(),
//!     });
//!     let stored = publisher.publish(outgoing.collect()).await;
//!     for (delivery, stored) in deliveries.into_iter().zip(stored) {
//!         delivery.settle(if stored.is_ok() { broker::Settlement::Done } else { broker::Settlement::Return });
//!     }
//! }
//! # }
//! ```
//!
//! What must stay true, and where it is seen to:
//! - a message is reported stored only after every confirm of its burst was looked at (`lane`);
//! - what is held unsettled is bounded in number and in bytes (`intake`, `room`, `ahead`);
//! - an acknowledgement never covers a delivery that was not settled (`window`);
//! - no call waits for ever (`link::within`), and a broken socket is cut, not waited for (`link`).
#![warn(missing_docs)]

mod config;
mod name;
mod url;

pub mod topology;

mod session;

mod ahead;
mod delivery;
mod intake;
mod room;
mod settling;
mod window;

mod lane;
mod publisher;

mod message;

mod walk;

mod gauge;
mod tap;
mod yardstick;

mod epoch;
mod link;

pub use config::{Config, step_name};
pub use delivery::{Delivery, Receipt, Settlement};
pub use epoch::{EpochNumber, EpochOver, Side};
pub use gauge::{Gauge, Seen};
pub use link::ConnectError;
pub use message::{Destination, HeaderValue, Headers, Outgoing, Properties};
pub use name::{InvalidName, Name, Names};
pub use publisher::{PublishError, Publisher};
pub use session::{Closed, Session};
pub use tap::{Tap, Tapped};
pub use topology::{QueueDepth, depths};
pub use url::{AmqpUrl, InvalidUrl};
pub use walk::{Hold, Met, Walk, Walker};
pub use yardstick::{YardstickError, publish_flat_out, relay};

/// What a log filter must contain: the AMQP library prints whole message bodies with a warning when a message is
/// returned, and every frame at trace level. Whatever it has to say reaches the caller as an error of this crate.
pub const LOG_FILTER: &str = "lapin=off";
