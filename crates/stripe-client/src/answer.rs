//! Answers: the id of the request, when it was answered, and the object in it.

use std::fmt;

use bytes::Bytes;
use domain::{Mode, Timestamp};
use jiff::fmt::rfc2822;
use reqwest::header::{DATE, HeaderMap};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::error::{Call, CallError};
use crate::marks::{Marked, Marks};

/// What a read found, and which request found it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Got<T> {
    /// What was found.
    pub value: T,
    /// The id of the request; of the last one, where a list took several. A sandbox may give none.
    pub request_id: Option<RequestId>,
    /// When Stripe answered, by its clock, to the second: tells how wrong our own is.
    pub answered_at: Option<Timestamp>,
}

/// What a write made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written<T> {
    /// The object as Stripe answered it.
    pub value: T,
    /// Stripe had done it before under this key, and answered from memory: the object is as it was then.
    pub replayed: bool,
    /// The id of the request.
    pub request_id: Option<RequestId>,
}

/// The id of a request, `req_…`: what Stripe's support asks for first.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct RequestId(String);

impl RequestId {
    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The header's value, when it is letters, digits and `_`, and not longer than an id can be.
    pub(crate) fn from_header(text: &str) -> Option<Self> {
        let fine = text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-');
        (fine && (1..=domain::ids::MAX_ID_BYTES).contains(&text.len())).then(|| Self(text.to_owned()))
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A 200 of Stripe's, not yet understood.
#[derive(Clone)]
pub(crate) struct Answer {
    pub(crate) body: Bytes,
    pub(crate) replayed: bool,
    pub(crate) answered_at: Option<Timestamp>,
    pub(crate) call: Call,
}

impl Answer {
    /// The one object that is the answer.
    pub(crate) fn object<T: DeserializeOwned>(&self, mode: Mode) -> Result<T, CallError> {
        let text = self.text()?;
        match typed(text) {
            Ok(Marked { object, marks }) => self.check_mode(&marks, mode).map(|()| object),
            Err(path) => {
                self.check_mode(&self.marks(text)?, mode)?;
                Err(self.unreadable(path))
            }
        }
    }

    /// The same; `None` for one that was deleted, of which little more than its id is left.
    pub(crate) fn object_left<T: DeserializeOwned>(&self, mode: Mode) -> Result<Option<T>, CallError> {
        let marks = self.marks(self.text()?)?;
        if marks.deleted == Value::Bool(true) { Ok(None) } else { self.object(mode).map(Some) }
    }

    /// What the object says of itself, whatever else it is.
    pub(crate) fn marks(&self, object: &str) -> Result<Marks, CallError> {
        typed(object).map_err(|path| self.unreadable(path))
    }

    /// Refunds and balance transactions carry no `livemode`; every other object does, and it has to agree.
    pub(crate) fn check_mode(&self, marks: &Marks, mode: Mode) -> Result<(), CallError> {
        match marks.livemode.as_bool() {
            Some(live) if live != (mode == Mode::Live) => {
                Err(CallError::WrongMode { call: self.call.clone() })
            }
            Some(_) | None => Ok(()),
        }
    }

    pub(crate) fn text(&self) -> Result<&str, CallError> {
        std::str::from_utf8(&self.body).map_err(|_may_quote_the_body| self.unreadable("."))
    }

    pub(crate) fn unreadable(&self, path: impl fmt::Display) -> CallError {
        CallError::Unreadable { path: path.to_string(), call: self.call.clone() }
    }

    pub(crate) fn got<T>(self, value: T) -> Got<T> {
        Got { value, request_id: self.call.request_id, answered_at: self.answered_at }
    }
}

/// Reads `text` as a `T`, or says at which field it could not be read; that costs time, so it is looked for only then. The cause is left out
/// on purpose: it quotes the value.
pub(crate) fn typed<'t, T: Deserialize<'t>>(text: &'t str) -> Result<T, serde_path_to_error::Path> {
    serde_json::from_str(text).or_else(|_may_quote_the_value| {
        serde_path_to_error::deserialize(&mut serde_json::Deserializer::from_str(text))
            .map_err(|error| error.path().clone())
    })
}

/// The `Date` header.
pub(crate) fn answered_at(headers: &HeaderMap) -> Option<Timestamp> {
    let text = headers.get(DATE)?.to_str().ok()?;
    rfc2822::DateTimeParser::new().parse_timestamp(text).ok()
}
