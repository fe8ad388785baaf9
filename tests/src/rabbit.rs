mod management;
mod private;

use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use lapin::message::Delivery;
use lapin::options::{
    BasicGetOptions, BasicPublishOptions, ConfirmSelectOptions, QueueDeclareOptions, QueuePurgeOptions,
};
use lapin::types::{AMQPValue, FieldTable};
use lapin::{BasicProperties, Channel, Connection, ConnectionProperties};
use testcontainers::core::{IntoContainerPort, WaitFor};
use testcontainers::{GenericImage, ImageExt};
use tokio::sync::OnceCell;

use crate::container::{Container, docker_answers};
use crate::environment::{AMQP_URL, RABBITMQ_API, setting};
use crate::naming::unique_name;
use crate::waiting::wait_for;
use management::Management;
pub use private::PrivateBroker;

/// A new virtual host on the broker that all tests of this process share.
pub async fn rabbit() -> Result<Vhost> {
    static SHARED: OnceCell<SharedBroker> = OnceCell::const_new();
    SHARED.get_or_try_init(SharedBroker::find).await?.address.new_vhost().await
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

/// The broker of this process and what keeps it running.
#[derive(Debug)]
struct SharedBroker {
    address: Address,
    _container: Option<Container>,
    _private: Option<PrivateBroker>,
}

impl SharedBroker {
    async fn find() -> Result<Self> {
        if let Some(amqp_url) = setting(AMQP_URL) {
            return Ok(Self { address: Address::given(&amqp_url)?, _container: None, _private: None });
        }
        if docker_answers() {
            return Self::in_a_container().await;
        }
        let broker = PrivateBroker::start().await?;
        Ok(Self { address: broker.address()?, _container: None, _private: Some(broker) })
    }

    async fn in_a_container() -> Result<Self> {
        let image = GenericImage::new("rabbitmq", "3.13-management")
            .with_exposed_port(5672.tcp())
            .with_exposed_port(15672.tcp())
            .with_wait_for(WaitFor::message_on_stdout("Server startup complete"))
            .with_startup_timeout(Duration::from_mins(5));
        let container = Container::start(image).await?;
        let address = Address {
            amqp: format!("amqp://guest:guest@{}", container.address(5672).await?),
            management: Management::new(&format!("http://guest:guest@{}", container.address(15672).await?))?,
        };
        Ok(Self { address, _container: Some(container), _private: None })
    }
}

/// Where a broker answers.
#[derive(Debug, Clone)]
struct Address {
    /// `amqp://user:password@host:port`, without a virtual host.
    amqp: String,
    management: Management,
}

impl Address {
    fn given(amqp_url: &str) -> Result<Self> {
        let url = reqwest::Url::parse(amqp_url).with_context(|| format!("{AMQP_URL} is not an address"))?;
        let Some(host) = url.host_str() else { bail!("{AMQP_URL} names no host") };
        let user = match (url.username(), url.password()) {
            ("", _) | (_, None) => "guest:guest".to_owned(),
            (user, Some(password)) => format!("{user}:{password}"),
        };
        let management = setting(RABBITMQ_API).unwrap_or_else(|| format!("http://{user}@{host}:15672"));
        let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
        Ok(Self {
            amqp: format!("{}://{user}@{host}{port}", url.scheme()),
            management: Management::new(&management)?,
        })
    }

    async fn new_vhost(&self) -> Result<Vhost> {
        let name = unique_name();
        self.management.create_vhost(&name).await?;
        let amqp_url = format!("{}/{name}", self.amqp);
        Ok(Vhost { amqp_url, name, management: self.management.clone() })
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
