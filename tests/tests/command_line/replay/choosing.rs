//! Which mails are taken, and in which order.

use std::collections::BTreeSet;

use anyhow::{Result, ensure};
use serde_json::Value;

use super::{Scene, balanced, ids, mbox};
use crate::desk::notes;
use crate::mailboxes::{SEPARATOR, gzip};

#[tokio::test]
async fn shards_cover_everything_exactly_once() -> Result<()> {
    let scene = Scene::new().await?;
    let archive = scene.desk.file("archive", mbox(200))?;
    let (mut all, mut unwanted) = (Vec::new(), 0);
    for shard in ["1/3", "2/3", "3/3"] {
        let name = shard.replace('/', "-");
        let counts = scene.replays(&name, &["--shard", shard, &archive]).await?["counts"].clone();
        let published = balanced(&counts)?;
        ensure!((40..95).contains(&published), "{shard} has {published} mails");
        unwanted += counts["skipped"]["other_shard"].as_u64().unwrap_or_default();
        all.extend(ids(&scene.taken().await?));
    }
    ensure!(unwanted == 400, "{unwanted} left to other shards");
    let once: BTreeSet<&String> = all.iter().collect();
    ensure!(all.len() == 200 && once.len() == 200, "{} of {} mails", once.len(), all.len());
    Ok(())
}

#[tokio::test]
async fn mails_are_chosen_by_day_and_by_sender() -> Result<()> {
    let scene = Scene::new().await?;
    let mail = |from: &str, date: &str| format!("{SEPARATOR}From: {from}\nDate: {date}\n\nhello\n\n");
    let mails = [
        mail("Marta <Marta@Studio.example>", "Sun, 31 Dec 2023 23:59:59 +0000"),
        mail("\"ute@studio.example\" <marta@studio.example>", "Mon, 1 Jan 2024 12:00:00 +0000"),
        mail("ute@studio.example", "Wed, 31 Jan 2024 23:30:00 +0100"),
        mail("ute@other.example", "Thu, 1 Feb 2024 00:30:00 +0100"),
        mail("marta@studio.example, ute@studio.example", "Thu, 1 Feb 2024 00:00:00 +0000"),
        mail("marta@studio.example", "one of these days"),
    ];
    let archive = scene.desk.file("archive", mails.concat())?;
    let counts = async |arguments: &[&str]| -> Result<Value> {
        let arguments = [&["--dry-run"], arguments, &[archive.as_str()]].concat();
        let report = scene.replays("counted", &arguments).await?;
        balanced(&report["counts"])?;
        Ok(report)
    };
    let january = counts(&["--since", "2024-01-01", "--until", "2024-01-31"]).await?;
    ensure!(january["counts"]["replayed"] == 3, "{january}");
    let skipped = &january["counts"]["skipped"];
    ensure!(
        skipped["before_since"] == 1 && skipped["after_until"] == 1 && skipped["undated"] == 1,
        "{skipped}"
    );
    let marta = counts(&["--from", "MARTA@studio.example"]).await?;
    ensure!(marta["counts"]["replayed"] == 3 && marta["undated"] == 1, "{marta}");
    let both = counts(&["--from", "@other.example", "--from", "ute@studio.example"]).await?;
    ensure!(both["counts"]["replayed"] == 2 && both["choice"]["senders"] == 2, "{both}");
    ensure!(!both.to_string().contains("ute@"), "the report names a sender");
    for wrong in [["--from", "nobody"], ["--since", "yesterday"], ["--shard", "3/2"], ["--rate", "0"]] {
        notes(scene.postill(&["replay", wrong[0], wrong[1], &archive]), 64, &[wrong[1]], &[]).await?;
    }
    Ok(())
}

#[tokio::test]
async fn a_sample_is_drawn_by_its_number_alone() -> Result<()> {
    let scene = Scene::new().await?;
    let (one, other) = (scene.desk.file("one", mbox(30))?, scene.desk.file("other.eml", super::mail(99))?);
    let mut samples = Vec::new();
    for (name, seed) in [("first", "1"), ("again", "1"), ("second", "2")] {
        let report = scene.replays(name, &["--shuffle", seed, "--limit", "10", &one, &other]).await?;
        ensure!(balanced(&report["counts"])? == 10, "{report}");
        samples.push(ids(&scene.taken().await?));
    }
    ensure!(samples[0] == samples[1] && samples[0] != samples[2], "the sample is not that of its number");
    let rest = scene.replays("first", &["--shuffle", "1", &one, &other]).await?;
    ensure!(balanced(&rest["all_runs"]["counts"])? == 31, "{rest}");
    let all: BTreeSet<String> =
        samples.swap_remove(0).into_iter().chain(ids(&scene.taken().await?)).collect();
    ensure!(all.len() == 31, "{} of 31 mails were drawn", all.len());

    gzip([&one])?;
    let packed = format!("{one}.gz");
    let run = scene.replay("packed", &["--shuffle", "1", &packed]);
    notes(run, 64, &["can only be read from its beginning", "gunzip"], &[]).await?;
    Ok(())
}
