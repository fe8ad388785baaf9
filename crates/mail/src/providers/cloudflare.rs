//! Cloudflare Email Workers, by way of postal-mime.
//!
//! A Worker is given the raw message as a stream, and is the operator's own code. Best it posts that stream as `message/rfc822`. What
//! `PostalMime.parse` returns is read as well: `from` (`name`, `address`), `replyTo`, `subject`, `messageId`, `inReplyTo`, `references`,
//! `date`, `text`, `html`, and `headers` (`key`, `value`); beside it the Worker may put `raw`, the message in base64, which then counts alone.
//! `message.from` of the Worker is the envelope and not part of it.
//! Sources: <https://developers.cloudflare.com/email-routing/email-workers/runtime-api/>, <https://github.com/postalsys/postal-mime>.
//!
//! There is no verdict: postal-mime has none, and the results among its headers have lost their place in the message. With the raw message,
//! Cloudflare's own `Authentication-Results` are read when its name stands among the trusted verifiers.

use domain::Timestamp;
use domain::inbound::{InboundMail, JmapAddress, JmapHeader};
use serde::Deserialize;

use crate::json;
use crate::limits::Limits;
use crate::providers;
use crate::unreadable::Unreadable;

/// Reads one document.
pub(crate) fn read(body: &[u8], limits: &Limits) -> Result<InboundMail, Unreadable> {
    let document: Document = json::document(body, limits)?;
    if document.raw.is_some() {
        return Ok(InboundMail { raw: document.raw, ..InboundMail::default() });
    }
    let from = document.from.ok_or(Unreadable::Missing { path: "from" })?;
    let headers = document.headers.ok_or(Unreadable::Missing { path: "headers" })?;
    let headers: Vec<JmapHeader> =
        headers.into_iter().map(|header| JmapHeader { name: header.key, value: header.value }).collect();
    Ok(InboundMail {
        from: Some(vec![from.into()]),
        sender: document.sender.map(|sender| vec![sender.into()]),
        reply_to: document.reply_to.map(|addresses| addresses.into_iter().map(Into::into).collect()),
        message_id: document.message_id.map(|id| vec![id]),
        in_reply_to: document.in_reply_to.as_deref().map(providers::ids_in),
        references: document.references.as_deref().map(providers::ids_in),
        subject: document.subject,
        sent_at: document.date.and_then(|date| date.parse::<Timestamp>().ok()),
        text: document.text,
        html: document.html,
        headers: Some(headers),
        ..InboundMail::default()
    })
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Document {
    raw: Option<String>,
    from: Option<Address>,
    sender: Option<Address>,
    reply_to: Option<Vec<Address>>,
    message_id: Option<String>,
    in_reply_to: Option<String>,
    references: Option<String>,
    subject: Option<String>,
    date: Option<String>,
    text: Option<String>,
    html: Option<String>,
    headers: Option<Vec<Header>>,
}

/// A group has a name and members, and no address of its own.
#[derive(Deserialize)]
struct Address {
    name: Option<String>,
    #[serde(default)]
    address: String,
}

impl From<Address> for JmapAddress {
    fn from(address: Address) -> Self {
        Self { name: address.name, email: address.address }
    }
}

#[derive(Deserialize)]
struct Header {
    key: String,
    value: String,
}
