//! What is wrong when the ledger does not open, and what survives.

use std::net::TcpListener;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Result, bail};
use domain::{Clock as _, SetClock, SystemClock, Timestamp};
use store::{Claim, Config, Ledger, LedgerError, OpenError};

use crate::engines::{on_both_engines, on_postgres, on_sqlite, runtime, server};
use crate::world::{LONG, World, arrival, exactly, execute, finished, lease_of, open};

on_both_engines!(a_closed_ledger_is_unavailable, an_open_ledger_says_how_it_stands);

async fn a_closed_ledger_is_unavailable(world: World) -> Result<()> {
    world.ledger.close().await;
    let refused = world.ledger.claim(&[arrival(1)], LONG).await;
    let Err(error @ LedgerError::Unavailable(_)) = refused else { bail!("{refused:?}") };
    assert!(error.is_transient());
    Ok(())
}

async fn an_open_ledger_says_how_it_stands(world: World) -> Result<()> {
    world.ledger.ping().await?;
    let slow = SetClock::at(SystemClock.now().checked_sub(Duration::from_hours(1))?);
    let health = world.ledger.health(&slow).await?;
    assert_eq!(health.pending, []);
    assert!(health.applied >= 8, "{health:?}");
    let (engine, minutes) =
        if world.url.starts_with("sqlite:") { ("SQLite", None) } else { ("PostgreSQL", Some(60)) };
    assert_eq!((health.engine, health.ahead.map(|ahead| (ahead + 30_000) / 60_000)), (engine, minutes));
    assert!(health.version.starts_with(|first: char| first.is_ascii_digit()), "{health:?}");
    assert!(health.round_trip < Duration::from_secs(5), "{health:?}");
    Ok(())
}

#[test]
fn a_dropped_database_is_unavailable() -> Result<()> {
    on_postgres(async |world: World| {
        let name = world.url.rsplit('/').next().unwrap_or_default().trim_end_matches('?').to_owned();
        crate::engines::execute(&server()?, format!("drop database {name} with (force)")).await?;
        let refused = world.ledger.claim(&[arrival(1)], LONG).await;
        assert!(matches!(refused, Err(LedgerError::Unavailable(_))), "{refused:?}");
        Ok(())
    })
}

#[test]
fn a_connection_that_broke_is_replaced() -> Result<()> {
    on_postgres(async |world: World| {
        world.take(1, LONG).await?;
        execute(
            &world.url,
            "select pg_terminate_backend(pid) from pg_stat_activity
             where datname = current_database() and pid <> pg_backend_pid()",
        )
        .await?;
        world.take(2, LONG).await?;
        Ok(())
    })
}

/// What lies on the disk while the ledger is in use is what a killed process leaves behind.
#[test]
fn a_file_of_a_killed_process_holds_all_that_was_committed() -> Result<()> {
    on_sqlite(async |world: World| {
        let lease = world.take(1, LONG).await?;
        world.ledger.finish(&[finished(lease, 1, "one")]).await?;
        let path = world.url.trim_start_matches("sqlite:");
        for suffix in ["", "-wal"] {
            std::fs::copy(format!("{path}{suffix}"), format!("{path}.left{suffix}"))?;
        }
        let left = open(&format!("sqlite:{path}.left")).await?;
        let [claim] = exactly(left.claim(&[arrival(1)], LONG).await?)?;
        assert!(matches!(claim, Claim::Finished(draft) if draft.body == b"one"), "the commit is gone");
        Ok(())
    })
}

#[test]
fn a_new_file_is_its_owners_alone() -> Result<()> {
    use std::os::unix::fs::PermissionsExt;
    on_sqlite(async |world: World| {
        let file = std::fs::metadata(world.url.trim_start_matches("sqlite:"))?;
        assert_eq!(file.permissions().mode() & 0o777, 0o600);
        Ok(())
    })
}

#[test]
fn leases_in_sqlite_end_by_the_given_clock() -> Result<()> {
    runtime()?.block_on(async {
        let clock = Arc::new(SetClock::at(Timestamp::from_second(1_790_000_000)?));
        let ledger =
            Ledger::open(&Config::new("sqlite::memory:".parse()?), Arc::<SetClock>::clone(&clock)).await?;
        ledger.migrate().await?;
        let lasts = i64::try_from(LONG.lasts.as_millis())?;
        for (advance, attempts) in [(0, Some(1)), (lasts - 1, None), (1, Some(2))] {
            clock.advance(advance);
            let [claim] = exactly(ledger.claim(&[arrival(1)], LONG).await?)?;
            assert_eq!(lease_of(claim).ok().map(|lease| lease.attempts), attempts);
        }
        Ok(())
    })
}

#[test]
fn a_closed_port_is_named() -> Result<()> {
    let closed = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
    let error = refusal(&format!("postgres://me:s3cret@127.0.0.1:{closed}/mails"))?;
    assert!(matches!(error, OpenError::Unreachable { .. }), "{error:?}");
    check(
        error,
        &format!("no database answers at postgres://me@127.0.0.1:{closed}/mails: Connection refused"),
    );
    Ok(())
}

#[test]
fn a_server_that_keeps_silent_is_given_up() -> Result<()> {
    let silent = TcpListener::bind("127.0.0.1:0")?;
    let port = silent.local_addr()?.port();
    let error = refusal(&format!("postgres://me:s3cret@127.0.0.1:{port}/mails"))?;
    assert!(matches!(error, OpenError::Unreachable { .. }), "{error:?}");
    check(error, &format!("no database answers at postgres://me@127.0.0.1:{port}/mails: "));
    Ok(())
}

#[test]
fn a_refused_user_is_told_from_a_server_that_is_down() -> Result<()> {
    let server = server()?;
    let (_, host) = server.rsplit_once('@').unwrap_or_else(|| server.split_at("postgres://".len()));
    let error = refusal(&format!("postgres://stranger:s3cret@{host}"))?;
    assert!(matches!(error, OpenError::CredentialsRefused { .. }), "{error:?}");
    check(error, "the database at postgres://stranger@");
    Ok(())
}

#[test]
fn a_missing_database_is_told_from_a_refused_user() -> Result<()> {
    let server = server()?;
    let (host, _) = server.rsplit_once('/').unwrap_or((&server, ""));
    let error = refusal(&format!("{host}/postill_no_such_database"))?;
    assert!(matches!(error, OpenError::NoSuchDatabase { .. }), "{error:?}");
    check(error, "the server has no database for postgres://");
    Ok(())
}

#[test]
fn a_file_that_is_no_database_is_told() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("notes.txt");
    std::fs::write(&path, "Dear diary, ".repeat(100))?;
    let error = refusal(&format!("sqlite:{}", path.display()))?;
    assert!(matches!(error, OpenError::NotADatabase { .. }), "{error:?}");
    check(error, &format!("what lies at sqlite:{} is not a database", path.display()));
    Ok(())
}

#[test]
fn a_folder_that_is_not_there_is_told() -> Result<()> {
    let error = refusal("sqlite:/nowhere/at/all/ledger.db")?;
    assert!(matches!(error, OpenError::FileRefused { .. }), "{error:?}");
    check(error, "the file of sqlite:/nowhere/at/all/ledger.db cannot be opened: No such file");
    Ok(())
}

/// The error of opening `url`, which must not open.
fn refusal(url: &str) -> Result<OpenError> {
    let config = Config { acquire_timeout: Duration::from_millis(500), ..Config::new(url.parse()?) };
    match runtime()?.block_on(Ledger::open(&config, Arc::new(SystemClock))) {
        Ok(_) => bail!("{url} was opened"),
        Err(error) => Ok(error),
    }
}

/// The error with its causes begins with `expected` and says no password.
#[track_caller]
fn check(error: OpenError, expected: &str) {
    let debug = format!("{error:?}");
    let said = format!("{:#}", anyhow::Error::new(error));
    assert!(said.starts_with(expected), "{said}");
    assert!(!said.contains("s3cret") && !debug.contains("s3cret"), "{said} {debug}");
}
