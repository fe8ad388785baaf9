//! The exchanges and queues postill needs: declaring them is a step of its own when deploying, the worker only checks.
//!
//! All queues are quorum queues. Whatever dead-letters does so at least once: a message leaves its queue only when it
//! is confirmed in the next one. Bindings cannot be looked up over AMQP; [`apply`] renews them, and a message that no
//! binding takes shows as [`PublishError::Unroutable`](crate::PublishError) or in the unrouted queue.

mod plan;

use std::fmt;

use lapin::options::{
    ExchangeDeclareOptions, ExchangeDeleteOptions, QueueBindOptions, QueueDeclareOptions, QueueDeleteOptions,
};
use lapin::{Channel, Queue};

use crate::config::Config;
use crate::epoch::Side;
use crate::link::{CallError, ConnectError, Link, reply_code, within};
use crate::name::Name;
use plan::{Binding, ExchangePlan, Item, Plan, QueuePlan};

/// Declares everything. Can be repeated; what exists and is equal stays untouched.
pub async fn apply(config: &Config) -> Result<Vec<Declared>, TopologyError> {
    let link = Link::connect(config, Side::Out).await?;
    let declared = apply_over(&link, config).await;
    link.close(config.connect_timeout).await;
    declared
}

/// Deletes everything that [`apply`] declares, with all messages in it; for topologies that were made for one run.
pub async fn remove(config: &Config) -> Result<(), ConnectError> {
    let link = Link::connect(config, Side::Out).await?;
    let removed = remove_over(&link, config).await.map_err(|error| error.refuses(config));
    link.close(config.connect_timeout).await;
    removed
}

/// Compares what is there with what is needed, and changes nothing. Empty when all is well.
pub async fn check(config: &Config) -> Result<Vec<Finding>, TopologyError> {
    let link = Link::connect(config, Side::Out).await?;
    let findings = check_over(&link, config).await;
    link.close(config.connect_timeout).await;
    findings
}

/// How full each queue is, in the order of a mail's way; for people and for gauges.
pub async fn depths(config: &Config) -> Result<Vec<QueueDepth>, ConnectError> {
    let link = Link::connect(config, Side::Out).await?;
    let depths = depths_over(&link, config).await;
    link.close(config.connect_timeout).await;
    depths
}

/// Something that is now there for certain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Declared {
    /// `queue postill.mail`, `exchange postill.in`, `binding of postill.mail to postill.in`.
    pub what: String,
}

/// Something that is not as it should be. `Display` is a sentence that says what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// `queue postill.mail`.
    pub what: String,
    /// What is wrong with it.
    pub problem: Problem,
}

/// What is wrong with an exchange or a queue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Problem {
    /// It does not exist.
    Missing,
    /// It was declared with other settings, which RabbitMQ cannot change.
    Different {
        /// The broker's own words: the setting, what is needed, what is there.
        broker_says: String,
    },
    /// The user may not ask. Not a reason to refuse to start: it exists.
    NotComparable,
}

impl Finding {
    /// Whether nothing should be processed before it is put right.
    pub fn is_fatal(&self) -> bool {
        match self.problem {
            Problem::Missing | Problem::Different { .. } => true,
            Problem::NotComparable => false,
        }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = &self.what;
        match &self.problem {
            Problem::Missing => write!(f, "The {what} is missing: run `topology apply`."),
            Problem::Different { broker_says } => write!(
                f,
                "The {what} has other settings ({broker_says}): empty and delete it, then run `topology apply`, or \
                 choose another name for it."
            ),
            Problem::NotComparable => write!(
                f,
                "The {what} exists, but this user lacks the permission to compare its settings: run `topology check` \
                 as a user who may configure it."
            ),
        }
    }
}

/// How full a queue is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueueDepth {
    /// Its name.
    pub queue: Name,
    /// `None` when it does not exist.
    pub depth: Option<Depth>,
}

/// The state of a queue at one moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Depth {
    /// Messages waiting, not counting those in consumers' hands.
    pub ready: u32,
    /// Consumers of all connections.
    pub consumers: u32,
}

/// Why the topology could not be declared or checked.
#[derive(Debug, thiserror::Error)]
pub enum TopologyError {
    /// There is no connection to the broker.
    #[error("cannot reach the broker's topology")]
    Connect(#[from] ConnectError),
    /// It exists with other settings, which RabbitMQ cannot change. What was declared before it stays.
    #[error("the {what} exists with other settings; empty and delete it, or choose another name for it")]
    Different {
        /// `queue postill.mail`.
        what: String,
        /// The broker's words.
        #[source]
        source: lapin::Error,
    },
}

/// What a session cannot start without: everything exists. Cheaper than [`check`], and needs no permission.
pub(crate) async fn require(link: &Link, config: &Config) -> Result<(), ConnectError> {
    let mut desk = Desk { link, config, channel: None };
    let mut missing = Vec::new();
    for item in Plan::of(config).items() {
        match desk.exists(&item).await {
            Ok(true) => {}
            Ok(false) => missing.push(item.what()),
            Err(error) => return Err(error.refuses(config)),
        }
    }
    if missing.is_empty() { Ok(()) } else { Err(ConnectError::TopologyMissing { missing }) }
}

async fn apply_over(link: &Link, config: &Config) -> Result<Vec<Declared>, TopologyError> {
    let plan = Plan::of(config);
    let mut desk = Desk { link, config, channel: None };
    let mut declared = Vec::new();
    for item in plan.items() {
        let what = item.what();
        match desk.declare(&item).await {
            Ok(()) => declared.push(Declared { what }),
            Err(CallError::Failed(source)) if reply_code(&source) == Some(DIFFERENT) => {
                return Err(TopologyError::Different { what, source });
            }
            Err(error) => return Err(error.refuses(config).into()),
        }
    }
    for binding in &plan.bindings {
        desk.bind(binding).await.map_err(|error| error.refuses(config))?;
        declared.push(Declared { what: binding.what() });
    }
    Ok(declared)
}

async fn remove_over(link: &Link, config: &Config) -> Result<(), CallError> {
    let limit = config.connect_timeout;
    let channel = link.channel(limit).await?;
    for item in Plan::of(config).items() {
        match item {
            Item::Queue(queue) => {
                let delete = channel.queue_delete(queue.name.short(), QueueDeleteOptions::default());
                within(limit, delete).await.map(drop)?;
            }
            Item::Exchange(exchange) => {
                let delete = channel.exchange_delete(exchange.name.short(), ExchangeDeleteOptions::default());
                within(limit, delete).await?;
            }
        }
    }
    Ok(())
}

async fn check_over(link: &Link, config: &Config) -> Result<Vec<Finding>, TopologyError> {
    let mut desk = Desk { link, config, channel: None };
    let mut findings = Vec::new();
    for item in Plan::of(config).items() {
        let found = desk.problem(&item).await.map_err(|error| error.refuses(config))?;
        findings.extend(found.map(|problem| Finding { what: item.what(), problem }));
    }
    Ok(findings)
}

async fn depths_over(link: &Link, config: &Config) -> Result<Vec<QueueDepth>, ConnectError> {
    let mut desk = Desk { link, config, channel: None };
    let mut depths = Vec::new();
    for queue in Plan::of(config).queues {
        let found = desk.look_up(&queue).await.map_err(|error| error.refuses(config))?;
        let depth =
            found.map(|found| Depth { ready: found.message_count(), consumers: found.consumer_count() });
        depths.push(QueueDepth { queue: queue.name, depth });
    }
    Ok(depths)
}

const FORBIDDEN: u16 = 403;
const MISSING: u16 = 404;
const DIFFERENT: u16 = 406;

/// Asks one question after the other. The broker says no by closing the channel, so each no costs a new one.
struct Desk<'a> {
    link: &'a Link,
    config: &'a Config,
    channel: Option<Channel>,
}

impl Desk<'_> {
    async fn problem(&mut self, item: &Item<'_>) -> Result<Option<Problem>, CallError> {
        if !self.exists(item).await? {
            return Ok(Some(Problem::Missing));
        }
        // There is no question for settings; declaring an existing thing compares them and changes nothing.
        match self.declare(item).await {
            Ok(()) => Ok(None),
            Err(error) if error.reply_code() == Some(FORBIDDEN) => Ok(Some(Problem::NotComparable)),
            Err(CallError::Failed(error)) if reply_code(&error) == Some(DIFFERENT) => {
                Ok(Some(Problem::Different { broker_says: error.to_string() }))
            }
            Err(error) => Err(error),
        }
    }

    async fn exists(&mut self, item: &Item<'_>) -> Result<bool, CallError> {
        let found = match item {
            Item::Queue(queue) => return Ok(self.look_up(queue).await?.is_some()),
            Item::Exchange(exchange) => {
                let options = ExchangeDeclareOptions { passive: true, ..durable_exchange() };
                self.declare_exchange(exchange, options).await
            }
        };
        match found {
            Ok(()) => Ok(true),
            Err(error) if error.reply_code() == Some(MISSING) => Ok(false),
            Err(error) => Err(error),
        }
    }

    async fn look_up(&mut self, queue: &QueuePlan) -> Result<Option<Queue>, CallError> {
        let options = QueueDeclareOptions { passive: true, ..durable_queue() };
        match self.declare_queue(queue, options).await {
            Ok(found) => Ok(Some(found)),
            Err(error) if error.reply_code() == Some(MISSING) => Ok(None),
            Err(error) => Err(error),
        }
    }

    async fn declare(&mut self, item: &Item<'_>) -> Result<(), CallError> {
        match item {
            Item::Exchange(exchange) => self.declare_exchange(exchange, durable_exchange()).await,
            Item::Queue(queue) => self.declare_queue(queue, durable_queue()).await.map(drop),
        }
    }

    async fn declare_exchange(
        &mut self,
        exchange: &ExchangePlan,
        options: ExchangeDeclareOptions,
    ) -> Result<(), CallError> {
        let channel = self.channel().await?;
        let (name, kind) = (exchange.name.short(), exchange.kind.clone());
        within(
            self.config.connect_timeout,
            channel.exchange_declare(name, kind, options, exchange.arguments.clone()),
        )
        .await
    }

    async fn declare_queue(
        &mut self,
        queue: &QueuePlan,
        options: QueueDeclareOptions,
    ) -> Result<Queue, CallError> {
        let channel = self.channel().await?;
        let declare = channel.queue_declare(queue.name.short(), options, queue.arguments.clone());
        within(self.config.connect_timeout, declare).await
    }

    async fn bind(&mut self, binding: &Binding) -> Result<(), CallError> {
        let channel = self.channel().await?;
        let (queue, exchange) = (binding.queue.short(), binding.exchange.short());
        let (key, arguments) = (binding.key.into(), binding.arguments.clone());
        let bind = channel.queue_bind(queue, exchange, key, QueueBindOptions::default(), arguments);
        within(self.config.connect_timeout, bind).await
    }

    async fn channel(&mut self) -> Result<Channel, CallError> {
        match &self.channel {
            Some(channel) if channel.status().connected() => Ok(channel.clone()),
            _ => {
                let channel = self.link.channel(self.config.connect_timeout).await?;
                Ok(self.channel.insert(channel).clone())
            }
        }
    }
}

fn durable_exchange() -> ExchangeDeclareOptions {
    ExchangeDeclareOptions { durable: true, ..ExchangeDeclareOptions::default() }
}

fn durable_queue() -> QueueDeclareOptions {
    QueueDeclareOptions { durable: true, ..QueueDeclareOptions::default() }
}
