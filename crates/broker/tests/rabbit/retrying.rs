use std::time::{Duration, Instant};

use broker::{Destination, HeaderValue, Settlement, topology};

use crate::world::{PATIENCE, World, message, next, take, text, with_header};

async fn with_quick_ladder() -> World<'static> {
    let mut world = World::bare().await;
    world.config.ladder = vec![Duration::from_millis(300), Duration::from_secs(2)];
    topology::apply(&world.config).await.unwrap();
    world
}

#[tokio::test]
async fn a_retry_comes_back_after_its_delay_to_the_queue_it_came_from() {
    let world = with_quick_ladder().await;
    let names = &world.config.names;
    world.publish(vec![message(Destination::Mail, "live"), message(Destination::Replay, "old")]).await;
    let mut session = world.session().await;
    session.consume(&[names.mail.clone(), names.replay.clone()]).await.unwrap();
    for delivery in take(&mut session, 2).await {
        let mut again =
            message(Destination::Retry { step: 0, back_to: delivery.queue.clone() }, &text(&delivery.body));
        again.properties = delivery.properties.clone();
        let again = with_header(again, "postill-attempts", "1");
        assert!(session.publisher().publish(vec![again]).await[0].is_ok());
        delivery.settle(Settlement::Done);
    }
    let sent = Instant::now();
    for delivery in take(&mut session, 2).await {
        assert!(sent.elapsed() >= Duration::from_millis(250), "{:?}", sent.elapsed());
        assert_eq!(delivery.properties.text("postill-attempts"), Some("1"));
        let came_from = if text(&delivery.body) == "live" { &names.mail } else { &names.replay };
        assert_eq!(&delivery.queue, came_from);
        delivery.settle(Settlement::Done);
    }
}

#[tokio::test]
async fn a_mail_can_climb_the_ladder_again_and_again() {
    let world = with_quick_ladder().await;
    world.send_mails(1).await;
    let mut session = world.consuming().await;
    for _ in 0..5 {
        let delivery = take(&mut session, 1).await.remove(0);
        let mut again = message(Destination::Retry { step: 0, back_to: delivery.queue.clone() }, "mail 0");
        again.properties = delivery.properties.clone();
        assert!(session.publisher().publish(vec![again]).await[0].is_ok());
        delivery.settle(Settlement::Done);
    }
    assert_eq!(next(&mut session, 9).await.len(), 1);
}

#[tokio::test]
async fn a_later_step_waits_longer_and_beyond_the_last_is_the_last() {
    let world = with_quick_ladder().await;
    let back_to = world.config.names.mail.clone();
    let retry = |step, body| message(Destination::Retry { step, back_to: back_to.clone() }, body);
    world.publish(vec![retry(99, "late"), retry(1, "late"), retry(0, "soon")]).await;
    let mut session = world.consuming().await;
    let bodies: Vec<String> =
        take(&mut session, 3).await.iter().map(|delivery| text(&delivery.body)).collect();
    assert_eq!(bodies, ["soon", "late", "late"]);
}

#[tokio::test]
async fn a_dead_mail_lies_there_with_its_reason() {
    let world = World::declared().await;
    let dead = with_header(message(Destination::Dead, "unreadable"), "postill-reason", "not_a_mail");
    let mut dead = with_header(dead, "postill-error", "no header ends within 1 MiB");
    dead.properties.headers.insert("postill-attempts".to_owned(), HeaderValue::Integer(3));
    dead.properties.headers.insert("x-delivery-count".to_owned(), HeaderValue::Integer(3));
    world.publish(vec![dead.clone()]).await;
    let (body, properties) = world.drain(&world.config.names.dead, 1).await.remove(0);
    assert_eq!(body, "unreadable");
    assert_eq!(properties.text("postill-reason"), Some("not_a_mail"));
    dead.properties.headers.remove("x-delivery-count");
    assert_eq!(properties, dead.properties);
}

#[tokio::test]
async fn a_mail_delivered_too_often_goes_to_the_dead_queue_not_away() {
    let mut world = World::bare().await;
    world.config.delivery_limit = 2;
    topology::apply(&world.config).await.unwrap();
    world.send_mails(1).await;
    let mut session = world.consuming().await;
    for _ in 0..3 {
        take(&mut session, 1).await.remove(0).settle(Settlement::Return);
    }
    let (body, properties) = world.drain(&world.config.names.dead, 1).await.remove(0);
    assert_eq!(body, "mail 0");
    assert_eq!(properties.text("x-first-death-reason"), Some("delivery_limit"));
    session.close(PATIENCE).await;
}

#[tokio::test]
async fn a_mail_put_back_from_the_dead_queue_is_live_again() {
    let world = World::declared().await;
    let names = &world.config.names;
    world.publish(vec![message(Destination::Dead, "second chance")]).await;
    let mut session = world.session().await;
    session.consume(std::slice::from_ref(&names.dead)).await.unwrap();
    let delivery = take(&mut session, 1).await.remove(0);
    let back = message(Destination::Queue(names.mail.clone()), &text(&delivery.body));
    assert!(session.publisher().publish(vec![back]).await[0].is_ok());
    delivery.settle(Settlement::Done);
    session.close(PATIENCE).await;
    world.expect_ready(&names.dead, 0).await;
    world.expect_ready(&names.mail, 1).await;
}
