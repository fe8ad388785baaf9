//! Runs without effects: the simulator, and replays of archived mail.

use anyhow::{Context, Result};
use bytes::Bytes;
use domain::draft::ReportedState;
use domain::{Outcome, ReasonCode, RunKind, WorkspaceId};
use engine::{Delivered, LookingRun};
use serde_json::json;

use crate::delivery::{larkspur, sample_mails};
use crate::draft::Draft;
use crate::letter::Letter;
use crate::refunds::{asks, one_charge};
use crate::shop::Shop;

#[track_caller]
fn promises_nothing(name: &str, draft: &Draft) {
    let data = draft.data();
    assert!(data.run.dry_run, "{name}");
    assert_ne!(data.outcome, Outcome::ActionTaken, "{name}");
    assert!(
        data.actions.iter().all(|action| action.state != ReportedState::Done),
        "{name}: {:#?}",
        data.actions
    );
    assert!(data.actions.iter().all(|action| action.id.is_none() && action.result.is_none()), "{name}");
    let codes = data.reasons.iter().map(|reason| reason.code);
    let done = [ReasonCode::RefundIssued, ReasonCode::CancellationSet, ReasonCode::LinkCreated];
    assert!(codes.clone().all(|code| !done.contains(&code)), "{name}: {:?}", codes.collect::<Vec<_>>());
}

#[tokio::test]
async fn the_simulator_and_a_replay_change_nothing_and_say_so() -> Result<()> {
    let shop = larkspur().await?;
    for (name, mail) in sample_mails()? {
        let bytes = mail.into_bytes();
        promises_nothing(&name, &shop.simulates(bytes.clone()).await.with_context(|| name.clone())?);
        promises_nothing(
            &name,
            &shop.receives_bytes(bytes.clone(), RunKind::Replay).await.with_context(|| name.clone())?,
        );
        promises_nothing(
            &name,
            &shop.receives_bytes(bytes, RunKind::Simulator).await.with_context(|| name.clone())?,
        );
    }
    assert_eq!(shop.writes().await?, 0);
    Ok(())
}

#[tokio::test]
async fn a_replay_without_a_ledger_ends_as_one_by_the_worker() -> Result<()> {
    let shop = larkspur().await?;
    for (name, mail) in sample_mails()? {
        let bytes = mail.into_bytes();
        let by_the_worker = shop.receives_bytes(bytes.clone(), RunKind::Replay).await?;
        let here = shop.looks(bytes, LookingRun::Replay).await.with_context(|| name.clone())?;
        promises_nothing(&name, &here);
        let end = |draft: &Draft| {
            let data = draft.data();
            let codes: Vec<ReasonCode> = data.reasons.iter().map(|reason| reason.code).collect();
            (data.run, data.outcome, codes, data.intents.first().map(|intent| intent.label))
        };
        assert_eq!(end(&here), end(&by_the_worker), "{name}");
    }
    assert_eq!(shop.writes().await?, 0);
    Ok(())
}

#[tokio::test]
async fn what_would_be_done_is_described() -> Result<()> {
    let shop = Shop::open(one_charge()).await?;
    let draft = shop.simulates(asks("Please refund my last payment.").bytes()).await?;
    draft.ends(Outcome::NeedsApproval, ReasonCode::DryRun);
    draft.action_is(ReportedState::WouldDo);
    draft.claims_no_refund();
    Ok(())
}

#[tokio::test]
async fn a_replay_does_not_hand_out_the_live_draft_nor_the_reverse() -> Result<()> {
    let shop = Shop::open(one_charge()).await?;
    let letter = asks("Please refund my last payment.");
    let replayed = shop.receives_bytes(letter.bytes(), RunKind::Replay).await?;
    replayed.ends(Outcome::NeedsApproval, ReasonCode::DryRun);
    let live = shop.receives(&letter).await?;
    live.ends(Outcome::ActionTaken, ReasonCode::RefundIssued);
    assert_ne!(replayed.event.id, live.event.id);
    Ok(())
}

/// The mail as JSON that asks for a run of its own.
fn as_json(letter: &Letter, routed: RunKind, asked: Option<RunKind>) -> Delivered {
    let raw = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, letter.bytes());
    let mut mail = json!({"schema": "postill.mail.v1", "raw": raw});
    if let (Some(run), Some(mail)) = (asked, mail.as_object_mut()) {
        mail.insert("run".to_owned(), json!(run));
    }
    let body = Bytes::from(mail.to_string());
    Delivered::new(body, Some("application/json"), WorkspaceId::default(), routed)
}

#[test]
fn a_mail_may_ask_for_less_than_its_queue_grants_and_never_for_more() {
    let letter = asks("Please refund my last payment.");
    let run = |routed, asked| as_json(&letter, routed, asked).run;
    assert_eq!(run(RunKind::Live, None), RunKind::Live);
    assert_eq!(run(RunKind::Live, Some(RunKind::Replay)), RunKind::Replay);
    assert_eq!(run(RunKind::Live, Some(RunKind::Simulator)), RunKind::Simulator);
    assert_eq!(run(RunKind::Replay, Some(RunKind::Live)), RunKind::Replay);
    assert_eq!(run(RunKind::Replay, Some(RunKind::Load)), RunKind::Replay);
    assert_eq!(run(RunKind::Simulator, Some(RunKind::Live)), RunKind::Simulator);
}
