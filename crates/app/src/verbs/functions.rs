//! `postill functions`: what may run, what it needs, and the switch.

use std::process::ExitCode;

use domain::policy::Switch;
use domain::{Function, Permission};

use crate::cli::{FunctionChange, Functions};
use crate::complaint::Advice;
use crate::connections;
use crate::person;
use crate::settings::{Settings, WAYS_TO_AUTHENTICATE};
use crate::terminal::{self, Cell};

pub(super) async fn run(arguments: &Functions, settings: &Settings) -> anyhow::Result<ExitCode> {
    let ledger = connections::embedded_or_ledger(settings).await?;
    let workspace = arguments.workspace.as_ref().unwrap_or(&settings.workspace);
    if let Some(change) = &arguments.change {
        let (function, switch) = asked(change);
        if function.moves_money() && switch != Switch::Off && !settings.verifies_senders() {
            let what =
                format!("{function} needs authenticated senders, and nobody's sender can be authenticated");
            return Err(Advice::usage(what, WAYS_TO_AUTHENTICATE));
        }
        ledger.ensure_workspace(workspace).await?;
        ledger.set_switch(workspace, function, switch, person::COMMAND_LINE).await?;
    }
    let mut policy = settings.policy.clone();
    policy.functions.extend(ledger.switches(workspace).await?);
    let rows: Vec<Vec<Cell>> =
        Function::ALL.into_iter().map(|function| row(function, policy.switch(function))).collect();
    terminal::result_table(&["", "function", "what it does", "needs in Stripe's form"], &rows)?;
    terminal::note(&format!(
        "\nEvery function also needs {}. A switch: `postill functions off payment_link`.",
        Permission::CUSTOMERS
    ))?;
    Ok(ExitCode::SUCCESS)
}

const fn asked(change: &FunctionChange) -> (Function, Switch) {
    match change {
        FunctionChange::On { function } => (*function, Switch::On),
        FunctionChange::Off { function } => (*function, Switch::Off),
        FunctionChange::Approval { function } => (*function, Switch::Approval),
    }
}

fn row(function: Function, switch: Switch) -> Vec<Cell> {
    let style = match switch {
        Switch::On => terminal::GOOD,
        Switch::Off => terminal::FAINT,
        Switch::Approval => terminal::WARN,
    };
    let needs: Vec<String> = function.permissions().iter().map(Permission::to_string).collect();
    vec![
        Cell::new(switch.as_str(), style),
        Cell::plain(function.as_str()),
        Cell::plain(function.title()),
        Cell::new(needs.join(", "), terminal::FAINT),
    ]
}
