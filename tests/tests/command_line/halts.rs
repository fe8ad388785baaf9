//! `postill halt`, `resume` and `halts`, on both databases; and what `doctor` says of money.

use std::time::Duration;

use anyhow::{Result, ensure};
use domain::{Function, HaltKind, Scope, WorkspaceId};

use tests::Postill;

use crate::books::{SECRETS, on_both, unknown};
use crate::desk::{SOON, json_lines, notes, says};

#[tokio::test]
async fn a_halt_is_set_listed_and_lifted() -> Result<()> {
    on_both(async |books| {
        notes(books.postill(["halts"]), 0, &["nothing is stopped"], &[]).await?;
        notes(books.postill(["halt", "--reason", "x"]), 64, &["--workspace", "--all"], &[]).await?;
        notes(books.postill(["halt", "--all"]), 64, &["--reason"], &[]).await?;
        let halt = books.postill(["halt", "--all", "--reason", "a wave of fraud", "--as", "kim"]);
        says(halt, 0, &["stopped: all workspaces"], &[]).await?;
        let again = books.postill(["halt", "--all", "--reason", "another", "--as", "robin"]);
        says(again, 0, &["stopped before, which stays"], &[]).await?;
        let default = books.postill(["halt", "--workspace", "default", "--reason", "a test"]);
        notes(default, 0, &["postill resume --workspace default"], &[]).await?;

        let words =
            ["all workspaces", "kim", "a wave of fraud", "postill resume --all", "the workspace default"];
        says(books.postill(["halts"]), 0, &words, &["another"]).await?;
        let lines = json_lines(&says(books.postill(["halts", "--json"]), 0, &[], &[]).await?.stdout)?;
        ensure!(lines.len() == 2 && lines[0]["scope"] == "*" && lines[0]["kind"] == "stop", "{lines:#?}");

        let resume = books.postill(["resume", "--all", "--as", "robin"]).finish(SOON).await?;
        ensure!(resume.status.success() && resume.stdout.contains("by kim"), "{resume:?}");
        ensure!(resume.stderr.contains("still stopped: the workspace default"), "{resume:?}");
        says(books.postill(["resume", "--workspace", "default"]), 0, &["lifted", "a test"], &[]).await?;
        says(books.postill(["resume", "--all"]), 0, &["nothing was stopped"], &[]).await?;
        ensure!(books.ledger.halts().await?.is_empty());
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_workspace_that_is_not_there_cannot_be_halted() -> Result<()> {
    on_both(async |books| {
        let words = ["knows no workspace shpo", "nothing was changed"];
        let halt = books.postill(["halt", "--workspace", "shpo", "--reason", "a test"]);
        notes(halt, 64, &words, &[]).await?;
        ensure!(books.ledger.halts().await?.is_empty());
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_ledger_that_is_not_there_halts_nobody_and_is_not_made() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let url = format!("sqlite:{}", folder.path().join("mistyped.db").display());
    for arguments in
        [vec!["halt", "--all", "--reason", "x"], vec!["halts"], vec!["approvals"], vec!["actions"]]
    {
        let run = Postill::with(arguments).env("POSTILL_DATABASE_URL", &url);
        notes(run, 64, &["does not exist, so no worker uses it", "POSTILL_DATABASE_URL"], &[]).await?;
    }
    ensure!(std::fs::read_dir(folder.path())?.next().is_none(), "a file was made");
    Ok(())
}

#[tokio::test]
async fn what_a_file_stops_is_said_too() -> Result<()> {
    on_both(async |books| {
        let folder = tempfile::tempdir()?;
        let file = folder.path().join("halt");
        let postill = |verb: &str| books.postill([verb]).env("POSTILL_HALT_FILE", &file);
        notes(postill("halts"), 0, &["nothing is stopped"], &[]).await?;
        std::fs::write(folder.path().join("halt.shop"), "")?;
        says(postill("halts"), 0, &["stopped: the workspace shop, by the file"], &["all workspaces"]).await?;
        std::fs::write(&file, "")?;
        says(postill("halts"), 0, &["stopped: all workspaces, by the file"], &[]).await?;
        let resume = books.postill(["resume", "--all", "--json"]).env("POSTILL_HALT_FILE", &file);
        let resumed = json_lines(&says(resume, 0, &[], &[]).await?.stdout)?;
        ensure!(resumed[0]["files"].as_array().is_some_and(|files| files.len() == 2), "{resumed:?}");
        Ok(())
    })
    .await
}

#[tokio::test]
async fn resume_says_that_it_lifted_a_tripped_breaker() -> Result<()> {
    on_both(async |books| {
        let scope = Scope::Workspace(WorkspaceId::default());
        books.ledger.halt(&scope, HaltKind::Breaker, "postill", "500.00 eur in a day").await?;
        let words = ["budget was used up", "500.00 eur in a day"];
        says(books.postill(["halts"]), 0, &words, &[]).await?;
        says(books.postill(["resume", "--workspace", "default"]), 0, &words, &[]).await?;
        Ok(())
    })
    .await
}

#[tokio::test]
async fn doctor_names_what_is_stopped_what_waits_and_what_is_unknown() -> Result<()> {
    on_both(async |books| {
        books.waits("one", 1, Duration::from_hours(72)).await?;
        books.acts("two", Function::Refund, Some(unknown())).await?;
        books.ledger.halt(&Scope::All, HaltKind::Stop, "kim", "a wave of fraud").await?;
        let doctor = books.postill(["doctor", "--set", "amqp.url=amqp://127.0.0.1:1"]).finish(SOON).await?;
        for word in
            ["all workspaces", "a wave of fraud", "1 request waits", "1 action has an unknown outcome"]
        {
            ensure!(doctor.stdout.contains(word), "{word:?} is not said: {}", doctor.stdout);
        }
        for secret in SECRETS {
            ensure!(!doctor.stdout.contains(secret), "{}", doctor.stdout);
        }
        Ok(())
    })
    .await
}
