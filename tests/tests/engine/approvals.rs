//! Plans that wait for a person: done once, as far as they were allowed, and told in a later draft of the same mail.

use anyhow::{Context, Result};
use domain::draft::{LinkKind, ReportedState};
use domain::policy::Switch;
use domain::{ApprovalState, Currency, Function, Outcome, ReasonCode, RunKind};
use engine::FollowedUp;
use serde_json::json;
use store::Decided;

use crate::draft::Draft;
use crate::letter::Letter;
use crate::persons::{JAN, MILA, killed_after};
use crate::refunds::{asks, one_charge};
use crate::shop::Shop;
use crate::stock::{ADA, Stock};

fn refund() -> Letter {
    asks("Please refund my last payment.")
}

/// Every refund waits for a person.
async fn asking_first(stock: Stock) -> Result<Shop> {
    Ok(Shop::open(stock).await?.switch(Function::Refund, Switch::Approval))
}

/// Ada's refund waits.
async fn waiting() -> Result<(Shop, Draft)> {
    let shop = asking_first(one_charge()).await?;
    let draft = shop.receives(&refund()).await?;
    Ok((shop, draft))
}

#[tokio::test]
async fn a_plan_that_waits_is_told_with_who_has_to_decide_and_until_when() -> Result<()> {
    let (shop, draft) = waiting().await?;
    draft.ends(Outcome::NeedsApproval, ReasonCode::ApprovalRequired);
    let told = draft.approval().context("an approval")?;
    let stored = shop.approval(&draft, Function::Refund).await?.context("it is stored")?;
    assert_eq!((&told.id, told.state, told.persons), (&stored.id, ApprovalState::Waiting, 1));
    assert_eq!(told.expires_at, stored.expires_at);
    assert_eq!(stored.amount.map(|amount| amount.minor), Some(4_900));
    assert_eq!((shop.writes().await?, shop.follow_ups_run().await?.len()), (0, 0));
    Ok(())
}

#[tokio::test]
async fn what_a_person_allows_is_done_once_and_told_in_a_later_draft() -> Result<()> {
    let (shop, first) = waiting().await?;
    assert!(matches!(shop.approves(&first, MILA).await?, Decided::Approved(_)));
    let later = shop.follows_up().await?;
    later.ends(Outcome::ActionTaken, ReasonCode::RefundIssued);
    later.action_is(ReportedState::Done);
    later.says("We have issued a refund of €49.00");
    assert_eq!((later.event.subject, later.event.sequence), (first.event.subject, 2));
    assert_ne!(later.event.id, first.event.id);
    assert_eq!(later.data().in_reply_to, first.data().in_reply_to);
    assert_eq!(later.data().delivery, first.data().delivery);
    let approval = later.approval().context("an approval")?;
    assert_eq!(
        (approval.state, approval.decided_by.as_slice()),
        (ApprovalState::Approved, [MILA.to_owned()].as_slice())
    );
    assert!(later.data().reasons.iter().any(|reason| reason.code == ReasonCode::Approved));
    assert_eq!((shop.refunded().await?, shop.follow_ups_run().await?.len()), (vec![4_900], 0));
    Ok(())
}

#[tokio::test]
async fn a_person_may_allow_less() -> Result<()> {
    let (shop, first) = waiting().await?;
    shop.approves_only(&first, 1_000, MILA).await?;
    let later = shop.follows_up().await?;
    later.ends(Outcome::ActionTaken, ReasonCode::RefundIssued);
    later.says("We have issued a refund of €10.00");
    assert_eq!(later.action().and_then(|action| action.amount).map(|amount| amount.minor), Some(1_000));
    assert_eq!(shop.refunded().await?, [1_000]);
    Ok(())
}

#[tokio::test]
async fn above_an_amount_two_persons_decide_and_the_smaller_amount_counts() -> Result<()> {
    let shop = Shop::open(one_charge()).await?.rules(|policy| {
        policy.refund.two_persons_above_minor.insert(Currency::EUR, 2_000);
    });
    let first = shop.receives(&refund()).await?;
    first.ends(Outcome::NeedsApproval, ReasonCode::AboveLimit);
    assert_eq!(first.approval().map(|approval| approval.persons), Some(2));
    assert_eq!(shop.approves_only(&first, 3_000, MILA).await?, Decided::Waits { votes: 1, persons: 2 });
    assert_eq!(shop.approves(&first, MILA).await?, Decided::SamePerson);
    assert_eq!((shop.follow_ups_run().await?.len(), shop.writes().await?), (0, 0));
    assert!(matches!(shop.approves(&first, JAN).await?, Decided::Approved(_)));
    let later = shop.follows_up().await?;
    later.ends(Outcome::ActionTaken, ReasonCode::RefundIssued);
    assert_eq!(later.approval().map(|approval| approval.decided_by.len()), Some(2));
    assert_eq!(shop.refunded().await?, [3_000]);
    Ok(())
}

#[tokio::test]
async fn nobody_allows_their_own_request() -> Result<()> {
    let (shop, first) = waiting().await?;
    assert_eq!(shop.approves(&first, "Ada@Engines.example").await?, Decided::OwnRequest);
    assert_eq!(shop.follow_ups_run().await?.len(), 0);
    Ok(())
}

#[tokio::test]
async fn a_no_is_told_with_its_reason_for_the_drafter_and_does_nothing() -> Result<()> {
    let (shop, first) = waiting().await?;
    shop.rejects(&first, MILA, "used for a year").await?;
    let later = shop.follows_up().await?;
    later.ends(Outcome::Answered, ReasonCode::ApprovalRejected);
    later.action_is(ReportedState::Refused);
    later.claims_no_refund();
    later.does_not_say("used for a year");
    assert_eq!(later.approval().and_then(|approval| approval.reason.as_deref()), Some("used for a year"));
    assert_eq!((shop.writes().await?, shop.follow_ups_run().await?.len()), (0, 0));
    Ok(())
}

#[tokio::test]
async fn what_nobody_decides_in_time_expires_and_a_person_gets_the_mail() -> Result<()> {
    let (shop, first) = waiting().await?;
    shop.hours_pass(71);
    assert_eq!(shop.engine.ledger.expire_approvals().await?, 0);
    shop.hours_pass(2);
    assert_eq!(shop.engine.ledger.expire_approvals().await?, 1);
    let later = shop.follows_up().await?;
    later.ends(Outcome::Handoff, ReasonCode::ApprovalExpired);
    later.claims_no_refund();
    assert!(matches!(shop.approves(&first, MILA).await?, Decided::Before(_)), "it is too late");
    assert_eq!((shop.writes().await?, shop.follow_ups_run().await?.len()), (0, 0));
    Ok(())
}

#[tokio::test]
async fn what_was_refunded_elsewhere_before_a_person_allowed_it_is_told_and_not_refunded_again() -> Result<()>
{
    let (shop, first) = waiting().await?;
    shop.refunds_by_hand("ch_1001", 4_900).await?;
    shop.approves(&first, MILA).await?;
    let later = shop.follows_up().await?;
    later.ends(Outcome::Answered, ReasonCode::AlreadyRefunded);
    later.says("was already refunded: €49.00 in total");
    later.claims_no_refund();
    assert_eq!(shop.refunded().await?, [4_900]);
    Ok(())
}

#[tokio::test]
async fn what_is_not_left_of_a_payment_any_more_is_not_refunded_though_allowed() -> Result<()> {
    let (shop, first) = waiting().await?;
    shop.refunds_by_hand("ch_1001", 4_000).await?;
    shop.approves(&first, MILA).await?;
    shop.follows_up().await?.ends(Outcome::Handoff, ReasonCode::AmountTooHigh);
    assert_eq!(shop.refunded().await?, [4_000]);
    Ok(())
}

#[tokio::test]
async fn a_person_may_allow_a_second_refund_of_a_payment() -> Result<()> {
    let shop = Shop::open(one_charge()).await?;
    shop.receives(&asks("Please refund 10.00 EUR of my last payment.")).await?;
    let again = asks("I wrote yesterday. Please refund 10.00 EUR of my last payment.");
    let first = shop.receives(&again).await?;
    first.ends(Outcome::NeedsApproval, ReasonCode::ApprovalRequired);
    shop.approves(&first, MILA).await?;
    shop.follows_up().await?.ends(Outcome::ActionTaken, ReasonCode::RefundIssued);
    assert_eq!(shop.refunded().await?, [1_000, 1_000]);
    Ok(())
}

#[tokio::test]
async fn a_function_that_was_switched_off_since_is_not_run_though_allowed() -> Result<()> {
    let (shop, first) = waiting().await?;
    shop.approves(&first, MILA).await?;
    let shop = shop.switch(Function::Refund, Switch::Off);
    let later = shop.follows_up().await?;
    later.ends(Outcome::Handoff, ReasonCode::FunctionOff);
    later.claims_no_refund();
    assert_eq!(shop.writes().await?, 0);
    Ok(())
}

#[tokio::test]
async fn what_was_allowed_waits_for_stripe_as_long_as_it_takes() -> Result<()> {
    let (shop, first) = waiting().await?;
    shop.approves(&first, MILA).await?;
    shop.goes_wrong("POST /v1/refunds", "server_error", 1_000).await?;
    for _ in 0..6 {
        assert!(shop.follow_ups_run().await?.is_empty());
        shop.hours_pass(1);
    }
    shop.all_is_well().await?;
    shop.hours_pass(6);
    shop.follows_up().await?.ends(Outcome::ActionTaken, ReasonCode::RefundIssued);
    assert_eq!(shop.refunded().await?, [4_900]);
    Ok(())
}

#[tokio::test]
async fn a_mail_that_comes_again_gets_its_first_draft_whatever_was_decided() -> Result<()> {
    let (shop, first) = waiting().await?;
    let copy = refund().by_way_of("relay.shop.example");
    assert_eq!(shop.receives(&refund()).await?.bytes, first.bytes);
    shop.approves(&first, MILA).await?;
    assert_eq!(shop.receives(&copy).await?.bytes, first.bytes);
    shop.follows_up().await?;
    for letter in [refund(), copy] {
        assert_eq!(shop.receives(&letter).await?.bytes, first.bytes);
    }
    assert_eq!((shop.refunded().await?, shop.follow_ups_run().await?.len()), (vec![4_900], 0));
    Ok(())
}

#[tokio::test]
async fn neither_a_replay_nor_the_simulator_asks_a_person() -> Result<()> {
    let shop = asking_first(one_charge()).await?;
    let replayed = shop.receives_bytes(refund().bytes(), RunKind::Replay).await?;
    let simulated = shop.simulates(refund().bytes()).await?;
    for draft in [replayed, simulated] {
        draft.ends(Outcome::NeedsApproval, ReasonCode::ApprovalRequired);
        assert!(draft.approval().is_none());
    }
    let all = shop.engine.ledger.approvals(None, &ApprovalState::ALL).await?;
    assert!(all.is_empty());
    Ok(())
}

#[tokio::test]
async fn a_cancellation_and_a_link_are_allowed_in_the_same_way() -> Result<()> {
    let stock = Stock::of_ada_and_bob().portal().subscription("sub_1001", json!({}));
    let shop = Shop::open(stock).await?;
    let shop = shop
        .switch(Function::CancelSubscription, Switch::Approval)
        .switch(Function::PortalLink, Switch::Approval);
    let cancels = shop.receives(&Letter::from(ADA).asks("Please cancel my subscription.")).await?;
    shop.approves(&cancels, MILA).await?;
    let later = shop.follows_up().await?;
    later.ends(Outcome::ActionTaken, ReasonCode::CancellationSet);
    later.says("Your subscription will end on 8 December 2026.");
    let link =
        shop.receives(&Letter::from(ADA).asks("Please send me a link to the customer portal.")).await?;
    link.ends(Outcome::NeedsApproval, ReasonCode::ApprovalRequired);
    shop.approves(&link, MILA).await?;
    let later = shop.follows_up().await?;
    later.ends(Outcome::Answered, ReasonCode::LinkCreated);
    assert!(later.link(LinkKind::PortalSession).is_some());
    Ok(())
}

#[tokio::test]
async fn a_rejected_cancellation_is_told_as_such() -> Result<()> {
    let shop = Shop::open(Stock::of_ada_and_bob().subscription("sub_1001", json!({}))).await?;
    let shop = shop.switch(Function::CancelSubscription, Switch::Approval);
    let first = shop.receives(&Letter::from(ADA).asks("Please cancel my subscription.")).await?;
    shop.rejects(&first, MILA, "a yearly contract").await?;
    let later = shop.follows_up().await?;
    later.ends(Outcome::Answered, ReasonCode::ApprovalRejected);
    later.says("Your subscription has not been cancelled.");
    assert_eq!(shop.writes().await?, 0);
    Ok(())
}

/// The worker is killed wherever it has to wait, and another one begins anew when the lease has ended: one refund, one later draft.
#[tokio::test]
async fn a_worker_killed_anywhere_on_the_way_does_not_refund_twice() -> Result<()> {
    for waits in 0.. {
        let (shop, first) = waiting().await?;
        shop.approves(&first, MILA).await?;
        let follow_up = shop.follow_ups().await?.pop().context("a follow-up")?;
        let followed = killed_after(waits, shop.engine.follow_up(follow_up)).await;
        shop.leases_end()?;
        let drafts = shop.follow_ups_run().await?;
        assert_eq!(drafts.len(), 1, "killed after {waits}");
        for draft in drafts {
            draft.ends(Outcome::ActionTaken, ReasonCode::RefundIssued);
        }
        assert_eq!(shop.refunded().await?, [4_900], "killed after {waits}");
        if let Some(followed) = followed {
            assert_eq!(followed, FollowedUp::Drafted(Outcome::ActionTaken));
            // Once for each call whose answer is not there at once: how many those are depends on the machine.
            assert!(waits > 2, "it waited {waits} times only");
            return Ok(());
        }
    }
    Ok(())
}
