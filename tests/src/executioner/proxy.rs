use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};

use super::amqp::{self, FromBroker};
use super::http::Requests;
use super::postgres::Statements;
use super::{Bench, Dies, Piece};

/// What is read at once, at least.
const READ: usize = 16_384;

/// What is spoken on a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Protocol {
    Amqp,
    Postgres,
    Http,
}

/// One connection of the worker, and where it leads.
pub(super) struct Line {
    pub(super) bench: Arc<Bench>,
    pub(super) protocol: Protocol,
    pub(super) address: SocketAddr,
}

/// Bytes that are passed on together, and the piece they are, when they are one.
pub(super) struct Cut {
    pub(super) bytes: Vec<u8>,
    pub(super) piece: Option<Piece>,
}

/// Cuts what a worker sends. Takes what it returns out of the buffer; none means that more has to come.
pub(super) trait Cutter {
    fn cut(&mut self, buffer: &mut Vec<u8>) -> Option<Cut>;
}

impl Line {
    pub(super) async fn serve(self, worker: TcpStream) -> io::Result<()> {
        let number = number();
        let other = TcpStream::connect(self.address).await?;
        worker.set_nodelay(true)?;
        other.set_nodelay(true)?;
        let ((from_worker, to_worker), (from_other, to_other)) = (worker.into_split(), other.into_split());
        let cutter: Box<dyn Cutter + Send> = match self.protocol {
            Protocol::Amqp => Box::new(amqp::Frames::default()),
            Protocol::Postgres => Box::new(Statements::default()),
            Protocol::Http => Box::new(Requests),
        };
        tokio::select! {
            ended = self.forth(number, from_worker, to_other, cutter) => ended,
            ended = self.back(number, from_other, to_worker) => ended,
        }
    }

    async fn forth(
        &self,
        number: usize,
        mut from: OwnedReadHalf,
        mut to: OwnedWriteHalf,
        mut cutter: Box<dyn Cutter + Send>,
    ) -> io::Result<()> {
        let mut buffer = Vec::with_capacity(READ);
        while from.read_buf(&mut buffer).await? > 0 {
            while let Some(Cut { bytes, piece }) = cutter.cut(&mut buffer) {
                let dies = if let Some(piece) = &piece {
                    self.bench.passes(number, piece).await
                } else {
                    self.bench.open().await;
                    Dies::Not
                };
                to.write_all(&bytes).await?;
                if dies == Dies::Now {
                    self.bench.strike_when_noticed().await;
                }
                if self.protocol == Protocol::Amqp {
                    self.bench.settled(number, &bytes);
                }
            }
        }
        Ok(())
    }

    async fn back(&self, number: usize, mut from: OwnedReadHalf, mut to: OwnedWriteHalf) -> io::Result<()> {
        let mut buffer = Vec::with_capacity(READ);
        while from.read_buf(&mut buffer).await? > 0 {
            if self.protocol == Protocol::Amqp {
                while let Some(frame) = amqp::frame(&mut buffer) {
                    match amqp::from_broker(&frame) {
                        FromBroker::Confirm => self.bench.answers(number).await,
                        FromBroker::Delivery { channel, tag } => {
                            self.bench.open().await;
                            self.bench.trial().held.push((number, channel, tag));
                        }
                        FromBroker::Else => self.bench.open().await,
                    }
                    to.write_all(&frame).await?;
                }
            } else {
                self.bench.answers(number).await;
                to.write_all(&buffer).await?;
                buffer.clear();
            }
        }
        Ok(())
    }
}

impl Bench {
    /// Notes which deliveries a frame of the worker settles.
    fn settled(&self, connection: usize, frame: &[u8]) {
        let Some(amqp::Settled { channel, tag, also_before }) = amqp::settled(frame) else { return };
        let mut trial = self.trial();
        let before = trial.held.len();
        trial.held.retain(|held| {
            let same = (held.0, held.1) == (connection, channel);
            !(same && (held.2 == tag || also_before && held.2 <= tag))
        });
        trial.settled += before - trial.held.len();
    }
}

pub(super) fn number() -> usize {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    NEXT.fetch_add(1, Ordering::Relaxed)
}
