//! What a delivery says it is.

use crate::providers::Provider;

/// What a delivery says it is, before anything is parsed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// A message as it came over SMTP (RFC 5322).
    Rfc822,
    /// `postill.mail.v1`.
    Json,
    /// A provider's own document.
    Provider(Provider),
    /// It names a format that is not known here, so nothing is guessed.
    Unknown,
}

impl Format {
    /// The format of that name: `rfc822` (or `raw`), `json`, or a provider's ([`Provider::as_str`]).
    pub fn named(name: &str) -> Self {
        match name {
            "rfc822" | "raw" => Self::Rfc822,
            "json" => Self::Json,
            _ => Provider::named(name).map_or(Self::Unknown, Self::Provider),
        }
    }

    /// Tells the format by the parameter `postill-format` of the content type, else by the type itself, or by the first byte where
    /// that says nothing.
    pub fn from_content_type(content_type: Option<&str>, body: &[u8]) -> Self {
        if let Some(name) = content_type.and_then(format_parameter) {
            return Self::named(name);
        }
        let media_type = content_type.and_then(|text| text.split(';').next()).unwrap_or_default().trim();
        match media_type.to_ascii_lowercase().as_str() {
            "message/rfc822" | "message/global" => Self::Rfc822,
            "application/json" => Self::Json,
            other if other.ends_with("+json") => Self::Json,
            _ if body.trim_ascii_start().starts_with(b"{") => Self::Json,
            _ => Self::Rfc822,
        }
    }
}

/// `application/json; postill-format=ses` → `ses`.
fn format_parameter(content_type: &str) -> Option<&str> {
    let parameters = content_type.split(';').skip(1).filter_map(|parameter| parameter.split_once('='));
    let mut named = parameters.filter(|(name, _)| name.trim().eq_ignore_ascii_case("postill-format"));
    named.next().map(|(_, value)| value.trim().trim_matches('"'))
}
