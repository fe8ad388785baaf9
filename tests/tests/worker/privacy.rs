//! What is held of a person: told to them, forgotten, and what becomes of their mail when it comes again.

use anyhow::{Context, Result, ensure};
use serde_json::Value;
use sqlx::{PgConnection, Row as _};
use tests::{Finished, Postill, wait_until};

use crate::letters::{Letter, Wish, letter};
use crate::outcomes::at;
use crate::shop::{address, shop};
use crate::world::{PATIENCE, World, run, started};

const CUSTOMERS: &str = "/v1/customers";
const TIMES: [(&str, &str); 4] = [
    ("draft", "finished_at"),
    ("action", "settled_at"),
    ("approval", "decided_at"),
    ("follow_up", "ended_at"),
];

#[tokio::test]
async fn a_person_is_told_what_is_held_and_forgotten_with_it() -> Result<()> {
    run(&shop(2), async |w| {
        let (worker, refund, other) =
            (w.worker().await?, letter(0, 0, Wish::Refund), letter(1, 1, Wish::Invoice));
        w.answers(&refund, "action_taken").await?;
        w.answers(&other, "answered").await?;
        let told = held(w, &address(0)).await?;
        let [held_here] = told.as_slice() else { anyhow::bail!("{told:#?}") };
        ensure!(
            at(held_here, "/drafts/0/published/data/sender/address") == address(0).as_str(),
            "{held_here:#}"
        );
        ensure!(at(held_here, "/actions/0/function") == "refund", "{held_here:#}");
        ensure!(!held_here.to_string().contains(&address(1)), "somebody else is in it: {held_here:#}");

        let early = erases(w, &address(0), 1).await?;
        ensure!(early.stdout.contains("forgotten nothing") && early.stderr.contains("2 left"), "{early:?}");
        let mut ledger = w.database.connect().await?;
        ages(&mut ledger, 2).await?;
        let foretold = says(w, 0, &["privacy", "erase", "-"], &address(0)).await?;
        ensure!(foretold.stdout.contains("default: 1 draft, 1 action"), "{foretold:?}");
        let spelled = address(0).to_uppercase().replace('@', "+shop@");
        let erased = erases(w, &spelled, 0).await?;
        ensure!(erased.stdout.contains("default: forgotten 1 draft, 1 action"), "{erased:?}");
        for told in [&early, &foretold, &erased] {
            let told = format!("{}{}", told.stdout, told.stderr).to_lowercase();
            ensure!(!told.contains(&address(0).to_lowercase()), "the address is repeated: {told}");
        }
        ensure!(
            held(w, &address(0)).await?.is_empty() && held(w, &address(1)).await?.len() == 1,
            "not only theirs"
        );
        nowhere(&mut ledger, &address(0)).await?;

        comes_again_in_silence(w, worker, &refund).await
    })
    .await
}

#[tokio::test]
async fn what_is_older_than_the_setting_says_is_forgotten_by_the_worker() -> Result<()> {
    run(&shop(1), async |w| {
        let (worker, letter) = (w.worker().await?, letter(0, 0, Wish::Invoice));
        w.answers(&letter, "answered").await?;
        w.stops(worker).await?;
        let mut ledger = w.database.connect().await?;
        ages(&mut ledger, 36).await?;
        let worker = started(w.postill(["worker"]).env("POSTILL_RETENTION_DAYS", "35")).await?;
        wait_until("the draft to be forgotten", PATIENCE, async || {
            let forgotten = "select count(*) from draft where forgotten_at is not null and length(body) = 0";
            Ok(sqlx::query_scalar::<_, i64>(forgotten).fetch_one(&mut ledger).await? == 1)
        })
        .await?;
        nowhere(&mut ledger, &address(0)).await?;
        comes_again_in_silence(w, worker, &letter).await
    })
    .await
}

/// The very bytes are delivered once more: acknowledged, and nothing else happens.
async fn comes_again_in_silence(w: &World, worker: Postill, letter: &Letter) -> Result<()> {
    let (asked, refunds) = (w.requests("GET", CUSTOMERS).await?, w.objects("refunds").await?.len());
    ensure!(asked > 0, "nothing was asked before");
    w.arrives(std::slice::from_ref(letter)).await?;
    w.queue_sinks_to(0).await?;
    w.stops(worker).await?;
    w.nothing_is_queued().await?;
    ensure!(w.requests("GET", CUSTOMERS).await? == asked, "Stripe was asked for a mail that was forgotten");
    ensure!(w.objects("refunds").await?.len() == refunds, "it was refunded again");
    Ok(())
}

async fn held(w: &World, address: &str) -> Result<Vec<Value>> {
    let told = says(w, 0, &["privacy", "export", "-"], address).await?;
    serde_json::from_str(&told.stdout).context("no JSON")
}

async fn erases(w: &World, address: &str, code: i32) -> Result<Finished> {
    says(w, code, &["privacy", "erase", "-", "--yes", "--as", "kim"], address).await
}

async fn says(w: &World, code: i32, arguments: &[&str], input: &str) -> Result<Finished> {
    let arguments = arguments.iter().map(|text| (*text).to_owned()).collect();
    let finished = w.postill_with(arguments).input(input).finish(PATIENCE).await?;
    ensure!(finished.status.code() == Some(code), "{finished:?}");
    Ok(finished)
}

async fn ages(ledger: &mut PgConnection, days: i64) -> Result<()> {
    for (table, column) in TIMES {
        let by = days * 86_400_000;
        let shift = format!("update {table} set {column} = {column} - {by}");
        sqlx::query(sqlx::AssertSqlSafe(shift)).execute(&mut *ledger).await?;
    }
    Ok(())
}

/// No row of any table holds it, whatever way it is written.
async fn nowhere(ledger: &mut PgConnection, address: &str) -> Result<()> {
    let tables = "select tablename from pg_tables where schemaname = 'public'";
    let wanted = address.to_lowercase();
    for table in sqlx::query(tables).fetch_all(&mut *ledger).await? {
        let table: String = table.get(0);
        let rows = format!(
            "select count(*) from {table} as held where position('{wanted}' in lower(held::text)) > 0
                or position(encode('{wanted}'::bytea, 'hex') in held::text) > 0"
        );
        let found: i64 = sqlx::query_scalar(sqlx::AssertSqlSafe(rows)).fetch_one(&mut *ledger).await?;
        ensure!(found == 0, "{table} still names {address}");
    }
    Ok(())
}
