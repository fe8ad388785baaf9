//! `postill people`: who may sign in to the console, and what they may do there.

use std::process::ExitCode;

use console::Password;
use domain::{Actor, Role, Scope, WorkspaceId};
use store::{Ledger, LedgerError, PasswordHash};

use crate::cli::{People, PeopleVerb};
use crate::complaint::Advice;
use crate::settings::Settings;
use crate::terminal::{self, Cell, FAINT, GOOD, styled};
use crate::{connections, person};

pub(super) async fn run(arguments: People, settings: &Settings) -> anyhow::Result<ExitCode> {
    let ledger = connections::embedded_or_ledger(settings).await?;
    ledger.ensure_workspace(&settings.workspace).await?;
    let done = match arguments.change {
        None => list(&ledger).await,
        Some(PeopleVerb::Add { name, role, workspace }) => add(&ledger, &name, role, workspace).await,
        Some(PeopleVerb::Role { name, role, workspace }) => {
            give(&ledger, &name, role.0, workspace).await?;
            say(&name, role.0.map_or("has no role there now".to_owned(), |role| format!("is {role} now")))
        }
        Some(PeopleVerb::Password { name }) => {
            let set = ledger.set_password(&name, &password()?, person::COMMAND_LINE).await?;
            known(set, &name)?;
            say(&name, "has another password now, and is signed out everywhere".to_owned())
        }
        Some(PeopleVerb::Remove { name }) => {
            known(ledger.remove_person(&name, person::COMMAND_LINE).await?, &name)?;
            say(&name, "may not sign in any more".to_owned())
        }
    };
    ledger.close().await;
    done.map(|()| ExitCode::SUCCESS)
}

async fn list(ledger: &Ledger) -> anyhow::Result<()> {
    let people = ledger.people().await?;
    if people.is_empty() {
        return Ok(terminal::note("nobody may sign in yet: `postill people add NAME --role admin`")?);
    }
    let rows: Vec<Vec<Cell>> = people
        .iter()
        .map(|person| {
            let grants = &person.grants;
            let everywhere = grants.everywhere.map(|role| format!("{role} everywhere"));
            let somewhere =
                grants.workspaces.iter().map(|(workspace, role)| format!("{role} in {workspace}"));
            let roles: Vec<String> = everywhere.into_iter().chain(somewhere).collect();
            let roles =
                if roles.is_empty() { Cell::new("none", FAINT) } else { Cell::plain(roles.join(", ")) };
            vec![Cell::plain(person.name.as_str()), roles]
        })
        .collect();
    Ok(terminal::result_table(&["name", "roles"], &rows)?)
}

async fn add(
    ledger: &Ledger,
    name: &Actor,
    role: Role,
    workspace: Option<WorkspaceId>,
) -> anyhow::Result<()> {
    let scope = scope(workspace);
    if let Scope::Workspace(workspace) = &scope {
        known_workspace(ledger, workspace).await?;
    }
    if !ledger.add_person(name, &password()?, person::COMMAND_LINE).await? {
        return Err(Advice::refused(
            format!("somebody is called {} already", name.as_str()),
            "`postill people role` gives them another role, `postill people password` another password",
        ));
    }
    ledger.set_role(name, &scope, Some(role), person::COMMAND_LINE).await?;
    say(name, format!("may sign in, as {role}"))
}

async fn give(
    ledger: &Ledger,
    name: &Actor,
    role: Option<Role>,
    workspace: Option<WorkspaceId>,
) -> anyhow::Result<()> {
    match ledger.set_role(name, &scope(workspace), role, person::COMMAND_LINE).await {
        Ok(there) => known(there, name),
        Err(LedgerError::NoSuchWorkspace) => Err(no_workspace()),
        Err(error) => Err(error.into()),
    }
}

fn scope(workspace: Option<WorkspaceId>) -> Scope {
    workspace.map_or(Scope::All, Scope::Workspace)
}

async fn known_workspace(ledger: &Ledger, workspace: &WorkspaceId) -> anyhow::Result<()> {
    if ledger.workspaces().await?.contains(workspace) { Ok(()) } else { Err(no_workspace()) }
}

fn no_workspace() -> anyhow::Error {
    Advice::usage("there is no such workspace", "`postill connect --workspace NAME` makes one")
}

fn password() -> anyhow::Result<PasswordHash> {
    let line = terminal::secret_line("type the password and press enter; it does not show:")?;
    let password = Password::to_be_set(line.trim_end_matches(['\r', '\n']))
        .map_err(|error| Advice::usage(error.to_string(), "nothing else is asked of it"))?;
    Ok(password.hash()?)
}

fn known(there: bool, name: &Actor) -> anyhow::Result<()> {
    if there {
        return Ok(());
    }
    Err(Advice::refused(format!("nobody is called {}", name.as_str()), "`postill people` lists everybody"))
}

fn say(name: &Actor, what: String) -> anyhow::Result<()> {
    Ok(terminal::result(&styled(GOOD, &format!("{} {what}", name.as_str())))?)
}
