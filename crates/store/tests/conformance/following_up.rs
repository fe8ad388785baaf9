//! Follow-ups: one worker at a time, taken over when it dies, ending with a draft that is published at least once.

use std::time::Duration;

use anyhow::{Result, bail};
use domain::action::ActionState;
use domain::{Function, HaltKind, Outcome, Reason, ReasonCode, Scope};
use futures_util::future::join_all;
use serde_json::json;
use store::{
    ByHand, Clearance, Decision, FollowUp, FollowUpEnd, FollowUpKind, Followed, NewAction, NewDraft,
    Postponed, Right, SettledByHand, Settlement, Undoing, next_look_after,
};

use crate::engines::on_both_engines;
use crate::world::{ENDED, LONG, World, approval, asks, exactly, fingerprint, finished, refund, run};

on_both_engines!(
    a_follow_up_knows_the_mail_and_its_first_draft,
    of_two_workers_one_follows_up,
    a_worker_that_died_is_taken_over_and_can_do_no_more,
    a_worker_that_lost_its_lease_can_neither_intend_nor_send,
    sequences_of_a_mail_grow,
    follow_ups_of_one_mail_come_one_after_the_other,
    one_that_waits_comes_again_when_it_is_due,
    one_that_ends_without_a_draft_publishes_nothing,
    a_draft_is_handed_out_until_it_is_published,
    an_unknown_outcome_is_looked_up_after_the_mail_was_answered,
    an_unknown_link_is_not_looked_up,
    looks_grow_rarer_and_end,
    a_person_settles_what_nobody_knows,
    a_person_cannot_settle_what_is_known_or_under_way,
    a_cancellation_is_taken_back_once,
    only_a_cancellation_that_was_made_is_taken_back,
    a_stop_holds_up_what_is_to_be_taken_back,
);

async fn claim(world: &World) -> Result<FollowUp> {
    let [follow_up] = exactly(world.ledger.claim_follow_ups(9, LONG).await?)?;
    Ok(follow_up)
}

fn end(follow_up: &FollowUp, outcome: Outcome) -> FollowUpEnd {
    let id = format!("{}-{}", follow_up.first_draft.id, follow_up.sequence);
    FollowUpEnd { draft: NewDraft { body: id.clone().into_bytes(), id }, outcome }
}

/// Mail `number` asked, and a person said yes.
async fn decided(world: &World, number: u32) -> Result<()> {
    asks(world, number, approval(number, 500)).await?;
    world.ledger.decide(&approval(number, 500).id, &Decision::Approve { amount: None }, "ann").await?;
    Ok(())
}

/// Mail `number` did something, and ended with a draft.
async fn acted(world: &World, number: u32, function: Function, settlement: Settlement) -> Result<NewAction> {
    let lease = world.take(number, LONG).await?;
    let action = NewAction { function, ..refund(number, &format!("ch_{number}"), 500) };
    world.ledger.intend(&action, Right::Mail(&lease)).await?;
    world.ledger.mark_sent(&action.id, Right::Mail(&lease)).await?;
    world.ledger.settle(&action.id, settlement).await?;
    world.ledger.finish(&[finished(lease, number, "acted")]).await?;
    Ok(action)
}

async fn time_passes(world: &World, time: Duration) -> Result<()> {
    run(&world.url, format!("update follow_up set due_at = due_at - {}", time.as_millis())).await
}

async fn a_follow_up_knows_the_mail_and_its_first_draft(world: World) -> Result<()> {
    decided(&world, 1).await?;
    let follow_up = claim(&world).await?;
    assert_eq!(
        (follow_up.kind, follow_up.subject.as_str()),
        (FollowUpKind::Decided, approval(1, 500).id.as_str())
    );
    assert_eq!((follow_up.fingerprint, follow_up.sequence, follow_up.attempts), (fingerprint(1), 2, 1));
    assert_eq!(
        (follow_up.first_draft.id.as_str(), follow_up.first_draft.body.as_slice()),
        ("draft-1", b"waits".as_slice())
    );
    assert_eq!(follow_up.correlation.as_deref(), Some("message-1"));
    Ok(())
}

async fn of_two_workers_one_follows_up(world: World) -> Result<()> {
    const MAILS: u32 = 30;
    for number in 0..MAILS {
        decided(&world, number).await?;
    }
    let mut workers = Vec::new();
    for _ in 0..4 {
        workers.push(world.other_worker().await?);
    }
    let claiming = workers.iter().map(async |worker| {
        let mut claimed = Vec::new();
        loop {
            match worker.claim_follow_ups(3, LONG).await {
                Ok(some) if some.is_empty() => return anyhow::Ok(claimed),
                Ok(some) => claimed.extend(some.into_iter().map(|follow_up| follow_up.id)),
                Err(error) if error.is_transient() => {}
                Err(error) => return Err(error.into()),
            }
        }
    });
    let claimed = join_all(claiming).await.into_iter().collect::<Result<Vec<_>>>()?;
    let mut ids: Vec<_> = claimed.into_iter().flatten().collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), MAILS as usize);
    assert!(world.ledger.claim_follow_ups(9, LONG).await?.is_empty());
    Ok(())
}

async fn a_worker_that_died_is_taken_over_and_can_do_no_more(world: World) -> Result<()> {
    decided(&world, 1).await?;
    let [dead] = exactly(world.ledger.claim_follow_ups(9, ENDED).await?)?;
    let owner = claim(&world).await?;
    assert_eq!((owner.id, owner.attempts, owner.sequence), (dead.id, 2, 2));
    let answered = end(&dead, Outcome::Answered);
    assert_eq!(world.ledger.finish_follow_up(&dead.lease, Some(&answered)).await?, Followed::LeaseLost);
    assert_eq!(world.ledger.postpone_follow_up(&dead.lease, Duration::ZERO).await?, Postponed::LeaseLost);
    assert_eq!(world.ledger.unpublished(9).await?, []);
    assert_eq!(world.ledger.finish_follow_up(&owner.lease, Some(&answered)).await?, Followed::Stored);
    assert_eq!(world.ledger.finish_follow_up(&owner.lease, Some(&answered)).await?, Followed::LeaseLost);
    assert_eq!(world.ledger.unpublished(9).await?.len(), 1);
    Ok(())
}

async fn a_worker_that_lost_its_lease_can_neither_intend_nor_send(world: World) -> Result<()> {
    decided(&world, 1).await?;
    let [frozen] = exactly(world.ledger.claim_follow_ups(9, ENDED).await?)?;
    let action = refund(1, "ch_1", 500);
    let lost = world.ledger.intend(&action, Right::FollowUp(&frozen.lease)).await?;
    assert_eq!(lost, store::Intended::LeaseLost);
    let owner = claim(&world).await?;
    world.ledger.intend(&action, Right::FollowUp(&owner.lease)).await?;
    let lost = world.ledger.mark_sent(&action.id, Right::FollowUp(&frozen.lease)).await?;
    assert_eq!(lost, Clearance::LeaseLost);
    let sent = world.ledger.mark_sent(&action.id, Right::FollowUp(&owner.lease)).await?;
    assert!(matches!(sent, Clearance::Granted(_)), "{sent:?}");
    Ok(())
}

async fn sequences_of_a_mail_grow(world: World) -> Result<()> {
    acted(&world, 1, Function::Refund, Settlement::Unknown(json!("timeout"))).await?;
    asks(&world, 2, approval(2, 500)).await?;
    for sequence in 2..=4 {
        time_passes(&world, Duration::from_hours(48)).await?;
        let follow_up = claim(&world).await?;
        assert_eq!(follow_up.sequence, sequence);
        world.ledger.finish_follow_up(&follow_up.lease, Some(&end(&follow_up, Outcome::Handoff))).await?;
        let again = "insert into follow_up (workspace, run, fingerprint, kind, subject, state, attempts, postponements,
            due_at, opened_at) select workspace, run, fingerprint, kind, subject, 'open', 0, 0, 1, 1
            from follow_up where draft_sequence";
        run(&world.url, format!("{again} = {sequence}")).await?;
    }
    world.ledger.decide(&approval(2, 500).id, &Decision::Approve { amount: None }, "ann").await?;
    let mut claimed = world.ledger.claim_follow_ups(9, LONG).await?;
    claimed.sort_by_key(|follow_up| follow_up.sequence);
    assert_eq!(claimed.iter().map(|follow_up| follow_up.sequence).collect::<Vec<_>>(), [2, 5]);
    let published = world.ledger.unpublished(9).await?;
    assert_eq!(
        published.iter().map(|draft| draft.id.as_str()).collect::<Vec<_>>(),
        ["draft-1-2", "draft-1-3", "draft-1-4"]
    );
    Ok(())
}

async fn follow_ups_of_one_mail_come_one_after_the_other(world: World) -> Result<()> {
    let action =
        acted(&world, 1, Function::CancelSubscription, Settlement::Unknown(json!("timeout"))).await?;
    world.ledger.settle(&action.id, Settlement::Reconciled(json!({}))).await?;
    assert_eq!(world.ledger.open_undo(&action.id, "ann").await?, Undoing::Opened);
    time_passes(&world, Duration::from_hours(1)).await?;
    let [first] = exactly(world.ledger.claim_follow_ups(9, ENDED).await?)?;
    let first_again = claim(&world).await?;
    assert_eq!(
        (first.id, first_again.attempts),
        (first_again.id, 2),
        "the other waits for it, dead or alive"
    );
    world.ledger.finish_follow_up(&first_again.lease, Some(&end(&first_again, Outcome::Handoff))).await?;
    let second = claim(&world).await?;
    assert_ne!(second.id, first.id);
    assert_eq!((first_again.sequence, second.sequence), (2, 3));
    Ok(())
}

async fn one_that_waits_comes_again_when_it_is_due(world: World) -> Result<()> {
    decided(&world, 1).await?;
    let follow_up = claim(&world).await?;
    let postponed = world.ledger.postpone_follow_up(&follow_up.lease, Duration::from_mins(10)).await?;
    assert_eq!(postponed, Postponed::Counted { postponements: 1 });
    time_passes(&world, Duration::from_mins(9)).await?;
    assert!(world.ledger.claim_follow_ups(9, LONG).await?.is_empty());
    time_passes(&world, Duration::from_mins(1)).await?;
    let again = claim(&world).await?;
    assert_eq!((again.id, again.attempts, again.postponements), (follow_up.id, 1, 1));
    Ok(())
}

async fn one_that_ends_without_a_draft_publishes_nothing(world: World) -> Result<()> {
    decided(&world, 1).await?;
    let follow_up = claim(&world).await?;
    assert_eq!(world.ledger.finish_follow_up(&follow_up.lease, None).await?, Followed::Stored);
    assert_eq!(world.ledger.unpublished(9).await?, []);
    assert!(world.ledger.claim_follow_ups(9, LONG).await?.is_empty());
    Ok(())
}

async fn a_draft_is_handed_out_until_it_is_published(world: World) -> Result<()> {
    decided(&world, 1).await?;
    let follow_up = claim(&world).await?;
    world.ledger.finish_follow_up(&follow_up.lease, Some(&end(&follow_up, Outcome::ActionTaken))).await?;
    for _however_often_the_worker_dies in 0..2 {
        let [draft] = exactly(world.other_worker().await?.unpublished(9).await?)?;
        assert_eq!((draft.id.as_str(), draft.body.as_slice()), ("draft-1-2", b"draft-1-2".as_slice()));
        assert_eq!((draft.outcome, draft.correlation.as_deref()), (Outcome::ActionTaken, Some("message-1")));
    }
    assert_eq!(world.ledger.published(&[follow_up.id]).await?, 1);
    assert_eq!(world.ledger.published(&[follow_up.id]).await?, 0);
    assert_eq!(world.ledger.unpublished(9).await?, []);
    Ok(())
}

async fn an_unknown_outcome_is_looked_up_after_the_mail_was_answered(world: World) -> Result<()> {
    let (lease, action) = (world.take(1, LONG).await?, refund(1, "ch_1", 500));
    world.ledger.intend(&action, Right::Mail(&lease)).await?;
    world.ledger.mark_sent(&action.id, Right::Mail(&lease)).await?;
    world.ledger.settle(&action.id, Settlement::Unknown(json!("timeout"))).await?;
    time_passes(&world, Duration::from_mins(5)).await?;
    assert!(world.ledger.claim_follow_ups(9, LONG).await?.is_empty(), "there is no draft yet");
    world.ledger.finish(&[finished(lease, 1, "unknown")]).await?;
    let follow_up = claim(&world).await?;
    assert_eq!((follow_up.kind, follow_up.subject.as_str()), (FollowUpKind::Reconcile, action.id.as_str()));
    Ok(())
}

async fn an_unknown_link_is_not_looked_up(world: World) -> Result<()> {
    acted(&world, 1, Function::PaymentLink, Settlement::Unknown(json!("timeout"))).await?;
    time_passes(&world, Duration::from_hours(1)).await?;
    assert!(world.ledger.claim_follow_ups(9, LONG).await?.is_empty());
    Ok(())
}

async fn looks_grow_rarer_and_end(world: World) -> Result<()> {
    acted(&world, 1, Function::Refund, Settlement::Unknown(json!("timeout"))).await?;
    assert!(world.ledger.claim_follow_ups(9, LONG).await?.is_empty(), "the first is after five minutes");
    let (mut since, mut looks) = (Duration::from_mins(5), Vec::new());
    time_passes(&world, since).await?;
    loop {
        let follow_up = claim(&world).await?;
        looks.push(since.as_secs() / 60);
        let Some(delay) = next_look_after(follow_up.postponements) else { break };
        world.ledger.postpone_follow_up(&follow_up.lease, delay).await?;
        time_passes(&world, delay).await?;
        since += delay;
    }
    let days = |days: u64| days * 24 * 60;
    assert_eq!(looks, [5, 60, 6 * 60, 25 * 60, days(2), days(3), days(4), days(5), days(6), days(7)]);
    Ok(())
}

async fn a_person_settles_what_nobody_knows(world: World) -> Result<()> {
    let by_hand = json!({"by_hand": {"object": "re_1", "actor": "ann", "reason": "looked"}});
    let text = "ann looked and found that it was not done: looked";
    let cases = [
        (1, ByHand::Done { object: "re_1".to_owned() }, ActionState::Reconciled, by_hand),
        (2, ByHand::NotDone, ActionState::Refused, json!(Reason::new(ReasonCode::SettledByPerson, text))),
    ];
    for (number, found, state, result) in cases {
        let action = acted(&world, number, Function::Refund, Settlement::Unknown(json!("timeout"))).await?;
        let settled = world.ledger.settle_by_hand(&action.id, &found, "ann", "looked").await?;
        let SettledByHand::Settled(settled) = settled else { bail!("{settled:?}") };
        assert_eq!((settled.state, settled.result), (state, Some(result)));
        let follow_up = claim(&world).await?;
        assert_eq!(
            (follow_up.kind, follow_up.subject.as_str()),
            (FollowUpKind::Reconcile, action.id.as_str())
        );
        let lease = world.take(number + 10, LONG).await?;
        let next = refund(number + 10, &action.target, 100);
        let next = world.ledger.intend(&next, Right::Mail(&lease)).await?;
        assert!(matches!(next, store::Intended::New(_)), "the target is free: {next:?}");
        world.ledger.finish_follow_up(&follow_up.lease, None).await?;
    }
    Ok(())
}

async fn a_person_cannot_settle_what_is_known_or_under_way(world: World) -> Result<()> {
    let settle =
        async |action: &NewAction| world.ledger.settle_by_hand(&action.id, &ByHand::NotDone, "ann", "").await;
    let (lease, action) = (world.take(1, LONG).await?, refund(1, "ch_1", 500));
    assert_eq!(settle(&action).await?, SettledByHand::UnknownAction);
    world.ledger.intend(&action, Right::Mail(&lease)).await?;
    assert!(
        matches!(settle(&action).await?, SettledByHand::TooEarly(stored) if stored.state == ActionState::Intended)
    );
    world.ledger.mark_sent(&action.id, Right::Mail(&lease)).await?;
    run(&world.url, "update action set sent_at = sent_at - 86399000".to_owned()).await?;
    assert!(
        matches!(settle(&action).await?, SettledByHand::TooEarly(stored) if stored.state == ActionState::Sent)
    );
    run(&world.url, "update action set sent_at = sent_at - 1001".to_owned()).await?;
    assert!(matches!(settle(&action).await?, SettledByHand::Settled(_)));
    assert!(
        matches!(settle(&action).await?, SettledByHand::Before(stored) if stored.state == ActionState::Refused)
    );
    let done = acted(&world, 2, Function::Refund, Settlement::Done(json!({}))).await?;
    assert!(
        matches!(settle(&done).await?, SettledByHand::Before(stored) if stored.state == ActionState::Done)
    );
    Ok(())
}

async fn a_cancellation_is_taken_back_once(world: World) -> Result<()> {
    let action = acted(&world, 1, Function::CancelSubscription, Settlement::Done(json!({}))).await?;
    let undo = || world.ledger.open_undo(&action.id, "ann");
    assert_eq!(undo().await?, Undoing::Opened);
    assert_eq!(undo().await?, Undoing::Already);
    let failed = claim(&world).await?;
    assert_eq!((failed.kind, failed.subject.as_str()), (FollowUpKind::Undo, action.id.as_str()));
    world.ledger.finish_follow_up(&failed.lease, Some(&end(&failed, Outcome::Handoff))).await?;
    assert_eq!(undo().await?, Undoing::Opened, "it may be tried again");
    let undone = claim(&world).await?;
    let sent = world.ledger.mark_undo_sent(&action.id, &undone.lease).await?;
    assert!(matches!(sent, Clearance::Granted(stored) if stored.state == ActionState::Done));
    world.ledger.finish_follow_up(&undone.lease, Some(&end(&undone, Outcome::ActionTaken))).await?;
    assert_eq!(undo().await?, Undoing::Already);
    Ok(())
}

async fn only_a_cancellation_that_was_made_is_taken_back(world: World) -> Result<()> {
    assert_eq!(world.ledger.open_undo(&refund(9, "ch_9", 1).id, "ann").await?, Undoing::NotOurs);
    let refunded = acted(&world, 1, Function::Refund, Settlement::Done(json!({}))).await?;
    let undone = world.ledger.open_undo(&refunded.id, "ann").await?;
    assert_eq!(undone, Undoing::NotUndoable { state: ActionState::Done });
    for (number, settlement, state) in [
        (2, Settlement::Unknown(json!({})), ActionState::Unknown),
        (3, Settlement::Refused(json!({})), ActionState::Refused),
    ] {
        let action = acted(&world, number, Function::CancelSubscription, settlement).await?;
        assert_eq!(world.ledger.open_undo(&action.id, "ann").await?, Undoing::NotUndoable { state });
    }
    Ok(())
}

async fn a_stop_holds_up_what_is_to_be_taken_back(world: World) -> Result<()> {
    let action = acted(&world, 1, Function::CancelSubscription, Settlement::Done(json!({}))).await?;
    world.ledger.open_undo(&action.id, "ann").await?;
    let follow_up = claim(&world).await?;
    world.ledger.halt(&Scope::All, HaltKind::Stop, "ann", "a test").await?;
    let held = world.ledger.mark_undo_sent(&action.id, &follow_up.lease).await?;
    assert!(matches!(held, Clearance::Halted(_)), "{held:?}");
    Ok(())
}
