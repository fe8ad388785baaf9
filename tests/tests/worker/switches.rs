//! Functions switched while a worker runs, seen through the queue.

use anyhow::{Result, ensure};
use serde_json::Value;
use tests::wait_until;

use crate::letters::{Letter, Wish, letter};
use crate::outcomes::at;
use crate::shop::shop;
use crate::world::{PATIENCE, World, run};

/// Customers that no other wish of the test touches.
const OF_EACH: usize = 60;

#[tokio::test]
async fn each_function_is_switched_off_and_on_while_the_worker_runs() -> Result<()> {
    run(&shop(Wish::ALL.len() * OF_EACH), async |w| {
        let worker = w.worker().await?;
        for (at, wish) in Wish::ALL.into_iter().enumerate() {
            let mut writers = (at * OF_EACH..(at + 1) * OF_EACH).map(|n| letter(n, n, wish));
            w.command(["functions", "off", wish.function()]).await?;
            let refused = until_one_ends(w, &mut writers, "handoff").await?;
            ensure!(reason(&refused) == "function_off", "{refused:#}");

            let effects = w.all_effects().await?;
            w.answers(&writers.next().ok_or_else(out_of_writers)?, "handoff").await?;
            ensure!(w.all_effects().await? == effects, "{wish:?} was done though it is off");

            w.command(["functions", "on", wish.function()]).await?;
            until_one_ends(w, &mut writers, wish.outcome()).await?;
        }
        w.stops(worker).await?;
        w.nothing_is_queued().await
    })
    .await
}

#[tokio::test]
async fn a_function_on_approval_is_prepared_and_not_done() -> Result<()> {
    run(&shop(OF_EACH), async |w| {
        let worker = w.worker().await?;
        w.command(["functions", "approval", "refund"]).await?;
        let mut writers = (0..OF_EACH).map(|n| letter(n, n, Wish::Refund));
        let waiting = until_one_ends(w, &mut writers, "needs_approval").await?;
        ensure!(reason(&waiting) == "approval_required", "{waiting:#}");

        let refunds = w.objects("refunds").await?.len();
        w.answers(&writers.next().ok_or_else(out_of_writers)?, "needs_approval").await?;
        ensure!(w.objects("refunds").await?.len() == refunds, "a refund without approval");
        w.stops(worker).await
    })
    .await
}

/// Sends one letter after the other until one ends so: a switch takes effect within about a second.
async fn until_one_ends(
    w: &World,
    writers: &mut impl Iterator<Item = Letter>,
    outcome: &str,
) -> Result<Value> {
    let mut found = Value::Null;
    wait_until(&format!("a letter to end as {outcome}"), PATIENCE, async || {
        let letter = writers.next().ok_or_else(out_of_writers)?;
        w.arrives(std::slice::from_ref(&letter)).await?;
        found = w.draft_of(&letter).await?;
        Ok(at(&found, "/data/outcome") == outcome)
    })
    .await?;
    Ok(found)
}

fn out_of_writers() -> anyhow::Error {
    anyhow::anyhow!("nobody is left to write: the switch has no effect")
}

fn reason(draft: &Value) -> &Value {
    at(draft, "/data/reasons/0/code")
}
