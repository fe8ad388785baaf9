use std::sync::Arc;
use std::task::{Context, Poll};

use futures_util::{FutureExt, StreamExt};
use lapin::options::{BasicCancelOptions, BasicConsumeOptions, BasicQosOptions};
use lapin::types::FieldTable;
use lapin::{Channel, Consumer};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use crate::ahead::Ahead;
use crate::config::Config;
use crate::delivery::{Delivery, Receipt, Settlement};
use crate::epoch::{Epoch, EpochOver, Side};
use crate::link::{CallError, lost, within};
use crate::message::Properties;
use crate::name::Name;
use crate::room::{Held, Room};
use crate::settling::Settler;

/// Takes deliveries from one queue, over a channel of its own: the numbers of its deliveries are then in the order in
/// which they are handed out, which is what makes acknowledging ranges safe.
pub(crate) struct Intake {
    queue: Name,
    ready: mpsc::UnboundedReceiver<Delivery>,
    pausing: watch::Sender<bool>,
    stop: CancellationToken,
    /// One task, which ends by itself once it is stopped or the epoch is over.
    pump: JoinSet<()>,
}

/// Where an intake takes from, and how much.
pub(crate) struct Source {
    pub(crate) queue: Name,
    pub(crate) channel: Channel,
    pub(crate) settler: Settler,
    /// Bytes held unsettled.
    pub(crate) bytes: usize,
}

impl Intake {
    pub(crate) async fn start(
        source: Source,
        config: Arc<Config>,
        epoch: Arc<Epoch>,
    ) -> Result<Self, CallError> {
        // Bounded by the prefetch.
        let (sender, ready) = mpsc::unbounded_channel();
        let stop = CancellationToken::new();
        let (pausing, paused) = watch::channel(false);
        let queue = source.queue.clone();
        let mut pump = Pump {
            room: Room::of(source.bytes),
            ahead: Ahead::new(config.prefetch.get()),
            ready: sender,
            source,
            config,
            epoch,
            paused,
            stop: stop.clone(),
        };
        let consumer = pump.consume().await?;
        let mut running = JoinSet::new();
        running.spawn(pump.run(consumer));
        Ok(Self { queue, ready, pausing, stop, pump: running })
    }

    /// Adds what is ready until the batch holds `max`.
    pub(crate) fn poll_into(&mut self, batch: &mut Vec<Delivery>, max: usize, cx: &mut Context<'_>) {
        while batch.len() < max
            && let Poll::Ready(Some(delivery)) = self.ready.poll_recv(cx)
        {
            batch.push(delivery);
        }
    }

    pub(crate) const fn queue(&self) -> &Name {
        &self.queue
    }

    /// Asks for no more until told to go on; what the broker has sent ahead goes back. What has come already is still handed out.
    pub(crate) fn pause(&self) {
        self.pausing.send_replace(true);
    }

    /// Asks for more again.
    pub(crate) fn resume(&self) {
        self.pausing.send_replace(false);
    }

    /// Asks for no more, and gives back what has come but was not handed out.
    pub(crate) async fn stop(mut self) {
        self.stop.cancel();
        while self.pump.join_next().await.is_some() {}
        while let Ok(delivery) = self.ready.try_recv() {
            delivery.settle(Settlement::Return);
        }
    }
}

/// Keeps taking in, so that nothing lies uncounted in the memory of the AMQP library while the caller is busy elsewhere.
///
/// When a delivery has no room, the consumer is cancelled, and what the broker had sent ahead goes back into the queue, where it keeps its
/// place. It is asked for again when half of the room is free, and fewer of them ahead. Each time that happens the window shrinks to what
/// fits, and grows again only by what is handed out; so a message is given back a few times before it is handed out, far less often than
/// [`Config::delivery_limit`] allows.
struct Pump {
    source: Source,
    config: Arc<Config>,
    epoch: Arc<Epoch>,
    ready: mpsc::UnboundedSender<Delivery>,
    room: Arc<Room>,
    ahead: Ahead,
    paused: watch::Receiver<bool>,
    stop: CancellationToken,
}

/// Why a consumer is no longer wanted.
enum Enough {
    /// Nothing more is to be taken.
    Stopped,
    /// The session is over.
    Over,
    /// A delivery of so many bytes had no room.
    Full { bytes: usize },
    /// The window can be larger.
    WindowTooSmall,
    /// Nothing is wanted for a while.
    Paused,
}

impl Pump {
    async fn run(mut self, consumer: Consumer) {
        if let Err(reason) = self.pump(consumer).await {
            self.epoch.end(reason);
        }
    }

    async fn pump(&mut self, mut consumer: Consumer) -> Result<(), EpochOver> {
        loop {
            let enough = self.take_until_enough(&mut consumer).await?;
            let refused = match enough {
                Enough::Over => return Ok(()),
                Enough::Stopped => return self.cancel(consumer, Some(0)).await.map(drop),
                Enough::Full { bytes } => self.cancel(consumer, Some(bytes)).await?,
                Enough::WindowTooSmall => self.cancel(consumer, None).await?,
                Enough::Paused => {
                    self.cancel(consumer, Some(0)).await?;
                    tokio::select! {
                        _ = self.epoch.ended() => return Ok(()),
                        () = self.stop.cancelled() => return Ok(()),
                        _ = self.paused.wait_for(|paused| !paused) => None,
                    }
                }
            };
            if let Some(bytes) = refused {
                tracing::debug!(queue = %self.source.queue, bytes, "the room for deliveries is used up; taking stops for a while");
                self.ahead.overflow(bytes, &self.room);
                tokio::select! {
                    _ = self.epoch.ended() => return Ok(()),
                    () = self.stop.cancelled() => return Ok(()),
                    () = self.room.until_half_free(bytes) => {}
                }
            }
            consumer = self.consume().await.map_err(|error| error.ends_epoch(Side::In))?;
        }
    }

    async fn take_until_enough(&mut self, consumer: &mut Consumer) -> Result<Enough, EpochOver> {
        loop {
            let mut next = tokio::select! {
                biased;
                _ = self.epoch.ended() => return Ok(Enough::Over),
                () = self.stop.cancelled() => return Ok(Enough::Stopped),
                _ = self.paused.wait_for(|paused| *paused) => return Ok(Enough::Paused),
                next = consumer.next() => Some(next),
            };
            // What else is ready is taken without asking whether to stop.
            while let Some(delivery) = next {
                let Some(delivery) = delivery else { return Err(self.cancelled_by_broker()) };
                let delivery = delivery.map_err(|error| lost(Side::In, error))?;
                if let Err(bytes) = self.take_in(delivery) {
                    return Ok(Enough::Full { bytes });
                }
                if self.ahead.is_too_small(&self.room) {
                    return Ok(Enough::WindowTooSmall);
                }
                next = consumer.next().now_or_never();
            }
        }
    }

    /// Hands it on, or gives it back when there is no room for its bytes.
    fn take_in(&mut self, delivery: lapin::message::Delivery) -> Result<(), usize> {
        let bytes = delivery.data.len();
        self.ahead.see(bytes);
        let Some(held) = self.room.take(bytes) else {
            self.give_back(delivery.delivery_tag);
            return Err(bytes);
        };
        let delivery = self.delivery(delivery, held);
        if let Err(unsent) = self.ready.send(delivery) {
            unsent.0.settle(Settlement::Return);
        }
        Ok(())
    }

    async fn consume(&mut self) -> Result<Consumer, CallError> {
        let (channel, limit) = (&self.source.channel, self.config.connect_timeout);
        // Per consumer: RabbitMQ 4 knows no other.
        let per_consumer = BasicQosOptions { global: false };
        within(limit, channel.basic_qos(self.ahead.set(&self.room), per_consumer)).await?;
        let consume = channel.basic_consume(
            self.source.queue.short(),
            "".into(),
            BasicConsumeOptions::default(),
            FieldTable::default(),
        );
        within(limit, consume).await
    }

    /// Asks for no more. What was on its way is taken in as long as nothing was refused and there is room, else given back; the answer says
    /// how many bytes were refused first. It is taken in while the cancellation is on its way too: the broker answers that behind all
    /// it has sent, which may be far more than fits into memory.
    async fn cancel(
        &mut self,
        mut consumer: Consumer,
        mut refused: Option<usize>,
    ) -> Result<Option<usize>, EpochOver> {
        let (channel, after) = (self.source.channel.clone(), self.config.settle_timeout);
        let cancel = channel.basic_cancel(consumer.tag(), BasicCancelOptions::default());
        let mut cancel = std::pin::pin!(cancel.fuse());
        let (mut is_answered, mut is_empty) = (false, false);
        while !(is_answered && is_empty) {
            tokio::select! {
                answer = &mut cancel, if !is_answered => {
                    answer.map_err(|error| lost(Side::In, error))?;
                    is_answered = true;
                }
                delivery = consumer.next(), if !is_empty => match delivery {
                    Some(Ok(delivery)) if refused.is_some() => self.give_back(delivery.delivery_tag),
                    Some(Ok(delivery)) => refused = self.take_in(delivery).err(),
                    Some(Err(error)) => return Err(lost(Side::In, error)),
                    None => is_empty = true,
                },
                () = sleep(after) => return Err(EpochOver::CommandTimedOut { side: Side::In, after }),
            }
        }
        Ok(refused)
    }

    fn give_back(&self, tag: u64) {
        self.source.settler.hand_out(tag);
        self.source.settler.settle(tag, Settlement::Return);
    }

    fn delivery(&self, delivery: lapin::message::Delivery, held: Held) -> Delivery {
        let tag = delivery.delivery_tag;
        self.source.settler.hand_out(tag);
        let receipt = Receipt::new(tag, self.source.settler.clone(), Arc::clone(&self.epoch), held);
        Delivery {
            properties: Properties::read(&delivery.properties),
            body: delivery.data.into(),
            redelivered: delivery.redelivered,
            queue: self.source.queue.clone(),
            receipt,
        }
    }

    fn cancelled_by_broker(&self) -> EpochOver {
        EpochOver::ConsumerCancelled { queue: self.source.queue.clone() }
    }
}
