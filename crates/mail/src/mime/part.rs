//! The text of one part, where the parser's own is not what a person would read.

use std::borrow::Cow;

use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use mail_parser::decoders::charsets::map::charset_decoder;
use mail_parser::{
    ContentType, Encoding, GetHeader, HeaderName, Message, MessagePart, MimeHeaders, PartType,
};
use memchr::{memchr, memchr_iter};

use super::{charsets, flowed};

/// Base64 as far as it goes.
const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// The words in which programs say that the text is in the HTML part, beside the word itself.
const STUB_WORDS: [&str; 14] = [
    "support",
    "view",
    "display",
    "client",
    "enable",
    "unterstütz",
    "anzeig",
    "prend",
    "afficher",
    "admite",
    "visualizar",
    "supporta",
    "suporta",
    "ondersteun",
];
/// The longest text that may be such a notice, in bytes.
const MAX_STUB_BYTES: usize = 400;

/// The text of a part that the parser took for plain text: with the line breaks of `format=flowed` taken out.
pub(super) fn plain_text<'p>(
    part: &'p MessagePart<'_>,
    text: &'p str,
    message: &'p Message<'_>,
) -> Cow<'p, str> {
    let text = source(part, text, message);
    let content_type = part.content_type();
    let says = |name: &str, value: &str| {
        content_type
            .and_then(|found| found.attribute(name))
            .is_some_and(|found| found.eq_ignore_ascii_case(value))
    };
    let spaces = if says("delsp", "yes") { flowed::Spaces::OfBreaks } else { flowed::Spaces::OfText };
    if says("format", "flowed") { Cow::Owned(flowed::joined(&text, spaces)) } else { text }
}

/// The source of a part that the parser took for HTML.
pub(super) fn html<'p>(part: &'p MessagePart<'_>, source: &'p str, message: &'p Message<'_>) -> Cow<'p, str> {
    self::source(part, source, message)
}

fn source<'p>(part: &'p MessagePart<'_>, text: &'p str, message: &Message<'_>) -> Cow<'p, str> {
    let mended = decoded(part, message).or_else(|| in_its_own_charset(part, text, message));
    mended.map_or(Cow::Borrowed(text), Cow::Owned)
}

/// The text of a part whose bytes speak against the charset that it names.
fn in_its_own_charset(part: &MessagePart<'_>, text: &str, message: &Message<'_>) -> Option<String> {
    let charset = charset(part);
    let is_doubtful = if charsets::is_ascii(charset) {
        !text.is_ascii()
    } else {
        charsets::is_utf_8(charset) && text.contains(char::REPLACEMENT_CHARACTER)
    };
    is_doubtful.then(|| charsets::guessed(&bytes(part, message)?, charset)).flatten()
}

/// Whether something in the part is not in the encoding or the charset that it names. The parser keeps wrong codes of quoted-printable as they stand.
pub(super) fn is_broken(part: &MessagePart<'_>, message: &Message<'_>) -> bool {
    let raw =
        || message.raw_message.get(part.offset_body as usize..part.offset_end as usize).unwrap_or_default();
    let is_in_another_charset = match &part.body {
        PartType::Text(text) | PartType::Html(text) => text.contains(char::REPLACEMENT_CHARACTER),
        PartType::Binary(_) | PartType::InlineBinary(_) | PartType::Message(_) | PartType::Multipart(_) => {
            false
        }
    };
    part.is_encoding_problem
        || is_in_another_charset
        || (part.encoding == Encoding::QuotedPrintable && has_wrong_code(raw()))
}

fn has_wrong_code(raw: &[u8]) -> bool {
    memchr_iter(b'=', raw).any(|at| match raw.get(at + 1..).unwrap_or_default() {
        [] | [b'\n' | b'\r' | b' ' | b'\t', ..] => false,
        [high, low, ..] => !(high.is_ascii_hexdigit() && low.is_ascii_hexdigit()),
        [_] => true,
    })
}

/// Parts whose encoding broke off: the parser counts them as attachments.
pub(super) fn broken_texts<'p>(message: &'p Message<'_>) -> impl Iterator<Item = (bool, String)> + 'p {
    message.parts.iter().filter(|part| part.is_encoding_problem && is_shown(part)).filter_map(|part| {
        let is_html =
            part.content_type().and_then(ContentType::subtype).is_some_and(|subtype| subtype == "html");
        decoded(part, message).map(|text| (is_html, text))
    })
}

/// Whether a plain text only says that the mail is in the HTML beside it.
pub(super) fn is_stub(text: &str) -> bool {
    let text = text.trim();
    if text.len() > MAX_STUB_BYTES {
        return false;
    }
    let lower = text.to_lowercase();
    lower.contains("html") && STUB_WORDS.iter().any(|word| lower.contains(word))
}

fn is_shown(part: &MessagePart<'_>) -> bool {
    let is_text = part.content_type().is_none_or(|found| found.ctype() == "text");
    let is_attached = part.content_disposition().is_some_and(ContentType::is_attachment);
    is_text && !is_attached && matches!(part.body, PartType::Text(_))
}

/// The text, where the parser gave up on the encoding or read a charset that no client reads any more.
fn decoded(part: &MessagePart<'_>, message: &Message<'_>) -> Option<String> {
    let charset = charset(part);
    let is_refused = is_refused(charset);
    if !(is_refused || (part.is_encoding_problem && is_encoded(part))) {
        return None;
    }
    let bytes = bytes(part, message)?;
    let decoder = charset_decoder(charset.as_bytes()).filter(|_| !is_refused);
    Some(decoder.map_or_else(|| String::from_utf8_lossy(&bytes).into_owned(), |decode| decode(&bytes)))
}

fn charset<'p>(part: &'p MessagePart<'_>) -> &'p str {
    part.content_type().and_then(|found| found.attribute("charset")).unwrap_or_default()
}

fn is_encoded(part: &MessagePart<'_>) -> bool {
    let encodings = ["base64", "quoted-printable"];
    encoding(part).is_some_and(|name| encodings.iter().any(|known| name.eq_ignore_ascii_case(known)))
}

fn encoding<'p>(part: &'p MessagePart<'_>) -> Option<&'p str> {
    part.headers.header_value(&HeaderName::ContentTransferEncoding).and_then(|value| value.as_text())
}

/// What a part holds under its transfer encoding.
fn bytes(part: &MessagePart<'_>, message: &Message<'_>) -> Option<Vec<u8>> {
    let raw = message.raw_message.get(part.offset_body as usize..part.offset_end as usize)?;
    Some(match encoding(part) {
        Some(name) if name.eq_ignore_ascii_case("base64") => from_base64(raw),
        Some(name) if name.eq_ignore_ascii_case("quoted-printable") => from_quoted_printable(raw),
        Some(_) | None => raw.to_vec(),
    })
}

/// UTF-7 writes any character in letters. Clients show it as it stands, so decoding it would read what nobody sees.
pub(super) fn is_refused(charset: &str) -> bool {
    let charset = charset.to_ascii_lowercase();
    ["utf-7", "utf_7", "csutf7", "unicode-1-1-utf-7"].contains(&charset.as_str())
}

fn from_base64(raw: &[u8]) -> Vec<u8> {
    let is_digit = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/');
    let mut digits: Vec<u8> = raw.iter().copied().filter(is_digit).collect();
    if digits.len() % 4 == 1 {
        digits.pop();
    }
    LENIENT.decode(&digits).unwrap_or_default()
}

/// What is no code stays as it is written.
fn from_quoted_printable(raw: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(raw.len());
    let mut rest = raw;
    while let Some(at) = memchr(b'=', rest) {
        let (before, code) = rest.split_at(at);
        bytes.extend_from_slice(before);
        rest = match code {
            [_, b'\n', after @ ..] | [_, b'\r', b'\n', after @ ..] => after,
            [_, high, low, after @ ..] if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() => {
                let digit =
                    |byte: &u8| char::from(*byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
                bytes.extend(digit(high).zip(digit(low)).map(|(high, low)| high << 4 | low));
                after
            }
            [equals, after @ ..] => {
                bytes.push(*equals);
                after
            }
            [] => break,
        };
    }
    bytes.extend_from_slice(rest);
    bytes
}
