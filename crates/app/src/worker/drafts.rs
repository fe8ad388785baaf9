//! The message that a draft travels in, a mail's first as well as those that follow it.

use broker::{Destination, HeaderValue, Outgoing, Properties};
use domain::draft::{CONTENT_TYPE, EVENT_TYPE};
use engine::Draft;

/// `draft`, known by the correlation of its mail, with the headers by which the mail is traced.
pub(super) fn message(
    draft: Draft,
    correlation_id: Option<String>,
    trace: impl IntoIterator<Item = (String, HeaderValue)>,
) -> Outgoing {
    let properties = Properties {
        content_type: Some(CONTENT_TYPE.to_owned()),
        correlation_id,
        kind: Some(EVENT_TYPE.to_owned()),
        message_id: Some(draft.id),
        headers: trace.into_iter().collect(),
        ..Properties::default()
    };
    let routing_key = format!("{}.{}", draft.workspace, draft.outcome.as_str());
    Outgoing { destination: Destination::Draft { routing_key }, properties, body: draft.body.into() }
}

/// The outcome that a draft's routing key tells.
pub(crate) fn outcome_told(routing_key: &str) -> &str {
    routing_key.rsplit('.').next().unwrap_or_default()
}
