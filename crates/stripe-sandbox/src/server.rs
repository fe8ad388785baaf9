//! Starting and stopping.

use std::fmt;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use thiserror::Error;
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio_util::sync::{CancellationToken, DropGuard};
use tokio_util::task::TaskTracker;

use crate::line::{Line, Lines};
use crate::routes::{Site, router};
use crate::seed::{Seed, SeedError};
use crate::state::State;

/// How long a shutdown waits for requests that are under way.
const GRACE: Duration = Duration::from_secs(5);

/// A running sandbox. Dropping it stops it without waiting; [`Sandbox::shutdown`] lets it finish.
#[derive(Debug)]
pub struct Sandbox {
    address: SocketAddr,
    stop: DropGuard,
    exchanges: TaskTracker,
    server: JoinSet<()>,
}

impl Sandbox {
    /// Seeds the world, binds and serves.
    ///
    /// # Errors
    /// When the address cannot be bound, or when the seed does not hold at this time.
    pub async fn start(config: Config, seed: Seed) -> Result<Self, StartError> {
        let listener = TcpListener::bind(config.bind)
            .await
            .map_err(|source| StartError::Bind { address: config.bind, source })?;
        let address =
            listener.local_addr().map_err(|source| StartError::Bind { address: config.bind, source })?;
        let exchanges = TaskTracker::new();
        let state = Arc::new(State::new(config.clock, config.latency, seed)?);
        let routes = router(Site { state, exchanges: exchanges.clone() });
        let stop = CancellationToken::new();
        let stopped = stop.clone().cancelled_owned();
        let mut server = JoinSet::new();
        server.spawn(async move {
            let service = routes.into_make_service_with_connect_info::<Line>();
            if let Err(error) = axum::serve(Lines(listener), service).with_graceful_shutdown(stopped).await {
                tracing::error!(%error, "the sandbox stopped serving");
            }
        });
        Ok(Self { address, stop: stop.drop_guard(), exchanges, server })
    }

    /// Where it listens, to be used as the API's base: `http://127.0.0.1:40123`.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Takes no more connections, finishes what is under way for up to five seconds, and stops.
    pub async fn shutdown(mut self) {
        drop(self.stop);
        self.exchanges.close();
        let finished = tokio::time::timeout(GRACE, async {
            self.exchanges.wait().await;
            while self.server.join_next().await.is_some() {}
        });
        if finished.await.is_err() {
            tracing::warn!(exchanges = self.exchanges.len(), "the sandbox stopped with requests under way");
        }
    }
}

/// Tells the time in unix seconds. Tests set it.
pub type Clock = Arc<dyn Fn() -> i64 + Send + Sync>;

/// How a sandbox runs.
#[derive(Clone)]
#[non_exhaustive]
pub struct Config {
    /// Where to listen; port 0 picks a free one.
    pub bind: SocketAddr,
    /// Added to every answer of the API, not to the control side.
    pub latency: Duration,
    /// Dates new objects, ages idempotency keys, and is what the seed's relative times count from.
    pub clock: Clock,
}

impl Config {
    /// On a free port of loopback, without added latency.
    pub fn on_loopback(clock: Clock) -> Self {
        Self { bind: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)), latency: Duration::ZERO, clock }
    }
}

impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Config")
            .field("bind", &self.bind)
            .field("latency", &self.latency)
            .finish_non_exhaustive()
    }
}

/// Why a sandbox did not start.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum StartError {
    /// The address is taken or not ours.
    #[error("the sandbox cannot listen on {address}")]
    Bind {
        /// The address asked for.
        address: SocketAddr,
        /// What the operating system said.
        source: io::Error,
    },
    /// The seed does not hold at the time of the clock.
    #[error("the seed does not make a world")]
    Seed(#[from] SeedError),
}
