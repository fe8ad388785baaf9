//! What a test has: a virtual host of its own, declared or bare.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use broker::{
    Config, Destination, Headers, Name, Outgoing, Properties, Session, Settlement, depths, topology,
};
use lapin::options::{
    BasicPublishOptions, ExchangeDeclareOptions, ExchangeDeleteOptions, QueueDeclareOptions,
    QueueDeleteOptions,
};
use lapin::types::FieldTable;
use lapin::{BasicProperties, Channel, Connection, ConnectionProperties, ExchangeKind};
use tokio::time::{sleep, timeout};

use crate::server::{Server, shared};

/// Long for a broker on the same machine, and for a machine that compiles meanwhile.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

pub(crate) struct World<'a> {
    pub(crate) server: &'a Server,
    pub(crate) config: Config,
    pub(crate) vhost: String,
}

impl World<'static> {
    /// With everything declared.
    pub(crate) async fn declared() -> Self {
        let world = Self::bare().await;
        topology::apply(&world.config).await.unwrap();
        world
    }

    pub(crate) async fn bare() -> Self {
        World::on(shared().await)
    }
}

impl<'a> World<'a> {
    pub(crate) fn on(server: &'a Server) -> Self {
        static LAST: AtomicU32 = AtomicU32::new(0);
        let vhost = format!("postill-test-{}-{}", std::process::id(), LAST.fetch_add(1, Ordering::Relaxed));
        server.create_vhost(&vhost);
        let config = Config { url: server.url(&vhost), ..Config::default() };
        Self { server, config, vhost }
    }

    /// A session that takes live mails.
    pub(crate) async fn consuming(&self) -> Session {
        let mut session = self.session().await;
        session.consume(std::slice::from_ref(&self.config.names.mail)).await.unwrap();
        session
    }

    pub(crate) async fn session(&self) -> Session {
        Session::open(&self.config).await.unwrap()
    }

    /// Puts mails into the live queue, `mail 0`, `mail 1`, …
    pub(crate) async fn send_mails(&self, count: usize) {
        self.publish((0..count).map(|n| message(Destination::Mail, &format!("mail {n}"))).collect()).await;
    }

    /// All of it, confirmed.
    pub(crate) async fn publish(&self, messages: Vec<Outgoing>) {
        let session = self.session().await;
        for result in session.publisher().publish(messages).await {
            result.unwrap();
        }
        session.close(PATIENCE).await;
    }

    /// Everything in a queue, settled, in order.
    pub(crate) async fn drain(&self, queue: &Name, count: usize) -> Vec<(String, Properties)> {
        let mut session = self.session().await;
        session.consume(std::slice::from_ref(queue)).await.unwrap();
        let mut drained = Vec::new();
        while drained.len() < count {
            for delivery in next(&mut session, 100).await {
                drained.push((text(&delivery.body), delivery.properties.clone()));
                delivery.settle(Settlement::Done);
            }
        }
        session.close(PATIENCE).await;
        drained
    }

    /// Waits until this many messages lie ready in a queue.
    #[track_caller]
    pub(crate) fn expect_ready(&self, queue: &Name, count: u32) -> impl Future<Output = ()> {
        let (caller, queue) = (std::panic::Location::caller(), queue.clone());
        async move {
            let mut seen = None;
            let settled = timeout(PATIENCE, async {
                while seen != Some(count) {
                    sleep(Duration::from_millis(50)).await;
                    let depths = depths(&self.config).await.unwrap();
                    seen =
                        depths.into_iter().find(|found| found.queue == queue).unwrap().depth.map(|d| d.ready);
                }
            });
            assert!(settled.await.is_ok(), "{caller}: {seen:?} messages in {queue}, not {count}");
        }
    }

    /// A connection past the crate, for whoever else is at work on the broker.
    pub(crate) async fn stranger(&self) -> Stranger {
        let url = self.config.url.to_string().replace("***", "guest");
        let connection = Connection::connect(&url, ConnectionProperties::default()).await.unwrap();
        let channel = connection.create_channel().await.unwrap();
        Stranger { channel, _connection: connection }
    }
}

impl Drop for World<'_> {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            self.server.delete_vhost(&self.vhost);
        }
    }
}

/// Somebody else on the broker.
pub(crate) struct Stranger {
    pub(crate) channel: Channel,
    _connection: Connection,
}

impl Stranger {
    pub(crate) async fn delete_queue(&self, queue: &str) {
        self.channel.queue_delete(queue.into(), QueueDeleteOptions::default()).await.unwrap();
    }

    pub(crate) async fn delete_exchange(&self, exchange: &str) {
        self.channel.exchange_delete(exchange.into(), ExchangeDeleteOptions::default()).await.unwrap();
    }

    pub(crate) async fn declare_queue(&self, queue: &str, arguments: FieldTable) {
        let options = QueueDeclareOptions { durable: true, ..Default::default() };
        self.channel.queue_declare(queue.into(), options, arguments).await.unwrap();
    }

    pub(crate) async fn declare_exchange(&self, exchange: &str, kind: ExchangeKind) {
        let options = ExchangeDeclareOptions { durable: true, ..Default::default() };
        self.channel.exchange_declare(exchange.into(), kind, options, FieldTable::default()).await.unwrap();
    }

    /// As an ingester that is no part of postill.
    #[allow(clippy::disallowed_methods, reason = "a stranger does not publish through this crate")]
    pub(crate) async fn publish(&self, exchange: &str, key: &str) {
        let (exchange, key) = (exchange.into(), key.into());
        let properties = BasicProperties::default();
        self.channel
            .basic_publish(exchange, key, BasicPublishOptions::default(), b"mail", properties)
            .await
            .unwrap();
    }

    pub(crate) async fn unbind(&self, queue: &Name, exchange: &Name, key: &str) {
        let (queue, exchange) = (queue.as_str().into(), exchange.as_str().into());
        self.channel.queue_unbind(queue, exchange, key.into(), FieldTable::default()).await.unwrap();
    }
}

pub(crate) fn message(destination: Destination, body: &str) -> Outgoing {
    let properties = Properties { message_id: Some(body.to_owned()), ..Properties::default() };
    Outgoing { destination, properties, body: body.to_owned().into() }
}

pub(crate) fn with_header(mut message: Outgoing, name: &str, value: &str) -> Outgoing {
    message.properties.headers.extend(Headers::from([(name.to_owned(), value.into())]));
    message
}

pub(crate) fn draft(body: &str) -> Outgoing {
    message(Destination::Draft { routing_key: "draft.answered".to_owned() }, body)
}

pub(crate) async fn next(session: &mut Session, max: usize) -> Vec<broker::Delivery> {
    timeout(PATIENCE, session.next_batch(max)).await.expect("no delivery came").unwrap()
}

/// Exactly this many, however they are batched.
pub(crate) async fn take(session: &mut Session, count: usize) -> Vec<broker::Delivery> {
    let mut taken = Vec::new();
    while taken.len() < count {
        taken.extend(next(session, count - taken.len()).await);
    }
    taken
}

pub(crate) fn settle_all(deliveries: impl IntoIterator<Item = broker::Delivery>) {
    for delivery in deliveries {
        delivery.settle(Settlement::Done);
    }
}

pub(crate) fn text(body: &[u8]) -> String {
    String::from_utf8(body.to_vec()).unwrap()
}
