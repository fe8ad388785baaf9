use std::pin::Pin;
use std::task::{Context, Poll};

use futures_util::Stream;
use futures_util::future::poll_fn;
use lapin::options::{
    BasicAckOptions, BasicConsumeOptions, BasicQosOptions, QueueBindOptions, QueueDeclareOptions,
};
use lapin::types::FieldTable;
use lapin::{Channel, Consumer};

use crate::config::Config;
use crate::epoch::{EpochOver, Side};
use crate::link::{CallError, ConnectError, Link, lost, within};

/// A copy of every draft that is published from now on, in a queue of its own that is gone with the connection. The queue of drafts and
/// whoever reads it are not touched.
pub struct Tap {
    config: Config,
    link: Link,
    channel: Channel,
    consumer: Consumer,
    /// The last draft that was returned and is not acknowledged yet.
    returned: Option<u64>,
}

/// What is told of a draft; its body is let go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tapped {
    /// The draft's own id: copies have the same.
    pub message_id: Option<String>,
    /// The message id of the mail it answers.
    pub correlation_id: Option<String>,
    /// `workspace.outcome`
    pub routing_key: String,
    /// How long its body is.
    pub bytes: usize,
}

/// Drafts on their way to us: more than a worker publishes at once, and few enough to hold.
const PREFETCH: u16 = 2_000;

impl Tap {
    /// Connects, declares the queue and binds it to the exchange of drafts.
    pub async fn open(config: &Config) -> Result<Self, ConnectError> {
        let link = Link::connect(config, Side::In).await?;
        let (channel, consumer) = bound(&link, config).await.map_err(|error| error.refuses(config))?;
        Ok(Self { config: config.clone(), link, channel, consumer, returned: None })
    }

    /// Waits for a draft, then takes what is ready, at most `most`. Cancel-safe: a draft is either returned or still waiting.
    pub async fn next_batch(&mut self, most: usize) -> Result<Vec<Tapped>, EpochOver> {
        // Taken first: were it acknowledged twice, after this call was cancelled, the broker would close the channel. What is left
        // unacknowledged so is covered by the next.
        if let Some(last) = self.returned.take() {
            let up_to = BasicAckOptions { multiple: true };
            let acknowledged = within(self.config.settle_timeout, self.channel.basic_ack(last, up_to)).await;
            acknowledged.map_err(|error| error.ends_epoch(Side::In))?;
        }
        poll_fn(|cx| self.poll_batch(most, cx)).await
    }

    fn poll_batch(&mut self, most: usize, cx: &mut Context<'_>) -> Poll<Result<Vec<Tapped>, EpochOver>> {
        let mut batch = Vec::new();
        while batch.len() < most.max(1) {
            match Pin::new(&mut self.consumer).poll_next(cx) {
                Poll::Ready(Some(Ok(delivery))) => {
                    self.returned = Some(delivery.delivery_tag);
                    batch.push(Tapped::read(&delivery));
                }
                Poll::Ready(Some(Err(error))) => return Poll::Ready(Err(lost(Side::In, error))),
                Poll::Ready(None) => return Poll::Ready(Err(EpochOver::Closed)),
                Poll::Pending => break,
            }
        }
        if batch.is_empty() { Poll::Pending } else { Poll::Ready(Ok(batch)) }
    }

    /// Ends the connection, and the queue with it.
    pub async fn close(self) {
        self.link.close(self.config.connect_timeout).await;
    }
}

impl Tapped {
    fn read(delivery: &lapin::message::Delivery) -> Self {
        let properties = &delivery.properties;
        let text = |field: &Option<lapin::types::ShortString>| field.as_ref().map(ToString::to_string);
        Self {
            message_id: text(properties.message_id()),
            correlation_id: text(properties.correlation_id()),
            routing_key: delivery.routing_key.to_string(),
            bytes: delivery.data.len(),
        }
    }
}

async fn bound(link: &Link, config: &Config) -> Result<(Channel, Consumer), CallError> {
    let limit = config.connect_timeout;
    let channel = link.channel(limit).await?;
    let own = QueueDeclareOptions { exclusive: true, auto_delete: true, ..QueueDeclareOptions::default() };
    let queue = within(limit, channel.queue_declare("".into(), own, FieldTable::default())).await?;
    let (name, exchange) = (queue.name().clone(), config.names.out_exchange.short());
    let (options, arguments) = (QueueBindOptions::default(), FieldTable::default());
    within(limit, channel.queue_bind(name.clone(), exchange, "#".into(), options, arguments)).await?;
    within(limit, channel.basic_qos(PREFETCH, BasicQosOptions { global: false })).await?;
    let options = BasicConsumeOptions { exclusive: true, ..BasicConsumeOptions::default() };
    let consumer =
        within(limit, channel.basic_consume(name, "".into(), options, FieldTable::default())).await?;
    Ok((channel, consumer))
}

impl std::fmt::Debug for Tap {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tap").finish_non_exhaustive()
    }
}
