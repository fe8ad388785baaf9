//! Whoever is slow, or many, holds up nobody else.

use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use serde_json::{Value, json};
use tests::{PERMISSIONS, Run};

use crate::letters::{Letter, Wish, letter};
use crate::outcomes::draft_schema;
use crate::shop::shop;
use crate::slow_stripe::SlowStripe;
use crate::world::{PATIENCE, World, run, started};

/// The key of the workspace whose Stripe is slow.
const SLOW_KEY: &str = "rk_test_larkspur_slow_0009";
const SLOW: &[(&str, &str)] = &[("postill-workspace", "slow")];
const CUSTOMERS: usize = 100;
/// Thousands of mails on a debug build and a busy machine.
const LONG: Duration = Duration::from_mins(4);
/// A few seconds, on such a machine.
const SOON: Duration = Duration::from_secs(20);

fn shop_of_two() -> Value {
    let mut shop = shop(CUSTOMERS);
    if let Some(keys) = shop.pointer_mut("/test/keys").and_then(Value::as_array_mut) {
        keys.push(json!({ "key": SLOW_KEY, "permissions": PERMISSIONS }));
    }
    shop
}

fn letters(numbers: std::ops::Range<usize>) -> Vec<Letter> {
    numbers.map(|number| letter(number, number % CUSTOMERS, Wish::Invoice)).collect()
}

/// The program with a second workspace, and a Stripe that may be slow.
fn postill<const N: usize>(w: &World, stripe: &SlowStripe, arguments: [&str; N]) -> Run {
    w.postill(arguments)
        .env("POSTILL_STRIPE_URL", &stripe.url)
        .env("POSTILL_MASTER_KEY", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=")
        .env("POSTILL_POLICY_SENDER_MAILS_PER_HOUR", "off")
        .env("POSTILL_WORKER_IN_FLIGHT", "100")
}

async fn connect_the_slow_one(w: &World, stripe: &SlowStripe) -> Result<()> {
    let connect = postill(w, stripe, ["connect", "--workspace", "slow"]).without_env("POSTILL_STRIPE_KEY");
    let connected = connect.input(SLOW_KEY).finish(PATIENCE).await?;
    ensure!(connected.status.success(), "{connected:?}");
    Ok(())
}

#[tokio::test]
async fn two_thousand_mails_of_a_slow_workspace_do_not_hold_up_the_hundred_behind_them() -> Result<()> {
    run(&shop_of_two(), async |w| {
        let stripe = SlowStripe::before(w.stripe_url(), SLOW_KEY, Duration::ZERO).await?;
        connect_the_slow_one(w, &stripe).await?;
        let stripe = SlowStripe::before(w.stripe_url(), SLOW_KEY, Duration::from_secs(3)).await?;
        let (slow, quick) = (letters(0..2_000), letters(2_000..2_100));
        w.arrives_with(&slow, SLOW).await?;
        w.arrives(&quick).await?;

        let worker = started(postill(w, &stripe, ["worker"])).await?;
        let begun = Instant::now();
        let first = w.outcomes_of(&quick, SOON).await?;
        println!("the quick ones were answered after {:?}", begun.elapsed());
        ensure!(first.missing(&slow) > 1_000, "the slow ones were not slow");

        stripe.recovers();
        let mut outcomes = w.outcomes_of_others(&slow, first, LONG).await?;
        println!("the slow ones were answered after {:?}", begun.elapsed());
        w.takes_until_all_came(&mut outcomes, 2_100).await?;
        let all: Vec<Letter> = slow.into_iter().chain(quick).collect();
        outcomes.are_as_expected(&all, &draft_schema()?)?;
        ensure!(outcomes.messages == all.len(), "{} messages for {} mails", outcomes.messages, all.len());
        w.stops(worker).await?;
        w.nothing_is_queued().await
    })
    .await
}

#[tokio::test]
async fn replayed_mail_that_is_slow_leaves_room_for_live_mail() -> Result<()> {
    run(&shop_of_two(), async |w| {
        let stripe = SlowStripe::before(w.stripe_url(), SLOW_KEY, Duration::from_secs(6)).await?;
        let (old, live) = (letters(0..500), letters(500..550));
        w.arrives_with(&old, &[("postill-run", "replay")]).await?;
        let one = |arguments| postill(w, &stripe, arguments);
        let worker =
            started(one(["worker"]).without_env("POSTILL_STRIPE_KEY").env("POSTILL_STRIPE_KEY", SLOW_KEY))
                .await?;
        // All that the replays may have is taken.
        tokio::time::sleep(Duration::from_secs(2)).await;
        w.arrives(&live).await?;
        let begun = Instant::now();
        let first = w.outcomes_of(&live, Duration::from_secs(40)).await?;
        println!("live mail was answered after {:?}", begun.elapsed());
        ensure!(first.missing(&old) > 300, "the old ones were not slow");
        stripe.recovers();
        let mut outcomes = w.outcomes_of_others(&old, first, LONG).await?;
        w.takes_until_all_came(&mut outcomes, 550).await?;
        w.stops(worker).await?;
        w.nothing_is_queued().await
    })
    .await
}

#[tokio::test]
async fn one_workspace_alone_is_never_parked() -> Result<()> {
    run(&shop(CUSTOMERS), async |w| {
        let stripe = SlowStripe::before(w.stripe_url(), crate::shop::KEY, Duration::from_secs(2)).await?;
        let all = letters(0..1_000);
        w.arrives(&all).await?;
        let worker = started(postill(w, &stripe, ["worker"])).await?;
        tokio::time::sleep(Duration::from_secs(5)).await;
        ensure!(w.vhost.depth(crate::world::FIRST_RETRY).await? == 0, "a mail was parked");
        ensure!(w.vhost.depth("postill.mail").await? >= 400, "more was taken than the window holds");
        stripe.recovers();
        let outcomes = w.outcomes_of(&all, LONG).await?;
        ensure!(outcomes.messages == all.len());
        w.stops(worker).await?;
        w.nothing_is_queued().await
    })
    .await
}
