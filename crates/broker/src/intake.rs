use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use futures_util::{Stream, StreamExt};
use lapin::options::{BasicCancelOptions, BasicConsumeOptions, BasicQosOptions};
use lapin::types::FieldTable;
use lapin::{Channel, Consumer};

use crate::config::Config;
use crate::delivery::{Delivery, Receipt, Settlement};
use crate::epoch::{Epoch, EpochOver, Side};
use crate::link::{CallError, lost, within};
use crate::message::Properties;
use crate::name::Name;
use crate::settling::Settler;

/// Takes deliveries from one queue, over a channel of its own: the numbers of its deliveries are then in the order in
/// which they are handed out, which is what makes acknowledging ranges safe.
pub(crate) struct Intake {
    queue: Name,
    channel: Channel,
    consumer: Consumer,
    settler: Settler,
    epoch: Arc<Epoch>,
}

impl Intake {
    pub(crate) async fn start(
        queue: Name,
        channel: Channel,
        settler: Settler,
        config: &Config,
        epoch: Arc<Epoch>,
    ) -> Result<Self, CallError> {
        let limit = config.connect_timeout;
        // Per consumer: RabbitMQ 4 knows no other.
        let per_consumer = BasicQosOptions { global: false };
        within(limit, channel.basic_qos(config.prefetch.get(), per_consumer)).await?;
        let consume = channel.basic_consume(
            queue.short(),
            "".into(),
            BasicConsumeOptions::default(),
            FieldTable::default(),
        );
        let consumer = within(limit, consume).await?;
        Ok(Self { queue, channel, consumer, settler, epoch })
    }

    /// Adds what is ready until the batch holds `max`. `Err` is the end of the epoch.
    pub(crate) fn poll_into(
        &mut self,
        batch: &mut Vec<Delivery>,
        max: usize,
        cx: &mut Context<'_>,
    ) -> Result<(), EpochOver> {
        while batch.len() < max {
            match Pin::new(&mut self.consumer).poll_next(cx) {
                Poll::Ready(Some(Ok(delivery))) => {
                    let delivery = self.hand_out(delivery);
                    batch.push(delivery);
                }
                Poll::Ready(Some(Err(error))) => return Err(lost(Side::In, error)),
                Poll::Ready(None) => return Err(EpochOver::ConsumerCancelled { queue: self.queue.clone() }),
                Poll::Pending => return Ok(()),
            }
        }
        Ok(())
    }

    /// Asks for no more, and gives back what has come but was not handed out.
    pub(crate) async fn stop(mut self, config: &Config) -> Result<(), CallError> {
        let cancel = self.channel.basic_cancel(self.consumer.tag(), BasicCancelOptions::default());
        within(config.settle_timeout, cancel).await?;
        // The consumer ends after what it holds; nothing here waits for the broker any more.
        let leftovers = async {
            while let Some(Ok(delivery)) = self.consumer.next().await {
                self.settler.hand_out(delivery.delivery_tag);
                self.settler.settle(delivery.delivery_tag, Settlement::Return);
            }
            Ok(())
        };
        within(config.settle_timeout, leftovers).await
    }

    fn hand_out(&self, delivery: lapin::message::Delivery) -> Delivery {
        let tag = delivery.delivery_tag;
        self.settler.hand_out(tag);
        Delivery {
            properties: Properties::read(&delivery.properties),
            body: delivery.data.into(),
            redelivered: delivery.redelivered,
            queue: self.queue.clone(),
            receipt: Receipt::new(tag, self.settler.clone(), Arc::clone(&self.epoch)),
        }
    }
}
