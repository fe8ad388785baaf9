//! From the text of a body to what was written now: cleaned, redacted, cut.

use domain::mail::{Flag, MailText};

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

/// Cleans, redacts and cuts. `subject` is decoded.
pub(crate) fn read(subject: &str, body: &Body) -> Written {
    let (subject, in_subject) = redact::redacted(&one_line(subject));
    let (text, in_text) = redact::redacted(&cleaned(&body.text));
    let cut = quote::cut(&text);
    let redactions = in_subject.saturating_add(in_text);
    let only_quoted = cut.text.written.is_empty() && !cut.text.cut.is_empty();
    let found = [
        (cut.is_forwarded || is_forward(&subject), Flag::Forwarded),
        (only_quoted, Flag::OnlyQuoted),
        (text.is_empty(), Flag::SubjectOnly),
        (redactions > 0, Flag::Redacted),
    ];
    let found = found.into_iter().filter_map(|(holds, flag)| holds.then_some(flag));
    let flags = body.flags.iter().copied().chain(found).collect();
    let text = if only_quoted {
        MailText { written: cut.text.cut, cut: String::new(), ..cut.text }
    } else {
        cut.text
    };
    Written { subject, text, redactions, flags }
}

/// A field as one clean line.
pub(crate) fn one_line(text: &str) -> String {
    let line = cleaned(text).split_whitespace().collect::<Vec<_>>().join(" ");
    cut_at_char(&line, MAX_SUBJECT_BYTES).to_owned()
}

/// `\n` line ends, plain spaces, at most one empty line in a row, nothing that cannot be seen.
fn cleaned(text: &str) -> String {
    let mut cleaned = String::with_capacity(text.len());
    for line in text.split(['\n', '\r', '\u{2028}', '\u{2029}', '\u{b}', '\u{c}']) {
        let line_start = cleaned.len();
        if line.bytes().all(|byte| (b' '..=b'~').contains(&byte)) {
            cleaned.push_str(line);
        } else {
            cleaned.extend(line.chars().filter_map(visible));
        }
        cleaned.truncate(cleaned.trim_end_matches([' ', '\t']).len().max(line_start));
        let is_second_empty_line =
            cleaned.len() == line_start && (cleaned.is_empty() || cleaned.ends_with("\n\n"));
        if !is_second_empty_line {
            cleaned.push('\n');
        }
    }
    cleaned.truncate(cleaned.trim_end().len());
    cleaned
}

fn visible(c: char) -> Option<char> {
    match c {
        '\t' => Some('\t'),
        '\u{a0}' | '\u{1680}' | '\u{2000}'..='\u{200a}' | '\u{202f}' | '\u{205f}' | '\u{3000}' => Some(' '),
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
        read(subject, &Body { text: text.to_owned(), ..Body::default() })
    }

    #[test]
    fn lines_are_cleaned() {
        assert_eq!(written("", "a\u{200b}b \r\n\r\n\r\n\r\nc\u{a0}d\r\n\r\n").text.written, "ab\n\nc d");
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
