//! Why a call gave nothing, sorted by what the caller can do about it.
//!
//! No `Display` and no `Debug` in here shows an address, a key or a body. Stripe's own sentences can name people; they are kept
//! apart in [`Message`] for an operator's eyes.

mod refusal;

use std::fmt;

use domain::{Function, Permission};

use crate::{Endpoint, RequestId};
pub(crate) use refusal::permission_slugs;
pub use refusal::{Message, Refusal, RefusalReason};

/// Why a call gave no answer that can be used. For a read that is all; for a write [`WriteError`] says besides what is known of the
/// effect.
#[derive(Debug, thiserror::Error)]
pub enum CallError {
    /// The own limiter had no slot before the deadline; nothing was sent.
    #[error("too many calls to Stripe are waiting ({call})")]
    Congested {
        /// Which call.
        call: Call,
    },
    /// No connection was made; nothing was sent.
    #[error("Stripe could not be reached ({call})")]
    Unreachable {
        /// Which call.
        call: Call,
        /// The cause, without the URL.
        source: reqwest::Error,
    },
    /// No answer came in time.
    #[error("Stripe did not answer in time ({call})")]
    TimedOut {
        /// Which call.
        call: Call,
    },
    /// The connection ended before the whole answer was read.
    #[error("the connection to Stripe broke ({call})")]
    Broken {
        /// Which call.
        call: Call,
        /// The cause, without the URL.
        source: reqwest::Error,
    },
    /// Stripe failed, 5xx.
    #[error("Stripe failed ({call})")]
    ServerFailed {
        /// Which call.
        call: Call,
    },
    /// More requests than Stripe takes: 429. Nothing was done.
    #[error("Stripe takes no more requests at the moment ({call})")]
    RateLimited {
        /// Which call.
        call: Call,
    },
    /// Another request is using the object: 429 with the code `lock_timeout`. Nothing was done, and asking more slowly would not help.
    #[error("another request is using the object at Stripe ({call})")]
    ObjectInUse {
        /// Which call.
        call: Call,
    },
    /// The key was not accepted: 401. An operator has to connect another.
    #[error("{refusal} ({call})")]
    KeyRefused {
        /// Expired, or unknown.
        refusal: KeyRefusal,
        /// Which call.
        call: Call,
    },
    /// The key lacks a permission: 403. An operator has to tick it.
    #[error("{missing} ({call})")]
    PermissionMissing {
        /// What to tick.
        missing: Box<MissingPermission>,
        /// Which call.
        call: Call,
    },
    /// Stripe said no for good. The same request will be refused again.
    #[error("Stripe refused: {refusal} ({call})")]
    Refused {
        /// What it said.
        refusal: Box<Refusal>,
        /// Which call.
        call: Call,
    },
    /// Another request with this idempotency key is being worked on: 409.
    #[error("another request with this idempotency key is under way ({call})")]
    KeyInUse {
        /// Which call.
        call: Call,
    },
    /// The idempotency key was used before, with other parameters. What that request did has to be read back; sending again never
    /// helps.
    #[error("the idempotency key was used before with other parameters ({call})")]
    KeyMismatch {
        /// Which call.
        call: Call,
    },
    /// Another request got in the way: 409 without mention of a key.
    #[error("another request at Stripe got in the way ({call})")]
    Conflict {
        /// Which call.
        call: Call,
    },
    /// Not Stripe's way of answering: a redirect, or an error page of something in between.
    #[error("the answer is not Stripe's ({call})")]
    Foreign {
        /// Which call.
        call: Call,
    },
    /// The answer is larger than [`crate::Config::max_body_bytes`].
    #[error("the answer is too large ({call})")]
    TooLarge {
        /// Which call.
        call: Call,
    },
    /// The answer is not what Stripe documents.
    #[error("the answer cannot be read at {path} ({call})")]
    Unreadable {
        /// The field, `data[3].amount`; never its value.
        path: String,
        /// Which call.
        call: Call,
    },
    /// Test data came for a live key, or live data for a test key.
    #[error("an object's livemode does not agree with the key ({call})")]
    WrongMode {
        /// Which call.
        call: Call,
    },
}

/// What is known of a write that did not succeed.
///
/// It speaks of this one call. An action that the ledger already holds as sent or unknown stays so until it is read back, whatever a
/// later call says.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// The permit was for another function; nothing was sent.
    #[error("the permit is for {permitted}, not for {asked}")]
    WrongPermit {
        /// What the permit allows.
        permitted: Function,
        /// What was to be done.
        asked: Function,
    },
    /// Stripe did nothing.
    #[error("nothing was done at Stripe")]
    NotDone(#[source] CallError),
    /// Stripe may have done it. Read back, with the same key, before anything else.
    #[error("it is not known whether Stripe did it")]
    Unknown(#[source] CallError),
}

/// Which request it was: endpoint, status and id, for logs and for Stripe's support.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// The endpoint.
    pub endpoint: Endpoint,
    /// The HTTP status of the last answer, when one came.
    pub status: Option<u16>,
    /// The id Stripe gave the last request, when an answer came.
    pub request_id: Option<RequestId>,
    /// How many times it was sent, this one included; 0 when it never was.
    pub tries: u32,
}

impl fmt::Display for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.endpoint)?;
        if let Some(status) = self.status {
            write!(f, ", status {status}")?;
        }
        if let Some(id) = &self.request_id {
            write!(f, ", request {id}")?;
        }
        if self.tries > 1 {
            write!(f, ", {} tries", self.tries)?;
        }
        Ok(())
    }
}

/// Why a key is not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyRefusal {
    /// It was rolled or has run out.
    Expired,
    /// Stripe does not know it.
    Unknown,
}

impl fmt::Display for KeyRefusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Expired => "the Stripe key has expired",
            Self::Unknown => "Stripe does not know the key",
        })
    }
}

/// What a 403 says is missing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MissingPermission {
    /// The rows to tick. Where the text names several, one of them is enough; where it names none, the row the endpoint needs.
    pub rows: Vec<Permission>,
    /// Every `rak_…` in the text, also those outside our table.
    pub slugs: Vec<String>,
    /// Stripe's sentence, for the operator.
    pub message: Message,
}

impl fmt::Display for MissingPermission {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rows: Vec<String> = self.rows.iter().map(Permission::to_string).collect();
        match rows.as_slice() {
            [] => f.write_str("the Stripe key lacks a permission"),
            rows => write!(f, "the Stripe key lacks a permission: {}", rows.join(" or ")),
        }
    }
}

impl CallError {
    /// Which request it was.
    pub const fn call(&self) -> &Call {
        match self {
            Self::Congested { call }
            | Self::Unreachable { call, .. }
            | Self::TimedOut { call }
            | Self::Broken { call, .. }
            | Self::ServerFailed { call }
            | Self::RateLimited { call }
            | Self::ObjectInUse { call }
            | Self::KeyRefused { call, .. }
            | Self::PermissionMissing { call, .. }
            | Self::Refused { call, .. }
            | Self::KeyInUse { call }
            | Self::KeyMismatch { call }
            | Self::Conflict { call }
            | Self::Foreign { call }
            | Self::TooLarge { call }
            | Self::Unreadable { call, .. }
            | Self::WrongMode { call } => call,
        }
    }

    /// Whether the same call may succeed later without anybody doing anything.
    pub const fn is_transient(&self) -> bool {
        match self {
            Self::Congested { .. }
            | Self::Unreachable { .. }
            | Self::TimedOut { .. }
            | Self::Broken { .. }
            | Self::ServerFailed { .. }
            | Self::RateLimited { .. }
            | Self::ObjectInUse { .. }
            | Self::KeyInUse { .. }
            | Self::Conflict { .. }
            | Self::Foreign { .. } => true,
            Self::KeyRefused { .. }
            | Self::PermissionMissing { .. }
            | Self::Refused { .. }
            | Self::KeyMismatch { .. }
            | Self::TooLarge { .. }
            | Self::Unreadable { .. }
            | Self::WrongMode { .. } => false,
        }
    }

    /// Whether nothing is wrong but the rate: this account takes the same call later, however often it has to wait for its turn.
    pub const fn is_rate_limit(&self) -> bool {
        matches!(self, Self::Congested { .. } | Self::RateLimited { .. })
    }

    /// Whether Stripe's SDKs repeat it at once, when `Stripe-Should-Retry` does not say otherwise: connections, time-outs, 409, 5xx.
    pub(crate) const fn is_repeated(&self) -> bool {
        match self {
            Self::Unreachable { .. }
            | Self::TimedOut { .. }
            | Self::Broken { .. }
            | Self::ServerFailed { .. }
            | Self::KeyInUse { .. }
            | Self::Conflict { .. } => true,
            Self::Congested { .. }
            | Self::RateLimited { .. }
            | Self::ObjectInUse { .. }
            | Self::KeyRefused { .. }
            | Self::PermissionMissing { .. }
            | Self::Refused { .. }
            | Self::KeyMismatch { .. }
            | Self::Foreign { .. }
            | Self::TooLarge { .. }
            | Self::Unreadable { .. }
            | Self::WrongMode { .. } => false,
        }
    }

    /// Whether a write that ended so may have been done all the same.
    pub(crate) const fn leaves_effect_unknown(&self) -> bool {
        match self {
            Self::Congested { .. }
            | Self::Unreachable { .. }
            | Self::RateLimited { .. }
            | Self::ObjectInUse { .. }
            | Self::KeyRefused { .. }
            | Self::PermissionMissing { .. }
            | Self::Refused { .. } => false,
            Self::TimedOut { .. }
            | Self::Broken { .. }
            | Self::ServerFailed { .. }
            | Self::KeyInUse { .. }
            | Self::KeyMismatch { .. }
            | Self::Conflict { .. }
            | Self::Foreign { .. }
            | Self::TooLarge { .. }
            | Self::Unreadable { .. }
            | Self::WrongMode { .. } => true,
        }
    }

    /// What Stripe said, when it refused for good.
    pub const fn refusal(&self) -> Option<&Refusal> {
        if let Self::Refused { refusal, .. } = self { Some(refusal) } else { None }
    }
}

impl WriteError {
    /// Whether the same write, with the same key, may succeed later without anybody doing anything.
    pub const fn is_transient(&self) -> bool {
        match self {
            Self::WrongPermit { .. } => false,
            Self::NotDone(error) | Self::Unknown(error) => error.is_transient(),
        }
    }

    /// Why the call failed, when one was made.
    pub const fn call_error(&self) -> Option<&CallError> {
        match self {
            Self::WrongPermit { .. } => None,
            Self::NotDone(error) | Self::Unknown(error) => Some(error),
        }
    }
}
