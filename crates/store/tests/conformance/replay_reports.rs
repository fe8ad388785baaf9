//! Reports of replays: kept once, listed, removed, each workspace's own.

use anyhow::Result;
use domain::{Digest, WorkspaceId};
use serde_json::json;
use store::{Keeping, LedgerError, NewReplayReport};

use crate::engines::on_both_engines;
use crate::world::{World, exactly};

on_both_engines!(
    a_report_is_kept_once_and_given_back_as_it_was,
    reports_of_another_workspace_are_not_there,
    a_removed_report_is_gone_and_the_trail_says_what_it_told,
    a_workspace_keeps_two_hundred_and_no_more,
    a_report_of_an_unknown_workspace_is_refused,
);

fn report(number: u32) -> NewReplayReport {
    NewReplayReport {
        workspace: WorkspaceId::default(),
        summary: json!({ "read": number, "archive": "marta.mbox" }),
        report: format!("{{\"number\": {number}}}\n"),
    }
}

async fn kept(world: &World, number: u32) -> Result<Digest> {
    let Keeping::Kept(id) = world.ledger.keep_report(&report(number), "kim").await? else {
        anyhow::bail!("not kept")
    };
    Ok(id)
}

async fn a_report_is_kept_once_and_given_back_as_it_was(world: World) -> Result<()> {
    let workspace = WorkspaceId::default();
    let id = kept(&world, 1).await?;
    assert_eq!(world.ledger.keep_report(&report(1), "ann").await?, Keeping::KeptBefore(id));
    let [listed] = exactly(world.ledger.replay_reports(&workspace).await?)?;
    assert_eq!((listed.id, listed.added_by.as_str(), &listed.summary), (id, "kim", &report(1).summary));
    let whole = world.ledger.replay_report(&workspace, &id).await?;
    assert_eq!(whole, Some((listed, "{\"number\": 1}\n".to_owned())));
    let trail = world.ledger.audit_trail(&workspace, None, 10).await?;
    assert_eq!(trail.iter().filter(|row| row.entry.event == "replay_report.kept").count(), 1);
    Ok(())
}

async fn reports_of_another_workspace_are_not_there(world: World) -> Result<()> {
    let other: WorkspaceId = "other".parse()?;
    world.ledger.ensure_workspace(&other).await?;
    let id = kept(&world, 1).await?;
    assert_eq!(world.ledger.replay_reports(&other).await?, []);
    assert_eq!(world.ledger.replay_report(&other, &id).await?, None);
    assert!(!world.ledger.remove_report(&other, &id, "kim").await?);
    let theirs = NewReplayReport { workspace: other, ..report(1) };
    assert_eq!(world.ledger.keep_report(&theirs, "kim").await?, Keeping::Kept(id));
    assert_eq!(world.ledger.replay_reports(&WorkspaceId::default()).await?.len(), 1);
    Ok(())
}

async fn a_removed_report_is_gone_and_the_trail_says_what_it_told(world: World) -> Result<()> {
    let workspace = WorkspaceId::default();
    let id = kept(&world, 7).await?;
    assert!(world.ledger.remove_report(&workspace, &id, "ann").await?);
    assert!(!world.ledger.remove_report(&workspace, &id, "ann").await?);
    assert_eq!(world.ledger.replay_report(&workspace, &id).await?, None);
    let trail = world.ledger.audit_about(&workspace, &id.to_string(), None, 10).await?;
    let [removed, added] = exactly(trail)?;
    assert_eq!((removed.entry.actor.as_str(), added.entry.actor.as_str()), ("ann", "kim"));
    assert_eq!(
        (removed.entry.event.as_str(), removed.entry.detail),
        ("replay_report.removed", json!({ "read": 7 }))
    );
    assert_eq!(world.ledger.verify_audit(&workspace, None).await?.broken, None);
    Ok(())
}

async fn a_workspace_keeps_two_hundred_and_no_more(world: World) -> Result<()> {
    let first = kept(&world, 0).await?;
    for number in 1..200 {
        kept(&world, number).await?;
    }
    assert!(!world.ledger.has_room_for_a_report(&WorkspaceId::default()).await?);
    assert_eq!(world.ledger.keep_report(&report(200), "kim").await?, Keeping::Full);
    assert_eq!(world.ledger.keep_report(&report(0), "kim").await?, Keeping::KeptBefore(first));
    world.ledger.remove_report(&WorkspaceId::default(), &first, "kim").await?;
    assert!(world.ledger.has_room_for_a_report(&WorkspaceId::default()).await?);
    kept(&world, 200).await?;
    assert_eq!(world.ledger.replay_reports(&WorkspaceId::default()).await?.len(), 200);
    Ok(())
}

async fn a_report_of_an_unknown_workspace_is_refused(world: World) -> Result<()> {
    let stranger = NewReplayReport { workspace: "stranger".parse()?, ..report(1) };
    let refused = world.ledger.keep_report(&stranger, "kim").await;
    assert!(matches!(refused, Err(LedgerError::NoSuchWorkspace)), "{refused:?}");
    Ok(())
}
