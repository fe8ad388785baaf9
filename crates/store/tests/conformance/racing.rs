//! Several workers at once on one ledger.

use anyhow::Result;
use domain::ActionId;
use futures_util::future::join_all;
use store::{Arrival, Claim, Finish, Intended, Ledger, Right};

use crate::engines::on_both_engines;
use crate::world::{ENDED, LONG, World, arrival, arrival_by, fingerprint, finished, lease_of, refund};

on_both_engines!(
    workers_that_race_for_mails_take_each_once,
    an_expired_lease_is_taken_over_by_one,
    of_copies_finished_at_once_one_is_stored,
    of_refunds_intended_at_once_one_is_stored,
);

const MAILS: u32 = 200;
const WORKERS: usize = 4;

async fn workers_that_race_for_mails_take_each_once(world: World) -> Result<()> {
    let workers = workers(&world).await?;
    let forwards: Vec<Arrival> = (0..MAILS).map(arrival).collect();
    let backwards: Vec<Arrival> = forwards.iter().rev().cloned().collect();
    let claims = workers.iter().zip([&forwards, &backwards].into_iter().cycle());
    let answers = join_all(claims.map(|(worker, batch)| worker.claim(batch, LONG))).await;
    let claims: Vec<Claim> =
        answers.into_iter().collect::<Result<Vec<_>, _>>()?.into_iter().flatten().collect();
    let mut taken: Vec<_> = claims.into_iter().filter_map(|claim| lease_of(claim).ok()).collect();
    assert!(taken.iter().all(|lease| lease.attempts == 1));
    taken.sort_by_key(|lease| lease.arrival.digest);
    taken.dedup_by_key(|lease| lease.arrival.digest);
    assert_eq!(taken.len(), MAILS as usize);
    Ok(())
}

async fn an_expired_lease_is_taken_over_by_one(world: World) -> Result<()> {
    world.take(1, ENDED).await?;
    let workers = workers(&world).await?;
    let mail = [arrival(1)];
    let answers = join_all(workers.iter().map(|worker| worker.claim(&mail, LONG))).await;
    let claims = answers.into_iter().collect::<Result<Vec<_>, _>>()?.into_iter().flatten();
    let taken: Vec<_> = claims.filter_map(|claim| lease_of(claim).ok()).collect();
    assert_eq!(taken.iter().map(|lease| lease.attempts).collect::<Vec<_>>(), [2]);
    Ok(())
}

async fn of_copies_finished_at_once_one_is_stored(world: World) -> Result<()> {
    let workers = workers(&world).await?;
    let mut batches = Vec::new();
    for (way, worker) in (1..).zip(&workers) {
        let copies: Vec<Arrival> = (0..MAILS).map(|number| arrival_by(way, number)).collect();
        let leases = worker.claim(&copies, LONG).await?.into_iter().map(lease_of);
        let mails =
            leases.zip(0..).map(|(lease, number)| Ok(finished(lease?, number, &format!("way {way}"))));
        batches.push(mails.collect::<Result<Vec<_>>>()?);
    }
    let finishing = workers.iter().zip(batches).map(|(worker, batch)| worker.finish(batch));
    let answers = join_all(finishing).await.into_iter().collect::<Result<Vec<_>, _>>()?;
    let stored = answers.iter().flatten().filter(|answer| **answer == Finish::Stored).count();
    assert_eq!(stored, MAILS as usize);
    for answer in answers.into_iter().flatten() {
        let Finish::AlreadyStored(draft) = answer else { continue };
        let kept = draft_of(&world, draft.fingerprint).await?;
        assert_eq!(Some(draft), kept);
    }
    Ok(())
}

async fn of_refunds_intended_at_once_one_is_stored(world: World) -> Result<()> {
    let workers = workers(&world).await?;
    let mut leases = Vec::new();
    for number in (0..).take(WORKERS) {
        leases.push((world.take(number, LONG).await?, refund(number, "ch_1", 500)));
    }
    let intending = workers
        .iter()
        .zip(&leases)
        .map(|(worker, (lease, action))| worker.intend(action, Right::Mail(lease)));
    let answers = join_all(intending).await.into_iter().collect::<Result<Vec<_>, _>>()?;
    let (mut winners, mut losers): (Vec<ActionId>, Vec<ActionId>) = (Vec::new(), Vec::new());
    for answer in answers {
        match answer {
            Intended::New(action) => winners.push(action.id),
            Intended::TargetBusy(other) => losers.push(other),
            other @ (Intended::Existing(_)
            | Intended::OverLimit(_)
            | Intended::Halted(_)
            | Intended::LeaseLost) => anyhow::bail!("{other:?}"),
        }
    }
    assert_eq!(winners.len(), 1);
    assert!(losers.len() == WORKERS - 1 && losers.iter().all(|other| winners.contains(other)));
    Ok(())
}

async fn workers(world: &World) -> Result<Vec<Ledger>> {
    let mut workers = Vec::new();
    for _ in 0..WORKERS {
        workers.push(world.other_worker().await?);
    }
    Ok(workers)
}

async fn draft_of(world: &World, mail: domain::Fingerprint) -> Result<Option<store::StoredDraft>> {
    debug_assert!((0..MAILS).any(|number| fingerprint(number) == mail));
    let workspace = domain::WorkspaceId::default();
    Ok(world.ledger.draft_of(&workspace, domain::RunKind::Live, &mail).await?)
}
