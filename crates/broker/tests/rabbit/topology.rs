use broker::topology::{Finding, Problem, apply, check};
use broker::{Destination, Name, QueueDepth, depths};
use lapin::ExchangeKind;
use lapin::types::FieldTable;

use crate::world::{World, message, next};

const EXCHANGES: [&str; 4] = ["postill.in", "postill.drafts", "postill.unrouted", "postill.mail.retry"];
const QUEUES: [&str; 11] = [
    "postill.mail",
    "postill.replay",
    "postill.approvals",
    "postill.mail.retry.5s",
    "postill.mail.retry.1m",
    "postill.mail.retry.10m",
    "postill.mail.retry.1h",
    "postill.mail.retry.6h",
    "postill.mail.dead",
    "postill.drafts",
    "postill.unrouted",
];

#[tokio::test]
async fn applying_twice_changes_nothing() {
    let world = World::bare().await;
    let first = apply(&world.config).await.unwrap();
    assert_eq!(first.len(), 4 + 11 + 10);
    world.send_mails(3).await;
    assert_eq!(apply(&world.config).await.unwrap(), first);
    world.expect_ready(&world.config.names.mail, 3).await;
    assert_eq!(check(&world.config).await.unwrap(), []);
}

#[tokio::test]
async fn each_missing_exchange_and_queue_is_found() {
    let world = World::declared().await;
    let stranger = world.stranger().await;
    let mut expected = Vec::new();
    for exchange in EXCHANGES {
        stranger.delete_exchange(exchange).await;
        expected.push(Finding { what: format!("exchange {exchange}"), problem: Problem::Missing });
        assert_eq!(check(&world.config).await.unwrap(), expected);
    }
    for queue in QUEUES {
        stranger.delete_queue(queue).await;
        expected.push(Finding { what: format!("queue {queue}"), problem: Problem::Missing });
    }
    let found = check(&world.config).await.unwrap();
    assert_eq!(found, expected);
    assert!(found.iter().all(Finding::is_fatal));
    assert_eq!(found[0].to_string(), "The exchange postill.in is missing: run `topology apply`.");
}

#[tokio::test]
async fn each_exchange_and_queue_with_other_settings_is_found() {
    let world = World::declared().await;
    let stranger = world.stranger().await;
    for exchange in EXCHANGES {
        stranger.delete_exchange(exchange).await;
        stranger.declare_exchange(exchange, ExchangeKind::Direct).await;
    }
    for queue in QUEUES {
        stranger.delete_queue(queue).await;
        stranger.declare_queue(queue, FieldTable::default()).await;
    }
    let found = check(&world.config).await.unwrap();
    let whats: Vec<&str> = found.iter().map(|finding| finding.what.as_str()).collect();
    let exchanges = EXCHANGES.map(|name| format!("exchange {name}"));
    let queues = QUEUES.map(|name| format!("queue {name}"));
    assert_eq!(whats, exchanges.iter().chain(&queues).map(String::as_str).collect::<Vec<_>>());
    assert!(found.iter().all(|finding| matches!(finding.problem, Problem::Different { .. })), "{found:?}");
    let error = apply(&world.config).await.unwrap_err();
    assert!(error.to_string().contains("exchange postill.in exists with other settings"), "{error}");
}

#[tokio::test]
async fn another_delivery_limit_or_delay_is_a_difference() {
    let world = World::declared().await;
    let mut config = world.config.clone();
    config.delivery_limit = 7;
    let found = check(&config).await.unwrap();
    assert_eq!(found.len(), 3);
    assert!(found[0].to_string().contains("x-delivery-limit"), "{}", found[0]);
}

#[tokio::test]
async fn checking_changes_nothing() {
    let world = World::bare().await;
    assert_eq!(check(&world.config).await.unwrap().len(), 15);
    assert_eq!(check(&world.config).await.unwrap().len(), 15);
}

#[tokio::test]
async fn depths_tell_full_from_empty_from_missing() {
    let world = World::declared().await;
    world.send_mails(2).await;
    world.expect_ready(&world.config.names.mail, 2).await;
    let session = world.consuming().await;
    world.stranger().await.delete_queue("postill.replay").await;
    let found = depths(&world.config).await.unwrap();
    let of =
        |name: &str| found.iter().find(|depth: &&QueueDepth| depth.queue.as_str() == name).unwrap().depth;
    assert_eq!(of("postill.mail").unwrap().consumers, 1);
    assert_eq!(of("postill.mail.dead").map(|depth| (depth.ready, depth.consumers)), Some((0, 0)));
    assert_eq!(of("postill.replay"), None);
    drop(session);
}

#[tokio::test]
async fn the_in_exchange_sorts_what_comes_in_and_loses_nothing() {
    let world = World::declared().await;
    let stranger = world.stranger().await;
    let names = &world.config.names;
    for (key, count) in [("mail", 1), ("mail.acme", 2), ("replay", 1), ("approval.desk", 4), ("mial", 3)] {
        for _ in 0..count {
            stranger.publish(names.in_exchange.as_str(), key).await;
        }
    }
    world.expect_ready(&names.mail, 3).await;
    world.expect_ready(&names.replay, 1).await;
    world.expect_ready(&names.approvals, 4).await;
    world.expect_ready(&names.unrouted, 3).await;
}

#[tokio::test]
async fn names_of_ones_own_are_used_throughout() {
    let mut world = World::bare().await;
    world.config.names = broker::Names::with_prefix("acme").unwrap();
    world.config.names.mail = "inbox".parse::<Name>().unwrap();
    apply(&world.config).await.unwrap();
    world.publish(vec![message(Destination::Mail, "hello")]).await;
    let mut session = world.consuming().await;
    assert_eq!(next(&mut session, 1).await[0].queue.as_str(), "inbox");
}
