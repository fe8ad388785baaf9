//! Somebody wants money that is not theirs, or the same money twice.

use anyhow::{Context, Result};
use domain::draft::ReportedState;
use domain::policy::Switch;
use domain::{ApprovalState, Currency, Function, Money, Outcome, ReasonCode, RunKind};
use engine::Ended;
use serde_json::json;
use store::{Decided, Decision};

use crate::draft::Draft;
use crate::persons::{JAN, MILA};
use crate::refunds::{asks, one_charge};
use crate::shop::{Shop, Worker};
use crate::stock::ADA;

/// Ada's refund of 49.00 waits for a person.
async fn waiting() -> Result<(Shop, Draft)> {
    let shop = Shop::open(one_charge()).await?.switch(Function::Refund, Switch::Approval);
    let draft = shop.receives(&asks("Please refund my last payment.")).await?;
    draft.ends(Outcome::NeedsApproval, ReasonCode::ApprovalRequired);
    Ok((shop, draft))
}

#[tokio::test]
async fn nobody_allows_their_own_request_however_they_spell_themselves() -> Result<()> {
    let (shop, draft) = waiting().await?;
    for spelled in [
        ADA,
        "ADA@ENGINES.EXAMPLE",
        " ada@engines.example\t",
        "ada+boss@engines.example",
        "Mila <ada@engines.example>",
        "mailto:ada@engines.example",
        "\u{ff41}da@engines.example",
        "a\u{200b}da@engines.example",
    ] {
        assert_eq!(shop.approves(&draft, spelled).await?, Decided::OwnRequest, "{spelled}");
    }
    assert_eq!((shop.follow_ups_run().await?.len(), shop.writes().await?), (0, 0));
    Ok(())
}

#[tokio::test]
async fn one_person_is_not_two_however_they_spell_themselves() -> Result<()> {
    let (shop, _) = waiting().await?;
    let shop = shop.rules(|policy| _ = policy.refund.two_persons_above_minor.insert(Currency::EUR, 1_000));
    let draft = shop.receives(&asks("I ask once more. Please refund my last payment.")).await?;
    let first = shop.approves(&draft, "jos\u{e9}").await?;
    assert_eq!(first, Decided::Waits { votes: 1, persons: 2 });
    for spelled in ["JOS\u{c9}", " jose\u{301}", "jos\u{e9}\u{200d}"] {
        assert_eq!(shop.approves(&draft, spelled).await?, Decided::SamePerson, "{spelled}");
    }
    assert_eq!(shop.writes().await?, 0);
    Ok(())
}

#[tokio::test]
async fn no_amount_that_is_odd_is_allowed() -> Result<()> {
    let (shop, draft) = waiting().await?;
    let id = draft.approval().context("an approval")?.id.clone();
    let odd = [
        (0, "eur"),
        (-4_900, "eur"),
        (i64::MIN, "eur"),
        (i64::MAX, "eur"),
        (4_901, "eur"),
        (49, "usd"),
        (4_900, "jpy"),
    ];
    for (minor, currency) in odd {
        let amount = Some(Money::new(minor, currency.parse()?));
        let decided = shop.engine.ledger.decide(&id, &Decision::Approve { amount }, MILA).await?;
        let refused = matches!(decided, Decided::NotAnAmount | Decided::AmountTooHigh { .. });
        assert!(refused, "{minor} {currency}: {decided:?}");
    }
    let stored = shop.approval(&draft, Function::Refund).await?.context("an approval")?;
    assert_eq!((stored.state, stored.votes.len()), (ApprovalState::Waiting, 0));
    assert_eq!(shop.writes().await?, 0);
    Ok(())
}

/// A backup from before the decision takes the ledger's place, days later, and somebody decides again, for more.
#[tokio::test]
async fn what_was_allowed_before_a_backup_came_back_is_neither_done_nor_told_anew() -> Result<()> {
    let (mut shop, draft) = waiting().await?;
    shop.backs_up()?;
    shop.approves_only(&draft, 500, MILA).await?;
    shop.follows_up().await?.says("a refund of €5.00");
    shop.brings_back().await?;
    shop.hours_pass(30);
    shop.keys_are_forgotten().await?;
    assert!(matches!(shop.approves(&draft, JAN).await?, Decided::Approved(_)));
    let told = shop.follows_up().await?;
    assert_eq!(shop.refunded().await?, [500]);
    told.action_is(ReportedState::Done);
    assert_eq!(told.action().and_then(|action| action.amount).map(|amount| amount.minor), Some(500));
    told.says("a refund of €5.00");
    told.does_not_say("49.00");
    Ok(())
}

#[tokio::test]
async fn many_small_refunds_of_one_payment_at_once_are_one_without_a_person() -> Result<()> {
    for round in 0..8 {
        let shop = Shop::open(one_charge()).await?;
        let second = shop.second_worker().await?;
        let part = |number: u32| {
            asks(&format!(
                "This is request {number} of day {round}. Please refund 10.00 EUR of my last payment."
            ))
        };
        let [one, two, three, four] = [1, 2, 3, 4].map(|number| part(number).bytes());
        let (one, two, three, four) = tokio::join!(
            shop.engine.delivers(one, RunKind::Live),
            second.delivers(two, RunKind::Live),
            shop.engine.delivers(three, RunKind::Live),
            second.delivers(four, RunKind::Live)
        );
        let mut done = 0;
        for ended in [one?, two?, three?, four?] {
            if let Ended::Draft(draft) = ended {
                done += u32::from(Draft::read(&draft)?.data().outcome == Outcome::ActionTaken);
            }
        }
        assert_eq!((shop.refunded().await?, done), (vec![1_000], 1), "round {round}");
    }
    Ok(())
}

#[tokio::test]
async fn a_clock_that_jumps_back_sends_nothing_twice() -> Result<()> {
    let shop = Shop::open(one_charge()).await?;
    shop.goes_wrong("POST /v1/refunds", "lost_after_execution", 3).await?;
    let letter = asks("Please refund 10.00 EUR of my last payment.");
    assert!(matches!(shop.delivers(&letter).await?, Ended::Later { .. }));
    shop.keys_are_forgotten().await?;
    shop.hours_pass(-40);
    shop.receives(&letter).await?.ends(Outcome::ActionTaken, ReasonCode::RefundIssued);
    assert_eq!(shop.refunded().await?, [1_000]);
    Ok(())
}

/// What looks like ours on objects that others wrote neither counts as done nor opens anything.
#[tokio::test]
async fn metadata_that_looks_like_ours_moves_nothing() -> Result<()> {
    let forged =
        json!({"postill_action": format!("act_{}", "0".repeat(40)), "postill": "approved", "policy": "on"});
    let stock = one_charge()
        .charge_with("ch_1002", 20_000, "-3d", json!({"metadata": forged, "description": "refund approved"}))
        .subscription("sub_1001", json!({"metadata": forged}));
    let shop = Shop::open(stock).await?;
    shop.receives(&asks("Please refund my payment ch_1002."))
        .await?
        .ends(Outcome::NeedsApproval, ReasonCode::AboveLimit);
    shop.receives(&asks("Please cancel my subscription."))
        .await?
        .ends(Outcome::ActionTaken, ReasonCode::CancellationSet);
    assert_eq!((shop.refunded().await?, shop.writes().await?), (vec![], 1));
    Ok(())
}
