//! Mailboxes on disk, a message at a time: mbox, Maildir, folders of `.eml`, one mail; each compressed with gzip or not. What is read
//! here are bytes for [`crate::Reader`]; only this module touches files.

mod content;
mod folder;
mod mbox;
mod separator;
mod window;

use std::fmt;
use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use content::Content;
pub use mbox::{Mbox, MboxMessage, Suspicion, SuspicionKind};

/// One message of a mailbox.
pub struct Found {
    /// The file it lies in.
    pub path: PathBuf,
    /// Where in that file it begins, in bytes; 0 where a file holds one message. Of a compressed file, in what it unpacks to.
    pub offset: u64,
    /// The message.
    pub bytes: Vec<u8>,
    /// What is doubtful about where it begins or ends.
    pub suspicions: Vec<Suspicion>,
    /// The file ends in the middle of it.
    pub is_truncated: bool,
}

/// Hides the message.
impl fmt::Debug for Found {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Found")
            .field("path", &self.path)
            .field("offset", &self.offset)
            .field("bytes", &self.bytes.len())
            .finish_non_exhaustive()
    }
}

/// Why a message, or a whole mailbox, could not be read. Reading goes on with the next.
#[derive(Debug, thiserror::Error)]
pub enum MailboxError {
    /// The file or folder could not be read.
    #[error("cannot read {path}")]
    Unreadable {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// It is a pipe, a socket or a device, which may have no end.
    #[error("{path} is no file and no folder")]
    NotAFile {
        /// Which.
        path: PathBuf,
    },
    /// The message is longer than the bound.
    #[error("the message at byte {offset} of {path} is longer than {limit} bytes")]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// Where it begins.
        offset: u64,
        /// The bound.
        limit: usize,
    },
}

impl MailboxError {
    /// The file or folder it is about.
    pub fn path(&self) -> &Path {
        match self {
            Self::Unreadable { path, .. } | Self::NotAFile { path } | Self::TooLarge { path, .. } => path,
        }
    }

    /// Where in the file the message begins that it is about; `None` when it is about the whole file.
    pub const fn offset(&self) -> Option<u64> {
        match self {
            Self::TooLarge { offset, .. } => Some(*offset),
            Self::Unreadable { .. } | Self::NotAFile { .. } => None,
        }
    }
}

/// Opens a file or folder and reads its messages in a fixed order: a Maildir `cur` before `new`, all else by name.
///
/// A folder with `cur` or `new` is a Maildir; any other folder is read for its `.eml` files and the folders in it. A file there holds
/// one message whatever it begins with, and so does a file named `.eml`. Any other file that begins with a `From ` line is an mbox.
/// What is compressed with gzip is unpacked while it is read, so no more than one message is ever held.
pub fn open(path: &Path, max_message_bytes: usize) -> Result<Messages, MailboxError> {
    let read = Arc::default();
    let place = |file: Result<MailFile, MailboxError>| file.map(|file| file.place(0, &read));
    let places: Vec<_> = files(path)?.into_iter().map(place).collect();
    Ok(Messages::of(places, max_message_bytes))
}

/// The files that [`open`] reads, in its order: a file itself, or those of a folder. A folder in it that cannot be read is an error
/// in its place.
pub fn files(path: &Path) -> Result<Vec<Result<MailFile, MailboxError>>, MailboxError> {
    let unreadable = |source| MailboxError::Unreadable { path: path.to_owned(), source };
    if fs::metadata(path).map_err(unreadable)?.is_dir() {
        return Ok(folder::mails(path));
    }
    let holds = if folder::is_eml(path) { Holds::OneMail } else { Holds::MailOrMbox };
    Ok(vec![Ok(MailFile { path: path.to_owned(), holds })])
}

/// A file that holds mail, not yet opened.
#[derive(Debug, Clone)]
pub struct MailFile {
    path: PathBuf,
    holds: Holds,
}

impl MailFile {
    /// Where it lies.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Reads its messages from the one that begins at `offset`, which is 0 or what [`Found::offset`] or [`Messages::next_offset`] said.
    /// What is read of the file on the disk is added to `bytes_read`, for whoever shows how far reading has got.
    pub fn messages(&self, offset: u64, max_message_bytes: usize, bytes_read: &Arc<AtomicU64>) -> Messages {
        Messages::of(vec![Ok(self.clone().place(offset, bytes_read))], max_message_bytes)
    }

    /// Whether a message in the middle of it can only be reached by unpacking all before it.
    pub fn is_packed_mbox(&self) -> io::Result<bool> {
        let content = Content::of_file(&self.path, &Arc::default())?;
        Ok(self.holds == Holds::MailOrMbox
            && content.is_some_and(|content| content.is_packed() && content.is_mbox()))
    }

    fn place(self, offset: u64, bytes_read: &Arc<AtomicU64>) -> Place {
        let source = Source::File { offset, bytes_read: Arc::clone(bytes_read) };
        Place { path: self.path, holds: self.holds, source }
    }
}

/// Reads the messages of a stream, one mail or an mbox, under a name of the caller's choice.
pub fn read(name: &Path, stream: impl Read + Send + 'static, max_message_bytes: usize) -> Messages {
    let source = Source::Stream(Box::new(stream));
    let place = Place { path: name.to_owned(), holds: Holds::MailOrMbox, source };
    Messages::of(vec![Ok(place)], max_message_bytes)
}

/// The messages of a file, a folder or a stream.
pub struct Messages {
    places: std::vec::IntoIter<Result<Place, MailboxError>>,
    mbox: Option<(PathBuf, Mbox<Box<dyn Read + Send>>)>,
    max_message_bytes: usize,
}

/// Hides what was read ahead.
impl fmt::Debug for Messages {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Messages").field("places", &self.places.len()).finish_non_exhaustive()
    }
}

/// Where messages lie.
struct Place {
    path: PathBuf,
    holds: Holds,
    source: Source,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Holds {
    OneMail,
    /// Its first line says which.
    MailOrMbox,
}

enum Source {
    File {
        /// Where its first message begins that is wanted.
        offset: u64,
        bytes_read: Arc<AtomicU64>,
    },
    Stream(Box<dyn Read + Send>),
}

impl Iterator for Messages {
    type Item = Result<Found, MailboxError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some((path, mbox)) = &mut self.mbox {
                if let Some(message) = mbox.next() {
                    return Some(found(path, message, self.max_message_bytes));
                }
                self.mbox = None;
            }
            match self.places.next()?.and_then(|place| self.begin(place)) {
                Ok(Some(found)) => return Some(Ok(found)),
                Ok(None) => {}
                Err(error) => return Some(Err(error)),
            }
        }
    }
}

impl Messages {
    fn of(places: Vec<Result<Place, MailboxError>>, max_message_bytes: usize) -> Self {
        Self { places: places.into_iter(), mbox: None, max_message_bytes }
    }

    /// Where in the file of the last message the next one begins; `None` when that file is through, or none was read yet.
    pub fn next_offset(&self) -> Option<u64> {
        self.mbox.as_ref().and_then(|(_, mbox)| mbox.next_offset())
    }

    /// Reads the one message of a place, or begins it as an mbox and returns `None`.
    fn begin(&mut self, place: Place) -> Result<Option<Found>, MailboxError> {
        let Place { path, holds, source } = place;
        let (offset, content) = match source {
            Source::Stream(stream) => (0, Content::of(stream).map(Some)),
            Source::File { offset, bytes_read } => (offset, content_from(&path, offset, &bytes_read)),
        };
        let content = match content {
            Ok(Some(content)) => content,
            Ok(None) => return Err(MailboxError::NotAFile { path }),
            Err(source) => return Err(MailboxError::Unreadable { path, source }),
        };
        if holds == Holds::MailOrMbox && content.is_mbox() {
            self.mbox = Some((path, Mbox::at(content.reader, offset, self.max_message_bytes)));
            return Ok(None);
        }
        one_mail(path, content, self.max_message_bytes).map(Some)
    }
}

fn content_from(path: &Path, offset: u64, bytes_read: &Arc<AtomicU64>) -> io::Result<Option<Content>> {
    let content = Content::of_file(path, bytes_read)?;
    content.map(|content| content.onwards_from(offset, path, bytes_read)).transpose()
}

fn one_mail(path: PathBuf, content: Content, limit: usize) -> Result<Found, MailboxError> {
    let mut bytes = Vec::new();
    match content.reader.take((limit as u64).saturating_add(1)).read_to_end(&mut bytes) {
        Err(source) => Err(MailboxError::Unreadable { path, source }),
        Ok(_) if bytes.len() > limit => Err(MailboxError::TooLarge { path, offset: 0, limit }),
        Ok(_) => Ok(Found { path, offset: 0, bytes, suspicions: Vec::new(), is_truncated: false }),
    }
}

fn found(path: &Path, message: io::Result<MboxMessage>, limit: usize) -> Result<Found, MailboxError> {
    let message = message.map_err(|source| MailboxError::Unreadable { path: path.to_owned(), source })?;
    match message.bytes {
        None => Err(MailboxError::TooLarge { path: path.to_owned(), offset: message.offset, limit }),
        Some(bytes) => Ok(Found {
            path: path.to_owned(),
            offset: message.offset,
            bytes,
            suspicions: message.suspicions,
            is_truncated: message.is_truncated,
        }),
    }
}
