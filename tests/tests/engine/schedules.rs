//! Whatever happens in whatever order: deliveries, copies, crashes between any two steps, faults of Stripe, lost ledgers, decisions,
//! kill switches. When all has come to rest, each request was carried out at most once and within what was allowed, and the last draft
//! says what is so at Stripe.
//!
//! A schedule that fails is printed with its seed, and as short as it still fails. [`SCHEDULES`] says how many are played,
//! [`FIRST_SCHEDULE`] with which they begin.

use std::time::Duration;

use anyhow::{Result, bail};
use domain::{Currency, Policy};
use serde_json::json;
use tests::environment::{FIRST_SCHEDULE, SCHEDULES, setting};

use crate::shop::Shop;
use crate::stock::Stock;

mod juggle;
mod play;
mod schedule;
mod truth;

use play::play;
use schedule::Schedule;
use truth::Tally;

const USUALLY: u64 = 2_000;
/// Each part has a Stripe of its own and may run beside the others.
const PARTS: u64 = 4;
/// Longer than any schedule takes: one that hangs has failed.
const PATIENCE: Duration = Duration::from_mins(2);
/// How often a shorter schedule is played before it counts as sound: which of two workers is first is up to the machine.
const REPLAYS: usize = 3;

fn stock() -> Stock {
    let bobs =
        json!({"id": "ch_2001", "customer": "cus_bob", "amount": 3_000, "currency": "eur", "created": "-3d"});
    Stock::of_ada_and_bob()
        .charge("ch_1001", 4_900, "-3d")
        .charge("ch_1002", 15_000, "-5d")
        .has("charges", bobs)
        .subscription("sub_1001", json!({}))
}

fn rules(policy: &mut Policy) {
    policy.sender.mails_per_hour = None;
    policy.refund.window_days = 3_650;
    policy.refund.two_persons_above_minor.insert(Currency::EUR, 12_000);
}

async fn part(number: u64) -> Result<Tally> {
    let number_in = |name| setting(name).and_then(|value| value.parse::<u64>().ok());
    let (count, first) = (number_in(SCHEDULES).unwrap_or(USUALLY), number_in(FIRST_SCHEDULE).unwrap_or(0));
    let mut shop = Shop::open(stock()).await?.rules(rules);
    let mut all = Tally::default();
    for seed in (first..first + count).filter(|seed| seed % PARTS == number) {
        let schedule = Schedule::generated(seed);
        match played(&mut shop, &schedule).await {
            Ok(came_of_it) => all.add(&came_of_it),
            Err(error) => {
                let (shortest, error) = Box::pin(cut(&mut shop, schedule, error)).await;
                bail!("{error:?}\n{shortest:#?}");
            }
        }
    }
    Ok(all)
}

async fn played(shop: &mut Shop, schedule: &Schedule) -> Result<Tally> {
    shop.begins_anew().await?;
    tokio::time::timeout(PATIENCE, Box::pin(play(shop, schedule))).await?
}

/// The schedule without whatever it still fails without, and how it fails.
async fn cut(shop: &mut Shop, schedule: Schedule, error: anyhow::Error) -> (Schedule, anyhow::Error) {
    let (mut shortest, mut error) = (schedule, error);
    'cutting: loop {
        for shorter in shortest.cut() {
            for _ in 0..REPLAYS {
                if let Err(still) = played(shop, &shorter).await {
                    (shortest, error) = (shorter, still);
                    continue 'cutting;
                }
            }
        }
        return (shortest, error);
    }
}

#[tokio::test]
async fn whatever_happens_money_moves_once_and_the_draft_is_true_first_part() -> Result<()> {
    println!("{:?}", part(0).await?);
    Ok(())
}

#[tokio::test]
async fn whatever_happens_money_moves_once_and_the_draft_is_true_second_part() -> Result<()> {
    println!("{:?}", part(1).await?);
    Ok(())
}

#[tokio::test]
async fn whatever_happens_money_moves_once_and_the_draft_is_true_third_part() -> Result<()> {
    println!("{:?}", part(2).await?);
    Ok(())
}

#[tokio::test]
async fn whatever_happens_money_moves_once_and_the_draft_is_true_fourth_part() -> Result<()> {
    println!("{:?}", part(3).await?);
    Ok(())
}
