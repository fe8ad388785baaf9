use std::time::Duration;

use lapin::options::{BasicGetOptions, QueueDeclareOptions, QueuePurgeOptions};
use lapin::types::FieldTable;
use lapin::{Channel, Queue};

use crate::config::Config;
use crate::epoch::Side;
use crate::link::{ConnectError, Link, within};
use crate::message::Properties;
use crate::name::Name;

/// Looks at queues from beside, over a connection that stays: for whoever asks again and again.
pub struct Gauge {
    config: Config,
    link: Link,
    channel: Channel,
}

/// A message that was looked at and left where it lies.
#[derive(Clone, Debug)]
pub struct Seen {
    /// What came with it.
    pub properties: Properties,
    /// The key it was published with.
    pub routing_key: String,
}

impl Gauge {
    /// Connects.
    pub async fn open(config: &Config) -> Result<Self, ConnectError> {
        let link = Link::connect(config, Side::Out).await?;
        let channel = link.channel(config.connect_timeout).await.map_err(|error| error.refuses(config))?;
        Ok(Self { config: config.clone(), link, channel })
    }

    /// How many messages wait in a queue, not counting those in consumers' hands.
    pub async fn ready(&self, queue: &Name) -> Result<u32, ConnectError> {
        Ok(self.asked(queue).await?.message_count())
    }

    /// How many consumers a queue has.
    pub async fn consumers(&self, queue: &Name) -> Result<u32, ConnectError> {
        Ok(self.asked(queue).await?.consumer_count())
    }

    async fn asked(&self, queue: &Name) -> Result<Queue, ConnectError> {
        let passive = QueueDeclareOptions { passive: true, ..QueueDeclareOptions::durable() };
        let declared = self.channel.queue_declare(queue.short(), passive, FieldTable::default());
        let declared = within(self.config.connect_timeout, declared).await;
        declared.map_err(|error| error.refuses(&self.config))
    }

    /// Throws away what waits in a queue, and says how many that were.
    pub async fn empty(&self, queue: &Name) -> Result<u32, ConnectError> {
        let purged = self.channel.queue_purge(queue.short(), QueuePurgeOptions::default());
        within(EMPTYING, purged).await.map_err(|error| error.refuses(&self.config))
    }

    /// Looks at what waits in a queue, from its head, at most `most` messages; each counts as delivered once more. Bodies are let go at once.
    pub async fn look(&self, queue: &Name, most: usize) -> Result<Vec<Seen>, ConnectError> {
        let refused = |error: crate::link::CallError| error.refuses(&self.config);
        let limit = self.config.connect_timeout;
        // What is not acknowledged goes back when its channel closes.
        let channel = self.link.channel(limit).await.map_err(refused)?;
        let mut seen = Vec::new();
        while seen.len() < most {
            let get = channel.basic_get(queue.short(), BasicGetOptions { no_ack: false });
            let Some(message) = within(limit, get).await.map_err(refused)? else { break };
            let properties = Properties::read(&message.properties);
            seen.push(Seen { properties, routing_key: message.routing_key.to_string() });
        }
        within(limit, channel.close(200, "looked".into())).await.map_err(refused)?;
        Ok(seen)
    }

    /// Ends the connection.
    pub async fn close(self) {
        self.link.close(self.config.connect_timeout).await;
    }
}

/// A long queue takes its time.
const EMPTYING: Duration = Duration::from_mins(1);

impl std::fmt::Debug for Gauge {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Gauge").finish_non_exhaustive()
    }
}
