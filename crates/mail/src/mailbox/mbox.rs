//! mbox files. Whoever can write a body can write a line that begins with `From `, and what follows it would be read as a mail of its
//! own, forged results included. So a message begins only after an empty line, at a full `From ` line, above a header field; and
//! whatever came near to that is reported.

use std::fmt;
use std::io::{self, BufRead};

use crate::headers::Headers;
use crate::mime;

/// How much of a line without an end is taken at once, in bytes. Longer lines are passed on in pieces.
const MAX_PIECE_BYTES: usize = 64 * 1024;

/// The messages of an mbox, read as a stream. `>From ` is unquoted as in mboxrd, which mboxo files mostly survive.
pub struct Mbox<R> {
    lines: Lines<R>,
    max_message_bytes: usize,
    /// The separator of the next message was read; where it begins, and what is doubtful about it.
    next: Option<(u64, Vec<Suspicion>)>,
    has_begun: bool,
}

/// One message of an mbox.
pub struct MboxMessage {
    /// Where its `From ` line begins, in bytes from where reading began. A reader put there goes on with this message.
    pub offset: u64,
    /// The message without its `From ` line; `None` when it is longer than the bound.
    pub bytes: Option<Vec<u8>>,
    /// What is doubtful about where it begins or ends.
    pub suspicions: Vec<Suspicion>,
    /// The file ends in the middle of it.
    pub is_truncated: bool,
}

/// Hides the message.
impl fmt::Debug for MboxMessage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MboxMessage")
            .field("offset", &self.offset)
            .field("bytes", &self.bytes.as_ref().map(Vec::len))
            .finish_non_exhaustive()
    }
}

/// A line where a message may, or may not, begin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Suspicion {
    /// Where the line begins, in bytes.
    pub offset: u64,
    /// What is doubtful.
    pub kind: SuspicionKind,
}

/// What is doubtful about a `From ` line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SuspicionKind {
    /// A full `From ` line without an empty line above it; not split.
    NoEmptyLineAbove,
    /// A full `From ` line without a header field under it; not split.
    NoHeaderBelow,
    /// Split, but the message above had not ended by its own account: its last MIME part was still open. The message that begins
    /// here may have been written into a body.
    InsideMime,
}

/// Hides what was read ahead.
impl<R> fmt::Debug for Mbox<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mbox").field("offset", &self.lines.offset).finish_non_exhaustive()
    }
}

impl<R: BufRead> Mbox<R> {
    /// Reads from where `reader` stands, which is a `From ` line.
    pub fn new(reader: R, max_message_bytes: usize) -> Self {
        Self {
            lines: Lines { reader, offset: 0, peeked: None, at_line_start: true },
            max_message_bytes,
            next: None,
            has_begun: false,
        }
    }

    /// Reads up to the first separator. What stands above it is a message without one.
    fn begin(&mut self) -> io::Result<()> {
        self.has_begun = true;
        if self.lines.peek()?.is_some_and(|line| is_separator(&line.bytes)) {
            let offset = self.lines.next()?.map_or(0, |line| line.offset);
            self.next = Some((offset, Vec::new()));
        } else if self.lines.peek()?.is_some() {
            self.next = Some((0, Vec::new()));
        }
        Ok(())
    }

    fn read_message(&mut self) -> io::Result<Option<MboxMessage>> {
        if !self.has_begun {
            self.begin()?;
        }
        let Some((offset, mut suspicions)) = self.next.take() else { return Ok(None) };
        let mut bytes = Some(Vec::new());
        let mut after_empty_line = false;
        let mut ends_with_newline = true;
        while let Some(line) = self.lines.next()? {
            if line.starts && is_separator(&line.bytes) {
                match self.doubt(after_empty_line)? {
                    None => {
                        let is_open = bytes.as_deref().is_some_and(has_open_mime);
                        let doubts = is_open
                            .then_some(Suspicion { offset: line.offset, kind: SuspicionKind::InsideMime });
                        self.next = Some((line.offset, doubts.into_iter().collect()));
                        break;
                    }
                    Some(kind) => suspicions.push(Suspicion { offset: line.offset, kind }),
                }
            }
            after_empty_line = line.starts && matches!(line.bytes.as_slice(), b"\n" | b"\r\n");
            ends_with_newline = line.bytes.ends_with(b"\n");
            keep(&mut bytes, &line, self.max_message_bytes);
        }
        if let Some(bytes) = &mut bytes
            && self.next.is_some()
        {
            drop_separating_line(bytes);
        }
        let is_last = self.next.is_none();
        let is_truncated = is_last && (!ends_with_newline || bytes.as_deref().is_some_and(has_open_mime));
        Ok(Some(MboxMessage { offset, bytes, suspicions, is_truncated }))
    }

    /// Why the separator that was just read does not begin a message.
    fn doubt(&mut self, after_empty_line: bool) -> io::Result<Option<SuspicionKind>> {
        if !after_empty_line {
            return Ok(Some(SuspicionKind::NoEmptyLineAbove));
        }
        let is_above_header = self.lines.peek()?.is_some_and(|below| is_header_field(&below.bytes));
        Ok((!is_above_header).then_some(SuspicionKind::NoHeaderBelow))
    }
}

impl<R: BufRead> Iterator for Mbox<R> {
    type Item = io::Result<MboxMessage>;

    fn next(&mut self) -> Option<Self::Item> {
        let read = self.read_message();
        if read.is_err() {
            // A file that cannot be read further has no further messages.
            (self.next, self.has_begun) = (None, true);
        }
        read.transpose()
    }
}

fn keep(bytes: &mut Option<Vec<u8>>, line: &Line, max_bytes: usize) {
    let Some(kept) = bytes else { return };
    kept.extend_from_slice(if line.starts { without_quote_mark(&line.bytes) } else { &line.bytes });
    if kept.len() > max_bytes {
        *bytes = None;
    }
}

/// `>From ` back to `From `, one mark less, as mboxrd writes it.
fn without_quote_mark(line: &[u8]) -> &[u8] {
    let marks = line.iter().take_while(|byte| **byte == b'>').count();
    let is_quoted = marks > 0 && line.get(marks..).is_some_and(|rest| rest.starts_with(b"From "));
    line.get(usize::from(is_quoted)..).unwrap_or(line)
}

fn drop_separating_line(bytes: &mut Vec<u8>) {
    let end =
        bytes.strip_suffix(b"\r\n").or_else(|| bytes.strip_suffix(b"\n")).map_or(bytes.len(), <[u8]>::len);
    bytes.truncate(end);
}

/// Whether a line is a full mbox separator: `From `, a sender without spaces, and a date as `ctime` writes it, with or without a
/// zone.
pub fn is_separator(line: &[u8]) -> bool {
    const DAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
    const MONTHS: [&str; 12] =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let Some(text) = line.strip_prefix(b"From ").and_then(|rest| std::str::from_utf8(rest).ok()) else {
        return false;
    };
    if text.len() > 400 {
        return false;
    }
    let words: Vec<&str> = text.split_whitespace().collect();
    let [_sender, weekday, month, day, time, rest @ ..] = words.as_slice() else { return false };
    let is_year = |word: &str| word.len() == 4 && word.bytes().all(|b| b.is_ascii_digit());
    let is_zone = |word: &str| {
        word.len() <= 6 && word.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'+' || b == b'-')
    };
    DAYS.contains(weekday)
        && MONTHS.contains(month)
        && day.parse::<u8>().is_ok_and(|day| (1..=31).contains(&day))
        && is_clock_time(time)
        && rest.len() <= 3
        && rest.iter().any(|word| is_year(word))
        && rest.iter().all(|word| is_zone(word))
}

fn is_clock_time(word: &str) -> bool {
    let parts: Vec<&str> = word.split(':').collect();
    (2..=3).contains(&parts.len())
        && parts.iter().all(|part| (1..=2).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit()))
}

fn is_header_field(line: &[u8]) -> bool {
    let name = line.split(|byte| *byte == b':').next().unwrap_or_default();
    // Old writers put a second separator, quoted, above the header.
    line.starts_with(b">From ")
        || (name.len() < line.len() && !name.is_empty() && name.iter().all(u8::is_ascii_graphic))
}

/// Whether the message had not ended by its own account.
fn has_open_mime(message: &[u8]) -> bool {
    let (headers, body) = Headers::scan(message);
    mime::open_boundary(&headers, body).is_some()
}

/// A line with its end, or a piece of a very long one.
struct Line {
    offset: u64,
    bytes: Vec<u8>,
    /// Whether a line begins here.
    starts: bool,
}

struct Lines<R> {
    reader: R,
    offset: u64,
    peeked: Option<Line>,
    at_line_start: bool,
}

impl<R: BufRead> Lines<R> {
    fn peek(&mut self) -> io::Result<Option<&Line>> {
        if self.peeked.is_none() {
            self.peeked = self.read()?;
        }
        Ok(self.peeked.as_ref())
    }

    fn next(&mut self) -> io::Result<Option<Line>> {
        match self.peeked.take() {
            Some(line) => Ok(Some(line)),
            None => self.read(),
        }
    }

    fn read(&mut self) -> io::Result<Option<Line>> {
        let mut bytes = Vec::new();
        let mut piece = io::Read::take(&mut self.reader, MAX_PIECE_BYTES as u64);
        if piece.read_until(b'\n', &mut bytes)? == 0 {
            return Ok(None);
        }
        let line = Line { offset: self.offset, starts: self.at_line_start, bytes };
        self.offset += line.bytes.len() as u64;
        self.at_line_start = line.bytes.ends_with(b"\n");
        Ok(Some(line))
    }
}
