//! Nothing of a mail, of who wrote it and of the key is in metrics, logs or traces.

use std::collections::BTreeSet;

use anyhow::{Result, ensure};
use serde_json::{Value, json};

use crate::collector::Collector;
use crate::letters::{Ends, Letter, Wish, broken, letter, with_two_senders};
use crate::outcomes::at;
use crate::shop::{KEY, address, shop};
use crate::watching::watched;
use crate::world::{PATIENCE, run};

/// In names, subjects and bodies of the mails, and in names at Stripe.
const MARK: &str = "zinnober";
/// In every address and every Message-ID.
const IN_ADDRESSES: &str = "choir";
/// In the secret parts of what is configured.
const PASSWORD: &str = "geranie";
/// All our crates at debug.
const FILTER: &str = "info,postill=debug,engine=debug,store=debug,broker=debug,mail=debug,intent=debug,stripe_client=debug,verifier=debug";

/// The shop with marked names; the last two customers share an address.
fn marked_shop() -> Result<Value> {
    let shop = shop(20).to_string().replace("\"Anna ", &format!("\"{MARK} "));
    let mut shop: Value = serde_json::from_str(&shop)?;
    if let Some(email) = shop.pointer_mut("/test/customers/19/email") {
        *email = json!(address(18));
    }
    Ok(shop)
}

/// The letter with marks in its subject, its text and the sender's name.
fn marked(mut letter: Letter) -> Letter {
    let text = String::from_utf8_lossy(&letter.body)
        .replace("Anna <", &format!("{MARK} <"))
        .replace("\"name\":\"Anna\"", &format!("\"name\":\"{MARK}\""))
        .replace("Subject: ", &format!("Subject: {MARK} "))
        .replace("\"subject\":\"", &format!("\"subject\":\"{MARK} "))
        .replace("Kind regards", MARK);
    letter.body = text.into_bytes();
    letter
}

fn ending(letter: Letter, outcome: &'static str) -> Letter {
    Letter { ends: Ends::Draft(outcome), ..letter }
}

fn with_header(mut letter: Letter, header: &str) -> Letter {
    letter.body = [format!("{header}\r\n").as_bytes(), &letter.body].concat();
    letter
}

fn without_proof(mut letter: Letter) -> Letter {
    let text = String::from_utf8_lossy(&letter.body).replace("mx.larkspur.example;", "mx.elsewhere.example;");
    letter.body = text.into_bytes();
    letter
}

/// A mail for each outcome, but for the one that needs Stripe to refuse a read.
fn letters() -> Vec<Letter> {
    let mut letters = vec![
        letter(0, 0, Wish::Invoice),
        letter(3, 1, Wish::Subscription),
        letter(4, 2, Wish::Cancellation),
        ending(letter(8, 3, Wish::Refund), "needs_approval"),
        ending(letter(12, 18, Wish::Refund), "needs_clarification"),
        ending(without_proof(letter(16, 4, Wish::Refund)), "needs_verification"),
        ending(letter(20, 99, Wish::Invoice), "no_customer"),
        with_two_senders(24, 5),
        ending(with_header(letter(28, 6, Wish::Invoice), "Auto-Submitted: auto-replied"), "ignored"),
        letter(32, 7, Wish::Portal),
        letter(36, 8, Wish::PaymentLink),
    ];
    letters = letters.into_iter().map(marked).collect();
    let is_marked = |letter: &Letter| {
        let text = String::from_utf8_lossy(&letter.body);
        text.matches(MARK).count() >= 3 && text.contains(IN_ADDRESSES)
    };
    assert!(letters.iter().all(is_marked), "a letter without its marks finds nothing");
    letters.extend((0..5).map(|way| broken(way * 20 + 119)));
    letters
}

#[tokio::test]
async fn nothing_of_marked_mails_is_in_metrics_logs_or_traces() -> Result<()> {
    run(&marked_shop()?, async |w| {
        let collector = Collector::start().await?;
        let run = w
            .postill(["worker"])
            .env("POSTILL_POLICY_REFUND_LIMIT", "eur=10.00")
            .env("POSTILL_LOG_FILTER", FILTER)
            .env("POSTILL_INGEST_TOKEN", format!("{PASSWORD}-{PASSWORD}-{PASSWORD}"))
            .env("POSTILL_OTLP_ENDPOINT", &collector.url);
        let watched = watched(run).await?;

        // One whose customer cannot be read, for good.
        w.stripe_fails("GET", "/v1/customers", Some(1), json!({ "kind": "balance_insufficient" })).await?;
        let failed = ending(marked(letter(40, 9, Wish::Invoice)), "failed");
        w.arrives(std::slice::from_ref(&failed)).await?;
        let first = w.outcomes_of(std::slice::from_ref(&failed), PATIENCE).await?;

        for fault in ["server_error", "lost_before_execution", "lost_after_execution", "lock_timeout"] {
            w.stripe_fails("GET", "/v1/", Some(4), json!({ "kind": fault })).await?;
        }
        w.stripe_fails("POST", "/v1/", Some(3), json!({ "kind": "lost_after_execution" })).await?;
        let letters = letters();
        w.arrives(&letters).await?;
        let stranger = marked(letter(44, 10, Wish::Invoice));
        w.arrives_with(&[stranger], &[("postill-workspace", "zinnober-house"), ("x-anna", "zinnober")])
            .await?;
        let outcomes = w.outcomes_of_others(&letters, first, PATIENCE).await?;
        let (mut seen, mut with_address) = (BTreeSet::new(), 0);
        for letter in letters.iter().chain([&failed]) {
            if let Ends::Draft(expected) = &letter.ends {
                let draft = outcomes.draft(letter)?;
                ensure!(at(&draft, "/data/outcome") == *expected, "not {expected}: {draft:#}");
                with_address += usize::from(draft.to_string().contains(IN_ADDRESSES));
                seen.insert(*expected);
            }
        }
        ensure!(seen.len() == 9, "not every outcome: {seen:?}");
        ensure!(with_address > 5, "drafts do tell addresses, so what they are made of was there");
        watched.tells("postill_mails_dead_total reason=\"not_connected\"", 1.0).await?;

        // The key is refused, and the collector told of it too.
        w.stripe_fails("GET", "/v1/", None, json!({ "kind": "revoked_key" })).await?;
        w.arrives(&[marked(letter(48, 11, Wish::Invoice))]).await?;
        watched.complains("Stripe refuses the key").await?;
        let (_, complaints) = watched.asks("/readyz").await?;
        let (_, metrics) = watched.asks("/metrics").await?;
        watched.worker.terminate()?;
        let logs = watched.worker.wait(PATIENCE).await?.stderr;

        ensure!(logs.contains("called Stripe") && logs.contains("mail ended"), "the log is not at debug");
        ensure!(collector.spans()?.len() > 50, "hardly anything was traced");
        let spans = String::from_utf8_lossy(&collector.bytes()).into_owned();
        ensure!(spans.contains("GET /v1/customers") && metrics.contains("GET /v1/customers"), "not as text");
        let places =
            [("the metrics", metrics), ("the log", logs), ("the spans", spans), ("/readyz", complaints)];
        for (place, text) in places {
            let text = text.to_lowercase();
            for mark in [MARK, IN_ADDRESSES, PASSWORD, KEY, "larkspur_demo", "signed up by mistake"] {
                if let Some(found) = text.find(mark) {
                    let around: String = text.chars().skip(found.saturating_sub(200)).take(400).collect();
                    anyhow::bail!("{place} holds {mark}: …{around}…");
                }
            }
        }
        Ok(())
    })
    .await
}
