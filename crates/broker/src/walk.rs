use std::sync::Arc;

use bytes::Bytes;
use lapin::options::{BasicAckOptions, BasicGetOptions, QueueDeclareOptions};
use lapin::types::FieldTable;
use lapin::{BasicProperties, Channel};

use crate::config::Config;
use crate::link::{CallError, ConnectError, Link, within};
use crate::message::Properties;
use crate::name::Name;

/// Begins walks over the inbound connection of a session, for as long as that lives. Cheap to clone.
#[derive(Clone)]
pub struct Walker {
    link: Arc<Link>,
    config: Arc<Config>,
}

/// Goes through what lies in a queue from its head, once: no further than the queue was deep when the walk began. Whatever is not taken out
/// stays in the walker's hands, so that it is not met twice, and goes back when the walk ends, however it ends. Each message counts as
/// delivered once more, so this is for queues whose messages are never moved for that: dead, drafts, unrouted.
pub struct Walk {
    channel: Channel,
    queue: Name,
    config: Arc<Config>,
    left: u32,
}

/// A message that was met.
pub struct Met {
    /// What came with it.
    pub properties: Properties,
    /// Its bytes.
    pub body: Bytes,
    /// Whether the broker itself has moved it here, such as for being delivered too often. Then its headers are those that whoever sent it had
    /// chosen; nobody of ours has set them.
    pub is_moved_by_broker: bool,
    /// The right to take it out.
    pub hold: Hold,
}

/// The right to take a message out of the queue that is walked. Dropped, it leaves the message there.
#[derive(Debug)]
pub struct Hold(u64);

impl Walker {
    pub(crate) const fn over(link: Arc<Link>, config: Arc<Config>) -> Self {
        Self { link, config }
    }

    /// Begins a walk, on a channel of its own.
    pub async fn walk(&self, queue: &Name) -> Result<Walk, ConnectError> {
        let begun = self.begin(queue).await;
        let (channel, left) = begun.map_err(|error| error.refuses(&self.config))?;
        Ok(Walk { channel, queue: queue.clone(), config: Arc::clone(&self.config), left })
    }

    async fn begin(&self, queue: &Name) -> Result<(Channel, u32), CallError> {
        let limit = self.config.connect_timeout;
        let channel = self.link.channel(limit).await?;
        let passive = QueueDeclareOptions { passive: true, ..QueueDeclareOptions::durable() };
        let found =
            within(limit, channel.queue_declare(queue.short(), passive, FieldTable::default())).await?;
        Ok((channel, found.message_count()))
    }
}

impl Walk {
    /// The next messages: at most `most`, and no further than the one with which they have `bytes`. Empty at the end of the walk.
    pub async fn next_batch(&mut self, most: usize, bytes: usize) -> Result<Vec<Met>, ConnectError> {
        let (mut batch, mut held) = (Vec::new(), 0);
        while self.left > 0 && batch.len() < most && held < bytes {
            let Some(met) = self.next().await? else { break };
            held += met.body.len();
            batch.push(met);
        }
        Ok(batch)
    }

    async fn next(&mut self) -> Result<Option<Met>, ConnectError> {
        let get = self.channel.basic_get(self.queue.short(), BasicGetOptions { no_ack: false });
        let got = within(self.config.settle_timeout, get).await;
        let message = got.map_err(|error| error.refuses(&self.config))?;
        // Somebody else may take messages, too.
        self.left = if message.is_some() { self.left.saturating_sub(1) } else { 0 };
        Ok(message.map(|message| {
            let delivery = message.delivery;
            Met {
                properties: Properties::read(&delivery.properties),
                is_moved_by_broker: is_moved_by_broker(&delivery.properties),
                body: delivery.data.into(),
                hold: Hold(delivery.delivery_tag),
            }
        }))
    }

    /// Takes a message out of the queue. Only for what is confirmed elsewhere, or what a person does not want any more.
    pub async fn take_out(&self, hold: Hold) -> Result<(), ConnectError> {
        let taken = self.channel.basic_ack(hold.0, BasicAckOptions::default());
        within(self.config.settle_timeout, taken).await.map_err(|error| error.refuses(&self.config))
    }

    /// Ends the walk. When this returns without an error, what was taken out is gone, and everything else is back.
    pub async fn end(self) -> Result<(), ConnectError> {
        let closed = within(self.config.settle_timeout, self.channel.close(200, "walked".into())).await;
        closed.map_err(|error| error.refuses(&self.config))
    }
}

/// The broker notes each of its moves there; on the way out it is never carried on.
fn is_moved_by_broker(properties: &BasicProperties) -> bool {
    properties.headers().as_ref().is_some_and(|headers| headers.contains_key("x-death"))
}

impl std::fmt::Debug for Walker {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Walker").finish_non_exhaustive()
    }
}

impl std::fmt::Debug for Walk {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Walk").field("queue", &self.queue).field("left", &self.left).finish_non_exhaustive()
    }
}

/// Bodies and headers hold people's mail: neither is shown.
impl std::fmt::Debug for Met {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Met").field("bytes", &self.body.len()).finish_non_exhaustive()
    }
}
