//! Parts what the sender wrote now from everything else in the text: quoted history, forwarded mail, signature, disclaimer.
//!
//! Clients mark these in their own ways and languages, so this is a list of shapes, each tried on a line and a few after it. When a
//! shape is not sure it is left in: too much text confuses less than a request that was cut away.

mod phrases;

use domain::mail::MailText;

/// The text, parted.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Cut {
    pub(crate) text: MailText,
    /// A mail from somebody else is passed on in it.
    pub(crate) is_forwarded: bool,
}

/// The longest line that is compared with phrases, in bytes; lines that clients write are short.
const MAX_PHRASE_LINE_BYTES: usize = 300;
/// Over how many lines a client breaks its `On … wrote:`.
const MAX_ATTRIBUTION_LINES: usize = 4;
/// Within how many lines of `From:` the other fields of a quoted header stand.
const MAX_HEADER_BLOCK_LINES: usize = 8;
/// The most lines that a signature without `-- ` has after the name.
const MAX_SIGNATURE_LINES: usize = 12;

/// Parts what was written now from what was quoted, forwarded, signed and added by programs. `text` is a whole body in plain text;
/// lines may end in `\n` or `\r\n`. The work is in proportion to its length. `written` is empty where nothing new was written.
pub fn cut_quotes(text: &str) -> MailText {
    cut(text).text
}

/// Parts `text`, whose line ends are `\n`. Every line is looked at a bounded number of times.
pub(crate) fn cut(text: &str) -> Cut {
    let lines: Vec<&str> = text.lines().collect();
    let mut parting = Parting::default();
    let mut at = 0;
    while let Some(rest) = lines.get(at..).filter(|rest| !rest.is_empty()) {
        at += parting.take(rest);
    }
    parting.finish()
}

/// What a line and those after it turn out to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shape {
    Written,
    /// Quoted, or the line above a quote: this many lines.
    Quoted(usize),
    /// A line that an app puts under every mail.
    AppLine,
    /// Everything from here on is history.
    History,
    /// Everything from here on is somebody else's mail.
    Forward,
    /// Everything from here on is signature or disclaimer.
    Ending,
}

#[derive(Default)]
struct Parting<'a> {
    written: Vec<&'a str>,
    cut: Vec<&'a str>,
    quoted: bool,
    is_forwarded: bool,
}

impl<'a> Parting<'a> {
    /// Puts the first line or lines of `rest` where they belong, and returns how many.
    fn take(&mut self, rest: &[&'a str]) -> usize {
        let has_written = self.written.iter().any(|line| !line.is_empty());
        let count = match shape(rest, has_written) {
            Shape::Written => {
                self.written.extend(rest.first());
                return 1;
            }
            Shape::AppLine => 1,
            Shape::Quoted(lines) => {
                self.quoted = true;
                lines
            }
            Shape::History => {
                self.quoted = true;
                rest.len()
            }
            Shape::Forward => {
                (self.quoted, self.is_forwarded) = (true, true);
                rest.len()
            }
            Shape::Ending => {
                self.look_into_ending(rest);
                rest.len()
            }
        };
        self.cut.extend(rest.iter().take(count));
        count
    }

    /// Under a signature there is often the history: it is cut either way, but that it is there must be known.
    fn look_into_ending(&mut self, rest: &[&str]) {
        let mut at = 1;
        while let Some(lines) = rest.get(at..).filter(|lines| !lines.is_empty()) {
            match shape(lines, true) {
                Shape::Quoted(_) | Shape::History => self.quoted = true,
                Shape::Forward => (self.quoted, self.is_forwarded) = (true, true),
                Shape::Written | Shape::AppLine | Shape::Ending => {}
            }
            at += 1;
        }
    }

    fn finish(mut self) -> Cut {
        let from = signature_start(&self.written);
        let mut signature = self.written.split_off(from);
        while self.written.last().is_some_and(|line| is_rule(line)) {
            signature.splice(0..0, self.written.pop());
        }
        signature.append(&mut self.cut);
        let text = MailText { written: joined(&self.written), cut: joined(&signature), quoted: self.quoted };
        Cut { text, is_forwarded: self.is_forwarded }
    }
}

fn joined(lines: &[&str]) -> String {
    let mut text = String::with_capacity(lines.iter().map(|line| line.len() + 1).sum());
    for line in lines {
        let is_second_empty_line = line.is_empty() && (text.is_empty() || text.ends_with("\n\n"));
        if !is_second_empty_line {
            text.push_str(line);
            text.push('\n');
        }
    }
    text.truncate(text.trim_end().len());
    text
}

fn shape(rest: &[&str], has_written: bool) -> Shape {
    let Some(line) = rest.first().map(|line| line.trim()) else { return Shape::Written };
    if line.starts_with('>') {
        return Shape::Quoted(1);
    }
    if line.is_empty() || line.len() > MAX_PHRASE_LINE_BYTES {
        return Shape::Written;
    }
    let lower = line.to_lowercase();
    if line == "--" {
        return Shape::Ending;
    }
    if phrases::is_forward_line(&lower) {
        return Shape::Forward;
    }
    if phrases::is_original_message_line(&lower) || is_header_block(rest) {
        return Shape::History;
    }
    if let Some(shape) = attribution(&lower, rest) {
        return shape;
    }
    if phrases::is_app_line(&lower) {
        return Shape::AppLine;
    }
    if has_written && (phrases::is_disclaimer(&lower, rest) || phrases::is_list_footer(&lower, rest)) {
        return Shape::Ending;
    }
    Shape::Written
}

/// `On … wrote:` in its languages. Above marked quotes only those are history, since an answer may stand below or between them; where
/// nothing is marked, all that follows is.
fn attribution(first: &str, rest: &[&str]) -> Option<Shape> {
    let may_go_on = phrases::begins_attribution(first);
    if !may_go_on && !first.ends_with(':') {
        return None;
    }
    let mut joined = String::new();
    for (index, line) in rest.iter().take(MAX_ATTRIBUTION_LINES).enumerate() {
        let line = line.trim().to_lowercase();
        if line.is_empty() || line.len() > MAX_PHRASE_LINE_BYTES || line.starts_with('>') {
            return None;
        }
        joined.push_str(&line);
        joined.push(' ');
        if !line.ends_with(':') {
            continue;
        }
        let after = rest.get(index + 1..).unwrap_or_default();
        let next = after.iter().find(|line| !line.trim().is_empty());
        let is_above_quote = next.is_some_and(|line| line.trim_start().starts_with('>'));
        let names_writer = joined.contains('@') || has_clock_time(&joined);
        let is_attribution = if is_above_quote {
            phrases::has_wrote(&joined) || names_writer
        } else {
            phrases::has_wrote(&joined) && names_writer && next.is_some()
        };
        if is_attribution {
            return Some(if is_above_quote { Shape::Quoted(index + 1) } else { Shape::History });
        }
        if !may_go_on {
            return None;
        }
    }
    None
}

/// `10:42`, `10.42` or `10h42`.
fn has_clock_time(text: &str) -> bool {
    text.as_bytes().windows(4).any(|window| match window {
        [hour, mark, tens, ones] => {
            hour.is_ascii_digit()
                && matches!(mark, b':' | b'h' | b'.')
                && tens.is_ascii_digit()
                && ones.is_ascii_digit()
        }
        _ => false,
    })
}

/// The header of a quoted mail as Outlook writes it: `From:` at the front, then a date and a recipient or a subject.
fn is_header_block(rest: &[&str]) -> bool {
    let Some((first, following)) = rest.split_first() else { return false };
    if phrases::header_label(first) != Some(phrases::Label::From) {
        return false;
    }
    let labels = following.iter().take(MAX_HEADER_BLOCK_LINES).filter_map(|line| phrases::header_label(line));
    let (mut has_date, mut has_rest) = (false, false);
    for label in labels {
        match label {
            phrases::Label::Date => has_date = true,
            phrases::Label::To | phrases::Label::Subject => has_rest = true,
            phrases::Label::From => break,
        }
    }
    has_date && has_rest
}

/// A line drawn with underscores, dashes or stars, as stands above a quoted mail.
fn is_rule(line: &str) -> bool {
    let line = line.trim();
    line.is_empty() || (line.len() >= 5 && line.bytes().all(|byte| matches!(byte, b'_' | b'-' | b'=' | b'*')))
}

/// Where the signature begins in what was written: after a closing phrase and the name under it, when only short lines follow.
/// The name stays, since a reply greets it; the phone numbers and addresses under it go.
fn signature_start(written: &[&str]) -> usize {
    let window = written.len().saturating_sub(MAX_SIGNATURE_LINES + 6);
    let tail = written.get(window..).unwrap_or_default();
    let Some(closing) = tail.iter().rposition(|line| phrases::is_closing(line)) else { return written.len() };
    let after = tail.get(closing + 1..).unwrap_or_default();
    let Some(name) = after.iter().position(|line| !line.trim().is_empty()) else { return written.len() };
    let signature = after.get(name + 1..).unwrap_or_default();
    let may_be_signature =
        |line: &&str| line.len() <= 90 && !line.contains('?') && !phrases::is_postscript(line);
    if signature.len() <= MAX_SIGNATURE_LINES && signature.iter().all(may_be_signature) {
        window + closing + 1 + name + 1
    } else {
        written.len()
    }
}
