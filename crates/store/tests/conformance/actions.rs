//! Actions: intended, sent, settled, and nothing else.

use anyhow::{Result, bail};
use domain::action::{ActionState, StoredAction};
use domain::{Function, HaltKind, RunKind, Scope, WorkspaceId};
use serde_json::json;
use store::{Clearance, Intended, LedgerError, NewAction, Right, Settled, Settlement};

use crate::engines::on_both_engines;
use crate::world::{ENDED, LONG, World, arrival, exactly, lease_of, refund};

on_both_engines!(
    an_action_goes_from_intended_to_sent_to_done,
    an_unknown_action_is_reconciled,
    the_parameters_of_the_first_intention_stay,
    sending_again_keeps_the_time_of_the_first,
    a_frozen_worker_can_neither_intend_nor_send,
    an_ended_lease_cannot_send_even_if_nobody_took_over,
    illegal_steps_are_refused_and_change_nothing,
    an_action_that_is_given_up_was_never_sent,
    an_action_that_another_worker_has_sent_is_not_given_up,
    what_stripe_shows_to_be_done_needs_no_sending,
    settling_twice_keeps_the_first_result,
    two_mails_cannot_refund_one_charge_at_once,
    functions_that_move_no_money_share_a_target,
    a_replay_stores_no_action,
    actions_are_listed_by_state,
    an_action_of_an_unknown_workspace_is_refused,
);

async fn an_action_goes_from_intended_to_sent_to_done(world: World) -> Result<()> {
    let (lease, action) = (world.take(1, LONG).await?, refund(1, "ch_1", 500));
    let stored = new(world.ledger.intend(&action, Right::Mail(&lease)).await?)?;
    assert_eq!(
        (stored.state, stored.sent_at, &stored.parameters),
        (ActionState::Intended, None, &action.parameters)
    );
    let sent = granted(world.ledger.mark_sent(&action.id, Right::Mail(&lease)).await?)?;
    assert_eq!(sent.state, ActionState::Sent);
    assert!(sent.sent_at.is_some_and(|time| time >= lease.first_seen_at));
    let Settled::Stored(done) =
        world.ledger.settle(&action.id, Settlement::Done(json!({"id": "re_1"}))).await?
    else {
        bail!("not stored")
    };
    assert_eq!((done.state, done.result.as_ref()), (ActionState::Done, Some(&json!({"id": "re_1"}))));
    assert_eq!(world.ledger.action(&action.id).await?, Some(done));
    Ok(())
}

async fn an_unknown_action_is_reconciled(world: World) -> Result<()> {
    let action = sent(&world, 1, "ch_1").await?;
    world.ledger.settle(&action.id, Settlement::Unknown(json!("timeout"))).await?;
    world.ledger.settle(&action.id, Settlement::Reconciled(json!({"id": "re_1"}))).await?;
    assert_eq!(state(&world, &action).await?, Some(ActionState::Reconciled));
    Ok(())
}

async fn the_parameters_of_the_first_intention_stay(world: World) -> Result<()> {
    let lease = world.take(1, LONG).await?;
    let first = new(world.ledger.intend(&refund(1, "ch_1", 500), Right::Mail(&lease)).await?)?;
    let again = world.ledger.intend(&refund(1, "ch_2", 900), Right::Mail(&lease)).await?;
    assert_eq!(again, Intended::Existing(first));
    Ok(())
}

async fn sending_again_keeps_the_time_of_the_first(world: World) -> Result<()> {
    let action = refund(1, "ch_1", 500);
    let first = world.take(1, LONG).await?;
    world.ledger.intend(&action, Right::Mail(&first)).await?;
    let before = granted(world.ledger.mark_sent(&action.id, Right::Mail(&first)).await?)?;
    world.ledger.release(&[first]).await?;
    let second = world.take(1, LONG).await?;
    assert_eq!(granted(world.ledger.mark_sent(&action.id, Right::Mail(&second)).await?)?, before);
    Ok(())
}

async fn a_frozen_worker_can_neither_intend_nor_send(world: World) -> Result<()> {
    let frozen = world.take(1, ENDED).await?;
    let owner = world.take(1, LONG).await?;
    let action = refund(1, "ch_1", 500);
    assert_eq!(world.ledger.intend(&action, Right::Mail(&frozen)).await?, Intended::LeaseLost);
    assert_eq!(world.ledger.action(&action.id).await?, None);
    world.ledger.intend(&action, Right::Mail(&owner)).await?;
    assert_eq!(world.ledger.mark_sent(&action.id, Right::Mail(&frozen)).await?, Clearance::LeaseLost);
    assert_eq!(state(&world, &action).await?, Some(ActionState::Intended));
    granted(world.ledger.mark_sent(&action.id, Right::Mail(&owner)).await?)?;
    Ok(())
}

async fn an_ended_lease_cannot_send_even_if_nobody_took_over(world: World) -> Result<()> {
    let (lease, action) = (world.take(1, LONG).await?, refund(1, "ch_1", 500));
    world.ledger.intend(&action, Right::Mail(&lease)).await?;
    world.ledger.release(&[lease]).await?;
    let ended = world.take(1, ENDED).await?;
    assert_eq!(world.ledger.mark_sent(&action.id, Right::Mail(&ended)).await?, Clearance::LeaseLost);
    assert_eq!(world.ledger.intend(&refund(2, "ch_2", 500), Right::Mail(&ended)).await?, Intended::LeaseLost);
    Ok(())
}

async fn illegal_steps_are_refused_and_change_nothing(world: World) -> Result<()> {
    use ActionState::{Done, Intended, Reconciled, Refused, Sent, Unknown};
    // The steps to a state, the steps that are illegal from there.
    let table: [(&[ActionState], &[ActionState]); 6] = [
        (&[Intended], &[Done, Refused, Unknown, Reconciled]),
        (&[Intended, Sent], &[Reconciled]),
        (&[Intended, Sent, Done], &[Sent, Refused, Unknown, Reconciled]),
        (&[Intended, Sent, Refused], &[Sent, Done, Unknown, Reconciled]),
        (&[Intended, Sent, Unknown], &[Sent, Done, Refused]),
        (&[Intended, Sent, Unknown, Reconciled], &[Sent, Done, Refused, Unknown]),
    ];
    for (number, (path, illegal)) in (1..).zip(table) {
        let (lease, action) = (world.take(number, LONG).await?, refund(number, &format!("ch_{number}"), 500));
        for step in path {
            advance(&world, &action, &lease, *step).await?;
        }
        let reached = world.ledger.action(&action.id).await?;
        for to in illegal {
            let refused = advance(&world, &action, &lease, *to).await;
            let Err(LedgerError::IllegalTransition { from, to: asked }) = refused else {
                bail!("{refused:?}")
            };
            assert_eq!((Some(&from), asked), (path.last(), *to));
        }
        assert_eq!(world.ledger.action(&action.id).await?, reached);
    }
    Ok(())
}

async fn an_action_that_is_given_up_was_never_sent(world: World) -> Result<()> {
    let (lease, action) = (world.take(1, LONG).await?, refund(1, "ch_1", 500));
    world.ledger.intend(&action, Right::Mail(&lease)).await?;
    world.ledger.settle(&action.id, Settlement::Withdrawn(json!("already_refunded"))).await?;
    let stored = world.ledger.action(&action.id).await?;
    assert_eq!(stored.map(|stored| (stored.state, stored.sent_at)), Some((ActionState::Refused, None)));
    Ok(())
}

async fn an_action_that_another_worker_has_sent_is_not_given_up(world: World) -> Result<()> {
    let action = sent(&world, 1, "ch_1").await?;
    let given_up = world.ledger.settle(&action.id, Settlement::Withdrawn(json!("already_refunded"))).await;
    assert!(
        matches!(given_up, Err(LedgerError::IllegalTransition { from: ActionState::Sent, .. })),
        "{given_up:?}"
    );
    assert_eq!(state(&world, &action).await?, Some(ActionState::Sent));
    Ok(())
}

async fn what_stripe_shows_to_be_done_needs_no_sending(world: World) -> Result<()> {
    let (lease, unsent) = (world.take(1, LONG).await?, refund(1, "ch_1", 500));
    world.ledger.intend(&unsent, Right::Mail(&lease)).await?;
    let sent = sent(&world, 2, "ch_2").await?;
    world.ledger.halt(&Scope::All, HaltKind::Stop, "ann", "a test").await?;
    for action in [unsent, sent] {
        world.ledger.settle(&action.id, Settlement::Found(json!({"id": "re_1"}))).await?;
        assert_eq!(state(&world, &action).await?, Some(ActionState::Done));
    }
    Ok(())
}

async fn settling_twice_keeps_the_first_result(world: World) -> Result<()> {
    let action = sent(&world, 1, "ch_1").await?;
    world.ledger.settle(&action.id, Settlement::Done(json!("first"))).await?;
    let again = world.ledger.settle(&action.id, Settlement::Done(json!("second"))).await?;
    assert!(matches!(again, Settled::Before(stored) if stored.result == Some(json!("first"))));
    Ok(())
}

async fn two_mails_cannot_refund_one_charge_at_once(world: World) -> Result<()> {
    let first = sent(&world, 1, "ch_1").await?;
    let (lease, second) = (world.take(2, LONG).await?, refund(2, "ch_1", 100));
    assert_eq!(
        world.ledger.intend(&second, Right::Mail(&lease)).await?,
        Intended::TargetBusy(first.id.clone())
    );
    world.ledger.settle(&first.id, Settlement::Unknown(json!("timeout"))).await?;
    assert_eq!(
        world.ledger.intend(&second, Right::Mail(&lease)).await?,
        Intended::TargetBusy(first.id.clone())
    );
    world.ledger.settle(&first.id, Settlement::Reconciled(json!("absent"))).await?;
    new(world.ledger.intend(&second, Right::Mail(&lease)).await?)?;
    Ok(())
}

async fn functions_that_move_no_money_share_a_target(world: World) -> Result<()> {
    for number in 1..=2 {
        let lease = world.take(number, LONG).await?;
        let action = NewAction { function: Function::PortalLink, ..refund(number, "cus_1", 0) };
        new(world.ledger.intend(&action, Right::Mail(&lease)).await?)?;
    }
    Ok(())
}

async fn a_replay_stores_no_action(world: World) -> Result<()> {
    let replayed = store::Arrival { run: RunKind::Replay, ..arrival(1) };
    let [claim] = exactly(world.ledger.claim(&[replayed], LONG).await?)?;
    let action = refund(1, "ch_1", 500);
    let refused = world.ledger.intend(&action, Right::Mail(&lease_of(claim)?)).await;
    assert!(matches!(refused, Err(LedgerError::Rejected(_))), "{refused:?}");
    assert_eq!(world.ledger.action(&action.id).await?, None);
    Ok(())
}

async fn actions_are_listed_by_state(world: World) -> Result<()> {
    let done = sent(&world, 1, "ch_1").await?;
    world.ledger.settle(&done.id, Settlement::Done(json!({}))).await?;
    let unknown = sent(&world, 2, "ch_2").await?;
    world.ledger.settle(&unknown.id, Settlement::Unknown(json!({}))).await?;
    let sent = sent(&world, 3, "ch_3").await?;
    let listed = world.ledger.actions_in(&[ActionState::Sent, ActionState::Unknown]).await?;
    let ids: Vec<_> = listed.into_iter().map(|action| action.id).collect();
    assert_eq!(ids.len(), 2);
    assert!(ids.contains(&unknown.id) && ids.contains(&sent.id));
    Ok(())
}

async fn an_action_of_an_unknown_workspace_is_refused(world: World) -> Result<()> {
    let nowhere: WorkspaceId = "nowhere".parse()?;
    let lease = world.take(1, LONG).await?;
    let action = NewAction { workspace: nowhere, ..refund(1, "ch_1", 500) };
    let refused = world.ledger.intend(&action, Right::Mail(&lease)).await;
    assert!(matches!(refused, Err(LedgerError::NoSuchWorkspace)), "{refused:?}");
    Ok(())
}

/// Mail `number`'s refund on `charge`, sent.
async fn sent(world: &World, number: u32, charge: &str) -> Result<NewAction> {
    let (lease, action) = (world.take(number, LONG).await?, refund(number, charge, 500));
    new(world.ledger.intend(&action, Right::Mail(&lease)).await?)?;
    granted(world.ledger.mark_sent(&action.id, Right::Mail(&lease)).await?)?;
    Ok(action)
}

async fn advance(
    world: &World,
    action: &NewAction,
    lease: &store::Lease,
    to: ActionState,
) -> Result<(), LedgerError> {
    let settlement = match to {
        ActionState::Intended => return world.ledger.intend(action, Right::Mail(lease)).await.map(drop),
        ActionState::Sent => return world.ledger.mark_sent(&action.id, Right::Mail(lease)).await.map(drop),
        ActionState::Done => Settlement::Done(json!({})),
        ActionState::Refused => Settlement::Refused(json!({})),
        ActionState::Unknown => Settlement::Unknown(json!({})),
        ActionState::Reconciled => Settlement::Reconciled(json!({})),
    };
    world.ledger.settle(&action.id, settlement).await.map(drop)
}

async fn state(world: &World, action: &NewAction) -> Result<Option<ActionState>> {
    Ok(world.ledger.action(&action.id).await?.map(|stored| stored.state))
}

fn new(intended: Intended) -> Result<StoredAction> {
    match intended {
        Intended::New(action) => Ok(action),
        other @ (Intended::Existing(_)
        | Intended::TargetBusy(_)
        | Intended::OverLimit(_)
        | Intended::Halted(_)
        | Intended::LeaseLost) => {
            bail!("not new but {other:?}")
        }
    }
}

fn granted(clearance: Clearance) -> Result<StoredAction> {
    match clearance {
        Clearance::Granted(action) => Ok(action),
        other @ (Clearance::Halted(_) | Clearance::LeaseLost) => bail!("not granted but {other:?}"),
    }
}
