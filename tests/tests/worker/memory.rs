//! Memory is bounded by settings, not by what lies in the queue.

use std::time::Duration;

use anyhow::{Result, ensure};

use crate::letters::{Ends, Letter, Wish, heavy, letter};
use crate::outcomes::draft_schema;
use crate::shop::{KEY, shop};
use crate::slow_stripe::SlowStripe;
use crate::world::{run, started};

const LONG: Duration = Duration::from_mins(4);
const MAILS: usize = 200;
const EACH: usize = 2_000_000;
/// For each of the three queues a third of it.
const BOUND: u64 = 60_000_000;

/// A letter with two megabytes behind its text.
fn large(number: usize) -> Letter {
    let mut large = heavy(number * 2, number % 20, EACH);
    large.ends = Ends::Draft(Wish::Invoice.outcome());
    large
}

#[tokio::test]
async fn four_hundred_megabytes_of_mail_take_no_more_memory_than_is_allowed() -> Result<()> {
    run(&shop(20), async |w| {
        let stripe = SlowStripe::before(w.stripe_url(), KEY, Duration::from_millis(300)).await?;
        let worker = w
            .postill(["worker"])
            .env("POSTILL_STRIPE_URL", &stripe.url)
            .env("POSTILL_POLICY_SENDER_MAILS_PER_HOUR", "off")
            .env("POSTILL_WORKER_IN_FLIGHT_BYTES", BOUND.to_string());
        let worker = started(worker).await?;
        w.answers(&letter(MAILS * 2 + 1, 0, Wish::Invoice), "answered").await?;
        let before = worker.peak_memory()?;

        let letters: Vec<Letter> = (0..MAILS).map(large).collect();
        for some in letters.chunks(20) {
            w.arrives(some).await?;
        }
        let outcomes = w.outcomes_of(&letters, LONG).await?;
        let more = worker.peak_memory()? - before;
        println!("{} MB more than before the first", more / 1_000_000);
        outcomes.are_as_expected(&letters, &draft_schema()?)?;
        ensure!(more < BOUND * 3, "{more} bytes more, where {BOUND} are allowed");
        w.stops(worker).await?;
        w.nothing_is_queued().await
    })
    .await
}
