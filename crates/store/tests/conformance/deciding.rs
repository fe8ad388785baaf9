//! Approvals: decided once, by somebody else than who asks, by two where two are needed, and not after they expired.

use anyhow::{Result, bail};
use domain::{ApprovalState, Currency, Money, StoredApproval, WorkspaceId};
use futures_util::future::join_all;
use store::{Decided, Decision, Finish, FollowUpKind, NewApproval};

use crate::engines::on_both_engines;
use crate::world::{LONG, World, approval, arrival_by, ask, asks, exactly, finished, lease_of, run};

on_both_engines!(
    what_waits_is_found_as_it_was_asked,
    a_copy_of_the_mail_asks_no_second_time,
    a_consent_approves_all_that_was_asked,
    a_lower_amount_may_be_approved,
    an_amount_that_cannot_be_is_refused,
    a_rejection_says_who_and_why,
    a_decision_stays,
    nobody_decides_on_their_own_request,
    two_persons_are_two_persons,
    of_two_amounts_the_smaller_counts,
    one_of_two_may_reject,
    what_expired_cannot_be_approved,
    what_expired_is_ended_once,
    what_is_approved_does_not_expire,
    a_decision_is_followed_up_once,
    of_two_who_decide_at_once_one_decides,
    of_two_persons_who_allow_at_once_both_count,
    an_approval_and_an_expiry_at_once_are_one_end,
    approvals_are_listed_by_workspace_and_state,
    an_approval_that_is_not_there_is_told,
);

const APPROVE: Decision = Decision::Approve { amount: None };

fn up_to(minor: i64) -> Decision {
    Decision::Approve { amount: Some(Money::new(minor, Currency::EUR)) }
}

fn reject() -> Decision {
    Decision::Reject { reason: "not this time".to_owned() }
}

/// Mail 1 asks for 500 and has to be allowed by so many.
async fn waits_for(world: &World, persons: u32) -> Result<NewApproval> {
    let waiting = NewApproval { persons, ..approval(1, 500) };
    asks(world, 1, waiting.clone()).await?;
    Ok(waiting)
}

async fn stored(world: &World, approval: &NewApproval) -> Result<StoredApproval> {
    match world.ledger.approval(&approval.id).await? {
        Some(stored) => Ok(stored),
        None => bail!("no approval"),
    }
}

async fn its_time_runs_out(world: &World) -> Result<()> {
    run(&world.url, "update approval set expires_at = expires_at - 72 * 3600000".to_owned()).await
}

async fn follow_ups(world: &World) -> Result<Vec<(FollowUpKind, String)>> {
    let claimed = world.ledger.claim_follow_ups(100, LONG).await?;
    Ok(claimed.into_iter().map(|follow_up| (follow_up.kind, follow_up.subject)).collect())
}

async fn what_waits_is_found_as_it_was_asked(world: World) -> Result<()> {
    let asked = waits_for(&world, 2).await?;
    let stored = stored(&world, &asked).await?;
    assert_eq!(
        (stored.function, &stored.target, &stored.customer),
        (asked.function, &asked.target, &asked.customer)
    );
    assert_eq!((stored.amount, &stored.plan, stored.persons), (asked.amount, &asked.plan, 2));
    assert_eq!((stored.state, stored.votes.len(), stored.decided_at), (ApprovalState::Waiting, 0, None));
    assert_eq!(stored.expires_at.duration_since(stored.requested_at).as_hours(), 72);
    Ok(())
}

async fn a_copy_of_the_mail_asks_no_second_time(world: World) -> Result<()> {
    let asked = waits_for(&world, 1).await?;
    world.ledger.decide(&asked.id, &reject(), "ann").await?;
    let [claim] = exactly(world.ledger.claim(&[arrival_by(2, 1)], LONG).await?)?;
    let mut copy = finished(lease_of(claim)?, 1, "copy");
    copy.approval = Some(NewApproval { target: "ch_other".to_owned(), ..asked.clone() });
    let [again] = exactly(world.ledger.finish(&[copy]).await?)?;
    assert!(matches!(again, Finish::AlreadyStored(_)));
    let stored = stored(&world, &asked).await?;
    assert_eq!((stored.state, stored.target), (ApprovalState::Rejected, asked.target));
    Ok(())
}

async fn a_consent_approves_all_that_was_asked(world: World) -> Result<()> {
    let asked = waits_for(&world, 1).await?;
    let decided = world.ledger.decide(&asked.id, &APPROVE, "ann").await?;
    let Decided::Approved(approved) = decided else { bail!("{decided:?}") };
    assert_eq!((approved.state, approved.decided_amount), (ApprovalState::Approved, asked.amount));
    assert_eq!(approved.votes.iter().map(|vote| vote.actor.as_str()).collect::<Vec<_>>(), ["ann"]);
    assert!(approved.decided_at.is_some());
    assert_eq!(stored(&world, &asked).await?, approved);
    Ok(())
}

async fn a_lower_amount_may_be_approved(world: World) -> Result<()> {
    let asked = waits_for(&world, 1).await?;
    world.ledger.decide(&asked.id, &up_to(499), "ann").await?;
    assert_eq!(stored(&world, &asked).await?.decided_amount, Some(Money::new(499, Currency::EUR)));
    Ok(())
}

async fn an_amount_that_cannot_be_is_refused(world: World) -> Result<()> {
    let asked = waits_for(&world, 1).await?;
    let dollars = Decision::Approve { amount: Some(Money::new(1, Currency::USD)) };
    let most = Money::new(500, Currency::EUR);
    for (decision, answer) in [
        (up_to(501), Decided::AmountTooHigh { most }),
        (up_to(0), Decided::NotAnAmount),
        (up_to(-1), Decided::NotAnAmount),
        (dollars, Decided::NotAnAmount),
    ] {
        assert_eq!(world.ledger.decide(&asked.id, &decision, "ann").await?, answer);
    }
    let cancellation = NewApproval { amount: None, ..approval(2, 0) };
    asks(&world, 2, cancellation.clone()).await?;
    assert_eq!(world.ledger.decide(&cancellation.id, &up_to(1), "ann").await?, Decided::NotAnAmount);
    assert_eq!(stored(&world, &asked).await?.votes, []);
    let decided = world.ledger.decide(&cancellation.id, &APPROVE, "ann").await?;
    assert!(matches!(decided, Decided::Approved(approved) if approved.decided_amount.is_none()));
    Ok(())
}

async fn a_rejection_says_who_and_why(world: World) -> Result<()> {
    let asked = waits_for(&world, 1).await?;
    let decided = world.ledger.decide(&asked.id, &reject(), "ann").await?;
    let Decided::Rejected(rejected) = decided else { bail!("{decided:?}") };
    assert_eq!(
        (rejected.rejected_by.as_deref(), rejected.reason.as_deref()),
        (Some("ann"), Some("not this time"))
    );
    assert_eq!((rejected.state, rejected.decided_amount), (ApprovalState::Rejected, None));
    let other = approval(2, 500);
    asks(&world, 2, other.clone()).await?;
    let reason = "what no database\0 can hold".to_owned();
    let decided = world.ledger.decide(&other.id, &Decision::Reject { reason }, "ann").await?;
    assert!(
        matches!(decided, Decided::Rejected(rejected) if rejected.reason.as_deref() == Some("what no database can hold"))
    );
    Ok(())
}

async fn a_decision_stays(world: World) -> Result<()> {
    let asked = waits_for(&world, 1).await?;
    world.ledger.decide(&asked.id, &reject(), "ann").await?;
    let first = stored(&world, &asked).await?;
    for decision in [APPROVE, reject()] {
        let again = world.ledger.decide(&asked.id, &decision, "bob").await?;
        assert_eq!(again, Decided::Before(first.clone()));
    }
    Ok(())
}

async fn nobody_decides_on_their_own_request(world: World) -> Result<()> {
    let asked = waits_for(&world, 1).await?;
    for actor in ["ada@example.com", "Ada@Example.COM", " ada@example.com "] {
        for decision in [APPROVE, reject()] {
            assert_eq!(world.ledger.decide(&asked.id, &decision, actor).await?, Decided::OwnRequest);
        }
    }
    assert_eq!(stored(&world, &asked).await?.state, ApprovalState::Waiting);
    Ok(())
}

async fn two_persons_are_two_persons(world: World) -> Result<()> {
    let asked = waits_for(&world, 2).await?;
    assert_eq!(
        world.ledger.decide(&asked.id, &APPROVE, "Ann").await?,
        Decided::Waits { votes: 1, persons: 2 }
    );
    for same in ["Ann", "ann", " ANN"] {
        assert_eq!(world.ledger.decide(&asked.id, &APPROVE, same).await?, Decided::SamePerson);
    }
    assert_eq!(follow_ups(&world).await?, []);
    assert_eq!(stored(&world, &asked).await?.state, ApprovalState::Waiting);
    let decided = world.ledger.decide(&asked.id, &APPROVE, "bob").await?;
    let Decided::Approved(approved) = decided else { bail!("{decided:?}") };
    assert_eq!(approved.votes.iter().map(|vote| vote.actor.as_str()).collect::<Vec<_>>(), ["Ann", "bob"]);
    Ok(())
}

async fn of_two_amounts_the_smaller_counts(world: World) -> Result<()> {
    for (number, first, second, least) in
        [(1, up_to(300), APPROVE, 300), (2, APPROVE, up_to(200), 200), (3, up_to(100), up_to(400), 100)]
    {
        let asked = NewApproval { persons: 2, ..approval(number, 500) };
        asks(&world, number, asked.clone()).await?;
        world.ledger.decide(&asked.id, &first, "ann").await?;
        world.ledger.decide(&asked.id, &second, "bob").await?;
        assert_eq!(stored(&world, &asked).await?.decided_amount, Some(Money::new(least, Currency::EUR)));
    }
    Ok(())
}

async fn one_of_two_may_reject(world: World) -> Result<()> {
    let asked = waits_for(&world, 2).await?;
    world.ledger.decide(&asked.id, &APPROVE, "ann").await?;
    let decided = world.ledger.decide(&asked.id, &reject(), "bob").await?;
    assert!(matches!(decided, Decided::Rejected(_)), "{decided:?}");
    Ok(())
}

async fn what_expired_cannot_be_approved(world: World) -> Result<()> {
    let asked = waits_for(&world, 1).await?;
    its_time_runs_out(&world).await?;
    let late = world.ledger.decide(&asked.id, &APPROVE, "ann").await?;
    assert!(matches!(&late, Decided::Before(stored) if stored.state == ApprovalState::Expired), "{late:?}");
    assert_eq!(world.ledger.expire_approvals().await?, 0);
    assert_eq!(follow_ups(&world).await?, [(FollowUpKind::Decided, asked.id.to_string())]);
    Ok(())
}

async fn what_expired_is_ended_once(world: World) -> Result<()> {
    for number in 1..=3 {
        asks(&world, number, approval(number, 500)).await?;
    }
    assert_eq!(world.ledger.expire_approvals().await?, 0);
    its_time_runs_out(&world).await?;
    let other = world.other_worker().await?;
    let (one, two) = tokio::join!(world.ledger.expire_approvals(), other.expire_approvals());
    assert_eq!(one? + two?, 3);
    assert_eq!(follow_ups(&world).await?.len(), 3);
    Ok(())
}

async fn what_is_approved_does_not_expire(world: World) -> Result<()> {
    let asked = waits_for(&world, 1).await?;
    world.ledger.decide(&asked.id, &APPROVE, "ann").await?;
    its_time_runs_out(&world).await?;
    assert_eq!(world.ledger.expire_approvals().await?, 0);
    assert_eq!(stored(&world, &asked).await?.state, ApprovalState::Approved);
    Ok(())
}

async fn a_decision_is_followed_up_once(world: World) -> Result<()> {
    let asked = waits_for(&world, 1).await?;
    assert_eq!(follow_ups(&world).await?, []);
    for actor in ["ann", "bob"] {
        world.ledger.decide(&asked.id, &APPROVE, actor).await?;
    }
    assert_eq!(follow_ups(&world).await?, [(FollowUpKind::Decided, asked.id.to_string())]);
    assert_eq!(follow_ups(&world).await?, []);
    Ok(())
}

async fn of_two_who_decide_at_once_one_decides(world: World) -> Result<()> {
    let (other, rounds) = (world.other_worker().await?, 40);
    for number in 0..rounds {
        let asked = approval(number, 500);
        asks(&world, number, asked.clone()).await?;
        let no = reject();
        let (yes, no) = tokio::join!(
            world.ledger.decide(&asked.id, &APPROVE, "ann"),
            other.decide(&asked.id, &no, "bob"),
        );
        let stored = stored(&world, &asked).await?;
        match (yes?, no?) {
            (Decided::Approved(end), Decided::Before(seen))
            | (Decided::Before(seen), Decided::Rejected(end)) => {
                assert_eq!((&end, &seen), (&stored, &stored));
            }
            both => bail!("{both:?}"),
        }
    }
    assert_eq!(follow_ups(&world).await?.len(), rounds as usize);
    Ok(())
}

async fn of_two_persons_who_allow_at_once_both_count(world: World) -> Result<()> {
    let other = world.other_worker().await?;
    for number in 0..20 {
        let asked = NewApproval { persons: 2, ..approval(number, 500) };
        asks(&world, number, asked.clone()).await?;
        let allowing =
            ["ann", "bob", "ann", "bob"].into_iter().zip([&world.ledger, &other].into_iter().cycle());
        let answers =
            join_all(allowing.map(|(actor, worker)| worker.decide(&asked.id, &APPROVE, actor))).await;
        let answers = answers.into_iter().collect::<Result<Vec<_>, _>>()?;
        let waits = answers.iter().filter(|answer| matches!(answer, Decided::Waits { .. })).count();
        let approved = answers.iter().filter(|answer| matches!(answer, Decided::Approved(_))).count();
        assert_eq!((waits, approved), (1, 1), "{answers:?}");
        assert_eq!(stored(&world, &asked).await?.votes.len(), 2);
    }
    Ok(())
}

async fn an_approval_and_an_expiry_at_once_are_one_end(world: World) -> Result<()> {
    let (other, rounds) = (world.other_worker().await?, 20);
    for number in 0..rounds {
        let asked = approval(number, 500);
        asks(&world, number, asked.clone()).await?;
        its_time_runs_out(&world).await?;
        let (late, expired) =
            tokio::join!(world.ledger.decide(&asked.id, &APPROVE, "ann"), other.expire_approvals());
        expired?;
        let late = late?;
        assert!(matches!(&late, Decided::Before(seen) if seen.state == ApprovalState::Expired), "{late:?}");
    }
    let expired = "select cast(count(*) as text) from audit where event = 'approval.expired'";
    assert_eq!(ask(&world.url, expired).await?, rounds.to_string());
    assert_eq!(follow_ups(&world).await?.len(), rounds as usize);
    Ok(())
}

async fn approvals_are_listed_by_workspace_and_state(world: World) -> Result<()> {
    for number in 1..=3 {
        asks(&world, number, approval(number, 500)).await?;
    }
    world.ledger.decide(&approval(2, 500).id, &APPROVE, "ann").await?;
    let (workspace, other) = (WorkspaceId::default(), "acme".parse::<WorkspaceId>()?);
    let listed = async |workspace, states: &[ApprovalState]| {
        let list = world.ledger.approvals(workspace, states).await?;
        anyhow::Ok(list.into_iter().map(|approval| approval.target).collect::<Vec<_>>())
    };
    assert_eq!(listed(None, &[ApprovalState::Waiting]).await?, ["ch_1", "ch_3"]);
    assert_eq!(listed(Some(&workspace), &ApprovalState::ALL).await?, ["ch_1", "ch_3", "ch_2"]);
    assert!(listed(Some(&other), &ApprovalState::ALL).await?.is_empty());
    let decided = world.ledger.approvals(None, &[ApprovalState::Approved]).await?;
    assert_eq!(decided.iter().map(|approval| approval.votes.len()).collect::<Vec<_>>(), [1]);
    Ok(())
}

async fn an_approval_that_is_not_there_is_told(world: World) -> Result<()> {
    assert_eq!(world.ledger.decide(&approval(1, 500).id, &APPROVE, "ann").await?, Decided::Unknown);
    assert_eq!(world.ledger.approval(&approval(1, 500).id).await?, None);
    Ok(())
}
