//! Memory is bounded in bytes, whatever lies in the queue: what has no room goes back to the broker and comes again.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::time::Duration;

use broker::{Config, Delivery, Destination, HeaderValue, Outgoing, Properties, Session, Settlement};
use tokio::time::timeout;

use crate::world::{PATIENCE, World, next};

/// How long nothing more has to come before a test believes that nothing more will.
const QUIET: Duration = Duration::from_millis(400);

fn body(id: usize, bytes: usize) -> Outgoing {
    let properties = Properties { message_id: Some(format!("mail {id}")), ..Properties::default() };
    Outgoing { destination: Destination::Mail, properties, body: vec![b'm'; bytes].into() }
}

impl World<'_> {
    /// A session that takes live mails and holds no more than so many bytes.
    async fn bounded(&self, bytes: usize) -> Session {
        let unsettled_bytes = NonZeroUsize::new(bytes).unwrap();
        let mut session = Session::open(&Config { unsettled_bytes, ..self.config.clone() }).await.unwrap();
        session.consume(std::slice::from_ref(&self.config.names.mail)).await.unwrap();
        session
    }

    async fn sends(&self, sizes: impl IntoIterator<Item = usize>) {
        self.publish(sizes.into_iter().enumerate().map(|(id, bytes)| body(id, bytes)).collect()).await;
    }
}

fn bytes_of(held: &[Delivery]) -> usize {
    held.iter().map(|delivery| delivery.body.len()).sum()
}

fn id_of(delivery: &Delivery) -> String {
    delivery.properties.message_id.clone().unwrap()
}

/// How often the broker has seen it come back.
fn times_given_back(delivery: &Delivery) -> i64 {
    match delivery.properties.headers.get("x-delivery-count") {
        Some(HeaderValue::Integer(times)) => *times,
        Some(HeaderValue::Text(_) | HeaderValue::Flag(_)) | None => 0,
    }
}

/// Takes whatever comes until nothing does.
async fn takes_all_it_can(session: &mut Session, held: &mut Vec<Delivery>) {
    while let Ok(batch) = timeout(QUIET, session.next_batch(500)).await {
        held.extend(batch.unwrap());
    }
}

#[tokio::test]
async fn no_more_bytes_are_held_than_the_bound_and_every_mail_comes_through() {
    const MAILS: usize = 100;
    const BOUND: usize = 2_000_000;
    let world = World::declared().await;
    world.sends((0..MAILS).map(|_| 200_000)).await;
    let mut session = world.bounded(BOUND).await;
    let (mut held, mut seen, mut most) = (Vec::new(), BTreeMap::<String, usize>::new(), 0);
    while seen.len() < MAILS {
        takes_all_it_can(&mut session, &mut held).await;
        most = most.max(bytes_of(&held));
        assert!(bytes_of(&held) <= BOUND, "{} bytes are held", bytes_of(&held));
        // A third of what is held is worked on for longer.
        for delivery in held.drain(..(held.len() * 2).div_ceil(3)) {
            *seen.entry(id_of(&delivery)).or_default() += 1;
            delivery.settle(Settlement::Done);
        }
    }
    assert!(most >= BOUND / 2, "no more than {most} bytes were ever held");
    assert!(seen.values().all(|times| *times == 1), "{seen:?}");
    assert_eq!(session.close(PATIENCE).await.unsettled, 0);
    world.expect_ready(&world.config.names.mail, 0).await;
    world.expect_ready(&world.config.names.dead, 0).await;
}

#[tokio::test]
async fn a_full_session_takes_nothing_until_half_is_settled_and_then_goes_on() {
    let world = World::declared().await;
    world.sends((0..30).map(|_| 100_000)).await;
    let mut session = world.bounded(1_000_000).await;
    let mut held = Vec::new();
    takes_all_it_can(&mut session, &mut held).await;
    let full = held.len();
    assert!((5..=10).contains(&full), "{full} are held");
    world.expect_ready(&world.config.names.mail, 30 - u32::try_from(full).unwrap()).await;
    for delivery in held.drain(..) {
        delivery.settle(Settlement::Done);
    }
    takes_all_it_can(&mut session, &mut held).await;
    assert!(held.len() >= 5, "only {} came after that", held.len());
}

#[tokio::test]
async fn a_mail_larger_than_the_bound_comes_through_alone() {
    let world = World::declared().await;
    world.sends([1_000, 3_000_000, 1_000, 3_000_000, 1_000]).await;
    let mut session = world.bounded(1_000_000).await;
    let mut seen = Vec::new();
    while seen.len() < 5 {
        let mut held = next(&mut session, 500).await;
        takes_all_it_can(&mut session, &mut held).await;
        assert!(held.len() == 1 || bytes_of(&held) <= 1_000_000, "{} bytes are held", bytes_of(&held));
        for delivery in held {
            seen.push(id_of(&delivery));
            delivery.settle(Settlement::Done);
        }
    }
    seen.sort();
    assert_eq!(seen, (0..5).map(|id| format!("mail {id}")).collect::<Vec<_>>());
}

/// Small mails make the window large, and then come large ones, again and again. Each time what had been sent ahead is given back, which
/// the broker counts: far from as often as it allows.
#[tokio::test]
async fn giving_back_does_not_use_up_the_deliveries_a_mail_has() {
    const MAILS: usize = 900;
    const ALLOWED: u32 = 12;
    let mut world = World::bare().await;
    world.config.delivery_limit = ALLOWED;
    broker::topology::apply(&world.config).await.unwrap();
    world.sends((0..MAILS).map(|id| if id % 150 >= 130 { 400_000 } else { 500 })).await;
    let mut session = world.bounded(2_000_000).await;
    let (mut held, mut seen) = (Vec::new(), BTreeMap::<String, usize>::new());
    let (mut largest, mut given_back, mut again) = (0, 0, 0);
    while seen.len() < MAILS {
        // Whoever works on mails settles all of them in the end; here the last half takes longer, unless nothing else comes.
        let before = held.len();
        while let Ok(batch) = timeout(Duration::from_millis(50), session.next_batch(500)).await {
            held.extend(batch.unwrap());
        }
        let settled = if held.len() > before { held.len().div_ceil(2) } else { held.len() };
        largest = largest.max(bytes_of(&held));
        for delivery in held.drain(..settled) {
            given_back = given_back.max(times_given_back(&delivery));
            again += usize::from(delivery.redelivered);
            *seen.entry(id_of(&delivery)).or_default() += 1;
            delivery.settle(Settlement::Done);
        }
    }
    println!("{again} mails were given back, none more than {given_back} times");
    assert!(again > 0, "nothing was ever given back: the test shows nothing");
    assert!(given_back <= i64::from(ALLOWED) / 2, "a mail was given back {given_back} times");
    assert!(largest <= 2_000_000, "{largest} bytes were held");
    assert!(seen.values().all(|times| *times == 1));
    session.close(PATIENCE).await;
    world.expect_ready(&world.config.names.mail, 0).await;
    world.expect_ready(&world.config.names.dead, 0).await;
}

#[tokio::test]
async fn a_full_session_can_be_stopped_and_closed_and_leaves_what_it_holds_to_others() {
    let world = World::declared().await;
    world.sends((0..30).map(|_| 100_000)).await;
    let mut session = world.bounded(500_000).await;
    let mut held = Vec::new();
    takes_all_it_can(&mut session, &mut held).await;
    let count = held.len();
    session.stop_consuming().await;
    world.expect_ready(&world.config.names.mail, 30 - u32::try_from(count).unwrap()).await;
    assert_eq!(session.close(PATIENCE).await.unsettled, count);
    world.expect_ready(&world.config.names.mail, 30).await;
}

#[tokio::test]
async fn a_queue_that_is_deleted_while_a_session_is_full_ends_it() {
    let world = World::declared().await;
    world.sends((0..30).map(|_| 100_000)).await;
    let mut session = world.bounded(500_000).await;
    let mut held = Vec::new();
    takes_all_it_can(&mut session, &mut held).await;
    world.stranger().await.delete_queue("postill.mail").await;
    drop(held);
    let ended = timeout(PATIENCE, session.ended()).await;
    assert!(ended.is_ok(), "a session without a queue goes on as if nothing came");
}
