//! The path of one mail through this crate.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fmt;

use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use domain::inbound::{InboundMail, ProducerVerdict};
use domain::mail::{Assurance, Automatic, Flag, Refusal};
use domain::{EmailAddress, Fingerprint, Mail, RunKind, Timestamp, WorkspaceId};
use jiff::fmt::rfc2822;
use mail_parser::MessageParser;

use crate::authenticity::{self, Verdict};
use crate::fingerprint::{self, Identity};
use crate::format::Format;
use crate::headers::{Doubt, Field, Headers};
use crate::limits::Limits;
use crate::mime::{self, Body};
use crate::own::{OwnFinding, Verifiable};
use crate::providers;
use crate::raw::{self, RawMessage};
use crate::trust::Trust;
use crate::unreadable::Unreadable;
use crate::{automatic, json, sender, text};

/// The longest Message-ID that is kept, in bytes (one header line).
const MAX_ID_BYTES: usize = 998;
/// The most Message-IDs of a thread that are kept.
const MAX_REFERENCES: usize = 50;
/// How evidence begins that outweighs all before it.
pub(crate) const COUNTS_FOR_NOTHING: &str = "counts for nothing: ";
/// Base64 with or without its padding.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// Reads mail for one installation.
#[derive(Debug, Clone)]
pub struct Reader {
    trust: Trust,
    limits: Limits,
    parser: MessageParser,
}

/// A delivery, not yet read, with what its transport knows of it.
#[derive(Clone, Copy)]
pub struct Envelope<'a> {
    /// What the body is.
    pub format: Format,
    /// The delivery's bytes.
    pub body: &'a [u8],
    /// The workspace that routing chose. A mail as JSON may name another.
    pub workspace: &'a WorkspaceId,
    /// The run that routing chose. A mail as JSON may name one where routing did not, and may always ask for one without effects.
    pub run: Option<RunKind>,
}

/// Hides the message.
impl fmt::Debug for Envelope<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Envelope")
            .field("format", &self.format)
            .field("bytes", &self.body.len())
            .field("workspace", &self.workspace)
            .field("run", &self.run)
            .finish()
    }
}

/// A mail that was read, and where it belongs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Arrived {
    /// The workspace that answers it.
    pub workspace: WorkspaceId,
    /// Why it is read, where routing or the mail said so.
    pub run: Option<RunKind>,
    /// The mail. Its sender may be a refusal: that is a mail which was read, and which nobody is answered for.
    pub mail: Mail,
}

impl Reader {
    /// A reader that believes whom `trust` names and reads as much as `limits` allow.
    pub fn new(trust: Trust, limits: Limits) -> Self {
        Self { trust, limits, parser: mime::parser() }
    }

    pub(crate) fn trust(&self) -> &Trust {
        &self.trust
    }

    pub(crate) fn limits(&self) -> &Limits {
        &self.limits
    }

    /// Reads one delivery. The same bytes give the same mail, always.
    pub fn read(&self, envelope: &Envelope<'_>) -> Result<Arrived, Unreadable> {
        self.read_verified(envelope, None)
    }

    /// What of a delivery can be verified: a raw message that one address wrote, when it can be read at all.
    pub fn verifiable(&self, envelope: &Envelope<'_>) -> Option<Verifiable> {
        let limits = &self.limits;
        let bytes = raw_of(envelope, limits)?;
        let message = raw::normalized(&bytes);
        let parted = RawMessage::part(&message, limits.max_header_bytes)?;
        let sender = sender::from_message(&parted).ok()?.address;
        if bytes.len() > limits.max_message_bytes {
            return None;
        }
        Some(Verifiable { message: message.bytes.into_owned(), sender })
    }

    /// Reads one delivery, of which our own verification found `own`: that of [`Reader::verifiable`] for the same envelope.
    pub fn read_verified(
        &self,
        envelope: &Envelope<'_>,
        own: Option<&OwnFinding>,
    ) -> Result<Arrived, Unreadable> {
        let body = envelope.body;
        if body.trim_ascii().is_empty() {
            return Err(Unreadable::Empty);
        }
        match envelope.format {
            Format::Rfc822 => {
                let mail = self.read_raw(body, envelope.workspace, Proofs { producer: None, own })?;
                Ok(Arrived { workspace: envelope.workspace.clone(), run: envelope.run, mail })
            }
            Format::Json => {
                let inbound: InboundMail = json::document(body, &self.limits)?;
                let workspace = inbound.workspace.clone().unwrap_or_else(|| envelope.workspace.clone());
                let mail = self.read_json(&inbound, &workspace, own)?;
                Ok(Arrived { workspace, run: run(envelope.run, inbound.run), mail })
            }
            Format::Provider(provider) => {
                let inbound = providers::read(provider, body, &self.limits)?;
                let mail = self.read_json(&inbound, envelope.workspace, own)?;
                Ok(Arrived { workspace: envelope.workspace.clone(), run: envelope.run, mail })
            }
            Format::Unknown => Err(Unreadable::UnknownFormat),
        }
    }

    fn read_json(
        &self,
        inbound: &InboundMail,
        workspace: &WorkspaceId,
        own: Option<&OwnFinding>,
    ) -> Result<Mail, Unreadable> {
        let producer = inbound.auth.as_ref();
        let Some(raw) = &inbound.raw else {
            let letter = json::letter(inbound, workspace, &self.limits);
            return Ok(self.conclude(letter, Proofs { producer, own: None }));
        };
        let message = decode_raw(raw)?;
        if message.trim_ascii().is_empty() {
            return Err(Unreadable::Empty);
        }
        self.read_raw(&message, workspace, Proofs { producer, own })
    }

    fn read_raw(
        &self,
        bytes: &[u8],
        workspace: &WorkspaceId,
        proofs: Proofs<'_>,
    ) -> Result<Mail, Unreadable> {
        let limit = self.limits.max_message_bytes;
        if bytes.len() > limit {
            return Err(Unreadable::TooLarge { bytes: bytes.len(), limit });
        }
        let message = raw::normalized(bytes);
        let parted = RawMessage::part(&message, self.limits.max_header_bytes).ok_or(Unreadable::NotAMail)?;
        let body = mime::read(&self.parser, &parted, &self.limits);
        Ok(self.conclude(letter(parted, body, workspace), proofs))
    }

    /// From what a mail says to what is thought of it.
    fn conclude(&self, letter: Letter<'_>, proofs: Proofs<'_>) -> Mail {
        let headers = &letter.headers;
        let sender = letter.sender.as_ref().ok();
        let automatic = automatic::recognize(headers, sender, &self.trust);
        let name = letter.name.as_deref().map(mime::decoded_words);
        let written = text::read(&letter.subject, name.as_deref(), letter.body);

        let mut flags: BTreeSet<Flag> = letter.flags.into_iter().chain(written.flags).collect();
        flags.extend(automatic::list_flag(headers));
        flags.extend(name.iter().flat_map(|name| sender::flags_of_name(name, sender)));
        if headers.has("Resent-From") {
            flags.insert(Flag::Forwarded);
        }

        let results = sender.and_then(|sender| letter.results_are_raw.then_some(sender));
        let results = results.and_then(|sender| authenticity::from_results(headers, sender, &self.trust));
        let producer = sender
            .zip(proofs.producer)
            .and_then(|(sender, auth)| authenticity::from_producer(auth, sender, &self.trust));
        let mut verdict = authenticity::combined(results, producer, proofs.own);
        flags.extend(verdict.flags.iter().copied());
        cap(&mut verdict, headers.doubt, automatic, &flags);

        Mail {
            sender_name: name
                .and_then(|name| sender::shown_name(&name))
                .map(|name| crate::redact::redacted(&name).0.into_owned()),
            sender: letter.sender,
            assurance: verdict.assurance,
            evidence: verdict.evidence,
            automatic,
            flags: flags.into_iter().collect(),
            message_id: letter.message_id,
            references: letter.references,
            subject: written.subject,
            text: written.text,
            sent_at: letter.sent_at,
            redactions: written.redactions,
            fingerprint: letter.fingerprint,
        }
    }
}

/// What was brought along that speaks for the sender.
#[derive(Clone, Copy)]
struct Proofs<'a> {
    producer: Option<&'a ProducerVerdict>,
    own: Option<&'a OwnFinding>,
}

fn raw_of<'a>(envelope: &Envelope<'a>, limits: &Limits) -> Option<Cow<'a, [u8]>> {
    let inbound: InboundMail = match envelope.format {
        Format::Rfc822 => return Some(Cow::Borrowed(envelope.body)),
        Format::Json => json::document(envelope.body, limits).ok()?,
        Format::Provider(provider) => providers::read(provider, envelope.body, limits).ok()?,
        Format::Unknown => return None,
    };
    decode_raw(inbound.raw.as_ref()?).ok().map(Cow::Owned)
}

/// The message in `raw` of `postill.mail.v1`: base64, with or without padding and line ends.
pub fn decode_raw(raw: &str) -> Result<Vec<u8>, Unreadable> {
    let base64: Vec<u8> = raw.bytes().filter(|byte| !byte.is_ascii_whitespace()).collect();
    BASE64.decode(base64).map_err(Unreadable::BadBase64)
}

/// What a mail says, raw or as JSON, before anything is thought of it.
pub(crate) struct Letter<'a> {
    pub(crate) headers: Headers<'a>,
    /// Whether the order of `headers` is that of a raw message, so that results in them can be placed.
    pub(crate) results_are_raw: bool,
    pub(crate) sender: Result<EmailAddress, Refusal>,
    /// Still encoded.
    pub(crate) name: Option<String>,
    pub(crate) flags: Vec<Flag>,
    pub(crate) message_id: Option<String>,
    pub(crate) references: Vec<String>,
    pub(crate) subject: String,
    pub(crate) body: Body,
    pub(crate) sent_at: Option<Timestamp>,
    pub(crate) fingerprint: Fingerprint,
}

fn letter<'a>(message: RawMessage<'a>, body: Body, workspace: &WorkspaceId) -> Letter<'a> {
    let (sender, name) = match sender::from_message(&message) {
        Ok(mailbox) => (Ok(mailbox.address), Some(mailbox.encoded_name)),
        Err(refusal) => (Err(refusal), None),
    };
    let headers = message.headers;
    let raw = |name: &str| headers.named(name).next().map_or(Cow::Borrowed(&b""[..]), Field::unfolded);
    let fingerprint = fingerprint::of(&Identity {
        workspace,
        sender: &sender,
        message_id: &raw("Message-ID"),
        date: &raw("Date"),
        subject: &raw("Subject"),
        body: message.body,
    });
    Letter {
        flags: sender.as_ref().map_or_else(|_refusal| Vec::new(), |sender| other_addresses(&headers, sender)),
        message_id: headers.text("Message-ID").and_then(|value| ids(&value).pop()),
        references: references(headers.text("References"), headers.text("In-Reply-To")),
        subject: mime::decoded_words(&headers.text("Subject").unwrap_or_default()),
        sent_at: headers.text("Date").and_then(|value| sent_at(&value)),
        results_are_raw: true,
        headers,
        sender,
        name,
        body,
        fingerprint,
    }
}

fn other_addresses(headers: &Headers<'_>, sender: &EmailAddress) -> Vec<Flag> {
    let is_other = |name: &str| headers.named(name).any(|field| sender::is_other(&field.unfolded(), sender));
    let mut flags = Vec::new();
    if is_other("Reply-To") {
        flags.push(Flag::ReplyToDiffers);
    }
    if is_other("Sender") || is_other("Resent-From") {
        flags.push(Flag::SenderDiffers);
    }
    flags
}

/// The ids in a field, without their brackets.
fn ids(value: &str) -> Vec<String> {
    let inner = value.split('<').skip(1).filter_map(|tail| tail.split_once('>')).map(|(id, _)| clean_id(id));
    inner.flatten().collect()
}

/// An id that can be written into a header: printable ASCII, not too long.
pub(crate) fn clean_id(id: &str) -> Option<String> {
    let id = id.trim_matches(['<', '>', ' ']);
    let is_clean = (1..=MAX_ID_BYTES).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_graphic());
    is_clean.then(|| id.to_owned())
}

fn references(references: Option<String>, in_reply_to: Option<String>) -> Vec<String> {
    let before = references.map(|value| ids(&value)).unwrap_or_default();
    let answered = in_reply_to.map(|value| ids(&value)).unwrap_or_default();
    thread(before, answered)
}

/// The thread, oldest first: the references, then what is answered when they do not hold it; of a long one the newest.
pub(crate) fn thread(mut references: Vec<String>, in_reply_to: Vec<String>) -> Vec<String> {
    references.drain(..references.len().saturating_sub(MAX_REFERENCES));
    for id in in_reply_to.into_iter().take(MAX_REFERENCES) {
        if !references.contains(&id) {
            references.push(id);
        }
    }
    references.drain(..references.len().saturating_sub(MAX_REFERENCES));
    references
}

/// Reads a `Date` alone, so that nothing beside it can take part. A wrong weekday is not worth losing the date for.
pub(crate) fn sent_at(value: &str) -> Option<Timestamp> {
    static DATES: rfc2822::DateTimeParser = rfc2822::DateTimeParser::new().relaxed_weekday(true);
    DATES.parse_timestamp(value).ok()
}

/// The run of a mail as JSON. Routing decides where it says something, but a mail may always ask for less than it would get.
fn run(routed: Option<RunKind>, named: Option<RunKind>) -> Option<RunKind> {
    match named {
        Some(RunKind::Replay | RunKind::Simulator) if routed != Some(RunKind::Simulator) => named,
        Some(_) | None => routed.or(named),
    }
}

/// Whatever was proven of the sender says nothing of a mail that a program wrote, that passed through other hands, or whose header
/// the verifier may have read otherwise.
fn cap(verdict: &mut Verdict, doubt: Option<Doubt>, automatic: Option<Automatic>, flags: &BTreeSet<Flag>) {
    if verdict.assurance == Assurance::None {
        return;
    }
    let reasons = [
        (doubt.is_some(), doubt.map_or("", Doubt::as_str)),
        (automatic.is_some(), "written by a program"),
        (flags.contains(&Flag::MailingList), "came through a mailing list"),
        (flags.contains(&Flag::Forwarded), "passes on somebody else's mail"),
    ];
    for (holds, reason) in reasons {
        if holds {
            verdict.assurance = Assurance::None;
            verdict.evidence.push(format!("{COUNTS_FOR_NOTHING}{reason}"));
        }
    }
}
