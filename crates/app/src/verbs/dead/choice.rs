//! What is meant by the names on the command line.

use domain::WorkspaceId;
use store::{DeadGroup, DeadGroupId, DeadMail, DeadTarget, Ledger};

use crate::cli::{DeadName, DeadWhich};
use crate::complaint::Advice;

/// What an order is to be about.
pub(super) struct Choice {
    pub(super) targets: Vec<DeadTarget>,
    /// Whether what the ledger does not list is meant, too.
    pub(super) unlisted: bool,
}

impl Choice {
    pub(super) async fn of(ledger: &Ledger, which: &DeadWhich) -> anyhow::Result<Self> {
        let workspace = which.workspace.as_ref();
        if which.all {
            let groups = ledger.dead_groups(workspace).await?;
            return Ok(Self {
                targets: groups.into_iter().map(DeadTarget::Group).collect(),
                unlisted: false,
            });
        }
        let mut choice = Self { targets: Vec::new(), unlisted: false };
        for name in &which.ids {
            let target = match name {
                DeadName::Group(id) => DeadTarget::Group(group(ledger, workspace, id).await?),
                DeadName::Mail(start) => DeadTarget::Mail(mail(ledger, workspace, start).await?),
                DeadName::Unlisted => {
                    choice.unlisted = true;
                    continue;
                }
            };
            if !choice.targets.contains(&target) {
                choice.targets.push(target);
            }
        }
        Ok(choice)
    }

    pub(super) fn is_nothing(&self) -> bool {
        self.targets.is_empty() && !self.unlisted
    }
}

pub(super) async fn group(
    ledger: &Ledger,
    workspace: Option<&WorkspaceId>,
    id: &DeadGroupId,
) -> anyhow::Result<DeadGroup> {
    let groups = ledger.dead_groups(workspace).await?;
    groups.into_iter().find(|group| group.id == *id).ok_or_else(|| {
        Advice::refused(
            format!("no dead mail is in the group {id}"),
            "it may have been put back or dropped since; `postill dead` lists the groups there are",
        )
    })
}

pub(super) async fn mail(
    ledger: &Ledger,
    workspace: Option<&WorkspaceId>,
    start: &str,
) -> anyhow::Result<DeadMail> {
    let mut mails = ledger.dead_mails_starting(workspace, start).await?;
    match (mails.pop(), mails.is_empty()) {
        (Some(mail), true) => Ok(mail),
        (Some(_), false) => Err(Advice::refused(
            format!("several dead mails have an id that starts with {start}"),
            "give more of it; the same bytes may have died in two workspaces: --workspace NAME says which",
        )),
        (None, _) => Err(Advice::refused(
            format!("no dead mail has an id that starts with {start}"),
            "`postill dead show GROUP` lists the mails of a group",
        )),
    }
}
