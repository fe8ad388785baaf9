//! What is asked, and what is believed of the answer.

use anyhow::{Context, Result};
use domain::Function;
use domain::intent::Part;
use language_model::{MAX_WRITTEN_BYTES, Question, ReadError, Readable, Reading};
use serde_json::json;
use tests::Turn;

use crate::world::{QUOTE, RIGHT, World};

#[tokio::test]
async fn an_answer_by_the_schema_is_a_reading_with_its_words() -> Result<()> {
    let world = World::that(RIGHT).await?;
    let Reading::Asks { function, evidence } = world.reads().await? else { panic!("no function") };
    assert_eq!(function, Readable::InvoiceLookup);
    assert_eq!((evidence.part, evidence.text.as_str()), (Part::Written, QUOTE));
    Ok(())
}

#[tokio::test]
async fn the_request_is_bounded_strict_and_without_chance() -> Result<()> {
    let world = World::that(RIGHT).await?;
    world.reads().await?;
    let asked = world.server.asked().pop().context("a call")?;
    assert_eq!(asked.path, "/v1/chat/completions");
    assert_eq!(asked.authorization.as_deref(), Some("Bearer sk-test-1"));
    assert_eq!(asked.body["model"], "small-1");
    assert_eq!(asked.body["temperature"], 0);
    assert_eq!(asked.body["max_tokens"], language_model::MAX_ANSWER_TOKENS);
    let format = &asked.body["response_format"];
    assert_eq!((&format["type"], &format["json_schema"]["strict"]), (&json!("json_schema"), &json!(true)));
    let schema = &format["json_schema"]["schema"];
    assert_eq!(schema["additionalProperties"], false);
    assert_eq!(schema["required"], json!(["function", "evidence_quote"]));
    assert!(asked.body.get("tools").is_none(), "it holds no tools");
    Ok(())
}

#[tokio::test]
async fn a_long_mail_is_cut_and_addresses_and_links_are_left_out() -> Result<()> {
    let world = World::that(Turn::Says("person", "")).await?;
    let mut written = "It is ada@engines.example, see https://x.example/?token=abc123 now. ".to_owned();
    written.push_str(&"blah ".repeat(100_000));
    world.model.read(&"default".parse()?, &Question::new("Hello", &written)).await?;
    let asked = world.server.asked().pop().context("a call")?;
    assert!(asked.mail().len() < MAX_WRITTEN_BYTES + 100, "{}", asked.mail().len());
    assert!(asked.mail().contains("It is [address] see [link] now."), "{}", asked.mail());
    Ok(())
}

#[tokio::test]
async fn money_and_links_to_pay_come_out_as_a_person() -> Result<()> {
    for function in [Function::Refund, Function::CancelSubscription, Function::PaymentLink] {
        let world = World::that(Turn::Says(function.as_str(), QUOTE)).await?;
        assert_eq!(world.reads().await?, Reading::Person { named: Some(function) });
    }
    Ok(())
}

#[tokio::test]
async fn whatever_does_not_keep_to_the_schema_is_an_error_of_its_own() -> Result<()> {
    let right = json!({"function": "invoice_lookup", "evidence_quote": QUOTE}).to_string();
    let more = json!({"function": "refund", "evidence_quote": QUOTE, "amount_minor": 500_000}).to_string();
    for (turn, code) in [
        (Turn::Text(format!("```json\n{right}\n```")), "fenced"),
        (Turn::Text(format!("Here you are: {right}")), "not_json"),
        (Turn::Text("{\"function\": \"inv".to_owned()), "not_json"),
        (Turn::Text(more), "wrong_shape"),
        (Turn::Text(format!("[{right}]")), "wrong_shape"),
        (Turn::Says("send_all_invoices", QUOTE), "unknown_function"),
        (Turn::Says("payment_status", "I was charged twice in October"), "invented_quote"),
        (Turn::Says("payment_status", "I"), "thin_quote"),
        (Turn::Says("none", "nothing was ever asked"), "invented_quote"),
        (Turn::CutOff(right.clone()), "cut_off"),
        (Turn::Body("<html>502</html>".to_owned()), "not_a_completion"),
        (Turn::Body(right.clone()), "not_a_completion"),
        (Turn::Body(String::new()), "not_a_completion"),
        (Turn::Floods(10 << 20), "too_large"),
        (Turn::Status(401, ""), "key_refused"),
        (Turn::Status(403, ""), "key_refused"),
        (Turn::Status(404, ""), "refused"),
        (Turn::Status(400, ""), "refused"),
        (Turn::Status(204, ""), "refused"),
        (Turn::Status(429, ""), "rate_limited"),
        (Turn::Status(500, ""), "server_failed"),
        (Turn::Status(503, "retry-after: 1\r\n"), "server_failed"),
        (Turn::Status(302, "location: http://127.0.0.1:9/v1\r\n"), "redirected"),
        (Turn::Status(307, "location: /elsewhere\r\n"), "redirected"),
        (Turn::Breaks, "broken"),
        (Turn::Hangs, "timed_out"),
        (Turn::Drips, "timed_out"),
    ] {
        let world = World::that(turn.clone()).await?;
        assert_eq!(world.fails().await, code, "{turn:?}");
        assert_eq!(world.calls(), 1, "nothing is tried twice and nothing is followed: {turn:?}");
    }
    Ok(())
}

#[tokio::test]
async fn a_server_that_is_gone_is_unreachable() -> Result<()> {
    let mut world = World::that(RIGHT).await?;
    world.server.goes_down().await;
    assert_eq!(world.fails().await, "unreachable");
    Ok(())
}

#[tokio::test]
async fn a_mail_without_words_is_not_asked_about() -> Result<()> {
    let world = World::that(RIGHT).await?;
    let read = world.model.read(&"default".parse()?, &Question::new(" ", "\n\n")).await;
    assert!(matches!(read, Err(ReadError::NothingWritten)), "{read:?}");
    assert_eq!(world.calls(), 0);
    Ok(())
}

#[tokio::test]
async fn no_error_shows_what_was_written_answered_or_kept_secret() -> Result<()> {
    for turn in [
        Turn::Says("payment_status", "an invented sentence about Ada"),
        Turn::Says("ada_lovelace", QUOTE),
        Turn::Text("Ada wrote about October".to_owned()),
        Turn::Text(json!({"ada": "October"}).to_string()),
        Turn::Breaks,
    ] {
        let world = World::that(turn).await?;
        let error = anyhow::Error::from(world.reads().await.expect_err("a wrong answer"));
        let shown = format!("{error:?} {error:#} {:?}", world.model);
        for secret in ["ada", "october", "books", "sk-test-1"] {
            assert!(!shown.to_lowercase().contains(secret), "{secret} is in {shown}");
        }
    }
    Ok(())
}

#[tokio::test]
async fn the_probe_asks_about_a_text_that_is_always_the_same() -> Result<()> {
    let world = World::that(Turn::Says("invoice_lookup", "send me the invoice")).await?;
    assert_eq!(world.model.probe().await?.as_str(), "invoice_lookup");
    world.model.probe().await?;
    let asked = world.server.asked();
    assert_eq!(asked[0].body, asked[1].body);
    Ok(())
}
