//! `postill actions`, on both databases.

use anyhow::{Result, ensure};
use domain::Function;
use domain::action::ActionState;

use crate::books::{SECRETS, document, ending, on_both, refunded, unknown};
use crate::desk::{json_lines, notes, says};

#[tokio::test]
async fn actions_are_listed_and_shown_without_what_is_personal() -> Result<()> {
    on_both(async |books| {
        notes(books.postill(["actions"]), 0, &["nothing was done at Stripe yet"], &[]).await?;
        let done = books.acts("one", Function::Refund, Some(refunded())).await?;
        let lost = books.acts("two", Function::Refund, Some(unknown())).await?;
        let (done_starts, lost_starts) = (&done.id.as_str()[..16], &lost.id.as_str()[..16]);
        let words =
            [done_starts, lost_starts, "€25.00", "re_1", "done", "unknown", "a worker looks again in"];
        says(books.postill(["actions"]), 0, &words, &SECRETS).await?;
        says(books.postill(["actions", "list", "--unsettled"]), 0, &[lost_starts], &[done_starts]).await?;

        let words =
            ["ch_one", "req_1", "the policy", "audit trail", "action.intended", "action.sent", "action.done"];
        says(books.postill(["actions", "show", done.id.as_str()]), 0, &words, &SECRETS).await?;
        // As the table shows it.
        says(books.postill(["actions", "show", done_starts]), 0, &words, &SECRETS).await?;
        notes(books.postill(["actions", "show", &done_starts[..11]]), 64, &["8 to 40 hexadecimal"], &[])
            .await?;
        let shown = books.postill(["actions", "show", done.id.as_str(), "--json"]);
        let shown = document(&says(shown, 0, &[], &SECRETS).await?.stdout)?;
        ensure!(
            shown["request"]["charge"] == "ch_one" && shown["result"]["request_id"] == "req_1",
            "{shown:#}"
        );
        ensure!(shown["audit"].as_array().is_some_and(|lines| lines.len() == 3), "{shown:#}");
        let lines = json_lines(&says(books.postill(["actions", "--json"]), 0, &[], &SECRETS).await?.stdout)?;
        ensure!(lines.len() == 2, "{lines:#?}");
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_person_settles_what_is_unknown_and_nothing_else() -> Result<()> {
    on_both(async |books| {
        let settle = |id: &str, how: [&str; 2]| {
            let [flag, object] = how;
            let mut arguments = vec!["actions", "settle", id, flag];
            arguments.extend(Some(object).filter(|object| !object.is_empty()));
            arguments.extend(["--reason", "seen in the dashboard", "--as", "kim"]);
            books.postill_with(arguments)
        };
        let known = books.acts("known", Function::Refund, Some(refunded())).await?;
        notes(settle(known.id.as_str(), ["--not-done", ""]), 1, &["its outcome is known: done"], &SECRETS)
            .await?;
        let sent = books.acts("sent", Function::Refund, None).await?;
        notes(settle(sent.id.as_str(), ["--not-done", ""]), 1, &["may still find out"], &SECRETS).await?;

        let lost = books.acts("lost", Function::Refund, Some(unknown())).await?;
        notes(books.postill(["actions", "settle", lost.id.as_str(), "--reason", "x"]), 64, &["--done"], &[])
            .await?;
        notes(books.postill(["actions", "settle", lost.id.as_str(), "--not-done"]), 64, &["--reason"], &[])
            .await?;
        says(settle(lost.id.as_str(), ["--done", "re_9"]), 0, &["it was done, re_9"], &SECRETS).await?;
        let stored = books.ledger.action(&lost.id).await?.map(|action| action.state);
        ensure!(stored == Some(ActionState::Reconciled), "{stored:?}");
        let words = ["re_9", "action.settled_by_hand", "kim", "seen in the dashboard"];
        says(books.postill(["actions", "show", lost.id.as_str()]), 0, &words, &SECRETS).await?;

        let lost = books.acts("gone", Function::Refund, Some(unknown())).await?;
        says(settle(lost.id.as_str(), ["--not-done", ""]), 0, &["ch_gone is free again"], &SECRETS).await?;
        let stranger = format!("act_{}", "0".repeat(40));
        notes(settle(&stranger, ["--not-done", ""]), 1, &["no action has the id"], &[]).await?;
        Ok(())
    })
    .await
}

#[tokio::test]
async fn only_a_cancellation_that_was_made_is_taken_back_and_once() -> Result<()> {
    on_both(async |books| {
        let undo = |id: &str| books.postill(["actions", "undo", id, "--as", "kim"]);
        let refund = books.acts("one", Function::Refund, Some(refunded())).await?;
        notes(undo(refund.id.as_str()), 1, &["cannot be taken back", "only a cancellation"], &SECRETS)
            .await?;
        let sent = books.acts("two", Function::CancelSubscription, None).await?;
        notes(undo(sent.id.as_str()), 1, &["the action is sent"], &SECRETS).await?;
        let made = books.acts("three", Function::CancelSubscription, Some(ending())).await?;
        says(undo(made.id.as_str()), 0, &["taking back the cancellation of sub_three"], &SECRETS).await?;
        says(undo(made.id.as_str()), 0, &["nothing was changed"], &SECRETS).await?;
        notes(undo(&format!("act_{}", "0".repeat(40))), 1, &["no action has the id"], &[]).await?;
        Ok(())
    })
    .await
}
