//! The message as bytes: what transports and archives put around it is taken off, then header and body are parted.

use std::borrow::Cow;

use memchr::{memchr, memmem};

use crate::headers::{Doubt, Headers};

/// A message, parted.
pub(crate) struct RawMessage<'a> {
    pub(crate) headers: Headers<'a>,
    pub(crate) body: &'a [u8],
    /// The header block is longer than is read, so it was not searched.
    pub(crate) header_is_too_long: bool,
}

impl<'a> RawMessage<'a> {
    /// Parts `message`. `None` when it does not begin with a header field: then it is no mail.
    pub(crate) fn part(message: &'a Normalized<'_>, max_header_bytes: usize) -> Option<Self> {
        let bytes: &'a [u8] = &message.bytes;
        let searched = bytes.get(..max_header_bytes).unwrap_or(bytes);
        let (mut headers, rest) = Headers::scan(searched);
        if headers.is_empty() {
            return None;
        }
        let header_is_too_long = searched.len() < bytes.len() && rest.is_empty();
        let body = bytes.get(searched.len() - rest.len()..).unwrap_or_default();
        // A header of newlines alone above a body with both: for a parser that wants both, the header goes on.
        let goes_on = headers.ends_in_bare_newline && has_crlf(body);
        let repeats = headers.repeat_a_single_field().then_some(Doubt::RepeatedField);
        let goes_on = goes_on.then_some(Doubt::MixedLineEnds);
        headers.doubt = message.doubt.or(headers.doubt).or(goes_on).or(repeats);
        Some(Self { headers, body, header_is_too_long })
    }
}

/// A message without what archives put around it.
pub(crate) struct Normalized<'a> {
    pub(crate) bytes: Cow<'a, [u8]>,
    doubt: Option<Doubt>,
}

/// The message without a byte order mark and mbox separators on top, and with line ends that can be read: a file whose every line
/// ends with a lone carriage return gets newlines.
pub(crate) fn normalized(bytes: &[u8]) -> Normalized<'_> {
    let has_no_newlines = memchr(b'\n', bytes).is_none() && memchr(b'\r', bytes).is_some();
    if !has_no_newlines {
        return Normalized { bytes: Cow::Borrowed(message_in(bytes)), doubt: None };
    }
    let lines: Vec<u8> = bytes.iter().map(|byte| if *byte == b'\r' { b'\n' } else { *byte }).collect();
    Normalized { bytes: Cow::Owned(message_in(&lines).to_vec()), doubt: Some(Doubt::NoNewlines) }
}

/// What is left below byte order marks and separators; a mailbox that was put into a mailbox has several.
fn message_in(mut bytes: &[u8]) -> &[u8] {
    loop {
        let rest = without_separator(bytes.strip_prefix("\u{feff}".as_bytes()).unwrap_or(bytes));
        if rest.len() == bytes.len() {
            return rest;
        }
        bytes = rest;
    }
}

fn without_separator(bytes: &[u8]) -> &[u8] {
    let line = bytes.strip_prefix(b">").unwrap_or(bytes);
    // `From :` is the field, oddly written.
    let is_separator =
        line.strip_prefix(b"From ").is_some_and(|rest| !rest.trim_ascii_start().starts_with(b":"));
    if !is_separator {
        return bytes;
    }
    let end = memchr(b'\n', bytes).map_or(bytes.len(), |newline| newline + 1);
    bytes.get(end..).unwrap_or_default()
}

fn has_crlf(bytes: &[u8]) -> bool {
    memmem::find(bytes, b"\r\n").is_some()
}
