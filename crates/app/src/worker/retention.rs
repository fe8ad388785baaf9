//! Forgets what is old, as the setting says. Mail goes before: it works in small batches, with pauses.

use std::time::Duration;

use domain::{Clock as _, SystemClock, Timestamp};
use store::{Forgotten, Ledger, LedgerError};

use super::chain;

/// How often it is looked for what has become old.
const EVERY: Duration = Duration::from_hours(1);
/// Rows of a kind that are emptied in one transaction; some hundred milliseconds of the ledger's time.
const BATCH: u32 = 500;
/// Between two batches the ledger is left to the mails.
const PAUSE: Duration = Duration::from_millis(200);

/// Forgets what ended longer ago than `keeps`, again and again; nothing where that is not said. Several workers only share the work.
pub(super) async fn keep(ledger: &Ledger, keeps: Option<Duration>) -> anyhow::Result<()> {
    let Some(keeps) = keeps else { return std::future::pending().await };
    loop {
        let before = SystemClock.now().checked_sub(keeps).unwrap_or(Timestamp::UNIX_EPOCH);
        match sweep(ledger, before).await {
            Ok(forgotten) if forgotten.rows() > 0 => tracing::info!(
                drafts = forgotten.drafts + forgotten.later_drafts,
                actions = forgotten.actions,
                approvals = forgotten.approvals,
                "what became too old was forgotten"
            ),
            Ok(_nothing) => {}
            Err(error) => {
                tracing::warn!(error = %chain(&error), "what became too old was not forgotten; it is tried again in an hour");
            }
        }
        tokio::time::sleep(EVERY).await;
    }
}

async fn sweep(ledger: &Ledger, before: Timestamp) -> Result<Forgotten, LedgerError> {
    let mut all = Forgotten::default();
    loop {
        let batch = ledger.forget_before(before, BATCH).await?;
        if batch.rows() == 0 {
            return Ok(all);
        }
        all = all.and(batch);
        tokio::time::sleep(PAUSE).await;
    }
}
