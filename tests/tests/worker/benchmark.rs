//! `postill bench`: what it measures, and that nothing of it is left.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde_json::Value;
use sqlx::Row;

use crate::outcomes::at;
use crate::shop::shop;
use crate::world::{World, run};

/// Two contenders twice, in a debug build on a busy machine.
const LONG: Duration = Duration::from_mins(4);

async fn bench(w: &World, ledger: Option<&str>) -> Result<Value> {
    let folder = tempfile::tempdir()?;
    let json = folder.path().join("bench.json").display().to_string();
    let mut run = w.postill(["bench", "--rounds", "1", "--mails", "150", "--json", &json]);
    if let Some(url) = ledger {
        run = run.without_env("POSTILL_DATABASE_URL").env("POSTILL_DATABASE_URL", url);
    }
    let finished = run.finish(LONG).await?;
    ensure!(finished.status.success(), "{}{}", finished.stdout, finished.stderr);
    ensure!(finished.stdout.contains("worker ÷ relay"), "{}", finished.stdout);
    Ok(serde_json::from_slice(&std::fs::read(json)?)?)
}

fn number(report: &Value, path: &str) -> Result<f64> {
    at(report, path).as_f64().with_context(|| format!("no {path} in {report:#}"))
}

#[tokio::test]
async fn both_are_measured_on_postgresql_and_nothing_is_left_behind() -> Result<()> {
    run(&shop(1), async |w| {
        let report = bench(w, None).await?;

        ensure!(
            at(&report, "/schema") == "postill.bench_report.v1" && at(&report, "/ledger") == "PostgreSQL"
        );
        for contender in ["relay", "worker"] {
            for figure in ["mails_per_second", "peak_memory_bytes", "published_per_second"] {
                ensure!(
                    number(&report, &format!("/rounds/0/{contender}/{figure}"))? > 0.0,
                    "{contender} {figure}"
                );
            }
        }
        // The system counts in hundredths of a second, and a relay of few mails takes less than one.
        ensure!(number(&report, "/rounds/0/worker/cpu_micros_per_mail")? > 0.0, "the worker took no time");
        ensure!(number(&report, "/rounds/0/relay/cpu_micros_per_mail")? >= 0.0, "the relay gained time");
        let share = number(&report, "/summary/share/median")?;
        ensure!(share > 0.0 && share < 1.0, "the worker does more than the relay: {share}");

        let queue = format!("{}.mail", at(&report, "/run").as_str().context("no run")?);
        ensure!(w.vhost.depth(&queue).await.is_err(), "{queue} is still there");
        let mut connection = w.database.connect().await?;
        let database = queue.replace('-', "_").replace(".mail", "");
        let left = sqlx::query("SELECT count(*) FROM pg_database WHERE datname = $1").bind(&database);
        ensure!(left.fetch_one(&mut connection).await?.get::<i64, _>(0) == 0, "{database} is still there");
        Ok(())
    })
    .await
}

#[tokio::test]
async fn with_sqlite_its_ledger_lies_beside_that_of_the_settings_and_is_gone_afterwards() -> Result<()> {
    run(&shop(1), async |w| {
        let folder = tempfile::tempdir()?;
        let ledger = format!("sqlite:{}", folder.path().join("ledger.db").display());
        let report = bench(w, Some(&ledger)).await?;
        ensure!(at(&report, "/ledger") == "SQLite");
        let left = std::fs::read_dir(folder.path())?.count();
        ensure!(left == 0, "{left} files are left");
        Ok(())
    })
    .await
}
