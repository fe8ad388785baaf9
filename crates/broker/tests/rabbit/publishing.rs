use broker::{Config, Destination, Name, Outgoing, PublishError, Session};
use lapin::ExchangeKind;
use lapin::types::{AMQPValue, FieldTable};

use crate::server::MAX_MESSAGE_BYTES;
use crate::world::{World, draft, message};

fn to_nowhere(body: &str) -> Outgoing {
    message(Destination::Queue("no.such.queue".parse().unwrap()), body)
}

/// Trap: a return comes attached to whichever confirm is next. A classic queue confirms as fast as the broker returns,
/// so that both come in one confirm of many messages.
#[tokio::test]
async fn an_unroutable_message_is_never_reported_stored_whatever_surrounds_it() {
    let world = World::declared().await;
    world.stranger().await.declare_queue("quick", FieldTable::default()).await;
    let session = world.session().await;
    let is_lost = |n: usize| n % 7 == 3 || n % 128 == 127 || n.is_multiple_of(128);
    let message = |n: usize| match n {
        n if is_lost(n) => to_nowhere(&n.to_string()),
        n if n.is_multiple_of(2) => message(Destination::Queue("quick".parse().unwrap()), &n.to_string()),
        n => draft(&n.to_string()),
    };
    for _ in 0..5 {
        let results = session.publisher().publish((0..1000).map(message).collect()).await;
        assert_eq!(results.len(), 1000);
        for (n, result) in results.iter().enumerate() {
            match result {
                Ok(()) => assert!(!is_lost(n), "{n} was reported stored"),
                Err(PublishError::Unroutable { .. }) => assert!(is_lost(n), "{n} was reported lost"),
                Err(error) => panic!("{n}: {error:?}"),
            }
        }
    }
    let drafts = (0..1000).filter(|n| !is_lost(*n) && !n.is_multiple_of(2)).count() * 5;
    world.expect_ready(&world.config.names.drafts, u32::try_from(drafts).unwrap()).await;
}

#[tokio::test]
async fn bursts_of_many_callers_do_not_mix_up_their_results() {
    let world = World::declared().await;
    let session = world.session().await;
    let calls = (0..200).map(|n| {
        let publisher = session.publisher();
        async move {
            let messages =
                vec![draft(&format!("{n} a")), to_nowhere(&format!("{n} b")), draft(&format!("{n} c"))];
            publisher.publish(messages).await
        }
    });
    for results in futures_util::future::join_all(calls).await {
        assert!(
            matches!(&results[..], [Ok(()), Err(PublishError::Unroutable { .. }), Ok(())]),
            "{results:?}"
        );
    }
    world.expect_ready(&world.config.names.drafts, 400).await;
}

#[tokio::test]
async fn an_unroutable_draft_is_kept_in_the_unrouted_queue() {
    let world = World::declared().await;
    let names = &world.config.names;
    world.stranger().await.unbind(&names.drafts, &names.out_exchange, "#").await;
    world.publish(vec![draft("nobody wants it")]).await;
    world.expect_ready(&names.unrouted, 1).await;
}

#[tokio::test]
async fn without_the_alternate_exchange_an_unroutable_draft_is_an_error() {
    let world = World::declared().await;
    let stranger = world.stranger().await;
    stranger.delete_exchange("postill.drafts").await;
    stranger.declare_exchange("postill.drafts", ExchangeKind::Topic).await;
    let session = world.session().await;
    let messages = vec![message(Destination::Mail, "1"), draft("2"), message(Destination::Dead, "3")];
    let results = session.publisher().publish(messages).await;
    assert!(matches!(&results[..], [Ok(()), Err(PublishError::Unroutable { .. }), Ok(())]), "{results:?}");
}

#[tokio::test]
async fn a_message_above_our_limit_is_an_error_for_it_alone() {
    let world = World::declared().await;
    let config = Config { max_message_bytes: 100, ..world.config.clone() };
    let session = Session::open(&config).await.unwrap();
    let results = session.publisher().publish(vec![draft("1"), draft(&"x".repeat(101)), draft("3")]).await;
    let too_large = matches!(results[1], Err(PublishError::TooLarge { bytes: 101, limit: 100 }));
    assert!(results[0].is_ok() && too_large && results[2].is_ok(), "{results:?}");
}

/// The broker answers by closing the channel on the whole burst.
#[tokio::test]
async fn a_message_above_the_brokers_limit_is_an_error_for_it_alone() {
    let server = crate::server::Server::private().await;
    let world = World::on(&server);
    broker::topology::apply(&world.config).await.unwrap();
    let session = world.session().await;
    let mut large = draft("large");
    large.body = vec![0; MAX_MESSAGE_BYTES + 1].into();
    let results =
        session.publisher().publish(vec![draft("1"), draft("2"), large, draft("4"), draft("5")]).await;
    for (n, result) in results.iter().enumerate() {
        let is_right =
            if n == 2 { matches!(result, Err(PublishError::Refused { .. })) } else { result.is_ok() };
        assert!(is_right, "{n}: {result:?}");
    }
    let after = session.publisher().publish((0..20).map(|n| draft(&n.to_string())).collect()).await;
    assert!(after.iter().all(Result::is_ok), "{after:?}");
}

#[tokio::test]
async fn a_missing_exchange_is_an_error_for_its_messages_alone() {
    let world = World::declared().await;
    let session = world.session().await;
    world.stranger().await.delete_exchange("postill.drafts").await;
    let messages =
        vec![draft("1"), message(Destination::Mail, "2"), draft("3"), message(Destination::Mail, "4")];
    let results = session.publisher().publish(messages).await;
    assert!(matches!(&results[0], Err(PublishError::Refused { .. })), "{results:?}");
    assert!(matches!(&results[2], Err(PublishError::Refused { .. })), "{results:?}");
    assert!(results[1].is_ok() && results[3].is_ok(), "{results:?}");
}

#[tokio::test]
async fn a_full_queue_is_an_error_for_what_it_did_not_store() {
    let world = World::declared().await;
    let mut arguments = FieldTable::default();
    for (name, value) in [("x-queue-type", "quorum"), ("x-overflow", "reject-publish")] {
        arguments.insert(name.into(), AMQPValue::LongString(value.into()));
    }
    arguments.insert("x-max-length".into(), AMQPValue::LongLongInt(1));
    world.stranger().await.declare_queue("small", arguments).await;
    let small: Name = "small".parse().unwrap();
    let session = world.session().await;
    let mut rejected = 0;
    for n in 0..20 {
        let messages = vec![draft("fits"), message(Destination::Queue(small.clone()), &n.to_string())];
        let results = session.publisher().publish(messages).await;
        assert!(results[0].is_ok(), "{results:?}");
        rejected += usize::from(matches!(results[1], Err(PublishError::Rejected)));
    }
    assert!(rejected >= 15, "{rejected}");
}

#[tokio::test]
async fn after_its_session_a_publisher_sends_nothing() {
    let world = World::declared().await;
    let session = world.session().await;
    let publisher = session.publisher();
    drop(session);
    let results = publisher.publish(vec![draft("late")]).await;
    assert!(results[0].as_ref().is_err_and(PublishError::is_transient), "{results:?}");
    world.expect_ready(&world.config.names.drafts, 0).await;
}
