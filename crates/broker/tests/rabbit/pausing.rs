//! A queue from which nothing is wanted for a while, beside one that goes on.

use std::time::Duration;

use broker::{Delivery, Destination, Outgoing, Properties, Session, Settlement};
use tokio::time::timeout;

use crate::world::{PATIENCE, World};

/// How long nothing has to come before a test believes that nothing will.
const QUIET: Duration = Duration::from_millis(400);

fn mails(destination: &Destination, count: usize) -> Vec<Outgoing> {
    let one = || Outgoing {
        destination: destination.clone(),
        properties: Properties::default(),
        body: vec![b'm'; 100].into(),
    };
    std::iter::repeat_with(one).take(count).collect()
}

async fn takes(session: &mut Session) -> Vec<Delivery> {
    let mut taken = Vec::new();
    while let Ok(batch) = timeout(QUIET, session.next_batch(500)).await {
        taken.extend(batch.unwrap());
    }
    taken
}

fn settle(taken: Vec<Delivery>, settlement: Settlement) {
    for delivery in taken {
        delivery.settle(settlement);
    }
}

#[tokio::test]
async fn a_paused_queue_keeps_its_messages_until_it_is_resumed_and_the_others_go_on() {
    let world = World::declared().await;
    let names = world.config.names.clone();
    let mut session = Session::open(&world.config).await.unwrap();
    session.consume(&[names.approvals.clone(), names.mail.clone()]).await.unwrap();
    session.pause(std::slice::from_ref(&names.mail));
    world.publish(mails(&Destination::Mail, 20)).await;
    // One that came before the consumer was cancelled goes back, as whoever pauses gives it back.
    settle(takes(&mut session).await, Settlement::Return);
    world.expect_ready(&names.mail, 20).await;
    assert!(takes(&mut session).await.is_empty(), "mail was taken though the queue is paused");

    world.publish(mails(&Destination::Queue(names.approvals.clone()), 3)).await;
    let decisions = takes(&mut session).await;
    assert_eq!(decisions.len(), 3);
    settle(decisions, Settlement::Done);

    session.resume();
    let mail = takes(&mut session).await;
    assert_eq!(mail.len(), 20);
    settle(mail, Settlement::Done);
    assert_eq!(session.close(PATIENCE).await.unsettled, 0);
    world.expect_ready(&names.mail, 0).await;
}
