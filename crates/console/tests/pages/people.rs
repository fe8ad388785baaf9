//! Who may say who may do what.

use anyhow::{Context as _, Result};
use axum::http::StatusCode;
use domain::{Role, Scope};
use store::Grants;

use crate::world::{Browser, HOME, OTHER, PASSWORD, Page, World, home};

const PEOPLE: &str = "/w/default/people";

async fn grants(world: &World, name: &str) -> Result<Option<Grants>> {
    let people = world.ledger.people().await?;
    Ok(people.into_iter().find(|person| person.name.as_str() == name).map(|person| person.grants))
}

async fn give(browser: &Browser, name: &str, role: &str, scope: &str) -> Result<Page> {
    browser.post(&format!("{PEOPLE}/role"), &[("name", name), ("role", role), ("scope", scope)]).await
}

/// An administrator of everything, and one of [`HOME`] alone.
async fn admins(world: &World) -> Result<(Browser, Browser)> {
    world.add("root", &Scope::All, Role::Admin).await?;
    Ok((world.sign_in("root").await?, world.signed_in("kim", Role::Admin).await?))
}

#[tokio::test]
async fn somebody_is_added_signs_in_and_stands_in_the_trail() -> Result<()> {
    let world = World::open().await?;
    let (_, kim) = admins(&world).await?;
    let fields = [("name", "Ann"), ("password", PASSWORD), ("role", "operator"), ("scope", "here")];
    let added = kim.post(&format!("{PEOPLE}/add"), &fields).await?;
    assert_eq!(added.leads_to(), Some(PEOPLE));
    let ann = world.sign_in("ann").await?;
    assert_eq!(ann.get(&format!("/w/{HOME}/audit")).await?.status, StatusCode::OK);
    assert_eq!(ann.get(PEOPLE).await?.status, StatusCode::FORBIDDEN);
    for event in ["person.added", "person.role"] {
        assert!(world.trail().await?.contains(&("kim".to_owned(), event.to_owned(), Some("Ann".to_owned()))));
    }
    Ok(())
}

#[tokio::test]
async fn a_name_that_is_taken_and_a_short_password_are_told() -> Result<()> {
    let world = World::open().await?;
    let (_, kim) = admins(&world).await?;
    for (name, password, told) in [
        ("KIM", PASSWORD, "Somebody is called KIM already."),
        ("ann", "too short", "a password has 12 to 200 characters"),
        ("", PASSWORD, "A name is 1 to 100 characters"),
        ("<script>", "too short", "&#60;script&#62;"),
    ] {
        let fields = [("name", name), ("password", password), ("role", "viewer"), ("scope", "here")];
        let page = kim.post(&format!("{PEOPLE}/add"), &fields).await?;
        assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY, "{name}");
        assert!(page.has(told) && !page.has("<script>") && !page.has(password), "{name}");
    }
    Ok(())
}

#[tokio::test]
async fn the_last_administrator_of_everything_stays() -> Result<()> {
    let world = World::open().await?;
    let (root, _) = admins(&world).await?;
    for tried in [
        root.post(&format!("{PEOPLE}/remove"), &[("name", "root")]).await?,
        give(&root, "root", "none", "everywhere").await?,
        give(&root, "ROOT", "approver", "everywhere").await?,
    ] {
        assert_eq!(tried.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(tried.has("This is the last administrator of everything."), "{}", tried.text);
    }
    assert_eq!(grants(&world, "root").await?.context("removed")?.everywhere, Some(Role::Admin));
    give(&root, "kim", "admin", "everywhere").await?;
    assert_eq!(give(&root, "root", "none", "everywhere").await?.status, StatusCode::SEE_OTHER);
    Ok(())
}

#[tokio::test]
async fn an_administrator_of_one_workspace_changes_roles_here_and_nothing_of_others() -> Result<()> {
    let world = World::open().await?;
    let (_, kim) = admins(&world).await?;
    world.add("bea", &Scope::Workspace(OTHER.parse()?), Role::Operator).await?;
    let list = kim.get(PEOPLE).await?;
    assert!(list.has("root") && !list.has("bea"), "{}", list.text);
    let hidden = kim.get(&format!("{PEOPLE}/person?name=bea")).await?;
    assert_eq!(hidden.status, StatusCode::NOT_FOUND);
    // By the exact name somebody of elsewhere gets a role here; that is all.
    assert_eq!(give(&kim, "bea", "viewer", "here").await?.status, StatusCode::SEE_OTHER);
    let seen = kim.get(&format!("{PEOPLE}/person?name=bea")).await?;
    assert!(seen.has("a role beyond this workspace") && !seen.has(&format!("in {OTHER}")), "{}", seen.text);
    for name in ["bea", "root"] {
        let set = [("name", name), ("password", "another long password")];
        let password = kim.post(&format!("{PEOPLE}/password"), &set).await?;
        let removed = kim.post(&format!("{PEOPLE}/remove"), &[("name", name)]).await?;
        let elevated = give(&kim, name, "admin", "everywhere").await?;
        for page in [password, removed, elevated] {
            assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY, "{name}: {}", page.text);
        }
    }
    assert_eq!(give(&kim, "kim", "admin", "everywhere").await?.status, StatusCode::UNPROCESSABLE_ENTITY);
    let bea = grants(&world, "bea").await?.context("removed")?;
    assert_eq!((bea.everywhere, bea.role_in(&home())), (None, Some(Role::Viewer)));
    assert_eq!(bea.role_in(&OTHER.parse()?), Some(Role::Operator));
    assert!(world.sign_in("bea").await?.cookie.is_some());
    Ok(())
}

#[tokio::test]
async fn another_password_ends_the_sessions_of_the_old_one() -> Result<()> {
    let world = World::open().await?;
    let (_, kim) = admins(&world).await?;
    let ann = world.signed_in("ann", Role::Viewer).await?;
    let short = kim.post(&format!("{PEOPLE}/password"), &[("name", "ann"), ("password", "short")]).await?;
    assert_eq!(short.status, StatusCode::UNPROCESSABLE_ENTITY);
    kim.post(&format!("{PEOPLE}/password"), &[("name", "ann"), ("password", "another long password")])
        .await?;
    assert_eq!(ann.get(&format!("/w/{HOME}/toolkit")).await?.status, StatusCode::SEE_OTHER);
    assert!(world.sign_in("ann").await.is_err());
    Ok(())
}

#[tokio::test]
async fn whoever_is_removed_is_out_at_once() -> Result<()> {
    let world = World::open().await?;
    let (_, kim) = admins(&world).await?;
    let ann = world.signed_in("ann", Role::Viewer).await?;
    kim.post(&format!("{PEOPLE}/remove"), &[("name", "ann")]).await?;
    assert_eq!(ann.get(&format!("/w/{HOME}/toolkit")).await?.status, StatusCode::SEE_OTHER);
    assert_eq!(grants(&world, "ann").await?, None);
    Ok(())
}

#[tokio::test]
async fn people_are_for_administrators_and_forms_of_ours() -> Result<()> {
    let world = World::open().await?;
    let (root, kim) = admins(&world).await?;
    let ann = world.signed_in("ann", Role::Approver).await?;
    for form in ["add", "role", "password", "remove"] {
        let path = format!("{PEOPLE}/{form}");
        let fields = [("name", "ann"), ("role", "admin"), ("scope", "here"), ("password", PASSWORD)];
        assert_eq!(ann.post(&path, &fields).await?.status, StatusCode::FORBIDDEN, "{form}");
        let forged = [("token", root.token.as_str()), ("name", "ann"), ("role", "admin"), ("scope", "here")];
        assert_eq!(kim.send_form(&path, &forged).await?.status, StatusCode::FORBIDDEN, "{form}");
        let elsewhere = kim.post(&format!("/w/{OTHER}/people/{form}"), &fields).await?;
        assert_eq!(elsewhere.status, StatusCode::NOT_FOUND, "{form}");
    }
    assert_eq!(grants(&world, "ann").await?.context("removed")?.role_in(&home()), Some(Role::Approver));
    Ok(())
}
