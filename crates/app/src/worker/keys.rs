//! Keys that Stripe refuses: told when it begins and when it ends, and tried again meanwhile, so that mail goes on by itself.

use std::collections::HashMap;
use std::time::Duration;

use domain::WorkspaceId;
use engine::Workspaces;
use futures_util::future::join_all;
use stripe_client::StripeReader;
use tokio::time::Instant;

use super::Worker;

/// How often it is looked at which keys are refused. A key that was replaced in the ledger is another client, which is not refused.
const LOOK: Duration = Duration::from_secs(1);
/// How often a refused key is tried: a person who has mended it waits no longer.
const TRY: Duration = Duration::from_secs(30);

impl Worker {
    /// Watches keys until it is dropped.
    pub(super) async fn watch_keys(&self) -> anyhow::Result<()> {
        let mut refused = Refused::default();
        loop {
            tokio::time::sleep(LOOK).await;
            let due = refused.look(&self.engine.workspaces, Instant::now());
            // What comes of it is noted by the client, and seen with the next look.
            join_all(due.iter().map(StripeReader::try_key)).await;
        }
    }
}

/// The workspaces whose keys are refused, and when each was tried last.
#[derive(Default)]
struct Refused(HashMap<WorkspaceId, Instant>);

impl Refused {
    /// Tells what has changed, and says which keys are to be tried now.
    fn look(&mut self, workspaces: &Workspaces, now: Instant) -> Vec<StripeReader> {
        let mut due = Vec::new();
        let connected = workspaces.all();
        for workspace in &connected {
            let reader = workspace.stripe.reader();
            let is_refused = reader.key_refused_for().is_some();
            match (is_refused, self.0.get_mut(&workspace.id)) {
                (true, None) => {
                    tracing::warn!(workspace.id = %workspace.id, "Stripe refuses the key: mail of the workspace waits, without counting, until the key is accepted or another is connected");
                    self.0.insert(workspace.id.clone(), now);
                }
                (true, Some(tried)) if now.duration_since(*tried) >= TRY => {
                    *tried = now;
                    due.push(reader.clone());
                }
                (false, Some(_)) => {
                    tracing::warn!(workspace.id = %workspace.id, "Stripe no longer refuses the key, or another is connected: mail of the workspace goes on");
                    self.0.remove(&workspace.id);
                }
                (true, Some(_)) | (false, None) => {}
            }
        }
        self.0.retain(|id, _| connected.iter().any(|workspace| workspace.id == *id));
        due
    }
}
