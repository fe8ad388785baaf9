//! A stream seen through a window: lines are taken from its front, and what lies ahead can be looked at. Every byte is read once, and
//! no more is held than was asked for, so both the work and the memory stay bounded whatever a file holds.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::io::{self, Read};

use memchr::memchr;

/// How much is read at once, and how much of a line without an end is taken at once, in bytes. Longer lines come in pieces.
const PIECE_BYTES: usize = 64 * 1024;
/// No separator and no boundary is longer, in bytes.
const LONGEST_MARK: usize = 512;
/// Remembered boundary lines that have gone by are forgotten once there are this many.
const MANY_BOUNDARIES: usize = 10_000;

pub(super) struct Window<R> {
    reader: R,
    bytes: Vec<u8>,
    /// Where `bytes` begins in the stream.
    start: u64,
    /// The next line to take, in `bytes`.
    at: usize,
    at_line_start: bool,
    has_ended: bool,
    /// Why it ended early; told when all that came before was taken.
    failure: Option<io::Error>,
    boundaries: Boundaries,
}

/// A line with its end, or a piece of a very long one; its bytes are [`Window::text`] until the next look ahead.
#[derive(Debug, Clone, Copy)]
pub(super) struct Line {
    pub(super) offset: u64,
    pub(super) length: usize,
    /// Whether a line begins here.
    pub(super) starts: bool,
}

impl Line {
    /// Where what follows begins.
    pub(super) const fn end(&self) -> u64 {
        self.offset + self.length as u64
    }
}

impl<R: Read> Window<R> {
    /// Over `reader`, which stands at `start` of the stream, where a line begins.
    pub(super) fn at(reader: R, start: u64) -> Self {
        Self {
            reader,
            bytes: Vec::new(),
            start,
            at: 0,
            at_line_start: true,
            has_ended: false,
            failure: None,
            boundaries: Boundaries::default(),
        }
    }

    /// Takes the next line.
    pub(super) fn next(&mut self) -> io::Result<Option<Line>> {
        let Some(line) = self.peek() else { return self.failure.take().map_or(Ok(None), Err) };
        self.at += line.length;
        self.at_line_start = self.text(&line).ends_with(b"\n");
        Ok(Some(line))
    }

    /// The line that [`Window::next`] will take.
    pub(super) fn peek(&mut self) -> Option<Line> {
        self.fill(self.position() + PIECE_BYTES as u64);
        let ahead = self.bytes.get(self.at..).unwrap_or_default();
        let piece = ahead.get(..PIECE_BYTES).unwrap_or(ahead);
        let line = first_line(piece);
        let starts = self.at_line_start;
        (!line.is_empty()).then(|| Line { offset: self.position(), length: line.len(), starts })
    }

    pub(super) fn text(&self, line: &Line) -> &[u8] {
        let after = self.from(line.offset);
        after.get(..line.length).unwrap_or(after)
    }

    /// Whether the stream ends at `offset`, or a line that `begins` a message stands there, an empty line between or not.
    pub(super) fn ends_at(&mut self, offset: u64, begins: impl Fn(&[u8]) -> bool) -> bool {
        self.fill(offset.saturating_add(LONGEST_MARK as u64));
        let is_in_stream = offset <= self.start + self.bytes.len() as u64;
        let follows_line = offset.checked_sub(1).and_then(|before| self.from(before).first()) == Some(&b'\n');
        let after = self.from(offset);
        let after = after.get(..LONGEST_MARK).unwrap_or(after);
        let empty = Some(first_line(after)).filter(|line| is_empty(line)).map_or(0, <[u8]>::len);
        let rest = after.get(empty..).unwrap_or_default();
        is_in_stream && (rest.is_empty() || ((follows_line || empty > 0) && begins(first_line(rest))))
    }

    /// Whether some line from `offset` up to `end` satisfies `holds`.
    pub(super) fn any_line(&self, offset: u64, end: u64, holds: impl Fn(&[u8]) -> bool) -> bool {
        let length = usize::try_from(end.saturating_sub(offset)).unwrap_or(usize::MAX);
        let from = self.from(offset);
        from.get(..length).unwrap_or(from).split_inclusive(|byte| *byte == b'\n').any(holds)
    }

    /// Whether the line `closing`, without its end, stands between the next line and `end`.
    pub(super) fn closes_ahead(&mut self, closing: &[u8], end: u64) -> bool {
        self.fill(end);
        let position = self.position();
        self.boundaries.look_on(&self.bytes, self.start, position, self.has_ended);
        self.boundaries.last(closing).is_some_and(|last| last >= position && last < end)
    }

    /// Where in the stream the next line begins.
    pub(super) fn position(&self) -> u64 {
        self.start + self.at as u64
    }

    fn from(&self, offset: u64) -> &[u8] {
        let at = offset.checked_sub(self.start).and_then(|at| usize::try_from(at).ok());
        at.and_then(|at| self.bytes.get(at..)).unwrap_or_default()
    }

    /// Reads until the window reaches to `end` or the stream has ended. What was taken is dropped first, when that frees half.
    fn fill(&mut self, end: u64) {
        while !self.has_ended && self.start + (self.bytes.len() as u64) < end {
            if self.at > self.bytes.len() / 2 {
                // The byte before the next line is kept: it says whether a line ended there.
                let gone = self.at - 1;
                self.bytes.drain(..gone);
                (self.at, self.start) = (1, self.start + gone as u64);
            }
            let piece = Read::take(&mut self.reader, PIECE_BYTES as u64).read_to_end(&mut self.bytes);
            self.has_ended = !piece.as_ref().is_ok_and(|piece| *piece > 0);
            self.failure = piece.err();
        }
    }
}

/// Lines that close a MIME part, by a hash of what they say, with the last place seen of each. A file of nothing else makes this a
/// few times as large as the window.
#[derive(Default)]
struct Boundaries {
    last: HashMap<u64, u64>,
    hasher: RandomState,
    /// How far the stream was looked at.
    looked_to: u64,
    forget_at: usize,
}

impl Boundaries {
    fn last(&self, closing: &[u8]) -> Option<u64> {
        self.last.get(&self.hasher.hash_one(closing)).copied()
    }

    fn look_on(&mut self, bytes: &[u8], start: u64, position: u64, is_whole: bool) {
        self.looked_to = self.looked_to.max(position);
        let at = usize::try_from(self.looked_to - start).unwrap_or(usize::MAX);
        for line in bytes.get(at..).unwrap_or_default().split_inclusive(|byte| *byte == b'\n') {
            if !line.ends_with(b"\n") && !is_whole && line.len() < LONGEST_MARK {
                break;
            }
            let text = line.trim_ascii_end();
            if text.starts_with(b"--") && text.ends_with(b"--") {
                self.last.insert(self.hasher.hash_one(text), self.looked_to);
            }
            self.looked_to += line.len() as u64;
        }
        if self.last.len() > self.forget_at.max(MANY_BOUNDARIES) {
            self.last.retain(|_, last| *last >= position);
            self.forget_at = self.last.len() * 2;
        }
    }
}

pub(super) fn is_empty(line: &[u8]) -> bool {
    matches!(line, b"\n" | b"\r\n")
}

fn first_line(bytes: &[u8]) -> &[u8] {
    let end = memchr(b'\n', bytes).map_or(bytes.len(), |newline| newline + 1);
    bytes.get(..end).unwrap_or(bytes)
}
