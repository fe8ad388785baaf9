//! What a message of a queue is, before anything of it is parsed.

use broker::{Name, Properties};
use bytes::Bytes;
use domain::{RunKind, WorkspaceId};
use engine::Delivered;
use mail::Format;

use crate::incoming::{RUN_HEADER, WORKSPACE_HEADER};

/// What a producer says of the form of a mail.
pub(crate) const FORMAT_HEADER: &str = "postill-format";

/// A message, and the queue of mail that it came by.
pub(crate) struct Message<'a> {
    pub(crate) properties: &'a Properties,
    pub(crate) body: &'a Bytes,
    pub(crate) queue: &'a Name,
}

/// What came, for whom, and in which kind of run: mail from the replay queue is history, whatever it says of itself.
pub(crate) fn delivered(message: &Message<'_>, default: &WorkspaceId, replay: &Name) -> Delivered {
    let Message { properties, body, queue } = message;
    let workspace = properties
        .text(WORKSPACE_HEADER)
        .and_then(|text| text.parse().ok())
        .unwrap_or_else(|| default.clone());
    let said = properties.text(RUN_HEADER).and_then(|text| text.parse().ok()).unwrap_or(RunKind::Live);
    let run = if *queue == replay { RunKind::Replay } else { said };
    let body = Bytes::clone(body);
    let mut delivered = Delivered::new(body, properties.content_type.as_deref(), workspace, run);
    if let Some(name) = properties.text(FORMAT_HEADER) {
        delivered.format = Format::named(name);
    }
    delivered.traceparent = properties.traceparent().map(str::to_owned);
    delivered.correlation = correlation(properties).map(str::to_owned);
    delivered
}

/// What every draft about a message is known by: the message's own id, or else what it named itself.
pub(crate) fn correlation(properties: &Properties) -> Option<&str> {
    properties.message_id.as_deref().or(properties.correlation_id.as_deref())
}
