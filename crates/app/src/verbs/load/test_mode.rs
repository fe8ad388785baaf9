//! Load behaves as live mail does, so it is kept away from live keys: what is connected is looked up, and what is not known counts as live.

use domain::{Mode, WorkspaceId};

use crate::complaint::Advice;
use crate::connections;
use crate::settings::Settings;

/// Refuses unless every key of the workspace, in the settings and in the ledger, is a test key, and there is one.
pub(super) async fn require(settings: &Settings, workspace: &WorkspaceId) -> anyhow::Result<()> {
    let ledger = connections::ledger_in_use(settings).await?;
    let stored = ledger.connections().await;
    ledger.close().await;
    let of_workspace = stored?.into_iter().filter(|stored| stored.key.workspace == *workspace);
    let configured = settings.stripe.key.iter().filter(|_| settings.workspace == *workspace);
    let modes: Vec<Mode> =
        of_workspace.map(|stored| stored.key.mode).chain(configured.map(|key| key.key.mode())).collect();
    if modes.contains(&Mode::Live) {
        return Err(Advice::usage(
            format!(
                "the workspace {workspace} has a live Stripe key, and load would refund and cancel as live mail does"
            ),
            "connect a test key to a workspace of its own (`postill connect --workspace load`) and name it with --workspace load, or use \
             `postill sandbox`",
        ));
    }
    if modes.is_empty() {
        return Err(Advice::usage(
            format!(
                "no Stripe key of the workspace {workspace} is known here, so nobody can tell whether its worker uses a live one"
            ),
            "give the worker's configuration with --config FILE, or connect a test key with `postill connect`",
        ));
    }
    Ok(())
}
