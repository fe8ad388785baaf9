//! Dead mail: grouped by its cause, and put back or dropped as a person ordered it.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use domain::{RunKind, WorkspaceId};
use serde_json::{Value, json};
use store::{
    Arrival, Burial, Claim, DeadDeed, DeadGroup, DeadMove, DeadOrder, DeadOrderState, DeadOrdered,
    DeadTarget, DeadWalk, Ledger,
};

use crate::engines::on_both_engines;
use crate::world::{ENDED, LONG, World, arrival, exactly, finished, lease_of, run};

on_both_engines!(
    mails_of_one_cause_are_one_group_whatever_the_numbers,
    groups_are_those_of_the_workspace_asked_for,
    a_group_is_read_page_by_page_the_last_death_first,
    what_an_older_program_gave_up_is_grouped_by_its_sentence,
    an_order_puts_back_what_is_found_and_says_what_is_not,
    an_order_concerns_nothing_that_died_after_it_was_seen,
    one_mail_of_a_group_is_ordered_alone,
    a_dropped_mail_is_listed_no_more_and_stays_dead,
    an_order_about_more_than_was_seen_or_about_nothing_is_not_made,
    the_same_is_not_ordered_twice_before_it_is_carried_out,
    of_two_walkers_one_has_the_orders,
    a_walker_that_was_killed_in_between_leaves_nothing_behind,
    a_walker_that_lost_its_right_moves_nothing,
    orders_of_another_workspace_touch_nothing_here,
    an_order_stands_in_the_trail_with_its_end,
);

const TOO_LARGE: [&str; 2] = [
    "the message has 2097153 bytes, more than the 2097152 that are read",
    "the message has 99999999 bytes, more than the 2097152 that are read",
];

/// Mail `number` dies, of this.
async fn dies(world: &World, number: u32, code: &str, sentence: &str) -> Result<()> {
    dies_as(world, arrival(number), code, sentence).await
}

async fn dies_as(world: &World, arrival: Arrival, code: &str, sentence: &str) -> Result<()> {
    let [claim] = exactly(world.ledger.claim(&[arrival], LONG).await?)?;
    let burial = Burial { lease: lease_of(claim)?, code: code.to_owned(), sentence: sentence.to_owned() };
    world.ledger.bury(&[burial]).await?;
    Ok(())
}

/// Mails 1 to `count` die of being too large.
async fn some_die(world: &World, count: u32) -> Result<DeadGroup> {
    for number in 1..=count {
        dies(world, number, "too_large", TOO_LARGE[0]).await?;
    }
    let [group] = exactly(world.ledger.dead_groups(None).await?)?;
    Ok(group)
}

async fn ordered(ledger: &Ledger, target: DeadTarget, deed: &DeadDeed) -> Result<DeadOrder> {
    match ledger.order_dead(&target, deed, "kim").await? {
        DeadOrdered::Made(order) => Ok(*order),
        other @ (DeadOrdered::Before(_) | DeadOrdered::Grown { .. } | DeadOrdered::Nothing) => {
            anyhow::bail!("not made: {other:?}")
        }
    }
}

fn drop_it() -> DeadDeed {
    DeadDeed::Drop { reason: "spam".to_owned() }
}

async fn walk(ledger: &Ledger) -> Result<DeadWalk> {
    ledger.claim_dead_orders(LONG).await?.context("nothing to carry out")
}

/// What the walker is told of these mails, in their order.
async fn told(ledger: &Ledger, walk: &DeadWalk, numbers: &[u32]) -> Result<Vec<Option<DeadMove>>> {
    let found: Vec<Arrival> = numbers.iter().copied().map(arrival).collect();
    let moves = ledger.take_up_dead(walk, &found).await?.context("the right was lost")?;
    Ok(found.iter().map(|arrival| moves.get(arrival).copied()).collect())
}

/// Lets the next walk be due now.
async fn at_once(world: &World) -> Result<()> {
    run(&world.url, "update dead_order set due_at = 0".to_owned()).await
}

async fn mails_of_one_cause_are_one_group_whatever_the_numbers(world: World) -> Result<()> {
    for (number, sentence) in (1..).zip(TOO_LARGE) {
        dies(&world, number, "too_large", sentence).await?;
    }
    dies(&world, 3, "bad_json", "the JSON is not a mail at `to`, line 1, column 7").await?;
    dies(&world, 4, "bad_json", "the JSON is not a mail at `from`, line 1, column 7").await?;
    let groups = world.ledger.dead_groups(Some(&WorkspaceId::default())).await?;
    let told: Vec<_> = groups.iter().map(|group| (group.sentence.as_str(), group.mails)).collect();
    let expected = [
        ("the JSON is not a mail at `from`, line 1, column 7", 1),
        ("the JSON is not a mail at `to`, line 1, column 7", 1),
        ("the message has … bytes, more than the … that are read", 2),
    ];
    ensure!(expected.iter().all(|group| told.contains(group)) && told.len() == 3, "{told:?}");
    assert_eq!(world.ledger.count_dead(&WorkspaceId::default()).await?, 4);
    Ok(())
}

async fn groups_are_those_of_the_workspace_asked_for(world: World) -> Result<()> {
    let other: WorkspaceId = "other".parse()?;
    let there = Arrival { workspace: other.clone(), ..arrival(1) };
    let replayed = Arrival { run: RunKind::Replay, ..arrival(1) };
    for arrival in [arrival(1), there, replayed] {
        dies_as(&world, arrival, "empty", "the delivery is empty").await?;
    }
    let here = world.ledger.dead_groups(Some(&WorkspaceId::default())).await?;
    let runs: Vec<RunKind> = here.iter().map(|group| group.run).collect();
    ensure!(runs.len() == 2 && runs.contains(&RunKind::Live) && runs.contains(&RunKind::Replay), "{runs:?}");
    let [theirs] = exactly(world.ledger.dead_groups(Some(&other)).await?)?;
    ensure!(here.iter().all(|group| group.id != theirs.id));
    assert_eq!(world.ledger.dead_groups(None).await?.len(), 3);
    assert_eq!((world.ledger.count_dead(&other).await?, theirs.mails), (1, 1));
    let start: String = arrival(1).digest.to_string().chars().take(8).collect();
    assert_eq!(world.ledger.dead_mails_starting(None, &start).await?.len(), 3);
    let [found] = exactly(world.ledger.dead_mails_starting(Some(&other), &start).await?)?;
    assert_eq!((found.group, found.arrival.workspace), (theirs.id, other));
    Ok(())
}

async fn a_group_is_read_page_by_page_the_last_death_first(world: World) -> Result<()> {
    for (number, minute) in [(1, 1), (2, 3), (3, 3), (4, 2)] {
        dies(&world, number, "too_large", TOO_LARGE[0]).await?;
        let digest = arrival(number).digest;
        run(&world.url, format!("update mail set ended_at = {} where digest = '{digest}'", minute * 60_000))
            .await?;
    }
    let [group] = exactly(world.ledger.dead_groups(None).await?)?;
    assert_eq!((group.oldest.as_second(), group.newest.as_second()), (60, 180));
    let (mut listed, mut from) = (Vec::new(), None);
    loop {
        let page = world.ledger.dead_mails(&group, from, 1).await?;
        let Some(mail) = page.into_iter().next() else { break };
        from = Some(mail.mark().to_string().parse()?);
        listed.push(mail);
    }
    let times: Vec<i64> = listed.iter().map(|mail| mail.died_at.as_second()).collect();
    assert_eq!(times, [180, 180, 120, 60]);
    let mut digests: Vec<_> = listed.iter().map(|mail| mail.arrival.digest).collect();
    digests.sort_unstable();
    digests.dedup();
    assert_eq!(digests.len(), 4, "each is listed once");
    ensure!(listed.iter().all(|mail| mail.sentence == TOO_LARGE[0] && mail.attempts == 1));
    Ok(())
}

async fn what_an_older_program_gave_up_is_grouped_by_its_sentence(world: World) -> Result<()> {
    let group = some_die(&world, 2).await?;
    run(&world.url, "update mail set death_shape = null".to_owned()).await?;
    let [older] = exactly(world.ledger.dead_groups(None).await?)?;
    assert_eq!((older.mails, older.sentence.as_str()), (2, TOO_LARGE[0]));
    assert_ne!(older.id, group.id);
    let order = ordered(&world.ledger, DeadTarget::Group(older), &DeadDeed::Requeue).await?;
    assert_eq!(order.mails, 2);
    Ok(())
}

async fn an_order_puts_back_what_is_found_and_says_what_is_not(world: World) -> Result<()> {
    let group = some_die(&world, 3).await?;
    let order = ordered(&world.ledger, DeadTarget::Group(group), &DeadDeed::Requeue).await?;
    assert_eq!((order.mails, order.state), (3, DeadOrderState::Open));
    // The third is not in the queue, and mail 9 is not dead.
    for _ in 0..2 {
        let walk = walk(&world.ledger).await?;
        told(&world.ledger, &walk, &[1, 2, 9]).await?;
        assert_eq!(world.ledger.end_dead_walk(&walk).await?, [], "it is looked for again");
        ensure!(world.ledger.claim_dead_orders(LONG).await?.is_none(), "not at once");
        at_once(&world).await?;
    }
    let last = walk(&world.ledger).await?;
    let again = told(&world.ledger, &last, &[1, 2, 9]).await?;
    assert_eq!(again, [Some(DeadMove::Requeue), Some(DeadMove::Requeue), None]);
    let [ended] = exactly(world.ledger.end_dead_walk(&last).await?)?;
    assert_eq!(ended.moved, 2);
    ensure!(matches!(ended.state, DeadOrderState::Ended { missing: 1, .. }), "{:?}", ended.state);
    assert_eq!(world.ledger.dead_order(order.id).await?, Some(ended));
    assert_eq!(world.take(1, LONG).await?.attempts, 1);
    ensure!(matches!(world.claim_one(3, LONG).await?, Claim::Dead(_)));
    assert_eq!(world.ledger.count_dead(&WorkspaceId::default()).await?, 1);
    Ok(())
}

async fn an_order_concerns_nothing_that_died_after_it_was_seen(world: World) -> Result<()> {
    let mut seen = some_die(&world, 2).await?;
    run(&world.url, "update mail set ended_at = ended_at - 1000".to_owned()).await?;
    seen.newest = seen.newest.saturating_sub(Duration::from_secs(1))?;
    dies(&world, 3, "too_large", TOO_LARGE[1]).await?;
    let order = ordered(&world.ledger, DeadTarget::Group(seen), &DeadDeed::Requeue).await?;
    assert_eq!(order.mails, 2);
    let walk = walk(&world.ledger).await?;
    let moves = told(&world.ledger, &walk, &[1, 2, 3]).await?;
    assert_eq!(moves, [Some(DeadMove::Requeue), Some(DeadMove::Requeue), None]);
    // One of them dies again before the walk is over.
    dies(&world, 2, "too_large", TOO_LARGE[0]).await?;
    assert_eq!(told(&world.ledger, &walk, &[2]).await?, [None]);
    let [ended] = exactly(world.ledger.end_dead_walk(&walk).await?)?;
    ensure!(matches!(ended.state, DeadOrderState::Ended { missing: 0, .. }), "{:?}", ended.state);
    Ok(())
}

async fn one_mail_of_a_group_is_ordered_alone(world: World) -> Result<()> {
    let group = some_die(&world, 3).await?;
    let mails = world.ledger.dead_mails(&group, None, 10).await?;
    let mail = mails.into_iter().find(|mail| mail.arrival == arrival(2)).context("no mail 2")?;
    let order = ordered(&world.ledger, DeadTarget::Mail(mail), &DeadDeed::Requeue).await?;
    assert_eq!((order.mails, order.mail), (1, Some(arrival(2).digest)));
    let walk = walk(&world.ledger).await?;
    assert_eq!(told(&world.ledger, &walk, &[1, 2, 3]).await?, [None, Some(DeadMove::Requeue), None]);
    let [ended] = exactly(world.ledger.end_dead_walk(&walk).await?)?;
    assert_eq!(ended.moved, 1);
    assert_eq!(world.ledger.count_dead(&WorkspaceId::default()).await?, 2);
    Ok(())
}

async fn a_dropped_mail_is_listed_no_more_and_stays_dead(world: World) -> Result<()> {
    let group = some_die(&world, 2).await?;
    ordered(&world.ledger, DeadTarget::Group(group), &drop_it()).await?;
    let walk = walk(&world.ledger).await?;
    assert_eq!(told(&world.ledger, &walk, &[1, 2]).await?, [Some(DeadMove::Drop); 2]);
    assert_eq!(world.ledger.end_dead_walk(&walk).await?.len(), 1);
    assert_eq!(world.ledger.dead_groups(None).await?, []);
    assert_eq!(world.ledger.known_as_dead(&[arrival(1), arrival(2)]).await?.len(), 0);
    ensure!(matches!(world.claim_one(1, LONG).await?, Claim::Dead(death) if death.code == "too_large"));
    ensure!(world.ledger.revive(&arrival(1)).await?, "a person may think otherwise");
    assert_eq!(world.take(1, LONG).await?.attempts, 1);
    Ok(())
}

async fn an_order_about_more_than_was_seen_or_about_nothing_is_not_made(world: World) -> Result<()> {
    let group = some_die(&world, 2).await?;
    let mut fewer = group.clone();
    fewer.mails = 1;
    let grown = world.ledger.order_dead(&DeadTarget::Group(fewer), &DeadDeed::Requeue, "kim").await?;
    assert_eq!(grown, DeadOrdered::Grown { mails: 2 });
    for number in 1..=2 {
        world.ledger.revive(&arrival(number)).await?;
    }
    let nothing = world.ledger.order_dead(&DeadTarget::Group(group), &drop_it(), "kim").await?;
    assert_eq!(nothing, DeadOrdered::Nothing);
    assert_eq!(world.ledger.dead_orders(None, 10).await?, []);
    Ok(())
}

async fn the_same_is_not_ordered_twice_before_it_is_carried_out(world: World) -> Result<()> {
    let group = some_die(&world, 2).await?;
    let first = ordered(&world.ledger, DeadTarget::Group(group.clone()), &DeadDeed::Requeue).await?;
    let [mail, _] = exactly(world.ledger.dead_mails(&group, None, 10).await?)?;
    for target in [DeadTarget::Group(group.clone()), DeadTarget::Mail(mail)] {
        let again = world.ledger.order_dead(&target, &drop_it(), "ann").await?;
        assert_eq!(again, DeadOrdered::Before(Box::new(first.clone())));
    }
    let walk = walk(&world.ledger).await?;
    told(&world.ledger, &walk, &[1, 2]).await?;
    world.ledger.end_dead_walk(&walk).await?;
    dies(&world, 1, "too_large", TOO_LARGE[0]).await?;
    let [group] = exactly(world.ledger.dead_groups(None).await?)?;
    ordered(&world.ledger, DeadTarget::Group(group), &drop_it()).await?;
    Ok(())
}

async fn of_two_walkers_one_has_the_orders(world: World) -> Result<()> {
    let group = some_die(&world, 2).await?;
    ordered(&world.ledger, DeadTarget::Group(group.clone()), &DeadDeed::Requeue).await?;
    dies(&world, 3, "empty", "the delivery is empty").await?;
    let [empty] = exactly(world.ledger.dead_mails_starting(None, &arrival(3).digest.to_string()).await?)?;
    let other = world.other_worker().await?;
    let (one, two) = tokio::try_join!(world.ledger.claim_dead_orders(LONG), other.claim_dead_orders(LONG))?;
    ensure!(one.is_some() != two.is_some(), "{one:?} {two:?}");
    // Nor does anybody begin beside him what is ordered meanwhile.
    ordered(&world.ledger, DeadTarget::Mail(empty), &drop_it()).await?;
    ensure!(other.claim_dead_orders(LONG).await?.is_none());
    let walk = one.or(two).context("nobody")?;
    world.ledger.give_back_dead_walk(&walk, Duration::ZERO).await?;
    assert_eq!(self::walk(&other).await?.orders.len(), 2);
    Ok(())
}

async fn a_walker_that_was_killed_in_between_leaves_nothing_behind(world: World) -> Result<()> {
    let group = some_die(&world, 3).await?;
    let order = ordered(&world.ledger, DeadTarget::Group(group), &DeadDeed::Requeue).await?;
    let killed = world.ledger.claim_dead_orders(ENDED).await?.context("nothing")?;
    // Mail 1 was moved and worked on, 2 was noted and not moved, 3 not even noted.
    told(&world.ledger, &killed, &[1, 2]).await?;
    run(&world.url, "update dead_order set lease_expires_at = 0".to_owned()).await?;
    let lease = world.take(1, LONG).await?;
    world.ledger.finish(&[finished(lease, 1, "one")]).await?;
    let known = world.ledger.known_as_dead(&[1, 2, 3, 4].map(arrival)).await?;
    assert_eq!(known.len(), 3, "whoever clears up what nobody knows leaves these alone");
    let next = walk(&world.ledger).await?;
    assert_eq!(told(&world.ledger, &next, &[2, 3]).await?, [Some(DeadMove::Requeue); 2]);
    // Had only the acknowledgement been lost, it would be given its draft once more.
    assert_eq!(told(&world.ledger, &next, &[1]).await?, [Some(DeadMove::Requeue)]);
    let [ended] = exactly(world.ledger.end_dead_walk(&next).await?)?;
    assert_eq!((ended.id, ended.moved), (order.id, 3));
    ensure!(matches!(ended.state, DeadOrderState::Ended { missing: 0, .. }), "{:?}", ended.state);
    Ok(())
}

async fn a_walker_that_lost_its_right_moves_nothing(world: World) -> Result<()> {
    let group = some_die(&world, 1).await?;
    ordered(&world.ledger, DeadTarget::Group(group), &drop_it()).await?;
    let frozen = world.ledger.claim_dead_orders(ENDED).await?.context("nothing")?;
    let owner = walk(&world.ledger).await?;
    assert_eq!(world.ledger.take_up_dead(&frozen, &[arrival(1)]).await?, None);
    assert_eq!(world.ledger.end_dead_walk(&frozen).await?, []);
    world.ledger.give_back_dead_walk(&frozen, Duration::ZERO).await?;
    assert_eq!(told(&world.ledger, &owner, &[1]).await?, [Some(DeadMove::Drop)]);
    assert_eq!(world.ledger.end_dead_walk(&owner).await?.len(), 1);
    Ok(())
}

async fn orders_of_another_workspace_touch_nothing_here(world: World) -> Result<()> {
    let other: WorkspaceId = "other".parse()?;
    let there = Arrival { workspace: other.clone(), ..arrival(1) };
    dies(&world, 1, "empty", "the delivery is empty").await?;
    dies_as(&world, there.clone(), "empty", "the delivery is empty").await?;
    let [theirs] = exactly(world.ledger.dead_groups(Some(&other)).await?)?;
    ordered(&world.ledger, DeadTarget::Group(theirs), &DeadDeed::Requeue).await?;
    let walk = walk(&world.ledger).await?;
    let moves = world.ledger.take_up_dead(&walk, &[arrival(1), there.clone()]).await?.context("lost")?;
    ensure!(moves.len() == 1 && moves.contains_key(&there), "{moves:?}");
    assert_eq!(world.ledger.count_dead(&WorkspaceId::default()).await?, 1);
    assert_eq!(world.ledger.dead_orders(Some(&WorkspaceId::default()), 10).await?, []);
    Ok(())
}

async fn an_order_stands_in_the_trail_with_its_end(world: World) -> Result<()> {
    let workspace = WorkspaceId::default();
    let group = some_die(&world, 2).await?;
    let before = world.ledger.mark(&workspace).await?;
    ordered(&world.ledger, DeadTarget::Group(group.clone()), &drop_it()).await?;
    let walk = walk(&world.ledger).await?;
    told(&world.ledger, &walk, &[1, 2]).await?;
    world.ledger.end_dead_walk(&walk).await?;
    let [end, order] = exactly(world.ledger.audit_trail(&workspace, None, 10).await?)?;
    assert_eq!((order.entry.actor.as_str(), order.entry.event.as_str()), ("kim", "dead.drop_ordered"));
    let said = |detail: &Value, name: &str| detail.get(name).cloned().unwrap_or_default();
    let detail = &order.entry.detail;
    assert_eq!((said(detail, "mails"), said(detail, "reason")), (json!(2), json!("spam")));
    assert_eq!(order.entry.subject.as_deref(), Some(group.id.as_str()));
    assert_eq!((end.entry.actor.as_str(), end.entry.event.as_str()), ("postill", "dead.dropped"));
    let detail = &end.entry.detail;
    assert_eq!((said(detail, "moved"), said(detail, "not_found")), (json!(2), json!(0)));
    assert_ne!(world.ledger.mark(&workspace).await?, before);
    assert_eq!(world.ledger.verify_audit(&workspace, None).await?.broken, None);
    Ok(())
}
