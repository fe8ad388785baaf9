//! `postill dead`, on both databases, where RabbitMQ is out of reach.

use anyhow::{Context, Result, bail, ensure};
use domain::{Digest, RunKind};
use std::time::Duration;
use store::{Arrival, Burial, Claim, DeadGroup, LeaseTerms};

use crate::books::{Books, document, on_both};
use crate::desk::{json_lines, notes, says};

/// Nobody listens there.
const NOWHERE: &str = "amqp://127.0.0.1:1";

fn postill(books: &Books, arguments: &[&str]) -> tests::Run {
    books.postill_with(arguments.to_vec()).env("POSTILL_AMQP_URL", NOWHERE)
}

/// Mails 1 to `count` died of being too large.
async fn some_dead(books: &Books, workspace: &str, count: u32) -> Result<DeadGroup> {
    for number in 1..=count {
        let digest = Digest::of(&[&number.to_be_bytes()]);
        let arrival = Arrival { digest, workspace: workspace.parse()?, run: RunKind::Live };
        let terms = LeaseTerms { lasts: Duration::from_mins(5) };
        let Some(Claim::Taken(lease)) = books.ledger.claim(&[arrival], terms).await?.pop() else {
            bail!("not claimed")
        };
        let sentence = format!("the message has {} bytes, more than the 10 that are read", number + 10);
        books.ledger.bury(&[Burial { lease, code: "too_large".to_owned(), sentence }]).await?;
    }
    let groups = books.ledger.dead_groups(Some(&workspace.parse()?)).await?;
    groups.into_iter().next().context("no group")
}

#[tokio::test]
async fn groups_are_listed_and_what_cannot_be_seen_is_said() -> Result<()> {
    on_both(async |books| {
        let words = ["no mail is dead", "what lies in RabbitMQ alone is not shown"];
        notes(postill(books, &["dead"]), 0, &words, &[]).await?;
        let group = some_dead(books, "default", 2).await?;
        let other = some_dead(books, "other", 1).await?;
        let words = [group.id.as_str(), other.id.as_str(), "the message has … bytes", "too_large"];
        says(postill(books, &["dead"]), 0, &words, &[]).await?;
        let list = ["dead", "list", "--workspace", "default", "--json"];
        let lines = json_lines(&says(postill(books, &list), 0, &[], &[]).await?.stdout)?;
        ensure!(lines.len() == 1 && lines[0]["mails"] == 2 && lines[0]["code"] == "too_large", "{lines:#?}");

        let shown =
            says(postill(books, &["dead", "show", group.id.as_str()]), 0, &["has 11 bytes"], &[]).await?;
        ensure!(shown.stdout.contains("has 12 bytes"), "{shown:?}");
        let digest = Digest::of(&[&1_u32.to_be_bytes()]).to_string();
        let start = &digest[..12];
        notes(postill(books, &["dead", "show", start]), 1, &["several dead mails", "--workspace"], &[])
            .await?;
        let start = &Digest::of(&[&2_u32.to_be_bytes()]).to_string()[..8];
        let one = says(postill(books, &["dead", "show", start, "--json"]), 0, &[], &[]).await?;
        ensure!(document(&one.stdout)?["attempts"] == 1, "{one:?}");
        Ok(())
    })
    .await
}

#[tokio::test]
async fn what_would_be_done_is_said_with_its_number_and_not_done() -> Result<()> {
    on_both(async |books| {
        let group = some_dead(books, "default", 3).await?;
        let drop = ["dead", "drop", group.id.as_str(), "--reason", "spam"];
        let would = says(postill(books, &drop), 0, &["would drop 3 mails", group.id.as_str()], &[]).await?;
        ensure!(would.stderr.contains("nothing was done: with --yes it concerns these 3 mails"), "{would:?}");
        let start = &Digest::of(&[&2_u32.to_be_bytes()]).to_string()[..12];
        says(postill(books, &["dead", "requeue", start]), 0, &["would put back 1 mail "], &[]).await?;
        let all = ["dead", "requeue", "--all", "--workspace", "default", "--json"];
        let lines = json_lines(&says(postill(books, &all), 0, &[], &[]).await?.stdout)?;
        ensure!(lines.len() == 1 && lines[0]["mails"] == 3 && lines[0]["done"] == false, "{lines:#?}");
        let nothing = ["dead", "requeue", "--all", "--workspace", "other"];
        notes(postill(books, &nothing), 0, &["nothing was done"], &[]).await?;
        ensure!(books.ledger.dead_orders(None, 10).await?.is_empty());
        Ok(())
    })
    .await
}

#[tokio::test]
async fn nothing_is_ordered_where_rabbitmq_is_out_of_reach() -> Result<()> {
    on_both(async |books| {
        let group = some_dead(books, "default", 1).await?;
        let requeue = ["dead", "requeue", group.id.as_str(), "--yes"];
        notes(postill(books, &requeue), 69, &["is RabbitMQ running there?"], &[]).await?;
        ensure!(books.ledger.dead_orders(None, 10).await?.is_empty());
        Ok(())
    })
    .await
}

#[tokio::test]
async fn what_is_typed_wrong_is_said_with_what_to_type() -> Result<()> {
    on_both(async |books| {
        some_dead(books, "default", 1).await?;
        let stranger = "grp_0000000000000000";
        let words = ["no dead mail is in the group", "postill dead"];
        notes(postill(books, &["dead", "show", stranger]), 1, &words, &[]).await?;
        notes(postill(books, &["dead", "requeue", stranger, "--yes"]), 1, &words, &[]).await?;
        notes(postill(books, &["dead", "requeue", "0000000000"]), 1, &["no dead mail has an id"], &[])
            .await?;
        notes(postill(books, &["dead", "requeue"]), 64, &["--all"], &[]).await?;
        notes(postill(books, &["dead", "requeue", "grp_1"]), 64, &["16 hexadecimal digits"], &[]).await?;
        notes(postill(books, &["dead", "drop", "--all"]), 64, &["--reason"], &[]).await?;
        notes(postill(books, &["dead", "drop", "--all", "--reason", " "]), 64, &["1 to 500"], &[]).await?;
        Ok(())
    })
    .await
}
