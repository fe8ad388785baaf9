//! `postill audit`, on both databases.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use crate::books::{ASKER, Books, on_both};
use crate::desk::{json_lines, notes, says};

#[tokio::test]
async fn a_whole_trail_is_said_to_be_whole_and_its_head_is_kept() -> Result<()> {
    on_both(async |books| {
        books.waits("one", 1, Duration::from_hours(1)).await?;
        let head = head(books).await?;
        books.waits("two", 1, Duration::from_hours(1)).await?;
        let verify = books.postill(["audit", "verify", "--workspace", "default", "--head", &head]);
        says(verify, 0, &["✔", "default", "whole"], &[]).await?;
        // A head that the trail never had: it was cut off, or made anew.
        let (number, hash) = head.split_once(':').context("no head")?;
        let other = format!("{number}:{}", hash.chars().rev().collect::<String>());
        let verify = books.postill(["audit", "verify", "--workspace", "default", "--head", &other]);
        says(verify, 1, &["✘", "default"], &[]).await?;
        let longer = format!("1000:{hash}");
        says(books.postill(["audit", "verify", "--workspace", "default", "--head", &longer]), 1, &["✘"], &[])
            .await?;
        notes(books.postill(["audit", "verify", "--head", &head]), 64, &["--workspace"], &[]).await?;
        notes(
            books.postill(["audit", "verify", "--workspace", "default", "--head", "1"]),
            64,
            &["a head as"],
            &[],
        )
        .await?;
        Ok(())
    })
    .await
}

#[tokio::test]
async fn export_gives_every_line_with_number_and_hash() -> Result<()> {
    on_both(async |books| {
        for mail in ["one", "two", "three"] {
            books.waits(mail, 1, Duration::from_hours(1)).await?;
        }
        let exported =
            says(books.postill(["audit", "export", "--workspace", "default"]), 0, &[], &[ASKER]).await?;
        let lines = json_lines(&exported.stdout)?;
        for (number, line) in lines.iter().enumerate() {
            ensure!(line["number"] == number + 1, "{line}");
            ensure!(line["hash"].as_str().is_some_and(|hash| hash.len() == 64), "{line}");
            for field in ["at", "workspace", "actor", "event", "subject", "detail", "sequence"] {
                ensure!(line.get(field).is_some(), "no {field}: {line}");
            }
        }
        let last = lines.last().context("nothing was exported")?;
        ensure!(
            format!("{}:{}", last["number"], last["hash"].as_str().unwrap_or("")) == head(books).await?,
            "{last}"
        );
        let all = says(books.postill(["audit", "export"]), 0, &[], &[ASKER]).await?;
        ensure!(all.stdout == exported.stdout, "one workspace is all there is");
        Ok(())
    })
    .await
}

async fn head(books: &Books) -> Result<String> {
    let verified = says(books.postill(["audit", "verify", "--json"]), 0, &[], &[]).await?;
    let lines: Vec<Value> = json_lines(&verified.stdout)?;
    let line = lines.first().context("no workspace")?;
    ensure!(line["broken"].is_null(), "{line}");
    Ok(line["head"].as_str().context("no head")?.to_owned())
}
