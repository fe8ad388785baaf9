//! Mail as the services hand it on that receive it for somebody: each one's document becomes the domain's own, so that everything
//! behind it reads one shape only.
//!
//! An adapter takes over three things and nothing else: the raw message where the service gives it, else what it read of the message,
//! and its verdict on the sender. A verdict is carried in `auth` and counts only where the operator trusts the producer
//! ([`crate::Trust::producers`]); it says at most what the service says in as many words. What is missing, in doubt, or could have
//! been written by the sender is no verdict. The envelope's sender is never the identity, and `Reply-To` is never used.
//!
//! Nothing here reads results out of headers: with the raw message, `Authentication-Results` are judged as in any other
//! ([`crate::Trust::authserv_ids`]).

pub mod cloudflare;
pub mod form;
pub mod mail_parser;
pub mod mailgun;
pub mod postmark;
pub mod sendgrid;
pub mod ses;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use domain::inbound::{InboundMail, JmapAddress, JmapHeader};

use crate::limits::Limits;
use crate::sender;
use crate::unreadable::Unreadable;

/// A service, or a program, whose documents are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Provider {
    /// Amazon SES through SNS.
    Ses,
    /// Postmark's inbound webhook.
    Postmark,
    /// Mailgun's routes.
    Mailgun,
    /// `SendGrid`'s Inbound Parse.
    Sendgrid,
    /// Cloudflare Email Workers, by way of postal-mime.
    Cloudflare,
    /// The Rust crate mail-parser, serialized.
    MailParser,
}

impl Provider {
    /// Every one there is.
    pub const ALL: [Self; 6] =
        [Self::Ses, Self::Postmark, Self::Mailgun, Self::Sendgrid, Self::Cloudflare, Self::MailParser];

    /// The stable name: of the format, in a URL, and of the producer in `mail.trusted_producers`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ses => "ses",
            Self::Postmark => "postmark",
            Self::Mailgun => "mailgun",
            Self::Sendgrid => "sendgrid",
            Self::Cloudflare => "cloudflare",
            Self::MailParser => "mail-parser",
        }
    }

    /// The provider of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|provider| provider.as_str() == name)
    }
}

/// Reads one document. What holds no message, such as a reference to where it is stored, is an error here; [`ses::notice`] tells
/// those apart for callers that can do something about them.
pub fn read(provider: Provider, body: &[u8], limits: &Limits) -> Result<InboundMail, Unreadable> {
    match provider {
        Provider::Ses => ses::read(body, limits),
        Provider::Postmark => postmark::read(body, limits),
        Provider::Mailgun => mailgun::read(body, limits),
        Provider::Sendgrid => sendgrid::read(body, limits),
        Provider::Cloudflare => cloudflare::read(body, limits),
        Provider::MailParser => mail_parser::read(body, limits),
    }
}

/// A mail of which the raw message is known.
fn raw(message: &[u8]) -> InboundMail {
    InboundMail { raw: Some(STANDARD.encode(message)), ..InboundMail::default() }
}

/// The value of an address field. One that cannot be read as a single mailbox stays whole: it is refused later, with the reason.
fn mailbox(value: &str) -> JmapAddress {
    match sender::mailbox(value.as_bytes()) {
        Ok(mailbox) => {
            let name = Some(mailbox.encoded_name).filter(|name| !name.is_empty());
            JmapAddress { name, email: mailbox.address.as_str().to_owned() }
        }
        Err(_refusal) => JmapAddress { name: None, email: value.to_owned() },
    }
}

/// The same for a field that may be missing or empty.
fn mailboxes(value: Option<&str>) -> Option<Vec<JmapAddress>> {
    let value = value.map(str::trim).filter(|value| !value.is_empty())?;
    Some(vec![mailbox(value)])
}

/// The value of the first field of that name.
fn value<'a>(headers: &'a [JmapHeader], name: &str) -> Option<&'a str> {
    headers
        .iter()
        .find(|header| header.name.trim().eq_ignore_ascii_case(name))
        .map(|header| header.value.as_str())
}

/// The Message-IDs in the first field of that name.
fn ids(headers: &[JmapHeader], name: &str) -> Option<Vec<String>> {
    value(headers, name).map(ids_in)
}

fn ids_in(value: &str) -> Vec<String> {
    value.split_whitespace().map(str::to_owned).collect()
}
