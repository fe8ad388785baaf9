//! The header block as it stands: fields in order, values raw. Nothing is decoded here, since decoding before splitting is how a
//! name becomes an address.

use std::borrow::Cow;

use memchr::{memchr, memchr2};

/// The fields of a message, top to bottom.
#[derive(Default)]
pub(crate) struct Headers<'a> {
    fields: Vec<Field<'a>>,
    /// There is a carriage return inside a line. Parsers differ on whether it ends the line, so nothing here is sure.
    pub(crate) has_bare_cr: bool,
    /// Another parser may have found other fields: what a verifier says of this block may not be about what is read here.
    pub(crate) doubt: Option<Doubt>,
    has_crlf: bool,
    /// The empty line at the end is a newline alone.
    pub(crate) ends_in_bare_newline: bool,
}

/// Why a verifier may have read a header block otherwise than we do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Doubt {
    /// A line that is no field. Some parsers end the header there, some add the line to the field above, some repair its name.
    NoField,
    /// A control character: some parsers end the text there, or the line, or drop it.
    ControlCharacter,
    /// A newline alone below lines that end with a carriage return and a newline: some parsers do not end the line there.
    MixedLineEnds,
    /// Carriage returns alone: for most parsers there is no line at all.
    NoNewlines,
    /// Two of a field that a mail has once. A signature covers the lower one, and programs differ on which they show.
    RepeatedField,
}

impl Doubt {
    /// In words for an operator.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::NoField => "the header has a line that is no field",
            Self::ControlCharacter => "the header has a control character",
            Self::MixedLineEnds => "the line ends are mixed",
            Self::NoNewlines => "the lines end with carriage returns alone",
            Self::RepeatedField => "a field that a mail has once is there twice",
        }
    }
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
        let mut headers = Self { fields: Vec::with_capacity(32), ..Self::default() };
        let mut rest = bytes;
        while !rest.is_empty() {
            let (line, mut after) = headers.next_line(rest);
            if line.is_empty() {
                headers.ends_in_bare_newline = rest.starts_with(b"\n");
                return (headers, after);
            }
            while after.first().is_some_and(|byte| matches!(byte, b' ' | b'\t')) {
                after = headers.next_line(after).1;
            }
            match Field::parse(rest.get(..rest.len() - after.len()).unwrap_or_default()) {
                Some(field) => headers.fields.push(field),
                None => headers.doubt = headers.doubt.or(Some(Doubt::NoField)),
            }
            rest = after;
        }
        (headers, rest)
    }

    /// The first line without its end, and what follows. What other parsers may take otherwise is noted on the way.
    fn next_line(&mut self, bytes: &'a [u8]) -> (&'a [u8], &'a [u8]) {
        let end = memchr(b'\n', bytes).map_or(bytes.len(), |newline| newline + 1);
        let (whole, after) = bytes.split_at(end);
        let line = without_line_end(whole);
        match whole.len() - line.len() {
            2 => self.has_crlf = true,
            1 if self.has_crlf => self.doubt = self.doubt.or(Some(Doubt::MixedLineEnds)),
            _ => {}
        }
        // ESC is no doubt: Japanese mail still puts ISO-2022-JP into its subjects as it is.
        let is_control = |byte: u8| byte < b' ' && !matches!(byte, b'\t' | 0x1b);
        if line.iter().fold(false, |found, byte| found | is_control(*byte)) {
            self.has_bare_cr |= line.contains(&b'\r');
            if line.iter().any(|byte| is_control(*byte) && *byte != b'\r') {
                self.doubt = self.doubt.or(Some(Doubt::ControlCharacter));
            }
        }
        (line, after)
    }

    pub(crate) fn from_fields(fields: Vec<Field<'a>>) -> Self {
        Self { fields, ..Self::default() }
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

    /// Whether a field is there twice that says what the mail is, what it wants or how its body is read.
    pub(crate) fn repeat_a_single_field(&self) -> bool {
        ["Subject", "Date", "Message-ID", "Content-Type", "Content-Transfer-Encoding"]
            .iter()
            .any(|name| self.named(name).nth(1).is_some())
    }

    /// The first field of that name, unfolded and trimmed.
    pub(crate) fn text(&self, name: &str) -> Option<String> {
        self.named(name).next().map(Field::text)
    }
}

impl<'a> Field<'a> {
    fn parse(whole: &'a [u8]) -> Option<Self> {
        let colon = memchr(b':', whole)?;
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
        if memchr(b'\n', value).is_none() {
            return Cow::Borrowed(value);
        }
        let mut unfolded = Vec::with_capacity(value.len());
        let mut rest = value;
        while !rest.is_empty() {
            let end = memchr(b'\n', rest).map_or(rest.len(), |newline| newline + 1);
            let (line, after) = rest.split_at(end);
            unfolded.extend_from_slice(without_line_end(line));
            rest = after;
        }
        Cow::Owned(unfolded)
    }

    /// The value as text, for fields where nothing depends on a byte that is not UTF-8.
    pub(crate) fn text(&self) -> String {
        let text = match self.unfolded() {
            Cow::Borrowed(value) => lossy(value).into_owned(),
            Cow::Owned(value) => String::from_utf8(value)
                .unwrap_or_else(|invalid| String::from_utf8_lossy(invalid.as_bytes()).into_owned()),
        };
        if text.trim().len() == text.len() { text } else { text.trim().to_owned() }
    }
}

/// The bytes as text, with U+FFFD where they are not UTF-8: checked as a whole first, which is three times as fast.
pub(crate) fn lossy(bytes: &[u8]) -> Cow<'_, str> {
    std::str::from_utf8(bytes).map_or_else(|_invalid| String::from_utf8_lossy(bytes), Cow::Borrowed)
}

fn without_line_end(line: &[u8]) -> &[u8] {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    line.strip_suffix(b"\r").unwrap_or(line)
}

/// A value without its comments, which nest.
pub(crate) fn without_comments(text: &str) -> String {
    let mut depth = 0_usize;
    let mut kept = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = memchr2(b'(', b')', rest.as_bytes()) {
        let (before, mark) = rest.split_at_checked(at).unwrap_or((rest, ""));
        if depth == 0 {
            kept.push_str(before);
        }
        if mark.starts_with('(') {
            depth += 1;
        } else {
            depth = depth.saturating_sub(1);
            kept.push(' ');
        }
        rest = mark.get(1..).unwrap_or_default();
    }
    if depth == 0 {
        kept.push_str(rest);
    }
    kept
}

/// Names in header fields are compared without regard to case.
pub(crate) fn ends_with_ignoring_case(text: impl AsRef<[u8]>, end: impl AsRef<[u8]>) -> bool {
    let (text, end) = (text.as_ref(), end.as_ref());
    text.len()
        .checked_sub(end.len())
        .and_then(|start| text.get(start..))
        .is_some_and(|tail| tail.eq_ignore_ascii_case(end))
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

    #[track_caller]
    fn check_doubt(block: &str, expected: Option<Doubt>) {
        assert_eq!(Headers::scan(block.as_bytes()).0.doubt, expected, "{block:?}");
    }

    #[test]
    fn what_another_parser_may_read_otherwise_is_noticed() {
        check_doubt("A: 1\r\nB: 2\r\n folded\r\n\r\nbody\n", None);
        check_doubt("A: 1\nB: \u{1b}$B\u{1b}(B\n\nbody", None);
        // What a server of ours puts on top of a message that came by SMTP.
        check_doubt("A: 1\nB: 2\r\n\r\n", None);
        check_doubt("A: 1\r\nB: 2\n\r\n", Some(Doubt::MixedLineEnds));
        check_doubt("A: 1\r\nB: 2\r\n\n", Some(Doubt::MixedLineEnds));
        check_doubt("A: 1\nB: \0\n\n", Some(Doubt::ControlCharacter));
        check_doubt("A: 1\nB: \u{b}From: x\n\n", Some(Doubt::ControlCharacter));
        for line in
            ["Fr om: a", ":From: a", "From", "<a@b.example>", "F\u{200b}rom: a", ">From a b", "\u{a0}From: a"]
        {
            check_doubt(&format!("A: 1\n{line}\n\n"), Some(Doubt::NoField));
        }
        check_doubt(" From: a\nA: 1\n\n", Some(Doubt::NoField));
    }

    #[test]
    fn a_return_inside_a_line_is_noticed() {
        assert!(Headers::scan(b"X: a\rFrom: b\r\n\r\n").0.has_bare_cr);
        assert!(!Headers::scan(b"X: a\r\nFrom: b\r\n\r\n").0.has_bare_cr);
    }
}
