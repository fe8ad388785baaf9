//! Which signatures may count, before a key is asked for.

use std::fmt;

use domain::Timestamp;

use crate::alignment::{self, Alignment};
use crate::fault::Fault;
use crate::header::{Field, Parted};
use crate::multipart;
use crate::tags::Tags;

/// The most signatures in a mail. A mail server adds one or two, a sending service another.
const MAX_SIGNATURES: usize = 10;
/// The most signatures by the sender's domain that are tried, each of which may cost a question to DNS.
const MAX_TRIED: usize = 3;
/// How far the clock of a signer may be ahead of ours, in seconds.
const CLOCK_SKEW: i64 = 300;
/// The longest name in DNS, in bytes.
const MAX_NAME_BYTES: usize = 253;

/// What makes a mail the same mail to us, who wrote it and how its body is to be read.
///
/// Each must be signed at least as often as it is there, so that nobody can add one. `From` must be there and signed. So must
/// Message-ID, since without it the same signature could be sent again as another mail: canonical forms leave white space open.
/// `Content-Type` alone may be unsigned, where the signed body forces it: Gmail does not sign it.
/// What may be changed by anybody: `To`, `Reply-To`, `Received` and all the rest. Nothing is sent where they say.
const MUST_BE_SIGNED: [&str; 7] = [
    "From",
    "Subject",
    "Date",
    "Message-ID",
    "MIME-Version",
    "Content-Transfer-Encoding",
    "Content-Disposition",
];

/// What a signature is made with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Algorithm {
    RsaSha256,
    Ed25519Sha256,
}

/// A signature by the sender's domain or a relative of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Candidate {
    /// The field's value as it stands in the message.
    pub(crate) value: Vec<u8>,
    pub(crate) domain: String,
    pub(crate) selector: String,
    pub(crate) algorithm: Algorithm,
    pub(crate) alignment: Alignment,
    fault: Option<Fault>,
}

/// Its names in DNS.
impl fmt::Display for Candidate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "header.d={} header.s={}", self.domain, self.selector)
    }
}

impl Candidate {
    /// Where its key lies.
    pub(crate) fn key_name(&self) -> String {
        format!("{}._domainkey.{}.", self.selector, self.domain)
    }

    /// Itself, when nothing it says of itself speaks against it.
    pub(crate) fn usable(self) -> Result<Self, Fault> {
        self.fault.map_or(Ok(self), Err)
    }
}

/// The signatures of a message that were made by the domain of the author or a relative of it, top to bottom.
pub(crate) fn candidates(
    message: &Parted<'_>,
    author: &str,
    now: Timestamp,
) -> Result<Vec<Candidate>, Fault> {
    let signatures: Vec<_> = message.named("DKIM-Signature").collect();
    if signatures.is_empty() {
        return Err(Fault::Unsigned);
    }
    if signatures.len() > MAX_SIGNATURES {
        return Err(Fault::TooManySignatures);
    }
    if message.named("Message-ID").next().is_none() {
        return Err(Fault::NoMessageId);
    }
    let aligned = signatures.into_iter().filter_map(|field| candidate(field, message, author, now));
    let candidates: Vec<_> = aligned.take(MAX_TRIED).collect();
    if candidates.is_empty() { Err(Fault::NotAligned) } else { Ok(candidates) }
}

/// None when it is not for the author, or cannot be read far enough to say so.
fn candidate(field: &Field<'_>, message: &Parted<'_>, author: &str, now: Timestamp) -> Option<Candidate> {
    let text = std::str::from_utf8(field.value).ok().filter(|text| text.is_ascii())?;
    let tags = Tags::parse(text)?;
    let domain = tags.get("d")?.to_ascii_lowercase();
    let selector = tags.get("s")?.to_ascii_lowercase();
    let alignment = alignment::of(&domain, author)?;
    let is_name = is_host_name(&domain) && is_host_name(&selector);
    let algorithm = algorithm(&tags);
    let fault = match algorithm {
        Err(fault) => Some(fault),
        Ok(_) if !is_name => Some(Fault::MalformedSignature),
        Ok(_) => fault_of(&tags, message, &domain, now).err(),
    };
    Some(Candidate {
        value: field.value.to_vec(),
        domain,
        selector: if is_name { selector } else { "?".to_owned() },
        algorithm: algorithm.unwrap_or(Algorithm::RsaSha256),
        alignment,
        fault,
    })
}

fn is_host_name(name: &str) -> bool {
    let is_label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
    };
    name.len() <= MAX_NAME_BYTES && name.split('.').all(is_label)
}

fn algorithm(tags: &Tags<'_>) -> Result<Algorithm, Fault> {
    match tags.get("a").map(str::to_ascii_lowercase).as_deref() {
        Some("rsa-sha256") => Ok(Algorithm::RsaSha256),
        Some("ed25519-sha256") => Ok(Algorithm::Ed25519Sha256),
        Some(_) => Err(Fault::WeakAlgorithm),
        None => Err(Fault::MalformedSignature),
    }
}

fn fault_of(tags: &Tags<'_>, message: &Parted<'_>, domain: &str, now: Timestamp) -> Result<(), Fault> {
    if tags.get("v") != Some("1") || tags.get("q").is_some_and(|query| query != "dns/txt") {
        return Err(Fault::MalformedSignature);
    }
    if tags.get("l").is_some() {
        return Err(Fault::PartOfBody);
    }
    identity_lies_in(tags, domain)?;
    times_fit(tags, now)?;
    fields_are_signed(tags, message)
}

/// `i=`, where it is given, is in the domain that signs or below it.
fn identity_lies_in(tags: &Tags<'_>, domain: &str) -> Result<(), Fault> {
    let Some(identity) = tags.get("i") else { return Ok(()) };
    let of_identity = identity.rsplit_once('@').map(|(_, host)| host.to_ascii_lowercase());
    let lies_in = of_identity.is_some_and(|host| host == domain || host.ends_with(&format!(".{domain}")));
    if lies_in { Ok(()) } else { Err(Fault::MalformedSignature) }
}

fn times_fit(tags: &Tags<'_>, now: Timestamp) -> Result<(), Fault> {
    let now = now.as_second();
    let (made, ends) = (time(tags, "t")?, time(tags, "x")?);
    if made.is_some_and(|made| made > now.saturating_add(CLOCK_SKEW)) {
        return Err(Fault::FromTheFuture);
    }
    match ends {
        Some(ends) if ends <= now || made.is_some_and(|made| ends <= made) => Err(Fault::Expired),
        Some(_) | None => Ok(()),
    }
}

/// Seconds since 1970. Zero is not a time: it says "never" to some and "long ago" to others.
fn time(tags: &Tags<'_>, name: &str) -> Result<Option<i64>, Fault> {
    let Some(text) = tags.get(name) else { return Ok(None) };
    let is_number = (1..=12).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    let seconds = text.parse().ok().filter(|seconds| is_number && *seconds > 0);
    seconds.map(Some).ok_or(Fault::MalformedSignature)
}

fn fields_are_signed(tags: &Tags<'_>, message: &Parted<'_>) -> Result<(), Fault> {
    let signed: Vec<&str> = tags.items("h").ok_or(Fault::MalformedSignature)?.collect();
    let times = |name: &str| signed.iter().filter(|other| other.eq_ignore_ascii_case(name)).count();
    let is_covered = |name: &str| message.named(name).count() <= times(name);
    let how_to_read = is_covered("Content-Type") || content_type_is_forced(message);
    if times("From") > 0 && how_to_read && MUST_BE_SIGNED.into_iter().all(is_covered) {
        Ok(())
    } else {
        Err(Fault::FieldNotSigned)
    }
}

fn content_type_is_forced(message: &Parted<'_>) -> bool {
    let mut named = message.named("Content-Type");
    let only = named.next().filter(|_| named.next().is_none());
    only.is_some_and(|field| multipart::is_forced(field.value, message.body))
}
