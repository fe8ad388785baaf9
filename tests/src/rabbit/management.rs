use std::time::Duration;

use anyhow::{Context, Result, ensure};
use reqwest::{Client, Method, Response, StatusCode, Url};
use serde_json::{Value, json};

/// The HTTP API of a broker's management plugin.
#[derive(Debug, Clone)]
pub(super) struct Management {
    base: Url,
}

impl Management {
    /// `address` is `http://user:password@host:port`.
    pub(super) fn new(address: &str) -> Result<Self> {
        let base = Url::parse(address).context("the address of the management API is none")?;
        Ok(Self { base })
    }

    pub(super) async fn answers(&self) -> bool {
        self.ask(Method::GET, &["overview"], None).await.is_ok()
    }

    pub(super) async fn create_vhost(&self, name: &str) -> Result<()> {
        let user = self.base.username();
        let everything = json!({ "configure": ".*", "write": ".*", "read": ".*" });
        self.ask(Method::PUT, &["vhosts", name], None).await?;
        self.ask(Method::PUT, &["permissions", name, user], Some(everything)).await?;
        Ok(())
    }

    pub(super) async fn close_connections(&self, vhost: &str) -> Result<()> {
        let connections: Vec<Value> =
            self.ask(Method::GET, &["vhosts", vhost, "connections"], None).await?.json().await?;
        for name in connections.iter().filter_map(|connection| connection["name"].as_str()) {
            self.ask(Method::DELETE, &["connections", name], None).await?;
        }
        Ok(())
    }

    /// Deletes a virtual host from code that cannot wait, such as a `drop`.
    ///
    /// A runtime of its own on a thread of its own: the caller's cannot be entered twice. One that cannot be
    /// deleted is left behind: its broker was killed, or the machine it is on is not ours to repair.
    pub(super) fn delete_vhost_now(&self, name: &str) {
        std::thread::scope(|scope| {
            scope.spawn(|| {
                let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
                runtime.block_on(self.ask(Method::DELETE, &["vhosts", name], None)).map(drop)
            });
        });
    }

    /// A client for each call: a test has a runtime of its own, and a pooled connection dies with its runtime.
    async fn ask(&self, method: Method, path: &[&str], body: Option<Value>) -> Result<Response> {
        // Fails when a provider is there already, and then there is one.
        rustls::crypto::ring::default_provider().install_default().ok();
        let mut url = self.base.clone();
        url.path_segments_mut()
            .ok()
            .context("the management API has no path")?
            .clear()
            .push("api")
            .extend(path);
        let deletes = method == Method::DELETE;
        let mut request = Client::builder().timeout(Duration::from_secs(10)).build()?.request(method, url);
        if let Some(body) = body {
            request = request.json(&body);
        }
        let answer = request.send().await.context(
            "the management API of RabbitMQ does not answer: enable the plugin rabbitmq_management, \
             or say where it is in POSTILL_TEST_RABBITMQ_API",
        )?;
        let status = answer.status();
        // What is to be deleted may have gone by itself, as a connection does between being listed and being cut.
        let gone = deletes && status == StatusCode::NOT_FOUND;
        ensure!(gone || status.is_success(), "the management API of RabbitMQ answers {status} to {path:?}");
        Ok(answer)
    }
}
