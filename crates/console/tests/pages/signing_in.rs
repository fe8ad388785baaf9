//! Who gets in, and to what.

use anyhow::Result;
use axum::http::StatusCode;
use domain::Role;

use crate::world::{HOME, OTHER, PASSWORD, World};

#[tokio::test]
async fn a_page_without_a_session_leads_to_the_sign_in() -> Result<()> {
    let world = World::open().await?;
    let page = world.stranger().get("/w/default/toolkit?a=b").await?;
    assert_eq!(page.status, StatusCode::SEE_OTHER);
    assert_eq!(page.leads_to(), Some("/sign-in?to=%2Fw%2Fdefault%2Ftoolkit%3Fa%3Db"));
    Ok(())
}

#[tokio::test]
async fn a_name_without_its_password_gets_nobody_in() -> Result<()> {
    let world = World::open().await?;
    world.signed_in("kim", Role::Viewer).await?;
    for (name, password) in [("kim", "wrong horse battery"), ("nobody", PASSWORD), ("", "")] {
        let page = world.stranger().send_form("/sign-in", &[("name", name), ("password", password)]).await?;
        assert_eq!(page.status, StatusCode::UNAUTHORIZED, "{name}");
        assert!(page.has("The name or the password is wrong."));
        assert!(page.headers.get("set-cookie").is_none());
    }
    Ok(())
}

#[tokio::test]
async fn whoever_guesses_is_told_to_wait() -> Result<()> {
    let world = World::open().await?;
    let stranger = world.stranger();
    let guess = [("name", "kim"), ("password", "a guess of mine")];
    for _ in 0..10 {
        assert_eq!(stranger.send_form("/sign-in", &guess).await?.status, StatusCode::UNAUTHORIZED);
    }
    assert_eq!(stranger.send_form("/sign-in", &guess).await?.status, StatusCode::TOO_MANY_REQUESTS);
    Ok(())
}

#[tokio::test]
async fn whoever_guesses_behind_a_proxy_waits_alone() -> Result<()> {
    let world = World::open().await?;
    let from = |forwarded| world.stranger().behind_a_proxy(forwarded);
    let guess = [("name", "kim"), ("password", "a guess of mine")];
    for claimed in ["192.0.2.1, 203.0.113.9", "192.0.2.2, 203.0.113.9"].into_iter().cycle().take(10) {
        assert_eq!(from(claimed).send_form("/sign-in", &guess).await?.status, StatusCode::UNAUTHORIZED);
    }
    let again = from("203.0.113.9").send_form("/sign-in", &guess).await?;
    assert_eq!(again.status, StatusCode::TOO_MANY_REQUESTS);
    let neighbour = from("198.51.100.7").send_form("/sign-in", &guess).await?;
    assert_eq!(neighbour.status, StatusCode::UNAUTHORIZED);
    Ok(())
}

#[tokio::test]
async fn a_workspace_without_a_role_is_as_one_that_is_not_there() -> Result<()> {
    let world = World::open().await?;
    let kim = world.signed_in("kim", Role::Admin).await?;
    let (theirs, none) =
        (kim.get(&format!("/w/{OTHER}/toolkit")).await?, kim.get("/w/never-made/toolkit").await?);
    assert_eq!((theirs.status, none.status), (StatusCode::NOT_FOUND, StatusCode::NOT_FOUND));
    assert_eq!(theirs.text, none.text);
    Ok(())
}

#[tokio::test]
async fn a_form_without_the_token_of_the_session_changes_nothing() -> Result<()> {
    let world = World::open().await?;
    let (kim, ann) = (world.signed_in("kim", Role::Admin).await?, world.signed_in("ann", Role::Admin).await?);
    let path = format!("/w/{HOME}/toolkit/functions/payment_link");
    for forged in ["", "AAAA", ann.token.as_str()] {
        let page = kim.send_form(&path, &[("token", forged), ("switch", "off")]).await?;
        assert_eq!(page.status, StatusCode::FORBIDDEN);
    }
    assert!(world.ledger.switches(&crate::world::home()).await?.is_empty());
    assert_eq!(kim.post(&path, &[("switch", "off")]).await?.status, StatusCode::SEE_OTHER);
    Ok(())
}

#[tokio::test]
async fn a_session_ends_when_its_person_signs_out() -> Result<()> {
    let world = World::open().await?;
    let kim = world.signed_in("kim", Role::Viewer).await?;
    assert_eq!(kim.post("/sign-out", &[]).await?.leads_to(), Some("/sign-in"));
    assert_eq!(kim.get(&format!("/w/{HOME}/toolkit")).await?.status, StatusCode::SEE_OTHER);
    let events: Vec<_> = world.trail().await?.into_iter().map(|(who, what, _)| (who, what)).collect();
    let kims = |event: &str| ("kim".to_owned(), event.to_owned());
    assert!(events.contains(&kims("session.began")) && events.contains(&kims("session.ended")), "{events:?}");
    Ok(())
}
