//! Reading and choosing, on a thread of its own: files are read while earlier mails are published or answered.

use std::io;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::JoinHandle;

use bytes::Bytes;
use domain::{Digest, Timestamp};
use mail::mailbox::{self, Found, MailboxError, Messages, Suspicion, SuspicionKind};
use replay_report::{Listed, Looks};
use tokio::runtime::Handle;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};
use tokio_util::sync::CancellationToken;

use super::archive::{Archive, Content, Place};
use super::progress::Meter;
use super::selection::{Selection, Unwanted};
use super::shuffle::Shuffled;
use crate::complaint::chain;

/// How much of all mails that are read and not yet settled may lie in memory, in KiB: 128 MiB. One larger mail still gets through
/// alone.
const ROOM: u32 = 128 << 10;
/// How many mails are read ahead at most: a few bursts, so that neither side waits for the other.
const AHEAD: usize = 1024;

/// What is read, and how.
pub(crate) struct Plan {
    pub(crate) archive: Arc<Archive>,
    pub(crate) selection: Selection,
    /// How many mails are taken at most.
    pub(crate) limit: Option<u64>,
    pub(crate) max_bytes: usize,
    pub(crate) digests: Digests,
}

pub(crate) enum Order {
    /// As they lie, from a file and an offset on.
    AsTheyLie { file: usize, offset: u64 },
    /// As they were drawn, from a turn on.
    Drawn { shuffled: Shuffled, turn: u64 },
}

/// Whether the digest of each mail that is taken is needed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Digests {
    Needed,
    NotNeeded,
}

/// A message that was read, and what became of it.
pub(crate) struct Read {
    /// Where reading goes on behind it.
    pub(crate) after: Place,
    /// Its source, by number.
    pub(crate) source: usize,
    pub(crate) bytes: u64,
    pub(crate) suspicions: Vec<Suspicion>,
    /// The file ends in the middle of it.
    pub(crate) is_truncated: bool,
    pub(crate) fate: Fate,
}

pub(crate) enum Fate {
    Taken(Taken),
    Unwanted(Unwanted),
    Unreadable(NotRead),
}

/// Counts what is known of a mail before anything is done with it.
pub(super) fn look(looks: &mut Looks, read: &Read) {
    looks.cut_off += u64::from(read.is_truncated);
    for Suspicion { offset, kind } in read.suspicions.iter().copied() {
        let listed = Listed { source: read.source, offset, kind: kind.as_str().to_owned() };
        looks.suspicions.note(listed, kind == SuspicionKind::AfterOpenMime);
    }
    if let Fate::Taken(taken) = &read.fate {
        looks.take(read.bytes, taken.sent_at);
    }
}

/// A mail that is to be replayed.
pub(crate) struct Taken {
    pub(crate) bytes: Bytes,
    pub(crate) sent_at: Option<Timestamp>,
    /// Of its bytes, where it was asked for.
    pub(crate) digest: Option<Digest>,
    /// Its room in memory; free when it is settled.
    pub(crate) room: OwnedSemaphorePermit,
}

/// Whether a mail with this code failed when it was read.
pub(crate) fn is_of_reading(code: &str) -> bool {
    ["unreadable", "not_a_file", "too_large", "empty", "not_a_mail"].contains(&code)
}

/// Why something in the archive is no mail that can be replayed.
pub(crate) struct NotRead {
    /// A stable code.
    pub(crate) code: &'static str,
    /// A sentence, which may name the file.
    pub(crate) sentence: String,
}

/// Why reading ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ended {
    /// Everything was read.
    AtTheEnd,
    /// Enough mails were taken.
    AtTheLimit,
    /// Whoever takes the mails wants no more.
    Stopped,
}

/// What the thread leaves behind.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Finish {
    pub(crate) ended: Ended,
    /// How many messages were read.
    pub(crate) read: u64,
    /// Where everything ends.
    pub(crate) end: Place,
}

/// The thread, and what it has read.
pub(crate) struct Reading {
    pub(crate) reads: mpsc::Receiver<Read>,
    thread: JoinHandle<Finish>,
}

impl Reading {
    /// Begins. What is read is added to `meter`. It is a thread of the system and none of the runtime's: a read from a
    /// pipe cannot be called off, and the end of the program must not wait for it.
    pub(crate) fn begin(
        plan: Plan,
        order: Order,
        meter: &Meter,
        stop: &CancellationToken,
    ) -> io::Result<Self> {
        let (sender, reads) = mpsc::channel(AHEAD);
        let reader = Reader {
            room: Arc::new(Semaphore::new(ROOM as usize)),
            runtime: Handle::current(),
            meter: meter.clone(),
            stop: stop.clone(),
            read: 0,
            taken: 0,
            sender,
            plan,
        };
        let thread = std::thread::Builder::new().name("replay-reader".to_owned());
        Ok(Self { reads, thread: thread.spawn(move || reader.read_all(order))? })
    }

    /// What the thread left behind, when everything it has read was received. `None` when it panicked.
    pub(crate) fn finish(self) -> Option<Finish> {
        drop(self.reads);
        self.thread.join().ok()
    }
}

struct Reader {
    plan: Plan,
    room: Arc<Semaphore>,
    runtime: Handle,
    meter: Meter,
    sender: mpsc::Sender<Read>,
    stop: CancellationToken,
    read: u64,
    taken: u64,
}

/// That no more is to be read, and why.
struct Over(Ended);

/// A message of the archive, or why there is none.
type Message = Result<Found, NotRead>;

impl Reader {
    fn read_all(mut self, order: Order) -> Finish {
        let archive = Arc::clone(&self.plan.archive);
        let (over, end) = match order {
            Order::AsTheyLie { file, offset } => {
                let end = Place::Offset { file: archive.entries.len(), offset: 0 };
                (self.read_as_they_lie(&archive, file, offset), end)
            }
            Order::Drawn { shuffled, turn } => {
                (self.read_as_drawn(&archive, &shuffled, turn), Place::Turn(shuffled.len()))
            }
        };
        let ended = over.err().map_or(Ended::AtTheEnd, |Over(ended)| ended);
        Finish { ended, read: self.read, end }
    }

    fn read_as_they_lie(&mut self, archive: &Archive, first: usize, offset: u64) -> Result<(), Over> {
        for (file, entry) in archive.entries.iter().enumerate().skip(first) {
            let behind = Place::Offset { file: file + 1, offset: 0 };
            let mut messages = match self.open(&entry.content, if file == first { offset } else { 0 }) {
                Ok(messages) => messages,
                Err(error) => {
                    self.hand_over(entry.source, behind, Err(not_read(error)))?;
                    continue;
                }
            };
            while let Some(found) = messages.next() {
                let next = messages.next_offset();
                let after = next.map_or(behind, |offset| Place::Offset { file, offset });
                self.hand_over(entry.source, after, found.map_err(|error| not_read(&error)))?;
            }
        }
        Ok(())
    }

    fn read_as_drawn(&mut self, archive: &Archive, shuffled: &Shuffled, first: u64) -> Result<(), Over> {
        for turn in first..shuffled.len() {
            let place = shuffled.at(turn);
            let entry = place.and_then(|(file, offset)| Some((archive.entries.get(file)?, offset)));
            let Some((entry, offset)) = entry else { break };
            let message = match self.open(&entry.content, offset).map(|mut messages| messages.next()) {
                Ok(Some(found)) => found.map_err(|error| not_read(&error)),
                Ok(None) => Err(NotRead::gone()),
                Err(error) => Err(not_read(error)),
            };
            self.hand_over(entry.source, Place::Turn(turn + 1), message)?;
        }
        for _file in 0..shuffled.broken_files {
            self.hand_over(0, Place::Turn(shuffled.len()), Err(NotRead::broken()))?;
        }
        Ok(())
    }

    fn open<'a>(&self, content: &'a Content, offset: u64) -> Result<Messages, &'a MailboxError> {
        match content {
            Content::File(file) => Ok(file.messages(offset, self.plan.max_bytes, &self.meter.bytes)),
            Content::StandardInput => {
                let input = CountedInput(Arc::clone(&self.meter.bytes));
                Ok(mailbox::read(Path::new("standard input"), input, self.plan.max_bytes))
            }
            Content::Unreadable(error) => Err(error),
        }
    }

    /// Counts a message, decides on it and hands it over. Waits where too much is read already.
    fn hand_over(&mut self, source: usize, after: Place, message: Message) -> Result<(), Over> {
        if self.stop.is_cancelled() {
            return Err(Over(Ended::Stopped));
        }
        self.read += 1;
        self.meter.mails.store(self.read, Ordering::Relaxed);
        let (bytes, suspicions, is_truncated, fate) = match message {
            Ok(Found { bytes, suspicions, is_truncated, .. }) => {
                (bytes.len() as u64, suspicions, is_truncated, self.fate(bytes)?)
            }
            Err(not_read) => (0, Vec::new(), false, self.unreadable(None, not_read)),
        };
        let is_taken = matches!(fate, Fate::Taken(_));
        let read = Read { after, source, bytes, suspicions, is_truncated, fate };
        self.sender.blocking_send(read).map_err(|_nobody_takes_it| Over(Ended::Stopped))?;
        self.taken += u64::from(is_taken);
        if is_taken && self.plan.limit == Some(self.taken) { Err(Over(Ended::AtTheLimit)) } else { Ok(()) }
    }

    fn fate(&self, bytes: Vec<u8>) -> Result<Fate, Over> {
        let Plan { selection, digests, .. } = &self.plan;
        let wanted = *digests == Digests::Needed || selection.shard.is_some();
        let digest = wanted.then(|| Digest::of(&[&bytes]));
        let glance = match mail::glance(&bytes) {
            Ok(glance) => glance,
            Err(error) => {
                return Ok(self.unreadable(digest.as_ref(), NotRead::new(error.code(), error.to_string())));
            }
        };
        if selection.shard.is_some_and(|shard| !shard.holds(digest.as_ref())) {
            return Ok(Fate::Unwanted(Unwanted::OtherShard));
        }
        if let Some(objection) = selection.objection(&glance) {
            return Ok(Fate::Unwanted(objection));
        }
        let room = self.room_for(bytes.len())?;
        Ok(Fate::Taken(Taken { bytes: bytes.into(), sent_at: glance.sent_at, digest, room }))
    }

    /// What cannot be read counts in one shard only.
    fn unreadable(&self, digest: Option<&Digest>, not_read: NotRead) -> Fate {
        match self.plan.selection.shard {
            Some(shard) if !shard.holds(digest) => Fate::Unwanted(Unwanted::OtherShard),
            Some(_) | None => Fate::Unreadable(not_read),
        }
    }

    fn room_for(&self, bytes: usize) -> Result<OwnedSemaphorePermit, Over> {
        let kib = u32::try_from(bytes.div_ceil(1024)).unwrap_or(ROOM).clamp(1, ROOM);
        let room = Arc::clone(&self.room);
        if let Ok(room) = Arc::clone(&room).try_acquire_many_owned(kib) {
            return Ok(room);
        }
        self.runtime.block_on(room.acquire_many_owned(kib)).map_err(|_closed| Over(Ended::Stopped))
    }
}

impl NotRead {
    fn new(code: &'static str, sentence: String) -> Self {
        Self { code, sentence }
    }

    fn gone() -> Self {
        Self::new("unreadable", "a mail was there when the order was drawn, and is gone".to_owned())
    }

    fn broken() -> Self {
        Self::new("unreadable", "a file could be read up to a place in it and no further".to_owned())
    }
}

fn not_read(error: &MailboxError) -> NotRead {
    let code = match error {
        MailboxError::Unreadable { .. } => "unreadable",
        MailboxError::NotAFile { .. } => "not_a_file",
        MailboxError::TooLarge { .. } => "too_large",
    };
    NotRead::new(code, chain(error))
}

/// Standard input, counted.
struct CountedInput(Arc<AtomicU64>);

impl io::Read for CountedInput {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = io::stdin().read(buffer)?;
        self.0.fetch_add(length as u64, Ordering::Relaxed);
        Ok(length)
    }
}
