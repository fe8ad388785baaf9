//! The kill switch while mail flows: by the command line and by a file.

use std::time::Duration;

use anyhow::{Result, ensure};
use tests::wait_until;

use crate::letters::{Letter, Wish, letter};
use crate::outcomes::at;
use crate::shop::shop;
use crate::world::{PATIENCE, World, run, started};

/// Enough that many are still to be refunded when the switch is thrown.
const MAILS: usize = 150;
/// The switch is thrown after so many.
const REFUNDED_BEFORE: usize = 10;
/// How long the switch may take as a file.
const A_SECOND: Duration = Duration::from_secs(1);

#[tokio::test]
async fn after_halt_has_returned_nothing_is_written_and_resume_lets_it_go_on() -> Result<()> {
    run(&shop(MAILS + 1), async |w| {
        let worker = w.worker().await?;
        let letters = mail_flows(w).await?;
        w.command(["halt", "--all", "--reason", "a test", "--as", "kim"]).await?;
        stays_halted(w, &letters).await?;

        w.command(["resume", "--all", "--as", "kim"]).await?;
        w.answers(&letter(MAILS, MAILS, Wish::Refund), "action_taken").await?;
        w.stops(worker).await?;
        w.nothing_is_queued().await
    })
    .await
}

#[tokio::test]
async fn a_file_halts_as_well_and_its_removal_lets_it_go_on() -> Result<()> {
    run(&shop(MAILS + 1), async |w| {
        let folder = tempfile::tempdir()?;
        let file = folder.path().join("halt");
        let worker = started(w.postill(["worker"]).env("POSTILL_HALT_FILE", &file)).await?;
        let letters = mail_flows(w).await?;
        std::fs::write(&file, "")?;
        tokio::time::sleep(A_SECOND).await;
        stays_halted(w, &letters).await?;

        std::fs::remove_file(&file)?;
        w.answers(&letter(MAILS, MAILS, Wish::Refund), "action_taken").await?;
        w.stops(worker).await?;
        w.nothing_is_queued().await
    })
    .await
}

#[tokio::test]
async fn a_halt_of_one_workspace_leaves_the_others_alone() -> Result<()> {
    run(&shop(2), async |w| {
        let worker = w.worker().await?;
        w.answers(&letter(0, 0, Wish::Invoice), "answered").await?;
        let unknown =
            w.postill(["halt", "--workspace", "nobody", "--reason", "a test"]).finish(PATIENCE).await?;
        ensure!(unknown.status.code() == Some(64), "{unknown:?}");
        w.answers(&letter(1, 1, Wish::Refund), "action_taken").await?;
        w.command(["halt", "--workspace", "default", "--reason", "a test"]).await?;
        let halted = w.answers(&letter(2, 0, Wish::Refund), "needs_approval").await?;
        ensure!(at(&halted, "/data/reasons/0/code") == "halted", "{halted:#}");
        w.stops(worker).await?;
        w.nothing_is_queued().await
    })
    .await
}

/// Every letter asks for a refund that the policy allows; waits until some are made.
async fn mail_flows(w: &World) -> Result<Vec<Letter>> {
    let letters: Vec<Letter> = (0..MAILS).map(|n| letter(n, n, Wish::Refund)).collect();
    w.arrives(&letters).await?;
    wait_until("some refunds", PATIENCE, async || {
        Ok(w.requests("POST", "/v1/refunds").await? >= REFUNDED_BEFORE)
    })
    .await?;
    Ok(letters)
}

/// From this moment on no request writes, while every mail has its end: refunded before, or waiting for a person.
async fn stays_halted(w: &World, letters: &[Letter]) -> Result<()> {
    let written = w.requests("POST", "/v1/refunds").await?;
    let outcomes = w.outcomes_of(letters, PATIENCE).await?;
    let (mut done, mut halted, mut unknown) = (0, 0, 0);
    for letter in letters {
        let draft = outcomes.draft(letter)?;
        match at(&draft, "/data/outcome").as_str() {
            Some("action_taken") => done += 1,
            // What had been begun when the switch was thrown goes to a person, as it stands.
            Some("needs_approval" | "handoff") => {
                // One that had been sent before, and had no answer yet, is looked up by a follow-up.
                match at(&draft, "/data/reasons/0/code").as_str() {
                    Some("halted") => halted += 1,
                    Some("outcome_unknown") => unknown += 1,
                    _ => anyhow::bail!("held up for another reason: {draft:#}"),
                }
            }
            _ => anyhow::bail!("neither done nor halted: {draft:#}"),
        }
    }
    ensure!(w.requests("POST", "/v1/refunds").await? == written, "written after the halt");
    let made = w.objects("refunds").await?.len();
    ensure!((done..=done + unknown).contains(&made), "{made} refunds, {done} drafts tell one");
    ensure!(halted > 0, "all {done} mails were refunded before the switch: the test says nothing");
    Ok(())
}
