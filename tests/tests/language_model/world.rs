//! A language model's server and our client, with the time set.

use std::num::{NonZeroU32, NonZeroU64, NonZeroUsize};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;
use domain::{SetClock, WorkspaceId};
use language_model::{Config, LanguageModel, Question, ReadError, Reading};
use tests::{ChatServer, Turn};

/// The mail that is asked about, if no other is.
pub(crate) const WRITTEN: &str = "Hi there,\nI never got anything for my books about October.\nThanks, Ada";
/// Words of it.
pub(crate) const QUOTE: &str = "never got anything for my books";
/// A right answer.
pub(crate) const RIGHT: Turn = Turn::Says("invoice_lookup", QUOTE);

/// What a test works with.
pub(crate) struct World {
    pub(crate) server: ChatServer,
    pub(crate) model: LanguageModel,
    clock: Arc<SetClock>,
}

impl World {
    /// A server that answers so, and a client that does not wait long.
    pub(crate) async fn that(turn: Turn) -> Result<Self> {
        Self::with(turn, |_| {}).await
    }

    /// The same with other settings.
    pub(crate) async fn with(turn: Turn, change: impl FnOnce(&mut Config)) -> Result<Self> {
        let server = ChatServer::start(turn).await?;
        let mut config = Config::new(server.url().parse()?, "small-1".parse()?);
        config.key = Some("sk-test-1".parse()?);
        config.timeout = Duration::from_millis(600);
        change(&mut config);
        let clock = Arc::new(SetClock::at("2026-11-20T12:00:00Z".parse()?));
        let model = LanguageModel::new(config, Arc::<SetClock>::clone(&clock))?;
        Ok(Self { server, model, clock })
    }

    /// What is read out of the mail.
    pub(crate) async fn reads(&self) -> Result<Reading, ReadError> {
        self.reads_for("default").await
    }

    pub(crate) async fn reads_for(&self, workspace: &str) -> Result<Reading, ReadError> {
        let workspace: WorkspaceId = workspace.parse().unwrap_or_default();
        self.model.read(&workspace, &Question::new("Books", WRITTEN)).await
    }

    /// Why there is no reading.
    pub(crate) async fn fails(&self) -> &'static str {
        match self.reads().await {
            Ok(reading) => reading.as_str(),
            Err(error) => error.code(),
        }
    }

    pub(crate) fn seconds_pass(&self, seconds: i64) {
        self.clock.advance(seconds * 1_000);
    }

    pub(crate) fn calls(&self) -> usize {
        self.server.asked().len()
    }
}

/// So many calls an hour and tokens a day.
pub(crate) fn allowance(calls: u32, tokens: u64) -> language_model::Allowance {
    language_model::Allowance {
        calls_per_hour: NonZeroU32::MIN.saturating_add(calls - 1),
        tokens_per_day: NonZeroU64::MIN.saturating_add(tokens - 1),
    }
}

/// So many at the same time.
pub(crate) fn slots(slots: usize) -> NonZeroUsize {
    NonZeroUsize::MIN.saturating_add(slots - 1)
}
