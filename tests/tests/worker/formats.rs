//! Documents of providers, straight on the queue: a header, or a parameter of the content type, says whose they are.

use anyhow::{Context, Result, ensure};
use lapin::BasicProperties;
use lapin::types::{AMQPValue, FieldTable};
use serde_json::Value;

use crate::shop::shop;
use crate::world::{PATIENCE, run};

const SES_S3: &str = include_str!("../../../crates/mail/tests/providers/ses_s3.json");
const POSTMARK: &str = include_str!("../../../crates/mail/tests/providers/postmark.json");

fn named_in_header(format: &str) -> BasicProperties {
    let mut headers = FieldTable::default();
    headers.insert("postill-format".into(), AMQPValue::LongString(format.into()));
    BasicProperties::default().with_content_type("application/json".into()).with_headers(headers)
}

#[tokio::test]
async fn a_document_is_read_as_what_it_is_named() -> Result<()> {
    run(&shop(2), async |w| {
        let worker = w.worker().await?;
        let named_in_type =
            BasicProperties::default().with_content_type("application/json; postill-format=postmark".into());
        for properties in [named_in_header("postmark"), named_in_type] {
            w.vhost.publish_to("", "postill.mail", properties, &[POSTMARK]).await?;
            let drafts = w.vhost.wait_for_messages("postill.drafts", 1, PATIENCE).await?;
            let draft: Value = serde_json::from_slice(&drafts.first().context("no draft")?.data)?;
            ensure!(draft.to_string().contains("marta@studio.example"), "{draft}");
        }
        for (format, document, code) in
            [("ses", SES_S3, "content_elsewhere"), ("pigeon", POSTMARK, "unknown_format")]
        {
            w.vhost.publish_to("", "postill.mail", named_in_header(format), &[document]).await?;
            let dead = w.vhost.wait_for_messages("postill.mail.dead", 1, PATIENCE).await?;
            let headers =
                dead.first().and_then(|dead| dead.properties.headers().clone()).context("no headers")?;
            let reason = headers.inner().get("postill-reason").and_then(AMQPValue::as_long_string);
            ensure!(reason.is_some_and(|reason| reason.to_string() == code), "{format}: {headers:?}");
        }
        w.stops(worker).await
    })
    .await
}
