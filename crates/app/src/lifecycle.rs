//! Stopping: the first signal asks, the second insists.

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio_util::sync::CancellationToken;

/// Resolves two tokens on SIGTERM or SIGINT: the soft one at the first, the hard one at the second.
#[derive(Debug, Clone, Default)]
pub(crate) struct Stop {
    /// Take nothing more; finish what was taken.
    pub(crate) soft: CancellationToken,
    /// Give up what is not finished.
    pub(crate) hard: CancellationToken,
}

impl Stop {
    /// Listens for signals for as long as the returned future is polled.
    pub(crate) async fn listen(&self) -> std::io::Result<()> {
        let mut terminate = signal(SignalKind::terminate())?;
        let mut interrupt = signal(SignalKind::interrupt())?;
        either(&mut terminate, &mut interrupt).await;
        tracing::info!("asked to stop: finishing what was taken; a second signal stops at once");
        self.soft.cancel();
        either(&mut terminate, &mut interrupt).await;
        self.hard.cancel();
        Ok(())
    }
}

/// Resolves at the first signal, for what has nothing to finish.
pub(crate) async fn asked_to_stop() -> std::io::Result<()> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    either(&mut terminate, &mut interrupt).await;
    Ok(())
}

async fn either(terminate: &mut Signal, interrupt: &mut Signal) {
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
}
