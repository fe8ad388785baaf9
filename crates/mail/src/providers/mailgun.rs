//! Mailgun's routes.
//!
//! `forward()` posts a form, as `multipart/form-data` or urlencoded. To a URL that ends with `mime` it holds `body-mime`, the raw
//! message; to any other it holds `from`, `subject`, `body-plain`, `body-html` and `message-headers`, a JSON list of name and value in the
//! message's order. `sender` and `recipient` are the envelope. `timestamp`, `token` and `signature` are the proof that Mailgun posted it.
//! Source: <https://documentation.mailgun.com/docs/mailgun/user-manual/receive-forward-store/receive-http>.
//!
//! No verdict is taken over: Mailgun tells of SPF and DKIM in headers of the message (`X-Mailgun-Spf`, `X-Mailgun-Dkim-Check-Result`), which
//! do not name the domain that passed, and whose names a sender can use as well. Senders can be authenticated by
//! `Authentication-Results` of a server in front of Mailgun, with `body-mime` only.

use domain::inbound::{InboundMail, JmapHeader};

use super::form::Form;
use crate::json;
use crate::limits::Limits;
use crate::providers;
use crate::read::sent_at;
use crate::unreadable::Unreadable;

/// What proves that Mailgun made the post: an HMAC-SHA-256 over timestamp and token.
#[derive(Clone, PartialEq, Eq)]
pub struct Signature {
    /// Seconds since 1970, in digits.
    pub timestamp: String,
    /// Random, 50 characters; new in each post.
    pub token: String,
    /// In hexadecimal.
    pub signature: String,
}

/// Hides what could be posted again.
impl std::fmt::Debug for Signature {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Signature").field("timestamp", &self.timestamp).finish_non_exhaustive()
    }
}

/// The proof in a post; nothing is checked here.
pub fn signature(body: &[u8], limits: &Limits) -> Result<Signature, Unreadable> {
    let form = Form::read(body, limits)?;
    let needed = |name| form.text(name)?.ok_or(Unreadable::Missing { path: name });
    Ok(Signature {
        timestamp: needed("timestamp")?.to_owned(),
        token: needed("token")?.to_owned(),
        signature: needed("signature")?.to_owned(),
    })
}

/// Reads one post.
pub(crate) fn read(body: &[u8], limits: &Limits) -> Result<InboundMail, Unreadable> {
    let form = Form::read(body, limits)?;
    if let Some(message) = form.bytes("body-mime")? {
        return Ok(providers::raw(message));
    }
    let from = form.text("from")?.ok_or(Unreadable::Missing { path: "from" })?;
    let headers = form.text("message-headers")?.ok_or(Unreadable::Missing { path: "message-headers" })?;
    let headers: Vec<(String, String)> = json::document(headers.as_bytes(), limits)
        .map_err(|error: Unreadable| error.below("message-headers"))?;
    let headers: Vec<JmapHeader> =
        headers.into_iter().map(|(name, value)| JmapHeader { name, value }).collect();
    let ids = |name: &str| providers::ids(&headers, name);
    Ok(InboundMail {
        from: Some(vec![providers::mailbox(from)]),
        reply_to: providers::mailboxes(providers::value(&headers, "Reply-To")),
        sender: providers::mailboxes(providers::value(&headers, "Sender")),
        message_id: ids("Message-Id"),
        in_reply_to: ids("In-Reply-To"),
        references: ids("References"),
        subject: form.text("subject")?.map(str::to_owned),
        sent_at: providers::value(&headers, "Date").and_then(sent_at),
        text: form.joined("body-plain"),
        html: form.joined("body-html"),
        headers: Some(headers),
        ..InboundMail::default()
    })
}
