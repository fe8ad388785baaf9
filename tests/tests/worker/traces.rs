//! The trace of a mail: from the message that it came with to its draft.

use anyhow::{Context, Result, ensure};
use opentelemetry_proto::tonic::trace::v1::Span;
use serde_json::json;
use tests::Run;

use crate::collector::{Collector, attributes};
use crate::letters::{Letter, Wish, letter};
use crate::outcomes::at;
use crate::shop::shop;
use crate::world::{PATIENCE, World, run, started};

const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const PARENT: &str = "00f067aa0ba902b7";
const SAMPLED: &[(&str, &str)] =
    &[("traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01")];

fn traced(w: &World, collector: &Collector) -> Run {
    w.postill(["worker"]).env("POSTILL_OTLP_ENDPOINT", &collector.url)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}"))
}

fn named<'s>(spans: &'s [Span], name: &str) -> Result<&'s Span> {
    spans.iter().find(|span| span.name == name).with_context(|| {
        let names: Vec<&str> = spans.iter().map(|span| span.name.as_str()).collect();
        format!("no span {name} among {names:?}")
    })
}

#[tokio::test]
async fn a_trace_goes_on_from_the_message_through_every_stage_to_the_draft() -> Result<()> {
    run(&shop(1), async |w| {
        let collector = Collector::start().await?;
        let worker = started(traced(w, &collector)).await?;
        let refund = letter(0, 0, Wish::Refund);
        w.arrives_with(std::slice::from_ref(&refund), SAMPLED).await?;
        let draft = w.draft_of(&refund).await?;
        w.stops(worker).await?;

        let spans = collector.spans()?;
        ensure!(spans.iter().all(|span| hex(&span.trace_id) == TRACE), "a span of another trace");
        let mail = named(&spans, "mail")?;
        ensure!(hex(&mail.parent_span_id) == PARENT, "{mail:?}");
        let said = attributes(mail)?;
        for (name, text) in [
            ("workspace", "default"),
            ("queue", "mail"),
            ("run", "live"),
            ("attempt", "1"),
            ("outcome", "action_taken"),
            ("intent", "refund"),
        ] {
            ensure!(said.get(name).map(String::as_str) == Some(text), "{name} is not {text}: {said:?}");
        }
        for stage in ["claim", "read", "understand", "customer", "function", "act", "finish", "publish"] {
            ensure!(named(&spans, stage)?.parent_span_id == mail.span_id, "{stage} is no part of the mail");
        }
        let (act, sent) = (named(&spans, "act")?, named(&spans, "POST /v1/refunds")?);
        ensure!(sent.parent_span_id == act.span_id, "the refund is no part of the act");
        ensure!(attributes(sent)?.get("http.response.status_code").map(String::as_str) == Some("200"));

        let goes_on = format!("00-{TRACE}-{}-01", hex(&mail.span_id));
        ensure!(at(&draft, "/traceparent") == goes_on.as_str(), "{:#}", at(&draft, "/traceparent"));
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_mail_that_comes_again_goes_on_with_its_trace() -> Result<()> {
    run(&shop(1), async |w| {
        let collector = Collector::start().await?;
        let worker = started(traced(w, &collector)).await?;
        w.stripe_fails("GET", "/v1/customers", Some(3), json!({ "kind": "server_error" })).await?;
        w.answers(&letter(0, 0, Wish::Invoice), "answered").await?;
        w.stops(worker).await?;

        let spans = collector.spans()?;
        let mails: Vec<&Span> = spans.iter().filter(|span| span.name == "mail").collect();
        let [first, second] = mails.as_slice() else { anyhow::bail!("{} deliveries", mails.len()) };
        ensure!(second.trace_id == first.trace_id && second.parent_span_id == first.span_id);
        let said = attributes(first)?;
        ensure!(said.get("reason").map(String::as_str) == Some("stripe"), "{said:?}");
        let tries = spans.iter().filter(|span| span.name == "GET /v1/customers").count();
        ensure!(tries >= 4, "{tries} requests");
        Ok(())
    })
    .await
}

#[tokio::test]
async fn one_in_many_is_traced_and_without_a_collector_the_trace_is_handed_on() -> Result<()> {
    run(&shop(3), async |w| {
        let collector = Collector::start().await?;
        let seldom = traced(w, &collector).env("POSTILL_OTLP_ONE_IN", "4000000000");
        let worker = started(seldom).await?;
        w.answers(&letter(0, 0, Wish::Invoice), "answered").await?;
        w.stops(worker).await?;
        ensure!(collector.spans()?.is_empty(), "a mail was traced");

        let worker = w.worker().await?;
        let second: Letter = letter(1, 1, Wish::Invoice);
        w.arrives_with(std::slice::from_ref(&second), SAMPLED).await?;
        let outcomes = w.outcomes_of(std::slice::from_ref(&second), PATIENCE).await?;
        let draft = outcomes.draft(&second)?;
        ensure!(at(&draft, "/traceparent") == SAMPLED[0].1, "{draft:#}");
        w.stops(worker).await
    })
    .await
}

#[tokio::test]
async fn a_collector_that_is_away_holds_up_no_mail() -> Result<()> {
    run(&shop(3), async |w| {
        let nobody = w.postill(["worker"]).env("POSTILL_OTLP_ENDPOINT", "http://127.0.0.1:9");
        let mut worker = started(nobody).await?;
        w.answers(&letter(0, 0, Wish::Invoice), "answered").await?;
        worker.wait_for_text("the collector of spans cannot be reached", PATIENCE).await?;
        w.answers(&letter(2, 1, Wish::Invoice), "answered").await?;
        w.stops(worker).await
    })
    .await
}
