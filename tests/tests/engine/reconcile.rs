//! What nobody knows: looked up again and again, never sent again, and told when it is known, or to a person when it never will be.

use anyhow::{Context, Result};
use domain::action::ActionState;
use domain::draft::ReportedState;
use domain::{Function, Outcome, ReasonCode};
use engine::Ended;
use store::{ByHand, SettledByHand};

use crate::draft::Draft;
use crate::letter::Letter;
use crate::persons::{MILA, killed_after};
use crate::refunds::{asks, one_charge};
use crate::shop::Shop;

fn refund() -> Letter {
    asks("Please refund 10.00 EUR of my last payment.")
}

/// A refund was sent, nobody saw the answer, and nothing of Stripe answers until the mail has ended.
async fn unknown(fault: &str) -> Result<(Shop, Draft)> {
    let shop = Shop::open(one_charge()).await?;
    shop.goes_wrong("POST /v1/refunds", fault, 3).await?;
    assert!(matches!(shop.delivers(&refund()).await?, Ended::Later { .. }));
    shop.goes_wrong("GET /v1", "server_error", 1_000).await?;
    let draft = shop.receives_after_waiting(&refund()).await?;
    draft.ends(Outcome::Handoff, ReasonCode::OutcomeUnknown);
    shop.all_is_well().await?;
    Ok((shop, draft))
}

async fn state(shop: &Shop, draft: &Draft) -> Result<Option<ActionState>> {
    Ok(shop.action(draft, Function::Refund).await?.map(|action| action.state))
}

#[tokio::test]
async fn what_was_done_is_found_minutes_later_and_told() -> Result<()> {
    let (shop, first) = unknown("lost_after_execution").await?;
    assert!(shop.follow_ups_run().await?.is_empty(), "not at once");
    shop.minutes_pass(5);
    let later = shop.follows_up().await?;
    later.ends(Outcome::ActionTaken, ReasonCode::RefundIssued);
    later.action_is(ReportedState::Done);
    later.says("We have issued a refund of €10.00");
    assert_eq!((later.event.subject, later.event.sequence), (first.event.subject, 2));
    assert_eq!(state(&shop, &first).await?, Some(ActionState::Reconciled));
    assert_eq!((shop.refunded().await?, shop.follow_ups_run().await?.len()), (vec![1_000], 0));
    Ok(())
}

#[tokio::test]
async fn what_was_not_done_is_looked_up_for_a_day_and_then_told_once_to_a_person() -> Result<()> {
    let (shop, first) = unknown("lost_before_execution").await?;
    let writes = shop.writes().await?;
    let mut drafts = Vec::new();
    for _ in 0..40 {
        shop.hours_pass(1);
        drafts.extend(shop.follow_ups_run().await?);
    }
    let [later] = drafts.as_slice() else { anyhow::bail!("{} drafts", drafts.len()) };
    later.ends(Outcome::Handoff, ReasonCode::OutcomeUnknown);
    later.claims_no_refund();
    assert!(later.data().reasons.iter().any(|reason| reason.text.contains("it was not done")));
    assert_eq!(state(&shop, &first).await?, Some(ActionState::Unknown), "a person has to say so");
    assert_eq!((shop.writes().await?, shop.refunded().await?), (writes, vec![]), "nothing is sent again");
    Ok(())
}

#[tokio::test]
async fn what_cannot_be_looked_up_for_a_week_goes_to_a_person_with_what_is_known() -> Result<()> {
    let (shop, first) = unknown("lost_after_execution").await?;
    shop.goes_wrong("GET /v1/refunds", "server_error", 10_000).await?;
    let mut drafts = Vec::new();
    for _ in 0..10 {
        shop.hours_pass(24);
        drafts.extend(shop.follow_ups_run().await?);
    }
    let [later] = drafts.as_slice() else { anyhow::bail!("{} drafts", drafts.len()) };
    later.ends(Outcome::Handoff, ReasonCode::OutcomeUnknown);
    later.claims_no_refund();
    assert!(later.data().reasons.iter().any(|reason| reason.text.contains("ch_1001")));
    assert_eq!(state(&shop, &first).await?, Some(ActionState::Unknown));
    Ok(())
}

#[tokio::test]
async fn what_a_person_found_is_told() -> Result<()> {
    for (found, outcome, code, told) in [
        (
            ByHand::Done { object: "re_9".to_owned() },
            Outcome::ActionTaken,
            ReasonCode::SettledByPerson,
            ReportedState::Done,
        ),
        (ByHand::NotDone, Outcome::Handoff, ReasonCode::SettledByPerson, ReportedState::Refused),
    ] {
        let (shop, first) = unknown("lost_before_execution").await?;
        let id = shop.action(&first, Function::Refund).await?.context("an action")?.id;
        let settled = shop.engine.ledger.settle_by_hand(&id, &found, MILA, "looked").await?;
        assert!(matches!(settled, SettledByHand::Settled(_)), "{settled:?}");
        let later = shop.follows_up().await?;
        later.ends(outcome, code);
        later.action_is(told);
        assert!(shop.follow_ups_run().await?.is_empty());
        // And a copy of the mail is told what the first draft said.
        let copy = shop.receives(&refund().by_way_of("relay.shop.example")).await?;
        assert_eq!(copy.bytes, first.bytes);
    }
    Ok(())
}

#[tokio::test]
async fn an_answer_lost_and_found_in_the_same_breath_needs_no_second_draft() -> Result<()> {
    let shop = Shop::open(one_charge()).await?;
    shop.goes_wrong("POST /v1/refunds", "server_error_after_execution", 3).await?;
    shop.receives_after_waiting(&refund()).await?.ends(Outcome::ActionTaken, ReasonCode::RefundIssued);
    shop.hours_pass(48);
    assert!(shop.follow_ups_run().await?.is_empty());
    assert_eq!(shop.refunded().await?, [1_000]);
    Ok(())
}

#[tokio::test]
async fn what_was_allowed_and_whose_answer_was_lost_is_told_twice_first_as_unknown() -> Result<()> {
    let shop = Shop::open(one_charge()).await?.switch(Function::Refund, domain::policy::Switch::Approval);
    let first = shop.receives(&refund()).await?;
    shop.approves(&first, MILA).await?;
    shop.goes_wrong("POST /v1/refunds", "lost_before_execution", 3).await?;
    assert!(shop.follow_ups_run().await?.is_empty(), "Stripe is in trouble: it waits");
    shop.hours_pass(21);
    let writes = shop.writes().await?;
    let second = shop.follows_up().await?;
    second.ends(Outcome::Handoff, ReasonCode::OutcomeUnknown);
    shop.hours_pass(1);
    assert!(shop.follow_ups_run().await?.is_empty(), "Stripe does not show it, which may change");
    shop.hours_pass(6);
    let third = shop.follows_up().await?;
    third.ends(Outcome::Handoff, ReasonCode::OutcomeUnknown);
    assert_eq!((second.event.sequence, third.event.sequence), (2, 3));
    assert_eq!((shop.writes().await?, shop.refunded().await?), (writes, vec![]), "too old to be sent again");
    Ok(())
}

#[tokio::test]
async fn what_was_never_sent_for_a_mail_that_never_came_back_is_in_nobodys_way() -> Result<()> {
    let shop = Shop::open(one_charge()).await?;
    shop.goes_wrong("GET /v1/refunds", "lost_before_execution", 3).await?;
    assert!(matches!(shop.delivers(&refund()).await?, Ended::Later { .. }));
    let another = asks("Please refund 10.00 EUR of my last payment. It is the second time that I write.");
    shop.receives(&another).await?.ends(Outcome::Handoff, ReasonCode::ActionInProgress);
    shop.hours_pass(27);
    assert_eq!(shop.engine.take_up_lost().await?, 0, "its mail may come back");
    shop.hours_pass(2);
    assert_eq!(shop.engine.take_up_lost().await?, 1);
    let third = asks("Please refund 10.00 EUR of my last payment. I write for the third time.");
    shop.receives(&third).await?.ends(Outcome::ActionTaken, ReasonCode::RefundIssued);
    assert_eq!(shop.refunded().await?, [1_000]);
    Ok(())
}

#[tokio::test]
async fn what_was_sent_for_a_mail_that_never_came_back_is_looked_after() -> Result<()> {
    for (fault, state) in
        [("lost_after_execution", ActionState::Done), ("lost_before_execution", ActionState::Unknown)]
    {
        let shop = Shop::open(one_charge()).await?;
        shop.goes_wrong("POST /v1/refunds", fault, 3).await?;
        assert!(matches!(shop.delivers(&refund()).await?, Ended::Later { .. }));
        assert_eq!(shop.engine.take_up_lost().await?, 0, "its mail may come back");
        shop.hours_pass(29);
        assert_eq!(shop.engine.take_up_lost().await?, 1);
        assert_eq!(shop.engine.take_up_lost().await?, 0);
        let settled = shop.engine.ledger.actions_in(&[state]).await?;
        assert_eq!(settled.len(), 1, "{fault}");
    }
    Ok(())
}

#[tokio::test]
async fn a_worker_killed_while_it_looks_tells_it_once() -> Result<()> {
    for waits in 0.. {
        let (shop, first) = unknown("lost_after_execution").await?;
        shop.minutes_pass(5);
        let follow_up = shop.follow_ups().await?.pop().context("a follow-up")?;
        let followed = killed_after(waits, shop.engine.follow_up(follow_up)).await;
        shop.leases_end()?;
        let later = shop.follows_up().await?;
        later.ends(Outcome::ActionTaken, ReasonCode::RefundIssued);
        assert_eq!(state(&shop, &first).await?, Some(ActionState::Reconciled), "killed after {waits}");
        if followed.is_some() {
            return Ok(());
        }
    }
    Ok(())
}
