//! A message as the Rust crate mail-parser reads it, serialized with its feature `serde`.
//!
//! `parts` holds every part; the first is the message itself. A part has `headers` (`name`, in snake case, or `{"other": …}`, and `value`,
//! tagged with what it is: `{"Address": {"List": […]}}`, `{"Text": …}`, …) and a `body` tagged the same way. `text_body` and `html_body`
//! are numbers of parts. The raw message is left out of it. Source: <https://docs.rs/mail-parser/0.11/mail_parser/struct.Message.html>.
//!
//! There is no verdict, and there cannot be one: how that crate reads From is not safe against a hostile sender (it takes `Fr om` for a From
//! field), so such a mail has no more authority than its text. Several From fields or mailboxes, and groups, are refused as ever. Post the
//! raw message to be able to believe a sender.

use std::collections::BTreeSet;

use domain::Timestamp;
use domain::inbound::{InboundMail, JmapAddress, JmapHeader};
use jiff::civil;
use jiff::tz::Offset;
use serde::Deserialize;

use crate::json;
use crate::limits::Limits;
use crate::unreadable::Unreadable;

/// Reads one document.
pub(crate) fn read(body: &[u8], limits: &Limits) -> Result<InboundMail, Unreadable> {
    let document: Document = json::document(body, limits)?;
    let message = document.parts.first().ok_or(Unreadable::Missing { path: "parts[0]" })?;
    Ok(InboundMail {
        from: Some(message.addresses("from")),
        sender: Some(message.addresses("sender")),
        reply_to: Some(message.addresses("reply-to")),
        message_id: Some(message.texts("message-id")),
        in_reply_to: Some(message.texts("in-reply-to")),
        references: Some(message.texts("references")),
        subject: message.texts("subject").into_iter().next(),
        sent_at: message.values("date").find_map(Value::time),
        headers: Some(message.plain_headers()),
        text: Some(document.body(&document.text_body, |body| body.text.as_deref())),
        html: Some(document.body(&document.html_body, |body| body.html.as_deref())),
        ..InboundMail::default()
    })
}

#[derive(Deserialize)]
struct Document {
    #[serde(default)]
    text_body: Vec<usize>,
    #[serde(default)]
    html_body: Vec<usize>,
    #[serde(default)]
    parts: Vec<Part>,
}

#[derive(Deserialize)]
struct Part {
    #[serde(default)]
    headers: Vec<Header>,
    #[serde(default)]
    body: Body,
}

/// Of what a body can be, only text is of use; a nested message or an attachment is passed over.
#[derive(Deserialize, Default)]
struct Body {
    #[serde(rename = "Text")]
    text: Option<String>,
    #[serde(rename = "Html")]
    html: Option<String>,
}

#[derive(Deserialize)]
struct Header {
    name: Name,
    value: Value,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Name {
    Known(String),
    Other { other: String },
}

/// What a field was read as. Of the kinds that are of no use here, only that they are known.
#[derive(Deserialize)]
enum Value {
    Address(Addresses),
    Text(String),
    TextList(Vec<String>),
    DateTime(DateTime),
    ContentType {},
    Received {},
    Empty,
}

#[derive(Deserialize)]
enum Addresses {
    List(Vec<Address>),
    Group(Vec<Address>),
}

/// Also a group, which has no address of its own.
#[derive(Deserialize)]
struct Address {
    name: Option<String>,
    #[serde(default)]
    address: Option<String>,
}

#[derive(Deserialize)]
struct DateTime {
    year: i16,
    month: i8,
    day: i8,
    hour: i8,
    minute: i8,
    second: i8,
    tz_before_gmt: bool,
    tz_hour: i32,
    tz_minute: i32,
}

impl Document {
    fn body<'a>(&'a self, numbers: &[usize], text: impl Fn(&'a Body) -> Option<&'a str>) -> String {
        // A number that comes twice would be a way to make much text of little.
        let mut seen = BTreeSet::new();
        let parts = numbers.iter().filter(|number| seen.insert(**number));
        let texts = parts.filter_map(|number| text(&self.parts.get(*number)?.body));
        texts.collect::<Vec<_>>().join("\n")
    }
}

impl Part {
    fn values<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Value> {
        self.headers.iter().filter(move |header| header.name.plain() == name).map(|header| &header.value)
    }

    fn addresses(&self, name: &str) -> Vec<JmapAddress> {
        let address = |found: &Address| JmapAddress {
            name: found.name.clone(),
            email: found.address.clone().unwrap_or_default(),
        };
        self.values(name).flat_map(Value::addresses).map(address).collect()
    }

    fn texts(&self, name: &str) -> Vec<String> {
        self.values(name).flat_map(Value::texts).collect()
    }

    /// The fields that hold text, for what they say of loops and lists. Of the others it counts that they are there.
    fn plain_headers(&self) -> Vec<JmapHeader> {
        let fields = self.headers.iter().map(|header| (header.name.plain(), header.value.texts().join(" ")));
        // From is judged by its addresses, which this would only repeat.
        let fields = fields.filter(|(name, _)| name != "from");
        fields.map(|(name, value)| JmapHeader { name, value }).collect()
    }
}

impl Name {
    /// As in a message, in lower case: `reply_to` is `reply-to`.
    fn plain(&self) -> String {
        match self {
            Self::Known(name) => name.replace('_', "-"),
            Self::Other { other } => other.to_ascii_lowercase(),
        }
    }
}

impl Value {
    fn addresses(&self) -> &[Address] {
        match self {
            Self::Address(Addresses::List(list) | Addresses::Group(list)) => list,
            Self::Text(_) | Self::TextList(_) | Self::DateTime(_) => &[],
            Self::ContentType {} | Self::Received {} | Self::Empty => &[],
        }
    }

    fn texts(&self) -> Vec<String> {
        match self {
            Self::Text(text) => vec![text.clone()],
            Self::TextList(list) => list.clone(),
            Self::Address(_) | Self::DateTime(_) => Vec::new(),
            Self::ContentType {} | Self::Received {} | Self::Empty => Vec::new(),
        }
    }

    fn time(&self) -> Option<Timestamp> {
        match self {
            Self::DateTime(date) => date.timestamp(),
            Self::Address(_) | Self::Text(_) | Self::TextList(_) => None,
            Self::ContentType {} | Self::Received {} | Self::Empty => None,
        }
    }
}

impl DateTime {
    fn timestamp(&self) -> Option<Timestamp> {
        let seconds = self.tz_hour.checked_mul(60)?.checked_add(self.tz_minute)?.checked_mul(60)?;
        let offset = Offset::from_seconds(if self.tz_before_gmt { -seconds } else { seconds }).ok()?;
        let local =
            civil::DateTime::new(self.year, self.month, self.day, self.hour, self.minute, self.second, 0);
        offset.to_timestamp(local.ok()?).ok()
    }
}
