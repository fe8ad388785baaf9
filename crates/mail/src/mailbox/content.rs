//! The bytes of a file: only of one that has an end, and unpacked when it is compressed.

use std::fs::{self, File};
use std::io::{self, BufReader, Cursor, Read, Seek, SeekFrom};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use flate2::read::MultiGzDecoder;

/// A stream of mail, and how it begins.
pub(super) struct Content {
    pub(super) reader: Box<dyn Read + Send>,
    head: Vec<u8>,
    is_packed: bool,
}

/// A file whose bytes are counted as they are read.
struct Counted {
    file: File,
    bytes: Arc<AtomicU64>,
}

impl Read for Counted {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = self.file.read(buffer)?;
        self.bytes.fetch_add(length as u64, Ordering::Relaxed);
        Ok(length)
    }
}

/// How many bytes are looked at to tell what a stream holds.
const HEAD_BYTES: u64 = 64;
const GZIP: &[u8] = &[0x1f, 0x8b];

impl Content {
    /// `None` for what is no file: reading from a pipe or a device may never end. What is read of it is added to `bytes`.
    pub(super) fn of_file(path: &Path, bytes: &Arc<AtomicU64>) -> io::Result<Option<Self>> {
        if !fs::metadata(path)?.is_file() {
            return Ok(None);
        }
        Self::of(Counted { file: File::open(path)?, bytes: Arc::clone(bytes) }).map(Some)
    }

    /// The same from `offset` on, in what a packed file unpacks to. How the whole begins is still known. A packed file is unpacked up
    /// to there, which takes its time; any other is jumped into.
    pub(super) fn onwards_from(self, offset: u64, path: &Path, bytes: &Arc<AtomicU64>) -> io::Result<Self> {
        if offset == 0 {
            return Ok(self);
        }
        let Self { mut reader, head, is_packed } = self;
        if is_packed {
            io::copy(&mut reader.by_ref().take(offset), &mut io::sink())?;
            return Ok(Self { reader, head, is_packed });
        }
        let mut file = File::open(path)?;
        file.seek(SeekFrom::Start(offset))?;
        bytes.fetch_add(offset, Ordering::Relaxed);
        Ok(Self { reader: Box::new(Counted { file, bytes: Arc::clone(bytes) }), head, is_packed })
    }

    /// Unpacks gzip as it is read, all members of it, so that no size that a file claims or comes to is ever held.
    pub(super) fn of(reader: impl Read + Send + 'static) -> io::Result<Self> {
        let packed = Self::begin(Box::new(reader))?;
        if !packed.head.starts_with(GZIP) {
            return Ok(packed);
        }
        let unpacked = Self::begin(Box::new(MultiGzDecoder::new(BufReader::new(packed.reader))))?;
        Ok(Self { is_packed: true, ..unpacked })
    }

    fn begin(mut reader: Box<dyn Read + Send>) -> io::Result<Self> {
        let mut head = Vec::new();
        reader.by_ref().take(HEAD_BYTES).read_to_end(&mut head)?;
        let reader = Box::new(Cursor::new(head.clone()).chain(reader));
        Ok(Self { reader, head, is_packed: false })
    }

    /// Whether it is unpacked while it is read.
    pub(super) const fn is_packed(&self) -> bool {
        self.is_packed
    }

    /// Whether it begins with the `From ` line of an mbox; `From :` is the field of a mail, oddly written.
    pub(super) fn is_mbox(&self) -> bool {
        let first = self.head.trim_ascii_start();
        first.strip_prefix(b"From ").is_some_and(|rest| !rest.trim_ascii_start().starts_with(b":"))
    }
}
