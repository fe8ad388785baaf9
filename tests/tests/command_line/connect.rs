//! A Stripe key from a person's hand to the worker that uses it: checked, sealed, and shown nowhere.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use tests::rabbit;

use crate::desk::{Desk, FULL, LIVE, MARTA, NO_REFUND, QUESTION, SOON, notes, sample, says};

#[tokio::test]
async fn a_key_from_a_file_or_from_standard_input_is_stored_sealed() -> Result<()> {
    let desk = Desk::new().await?;
    let file = desk.file("key", format!("  {FULL}\n"))?;
    let stored = ["connected rk_test_…0002: TEST data", "✔ granted"];
    let from_file = says(desk.postill(["connect", "--key-file", &file]), 0, &stored, &[FULL]).await?;
    ensure!(from_file.stderr.contains("stored, sealed, for the workspace default"), "{}", from_file.stderr);
    fs::remove_file(&file)?;
    says(desk.postill(["connect", "--workspace", "piped"]).input(NO_REFUND), 0, &["…0003"], &[NO_REFUND])
        .await?;

    let master_key = desk.folder().join("ledger.db.key");
    let mode = fs::metadata(&master_key)?.permissions().mode() & 0o777;
    ensure!(mode == 0o600, "{mode:o}");
    for key in [FULL, NO_REFUND] {
        for part in [key, &key[3..], &key[8..]] {
            ensure!(!lies_in(desk.folder(), part)?, "{part} lies in the folder of the ledger");
        }
    }
    Ok(())
}

/// Whether a text stands in any file of a folder.
fn lies_in(folder: &Path, text: &str) -> Result<bool> {
    for entry in fs::read_dir(folder)? {
        let bytes = fs::read(entry?.path())?;
        if bytes.windows(text.len()).any(|window| window == text.as_bytes()) {
            return Ok(true);
        }
    }
    Ok(false)
}

#[tokio::test]
async fn doctor_and_simulate_use_the_stored_key_of_each_workspace() -> Result<()> {
    let desk = Desk::new().await?;
    for (workspace, key) in [("one", FULL), ("two", NO_REFUND)] {
        says(desk.postill(["connect", "--workspace", workspace]).input(key), 0, &[], &[key]).await?;
    }
    let doctor = desk.postill(["doctor"]).env("POSTILL_AMQP_URL", "amqp://127.0.0.1:1");
    let words = ["workspace one: rk_test_…0002 is accepted", "workspace two: rk_test_…0003 is accepted"];
    says(doctor, 69, &words, &[FULL, NO_REFUND]).await?;
    for workspace in ["one", "two"] {
        let run = desk.postill(["simulate", "--workspace", workspace, "--from", MARTA, QUESTION]);
        says(run, 0, &["LARK0001-0004", "answered"], &[FULL, NO_REFUND]).await?;
    }
    let stranger = desk.postill(["simulate", "--workspace", "three", "--from", MARTA, QUESTION]);
    notes(stranger, 64, &["none is connected to the workspace three"], &[MARTA]).await?;
    Ok(())
}

#[tokio::test]
async fn doctor_names_the_keys_that_need_the_master_key_of_before() -> Result<()> {
    const BEFORE: &str = "QUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUE=";
    const NOW: &str = "QkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkI=";
    let desk = Desk::new().await?;
    for (workspace, master_key) in [("one", BEFORE), ("two", NOW)] {
        let connect =
            desk.postill(["connect", "--workspace", workspace]).env("POSTILL_MASTER_KEY", master_key);
        says(connect.input(FULL), 0, &[], &[FULL]).await?;
    }
    let doctor = desk
        .postill(["doctor"])
        .env("POSTILL_AMQP_URL", "amqp://127.0.0.1:1")
        .env("POSTILL_MASTER_KEY", NOW)
        .env("POSTILL_MASTER_KEY_BEFORE", BEFORE);
    let words =
        ["SQLite 3.", "tables up to date", "master_key_before still opens keys of one: seal them anew"];
    says(doctor, 69, &words, &[FULL, BEFORE, NOW]).await?;
    Ok(())
}

#[tokio::test]
async fn the_worker_uses_the_stored_keys_and_says_none_of_them() -> Result<()> {
    let desk = Desk::new().await?;
    let vhost = rabbit().await?;
    says(desk.postill(["topology", "apply"]).env("POSTILL_AMQP_URL", &vhost.amqp_url), 0, &[], &[]).await?;
    for (workspace, key) in [("one", FULL), ("two", NO_REFUND)] {
        says(desk.postill(["connect", "--workspace", workspace]).input(key), 0, &[], &[key]).await?;
    }
    let worker =
        desk.postill(["worker", "--set", "log.filter=trace"]).env("POSTILL_AMQP_URL", &vhost.amqp_url);
    let mut worker = worker.start()?;
    worker.wait_for_text("worker started", SOON).await?;
    let mail = sample("01-rechnung-oktober.eml");
    for workspace in ["one", "two"] {
        let ingest = desk
            .postill(["ingest", "--workspace", workspace, &mail])
            .env("POSTILL_AMQP_URL", &vhost.amqp_url);
        notes(ingest, 0, &["1 published and confirmed"], &[]).await?;
    }
    let drafts = vhost.wait_for_messages("postill.drafts", 2, SOON).await?;
    let mut answered = Vec::new();
    for draft in &drafts {
        let draft: Value = serde_json::from_slice(&draft.data)?;
        ensure!(draft["data"]["outcome"] == "answered", "{draft:#}");
        answered.push(draft["data"]["workspace"].as_str().context("no workspace")?.to_owned());
    }
    answered.sort();
    ensure!(answered == ["one", "two"], "{answered:?}");
    worker.terminate()?;
    let finished = worker.wait(SOON).await?;
    ensure!(finished.status.success() && finished.stdout.is_empty(), "{finished:?}");
    for secret in [FULL, NO_REFUND, "marta.keller@", "Marta.Keller@"] {
        ensure!(!finished.stderr.contains(secret), "{secret} stands in the log");
    }
    Ok(())
}

#[tokio::test]
async fn a_dry_run_stores_nothing() -> Result<()> {
    let desk = Desk::new().await?;
    says(desk.postill(["connect", "--dry-run"]).input(FULL), 0, &["✔ granted"], &[FULL]).await?;
    ensure!(fs::read_dir(desk.folder())?.next().is_none(), "a file was made");
    Ok(())
}

#[tokio::test]
async fn a_server_needs_a_master_key_before_a_key_is_stored() -> Result<()> {
    let desk = Desk::new().await?;
    let database = tests::postgres().await?;
    let run = |verb: &str| desk.postill([verb]).env("POSTILL_DATABASE_URL", &database.url);
    says(run("migrate"), 0, &[], &[]).await?;
    let words = ["without a master key", "POSTILL_MASTER_KEY_FILE", "openssl rand -base64 32"];
    notes(run("connect").input(FULL), 64, &words, &[FULL]).await?;
    let master_key = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
    says(
        run("connect").env("POSTILL_MASTER_KEY", master_key).input(FULL),
        0,
        &["…0002"],
        &[FULL, master_key],
    )
    .await?;
    // A key that cannot be opened is not passed over in silence.
    let other = "BBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBA=";
    let simulate =
        || desk.postill(["simulate", "--from", MARTA, QUESTION]).env("POSTILL_DATABASE_URL", &database.url);
    notes(simulate(), 64, &["cannot be used", "the master key that opens it is missing"], &[FULL]).await?;
    let with_other = simulate().env("POSTILL_MASTER_KEY", other);
    notes(with_other, 64, &["cannot be used", "sealed with a master key that is not configured"], &[other])
        .await?;
    says(simulate().env("POSTILL_MASTER_KEY", master_key), 0, &["answered"], &[FULL, master_key]).await?;
    Ok(())
}

#[tokio::test]
async fn a_stored_live_key_rests_until_live_is_switched_on() -> Result<()> {
    let desk = Desk::new().await?;
    let connect = desk.postill(["connect"]).env("POSTILL_STRIPE_ALLOW_LIVE", "on").input(LIVE);
    says(connect, 0, &["LIVE data, real money"], &[LIVE]).await?;
    let words =
        ["the stored Stripe key of the workspace default cannot be used", "live keys are not switched on"];
    notes(desk.postill(["simulate", "--from", MARTA, QUESTION]), 64, &words, &[LIVE]).await?;
    notes(desk.postill(["worker"]), 64, &words, &[LIVE]).await?;
    Ok(())
}

#[tokio::test]
async fn a_saved_case_holds_as_long_as_the_same_becomes_of_it() -> Result<()> {
    let desk = Desk::new().await?;
    let case = |outcome: &str| {
        json!({
            "schema": "postill.case.v1", "from": MARTA, "subject": "", "text": QUESTION, "assumed": "authenticated",
            "expected": { "label": "invoice_lookup", "outcome": outcome, "customer": "cus_LarkMartaKeller0",
                "reasons": ["facts_found"] },
        })
    };
    let simulate = |path: &str| desk.postill(["simulate", "--case", path]).env("POSTILL_STRIPE_KEY", FULL);
    let holds = desk.file("holds.json", case("answered").to_string())?;
    says(simulate(&holds), 0, &["as expected"], &[]).await?;
    let differs = desk.file("differs.json", case("handoff").to_string())?;
    says(simulate(&differs), 1, &["not as expected", "expected  handoff", "became    answered"], &[MARTA])
        .await?;
    let none = desk.file("none.json", "{}")?;
    notes(simulate(&none), 65, &["is no test case"], &[]).await?;
    Ok(())
}
