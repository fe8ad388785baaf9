//! What is replayed: the files of the command line, known again by their names, sizes and times, and a place in them.

use std::fs::{self, Metadata};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use domain::Digest;
use mail::mailbox::{self, MailFile, MailboxError};
use replay_report::Source;
use serde::{Deserialize, Serialize};

use crate::complaint::{Advice, chain};

/// Every file, in the order of reading.
#[derive(Debug)]
pub(crate) struct Archive {
    pub(crate) sources: Vec<Source>,
    pub(crate) entries: Vec<Entry>,
    /// How many bytes lie on the disk; `None` where standard input is among them.
    pub(crate) bytes: Option<u64>,
}

/// Something to read.
#[derive(Debug)]
pub(crate) struct Entry {
    /// Its source, by number.
    pub(crate) source: usize,
    /// How long it is on the disk; 0 where that is not known.
    bytes: u64,
    pub(crate) content: Content,
}

#[derive(Debug)]
pub(crate) enum Content {
    File(MailFile),
    StandardInput,
    /// A folder that cannot be read, for instance.
    Unreadable(MailboxError),
}

/// Where reading goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Place {
    /// With the message at `offset` of the file of that number; in what it unpacks to, where it is compressed.
    Offset { file: usize, offset: u64 },
    /// With the mail that is drawn as the one of that number, from 0.
    Turn(u64),
}

impl Place {
    pub(crate) const BEGIN: Self = Self::Offset { file: 0, offset: 0 };
}

impl Archive {
    /// Looks at every path. One that cannot be opened ends the replay before it begins: it is a slip of the pen, most often.
    pub(crate) fn of(paths: &[PathBuf]) -> anyhow::Result<Self> {
        let mut archive = Self { sources: Vec::new(), entries: Vec::new(), bytes: Some(0) };
        for path in paths {
            archive.add(path)?;
        }
        Ok(archive)
    }

    fn add(&mut self, path: &Path) -> anyhow::Result<()> {
        let number = self.sources.len();
        let mut source = Summary::default();
        if path == Path::new("-") {
            self.bytes = None;
            self.entries.push(Entry { source: number, bytes: 0, content: Content::StandardInput });
        } else {
            for file in mailbox::files(path).map_err(|error| cannot_open(path, &error))? {
                let (bytes, content) = match file {
                    Ok(file) => (source.take(&file), Content::File(file)),
                    Err(error) => (0, Content::Unreadable(error)),
                };
                self.entries.push(Entry { source: number, bytes, content });
            }
        }
        let source = source.of(path);
        self.bytes = self.bytes.map(|bytes| bytes + source.bytes);
        self.sources.push(source);
        Ok(())
    }

    /// Whether standard input is read, of which nobody can tell where it was left.
    pub(crate) const fn is_endless(&self) -> bool {
        self.bytes.is_none()
    }

    /// How many bytes of the files lie before a place. Within a compressed file nobody can tell.
    pub(crate) fn bytes_before(&self, file: usize, offset: u64) -> u64 {
        let is_packed = self.entries.get(file).is_some_and(|entry| match &entry.content {
            Content::File(file) => file.is_packed_mbox().unwrap_or(true),
            Content::StandardInput | Content::Unreadable(_) => true,
        });
        self.bytes_of_files_before(file) + if is_packed { 0 } else { offset }
    }

    pub(crate) fn bytes_of_files_before(&self, file: usize) -> u64 {
        self.entries.iter().take(file).map(|entry| entry.bytes).sum()
    }
}

fn cannot_open(path: &Path, error: &MailboxError) -> anyhow::Error {
    Advice::data(chain(error), format!("nothing was read; is {} right, and may you read it?", path.display()))
}

/// The files of one source, summed up.
#[derive(Default)]
struct Summary {
    files: u64,
    bytes: u64,
    digest: Option<Digest>,
}

impl Summary {
    /// Adds a file, and says how long it is.
    fn take(&mut self, file: &MailFile) -> u64 {
        let path = file.path();
        let (size, time) = fs::metadata(path).as_ref().map_or((0, [0; 16]), size_and_time);
        let before = self.digest.as_ref().map(|digest| digest.as_bytes().to_vec()).unwrap_or_default();
        let name = path.as_os_str().as_bytes();
        self.digest = Some(Digest::of(&[&before, name, &size.to_be_bytes(), &time]));
        self.files += 1;
        self.bytes += size;
        size
    }

    fn of(self, path: &Path) -> Source {
        let digest = self.digest.unwrap_or_else(|| Digest::of(&[]));
        Source { path: path.to_owned(), files: self.files, bytes: self.bytes, digest }
    }
}

fn size_and_time(metadata: &Metadata) -> (u64, [u8; 16]) {
    let nanoseconds = i128::from(metadata.mtime()) * 1_000_000_000 + i128::from(metadata.mtime_nsec());
    (metadata.len(), nanoseconds.to_be_bytes())
}

/// An mbox that has to be unpacked from its beginning for each mail cannot be read in any order.
pub(crate) fn refuse_jumps(archive: &Archive) -> anyhow::Result<()> {
    for entry in &archive.entries {
        let path = match &entry.content {
            Content::StandardInput => Path::new("standard input"),
            Content::Unreadable(_) => continue,
            Content::File(file) => match file.is_packed_mbox() {
                Ok(true) => file.path(),
                Ok(false) | Err(_) => continue,
            },
        };
        return Err(Advice::usage(
            format!(
                "--shuffle jumps from mail to mail, and {} can only be read from its beginning",
                path.display()
            ),
            "unpack it first, as with gunzip, or leave --shuffle out",
        ));
    }
    Ok(())
}
