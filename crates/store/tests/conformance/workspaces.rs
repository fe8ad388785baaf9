//! Workspaces, keys, switches and the audit trail.

use anyhow::Result;
use domain::policy::Switch;
use domain::{Function, Mode, WorkspaceId};
use serde_json::json;
use store::vault::Sealed;
use store::{ConnectionStatus, LedgerError, NewAuditEntry, NewConnection};

use crate::engines::on_both_engines;
use crate::world::{World, ask, exactly};

on_both_engines!(
    a_workspace_is_made_once,
    who_adds_a_workspace_stands_in_its_trail,
    a_key_takes_the_place_of_the_one_before,
    test_and_live_keys_stand_side_by_side,
    a_refused_key_is_remembered_until_another_is_stored,
    a_key_of_an_unknown_workspace_is_refused,
    a_switch_stays_as_last_set_and_the_trail_says_who_set_it,
    the_trail_is_read_in_pages_newest_first,
    the_trail_cannot_be_rewritten,
    errors_hold_no_bound_values,
);

async fn a_workspace_is_made_once(world: World) -> Result<()> {
    let other: WorkspaceId = "acme".parse()?;
    world.ledger.ensure_workspace(&other).await?;
    world.ledger.ensure_workspace(&other).await?;
    assert_eq!(world.ledger.workspaces().await?, [other, WorkspaceId::default()]);
    Ok(())
}

async fn who_adds_a_workspace_stands_in_its_trail(world: World) -> Result<()> {
    let other: WorkspaceId = "acme".parse()?;
    assert!(world.ledger.add_workspace(&other, "kim").await?);
    assert!(!world.ledger.add_workspace(&other, "ann").await?);
    let [row] = exactly(world.ledger.audit_trail(&other, None, 10).await?)?;
    assert_eq!((row.entry.event.as_str(), row.entry.actor.as_str()), ("workspace.added", "kim"));
    Ok(())
}

async fn a_key_takes_the_place_of_the_one_before(world: World) -> Result<()> {
    world.ledger.put_connection(&key(Mode::Test, "1111"), "kim").await?;
    world.ledger.put_connection(&key(Mode::Test, "2222"), "kim").await?;
    let [kept] = exactly(world.ledger.connections().await?)?;
    assert_eq!((kept.key, kept.status), (key(Mode::Test, "2222"), ConnectionStatus::Connected));
    Ok(())
}

async fn test_and_live_keys_stand_side_by_side(world: World) -> Result<()> {
    let workspace = WorkspaceId::default();
    world.ledger.put_connection(&key(Mode::Test, "1111"), "kim").await?;
    assert_eq!(world.ledger.connection(&workspace, Mode::Live).await?, None);
    world.ledger.put_connection(&key(Mode::Live, "2222"), "kim").await?;
    let live = world.ledger.connection(&workspace, Mode::Live).await?;
    assert_eq!(live.map(|live| live.key), Some(key(Mode::Live, "2222")));
    Ok(())
}

async fn a_refused_key_is_remembered_until_another_is_stored(world: World) -> Result<()> {
    let workspace = WorkspaceId::default();
    let status = async || {
        let kept = world.ledger.connection(&workspace, Mode::Test).await?;
        anyhow::Ok(kept.map(|connection| connection.status))
    };
    let refuse = || world.ledger.set_connection_status(&workspace, Mode::Test, ConnectionStatus::Refused);
    assert!(!refuse().await?);
    world.ledger.put_connection(&key(Mode::Test, "1111"), "kim").await?;
    assert!(refuse().await?);
    assert_eq!(status().await?, Some(ConnectionStatus::Refused));
    world.ledger.put_connection(&key(Mode::Test, "2222"), "kim").await?;
    assert_eq!(status().await?, Some(ConnectionStatus::Connected));
    Ok(())
}

async fn a_key_of_an_unknown_workspace_is_refused(world: World) -> Result<()> {
    let nowhere = NewConnection { workspace: "nowhere".parse()?, ..key(Mode::Test, "1111") };
    let refused = world.ledger.put_connection(&nowhere, "kim").await;
    assert!(matches!(refused, Err(LedgerError::NoSuchWorkspace)), "{refused:?}");
    Ok(())
}

async fn a_switch_stays_as_last_set_and_the_trail_says_who_set_it(world: World) -> Result<()> {
    let workspace = WorkspaceId::default();
    for (switch, actor) in [(Switch::On, "ann"), (Switch::Approval, "bob")] {
        world.ledger.set_switch(&workspace, Function::Refund, switch, actor).await?;
    }
    let switches = world.ledger.switches(&workspace).await?;
    assert_eq!(switches.into_iter().collect::<Vec<_>>(), [(Function::Refund, Switch::Approval)]);
    let trail = world.ledger.audit_trail(&workspace, None, 10).await?;
    let said: Vec<_> = trail.iter().map(|row| (row.entry.actor.as_str(), &row.entry.detail)).collect();
    assert_eq!(said, [("bob", &json!({"switch": "approval"})), ("ann", &json!({"switch": "on"}))]);
    Ok(())
}

async fn the_trail_is_read_in_pages_newest_first(world: World) -> Result<()> {
    for number in 1..=5 {
        world.ledger.append_audit(&entry(number)).await?;
    }
    let workspace = WorkspaceId::default();
    let page = world.ledger.audit_trail(&workspace, None, 2).await?;
    let [five, four] = exactly(page)?;
    assert_eq!((five.entry, four.entry), (entry(5), entry(4)));
    let rest = world.ledger.audit_trail(&workspace, Some(four.sequence), 10).await?;
    assert_eq!(rest.into_iter().map(|row| row.entry).collect::<Vec<_>>(), [entry(3), entry(2), entry(1)]);
    Ok(())
}

async fn the_trail_cannot_be_rewritten(world: World) -> Result<()> {
    world.ledger.append_audit(&entry(1)).await?;
    for statement in
        ["update audit set actor = 'nobody' returning actor", "delete from audit returning actor"]
    {
        let refused = ask(&world.url, statement).await;
        let said = refused.map_err(|error| format!("{error:#}"));
        assert!(said.as_ref().is_err_and(|said| said.contains("append-only")), "{said:?}");
    }
    assert_eq!(world.ledger.audit_trail(&WorkspaceId::default(), None, 10).await?.len(), 1);
    Ok(())
}

async fn errors_hold_no_bound_values(world: World) -> Result<()> {
    let too_long = key(Mode::Test, "sk_live_secret");
    let refused = world.ledger.put_connection(&too_long, "kim").await;
    let Err(error) = refused else { anyhow::bail!("stored") };
    let debug = format!("{error:?}");
    let everything = format!("{debug} {:#}", anyhow::Error::new(error));
    assert!(everything.contains("connection_hint_short"), "{everything}");
    assert!(!everything.contains("secret"), "{everything}");
    Ok(())
}

fn key(mode: Mode, hint: &str) -> NewConnection {
    NewConnection {
        workspace: WorkspaceId::default(),
        mode,
        sealed_key: Sealed::from_bytes(hint.as_bytes().to_vec()),
        key_hint: hint.to_owned(),
    }
}

fn entry(number: u32) -> NewAuditEntry {
    NewAuditEntry {
        workspace: WorkspaceId::default(),
        actor: "worker".to_owned(),
        event: "mail.revived".to_owned(),
        subject: Some(number.to_string()),
        detail: json!({ "number": number }),
    }
}
