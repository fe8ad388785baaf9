//! `postill simulate`: the call, the facts and the draft of one message, without side effects: the Stripe client it holds can only read.

use std::process::ExitCode;

use anyhow::Context;
use bytes::Bytes;
use domain::draft::{DraftEvent, ReportedState};
use domain::{Assurance, Mail, RunKind, WorkspaceId};
use engine::{Access, Delivered, Engine, Workspace};
use serde_json::json;

use crate::cli::Simulate;
use crate::complaint::Advice;
use crate::connections::{self, Directory};
use crate::settings::Settings;
use crate::terminal::{self, BAD, Cell, FAINT, GOOD, STRONG, WARN, styled};

pub(super) async fn run(arguments: &Simulate, settings: &Settings) -> anyhow::Result<ExitCode> {
    let ledger = connections::embedded_or_ledger(settings).await?;
    let directory = Directory::load(settings, &ledger).await?;
    let id = arguments.workspace.as_ref().unwrap_or(&settings.workspace);
    let Some(workspace) = directory.workspaces.get(id) else {
        let advice =
            "set POSTILL_STRIPE_KEY to a restricted key (rk_test_…), or store one with `postill connect`";
        return Err(Advice::usage(format!("no Stripe key is connected to the workspace {id}"), advice));
    };
    let reading =
        Workspace { stripe: Access::Reading(workspace.stripe.reader().clone()), ..(*workspace).clone() };
    let engine = connections::engine(settings, ledger, directory.workspaces.clone(), 0);
    let mail = mail(arguments, &engine, id)?;
    let event = engine.simulate(&reading, &mail).await.map_err(|trouble| explain(&trouble))?;
    if arguments.json {
        terminal::result(&serde_json::to_string_pretty(&event)?)?;
    } else {
        show(&event)?;
    }
    Ok(ExitCode::SUCCESS)
}

fn explain(trouble: &engine::Trouble) -> anyhow::Error {
    let text = crate::worker::chain(trouble);
    match trouble {
        engine::Trouble::Stripe(error) if error.is_transient() => {
            Advice::unavailable(text, "is Stripe reachable? stripe.url says where it is looked for")
        }
        engine::Trouble::Stripe(_) => {
            Advice::usage(text, "`postill connect --dry-run` says what the key may do")
        }
        engine::Trouble::Ledger(_) | engine::Trouble::LeaseLost | engine::Trouble::Action(_) => {
            anyhow::anyhow!(text)
        }
    }
}

fn mail(arguments: &Simulate, engine: &Engine, workspace: &WorkspaceId) -> anyhow::Result<Mail> {
    if let Some(path) = &arguments.file {
        let bytes = std::fs::read(path).with_context(|| format!("reading {}", path.display()))?;
        let delivered = Delivered::new(Bytes::from(bytes), None, workspace.clone(), RunKind::Simulator);
        return Ok(engine.read(&delivered)?);
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

fn show(event: &DraftEvent) -> anyhow::Result<()> {
    let data = &event.data;
    heading("Understood")?;
    for intent in &data.intents {
        let confidence = f64::from(intent.confidence.permille()) / 1000.0;
        terminal::result(&format!(
            "  {}  {}",
            styled(STRONG, intent.label.as_str()),
            styled(FAINT, &format!("{confidence:.2}"))
        ))?;
        for span in &intent.evidence {
            terminal::result(&format!("    {}", styled(FAINT, &format!("“{}”", span.text.trim()))))?;
        }
    }
    heading("Sender")?;
    let address = data.sender.address.as_ref().map_or("none", domain::EmailAddress::as_str);
    terminal::result(&format!("  {address}  {}", data.sender.assurance.as_str()))?;
    if let Some(customer) = &data.customer {
        terminal::result(&format!("  {}  {}", customer.id, styled(FAINT, &customer.dashboard_url)))?;
    }
    if !data.facts.is_empty() {
        heading("Facts")?;
        let rows: Vec<Vec<Cell>> = data
            .facts
            .iter()
            .map(|fact| {
                let request = fact.request_id.clone().unwrap_or_default();
                vec![
                    Cell::plain(format!("  {}", fact.label)),
                    Cell::new(&fact.rendered, STRONG),
                    Cell::new(&fact.object, FAINT),
                    Cell::new(request, FAINT),
                ]
            })
            .collect();
        for line in terminal::table(&["  fact", "value", "object", "request"], &rows) {
            terminal::result(&line)?;
        }
    }
    show_actions(event)?;
    heading("Outcome")?;
    terminal::result(&format!("  {}", styled(STRONG, data.outcome.as_str())))?;
    for reason in &data.reasons {
        terminal::result(&format!("  {}", reason.text))?;
    }
    if !data.reply.text.is_empty() {
        heading("Suggested reply")?;
        for line in data.reply.text.lines() {
            terminal::result(&format!("  {line}"))?;
        }
    }
    terminal::note(&styled(FAINT, "\nNothing was changed. --json prints the whole draft context."))?;
    Ok(())
}

fn show_actions(event: &DraftEvent) -> anyhow::Result<()> {
    for action in &event.data.actions {
        heading("Action")?;
        let (word, style) = match action.state {
            ReportedState::WouldDo => ("would be done", GOOD),
            ReportedState::NeedsApproval => ("waits for a person", WARN),
            ReportedState::Refused => ("refused", BAD),
            ReportedState::Done => ("done", GOOD),
            ReportedState::Unknown => ("unknown", WARN),
        };
        let amount = action.amount.map(|amount| format!(" {amount}")).unwrap_or_default();
        terminal::result(&format!(
            "  {}{amount} on {}: {}",
            action.function,
            action.target,
            styled(style, word)
        ))?;
        for line in &action.policy {
            terminal::result(&format!("    {}  {}", line.rule, line.text))?;
        }
    }
    Ok(())
}

fn heading(text: &str) -> anyhow::Result<()> {
    terminal::result(&format!("\n{}", styled(STRONG, text)))?;
    Ok(())
}
