//! The settings in force, by groups, as far as they were asked for.

use domain::Role;
use serde::Deserialize;

use crate::complaint::Complaint;
use crate::visitor::At;
use crate::{Desk, Setting};

/// Where a switch that was set on the page of the toolkit, or by `postill functions`, comes from.
const SWITCHED: &str = "the toolkit's switch";

/// What the names of the rules begin with, which hold in every workspace.
const RULES: &str = "policy.";

/// Which settings are shown.
#[derive(Deserialize)]
pub(crate) struct Asked {
    /// A word in the name, the value or the purpose.
    #[serde(default)]
    pub(super) word: String,
    /// `on`: only what somebody has set.
    #[serde(default)]
    pub(super) set: String,
}

/// Settings whose names begin alike.
pub(super) struct Group {
    pub(super) name: &'static str,
    pub(super) settings: Vec<Setting>,
}

impl Asked {
    pub(super) fn only_set(&self) -> bool {
        self.set == "on"
    }

    pub(super) fn is_filtered(&self) -> bool {
        self.only_set() || !self.word().is_empty()
    }

    pub(super) fn word(&self) -> &str {
        self.word.trim()
    }

    fn wants(&self, setting: &Setting) -> bool {
        (!self.only_set() || !setting.is_default) && setting.speaks_of(self.word())
    }
}

/// Whether somebody looks after the whole of it, and not after single workspaces.
pub(super) fn sees_all(at: &At) -> bool {
    at.visitor.grants.everywhere.is_some_and(|role| role >= Role::Operator)
}

/// In the order of the registry; whoever looks after single workspaces sees the rules that hold there, and nothing of the rest; the switches of the workspace are laid over those of the configuration.
pub(super) async fn groups(desk: &Desk, at: &At, asked: &Asked) -> Result<Vec<Group>, Complaint> {
    let switches = desk.ledger.switches(&at.workspace).await?;
    let mut settings = desk.settings.clone();
    if !sees_all(at) {
        settings.retain(|setting| setting.name.starts_with(RULES));
    }
    for (function, switch) in switches {
        let name = format!("policy.functions.{function}");
        if let Some(setting) = settings.iter_mut().find(|setting| setting.name == name) {
            switch.as_str().clone_into(&mut setting.value);
            SWITCHED.clone_into(&mut setting.from);
            setting.is_default = false;
        }
    }
    let mut groups: Vec<Group> = Vec::new();
    for setting in settings.into_iter().filter(|setting| asked.wants(setting)) {
        match groups.iter_mut().find(|group| group.name == setting.group()) {
            Some(group) => group.settings.push(setting),
            None => groups.push(Group { name: setting.group(), settings: vec![setting] }),
        }
    }
    Ok(groups)
}
