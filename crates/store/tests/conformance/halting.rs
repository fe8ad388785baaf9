//! Halts: what they hold up, from which moment on, and until when.

use anyhow::{Result, bail};
use domain::action::ActionState;
use domain::{Halt, HaltKind, Scope, WorkspaceId};
use futures_util::future::join_all;
use store::{Clearance, Intended, Ledger, LedgerError, NewAction, Right};

use crate::engines::on_both_engines;
use crate::world::{LONG, World, refund};

on_both_engines!(
    a_stop_holds_up_what_was_intended_and_leaves_it_as_it_was,
    a_stop_holds_up_what_would_be_intended,
    a_stop_of_all_holds_up_every_workspace,
    a_stop_of_one_workspace_leaves_the_others_alone,
    a_breaker_holds_up_nothing_that_was_intended,
    who_halted_first_is_remembered,
    lifting_the_halt_of_all_leaves_those_by_name,
    a_workspace_that_is_not_there_cannot_be_halted,
    once_a_stop_has_returned_nothing_more_is_granted,
);

async fn intended(world: &World, number: u32) -> Result<(store::Lease, NewAction)> {
    let (lease, action) = (world.take(number, LONG).await?, refund(number, &format!("ch_{number}"), 500));
    let stored = world.ledger.intend(&action, Right::Mail(&lease)).await?;
    assert!(matches!(stored, Intended::New(_)), "{stored:?}");
    Ok((lease, action))
}

async fn stop(ledger: &Ledger, scope: &Scope) -> Result<bool> {
    Ok(ledger.halt(scope, HaltKind::Stop, "ann", "something is wrong").await?)
}

fn default() -> Scope {
    Scope::Workspace(WorkspaceId::default())
}

async fn a_stop_holds_up_what_was_intended_and_leaves_it_as_it_was(world: World) -> Result<()> {
    let (lease, action) = intended(&world, 1).await?;
    assert!(stop(&world.ledger, &default()).await?);
    let held = world.ledger.mark_sent(&action.id, Right::Mail(&lease)).await?;
    let Clearance::Halted(Halt { scope, kind, actor, reason, .. }) = held else { bail!("{held:?}") };
    assert_eq!((scope, kind), (default(), HaltKind::Stop));
    assert_eq!((actor.as_str(), reason.as_str()), ("ann", "something is wrong"));
    let stored = world.ledger.action(&action.id).await?;
    assert!(stored.is_some_and(|stored| stored.state == ActionState::Intended && stored.sent_at.is_none()));
    assert_eq!(world.ledger.resume(&default(), "ann").await?, 1);
    let sent = world.ledger.mark_sent(&action.id, Right::Mail(&lease)).await?;
    assert!(matches!(sent, Clearance::Granted(_)), "{sent:?}");
    Ok(())
}

async fn a_stop_holds_up_what_would_be_intended(world: World) -> Result<()> {
    stop(&world.ledger, &Scope::All).await?;
    let (lease, action) = (world.take(1, LONG).await?, refund(1, "ch_1", 500));
    let held = world.ledger.intend(&action, Right::Mail(&lease)).await?;
    assert!(matches!(held, Intended::Halted(_)), "{held:?}");
    assert_eq!(world.ledger.action(&action.id).await?, None);
    Ok(())
}

async fn a_stop_of_all_holds_up_every_workspace(world: World) -> Result<()> {
    let (lease, action) = intended(&world, 1).await?;
    stop(&world.ledger, &Scope::All).await?;
    let held = world.ledger.mark_sent(&action.id, Right::Mail(&lease)).await?;
    assert!(matches!(&held, Clearance::Halted(halt) if halt.scope == Scope::All), "{held:?}");
    assert_eq!(world.ledger.halts_of(&WorkspaceId::default()).await?.len(), 1);
    Ok(())
}

async fn a_stop_of_one_workspace_leaves_the_others_alone(world: World) -> Result<()> {
    let other: WorkspaceId = "acme".parse()?;
    world.ledger.ensure_workspace(&other).await?;
    let (lease, action) = intended(&world, 1).await?;
    stop(&world.ledger, &Scope::Workspace(other)).await?;
    let sent = world.ledger.mark_sent(&action.id, Right::Mail(&lease)).await?;
    assert!(matches!(sent, Clearance::Granted(_)), "{sent:?}");
    assert_eq!(world.ledger.halts_of(&WorkspaceId::default()).await?, []);
    Ok(())
}

async fn a_breaker_holds_up_nothing_that_was_intended(world: World) -> Result<()> {
    let (lease, action) = intended(&world, 1).await?;
    world.ledger.halt(&default(), HaltKind::Breaker, "postill", "used up").await?;
    let sent = world.ledger.mark_sent(&action.id, Right::Mail(&lease)).await?;
    assert!(matches!(sent, Clearance::Granted(_)), "{sent:?}");
    Ok(())
}

async fn who_halted_first_is_remembered(world: World) -> Result<()> {
    assert!(stop(&world.ledger, &default()).await?);
    assert!(!world.ledger.halt(&default(), HaltKind::Stop, "bob", "me too").await?);
    let halts = world.ledger.halts().await?;
    assert_eq!(halts.iter().map(|halt| halt.actor.as_str()).collect::<Vec<_>>(), ["ann"]);
    assert_eq!(world.ledger.resume(&default(), "bob").await?, 1);
    assert_eq!(world.ledger.resume(&default(), "bob").await?, 0);
    let trail = world.ledger.audit_trail(&WorkspaceId::default(), None, 10).await?;
    let said: Vec<_> = trail.iter().map(|row| (row.entry.event.as_str(), row.entry.actor.as_str())).collect();
    assert_eq!(said, [("halt.lifted", "bob"), ("halt.set", "ann")]);
    Ok(())
}

async fn lifting_the_halt_of_all_leaves_those_by_name(world: World) -> Result<()> {
    stop(&world.ledger, &default()).await?;
    stop(&world.ledger, &Scope::All).await?;
    world.ledger.halt(&default(), HaltKind::Breaker, "postill", "used up").await?;
    assert_eq!(world.ledger.resume(&Scope::All, "ann").await?, 1);
    let left: Vec<_> = world.ledger.halts().await?.into_iter().map(|halt| (halt.scope, halt.kind)).collect();
    assert_eq!(left, [(default(), HaltKind::Breaker), (default(), HaltKind::Stop)]);
    assert_eq!(world.ledger.resume(&default(), "ann").await?, 2);
    Ok(())
}

async fn a_workspace_that_is_not_there_cannot_be_halted(world: World) -> Result<()> {
    let nowhere = Scope::Workspace("nowhere".parse()?);
    let refused = world.ledger.halt(&nowhere, HaltKind::Stop, "ann", "a slip").await;
    assert!(matches!(refused, Err(LedgerError::NoSuchWorkspace)), "{refused:?}");
    Ok(())
}

/// Four workers send while somebody stops them. The trail tells in which order things came to be.
async fn once_a_stop_has_returned_nothing_more_is_granted(world: World) -> Result<()> {
    const MAILS: u32 = 5;
    let mut workers = Vec::new();
    for _ in 0..4 {
        workers.push(world.other_worker().await?);
    }
    for round in 0..10 {
        let mut sending = Vec::new();
        for (worker, first) in workers.iter().zip((round * 4 * MAILS..).step_by(MAILS as usize)) {
            let mut mails = Vec::new();
            for number in first..first + MAILS {
                mails.push(intended(&world, number).await?);
            }
            sending.push(async move {
                for (lease, action) in mails {
                    worker.mark_sent(&action.id, Right::Mail(&lease)).await?;
                }
                anyhow::Ok(())
            });
        }
        let (sent, stopped) = tokio::join!(join_all(sending), stop(&world.ledger, &Scope::All));
        sent.into_iter().collect::<Result<()>>()?;
        assert!(stopped?);
        world.ledger.resume(&Scope::All, "ann").await?;
    }
    let mut trail = world.ledger.audit_trail(&WorkspaceId::default(), None, 1_000).await?;
    trail.reverse();
    let (mut stopped, mut stops) = (false, 0);
    for row in trail {
        match row.entry.event.as_str() {
            "halt.set" => (stopped, stops) = (true, stops + 1),
            "halt.lifted" => stopped = false,
            "action.sent" => assert!(!stopped, "granted after stop {stops}"),
            _ => {}
        }
    }
    assert_eq!(stops, 10);
    Ok(())
}
