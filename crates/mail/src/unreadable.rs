//! Why a delivery is no mail.

/// Why a delivery is no mail at all. It goes to the dead queue with [`Unreadable::code`].
#[derive(Debug, thiserror::Error)]
pub enum Unreadable {
    /// There are no bytes, or only white space.
    #[error("the delivery is empty")]
    Empty,
    /// Longer than [`Limits::max_message_bytes`].
    #[error("the message has {bytes} bytes, more than the {limit} that are read")]
    TooLarge {
        /// How long it is.
        bytes: usize,
        /// How long it may be.
        limit: usize,
    },
    /// The bytes do not begin with a header field.
    #[error("the message does not begin with a header")]
    NotAMail,
    /// The JSON is not `postill.mail.v1`. The path names the property, never its content.
    #[error("the JSON is not a mail at `{path}`, line {line}, column {column}")]
    BadJson {
        /// Where in the document, as `from[0].email`.
        path: String,
        /// The line, from 1.
        line: usize,
        /// The column, from 1.
        column: usize,
    },
    /// `raw` is not base64.
    #[error("the raw message is not base64")]
    BadBase64(#[source] base64::DecodeError),
    /// A provider's document lacks what its format always has.
    #[error("the document lacks `{path}`")]
    Missing {
        /// The property or field.
        path: &'static str,
    },
    /// A form that cannot be taken apart, or in which a field cannot be told.
    #[error("the form cannot be read at `{path}`")]
    BadForm {
        /// The field, or what is wrong with the whole.
        path: &'static str,
    },
    /// A notification that refers to a message which lies elsewhere.
    #[error(
        "the notification only says where the message is stored: let SES publish it with an SNS action, or post the notification to \
         `postill ingest --http`, which fetches it"
    )]
    ContentElsewhere,
    /// A notification that is about something else than a received message.
    #[error("the notification holds no received mail")]
    NoMailInside,
    /// `postill-format` names a format that is not known.
    #[error("the format named for the delivery is not known")]
    UnknownFormat,
}

impl Unreadable {
    /// The stable code.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::TooLarge { .. } => "too_large",
            Self::NotAMail => "not_a_mail",
            Self::BadJson { .. } => "bad_json",
            Self::BadBase64(_) => "bad_base64",
            Self::Missing { .. } => "missing_property",
            Self::BadForm { .. } => "bad_form",
            Self::ContentElsewhere => "content_elsewhere",
            Self::NoMailInside => "no_mail_inside",
            Self::UnknownFormat => "unknown_format",
        }
    }

    /// The same, in a document that lies inside another's property.
    pub(crate) fn below(self, property: &str) -> Self {
        if let Self::BadJson { path, line, column } = self {
            return Self::BadJson { path: format!("{property}.{path}"), line, column };
        }
        self
    }
}
