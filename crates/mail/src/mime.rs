//! The body: MIME structure and charsets by mail-parser, text by our own rules. The parser is kept away from the sender, the date and
//! every other field that something depends on.

mod charsets;
mod flowed;
mod part;

use std::panic::{AssertUnwindSafe, catch_unwind};

use domain::mail::Flag;
use mail_parser::parsers::MessageStream;
use mail_parser::{HeaderName, Message, MessageParser, MessagePart, PartType};
use memchr::{memchr_iter, memmem};

use crate::headers::{Field, Headers, ends_with_ignoring_case};
use crate::html;
use crate::limits::Limits;
use crate::raw::RawMessage;
use crate::sender::cut_at_char;

/// The longest encoded text of a field that is decoded, in bytes: decoding looks ahead from every `=?`.
const MAX_ENCODED_BYTES: usize = 8_192;

/// What can be read of a body.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Body {
    pub(crate) text: String,
    /// What a reader should know of how the text was come by; the same flag may be there twice.
    pub(crate) flags: Vec<Flag>,
}

/// A parser that reads only the fields that MIME needs.
pub(crate) fn parser() -> MessageParser {
    MessageParser::new()
        .header_content_type(HeaderName::ContentType)
        .header_content_type(HeaderName::ContentDisposition)
        .header_text(HeaderName::ContentTransferEncoding)
}

/// Reads the text of a message. What the parser cannot take is read as plain text and marked broken.
pub(crate) fn read(parser: &MessageParser, message: &RawMessage<'_>, limits: &Limits) -> Body {
    let mut read = plain(message, limits).unwrap_or_else(|| read_parts(parser, message, limits));
    if read.text.contains(char::REPLACEMENT_CHARACTER) {
        read.flags.push(Flag::BrokenMime);
    }
    read
}

/// A body that is nothing but a text in UTF-8, as it stands. The parser takes it for the same, and five times as long.
fn plain(message: &RawMessage<'_>, limits: &Limits) -> Option<Body> {
    let RawMessage { headers, body, .. } = message;
    let mut types = headers.named("Content-Type");
    let content_type = types.next().filter(|_| types.next().is_none())?.unfolded().to_ascii_lowercase();
    let is_plain = match content_type.strip_prefix(b"text/plain")?.trim_ascii_start() {
        b"" => true,
        [b';', charset @ ..] => match charset.trim_ascii_start() {
            b"charset=utf-8" | b"charset=\"utf-8\"" => true,
            b"charset=us-ascii" | b"charset=\"us-ascii\"" => body.is_ascii(),
            _ => false,
        },
        _ => false,
    };
    let is_as_it_stands = |field: &Field<'_>| {
        [&b"7bit"[..], b"8bit"].iter().any(|name| field.unfolded().eq_ignore_ascii_case(name))
    };
    let is_whole = is_plain
        && !body.is_empty()
        && headers.named("Content-Transfer-Encoding").all(is_as_it_stands)
        && !headers.has("Content-Disposition")
        && up_to_composite_part(body, limits.max_composite_parts).len() == body.len();
    let text = std::str::from_utf8(body).ok().filter(|_| is_whole)?;
    let mut read = Body::default();
    push_part(&mut read, text, limits.max_text_bytes);
    Some(read)
}

fn read_parts(parser: &MessageParser, message: &RawMessage<'_>, limits: &Limits) -> Body {
    let mut entity = entity(message);
    let opened = up_to_composite_part(&entity, limits.max_composite_parts).len();
    let is_cut = opened < entity.len();
    entity.truncate(opened);
    let open_boundary = open_boundary(&message.headers, message.body);
    // The parser takes the last part of a message that breaks off for no text at all; closed, it is one.
    if let Some(boundary) = &open_boundary {
        entity.extend_from_slice(format!("\n--{boundary}--\n").as_bytes());
    }
    // HTML is decoded only where the plain text before it says nothing.
    let first = first_alternative(&message.headers, &entity).and_then(|first| parsed(parser, &first, limits));
    let first = first
        .filter(|read| read.flags.is_empty() && !read.text.trim().is_empty() && !part::is_stub(&read.text));
    let read = first.or_else(|| parsed(parser, &entity, limits));
    let mut read = read.unwrap_or_else(|| unparsed(message.body, limits));
    if is_cut {
        read.flags.push(Flag::Truncated);
    }
    if open_boundary.is_some() {
        read.flags.push(Flag::BrokenMime);
    }
    read
}

fn parsed(parser: &MessageParser, entity: &[u8], limits: &Limits) -> Option<Body> {
    // It has panicked on hostile mail in debug builds. Nothing it leaves behind is used after that.
    let parsed =
        catch_unwind(AssertUnwindSafe(|| parser.parse(entity).map(|message| text_of(&message, limits))));
    parsed.ok().flatten()
}

/// The first of the alternatives that an entity is made of, closed behind it.
fn first_alternative(headers: &Headers<'_>, entity: &[u8]) -> Option<Vec<u8>> {
    const ALTERNATIVE: &str = "multipart/alternative";
    let mut types = headers.named("Content-Type");
    let content_type = types.next().filter(|_| types.next().is_none())?.text();
    content_type.get(..ALTERNATIVE.len()).filter(|front| front.eq_ignore_ascii_case(ALTERNATIVE))?;
    let delimiter = format!("\n--{}", boundary(headers)?);
    let end = memmem::find_iter(entity, delimiter.as_bytes()).nth(1)?;
    Some([entity.get(..end)?, delimiter.as_bytes(), b"--\n"].concat())
}

/// The body under the fields that say how it is made. Copying it costs less than the parser's way over the other fields, most of which
/// are longer than what a person wrote; and where the header ends is decided once, by the scan.
fn entity(message: &RawMessage<'_>) -> Vec<u8> {
    const FIELDS: [&str; 3] = ["Content-Type", "Content-Transfer-Encoding", "Content-Disposition"];
    let mut entity = Vec::with_capacity(message.body.len() + 1_024);
    for field in message.headers.iter().filter(|field| FIELDS.iter().any(|name| field.is(name))) {
        entity.extend_from_slice(field.name.as_bytes());
        entity.push(b':');
        entity.extend_from_slice(field.value);
        if !entity.ends_with(b"\n") {
            entity.push(b'\n');
        }
    }
    entity.push(b'\n');
    entity.extend_from_slice(message.body);
    entity
}

/// The boundary that the header names and the body never closes.
pub(crate) fn open_boundary(headers: &Headers<'_>, body: &[u8]) -> Option<String> {
    let boundary = boundary(headers)?;
    let close = format!("--{boundary}--");
    (!has_line(body, close.as_bytes())).then_some(boundary)
}

/// The boundary that the header names.
pub(crate) fn boundary(headers: &Headers<'_>) -> Option<String> {
    let content_type = headers.text("Content-Type")?;
    let value =
        content_type.get(content_type.to_ascii_lowercase().find("boundary=")? + "boundary=".len()..)?;
    let boundary = match value.strip_prefix('"') {
        Some(quoted) => quoted.split('"').next()?,
        None => value.split([';', ' ', '\t']).next()?,
    };
    (!boundary.is_empty()).then(|| boundary.to_owned())
}

/// Whether a line of `body` is `wanted`, with white space after it or not.
fn has_line(body: &[u8], wanted: &[u8]) -> bool {
    memmem::find_iter(body, wanted).any(|at| {
        let is_at_start = at.checked_sub(1).is_none_or(|before| body.get(before) == Some(&b'\n'));
        let after = body.get(at + wanted.len()..).unwrap_or_default();
        is_at_start
            && after
                .iter()
                .find(|byte| **byte == b'\n' || !byte.is_ascii_whitespace())
                .is_none_or(|byte| *byte == b'\n')
    })
}

fn unparsed(body: &[u8], limits: &Limits) -> Body {
    let mut read = Body { flags: vec![Flag::BrokenMime], ..Body::default() };
    push_part(&mut read, &String::from_utf8_lossy(body), limits.max_text_bytes);
    read
}

/// Decodes the encoded words (RFC 2047) of a field that is only shown, never acted on.
pub(crate) fn decoded_words(text: &str) -> String {
    let text = cut_at_char(text, MAX_ENCODED_BYTES);
    if !text.contains("=?") || names_refused_charset(text) {
        return text.to_owned();
    }
    let line = format!("{text}\n");
    let decoded = catch_unwind(AssertUnwindSafe(|| {
        MessageStream::new(line.as_bytes()).parse_unstructured().as_text().map(str::to_owned)
    }));
    decoded.ok().flatten().unwrap_or_else(|| text.to_owned())
}

fn names_refused_charset(text: &str) -> bool {
    text.split("=?").skip(1).any(|word| part::is_refused(word.split(['?', '*']).next().unwrap_or_default()))
}

fn text_of(message: &Message<'_>, limits: &Limits) -> Body {
    let mut body = Body::default();
    if message.parts.iter().any(|part| matches!(part.body, PartType::Message(_))) {
        body.flags.push(Flag::Forwarded);
    }
    for part in message.text_body.iter().filter_map(|id| message.parts.get(*id as usize)) {
        if part::is_broken(part, message) {
            body.flags.push(Flag::BrokenMime);
        }
        if let PartType::Text(text) = &part.body {
            push_part(&mut body, &part::plain_text(part, text, message), limits.max_text_bytes);
        }
    }
    let mut html = message.html_body.iter().filter_map(|id| message.parts.get(*id as usize)).peekable();
    let is_html = |part: &&MessagePart<'_>| matches!(part.body, PartType::Html(_));
    if body.text.trim().is_empty() || (html.peek().is_some_and(is_html) && part::is_stub(&body.text)) {
        body.text.clear();
        for part in html {
            if let PartType::Html(source) = &part.body {
                if part::is_broken(part, message) {
                    body.flags.push(Flag::BrokenMime);
                }
                push_html(&mut body, &part::html(part, source, message), limits);
            }
        }
    }
    if body.text.trim().is_empty() {
        for (is_html, text) in part::broken_texts(message) {
            body.flags.push(Flag::BrokenMime);
            if is_html {
                push_html(&mut body, &text, limits);
            } else {
                push_part(&mut body, &text, limits.max_text_bytes);
            }
        }
    }
    body
}

/// Adds the text of HTML, which is only read where there is no plain text.
pub(crate) fn push_html(body: &mut Body, source: &str, limits: &Limits) {
    let cut = cut_at_char(source, limits.max_html_bytes);
    let read = html::html_to_text(cut);
    let flags = [
        (!read.text.trim().is_empty(), Flag::HtmlOnly),
        (read.has_hidden_text, Flag::HiddenText),
        (cut.len() < source.len(), Flag::Truncated),
    ];
    body.flags.extend(flags.into_iter().filter_map(|(holds, flag)| holds.then_some(flag)));
    push_part(body, &read.text, limits.max_text_bytes);
}

/// Adds plain text, as much as there is room for.
pub(crate) fn push_part(body: &mut Body, text: &str, max_bytes: usize) {
    if !body.text.is_empty() && !body.text.ends_with('\n') {
        body.text.push('\n');
    }
    let room = max_bytes.saturating_sub(body.text.len());
    let cut = cut_at_char(text, room);
    if cut.len() < text.len() {
        body.flags.push(Flag::Truncated);
    }
    body.text.push_str(cut);
}

/// The message up to the composite part that is one too many.
fn up_to_composite_part(message: &[u8], max: usize) -> &[u8] {
    let names_composite = |at: usize| {
        let type_name = message.get(..at).unwrap_or_default();
        [&b"multipart"[..], b"message"].iter().any(|name| ends_with_ignoring_case(type_name, name))
    };
    let end = memchr_iter(b'/', message).filter(|at| names_composite(*at)).nth(max).unwrap_or(message.len());
    message.get(..end).unwrap_or(message)
}
