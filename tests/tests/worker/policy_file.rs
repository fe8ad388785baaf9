//! The policy in the configuration file changes while a worker runs.

use std::fs;
use std::time::Instant;

use anyhow::{Result, ensure};
use serde_json::Value;
use tests::Postill;

use crate::letters::{Wish, letter};
use crate::outcomes::at;
use crate::shop::shop;
use crate::world::{PATIENCE, World, run, started};

const TO_A_HUNDRED: &str = "[policy.refund]\nlimit = { eur = \"100.00\" }\n";
const TO_ONE: &str = "[policy.refund]\nlimit = { eur = \"1.00\" }\n";
const WRONG: &str = "[policy.refund]\nlimit = { eur = \"100.00\" }\nwindow_days = \"soon\"\n";

const TAKEN_OVER: &str = "the policy of the configuration file is taken over";
const IS_WRONG: &str = "the configuration file is wrong; the policy stays as it was";
const IS_GONE: &str = "the configuration file cannot be read; the policy stays as it was";

#[tokio::test]
async fn a_changed_file_rules_the_next_mail_and_a_broken_one_changes_nothing() -> Result<()> {
    run(&shop(5), async |w| {
        let folder = tempfile::tempdir()?;
        let file = folder.path().join("postill.toml");
        fs::write(&file, TO_A_HUNDRED)?;
        let mut worker = follower(w, &file.display().to_string()).await?;
        let at_first = judged(w, 0, "action_taken").await?;

        fs::write(&file, TO_ONE)?;
        let written = Instant::now();
        worker.wait_for_text(TAKEN_OVER, PATIENCE).await?;
        eprintln!("taken over {:?} after it was written", written.elapsed());
        let under_one = judged(w, 1, "needs_approval").await?;
        ensure!(under_one != at_first, "two policies, one version");

        fs::write(&file, WRONG)?;
        worker.wait_for_text(IS_WRONG, PATIENCE).await?;
        ensure!(
            worker.stderr().contains("expected a whole number of at least 0"),
            "it is not said what is wrong"
        );
        ensure!(judged(w, 2, "needs_approval").await? == under_one, "a broken file had an effect");

        fs::remove_file(&file)?;
        worker.wait_for_text(IS_GONE, PATIENCE).await?;
        ensure!(judged(w, 3, "needs_approval").await? == under_one, "a missing file had an effect");
        for said_once in [IS_WRONG, IS_GONE] {
            ensure!(worker.stderr().matches(said_once).count() == 1, "{said_once:?} is not said once");
        }

        fs::write(&file, TO_A_HUNDRED)?;
        tests::wait_until("the file to be back", PATIENCE, async || {
            Ok(worker.stderr().matches(TAKEN_OVER).count() == 2)
        })
        .await?;
        ensure!(judged(w, 4, "action_taken").await? == at_first, "the same policy has another version");
        w.stops(worker).await
    })
    .await
}

/// A worker with limits of its file alone.
async fn follower(w: &World, file: &str) -> Result<Postill> {
    let limits = w.postill(["worker"]).without_env("POSTILL_POLICY_REFUND_LIMIT");
    started(limits.env("POSTILL_CONFIG", file)).await
}

/// Asks for a refund, checks how that ends, and gives the version of the policy that judged it.
async fn judged(w: &World, customer: usize, outcome: &str) -> Result<Value> {
    let draft = w.answers(&letter(customer, customer, Wish::Refund), outcome).await?;
    Ok(at(&draft, "/data/actions/0/policy_version").clone())
}
