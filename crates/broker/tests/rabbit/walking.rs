use broker::{Destination, Name, Session, Walk};

use crate::world::{PATIENCE, World, message, text};

/// `mail 0`, `mail 1`, … in the dead queue.
async fn dead(world: &World<'_>, count: usize) -> Name {
    world.publish((0..count).map(|n| message(Destination::Dead, &format!("mail {n}"))).collect()).await;
    world.config.names.dead.clone()
}

async fn begun(session: &Session, queue: &Name) -> Walk {
    session.walker().walk(queue).await.unwrap()
}

/// Everything that is met, in batches of at most `most` messages; the first batch is taken out.
async fn walk_through(mut walk: Walk, most: usize) -> Vec<String> {
    let (mut met, mut is_first) = (Vec::new(), true);
    loop {
        let batch = walk.next_batch(most, usize::MAX).await.unwrap();
        if batch.is_empty() {
            walk.end().await.unwrap();
            return met;
        }
        assert!(batch.len() <= most);
        for one in batch {
            met.push(text(&one.body));
            if is_first {
                walk.take_out(one.hold).await.unwrap();
            }
        }
        is_first = false;
    }
}

#[tokio::test]
async fn each_message_is_met_once_and_only_what_is_taken_out_is_gone() {
    let world = World::declared().await;
    let queue = dead(&world, 10).await;
    let session = world.session().await;
    let met = walk_through(begun(&session, &queue).await, 3).await;
    assert_eq!(met, (0..10).map(|n| format!("mail {n}")).collect::<Vec<_>>());
    world.expect_ready(&queue, 7).await;
    let mut left: Vec<String> = world.drain(&queue, 7).await.into_iter().map(|(body, _)| body).collect();
    left.sort();
    assert_eq!(left, (3..10).map(|n| format!("mail {n}")).collect::<Vec<_>>());
    session.close(PATIENCE).await;
}

#[tokio::test]
async fn a_walk_ends_where_the_queue_ended_when_it_began() {
    let world = World::declared().await;
    let queue = dead(&world, 2).await;
    let session = world.session().await;
    let mut walk = begun(&session, &queue).await;
    dead(&world, 5).await;
    assert_eq!(walk.next_batch(100, usize::MAX).await.unwrap().len(), 2);
    assert_eq!(walk.next_batch(100, usize::MAX).await.unwrap().len(), 0);
    walk.end().await.unwrap();
    world.expect_ready(&queue, 7).await;
    session.close(PATIENCE).await;
}

#[tokio::test]
async fn a_batch_holds_no_more_bytes_than_wanted_but_for_its_last_message() {
    let world = World::declared().await;
    let queue = dead(&world, 4).await;
    let session = world.session().await;
    let mut walk = begun(&session, &queue).await;
    let mut met = Vec::new();
    for bytes in [10, 12, 1] {
        met.push(walk.next_batch(100, bytes).await.unwrap().len());
    }
    // `mail 0` has six bytes.
    assert_eq!(met, [2, 2, 0]);
    drop(walk);
    session.close(PATIENCE).await;
    world.expect_ready(&queue, 4).await;
}

#[tokio::test]
async fn what_a_walker_held_comes_back_when_its_session_is_gone() {
    let world = World::declared().await;
    let queue = dead(&world, 5).await;
    let session = world.session().await;
    let mut walk = begun(&session, &queue).await;
    assert_eq!(walk.next_batch(5, usize::MAX).await.unwrap().len(), 5);
    world.expect_ready(&queue, 0).await;
    drop(session);
    drop(walk);
    world.expect_ready(&queue, 5).await;
}

#[tokio::test]
async fn a_queue_that_is_not_there_is_an_error_and_the_session_lives_on() {
    let world = World::declared().await;
    let session = world.session().await;
    let nowhere = "postill.nowhere".parse().unwrap();
    assert!(session.walker().walk(&nowhere).await.is_err());
    let queue = dead(&world, 1).await;
    assert_eq!(walk_through(begun(&session, &queue).await, 1).await, ["mail 0"]);
    session.close(PATIENCE).await;
}
