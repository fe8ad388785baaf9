//! Parts what the sender wrote now from everything else in the text: quoted history, forwarded mail, signature, disclaimer.
//!
//! Clients mark these in their own ways and languages, so this is a list of shapes, each tried on a line and a few after it. When a
//! shape is not sure it is left in: too much text confuses less than a request that was cut away.

mod attribution;
mod header_block;
mod marks;
mod signature;

mod phrases;

use domain::mail::MailText;
use memchr::{memchr, memchr_iter};

/// The text, parted.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Cut {
    pub(crate) text: MailText,
    /// A mail from somebody else is passed on in it.
    pub(crate) is_forwarded: bool,
}

/// The longest line that is taken for one a client wrote, in bytes.
const MAX_PHRASE_LINE_BYTES: usize = 300;

/// Parts what was written now from what was quoted, forwarded, signed and added by programs. `text` is a whole body in plain text;
/// lines may end in `\n` or `\r\n`. The work is in proportion to its length. `written` is empty where nothing new was written.
pub fn cut_quotes(text: &str) -> MailText {
    cut(text, None).text
}

/// Parts `text`, which somebody who calls himself `writer` wrote. Every line is looked at a bounded number of times.
pub(crate) fn cut(text: &str, writer: Option<&str>) -> Cut {
    let lines = lines(text);
    let marked = lines.iter().filter(|line| line.trim_start().starts_with('>')).take(2).count();
    let mut parting = Parting {
        written: Vec::with_capacity(lines.len()),
        cut: Vec::with_capacity(lines.len()),
        has_lone_mark: marked == 1,
        ..Parting::default()
    };
    let mut at = 0;
    while let Some(rest) = lines.get(at..).filter(|rest| !rest.is_empty()) {
        at += parting.take(rest);
    }
    parting.finish(writer)
}

/// As [`str::lines`] parts them.
fn lines(text: &str) -> Vec<&str> {
    let mut lines = Vec::with_capacity(memchr_iter(b'\n', text.as_bytes()).count() + 1);
    let mut rest = text;
    while let Some((line, below)) = memchr(b'\n', rest.as_bytes()).and_then(|end| rest.split_at_checked(end))
    {
        lines.push(line.strip_suffix('\r').unwrap_or(line));
        rest = below.get(1..).unwrap_or_default();
    }
    if !rest.is_empty() {
        lines.push(rest);
    }
    lines
}

/// What a line and those after it turn out to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shape {
    Written,
    /// A line marked as quoted.
    Quoted,
    /// This many lines that stand above marked ones, and say whose they are.
    QuoteHead(usize),
    /// The line above a forwarded mail that is marked line by line.
    ForwardHead,
    /// A line that an app or a service puts into every mail.
    AppLine,
    /// Everything from here on is history.
    History,
    /// Everything from here on is somebody else's mail.
    Forward,
    /// A signature or a disclaimer: it goes on until a quote begins.
    Ending,
}

/// What the lines that have no shape of their own belong to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Place {
    #[default]
    Written,
    /// Under a quoted line, until the next line without a mark.
    Quote,
    Ending,
    /// What was written under a signature, until the next empty line.
    Postscript,
}

#[derive(Default)]
struct Parting<'a> {
    written: Vec<&'a str>,
    cut: Vec<&'a str>,
    place: Place,
    has_written: bool,
    /// One line in all begins with `>`.
    has_lone_mark: bool,
    found: Found,
}

/// Whose words were cut.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
enum Found {
    #[default]
    Nothing,
    Quote,
    Forward,
}

impl<'a> Parting<'a> {
    /// Puts the first line or lines of `rest` where they belong, and returns how many.
    fn take(&mut self, rest: &[&'a str]) -> usize {
        let mut shape = shape(rest, self.place, self.has_written);
        if shape == Shape::Quoted && self.is_comparison(rest) {
            shape = Shape::Written;
        }
        let count = match shape {
            Shape::Written => return self.place_line(rest),
            Shape::AppLine | Shape::Ending | Shape::Quoted | Shape::ForwardHead => 1,
            Shape::QuoteHead(lines) => lines,
            Shape::History | Shape::Forward => rest.len(),
        };
        self.found = self.found.max(match shape {
            Shape::Forward | Shape::ForwardHead => Found::Forward,
            Shape::Quoted | Shape::QuoteHead(_) | Shape::History => Found::Quote,
            Shape::Written | Shape::AppLine | Shape::Ending => Found::Nothing,
        });
        self.place = match (shape, self.place) {
            (Shape::Ending, _) | (Shape::AppLine | Shape::Quoted, Place::Ending) => Place::Ending,
            (Shape::QuoteHead(_) | Shape::ForwardHead | Shape::Quoted, _) => Place::Quote,
            (_, place) => place,
        };
        self.cut.extend(rest.iter().take(count));
        count
    }

    /// Whether a single line with `>` stands between paragraphs, with nothing that says whose it is: "> 50 dollars is a lot of money".
    fn is_comparison(&self, rest: &[&str]) -> bool {
        let stands_alone = self.written.last().is_some_and(|line| line.is_empty())
            && matches!(rest, [_, below, after, ..] if below.is_empty() && !after.is_empty());
        self.has_lone_mark
            && self.has_written
            && self.found == Found::Nothing
            && self.place == Place::Written
            && stands_alone
    }

    /// Puts a line that has no shape of its own.
    fn place_line(&mut self, rest: &[&'a str]) -> usize {
        let Some(line) = rest.first() else { return 0 };
        let is_empty = line.trim().is_empty();
        self.place = match self.place {
            Place::Written | Place::Quote if is_empty => self.place,
            Place::Written | Place::Quote => Place::Written,
            Place::Ending if is_said_under_signature(line) => {
                self.written.push("");
                Place::Postscript
            }
            Place::Postscript if is_empty => Place::Ending,
            Place::Ending | Place::Postscript => self.place,
        };
        match self.place {
            Place::Ending => self.cut.push(line),
            Place::Written | Place::Quote | Place::Postscript => self.written.push(line),
        }
        self.has_written |= !is_empty && self.place != Place::Ending;
        1
    }

    fn finish(mut self, writer: Option<&str>) -> Cut {
        let mut ending = Vec::new();
        while self.written.last().is_some_and(|line| is_rule(line)) {
            ending.extend(self.written.pop());
        }
        ending.reverse();
        let mut cut = signature::take(&mut self.written, writer);
        cut.append(&mut ending);
        cut.append(&mut self.cut);
        let text = MailText {
            written: joined(&self.written),
            cut: joined(&cut),
            quoted: self.found > Found::Nothing,
        };
        Cut { text, is_forwarded: self.found == Found::Forward }
    }
}

fn shape(rest: &[&str], place: Place, has_written: bool) -> Shape {
    let Some(line) = rest.first().map(|line| line.trim()).filter(|line| !line.is_empty()) else {
        return Shape::Written;
    };
    if has_written && marks::is_above_unmarked(line, rest) {
        return Shape::History;
    }
    if marks::is_quoted(rest, place == Place::Quote) {
        return Shape::Quoted;
    }
    if line == "--" && has_written {
        return if begins_request(rest) { Shape::Written } else { Shape::Ending };
    }
    if let Some(shape) = history(line, rest, has_written) {
        return shape;
    }
    if phrases::is_app_line(line) {
        return Shape::AppLine;
    }
    if has_written && (phrases::begins_disclaimer(line, rest) || phrases::begins_list_footer(line, rest)) {
        return Shape::Ending;
    }
    Shape::Written
}

/// What stands above a quoted or forwarded mail. Where that is marked line by line only the marked lines are history, since an answer
/// may stand below or between them; where nothing is marked, all that follows is.
fn history(line: &str, rest: &[&str], has_written: bool) -> Option<Shape> {
    let is_above_marks = || marks::follow(rest.get(1..).unwrap_or_default());
    if line.len() <= MAX_PHRASE_LINE_BYTES {
        if phrases::is_forward_line(line) {
            return Some(if is_above_marks() { Shape::ForwardHead } else { Shape::Forward });
        }
        if phrases::is_original_message_line(line) {
            return Some(if is_above_marks() { Shape::QuoteHead(1) } else { Shape::History });
        }
        if phrases::is_reply_above_line(line) {
            return Some(if is_above_marks() || !has_written { Shape::QuoteHead(1) } else { Shape::History });
        }
        if let Some(found) = attribution::read(line, rest) {
            return Some(if found.is_above_marks { Shape::QuoteHead(found.lines) } else { Shape::History });
        }
    }
    let begins_history =
        (has_written && attribution::goes_on_with_quote(line)) || header_block::begins(line, rest);
    begins_history.then_some(Shape::History)
}

/// Whether what stands under a signature was written now.
fn is_said_under_signature(line: &str) -> bool {
    phrases::is_postscript(line) || phrases::requests(&phrases::lowered(line))
}

/// Whether what follows a line of two dashes, up to the next empty line, asks for something: then the dashes part two paragraphs.
fn begins_request(rest: &[&str]) -> bool {
    let below =
        rest.iter().skip(1).skip_while(|line| line.is_empty()).take(3).take_while(|line| !line.is_empty());
    below.into_iter().any(|line| phrases::requests(&phrases::lowered(line)))
}

/// A line drawn with underscores, dashes or stars, as stands above a quoted mail, or nothing.
fn is_rule(line: &str) -> bool {
    let line = line.trim();
    line.is_empty()
        || (line.len() >= 3
            && line.chars().all(|c| matches!(c, '_' | '-' | '=' | '*' | '—' | '–' | '─' | '‐')))
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
