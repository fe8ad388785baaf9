//! The mail that comes in as JSON: `postill.mail.v1`. Property names are those of JMAP (RFC 8621), so that a JMAP `Email` object
//! needs nothing but `schema` in front.
//!
//! `raw` is preferred: only the raw message keeps the number of From fields, the order of the headers and the authentication
//! results. Properties that are not listed are allowed and not read.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Assurance, RunKind, Timestamp, WorkspaceId};

/// The value of [`InboundMail::schema`].
pub const SCHEMA: &str = "postill.mail.v1";

/// One mail as JSON. Holds either `raw`, or at least `from`.
#[derive(Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct InboundMail {
    /// Always `postill.mail.v1`.
    pub schema: SchemaName,
    /// Which workspace the mail belongs to; the worker's default when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub workspace: Option<WorkspaceId>,
    /// Live unless said otherwise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run: Option<RunKind>,
    /// The whole message (RFC 5322) in base64. When present, everything below except `auth` is taken from it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub raw: Option<String>,
    /// What the producer's own verifier found. Believed only from producers trusted by configuration.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub auth: Option<ProducerVerdict>,
    /// The From field. More than one address is refused, as in a raw message.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<Vec<JmapAddress>>,
    /// The Sender field.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sender: Option<Vec<JmapAddress>>,
    /// The Reply-To field; flagged when it differs from `from`, never used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reply_to: Option<Vec<JmapAddress>>,
    /// The To field.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<Vec<JmapAddress>>,
    /// The Message-ID, without angle brackets; JMAP gives a list of one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message_id: Option<Vec<String>>,
    /// In-Reply-To.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub in_reply_to: Option<Vec<String>>,
    /// References, oldest first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub references: Option<Vec<String>>,
    /// The subject, decoded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// The Date field.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sent_at: Option<Timestamp>,
    /// Header fields as they stand in the message, in order; read for loops, lists and authentication results.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub headers: Option<Vec<JmapHeader>>,
    /// Which parts of `bodyValues` are the plain text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text_body: Option<Vec<JmapPart>>,
    /// Which parts of `bodyValues` are the HTML.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub html_body: Option<Vec<JmapPart>>,
    /// Text by part id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body_values: Option<std::collections::BTreeMap<String, JmapBodyValue>>,
    /// The plain text itself, for producers without parts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// The HTML itself, for producers without parts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub html: Option<String>,
}

/// Hides the mail.
impl std::fmt::Debug for InboundMail {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("InboundMail")
            .field("workspace", &self.workspace)
            .field("run", &self.run)
            .field("auth", &self.auth)
            .finish_non_exhaustive()
    }
}

/// The one schema name this version reads.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum SchemaName {
    /// Version 1.
    #[default]
    #[serde(rename = "postill.mail.v1")]
    V1,
}

/// An address as JMAP writes it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct JmapAddress {
    /// The display name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The address.
    pub email: String,
}

/// Hides the person.
impl std::fmt::Debug for JmapAddress {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("JmapAddress(…)")
    }
}

/// A header field as JMAP writes it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct JmapHeader {
    /// The field's name.
    pub name: String,
    /// The field's raw value.
    pub value: String,
}

/// Hides what the header says.
impl std::fmt::Debug for JmapHeader {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("JmapHeader").field("name", &self.name).finish_non_exhaustive()
    }
}

/// A reference to a body part.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct JmapPart {
    /// The key in `bodyValues`.
    pub part_id: String,
}

/// The text of a body part.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct JmapBodyValue {
    /// The text.
    pub value: String,
}

/// Hides the text.
impl std::fmt::Debug for JmapBodyValue {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("JmapBodyValue(…)")
    }
}

/// What a trusted producer found about the sender.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ProducerVerdict {
    /// The name the producer is known by in the worker's configuration.
    pub producer: String,
    /// What it found.
    pub assurance: Assurance,
    /// The domain of From that the verdict was made for; it must equal the sender's.
    pub header_from: String,
}
