//! `postill policy check`: a file as a running worker would read it, before it is put in place.

use std::path::Path;
use std::process::ExitCode;

use serde_json::json;

use super::{note_switches, policy_of};
use crate::cli::PolicyCheck;
use crate::complaint;
use crate::settings::{
    Layers, SETTINGS, Setting, Settings, Sources, WrongSettings, changed_beside_policy, doubts, is_policy,
    origin, shown,
};
use crate::terminal::{self, Cell};
use crate::verbs::config;

/// What a file would do in place of the configured one.
struct Findings {
    /// Rules that change: before, and after.
    changes: Vec<(&'static Setting, String, String)>,
    /// Rules that the file sets in vain, and what they are covered by.
    covered: Vec<(&'static str, String)>,
    /// Settings other than the policy that change, which takes a restart.
    restart: Vec<&'static str>,
}

pub(super) async fn run(arguments: &PolicyCheck, sources: &Sources<'_>) -> anyhow::Result<ExitCode> {
    let (before, after) = (Layers::read(sources), Layers::read(&with_file(sources, &arguments.file)));
    let findings = Findings::of(&before, &after, &arguments.file);
    let settings = match Settings::parse(after) {
        Ok(settings) => settings,
        Err(wrong) => return refuse(arguments, wrong),
    };
    let workspace = arguments.workspace.as_ref();
    let policy = policy_of(&settings, workspace).await?;
    // What is configured now may be what is to be mended.
    let version_before = match Settings::parse(before) {
        Ok(settings) => Some(policy_of(&settings, workspace).await?.version()),
        Err(_) => None,
    };
    let doubts = doubts(&policy);
    let version = policy.version();
    if arguments.json {
        findings.print_json(version_before.as_deref(), &version, &doubts)?;
        return Ok(ExitCode::SUCCESS);
    }
    findings.print(&arguments.file)?;
    config::note_doubts(&doubts)?;
    note_switches(workspace)?;
    let versions = match version_before {
        Some(before) if before == version => format!("version {version}, as configured now"),
        Some(before) => format!("version {version}, now {before}"),
        None => format!("version {version}; what is configured now is wrong: see `postill config check`"),
    };
    let valid = terminal::styled(terminal::GOOD, "the file is valid");
    terminal::note(&format!("{valid}: {versions}"))?;
    Ok(ExitCode::SUCCESS)
}

/// The same sources with another file.
fn with_file<'a>(sources: &Sources<'a>, file: &'a Path) -> Sources<'a> {
    Sources { file: Some(file), ..*sources }
}

fn refuse(arguments: &PolicyCheck, wrong: WrongSettings) -> anyhow::Result<ExitCode> {
    if !arguments.json {
        return Err(wrong.into());
    }
    terminal::result(&serde_json::to_string_pretty(&json!({ "valid": false, "errors": wrong.0 }))?)?;
    Ok(ExitCode::from(complaint::USAGE))
}

impl Findings {
    fn of(before: &Layers, after: &Layers, file: &Path) -> Self {
        let of_policy = || SETTINGS.iter().filter(|setting| is_policy(setting.key));
        let alone = Layers::read(&Sources { file: Some(file), built_in: None, environment: &[], flags: &[] });
        let text = |layers: &Layers, key| layers.get(key).map(|value| value.text.clone());
        let is_covered = |setting: &&Setting| {
            let is_set = alone.get(setting.key).is_some_and(|value| value.origin.is_file());
            is_set && after.get(setting.key).is_some_and(|value| value.origin.goes_before_the_file())
        };
        Self {
            changes: of_policy()
                .filter(|setting| text(before, setting.key) != text(after, setting.key))
                .map(|setting| (setting, shown(setting, before), shown(setting, after)))
                .collect(),
            covered: of_policy()
                .filter(is_covered)
                .map(|setting| (setting.key, origin(setting, after)))
                .collect(),
            restart: changed_beside_policy(before, after),
        }
    }

    fn print(&self, file: &Path) -> anyhow::Result<()> {
        let row = |(setting, before, after): &(&'static Setting, String, String)| {
            vec![
                Cell::plain(setting.key),
                Cell::new(before, terminal::FAINT),
                Cell::new(after, terminal::STRONG),
            ]
        };
        let rows: Vec<Vec<Cell>> = self.changes.iter().map(row).collect();
        if rows.is_empty() {
            terminal::note("the policy stays as it is")?;
        } else {
            terminal::result_table(&["rule", "now", "then"], &rows)?;
        }
        let mark = terminal::styled(terminal::WARN, "note:");
        for (key, origin) in &self.covered {
            terminal::note(&format!("{mark} {key} in {} is covered by {origin}", file.display()))?;
        }
        if !self.restart.is_empty() {
            let keys = self.restart.join(", ");
            terminal::note(&format!("{mark} other settings change too, which takes a restart: {keys}"))?;
        }
        Ok(())
    }

    fn print_json(&self, before: Option<&str>, after: &str, doubts: &[String]) -> anyhow::Result<()> {
        let changes: Vec<_> = self
            .changes
            .iter()
            .map(|(setting, before, after)| json!({ "key": setting.key, "before": before, "after": after }))
            .collect();
        let covered: Vec<_> =
            self.covered.iter().map(|(key, origin)| json!({ "key": key, "by": origin })).collect();
        let found = json!({
            "valid": true,
            "version": { "before": before, "after": after },
            "changes": changes,
            "covered": covered,
            "restart": self.restart,
            "doubts": doubts,
        });
        Ok(terminal::result(&serde_json::to_string_pretty(&found)?)?)
    }
}
