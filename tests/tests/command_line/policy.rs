//! `postill policy`: shown with its origins, checked before it takes its place, tested with examples.

use std::path::Path;

use anyhow::{Result, ensure};
use serde_json::Value;
use tests::Run;

use crate::desk::{Desk, notes, says};

const CONFIGURED: &str = "[mail]\ntrusted_authserv_ids = [\"mx.example.com\"]\n[policy.functions]\nrefund = \"on\"\n\
                          [policy.refund]\nlimit = { eur = \"100.00\" }\n";

/// What lies in `deploy` for whoever writes a policy.
fn deployed(name: &str) -> String {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../deploy").join(name).display().to_string()
}

async fn json(run: Run, code: i32) -> Result<Value> {
    Ok(serde_json::from_str(&says(run, code, &[], &[]).await?.stdout)?)
}

fn text<'a>(value: &'a Value, pointer: &str) -> &'a str {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}

#[tokio::test]
async fn the_sample_policy_is_valid_and_says_what_its_examples_expect() -> Result<()> {
    let desk = Desk::new().await?;
    let (policy, examples) = (deployed("policy.toml"), deployed("policy-examples.toml"));
    let run = desk.postill(["policy", "test", &examples, "--policy", &policy]);
    notes(run, 0, &["14 of 14 examples passed"], &["failed"]).await?;
    notes(desk.postill(["policy", "check", &policy]), 0, &["the file is valid"], &["covered"]).await?;
    ensure!(!desk.folder().join("ledger.db").exists(), "a ledger was made to look at files");
    Ok(())
}

#[tokio::test]
async fn an_example_that_ends_otherwise_is_shown_with_every_rule() -> Result<()> {
    let desk = Desk::new().await?;
    let policy = desk.file("postill.toml", CONFIGURED)?;
    let examples = desk.file(
        "examples.toml",
        "[[example]]\nname = \"far too much\"\nfunction = \"refund\"\namount = \"100.01 eur\"\nexpect = \"passed\"\n\
         [[example]]\nname = \"little\"\nfunction = \"refund\"\namount = \"1 eur\"\nexpect = \"passed\"\n",
    )?;
    let run = || desk.postill(["--config", &policy, "policy", "test", &examples]);
    let words = [
        "far too much",
        "needs_approval (above_limit)",
        "workspace_day",
        "100.01 eur is above the 100.00 eur",
    ];
    let finished = says(run(), 1, &words, &[]).await?;
    ensure!(finished.stderr.contains("1 of 2 examples failed"), "{finished:?}");
    let tested = json(desk.postill(["--config", &policy, "policy", "test", &examples, "--json"]), 1).await?;
    ensure!(tested.pointer("/failed") == Some(&1.into()), "{tested:#}");
    ensure!(text(&tested, "/examples/0/got/reason") == "above_limit", "{tested:#}");
    Ok(())
}

#[tokio::test]
async fn examples_that_cannot_be_meant_are_named_at_once() -> Result<()> {
    let desk = Desk::new().await?;
    let examples = desk.file(
        "examples.toml",
        "[[example]]\nname = \"one\"\nfunction = \"refund\"\nexpect = \"passed\"\n\
         [[example]]\nname = \"two\"\nfunction = \"refund\"\namount = \"ten\"\nexpect = \"passed\"\n\
         [[example]]\nname = \"three\"\nfunction = \"refund\"\namount = \"1 eur\"\nspent_by_customer = \"1 usd\"\nexpect = \"passed\"\n\
         [[example]]\nname = \"four\"\nfunction = \"cancel_subscription\"\namount = \"1 eur\"\nexpect = \"passed\"\n\
         [[example]]\nname = \"five\"\nfunction = \"portal_link\"\nexpect = \"passed\"\nreason = \"day_limit\"\n",
    )?;
    let words = [
        "\"one\": a refund needs an amount",
        "\"two\": \"ten\" is no amount",
        "\"three\": what was spent is in another currency",
        "\"four\": amount, age_days",
        "\"five\": expected passed, and a reason",
    ];
    notes(desk.postill(["policy", "test", &examples]), 65, &words, &[]).await?;
    for wrong in ["", "[[example]]\nname = 1\n", "[[example]]\nnmae = \"x\"\n"] {
        let examples = desk.file("examples.toml", wrong)?;
        notes(desk.postill(["policy", "test", &examples]), 65, &["examples.toml", "--help"], &[]).await?;
    }
    notes(desk.postill(["policy", "test", "/nowhere/examples.toml"]), 65, &["/nowhere/examples.toml"], &[])
        .await?;
    Ok(())
}

#[tokio::test]
async fn a_file_is_checked_before_it_takes_its_place() -> Result<()> {
    let desk = Desk::new().await?;
    let now = desk.file("postill.toml", CONFIGURED)?;
    let check = |file: &str| desk.postill(["--config", &now, "policy", "check", file]);
    let same = notes(check(&now), 0, &["the policy stays as it is", "as configured now"], &[]).await?;
    ensure!(same.stdout.is_empty(), "{same:?}");
    let then = CONFIGURED.replace("100.00", "80.00")
        + "day_limit_customer = { eur = \"50\" }\n[amqp]\nprefetch = 7\n";
    let then = desk.file("then.toml", then)?;
    let changed = says(check(&then), 0, &["policy.refund.limit", "eur=100.00", "eur=80.00"], &[]).await?;
    for word in ["takes a restart: amqp.prefetch", "no single refund above 50.00 eur passes"] {
        ensure!(changed.stderr.contains(word), "{word:?} is not said: {changed:?}");
    }
    let covered = check(&then).env("POSTILL_POLICY_REFUND_LIMIT", "eur=1");
    notes(covered, 0, &["is covered by POSTILL_POLICY_REFUND_LIMIT"], &["eur=80.00"]).await?;
    Ok(())
}

#[tokio::test]
async fn everything_wrong_with_a_file_is_said_and_ends_with_64() -> Result<()> {
    let desk = Desk::new().await?;
    let wrong = desk.file(
        "wrong.toml",
        "[policy.functions]\nrefund = \"on\"\n[policy.refund]\nlimit = { eur = \"-1\" }\ntwo_persons = { eur = \"1\" }\n\
         assurance = \"weak\"\n",
    )?;
    let words = [
        "such as eur=100.00",
        "did you mean policy.refund.two_persons_above?",
        "authenticated or confirmed",
        "nobody's sender can be authenticated",
    ];
    notes(desk.postill(["policy", "check", &wrong]), 64, &words, &[]).await?;
    let found = json(desk.postill(["policy", "check", &wrong, "--json"]), 64).await?;
    ensure!(found.pointer("/valid") == Some(&false.into()), "{found:#}");
    ensure!(
        found.pointer("/errors").and_then(Value::as_array).is_some_and(|errors| errors.len() == 4),
        "{found:#}"
    );
    Ok(())
}

#[tokio::test]
async fn the_policy_is_shown_with_the_switches_of_the_workspace_over_it() -> Result<()> {
    let desk = Desk::new().await?;
    let now = desk.file("postill.toml", CONFIGURED)?;
    let show = || desk.postill(["--config", &now, "policy", "show", "--json"]);
    let before = json(show(), 0).await?;
    desk.postill(["--config", &now, "functions", "approval", "refund"]).finish(crate::desk::SOON).await?;
    let after = json(show(), 0).await?;
    ensure!(text(&before, "/version") != text(&after, "/version"), "{after:#}");
    let words = ["policy.functions.refund", "approval", "the ledger (postill functions)", "eur=100.00", &now];
    let table = says(desk.postill(["--config", &now, "policy", "show"]), 0, &words, &[]).await?;
    ensure!(table.stderr.contains(text(&after, "/version")), "{table:?}");
    let elsewhere =
        desk.postill(["--config", &now, "policy", "check", &now, "--workspace", "default", "--json"]);
    let counted_in = json(elsewhere, 0).await?;
    ensure!(text(&counted_in, "/version/after") == text(&after, "/version"), "{counted_in:#}");
    Ok(())
}
