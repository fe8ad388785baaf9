//! What was asked since the start.

use std::collections::VecDeque;

use serde::{Serialize, Serializer};

use crate::auth::{KeyKind, Mode};
use crate::faults::Fault;
use crate::form;

/// The oldest entries make room beyond this: about 40 MB.
const KEPT: usize = 100_000;

/// The last requests, oldest first, and how many older ones are gone. The wire form of `GET /_sandbox/requests`.
#[derive(Debug, Default, Serialize)]
pub(crate) struct RequestLog {
    requests: VecDeque<LoggedRequest>,
    dropped: u64,
}

#[derive(Debug, Serialize)]
pub(crate) struct LoggedRequest {
    pub(crate) request_id: String,
    /// Unix seconds, by the sandbox's clock.
    pub(crate) at: i64,
    pub(crate) method: String,
    pub(crate) path: String,
    /// Query and form parameters as they came. Shown decoded, nested as their brackets say; most are never shown.
    #[serde(serialize_with = "decoded")]
    pub(crate) parameters: Vec<u8>,
    pub(crate) mode: Option<Mode>,
    pub(crate) key_kind: KeyKind,
    pub(crate) idempotency_key: Option<String>,
    /// The status that was answered, or would have been had the answer not been lost; nothing when nothing was executed
    /// and nothing answered.
    pub(crate) status: Option<u16>,
    pub(crate) replayed: bool,
    pub(crate) answer_lost: bool,
    pub(crate) fault: Option<Fault>,
    pub(crate) latency_ms: u64,
}

impl RequestLog {
    pub(crate) fn record(&mut self, request: LoggedRequest) {
        if self.requests.len() == KEPT {
            self.requests.pop_front();
            self.dropped += 1;
        }
        self.requests.push_back(request);
    }
}

fn decoded<S: Serializer>(parameters: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
    form::decode(parameters).serialize(serializer)
}
