mod management;
mod private;
mod shared;

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use lapin::message::Delivery;
use lapin::options::{
    BasicGetOptions, BasicPublishOptions, ConfirmSelectOptions, QueueDeclareOptions, QueuePurgeOptions,
};
use lapin::types::{AMQPValue, FieldTable};
use lapin::{BasicProperties, Channel, Connection, ConnectionProperties};
use tokio::sync::OnceCell;

use crate::waiting::wait_for;
use management::Management;
pub use private::PrivateBroker;
use shared::SharedBroker;

/// A new virtual host on the broker that all tests of this process share.
pub async fn rabbit() -> Result<Vhost> {
    static SHARED: OnceCell<SharedBroker> = OnceCell::const_new();
    SHARED.get_or_try_init(SharedBroker::find).await?.new_vhost().await
}

/// A virtual host: queues and exchanges that no other test sees. Deleted when dropped.
#[derive(Debug)]
pub struct Vhost {
    /// Where a program finds it, with user and password.
    pub amqp_url: String,
    /// Its name on the broker, which is also the path of the address.
    pub name: String,
    management: Management,
}

impl Vhost {
    /// A connection of its own. Close it, or drop it before the test ends.
    pub async fn connect(&self) -> Result<Connection> {
        Connection::connect(&self.amqp_url, ConnectionProperties::default())
            .await
            .with_context(|| format!("no connection to the virtual host {}", self.name))
    }

    /// Declares a durable quorum queue.
    pub async fn declare_queue(&self, queue: &str) -> Result<()> {
        let mut arguments = FieldTable::default();
        arguments.insert("x-queue-type".into(), AMQPValue::LongString("quorum".into()));
        let (connection, channel) = self.channel().await?;
        channel.queue_declare(queue.into(), QueueDeclareOptions::durable(), arguments).await?;
        close(connection).await
    }

    /// How many messages lie ready in a queue; those handed out and not acknowledged do not count.
    pub async fn depth(&self, queue: &str) -> Result<u32> {
        let passive = QueueDeclareOptions { passive: true, ..QueueDeclareOptions::durable() };
        let (connection, channel) = self.channel().await?;
        let declared = channel.queue_declare(queue.into(), passive, FieldTable::default()).await?;
        close(connection).await?;
        Ok(declared.message_count())
    }

    /// Waits until exactly so many messages lie ready in a queue.
    pub async fn wait_for_depth(&self, queue: &str, depth: u32, deadline: Duration) -> Result<()> {
        let what = format!("{queue} to hold {depth} messages");
        wait_for(&what, deadline, async || Ok((self.depth(queue).await? == depth).then_some(()))).await
    }

    /// Throws away what lies ready in a queue and says how many that were.
    pub async fn purge(&self, queue: &str) -> Result<u32> {
        let (connection, channel) = self.channel().await?;
        let purged = channel.queue_purge(queue.into(), QueuePurgeOptions::default()).await?;
        close(connection).await?;
        Ok(purged)
    }

    /// Publishes one persistent message straight to a queue and waits until the broker has stored it.
    pub async fn publish(&self, queue: &str, body: &[u8]) -> Result<()> {
        let persistent = BasicProperties::default().with_delivery_mode(2);
        self.publish_to("", queue, persistent, &[body]).await
    }

    /// Publishes bodies with the same properties through an exchange and waits until the broker has stored all
    /// of them. One that no queue takes is an error.
    pub async fn publish_to(
        &self,
        exchange: &str,
        routing_key: &str,
        properties: BasicProperties,
        bodies: &[impl AsRef<[u8]>],
    ) -> Result<()> {
        let (connection, channel) = self.channel().await?;
        channel.confirm_select(ConfirmSelectOptions::default()).await?;
        for burst in bodies.chunks(256) {
            let mut confirms = Vec::with_capacity(burst.len());
            for body in burst {
                confirms
                    .push(send(&channel, exchange, routing_key, properties.clone(), body.as_ref()).await?);
            }
            for confirm in confirms {
                let confirmation = confirm.await?;
                ensure!(confirmation.is_ack(), "the broker refused a message for {routing_key}");
                ensure!(confirmation.take_message().is_none(), "no queue takes {exchange}/{routing_key}");
            }
        }
        close(connection).await
    }

    /// Takes all messages that lie ready in a queue, in their order.
    pub async fn take_all(&self, queue: &str) -> Result<Vec<Delivery>> {
        let (connection, channel) = self.channel().await?;
        let mut taken = Vec::new();
        while let Some(delivery) = take(&channel, queue).await? {
            taken.push(delivery);
        }
        close(connection).await?;
        Ok(taken)
    }

    /// Takes exactly so many messages from a queue as they come.
    pub async fn wait_for_messages(
        &self,
        queue: &str,
        count: usize,
        deadline: Duration,
    ) -> Result<Vec<Delivery>> {
        let (connection, channel) = self.channel().await?;
        let mut taken = Vec::with_capacity(count);
        let waiting = wait_for(&format!("{count} messages in {queue}"), deadline, async || {
            while taken.len() < count {
                match take(&channel, queue).await? {
                    Some(delivery) => taken.push(delivery),
                    None => return Ok(None),
                }
            }
            Ok(Some(()))
        })
        .await;
        if let Err(late) = waiting {
            return Err(late.context(format!("{queue} gave {} of {count} messages", taken.len())));
        }
        close(connection).await?;
        Ok(taken)
    }

    /// Cuts every connection to this virtual host, as an administrator or a failing network would.
    pub async fn close_connections(&self) -> Result<()> {
        self.management.close_connections(&self.name).await
    }

    async fn channel(&self) -> Result<(Connection, Channel)> {
        let connection = self.connect().await?;
        let channel = connection.create_channel().await?;
        Ok((connection, channel))
    }
}

impl Drop for Vhost {
    fn drop(&mut self) {
        self.management.delete_vhost_now(&self.name);
    }
}

#[expect(clippy::disallowed_methods, reason = "the harness must not share code with what it tests")]
async fn send(
    channel: &Channel,
    exchange: &str,
    routing_key: &str,
    properties: BasicProperties,
    body: &[u8],
) -> Result<lapin::PublisherConfirm> {
    let mandatory = BasicPublishOptions { mandatory: true, ..BasicPublishOptions::default() };
    Ok(channel.basic_publish(exchange.into(), routing_key.into(), mandatory, body, properties).await?)
}

async fn take(channel: &Channel, queue: &str) -> Result<Option<Delivery>> {
    let message = channel.basic_get(queue.into(), BasicGetOptions { no_ack: true }).await?;
    Ok(message.map(|message| message.delivery))
}

async fn close(connection: Connection) -> Result<()> {
    Ok(connection.close(200, "done".into()).await?)
}
