//! What workers say of themselves, and what is counted of Stripe's answers.

use std::time::Duration;

use anyhow::Result;
use domain::{Clock as _, SystemClock, Timestamp, WorkspaceId};
use store::{Heartbeat, QueueFigures, StripeCalls, WorkerId};

use crate::engines::on_both_engines;
use crate::world::{World, exactly, run};

on_both_engines!(
    a_worker_is_seen_as_it_said_last,
    a_worker_that_says_farewell_is_gone,
    a_worker_that_is_silent_for_an_hour_is_forgotten,
    calls_to_stripe_add_up_by_workspace_and_hour,
);

async fn a_worker_is_seen_as_it_said_last(world: World) -> Result<()> {
    let first = heartbeat()?;
    world.ledger.beat(&first).await?;
    let said = Heartbeat { in_hand: 250, waited: None, queues: None, ..first };
    world.ledger.beat(&said).await?;
    let [seen] = exactly(world.ledger.workers().await?)?;
    assert_eq!(seen.heartbeat, said);
    assert!(seen.seen_at > said.started_at);
    Ok(())
}

async fn a_worker_that_says_farewell_is_gone(world: World) -> Result<()> {
    let (leaves, stays) = (heartbeat()?, heartbeat()?);
    world.ledger.beat(&leaves).await?;
    world.ledger.beat(&stays).await?;
    world.ledger.farewell(&leaves.worker).await?;
    let [left] = exactly(world.ledger.workers().await?)?;
    assert_eq!(left.heartbeat, stays);
    Ok(())
}

async fn a_worker_that_is_silent_for_an_hour_is_forgotten(world: World) -> Result<()> {
    world.ledger.beat(&heartbeat()?).await?;
    run(&world.url, "update worker set seen_at = seen_at - 3600001".to_owned()).await?;
    let alive = heartbeat()?;
    world.ledger.beat(&alive).await?;
    let [left] = exactly(world.ledger.workers().await?)?;
    assert_eq!(left.heartbeat, alive);
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
    let now = SystemClock.now();
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

fn heartbeat() -> Result<Heartbeat> {
    Ok(Heartbeat {
        worker: WorkerId::new()?,
        version: "0.1.0".to_owned(),
        started_at: Timestamp::UNIX_EPOCH,
        in_hand: 3,
        settled: 12_345,
        waited: Some(Duration::from_millis(1_500)),
        queues: Some(QueueFigures { mail: 7, replay: 6, dead: 5, drafts: 4, unrouted: 3 }),
    })
}
