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
    let unreadable = |source| MailboxError::Unreadable { path: path.to_owned(), source };
    let places = if fs::metadata(path).map_err(unreadable)?.is_dir() {
        folder::mails(path)
    } else {
        let holds = if folder::is_eml(path) { Holds::OneMail } else { Holds::MailOrMbox };
        vec![Ok(Place::file(path.to_owned(), holds))]
    };
    Ok(Messages { places: places.into_iter(), mbox: None, max_message_bytes })
}

/// Reads the messages of a stream, one mail or an mbox, under a name of the caller's choice.
pub fn read(name: &Path, stream: impl Read + Send + 'static, max_message_bytes: usize) -> Messages {
    let source = Source::Stream(Box::new(stream));
    let place = Place { path: name.to_owned(), holds: Holds::MailOrMbox, source };
    Messages { places: vec![Ok(place)].into_iter(), mbox: None, max_message_bytes }
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

#[derive(Clone, Copy, PartialEq, Eq)]
enum Holds {
    OneMail,
    /// Its first line says which.
    MailOrMbox,
}

enum Source {
    File,
    Stream(Box<dyn Read + Send>),
}

impl Place {
    fn file(path: PathBuf, holds: Holds) -> Self {
        Self { path, holds, source: Source::File }
    }
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
    /// Reads the one message of a place, or begins it as an mbox and returns `None`.
    fn begin(&mut self, place: Place) -> Result<Option<Found>, MailboxError> {
        let Place { path, holds, source } = place;
        let content = match source {
            Source::Stream(stream) => Content::of(stream).map(Some),
            Source::File => Content::of_file(&path),
        };
        let content = match content {
            Ok(Some(content)) => content,
            Ok(None) => return Err(MailboxError::NotAFile { path }),
            Err(source) => return Err(MailboxError::Unreadable { path, source }),
        };
        if holds == Holds::MailOrMbox && content.is_mbox() {
            self.mbox = Some((path, Mbox::new(content.reader, self.max_message_bytes)));
            return Ok(None);
        }
        one_mail(path, content, self.max_message_bytes).map(Some)
    }
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
