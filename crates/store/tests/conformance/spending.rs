//! A day's limits: kept whoever asks at the same time, passed only with a person's consent, and a breaker that stays tripped.

use anyhow::{Result, bail};
use domain::policy::Spent;
use domain::{Currency, Function, HaltKind, Money, Scope, Timestamp, WorkspaceId};
use futures_util::future::join_all;
use serde_json::json;
use store::{
    ByHand, Consent, DayLimit, DayLimits, Decided, Decision, Intended, LedgerError, NewAction, Right,
    Settlement, Spends,
};

use crate::engines::on_both_engines;
use crate::world::{LONG, World, approval, ask, asks, refund, run};

on_both_engines!(
    a_customer_gets_no_more_than_the_limit_of_a_day,
    a_customer_over_the_limit_does_not_hold_up_others,
    a_workspace_over_its_limit_trips_its_breaker_for_good,
    what_may_have_been_given_away_counts_and_what_was_refused_does_not,
    each_currency_counts_for_itself,
    after_a_day_it_counts_no_more,
    an_action_that_is_stored_stays_whatever_has_been_spent_since,
    a_person_passes_limits_and_breaker_and_counts,
    a_person_allows_no_more_than_was_approved,
    without_limits_nothing_is_held_up,
    refunds_intended_at_once_keep_to_the_limit,
    copies_of_one_mail_spend_once,
);

const LIMITED: DayLimits = DayLimits { customer: Some(1_000), workspace: Some(5_000) };

fn spending(number: u32, customer: &str, minor: i64, limits: DayLimits) -> Result<NewAction> {
    let spends = Spends { customer: customer.parse()?, amount: Money::new(minor, Currency::EUR) };
    Ok(NewAction {
        spends: Some(spends),
        consent: Consent::Policy { limits },
        ..refund(number, &format!("ch_{number}"), minor)
    })
}

async fn intend(world: &World, number: u32, action: &NewAction) -> Result<Intended> {
    let lease = world.take(number, LONG).await?;
    Ok(world.ledger.intend(action, Right::Mail(&lease)).await?)
}

async fn spend(world: &World, number: u32, customer: &str, minor: i64) -> Result<Intended> {
    intend(world, number, &spending(number, customer, minor, LIMITED)?).await
}

async fn spent(world: &World, customer: &str) -> Result<(i64, i64)> {
    let customer = customer.parse()?;
    let spent = world.ledger.spent(&WorkspaceId::default(), &customer, Currency::EUR).await?;
    let Spent { customer, workspace } = spent;
    Ok((customer.minor, workspace.minor))
}

async fn a_customer_gets_no_more_than_the_limit_of_a_day(world: World) -> Result<()> {
    assert!(matches!(spend(&world, 1, "cus_a", 600).await?, Intended::New(_)));
    assert!(matches!(spend(&world, 2, "cus_a", 400).await?, Intended::New(_)));
    assert_eq!(spend(&world, 3, "cus_a", 1).await?, Intended::OverLimit(DayLimit::Customer));
    assert_eq!(spent(&world, "cus_a").await?, (1_000, 1_000));
    Ok(())
}

async fn a_customer_over_the_limit_does_not_hold_up_others(world: World) -> Result<()> {
    assert_eq!(spend(&world, 1, "cus_a", 9_000).await?, Intended::OverLimit(DayLimit::Customer));
    assert_eq!(world.ledger.halts().await?, []);
    assert!(matches!(spend(&world, 2, "cus_b", 1_000).await?, Intended::New(_)));
    Ok(())
}

async fn a_workspace_over_its_limit_trips_its_breaker_for_good(world: World) -> Result<()> {
    for number in 1..=5 {
        assert!(matches!(spend(&world, number, &format!("cus_{number}"), 950).await?, Intended::New(_)));
    }
    for (number, minor) in [(6, 251), (7, 1)] {
        let held = spend(&world, number, "cus_z", minor).await?;
        let by_the_breaker = matches!(&held, Intended::Halted(halt) if halt.kind == HaltKind::Breaker && halt.actor == "postill");
        assert!(
            by_the_breaker || (number, &held) == (6, &Intended::OverLimit(DayLimit::Workspace)),
            "{held:?}"
        );
        assert_eq!(world.ledger.halts().await?.len(), 1, "it is tripped once");
    }
    let link = NewAction { function: Function::PaymentLink, ..refund(8, "cus_1", 0) };
    assert!(matches!(intend(&world, 8, &link).await?, Intended::New(_)), "what gives nothing away goes on");
    let scope = Scope::Workspace(WorkspaceId::default());
    assert_eq!(world.ledger.resume(&scope, "ann").await?, 1);
    assert!(matches!(spend(&world, 9, "cus_z", 250).await?, Intended::New(_)));
    Ok(())
}

async fn what_may_have_been_given_away_counts_and_what_was_refused_does_not(world: World) -> Result<()> {
    let ends = [None, Some(Settlement::Done(json!({}))), Some(Settlement::Unknown(json!({})))];
    for (number, end) in (1..).zip(ends) {
        let (lease, action) = (world.take(number, LONG).await?, spending(number, "cus_a", 100, LIMITED)?);
        world.ledger.intend(&action, Right::Mail(&lease)).await?;
        world.ledger.mark_sent(&action.id, Right::Mail(&lease)).await?;
        if let Some(end) = end {
            world.ledger.settle(&action.id, end).await?;
        }
    }
    let refused = spending(4, "cus_a", 100, LIMITED)?;
    intend(&world, 4, &refused).await?;
    assert_eq!(spent(&world, "cus_a").await?, (400, 400));
    world.ledger.settle(&refused.id, Settlement::Withdrawn(json!({}))).await?;
    assert_eq!(spent(&world, "cus_a").await?, (300, 300));
    let unknown = spending(3, "cus_a", 100, LIMITED)?.id;
    world.ledger.settle_by_hand(&unknown, &ByHand::NotDone, "ann", "looked").await?;
    assert_eq!(spent(&world, "cus_a").await?, (200, 200));
    Ok(())
}

async fn each_currency_counts_for_itself(world: World) -> Result<()> {
    spend(&world, 1, "cus_a", 1_000).await?;
    let mut dollars = spending(2, "cus_a", 1_000, LIMITED)?;
    if let Some(spends) = &mut dollars.spends {
        spends.amount = Money::new(1_000, Currency::USD);
    }
    assert!(matches!(intend(&world, 2, &dollars).await?, Intended::New(_)));
    assert_eq!(spent(&world, "cus_a").await?, (1_000, 1_000));
    spend(&world, 3, "cus_b", 500).await?;
    let given = world.ledger.given_away(&WorkspaceId::default()).await?;
    assert_eq!(given, [Money::new(1_500, Currency::EUR), Money::new(1_000, Currency::USD)]);
    // Spread over two days, since the test may run at midnight.
    let by_day = world.ledger.given_away_by_day(&WorkspaceId::default(), Timestamp::UNIX_EPOCH).await?;
    let sum = |currency| {
        let days = by_day.iter().filter(|day| day.money.currency == currency);
        days.map(|day| day.money.minor).sum::<i64>()
    };
    assert_eq!((sum(Currency::EUR), sum(Currency::USD)), (1_500, 1_000));
    assert!(by_day.iter().all(|day| day.begins_at.as_second() % 86_400 == 0), "{by_day:?}");
    run(&world.url, "update action set intended_at = intended_at - 86400001".to_owned()).await?;
    assert_eq!(world.ledger.given_away(&WorkspaceId::default()).await?, []);
    Ok(())
}

async fn after_a_day_it_counts_no_more(world: World) -> Result<()> {
    spend(&world, 1, "cus_a", 1_000).await?;
    run(&world.url, "update action set intended_at = intended_at - 86399000".to_owned()).await?;
    assert_eq!(spend(&world, 2, "cus_a", 1).await?, Intended::OverLimit(DayLimit::Customer));
    run(&world.url, "update action set intended_at = intended_at - 2000".to_owned()).await?;
    assert!(matches!(spend(&world, 3, "cus_a", 1).await?, Intended::New(_)));
    Ok(())
}

async fn an_action_that_is_stored_stays_whatever_has_been_spent_since(world: World) -> Result<()> {
    let (lease, action) = (world.take(1, LONG).await?, spending(1, "cus_a", 900, LIMITED)?);
    let Intended::New(stored) = world.ledger.intend(&action, Right::Mail(&lease)).await? else {
        bail!("not new")
    };
    assert_eq!(
        (stored.customer.as_ref(), stored.amount),
        (action.spends.as_ref().map(|s| &s.customer), Some(Money::new(900, Currency::EUR)))
    );
    world.ledger.halt(&Scope::All, HaltKind::Stop, "ann", "a test").await?;
    assert_eq!(world.ledger.intend(&action, Right::Mail(&lease)).await?, Intended::Existing(stored));
    Ok(())
}

/// Mail `number`'s refund as a person allowed it.
async fn allowed(world: &World, number: u32, asked: i64, approved: Option<i64>) -> Result<NewAction> {
    let waiting = approval(number, asked);
    asks(world, number, waiting.clone()).await?;
    let amount = approved.map(|minor| Money::new(minor, Currency::EUR));
    let decided = world.ledger.decide(&waiting.id, &Decision::Approve { amount }, "ann").await?;
    assert!(matches!(decided, Decided::Approved(_)), "{decided:?}");
    let action = spending(number, "cus_a", approved.unwrap_or(asked), LIMITED)?;
    Ok(NewAction { consent: Consent::Person(waiting.id), ..action })
}

async fn by_follow_up(world: &World, action: &NewAction) -> Result<Result<Intended, LedgerError>> {
    let follow_ups = world.ledger.claim_follow_ups(9, LONG).await?;
    let Some(follow_up) =
        follow_ups.into_iter().find(|follow_up| follow_up.fingerprint == action.fingerprint)
    else {
        bail!("no follow-up")
    };
    Ok(world.ledger.intend(action, Right::FollowUp(&follow_up.lease)).await)
}

async fn a_person_passes_limits_and_breaker_and_counts(world: World) -> Result<()> {
    let scope = Scope::Workspace(WorkspaceId::default());
    world.ledger.halt(&scope, HaltKind::Breaker, "ann", "a test").await?;
    let action = allowed(&world, 1, 9_000, None).await?;
    let stored = by_follow_up(&world, &action).await??;
    assert!(matches!(&stored, Intended::New(stored) if stored.approval.is_some()), "{stored:?}");
    assert_eq!(spent(&world, "cus_a").await?, (9_000, 9_000));
    world.ledger.halt(&scope, HaltKind::Stop, "ann", "a test").await?;
    let action = allowed(&world, 2, 1, None).await?;
    let held = by_follow_up(&world, &action).await??;
    assert!(matches!(&held, Intended::Halted(halt) if halt.kind == HaltKind::Stop), "{held:?}");
    Ok(())
}

async fn a_person_allows_no_more_than_was_approved(world: World) -> Result<()> {
    let action = allowed(&world, 1, 500, Some(300)).await?;
    let lease = world.ledger.claim_follow_ups(9, LONG).await?.remove(0).lease;
    let more = spending(1, "cus_a", 301, LIMITED)?.spends;
    let mut dollars = action.spends.clone();
    if let Some(spends) = &mut dollars {
        spends.amount.currency = Currency::USD;
    }
    asks(&world, 2, approval(2, 500)).await?;
    let waiting = Consent::Person(approval(2, 500).id);
    for wrong in [
        NewAction { spends: more, ..action.clone() },
        NewAction { spends: dollars, ..action.clone() },
        NewAction { target: "ch_2".to_owned(), ..action.clone() },
        NewAction { function: Function::CancelSubscription, ..action.clone() },
        NewAction { consent: waiting, target: "ch_2".to_owned(), ..action.clone() },
        NewAction { consent: Consent::Person(approval(3, 500).id), ..action.clone() },
    ] {
        let refused = world.ledger.intend(&wrong, Right::FollowUp(&lease)).await;
        assert!(matches!(refused, Err(LedgerError::NotApproved)), "{wrong:?}: {refused:?}");
    }
    assert!(matches!(world.ledger.intend(&action, Right::FollowUp(&lease)).await?, Intended::New(_)));
    Ok(())
}

async fn without_limits_nothing_is_held_up(world: World) -> Result<()> {
    for number in 1..=3 {
        let action = spending(number, "cus_a", i64::from(u32::MAX), DayLimits::default())?;
        assert!(matches!(intend(&world, number, &action).await?, Intended::New(_)));
    }
    Ok(())
}

/// Twenty of 100 ask at once of a workspace that may give away 1,000, each of them another customer.
async fn refunds_intended_at_once_keep_to_the_limit(world: World) -> Result<()> {
    let limits = DayLimits { customer: None, workspace: Some(1_000) };
    let mut asking = Vec::new();
    for number in 0..20 {
        let action = spending(number, &format!("cus_{number}"), 100, limits)?;
        asking.push((world.other_worker().await?, world.take(number, LONG).await?, action));
    }
    let intending = asking.iter().map(async |(worker, lease, action)| {
        loop {
            match worker.intend(action, Right::Mail(lease)).await {
                Err(error) if error.is_transient() => {}
                intended => return intended,
            }
        }
    });
    let answers = join_all(intending).await.into_iter().collect::<Result<Vec<_>, _>>()?;
    let stored = answers.iter().filter(|answer| matches!(answer, Intended::New(_))).count();
    let tripped =
        answers.iter().filter(|answer| **answer == Intended::OverLimit(DayLimit::Workspace)).count();
    let halted = answers.iter().filter(|answer| matches!(answer, Intended::Halted(_))).count();
    assert_eq!((stored, tripped, halted), (10, 1, 9), "{answers:?}");
    assert_eq!(spent(&world, "cus_0").await?.1, 1_000);
    let trips = ask(&world.url, "select cast(count(*) as text) from audit where event = 'halt.set'").await?;
    assert_eq!(trips, "1");
    Ok(())
}

async fn copies_of_one_mail_spend_once(world: World) -> Result<()> {
    let action = spending(1, "cus_a", 600, LIMITED)?;
    let mut asking = Vec::new();
    for way in 0..4 {
        let claims = world.ledger.claim(&[crate::world::arrival_by(way, 1)], LONG).await?;
        let [claim] = crate::world::exactly(claims)?;
        asking.push((world.other_worker().await?, crate::world::lease_of(claim)?));
    }
    let intending = asking.iter().map(|(worker, lease)| worker.intend(&action, Right::Mail(lease)));
    let answers = join_all(intending).await.into_iter().collect::<Result<Vec<_>, _>>()?;
    let new = answers.iter().filter(|answer| matches!(answer, Intended::New(_))).count();
    let existing = answers.iter().filter(|answer| matches!(answer, Intended::Existing(_))).count();
    assert_eq!((new, existing), (1, 3), "{answers:?}");
    Ok(())
}
