//! The overview, and the switch that stops all writing at Stripe.

use std::time::Duration;

use anyhow::Result;
use axum::http::StatusCode;
use domain::{HaltKind, Role, Scope, Timestamp};
use store::{Heartbeat, QueueFigures, StripeCalls, WorkerId};

use crate::world::{HOME, OTHER, World, home};

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
    assert_eq!(
        kim.post(&stop, &[("scope", "here"), ("reason", "  ")]).await?.status,
        StatusCode::UNPROCESSABLE_ENTITY
    );
    assert_eq!(world.ledger.halts_of(&home()).await?, []);

    let stopped = kim.post(&stop, &[("scope", "here"), ("reason", "wrong <b>prices</b>")]).await?;
    assert_eq!(stopped.leads_to(), Some("/w/default/overview"));
    let halts = world.ledger.halts_of(&home()).await?;
    let told: Vec<_> = halts.iter().map(|halt| (&halt.scope, halt.kind, halt.actor.as_str())).collect();
    assert_eq!(told, [(&Scope::Workspace(home()), HaltKind::Stop, "kim")]);
    let page = kim.get("/w/default/overview").await?;
    assert!(page.has("wrong &#60;b&#62;prices&#60;/b&#62;") && !page.has("<b>prices"));

    kim.post(&format!("/w/{HOME}/resume"), &[("scope", "here")]).await?;
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
        let refused =
            kim.post(&format!("/w/{HOME}/{path}"), &[("scope", "here"), ("reason", "because")]).await?;
        assert_eq!(refused.status, StatusCode::FORBIDDEN, "{path}");
    }
    assert_eq!(world.ledger.halts_of(&home()).await?, []);
    Ok(())
}

#[tokio::test]
async fn who_may_everywhere_stops_every_workspace_and_nobody_else() -> Result<()> {
    let world = World::open().await?;
    let (stop, resume) = (format!("/w/{HOME}/halt"), format!("/w/{HOME}/resume"));
    let everywhere = [("scope", "everywhere"), ("reason", "odd refunds")];
    let kim = world.signed_in("kim", Role::Admin).await?;
    assert_eq!(kim.post(&stop, &everywhere).await?.status, StatusCode::FORBIDDEN);
    assert!(!kim.get("/w/default/overview").await?.has("every workspace"));
    assert_eq!(world.ledger.halts_of(&home()).await?, []);

    world.add("lou", &Scope::All, Role::Operator).await?;
    let lou = world.sign_in("lou").await?;
    lou.post(&stop, &everywhere).await?;
    let halts = world.ledger.halts_of(&OTHER.parse()?).await?;
    assert_eq!(halts.iter().map(|halt| &halt.scope).collect::<Vec<_>>(), [&Scope::All]);
    assert_eq!(kim.post(&resume, &everywhere).await?.status, StatusCode::FORBIDDEN);
    assert!(lou.get("/w/default/overview").await?.has("Resume for every workspace"));
    lou.post(&resume, &everywhere).await?;
    assert_eq!(world.ledger.halts_of(&OTHER.parse()?).await?, []);
    Ok(())
}

#[tokio::test]
async fn workers_queues_and_how_stripe_answers_are_shown() -> Result<()> {
    let world = World::open().await?;
    let kim = world.signed_in("kim", Role::Viewer).await?;
    assert!(kim.get("/w/default/overview").await?.has("No worker runs"));

    let queues = QueueFigures { mail: 1_234, replay: 5, dead: 6, drafts: 7, unrouted: 0 };
    let heartbeat = Heartbeat {
        worker: WorkerId::new()?,
        version: "0.1.0".to_owned(),
        started_at: Timestamp::UNIX_EPOCH,
        in_hand: 250,
        settled: 98_765,
        waited: Some(Duration::from_millis(3_500)),
        queues: Some(queues),
    };
    world.ledger.beat(&heartbeat).await?;
    let calls = StripeCalls { calls: 4_321, limited: 17, failed: 3, unanswered: 2 };
    world.ledger.count_stripe_calls(&[(home(), calls), (OTHER.parse()?, calls)]).await?;
    let page = kim.get("/w/default/overview").await?;
    for shown in ["1,234", "250", "98,765", "3.0 s", "✔", "4,321 times", "17 answers", "3 were 5xx"] {
        assert!(page.has(shown), "{shown}");
    }
    assert!(!page.has("Drafts no queue wanted") && !page.has("No worker runs"));

    world.ledger.beat(&Heartbeat { queues: None, ..heartbeat }).await?;
    assert!(kim.get("/w/default/overview").await?.has("The queues could not be looked at"));
    Ok(())
}
