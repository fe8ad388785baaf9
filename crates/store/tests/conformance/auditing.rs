//! The audit trail: everything is in it, and nothing of it can be changed, left out, moved or cut off unnoticed.

use anyhow::{Context, Result};
use domain::policy::Switch;
use domain::{Function, HaltKind, Mode, Scope, WorkspaceId};
use futures_util::future::join_all;
use serde_json::json;
use store::vault::Sealed;
use store::{
    AuditMark, Break, Broken, ByHand, ConnectionStatus, Decision, FollowUpEnd, NewAuditEntry, NewConnection,
    NewDraft, Right, Settlement,
};

use crate::engines::on_both_engines;
use crate::world::{LONG, World, approval, ask, asks, exactly, fingerprint, finished, refund, run};

on_both_engines!(
    a_trail_that_nobody_touched_is_proven,
    an_empty_trail_is_proven,
    a_changed_row_is_found,
    a_row_that_was_put_elsewhere_is_found,
    a_deleted_row_is_found,
    a_row_deleted_with_its_link_is_found,
    a_trail_that_was_cut_off_is_found,
    a_row_that_was_slipped_in_is_found,
    a_chain_that_was_made_anew_is_found_by_whoever_kept_its_end,
    a_kept_end_is_passed_on_the_way,
    the_tables_of_the_chain_refuse_to_be_rewritten,
    entries_of_many_workers_make_one_chain,
    every_workspace_has_a_chain_of_its_own,
    every_step_is_in_the_trail,
    a_step_that_did_not_happen_is_not_in_the_trail,
    a_policy_is_noted_when_it_is_another,
    an_export_proves_itself,
);

async fn a_trail_that_nobody_touched_is_proven(world: World) -> Result<()> {
    let end = write(&world, 1_200).await?;
    let report = world.ledger.verify_audit(&WorkspaceId::default(), None).await?;
    assert_eq!((report.rows, report.head, report.broken), (1_200, end, None));
    Ok(())
}

async fn an_empty_trail_is_proven(world: World) -> Result<()> {
    let report = world.ledger.verify_audit(&WorkspaceId::default(), None).await?;
    assert_eq!((report.rows, report.head.number, report.broken), (0, 0, None));
    Ok(())
}

async fn a_changed_row_is_found(world: World) -> Result<()> {
    for (column, value) in [
        ("actor", "'mallory'"),
        ("event", "'nothing.happened'"),
        ("subject", "null"),
        ("detail", "'{\"number\": 3}'"),
        ("at", "at + 1"),
        ("workspace", "'other'"),
    ] {
        write(&world, 5).await?;
        tamper(&world, &format!("update audit set {column} = {value} where subject = '3'")).await?;
        check(&world, 3, Broken::Changed).await.context(column)?;
        tamper(&world, "delete from audit; delete from audit_link; delete from audit_head").await?;
    }
    Ok(())
}

async fn a_row_that_was_put_elsewhere_is_found(world: World) -> Result<()> {
    write(&world, 5).await?;
    tamper(
        &world,
        "update audit set sequence = 99 where subject = '2';
         update audit set sequence = (select sequence from audit_link where number = 2) where subject = '4';
         update audit set sequence = (select sequence from audit_link where number = 4) where subject = '2'",
    )
    .await?;
    check(&world, 2, Broken::Changed).await
}

async fn a_deleted_row_is_found(world: World) -> Result<()> {
    write(&world, 5).await?;
    tamper(&world, "delete from audit where subject = '3'").await?;
    check(&world, 3, Broken::RowMissing).await
}

async fn a_row_deleted_with_its_link_is_found(world: World) -> Result<()> {
    write(&world, 5).await?;
    tamper(&world, "delete from audit where subject = '3'; delete from audit_link where number = 3").await?;
    check(&world, 3, Broken::LinkMissing).await
}

async fn a_trail_that_was_cut_off_is_found(world: World) -> Result<()> {
    let end = write(&world, 5).await?;
    tamper(&world, "delete from audit where subject in ('4', '5'); delete from audit_link where number > 3")
        .await?;
    check(&world, 4, Broken::CutOff).await?;
    let last = "(select hash from audit_link where number = 3)";
    tamper(&world, &format!("update audit_head set number = 3, hash = {last}")).await?;
    let report = world.ledger.verify_audit(&WorkspaceId::default(), None).await?;
    assert_eq!(report.broken, None, "nothing in the ledger tells that there was more");
    let report = world.ledger.verify_audit(&WorkspaceId::default(), Some(end)).await?;
    assert_eq!(report.broken, Some(Break { number: 4, what: Broken::CutOff }));
    Ok(())
}

async fn a_row_that_was_slipped_in_is_found(world: World) -> Result<()> {
    write(&world, 3).await?;
    run(&world.url, UNLINKED.to_owned()).await?;
    let sequence = ask(&world.url, "select cast(max(sequence) as text) from audit").await?.parse()?;
    check(&world, sequence, Broken::Unlinked).await
}

const UNLINKED: &str = "insert into audit (workspace, at, actor, event, detail)
    values ('default', 1, 'mallory', 'approval.approved', '{}')";

async fn a_chain_that_was_made_anew_is_found_by_whoever_kept_its_end(world: World) -> Result<()> {
    let end = write(&world, 5).await?;
    tamper(
        &world,
        "update audit set actor = 'mallory' where subject = '3'; delete from audit_link; delete from audit_head",
    )
    .await?;
    world.ledger.migrate().await?;
    let workspace = WorkspaceId::default();
    assert_eq!(world.ledger.verify_audit(&workspace, None).await?.broken, None);
    let report = world.ledger.verify_audit(&workspace, Some(end)).await?;
    assert_eq!(report.broken, Some(Break { number: 5, what: Broken::NotAsExpected }));
    Ok(())
}

async fn a_kept_end_is_passed_on_the_way(world: World) -> Result<()> {
    let end = write(&world, 3).await?;
    write(&world, 3).await?;
    let report = world.ledger.verify_audit(&WorkspaceId::default(), Some(end)).await?;
    assert_eq!((report.rows, report.broken), (6, None));
    Ok(())
}

async fn the_tables_of_the_chain_refuse_to_be_rewritten(world: World) -> Result<()> {
    write(&world, 3).await?;
    for statement in [
        "update audit_link set hash = 'x'",
        "delete from audit_link",
        "delete from audit_head",
        "update audit_head set number = 2",
    ] {
        let refused = run(&world.url, statement.to_owned()).await.map_err(|error| format!("{error:#}"));
        assert!(refused.as_ref().is_err_and(|said| said.contains("append-only")), "{statement}: {refused:?}");
    }
    Ok(())
}

async fn entries_of_many_workers_make_one_chain(world: World) -> Result<()> {
    let mut workers = Vec::new();
    for _ in 0..4 {
        workers.push(world.other_worker().await?);
    }
    let writing = workers.iter().map(async |worker| {
        for number in 0..50 {
            worker.append_audit(&entry(number)).await?;
        }
        anyhow::Ok(())
    });
    join_all(writing).await.into_iter().collect::<Result<()>>()?;
    let report = world.ledger.verify_audit(&WorkspaceId::default(), None).await?;
    assert_eq!((report.rows, report.broken), (200, None));
    Ok(())
}

async fn every_workspace_has_a_chain_of_its_own(world: World) -> Result<()> {
    let other: WorkspaceId = "acme".parse()?;
    for number in 1..=3 {
        world.ledger.append_audit(&entry(number)).await?;
        world.ledger.append_audit(&NewAuditEntry { workspace: other.clone(), ..entry(number) }).await?;
    }
    for workspace in [&other, &WorkspaceId::default()] {
        let report = world.ledger.verify_audit(workspace, None).await?;
        assert_eq!((report.rows, report.broken), (3, None));
    }
    Ok(())
}

async fn every_step_is_in_the_trail(world: World) -> Result<()> {
    let (ledger, workspace) = (&world.ledger, WorkspaceId::default());
    let key = NewConnection {
        workspace: workspace.clone(),
        mode: Mode::Test,
        sealed_key: Sealed::from_bytes(b"sealed".to_vec()),
        key_hint: "1111".to_owned(),
    };
    ledger.put_connection(&key, "kim").await?;
    ledger.set_connection_status(&workspace, Mode::Test, ConnectionStatus::Refused).await?;
    ledger.set_switch(&workspace, Function::Refund, Switch::On, "ann").await?;
    ledger.note_policy(&workspace, "0123", "ann").await?;
    ledger.halt(&Scope::All, HaltKind::Stop, "ann", "a test").await?;
    ledger.resume(&Scope::All, "ann").await?;

    let (lease, action) = (world.take(1, LONG).await?, refund(1, "ch_1", 500));
    ledger.intend(&action, Right::Mail(&lease)).await?;
    ledger.mark_sent(&action.id, Right::Mail(&lease)).await?;
    ledger.settle(&action.id, Settlement::Unknown(json!("timeout"))).await?;
    ledger.finish(&[finished(lease, 1, "one")]).await?;
    ledger.settle_by_hand(&action.id, &ByHand::NotDone, "ann", "looked").await?;
    let [follow_up] = exactly(ledger.claim_follow_ups(9, LONG).await?)?;
    let end = FollowUpEnd {
        draft: NewDraft { id: "draft-1-2".to_owned(), body: b"two".to_vec() },
        outcome: domain::Outcome::Handoff,
    };
    ledger.finish_follow_up(&follow_up.lease, Some(&end)).await?;

    asks(&world, 2, approval(2, 500)).await?;
    ledger.decide(&approval(2, 500).id, &Decision::Approve { amount: None }, "ann").await?;

    let mut events: Vec<_> =
        ledger.audit_trail(&workspace, None, 100).await?.into_iter().map(|row| row.entry.event).collect();
    events.reverse();
    let expected = [
        "connection.stored",
        "connection.status",
        "switch.set",
        "policy.version",
        "halt.set",
        "halt.lifted",
        "action.intended",
        "action.sent",
        "action.unknown",
        "action.settled_by_hand",
        "follow_up.ended",
        "approval.requested",
        "approval.vote",
        "approval.approved",
    ];
    assert_eq!(events, expected);
    assert_eq!(ledger.verify_audit(&workspace, None).await?.broken, None);
    Ok(())
}

async fn a_step_that_did_not_happen_is_not_in_the_trail(world: World) -> Result<()> {
    let (lease, action) = (world.take(1, LONG).await?, refund(1, "ch_1", 500));
    world.ledger.intend(&action, Right::Mail(&lease)).await?;
    world.ledger.intend(&action, Right::Mail(&lease)).await?;
    let refused = world.ledger.settle(&action.id, Settlement::Done(json!({}))).await;
    assert!(refused.is_err());
    world.ledger.settle(&action.id, Settlement::Withdrawn(json!({}))).await?;
    world.ledger.settle(&action.id, Settlement::Withdrawn(json!({}))).await?;
    assert_eq!(world.ledger.audit_trail(&WorkspaceId::default(), None, 100).await?.len(), 2);
    Ok(())
}

async fn a_policy_is_noted_when_it_is_another(world: World) -> Result<()> {
    let workspace = WorkspaceId::default();
    assert_eq!(world.ledger.noted_policy(&workspace).await?, None);
    for (version, is_new) in [("aaaa", true), ("aaaa", false), ("bbbb", true), ("aaaa", true)] {
        assert_eq!(world.ledger.note_policy(&workspace, version, "ann").await?, is_new);
        let noted = world.ledger.noted_policy(&workspace).await?.map(|noted| noted.version);
        assert_eq!(noted.as_deref(), Some(version));
    }
    Ok(())
}

async fn an_export_proves_itself(world: World) -> Result<()> {
    write(&world, 5).await?;
    let workspace = WorkspaceId::default();
    let rows = world.ledger.export_audit(&workspace, 2, 2).await?;
    assert_eq!(rows.iter().map(|row| row.mark.number).collect::<Vec<_>>(), [3, 4]);
    let [third, _] = exactly(rows)?;
    assert_eq!(third.row.entry, entry(3));
    let report = world.ledger.verify_audit(&workspace, Some(third.mark)).await?;
    assert_eq!(report.broken, None);
    Ok(())
}

/// Writes so many entries and says where the trail ends.
async fn write(world: &World, entries: u32) -> Result<AuditMark> {
    for number in 1..=entries {
        world.ledger.append_audit(&entry(number)).await?;
    }
    Ok(world.ledger.verify_audit(&WorkspaceId::default(), None).await?.head)
}

fn entry(number: u32) -> NewAuditEntry {
    NewAuditEntry {
        workspace: WorkspaceId::default(),
        actor: "ann".to_owned(),
        event: "mail.revived".to_owned(),
        subject: Some(number.to_string()),
        detail: json!({ "number": number, "of": fingerprint(number) }),
    }
}

/// What somebody does who may do everything in the database.
async fn tamper(world: &World, statements: &str) -> Result<()> {
    let unlocked = if world.url.starts_with("sqlite:") {
        [
            "audit_is_not_changed",
            "audit_is_not_deleted",
            "audit_link_is_not_changed",
            "audit_link_is_not_deleted",
            "audit_head_is_not_deleted",
            "audit_head_does_not_go_back",
        ]
        .map(|trigger| format!("drop trigger if exists {trigger};"))
        .concat()
    } else {
        ["audit", "audit_link", "audit_head"].map(|table| format!("alter table {table} disable trigger user;")).concat()
            // An identity that is always generated cannot be set.
            + "alter table audit alter column sequence set generated by default;"
    };
    run(&world.url, format!("{unlocked}{statements}")).await
}

async fn check(world: &World, number: u64, what: Broken) -> Result<()> {
    let report = world.ledger.verify_audit(&WorkspaceId::default(), None).await?;
    assert_eq!(report.broken, Some(Break { number, what }));
    Ok(())
}
