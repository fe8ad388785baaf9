use std::time::Duration;

use anyhow::{Context, Result};

const BETWEEN_CHECKS: Duration = Duration::from_millis(25);

/// Asks again and again until the check says yes; `what` completes the sentence "waited 5s for …".
///
/// An error of the check ends the wait: one that is expected on the way is for the check to swallow.
pub async fn wait_until(
    what: &str,
    deadline: Duration,
    mut check: impl AsyncFnMut() -> Result<bool>,
) -> Result<()> {
    wait_for(what, deadline, async || Ok(check().await?.then_some(()))).await
}

/// Like [`wait_until`], for a check that brings something back.
pub async fn wait_for<T>(
    what: &str,
    deadline: Duration,
    mut check: impl AsyncFnMut() -> Result<Option<T>>,
) -> Result<T> {
    let asking = async {
        loop {
            if let Some(found) = check().await? {
                return Ok(found);
            }
            tokio::time::sleep(BETWEEN_CHECKS).await;
        }
    };
    tokio::time::timeout(deadline, asking).await.with_context(|| format!("waited {deadline:?} for {what}"))?
}
