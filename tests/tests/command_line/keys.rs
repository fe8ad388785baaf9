//! Stripe keys that are none, that Stripe refuses, or that may do too little.

use anyhow::{Result, ensure};
use serde_json::Value;
use tests::Postill;

use crate::desk::{
    CUSTOMERS_ONLY, Desk, EXPIRED, FULL, LIVE, MARTA, NO_REFUND, QUESTION, SOON, UNKNOWN, json_lines, notes,
    sample, says,
};

/// Refunds may be on only where somebody can be believed.
const REFUNDS_ON: [&str; 4] =
    ["--set", "policy.functions.refund=on", "--set", "mail.trusted_authserv_ids=mx.larkspur.example"];

#[tokio::test]
async fn a_publishable_key_is_refused_with_what_to_paste_instead() -> Result<()> {
    let desk = Desk::new().await?;
    let words = ["Stripe Secret Key is required", "publishable key (pk_…)", "rk_test_…", "sk_…"];
    for key in ["pk_test_larkspurlarkspur0001", "pk_live_larkspurlarkspur0001"] {
        notes(desk.postill(["connect"]).input(key), 64, &words, &[key]).await?;
        // The same key in the environment stops every verb.
        for verb in ["worker", "doctor", "migrate"] {
            let run = desk.postill([verb]).env("POSTILL_STRIPE_KEY", key);
            let finished = run.finish(SOON).await?;
            let all = format!("{}{}", finished.stdout, finished.stderr);
            ensure!(finished.status.code() == Some(64), "{verb}: {all}");
            ensure!(words.iter().all(|word| all.contains(word)) && !all.contains(key), "{verb}: {all}");
            ensure!(all.contains("stripe.key (POSTILL_STRIPE_KEY)"), "{verb}: {all}");
        }
    }
    Ok(())
}

#[tokio::test]
async fn what_is_no_key_is_named_and_not_repeated() -> Result<()> {
    let desk = Desk::new().await?;
    let connect = |key: &str| desk.postill(["connect"]).input(key);
    let webhook = "whsec_larkspurlarkspur0001";
    notes(
        connect(webhook),
        64,
        &["Stripe Secret Key is required", "webhook (whsec_…)", "rk_test_…"],
        &[webhook],
    )
    .await?;
    notes(connect("correct horse battery"), 64, &["starts with rk_test_"], &["horse"]).await?;
    notes(connect("sk_test_ab cd"), 64, &["copy it again from the dashboard"], &["ab cd"]).await?;
    notes(connect(""), 64, &["Stripe Secret Key is required", "rk_test_…"], &[]).await?;
    Ok(())
}

#[tokio::test]
async fn a_key_that_stripe_refuses_says_why_and_what_to_do() -> Result<()> {
    let desk = Desk::new().await?;
    for (key, why) in [(EXPIRED, "has expired"), (UNKNOWN, "Stripe does not know the key")] {
        let words = [why, "make a new restricted key", "Developers, API keys", "status 401"];
        notes(desk.postill(["connect"]).input(key), 64, &words, &[key]).await?;
        let run = desk.postill(["simulate", "--from", MARTA, QUESTION]).env("POSTILL_STRIPE_KEY", key);
        notes(run, 64, &words, &[key, MARTA]).await?;
    }
    Ok(())
}

#[tokio::test]
async fn connect_names_the_row_to_tick_for_a_missing_permission() -> Result<()> {
    let desk = Desk::new().await?;
    let [a, b, c, d] = REFUNDS_ON;
    let run = desk.postill(["connect", "--dry-run", "--probe-writes", a, b, c, d]).input(NO_REFUND);
    let finished =
        says(run, 1, &["✘ missing  Refunds: Write", "✔ granted  Subscriptions: Write"], &[NO_REFUND]).await?;
    ensure!(
        finished
            .stderr
            .contains("missing: tick Refunds: Write for this key in Stripe under Developers, API keys"),
        "{}",
        finished.stderr
    );
    // While refunds are off nothing that is needed is missing.
    let run = desk.postill(["connect", "--dry-run", "--probe-writes"]).input(NO_REFUND);
    says(run, 0, &["Refunds: Write", "refund (off)"], &[NO_REFUND]).await?;
    Ok(())
}

#[tokio::test]
async fn doctor_names_the_row_to_tick_for_a_missing_permission() -> Result<()> {
    let desk = Desk::new().await?;
    let run = desk.postill(["doctor"]).env("POSTILL_STRIPE_KEY", CUSTOMERS_ONLY);
    let words = ["rk_test_…0005 lacks a permission", "tick ", "Invoices: Read", "Developers, API keys"];
    says(run, 64, &words, &[CUSTOMERS_ONLY]).await?;
    Ok(())
}

#[tokio::test]
async fn simulate_names_the_row_to_tick_for_a_missing_permission() -> Result<()> {
    let desk = Desk::new().await?;
    let run = desk.postill(["simulate", "--from", MARTA, QUESTION]).env("POSTILL_STRIPE_KEY", CUSTOMERS_ONLY);
    let words = ["lacks a permission: Invoices: Read", "tick Invoices: Read", "Developers, API keys"];
    notes(run, 64, &words, &[CUSTOMERS_ONLY, MARTA]).await?;
    Ok(())
}

#[tokio::test]
async fn a_draft_names_the_row_for_a_missing_permission() -> Result<()> {
    let desk = Desk::new().await?;
    let folder = desk.folder().display().to_string();
    let key = format!("stripe.key={NO_REFUND}");
    says(Postill::with(["demo", "--dir", &folder, "--set", &key]), 0, &["permission_missing"], &[NO_REFUND])
        .await?;
    let drafts = json_lines(&std::fs::read_to_string(desk.folder().join("drafts.jsonl"))?)?;
    let reasons: Vec<&Value> =
        drafts.iter().filter_map(|draft| draft["data"]["reasons"].as_array()).flatten().collect();
    let missing: Vec<&&Value> =
        reasons.iter().filter(|reason| reason["code"] == "permission_missing").collect();
    ensure!(!missing.is_empty(), "{reasons:#?}");
    for reason in missing {
        ensure!(reason["text"].as_str().is_some_and(|text| text.contains("Refunds: Write")), "{reason}");
    }
    Ok(())
}

#[tokio::test]
async fn an_unknown_address_is_told_with_the_mode_that_was_looked_in() -> Result<()> {
    let desk = Desk::new().await?;
    let simulate = |key: &str| {
        desk.postill(["simulate", "--from", "nobody@nowhere.example", QUESTION])
            .env("POSTILL_STRIPE_KEY", key)
    };
    let words =
        ["no_customer", "no customer has this address in the test data", "does not see live customers"];
    says(simulate(FULL), 0, &words, &[FULL]).await?;
    let live = simulate(LIVE).env("POSTILL_STRIPE_ALLOW_LIVE", "on");
    says(live, 0, &["no_customer", "in the live data"], &[LIVE]).await?;
    Ok(())
}

#[tokio::test]
async fn a_test_key_does_not_see_a_live_customer_and_says_so() -> Result<()> {
    let desk = Desk::new().await?;
    let mail = sample("40-alleen-live.eml");
    let simulate = |key: &str| desk.postill(["simulate", "--file", &mail]).env("POSTILL_STRIPE_KEY", key);
    says(simulate(FULL), 0, &["no_customer", "a test key does not see live customers"], &[FULL]).await?;
    let live = simulate(LIVE).env("POSTILL_STRIPE_ALLOW_LIVE", "on");
    let finished = live.finish(SOON).await?;
    ensure!(finished.status.success() && !finished.stdout.contains("no_customer"), "{}", finished.stdout);
    Ok(())
}

#[tokio::test]
async fn a_live_key_needs_the_second_switch() -> Result<()> {
    let desk = Desk::new().await?;
    let words = ["live key", "not switched on", "stripe.allow_live = \"on\"", "rk_test_…"];
    notes(desk.postill(["connect"]).input(LIVE), 64, &words, &[LIVE]).await?;
    notes(desk.postill(["worker"]).env("POSTILL_STRIPE_KEY", LIVE), 64, &words, &[LIVE]).await?;
    let allowed = desk.postill(["connect", "--dry-run"]).env("POSTILL_STRIPE_ALLOW_LIVE", "on").input(LIVE);
    says(allowed, 0, &["sk_live_…0001", "LIVE data, real money"], &[LIVE]).await?;
    Ok(())
}

#[tokio::test]
async fn without_a_key_it_says_that_one_is_required() -> Result<()> {
    let desk = Desk::new().await?;
    let words = ["Stripe Secret Key is required", "POSTILL_STRIPE_KEY", "postill connect"];
    notes(desk.postill(["simulate", "--from", MARTA, QUESTION]), 64, &words, &[MARTA]).await?;
    notes(desk.postill(["worker"]), 64, &words, &[]).await?;
    Ok(())
}
