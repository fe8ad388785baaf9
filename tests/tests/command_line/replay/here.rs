//! On this machine: through the engine, for a report, with nothing changed anywhere.

use std::fs;

use anyhow::{Context, Result, ensure};
use serde_json::Value;
use tests::{Postill, Run};

use super::{balanced, exited, mbox};
use crate::desk::{Desk, EXPIRED, FULL, SOON, json_lines, notes, samples};
use crate::mailboxes::VERIFIER;

/// The sample mailbox with all functions on.
fn replay(desk: &Desk, arguments: &[&str]) -> Run {
    let mails = samples().join("mail").display().to_string();
    let arguments = [&["replay", "--here"], arguments, &[mails.as_str()]].concat();
    with_settings(desk, Postill::with(arguments))
}

fn with_settings(desk: &Desk, run: Run) -> Run {
    run.env("POSTILL_STRIPE_URL", desk.stripe_url())
        .env("POSTILL_STRIPE_KEY", FULL)
        .env("POSTILL_STRIPE_REQUESTS_PER_SECOND", "5000")
        .env("POSTILL_MAIL_TRUSTED_AUTHSERV_IDS", VERIFIER)
        .env("POSTILL_POLICY_FUNCTIONS_REFUND", "on")
        .env("POSTILL_POLICY_FUNCTIONS_CANCEL_SUBSCRIPTION", "on")
        .env("POSTILL_POLICY_REFUND_LIMIT", "eur=100.00")
}

fn json(path: &str) -> Result<Value> {
    Ok(serde_json::from_slice(&fs::read(path)?)?)
}

#[tokio::test]
async fn a_mailbox_is_answered_for_a_report_that_names_nobody_and_changes_nothing() -> Result<()> {
    let desk = Desk::new().await?;
    let [report_path, page] =
        ["report.json", "report.html"].map(|name| desk.folder().join(name).display().to_string());
    let run = replay(&desk, &["--report", &report_path, "--html", &page])
        .env("POSTILL_DATABASE_URL", format!("sqlite:{}", desk.folder().join("ledger.db").display()));
    let finished = run.finish(SOON).await?;
    exited(&finished, 0)?;
    ensure!(!desk.folder().join("ledger.db").exists(), "a ledger was made");

    let report = json(&report_path)?;
    let mails = fs::read_dir(samples().join("mail"))?.count();
    ensure!(balanced(&report["counts"])? == mails as u64, "{report}");
    let answers = &report["answers"];
    ensure!(answers["outcomes"]["action_taken"].is_null(), "something was done: {answers}");
    ensure!(answers["outcomes"]["answered"].as_u64() > Some(20), "{answers}");
    let refunds = &answers["would_have"]["refund"]["by_policy"];
    ensure!(
        refunds["count"].as_u64() > Some(3) && refunds["amounts"][0]["minor"].as_u64() > Some(0),
        "{answers}"
    );
    ensure!(answers["reasons"]["dry_run"].as_u64() >= refunds["count"].as_u64(), "{answers}");

    let lines = json_lines(&fs::read_to_string(desk.folder().join("report.mails.jsonl"))?)?;
    ensure!(lines.len() == mails, "{} lines", lines.len());
    for line in &lines {
        let mut fields: Vec<&String> = line.as_object().context("no object")?.keys().collect();
        fields.sort_unstable();
        ensure!(fields == ["fingerprint", "intent", "outcome"], "{line}");
    }
    let kept = [
        fs::read_to_string(&report_path)?,
        fs::read_to_string(&page)?,
        finished.stdout,
        finished.stderr,
        lines.iter().map(Value::to_string).collect(),
    ];
    for said in &kept {
        for personal in [".example", "Marta", "Keller", "Rechnung"] {
            ensure!(!said.contains(personal), "{personal:?} is said: {said}");
        }
    }
    Ok(())
}

#[tokio::test]
async fn a_comparison_finds_the_mail_that_is_read_otherwise() -> Result<()> {
    let desk = Desk::new().await?;
    let at = |name: &str| desk.folder().join(name).display().to_string();
    exited(&replay(&desk, &["--report", &at("before.json")]).finish(SOON).await?, 0)?;
    let (lines, mut changed) = (fs::read_to_string(at("before.mails.jsonl"))?, None);
    let other: Vec<String> = lines
        .lines()
        .map(|line| {
            let is_it =
                changed.is_none() && line.contains("\"invoice_lookup\"") && line.contains("\"answered\"");
            if is_it {
                changed = serde_json::from_str::<Value>(line).ok();
            }
            if is_it { line.replace("invoice_lookup", "payment_status") } else { line.to_owned() }
        })
        .collect();
    let changed = changed.context("no mail to change")?;
    fs::write(at("before.mails.jsonl"), other.join("\n"))?;

    let after = replay(&desk, &["--compare", &at("before.json"), "--report", &at("after.json")]);
    let finished = after.finish(SOON).await?;
    exited(&finished, 0)?;
    ensure!(finished.stdout.contains("intent payment status → invoice lookup: 1"), "{finished:?}");
    let differences = &json(&at("after.json"))?["differences"];
    ensure!(
        differences["changed"] == 1 && differences["new"] == 0 && differences["missing"] == 0,
        "{differences}"
    );
    let listed = &differences["listed"][0];
    ensure!(listed["fingerprint"] == changed["fingerprint"], "{differences}");
    ensure!(listed["intent_before"] == "payment_status" && listed["intent"] == "invoice_lookup", "{listed}");

    let off = replay(&desk, &["--compare", &at("before.json"), "--report", &at("off.json")])
        .env("POSTILL_POLICY_FUNCTIONS_REFUND", "off");
    exited(&off.finish(SOON).await?, 0)?;
    let changes = &json(&at("off.json"))?["differences"]["outcomes"];
    let to_a_person = changes
        .as_array()
        .context("no changes")?
        .iter()
        .any(|change| change["before"] == "needs_approval" && change["now"] == "handoff");
    ensure!(to_a_person, "{changes}");
    Ok(())
}

#[tokio::test]
async fn without_a_key_it_says_what_to_do() -> Result<()> {
    let desk = Desk::new().await?;
    let archive = desk.file("archive", mbox(3))?;
    let words = ["Stripe Secret Key is required", "POSTILL_STRIPE_KEY", "postill connect"];
    let run = || desk.postill(["replay", "--here", &archive]);
    notes(run(), 64, &words, &[]).await?;
    let expired = run().env("POSTILL_STRIPE_KEY", EXPIRED);
    notes(expired, 64, &["the Stripe key has expired", "make a new restricted key"], &[EXPIRED]).await?;
    let compared = desk.postill(["replay", "--into-queue", "--compare", &archive, &archive]);
    notes(compared, 64, &["only --here finds out"], &[]).await?;
    Ok(())
}
