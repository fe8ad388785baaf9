//! Claiming, giving back, giving up.

use anyhow::Result;
use domain::{RunKind, WorkspaceId};
use store::{Arrival, Burial, Buried, Claim, Finish, Postponed, Queued};

use crate::engines::on_both_engines;
use crate::world::{ENDED, LONG, World, arrival, exactly, finished, lease_of};

on_both_engines!(
    a_mail_is_taken_once_and_then_busy,
    an_expired_lease_is_taken_over_and_the_attempt_counted,
    a_lease_that_was_ended_is_taken_over_at_once_and_its_holder_changes_nothing,
    answers_stand_in_the_order_of_the_batch,
    of_equal_arrivals_in_a_batch_the_first_is_taken,
    the_same_bytes_in_another_workspace_or_run_are_another_mail,
    a_released_mail_has_lost_no_attempt,
    a_postponed_mail_counts_a_postponement_and_no_attempt,
    a_mail_that_waits_for_its_turn_counts_neither_and_is_known_to_have_waited,
    a_dead_mail_stays_dead_with_its_reason_until_it_is_revived,
    a_worker_that_lost_its_lease_gives_nothing_back,
    the_attempt_is_committed_before_the_claim_returns,
    an_empty_batch_is_no_work,
    a_batch_of_a_thousand_is_claimed_and_finished,
);

async fn a_mail_is_taken_once_and_then_busy(world: World) -> Result<()> {
    let lease = world.take(1, LONG).await?;
    assert_eq!((lease.attempts, lease.postponements), (1, 0));
    assert!(lease.expires_at > lease.first_seen_at);
    assert_eq!(world.claim_one(1, LONG).await?, Claim::Busy { until: lease.expires_at });
    Ok(())
}

async fn an_expired_lease_is_taken_over_and_the_attempt_counted(world: World) -> Result<()> {
    let first = world.take(1, ENDED).await?;
    let second = world.take(1, ENDED).await?;
    let third = world.take(1, LONG).await?;
    assert_eq!((second.attempts, third.attempts), (2, 3));
    assert_eq!(third.first_seen_at, first.first_seen_at);
    assert_ne!(second, third);
    Ok(())
}

async fn a_lease_that_was_ended_is_taken_over_at_once_and_its_holder_changes_nothing(
    world: World,
) -> Result<()> {
    let gone = world.take(1, LONG).await?;
    assert_eq!(world.ledger.end_leases(&[arrival(1), arrival(2)]).await?, 1);
    let next = world.take(1, LONG).await?;
    assert_eq!(next.attempts, 2);
    let [late] = exactly(world.ledger.finish(&[finished(gone, 1, "late")]).await?)?;
    assert_eq!(late, Finish::LeaseLost);
    let [stored] = exactly(world.ledger.finish(&[finished(next, 1, "next")]).await?)?;
    assert_eq!(stored, Finish::Stored);
    assert_eq!(world.ledger.end_leases(&[arrival(1)]).await?, 0);
    Ok(())
}

async fn answers_stand_in_the_order_of_the_batch(world: World) -> Result<()> {
    let lease = world.take(2, LONG).await?;
    world.ledger.finish(&[finished(lease, 2, "two")]).await?;
    let dead = world.take(3, LONG).await?;
    world.ledger.bury(&[burial(dead)]).await?;
    let busy = world.take(4, LONG).await?;
    let batch = [4, 1, 3, 5, 2].map(arrival);
    let [four, one, three, five, two] = exactly(world.ledger.claim(&batch, LONG).await?)?;
    assert_eq!(four, Claim::Busy { until: busy.expires_at });
    assert_eq!((lease_of(one)?.arrival, lease_of(five)?.arrival), (arrival(1), arrival(5)));
    assert!(matches!(three, Claim::Dead(death) if death.code == "crash_suspect"));
    assert!(matches!(two, Claim::Finished(draft) if draft.body == b"two"));
    Ok(())
}

async fn of_equal_arrivals_in_a_batch_the_first_is_taken(world: World) -> Result<()> {
    let batch = [arrival(1), arrival(2), arrival(1)];
    let [first, _, again] = exactly(world.ledger.claim(&batch, LONG).await?)?;
    let lease = lease_of(first)?;
    assert_eq!((lease.attempts, again), (1, Claim::Busy { until: lease.expires_at }));
    Ok(())
}

async fn the_same_bytes_in_another_workspace_or_run_are_another_mail(world: World) -> Result<()> {
    let elsewhere: WorkspaceId = "elsewhere".parse()?;
    let batch = [
        arrival(1),
        Arrival { run: RunKind::Replay, ..arrival(1) },
        Arrival { workspace: elsewhere, ..arrival(1) },
    ];
    let claims: [Claim; 3] = exactly(world.ledger.claim(&batch, LONG).await?)?;
    for (claim, arrival) in claims.into_iter().zip(batch) {
        assert_eq!(lease_of(claim)?.arrival, arrival);
    }
    Ok(())
}

async fn a_released_mail_has_lost_no_attempt(world: World) -> Result<()> {
    let lease = world.take(1, LONG).await?;
    let other = world.take(2, LONG).await?;
    assert_eq!(world.ledger.release(&[lease, other]).await?, 2);
    assert_eq!(world.take(1, LONG).await?.attempts, 1);
    Ok(())
}

async fn a_postponed_mail_counts_a_postponement_and_no_attempt(world: World) -> Result<()> {
    for postponements in 1..=2 {
        let lease = world.take(1, LONG).await?;
        assert_eq!(lease.postponements, postponements - 1);
        assert_eq!(world.ledger.postpone(&[lease]).await?, [Postponed::Counted { postponements }]);
    }
    let lease = world.take(1, LONG).await?;
    assert_eq!((lease.attempts, lease.postponements), (1, 2));
    Ok(())
}

async fn a_mail_that_waits_for_its_turn_counts_neither_and_is_known_to_have_waited(
    world: World,
) -> Result<()> {
    for turns_waited in 1..=20 {
        let lease = world.take(1, LONG).await?;
        assert_eq!((lease.attempts, lease.postponements, lease.turns_waited), (1, 0, turns_waited - 1));
        assert_eq!(world.ledger.queue_again(&[lease]).await?, [Queued::Counted { turns_waited }]);
    }
    Ok(())
}

async fn a_dead_mail_stays_dead_with_its_reason_until_it_is_revived(world: World) -> Result<()> {
    world.take(1, ENDED).await?;
    let lease = world.take(1, LONG).await?;
    assert_eq!(world.ledger.bury(&[burial(lease.clone())]).await?, [Buried::Stored]);
    let Claim::Dead(death) = world.claim_one(1, LONG).await? else { anyhow::bail!("not dead") };
    assert_eq!((death.code.as_str(), death.sentence.as_str()), ("crash_suspect", "The worker died on it."));
    assert_eq!((death.attempts, death.first_seen_at), (2, lease.first_seen_at));
    assert!(world.ledger.revive(&arrival(1)).await?);
    assert_eq!(world.take(1, LONG).await?.attempts, 1);
    assert!(!world.ledger.revive(&arrival(1)).await?);
    Ok(())
}

async fn a_worker_that_lost_its_lease_gives_nothing_back(world: World) -> Result<()> {
    let frozen = world.take(1, ENDED).await?;
    let owner = world.take(1, LONG).await?;
    let lost = std::slice::from_ref(&frozen);
    assert_eq!(world.ledger.release(lost).await?, 0);
    assert_eq!(world.ledger.postpone(lost).await?, [Postponed::LeaseLost]);
    assert_eq!(world.ledger.queue_again(lost).await?, [Queued::LeaseLost]);
    assert_eq!(world.ledger.bury(&[burial(frozen)]).await?, [Buried::LeaseLost]);
    assert_eq!(world.claim_one(1, LONG).await?, Claim::Busy { until: owner.expires_at });
    Ok(())
}

async fn the_attempt_is_committed_before_the_claim_returns(world: World) -> Result<()> {
    world.take(1, ENDED).await?;
    // Nothing is closed in order: the worker is gone as if killed, and another process looks.
    let other = world.other_worker().await?;
    let [claim] = exactly(other.claim(&[arrival(1)], LONG).await?)?;
    assert_eq!(lease_of(claim)?.attempts, 2);
    Ok(())
}

async fn an_empty_batch_is_no_work(world: World) -> Result<()> {
    assert_eq!(world.ledger.claim(&[], LONG).await?, []);
    assert_eq!(world.ledger.finish(&[]).await?, []);
    assert_eq!(world.ledger.release(&[]).await?, 0);
    Ok(())
}

async fn a_batch_of_a_thousand_is_claimed_and_finished(world: World) -> Result<()> {
    let batch: Vec<Arrival> = (0..1_000).map(arrival).collect();
    let claims = world.ledger.claim(&batch, LONG).await?;
    let leases = claims.into_iter().map(lease_of).collect::<Result<Vec<_>>>()?;
    let mails = leases
        .into_iter()
        .zip(0..)
        .map(|(lease, number)| finished(lease, number, &format!("draft of {number}")));
    let answers = world.ledger.finish(&mails.collect::<Vec<_>>()).await?;
    assert!(answers.iter().all(|answer| *answer == Finish::Stored));
    for (claim, number) in world.ledger.claim(&batch, LONG).await?.into_iter().zip(0_u32..) {
        assert!(
            matches!(claim, Claim::Finished(draft) if draft.body == format!("draft of {number}").as_bytes())
        );
    }
    Ok(())
}

fn burial(lease: store::Lease) -> Burial {
    Burial { lease, code: "crash_suspect".to_owned(), sentence: "The worker died on it.".to_owned() }
}
