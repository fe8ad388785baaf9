//! What goes through RabbitMQ, as an AsyncAPI document: <https://www.asyncapi.com/docs/reference/specification/v3.0.0>. It refers to the JSON Schemas
//! beside it.

use broker::{Name, Names};
use domain::RunKind;
use serde_json::{Value, json};

use crate::dead_queue::{QUEUE_HEADER, REASON_HEADER, SENTENCE_HEADER};
use crate::delivered::FORMAT_HEADER;
use crate::incoming::{RUN_HEADER, WORKSPACE_HEADER};

/// The name of its file, without the ending.
pub(super) const NAME: &str = "asyncapi";
/// Of the bindings of AMQP.
const BINDINGS: &str = "0.3.0";

/// The document for queues of these names.
pub(super) fn document(names: &Names) -> Value {
    json!({
        "asyncapi": "3.0.0",
        "info": {
            "title": "postill",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "Mail comes in, the context for a reply goes out. The names are those of the default prefix; `amqp.prefix` sets another. Within a \
                            version of a message fields are only added: whoever reads one has to pass over what it does not know.",
            "license": { "name": env!("CARGO_PKG_LICENSE") },
        },
        "defaultContentType": "application/json",
        "servers": {
            "rabbitmq": { "host": "localhost:5672", "protocol": "amqp", "protocolVersion": "0.9.1", "description": "RabbitMQ 3.10 to 4.x" },
        },
        "channels": channels(names),
        "operations": operations(),
        "components": { "messages": messages() },
    })
}

fn channels(names: &Names) -> Value {
    json!({
        "incoming": channel(
            exchange(&names.in_exchange),
            "Where mail and decisions are published. With the routing key `mail` or `mail.…` as live mail, `replay` or `replay.…` as history, for which nothing \
             is changed at Stripe, `approval` or `approval.…` as a decision.",
            &["raw", "mail", "decision"],
        ),
        "drafts": channel(
            exchange(&names.out_exchange),
            "Where drafts are published, with the workspace and the outcome as routing key: `default.answered`. Bind queues of your own.",
            &["draft"],
        ),
        "all_drafts": channel(
            queue(&names.drafts),
            "Every draft, until somebody takes it. At least once: the same draft has the same id.",
            &["draft"],
        ),
        "dead": channel(
            queue(&names.dead),
            "What could not be worked on, as it came, with the reason in its headers. `postill dead` looks through it, puts back and drops.",
            &["dead"],
        ),
    })
}

fn channel((address, bindings): (&str, Value), description: &str, messages: &[&str]) -> Value {
    let messages: serde_json::Map<_, _> = messages
        .iter()
        .map(|name| ((*name).to_owned(), to(&format!("components/messages/{name}"))))
        .collect();
    json!({ "address": address, "description": description, "messages": messages, "bindings": { "amqp": bindings } })
}

fn exchange(name: &Name) -> (&str, Value) {
    let exchange = json!({ "name": name.as_str(), "type": "topic", "durable": true, "autoDelete": false });
    (name.as_str(), json!({ "is": "routingKey", "exchange": exchange, "bindingVersion": BINDINGS }))
}

fn queue(name: &Name) -> (&str, Value) {
    let queue = json!({ "name": name.as_str(), "durable": true, "exclusive": false, "autoDelete": false });
    (name.as_str(), json!({ "is": "queue", "queue": queue, "bindingVersion": BINDINGS }))
}

fn operations() -> Value {
    let operation = |action: &str, channel: &str, summary: &str| json!({ "action": action, "channel": to(&format!("channels/{channel}")), "summary": summary });
    json!({
        "take": operation("receive", "incoming", "Mail is answered with one draft, decisions are carried out and followed by a later draft of their mail."),
        "draft": operation("send", "drafts", "One for each mail, whatever comes of it, and one more when that changes."),
        "bury": operation("send", "dead", "Mail that nothing will mend by itself."),
    })
}

fn messages() -> Value {
    let trace = "The W3C trace context. It goes on into the draft and its headers.";
    let workspace = "Whose mail it is; the workspace of the setting `workspace` when absent.";
    let runs: Vec<&str> = [RunKind::Live, RunKind::Replay, RunKind::Load].map(RunKind::as_str).to_vec();
    let of_mail = json!({
        WORKSPACE_HEADER: text(workspace),
        RUN_HEADER: { "type": "string", "enum": runs, "description": "In which kind of run it is read; live when absent. What comes by the replay queue is history." },
        FORMAT_HEADER: text("The form of the mail, where the content type does not tell it."),
        "traceparent": text(trace),
    });
    json!({
        "raw": {
            "name": "message/rfc822",
            "title": "A mail as it came",
            "summary": "The whole message, byte for byte: signatures and Authentication-Results are read from it.",
            "contentType": "message/rfc822",
            "headers": { "type": "object", "properties": of_mail },
            "payload": { "type": "string", "format": "binary", "description": "A message of RFC 5322." },
        },
        "mail": {
            "name": "postill.mail.v1",
            "title": "A mail as JSON",
            "summary": "For those who have parsed it already.",
            "contentType": "application/json",
            "headers": { "type": "object", "properties": of_mail },
            "payload": to_schema("postill.mail.v1"),
        },
        "decision": {
            "name": "postill.approval_decision.v1",
            "title": "A decision about what waits for a person",
            "summary": "Whoever may publish it is believed.",
            "contentType": "application/json",
            "payload": to_schema("postill.approval_decision.v1"),
        },
        "draft": {
            "name": domain::draft::EVENT_TYPE,
            "title": "The context of a draft reply",
            "summary": "A CloudEvent. Its message id is the event's id, its correlation id the message id of the mail.",
            "contentType": domain::draft::CONTENT_TYPE,
            "headers": { "type": "object", "properties": { "traceparent": text(trace) } },
            "payload": to_schema("postill.draft_context.v1"),
        },
        "dead": {
            "name": "dead",
            "title": "A message that could not be worked on",
            "summary": "Its body and properties are those it came with.",
            "headers": { "type": "object", "properties": {
                REASON_HEADER: text("A stable code."),
                SENTENCE_HEADER: text("The same as a sentence."),
                QUEUE_HEADER: text("The queue it came from."),
                WORKSPACE_HEADER: text(workspace),
            } },
            "payload": { "type": "string", "format": "binary", "description": "As it came." },
        },
    })
}

fn text(description: &str) -> Value {
    json!({ "type": "string", "description": description })
}

fn to(place: &str) -> Value {
    json!({ "$ref": format!("#/{place}") })
}

fn to_schema(name: &str) -> Value {
    json!({ "$ref": format!("./{name}.json") })
}
