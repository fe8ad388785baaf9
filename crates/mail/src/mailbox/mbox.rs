//! mbox files. Whoever can write a body can write a line that begins with `From `, and what follows it would be read as a mail of its
//! own, forged results included. So a message begins only after an empty line, at a full `From ` line, above a header field, and
//! not where the message above says that it goes on; and whatever came near to that is reported.
//!
//! A message says that it goes on in two ways. Its `Content-Length` (mboxcl) counts where an end or a separator stands exactly there;
//! and a MIME part that is closed further on encloses what lies between. Neither can cut a message short. A writer that quotes
//! (mboxo, mboxrd) leaves no separator in a body, and needs neither. In a plain text that its writer did not quote, a forged mail
//! cannot be told from a real one by any reader.

use std::fmt;
use std::io::{self, Read};

use super::separator::{is_header_field, is_separator, without_quote_mark};
use super::window::{Line, Window, is_empty};
use crate::headers::{Field, Headers};
use crate::mime;

/// The most doubtful lines that are reported of one message.
const MAX_SUSPICIONS: usize = 20;

/// How much of a message that is too long is read past to find the next one, in bytes. No server takes in a mail that long; what packs
/// a gigabyte into a megabyte ends here.
const MAX_SKIPPED_BYTES: u64 = 256 << 20;

/// The messages of an mbox, read as a stream. `>From ` is unquoted as in mboxrd, which mboxo files mostly survive.
pub struct Mbox<R> {
    window: Window<R>,
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
    /// What is doubtful about where it begins or ends; of very many, the first 20.
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
    /// Not split: the line stands within the `Content-Length` of the message.
    InsideContentLength,
    /// Not split: the line stands inside a MIME part of the message that is closed further on.
    InsideMime,
    /// Split, but the message above had not ended by its own account: its last MIME part is open and never closed, and no
    /// `Content-Length` ends it. It may be broken, or the message that begins here may have been written into its body.
    AfterOpenMime,
}

impl SuspicionKind {
    /// The stable code.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NoEmptyLineAbove => "no_empty_line_above",
            Self::NoHeaderBelow => "no_header_below",
            Self::InsideContentLength => "inside_content_length",
            Self::InsideMime => "inside_mime",
            Self::AfterOpenMime => "after_open_mime",
        }
    }
}

/// Hides what was read ahead.
impl<R: Read> fmt::Debug for Mbox<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mbox").field("offset", &self.window.position()).finish_non_exhaustive()
    }
}

impl<R: Read> Mbox<R> {
    /// Reads from where `reader` stands, which is a `From ` line. As much as one message is held in memory.
    pub fn new(reader: R, max_message_bytes: usize) -> Self {
        Self::at(reader, 0, max_message_bytes)
    }

    /// The same, where `reader` stands at the offset of a message. Offsets go on counting from there.
    pub fn at(reader: R, offset: u64, max_message_bytes: usize) -> Self {
        Self { window: Window::at(reader, offset), max_message_bytes, next: None, has_begun: false }
    }

    /// Where the message begins that comes next; `None` before the first and after the last.
    pub fn next_offset(&self) -> Option<u64> {
        self.next.as_ref().map(|(offset, _)| *offset)
    }

    /// Reads up to the first separator. What stands above it is a message without one.
    fn begin(&mut self) -> io::Result<()> {
        self.has_begun = true;
        while let Some(line) = self.window.peek() {
            let text = self.window.text(&line);
            let (is_separator, is_empty) = (is_separator(text), is_empty(text));
            if !is_separator && !is_empty {
                self.next = Some((line.offset, Vec::new()));
                return Ok(());
            }
            self.window.next()?;
            if is_separator {
                self.next = Some((line.offset, Vec::new()));
                return Ok(());
            }
        }
        Ok(())
    }

    fn read_message(&mut self) -> io::Result<Option<MboxMessage>> {
        if !self.has_begun {
            self.begin()?;
        }
        let Some((offset, suspicions)) = self.next.take() else { return Ok(None) };
        let mut message = Message::begin(offset, suspicions);
        while let Some(line) = self.window.next()? {
            if line.starts && is_separator(self.window.text(&line)) {
                match self.place(&message, &line) {
                    Place::Begins(doubt) => {
                        self.next = Some((line.offset, doubt.into_iter().collect()));
                        break;
                    }
                    Place::Goes(kind) => message.doubt(Suspicion { offset: line.offset, kind }),
                }
            }
            message.take(&line, self.window.text(&line), self.max_message_bytes);
            if line.end() - message.offset > MAX_SKIPPED_BYTES.saturating_add(self.max_message_bytes as u64) {
                return Err(io::Error::new(io::ErrorKind::FileTooLarge, Endless));
            }
            if message.body.is_none() && message.after_empty_line {
                message.body = Some(self.body(&message, line.end()));
            }
        }
        Ok(Some(message.end(self.next.is_none())))
    }

    /// What the separator that was just read is.
    fn place(&mut self, message: &Message, line: &Line) -> Place {
        let counted_end = message.body.as_ref().and_then(|body| body.counted_end);
        if counted_end.is_some_and(|end| line.offset < end) {
            return Place::Goes(SuspicionKind::InsideContentLength);
        }
        if !message.after_empty_line && counted_end != Some(line.offset) {
            return Place::Goes(SuspicionKind::NoEmptyLineAbove);
        }
        let below = self.window.peek();
        if !below.is_some_and(|below| is_header_field(self.window.text(&below))) {
            return Place::Goes(SuspicionKind::NoHeaderBelow);
        }
        let Some(closing) = message.body.as_ref().and_then(|body| body.open_mime.as_deref()) else {
            return Place::Begins(None);
        };
        let is_counted = counted_end.is_some();
        let end = message.offset.saturating_add(self.max_message_bytes as u64);
        if self.window.closes_ahead(closing, end) {
            Place::Goes(SuspicionKind::InsideMime)
        } else {
            let doubt = Suspicion { offset: line.offset, kind: SuspicionKind::AfterOpenMime };
            Place::Begins((!is_counted).then_some(doubt))
        }
    }

    /// What the header of a message says of its body, which begins at `begin`.
    fn body(&mut self, message: &Message, begin: u64) -> Body {
        let Some(bytes) = &message.bytes else { return Body::default() };
        let (headers, _) = Headers::scan(bytes);
        let open_mime = mime::boundary(&headers).map(|boundary| format!("--{boundary}--").into_bytes());
        let counted = content_length(&headers).filter(|length| *length <= self.max_message_bytes as u64);
        let counted_end = match counted.map(|length| begin + length) {
            Some(end) if self.window.ends_at(end, is_separator) => Some(end),
            Some(_) | None => None,
        };
        // A writer that counts need not quote (mboxcl2); one line that it should have quoted shows that it did not.
        let is_quoted = !counted_end
            .is_some_and(|end| self.window.any_line(begin, end, |line| line.starts_with(b"From ")));
        Body { counted_end, open_mime, is_quoted }
    }
}

impl<R: Read> Iterator for Mbox<R> {
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

/// Why reading ended before the file did.
#[derive(Debug, thiserror::Error)]
#[error("a message in it is longer than {} bytes; what follows is not read", MAX_SKIPPED_BYTES)]
struct Endless;

/// What a separator is.
enum Place {
    /// A message begins here.
    Begins(Option<Suspicion>),
    /// The message goes on.
    Goes(SuspicionKind),
}

/// A message while its lines come in.
struct Message {
    offset: u64,
    bytes: Option<Vec<u8>>,
    suspicions: Vec<Suspicion>,
    /// Known once its header has ended.
    body: Option<Body>,
    after_empty_line: bool,
    ends_with_newline: bool,
}

struct Body {
    /// Where the body ends by its `Content-Length`, when an end or a separator stands there.
    counted_end: Option<u64>,
    /// The line that will close its MIME parts, until it has come.
    open_mime: Option<Vec<u8>>,
    is_quoted: bool,
}

impl Default for Body {
    fn default() -> Self {
        Self { counted_end: None, open_mime: None, is_quoted: true }
    }
}

impl Message {
    fn begin(offset: u64, suspicions: Vec<Suspicion>) -> Self {
        Self {
            offset,
            bytes: Some(Vec::new()),
            suspicions,
            body: None,
            after_empty_line: false,
            ends_with_newline: true,
        }
    }

    fn take(&mut self, line: &Line, text: &[u8], max_bytes: usize) {
        self.after_empty_line = line.starts && is_empty(text);
        self.ends_with_newline = text.ends_with(b"\n");
        let is_quoted = self.body.as_ref().is_none_or(|body| body.is_quoted);
        if let Some(body) = &mut self.body {
            body.open_mime.take_if(|closing| line.starts && text.trim_ascii_end() == closing.as_slice());
        }
        if let Some(bytes) = &mut self.bytes {
            bytes.extend_from_slice(if line.starts && is_quoted { without_quote_mark(text) } else { text });
            if bytes.len() > max_bytes {
                self.bytes = None;
            }
        }
    }

    fn doubt(&mut self, suspicion: Suspicion) {
        if self.suspicions.len() < MAX_SUSPICIONS {
            self.suspicions.push(suspicion);
        }
    }

    /// The empty line above a separator is no part of the message.
    fn end(mut self, is_last: bool) -> MboxMessage {
        if let Some(bytes) = self.bytes.as_mut().filter(|_| !is_last && self.after_empty_line) {
            let end =
                bytes.strip_suffix(b"\r\n").or_else(|| bytes.strip_suffix(b"\n")).map_or(0, <[u8]>::len);
            bytes.truncate(end);
        }
        let is_open = self.body.is_some_and(|body| body.open_mime.is_some());
        MboxMessage {
            offset: self.offset,
            bytes: self.bytes,
            suspicions: self.suspicions,
            is_truncated: is_last && (!self.ends_with_newline || is_open),
        }
    }
}

/// The one number of `Content-Length`. Two that differ count for nothing.
fn content_length(headers: &Headers<'_>) -> Option<u64> {
    let mut values = headers.named("Content-Length").map(Field::text);
    let value = values.next()?;
    let is_number = !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit());
    (is_number && values.all(|other| other == value)).then(|| value.parse().ok()).flatten()
}
