//! Many mails of one sender within an hour go to a person.

use std::num::NonZeroU32;

use anyhow::Result;
use domain::{Outcome, ReasonCode, RunKind};

use crate::letter::Letter;
use crate::shop::{Shop, Worker};
use crate::stock::{ADA, BOB, Stock};

/// A shop that answers three mails of a sender within an hour.
async fn shop() -> Result<Shop> {
    let stock = Stock::of_ada_and_bob().charge("ch_0001", 4_900, "-3d");
    Ok(Shop::open(stock).await?.rules(|policy| policy.sender.mails_per_hour = NonZeroU32::new(3)))
}

fn asks(from: &str, number: u32) -> Letter {
    Letter::from(from).asks("Did my payment go through?").message_id(&format!("{number}@{from}"))
}

#[track_caller]
fn is_answered(draft: &crate::draft::Draft) {
    draft.ends(Outcome::Answered, ReasonCode::FactsFound);
}

#[track_caller]
fn is_for_a_person(draft: &crate::draft::Draft) {
    draft.ends(Outcome::Handoff, ReasonCode::TooManyMails);
    assert!(draft.data().facts.is_empty() && draft.data().delivery.to.is_none());
}

#[tokio::test]
async fn the_mail_after_the_last_allowed_goes_to_a_person_before_stripe_is_asked() -> Result<()> {
    let shop = shop().await?;
    for number in 1..=3 {
        is_answered(&shop.receives(&asks(ADA, number)).await?);
    }
    let asked = shop.asked().await?.len();
    is_for_a_person(&shop.receives(&asks(ADA, 4)).await?);
    is_for_a_person(&shop.receives(&asks("ADA@ENGINES.example", 5)).await?);
    assert_eq!(shop.asked().await?.len(), asked);
    shop.receives(&asks(BOB, 1)).await?.ends(Outcome::Answered, ReasonCode::NothingFound);
    shop.hours_pass(1);
    is_answered(&shop.receives(&asks(ADA, 6)).await?);
    Ok(())
}

#[tokio::test]
async fn mails_of_which_none_is_finished_yet_are_counted_like_others() -> Result<()> {
    let shop = shop().await?;
    let mut works = Vec::new();
    for number in 1..=5 {
        works.push(shop.engine.takes(asks(ADA, number).bytes(), RunKind::Live).await?);
    }
    let mut processed = Vec::new();
    for work in works {
        processed.push(Box::pin(shop.engine.process(work)).await);
    }
    let mut over = 0;
    for ended in shop.engine.finish(processed).await {
        let engine::Ended::Draft(draft) = ended else { continue };
        over += usize::from(crate::draft::Draft::read(&draft)?.code() == Some(ReasonCode::TooManyMails));
    }
    assert_eq!(over, 2);
    Ok(())
}

#[tokio::test]
async fn a_mail_that_comes_again_counts_once() -> Result<()> {
    let shop = shop().await?;
    for _ in 0..3 {
        is_answered(&shop.receives(&asks(ADA, 1)).await?);
        is_answered(&shop.receives(&asks(ADA, 1).by_way_of("relay.shop.example")).await?);
        shop.is_killed_over(&asks(ADA, 2)).await?;
    }
    is_answered(&shop.receives(&asks(ADA, 2)).await?);
    is_answered(&shop.receives(&asks(ADA, 3)).await?);
    is_for_a_person(&shop.receives(&asks(ADA, 4)).await?);
    is_answered(&shop.receives(&asks(ADA, 3)).await?);
    Ok(())
}

#[tokio::test]
async fn every_worker_knows_what_the_others_answered() -> Result<()> {
    let shop = shop().await?;
    for number in 1..=3 {
        is_answered(&shop.receives(&asks(ADA, number)).await?);
    }
    let other = shop.second_worker().await?;
    let ended = other.delivers(asks(ADA, 4).bytes(), RunKind::Live).await?;
    let engine::Ended::Draft(draft) = ended else { anyhow::bail!("there is no draft: {ended:?}") };
    is_for_a_person(&crate::draft::Draft::read(&draft)?);
    Ok(())
}

#[tokio::test]
async fn forged_mail_does_not_use_up_what_its_owner_may_write() -> Result<()> {
    let shop = shop().await?;
    for number in 1..=9 {
        shop.receives(&asks(ADA, number).unproven()).await?;
    }
    is_for_a_person(&shop.receives(&asks(ADA, 10).with_spf_only()).await?);
    for number in 11..=13 {
        is_answered(&shop.receives(&asks(ADA, number)).await?);
    }
    is_for_a_person(&shop.receives(&asks(ADA, 14)).await?);
    Ok(())
}

#[tokio::test]
async fn archived_and_injected_mail_is_neither_counted_nor_held_up() -> Result<()> {
    let shop = shop().await?;
    for run in [RunKind::Replay, RunKind::Simulator, RunKind::Load] {
        for number in 1..=5 {
            is_answered(&shop.receives_bytes(asks(ADA, number).bytes(), run).await?);
        }
    }
    for number in 1..=3 {
        is_answered(&shop.receives(&asks(ADA, number)).await?);
    }
    is_for_a_person(&shop.receives(&asks(ADA, 4)).await?);
    is_answered(&shop.receives_bytes(asks(ADA, 4).bytes(), RunKind::Load).await?);
    Ok(())
}

#[tokio::test]
async fn automatic_mail_does_not_count() -> Result<()> {
    let shop = shop().await?;
    for number in 1..=5 {
        let mut bytes = b"Auto-Submitted: auto-replied\r\n".to_vec();
        bytes.extend(asks(ADA, number).bytes());
        let draft = shop.receives_bytes(bytes, RunKind::Live).await?;
        draft.ends(Outcome::Ignored, ReasonCode::AutomaticMail);
    }
    is_answered(&shop.receives(&asks(ADA, 6)).await?);
    Ok(())
}

#[tokio::test]
async fn without_a_limit_everything_is_answered() -> Result<()> {
    let shop = shop().await?.rules(|policy| policy.sender.mails_per_hour = None);
    for number in 1..=9 {
        is_answered(&shop.receives(&asks(ADA, number)).await?);
    }
    Ok(())
}
