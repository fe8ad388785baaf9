//! `postill simulate`: the call, the facts and the draft of one message, without side effects: the Stripe client it holds can only read.

mod show;

pub(super) use show::style_of;

use std::process::ExitCode;

use bytes::Bytes;
use domain::{Assurance, Mail, RunKind, WorkspaceId};
use engine::{Access, Delivered, Engine, Trouble, Workspace};
use serde_json::json;

use crate::cli::Simulate;
use crate::complaint::{self, Advice};
use crate::connections::{self, Directory};
use crate::settings::Settings;
use crate::{stripe_trouble, terminal};

pub(super) async fn run(arguments: &Simulate, settings: &Settings) -> anyhow::Result<ExitCode> {
    let ledger = connections::embedded_or_ledger(settings).await?;
    let directory = Directory::load(settings, &ledger).await?;
    let id = arguments.workspace.as_ref().unwrap_or(&settings.workspace);
    let workspace = directory.workspace(id)?;
    let reading =
        Workspace { stripe: Access::Reading(workspace.stripe.reader().clone()), ..(*workspace).clone() };
    let engine = connections::engine(settings, ledger, directory.workspaces.clone(), 0)?;
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
    let (from, text) = (
        arguments.from.as_ref().map(ToString::to_string).unwrap_or_default(),
        arguments.text.clone().unwrap_or_default(),
    );
    let typed = json!({
        "schema": "postill.mail.v1",
        "from": [{ "email": from }],
        "subject": arguments.subject,
        "text": text,
    });
    let delivered = Delivered::new(
        Bytes::from(typed.to_string()),
        Some("application/json"),
        workspace.clone(),
        RunKind::Simulator,
    );
    let mut mail = engine.read(&delivered)?;
    if mail.sender.is_ok() && mail.automatic.is_none() {
        mail.assurance = Assurance::from(arguments.assume);
        mail.evidence = vec!["assumed by the simulator".to_owned()];
    }
    Ok(mail)
}
