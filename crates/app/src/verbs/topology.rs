//! `postill topology apply|check`.

use std::process::ExitCode;

use broker::topology::{self, Finding, Problem};

use crate::cli::TopologyAction;
use crate::rabbitmq;
use crate::settings::Settings;
use crate::terminal::{self, BAD, GOOD, WARN};

pub(super) async fn run(action: &TopologyAction, settings: &Settings) -> anyhow::Result<ExitCode> {
    let config = rabbitmq::config(&settings.amqp);
    let explain = |error| rabbitmq::explain_topology(&config, error);
    match action {
        TopologyAction::Apply => {
            for declared in topology::apply(&config).await.map_err(explain)? {
                terminal::result(&format!("{} {}", terminal::styled(GOOD, "declared"), declared.what))?;
            }
            Ok(ExitCode::SUCCESS)
        }
        TopologyAction::Check => {
            let findings = topology::check(&config).await.map_err(explain)?;
            for finding in &findings {
                let style = if finding.is_fatal() { BAD } else { WARN };
                terminal::result(&terminal::styled(style, &rabbitmq::sentence(finding)))?;
            }
            if findings.is_empty() {
                terminal::result(&terminal::styled(GOOD, "queues and exchanges are as they should be"))?;
            }
            if findings.iter().any(|finding| finding.problem == Problem::Missing) {
                terminal::note("`postill topology apply` declares what is missing")?;
            }
            let fatal = findings.iter().any(Finding::is_fatal);
            Ok(if fatal { ExitCode::FAILURE } else { ExitCode::SUCCESS })
        }
    }
}
