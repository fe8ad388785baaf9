//! Who may sign in, and what they may do: here, and for whoever administers everything, everywhere.

mod rules;

use std::sync::Arc;

use askama::Template;
use axum::extract::{Query, State};
use axum::response::Response;
use domain::{Actor, Role, Scope};
use serde::Deserialize;
use store::{PasswordHash, Person};

use super::{go_to, page, refused};
use crate::Desk;
use crate::complaint::Complaint;
use crate::frame::{Frame, Place};
use crate::password::Password;
use crate::refusal::Refusal;
use crate::visitor::{At, Posted};
use crate::when::When;
use rules::{Reach, Wanted};

#[derive(Template)]
#[template(path = "people.html")]
struct List {
    frame: Frame,
    people: Vec<Line>,
    reach: Reach,
    refusal: Option<Refusal>,
    /// The name that was typed, when nobody was added.
    typed: String,
}

#[derive(Template)]
#[template(path = "person.html")]
struct One {
    frame: Frame,
    line: Line,
    reach: Reach,
    refusal: Option<Refusal>,
    /// Whether more than the role here may be changed.
    whole: bool,
    /// Whether it is the person who looks.
    oneself: bool,
}

/// Somebody, as far as who looks may see.
struct Line {
    name: String,
    here: Option<Role>,
    everywhere: Option<Role>,
    elsewhere: Vec<String>,
    since: When,
}

impl Line {
    fn of(desk: &Desk, at: &At, person: &Person) -> Self {
        let seen = |(workspace, role): (&domain::WorkspaceId, &Role)| {
            (Reach::of(at) == Reach::Everything && *workspace != at.workspace)
                .then(|| format!("{role} in {workspace}"))
        };
        Self {
            name: person.name.as_str().to_owned(),
            here: person.grants.workspaces.get(&at.workspace).copied(),
            everywhere: person.grants.everywhere,
            elsewhere: person.grants.workspaces.iter().filter_map(seen).collect(),
            since: When { at: person.created_at, now: desk.engine.clock.now() },
        }
    }

    fn has_here(&self, role: &str) -> bool {
        self.here.is_some_and(|here| here.as_str() == role)
    }

    fn has_everywhere(&self, role: &str) -> bool {
        self.everywhere.is_some_and(|everywhere| everywhere.as_str() == role)
    }

    /// Within the query of a link.
    fn encoded(&self) -> String {
        form_urlencoded::byte_serialize(self.name.as_bytes()).collect()
    }
}

/// Whose page is asked for.
#[derive(Deserialize)]
pub(crate) struct Asked {
    #[serde(default)]
    name: String,
}

pub(crate) async fn list(State(desk): State<Arc<Desk>>, at: At) -> Result<Response, Complaint> {
    at.needs(Role::Admin)?;
    page(&listed(&desk, &at, None, "").await?)
}

pub(crate) async fn show(
    State(desk): State<Arc<Desk>>,
    at: At,
    Query(asked): Query<Asked>,
) -> Result<Response, Complaint> {
    at.needs(Role::Admin)?;
    let person = seen(&desk, &at, &asked.name).await?;
    page(&filled(&desk, &at, &person, None).await?)
}

pub(crate) async fn add(State(desk): State<Arc<Desk>>, at: At, form: Posted) -> Result<Response, Complaint> {
    at.needs(Role::Admin)?;
    let typed = form.text("name").trim();
    match try_to_add(&desk, &at, typed, &form).await? {
        Ok(()) => Ok(go_to(&at.path("people"))),
        Err(refusal) => refused(&listed(&desk, &at, Some(refusal), typed).await?),
    }
}

async fn try_to_add(
    desk: &Desk,
    at: &At,
    typed: &str,
    form: &Posted,
) -> Result<Result<(), Refusal>, Complaint> {
    let Ok(name) = typed.parse::<Actor>() else { return Ok(Err(Refusal::no_name())) };
    let wanted = match Wanted::of(form, at)? {
        Ok(wanted) => wanted,
        Err(refusal) => return Ok(Err(refusal)),
    };
    let password = match Password::to_be_set(form.text("password")) {
        Ok(password) => hashed(desk, password).await?,
        Err(error) => return Ok(Err(Refusal::password(error))),
    };
    if !desk.ledger.add_person(&name, &password, at.name()).await? {
        return Ok(Err(Refusal::taken(&name)));
    }
    desk.ledger.set_role(&name, &wanted.scope, wanted.role, at.name()).await?;
    Ok(Ok(()))
}

/// Gives a role, in place of the one they had there, or takes it. Also to somebody of another workspace, by their exact name.
pub(crate) async fn give(State(desk): State<Arc<Desk>>, at: At, form: Posted) -> Result<Response, Complaint> {
    at.needs(Role::Admin)?;
    let _one_at_a_time = desk.people.lock().await;
    let people = desk.ledger.people().await?;
    let person = rules::named(&people, form.text("name"));
    let wanted = Wanted::of(&form, &at)?;
    let (person, wanted) = match (person, wanted) {
        (Some(person), Ok(wanted)) => (person, wanted),
        (Some(person), Err(refusal)) => return refused(&filled(&desk, &at, person, Some(refusal)).await?),
        (None, _) => return refused(&listed(&desk, &at, Some(Refusal::unknown()), "").await?),
    };
    if wanted.scope == Scope::All && wanted.role != Some(Role::Admin) && rules::is_last_admin(&people, person)
    {
        return refused(&filled(&desk, &at, person, Some(Refusal::last_admin())).await?);
    }
    desk.ledger.set_role(&person.name, &wanted.scope, wanted.role, at.name()).await?;
    Ok(go_to(&at.path("people")))
}

/// Sets another password and ends their sessions.
pub(crate) async fn password(
    State(desk): State<Arc<Desk>>,
    at: At,
    form: Posted,
) -> Result<Response, Complaint> {
    at.needs(Role::Admin)?;
    let person = seen(&desk, &at, form.text("name")).await?;
    let covered = Reach::of(&at).covers(&person, &at.workspace);
    let refusal = match Password::to_be_set(form.text("password")) {
        Ok(password) if covered => {
            let password = hashed(&desk, password).await?;
            desk.ledger.set_password(&person.name, &password, at.name()).await?;
            return Ok(go_to(&at.path("people")));
        }
        Err(error) if covered => Refusal::password(error),
        Ok(_) | Err(_) => Refusal::of_others(),
    };
    refused(&filled(&desk, &at, &person, Some(refusal)).await?)
}

pub(crate) async fn remove(
    State(desk): State<Arc<Desk>>,
    at: At,
    form: Posted,
) -> Result<Response, Complaint> {
    at.needs(Role::Admin)?;
    let _one_at_a_time = desk.people.lock().await;
    let person = seen(&desk, &at, form.text("name")).await?;
    let refusal = if !Reach::of(&at).covers(&person, &at.workspace) {
        Refusal::of_others()
    } else if rules::is_last_admin(&desk.ledger.people().await?, &person) {
        Refusal::last_admin()
    } else {
        desk.ledger.remove_person(&person.name, at.name()).await?;
        return Ok(go_to(&at.path("people")));
    };
    refused(&filled(&desk, &at, &person, Some(refusal)).await?)
}

async fn hashed(desk: &Desk, password: Password) -> Result<PasswordHash, Complaint> {
    // The semaphore is never closed.
    let turn = desk.throttle.hashing.acquire().await.ok();
    let hash = tokio::task::spawn_blocking(move || password.hash()).await??;
    drop(turn);
    Ok(hash)
}

/// Somebody whom this administrator may see.
async fn seen(desk: &Desk, at: &At, name: &str) -> Result<Person, Complaint> {
    let people = desk.ledger.people().await?;
    let person = rules::named(&people, name).filter(|person| Reach::of(at).sees(person, &at.workspace));
    person.cloned().ok_or(Complaint::NoSuchPage)
}

async fn listed(desk: &Desk, at: &At, refusal: Option<Refusal>, typed: &str) -> Result<List, Complaint> {
    let (reach, people) = (Reach::of(at), desk.ledger.people().await?);
    let people = people.iter().filter(|person| reach.sees(person, &at.workspace));
    Ok(List {
        frame: Frame::of(desk, at, Place::People).await?,
        people: people.map(|person| Line::of(desk, at, person)).collect(),
        reach,
        refusal,
        typed: typed.to_owned(),
    })
}

async fn filled(desk: &Desk, at: &At, person: &Person, refusal: Option<Refusal>) -> Result<One, Complaint> {
    let reach = Reach::of(at);
    let mut line = Line::of(desk, at, person);
    // Whoever is given a role by name may be somebody whose other roles are nobody's business here.
    line.everywhere = line.everywhere.filter(|_| reach.sees(person, &at.workspace));
    Ok(One {
        frame: Frame::of(desk, at, Place::People).await?,
        whole: reach.covers(person, &at.workspace),
        oneself: person.name == at.visitor.person,
        line,
        reach,
        refusal,
    })
}
