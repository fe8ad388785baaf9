//! The charset of a text that names none or a wrong one.

use mail_parser::decoders::charsets::map::charset_decoder;
use memchr::memmem;

use super::part;

/// How far into HTML browsers look for the charset that it names, in bytes.
const MAX_PRESCAN_BYTES: usize = 1_024;
/// What bytes are that are no UTF-8 and say nothing else of themselves, in all the languages of our readers.
const WESTERN: &[u8] = b"windows-1252";

pub(super) fn is_ascii(charset: &str) -> bool {
    ["us-ascii", "ascii", "ansi_x3.4-1968", "iso646-us"].iter().any(|name| charset.eq_ignore_ascii_case(name))
}

/// Whether the parser reads a text with this charset as UTF-8.
pub(super) fn is_utf_8(charset: &str) -> bool {
    let is_named = ["utf-8", "utf8"].iter().any(|name| charset.eq_ignore_ascii_case(name));
    is_named || charset_decoder(charset.as_bytes()).is_none()
}

/// The text of bytes that are not what `named` says. Bytes that are UTF-8 throughout are nothing else; a text with some of it is UTF-8
/// that was damaged, and is left to the parser.
pub(super) fn guessed(bytes: &[u8], named: &str) -> Option<String> {
    if let Ok(text) = std::str::from_utf8(bytes) {
        return Some(text.to_owned());
    }
    let is_damaged = bytes.utf8_chunks().any(|chunk| !chunk.valid().is_ascii());
    if is_damaged {
        return None;
    }
    let in_html = named_in_html(bytes).filter(|_| named.is_empty());
    let decode = in_html.and_then(charset_decoder).or_else(|| charset_decoder(WESTERN))?;
    Some(decode(bytes))
}

/// What stands behind `charset=` near the front.
fn named_in_html(bytes: &[u8]) -> Option<&[u8]> {
    let front = bytes.get(..MAX_PRESCAN_BYTES).unwrap_or(bytes);
    let lower = front.to_ascii_lowercase();
    let at = memmem::find(&lower, b"charset=")? + "charset=".len();
    let value = front.get(at..)?;
    let value = value.strip_prefix(b"\"").or_else(|| value.strip_prefix(b"'")).unwrap_or(value);
    let end = value.iter().position(|byte| !(byte.is_ascii_alphanumeric() || b"-_:.".contains(byte)));
    let name = value.get(..end.unwrap_or(value.len()))?;
    let is_usable = !std::str::from_utf8(name).is_ok_and(part::is_refused);
    is_usable.then_some(name)
}
