//! The same request more than once: one mail by two ways, two mails for one charge, two workers for one mail.

use anyhow::{Result, ensure};
use serde_json::json;

use crate::letters::{Letter, Wish, by_two_ways, letter};
use crate::outcomes::draft_schema;
use crate::shop::shop;
use crate::world::{PATIENCE, run};

#[tokio::test]
async fn a_mail_that_comes_by_two_ways_has_one_draft_and_one_refund() -> Result<()> {
    run(&shop(10), async |w| {
        let worker = w.worker().await?;
        let letters: Vec<Letter> = (0..10).flat_map(|n| by_two_ways(n, n, Wish::Refund)).collect();

        w.arrives(&letters).await?;

        let outcomes = w.outcomes_of(&letters, PATIENCE).await?;
        ensure!(outcomes.drafts().len() == 10, "{} drafts for ten mails", outcomes.drafts().len());
        for letter in &letters {
            let draft = outcomes.draft(letter)?;
            ensure!(draft["data"]["outcome"] == "action_taken", "{draft:#}");
        }
        ensure!(w.objects("refunds").await?.len() == 10, "refunds");
        w.stops(worker).await?;
        w.nothing_is_queued().await
    })
    .await
}

#[tokio::test]
async fn two_mails_that_ask_for_the_same_money_get_it_once() -> Result<()> {
    run(&shop(10), async |w| {
        let worker = w.worker().await?;
        let letters: Vec<Letter> =
            (0..10).flat_map(|n| [2 * n, 2 * n + 1].map(|number| letter(number, n, Wish::Refund))).collect();

        w.arrives(&letters).await?;

        let outcomes = w.outcomes_of(&letters, PATIENCE).await?;
        ensure!(w.objects("refunds").await?.len() == 10, "refunds");
        for pair in letters.chunks(2) {
            let ends = pair.iter().map(|letter| outcomes.draft(letter)).collect::<Result<Vec<_>>>()?;
            let taken = ends.iter().filter(|draft| draft["data"]["outcome"] == "action_taken").count();
            ensure!(taken == 1, "{ends:#?}");
        }
        w.stops(worker).await?;
        w.nothing_is_queued().await
    })
    .await
}

#[tokio::test]
async fn a_frozen_worker_that_wakes_sends_nothing_after_another_took_over() -> Result<()> {
    run(&shop(4), async |w| {
        let letters: Vec<Letter> = (0..4).map(|n| letter(n, n, Wish::Refund)).collect();
        // The first worker is frozen while it waits for Stripe, before it has decided anything.
        w.stripe_fails("GET", "/v1/customers", Some(4), json!({ "kind": "latency", "ms": 2_000 })).await?;
        let mut frozen = w.worker_with_short_leases().await?;
        w.arrives(&letters).await?;
        w.faults_have_struck().await?;
        frozen.freeze()?;

        // The broker gives up on the frozen one after two heartbeats.
        let worker = w.worker_with_short_leases().await?;
        let mut outcomes = w.outcomes_of(&letters, PATIENCE).await?;
        frozen.thaw()?;
        frozen.wait_for_text("connected to RabbitMQ again", PATIENCE).await?;

        w.stops(frozen).await?;
        w.stops(worker).await?;
        outcomes.add(w.vhost.take_all("postill.drafts").await?)?;
        outcomes.are_as_expected(&letters, &draft_schema()?)?;
        ensure!(w.requests("POST", "/v1/refunds").await? == 4, "the frozen worker asked for a refund too");
        ensure!(w.objects("refunds").await?.len() == 4, "refunds");
        w.nothing_is_queued().await
    })
    .await
}
