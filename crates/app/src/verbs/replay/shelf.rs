//! Where reports are kept for the console: the ledger.

use domain::WorkspaceId;
use replay_report::Report;
use store::{Keeping, Ledger, NewReplayReport};

use crate::cli::Replay;
use crate::complaint::Advice;
use crate::connections;
use crate::person;
use crate::settings::Settings;
use crate::terminal::{self, GOOD, styled};

/// A ledger that is ready to keep a report.
pub(super) struct Shelf {
    ledger: Ledger,
    workspace: WorkspaceId,
    by: String,
}

impl Shelf {
    /// Before anything is read, so that nobody waits for a replay whose report cannot be kept.
    pub(super) async fn open(arguments: &Replay, settings: &Settings) -> anyhow::Result<Self> {
        let ledger = connections::ledger_in_use(settings).await?;
        let workspace = arguments.workspace.as_ref().unwrap_or(&settings.workspace).clone();
        if workspace == settings.workspace {
            ledger.ensure_workspace(&workspace).await?;
        } else if !ledger.workspaces().await?.contains(&workspace) {
            return Err(Advice::usage(
                format!("the report cannot be kept: the ledger knows no workspace {workspace}"),
                "name one that it knows with --workspace, or leave --keep out",
            ));
        }
        Ok(Self { ledger, workspace, by: person::deciding(None)?.as_str().to_owned() })
    }

    /// Without the folders of what was read: they may name people.
    pub(super) async fn keep(self, report: Report) -> anyhow::Result<()> {
        let summary = serde_json::to_value(report.summary())?;
        let report = String::from_utf8(report.without_folders().to_json()?)?;
        let new = NewReplayReport { workspace: self.workspace.clone(), summary, report };
        let kept = self.ledger.keep_report(&new, &self.by).await;
        self.ledger.close().await;
        match kept? {
            Keeping::Kept(_) | Keeping::KeptBefore(_) => {
                let text =
                    format!("kept for the workspace {}: the console shows it under Replays", self.workspace);
                Ok(terminal::note(&styled(GOOD, &text))?)
            }
            Keeping::Full => Err(Advice::usage(
                format!("the report was not kept: the workspace {} keeps as many as it may", self.workspace),
                "remove some in the console, under Replays, and add this one there from its --report file",
            )),
        }
    }
}
