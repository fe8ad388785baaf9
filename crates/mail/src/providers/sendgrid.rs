//! `SendGrid`'s Inbound Parse, with "POST the raw, full MIME message" switched on.
//!
//! A form, as `multipart/form-data`: `email` is the raw message, `dkim` what was found of its signatures (`{@studio.example : pass}`),
//! `SPF` one word, `envelope` the envelope as JSON. Without raw messages there is no `email`, and the text comes in whichever charset the
//! message had; such a post is refused, naming the missing field, rather than read half.
//! Source: <https://www.twilio.com/docs/sendgrid/for-developers/parsing-email/setting-up-the-inbound-parse-webhook>.
//!
//! A signature that passed for exactly the domain of From, and for which nothing else is said, is `weak`: the form `dkim` is `SendGrid`'s
//! own, so the sender cannot write it, but DMARC is not mentioned, and the notation is documented by example only. Everything else is no
//! verdict. `SPF` is of the envelope and not used.

use domain::Assurance;
use domain::inbound::{InboundMail, ProducerVerdict};

use super::form::Form;
use crate::limits::Limits;
use crate::providers::{self, Provider};
use crate::raw::{self, RawMessage};
use crate::sender;
use crate::unreadable::Unreadable;

/// Reads one post.
pub(crate) fn read(body: &[u8], limits: &Limits) -> Result<InboundMail, Unreadable> {
    let form = Form::read(body, limits)?;
    let message = form.bytes("email")?.ok_or(Unreadable::Missing { path: "email" })?;
    let dkim = form.text("dkim")?.unwrap_or_default();
    let auth =
        domain_of_from(message, limits).filter(|domain| is_only_passed(dkim, domain)).map(|header_from| {
            ProducerVerdict {
                producer: Provider::Sendgrid.as_str().to_owned(),
                assurance: Assurance::Weak,
                header_from,
            }
        });
    Ok(InboundMail { auth, ..providers::raw(message) })
}

/// `SendGrid` does not say which From it looked at, so it is the message's, read as strictly as ever.
fn domain_of_from(message: &[u8], limits: &Limits) -> Option<String> {
    let message = raw::normalized(message);
    let parted = RawMessage::part(&message, limits.max_header_bytes)?;
    let mailbox = sender::from_headers(&parted.headers).ok()?;
    Some(mailbox.address.domain().to_owned())
}

/// Whether `{@a.example : pass, @b.example : fail}` says of `domain` that it passed, and nothing else.
fn is_only_passed(dkim: &str, domain: &str) -> bool {
    let Some(inner) = dkim.trim().strip_prefix('{').and_then(|text| text.strip_suffix('}')) else {
        return false;
    };
    let mut of_domain = inner
        .split(',')
        .filter_map(|result| result.trim().strip_prefix('@')?.split_once(':'))
        .filter(|(signer, _)| signer.trim().eq_ignore_ascii_case(domain))
        .map(|(_, result)| result.trim());
    of_domain.next() == Some("pass") && of_domain.next().is_none()
}
