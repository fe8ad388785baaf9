//! Mail that cannot be read, or is too large.

use anyhow::{Result, ensure};
use serde_json::json;

use crate::letters::{Letter, Wish, broken, heavy, letter};
use crate::outcomes::draft_schema;
use crate::shop::shop;
use crate::world::{PATIENCE, run};

#[tokio::test]
async fn a_mail_that_cannot_be_read_does_not_hold_up_the_next() -> Result<()> {
    run(&shop(10), async |w| {
        // One mail in hand at a time: whatever the broken one does, the next waits for it.
        let one_by_one = w.postill(["worker"]).env("POSTILL_WORKER_IN_FLIGHT", "1");
        let worker = crate::world::started(one_by_one).await?;
        let letters: Vec<Letter> =
            (0..10).flat_map(|n| [broken(n * 20 + 19), letter(n * 20, n, Wish::Invoice)]).collect();

        w.arrives(&letters).await?;

        let outcomes = w.outcomes_of(&letters, PATIENCE).await?;
        outcomes.are_as_expected(&letters, &draft_schema()?)?;
        w.stops(worker).await?;
        w.nothing_is_queued().await
    })
    .await
}

#[tokio::test]
async fn a_mail_of_twenty_megabytes_goes_to_the_dead_queue_with_its_reason() -> Result<()> {
    run(&shop(2), async |w| {
        let worker = w.worker().await?;
        let letters = [heavy(0, 0, 20 << 20), letter(1, 1, Wish::Payment)];

        w.arrives(&letters).await?;

        let outcomes = w.outcomes_of(&letters, PATIENCE).await?;
        outcomes.are_as_expected(&letters, &draft_schema()?)?;
        w.stops(worker).await?;
        w.nothing_is_queued().await
    })
    .await
}

#[tokio::test]
async fn mail_of_a_workspace_without_a_key_goes_to_the_dead_queue() -> Result<()> {
    run(&shop(2), async |w| {
        let worker = w.worker().await?;
        let stranger = json!({ "schema": "postill.mail.v1", "workspace": "elsewhere",
            "from": [{ "email": "anna@choir0.example" }], "text": "Could you send me my latest invoice?" });
        let letters =
            [Letter::dead("of-a-stranger", &stranger, "not_connected"), letter(0, 1, Wish::Payment)];

        w.arrives(&letters).await?;

        let outcomes = w.outcomes_of(&letters, PATIENCE).await?;
        outcomes.are_as_expected(&letters, &draft_schema()?)?;
        ensure!(w.requests("GET", "/v1/customers").await? == 1, "Stripe was asked for a stranger");
        w.stops(worker).await
    })
    .await
}
