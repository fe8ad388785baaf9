//! A mail as it was read: who wrote it, how far that can be believed, and what was written now.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{EmailAddress, Fingerprint, Timestamp};

/// One mail, read. Made by the crate `mail`; everything after it works on this.
#[derive(Clone, PartialEq, Eq)]
pub struct Mail {
    /// The mailbox that wrote it, or why none can be named.
    pub sender: Result<EmailAddress, Refusal>,
    /// The display name beside the address, decoded; free text that its writer chose.
    pub sender_name: Option<String>,
    /// How far the sender can be believed.
    pub assurance: Assurance,
    /// What the assurance rests on, in words for an operator (`dmarc=pass by mx.example, dkim header.d=…`).
    pub evidence: Vec<String>,
    /// Why no reply must be drafted: the mail was written by a program.
    pub automatic: Option<Automatic>,
    /// What a reader should know besides.
    pub flags: Vec<Flag>,
    /// The Message-ID, without angle brackets.
    pub message_id: Option<String>,
    /// Message-IDs of the thread, oldest first, without angle brackets.
    pub references: Vec<String>,
    /// The subject, decoded and redacted.
    pub subject: String,
    /// The text, cut into what was written now and the rest; redacted.
    pub text: MailText,
    /// When the sender says it was sent.
    pub sent_at: Option<Timestamp>,
    /// How many card numbers and secrets were taken out of subject and text.
    pub redactions: u32,
    /// The identity of the mail.
    pub fingerprint: Fingerprint,
}

impl Mail {
    /// What the ledger knows it by.
    pub fn identity(&self) -> Fingerprint {
        self.fingerprint.believed(self.assurance)
    }
}

/// Hides the person and the text: a mail must not reach a log through a `Debug`.
impl std::fmt::Debug for Mail {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Mail")
            .field("fingerprint", &self.fingerprint)
            .field("assurance", &self.assurance)
            .field("automatic", &self.automatic)
            .finish_non_exhaustive()
    }
}

/// The text of a mail, in plain text with `\n` line ends.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct MailText {
    /// What the sender wrote now.
    pub written: String,
    /// What was cut from it: quoted history, forwarded mail, signature, disclaimer.
    pub cut: String,
    /// Whether quoted history or a forwarded mail was among what was cut.
    pub quoted: bool,
}

/// Hides what was written.
impl std::fmt::Debug for MailText {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("MailText").field("written_bytes", &self.written.len()).finish_non_exhaustive()
    }
}

/// How far a sender can be believed, from least to most.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Assurance {
    /// No result from a trusted verifier, a failed one, or a mail that came by a list or a forwarder.
    #[default]
    None,
    /// DMARC passed by SPF only, or a configured ARC sealer vouches.
    Weak,
    /// DMARC passed with an aligned DKIM signature, told by a trusted verifier, for the same From.
    Authenticated,
    /// Authenticated, and a second proof besides, such as a person.
    Confirmed,
}

impl Assurance {
    /// Whether the sender is proven, as whatever acts for them demands.
    pub const fn proves_sender(self) -> bool {
        matches!(self, Self::Authenticated | Self::Confirmed)
    }

    /// The name on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Weak => "weak",
            Self::Authenticated => "authenticated",
            Self::Confirmed => "confirmed",
        }
    }
}

/// Why a mail has no sender that could be acted for. The codes are stable.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Refusal {
    /// There is no From field.
    NoFrom,
    /// There is more than one From field.
    SeveralFromFields,
    /// The From field names more than one mailbox.
    SeveralMailboxes,
    /// The From field uses the group syntax.
    GroupSyntax,
    /// An encoded word stands where the address should.
    EncodedAddress,
    /// More than one pair of angle brackets, or brackets that do not close.
    AngleBrackets,
    /// A quoted string or comment that does not end.
    Unbalanced,
    /// NUL or another control character.
    ControlCharacter,
    /// Bytes that are not UTF-8.
    NotUtf8,
    /// The local part is not valid.
    BadLocalPart,
    /// The domain is not valid, has no dot, or is an address literal.
    BadDomain,
    /// Longer than an address or a header field may be.
    TooLong,
    /// The header block cannot be read without guessing.
    MalformedHeader,
}

impl Refusal {
    /// The stable code.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NoFrom => "no_from",
            Self::SeveralFromFields => "several_from_fields",
            Self::SeveralMailboxes => "several_mailboxes",
            Self::GroupSyntax => "group_syntax",
            Self::EncodedAddress => "encoded_address",
            Self::AngleBrackets => "angle_brackets",
            Self::Unbalanced => "unbalanced",
            Self::ControlCharacter => "control_character",
            Self::NotUtf8 => "not_utf8",
            Self::BadLocalPart => "bad_local_part",
            Self::BadDomain => "bad_domain",
            Self::TooLong => "too_long",
            Self::MalformedHeader => "malformed_header",
        }
    }
}

/// Why a mail counts as written by a program. No draft is made for these.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Automatic {
    /// `Auto-Submitted` other than `no`.
    AutoSubmitted,
    /// A bounce or a delivery report.
    Bounce,
    /// A vacation notice or another autoresponder.
    Autoresponder,
    /// `Precedence: bulk`, `list`, `junk` or `auto_reply` without a person behind it.
    Bulk,
    /// The address says that nobody reads it: mailer-daemon, no-reply.
    NoReply,
    /// The business's own address.
    OwnAddress,
    /// A mail loop was noticed.
    Loop,
}

impl Automatic {
    /// The stable code.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::AutoSubmitted => "auto_submitted",
            Self::Bounce => "bounce",
            Self::Autoresponder => "autoresponder",
            Self::Bulk => "bulk",
            Self::NoReply => "no_reply",
            Self::OwnAddress => "own_address",
            Self::Loop => "loop",
        }
    }
}

/// Something a reader of the draft should know of the mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Flag {
    /// Reply-To is another address than From. It is never used.
    ReplyToDiffers,
    /// Sender or Resent-From is another address than From.
    SenderDiffers,
    /// The display name holds another address than the one that sent.
    AddressInName,
    /// The display name holds characters that hide or turn text.
    DeceptiveName,
    /// The mail came through a mailing list.
    MailingList,
    /// The mail was forwarded: the request may be somebody else's.
    Forwarded,
    /// A result with a verifier's name stands where that verifier could not have put it.
    ForgedResults,
    /// Trusted results contradict each other.
    ConflictingResults,
    /// The text was taken from HTML.
    HtmlOnly,
    /// HTML text was hidden from the reader's eyes, and dropped.
    HiddenText,
    /// Nothing new was written; the text is what was quoted.
    OnlyQuoted,
    /// The body is empty; only the subject speaks.
    SubjectOnly,
    /// The text was longer than is read, and cut.
    Truncated,
    /// The MIME structure is broken; what could be read was.
    BrokenMime,
    /// Another mail came with the same Message-ID and other content.
    MessageIdReused,
    /// Card numbers or secrets were taken out.
    Redacted,
}

impl Flag {
    /// The stable code.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ReplyToDiffers => "reply_to_differs",
            Self::SenderDiffers => "sender_differs",
            Self::AddressInName => "address_in_name",
            Self::DeceptiveName => "deceptive_name",
            Self::MailingList => "mailing_list",
            Self::Forwarded => "forwarded",
            Self::ForgedResults => "forged_results",
            Self::ConflictingResults => "conflicting_results",
            Self::HtmlOnly => "html_only",
            Self::HiddenText => "hidden_text",
            Self::OnlyQuoted => "only_quoted",
            Self::SubjectOnly => "subject_only",
            Self::Truncated => "truncated",
            Self::BrokenMime => "broken_mime",
            Self::MessageIdReused => "message_id_reused",
            Self::Redacted => "redacted",
        }
    }
}
