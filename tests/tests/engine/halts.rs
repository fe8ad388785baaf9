//! The kill switch: nothing is changed at Stripe while it is set, whoever allowed it, and everybody is told the truth.

use anyhow::Result;
use domain::action::ActionState;
use domain::draft::{LinkKind, ReportedState};
use domain::policy::Switch;
use domain::{Function, Outcome, ReasonCode};
use engine::Ended;
use serde_json::json;

use crate::letter::Letter;
use crate::persons::MILA;
use crate::refunds::{asks, one_charge};
use crate::shop::Shop;
use crate::stock::{ADA, Stock};

fn refund() -> Letter {
    asks("Please refund 10.00 EUR of my last payment.")
}

#[tokio::test]
async fn while_a_file_halts_it_a_refund_waits_for_a_person() -> Result<()> {
    let shop = Shop::open(one_charge()).await?;
    shop.pulls_the_brake()?;
    let first = shop.receives(&refund()).await?;
    first.ends(Outcome::NeedsApproval, ReasonCode::Halted);
    first.action_is(ReportedState::NeedsApproval);
    assert!(shop.action(&first, Function::Refund).await?.is_none(), "nothing is stored");
    shop.approves(&first, MILA).await?;
    assert!(shop.follow_ups_run().await?.is_empty(), "halted is halted, whoever allowed it");
    assert_eq!(shop.writes().await?, 0);
    shop.releases_the_brake()?;
    shop.minutes_pass(1);
    shop.follows_up().await?.ends(Outcome::ActionTaken, ReasonCode::RefundIssued);
    assert_eq!(shop.refunded().await?, [1_000]);
    Ok(())
}

#[tokio::test]
async fn while_the_ledger_halts_it_nothing_is_changed_and_afterwards_all_goes_on() -> Result<()> {
    let stock = one_charge().subscription("sub_1001", json!({}));
    let shop = Shop::open(stock).await?;
    shop.halts().await?;
    let refund = shop.receives(&refund()).await?;
    let cancellation = shop.receives(&Letter::from(ADA).asks("Please cancel my subscription.")).await?;
    for first in [&refund, &cancellation] {
        first.ends(Outcome::NeedsApproval, ReasonCode::Halted);
        shop.approves(first, MILA).await?;
    }
    assert!(shop.follow_ups_run().await?.is_empty());
    assert_eq!(shop.writes().await?, 0);
    assert_eq!(shop.resumes().await?, 1);
    shop.minutes_pass(1);
    assert_eq!(shop.follow_ups_run().await?.len(), 2);
    assert_eq!((shop.refunded().await?, shop.writes().await?), (vec![1_000], 2));
    Ok(())
}

#[tokio::test]
async fn what_was_intended_when_it_was_halted_is_given_up_unsent() -> Result<()> {
    for by_file in [true, false] {
        let shop = Shop::open(one_charge()).await?;
        shop.goes_wrong("GET /v1/charges/ch_1001", "server_error", 3).await?;
        assert!(matches!(shop.delivers(&refund()).await?, Ended::Later { .. }));
        if by_file {
            shop.pulls_the_brake()?;
        } else {
            shop.halts().await?;
        }
        let draft = shop.receives(&refund()).await?;
        draft.ends(Outcome::Handoff, ReasonCode::Halted);
        draft.action_is(ReportedState::Refused);
        draft.claims_no_refund();
        let action = shop.action(&draft, Function::Refund).await?;
        assert_eq!(action.map(|action| action.state), Some(ActionState::Refused), "it is in nobody's way");
        assert_eq!(shop.writes().await?, 0);
    }
    Ok(())
}

#[tokio::test]
async fn what_was_sent_when_it_was_halted_is_not_sent_again() -> Result<()> {
    let shop = Shop::open(one_charge()).await?;
    shop.goes_wrong("POST /v1/refunds", "lost_before_execution", 3).await?;
    assert!(matches!(shop.delivers(&refund()).await?, Ended::Later { .. }));
    let writes = shop.writes().await?;
    shop.halts().await?;
    let draft = shop.receives(&refund()).await?;
    draft.ends(Outcome::Handoff, ReasonCode::OutcomeUnknown);
    draft.action_is(ReportedState::Unknown);
    assert_eq!((shop.writes().await?, shop.refunded().await?), (writes, vec![]));
    Ok(())
}

#[tokio::test]
async fn what_was_done_before_it_was_halted_is_told() -> Result<()> {
    let shop = Shop::open(one_charge()).await?;
    shop.is_killed_over(&refund()).await?;
    shop.halts().await?;
    shop.pulls_the_brake()?;
    shop.receives(&refund()).await?.ends(Outcome::ActionTaken, ReasonCode::RefundIssued);
    Ok(())
}

#[tokio::test]
async fn questions_are_answered_while_changes_are_halted() -> Result<()> {
    let shop = Shop::open(Stock::of_ada_and_bob().portal().subscription("sub_1001", json!({}))).await?;
    shop.halts().await?;
    let status = shop.receives(&Letter::from(ADA).asks("What is the status of my subscription?")).await?;
    assert_eq!(status.data().outcome, Outcome::Answered);
    let link =
        shop.receives(&Letter::from(ADA).asks("Please send me a link to the customer portal.")).await?;
    link.ends(Outcome::Answered, ReasonCode::Halted);
    assert!(link.link(LinkKind::PortalLogin).is_some(), "the page that needs no change");
    assert_eq!(shop.writes().await?, 0);
    Ok(())
}

#[tokio::test]
async fn a_refund_halted_while_it_waited_for_a_person_is_still_theirs_to_refuse() -> Result<()> {
    let shop = Shop::open(one_charge()).await?.switch(Function::Refund, Switch::Approval);
    let first = shop.receives(&refund()).await?;
    shop.halts().await?;
    shop.rejects(&first, MILA, "no").await?;
    shop.follows_up().await?.ends(Outcome::Answered, ReasonCode::ApprovalRejected);
    Ok(())
}
