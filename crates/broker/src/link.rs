use std::net::{Shutdown, TcpStream};
use std::os::fd::{AsFd, BorrowedFd};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::StreamExt;
use lapin::tcp::{AMQPUriTcpExt, AsyncTcpStream, TLSConfig};
use lapin::{Channel, Connection, ConnectionProperties, ConnectionState, ErrorKind, Event};
use tokio::time::{Instant, sleep_until, timeout};

use crate::config::Config;
use crate::epoch::{Epoch, EpochOver, Side};

/// Why no session could be opened. Never shows the password.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// No connection: the name is unknown, the port closed, TLS failed, or something else listens there.
    #[error("the broker at {address} cannot be reached")]
    Unreachable {
        /// `host:port`.
        address: String,
        /// What the system said.
        #[source]
        source: lapin::Error,
    },
    /// No answer in time.
    #[error("the broker at {address} did not answer within {after:?}")]
    TimedOut {
        /// `host:port`.
        address: String,
        /// How long was waited.
        after: Duration,
    },
    /// Wrong user or password.
    #[error("the broker at {address} refused the user {user} or the password")]
    CredentialsRefused {
        /// `host:port`.
        address: String,
        /// Who was refused.
        user: String,
    },
    /// No such virtual host.
    #[error("the broker has no virtual host {vhost}")]
    VhostMissing {
        /// Its name.
        vhost: String,
    },
    /// The user may not use this virtual host, or something in it.
    #[error("the user {user} has no permission for this on the virtual host {vhost}")]
    Forbidden {
        /// Who.
        user: String,
        /// Where.
        vhost: String,
        /// What the broker said.
        #[source]
        source: lapin::Error,
    },
    /// Exchanges or queues are not there.
    #[error("missing on the broker: {}; declare them with `topology apply`", missing.join(", "))]
    TopologyMissing {
        /// What, each with its kind and name.
        missing: Vec<String>,
    },
    /// The broker is out of memory or disk and accepts no messages. Opening again and again does no harm: nothing is
    /// consumed until messages are accepted.
    #[error("the broker accepts no messages at present (memory or disk alarm)")]
    Blocked,
    /// The broker ended the connection for another reason.
    #[error("the broker at {address} ended the connection")]
    Refused {
        /// `host:port`.
        address: String,
        /// What it said.
        #[source]
        source: lapin::Error,
    },
}

/// One connection, and the means to cut it.
///
/// lapin cannot write while the broker blocks it, not even a close, and has no other way to let go of a connection:
/// its thread would wait with it. Cutting the socket always ends both.
pub(crate) struct Link {
    pub(crate) connection: Connection,
    side: Side,
    socket: Arc<Socket>,
}

impl Link {
    pub(crate) async fn connect(config: &Config, side: Side) -> Result<Self, ConnectError> {
        let socket = Arc::new(Socket::default());
        match timeout(config.connect_timeout, dial(config, side, Arc::clone(&socket))).await {
            Ok(Ok(connection)) => Ok(Self { connection, side, socket }),
            Ok(Err(error)) => Err(refusal(config, error)),
            Err(_elapsed) => {
                socket.cut();
                Err(timed_out(config))
            }
        }
    }

    pub(crate) async fn channel(&self, limit: Duration) -> Result<Channel, CallError> {
        within(limit, self.connection.create_channel()).await
    }

    /// Ends the connection in good order if the broker answers in time, and in any case.
    pub(crate) async fn close(&self, limit: Duration) {
        if self.connection.status().connected()
            && let Err(error) = within(limit, self.connection.close(200, "closed".into())).await
        {
            tracing::debug!(%error, side = %self.side, "the connection to the broker was cut");
        }
        self.socket.cut();
    }

    /// A task that ends the epoch when this connection is lost or blocked for too long.
    pub(crate) async fn watch(self: Arc<Self>, epoch: Arc<Epoch>, blocked_limit: Duration) {
        let side = self.side;
        let mut events = std::pin::pin!(self.connection.events_listener());
        // What happened before anybody listened raises no event.
        let status = self.connection.status();
        if !status.connected() {
            epoch.end(closed(side));
        }
        let mut blocked =
            status.blocked().then(|| (Instant::now(), "since before it was watched".to_owned()));
        loop {
            epoch.set_blocked(side, blocked.is_some());
            let deadline = blocked.as_ref().map_or_else(Instant::now, |(since, _)| *since + blocked_limit);
            tokio::select! {
                _ = epoch.ended() => return,
                () = sleep_until(deadline), if blocked.is_some() => {
                    let reason = blocked.take().map(|(_, reason)| reason).unwrap_or_default();
                    epoch.end(EpochOver::Blocked { reason, after: blocked_limit });
                }
                event = events.next() => match event {
                    Some(Event::ConnectionBlocked(reason)) => {
                        tracing::warn!(reason, "the broker stopped accepting messages");
                        blocked = Some((Instant::now(), reason));
                    }
                    Some(Event::ConnectionUnblocked) => {
                        tracing::info!("the broker accepts messages again");
                        blocked = None;
                    }
                    // Also raised when a single channel is closed, which its owner sees for itself.
                    Some(Event::Error(error)) if !status.connected() => epoch.end(lost(side, error)),
                    Some(_) => {}
                    None => epoch.end(closed(side)),
                },
            }
        }
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        self.socket.cut();
    }
}

async fn dial(config: &Config, side: Side, socket: Arc<Socket>) -> lapin::Result<Connection> {
    let limit = config.connect_timeout;
    let name = format!("postill {side}");
    let properties = ConnectionProperties::default().with_connection_name(name.into());
    let uri = config.url.with_heartbeat(config.heartbeat);
    let runtime = lapin::runtime::default_runtime()?;
    Connection::connector(
        uri,
        runtime,
        async move |uri, runtime| {
            // On a thread of lapin's, which a time-out around this function does not reach.
            let dialled = timeout(limit, uri.connect_with_config_async(TLSConfig::default(), &runtime)).await;
            dialled.map_err(std::io::Error::from)?.map_err(lapin::Error::from).and_then(|stream| {
                match &stream {
                    AsyncTcpStream::Plain(plain) => socket.keep(plain.get_ref().as_fd())?,
                    AsyncTcpStream::Rustls(tls) => socket.keep(tls.get_ref().0.get_ref().as_fd())?,
                    _ => {}
                }
                Ok(stream)
            })
        },
        properties,
    )
    .await
}

/// A second handle on a connection's socket.
#[derive(Default)]
struct Socket(Mutex<Option<TcpStream>>);

impl Socket {
    fn keep(&self, socket: BorrowedFd<'_>) -> std::io::Result<()> {
        let handle = TcpStream::from(socket.try_clone_to_owned()?);
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(handle);
        Ok(())
    }

    fn cut(&self) {
        let handle = self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(handle) = handle
            && let Err(error) = handle.shutdown(Shutdown::Both)
        {
            tracing::trace!(%error, "the socket was closed already");
        }
    }
}

fn closed(side: Side) -> EpochOver {
    lost(side, ErrorKind::InvalidConnectionState(ConnectionState::Closed).into())
}

/// The end of the epoch that an error of a connection means.
pub(crate) fn lost(side: Side, source: lapin::Error) -> EpochOver {
    if matches!(source.kind(), ErrorKind::MissingHeartbeatError) {
        EpochOver::HeartbeatMissed { side }
    } else if source.is_amqp_soft_error() {
        EpochOver::ChannelClosed { side, source }
    } else {
        EpochOver::ConnectionLost { side, source }
    }
}

/// Why a call to the broker came to nothing.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CallError {
    #[error("no answer within {0:?}")]
    TimedOut(Duration),
    #[error("the call failed")]
    Failed(#[from] lapin::Error),
}

impl CallError {
    pub(crate) fn ends_epoch(self, side: Side) -> EpochOver {
        match self {
            Self::TimedOut(after) => EpochOver::CommandTimedOut { side, after },
            Self::Failed(source) => lost(side, source),
        }
    }

    pub(crate) fn refuses(self, config: &Config) -> ConnectError {
        match self {
            Self::TimedOut(_) => timed_out(config),
            Self::Failed(source) => refusal(config, source),
        }
    }

    /// The AMQP reply code, when the broker gave one: 403 forbidden, 404 missing, 406 different.
    pub(crate) fn reply_code(&self) -> Option<u16> {
        match self {
            Self::TimedOut(_) => None,
            Self::Failed(error) => reply_code(error),
        }
    }
}

/// No call to lapin is awaited but through this.
pub(crate) async fn within<T>(
    limit: Duration,
    call: impl Future<Output = lapin::Result<T>>,
) -> Result<T, CallError> {
    match timeout(limit, call).await {
        Ok(answer) => Ok(answer?),
        Err(_elapsed) => Err(CallError::TimedOut(limit)),
    }
}

pub(crate) fn timed_out(config: &Config) -> ConnectError {
    ConnectError::TimedOut { address: config.url.address(), after: config.connect_timeout }
}

pub(crate) fn reply_code(error: &lapin::Error) -> Option<u16> {
    if let ErrorKind::ProtocolError(reply) = error.kind() { Some(reply.get_id()) } else { None }
}

fn refusal(config: &Config, source: lapin::Error) -> ConnectError {
    const ACCESS_REFUSED: u16 = 403;
    const NOT_ALLOWED: u16 = 530;
    let (address, user) = (config.url.address(), config.url.user().to_owned());
    let vhost = config.url.vhost().to_owned();
    match reply_code(&source) {
        Some(ACCESS_REFUSED) if source.to_string().contains("Login was refused") => {
            ConnectError::CredentialsRefused { address, user }
        }
        // The one reply code tells two things apart by its words alone, unchanged from RabbitMQ 3.10 to 4.
        Some(NOT_ALLOWED) if source.to_string().contains("not found") => ConnectError::VhostMissing { vhost },
        Some(ACCESS_REFUSED | NOT_ALLOWED) => ConnectError::Forbidden { user, vhost, source },
        Some(_) => ConnectError::Refused { address, source },
        None if source.is_io_error() => ConnectError::Unreachable { address, source },
        None => ConnectError::Refused { address, source },
    }
}
