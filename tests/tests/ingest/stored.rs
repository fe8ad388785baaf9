//! Mail that SES stored in a bucket: fetched with a signature, from a store that keeps objects and checks it.

use std::collections::BTreeMap;
use std::sync::Arc;

use anyhow::{Context, Result, ensure};
use axum::Router;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::routing::get;
use ring::{digest, hmac};
use serde_json::Value;
use tokio::net::TcpListener;

use crate::desk::{Desk, fixture};

const NOTIFICATION: &str = fixture!("ses_s3.json");
const MESSAGE: &str = "From: marta@studio.example\r\nSubject: My invoice\r\n\r\nx\r\n";
const ACCESS: &str = "AKIALARKSPUR";
const SECRET: &str = "larkspur-secret-key";

/// A store: objects by path, for whoever signs with its one key.
struct Store {
    objects: BTreeMap<String, String>,
}

impl Store {
    async fn start() -> Result<String> {
        let objects = BTreeMap::from([
            ("/larkspur-mail/in/abc123".to_owned(), MESSAGE.to_owned()),
            ("/larkspur-mail/in/long".to_owned(), format!("{MESSAGE}{}", "x".repeat(30_000))),
        ]);
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let url = format!("http://{}", listener.local_addr()?);
        let router = Router::new().route("/{*path}", get(answer)).with_state(Arc::new(Self { objects }));
        #[expect(clippy::disallowed_methods, reason = "ends with the test's runtime")]
        tokio::spawn(async move { axum::serve(listener, router).await });
        Ok(url)
    }
}

async fn answer(State(store): State<Arc<Store>>, request: Request) -> (StatusCode, String) {
    if signed(&request).as_deref() != header(&request, "authorization") {
        return (StatusCode::FORBIDDEN, String::new());
    }
    match store.objects.get(request.uri().path()) {
        Some(object) => (StatusCode::OK, object.clone()),
        None => (StatusCode::NOT_FOUND, String::new()),
    }
}

fn header<'a>(request: &'a Request, name: &str) -> Option<&'a str> {
    request.headers().get(name)?.to_str().ok()
}

/// The field that this request must carry, worked out from the specification of Signature Version 4.
fn signed(request: &Request) -> Option<String> {
    let (host, date) = (header(request, "host")?, header(request, "x-amz-date")?);
    let payload = hex(digest::digest(&digest::SHA256, b"").as_ref());
    let names = "host;x-amz-content-sha256;x-amz-date";
    let canonical = format!(
        "GET\n{}\n\nhost:{host}\nx-amz-content-sha256:{payload}\nx-amz-date:{date}\n\n{names}\n{payload}",
        request.uri().path()
    );
    let day = date.get(..8)?;
    let scope = format!("{day}/eu-west-1/s3/aws4_request");
    let hashed = hex(digest::digest(&digest::SHA256, canonical.as_bytes()).as_ref());
    let mac = |key: &[u8], text: &str| hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), text.as_bytes());
    let of_day = mac(format!("AWS4{SECRET}").as_bytes(), day);
    let of_region = mac(of_day.as_ref(), "eu-west-1");
    let of_service = mac(of_region.as_ref(), "s3");
    let key = mac(of_service.as_ref(), "aws4_request");
    let signature = hex(mac(key.as_ref(), &format!("AWS4-HMAC-SHA256\n{date}\n{scope}\n{hashed}")).as_ref());
    Some(format!(
        "AWS4-HMAC-SHA256 Credential={ACCESS}/{scope}, SignedHeaders={names}, Signature={signature}"
    ))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().concat()
}

async fn desk(endpoint: &str, secret: &str) -> Result<Desk> {
    Desk::with(|run| {
        run.env("POSTILL_INGEST_S3_REGION", "eu-west-1")
            .env("POSTILL_INGEST_S3_ACCESS_KEY", ACCESS)
            .env("POSTILL_INGEST_S3_SECRET_KEY", secret)
            .env("POSTILL_INGEST_S3_ENDPOINT", endpoint)
            .env("POSTILL_MAIL_MAX_BYTES", "20000")
    })
    .await
}

#[tokio::test]
async fn what_a_notification_refers_to_is_fetched_and_keeps_its_verdict() -> Result<()> {
    let desk = desk(&Store::start().await?, SECRET).await?;
    desk.taken("/v1/mail/ses", "text/plain", NOTIFICATION).await?;
    let messages = desk.messages().await?;
    let mail: Value = serde_json::from_slice(&messages.first().context("no message")?.data)?;
    ensure!(mail["auth"]["assurance"] == "weak" && mail["raw"].is_string(), "{mail}");

    let other = |key: &str| NOTIFICATION.replace("in/abc123", key);
    desk.refused("/v1/mail/ses", "text/plain", other("in/none"), 503, "not_fetched").await?;
    desk.refused("/v1/mail/ses", "text/plain", other("in/../abc123"), 503, "not_fetched").await?;
    desk.refused("/v1/mail/ses", "text/plain", other("in/long"), 413, "not_fetched").await?;
    ensure!(desk.messages().await?.is_empty(), "what was refused was published");
    Ok(())
}

#[tokio::test]
async fn wrong_credentials_leave_the_mail_with_the_topic() -> Result<()> {
    let desk = desk(&Store::start().await?, "another-secret").await?;
    let text = desk.refused("/v1/mail/ses", "text/plain", NOTIFICATION, 503, "not_fetched").await?;
    ensure!(text.contains("refuses these credentials"), "{text}");
    Ok(())
}

#[tokio::test]
async fn without_credentials_it_is_said_what_to_set() -> Result<()> {
    let desk = Desk::new().await?;
    let text = desk.refused("/v1/mail/ses", "text/plain", NOTIFICATION, 503, "content_elsewhere").await?;
    ensure!(text.contains("ingest.s3_region"), "{text}");
    Ok(())
}
