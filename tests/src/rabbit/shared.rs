use std::time::Duration;

use anyhow::{Context, Result, bail};
use testcontainers::core::{IntoContainerPort, WaitFor};
use testcontainers::{GenericImage, ImageExt};

use super::Vhost;
use super::management::Management;
use super::private::PrivateBroker;
use crate::container::{Container, docker_answers};
use crate::environment::{AMQP_URL, RABBITMQ_API, setting};
use crate::naming::unique_name;

/// The broker of this process and what keeps it running.
#[derive(Debug)]
pub(super) struct SharedBroker {
    address: Address,
    _container: Option<Container>,
    _private: Option<PrivateBroker>,
}

impl SharedBroker {
    pub(super) async fn find() -> Result<Self> {
        if let Some(amqp_url) = setting(AMQP_URL) {
            return Ok(Self { address: Address::given(&amqp_url)?, _container: None, _private: None });
        }
        if docker_answers() {
            return Self::in_a_container().await;
        }
        let broker = PrivateBroker::start().await?;
        Ok(Self { address: broker.address()?, _container: None, _private: Some(broker) })
    }

    pub(super) async fn new_vhost(&self) -> Result<Vhost> {
        self.address.new_vhost().await
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
pub(super) struct Address {
    /// `amqp://user:password@host:port`, without a virtual host.
    pub(super) amqp: String,
    pub(super) management: Management,
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

    pub(super) async fn new_vhost(&self) -> Result<Vhost> {
        let name = unique_name();
        self.management.create_vhost(&name).await?;
        let amqp_url = format!("{}/{name}", self.amqp);
        Ok(Vhost { amqp_url, name, management: self.management.clone() })
    }
}
