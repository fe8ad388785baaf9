//! The bytes of a file: only of one that has an end, and unpacked when it is compressed.

use std::fs::{self, File};
use std::io::{self, BufReader, Cursor, Read};
use std::path::Path;

use flate2::read::MultiGzDecoder;

/// A stream of mail, and how it begins.
pub(super) struct Content {
    pub(super) reader: Box<dyn Read + Send>,
    head: Vec<u8>,
}

/// How many bytes are looked at to tell what a stream holds.
const HEAD_BYTES: u64 = 64;
const GZIP: &[u8] = &[0x1f, 0x8b];

impl Content {
    /// `None` for what is no file: reading from a pipe or a device may never end.
    pub(super) fn of_file(path: &Path) -> io::Result<Option<Self>> {
        if !fs::metadata(path)?.is_file() {
            return Ok(None);
        }
        Self::of(File::open(path)?).map(Some)
    }

    /// Unpacks gzip as it is read, all members of it, so that no size that a file claims or comes to is ever held.
    pub(super) fn of(reader: impl Read + Send + 'static) -> io::Result<Self> {
        let packed = Self::begin(Box::new(reader))?;
        if !packed.head.starts_with(GZIP) {
            return Ok(packed);
        }
        Self::begin(Box::new(MultiGzDecoder::new(BufReader::new(packed.reader))))
    }

    fn begin(mut reader: Box<dyn Read + Send>) -> io::Result<Self> {
        let mut head = Vec::new();
        reader.by_ref().take(HEAD_BYTES).read_to_end(&mut head)?;
        Ok(Self { reader: Box::new(Cursor::new(head.clone()).chain(reader)), head })
    }

    /// Whether it begins with the `From ` line of an mbox; `From :` is the field of a mail, oddly written.
    pub(super) fn is_mbox(&self) -> bool {
        let first = self.head.trim_ascii_start();
        first.strip_prefix(b"From ").is_some_and(|rest| !rest.trim_ascii_start().starts_with(b":"))
    }
}
