//! What a worker says of itself while it runs, and after.

use anyhow::{Result, ensure};
use sqlx::{PgConnection, Row as _};
use tests::wait_until;

use crate::load::mailbox;
use crate::shop::shop;
use crate::world::{PATIENCE, run};

#[tokio::test]
async fn a_worker_says_how_it_goes_until_it_ends_in_good_order() -> Result<()> {
    run(&shop(1), async |w| {
        let mut ledger = w.database.connect().await?;
        let (letters, worker) = (mailbox(3), w.worker().await?);
        w.arrives(&letters).await?;
        w.outcomes_of(&letters, PATIENCE).await?;
        wait_until("the worker to tell of its mails", PATIENCE, async || {
            let told =
                sqlx::query("select in_hand, settled, queues from worker").fetch_all(&mut ledger).await?;
            let [told] = told.as_slice() else { return Ok(false) };
            let figures: (i64, i64) = (told.get("in_hand"), told.get("settled"));
            let queues: Option<String> = told.get("queues");
            Ok(figures == (0, 3) && queues.is_some_and(|queues| queues.contains("\"dead\":0")))
        })
        .await?;
        wait_until("the calls to Stripe to be counted", PATIENCE, async || {
            let calls = "select cast(coalesce(sum(calls), 0) as bigint) from stripe_hour";
            Ok(number(&mut ledger, calls).await? >= 3)
        })
        .await?;
        w.stops(worker).await?;
        let left = number(&mut ledger, "select count(*) from worker").await?;
        ensure!(left == 0, "a worker that ended is shown as {left}");
        Ok(())
    })
    .await
}

async fn number(ledger: &mut PgConnection, sql: &'static str) -> Result<i64> {
    Ok(sqlx::query_scalar(sql).fetch_one(ledger).await?)
}
