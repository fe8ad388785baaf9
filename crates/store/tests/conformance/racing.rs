//! Several workers at once on one ledger.

use std::time::Duration;

use anyhow::{Context, Result};
use domain::{ActionId, ApprovalState, Currency, HaltKind, Money, Scope};
use futures_util::future::join_all;
use serde_json::json;
use store::{
    Arrival, Claim, Consent, DayLimits, Decision, Finish, Finished, Intended, Ledger, LedgerError, NewAction,
    NewApproval, Right, Settlement, Spends,
};

use crate::engines::on_both_engines;
use crate::world::{
    ENDED, LONG, World, approval, arrival, arrival_by, fingerprint, finished, lease_of, refund,
};

on_both_engines!(
    workers_that_race_for_mails_take_each_once,
    an_expired_lease_is_taken_over_by_one,
    of_copies_finished_at_once_one_is_stored,
    of_refunds_intended_at_once_one_is_stored,
    everything_at_once_ends_without_a_deadlock_that_lasts,
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
    let finishing = workers.iter().zip(&batches).map(|(worker, batch)| worker.finish(batch));
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

/// Refunds, ends of mails, decisions, expiries, follow-ups and halts on one workspace. What gets in another's way may be tried again, and
/// gets through; nothing else may go wrong.
async fn everything_at_once_ends_without_a_deadlock_that_lasts(world: World) -> Result<()> {
    const EACH: u32 = 25;
    let workers = workers(&world).await?;
    let working = workers.iter().zip(0..).map(async |(worker, way)| {
        let limits = DayLimits { customer: None, workspace: Some(i64::MAX) };
        let spends = Spends { customer: "cus_1".parse()?, amount: Money::new(1, Currency::EUR) };
        for number in (0..EACH).map(|number| way * EACH + number) {
            let mail = [arrival(number)];
            let taken = again(|| worker.claim(&mail, LONG)).await?;
            let lease = lease_of(taken.into_iter().next().context("no claim")?)?;
            let action = NewAction {
                spends: Some(spends.clone()),
                consent: Consent::Policy { limits },
                ..refund(number, &format!("ch_{number}"), 1)
            };
            // The breaker holds it up now and then; another worker lifts it.
            while matches!(again(|| worker.intend(&action, Right::Mail(&lease))).await?, Intended::Halted(_))
            {
            }
            again(|| worker.mark_sent(&action.id, Right::Mail(&lease))).await?;
            again(|| worker.settle(&action.id, Settlement::Refused(json!({})))).await?;
            let waiting = NewApproval { expires_in: Duration::from_millis(2), ..approval(number, 500) };
            let mail = Finished { approval: Some(waiting.clone()), ..finished(lease, number, "waits") };
            again(|| worker.finish(std::slice::from_ref(&mail))).await?;
            let reject = Decision::Reject { reason: "no".to_owned() };
            again(|| worker.decide(&waiting.id, &reject, "ann")).await?;
            again(|| worker.expire_approvals()).await?;
            for follow_up in again(|| worker.claim_follow_ups(3, LONG)).await? {
                again(|| worker.finish_follow_up(&follow_up.lease, None)).await?;
            }
            again(|| worker.halt(&Scope::All, HaltKind::Breaker, "ann", "a test")).await?;
            again(|| worker.resume(&Scope::All, "ann")).await?;
        }
        anyhow::Ok(())
    });
    join_all(working).await.into_iter().collect::<Result<()>>()?;
    let workspace = domain::WorkspaceId::default();
    assert_eq!(world.ledger.verify_audit(&workspace, None).await?.broken, None);
    assert!(world.ledger.approvals(None, &[ApprovalState::Waiting]).await?.is_empty());
    Ok(())
}

/// Tries a call until nobody is in its way.
async fn again<T, F: Future<Output = Result<T, LedgerError>>>(
    call: impl Fn() -> F,
) -> Result<T, LedgerError> {
    loop {
        match call().await {
            Err(LedgerError::Contended(_)) => {}
            answer => return answer,
        }
    }
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
