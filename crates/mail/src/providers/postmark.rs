//! Postmark's inbound webhook.
//!
//! One JSON document a mail: `FromFull` (`Email`, `Name`), `ReplyTo`, `Subject`, `Date`, `TextBody`, `HtmlBody`, `Headers` (`Name`,
//! `Value`), and `RawEmail`, the whole message as text, where the server is set to include it. `MessageID` is Postmark's own number, not
//! the header's. Source: <https://postmarkapp.com/developer/webhooks/inbound-webhook>.
//!
//! No verdict is taken over. What Postmark found stands among the message's own headers (`Received-SPF`, `X-Spam-Tests`), where a sender
//! can write fields of the same names, and the document does not say which are whose. SPF is besides of the envelope, not of From.
//! Senders can be authenticated by `Authentication-Results` of a server in front of Postmark, with `RawEmail` only.

use domain::inbound::{InboundMail, JmapAddress, JmapHeader};
use serde::Deserialize;

use crate::json;
use crate::limits::Limits;
use crate::providers;
use crate::read::sent_at;
use crate::unreadable::Unreadable;

/// Reads one document.
pub(crate) fn read(body: &[u8], limits: &Limits) -> Result<InboundMail, Unreadable> {
    let document: Document = json::document(body, limits)?;
    if let Some(raw) = document.raw_email.filter(|raw| !raw.is_empty()) {
        return Ok(providers::raw(raw.as_bytes()));
    }
    let from = document.from_full.ok_or(Unreadable::Missing { path: "FromFull" })?;
    let headers = document.headers.ok_or(Unreadable::Missing { path: "Headers" })?;
    let headers: Vec<JmapHeader> =
        headers.into_iter().map(|header| JmapHeader { name: header.name, value: header.value }).collect();
    let ids = |name: &str| providers::ids(&headers, name);
    Ok(InboundMail {
        from: Some(vec![JmapAddress { name: from.name, email: from.email }]),
        reply_to: providers::mailboxes(document.reply_to.as_deref()),
        message_id: ids("Message-ID"),
        in_reply_to: ids("In-Reply-To"),
        references: ids("References"),
        subject: document.subject,
        sent_at: document.date.as_deref().and_then(sent_at),
        text: document.text_body,
        html: document.html_body,
        headers: Some(headers),
        ..InboundMail::default()
    })
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Document {
    from_full: Option<Address>,
    reply_to: Option<String>,
    subject: Option<String>,
    date: Option<String>,
    text_body: Option<String>,
    html_body: Option<String>,
    headers: Option<Vec<Header>>,
    raw_email: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Address {
    email: String,
    name: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Header {
    name: String,
    value: String,
}
