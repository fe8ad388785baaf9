//! Making and changing the tables, empty and with rows in them.

use anyhow::Result;
use domain::policy::Switch;
use domain::{Function, Mode, WorkspaceId};
use store::vault::Sealed;
use store::{Claim, LedgerError, MigrateError, NewConnection};

use crate::engines::on_both_engines;
use crate::world::{LONG, World, arrival, ask, exactly, execute, finished, lease_of, open};

on_both_engines!(
    every_step_keeps_the_rows_of_those_before,
    a_migrated_database_has_nothing_pending,
    a_database_of_a_newer_program_is_refused,
    a_ledger_without_tables_says_what_to_run,
);

async fn every_step_keeps_the_rows_of_those_before(world: World) -> Result<()> {
    let ledger = unmigrated(&world).await?;
    let workspace = WorkspaceId::default();

    assert_eq!(exactly::<1, _>(ledger.migrate_to(1).await?)?.map(|step| step.name), ["workspaces"]);
    ledger.ensure_workspace(&workspace).await?;
    let key = NewConnection {
        workspace: workspace.clone(),
        mode: Mode::Test,
        sealed_key: Sealed::from_bytes(b"sealed".to_vec()),
        key_hint: "1111".to_owned(),
    };
    ledger.put_connection(&key).await?;
    ledger.set_switch(&workspace, Function::Refund, Switch::On, "ann").await?;

    assert_eq!(exactly::<1, _>(ledger.migrate_to(2).await?)?.map(|step| step.name), ["mails"]);
    let [claim] = exactly(ledger.claim(&[arrival(1)], LONG).await?)?;
    ledger.finish(vec![finished(lease_of(claim)?, 1, "one")]).await?;

    assert_eq!(exactly::<1, _>(ledger.migrate_to(3).await?)?.map(|step| step.name), ["actions"]);
    assert_eq!(exactly::<1, _>(ledger.migrate().await?)?.map(|step| step.name), ["senders"]);
    assert_eq!(ledger.connection(&workspace, Mode::Test).await?.map(|kept| kept.key), Some(key));
    assert_eq!(ledger.switches(&workspace).await?.len(), 1);
    assert_eq!(ledger.audit_trail(&workspace, None, 10).await?.len(), 1);
    let [claim] = exactly(ledger.claim(&[arrival(1)], LONG).await?)?;
    assert!(matches!(claim, Claim::Finished(draft) if draft.body == b"one"));
    Ok(())
}

async fn a_migrated_database_has_nothing_pending(world: World) -> Result<()> {
    assert_eq!(world.ledger.pending_migrations().await?, []);
    assert_eq!(world.ledger.migrate().await?, []);
    let fresh = unmigrated(&world).await?;
    let numbers: Vec<i64> = fresh.pending_migrations().await?.into_iter().map(|step| step.version).collect();
    assert_eq!(numbers, [1, 2, 3, 4]);
    Ok(())
}

async fn a_database_of_a_newer_program_is_refused(world: World) -> Result<()> {
    const NEWER: &str = "insert into _sqlx_migrations (version, description, success, checksum, execution_time)
        select 9999, 'later', success, checksum, 0 from _sqlx_migrations where version = 1 returning description";
    ask(&world.url, NEWER).await?;
    let refused = [world.ledger.pending_migrations().await.err(), world.ledger.migrate().await.err()];
    for error in refused {
        assert!(matches!(error, Some(MigrateError::FromNewerProgram { version: 9999 })), "{error:?}");
    }
    Ok(())
}

async fn a_ledger_without_tables_says_what_to_run(world: World) -> Result<()> {
    let ledger = unmigrated(&world).await?;
    let refused = ledger.claim(&[arrival(1)], LONG).await;
    assert!(matches!(refused, Err(LedgerError::NotMigrated(_))), "{refused:?}");
    Ok(())
}

/// A database of the same engine without tables.
async fn unmigrated(world: &World) -> Result<store::Ledger> {
    if world.url.starts_with("sqlite:") {
        return open(&format!("{}.empty", world.url)).await;
    }
    execute(&world.url, "drop schema public cascade").await?;
    execute(&world.url, "create schema public").await?;
    open(&world.url).await
}
