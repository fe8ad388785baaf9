//! Into the queue: every mail once, from whatever it lies in, as history.

use std::fs;

use anyhow::{Result, ensure};
use tests::{Postill, wait_until};

use super::{Scene, balanced, exited, header, ids, mbox, write};
use crate::desk::{SOON, sample, samples};
use crate::mailboxes::{SEPARATOR, gzip, maildir, mboxcl2, mboxrd, packed_tree, sample_mails};

#[tokio::test]
async fn every_kind_of_source_is_published_as_history_and_each_mail_once() -> Result<()> {
    let scene = Scene::new().await?;
    let mails = sample_mails()?;
    let folder = scene.desk.folder();
    let packed = scene.desk.file("packed.mbox", mboxrd(&mails))?;
    gzip([&packed])?;
    let places = [
        samples().join("mail").display().to_string(),
        maildir(folder, &mails)?,
        packed_tree(folder, &mails)?,
        scene.desk.file("mboxrd", mboxrd(&mails))?,
        format!("{packed}.gz"),
        scene.desk.file("mboxcl2", mboxcl2(&mails)?)?,
    ];
    for (number, place) in places.iter().enumerate() {
        let report = scene.replays(&format!("report{number}"), &["--workspace", "larkspur", place]).await?;
        ensure!(report["ended"] == "complete" && report["through"] == "queue", "{place}: {report}");
        ensure!(balanced(&report["counts"])? == mails.len() as u64, "{place}: {report}");
        let taken = scene.taken().await?;
        for delivery in &taken {
            ensure!(header(delivery, "postill-run").as_deref() == Some("replay"), "{place}");
            ensure!(header(delivery, "postill-workspace").as_deref() == Some("larkspur"), "{place}");
        }
        same_mails(place, taken.iter().map(|delivery| delivery.data.as_slice()), &mails)?;
    }
    let run = scene.replay("stdin", &["-"]).input(mboxrd(&mails)).finish(SOON).await?;
    exited(&run, 0)?;
    ensure!(run.stderr.contains("standard input has no checkpoint"), "{run:?}");
    same_mails("-", scene.taken().await?.iter().map(|delivery| delivery.data.as_slice()), &mails)
}

/// The same but for `Content-Length`, which mboxcl2 adds, and empty lines at the end, of which archives keep no count.
fn same_mails<'a>(place: &str, taken: impl Iterator<Item = &'a [u8]>, mails: &[Vec<u8>]) -> Result<()> {
    let plain = |mail: &[u8]| {
        let lines = mail.split_inclusive(|byte| *byte == b'\n');
        let kept = lines.filter(|line| !line.starts_with(b"Content-Length: "));
        kept.collect::<Vec<_>>().concat().trim_ascii_end().to_vec()
    };
    let mut taken: Vec<Vec<u8>> = taken.map(plain).collect();
    let mut expected: Vec<Vec<u8>> = mails.iter().map(|mail| plain(mail)).collect();
    taken.sort_unstable();
    expected.sort_unstable();
    ensure!(taken.len() == expected.len(), "{place}: {} mails", taken.len());
    ensure!(taken == expected, "{place}: other mails");
    Ok(())
}

#[tokio::test]
async fn a_forged_mail_in_an_mbox_body_stays_in_its_mail_and_is_reported() -> Result<()> {
    let scene = Scene::new().await?;
    let forged = fs::read_to_string(sample("02-refund-new-subscriber.eml"))?;
    let planted = format!(
        "{SEPARATOR}From: evil@attacker.example\nContent-Type: multipart/mixed; boundary=\"b\"\n\n--b\n\nhi\n\n{SEPARATOR}{forged}\n--b--\n\n"
    );
    let archive = scene.desk.file("archive", format!("{planted}{}", mbox(1)))?;
    let finished = scene.replay("forged", &[&archive]).finish(SOON).await?;
    exited(&finished, 0)?;
    ensure!(finished.stdout.contains("doubtful beginnings of mails: 1; taken for one: 0"), "{finished:?}");
    let report = scene.report("forged")?;
    ensure!(balanced(&report["counts"])? == 2, "{report}");
    let suspicions = &report["suspicions"];
    ensure!(suspicions["count"] == 1 && suspicions["split"] == 0, "{suspicions}");
    ensure!(suspicions["listed"][0]["kind"] == "inside_mime", "{suspicions}");
    let taken = scene.taken().await?;
    let forged =
        |delivery: &&lapin::message::Delivery| delivery.data.starts_with(b"From: evil@attacker.example");
    ensure!(taken.len() == 2 && taken.iter().filter(forged).count() == 1, "{} mails", taken.len());
    Ok(())
}

#[tokio::test]
async fn what_cannot_be_read_is_counted_by_cause_and_stops_nothing() -> Result<()> {
    let scene = Scene::new().await?;
    let folder = scene.desk.folder().join("tree");
    fs::create_dir(&folder)?;
    write(folder.join("empty.eml"), "")?;
    write(folder.join("prose.eml"), "no header here\nnot one\n")?;
    fs::copy(sample("66-thank-you.eml"), folder.join("good.eml"))?;
    let finished = scene.replay("causes", &[&folder.display().to_string()]).finish(SOON).await?;
    exited(&finished, 65)?;
    let counts = &scene.report("causes")?["counts"];
    ensure!(balanced(counts)? == 1, "{counts}");
    ensure!(counts["failed"]["empty"] == 1 && counts["failed"]["not_a_mail"] == 1, "{counts}");
    ensure!(scene.taken().await?.len() == 1);
    Ok(())
}

#[tokio::test]
async fn a_lost_broker_is_waited_for_and_every_mail_published() -> Result<()> {
    let scene = Scene::new().await?;
    let archive = scene.desk.file("archive", mbox(2_000))?;
    let run = scene.replay("lost", &["--rate", "1000", "--progress", "lines", &archive]).start()?;
    wait_until("mails in the queue", SOON, async || Ok(scene.vhost.depth(super::QUEUE).await? > 100)).await?;
    scene.vhost.close_connections().await?;
    let finished = run.wait(SOON).await?;
    exited(&finished, 0)?;
    ensure!(balanced(&scene.report("lost")?["counts"])? == 2_000);
    let mut ids = ids(&scene.taken().await?);
    ids.dedup();
    ensure!(ids.len() == 2_000, "{} mails", ids.len());
    Ok(())
}

#[tokio::test]
async fn a_dry_run_publishes_nothing_and_asks_nobody() -> Result<()> {
    let scene = Scene::new().await?;
    let archive = scene.desk.file("archive", mbox(10))?;
    let report = scene.replays("dry", &["--dry-run", &archive]).await?;
    ensure!(report["through"] == "dry_run" && balanced(&report["counts"])? == 10, "{report}");
    ensure!(scene.taken().await?.is_empty());
    ensure!(scene.checkpoint("dry").is_err(), "a dry run leaves no checkpoint");
    let alone = Postill::with(["replay", "--dry-run", "--into-queue", &archive])
        .env("POSTILL_AMQP_URL", "amqp://127.0.0.1:1/nowhere");
    exited(&alone.finish(SOON).await?, 0)
}

#[tokio::test]
async fn where_the_mails_go_is_asked_when_nobody_has_said() -> Result<()> {
    let scene = Scene::new().await?;
    let archive = scene.desk.file("archive", mbox(1))?;
    let finished = Postill::with(["replay", &archive]).finish(SOON).await?;
    exited(&finished, 64)?;
    for word in ["--into-queue", "--here", "--dry-run", "POSTILL_AMQP_URL"] {
        ensure!(finished.stderr.contains(word), "{word} is not said: {finished:?}");
    }
    Ok(())
}
