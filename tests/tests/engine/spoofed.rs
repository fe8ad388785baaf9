//! A copy under a forged name neither answers the real mail, nor holds it up, nor is given what the real one led to.

use anyhow::Result;
use domain::draft::LinkKind;
use domain::{Function, Outcome, ReasonCode};

use crate::letter::Letter;
use crate::refunds::one_charge;
use crate::shop::Shop;
use crate::stock::{ADA, Stock};

fn refund() -> Letter {
    Letter::from(ADA).asks("Please refund my last payment.").message_id("known@engines.example")
}

fn portal() -> Letter {
    let text = "Please send me a link to the customer portal so that I can update my card.";
    Letter::from(ADA).asks(text).message_id("known@engines.example")
}

#[tokio::test]
async fn a_spoofed_copy_that_came_first_does_not_answer_the_real_mail() -> Result<()> {
    let shop = Shop::open(one_charge()).await?;
    let spoofed = shop.receives(&refund().unproven()).await?;
    spoofed.ends(Outcome::NeedsVerification, ReasonCode::SenderNotAuthenticated);
    let real = shop.receives(&refund()).await?;
    real.ends(Outcome::ActionTaken, ReasonCode::RefundIssued);
    assert_ne!(real.event.id, spoofed.event.id, "one id, one draft");
    assert_eq!(real.event.subject, spoofed.event.subject, "it is the same mail to a person");
    Ok(())
}

#[tokio::test]
async fn a_spoofed_copy_that_came_later_is_not_given_the_answer_of_the_real_mail() -> Result<()> {
    let shop = Shop::open(one_charge()).await?;
    shop.receives(&refund()).await?.ends(Outcome::ActionTaken, ReasonCode::RefundIssued);
    let spoofed = shop.receives(&refund().unproven()).await?;
    spoofed.ends(Outcome::NeedsVerification, ReasonCode::SenderNotAuthenticated);
    assert!(spoofed.data().actions.is_empty() && spoofed.data().facts.is_empty());
    assert_eq!(shop.refunded().await?.len(), 1);
    Ok(())
}

#[tokio::test]
async fn what_the_real_mail_did_before_a_crash_is_not_told_to_a_spoofed_copy() -> Result<()> {
    let shop = Shop::open(Stock::of_ada_and_bob().portal()).await?;
    shop.is_killed_over(&portal()).await?;
    let spoofed = shop.receives(&portal().unproven()).await?;
    spoofed.ends(Outcome::Answered, ReasonCode::LoginPageGiven);
    assert_eq!(spoofed.link(LinkKind::PortalSession), None);
    let real = shop.receives(&portal()).await?;
    real.ends(Outcome::Answered, ReasonCode::LinkCreated);
    assert_eq!(shop.kept("portal_sessions").await?.len(), 1, "and the real one finds its own again");

    let shop = Shop::open(one_charge()).await?;
    shop.is_killed_over(&refund()).await?;
    shop.receives(&refund().unproven())
        .await?
        .ends(Outcome::NeedsVerification, ReasonCode::SenderNotAuthenticated);
    shop.receives(&refund()).await?.ends(Outcome::ActionTaken, ReasonCode::RefundIssued);
    assert_eq!(shop.refunded().await?.len(), 1);
    Ok(())
}

#[tokio::test]
async fn a_spoofed_mail_with_the_message_id_of_the_real_one_does_not_hold_it_up() -> Result<()> {
    let shop = Shop::open(one_charge()).await?;
    let bait = Letter::from(ADA).asks("Where is my invoice?").message_id("known@engines.example");
    shop.receives(&bait.clone().unproven()).await?;
    shop.receives(&refund()).await?.ends(Outcome::ActionTaken, ReasonCode::RefundIssued);

    let shop = Shop::open(one_charge()).await?;
    shop.receives(&bait).await?;
    shop.receives(&refund()).await?.ends(Outcome::Handoff, ReasonCode::MessageIdReused);
    assert_eq!(shop.writes().await?, 0, "between two authenticated ones a person decides");
    Ok(())
}

#[tokio::test]
async fn a_link_to_pay_is_made_once_whatever_its_copies_prove() -> Result<()> {
    let shop = Shop::open(Stock::of_ada_and_bob()).await?;
    let pays = Letter::from(ADA)
        .asks("Please send me a link to pay 75.00 EUR for the workshop.")
        .message_id("known@engines.example");
    for letter in [pays.clone().unproven(), pays.clone(), pays.with_spf_only()] {
        shop.receives(&letter).await?.ends(Outcome::Answered, ReasonCode::LinkCreated);
    }
    assert_eq!(shop.kept("payment_links").await?.len(), 1);
    Ok(())
}

#[tokio::test]
async fn one_action_of_a_mail_is_one_action_of_its_copies() -> Result<()> {
    let shop = Shop::open(one_charge()).await?;
    let spoofed = shop.receives(&refund().unproven()).await?;
    assert!(shop.action(&spoofed, Function::Refund).await?.is_none());
    shop.receives(&refund()).await?;
    assert!(shop.action(&spoofed, Function::Refund).await?.is_some());
    Ok(())
}
