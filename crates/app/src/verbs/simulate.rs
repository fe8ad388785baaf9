//! `postill simulate`: the call, the facts and the draft of one message, without side effects: the Stripe client it holds can only read.

mod case;
mod show;

pub(super) use show::style_of;

use std::process::ExitCode;

use bytes::Bytes;
use domain::{Assurance, EmailAddress, Mail, RunKind, WorkspaceId};
use engine::{Access, Delivered, Engine, Trouble, Typed, Workspace};

use crate::cli::Simulate;
use crate::complaint::{self, Advice};
use crate::connections::{self, Directory};
use crate::settings::Settings;
use crate::{stripe_trouble, terminal};
use case::Case;

pub(super) async fn run(arguments: &Simulate, settings: &Settings) -> anyhow::Result<ExitCode> {
    let ledger = connections::embedded_or_ledger(settings).await?;
    let directory = Directory::load(settings, &ledger).await?;
    let id = arguments.workspace.as_ref().unwrap_or(&settings.workspace);
    let workspace = directory.workspace(id)?;
    let reading =
        Workspace { stripe: Access::Reading(workspace.stripe.reader().clone()), ..(*workspace).clone() };
    let engine = connections::engine(settings, ledger, directory.workspaces.clone(), 0)?;
    if let Some(path) = &arguments.case {
        let case: Case = serde_json::from_slice(&complaint::read_file(path)?).map_err(|error| {
            let what = format!("{} is no test case: {error}", path.display());
            Advice::data(what, "--case takes a file that the console's simulator saved")
        })?;
        let mail = engine.read_typed(id, &case.typed())?;
        let event = engine.simulate(&reading, &mail).await.map_err(|trouble| explain(&trouble))?;
        return Ok(if case.compare(&event.data)? { ExitCode::SUCCESS } else { ExitCode::FAILURE });
    }
    let mail = mail(arguments, &engine, id)?;
    let event = engine.simulate(&reading, &mail).await.map_err(|trouble| explain(&trouble))?;
    if arguments.json {
        terminal::result(&serde_json::to_string_pretty(&event)?)?;
    } else {
        show::show(&event)?;
    }
    Ok(ExitCode::SUCCESS)
}

fn explain(trouble: &Trouble) -> anyhow::Error {
    let text = complaint::chain(trouble);
    match trouble {
        Trouble::Stripe(error) => stripe_trouble::explain(text, error),
        Trouble::Ledger(_) | Trouble::LeaseLost | Trouble::Action(_) => {
            anyhow::anyhow!(text)
        }
    }
}

fn mail(arguments: &Simulate, engine: &Engine, workspace: &WorkspaceId) -> anyhow::Result<Mail> {
    if let Some(path) = &arguments.file {
        let bytes = complaint::read_file(path)?;
        let delivered = Delivered::new(Bytes::from(bytes), None, workspace.clone(), RunKind::Simulator);
        return engine.read(&delivered).map_err(|error| {
            let what =
                format!("{} is no mail that can be read: {}", path.display(), complaint::chain(&error));
            Advice::data(what, "--file takes a message (.eml), or JSON as `postill schema` describes it")
        });
    }
    let typed = Typed {
        from: arguments.from.as_ref().map_or("", EmailAddress::as_str),
        subject: &arguments.subject,
        text: arguments.text.as_deref().unwrap_or_default(),
        assumed: Assurance::from(arguments.assume),
    };
    Ok(engine.read_typed(workspace, &typed)?)
}
