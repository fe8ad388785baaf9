use std::time::Duration;

use broker::{Config, Destination, EpochOver, Session, Settlement};
use tokio::time::{sleep, timeout};

use crate::world::{PATIENCE, World, draft, message, next, settle_all, take, text};

#[tokio::test]
async fn what_is_settled_in_any_order_is_gone_and_the_rest_comes_again() {
    let world = World::declared().await;
    world.send_mails(300).await;
    let mut session = world.consuming().await;
    let mut deliveries = take(&mut session, 300).await;
    let kept: Vec<String> = [250, 100, 0].map(|n| text(&deliveries.remove(n).body)).into();
    deliveries.reverse();
    settle_all(deliveries);
    assert_eq!(session.close(PATIENCE).await.unsettled, 3);
    let mut again: Vec<String> =
        world.drain(&world.config.names.mail, 3).await.into_iter().map(|(body, _)| body).collect();
    again.sort();
    let mut kept = kept;
    kept.sort();
    assert_eq!(again, kept);
    world.expect_ready(&world.config.names.mail, 0).await;
}

#[tokio::test]
async fn one_slow_mail_does_not_keep_the_others_unacknowledged() {
    let mut world = World::declared().await;
    world.config.straggler_after = Duration::from_millis(100);
    world.send_mails(50).await;
    let mut session = world.consuming().await;
    let mut deliveries = take(&mut session, 50).await;
    let slow = deliveries.remove(0);
    settle_all(deliveries);
    sleep(Duration::from_secs(1)).await;
    drop(session);
    world.expect_ready(&world.config.names.mail, 1).await;
    let left = world.drain(&world.config.names.mail, 1).await;
    assert_eq!(left[0].0, text(&slow.body));
}

/// Trap: the numbers of deliveries begin again with every connection.
#[tokio::test]
async fn a_settlement_of_an_earlier_session_settles_nothing() {
    let world = World::declared().await;
    world.send_mails(10).await;
    let mut first = world.consuming().await;
    let stale = take(&mut first, 10).await;
    drop(first);
    let mut second = world.consuming().await;
    let held = take(&mut second, 10).await;
    assert!(stale[0].receipt.epoch() < held[0].receipt.epoch());
    settle_all(stale);
    sleep(Duration::from_millis(300)).await;
    drop((second, held));
    world.expect_ready(&world.config.names.mail, 10).await;
}

#[tokio::test]
async fn a_returned_mail_comes_again_and_says_so() {
    let world = World::declared().await;
    world.send_mails(2).await;
    let mut session = world.consuming().await;
    let deliveries = take(&mut session, 2).await;
    assert!(deliveries.iter().all(|delivery| !delivery.redelivered));
    for delivery in deliveries {
        delivery.settle(Settlement::Return);
    }
    let again = take(&mut session, 2).await;
    assert!(again.iter().all(|delivery| delivery.redelivered));
    settle_all(again);
    assert_eq!(session.close(PATIENCE).await.unsettled, 0);
    world.expect_ready(&world.config.names.mail, 0).await;
}

#[tokio::test]
async fn returning_some_and_settling_others_keeps_the_channel() {
    let world = World::declared().await;
    world.send_mails(200).await;
    let mut session = world.consuming().await;
    let mut done = 0;
    while done < 200 {
        for (n, delivery) in next(&mut session, 64).await.into_iter().enumerate() {
            let returns = n % 3 == 0 && !delivery.redelivered;
            done += usize::from(!returns);
            delivery.settle(if returns { Settlement::Return } else { Settlement::Done });
        }
    }
    assert_eq!(session.close(PATIENCE).await.unsettled, 0);
    world.expect_ready(&world.config.names.mail, 0).await;
}

#[tokio::test]
async fn a_delivery_dropped_without_a_word_comes_again() {
    let world = World::declared().await;
    world.send_mails(3).await;
    let mut session = world.consuming().await;
    drop(take(&mut session, 3).await);
    session.close(PATIENCE).await;
    world.expect_ready(&world.config.names.mail, 3).await;
}

#[tokio::test]
async fn after_stopping_nothing_more_is_taken_but_what_is_in_hand_can_be_finished() {
    let world = World::declared().await;
    world.send_mails(100).await;
    let mut session = world.consuming().await;
    let in_hand = take(&mut session, 10).await;
    session.stop_consuming().await;
    assert!(matches!(session.next_batch(1).await, Err(EpochOver::StoppedConsuming)));
    world.expect_ready(&world.config.names.mail, 90).await;
    for delivery in in_hand {
        assert!(session.publisher().publish(vec![draft(&text(&delivery.body))]).await[0].is_ok());
        delivery.settle(Settlement::Done);
    }
    assert_eq!(session.close(PATIENCE).await.unsettled, 0);
    world.expect_ready(&world.config.names.mail, 90).await;
    world.expect_ready(&world.config.names.drafts, 10).await;
}

#[tokio::test]
async fn closing_sends_what_was_handed_in_before() {
    let world = World::declared().await;
    world.send_mails(400).await;
    let mut session = world.consuming().await;
    let deliveries = take(&mut session, 400).await;
    let publisher = session.publisher();
    let drafts = deliveries.iter().map(|delivery| draft(&text(&delivery.body))).collect();
    let published = publisher.publish(drafts);
    settle_all(deliveries);
    let closing = async {
        tokio::task::yield_now().await;
        session.close(PATIENCE).await
    };
    let (results, closed) = futures_util::future::join(published, closing).await;
    assert_eq!(closed.unsettled, 0);
    assert!(results.iter().all(Result::is_ok), "{results:?}");
    world.expect_ready(&world.config.names.mail, 0).await;
    world.expect_ready(&world.config.names.drafts, 400).await;
}

#[tokio::test]
async fn no_delivery_is_lost_when_waiting_for_a_batch_is_given_up() {
    let world = World::declared().await;
    let mut session = world.consuming().await;
    let feed = world.session().await;
    let mut seen = Vec::new();
    for n in 0..200 {
        let sent = feed.publisher();
        let body = n.to_string();
        let publishing = async move { sent.publish(vec![message(Destination::Mail, &body)]).await };
        let waiting = timeout(Duration::from_micros(300 * (n % 5)), session.next_batch(8));
        let (results, batch) = futures_util::future::join(publishing, waiting).await;
        assert!(results[0].is_ok());
        seen.extend(batch.into_iter().flat_map(Result::unwrap));
    }
    seen.extend(take(&mut session, 200 - seen.len()).await);
    let bodies: Vec<String> = seen.iter().map(|delivery| text(&delivery.body)).collect();
    assert_eq!(bodies, (0..200).map(|n| n.to_string()).collect::<Vec<_>>());
}

#[tokio::test]
async fn live_mails_go_before_replayed_ones() {
    let world = World::declared().await;
    let names = &world.config.names;
    world.publish((0..20).map(|n| message(Destination::Replay, &format!("old {n}"))).collect()).await;
    world.send_mails(20).await;
    let mut session = world.session().await;
    session.consume(&[names.mail.clone(), names.replay.clone()]).await.unwrap();
    sleep(Duration::from_millis(500)).await;
    let batch = take(&mut session, 40).await;
    let queues: Vec<&str> = batch.iter().map(|delivery| delivery.queue.as_str()).collect();
    assert_eq!(queues[..20], ["postill.mail"; 20]);
    assert_eq!(queues[20..], ["postill.replay"; 20]);
}

#[tokio::test]
async fn no_more_is_held_than_the_prefetch() {
    let world = World::declared().await;
    world.send_mails(50).await;
    let prefetch = std::num::NonZeroU16::new(10).unwrap();
    let mut session = Session::open(&Config { prefetch, ..world.config.clone() }).await.unwrap();
    session.consume(std::slice::from_ref(&world.config.names.mail)).await.unwrap();
    let held = take(&mut session, 10).await;
    assert!(timeout(Duration::from_millis(300), session.next_batch(1)).await.is_err());
    world.expect_ready(&world.config.names.mail, 40).await;
    drop(held);
}

#[tokio::test]
async fn many_mails_behind_a_slow_one_are_acknowledged_soon_so_that_others_come() {
    let mut world = World::declared().await;
    world.config.straggler_after = PATIENCE;
    world.config.prefetch = std::num::NonZeroU16::new(16).unwrap();
    world.send_mails(50).await;
    let mut session = world.consuming().await;
    let slow = take(&mut session, 1).await;
    for _ in 0..20 {
        settle_all(take(&mut session, 2).await);
    }
    drop(slow);
}
