//! `postill approvals`, on both databases.

use std::time::Duration;

use anyhow::{Result, ensure};
use domain::approval::ApprovalState;
use domain::{HaltKind, Scope};

use crate::books::{ASKER, Books, SECRETS, document, on_both};
use crate::desk::{SOON, json_lines, notes, says};

const LONG: Duration = Duration::from_hours(60);

#[tokio::test]
async fn what_waits_is_listed_and_shown_without_who_asked() -> Result<()> {
    on_both(async |books| {
        notes(books.postill(["approvals"]), 0, &["nothing waits for a person"], &[]).await?;
        let one = books.waits("one", 1, LONG).await?;
        let two = books.waits("two", 2, LONG).await?;
        let words =
            [one.as_str(), two.as_str(), "€25.00", "ch_one", "in 2 d", "2 people approve, or one rejects"];
        says(books.postill(["approvals"]), 0, &words, &SECRETS).await?;
        says(books.postill(["approvals", "list", "--workspace", "default"]), 0, &words, &SECRETS).await?;
        says(books.postill(["approvals", "--workspace", "other"]), 0, &[], &[one.as_str()]).await?;
        let words = ["waiting", "€25.00", "cus_1", "refund", "one person approves or rejects"];
        says(books.postill(["approvals", "show", one.as_str()]), 0, &words, &SECRETS).await?;

        let lines = says(books.postill(["approvals", "--json"]), 0, &[], &SECRETS).await?;
        let lines = json_lines(&lines.stdout)?;
        ensure!(lines.len() == 2 && lines[0]["amount"]["minor"] == 2_500, "{lines:#?}");
        let shown =
            says(books.postill(["approvals", "show", two.as_str(), "--json"]), 0, &[], &SECRETS).await?;
        let shown = document(&shown.stdout)?;
        ensure!(
            shown["id"] == two.as_str() && shown["persons"] == 2 && shown["state"] == "waiting",
            "{shown:#}"
        );
        Ok(())
    })
    .await
}

#[tokio::test]
async fn an_approval_is_decided_once() -> Result<()> {
    on_both(async |books| {
        let id = books.waits("one", 1, LONG).await?;
        let approve =
            |amount| books.postill(["approvals", "approve", id.as_str(), "--amount", amount, "--as", "kim"]);
        notes(approve("25.01"), 1, &["more than waits", "€25.00"], &SECRETS).await?;
        notes(approve("20.00 usd"), 64, &["does not fit", "€25.00", "EUR"], &SECRETS).await?;
        notes(approve("20,00"), 64, &["point before the decimals"], &SECRETS).await?;
        notes(approve("0"), 64, &["above zero"], &SECRETS).await?;
        books.ledger.halt(&Scope::All, HaltKind::Stop, "kim", "a test").await?;
        let finished = says(approve("20.00"), 0, &["approved €20.00", "ch_one"], &SECRETS).await?;
        ensure!(finished.stderr.contains("carried out within a minute of being resumed"), "{finished:?}");
        let stored = books.ledger.approval(&id).await?.ok_or_else(|| anyhow::anyhow!("gone"))?;
        ensure!(stored.state == ApprovalState::Approved, "{:?}", stored.state);
        ensure!(
            stored.decided_amount.map(|amount| amount.minor) == Some(2_000),
            "{:?}",
            stored.decided_amount
        );

        says(books.postill(["approvals", "approve", id.as_str()]), 0, &["decided before"], &SECRETS).await?;
        let reject = books.postill(["approvals", "reject", id.as_str(), "--reason", "no"]);
        notes(reject, 1, &["too late", "approved already"], &SECRETS).await?;
        let listed =
            says(books.postill(["approvals", "--all"]), 0, &["approved €20.00 by kim"], &SECRETS).await?;
        ensure!(listed.stdout.contains(id.as_str()));
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_rejection_needs_a_reason_and_keeps_it() -> Result<()> {
    on_both(async |books| {
        let id = books.waits("one", 1, LONG).await?;
        notes(books.postill(["approvals", "reject", id.as_str()]), 64, &["--reason"], &[]).await?;
        notes(
            books.postill(["approvals", "reject", id.as_str(), "--reason", " "]),
            64,
            &["expected 1 to 500"],
            &[],
        )
        .await?;
        let reject =
            books.postill(["approvals", "reject", id.as_str(), "--reason", "used for a year", "--as", "kim"]);
        says(reject, 0, &["rejected", "ch_one"], &SECRETS).await?;
        let words = ["rejected by kim: used for a year"];
        says(books.postill(["approvals", "list", "--all"]), 0, &words, &SECRETS).await?;
        Ok(())
    })
    .await
}

#[tokio::test]
async fn nobody_decides_their_own_request_and_nobody_counts_twice() -> Result<()> {
    on_both(async |books| {
        let id = books.waits("two", 2, LONG).await?;
        let approve = |name: &str| books.postill(["approvals", "approve", id.as_str(), "--as", name]);
        notes(approve(&ASKER.to_uppercase()), 1, &["cannot decide it themselves"], &[]).await?;
        says(approve("kim"), 0, &["1 of 2 people"], &SECRETS).await?;
        notes(approve("Kim"), 1, &["it needs two people"], &SECRETS).await?;
        says(books.postill(["approvals"]), 0, &["somebody beside kim"], &SECRETS).await?;
        says(approve("robin"), 0, &["approved €25.00"], &SECRETS).await?;
        Ok(())
    })
    .await
}

#[tokio::test]
async fn what_cannot_be_decided_says_so() -> Result<()> {
    on_both(async |books| {
        let expired = books.waits("late", 1, Duration::ZERO).await?;
        notes(books.postill(["approvals", "approve", expired.as_str()]), 1, &["too late"], &SECRETS).await?;
        let stranger = format!("apr_{}", "0".repeat(24));
        for verb in ["approve", "show"] {
            let words = ["no approval has the id", "postill approvals --all"];
            notes(books.postill(["approvals", verb, &stranger]), 1, &words, &[]).await?;
        }
        notes(books.postill(["approvals", "approve", "apr_1"]), 64, &["24 hexadecimal digits"], &[]).await?;
        notes(
            books.postill(["approvals", "approve", &stranger, "--as", "two\nlines"]),
            64,
            &["on one line"],
            &[],
        )
        .await?;
        Ok(())
    })
    .await
}

#[tokio::test]
async fn of_two_who_decide_at_once_one_decides() -> Result<()> {
    on_both(async |books: &Books| {
        let id = books.waits("one", 1, LONG).await?;
        let approve = books.postill(["approvals", "approve", id.as_str(), "--as", "kim"]);
        let reject = books.postill(["approvals", "reject", id.as_str(), "--reason", "no", "--as", "robin"]);
        let (approved, rejected) = tokio::try_join!(approve.finish(SOON), reject.finish(SOON))?;
        let codes = (approved.status.code(), rejected.status.code());
        ensure!(codes == (Some(0), Some(1)) || codes == (Some(1), Some(0)), "{approved:?} {rejected:?}");
        Ok(())
    })
    .await
}
