//! The header block, strictly. `mail` reads it, mail-auth hashes it: where two programs could see different fields, or part header and
//! body at different lines, a right signature would speak for something that was never read.

use crate::fault::Fault;

/// The most fields that are looked at. Real mail has under 100.
const MAX_FIELDS: usize = 1_000;

/// One field. The name is printable ASCII, the colon follows at once.
#[derive(Clone, Copy)]
pub(crate) struct Field<'a> {
    pub(crate) name: &'a str,
    /// Everything after the colon, with its line ends.
    pub(crate) value: &'a [u8],
}

impl Field<'_> {
    pub(crate) fn is(&self, name: &str) -> bool {
        self.name.eq_ignore_ascii_case(name)
    }
}

/// A message, parted.
pub(crate) struct Parted<'a> {
    /// Top to bottom.
    pub(crate) fields: Vec<Field<'a>>,
    pub(crate) body: &'a [u8],
}

impl<'a> Parted<'a> {
    pub(crate) fn named(&self, name: &str) -> impl Iterator<Item = &Field<'a>> {
        self.fields.iter().filter(move |field| field.is(name))
    }
}

/// Parts a message. The block must be made of fields alone and end with an empty line, and a return must stand before a newline
/// everywhere, the body included: canonical bodies leave lone ones out, so they could be put in by anybody.
pub(crate) fn parted(message: &[u8]) -> Result<Parted<'_>, Fault> {
    let mut fields = Vec::new();
    let mut rest = message;
    let body = loop {
        let field = first_field(rest);
        if is_empty_line(field) {
            break rest.get(field.len()..).unwrap_or_default();
        }
        fields.push(parse(field).ok_or(Fault::MalformedHeader)?);
        if fields.len() > MAX_FIELDS {
            return Err(Fault::MalformedHeader);
        }
        rest = rest.get(field.len()..).unwrap_or_default();
    };
    if has_bare_return(message) {
        return Err(Fault::BareReturn);
    }
    Ok(Parted { fields, body })
}

/// The message with the line ends it was signed with: what passed a system that keeps newlines alone gets its returns back.
pub(crate) fn as_sent(message: Vec<u8>) -> Vec<u8> {
    if message.contains(&b'\r') {
        return message;
    }
    let mut sent = Vec::with_capacity(message.len() + message.len() / 32);
    for line in message.split_inclusive(|byte| *byte == b'\n') {
        match line.strip_suffix(b"\n") {
            Some(text) => sent.extend([text, b"\r\n"].concat()),
            None => sent.extend_from_slice(line),
        }
    }
    sent
}

/// The first line with the lines that continue it, and their ends.
fn first_field(bytes: &[u8]) -> &[u8] {
    let mut end = 0;
    for line in bytes.split_inclusive(|byte| *byte == b'\n') {
        let continues = matches!(line.first(), Some(b' ' | b'\t')) && !is_empty_line(bytes);
        if end > 0 && !continues {
            break;
        }
        end += line.len();
    }
    bytes.get(..end).unwrap_or_default()
}

fn is_empty_line(bytes: &[u8]) -> bool {
    bytes.starts_with(b"\n") || bytes.starts_with(b"\r\n")
}

fn parse(field: &[u8]) -> Option<Field<'_>> {
    let colon = field.iter().position(|byte| *byte == b':')?;
    let (name, value) = (field.get(..colon)?, field.get(colon + 1..)?);
    let is_name = !name.is_empty() && name.iter().all(u8::is_ascii_graphic);
    let name = std::str::from_utf8(name).ok().filter(|_| is_name && value.ends_with(b"\n"))?;
    Some(Field { name, value })
}

fn has_bare_return(message: &[u8]) -> bool {
    let mut returns = message.iter().enumerate().filter(|(_, byte)| **byte == b'\r');
    returns.any(|(at, _)| message.get(at + 1) != Some(&b'\n'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(message: &str, expected: Result<&[&str], Fault>) {
        let found = parted(message.as_bytes());
        let names =
            found.map(|parted| parted.fields.iter().map(|field| field.name.to_owned()).collect::<Vec<_>>());
        assert_eq!(names, expected.map(|names| names.iter().map(|name| (*name).to_owned()).collect()));
    }

    #[test]
    fn fields_end_at_the_empty_line() {
        check("From: a\r\nSubject: b\r\n c\r\n\r\nTo: body\r\n", Ok(&["From", "Subject"]));
        check("From: a\n\n body", Ok(&["From"]));
    }

    #[test]
    fn a_line_that_is_no_field_spoils_the_block() {
        for spoiled in ["rubbish\r\n", "From : a\r\n", ": a\r\n", "X\r\n Y: a\r\n", "Fr om: a\r\n"] {
            check(&format!("From: a\r\n{spoiled}To: b\r\n\r\nbody"), Err(Fault::MalformedHeader));
        }
        check(" From: a\r\n\r\n", Err(Fault::MalformedHeader));
    }

    #[test]
    fn a_block_without_an_end_is_not_read() {
        check("From: a\r\nTo: b\r\n", Err(Fault::MalformedHeader));
        check("From: a", Err(Fault::MalformedHeader));
        check("", Err(Fault::MalformedHeader));
    }

    #[test]
    fn newlines_alone_get_their_returns_back() {
        assert_eq!(as_sent(b"From: a\n\nb\nc".to_vec()), b"From: a\r\n\r\nb\r\nc");
        assert_eq!(as_sent(b"From: a\r\n\nb".to_vec()), b"From: a\r\n\nb");
    }

    #[test]
    fn a_return_stands_only_before_a_newline() {
        check("From: a\rTo: b\r\n\r\n", Err(Fault::BareReturn));
        check("From: a\r\n\r\nno\rt", Err(Fault::BareReturn));
        check("From: a\r\n\r\nnot\r", Err(Fault::BareReturn));
    }
}
