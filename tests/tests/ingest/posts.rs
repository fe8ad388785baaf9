//! Each provider's document, posted; and what then lies in the queue.

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use crate::desk::{Desk, FORM, fixture, property};

/// Posts one document and gives what lies in the queue: the content type and the body.
async fn published(desk: &Desk, path: &str, content_type: &str, body: &str) -> Result<(String, Vec<u8>)> {
    let id = desk.taken(path, content_type, body).await?;
    let messages = desk.messages().await?;
    let [message] = messages.as_slice() else { anyhow::bail!("{} messages", messages.len()) };
    ensure!(property(message, "message_id").as_deref() == Some(&id), "another message id than answered");
    let content_type = property(message, "content_type").context("no content type")?;
    Ok((content_type, message.data.clone()))
}

#[tokio::test]
async fn a_raw_message_without_a_verdict_travels_as_it_is() -> Result<()> {
    let desk = Desk::new().await?;
    for (path, content_type, body) in [
        ("/v1/mail/postmark", "application/json", fixture!("postmark_raw.json")),
        ("/v1/mail/mailgun", FORM, fixture!("mailgun_mime.txt")),
        ("/v1/mail/cloudflare", "application/json", fixture!("cloudflare_raw.json")),
        ("/v1/mail", "message/rfc822", "From: marta@studio.example\r\nSubject: My invoice\r\n\r\nx\r\n"),
    ] {
        let (content_type, body) = published(&desk, path, content_type, body).await?;
        let text = String::from_utf8(body)?;
        ensure!(content_type == "message/rfc822", "{path}: {content_type}");
        ensure!(
            text.contains("marta@studio.example") && text.contains("Subject: My invoice\r\n"),
            "{path}: {text}"
        );
    }
    Ok(())
}

#[tokio::test]
async fn a_verdict_travels_with_the_message() -> Result<()> {
    let desk = Desk::new().await?;
    for (path, content_type, body, producer) in [
        ("/v1/mail/ses", "text/plain; charset=UTF-8", fixture!("ses_base64.json"), "ses"),
        ("/v1/mail/ses", "application/json", fixture!("ses_utf8.json"), "ses"),
        ("/v1/mail/sendgrid", FORM, fixture!("sendgrid_raw.txt"), "sendgrid"),
    ] {
        let (content_type, body) = published(&desk, path, content_type, body).await?;
        let mail: Value = serde_json::from_slice(&body)?;
        ensure!(content_type == "application/json", "{path}: {content_type}");
        ensure!(mail["schema"] == "postill.mail.v1" && mail["raw"].is_string(), "{path}: {mail}");
        ensure!(
            mail["auth"]["producer"] == producer && mail["auth"]["assurance"] == "weak",
            "{path}: {mail}"
        );
    }
    Ok(())
}

#[tokio::test]
async fn a_parsed_mail_travels_as_json() -> Result<()> {
    let desk = Desk::new().await?;
    for (path, content_type, body) in [
        ("/v1/mail/postmark", "application/json", fixture!("postmark.json")),
        ("/v1/mail/mailgun", "application/x-www-form-urlencoded", fixture!("mailgun_urlencoded.txt")),
        ("/v1/mail/mailgun", FORM, fixture!("mailgun_multipart.txt")),
        ("/v1/mail/cloudflare", "application/json", fixture!("cloudflare.json")),
        ("/v1/mail/mail-parser", "application/json", fixture!("mail_parser.json")),
        (
            "/v1/mail",
            "application/json",
            r#"{"schema":"postill.mail.v1","from":[{"email":"marta@studio.example"}],"subject":"My invoice"}"#,
        ),
    ] {
        let (_, body) = published(&desk, path, content_type, body).await?;
        let mail: Value = serde_json::from_slice(&body)?;
        ensure!(mail["from"][0]["email"] == "marta@studio.example", "{path}: {mail}");
        ensure!(mail["subject"] == "My invoice" && mail["auth"].is_null(), "{path}: {mail}");
    }
    Ok(())
}

#[tokio::test]
async fn the_same_post_again_is_the_same_mail() -> Result<()> {
    let desk = Desk::new().await?;
    let post = async || desk.taken("/v1/mail/ses", "text/plain", fixture!("ses_base64.json")).await;
    ensure!(post().await? == post().await?, "two ids");
    let messages = desk.messages().await?;
    ensure!(messages.len() == 2 && messages[0].data == messages[1].data, "two mails");
    Ok(())
}

#[tokio::test]
async fn the_workspace_is_asked_for_in_the_query_or_a_header() -> Result<()> {
    let desk = Desk::new().await?;
    let mail = "From: a@b.example\r\n\r\nx";
    desk.taken("/v1/mail?workspace=acme", "message/rfc822", mail).await?;
    let messages = desk.messages().await?;
    let headers = messages[0].properties.headers().clone().context("no headers")?;
    let workspace = headers.inner().get("postill-workspace").and_then(|value| value.as_long_string());
    ensure!(workspace.is_some_and(|text| text.to_string() == "acme"), "{headers:?}");
    desk.refused("/v1/mail?workspace=No%20such", "message/rfc822", mail, 400, "bad_workspace").await?;
    let both =
        desk.http.post(format!("{}/v1/mail?workspace=acme", desk.base)).bearer_auth(crate::desk::TOKEN);
    let both = both.header("content-type", "message/rfc822").header("postill-workspace", "other").body(mail);
    crate::desk::refusal(both.send().await?, 400, "bad_workspace").await?;
    ensure!(desk.messages().await?.is_empty(), "a refused mail was published");
    Ok(())
}
