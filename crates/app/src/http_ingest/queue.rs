//! The session with RabbitMQ, replaced as a whole when it ends.

use std::time::Duration;

use broker::{Config, Outgoing, PublishError, Publisher, Session};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::complaint::chain;
use crate::rabbitmq;
use crate::settings::AmqpSettings;

/// The pause before a lost broker is tried again; it doubles from there.
const FIRST_PAUSE: Duration = Duration::from_millis(500);
/// The longest pause between two tries: a provider that tries again finds the broker soon after it is back.
const LONGEST_PAUSE: Duration = Duration::from_secs(5);
/// How long a post waits for the confirm. SNS gives up on an answer after 15 s.
const CONFIRM: Duration = Duration::from_secs(12);
/// How long the connections may take to close.
const CLOSING: Duration = Duration::from_secs(5);

/// Keeps a session open.
pub(super) struct Queue {
    current: watch::Receiver<Option<Publisher>>,
    closing: CancellationToken,
    keeper: JoinSet<()>,
}

/// Publishes over whatever session there is. Cheap to clone.
#[derive(Clone)]
pub(super) struct Publishing(watch::Receiver<Option<Publisher>>);

/// Why a mail is not in the queue.
#[derive(Debug, thiserror::Error)]
pub(super) enum NotStored {
    /// There is no session with the broker.
    #[error("RabbitMQ is not reachable")]
    Away,
    /// The broker did not say in time whether it stored the mail.
    #[error("RabbitMQ did not confirm within {CONFIRM:?}")]
    TimedOut,
    /// It did not take the mail.
    #[error("RabbitMQ did not take the mail")]
    Refused(#[from] PublishError),
}

impl Queue {
    /// Opens the first session, so that wrong settings are said at once.
    pub(super) async fn open(settings: &AmqpSettings) -> anyhow::Result<Self> {
        let config = rabbitmq::config(settings);
        let session = Session::open(&config).await.map_err(|error| rabbitmq::explain(&config, error))?;
        let (tell, current) = watch::channel(Some(session.publisher()));
        let closing = CancellationToken::new();
        let mut keeper = JoinSet::new();
        keeper.spawn(keep(config, session, tell, closing.clone()));
        Ok(Self { current, closing, keeper })
    }

    pub(super) fn publishing(&self) -> Publishing {
        Publishing(self.current.clone())
    }

    pub(super) async fn close(mut self) {
        self.closing.cancel();
        while self.keeper.join_next().await.is_some() {}
    }
}

impl Publishing {
    /// Whether there is a session with the broker.
    pub(super) fn stands(&self) -> bool {
        self.0.borrow().is_some()
    }

    /// Publishes one mail and waits until the broker has stored it.
    pub(super) async fn publish(&self, mail: Outgoing) -> Result<(), NotStored> {
        let publisher = self.0.borrow().clone().ok_or(NotStored::Away)?;
        let results = tokio::time::timeout(CONFIRM, publisher.publish(vec![mail])).await;
        let results = results.map_err(|_elapsed| NotStored::TimedOut)?;
        Ok(results.into_iter().next().ok_or(NotStored::TimedOut)??)
    }
}

async fn keep(
    config: Config,
    first: Session,
    tell: watch::Sender<Option<Publisher>>,
    closing: CancellationToken,
) {
    let mut session = first;
    loop {
        tokio::select! {
            reason = session.ended() => tracing::warn!(%reason, "the connection to RabbitMQ ended"),
            () = closing.cancelled() => {
                session.close(CLOSING).await;
                return;
            }
        }
        tell.send_replace(None);
        session.close(Duration::ZERO).await;
        let Some(next) = reopen(&config, &closing).await else { return };
        tell.send_replace(Some(next.publisher()));
        tracing::info!(epoch = %next.epoch(), "connected to RabbitMQ again");
        session = next;
    }
}

async fn reopen(config: &Config, closing: &CancellationToken) -> Option<Session> {
    let mut pause = FIRST_PAUSE;
    loop {
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            () = closing.cancelled() => return None,
        }
        match Session::open(config).await {
            Ok(session) => return Some(session),
            Err(error) => tracing::warn!(error = %chain(&error), "RabbitMQ is not back yet"),
        }
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}
