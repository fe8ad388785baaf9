//! Forms, as webhooks post them: `multipart/form-data` (RFC 7578) or `application/x-www-form-urlencoded`.
//!
//! Which of the two it is, and the boundary, are told by the first line, since a queue may have lost the content type. Fields are only
//! found where they lie, never copied, and read once from front to back; a field that comes twice is refused where one is asked for,
//! since two readers would pick different ones.

use std::borrow::Cow;

use crate::limits::Limits;
use crate::unreadable::Unreadable;

/// The most fields of a form. Providers send some thirty, and one for each attachment.
const MAX_FIELDS: usize = 1_000;
/// The longest boundary, with its hyphens; RFC 2046 allows 70 characters.
const MAX_DELIMITER_BYTES: usize = 200;

/// The fields of a form, in order.
pub struct Form<'a> {
    fields: Vec<Field<'a>>,
}

/// Name and value.
type Field<'a> = (Cow<'a, str>, Cow<'a, [u8]>);

/// Hides what the fields hold.
impl std::fmt::Debug for Form<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Form").field("fields", &self.fields.len()).finish()
    }
}

impl<'a> Form<'a> {
    /// Finds the fields.
    pub fn read(body: &'a [u8], limits: &Limits) -> Result<Self, Unreadable> {
        let limit = limits.max_document_bytes();
        if body.len() > limit {
            return Err(Unreadable::TooLarge { bytes: body.len(), limit });
        }
        let fields = if body.starts_with(b"--") { multipart(body)? } else { urlencoded(body) };
        if fields.len() > MAX_FIELDS {
            return Err(Unreadable::BadForm { path: "more than 1000 fields" });
        }
        Ok(Self { fields })
    }

    /// The one field of that name.
    pub fn bytes(&self, name: &'static str) -> Result<Option<&[u8]>, Unreadable> {
        let mut values = self.fields.iter().filter(|(field, _)| field == name).map(|(_, value)| &**value);
        let first = values.next();
        if values.next().is_some() {
            return Err(Unreadable::BadForm { path: name });
        }
        Ok(first)
    }

    /// The one field of that name, which must be UTF-8.
    pub fn text(&self, name: &'static str) -> Result<Option<&str>, Unreadable> {
        let bytes = self.bytes(name)?;
        let text = bytes.map(std::str::from_utf8).transpose();
        text.map_err(|_not_utf8| Unreadable::BadForm { path: name })
    }

    /// All fields of that name, one after the other; what is not UTF-8 in them is replaced.
    pub fn joined(&self, name: &str) -> Option<String> {
        let values = self.fields.iter().filter(|(field, _)| field == name);
        let texts: Vec<Cow<'_, str>> = values.map(|(_, value)| String::from_utf8_lossy(value)).collect();
        (!texts.is_empty()).then(|| texts.join("\n"))
    }
}

/// Names and values as bytes: a value may be a message in any charset.
fn urlencoded(body: &[u8]) -> Vec<Field<'_>> {
    let pairs = body.split(|byte| *byte == b'&').filter(|pair| !pair.is_empty()).take(MAX_FIELDS + 1);
    let field = |pair: &[u8]| {
        let equals = pair.iter().position(|byte| *byte == b'=').unwrap_or(pair.len());
        let name = percent_decoded(pair.get(..equals).unwrap_or_default());
        let value = percent_decoded(pair.get(equals + 1..).unwrap_or_default());
        (Cow::Owned(String::from_utf8_lossy(&name).into_owned()), Cow::Owned(value))
    };
    pairs.map(field).collect()
}

fn percent_decoded(text: &[u8]) -> Vec<u8> {
    let mut decoded = Vec::with_capacity(text.len());
    let mut rest = text;
    while let [first, after @ ..] = rest {
        rest = after;
        let digit = |at: usize| after.get(at).and_then(|byte| char::from(*byte).to_digit(16));
        match (first, digit(0), digit(1)) {
            (b'+', _, _) => decoded.push(b' '),
            (b'%', Some(high), Some(low)) => {
                decoded.extend(u8::try_from(high * 16 + low));
                rest = after.get(2..).unwrap_or_default();
            }
            _ => decoded.push(*first),
        }
    }
    decoded
}

/// Walks over the lines: one that begins with the delimiter ends a part, and the line end before it belongs to the delimiter.
fn multipart(body: &[u8]) -> Result<Vec<Field<'_>>, Unreadable> {
    const BROKEN: Unreadable = Unreadable::BadForm { path: "multipart" };
    let first_line = body.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let delimiter = first_line.trim_ascii_end();
    if !(3..=MAX_DELIMITER_BYTES).contains(&delimiter.len()) {
        return Err(BROKEN);
    }
    let mut fields = Vec::new();
    let (mut position, mut part_begins) = (0, None);
    for line in body.split_inclusive(|byte| *byte == b'\n') {
        let begins = position;
        position += line.len();
        let Some(after) = line.strip_prefix(delimiter).map(<[u8]>::trim_ascii) else { continue };
        if !after.is_empty() && after != b"--" {
            continue;
        }
        if let Some(part) = part_begins.and_then(|start| body.get(start..begins)) {
            fields.push(field(part).ok_or(BROKEN)?);
        }
        if after == b"--" {
            return Ok(fields);
        }
        if fields.len() > MAX_FIELDS {
            return Ok(fields);
        }
        part_begins = Some(position);
    }
    // Without the closing delimiter the form was cut off on its way.
    Err(BROKEN)
}

fn field(part: &[u8]) -> Option<Field<'_>> {
    let (headers, value) = crate::headers::Headers::scan(part);
    let disposition = headers.text("Content-Disposition")?;
    let name = parameter(&disposition, "name")?;
    let value = value.strip_suffix(b"\n").unwrap_or(value);
    Some((Cow::Owned(name), Cow::Borrowed(value.strip_suffix(b"\r").unwrap_or(value))))
}

/// What stands before the closing quote, and what follows it. A backslash takes its meaning from the character after it.
fn quoted_string(text: &str) -> Option<(&str, &str)> {
    let mut is_escaped = false;
    let end = text.bytes().position(|byte| {
        let ends = byte == b'"' && !is_escaped;
        is_escaped = byte == b'\\' && !is_escaped;
        ends
    })?;
    Some((text.get(..end)?, text.get(end + 1..)?))
}

/// `form-data; name="email"; filename="a;b"` → `email`.
fn parameter(disposition: &str, name: &str) -> Option<String> {
    let mut rest = disposition;
    loop {
        let (_, after) = rest.split_once(';')?;
        let (key, value) = after.split_once('=')?;
        let (value, left) = match value.trim_start().strip_prefix('"') {
            Some(quoted) => quoted_string(quoted)?,
            None => value.split_at(value.find(';').unwrap_or(value.len())),
        };
        if key.trim().eq_ignore_ascii_case(name) {
            return Some(value.trim().to_owned());
        }
        rest = left;
    }
}
