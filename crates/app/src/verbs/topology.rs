//! `postill topology apply|check`.

use std::process::ExitCode;

use broker::topology::{self, Finding};

use crate::cli::TopologyAction;
use crate::settings::Settings;
use crate::terminal::{self, BAD, GOOD, WARN};
use crate::worker::{broker_config, explain_topology};

pub(super) async fn run(action: &TopologyAction, settings: &Settings) -> anyhow::Result<ExitCode> {
    let config = broker_config(settings)?;
    match action {
        TopologyAction::Apply => {
            for declared in topology::apply(&config).await.map_err(explain_topology)? {
                terminal::result(&format!("{} {}", terminal::styled(GOOD, "declared"), declared.what))?;
            }
            Ok(ExitCode::SUCCESS)
        }
        TopologyAction::Check => {
            let findings = topology::check(&config).await.map_err(explain_topology)?;
            for finding in &findings {
                let style = if finding.is_fatal() { BAD } else { WARN };
                terminal::result(&terminal::styled(style, &finding.to_string()))?;
            }
            if findings.is_empty() {
                terminal::result(&terminal::styled(GOOD, "queues and exchanges are as they should be"))?;
            }
            let fatal = findings.iter().any(Finding::is_fatal);
            Ok(if fatal { ExitCode::FAILURE } else { ExitCode::SUCCESS })
        }
    }
}
