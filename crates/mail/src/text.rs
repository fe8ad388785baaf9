//! From the text of a body to what was written now: cleaned, redacted, cut.

use domain::mail::{Flag, MailText};
use memchr::memchr2;

use crate::mime::Body;
use crate::quote;
use crate::redact;
use crate::sender::{cut_at_char, is_invisible};

/// The longest subject that is kept, in bytes: one unfolded header line (RFC 5322, 2.1.1).
const MAX_SUBJECT_BYTES: usize = 998;

/// Subject and text as the rest of postill may see them.
pub(crate) struct Written {
    pub(crate) subject: String,
    pub(crate) text: MailText,
    pub(crate) redactions: u32,
    pub(crate) flags: Vec<Flag>,
}

/// Cleans, redacts and cuts. `subject` and `writer`, the name beside the address, are decoded.
pub(crate) fn read(subject: &str, writer: Option<&str>, body: Body) -> Written {
    let subject = one_line(subject);
    let (subject, in_subject) = redact::redacted(&subject);
    let text = cleaned(&body.text);
    // A long text is not kept twice.
    drop(body.text);
    let (text, in_text) = redact::redacted(&text);
    let cut = quote::cut(&text, writer);
    let redactions = in_subject.saturating_add(in_text);
    let only_quoted = cut.text.written.is_empty() && !cut.text.cut.is_empty();
    let found = [
        (cut.is_forwarded || is_forward(&subject), Flag::Forwarded),
        (only_quoted, Flag::OnlyQuoted),
        (text.is_empty(), Flag::SubjectOnly),
        (redactions > 0, Flag::Redacted),
    ];
    let found = found.into_iter().filter_map(|(holds, flag)| holds.then_some(flag));
    let flags = body.flags.into_iter().chain(found).collect();
    let text = if only_quoted {
        MailText { written: cut.text.cut, cut: String::new(), ..cut.text }
    } else {
        cut.text
    };
    Written { subject: subject.into_owned(), text, redactions, flags }
}

/// A field as one clean line.
pub(crate) fn one_line(text: &str) -> String {
    let line = cleaned(text).split_whitespace().collect::<Vec<_>>().join(" ");
    cut_at_char(&line, MAX_SUBJECT_BYTES).to_owned()
}

/// `\n` line ends, plain spaces, at most one empty line in a row, nothing that cannot be seen.
fn cleaned(text: &str) -> String {
    let mut cleaned = String::with_capacity(text.len() + 1);
    let mut rest = text;
    loop {
        let end = memchr2(b'\n', b'\r', rest.as_bytes());
        let (line, after) = end.and_then(|end| rest.split_at_checked(end)).unwrap_or((rest, ""));
        if line.bytes().fold(true, |is_plain, byte| is_plain & !needs_a_look(byte)) {
            push_line(&mut cleaned, |cleaned| cleaned.push_str(line));
        } else {
            for line in line.split(['\u{2028}', '\u{2029}', '\u{b}', '\u{c}']) {
                push_line(&mut cleaned, |cleaned| cleaned.extend(line.chars().filter_map(visible)));
            }
        }
        if end.is_none() {
            break;
        }
        let line_end = if after.starts_with("\r\n") { 2 } else { 1 };
        rest = after.get(line_end..).unwrap_or_default();
    }
    cleaned.truncate(cleaned.trim_end().len());
    cleaned
}

/// Writes a line without the white space at its end, unless it is the second empty one in a row.
fn push_line(cleaned: &mut String, write: impl FnOnce(&mut String)) {
    let line_start = cleaned.len();
    write(cleaned);
    let spaces = cleaned.bytes().rev().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
    cleaned.truncate(cleaned.len().saturating_sub(spaces).max(line_start));
    let is_second_empty_line =
        cleaned.len() == line_start && (cleaned.is_empty() || cleaned.ends_with("\n\n"));
    if !is_second_empty_line {
        cleaned.push('\n');
    }
}

/// Whether a character that begins with this byte may be one that is not kept as it is. Letters of most scripts never are.
const fn needs_a_look(byte: u8) -> bool {
    matches!(byte, 0..=0x1f | 0x7f | 0xc2 | 0xcd | 0xd8 | 0xe1..=0xe3 | 0xef..=0xff)
}

fn visible(c: char) -> Option<char> {
    match c {
        '\t' => Some('\t'),
        '\u{a0}' | '\u{1680}' | '\u{2000}'..='\u{200a}' | '\u{202f}' | '\u{205f}' | '\u{3000}' => Some(' '),
        // Digits of full width are digits to everyone who reads them.
        '０'..='９' => u32::from(c).checked_sub(0xfee0).and_then(char::from_u32),
        _ if c.is_control() || is_invisible(c) => None,
        _ => Some(c),
    }
}

/// Whether the subject says that the mail passes on somebody else's. Only the front counts: an answer to a forwarded mail has `Re:`.
fn is_forward(subject: &str) -> bool {
    let front = subject.split_once(':').map(|(front, _)| front.trim().to_lowercase());
    front.is_some_and(|front| {
        matches!(front.as_str(), "fwd" | "fw" | "wg" | "tr" | "rv" | "enc" | "doorst" | "i")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(subject: &str, text: &str) -> Written {
        read(subject, None, Body { text: text.to_owned(), ..Body::default() })
    }

    #[test]
    fn lines_are_cleaned() {
        assert_eq!(written("", "a\u{200b}b \r\n\r\n\r\n\r\nc\u{a0}d\r\n\r\n").text.written, "ab\n\nc d");
    }

    #[test]
    fn every_character_that_is_not_kept_gets_a_look() {
        for c in '\0'..=char::MAX {
            let first = c.to_string().as_bytes()[0];
            assert!(needs_a_look(first) || visible(c) == Some(c), "{:x}", u32::from(c));
            assert!(!c.is_ascii() || !(' '..='~').contains(&c) || !needs_a_look(first));
        }
    }

    #[test]
    fn every_kind_of_line_end_ends_one_line() {
        assert_eq!(written("", "a\r\nb\rc\nd\u{2028}e").text.written, "a\nb\nc\nd\ne");
    }

    #[test]
    fn a_mail_without_a_body_speaks_by_its_subject() {
        let read = written("Refund\r\n please", " \r\n");
        assert_eq!((read.subject.as_str(), read.flags), ("Refund please", vec![Flag::SubjectOnly]));
    }

    #[test]
    fn what_was_quoted_is_the_text_when_nothing_else_is() {
        let read = written("", "> only this\n> and that");
        assert_eq!(read.flags, [Flag::OnlyQuoted]);
        assert_eq!(
            read.text,
            MailText { written: "> only this\n> and that".to_owned(), cut: String::new(), quoted: true }
        );
    }

    #[test]
    fn secrets_are_counted_over_subject_and_text() {
        let read = written("card 4242424242424242", "sk_live_abcdefgh1234");
        assert_eq!((read.redactions, read.flags), (2, vec![Flag::Redacted]));
        assert_eq!(read.text.written, "[key removed]");
    }

    #[test]
    fn a_forward_is_known_by_its_front() {
        assert_eq!(written("WG: Rechnung", "x").flags, [Flag::Forwarded]);
        assert!(written("Re: Fwd: Rechnung", "x").flags.is_empty());
    }
}
