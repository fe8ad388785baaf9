//! RabbitMQ and PostgreSQL killed and started again, on servers of the test's own.

use std::time::Duration;

use anyhow::{Result, ensure};
use serde_json::json;
use tests::{PrivateBroker, PrivatePostgres, postgres, rabbit, wait_until};

use crate::letters::Wish;
use crate::load::{CUSTOMERS, mailbox, wishes};
use crate::outcomes::draft_schema;
use crate::shop::shop;
use crate::world::{PATIENCE, World};

const LONG: Duration = Duration::from_mins(2);

#[tokio::test]
async fn a_worker_finds_its_killed_broker_again_and_loses_nothing() -> Result<()> {
    let mut broker = PrivateBroker::start().await?;
    let w = World::on(broker.vhost().await?, postgres().await?, &shop(CUSTOMERS)).await?;
    broker.store_declarations()?;
    let letters = mailbox(400);
    let worker = w.worker().await?;

    w.arrives(&letters).await?;
    w.queue_sinks_to(200).await?;
    broker.kill_dash_nine()?;
    broker.restart().await?;

    let outcomes = w.outcomes_of(&letters, LONG).await?;
    outcomes.are_as_expected(&letters, &draft_schema()?)?;
    ensure!(w.objects("refunds").await?.len() == wishes(&letters, Wish::Refund), "refunds");
    w.stops(worker).await?;
    w.nothing_is_queued().await
}

#[tokio::test]
async fn a_worker_whose_connections_are_cut_goes_on() -> Result<()> {
    let w = World::on(rabbit().await?, postgres().await?, &shop(CUSTOMERS)).await?;
    let letters = mailbox(400);
    let worker = w.worker().await?;

    w.arrives(&letters).await?;
    w.queue_sinks_to(200).await?;
    // The management plugin learns of a connection some seconds late.
    wait_until("the connections to be cut", PATIENCE, async || {
        w.vhost.close_connections().await?;
        Ok(worker.stderr().contains("the connection to RabbitMQ ended"))
    })
    .await?;

    let outcomes = w.outcomes_of(&letters, LONG).await?;
    outcomes.are_as_expected(&letters, &draft_schema()?)?;
    w.stops(worker).await?;
    w.nothing_is_queued().await
}

#[tokio::test]
async fn a_worker_takes_no_mail_while_its_database_is_down_and_goes_on_after() -> Result<()> {
    let mut server = PrivatePostgres::start().await?;
    let w = World::on(rabbit().await?, server.database().await?, &shop(CUSTOMERS)).await?;
    let letters = mailbox(400);
    let worker = w.worker().await?;

    let (in_hand, later) = letters.split_at(60);
    // They are at Stripe when the database goes, and come back to a ledger that cannot take their ends.
    w.stripe_fails("GET", "/v1/customers", Some(40), json!({ "kind": "latency", "ms": 3_000 })).await?;
    w.arrives(in_hand).await?;
    w.faults_have_struck().await?;
    server.kill_dash_nine()?;
    w.arrives(later).await?;
    wait_until("the worker to notice", PATIENCE, async || Ok(worker.stderr().contains("ledger is down")))
        .await?;
    let asked = w.requests("GET", "/v1/customers").await?;
    wait_until("the worker to ask again", PATIENCE, async || Ok(worker.stderr().contains("still down")))
        .await?;
    ensure!(
        w.requests("GET", "/v1/customers").await? <= asked + in_hand.len(),
        "mail was taken without a ledger"
    );
    server.restart().await?;

    let outcomes = w.outcomes_of(&letters, LONG).await?;
    outcomes.are_as_expected(&letters, &draft_schema()?)?;
    ensure!(w.objects("refunds").await?.len() == wishes(&letters, Wish::Refund), "refunds");
    w.stops(worker).await?;
    w.nothing_is_queued().await
}

#[tokio::test]
async fn a_worker_without_its_database_still_stops_when_asked() -> Result<()> {
    let mut server = PrivatePostgres::start().await?;
    let w = World::on(rabbit().await?, server.database().await?, &shop(CUSTOMERS)).await?;
    let letters = mailbox(20);
    let worker = w.worker().await?;

    server.kill_dash_nine()?;
    w.arrives(&letters).await?;
    wait_until("the worker to notice", PATIENCE, async || Ok(worker.stderr().contains("ledger is down")))
        .await?;
    w.stops(worker).await?;
    w.vhost.wait_for_depth("postill.mail", 20, PATIENCE).await?;

    server.restart().await?;
    let worker = w.worker().await?;
    w.outcomes_of(&letters, LONG).await?.are_as_expected(&letters, &draft_schema()?)?;
    w.stops(worker).await
}
