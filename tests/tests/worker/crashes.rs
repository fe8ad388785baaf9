//! `kill -9` of the worker.

use std::hash::{BuildHasher, RandomState};
use std::time::Duration;

use anyhow::{Result, ensure};
use serde_json::json;

use crate::letters::{Letter, Wish, letter};
use crate::load::{CUSTOMERS, mailbox, wishes};
use crate::outcomes::{at, draft_schema};
use crate::shop::{charge_id, shop};
use crate::world::{PATIENCE, run};

/// Mails of a killed worker are free again after ten seconds, and come again every five.
const LONG: Duration = Duration::from_mins(2);
const KILLS: u32 = 4;

#[tokio::test]
async fn killed_in_the_middle_it_ends_the_same() -> Result<()> {
    let seed = RandomState::new().hash_one("killed");
    println!("killed at random with seed {seed}");
    run(&shop(CUSTOMERS), async |w| {
        let letters = mailbox(600);
        w.arrives(&letters).await?;

        // At random depths of the queue, from full to nearly empty.
        for kill in 0..KILLS {
            let mut worker = w.worker_with_short_leases().await?;
            let span = 600 / (KILLS + 1);
            let depth = 600 - span * (kill + 1) + u32::try_from((seed >> (kill * 8)) % u64::from(span))?;
            w.queue_sinks_to(depth).await?;
            worker.kill_dash_nine()?;
        }
        let worker = w.worker_with_short_leases().await?;

        let outcomes = w.outcomes_of(&letters, LONG).await?;
        outcomes.are_as_expected(&letters, &draft_schema()?)?;
        let refunds = w.objects("refunds").await?;
        ensure!(refunds.len() == wishes(&letters, Wish::Refund), "{} refunds", refunds.len());
        ensure!(w.objects("payment_links").await?.len() == wishes(&letters, Wish::PaymentLink), "links");
        w.stops(worker).await?;
        w.nothing_is_queued().await
    })
    .await
}

#[tokio::test]
async fn killed_after_stripe_refunded_it_tells_the_refund_and_makes_no_other() -> Result<()> {
    run(&shop(4), async |w| {
        let letters: Vec<Letter> = (0..4).map(|n| letter(n, n, Wish::Refund)).collect();
        // Executed and never answered: the worker dies before it can know.
        w.stripe_fails("POST", "/v1/refunds", Some(4), json!({ "kind": "lost_after_execution" })).await?;
        w.stripe_fails("POST", "/v1/refunds", None, json!({ "kind": "server_error" })).await?;
        let mut worker = w.worker_with_short_leases().await?;

        w.arrives(&letters).await?;
        w.waits_for_objects("refunds", 4).await?;
        worker.kill_dash_nine()?;
        w.stripe_recovers().await?;
        let worker = w.worker_with_short_leases().await?;

        let outcomes = w.outcomes_of(&letters, PATIENCE).await?;
        outcomes.are_as_expected(&letters, &draft_schema()?)?;
        let refunds = w.objects("refunds").await?;
        ensure!(refunds.len() == 4, "{} refunds", refunds.len());
        for (n, letter) in letters.iter().enumerate() {
            let draft = outcomes.draft(letter)?;
            let action = at(&draft, "/data/actions/0");
            let made = refunds.iter().find(|refund| at(refund, "/charge") == charge_id(n).as_str());
            ensure!(at(action, "/state") == "done", "{action:#}");
            ensure!(made.is_some_and(|refund| at(refund, "/id") == at(action, "/result")), "{action:#}");
        }
        w.stops(worker).await?;
        w.nothing_is_queued().await
    })
    .await
}
