//! `postill policy`: what is allowed, what a file would change, and whether it judges as it should.

mod check;
mod examples;
mod show;
mod test;

use std::process::ExitCode;

use domain::{Policy, WorkspaceId};

use crate::cli;
use crate::connections;
use crate::settings::{Layers, Settings, Sources};
use crate::terminal;

pub(super) async fn run(verb: &cli::Policy, sources: &Sources<'_>) -> anyhow::Result<ExitCode> {
    match verb {
        cli::Policy::Show(arguments) => show::run(arguments, Layers::read(sources)).await,
        cli::Policy::Check(arguments) => check::run(arguments, sources).await,
        cli::Policy::Test(arguments) => test::run(arguments, sources).await,
    }
}

/// The policy of the configuration; with the switches of a workspace over it where one is named.
async fn policy_of(settings: &Settings, workspace: Option<&WorkspaceId>) -> anyhow::Result<Policy> {
    let Some(workspace) = workspace else { return Ok(settings.policy.clone()) };
    let ledger = connections::embedded_or_ledger(settings).await?;
    connections::policy(settings, &ledger, workspace).await
}

/// That a file is not all there is, when the ledger was not asked.
fn note_switches(workspace: Option<&WorkspaceId>) -> std::io::Result<()> {
    match workspace {
        Some(_) => Ok(()),
        None => terminal::note(
            "switches set with `postill functions` lie over policy.functions; --workspace NAME counts them in",
        ),
    }
}
