//! What moving messages costs when nothing else is done: the measure that a worker's speed is told in.
//!
//! Both yardsticks use lapin as fast as it goes, without what a worker needs beside (epochs, retries, returned messages). They are for
//! benchmarks alone: what they lose in a fault is lost.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use futures_util::{FutureExt, StreamExt};
use lapin::message::Delivery;
use lapin::options::{BasicAckOptions, BasicConsumeOptions, BasicPublishOptions, BasicQosOptions};
use lapin::types::{FieldTable, ShortString};
use lapin::{BasicProperties, Channel, PublisherConfirm};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::config::Config;
use crate::epoch::Side;
use crate::lane::confirming_channel;
use crate::link::{ConnectError, Link};
use crate::message::{Envelope, Outgoing};

/// Confirms outstanding on each channel while publishing flat out; with four channels more measured no faster.
const OUTSTANDING: usize = 250;
/// Bursts of the relay that may wait for a lane.
const BURSTS_WAITING: usize = 2;
/// How long connections may take to close.
const CLOSING: Duration = Duration::from_secs(2);
const PERSISTENT: u8 = 2;

/// Why a yardstick could not be used.
#[derive(Debug, thiserror::Error)]
pub enum YardstickError {
    /// There is no connection to the broker.
    #[error("the yardstick cannot connect")]
    Connect(#[from] ConnectError),
    /// The connection or a channel ended.
    #[error("the broker ended the yardstick")]
    Broken(#[from] lapin::Error),
    /// A message was not stored, or could not be sent at all.
    #[error("the broker did not take a message of the yardstick")]
    NotTaken,
}

/// A bare relay: consumes from the queue of mails, publishes each message to the exchange of drafts, cut to `draft_bytes`, waits for the
/// confirm, acknowledges ranges. Bursts of what is ready, a burst on each of [`Config::lanes`] channels. Runs until told to stop.
pub async fn relay(
    config: &Config,
    draft_bytes: usize,
    stop: CancellationToken,
) -> Result<(), YardstickError> {
    let inbound = Link::connect(config, Side::In).await?;
    let outbound = Link::connect(config, Side::Out).await?;
    let source = inbound.connection.create_channel().await?;
    source.basic_qos(config.prefetch.get(), BasicQosOptions { global: false }).await?;
    let (queue, options) = (config.names.mail.short(), BasicConsumeOptions::default());
    let mut consumer = source.basic_consume(queue, "".into(), options, FieldTable::default()).await?;
    let mut tasks = JoinSet::new();
    let (stored, confirmed) = mpsc::unbounded_channel();
    let mut lanes = Vec::new();
    for _ in 0..config.lanes.get() {
        let (lane, bursts) = mpsc::channel(BURSTS_WAITING);
        let exchange = config.names.out_exchange.short();
        let channel = confirming(&outbound, config).await?;
        let lane_of = Lane { channel, exchange, draft_bytes, stored: stored.clone() };
        tasks.spawn(lane_of.run(bursts));
        lanes.push(lane);
    }
    drop(stored);
    tasks.spawn(acknowledge(source.clone(), confirmed));
    let mut next_lane = lanes.iter().cycle();
    let relayed = loop {
        let first = tokio::select! {
            biased;
            delivery = consumer.next() => delivery,
            Some(ended) = tasks.join_next() => break ended.unwrap_or(Err(YardstickError::NotTaken)),
            () = stop.cancelled() => break Ok(()),
        };
        let Some(first) = first else { break Err(YardstickError::NotTaken) };
        let mut burst = vec![first?];
        while burst.len() < config.burst.get()
            && let Some(Some(delivery)) = consumer.next().now_or_never()
        {
            burst.push(delivery?);
        }
        let Some(lane) = next_lane.next() else { break Ok(()) };
        if lane.send(burst).await.is_err() {
            break Err(YardstickError::NotTaken);
        }
    };
    tasks.shutdown().await;
    inbound.close(CLOSING).await;
    outbound.close(CLOSING).await;
    relayed
}

/// Publishes for the relay: one burst outstanding, as the worker's lanes do.
struct Lane {
    channel: Channel,
    exchange: ShortString,
    draft_bytes: usize,
    /// The first and the last delivery of each burst that was confirmed as a whole.
    stored: mpsc::UnboundedSender<(u64, u64)>,
}

impl Lane {
    async fn run(self, mut bursts: mpsc::Receiver<Vec<Delivery>>) -> Result<(), YardstickError> {
        while let Some(burst) = bursts.recv().await {
            let mut confirms = Vec::with_capacity(burst.len());
            for delivery in &burst {
                confirms.push(self.publish(delivery).await?);
            }
            for confirm in confirms {
                stored(confirm).await?;
            }
            if let (Some(first), Some(last)) = (burst.first(), burst.last())
                && self.stored.send((first.delivery_tag, last.delivery_tag)).is_err()
            {
                break;
            }
        }
        Ok(())
    }

    async fn publish(&self, delivery: &Delivery) -> lapin::Result<PublisherConfirm> {
        let body = delivery.data.get(..self.draft_bytes).unwrap_or(&delivery.data);
        let properties = BasicProperties::default().with_delivery_mode(PERSISTENT);
        let properties = match delivery.properties.message_id() {
            Some(id) => properties.with_correlation_id(id.clone()),
            None => properties,
        };
        send(&self.channel, self.exchange.clone(), "relay.relayed".into(), body, properties).await
    }
}

/// Acknowledges what is confirmed without a gap, as far as it goes.
async fn acknowledge(
    channel: Channel,
    mut confirmed: mpsc::UnboundedReceiver<(u64, u64)>,
) -> Result<(), YardstickError> {
    let mut done = BTreeMap::new();
    let mut acknowledged = 0;
    while let Some((first, last)) = confirmed.recv().await {
        done.insert(first, last);
        while let Ok((first, last)) = confirmed.try_recv() {
            done.insert(first, last);
        }
        let before = acknowledged;
        while let Some(last) = done.remove(&(acknowledged + 1)) {
            acknowledged = last;
        }
        if acknowledged > before {
            channel.basic_ack(acknowledged, BasicAckOptions { multiple: true }).await?;
        }
    }
    Ok(())
}

/// Publishes messages as fast as confirms come, over [`Config::lanes`] channels, and says how long it took from the first to the last
/// confirm. They must have a place to go: nothing is mandatory.
pub async fn publish_flat_out(config: &Config, messages: Vec<Outgoing>) -> Result<Duration, YardstickError> {
    let sealed = messages.into_iter().map(|message| Envelope::seal(message, config));
    let sealed: Vec<Envelope> =
        sealed.collect::<Result<_, _>>().map_err(|_unsealed| YardstickError::NotTaken)?;
    let link = Link::connect(config, Side::Out).await?;
    let sealed = Arc::new(sealed);
    let mut channels = Vec::new();
    for _ in 0..config.lanes.get() {
        channels.push(confirming(&link, config).await?);
    }
    let count = channels.len();
    let started = Instant::now();
    let mut tasks = JoinSet::new();
    for (lane, channel) in channels.into_iter().enumerate() {
        tasks.spawn(publish_every(channel, Arc::clone(&sealed), lane, count));
    }
    while let Some(published) = tasks.join_next().await {
        published.unwrap_or(Err(YardstickError::NotTaken))?;
    }
    let took = started.elapsed();
    link.close(CLOSING).await;
    Ok(took)
}

/// Publishes each `step`th message, beginning with number `first`.
async fn publish_every(
    channel: Channel,
    messages: Arc<Vec<Envelope>>,
    first: usize,
    step: usize,
) -> Result<(), YardstickError> {
    let mut outstanding = VecDeque::with_capacity(OUTSTANDING);
    for message in messages.iter().skip(first).step_by(step) {
        let Envelope { exchange, routing_key, properties, body } = message;
        if outstanding.len() >= OUTSTANDING
            && let Some(oldest) = outstanding.pop_front()
        {
            stored(oldest).await?;
        }
        let (exchange, routing_key) = (exchange.clone(), routing_key.clone());
        outstanding.push_back(send(&channel, exchange, routing_key, body, properties.clone()).await?);
    }
    for confirm in outstanding {
        stored(confirm).await?;
    }
    Ok(())
}

async fn confirming(link: &Link, config: &Config) -> Result<Channel, ConnectError> {
    confirming_channel(link, config).await.map_err(|error| error.refuses(config))
}

#[allow(clippy::disallowed_methods, reason = "every caller looks at every confirm")]
async fn send(
    channel: &Channel,
    exchange: ShortString,
    routing_key: ShortString,
    body: &[u8],
    properties: BasicProperties,
) -> lapin::Result<PublisherConfirm> {
    channel.basic_publish(exchange, routing_key, BasicPublishOptions::default(), body, properties).await
}

async fn stored(confirm: PublisherConfirm) -> Result<(), YardstickError> {
    if confirm.await?.is_ack() { Ok(()) } else { Err(YardstickError::NotTaken) }
}
