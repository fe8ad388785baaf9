//! How much of a mail is read.

/// Bounds on one mail. What lies beyond a bound is left out and flagged, but for the first: a longer message is not read at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// The longest message, in bytes, base64 taken off. Mail servers accept 10 to 50 MiB with attachments; questions about a charge
    /// are far below.
    pub max_message_bytes: usize,
    /// The longest header block, in bytes. Real ones stay under 64 KiB; a longer one is refused as a sender, not searched.
    pub max_header_bytes: usize,
    /// The most nested or composite parts (`multipart/*`, `message/*`) that are opened. Each may cost a pass over what follows, so
    /// this bounds the work on a mail made of nothing else.
    pub max_composite_parts: usize,
    /// The most HTML that is turned into text, in bytes. Newsletters carry a few hundred kB.
    pub max_html_bytes: usize,
    /// The most text that is kept, in bytes. A long thread with all its history is around 100 kB.
    pub max_text_bytes: usize,
}

impl Limits {
    /// The longest document that holds a message, in bytes. Base64 makes a message a third longer; some providers send attachments
    /// beside the raw message again, which doubles it. This only keeps an endless document from being parsed: the message in it is
    /// measured by itself.
    pub const fn max_document_bytes(&self) -> usize {
        self.max_message_bytes.saturating_mul(3)
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_message_bytes: 16 << 20,
            max_header_bytes: 1 << 20,
            max_composite_parts: 50,
            max_html_bytes: 2 << 20,
            max_text_bytes: 256_000,
        }
    }
}
