//! The checkpoint: what is behind it is confirmed, and what is not comes again.

use std::fs;

use anyhow::{Result, ensure};
use serde_json::Value;
use tests::{wait_for, wait_until};

use super::{Scene, balanced, exited, ids, mail, mbox, write};
use crate::desk::{SOON, notes, says};
use crate::mailboxes::gzip;

const MAILS: usize = 2_000;

#[tokio::test]
async fn a_run_goes_on_behind_the_one_before() -> Result<()> {
    let scene = Scene::new().await?;
    let plain = scene.desk.file("archive", mbox(50))?;
    let packed = scene.desk.file("packed", mbox(50))?;
    gzip([&packed])?;
    let packed = format!("{packed}.gz");
    let tree = scene.path("tree");
    fs::create_dir(&tree)?;
    for number in 0..50 {
        write(format!("{tree}/{number:02}.eml"), mail(number))?;
    }
    for (name, path, more) in [
        ("plain", &plain, None),
        ("packed", &packed, None),
        ("tree", &tree, None),
        ("drawn", &plain, Some(["--shuffle", "7"])),
    ] {
        let flags = [&["--limit", "20"][..], more.as_ref().map_or(&[], |flags| flags)].concat();
        for (run, expected) in [20, 20, 10].into_iter().enumerate() {
            let report = scene.replays(name, &[&flags[..], &[path]].concat()).await?;
            ensure!(balanced(&report["counts"])? == expected, "{name} {run}: {report}");
        }
        ensure!(scene.checkpoint(name)?["is_complete"] == true, "{name}");
        let all_runs = &scene.report(name)?["all_runs"];
        ensure!(all_runs["runs"] == 3 && balanced(&all_runs["counts"])? == 50, "{name}: {all_runs}");
        let ids = ids(&scene.taken().await?);
        let mut once = ids.clone();
        once.dedup();
        ensure!(ids.len() == 50 && once.len() == 50, "{name}: {} of {} mails", once.len(), ids.len());
        let again = scene.replay(name, &[&flags[..], &[path]].concat());
        notes(again, 0, &["nothing is left to do", "50 mails"], &[]).await?;
        ensure!(scene.taken().await?.is_empty(), "{name}: published again");
    }
    Ok(())
}

#[tokio::test]
async fn after_a_kill_every_mail_is_published_and_the_totals_hold() -> Result<()> {
    let scene = Scene::new().await?;
    let archive = scene.desk.file("archive", mbox(MAILS))?;
    let mut killed = scene.replay("killed", &["--rate", "500", &archive]).start()?;
    wait_until("a checkpoint", SOON, async || Ok(replayed(&scene, "killed") > 0)).await?;
    killed.kill_dash_nine()?;
    let confirmed = replayed(&scene, "killed");
    ensure!(confirmed < MAILS as u64, "it was through before it was killed");
    ensure!(u64::from(scene.vhost.depth(super::QUEUE).await?) >= confirmed, "the checkpoint is ahead");

    let report = scene.replays("killed", &[&archive]).await?;
    let all_runs = &report["all_runs"];
    ensure!(all_runs["runs"] == 2 && balanced(&all_runs["counts"])? == MAILS as u64, "{report}");
    let published = balanced(&report["counts"])?;
    ensure!(published == MAILS as u64 - confirmed, "{report}");
    let mut ids = ids(&scene.taken().await?);
    ids.dedup();
    ensure!(ids.len() == MAILS, "{} mails", ids.len());
    Ok(())
}

fn replayed(scene: &Scene, name: &str) -> u64 {
    let checkpoint = scene.checkpoint(name).unwrap_or_default();
    checkpoint.pointer("/counts/replayed").and_then(Value::as_u64).unwrap_or(0)
}

#[tokio::test]
async fn an_interrupted_run_says_so_and_loses_and_repeats_nothing() -> Result<()> {
    let scene = Scene::new().await?;
    let archive = scene.desk.file("archive", mbox(MAILS))?;
    let run = scene.replay("stopped", &["--rate", "500", &archive]).start()?;
    wait_until("mails in the queue", SOON, async || Ok(scene.vhost.depth(super::QUEUE).await? > 100)).await?;
    run.terminate()?;
    exited(&run.wait(SOON).await?, 130)?;
    let report = scene.report("stopped")?;
    ensure!(report["ended"] == "interrupted", "{report}");
    let published = balanced(&report["counts"])?;
    ensure!(replayed(&scene, "stopped") == published, "{report}");
    let in_queue = wait_for("the queue to be counted", SOON, async || {
        let depth = u64::from(scene.vhost.depth(super::QUEUE).await?);
        Ok((depth >= published).then_some(depth))
    });
    ensure!(in_queue.await? == published, "other mails lie in the queue than the report says");

    scene.replays("stopped", &[&archive]).await?;
    ensure!(ids(&scene.taken().await?).len() == MAILS);
    Ok(())
}

#[tokio::test]
async fn a_checkpoint_is_refused_for_changed_files_and_other_choices() -> Result<()> {
    let scene = Scene::new().await?;
    let archive = scene.desk.file("archive", mbox(10))?;
    let other = scene.desk.file("other", mbox(10))?;
    let checkpoint = scene.path("kept.checkpoint.json");
    scene.replays("kept", &["--limit", "5", &archive]).await?;
    scene.taken().await?;
    let refused = async |arguments: &[&str], word: &str| {
        let arguments = [&["replay", "--checkpoint", &checkpoint], arguments].concat();
        notes(scene.postill(&arguments), 64, &["cannot be used", word, "remove it"], &[]).await
    };
    refused(&[&other], "it belongs to").await?;
    refused(&[&archive, &other], "other paths").await?;
    refused(&["--since", "2026-01-01", &archive], "other flags").await?;
    refused(&["--from", "@kantorei-lindenau.example", &archive], "other flags").await?;
    let names = ["--set", "amqp.prefix=elsewhere", &archive];
    refused(&names, "elsewhere.replay").await?;
    write(&archive, mbox(11))?;
    refused(&[&archive], "has changed since").await?;
    write(&checkpoint, "{}")?;
    refused(&[&archive], "missing field").await?;
    ensure!(scene.taken().await?.is_empty(), "something was published");
    let input = scene.postill(&["replay", "--checkpoint", &checkpoint, "-"]);
    notes(input, 64, &["standard input has no checkpoint"], &[]).await?;
    let report = says(scene.postill(&["replay", "--dry-run", &archive]), 0, &["11"], &[]).await?;
    exited(&report, 0)
}
