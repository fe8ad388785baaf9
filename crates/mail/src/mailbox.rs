//! Mailboxes on disk, a message at a time: mbox, Maildir, a folder of `.eml`, one mail. What is read here are bytes for
//! [`crate::Reader`]; only this module touches files.

mod mbox;

use std::fmt;
use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

pub use mbox::{Mbox, MboxMessage, Suspicion, SuspicionKind, is_separator};

/// One message of a mailbox.
pub struct Found {
    /// The file it lies in.
    pub path: PathBuf,
    /// Where in that file it begins, in bytes; 0 where a file holds one message.
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

/// Opens a file or folder and reads its messages in a fixed order: a Maildir `cur` before `new`, files by name.
///
/// A folder with `cur` or `new` is a Maildir; any other folder is read for its `.eml` files. A file that begins with a `From ` line
/// is an mbox; any other file is one message.
pub fn open(path: &Path, max_message_bytes: usize) -> Result<Messages, MailboxError> {
    let unreadable = |source| MailboxError::Unreadable { path: path.to_owned(), source };
    let files = if fs::metadata(path).map_err(unreadable)?.is_dir() {
        files_of_folder(path).map_err(unreadable)?
    } else {
        vec![path.to_owned()]
    };
    Ok(Messages { files: files.into_iter(), mbox: None, max_message_bytes })
}

/// The messages of a file or folder.
#[derive(Debug)]
pub struct Messages {
    files: std::vec::IntoIter<PathBuf>,
    mbox: Option<(PathBuf, Mbox<BufReader<File>>)>,
    max_message_bytes: usize,
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
            let path = self.files.next()?;
            match self.open_file(&path) {
                Ok(Some(found)) => return Some(Ok(found)),
                Ok(None) => {}
                Err(error) => return Some(Err(error)),
            }
        }
    }
}

impl Messages {
    /// Reads the one message of a file, or opens the file as an mbox and returns `None`.
    fn open_file(&mut self, path: &Path) -> Result<Option<Found>, MailboxError> {
        let unreadable = |source| MailboxError::Unreadable { path: path.to_owned(), source };
        let mut reader = BufReader::new(File::open(path).map_err(unreadable)?);
        if reader.fill_buf().map_err(unreadable)?.starts_with(b"From ") {
            self.mbox = Some((path.to_owned(), Mbox::new(reader, self.max_message_bytes)));
            return Ok(None);
        }
        let limit = self.max_message_bytes;
        let mut bytes = Vec::new();
        reader.take(limit as u64 + 1).read_to_end(&mut bytes).map_err(unreadable)?;
        if bytes.len() > limit {
            return Err(MailboxError::TooLarge { path: path.to_owned(), offset: 0, limit });
        }
        Ok(Some(Found {
            path: path.to_owned(),
            offset: 0,
            bytes,
            suspicions: Vec::new(),
            is_truncated: false,
        }))
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

/// The messages of a folder. `tmp` holds what is still being delivered, and names that begin with a dot are no mail.
fn files_of_folder(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let (cur, new) = (folder.join("cur"), folder.join("new"));
    if !cur.is_dir() && !new.is_dir() {
        let is_eml =
            |path: &PathBuf| path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("eml"));
        return Ok(sorted_files(folder)?.into_iter().filter(is_eml).collect());
    }
    let mut files = Vec::new();
    for part in [cur, new].iter().filter(|part| part.is_dir()) {
        files.extend(sorted_files(part)?);
    }
    Ok(files)
}

fn sorted_files(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let is_dotted = entry.file_name().as_encoded_bytes().starts_with(b".");
        if !is_dotted && entry.path().is_file() {
            files.push(entry.path());
        }
    }
    files.sort();
    Ok(files)
}
