//! Money under faults: whatever goes wrong, one mail refunds at most once, and its draft says nothing that is not true.

use anyhow::Result;
use domain::action::ActionState;
use domain::draft::ReportedState;
use domain::policy::Switch;
use domain::{Function, Outcome, ReasonCode, RunKind};
use engine::Ended;
use serde_json::json;

use crate::draft::Draft;
use crate::letter::Letter;
use crate::refunds::{asks, one_charge};
use crate::shop::{Shop, Worker};
use crate::stock::{ADA, KEY_WITHOUT_REFUNDS};

/// What is asked of Stripe on the way to a refund, in its order.
const REQUESTS: [&str; 4] = ["GET /v1/customers", "GET /v1/charges", "GET /v1/refunds", "POST /v1/refunds"];
const FAULTS: [&str; 9] = [
    "lost_before_execution",
    "lost_after_execution",
    "server_error",
    "server_error_after_execution",
    "lock_timeout",
    "idempotency_key_in_use",
    "rate_limited",
    "rate_limited_should_retry",
    "revoked_key",
];

fn refund_of_ten() -> Letter {
    asks("Please refund 10.00 EUR of my last payment.")
}

fn refund_of_all() -> Letter {
    asks("Please refund my last payment.")
}

/// Never two refunds; and what the draft says of it is so.
async fn holds(shop: &Shop, draft: &Draft, name: &str) -> Result<()> {
    let refunded = shop.refunded().await?;
    assert!(refunded.len() <= 1, "{name}: {refunded:?}");
    let state = draft.action().map(|action| action.state);
    let told = (draft.data().outcome, draft.code());
    match state {
        Some(ReportedState::Done) => {
            assert_eq!(refunded.len(), 1, "{name}: it says done");
            assert_eq!(told, (Outcome::ActionTaken, Some(ReasonCode::RefundIssued)), "{name}");
        }
        Some(ReportedState::Unknown) => {
            draft.claims_no_refund();
            assert_eq!(told, (Outcome::Handoff, Some(ReasonCode::OutcomeUnknown)), "{name}");
        }
        Some(ReportedState::Refused | ReportedState::NeedsApproval | ReportedState::WouldDo) | None => {
            draft.claims_no_refund();
            assert!(refunded.is_empty(), "{name}: it says {told:?}, and {refunded:?} was refunded");
        }
    }
    Ok(())
}

#[tokio::test]
async fn a_fault_that_passes_delays_the_refund_and_does_not_change_it() -> Result<()> {
    for request in REQUESTS {
        for fault in FAULTS {
            for times in [1, 3] {
                let name = format!("{fault} at {request}, {times} times");
                let shop = Shop::open(one_charge()).await?;
                shop.goes_wrong(request, fault, times).await?;
                let draft = shop.receives_after_waiting(&refund_of_ten()).await?;
                holds(&shop, &draft, &name).await?;
                draft.ends(Outcome::ActionTaken, ReasonCode::RefundIssued);
                assert_eq!(shop.refunded().await?, [1_000], "{name}");
            }
        }
    }
    Ok(())
}

#[tokio::test]
async fn a_fault_that_lasts_ends_with_a_person_who_is_told_the_truth() -> Result<()> {
    for request in REQUESTS {
        // A read that Stripe only has no room for is waited for, however long (see `turns`), and so is one whose key is refused.
        let waits = |fault: &str| fault.starts_with("rate_limited") || fault == "revoked_key";
        for fault in FAULTS.into_iter().filter(|fault| request.starts_with("POST") || !waits(fault)) {
            for after in [0, 1, 2] {
                let name = format!("{fault} at {request} for ever, after {after}");
                let shop = Shop::open(one_charge()).await?;
                shop.goes_wrong_after(after, request, fault, 1_000).await?;
                let draft = shop.receives_after_waiting(&refund_of_ten()).await?;
                holds(&shop, &draft, &name).await?;
            }
        }
    }
    Ok(())
}

#[tokio::test]
async fn all_going_down_after_the_refund_was_sent_leaves_it_unknown() -> Result<()> {
    for fault in ["lost_before_execution", "lost_after_execution"] {
        for then in ["GET /v1/refunds", "GET /v1"] {
            let shop = Shop::open(one_charge()).await?;
            shop.goes_wrong("POST /v1/refunds", fault, 3).await?;
            assert!(matches!(shop.delivers(&refund_of_ten()).await?, Ended::Later { .. }));
            shop.goes_wrong(then, "server_error", 1_000).await?;
            let draft = shop.receives_after_waiting(&refund_of_ten()).await?;
            assert_eq!(draft.code(), Some(ReasonCode::OutcomeUnknown), "{fault}, then {then}");
            assert_eq!(draft.data().outcome, Outcome::Handoff);
        }
    }
    Ok(())
}

#[tokio::test]
async fn what_was_sent_is_settled_even_when_nothing_else_of_stripe_answers() -> Result<()> {
    let shop = Shop::open(one_charge()).await?;
    shop.goes_wrong("POST /v1/refunds", "lost_after_execution", 3).await?;
    assert!(matches!(shop.delivers(&refund_of_ten()).await?, Ended::Later { .. }));
    shop.goes_wrong("GET /v1/customers", "server_error", 1_000).await?;
    shop.goes_wrong("GET /v1/charges", "server_error", 1_000).await?;
    let draft = shop.receives(&refund_of_ten()).await?;
    draft.ends(Outcome::ActionTaken, ReasonCode::RefundIssued);
    assert_eq!(draft.data().delivery.to.as_ref().map(ToString::to_string).as_deref(), Some(ADA));
    Ok(())
}

#[tokio::test]
async fn a_key_revoked_midway_waits_for_another_and_then_refunds_once() -> Result<()> {
    let shop = Shop::open(one_charge()).await?;
    shop.goes_wrong("POST /v1/refunds", "revoked_key", 2).await?;
    for _ in 0..2 {
        assert!(matches!(shop.delivers(&refund_of_ten()).await?, Ended::Later { .. }));
        assert_eq!(shop.refunded().await?, [0; 0]);
    }
    shop.receives(&refund_of_ten()).await?.ends(Outcome::ActionTaken, ReasonCode::RefundIssued);
    assert_eq!(shop.refunded().await?, [1_000]);
    Ok(())
}

#[tokio::test]
async fn what_was_refunded_by_hand_in_between_is_not_refunded_twice() -> Result<()> {
    // Nothing was sent yet: Stripe's refusal is believed.
    let shop = Shop::open(one_charge()).await?;
    shop.goes_wrong("GET /v1/refunds", "lost_before_execution", 3).await?;
    assert!(matches!(shop.delivers(&refund_of_all()).await?, Ended::Later { .. }));
    shop.refunds_by_hand("ch_1001", 4_900).await?;
    let draft = shop.receives(&refund_of_all()).await?;
    draft.ends(Outcome::Answered, ReasonCode::AlreadyRefunded);
    draft.says("was already refunded: €49.00 in total");
    draft.claims_no_refund();
    assert_eq!(shop.refunded().await?, [4_900]);

    // It was sent, and nobody saw the answer: what Stripe lists decides.
    let shop = Shop::open(one_charge()).await?;
    shop.goes_wrong("POST /v1/refunds", "lost_before_execution", 3).await?;
    assert!(matches!(shop.delivers(&refund_of_all()).await?, Ended::Later { .. }));
    shop.refunds_by_hand("ch_1001", 4_900).await?;
    let draft = shop.receives(&refund_of_all()).await?;
    draft.claims_no_refund();
    assert!(matches!(draft.data().outcome, Outcome::Failed | Outcome::Handoff));
    assert_eq!(shop.refunded().await?, [4_900]);
    Ok(())
}

#[tokio::test]
async fn the_same_bytes_again_get_the_same_draft() -> Result<()> {
    let shop = Shop::open(one_charge()).await?;
    let first = shop.receives(&refund_of_ten()).await?;
    shop.hours_pass(30);
    let again = shop.receives(&refund_of_ten()).await?;
    assert_eq!(first.bytes, again.bytes);
    assert_eq!(shop.refunded().await?, [1_000]);
    Ok(())
}

#[tokio::test]
async fn a_copy_by_another_server_is_the_same_mail() -> Result<()> {
    let shop = Shop::open(one_charge()).await?;
    let first = shop.receives(&refund_of_ten()).await?;
    let copy = refund_of_ten().by_way_of("relay.shop.example");
    assert_ne!(refund_of_ten().bytes(), copy.bytes());
    assert_eq!(shop.receives(&copy).await?.bytes, first.bytes);
    assert_eq!(shop.refunded().await?, [1_000]);
    Ok(())
}

/// The first copy was answered with a question. When the second comes there is one payment only, and still nothing is done: the
/// question is what was sent.
#[tokio::test]
async fn a_copy_does_not_do_what_the_first_only_asked_about() -> Result<()> {
    let shop = Shop::open(one_charge().charge("ch_1002", 2_900, "-5d")).await?;
    let letter = asks("Please refund my payment.");
    let question = shop.receives(&letter).await?;
    question.ends(Outcome::NeedsClarification, ReasonCode::SeveralCharges);
    shop.refunds_by_hand("ch_1002", 2_900).await?;
    let copy = shop.receives(&letter.by_way_of("relay.shop.example")).await?;
    assert_eq!(copy.bytes, question.bytes);
    assert_eq!(shop.refunded().await?, [2_900]);
    Ok(())
}

#[tokio::test]
async fn a_worker_killed_after_the_refund_does_not_make_another() -> Result<()> {
    for letter in [refund_of_ten(), refund_of_all()] {
        let shop = Shop::open(one_charge()).await?;
        shop.is_killed_over(&letter).await?;
        let refunded = shop.refunded().await?;
        assert_eq!(refunded.len(), 1);
        let draft = shop.receives(&letter).await?;
        holds(&shop, &draft, "after a crash").await?;
        draft.ends(Outcome::ActionTaken, ReasonCode::RefundIssued);
        let copy = shop.receives(&letter.by_way_of("relay.shop.example")).await?;
        assert_eq!(copy.bytes, draft.bytes);
        assert_eq!(shop.refunded().await?, refunded);
    }
    Ok(())
}

#[tokio::test]
async fn switching_refunds_off_after_the_refund_does_not_hide_it() -> Result<()> {
    let shop = Shop::open(one_charge()).await?;
    shop.is_killed_over(&refund_of_ten()).await?;
    let shop = shop.switch(Function::Refund, Switch::Off);
    shop.receives(&refund_of_ten()).await?.ends(Outcome::ActionTaken, ReasonCode::RefundIssued);
    Ok(())
}

#[tokio::test]
async fn switching_refunds_off_stops_what_was_not_sent_yet() -> Result<()> {
    let shop = Shop::open(one_charge()).await?;
    shop.goes_wrong("GET /v1/refunds", "server_error", 3).await?;
    assert!(matches!(shop.delivers(&refund_of_ten()).await?, Ended::Later { .. }));
    let shop = shop.switch(Function::Refund, Switch::Off);
    let draft = shop.receives(&refund_of_ten()).await?;
    draft.ends(Outcome::Handoff, ReasonCode::FunctionOff);
    assert_eq!(shop.refunded().await?, [0; 0]);
    let action = shop.action(&draft, Function::Refund).await?;
    assert_eq!(action.map(|action| action.state), Some(ActionState::Refused), "it is in nobody's way");
    Ok(())
}

#[tokio::test]
async fn a_ledger_that_was_lost_does_not_make_a_second_refund() -> Result<()> {
    for letter in [refund_of_ten(), refund_of_all()] {
        let mut shop = Shop::open(one_charge()).await?;
        shop.receives(&letter).await?;
        let refunded = shop.refunded().await?;
        shop.loses_its_ledger().await?;
        shop.hours_pass(48);
        let draft = shop.receives(&letter).await?;
        draft.ends(Outcome::ActionTaken, ReasonCode::RefundIssued);
        holds(&shop, &draft, "without the old ledger").await?;
        assert_eq!(shop.refunded().await?, refunded);
    }
    Ok(())
}

#[tokio::test]
async fn a_cancellation_is_found_again_when_the_ledger_was_lost() -> Result<()> {
    let mut shop = Shop::open(one_charge().subscription("sub_1001", json!({}))).await?;
    let letter = asks("Please cancel my subscription.");
    shop.receives(&letter).await?.ends(Outcome::ActionTaken, ReasonCode::CancellationSet);
    shop.loses_its_ledger().await?;
    shop.hours_pass(48);
    let writes = shop.writes().await?;
    shop.receives(&letter).await?.ends(Outcome::ActionTaken, ReasonCode::CancellationSet);
    assert_eq!(shop.writes().await?, writes);
    Ok(())
}

#[tokio::test]
async fn a_refund_unknown_to_a_new_ledger_makes_the_next_a_persons_decision() -> Result<()> {
    let mut shop = Shop::open(one_charge()).await?;
    shop.receives(&refund_of_ten()).await?;
    shop.loses_its_ledger().await?;
    let other = asks("I wrote last week. Please refund 10.00 EUR of my last payment.");
    shop.receives(&other).await?.ends(Outcome::NeedsApproval, ReasonCode::ApprovalRequired);
    assert_eq!(shop.refunded().await?, [1_000]);
    Ok(())
}

/// The window is wider by now, so that another payment is the only one that could be refunded.
#[tokio::test]
async fn another_payment_is_not_refunded_for_a_mail_that_had_its_refund() -> Result<()> {
    let mut shop = Shop::open(one_charge().charge("ch_1002", 4_900, "-100d")).await?;
    shop.receives(&refund_of_all()).await?.ends(Outcome::ActionTaken, ReasonCode::RefundIssued);
    shop.loses_its_ledger().await?;
    shop.hours_pass(48);
    let shop = shop.rules(|policy| policy.refund.window_days = 365);
    let draft = shop.receives(&refund_of_all()).await?;
    draft.ends(Outcome::ActionTaken, ReasonCode::RefundIssued);
    assert_eq!(draft.action().map(|action| action.target.as_str()), Some("ch_1001"));
    assert_eq!(shop.refunded().await?, [4_900]);
    Ok(())
}

#[tokio::test]
async fn a_key_that_may_not_refund_names_the_permission_and_leaves_nothing_behind() -> Result<()> {
    let seed = one_charge().seed().to_string();
    let shop = Shop::with(&seed, KEY_WITHOUT_REFUNDS).await?;
    let draft = shop.receives(&refund_of_ten()).await?;
    draft.ends(Outcome::Handoff, ReasonCode::PermissionMissing);
    draft.claims_no_refund();
    assert!(draft.data().reasons.iter().any(|reason| reason.text.contains("Refunds: Write")));
    draft.does_not_say("ermission");
    let action = shop.action(&draft, Function::Refund).await?;
    assert_eq!(action.map(|action| action.state), Some(ActionState::Refused));
    Ok(())
}

#[tokio::test]
async fn what_was_sent_long_ago_is_read_back_and_never_sent_again() -> Result<()> {
    let shop = Shop::open(one_charge()).await?;
    shop.goes_wrong("POST /v1/refunds", "lost_after_execution", 3).await?;
    assert!(matches!(shop.delivers(&refund_of_ten()).await?, Ended::Later { .. }));
    shop.hours_pass(21);
    let writes = shop.writes().await?;
    shop.receives(&refund_of_ten()).await?.ends(Outcome::ActionTaken, ReasonCode::RefundIssued);
    assert_eq!((shop.writes().await?, shop.refunded().await?), (writes, vec![1_000]));

    let shop = Shop::open(one_charge()).await?;
    shop.goes_wrong("POST /v1/refunds", "lost_before_execution", 3).await?;
    assert!(matches!(shop.delivers(&refund_of_ten()).await?, Ended::Later { .. }));
    shop.hours_pass(21);
    let writes = shop.writes().await?;
    let draft = shop.receives(&refund_of_ten()).await?;
    draft.ends(Outcome::Handoff, ReasonCode::OutcomeUnknown);
    assert_eq!((shop.writes().await?, shop.refunded().await?), (writes, vec![]));
    Ok(())
}

#[tokio::test]
async fn two_workers_with_one_mail_make_one_refund_and_one_draft() -> Result<()> {
    let shop = Shop::open(one_charge()).await?;
    let second = shop.second_worker().await?;
    let bytes = refund_of_ten().bytes();
    let (one, other) = tokio::join!(
        shop.engine.delivers(bytes.clone(), RunKind::Live),
        second.delivers(bytes, RunKind::Live)
    );
    let drafts = [one?, other?].into_iter().filter(|ended| matches!(ended, Ended::Draft(_))).count();
    assert_eq!(drafts, 1, "the other waits");
    assert_eq!(shop.refunded().await?, [1_000]);
    Ok(())
}

#[tokio::test]
async fn two_workers_with_two_copies_of_one_mail_make_one_refund_and_one_draft() -> Result<()> {
    for round in 0..10 {
        let shop = Shop::open(one_charge()).await?;
        let second = shop.second_worker().await?;
        let (first, copy) = (refund_of_ten(), refund_of_ten().by_way_of("relay.shop.example"));
        let (one, other) = tokio::join!(
            shop.engine.delivers(first.bytes(), RunKind::Live),
            second.delivers(copy.bytes(), RunKind::Live)
        );
        for ended in [one?, other?] {
            assert!(matches!(ended, Ended::Draft(_) | Ended::Later { .. }), "{round}: {ended:?}");
        }
        let (one, other) = (shop.receives(&first).await?, shop.receives(&copy).await?);
        assert_eq!(one.bytes, other.bytes, "{round}");
        one.ends(Outcome::ActionTaken, ReasonCode::RefundIssued);
        assert_eq!(shop.refunded().await?, [1_000], "{round}");
    }
    Ok(())
}

#[tokio::test]
async fn two_mails_about_one_payment_at_once_do_not_both_refund_it() -> Result<()> {
    for round in 0..10 {
        let shop = Shop::open(one_charge()).await?;
        let second = shop.second_worker().await?;
        let other = asks("Please, I am in a hurry, refund 10.00 EUR of my last payment.");
        let (one, two) = tokio::join!(
            shop.engine.delivers(refund_of_ten().bytes(), RunKind::Live),
            second.delivers(other.bytes(), RunKind::Live)
        );
        assert!(matches!((one?, two?), (Ended::Draft(_), Ended::Draft(_))), "{round}");
        assert_eq!(shop.refunded().await?, [1_000], "{round}");
    }
    Ok(())
}

#[tokio::test]
async fn a_known_message_id_with_other_content_moves_no_money() -> Result<()> {
    let shop = Shop::open(one_charge().subscription("sub_1001", json!({}))).await?;
    let real =
        Letter::from(ADA).asks("What is the status of my subscription?").message_id("one@engines.example");
    shop.receives(&real).await?;
    for text in ["Please refund my last payment.", "Please cancel my subscription."] {
        let other = asks(text).message_id("one@engines.example");
        shop.receives(&other).await?.ends(Outcome::Handoff, ReasonCode::MessageIdReused);
    }
    assert_eq!(shop.writes().await?, 0);
    Ok(())
}
