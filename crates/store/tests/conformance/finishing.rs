//! Finishing: the first draft of a mail stays, byte for byte.

use anyhow::{Result, bail};
use domain::{Digest, Outcome, RunKind, WorkspaceId};
use store::{Claim, Finish, StoredDraft};

use crate::engines::on_both_engines;
use crate::world::{ENDED, LONG, World, arrival, arrival_by, exactly, fingerprint, finished, lease_of};

on_both_engines!(
    a_finished_mail_is_handed_out_with_the_bytes_that_were_stored,
    bytes_that_are_not_text_come_back_unchanged,
    a_copy_by_another_way_gets_the_first_bytes,
    of_copies_in_one_batch_the_first_wins,
    a_worker_that_lost_its_lease_finishes_nothing,
    a_lost_lease_on_a_finished_mail_gets_the_stored_bytes,
    finishing_again_after_a_lost_answer_gets_the_stored_bytes,
    an_expired_lease_that_nobody_took_may_still_finish,
    a_draft_is_found_by_the_mail_it_answers,
    a_replay_neither_hands_out_nor_blocks_the_live_draft,
    a_message_id_used_by_another_mail_is_noticed,
    sequences_grow,
    what_no_database_can_hold_holds_up_no_batch,
);

async fn a_finished_mail_is_handed_out_with_the_bytes_that_were_stored(world: World) -> Result<()> {
    let lease = world.take(1, LONG).await?;
    assert_eq!(world.ledger.finish(&[finished(lease, 1, "{\"a\": 1}")]).await?, [Finish::Stored]);
    let draft = draft_in(world.claim_one(1, LONG).await?)?;
    assert_eq!((draft.id.as_str(), draft.body.as_slice()), ("draft-1", b"{\"a\": 1}".as_slice()));
    assert_eq!((draft.fingerprint, draft.outcome), (fingerprint(1), Outcome::Answered));
    Ok(())
}

async fn bytes_that_are_not_text_come_back_unchanged(world: World) -> Result<()> {
    let every_byte: Vec<u8> = (0..=255).collect();
    let bodies = [every_byte.clone(), Vec::new(), "ä€\u{1f600}".as_bytes().to_vec(), every_byte];
    let mut mails = Vec::new();
    for (number, body) in (0..).zip(&bodies) {
        let mut mail = finished(world.take(number, LONG).await?, number, "");
        mail.draft.body.clone_from(body);
        mails.push(mail);
    }
    world.ledger.finish(&mails).await?;
    for (number, body) in (0..).zip(bodies) {
        assert_eq!(draft_in(world.claim_one(number, LONG).await?)?.body, body);
    }
    Ok(())
}

async fn a_copy_by_another_way_gets_the_first_bytes(world: World) -> Result<()> {
    let first = world.take(1, LONG).await?;
    let [copy] = exactly(world.ledger.claim(&[arrival_by(2, 1)], LONG).await?)?;
    let copy = lease_of(copy)?;
    world.ledger.finish(&[finished(first, 1, "first")]).await?;
    let [answer] = exactly(world.ledger.finish(&[finished(copy, 1, "second")]).await?)?;
    assert_eq!(body_in(answer)?, b"first");
    let [again] = exactly(world.ledger.claim(&[arrival_by(2, 1)], LONG).await?)?;
    assert_eq!(draft_in(again)?.body, b"first");
    Ok(())
}

async fn of_copies_in_one_batch_the_first_wins(world: World) -> Result<()> {
    let copies = [arrival_by(1, 1), arrival_by(2, 1)];
    let [first, second] = exactly(world.ledger.claim(&copies, LONG).await?)?;
    let batch = vec![finished(lease_of(first)?, 1, "first"), finished(lease_of(second)?, 1, "second")];
    let [first, second] = exactly(world.ledger.finish(&batch).await?)?;
    assert_eq!(first, Finish::Stored);
    assert_eq!(body_in(second)?, b"first");
    Ok(())
}

async fn a_worker_that_lost_its_lease_finishes_nothing(world: World) -> Result<()> {
    let frozen = world.take(1, ENDED).await?;
    let owner = world.take(1, LONG).await?;
    let other = world.take(2, LONG).await?;
    let batch = vec![finished(frozen, 1, "frozen"), finished(other, 2, "other")];
    assert_eq!(world.ledger.finish(&batch).await?, [Finish::LeaseLost, Finish::Stored]);
    assert_eq!(world.ledger.finish(&[finished(owner, 1, "owner")]).await?, [Finish::Stored]);
    assert_eq!(draft_in(world.claim_one(1, LONG).await?)?.body, b"owner");
    Ok(())
}

async fn a_lost_lease_on_a_finished_mail_gets_the_stored_bytes(world: World) -> Result<()> {
    let frozen = world.take(1, ENDED).await?;
    let owner = world.take(1, LONG).await?;
    world.ledger.finish(&[finished(owner, 1, "owner")]).await?;
    let [answer] = exactly(world.ledger.finish(&[finished(frozen, 1, "frozen")]).await?)?;
    assert_eq!(body_in(answer)?, b"owner");
    Ok(())
}

async fn finishing_again_after_a_lost_answer_gets_the_stored_bytes(world: World) -> Result<()> {
    let mail = finished(world.take(1, LONG).await?, 1, "once");
    assert_eq!(world.ledger.finish(std::slice::from_ref(&mail)).await?, [Finish::Stored]);
    let [answer] = exactly(world.ledger.finish(&[mail]).await?)?;
    assert_eq!(body_in(answer)?, b"once");
    Ok(())
}

async fn an_expired_lease_that_nobody_took_may_still_finish(world: World) -> Result<()> {
    let slow = world.take(1, ENDED).await?;
    assert_eq!(world.ledger.finish(&[finished(slow, 1, "slow")]).await?, [Finish::Stored]);
    Ok(())
}

async fn a_draft_is_found_by_the_mail_it_answers(world: World) -> Result<()> {
    let workspace = WorkspaceId::default();
    let lease = world.take(1, LONG).await?;
    assert_eq!(world.ledger.draft_of(&workspace, RunKind::Live, &fingerprint(1)).await?, None);
    world.ledger.finish(&[finished(lease, 1, "one")]).await?;
    let draft = world.ledger.draft_of(&workspace, RunKind::Live, &fingerprint(1)).await?;
    assert_eq!(draft, Some(draft_in(world.claim_one(1, LONG).await?)?));
    Ok(())
}

async fn a_replay_neither_hands_out_nor_blocks_the_live_draft(world: World) -> Result<()> {
    let replayed = store::Arrival { run: RunKind::Replay, ..arrival(1) };
    let [claim] = exactly(world.ledger.claim(&[replayed], LONG).await?)?;
    assert_eq!(world.ledger.finish(&[finished(lease_of(claim)?, 1, "replay")]).await?, [Finish::Stored]);
    let live = world.take(1, LONG).await?;
    assert_eq!(world.ledger.finish(&[finished(live, 1, "live")]).await?, [Finish::Stored]);
    Ok(())
}

async fn a_message_id_used_by_another_mail_is_noticed(world: World) -> Result<()> {
    let workspace = WorkspaceId::default();
    let lease = world.take(1, LONG).await?;
    let mail = finished(lease, 1, "one");
    let message_id = mail.message_id.unwrap_or(Digest::of(&[]));
    world.ledger.finish(&[mail]).await?;
    for (number, used) in [(1, false), (2, true)] {
        let mail = fingerprint(number);
        let by_another = world.ledger.message_id_was_used(&workspace, RunKind::Live, &message_id, &mail);
        assert_eq!(by_another.await?, used, "mail {number}");
    }
    Ok(())
}

/// A message may be known by whatever its sender chose.
async fn what_no_database_can_hold_holds_up_no_batch(world: World) -> Result<()> {
    let hostile = Some("a\0b".to_owned());
    let mail = finished(world.take(1, LONG).await?, 1, "one");
    let mail = store::Finished { correlation: hostile.clone(), traceparent: hostile, ..mail };
    assert_eq!(world.ledger.finish(&[mail]).await?, [Finish::Stored]);
    Ok(())
}

async fn sequences_grow(world: World) -> Result<()> {
    let mut last = 0;
    for number in 1..=3 {
        let lease = world.take(number, LONG).await?;
        world.ledger.finish(&[finished(lease, number, "draft")]).await?;
        let draft = draft_in(world.claim_one(number, LONG).await?)?;
        assert!(draft.sequence > last);
        last = draft.sequence;
    }
    Ok(())
}

fn draft_in(claim: Claim) -> Result<StoredDraft> {
    match claim {
        Claim::Finished(draft) => Ok(draft),
        other @ (Claim::Taken(_) | Claim::Dead(_) | Claim::Busy { .. }) => {
            bail!("not finished but {other:?}")
        }
    }
}

fn body_in(answer: Finish) -> Result<Vec<u8>> {
    match answer {
        Finish::AlreadyStored(draft) => Ok(draft.body),
        other @ (Finish::Stored | Finish::LeaseLost) => bail!("not stored before but {other:?}"),
    }
}
