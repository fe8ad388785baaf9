//! What is open, as numbers.

use anyhow::Result;
use domain::WorkspaceId;
use store::{Decision, OpenWork, Right};

use crate::engines::on_both_engines;
use crate::world::{LONG, World, approval, asks, refund};

on_both_engines!(nothing_is_open_in_an_empty_ledger, what_is_open_is_counted_until_it_is_done);

async fn nothing_is_open_in_an_empty_ledger(world: World) -> Result<()> {
    assert_eq!(world.ledger.open_work().await?, []);
    Ok(())
}

async fn what_is_open_is_counted_until_it_is_done(world: World) -> Result<()> {
    let ledger = &world.ledger;
    let first = approval(1, 500);
    asks(&world, 1, first.clone()).await?;
    asks(&world, 2, approval(2, 700)).await?;
    let oldest = ledger.approval(&first.id).await?.map(|stored| stored.requested_at);
    let waiting = OpenWork {
        workspace: WorkspaceId::default(),
        approvals: 2,
        oldest_approval: oldest,
        unsettled: 0,
        follow_ups: 0,
    };
    assert_eq!(ledger.open_work().await?, [waiting]);

    ledger.decide(&first.id, &Decision::Approve { amount: None }, "ann").await?;
    let lease = world.take(3, LONG).await?;
    let action = refund(3, "ch_3", 100);
    ledger.intend(&action, Right::Mail(&lease)).await?;
    assert_eq!(ledger.open_work().await?.first().map(|open| open.unsettled), Some(0), "nothing was sent");
    ledger.mark_sent(&action.id, Right::Mail(&lease)).await?;
    let second = ledger.open_work().await?;
    let numbers = second.first().map(|open| (open.approvals, open.unsettled, open.follow_ups));
    assert_eq!(numbers, Some((1, 1, 1)));
    Ok(())
}
