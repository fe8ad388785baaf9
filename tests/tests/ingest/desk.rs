//! What every test starts with: queues of its own, the program that takes posts, and a client.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use lapin::message::Delivery;
use reqwest::{Client, Response, StatusCode};
use serde_json::Value;
use tests::{Postill, Run, Vhost, rabbit};

/// Nothing here takes as long as this.
pub(crate) const SOON: Duration = Duration::from_mins(1);
pub(crate) const TOKEN: &str = "larkspur-ingest-token";
pub(crate) const QUEUE: &str = "postill.mail";

/// The program, taking posts.
pub(crate) struct Desk {
    pub(crate) vhost: Vhost,
    pub(crate) postill: Postill,
    /// `http://127.0.0.1:…`
    pub(crate) base: String,
    pub(crate) http: Client,
}

impl Desk {
    pub(crate) async fn new() -> Result<Self> {
        Self::with(|run| run).await
    }

    /// With other settings.
    pub(crate) async fn with(change: impl FnOnce(Run) -> Run) -> Result<Self> {
        let vhost = rabbit().await?;
        Self::on(vhost, change).await
    }

    pub(crate) async fn on(vhost: Vhost, change: impl FnOnce(Run) -> Run) -> Result<Self> {
        let topology = Postill::with(["topology", "apply"]).env("POSTILL_AMQP_URL", &vhost.amqp_url);
        ensure!(topology.finish(SOON).await?.status.success(), "no queues");
        let run = Postill::with(["ingest", "--http", "127.0.0.1:0"])
            .env("POSTILL_AMQP_URL", &vhost.amqp_url)
            .env("POSTILL_INGEST_TOKEN", TOKEN);
        let mut postill = change(run).start()?;
        postill.wait_for_text("mail is taken at ", SOON).await?;
        let said = postill.stderr();
        let base = said.split("mail is taken at ").nth(1).and_then(|rest| rest.split("/v1/mail").next());
        let base = base.context("no address")?.to_owned();
        rustls::crypto::ring::default_provider().install_default().ok();
        let http = Client::builder().no_proxy().timeout(SOON).build()?;
        Ok(Self { vhost, postill, base, http })
    }

    /// Posts with the token.
    pub(crate) async fn post(
        &self,
        path: &str,
        content_type: &str,
        body: impl Into<Vec<u8>>,
    ) -> Result<Response> {
        let request = self.http.post(format!("{}{path}", self.base)).bearer_auth(TOKEN);
        Ok(request.header("content-type", content_type).body(body.into()).send().await?)
    }

    /// Posts, and demands that it was taken; gives the id.
    pub(crate) async fn taken(
        &self,
        path: &str,
        content_type: &str,
        body: impl Into<Vec<u8>>,
    ) -> Result<String> {
        let answer = self.post(path, content_type, body).await?;
        let (status, text) = (answer.status(), answer.text().await?);
        ensure!(status == StatusCode::OK, "{status}: {text}");
        let body: Value = serde_json::from_str(&text)?;
        Ok(body.get("id").and_then(Value::as_str).with_context(|| text.clone())?.to_owned())
    }

    /// Posts, and demands a refusal with this code.
    pub(crate) async fn refused(
        &self,
        path: &str,
        content_type: &str,
        body: impl Into<Vec<u8>>,
        status: u16,
        code: &str,
    ) -> Result<String> {
        let answer = self.post(path, content_type, body).await?;
        refusal(answer, status, code).await
    }

    /// The messages in the queue, which is empty then.
    pub(crate) async fn messages(&self) -> Result<Vec<Delivery>> {
        self.vhost.take_all(QUEUE).await
    }
}

/// Demands a status, a code, and that a retry is asked for where it helps.
pub(crate) async fn refusal(answer: Response, status: u16, code: &str) -> Result<String> {
    let retries = answer.headers().contains_key("retry-after");
    let (found, text) = (answer.status().as_u16(), answer.text().await?);
    ensure!(found == status, "{found} instead of {status}: {text}");
    ensure!(retries == (status == 503), "{status} and retry-after: {retries}");
    let body: Value = serde_json::from_str(&text)?;
    ensure!(body.get("error").and_then(Value::as_str) == Some(code), "{text}");
    ensure!(!text.contains("marta") && !text.contains("invoice"), "the mail is shown: {text}");
    Ok(text)
}

/// A fixture of the crate `mail`.
macro_rules! fixture {
    ($name:literal) => {
        include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../crates/mail/tests/providers/", $name))
    };
}
pub(crate) use fixture;

pub(crate) const FORM: &str = "multipart/form-data; boundary=--postillform7MA4YWxkTrZu0gW";

pub(crate) fn property(delivery: &Delivery, which: &str) -> Option<String> {
    let properties = &delivery.properties;
    let text = match which {
        "content_type" => properties.content_type(),
        "message_id" => properties.message_id(),
        _ => &None,
    };
    text.as_ref().map(ToString::to_string)
}
