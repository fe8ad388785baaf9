//! What workers say of themselves, and what is counted of Stripe's answers.

use std::time::Duration;

use anyhow::Result;
use domain::{Timestamp, WorkspaceId};
use store::{Heartbeat, QueueFigures, StripeCalls};

use crate::engines::on_both_engines;
use crate::world::{World, exactly, run};

on_both_engines!(
    a_worker_is_seen_as_it_said_last,
    a_worker_that_says_farewell_is_gone,
    a_worker_that_is_silent_for_an_hour_is_forgotten,
    calls_to_stripe_add_up_by_workspace_and_hour,
);

async fn a_worker_is_seen_as_it_said_last(world: World) -> Result<()> {
    world.ledger.beat(&heartbeat("one", 3)).await?;
    let said = Heartbeat { waited: None, queues: None, ..heartbeat("one", 250) };
    world.ledger.beat(&said).await?;
    let [seen] = exactly(world.ledger.workers().await?)?;
    assert_eq!(seen.heartbeat, said);
    assert!(seen.seen_at > said.started_at);
    Ok(())
}

async fn a_worker_that_says_farewell_is_gone(world: World) -> Result<()> {
    world.ledger.beat(&heartbeat("one", 0)).await?;
    world.ledger.beat(&heartbeat("two", 0)).await?;
    world.ledger.farewell("one").await?;
    let [left] = exactly(world.ledger.workers().await?)?;
    assert_eq!(left.heartbeat, heartbeat("two", 0));
    Ok(())
}

async fn a_worker_that_is_silent_for_an_hour_is_forgotten(world: World) -> Result<()> {
    world.ledger.beat(&heartbeat("killed", 0)).await?;
    run(&world.url, "update worker set seen_at = seen_at - 3600001".to_owned()).await?;
    world.ledger.beat(&heartbeat("alive", 0)).await?;
    let [left] = exactly(world.ledger.workers().await?)?;
    assert_eq!(left.heartbeat.worker, "alive");
    Ok(())
}

async fn calls_to_stripe_add_up_by_workspace_and_hour(world: World) -> Result<()> {
    let (ours, theirs) = (WorkspaceId::default(), "acme".parse::<WorkspaceId>()?);
    let calls = StripeCalls { calls: 10, limited: 2, failed: 1, unanswered: 3 };
    world
        .ledger
        .count_stripe_calls(&[(ours.clone(), calls), (theirs.clone(), StripeCalls::default())])
        .await?;
    world.ledger.count_stripe_calls(&[(ours.clone(), calls)]).await?;
    let twice = StripeCalls { calls: 20, limited: 4, failed: 2, unanswered: 6 };
    let now = Timestamp::now();
    assert_eq!(world.ledger.stripe_calls(&ours, now - Duration::from_hours(1)).await?, twice);
    assert_eq!(
        world.ledger.stripe_calls(&theirs, now - Duration::from_hours(1)).await?,
        StripeCalls::default()
    );
    run(&world.url, "update stripe_hour set hour = hour - 3".to_owned()).await?;
    assert_eq!(
        world.ledger.stripe_calls(&ours, now - Duration::from_hours(1)).await?,
        StripeCalls::default()
    );
    assert_eq!(world.ledger.stripe_calls(&ours, now - Duration::from_hours(4)).await?, twice);
    run(&world.url, "update stripe_hour set hour = hour - 200".to_owned()).await?;
    world.ledger.count_stripe_calls(&[]).await?;
    assert_eq!(world.ledger.stripe_calls(&ours, Timestamp::UNIX_EPOCH).await?, StripeCalls::default());
    Ok(())
}

fn heartbeat(worker: &str, in_hand: u32) -> Heartbeat {
    Heartbeat {
        worker: worker.to_owned(),
        version: "0.1.0".to_owned(),
        started_at: Timestamp::UNIX_EPOCH,
        in_hand,
        settled: 12_345,
        waited: Some(Duration::from_millis(1_500)),
        queues: Some(QueueFigures { mail: 7, replay: 6, dead: 5, drafts: 4, unrouted: 3 }),
    }
}
