//! A language model as a second reader, behind any endpoint that speaks OpenAI's `/v1/chat/completions`.
//!
//! It is asked what a mail asks for, and nothing else. Its answer is a [`Reading`], which has no way to say "refund" or "cancel": such
//! an answer is [`Reading::Person`]. It gets the subject and what was written now, without addresses and links, never a sender, a
//! customer or a tool; see [`Question`]. What it says is believed only where it quotes words that stand in the mail.
//!
//! [`LanguageModel::read`] answers at once or not at all: a slot that is not free, a budget that is used up and a breaker that is open
//! are errors, nothing is waited for but the one answer, and nothing is tried twice. The caller has a reading already, and it stands.
//!
//! This crate knows nothing of Stripe, policy or the ledger. No text of a mail, no answer and no key is in any of its logs or errors.

#![warn(missing_docs)]

mod answer;
mod breaker;
mod budget;
mod config;
mod connection;
mod error;
mod question;
mod reading;

use std::sync::Arc;

use domain::{Clock, WorkspaceId};
use tokio::sync::Semaphore;
use tokio::time::Instant;

pub use budget::{Allowance, UsedUp};
pub use config::{
    Allowances, ApiKey, ApiKeyError, BreakerRules, Config, ConfigError, Endpoint, EndpointError, ModelName,
    ModelNameError,
};
pub use error::ReadError;
pub use question::{MAX_SUBJECT_BYTES, MAX_WRITTEN_BYTES, Question};
pub use reading::{Readable, Reading};

use breaker::Breaker;
use budget::Budget;
use connection::{Answered, Connection};

/// The most tokens an answer may have: the longest quote that is taken, and the braces around it.
pub const MAX_ANSWER_TOKENS: u32 = 300;

/// One language model. Clones share connections, slots, budget and breaker.
#[derive(Debug, Clone)]
pub struct LanguageModel {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    config: Config,
    connection: Connection,
    slots: Semaphore,
    breaker: Breaker,
    budget: Budget,
    clock: Arc<dyn Clock>,
}

impl LanguageModel {
    /// A client for the endpoint in `config`. Nothing is sent yet. Budget and breaker go by `clock`, time-outs do not.
    ///
    /// Sets *ring* up as the process's provider of cryptography where there is none. Over https the system's proxy settings apply.
    ///
    /// # Errors
    /// When TLS cannot be set up.
    pub fn new(config: Config, clock: Arc<dyn Clock>) -> Result<Self, ConfigError> {
        Ok(Self {
            shared: Arc::new(Shared {
                connection: Connection::new(&config)?,
                slots: Semaphore::new(config.concurrency.get()),
                breaker: Breaker::new(config.breaker),
                budget: Budget::new(config.allowances),
                config,
                clock,
            }),
        })
    }

    /// Which model is asked; published with every draft that it decided.
    pub fn name(&self) -> &ModelName {
        &self.shared.config.model
    }

    /// Where it is.
    pub fn endpoint(&self) -> &Endpoint {
        &self.shared.config.endpoint
    }

    /// Asks what a mail of `workspace` asks for. One try, over after [`Config::timeout`] at the latest.
    ///
    /// # Errors
    /// Whatever leaves the caller with the reading it has.
    pub async fn read(&self, workspace: &WorkspaceId, question: &Question<'_>) -> Result<Reading, ReadError> {
        let shared = &*self.shared;
        let started = Instant::now();
        let read = shared.read(workspace, question).await;
        let outcome = match &read {
            Ok(reading) => reading.as_str(),
            Err(error) => error.code(),
        };
        tracing::debug!(
            workspace.id = workspace.as_str(),
            language_model.outcome = outcome,
            elapsed_ms = started.elapsed().as_secs_f64() * 1000.0,
            "asked the language model"
        );
        read
    }

    /// Asks about a harmless text that is always the same. Neither budget nor breaker count, so that a person who looks is told what is
    /// the matter now.
    ///
    /// # Errors
    /// As [`LanguageModel::read`].
    pub async fn probe(&self) -> Result<Reading, ReadError> {
        let question = Question::new("Invoice", "Could you please send me the invoice for last month?");
        let answered = self.shared.connection.ask(&question).await?;
        answer::reading(&answered.content, &question)
    }
}

impl Shared {
    async fn read(&self, workspace: &WorkspaceId, question: &Question<'_>) -> Result<Reading, ReadError> {
        if question.is_empty() {
            return Err(ReadError::NothingWritten);
        }
        let _slot = self.slots.try_acquire().map_err(|_no_slot| ReadError::Busy)?;
        let attempt = self.breaker.begin(self.clock.now())?;
        let tokens = self.connection.most_tokens(question);
        let reserved = self.budget.reserve(workspace, tokens, self.clock.now())?;
        let answered = self.connection.ask(question).await;
        match &answered {
            Ok(Answered { tokens: Some(tokens), .. }) => reserved.settle(*tokens),
            Err(error) if error.cost_nothing() => reserved.settle(0),
            // What was reserved stays spent: it may have been.
            Ok(Answered { tokens: None, .. }) | Err(_) => drop(reserved),
        }
        let read = answered.and_then(|answered| answer::reading(&answered.content, question));
        match &read {
            Err(error) if error.blames_the_endpoint() => {
                attempt.failed(self.clock.now(), error.not_before());
            }
            Ok(_) | Err(_) => attempt.answered(),
        }
        read
    }
}
