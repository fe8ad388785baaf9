//! Counting what senders write: once a mail, for an hour, for all workers.

use std::num::NonZeroU32;

use anyhow::{Context, Result};
use domain::{Digest, RunKind};
use store::{Arrival, Finish, Finished, Ledger, SenderCount};

use crate::engines::on_both_engines;
use crate::world::{LONG, World, arrival, arrival_by, ask, exactly, finished, lease_of};

on_both_engines!(
    who_has_written_as_much_as_is_allowed_is_known_to_every_worker,
    a_mail_counts_once_however_often_it_comes,
    senders_of_one_batch_are_counted_together,
    an_hour_after_the_first_mail_the_count_begins_anew,
    senders_are_forgotten_when_their_hour_is_over,
    a_mail_that_counts_for_nobody_leaves_no_trace,
);

fn sender(name: &str) -> Digest {
    Digest::of(&[name.as_bytes()])
}

fn counting(mail: Finished, name: &str, allowed: u32) -> Finished {
    let allowed = NonZeroU32::new(allowed).unwrap_or(NonZeroU32::MIN);
    Finished { counts_for: Some(SenderCount { sender: sender(name), allowed }), ..mail }
}

async fn writes(world: &World, number: u32, name: &str) -> Result<()> {
    let mail = counting(finished(world.take(number, LONG).await?, number, "draft"), name, 3);
    assert_eq!(world.ledger.finish(&[mail]).await?, [Finish::Stored]);
    Ok(())
}

async fn is_over(ledger: &Ledger, name: &str) -> Result<bool> {
    Ok(ledger.senders_over().await?.contains_key(&sender(name)))
}

async fn an_hour_passes(world: &World) -> Result<()> {
    ask(&world.url, "update sender_hour set began_at = began_at - 3600001 returning sender").await?;
    Ok(())
}

async fn who_has_written_as_much_as_is_allowed_is_known_to_every_worker(world: World) -> Result<()> {
    let other = world.other_worker().await?;
    for number in 1..=3 {
        assert!(!is_over(&other, "ada").await?, "before mail {number}");
        writes(&world, number, "ada").await?;
    }
    assert!(is_over(&other, "ada").await?);
    assert!(!is_over(&other, "bob").await?);
    let until = other.senders_over().await?.remove(&sender("ada")).context("the end of the hour")?;
    let lease = world.take(4, LONG).await?;
    let minutes = until.duration_since(lease.first_seen_at).as_mins();
    assert!((58..=60).contains(&minutes), "{minutes} minutes");
    Ok(())
}

async fn a_mail_counts_once_however_often_it_comes(world: World) -> Result<()> {
    let mail = counting(finished(world.take(1, LONG).await?, 1, "draft"), "ada", 3);
    assert_eq!(world.ledger.finish(std::slice::from_ref(&mail)).await?, [Finish::Stored]);
    for _again_since_the_answer_was_lost in 0..3 {
        world.ledger.finish(std::slice::from_ref(&mail)).await?;
    }
    for way in 2..=4 {
        let [copy] = exactly(world.ledger.claim(&[arrival_by(way, 1)], LONG).await?)?;
        world.ledger.finish(&[counting(finished(lease_of(copy)?, 1, "copy"), "ada", 3)]).await?;
    }
    assert!(!is_over(&world.ledger, "ada").await?);
    writes(&world, 2, "ada").await?;
    writes(&world, 3, "ada").await?;
    assert!(is_over(&world.ledger, "ada").await?);
    Ok(())
}

async fn senders_of_one_batch_are_counted_together(world: World) -> Result<()> {
    let mut batch = Vec::new();
    for (number, name) in [(1, "ada"), (2, "bob"), (3, "ada"), (4, "ada"), (5, "bob")] {
        batch.push(counting(finished(world.take(number, LONG).await?, number, "draft"), name, 3));
    }
    let [copy] = exactly(world.ledger.claim(&[arrival_by(2, 5)], LONG).await?)?;
    batch.push(counting(finished(lease_of(copy)?, 5, "copy"), "bob", 3));
    world.ledger.finish(&batch).await?;
    assert!(is_over(&world.ledger, "ada").await?);
    assert!(!is_over(&world.ledger, "bob").await?);
    Ok(())
}

async fn an_hour_after_the_first_mail_the_count_begins_anew(world: World) -> Result<()> {
    for number in 1..=3 {
        writes(&world, number, "ada").await?;
    }
    an_hour_passes(&world).await?;
    writes(&world, 4, "ada").await?;
    assert!(!is_over(&world.ledger, "ada").await?);
    assert_eq!(ask(&world.url, "select cast(mails as text) from sender_hour").await?, "1");
    Ok(())
}

async fn senders_are_forgotten_when_their_hour_is_over(world: World) -> Result<()> {
    writes(&world, 1, "ada").await?;
    assert_eq!(world.ledger.forget_senders().await?, 0);
    an_hour_passes(&world).await?;
    writes(&world, 2, "bob").await?;
    assert_eq!(world.ledger.forget_senders().await?, 1);
    assert_eq!(ask(&world.url, "select cast(count(*) as text) from sender_hour").await?, "1");
    Ok(())
}

async fn a_mail_that_counts_for_nobody_leaves_no_trace(world: World) -> Result<()> {
    let replayed = Arrival { run: RunKind::Replay, ..arrival(1) };
    let [claim] = exactly(world.ledger.claim(&[replayed], LONG).await?)?;
    world.ledger.finish(&[finished(lease_of(claim)?, 1, "replay")]).await?;
    assert_eq!(ask(&world.url, "select cast(count(*) as text) from sender_hour").await?, "0");
    Ok(())
}
