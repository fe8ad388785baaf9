//! The overview, and the switch that stops all writing at Stripe.

use anyhow::Result;
use axum::http::StatusCode;
use domain::{HaltKind, Role, Scope};

use crate::world::{HOME, World, home};

#[tokio::test]
async fn an_empty_ledger_has_an_overview() -> Result<()> {
    let world = World::open().await?;
    let page = world.signed_in("kim", Role::Viewer).await?.get(&format!("/w/{HOME}/overview")).await?;
    assert_eq!(page.status, StatusCode::OK);
    assert!(page.has("Mails, last 24 hours") && page.has("Nothing, and no budget is set."));
    assert!(page.has("data-live-stream") && !page.has(" style="), "what the page may not hold");
    assert!(!page.has("Stop writing at Stripe"), "a viewer stops nothing");
    Ok(())
}

#[tokio::test]
async fn an_operator_stops_all_writing_with_a_reason_and_resumes_it() -> Result<()> {
    let world = World::open().await?;
    let kim = world.signed_in("kim", Role::Operator).await?;
    let stop = format!("/w/{HOME}/halt");
    assert_eq!(kim.post(&stop, &[("reason", "  ")]).await?.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(world.ledger.halts_of(&home()).await?, []);

    let stopped = kim.post(&stop, &[("reason", "wrong <b>prices</b>")]).await?;
    assert_eq!(stopped.leads_to(), Some("/w/default/overview"));
    let halts = world.ledger.halts_of(&home()).await?;
    let told: Vec<_> = halts.iter().map(|halt| (&halt.scope, halt.kind, halt.actor.as_str())).collect();
    assert_eq!(told, [(&Scope::Workspace(home()), HaltKind::Stop, "kim")]);
    let page = kim.get("/w/default/overview").await?;
    assert!(page.has("wrong &#60;b&#62;prices&#60;/b&#62;") && !page.has("<b>prices"));

    kim.post(&format!("/w/{HOME}/resume"), &[]).await?;
    assert_eq!(world.ledger.halts_of(&home()).await?, []);
    let events: Vec<_> = world.trail().await?.into_iter().map(|(who, what, _)| (who, what)).collect();
    for event in ["halt.set", "halt.lifted"] {
        assert!(events.contains(&("kim".to_owned(), event.to_owned())), "{event}");
    }
    Ok(())
}

#[tokio::test]
async fn a_viewer_neither_stops_nor_resumes() -> Result<()> {
    let world = World::open().await?;
    let kim = world.signed_in("kim", Role::Viewer).await?;
    for path in ["halt", "resume"] {
        let refused = kim.post(&format!("/w/{HOME}/{path}"), &[("reason", "because")]).await?;
        assert_eq!(refused.status, StatusCode::FORBIDDEN, "{path}");
    }
    assert_eq!(world.ledger.halts_of(&home()).await?, []);
    Ok(())
}
