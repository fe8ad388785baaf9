//! Making and changing the tables, empty and with rows in them.

use anyhow::Result;
use domain::action::ActionState;
use domain::policy::Switch;
use domain::{Function, Mode, WorkspaceId};
use store::vault::Sealed;
use store::{Claim, LedgerError, MigrateError};

use crate::engines::on_both_engines;
use crate::world::{LONG, World, arrival, ask, exactly, fingerprint, open, refund, run};

on_both_engines!(
    every_step_keeps_the_rows_of_those_before,
    what_an_older_program_writes_later_is_linked_by_the_next_migration,
    a_migrated_database_has_nothing_pending,
    a_database_of_a_newer_program_is_refused,
    a_ledger_without_tables_says_what_to_run,
);

/// What a program of version 0004 left behind.
const ROWS_BEFORE: [(i64, &str); 3] = [
    (
        1,
        "insert into workspace (id, created_at) values ('default', 1);
         insert into connection (workspace, mode, sealed_key, key_hint, status, connected_at)
         values ('default', 'test', BYTES, '1111', 'connected', 2);
         insert into function_switch (workspace, function, switch, actor, set_at)
         values ('default', 'refund', 'on', 'ann', 3);
         insert into audit (workspace, at, actor, event, subject, detail)
         values ('default', 3, 'ann', 'switch.set', 'refund', '{\"switch\":\"on\"}'),
                ('other', 4, 'bob', 'switch.set', 'refund', '{\"switch\":\"off\"}'),
                ('default', 5, 'bob', 'switch.set', null, '{\"switch\":\"off\"}')",
    ),
    (
        2,
        "insert into mail (workspace, run, digest, state, attempts, postponements, fingerprint, first_seen_at, ended_at)
         values ('default', 'live', 'DIGEST', 'finished', 1, 0, 'FINGERPRINT', 6, 7);
         insert into mail (workspace, run, digest, state, attempts, postponements, death_code, death_sentence, first_seen_at, ended_at)
         values ('default', 'live', 'one', 'dead', 1, 0, 'too_large', 'the message has 12 bytes, more than the 10 that are read', 6, 7),
                ('default', 'live', 'two', 'dead', 1, 0, 'too_large', 'the message has 2097153 bytes, more than the 10 that are read', 6, 7);
         insert into draft (workspace, run, fingerprint, digest, message_id, id, outcome, label, customer, body, finished_at)
         values ('default', 'live', 'FINGERPRINT', 'DIGEST', null, 'draft-1', 'answered', 'refund', null, BYTES, 7)",
    ),
    (
        3,
        "insert into action (id, workspace, run, fingerprint, function, target, parameters, state, intended_at, sent_at)
         values ('ACTION', 'default', 'live', 'FINGERPRINT', 'refund', 'ch_1', '{}', 'sent', 6, 7)",
    ),
];

async fn every_step_keeps_the_rows_of_those_before(world: World) -> Result<()> {
    let (ledger, url) = unmigrated(&world).await?;
    let action = refund(1, "ch_1", 500);
    for (version, rows) in ROWS_BEFORE {
        ledger.migrate_to(version).await?;
        let bytes = if url.starts_with("sqlite:") { "x'6f6e65'" } else { "'\\x6f6e65'" };
        let rows = rows
            .replace("DIGEST", &arrival(1).digest.to_string())
            .replace("FINGERPRINT", &fingerprint(1).to_string())
            .replace("ACTION", action.id.as_str())
            .replace("BYTES", bytes);
        run(&url, rows).await?;
    }
    let steps: Vec<String> = ledger.migrate().await?.into_iter().map(|step| step.name).collect();
    assert_eq!(
        steps,
        [
            "senders",
            "money",
            "turns",
            "compression",
            "console",
            "workers",
            "replay_reports",
            "dead_letters",
            "forgetting"
        ]
    );

    let workspace = WorkspaceId::default();
    let key = ledger.connection(&workspace, Mode::Test).await?.map(|kept| kept.key.sealed_key);
    assert_eq!(key, Some(Sealed::from_bytes(b"one".to_vec())));
    assert_eq!(ledger.switches(&workspace).await?.len(), 1);
    assert_eq!(ledger.audit_trail(&workspace, None, 10).await?.len(), 2);
    let [claim] = exactly(ledger.claim(&[arrival(1)], LONG).await?)?;
    assert!(matches!(claim, Claim::Finished(draft) if draft.body == b"one"));
    let kept = ledger.action(&action.id).await?;
    assert!(kept.is_some_and(|kept| kept.state == ActionState::Sent && kept.amount.is_none()));
    let [group] = exactly(ledger.dead_groups(None).await?)?;
    assert_eq!(
        (group.sentence.as_str(), group.mails),
        ("the message has … bytes, more than the … that are read", 2)
    );
    for (workspace, rows) in [(workspace, 2), ("other".parse()?, 1)] {
        let report = ledger.verify_audit(&workspace, None).await?;
        assert_eq!((report.rows, report.broken), (rows, None), "the rows of before are linked");
    }
    Ok(())
}

/// While workers are replaced one by one, those of the version before go on writing.
async fn what_an_older_program_writes_later_is_linked_by_the_next_migration(world: World) -> Result<()> {
    let workspace = WorkspaceId::default();
    let entry =
        |number| format!("('default', {number}, 'ann', 'switch.set', null, '{{\"number\":{number}}}')");
    let older = |numbers: std::ops::Range<u32>| {
        let rows: Vec<String> = numbers.map(entry).collect();
        format!("insert into audit (workspace, at, actor, event, subject, detail) values {}", rows.join(","))
    };
    run(&world.url, older(0..2_500)).await?;
    world.ledger.set_switch(&workspace, Function::Refund, Switch::On, "ann").await?;
    run(&world.url, older(2_500..2_501)).await?;
    assert_eq!(world.ledger.migrate().await?, []);
    let report = world.ledger.verify_audit(&workspace, None).await?;
    assert_eq!((report.rows, report.broken), (2_502, None));
    Ok(())
}

async fn a_migrated_database_has_nothing_pending(world: World) -> Result<()> {
    assert_eq!(world.ledger.pending_migrations().await?, []);
    assert_eq!(world.ledger.migrate().await?, []);
    let (fresh, _) = unmigrated(&world).await?;
    let numbers: Vec<i64> = fresh.pending_migrations().await?.into_iter().map(|step| step.version).collect();
    assert_eq!(numbers, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
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
    let (ledger, _) = unmigrated(&world).await?;
    let refused = ledger.claim(&[arrival(1)], LONG).await;
    assert!(matches!(refused, Err(LedgerError::NotMigrated(_))), "{refused:?}");
    Ok(())
}

/// A database of the same engine without tables.
async fn unmigrated(world: &World) -> Result<(store::Ledger, String)> {
    if world.url.starts_with("sqlite:") {
        let url = format!("{}.empty", world.url);
        return Ok((open(&url).await?, url));
    }
    run(&world.url, "drop schema public cascade; create schema public".to_owned()).await?;
    Ok((open(&world.url).await?, world.url.clone()))
}
