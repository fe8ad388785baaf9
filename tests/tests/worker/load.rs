//! Many mails of every kind, through one worker and through two.

use std::time::Duration;

use anyhow::{Result, ensure};
use serde_json::json;

use crate::letters::{Letter, Wish, broken, letter, with_two_senders};
use crate::outcomes::draft_schema;
use crate::shop::shop;
use crate::world::{PATIENCE, run, started};

/// A thousand mails on a debug build and a busy machine.
const LONG: Duration = Duration::from_mins(2);
/// How many customers the shop has, so that no two mails ask for money or a cancellation of the same one.
pub(crate) const CUSTOMERS: usize = 400;

/// A mailbox of `count` letters: every function, one in twenty broken, one in fifty with two senders. Customers who ask for money
/// back and who cancel write once.
pub(crate) fn mailbox(count: usize) -> Vec<Letter> {
    (0..count)
        .map(|number| match (number % 20, number % 50) {
            (19, _) => broken(number),
            (_, 7) => with_two_senders(number, CUSTOMERS - 2),
            _ => {
                let wish = Wish::in_turn(number);
                let customer = match wish {
                    Wish::Refund => number / 7,
                    Wish::Cancellation => CUSTOMERS / 2 + number / 7,
                    Wish::Invoice | Wish::Subscription | Wish::Payment | Wish::PaymentLink | Wish::Portal => {
                        number % CUSTOMERS
                    }
                };
                letter(number, customer, wish)
            }
        })
        .collect()
}

/// How many letters ask for something that ends well.
pub(crate) fn wishes(letters: &[Letter], wish: Wish) -> usize {
    letters.iter().filter(|letter| letter.wish == Some(wish)).count()
}

#[tokio::test]
async fn a_thousand_mails_end_in_a_thousand_outcomes() -> Result<()> {
    run(&shop(CUSTOMERS), async |w| {
        let letters = mailbox(1_000);
        let worker = w.worker().await?;

        w.arrives(&letters).await?;
        let first = w.outcomes_of(&letters, LONG).await?;
        first.are_as_expected(&letters, &draft_schema()?)?;
        ensure!(w.objects("refunds").await?.len() == wishes(&letters, Wish::Refund), "refunds");
        ensure!(w.objects("payment_links").await?.len() == wishes(&letters, Wish::PaymentLink), "links");
        ensure!(w.objects("portal_sessions").await?.len() == wishes(&letters, Wish::Portal), "sessions");
        let effects = w.all_effects().await?;

        w.arrives(&letters).await?;
        let second = w.outcomes_of(&letters, LONG).await?;
        ensure!(second.drafts() == first.drafts(), "a mail that came again has another draft");
        second.are_as_expected(&letters, &draft_schema()?)?;
        ensure!(w.all_effects().await? == effects, "a mail that came again changed something at Stripe");

        w.stops(worker).await?;
        w.nothing_is_queued().await
    })
    .await
}

#[tokio::test]
async fn two_workers_give_every_mail_one_draft_though_each_comes_twice() -> Result<()> {
    run(&shop(CUSTOMERS), async |w| {
        let letters = mailbox(200);
        w.arrives(&letters).await?;
        w.arrives(&letters).await?;

        let workers = (w.worker().await?, w.worker().await?);
        let mut outcomes = w.outcomes_of(&letters, LONG).await?;
        w.takes_until_all_came(&mut outcomes, letters.len() * 2).await?;

        outcomes.are_as_expected(&letters, &draft_schema()?)?;
        ensure!(w.objects("refunds").await?.len() == wishes(&letters, Wish::Refund), "refunds");
        w.stops(workers.0).await?;
        w.stops(workers.1).await?;
        w.nothing_is_queued().await
    })
    .await
}

#[tokio::test]
async fn a_stopped_worker_finishes_what_it_took_and_another_does_the_rest() -> Result<()> {
    run(&shop(CUSTOMERS), async |w| {
        let letters = mailbox(600);
        w.arrives(&letters).await?;

        let worker = w.worker().await?;
        w.queue_sinks_to(400).await?;
        w.stops(worker).await?;
        let left = w.vhost.depth("postill.mail").await?;
        ensure!(left > 0, "the worker was done before it was stopped");
        let worker = w.worker().await?;

        let outcomes = w.outcomes_of(&letters, LONG).await?;
        outcomes.are_as_expected(&letters, &draft_schema()?)?;
        ensure!(outcomes.messages == letters.len(), "a mail that was finished was worked on again");
        w.stops(worker).await?;
        w.nothing_is_queued().await
    })
    .await
}

#[tokio::test]
async fn a_worker_whose_grace_is_over_leaves_its_mail_to_the_next_at_once_and_unblamed() -> Result<()> {
    run(&shop(20), async |w| {
        let letters: Vec<Letter> = (0..20).map(|number| letter(number, number, Wish::Invoice)).collect();
        w.arrives(&letters).await?;

        // Were a stop counted as an attempt, the second would make every mail deadly.
        for _stop in 0..2 {
            w.stripe_fails("GET", "/v1/customers", Some(20), json!({ "kind": "latency", "ms": 9_000 }))
                .await?;
            let impatient = w
                .postill(["worker"])
                .env("POSTILL_WORKER_GRACE_SECONDS", "1")
                .env("POSTILL_WORKER_CRASH_LIMIT", "1");
            let worker = started(impatient).await?;
            w.faults_have_struck().await?;
            w.stops(worker).await?;
        }

        let worker = started(w.postill(["worker"]).env("POSTILL_WORKER_CRASH_LIMIT", "1")).await?;
        let outcomes = w.outcomes_of(&letters, PATIENCE).await?;
        outcomes.are_as_expected(&letters, &draft_schema()?)?;
        w.stops(worker).await?;
        w.nothing_is_queued().await
    })
    .await
}

#[tokio::test]
async fn a_second_signal_ends_the_worker_at_once_and_loses_nothing() -> Result<()> {
    run(&shop(20), async |w| {
        let letters: Vec<Letter> = (0..20).map(|number| letter(number, number, Wish::Refund)).collect();
        w.stripe_fails("GET", "/v1/customers", Some(20), json!({ "kind": "latency", "ms": 9_000 })).await?;
        w.arrives(&letters).await?;
        let mut worker = w.worker().await?;
        w.faults_have_struck().await?;

        worker.terminate()?;
        worker.wait_for_text("asked to stop", PATIENCE).await?;
        worker.terminate()?;
        let finished = worker.wait(Duration::from_secs(5)).await?;
        ensure!(finished.status.success(), "the worker ended with {}", finished.status);

        let worker = w.worker().await?;
        let outcomes = w.outcomes_of(&letters, PATIENCE).await?;
        outcomes.are_as_expected(&letters, &draft_schema()?)?;
        w.stops(worker).await?;
        w.nothing_is_queued().await
    })
    .await
}
