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
        if !ledger.has_room_for_a_report(&workspace).await? {
            return Err(full(&workspace, "remove some in the console, under Replays, or leave --keep out"));
        }
        Ok(Self { ledger, workspace, by: person::deciding(None)?.as_str().to_owned() })
    }

    /// Without the folders of what was read, which may name people, and without single mails. What the console could not open is not kept.
    pub(super) async fn keep(self, report: Report) -> anyhow::Result<()> {
        let summary = serde_json::to_value(report.summary())?;
        let report = report.to_be_kept().to_json()?;
        if let Err(error) = Report::read(&report) {
            self.ledger.close().await;
            return Ok(terminal::note(&format!("the report was not kept: {error}"))?);
        }
        let report = String::from_utf8(report)?;
        let new = NewReplayReport { workspace: self.workspace.clone(), summary, report };
        let kept = self.ledger.keep_report(&new, &self.by).await;
        self.ledger.close().await;
        match kept? {
            Keeping::Kept(_) | Keeping::KeptBefore(_) => {
                let text =
                    format!("kept for the workspace {}: the console shows it under Replays", self.workspace);
                Ok(terminal::note(&styled(GOOD, &text))?)
            }
            Keeping::Full => Err(full(
                &self.workspace,
                "remove some in the console, under Replays, and add this one there from its --report file",
            )),
        }
    }
}

fn full(workspace: &WorkspaceId, remedy: &'static str) -> anyhow::Error {
    let text = format!("the report cannot be kept: the workspace {workspace} keeps as many as it may");
    Advice::usage(text, remedy)
}
