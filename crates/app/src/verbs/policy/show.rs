//! `postill policy show`: the rules that judge the mail of a workspace, and where each comes from.

use std::collections::BTreeMap;
use std::process::ExitCode;

use domain::policy::Switch;
use domain::{Function, WorkspaceId};
use serde_json::json;

use crate::cli::PolicyShow;
use crate::connections;
use crate::settings::{
    Layers, Origin, SETTINGS, Settings, WAYS_TO_AUTHENTICATE, doubts, is_policy, origin, shown,
};
use crate::terminal::{self, Cell};
use crate::verbs::config;

/// One rule as it counts.
struct Rule {
    key: &'static str,
    value: String,
    origin: String,
    is_default: bool,
}

pub(super) async fn run(arguments: &PolicyShow, layers: Layers) -> anyhow::Result<ExitCode> {
    let mut rules = rules(&layers);
    let settings = Settings::parse(layers)?;
    let workspace = arguments.workspace.as_ref().unwrap_or(&settings.workspace);
    let ledger = connections::embedded_or_ledger(&settings).await?;
    lay_over(&mut rules, &ledger.switches(workspace).await?);
    let mut policy = connections::policy(&settings, &ledger, workspace).await?;
    let held_back = connections::hold_back_money(&mut policy, &settings);
    let version = policy.version();
    let mut doubts = doubts(&policy);
    doubts.extend(held_back.then(|| {
        format!(
            "refunds and cancellations stay off: nobody's sender can be authenticated; {WAYS_TO_AUTHENTICATE}"
        )
    }));
    if arguments.json {
        print_json(&rules, workspace, &version, &doubts)?;
    } else {
        let rows: Vec<Vec<Cell>> = rules.iter().map(Rule::row).collect();
        terminal::result_table(&["rule", "value", "from"], &rows)?;
        terminal::note(&format!("\nversion {version} of the workspace {workspace}; its drafts carry it"))?;
        config::note_doubts(&doubts)?;
    }
    Ok(ExitCode::SUCCESS)
}

fn print_json(
    rules: &[Rule],
    workspace: &WorkspaceId,
    version: &str,
    doubts: &[String],
) -> anyhow::Result<()> {
    let rules: Vec<_> = rules
        .iter()
        .map(|rule| json!({ "key": rule.key, "value": rule.value, "origin": rule.origin }))
        .collect();
    let shown = json!({ "workspace": workspace, "version": version, "rules": rules, "doubts": doubts });
    Ok(terminal::result(&serde_json::to_string_pretty(&shown)?)?)
}

fn rules(layers: &Layers) -> Vec<Rule> {
    let of_policy = SETTINGS.iter().filter(|setting| is_policy(setting.key));
    of_policy
        .map(|setting| Rule {
            key: setting.key,
            value: shown(setting, layers),
            origin: origin(setting, layers),
            is_default: layers.get(setting.key).is_none_or(|value| value.origin == Origin::Default),
        })
        .collect()
}

/// Switches of the ledger count, whatever the configuration says.
fn lay_over(rules: &mut [Rule], switches: &BTreeMap<Function, Switch>) {
    for (function, switch) in switches {
        let key = format!("policy.functions.{function}");
        if let Some(rule) = rules.iter_mut().find(|rule| rule.key == key) {
            switch.as_str().clone_into(&mut rule.value);
            "the ledger (postill functions)".clone_into(&mut rule.origin);
            rule.is_default = false;
        }
    }
}

impl Rule {
    fn row(&self) -> Vec<Cell> {
        let style = if self.is_default { terminal::FAINT } else { terminal::PLAIN };
        vec![Cell::plain(self.key), Cell::new(&self.value, style), Cell::new(&self.origin, style)]
    }
}
