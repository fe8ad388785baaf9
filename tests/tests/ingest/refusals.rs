//! What is not taken, and how that is said.

use anyhow::{Context, Result, ensure};
use tests::{Postill, PrivateBroker};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::desk::{Desk, FORM, QUEUE, SOON, TOKEN, fixture, refusal};

const MAIL: &str = "From: marta@studio.example\r\nSubject: invoice\r\n\r\nx";

#[tokio::test]
async fn without_a_token_nothing_is_served() -> Result<()> {
    let run = Postill::with(["ingest", "--http", "127.0.0.1:0"]);
    let finished = run.clone().finish(SOON).await?;
    ensure!(finished.status.code() == Some(64), "{finished:?}");
    ensure!(
        finished.stderr.contains("no token is set") && finished.stderr.contains("POSTILL_INGEST_TOKEN"),
        "{finished:?}"
    );
    let finished = run.env("POSTILL_INGEST_TOKEN", "short").finish(SOON).await?;
    ensure!(finished.status.code() == Some(64) && !finished.stderr.contains("short"), "{finished:?}");
    Ok(())
}

#[tokio::test]
async fn what_is_refused_is_said_with_a_code_and_nothing_of_the_mail() -> Result<()> {
    let desk = Desk::with(|run| run.env("POSTILL_MAIL_MAX_BYTES", "20000")).await?;
    let url = |path: &str| format!("{}{path}", desk.base);
    for probe in ["/livez", "/readyz"] {
        let answer = desk.http.get(url(probe)).send().await?;
        ensure!(answer.status().is_success(), "{answer:?}");
    }
    for request in [
        desk.http.post(url("/v1/mail")),
        desk.http.post(url("/v1/mail")).bearer_auth("larkspur-ingest-toker"),
        desk.http.post(url("/v1/mail/ses")).basic_auth(TOKEN, Some("")),
        desk.http.post(url("/v1/mail/nobody")),
    ] {
        let answer = request.header("content-type", "message/rfc822").body(MAIL).send().await?;
        ensure!(answer.headers().contains_key("www-authenticate"), "{answer:?}");
        refusal(answer, 401, "wrong_token").await?;
    }
    let basic = desk.http.post(url("/v1/mail")).basic_auth("postill", Some(TOKEN));
    let basic = basic.header("content-type", "message/rfc822").body(MAIL).send().await?;
    ensure!(basic.status().is_success(), "{basic:?}");
    ensure!(desk.messages().await?.len() == 1, "only the mail with the token");

    let text = desk.refused("/v1/mail/pigeon", "application/json", "{}", 404, "unknown_provider").await?;
    ensure!(text.contains("ses, postmark, mailgun, sendgrid, cloudflare, mail-parser"), "{text}");
    desk.refused("/v1/mail/postmark", "text/html", "{}", 415, "wrong_content_type").await?;
    desk.refused("/v1/mail", "image/png", MAIL, 415, "wrong_content_type").await?;
    desk.refused(
        "/v1/mail/postmark",
        "application/json",
        r#"{"Subject":"invoice"}"#,
        400,
        "missing_property",
    )
    .await?;
    desk.refused("/v1/mail/ses", "text/plain", r#"{"Type":7}"#, 400, "bad_json").await?;
    desk.refused("/v1/mail/mailgun", FORM, "--x", 400, "bad_form").await?;
    desk.refused("/v1/mail", "message/rfc822", "just words about marta", 400, "not_a_mail").await?;
    desk.refused("/v1/mail", "message/rfc822", "", 400, "empty").await?;
    let long = format!("{MAIL}{}", "x".repeat(20_000));
    desk.refused("/v1/mail", "message/rfc822", long, 413, "too_large").await?;
    desk.refused("/v1/mail/ses", "text/plain", "x".repeat(60_001), 413, "too_large").await?;
    let inner = fixture!("mailgun_mime.txt").replace("Please", &"Please ".repeat(4_000));
    desk.refused("/v1/mail/mailgun", FORM, inner, 413, "too_large").await?;
    let foreign = fixture!("sns_subscription.json")
        .replace("sns.eu-west-1.amazonaws.com/?Action=Confirm", "sns.evil.example/?Action=Confirm");
    desk.refused("/v1/mail/ses", "text/plain", foreign, 400, "foreign_subscription").await?;
    let ended = desk.post("/v1/mail/ses", "text/plain", fixture!("sns_unsubscription.json")).await?;
    ensure!(ended.status().is_success(), "{ended:?}");
    ensure!(desk.messages().await?.is_empty(), "something that was refused was published");
    ensure!(!desk.postill.stderr().contains("marta"), "a person stands in the log");
    Ok(())
}

#[tokio::test]
async fn with_mailguns_key_only_signed_posts_are_taken() -> Result<()> {
    let desk = Desk::with(|run| run.env("POSTILL_INGEST_MAILGUN_SIGNING_KEY", "key-larkspur")).await?;
    desk.refused("/v1/mail/mailgun", FORM, fixture!("mailgun_mime.txt"), 403, "bad_signature").await?;
    desk.taken("/v1/mail/postmark", "application/json", fixture!("postmark.json")).await?;
    Ok(())
}

#[tokio::test]
async fn a_client_that_is_slow_is_let_go() -> Result<()> {
    let desk =
        Desk::with(|run| run.env("POSTILL_INGEST_READ_SECONDS", "1").env("POSTILL_INGEST_IN_FLIGHT", "1"))
            .await?;
    let address = desk.base.trim_start_matches("http://").to_owned();
    let head = format!(
        "POST /v1/mail HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {TOKEN}\r\ncontent-type: message/rfc822\r\ncontent-length: 100\r\n\r\nFrom: "
    );
    let mut slow = TcpStream::connect(&address).await?;
    slow.write_all(head.as_bytes()).await?;
    let mut answer = String::new();
    tokio::time::timeout(SOON, slow.read_to_string(&mut answer)).await.context("never let go")??;
    ensure!(answer.starts_with("HTTP/1.1 408"), "{answer}");
    let mut silent = TcpStream::connect(&address).await?;
    silent.write_all(b"POST /v1/mail HTTP/1.1\r\nx-slow: ").await?;
    let mut answer = Vec::new();
    tokio::time::timeout(SOON, silent.read_to_end(&mut answer)).await.context("never let go")??;
    desk.taken("/v1/mail", "message/rfc822", MAIL).await?;
    Ok(())
}

#[tokio::test]
async fn while_the_broker_is_gone_mail_stays_with_its_provider() -> Result<()> {
    let mut broker = PrivateBroker::start().await?;
    let mut desk = Desk::on(broker.vhost().await?, |run| run).await?;
    desk.taken("/v1/mail", "message/rfc822", MAIL).await?;
    broker.store_declarations()?;
    broker.kill_dash_nine()?;
    desk.postill.wait_for_text("the connection to RabbitMQ ended", SOON).await?;
    desk.refused("/v1/mail", "message/rfc822", MAIL, 503, "not_stored").await?;
    broker.restart().await?;
    desk.postill.wait_for_text("connected to RabbitMQ again", SOON).await?;
    desk.taken("/v1/mail", "message/rfc822", MAIL).await?;
    ensure!(desk.messages().await?.len() == 2, "the mail that was refused was published");
    Ok(())
}

#[tokio::test]
async fn a_mail_that_no_queue_takes_stays_with_its_provider() -> Result<()> {
    let desk = Desk::new().await?;
    let connection = desk.vhost.connect().await?;
    let channel = connection.create_channel().await?;
    channel.queue_delete(QUEUE.into(), lapin::options::QueueDeleteOptions::default()).await?;
    desk.refused("/v1/mail", "message/rfc822", MAIL, 503, "not_stored").await?;
    connection.close(200, "done".into()).await?;
    Ok(())
}
