//! The header block as it stands: fields in order, values raw. Nothing is decoded here, since decoding before splitting is how a
//! name becomes an address.

use std::borrow::Cow;

/// The fields of a message, top to bottom.
#[derive(Default)]
pub(crate) struct Headers<'a> {
    fields: Vec<Field<'a>>,
    /// There is a carriage return inside a line. Parsers differ on whether it ends the line, so nothing here is sure.
    pub(crate) has_bare_cr: bool,
}

/// One field.
#[derive(Clone, Copy)]
pub(crate) struct Field<'a> {
    pub(crate) name: &'a str,
    /// Everything after the colon, with its folding.
    pub(crate) value: &'a [u8],
    /// White space stands before the colon: obsolete, and taken away by relaxed DKIM, so it can hide a field.
    pub(crate) has_space_before_colon: bool,
}

impl<'a> Headers<'a> {
    /// Reads `bytes` up to the first empty line, and returns the fields and what follows that line.
    ///
    /// Only an empty line ends the block: a verifier that stops earlier has seen fewer fields than we, never more. Lines that are no
    /// field (`Fr om: …`, `:From: …`) are passed over with what continues them.
    pub(crate) fn scan(bytes: &'a [u8]) -> (Self, &'a [u8]) {
        let mut headers = Self::default();
        let mut rest = bytes;
        while !rest.is_empty() {
            let (line, mut after) = split_line(rest);
            if line.is_empty() {
                return (headers, after);
            }
            while after.first().is_some_and(|byte| matches!(byte, b' ' | b'\t')) {
                after = split_line(after).1;
            }
            let whole = rest.get(..rest.len() - after.len()).unwrap_or_default();
            headers.has_bare_cr |= has_bare_cr(whole);
            headers.fields.extend(Field::parse(whole));
            rest = after;
        }
        (headers, rest)
    }

    pub(crate) fn from_fields(fields: Vec<Field<'a>>) -> Self {
        Self { fields, has_bare_cr: false }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.fields.is_empty()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Field<'a>> {
        self.fields.iter()
    }

    pub(crate) fn named(&self, name: &str) -> impl Iterator<Item = &Field<'a>> {
        self.fields.iter().filter(move |field| field.is(name))
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        self.named(name).next().is_some()
    }

    /// The first field of that name, unfolded and trimmed.
    pub(crate) fn text(&self, name: &str) -> Option<String> {
        self.named(name).next().map(Field::text)
    }
}

impl<'a> Field<'a> {
    fn parse(whole: &'a [u8]) -> Option<Self> {
        let colon = whole.iter().position(|byte| *byte == b':')?;
        let (before, value) = (whole.get(..colon)?, whole.get(colon + 1..)?);
        let name = before.trim_ascii_end();
        let is_name = !name.is_empty() && name.iter().all(u8::is_ascii_graphic);
        let name = std::str::from_utf8(name).ok().filter(|_| is_name)?;
        Some(Self { name, value, has_space_before_colon: name.len() != before.len() })
    }

    pub(crate) fn is(&self, name: &str) -> bool {
        self.name.eq_ignore_ascii_case(name)
    }

    /// The value with its line ends taken out, as RFC 5322 unfolds: the white space that follows them stays.
    pub(crate) fn unfolded(&self) -> Cow<'a, [u8]> {
        let value = self.value.trim_ascii();
        if !value.contains(&b'\n') {
            return Cow::Borrowed(value);
        }
        let mut unfolded = Vec::with_capacity(value.len());
        for line in value.split_inclusive(|byte| *byte == b'\n') {
            unfolded.extend_from_slice(without_line_end(line));
        }
        Cow::Owned(unfolded)
    }

    /// The value as text, for fields where nothing depends on a byte that is not UTF-8.
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.unfolded()).trim().to_owned()
    }
}

/// The first line without its end, and what follows.
fn split_line(bytes: &[u8]) -> (&[u8], &[u8]) {
    let end = bytes.iter().position(|byte| *byte == b'\n').map_or(bytes.len(), |newline| newline + 1);
    let (line, after) = bytes.split_at(end);
    (without_line_end(line), after)
}

fn without_line_end(line: &[u8]) -> &[u8] {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    line.strip_suffix(b"\r").unwrap_or(line)
}

fn has_bare_cr(lines: &[u8]) -> bool {
    lines.split_inclusive(|byte| *byte == b'\n').any(|line| without_line_end(line).contains(&b'\r'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(block: &str, expected: &[(&str, &str)]) {
        let (headers, _) = Headers::scan(block.as_bytes());
        let found: Vec<_> = headers.iter().map(|field| (field.name, field.text())).collect();
        let expected: Vec<_> = expected.iter().map(|(name, text)| (*name, (*text).to_owned())).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn folded_values_are_joined_and_keep_their_space() {
        check("Subject: one\r\n two\r\n\tthree\r\n\r\nbody", &[("Subject", "one two\tthree")]);
    }

    #[test]
    fn only_an_empty_line_ends_the_block() {
        check("A: 1\n \nB: 2\n\nC: 3\n", &[("A", "1"), ("B", "2")]);
    }

    #[test]
    fn what_is_not_a_field_name_is_no_field() {
        check("Fr om: a\n:From: b\n continued\nFrom\t: c\n", &[("From", "c")]);
    }

    #[test]
    fn a_return_inside_a_line_is_noticed() {
        assert!(Headers::scan(b"X: a\rFrom: b\r\n\r\n").0.has_bare_cr);
        assert!(!Headers::scan(b"X: a\r\nFrom: b\r\n\r\n").0.has_bare_cr);
    }
}
