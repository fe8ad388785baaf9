use std::collections::BTreeMap;

use bytes::Bytes;
use lapin::BasicProperties;
use lapin::types::{AMQPValue, FieldTable, LongString, ShortString};

use crate::config::{Config, step_name};
use crate::name::Name;
use crate::publisher::PublishError;

/// A message to be stored by the broker: persistent, routed to at least one queue, confirmed.
#[derive(Clone)]
pub struct Outgoing {
    /// Where it goes.
    pub destination: Destination,
    /// What goes with it.
    pub properties: Properties,
    /// Its bytes; shared, not copied, until they are written.
    pub body: Bytes,
}

/// Where a message goes; the names behind are those of [`Names`](crate::Names).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Destination {
    /// To the exchange of drafts, for whoever bound a queue to such keys, and for the queue of all drafts.
    Draft {
        /// Words separated by dots, for bindings to choose by.
        routing_key: String,
    },
    /// Into the queue of live mails.
    Mail,
    /// Into the queue of replayed mails.
    Replay,
    /// Into a retry queue, and after its delay back to where it came from.
    Retry {
        /// Which delay of [`Config::ladder`], from 0; the last one for every step beyond.
        step: usize,
        /// The queue it came from, [`Delivery::queue`](crate::Delivery::queue).
        back_to: Name,
    },
    /// Into the dead queue. Say why in headers.
    Dead,
    /// Straight into a queue, as when a dead mail is put back.
    Queue(Name),
}

/// What goes with a body. Texts but for headers are at most 255 bytes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Properties {
    /// MIME type of the body.
    pub content_type: Option<String>,
    /// What tells copies of one message.
    pub message_id: Option<String>,
    /// What it answers or belongs to.
    pub correlation_id: Option<String>,
    /// When it was made, in seconds since 1970.
    pub timestamp: Option<u64>,
    /// What kind of message it is (`type` in AMQP).
    pub kind: Option<String>,
    /// The rest; W3C trace context travels here, as `traceparent` and `tracestate`.
    pub headers: Headers,
}

/// Headers by name. On the way out `x-…`, `CC` and `BCC` are left out: they are the broker's own, tell what happened
/// to another copy, or would route to further queues.
pub type Headers = BTreeMap<String, HeaderValue>;

/// A header's value. Headers of other kinds (tables, arrays, fractions, texts that are not UTF-8) are left out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HeaderValue {
    /// Text.
    Text(String),
    /// A whole number, or a time in seconds since 1970.
    Integer(i64),
    /// Yes or no.
    Flag(bool),
}

impl Properties {
    /// Whether the message has been in a retry queue.
    pub fn was_retried(&self) -> bool {
        self.headers.contains_key(RETRY_STEP)
    }

    /// The W3C trace parent, when it came with one.
    pub fn traceparent(&self) -> Option<&str> {
        self.text("traceparent")
    }

    /// A header's text; `None` when it is missing or no text.
    pub fn text(&self, header: &str) -> Option<&str> {
        match self.headers.get(header)? {
            HeaderValue::Text(text) => Some(text),
            HeaderValue::Integer(_) | HeaderValue::Flag(_) => None,
        }
    }

    pub(crate) fn read(wire: &BasicProperties) -> Self {
        let text = |field: &Option<ShortString>| field.as_ref().map(|text| text.as_str().to_owned());
        Self {
            content_type: text(wire.content_type()),
            message_id: text(wire.message_id()),
            correlation_id: text(wire.correlation_id()),
            timestamp: *wire.timestamp(),
            kind: text(wire.kind()),
            headers: wire.headers().as_ref().map(read_headers).unwrap_or_default(),
        }
    }

    fn write(&self) -> Result<BasicProperties, PublishError> {
        let mut wire = BasicProperties::default().with_delivery_mode(PERSISTENT);
        if let Some(text) = &self.content_type {
            wire = wire.with_content_type(short("content_type", text)?);
        }
        if let Some(text) = &self.message_id {
            wire = wire.with_message_id(short("message_id", text)?);
        }
        if let Some(text) = &self.correlation_id {
            wire = wire.with_correlation_id(short("correlation_id", text)?);
        }
        if let Some(text) = &self.kind {
            wire = wire.with_type(short("type", text)?);
        }
        if let Some(seconds) = self.timestamp {
            wire = wire.with_timestamp(seconds);
        }
        Ok(wire)
    }
}

/// Written to disk by the broker before it confirms.
const PERSISTENT: u8 = 2;

/// The header the retry exchange routes by.
pub(crate) const RETRY_STEP: &str = "postill-retry-step";

/// All properties travel in one frame, of 128 KiB on a broker that was left as it is.
const LARGEST_HEADERS: usize = 64 * 1024;

/// A message as lapin takes it.
pub(crate) struct Envelope {
    pub(crate) exchange: ShortString,
    pub(crate) routing_key: ShortString,
    pub(crate) properties: BasicProperties,
    pub(crate) body: Bytes,
}

impl Envelope {
    /// `Err` for what the broker would answer by closing a channel or a connection that others use.
    pub(crate) fn seal(outgoing: Outgoing, config: &Config) -> Result<Self, PublishError> {
        let Outgoing { destination, properties, body } = outgoing;
        if body.len() > config.max_message_bytes {
            return Err(PublishError::TooLarge { bytes: body.len(), limit: config.max_message_bytes });
        }
        let names = &config.names;
        let wire = properties.write()?;
        let mut headers = write_headers(&properties.headers)?;
        let (exchange, routing_key) = match destination {
            Destination::Draft { routing_key } => {
                (names.out_exchange.short(), short("routing_key", &routing_key)?)
            }
            Destination::Mail => (ShortString::default(), names.mail.short()),
            Destination::Replay => (ShortString::default(), names.replay.short()),
            Destination::Dead => (ShortString::default(), names.dead.short()),
            Destination::Queue(name) => (ShortString::default(), name.short()),
            Destination::Retry { step, back_to } => {
                let step = config.step(step).map(step_name).unwrap_or_default();
                headers.insert(RETRY_STEP.into(), AMQPValue::LongString(step.into()));
                (names.retry.short(), back_to.short())
            }
        };
        Ok(Self { exchange, routing_key, properties: wire.with_headers(headers), body })
    }

    pub(crate) fn unroutable(&self) -> PublishError {
        PublishError::Unroutable {
            exchange: self.exchange.to_string(),
            routing_key: self.routing_key.to_string(),
        }
    }
}

fn read_headers(table: &FieldTable) -> Headers {
    let read =
        |(name, value): (&ShortString, &AMQPValue)| Some((name.as_str().to_owned(), read_header(value)?));
    table.into_iter().filter_map(read).collect()
}

fn read_header(value: &AMQPValue) -> Option<HeaderValue> {
    match value {
        AMQPValue::LongString(text) => read_text(text),
        AMQPValue::ShortString(text) => Some(HeaderValue::Text(text.as_str().to_owned())),
        AMQPValue::Boolean(flag) => Some(HeaderValue::Flag(*flag)),
        AMQPValue::ShortShortInt(number) => Some(HeaderValue::Integer((*number).into())),
        AMQPValue::ShortShortUInt(number) => Some(HeaderValue::Integer((*number).into())),
        AMQPValue::ShortInt(number) => Some(HeaderValue::Integer((*number).into())),
        AMQPValue::ShortUInt(number) => Some(HeaderValue::Integer((*number).into())),
        AMQPValue::LongInt(number) => Some(HeaderValue::Integer((*number).into())),
        AMQPValue::LongUInt(number) => Some(HeaderValue::Integer((*number).into())),
        AMQPValue::LongLongInt(number) => Some(HeaderValue::Integer(*number)),
        AMQPValue::Timestamp(seconds) => i64::try_from(*seconds).ok().map(HeaderValue::Integer),
        AMQPValue::Float(_)
        | AMQPValue::Double(_)
        | AMQPValue::DecimalValue(_)
        | AMQPValue::FieldArray(_)
        | AMQPValue::FieldTable(_)
        | AMQPValue::ByteArray(_)
        | AMQPValue::Void => None,
    }
}

fn read_text(text: &LongString) -> Option<HeaderValue> {
    std::str::from_utf8(text.as_bytes()).ok().map(|text| HeaderValue::Text(text.to_owned()))
}

fn write_headers(headers: &Headers) -> Result<FieldTable, PublishError> {
    let mut table = FieldTable::default();
    let mut bytes = 0;
    for (name, value) in headers.iter().filter(|(name, _)| is_carried_on(name)) {
        let value = match value {
            HeaderValue::Text(text) => AMQPValue::LongString(text.as_str().into()),
            HeaderValue::Integer(number) => AMQPValue::LongLongInt(*number),
            HeaderValue::Flag(flag) => AMQPValue::Boolean(*flag),
        };
        bytes += name.len() + value.as_long_string().map_or(8, LongString::len);
        table.insert(short("a header's name", name)?, value);
    }
    if bytes > LARGEST_HEADERS {
        return Err(PublishError::TextTooLong { field: "headers", bytes, limit: LARGEST_HEADERS });
    }
    Ok(table)
}

fn is_carried_on(header: &str) -> bool {
    !header.starts_with("x-") && header != "CC" && header != "BCC"
}

fn short(field: &'static str, text: &str) -> Result<ShortString, PublishError> {
    const LIMIT: usize = 255;
    ShortString::try_new(text).map_err(|_too_long| PublishError::TextTooLong {
        field,
        bytes: text.len(),
        limit: LIMIT,
    })
}

impl From<&str> for HeaderValue {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for HeaderValue {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<i64> for HeaderValue {
    fn from(number: i64) -> Self {
        Self::Integer(number)
    }
}

impl From<bool> for HeaderValue {
    fn from(flag: bool) -> Self {
        Self::Flag(flag)
    }
}

/// Bodies hold people's mail: only their length is shown.
impl std::fmt::Debug for Outgoing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Outgoing")
            .field("destination", &self.destination)
            .field("bytes", &self.body.len())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outgoing(destination: Destination, properties: Properties) -> Outgoing {
        Outgoing { destination, properties, body: Bytes::from_static(b"mail") }
    }

    fn sealed(destination: Destination, properties: Properties) -> Result<Envelope, PublishError> {
        Envelope::seal(outgoing(destination, properties), &Config::default())
    }

    #[test]
    fn properties_come_back_as_they_went_out() {
        let properties = Properties {
            content_type: Some("message/rfc822".to_owned()),
            message_id: Some("m-1".to_owned()),
            correlation_id: Some("c-1".to_owned()),
            timestamp: Some(1_700_000_000),
            kind: Some("postill.mail.v1".to_owned()),
            headers: Headers::from([
                ("traceparent".to_owned(), "00-4bf9-00f0-01".into()),
                ("attempts".to_owned(), 3.into()),
                ("replayed".to_owned(), true.into()),
            ]),
        };
        let envelope = sealed(Destination::Mail, properties.clone()).unwrap();
        assert_eq!(Properties::read(&envelope.properties), properties);
        assert_eq!(properties.traceparent(), Some("00-4bf9-00f0-01"));
    }

    #[test]
    fn headers_of_the_broker_are_not_carried_on() {
        let names = ["x-death", "x-delivery-count", "CC", "BCC", "kept"];
        let headers = names.map(|name| (name.to_owned(), HeaderValue::from("elsewhere"))).into();
        let envelope = sealed(Destination::Dead, Properties { headers, ..Properties::default() }).unwrap();
        let carried = Properties::read(&envelope.properties).headers;
        assert_eq!(carried.keys().collect::<Vec<_>>(), ["kept"]);
    }

    #[test]
    fn a_retry_names_its_step_and_the_queue_to_return_to() {
        let retry = Destination::Retry { step: 1, back_to: Config::default().names.replay };
        let envelope = sealed(retry, Properties::default()).unwrap();
        assert_eq!(envelope.routing_key.as_str(), "postill.replay");
        assert_eq!(Properties::read(&envelope.properties).text(RETRY_STEP), Some("1m"));
    }

    #[test]
    fn what_would_break_the_channel_for_others_is_refused_alone() {
        let long = Properties { message_id: Some("x".repeat(256)), ..Properties::default() };
        assert!(matches!(sealed(Destination::Mail, long), Err(PublishError::TextTooLong { bytes: 256, .. })));
        let headers = Headers::from([("subject".to_owned(), "x".repeat(70_000).into())]);
        let wide = Properties { headers, ..Properties::default() };
        assert!(matches!(
            sealed(Destination::Mail, wide),
            Err(PublishError::TextTooLong { field: "headers", .. })
        ));
        let config = Config { max_message_bytes: 3, ..Config::default() };
        let large = Envelope::seal(outgoing(Destination::Mail, Properties::default()), &config);
        assert!(matches!(large, Err(PublishError::TooLarge { bytes: 4, limit: 3 })));
    }

    #[test]
    fn debug_shows_no_body() {
        let shown = format!("{:?}", outgoing(Destination::Dead, Properties::default()));
        assert_eq!(shown, "Outgoing { destination: Dead, bytes: 4, .. }");
    }
}
