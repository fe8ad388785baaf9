//! Stands between a worker and what it talks to, counts every piece that the worker sends, and says when to kill it: before a
//! chosen piece is passed on, or after it was passed on and before the answer comes back.
//!
//! A piece is a request to Stripe, a statement or commit of PostgreSQL, a write or sync of the log of SQLite, a frame to RabbitMQ. Not
//! pieces, since nobody would know the difference: heartbeats, `begin`, and the preparing of a statement. From the strike on nothing
//! passes in either direction, so the worker dies with the world as it was.

mod amqp;
mod http;
mod journal;
mod ledger_file;
mod postgres;
mod proxy;

use std::fmt;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use anyhow::Result;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;

pub use journal::{Journal, Sent};
use proxy::{Line, Protocol};

/// Where and when a worker is killed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Kill {
    /// What the piece is, as `stripe: POST /v1/refunds`.
    pub piece: String,
    /// Which of the pieces of that name, from 1.
    pub nth: usize,
    /// Before or after.
    pub when: When,
}

/// Whether the piece still gets through.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum When {
    /// It does not.
    Before,
    /// It does, and what it does is done; the worker does not learn of it.
    After,
}

impl fmt::Display for Kill {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let when = match self.when {
            When::Before => "before",
            When::After => "after",
        };
        write!(f, "{when} {} ({})", self.piece, self.nth)
    }
}

/// The executioner of one worker. Its connections are closed when it is dropped.
#[derive(Debug)]
pub struct Executioner {
    bench: Arc<Bench>,
    /// One for each thing the worker talks to.
    doors: JoinSet<()>,
    folder: tempfile::TempDir,
}

impl Executioner {
    /// One that guards nothing yet.
    pub fn new() -> Result<Self> {
        let bench = Arc::new(Bench {
            trial: Mutex::default(),
            connections: Mutex::default(),
            struck: watch::Sender::new(false),
        });
        Ok(Self { bench, doors: JoinSet::new(), folder: tempfile::tempdir()? })
    }

    /// Stands before the RabbitMQ at this address; gives the one to use in its place.
    pub async fn before_rabbitmq(&mut self, address: SocketAddr) -> Result<SocketAddr> {
        self.before(address, Protocol::Amqp).await
    }

    /// The same for PostgreSQL. The connection must not be encrypted.
    pub async fn before_postgres(&mut self, address: SocketAddr) -> Result<SocketAddr> {
        self.before(address, Protocol::Postgres).await
    }

    /// The same for Stripe.
    pub async fn before_stripe(&mut self, address: SocketAddr) -> Result<SocketAddr> {
        self.before(address, Protocol::Http).await
    }

    async fn before(&mut self, address: SocketAddr, protocol: Protocol) -> Result<SocketAddr> {
        let door = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let own = door.local_addr()?;
        let bench = Arc::clone(&self.bench);
        self.doors.spawn(async move {
            while let Ok((worker, _)) = door.accept().await {
                let line = Line { bench: Arc::clone(&bench), protocol, address };
                bench.connections().spawn(line.serve(worker));
            }
        });
        Ok(own)
    }

    /// What to set in the environment of a worker, so that it asks before it writes to the log of its SQLite ledger.
    pub fn before_ledger_file(&mut self) -> Result<[(&'static str, PathBuf); 2]> {
        let (door, socket, library) = ledger_file::set_up(self.folder.path())?;
        let bench = Arc::clone(&self.bench);
        self.doors.spawn(async move {
            while let Ok((worker, _)) = door.accept().await {
                bench.connections().spawn(ledger_file::serve(Arc::clone(&bench), worker));
            }
        });
        Ok([("LD_PRELOAD", library), ("EXECUTIONER", socket)])
    }

    /// Starts to count anew; strikes at `kill`, or never.
    pub fn awaits(&self, kill: Option<Kill>) {
        let mut trial = self.bench.trial();
        trial.kill = kill;
        trial.awaited = None;
        trial.journal = Journal::default();
        trial.settled = 0;
    }

    /// Strikes no more. Whether it has struck before.
    pub fn spares(&self) -> bool {
        let mut trial = self.bench.trial();
        trial.kill = None;
        trial.awaited = None;
        *self.bench.struck.borrow()
    }

    /// Waits until it has struck: nothing passes any more.
    pub async fn has_struck(&self) {
        // The sender lives as long as this value, so waiting cannot fail.
        self.bench.struck.subscribe().wait_for(|struck| *struck).await.ok();
    }

    /// The worker is dead: its connections are closed, and a new one finds the doors open.
    pub async fn buries(&self) {
        let mut connections = std::mem::take(&mut *self.bench.connections());
        connections.shutdown().await;
        self.awaits(None);
        self.bench.trial().held.clear();
        self.bench.struck.send_replace(false);
    }

    /// What the worker sent since [`Executioner::awaits`].
    pub fn journal(&self) -> Journal {
        self.bench.trial().journal.clone()
    }

    /// Waits until the worker has settled whatever RabbitMQ delivered since [`Executioner::awaits`], at least one message.
    pub async fn has_settled(&self) {
        while !self.bench.trial().is_settled() {
            tokio::time::sleep(BETWEEN_LOOKS).await;
        }
    }

    /// Whether the worker has deliveries that it did not settle.
    pub fn holds_some(&self) -> bool {
        !self.bench.trial().held.is_empty()
    }
}

/// What all connections of a worker share.
#[derive(Debug)]
struct Bench {
    trial: Mutex<Trial>,
    connections: Mutex<JoinSet<io::Result<()>>>,
    struck: watch::Sender<bool>,
}

/// What is awaited, and what was seen.
#[derive(Debug, Default)]
struct Trial {
    kill: Option<Kill>,
    /// The connection on which the answer to the fatal piece is awaited.
    awaited: Option<usize>,
    journal: Journal,
    /// Deliveries that the worker has: connection, channel, tag.
    held: Vec<(usize, u16, u64)>,
    /// How many it settled.
    settled: usize,
}

impl Trial {
    fn is_settled(&self) -> bool {
        self.settled > 0 && self.held.is_empty()
    }
}

/// A piece, cut from what the worker sends.
#[derive(Debug, Clone)]
struct Piece {
    name: String,
    /// What follows when it has passed.
    then: Then,
}

/// What follows a piece that has passed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Then {
    /// An answer, and something may have changed.
    Answer,
    /// An answer, and nothing has changed that would stay.
    AnswerOnly,
    /// None.
    Nothing,
}

/// How long between two looks at what the worker holds.
const BETWEEN_LOOKS: Duration = Duration::from_millis(5);
/// How long something that is not answered takes to be noticed.
const NOTICED: Duration = Duration::from_millis(50);

impl Bench {
    fn trial(&self) -> MutexGuard<'_, Trial> {
        self.trial.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn connections(&self) -> MutexGuard<'_, JoinSet<io::Result<()>>> {
        self.connections.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns when the piece may pass, which may be never. Says whether the worker dies once it has passed.
    async fn passes(&self, connection: usize, piece: &Piece) -> Dies {
        let due = {
            let mut trial = self.trial();
            let nth = trial.journal.next(&piece.name);
            let due = trial.kill.as_ref().filter(|kill| kill.piece == piece.name && kill.nth == nth);
            let due = due.map(|kill| kill.when);
            if due != Some(When::Before) && !*self.struck.borrow() {
                trial.journal.note(connection, piece, nth);
            }
            match due {
                Some(When::Before) => _ = self.struck.send_replace(true),
                Some(When::After) if piece.then != Then::Nothing => trial.awaited = Some(connection),
                Some(When::After) | None => {}
            }
            due
        };
        self.open().await;
        if due == Some(When::After) && piece.then == Then::Nothing { Dies::Now } else { Dies::Not }
    }

    /// The answer to the last piece of a connection has come, and is passed on; or it is not, and the worker dies.
    async fn answers(&self, connection: usize) {
        {
            let trial = self.trial();
            if trial.awaited == Some(connection) {
                self.struck.send_replace(true);
            }
        }
        self.open().await;
        self.trial().journal.answered(connection);
    }

    /// Waits for ever when the worker is to die.
    async fn open(&self) {
        if *self.struck.borrow() {
            std::future::pending::<()>().await;
        }
    }

    async fn strike_when_noticed(&self) {
        tokio::time::sleep(NOTICED).await;
        self.struck.send_replace(true);
        self.open().await;
    }
}

/// Whether the worker dies once a piece has passed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Dies {
    Now,
    Not,
}
