//! Many at once: ten workers with one mail, two people with one request.

use anyhow::{Result, ensure};
use tests::{Finished, wait_until};

use crate::shop::Wish;
use crate::world::{PATIENCE, Place, World};

/// Workers, and copies of the mail.
const WORKERS: usize = 10;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_workers_that_all_get_one_mail_refund_it_once() -> Result<()> {
    for place in [Place::File, Place::Server] {
        let mut world = World::open(place, Wish::Refund).await?;
        let mut others = Vec::new();
        for _ in 1..WORKERS {
            others.push(world.another_worker().await?);
        }
        let customer = world.arrives(Wish::Refund, WORKERS).await?;
        wait_until("ten drafts", PATIENCE, async || {
            world.take_drafts().await?;
            Ok(world.copies(Wish::Refund, customer).len() == WORKERS)
        })
        .await?;
        world.is_as_it_should_be(Wish::Refund, customer).await?;
        for worker in others {
            worker.terminate()?;
            ensure!(worker.wait(PATIENCE).await?.status.success(), "a worker did not end well");
        }
        Box::pin(world.closes()).await?;
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_people_who_decide_at_once_make_one_decision() -> Result<()> {
    for place in [Place::File, Place::Server] {
        let mut world = World::open(place, Wish::ApprovedRefund).await?;
        for round in 0..4 {
            decides_once(&mut world, round).await?;
        }
        Box::pin(world.closes()).await?;
    }
    Ok(())
}

/// In turn both allow it, and one allows it while the other rejects it.
async fn decides_once(world: &mut World, round: usize) -> Result<()> {
    let approval = world.waits_for_approval().await?;
    let allows: &[&str] = &["approvals", "approve", &approval, "--as", "Berta"];
    let other: &[&str] = if round.is_multiple_of(2) {
        &["approvals", "approve", &approval, "--as", "Carl"]
    } else {
        &["approvals", "reject", &approval, "--as", "Carl", "--reason", "too late"]
    };
    let (one, two) = tokio::try_join!(world.command(allows), world.command(other))?;
    let succeeded = |finished: &Finished| finished.status.success();
    // The second of two who agree is told that it was decided before.
    let expected = if round.is_multiple_of(2) { 2 } else { 1 };
    let decided = [&one, &two].into_iter().filter(|finished| succeeded(finished)).count();
    ensure!(decided == expected, "{one:?} {two:?}");

    let wish = Wish::ApprovedRefund;
    wait_until("the decision to be told", PATIENCE, async || {
        world.take_drafts().await?;
        Ok(!world.copies(wish, round).is_empty())
    })
    .await?;
    if succeeded(&one) {
        world.is_as_it_should_be(wish, round).await
    } else {
        ensure!(world.effects(wish, round).await?.is_empty(), "rejected, and refunded");
        Ok(())
    }
}
