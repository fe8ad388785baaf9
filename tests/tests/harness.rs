//! The harness itself: what is apart stays apart, what is killed comes back, what is left behind is removed.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result};
use lapin::BasicProperties;
use sqlx::{Connection, PgConnection};
use tests::{Postill, PrivateBroker, PrivatePostgres, postgres, rabbit, wait_for, wait_until};

const SOON: Duration = Duration::from_secs(20);

#[tokio::test]
async fn a_queue_is_seen_in_its_own_virtual_host_only() -> Result<()> {
    let (one, other) = tokio::try_join!(rabbit(), rabbit())?;
    one.declare_queue("letters").await?;
    other.declare_queue("letters").await?;

    one.publish("letters", b"for one").await?;

    one.wait_for_depth("letters", 1, SOON).await?;
    assert_eq!(other.depth("letters").await?, 0);
    Ok(())
}

#[tokio::test]
async fn messages_are_taken_in_their_order_and_purged_messages_are_gone() -> Result<()> {
    let vhost = rabbit().await?;
    vhost.declare_queue("letters").await?;
    let bodies: Vec<String> = (0..300).map(|number| format!("letter {number}")).collect();

    vhost.publish_to("", "letters", BasicProperties::default(), &bodies).await?;
    let taken = vhost.wait_for_messages("letters", 300, SOON).await?;
    let taken: Vec<Vec<u8>> = taken.into_iter().map(|delivery| delivery.data).collect();
    assert_eq!(taken, bodies.into_iter().map(String::into_bytes).collect::<Vec<_>>());

    vhost.publish("letters", b"one more").await?;
    assert_eq!(vhost.purge("letters").await?, 1);
    assert!(vhost.take_all("letters").await?.is_empty());
    Ok(())
}

#[tokio::test]
async fn a_message_that_no_queue_takes_is_an_error() -> Result<()> {
    let vhost = rabbit().await?;
    let unroutable = vhost.publish("nowhere", b"lost").await.expect_err("there is no such queue");
    assert!(unroutable.to_string().contains("nowhere"), "{unroutable}");
    Ok(())
}

#[tokio::test]
async fn a_dropped_virtual_host_is_gone() -> Result<()> {
    let broker = PrivateBroker::start().await?;
    let vhost = broker.vhost().await?;
    let address = vhost.amqp_url.clone();
    drop(vhost);
    let refused = lapin::Connection::connect(&address, lapin::ConnectionProperties::default()).await;
    assert!(refused.is_err());
    Ok(())
}

#[tokio::test]
async fn a_table_is_seen_in_its_own_database_only() -> Result<()> {
    let (one, other) = tokio::try_join!(postgres(), postgres())?;
    sqlx::raw_sql("CREATE TABLE ledger (id int)").execute(&mut one.connect().await?).await?;
    sqlx::raw_sql("CREATE TABLE ledger (id int)").execute(&mut other.connect().await?).await?;
    Ok(())
}

#[tokio::test]
async fn a_dropped_database_is_gone_although_someone_is_connected() -> Result<()> {
    let (dropped, other) = tokio::try_join!(postgres(), postgres())?;
    let name = dropped.name.clone();
    let connected = dropped.connect().await?;
    drop(dropped);
    let left: i64 = sqlx::query_scalar("SELECT count(*) FROM pg_database WHERE datname = $1")
        .bind(&name)
        .fetch_one(&mut other.connect().await?)
        .await?;
    assert_eq!(left, 0);
    drop(connected);
    Ok(())
}

#[tokio::test]
async fn a_killed_broker_comes_back_with_its_confirmed_messages() -> Result<()> {
    let mut broker = PrivateBroker::start().await?;
    let vhost = broker.vhost().await?;
    vhost.declare_queue("letters").await?;
    broker.store_declarations()?;
    vhost.publish("letters", b"confirmed").await?;

    broker.kill_dash_nine()?;
    assert!(vhost.connect().await.is_err(), "a killed broker does not answer");
    broker.restart().await?;

    let taken = wait_for("the queue to be back", SOON, async || {
        Ok(vhost.take_all("letters").await.ok().filter(|taken| !taken.is_empty()))
    })
    .await?;
    assert_eq!(taken[0].data, b"confirmed");
    Ok(())
}

#[tokio::test]
async fn a_killed_postgres_comes_back_with_its_committed_rows() -> Result<()> {
    let mut server = PrivatePostgres::start().await?;
    let database = server.database().await?;
    sqlx::raw_sql("CREATE TABLE ledger (id int); INSERT INTO ledger VALUES (7)")
        .execute(&mut database.connect().await?)
        .await?;

    server.kill_dash_nine()?;
    assert!(database.connect().await.is_err(), "a killed server does not answer");
    server.restart().await?;

    let id: i32 =
        sqlx::query_scalar("SELECT id FROM ledger").fetch_one(&mut database.connect().await?).await?;
    assert_eq!(id, 7);
    Ok(())
}

#[tokio::test]
async fn servers_are_gone_when_their_owner_is_killed() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let addresses = folder.path().join("addresses");
    let say_where = r#"echo "$POSTILL_TEST_DATABASE_URL" > "$0.new" && mv "$0.new" "$0" && exec cat"#;
    let mut owner = Command::new(env!("CARGO_BIN_EXE_servers"))
        .args(["sh", "-c", say_where])
        .arg(&addresses)
        .env_remove(tests::environment::DATABASE_URL)
        .env(tests::environment::AMQP_URL, "amqp://127.0.0.1")
        .stdin(Stdio::piped())
        .spawn()?;
    let database = wait_for("the servers to start", SOON, async || line_of(&addresses)).await?;
    PgConnection::connect(&database).await?.close().await?;

    owner.kill()?;
    owner.wait()?;

    wait_until("PostgreSQL to be gone", SOON, async || Ok(PgConnection::connect(&database).await.is_err()))
        .await
}

#[tokio::test]
async fn a_run_of_the_program_gives_its_status_and_its_output() -> Result<()> {
    let finished = Postill::with(["--version"]).finish(SOON).await?;
    assert!(finished.status.success(), "{finished:?}");
    assert!(finished.stdout.starts_with("postill "), "{finished:?}");
    Ok(())
}

fn line_of(file: &Path) -> Result<Option<String>> {
    match std::fs::read_to_string(file) {
        Ok(text) => Ok(Some(text.trim().to_owned())),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error).context("cannot read the addresses"),
    }
}
