//! Looking through runs: page by page, filtered, counted, and one with all that is stored of it.

use anyhow::{Context, Result};
use domain::{Function, Label, Outcome, RunKind, Timestamp, WorkspaceId};
use store::{Arrival, Finished, RunFilter, RunLine, RunMark, RunPage, RunsFrom};

use crate::engines::on_both_engines;
use crate::world::{LONG, World, arrival, exactly, fingerprint, finished, lease_of, run};

on_both_engines!(
    runs_come_newest_first_whatever_they_are_filtered_by,
    a_list_goes_on_where_it_stopped_and_back_again,
    runs_that_ended_in_one_moment_are_each_listed_once,
    days_bound_a_list_in_both_directions,
    runs_are_counted_by_their_end_and_time,
    another_workspace_and_another_kind_of_run_are_not_listed,
    a_run_is_told_with_its_mail,
);

const MINUTE: i64 = 60_000;

fn all() -> RunFilter {
    RunFilter::all(WorkspaceId::default(), RunKind::Live)
}

/// Mail `number` ends so, in that minute of 1970.
async fn ends(world: &World, number: u32, outcome: Outcome, label: Label) -> Result<()> {
    let lease = world.take(number, LONG).await?;
    let mail = Finished { outcome, label, ..finished(lease, number, "draft") };
    world.ledger.finish(&[mail]).await?;
    at_minute(world, number, i64::from(number)).await
}

async fn at_minute(world: &World, number: u32, minute: i64) -> Result<()> {
    let set = format!("update draft set finished_at = {} where id = 'draft-{number}'", minute * MINUTE);
    run(&world.url, set).await
}

fn minute(number: i64) -> Result<Timestamp> {
    Ok(Timestamp::from_millisecond(number * MINUTE)?)
}

fn numbers(page: &RunPage) -> Vec<u32> {
    let number = |line: &RunLine| (1..100).find(|number| fingerprint(*number) == line.fingerprint);
    page.lines.iter().filter_map(number).collect()
}

/// Where a run of a page stands.
fn mark(page: &RunPage, place: usize) -> Result<RunMark> {
    Ok(page.lines.get(place).context("no such run")?.mark)
}

const REFUND: Label = Label::Ask(Function::Refund);

async fn runs_come_newest_first_whatever_they_are_filtered_by(world: World) -> Result<()> {
    for (number, outcome, label) in [
        (1, Outcome::Answered, REFUND),
        (2, Outcome::Handoff, Label::None),
        (3, Outcome::Handoff, REFUND),
        (4, Outcome::Answered, Label::None),
    ] {
        ends(&world, number, outcome, label).await?;
    }
    let listed = async |filter: RunFilter| -> Result<Vec<u32>> {
        Ok(numbers(&world.ledger.runs(&filter, RunsFrom::Newest, 50).await?))
    };
    assert_eq!(listed(all()).await?, [4, 3, 2, 1]);
    assert_eq!(listed(RunFilter { outcome: Some(Outcome::Handoff), ..all() }).await?, [3, 2]);
    assert_eq!(listed(RunFilter { label: Some(REFUND), ..all() }).await?, [3, 1]);
    let both = RunFilter { outcome: Some(Outcome::Answered), label: Some(REFUND), ..all() };
    assert_eq!(listed(both).await?, [1]);
    assert_eq!(listed(RunFilter { outcome: Some(Outcome::Failed), ..all() }).await?, [0_u32; 0]);
    Ok(())
}

async fn a_list_goes_on_where_it_stopped_and_back_again(world: World) -> Result<()> {
    for number in 1..=5 {
        ends(&world, number, if number % 2 == 0 { Outcome::Failed } else { Outcome::Answered }, REFUND)
            .await?;
    }
    let page = async |from| world.ledger.runs(&all(), from, 2).await;
    let newest = page(RunsFrom::Newest).await?;
    assert_eq!((numbers(&newest), newest.has_newer, newest.has_older), (vec![5, 4], false, true));
    let middle = page(RunsFrom::OlderThan(mark(&newest, 1)?)).await?;
    assert_eq!((numbers(&middle), middle.has_newer, middle.has_older), (vec![3, 2], true, true));
    let oldest = page(RunsFrom::OlderThan(mark(&middle, 1)?)).await?;
    assert_eq!((numbers(&oldest), oldest.has_newer, oldest.has_older), (vec![1], true, false));
    let back = page(RunsFrom::NewerThan(mark(&oldest, 0)?)).await?;
    assert_eq!((numbers(&back), back.has_newer, back.has_older), (vec![3, 2], true, true));
    let first = page(RunsFrom::NewerThan(mark(&back, 0)?)).await?;
    assert_eq!((numbers(&first), first.has_newer, first.has_older), (vec![5, 4], false, true));
    Ok(())
}

async fn runs_that_ended_in_one_moment_are_each_listed_once(world: World) -> Result<()> {
    for number in 1..=5 {
        ends(&world, number, Outcome::Answered, REFUND).await?;
        at_minute(&world, number, 7).await?;
    }
    let mut listed = Vec::new();
    let mut from = RunsFrom::Newest;
    loop {
        let page = world.ledger.runs(&all(), from, 2).await?;
        listed.extend(numbers(&page));
        match page.lines.last() {
            Some(last) if page.has_older => from = RunsFrom::OlderThan(last.mark),
            Some(_) | None => break,
        }
    }
    assert_eq!(listed, [5, 4, 3, 2, 1]);
    Ok(())
}

async fn days_bound_a_list_in_both_directions(world: World) -> Result<()> {
    for number in 1..=6 {
        ends(&world, number, Outcome::Answered, REFUND).await?;
    }
    let filter = RunFilter { from: Some(minute(2)?), until: Some(minute(5)?), ..all() };
    let page = world.ledger.runs(&filter, RunsFrom::Newest, 50).await?;
    assert_eq!((numbers(&page), page.has_older), (vec![4, 3, 2], false));
    let everything = world.ledger.runs(&all(), RunsFrom::Newest, 50).await?;
    let (newest, oldest) = (mark(&everything, 0)?, mark(&everything, 5)?);
    let older = world.ledger.runs(&filter, RunsFrom::OlderThan(newest), 50).await?;
    assert_eq!(numbers(&older), [4, 3, 2]);
    let newer = world.ledger.runs(&filter, RunsFrom::NewerThan(oldest), 50).await?;
    assert_eq!((numbers(&newer), newer.has_newer), (vec![4, 3, 2], false));
    Ok(())
}

async fn runs_are_counted_by_their_end_and_time(world: World) -> Result<()> {
    for (number, outcome) in
        [(1, Outcome::Answered), (2, Outcome::Answered), (3, Outcome::Handoff), (11, Outcome::Answered)]
    {
        ends(&world, number, outcome, REFUND).await?;
    }
    let ten_minutes = 600_000;
    let counts = world.ledger.count_runs(&all(), ten_minutes).await?;
    let counts: Vec<_> = counts.iter().map(|count| (count.begins_at, count.outcome, count.mails)).collect();
    let expected = [
        (minute(0)?, Outcome::Answered, 2),
        (minute(0)?, Outcome::Handoff, 1),
        (minute(10)?, Outcome::Answered, 1),
    ];
    assert_eq!(counts, expected);
    let bounded = RunFilter { from: Some(minute(2)?), until: Some(minute(11)?), ..all() };
    let mails: u32 =
        world.ledger.count_runs(&bounded, ten_minutes).await?.iter().map(|count| count.mails).sum();
    assert_eq!(mails, 2);
    Ok(())
}

async fn another_workspace_and_another_kind_of_run_are_not_listed(world: World) -> Result<()> {
    let other: WorkspaceId = "other".parse()?;
    world.ledger.ensure_workspace(&other).await?;
    let elsewhere =
        [Arrival { workspace: other.clone(), ..arrival(1) }, Arrival { run: RunKind::Replay, ..arrival(2) }];
    for (number, arrival) in (1..).zip(elsewhere) {
        let [claim] = exactly(world.ledger.claim(&[arrival], LONG).await?)?;
        world.ledger.finish(&[finished(lease_of(claim)?, number, "draft")]).await?;
    }
    assert_eq!(world.ledger.runs(&all(), RunsFrom::Newest, 50).await?.lines, []);
    assert_eq!(world.ledger.count_runs(&all(), 1).await?, []);
    let theirs = RunFilter::all(other.clone(), RunKind::Live);
    assert_eq!(numbers(&world.ledger.runs(&theirs, RunsFrom::Newest, 50).await?), [1]);
    assert!(world.ledger.run(&WorkspaceId::default(), RunKind::Live, &fingerprint(1)).await?.is_none());
    assert!(world.ledger.run(&other, RunKind::Live, &fingerprint(1)).await?.is_some());
    Ok(())
}

async fn a_run_is_told_with_its_mail(world: World) -> Result<()> {
    let lease = world.take(1, LONG).await?;
    let first_seen_at = lease.first_seen_at;
    world.ledger.finish(&[finished(lease, 1, "the draft")]).await?;
    let record = world.ledger.run(&WorkspaceId::default(), RunKind::Live, &fingerprint(1)).await?;
    let record = record.context("no run")?;
    assert_eq!((record.draft_id.as_str(), record.body.as_slice()), ("draft-1", b"the draft".as_slice()));
    assert_eq!((record.first_seen_at, record.attempts, record.postponements), (first_seen_at, 1, 0));
    assert_eq!(record.follow_ups, []);
    assert!(!format!("{record:?}").contains("the draft"), "what it says stays out of logs");
    Ok(())
}
