//! The message as bytes: what transports and archives put around it is taken off, then header and body are parted.

use std::borrow::Cow;

use crate::headers::Headers;

/// A message, parted.
pub(crate) struct RawMessage<'a> {
    pub(crate) headers: Headers<'a>,
    pub(crate) body: &'a [u8],
    /// The header block is longer than is read, so it was not searched.
    pub(crate) header_is_too_long: bool,
}

impl<'a> RawMessage<'a> {
    /// Parts `bytes`. `None` when they do not begin with a header field: then it is no mail.
    pub(crate) fn part(bytes: &'a [u8], max_header_bytes: usize) -> Option<Self> {
        let searched = bytes.get(..max_header_bytes).unwrap_or(bytes);
        let (headers, body) = Headers::scan(searched);
        if headers.is_empty() {
            return None;
        }
        let header_bytes = searched.len() - body.len();
        let header_is_too_long = searched.len() < bytes.len() && body.is_empty();
        Some(Self { headers, body: bytes.get(header_bytes..).unwrap_or_default(), header_is_too_long })
    }
}

/// The message without a byte order mark and an mbox separator on top, and with line ends that can be read: a file whose every line
/// ends with a lone carriage return gets newlines.
pub(crate) fn normalized(bytes: &[u8]) -> Cow<'_, [u8]> {
    let bytes = bytes.strip_prefix("\u{feff}".as_bytes()).unwrap_or(bytes);
    let normalized = if bytes.contains(&b'\r') && !bytes.contains(&b'\n') {
        Cow::Owned(bytes.iter().map(|byte| if *byte == b'\r' { b'\n' } else { *byte }).collect())
    } else {
        Cow::Borrowed(bytes)
    };
    match normalized {
        Cow::Borrowed(bytes) => Cow::Borrowed(without_separator(bytes)),
        Cow::Owned(bytes) => Cow::Owned(without_separator(&bytes).to_vec()),
    }
}

fn without_separator(bytes: &[u8]) -> &[u8] {
    // `From :` is the field, oddly written.
    let is_separator =
        bytes.strip_prefix(b"From ").is_some_and(|rest| !rest.trim_ascii_start().starts_with(b":"));
    if !is_separator {
        return bytes;
    }
    let end = bytes.iter().position(|byte| *byte == b'\n').map_or(bytes.len(), |newline| newline + 1);
    bytes.get(end..).unwrap_or_default()
}
