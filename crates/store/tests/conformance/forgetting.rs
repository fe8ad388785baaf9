//! Forgetting: what is old and at rest is emptied; that it was stays known.

use anyhow::{Result, bail};
use domain::approval::requester;
use domain::{Function, SystemClock, Timestamp, WorkspaceId};
use serde_json::json;
use store::{
    Claim, Decision, Finish, FollowUpEnd, Forgotten, Intended, Ledger, NewAction, NewDraft, Right, Rows,
    Settlement, Undoing,
};

use crate::engines::on_both_engines;
use crate::world::{
    LONG, World, approval, arrival_by, ask, asks, exactly, fingerprint, finished, lease_of, refund, run,
};

on_both_engines!(
    a_mail_whose_draft_was_forgotten_is_known_and_has_nothing_to_tell,
    an_action_that_was_forgotten_is_never_taken_anew,
    what_is_open_is_not_forgotten,
    what_ended_lately_is_not_forgotten_whoever_asks,
    a_decided_approval_is_forgotten_once_it_was_carried_out,
    a_cancellation_whose_mail_was_forgotten_is_not_taken_back,
    rows_are_forgotten_for_one_workspace_only,
    batches_are_as_large_as_was_asked,
    the_trail_says_how_many_and_stays_whole,
);

const DAY: i64 = 86_400_000;

/// Everything that has ended did so `days` earlier.
async fn ages(world: &World, days: i64) -> Result<()> {
    let by = days * DAY;
    let shift = |table: &str, column: &str| format!("update {table} set {column} = {column} - {by};");
    let statements = [
        shift("draft", "finished_at"),
        shift("action", "settled_at"),
        shift("approval", "decided_at"),
        shift("follow_up", "ended_at"),
    ];
    run(&world.url, statements.concat()).await
}

fn days_ago(days: i64) -> Result<Timestamp> {
    use domain::Clock as _;
    Ok(Timestamp::from_millisecond(SystemClock.now().as_millisecond() - days * DAY)?)
}

async fn answers(world: &World, number: u32) -> Result<()> {
    let mail = finished(world.take(number, LONG).await?, number, "words about a person");
    assert_eq!(world.ledger.finish(&[mail]).await?, [Finish::Stored]);
    Ok(())
}

/// Mail `number` did something at Stripe, and ended.
async fn acts(world: &World, number: u32, function: Function) -> Result<NewAction> {
    let lease = world.take(number, LONG).await?;
    let action = NewAction { function, ..refund(number, &format!("ch_{number}"), 500) };
    world.ledger.intend(&action, Right::Mail(&lease)).await?;
    world.ledger.mark_sent(&action.id, Right::Mail(&lease)).await?;
    world.ledger.settle(&action.id, Settlement::Done(json!({ "id": "re_1", "of": "a person" }))).await?;
    world.ledger.finish(&[finished(lease, number, "done")]).await?;
    Ok(action)
}

async fn a_mail_whose_draft_was_forgotten_is_known_and_has_nothing_to_tell(world: World) -> Result<()> {
    answers(&world, 1).await?;
    ages(&world, 40).await?;
    let forgotten = world.ledger.forget_before(days_ago(35)?, 10).await?;
    assert_eq!(forgotten, Forgotten { drafts: 1, ..Forgotten::default() });
    let Claim::Finished(draft) = world.claim_one(1, LONG).await? else { bail!("it is new") };
    assert!(draft.is_forgotten() && draft.id == "draft-1");

    // The same mail by another server: its own bytes, and no draft of its own.
    let [copy] = exactly(world.ledger.claim(&[arrival_by(2, 1)], LONG).await?)?;
    let [ended] = exactly(world.ledger.finish(&[finished(lease_of(copy)?, 1, "told anew")]).await?)?;
    assert!(matches!(ended, Finish::AlreadyStored(draft) if draft.is_forgotten()), "it was answered again");

    let run = world.ledger.run(&WorkspaceId::default(), domain::RunKind::Live, &fingerprint(1)).await?;
    assert!(run.is_some_and(|run| run.body.is_empty() && run.forgotten_at.is_some()));
    let left = "select count(*) || ' ' || count(customer) || ' ' || count(message_id) || ' ' || count(correlation) from draft";
    assert_eq!(ask(&world.url, left).await?, "1 0 0 0");
    assert_eq!(world.ledger.forget_before(days_ago(35)?, 10).await?, Forgotten::default());
    Ok(())
}

async fn an_action_that_was_forgotten_is_never_taken_anew(world: World) -> Result<()> {
    let action = acts(&world, 1, Function::Refund).await?;
    ages(&world, 40).await?;
    let forgotten = world.ledger.forget_before(days_ago(35)?, 10).await?;
    assert_eq!(forgotten, Forgotten { drafts: 1, actions: 1, ..Forgotten::default() });
    let lease = world.take(2, LONG).await?;
    let Intended::Existing(stored) = world.ledger.intend(&action, Right::Mail(&lease)).await? else {
        bail!("it would be done again")
    };
    assert!(stored.is_forgotten() && stored.customer.is_none());
    assert_eq!((stored.target.as_str(), stored.result), ("ch_1", Some(json!(null))));
    Ok(())
}

async fn what_is_open_is_not_forgotten(world: World) -> Result<()> {
    asks(&world, 1, approval(1, 500)).await?;
    let lease = world.take(2, LONG).await?;
    let unknown = refund(2, "ch_2", 500);
    world.ledger.intend(&unknown, Right::Mail(&lease)).await?;
    world.ledger.mark_sent(&unknown.id, Right::Mail(&lease)).await?;
    world.ledger.settle(&unknown.id, Settlement::Unknown(json!("timeout"))).await?;
    world.ledger.finish(&[finished(lease, 2, "unknown")]).await?;
    ages(&world, 40).await?;
    assert_eq!(world.ledger.forget_before(days_ago(35)?, 10).await?, Forgotten::default());
    Ok(())
}

async fn what_ended_lately_is_not_forgotten_whoever_asks(world: World) -> Result<()> {
    answers(&world, 1).await?;
    assert_eq!(world.ledger.forget_before(days_ago(-1)?, 10).await?, Forgotten::default());
    let workspace = WorkspaceId::default();
    let person = requester(&workspace, "ada@example.com");
    let rows = Rows { drafts: vec![1], ..Rows::default() };
    assert_eq!(world.ledger.forget(&workspace, &rows, &person, "ann").await?, Forgotten::default());
    assert!(matches!(world.claim_one(1, LONG).await?, Claim::Finished(draft) if !draft.is_forgotten()));
    Ok(())
}

async fn a_decided_approval_is_forgotten_once_it_was_carried_out(world: World) -> Result<()> {
    asks(&world, 1, approval(1, 500)).await?;
    let id = approval(1, 500).id;
    world.ledger.decide(&id, &Decision::Reject { reason: "not theirs".to_owned() }, "ann").await?;
    ages(&world, 40).await?;
    let nothing = world.ledger.forget_before(days_ago(35)?, 10).await?;
    assert_eq!(nothing, Forgotten::default(), "its follow-up is open");

    let [follow_up] = exactly(world.ledger.claim_follow_ups(9, LONG).await?)?;
    let draft = NewDraft { id: "draft-1-2".to_owned(), body: b"rejected".to_vec() };
    let end = FollowUpEnd { draft, outcome: domain::Outcome::Handoff };
    world.ledger.finish_follow_up(&follow_up.lease, Some(&end)).await?;
    ages(&world, 40).await?;
    let approvals = world.ledger.forget_before(days_ago(35)?, 10).await?;
    assert_eq!(approvals, Forgotten { approvals: 1, ..Forgotten::default() }, "its draft is not published");

    world.ledger.published(&[follow_up.id]).await?;
    let rest = world.ledger.forget_before(days_ago(35)?, 10).await?;
    assert_eq!(rest, Forgotten { drafts: 1, later_drafts: 1, ..Forgotten::default() });
    let stored = world.ledger.approval(&id).await?;
    let told = stored.map(|stored| (stored.is_forgotten(), stored.rejected_by, stored.reason));
    assert_eq!(told, Some((true, Some("ann".to_owned()), Some(String::new()))));
    Ok(())
}

async fn a_cancellation_whose_mail_was_forgotten_is_not_taken_back(world: World) -> Result<()> {
    let action = acts(&world, 1, Function::CancelSubscription).await?;
    ages(&world, 40).await?;
    world.ledger.forget_before(days_ago(35)?, 10).await?;
    assert_eq!(world.ledger.open_undo(&action.id, "ann").await?, Undoing::Forgotten);
    Ok(())
}

async fn rows_are_forgotten_for_one_workspace_only(world: World) -> Result<()> {
    let action = acts(&world, 1, Function::Refund).await?;
    ages(&world, 2).await?;
    let other: WorkspaceId = "other".parse()?;
    world.ledger.ensure_workspace(&other).await?;
    let rows = Rows {
        drafts: vec![1],
        later_drafts: vec![1],
        actions: vec![action.id.to_string()],
        approvals: Vec::new(),
    };
    let person = requester(&other, "ada@example.com");
    assert_eq!(world.ledger.forget(&other, &rows, &person, "ann").await?, Forgotten::default());
    let theirs = world.ledger.forget(&WorkspaceId::default(), &rows, &person, "ann").await?;
    assert_eq!(theirs, Forgotten { drafts: 1, actions: 1, ..Forgotten::default() });
    Ok(())
}

async fn batches_are_as_large_as_was_asked(world: World) -> Result<()> {
    for number in 1..=5 {
        answers(&world, number).await?;
    }
    ages(&world, 40).await?;
    let mut drafts = Vec::new();
    for _ in 0..4 {
        drafts.push(world.ledger.forget_before(days_ago(35)?, 2).await?.drafts);
    }
    assert_eq!(drafts, [2, 2, 1, 0]);
    Ok(())
}

async fn the_trail_says_how_many_and_stays_whole(world: World) -> Result<()> {
    answers(&world, 1).await?;
    answers(&world, 2).await?;
    ages(&world, 40).await?;
    world.ledger.forget_before(days_ago(35)?, 1).await?;
    let (ledger, workspace) = (&world.ledger, WorkspaceId::default());
    let person = requester(&workspace, "ada@example.com");
    ledger.forget(&workspace, &Rows { drafts: vec![1, 2], ..Rows::default() }, &person, "ann").await?;
    let noted = trail(ledger).await?;
    let swept = ("postill".to_owned(), "retention.swept".to_owned(), None);
    let erased = ("ann".to_owned(), "erasure.done".to_owned(), Some(person.to_string()));
    assert_eq!(noted, [swept, erased]);
    assert_eq!(ledger.verify_audit(&workspace, None).await?.broken, None);
    Ok(())
}

async fn trail(ledger: &Ledger) -> Result<Vec<(String, String, Option<String>)>> {
    let rows = ledger.audit_trail(&WorkspaceId::default(), None, 10).await?;
    let mut noted: Vec<_> =
        rows.into_iter().map(|row| (row.entry.actor, row.entry.event, row.entry.subject)).collect();
    noted.reverse();
    Ok(noted)
}
