//! `postill config check`: the merged configuration, secrets masked, and where each value came from.

use std::io;
use std::process::ExitCode;

use serde_json::json;

use crate::cli::Config;
use crate::settings::{self, Layers, Origin, SETTINGS, Setting, Settings, environment_name, origin, shown};
use crate::terminal::{self, Cell};

pub(super) fn run(config: &Config, layers: Layers) -> anyhow::Result<ExitCode> {
    let Config::Check { json } = config;
    if *json {
        let values: Vec<_> = SETTINGS
            .iter()
            .map(|setting| json!({ "key": setting.key, "value": shown(setting, &layers), "origin": origin(setting, &layers), "doc": setting.doc }))
            .collect();
        terminal::result(&serde_json::to_string_pretty(&values)?)?;
    } else {
        terminal::result_table(&["setting", "value", "from"], &rows(&layers))?;
        terminal::note(&format!(
            "\nIn the environment, {} is {}, and so on; --json also says what each is for.",
            SETTINGS.first().map_or("", |setting| setting.key),
            environment_name("workspace")
        ))?;
    }
    let settings = Settings::parse(layers)?;
    note_doubts(&settings::doubts(&settings.policy))?;
    terminal::note(&terminal::styled(terminal::GOOD, "the configuration is valid"))?;
    Ok(ExitCode::SUCCESS)
}

/// What is allowed and can hardly be meant.
pub(super) fn note_doubts(doubts: &[String]) -> io::Result<()> {
    let mark = terminal::styled(terminal::WARN, "note:");
    doubts.iter().try_for_each(|doubt| terminal::note(&format!("{mark} {doubt}")))
}

fn rows(layers: &Layers) -> Vec<Vec<Cell>> {
    let row = |setting: &Setting| {
        let is_default = layers.get(setting.key).is_none_or(|value| value.origin == Origin::Default);
        let style = if is_default { terminal::FAINT } else { terminal::PLAIN };
        vec![
            Cell::plain(setting.key),
            Cell::new(shown(setting, layers), style),
            Cell::new(origin(setting, layers), style),
        ]
    };
    SETTINGS.iter().map(row).collect()
}
