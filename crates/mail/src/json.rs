//! Mail as JSON, `postill.mail.v1`.
//!
//! Without `raw` there is no proof of how many From fields the message had, nor that its headers stand as they came in: results
//! among them are not read, and the most such a mail can reach is what a trusted producer's `auth` says.

use domain::inbound::{InboundMail, JmapAddress, JmapPart};
use domain::mail::{Flag, Refusal};
use domain::{EmailAddress, WorkspaceId};
use serde::de::DeserializeOwned;

use crate::fingerprint::{self, Identity};
use crate::headers::{Field, Headers};
use crate::limits::Limits;
use crate::mime::{self, Body};
use crate::read::{Letter, clean_id, thread};
use crate::sender;
use crate::unreadable::Unreadable;

/// Parses a document, ours or a provider's. How deep it may nest is bounded by the parser.
pub(crate) fn document<T: DeserializeOwned>(bytes: &[u8], limits: &Limits) -> Result<T, Unreadable> {
    let limit = limits.max_document_bytes();
    if bytes.len() > limit {
        return Err(Unreadable::TooLarge { bytes: bytes.len(), limit });
    }
    let mut document = serde_json::Deserializer::from_slice(bytes);
    let bad = |error: serde_path_to_error::Error<serde_json::Error>| {
        let path = error.path().to_string();
        let inner = error.into_inner();
        Unreadable::BadJson { path: shown_path(&path), line: inner.line(), column: inner.column() }
    };
    let parsed = serde_path_to_error::deserialize(&mut document).map_err(bad)?;
    document.end().map_err(|error| Unreadable::BadJson {
        path: "after the end".to_owned(),
        line: error.line(),
        column: error.column(),
    })?;
    Ok(parsed)
}

/// A path may hold a key that its writer chose: only the letters of property names are shown.
fn shown_path(path: &str) -> String {
    path.chars().filter(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '[' | ']')).take(80).collect()
}

/// Takes a mail without `raw` for what it says.
pub(crate) fn letter<'a>(inbound: &'a InboundMail, workspace: &WorkspaceId, limits: &Limits) -> Letter<'a> {
    let headers = headers(inbound);
    let sender = sender_of(inbound, &headers);
    let text = inbound.text.clone().unwrap_or_else(|| parts(inbound, inbound.text_body.as_deref()));
    let html = inbound.html.clone().unwrap_or_else(|| parts(inbound, inbound.html_body.as_deref()));
    let message_id = inbound.message_id.as_ref().and_then(|ids| ids.first()).cloned().unwrap_or_default();
    let date = inbound.sent_at.map(|sent| sent.to_string()).unwrap_or_default();
    let subject = inbound.subject.clone().unwrap_or_default();
    let fingerprint = fingerprint::of(&Identity {
        workspace,
        sender: &sender,
        message_id: message_id.as_bytes(),
        date: date.as_bytes(),
        subject: subject.as_bytes(),
        body: if text.trim().is_empty() { html.as_bytes() } else { text.as_bytes() },
    });
    let clean = |ids: &Option<Vec<String>>| ids.iter().flatten().filter_map(|id| clean_id(id)).collect();
    Letter {
        results_are_raw: false,
        name: inbound.from.iter().flatten().next().and_then(|from| from.name.clone()),
        flags: sender.as_ref().map_or_else(|_refusal| Vec::new(), |sender| other_addresses(inbound, sender)),
        message_id: clean_id(&message_id),
        references: thread(clean(&inbound.references), clean(&inbound.in_reply_to)),
        body: body(&text, &html, limits),
        sent_at: inbound.sent_at,
        headers,
        sender,
        subject,
        fingerprint,
    }
}

fn headers(inbound: &InboundMail) -> Headers<'_> {
    let fields = inbound.headers.iter().flatten().map(|header| Field {
        name: header.name.trim(),
        value: header.value.as_bytes(),
        has_space_before_colon: false,
    });
    Headers::from_fields(fields.collect())
}

/// The same refusals as for a raw message. Where the headers are given, they must name the same mailbox.
fn sender_of(inbound: &InboundMail, headers: &Headers<'_>) -> Result<EmailAddress, Refusal> {
    let from = match inbound.from.as_deref() {
        None | Some([]) => return Err(Refusal::NoFrom),
        Some([from]) => from,
        Some(_) => return Err(Refusal::SeveralMailboxes),
    };
    let address = sender::address(from.email.trim())?;
    if headers.has("From") {
        let in_headers = sender::from_headers(headers)?;
        if in_headers.address != address {
            return Err(Refusal::MalformedHeader);
        }
    }
    Ok(address)
}

fn other_addresses(inbound: &InboundMail, sender: &EmailAddress) -> Vec<Flag> {
    let names_other = |addresses: &Option<Vec<JmapAddress>>| {
        addresses.iter().flatten().any(|address| !sender.is_same_mailbox(&address.email))
    };
    let mut flags = Vec::new();
    if names_other(&inbound.reply_to) {
        flags.push(Flag::ReplyToDiffers);
    }
    if names_other(&inbound.sender) {
        flags.push(Flag::SenderDiffers);
    }
    flags
}

fn parts(inbound: &InboundMail, parts: Option<&[JmapPart]>) -> String {
    let values = inbound.body_values.as_ref();
    let texts = parts.unwrap_or_default().iter().filter_map(|part| values?.get(&part.part_id));
    texts.map(|part| part.value.as_str()).collect::<Vec<_>>().join("\n")
}

fn body(text: &str, html: &str, limits: &Limits) -> Body {
    let mut body = Body::default();
    if text.trim().is_empty() {
        mime::push_html(&mut body, html, limits);
    } else {
        mime::push_part(&mut body, text, limits.max_text_bytes);
    }
    body
}
