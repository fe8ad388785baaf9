//! Who may use the console, and for what.

use std::collections::BTreeMap;
use std::fmt;

use domain::{Actor, Role, Scope, Timestamp, WorkspaceId};
use serde_json::{Value, json};

use crate::audit::append;
use crate::engine::{in_transaction, reading, row};
use crate::error::{read, read_time};
use crate::workspaces::of_scope;
use crate::{Ledger, LedgerError, NewAuditEntry};

/// A password as it is stored: Argon2id in PHC's form, with its parameters and salt.
#[derive(Clone, PartialEq, Eq)]
pub struct PasswordHash(pub String);

/// Hides it: who has it can try passwords.
impl fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PasswordHash(…)")
    }
}

/// Somebody who may sign in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// The name to sign in with, in any case of letters, and by which the audit trail knows them.
    pub name: Actor,
    /// Since when.
    pub created_at: Timestamp,
    /// What they may do, and where.
    pub grants: Grants,
}

/// The roles of a person.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Grants {
    /// Everywhere, also in workspaces made later.
    pub everywhere: Option<Role>,
    /// In single workspaces.
    pub workspaces: BTreeMap<WorkspaceId, Role>,
}

impl Grants {
    /// What they may do in a workspace: the greater of both roles. None: not even look.
    pub fn role_in(&self, workspace: &WorkspaceId) -> Option<Role> {
        self.workspaces.get(workspace).copied().max(self.everywhere)
    }

    pub(crate) fn add(&mut self, scope: Scope, role: Role) {
        match scope {
            Scope::All => self.everywhere = Some(role),
            Scope::Workspace(workspace) => {
                self.workspaces.insert(workspace, role);
            }
        }
    }
}

const ADD: &str = "insert into person (name, shown, password, created_at) values ($1, $2, $3, $4) on conflict (name) do nothing";

const GRANT: &str = "insert into person_role (person, workspace, role) values ($1, $2, $3)
    on conflict (person, workspace) do update set role = excluded.role";

const PEOPLE: &str = "select person.shown, person.created_at, person_role.workspace, person_role.role
    from person left join person_role on person_role.person = person.name
    order by person.name, person_role.workspace";

row! {
    struct PersonRow {
        shown: String,
        created_at: i64,
        workspace: Option<String>,
        role: Option<String>,
    }
}

row! {
    struct PasswordRow {
        shown: String,
        password: String,
    }
}

/// The name that is looked for.
pub(crate) fn key_of(name: &Actor) -> String {
    name.as_str().to_lowercase()
}

impl Ledger {
    /// Adds somebody who may sign in, without a role. `false` when the name is taken, in whatever case of letters.
    pub async fn add_person(
        &self,
        name: &Actor,
        password: &PasswordHash,
        by: &str,
    ) -> Result<bool, LedgerError> {
        in_transaction!(self, |transaction, now| {
            let added = sqlx::query(ADD)
                .bind(key_of(name))
                .bind(name.as_str())
                .bind(&password.0)
                .bind(now)
                .execute(&mut *transaction)
                .await?
                .rows_affected();
            if added == 1 {
                for workspace in of_scope!(transaction, &Scope::All) {
                    append!(transaction, now, step(workspace, "person.added", name, json!({}), by));
                }
            }
            added == 1
        })
    }

    /// Gives a role in a workspace or everywhere, in place of the one they had there, or takes it away. `false` when there is no such
    /// person.
    ///
    /// # Errors
    /// [`LedgerError::NoSuchWorkspace`]
    pub async fn set_role(
        &self,
        name: &Actor,
        scope: &Scope,
        role: Option<Role>,
        by: &str,
    ) -> Result<bool, LedgerError> {
        const TAKE: &str = "delete from person_role where person = $1 and workspace = $2";
        in_transaction!(self, |transaction, now| {
            let affected = of_scope!(transaction, scope);
            let there = sqlx::query("select 1 from person where name = $1")
                .bind(key_of(name))
                .fetch_optional(&mut *transaction)
                .await?
                .is_some();
            if there {
                let change = match role {
                    Some(role) => {
                        sqlx::query(GRANT).bind(key_of(name)).bind(scope.as_str()).bind(role.as_str())
                    }
                    None => sqlx::query(TAKE).bind(key_of(name)).bind(scope.as_str()),
                };
                change.execute(&mut *transaction).await?;
                let detail = json!({ "scope": scope.as_str(), "role": role.map(Role::as_str) });
                for workspace in affected {
                    append!(transaction, now, step(workspace, "person.role", name, detail.clone(), by));
                }
            }
            there
        })
    }

    /// Sets another password and ends all sessions that were begun with the old one. `false` when there is no such person.
    pub async fn set_password(
        &self,
        name: &Actor,
        password: &PasswordHash,
        by: &str,
    ) -> Result<bool, LedgerError> {
        const SET: &str = "update person set password = $2 where name = $1";
        const END: &str = "delete from console_session where person = $1";
        in_transaction!(self, |transaction, now| {
            let set =
                sqlx::query(SET).bind(key_of(name)).bind(&password.0).execute(&mut *transaction).await?;
            if set.rows_affected() == 1 {
                sqlx::query(END).bind(key_of(name)).execute(&mut *transaction).await?;
                for workspace in of_scope!(transaction, &Scope::All) {
                    append!(transaction, now, step(workspace, "person.password", name, json!({}), by));
                }
            }
            set.rows_affected() == 1
        })
    }

    /// Removes somebody with roles and sessions. What they did stays in the audit trail. `false` when there is no such person.
    pub async fn remove_person(&self, name: &Actor, by: &str) -> Result<bool, LedgerError> {
        in_transaction!(self, |transaction, now| {
            let removed = sqlx::query("delete from person where name = $1")
                .bind(key_of(name))
                .execute(&mut *transaction)
                .await?
                .rows_affected();
            if removed == 1 {
                for workspace in of_scope!(transaction, &Scope::All) {
                    append!(transaction, now, step(workspace, "person.removed", name, json!({}), by));
                }
            }
            removed == 1
        })
    }

    /// Everybody who may sign in, by name.
    pub async fn people(&self) -> Result<Vec<Person>, LedgerError> {
        let rows: Vec<PersonRow> =
            reading!(self, |connection| sqlx::query_as(PEOPLE).fetch_all(&mut *connection).await?)?;
        let mut people: Vec<Person> = Vec::new();
        for row in rows {
            let name: Actor = read(&row.shown, "name of a person")?;
            if people.last().is_none_or(|last| last.name != name) {
                let created_at = read_time(row.created_at)?;
                people.push(Person { name, created_at, grants: Grants::default() });
            }
            if let (Some(person), Some((scope, role))) = (people.last_mut(), grant(row.workspace, row.role)?)
            {
                person.grants.add(scope, role);
            }
        }
        Ok(people)
    }

    /// The name as it was given and the password of somebody who wants to sign in.
    pub async fn password_of(&self, name: &Actor) -> Result<Option<(Actor, PasswordHash)>, LedgerError> {
        let row: Option<PasswordRow> = reading!(self, |connection| {
            sqlx::query_as("select shown, password from person where name = $1")
                .bind(key_of(name))
                .fetch_optional(&mut *connection)
                .await?
        })?;
        row.map(|row| Ok((read(&row.shown, "name of a person")?, PasswordHash(row.password)))).transpose()
    }
}

/// A role as a joined row has it; none for somebody without any.
pub(crate) fn grant(
    workspace: Option<String>,
    role: Option<String>,
) -> Result<Option<(Scope, Role)>, LedgerError> {
    match (workspace, role) {
        (Some(workspace), Some(role)) => {
            Ok(Some((read(&workspace, "scope of a role")?, read(&role, "role")?)))
        }
        _ => Ok(None),
    }
}

fn step(workspace: WorkspaceId, event: &str, name: &Actor, detail: Value, by: &str) -> NewAuditEntry {
    NewAuditEntry {
        workspace,
        actor: by.to_owned(),
        event: event.to_owned(),
        subject: Some(name.as_str().to_owned()),
        detail,
    }
}
