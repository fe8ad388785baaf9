//! What may be given away within a day without a person: to one customer, and by the workspace to all.

use anyhow::{Context, Result};
use domain::policy::{Policy, Verdict};
use domain::{Currency, HaltKind, Outcome, ReasonCode, RunKind};
use engine::Ended;
use serde_json::json;

use crate::draft::Draft;
use crate::letter::Letter;
use crate::persons::MILA;
use crate::shop::{Shop, Worker};
use crate::stock::{ADA, BOB, Stock};

/// Three payments of Ada's and one of Bob's, all of 20.00.
fn payments() -> Stock {
    let bobs =
        json!({"id": "ch_2001", "customer": "cus_bob", "amount": 2_000, "currency": "eur", "created": "-3d"});
    let stock = Stock::of_ada_and_bob().has("charges", bobs);
    ["ch_1001", "ch_1002", "ch_1003"].into_iter().fold(stock, |stock, id| stock.charge(id, 2_000, "-3d"))
}

fn refund(from: &str, charge: &str) -> Letter {
    Letter::from(from).asks(&format!("Please refund my payment {charge}."))
}

async fn with(change: impl FnOnce(&mut Policy)) -> Result<Shop> {
    Ok(Shop::open(payments()).await?.rules(change))
}

fn customer_day(policy: &mut Policy) {
    policy.refund.day_limit_customer_minor.insert(Currency::EUR, 5_000);
}

fn workspace_day(policy: &mut Policy) {
    policy.refund.day_limit_workspace_minor.insert(Currency::EUR, 5_000);
}

fn verdict(draft: &Draft, rule: &str) -> Option<Verdict> {
    let mut lines = draft.action()?.policy.iter();
    lines.find(|line| line.rule == rule).map(|line| line.verdict)
}

#[tokio::test]
async fn a_customer_gets_so_much_within_a_day_and_then_a_person_decides() -> Result<()> {
    let shop = with(customer_day).await?;
    for charge in ["ch_1001", "ch_1002"] {
        let draft = shop.receives(&refund(ADA, charge)).await?;
        draft.ends(Outcome::ActionTaken, ReasonCode::RefundIssued);
        assert_eq!(verdict(&draft, "customer_day"), Some(Verdict::Passed), "what passed is told too");
    }
    let third = shop.receives(&refund(ADA, "ch_1003")).await?;
    third.ends(Outcome::NeedsApproval, ReasonCode::DayLimit);
    assert_eq!(verdict(&third, "customer_day"), Some(Verdict::NeedsApproval));
    let bobs = shop.receives(&refund(BOB, "ch_2001")).await?;
    bobs.ends(Outcome::ActionTaken, ReasonCode::RefundIssued);
    assert_eq!(shop.refunded().await?, [2_000, 2_000, 2_000]);
    Ok(())
}

#[tokio::test]
async fn after_a_day_the_limit_is_as_before() -> Result<()> {
    let shop = with(customer_day).await?;
    for charge in ["ch_1001", "ch_1002"] {
        shop.receives(&refund(ADA, charge)).await?;
    }
    shop.hours_pass(25);
    shop.receives(&refund(ADA, "ch_1003")).await?.ends(Outcome::ActionTaken, ReasonCode::RefundIssued);
    Ok(())
}

#[tokio::test]
async fn a_persons_consent_passes_a_limit_and_counts_in_it() -> Result<()> {
    let shop = with(|policy| {
        policy.refund.day_limit_customer_minor.insert(Currency::EUR, 2_000);
    })
    .await?;
    shop.receives(&refund(ADA, "ch_1001")).await?.ends(Outcome::ActionTaken, ReasonCode::RefundIssued);
    let second = shop.receives(&refund(ADA, "ch_1002")).await?;
    second.ends(Outcome::NeedsApproval, ReasonCode::DayLimit);
    shop.approves(&second, MILA).await?;
    shop.follows_up().await?.ends(Outcome::ActionTaken, ReasonCode::RefundIssued);
    let third = shop.receives(&refund(ADA, "ch_1003")).await?;
    third.ends(Outcome::NeedsApproval, ReasonCode::DayLimit);
    let line =
        third.action().and_then(|action| action.policy.iter().find(|line| line.rule == "customer_day"));
    assert!(line.context("the line")?.text.contains("40.00"), "{line:?}");
    Ok(())
}

#[tokio::test]
async fn a_used_up_budget_trips_the_breaker_until_somebody_resumes() -> Result<()> {
    let shop = with(workspace_day).await?;
    for charge in ["ch_1001", "ch_1002"] {
        shop.receives(&refund(ADA, charge)).await?.ends(Outcome::ActionTaken, ReasonCode::RefundIssued);
    }
    shop.receives(&refund(BOB, "ch_2001")).await?.ends(Outcome::NeedsApproval, ReasonCode::DayLimit);
    let halts = shop.engine.ledger.halts().await?;
    assert_eq!(halts.iter().map(|halt| halt.kind).collect::<Vec<_>>(), [HaltKind::Breaker]);
    // A day later the sum is small again, and the breaker is still out.
    shop.hours_pass(30);
    let waits = shop.receives(&refund(ADA, "ch_1003")).await?;
    waits.ends(Outcome::NeedsApproval, ReasonCode::BreakerTripped);
    shop.approves(&waits, MILA).await?;
    shop.follows_up().await?.ends(Outcome::ActionTaken, ReasonCode::RefundIssued);
    assert_eq!(shop.resumes().await?, 1);
    let again = Letter::from(BOB).asks("I wrote yesterday. Please refund my payment ch_2001.");
    shop.receives(&again).await?.ends(Outcome::ActionTaken, ReasonCode::RefundIssued);
    Ok(())
}

#[tokio::test]
async fn a_refund_that_waits_anyway_trips_nothing() -> Result<()> {
    let shop = with(|policy| {
        workspace_day(policy);
        policy.refund.limit_minor.insert(Currency::EUR, 1_000);
        policy.refund.day_limit_workspace_minor.insert(Currency::EUR, 1_500);
    })
    .await?;
    shop.receives(&refund(ADA, "ch_1001")).await?.ends(Outcome::NeedsApproval, ReasonCode::AboveLimit);
    assert!(shop.engine.ledger.halts().await?.is_empty());
    Ok(())
}

/// Both see an empty day, and one of them is first.
#[tokio::test]
async fn two_workers_at_once_do_not_pass_a_limit_together() -> Result<()> {
    for round in 0..5 {
        let shop = with(|policy| {
            policy.refund.day_limit_customer_minor.insert(Currency::EUR, 3_000);
        })
        .await?;
        let second = shop.second_worker().await?;
        let (one, other) = tokio::join!(
            shop.engine.delivers(refund(ADA, "ch_1001").bytes(), RunKind::Live),
            second.delivers(refund(ADA, "ch_1002").bytes(), RunKind::Live)
        );
        let mut codes = Vec::new();
        for ended in [one?, other?] {
            let Ended::Draft(draft) = ended else { anyhow::bail!("{round}: {ended:?}") };
            codes.push(Draft::read(&draft)?.code().context("a reason")?);
        }
        codes.sort_by_key(|code| *code == ReasonCode::DayLimit);
        assert_eq!(codes, [ReasonCode::RefundIssued, ReasonCode::DayLimit], "{round}");
        assert_eq!(shop.refunded().await?, [2_000], "{round}");
    }
    Ok(())
}

#[tokio::test]
async fn one_limit_is_not_used_up_by_another_currency() -> Result<()> {
    let yen = json!({"currency": "jpy"});
    let stock = payments().charge_with("ch_1004", 3_000, "-3d", yen);
    let shop = Shop::open(stock).await?.rules(|policy| {
        policy.refund.day_limit_customer_minor.insert(Currency::EUR, 2_000);
        policy.refund.day_limit_customer_minor.insert(Currency::JPY, 3_000);
    });
    for charge in ["ch_1001", "ch_1004"] {
        shop.receives(&refund(ADA, charge)).await?.ends(Outcome::ActionTaken, ReasonCode::RefundIssued);
    }
    Ok(())
}
