//! Stripe, as far as postill uses it: some twenty reads and five writes, hand-written over HTTP.
//!
//! [`StripeReader`] can only look. [`Stripe`] can write too, once per [`Permit`], which is why a replay that holds a reader cannot
//! move money whatever it does. Every write is sent with the key of its stored action, the same bytes each time, and what comes of it is
//! one of three: written, not done, or unknown ([`WriteError`]).
//!
//! This crate does not decide anything: it knows nothing of mails, policy or the ledger, keeps nothing between calls but connections,
//! rate limits and what a reader was told to remember, and calls nothing but the closed list in [`Endpoint`]. No address, key or body
//! is in any of its logs or errors.

#![warn(missing_docs)]

mod answer;
mod config;
mod connection;
mod endpoint;
mod error;
mod form;
mod key;
mod listing;
mod marks;
mod memory;
mod notes;
pub mod object;
pub mod probe;
mod read;
mod search;
mod tally;
mod write;

use std::sync::Arc;
use std::time::Duration;

use domain::{Mode, Permit};

pub use answer::{Got, RequestId, Written};
pub use config::{BaseUrl, BaseUrlError, Config, ConfigError, PAGE_SIZE, Rates};
pub use connection::STRIPE_VERSION;
pub use endpoint::Endpoint;
pub use error::{
    Call, CallError, KeyRefusal, Message, MissingPermission, Refusal, RefusalReason, WriteError,
};
pub use key::{KeyError, SecretKey};
pub use listing::Listing;
pub use notes::{NotedCall, Notes};
pub use search::{ChargeSearch, LastFour, LastFourError};
pub use tally::Tally;
pub use write::{NewPaymentLink, NewPortalSession, NewRefund, RefundOf, Write};

use connection::Connection;
use memory::Memory;

/// One Stripe account, for reading and writing. Clones share connections and rate limits.
#[derive(Debug, Clone)]
pub struct Stripe {
    reader: StripeReader,
}

/// One Stripe account, for looking only. Clones share connections and rate limits.
#[derive(Debug, Clone)]
pub struct StripeReader {
    connection: Arc<Connection>,
    memory: Option<Arc<Memory>>,
    notes: Option<Notes>,
}

impl Stripe {
    /// A client for the account of `key`. Nothing is sent yet.
    ///
    /// Sets *ring* up as the process's provider of cryptography where there is none. Over https the system's proxy settings apply.
    ///
    /// # Errors
    /// When TLS cannot be set up.
    pub fn new(key: &SecretKey, config: Config) -> Result<Self, ConfigError> {
        let connection = Connection::new(key, config)?;
        Ok(Self { reader: StripeReader { connection, memory: None, notes: None } })
    }

    /// The same account for looking only.
    pub const fn reader(&self) -> &StripeReader {
        &self.reader
    }

    /// One write. The permit is used up, whatever comes of it.
    pub fn write(&self, permit: Permit) -> Write<'_> {
        Write::new(&self.reader.connection, permit)
    }
}

impl StripeReader {
    /// Whether this is test or live data.
    pub fn mode(&self) -> Mode {
        self.connection.mode
    }

    /// A reader that takes what it was answered within the time `lasts` for an answer, in at most `bytes` of memory: for a run that asks
    /// about the same customers again and again, and in which nothing is done by what it reads. Clones of it remember together; the
    /// reader it was made from, and everything that writes, go on asking each time.
    #[must_use]
    pub fn remembering(&self, bytes: usize, lasts: Duration) -> Self {
        let memory = Memory::new(bytes, lasts);
        Self { memory: Some(Arc::new(memory)), ..self.clone() }
    }

    /// A reader that notes each call it makes; clones of it do, too.
    #[must_use]
    pub fn noting(&self, notes: &Notes) -> Self {
        Self { notes: Some(notes.clone()), ..self.clone() }
    }

    /// How long a request that is made now waits for its turn, as far as can be told: so many are waiting already, at the rate at which
    /// this account is asked at present.
    pub fn expected_wait(&self) -> Duration {
        self.connection.expected_wait()
    }

    /// For how long Stripe has refused the key, by what it answered last; none: it accepts it, or was not asked yet.
    pub fn key_refused_for(&self) -> Option<Duration> {
        self.connection.key_refused_for()
    }

    /// Asks Stripe the least thing, so that [`StripeReader::key_refused_for`] tells whether it accepts the key again.
    ///
    /// # Errors
    /// When the answer is none, or a refusal.
    pub async fn try_key(&self) -> Result<(), CallError> {
        self.least_question().await
    }

    /// How Stripe answered all tries until now, also those of clones.
    pub fn tally(&self) -> Tally {
        self.connection.tally()
    }
}
