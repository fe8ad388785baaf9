use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use broker::{Config, ConnectError, EpochOver, PublishError, Session, Settlement, topology};
use tokio::time::{sleep, timeout};

use crate::server::Server;
use crate::world::{PATIENCE, World, draft, settle_all, take, text};

/// Trap: the consumer's stream just ends, while everything looks connected.
#[tokio::test]
async fn a_deleted_queue_ends_the_epoch() {
    let world = World::declared().await;
    let mut session = world.consuming().await;
    world.stranger().await.delete_queue("postill.mail").await;
    let reason = timeout(PATIENCE, session.next_batch(1)).await.unwrap().unwrap_err();
    assert!(
        matches!(&reason, EpochOver::ConsumerCancelled { queue } if queue.as_str() == "postill.mail"),
        "{reason:?}"
    );
    assert!(matches!(session.ended().await, EpochOver::ConsumerCancelled { .. }));
    let late = session.publisher().publish(vec![draft("late")]).await;
    assert!(late[0].as_ref().is_err_and(PublishError::is_transient), "{late:?}");
    assert!(matches!(Session::open(&world.config).await, Err(ConnectError::TopologyMissing { .. })));
}

#[tokio::test]
async fn consuming_from_a_missing_queue_ends_the_epoch() {
    let world = World::declared().await;
    let mut session = world.session().await;
    let reason = session.consume(&["no.such.queue".parse().unwrap()]).await.unwrap_err();
    assert!(matches!(reason, EpochOver::ChannelClosed { .. }), "{reason:?}");
}

#[tokio::test]
async fn a_connection_closed_by_the_broker_ends_the_epoch() {
    let world = World::declared().await;
    world.send_mails(5).await;
    let mut session = world.consuming().await;
    let held = take(&mut session, 5).await;
    world.server.delete_vhost(&world.vhost);
    let reason = timeout(PATIENCE, session.next_batch(1)).await.unwrap().unwrap_err();
    assert!(
        matches!(reason, EpochOver::ConnectionLost { .. } | EpochOver::ConsumerCancelled { .. }),
        "{reason:?}"
    );
    settle_all(held);
    session.close(PATIENCE).await;
    world.server.create_vhost(&world.vhost);
}

/// Trap: an alarm stops everything on a connection that publishes, its close as well.
#[tokio::test]
async fn a_memory_alarm_makes_publishing_wait_then_ends_the_epoch_and_passes() {
    let server = Server::private().await;
    let mut world = World::on(&server);
    topology::apply(&world.config).await.unwrap();
    world.send_mails(20).await;
    world.config.confirm_timeout = Duration::from_secs(1);
    let mut session = world.consuming().await;
    let publisher = session.publisher();

    server.set_memory_limit("0.0001");
    let short = publisher.publish(vec![draft("through a short alarm")]);
    let clear = async {
        while !session.is_blocked() {
            sleep(Duration::from_millis(20)).await;
        }
        sleep(Duration::from_secs(2)).await;
        server.set_memory_limit("0.4");
    };
    let (results, ()) = futures_util::future::join(short, clear).await;
    assert!(results[0].is_ok(), "a short alarm is waited for: {results:?}");
    let in_hand = take(&mut session, 10).await;
    session.close(PATIENCE).await;
    drop(in_hand);

    world.config.blocked_limit = Duration::from_secs(2);
    world.config.connect_timeout = Duration::from_secs(4);
    let mut session = world.consuming().await;
    let in_hand = take(&mut session, 20).await;
    server.set_memory_limit("0.0001");
    let results = session.publisher().publish(vec![draft("into a long alarm")]).await;
    let Err(PublishError::Unconfirmed { reason }) = &results[0] else { panic!("{results:?}") };
    assert!(matches!(reason, EpochOver::Blocked { .. }), "{reason:?}");
    settle_all(in_hand);
    let closing = Instant::now();
    session.close(Duration::from_secs(1)).await;
    assert!(closing.elapsed() < Duration::from_secs(5), "closing took {:?}", closing.elapsed());

    let error = Session::open(&world.config).await.unwrap_err();
    assert!(matches!(error, ConnectError::Blocked), "{error:?}");
    server.set_memory_limit("0.4");
    let mut session = world.consuming().await;
    assert!(session.publisher().publish(vec![draft("after the alarm")]).await[0].is_ok());
    assert_eq!(take(&mut session, 20).await.len(), 20, "none was acknowledged after its epoch");
}

#[tokio::test]
async fn a_frozen_broker_ends_the_epoch_and_leaves_nothing_hanging() {
    let server = Server::private().await;
    let mut world = World::on(&server);
    topology::apply(&world.config).await.unwrap();
    world.config.heartbeat = Duration::from_secs(1);
    let mut idle = world.consuming().await;
    world.config.heartbeat = Duration::from_secs(10);
    world.config.confirm_timeout = Duration::from_secs(1);
    let busy = world.session().await;

    server.freeze();
    let reason = timeout(PATIENCE, idle.next_batch(1)).await.unwrap().unwrap_err();
    assert!(matches!(reason, EpochOver::HeartbeatMissed { .. }), "{reason:?}");
    let results = busy.publisher().publish(vec![draft("1"), draft("2")]).await;
    for result in &results {
        let Err(PublishError::Unconfirmed { reason }) = result else { panic!("{results:?}") };
        assert!(matches!(reason, EpochOver::ConfirmTimedOut { .. }), "{reason:?}");
    }
    let closing = Instant::now();
    idle.close(Duration::from_secs(1)).await;
    busy.close(Duration::from_secs(1)).await;
    assert!(closing.elapsed() < Duration::from_secs(8), "closing took {:?}", closing.elapsed());
    server.thaw();
    world.consuming().await.close(PATIENCE).await;
}

#[tokio::test]
async fn a_broker_killed_mid_stream_loses_nothing_and_settles_nothing_unasked() {
    const MAILS: usize = 3_000;
    let mut server = Server::private().await;
    let (config, vhost) = {
        let world = World::on(&server);
        topology::apply(&world.config).await.unwrap();
        // A quorum queue younger than this does not outlive a kill.
        sleep(Duration::from_secs(2)).await;
        world.send_mails(MAILS).await;
        let kept = (world.config.clone(), world.vhost.clone());
        std::mem::forget(world);
        kept
    };
    let mut settled = BTreeSet::new();
    let mut session = consuming(&config).await;
    relay(&mut session, &mut settled, MAILS / 3).await.unwrap();

    server.kill();
    let error = relay(&mut session, &mut settled, MAILS).await.unwrap_err();
    assert!(matches!(error, EpochOver::ConnectionLost { .. }), "{error:?}");
    session.close(Duration::from_secs(1)).await;
    assert!(matches!(Session::open(&config).await, Err(ConnectError::Unreachable { .. })));

    server.start_again().await;
    let mut session = reopened(&config).await;
    let mut again = BTreeSet::new();
    while settled.union(&again).count() < MAILS {
        let next = again.len() + 1;
        timeout(PATIENCE, relay(&mut session, &mut again, next)).await.expect("mails are lost").unwrap();
    }
    // Settled before the kill, but the broker died with the acknowledgement: again, under the same message id.
    while let Ok(batch) = timeout(Duration::from_secs(2), session.next_batch(128)).await {
        settle_all(batch.unwrap());
    }
    session.close(PATIENCE).await;
    let world = World { server: &server, config, vhost };
    world.expect_ready(&world.config.names.mail, 0).await;
    let all: BTreeSet<String> = (0..MAILS).map(|n| format!("mail {n}")).collect();
    let mut seen = settled;
    seen.extend(again);
    assert_eq!(seen, all);
    let drafts = broker::depths(&world.config).await.unwrap();
    let drafts = drafts.iter().find(|found| found.queue == world.config.names.drafts).unwrap().depth.unwrap();
    assert!(drafts.ready as usize >= MAILS, "{drafts:?}");
}

async fn consuming(config: &Config) -> Session {
    let mut session = Session::open(config).await.unwrap();
    session.consume(std::slice::from_ref(&config.names.mail)).await.unwrap();
    session
}

/// After a restart queues answer some moments later than the broker.
async fn reopened(config: &Config) -> Session {
    let deadline = Instant::now() + PATIENCE;
    loop {
        match Session::open(config).await {
            Ok(mut session) => match session.consume(std::slice::from_ref(&config.names.mail)).await {
                Ok(()) => return session,
                Err(reason) => assert!(Instant::now() < deadline, "{reason:?}"),
            },
            Err(error) => assert!(Instant::now() < deadline, "{error:?}"),
        }
        sleep(Duration::from_millis(200)).await;
    }
}

/// Mails in, drafts out, settled when confirmed, until this many are settled.
async fn relay(session: &mut Session, settled: &mut BTreeSet<String>, count: usize) -> Result<(), EpochOver> {
    let publisher = session.publisher();
    while settled.len() < count {
        let batch = session.next_batch(128).await?;
        let drafts = batch.iter().map(|delivery| draft(&text(&delivery.body))).collect();
        let results = publisher.publish(drafts).await;
        for (delivery, result) in batch.into_iter().zip(results) {
            if result.is_ok() {
                settled.insert(text(&delivery.body));
                delivery.settle(Settlement::Done);
            }
        }
    }
    Ok(())
}
