//! `postill load`: every mail is timed from when it was due, none is overlooked, and nobody's live account is touched.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use domain::{Mode, SystemClock, WorkspaceId};
use serde_json::Value;
use store::vault::{MasterKey, Vault};
use store::{Config, Ledger, NewConnection};
use tempfile::TempDir;
use tests::{Finished, Run, wait_until};

use crate::letters::broken;
use crate::outcomes::at;
use crate::shop::{address, shop};
use crate::world::{PATIENCE, World, run, started};

const CUSTOMERS: usize = 100;
const LONG: Duration = Duration::from_mins(3);

/// A load test in the making, and where its report goes.
struct Load {
    folder: TempDir,
    run: Run,
}

impl Load {
    /// From customers of the shop, without a warm-up.
    fn with(w: &World, arguments: &[&str]) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let senders = folder.path().join("senders.txt");
        let addresses: Vec<String> = (0..CUSTOMERS).map(address).collect();
        std::fs::write(&senders, addresses.join("\n"))?;
        let mut all: Vec<String> = ["load", "--warm-up", "0"].map(str::to_owned).to_vec();
        if !arguments.contains(&"--corpus") {
            all.extend(["--senders".to_owned(), senders.display().to_string()]);
        }
        all.extend(arguments.iter().map(|argument| (*argument).to_owned()));
        all.extend(["--json".to_owned(), folder.path().join("load.json").display().to_string()]);
        Ok(Self { run: w.postill_with(all), folder })
    }

    fn report(&self) -> PathBuf {
        self.folder.path().join("load.json")
    }
}

fn read(path: PathBuf) -> Result<Value> {
    Ok(serde_json::from_slice(&std::fs::read(path)?)?)
}

fn count(report: &Value, name: &str) -> Result<u64> {
    at(report, &format!("/counts/{name}")).as_u64().with_context(|| format!("no {name} in {report:#}"))
}

fn require(finished: &Finished, code: i32, said: &str) -> Result<()> {
    let Finished { status, stdout, stderr } = finished;
    ensure!(status.code() == Some(code), "{status}: {stdout}{stderr}");
    ensure!(stdout.contains(said) || stderr.contains(said), "{said:?} is not in: {stdout}{stderr}");
    Ok(())
}

/// As `postill connect` does with a live key.
async fn connect_a_live_key(w: &World) -> Result<()> {
    let (folder, workspace) = (tempfile::tempdir()?, WorkspaceId::default());
    let vault = Vault::new(MasterKey::generate(&folder.path().join("key"))?, None);
    let sealed_key = vault.seal(&workspace, Mode::Live, "rk_live_larkspur_0001")?;
    let ledger = Ledger::open(&Config::new(w.database.url.parse()?), Arc::new(SystemClock)).await?;
    ledger.ensure_workspace(&workspace).await?;
    let key_hint = "0001".to_owned();
    ledger
        .put_connection(&NewConnection { workspace, mode: Mode::Live, sealed_key, key_hint }, "kim")
        .await?;
    ledger.close().await;
    Ok(())
}

#[tokio::test]
async fn five_hundred_mails_are_all_timed_and_none_is_missing() -> Result<()> {
    run(&shop(CUSTOMERS), async |w| {
        let worker = w.worker().await?;
        let load = Load::with(w, &["--rate", "200", "--mails", "500"])?;
        let report = load.report();
        let finished = load.run.finish(LONG).await?;
        require(&finished, 0, "nothing is missing")?;

        let report = read(report)?;
        for (name, expected) in [("due", 500), ("published", 500), ("waiting", 0), ("measured", 500)] {
            ensure!(count(&report, name)? == expected, "{name}: {report:#}");
        }
        ensure!(count(&report, "drafts")? + count(&report, "dead")? == 500, "{report:#}");
        let seconds = at(&report, "/seconds").as_array().context("no seconds")?;
        let sum = |name: &str| seconds.iter().filter_map(|second| second[name].as_u64()).sum::<u64>();
        ensure!(sum("due") == 500 && sum("published") == 500 && sum("drafts") == 500, "{seconds:?}");
        let of_labels = at(&report, "/outcomes").as_object().context("no outcomes")?;
        let ended = of_labels.values().filter_map(Value::as_object).flat_map(|ended| ended.values());
        ensure!(ended.filter_map(Value::as_u64).sum::<u64>() == 500, "{of_labels:?}");
        // The product's own queue keeps its drafts: the load test reads copies.
        ensure!(w.vhost.depth("postill.drafts").await? == 500, "drafts were taken from the product's queue");
        w.stops(worker).await
    })
    .await
}

#[tokio::test]
async fn a_worker_that_stands_still_costs_every_mail_that_was_due_meanwhile() -> Result<()> {
    run(&shop(CUSTOMERS), async |w| {
        // What a frozen worker has fetched does not show in the queue.
        let worker = started(w.postill(["worker"]).env("POSTILL_AMQP_PREFETCH", "10")).await?;
        let load = Load::with(w, &["--rate", "40", "--mails", "200", "--mix", "none", "--sizes", "1k"])?;
        let report = load.report();
        let running = load.run.start()?;
        wait_until("the first draft", PATIENCE, async || Ok(w.vhost.depth("postill.drafts").await? > 0))
            .await?;
        worker.freeze()?;
        // At 40 a second that is two seconds.
        wait_until("mail to pile up", PATIENCE, async || Ok(w.vhost.depth("postill.mail").await? >= 80))
            .await?;
        worker.thaw()?;
        require(&running.wait(LONG).await?, 0, "nothing is missing")?;

        let report = read(report)?;
        // Half of the mails of those two seconds waited for more than one: a fifth of all.
        let p90 = at(&report, "/latency/p90_micros").as_u64().context("no p90")?;
        ensure!(p90 >= 1_000_000, "the wait does not show: {report:#}");
        let seconds = at(&report, "/seconds").as_array().context("no seconds")?;
        let due: Vec<u64> =
            seconds.iter().filter_map(|second| second["due"].as_u64()).filter(|due| *due > 0).collect();
        ensure!(due.iter().all(|due| *due == 40), "the schedule waited for the worker: {due:?}");
        w.stops(worker).await
    })
    .await
}

#[tokio::test]
async fn a_mail_that_vanished_is_missed() -> Result<()> {
    run(&shop(CUSTOMERS), async |w| {
        let load = Load::with(w, &["--rate", "50", "--mails", "5", "--drain", "10"])?;
        let report = load.report();
        let running = load.run.start()?;
        w.vhost.wait_for_depth("postill.mail", 5, PATIENCE).await?;
        let taken = w.vhost.wait_for_messages("postill.mail", 1, PATIENCE).await?;
        ensure!(taken.len() == 1);
        let worker = w.worker().await?;

        require(&running.wait(LONG).await?, 1, "1 mail is missing")?;
        let report = read(report)?;
        ensure!(count(&report, "waiting")? == 1 && count(&report, "drafts")? == 4, "{report:#}");
        w.stops(worker).await
    })
    .await
}

#[tokio::test]
async fn mail_in_the_dead_queue_is_found_there() -> Result<()> {
    run(&shop(CUSTOMERS), async |w| {
        let archive = tempfile::tempdir()?;
        let garbage = broken(3 * 20);
        std::fs::write(archive.path().join("1.eml"), &garbage.body)?;
        std::fs::write(
            archive.path().join("2.eml"),
            "From: <anna@choir0.example>\r\nSubject: Hello\r\n\r\nThanks!\r\n",
        )?;
        let worker = w.worker().await?;
        let corpus = archive.path().display().to_string();
        let load = Load::with(w, &["--as-fast-as-possible", "--mails", "20", "--corpus", &corpus])?;
        let report = load.report();
        require(&load.run.finish(LONG).await?, 0, "nothing is missing")?;
        let report = read(report)?;
        ensure!(count(&report, "dead")? == 10 && count(&report, "drafts")? == 10, "{report:#}");
        w.stops(worker).await
    })
    .await
}

#[tokio::test]
async fn the_highest_rate_that_keeps_to_the_limit_is_looked_for() -> Result<()> {
    run(&shop(CUSTOMERS), async |w| {
        let worker = w.worker().await?;
        let search =
            ["--find-highest", "--p99-under", "300ms", "--rate", "800", "--seconds", "1", "--mix", "none"];
        let never =
            Load::with(w, &["--find-highest", "--p99-under", "0.001ms", "--rate", "2", "--seconds", "1"])?;
        require(&never.run.finish(LONG).await?, 1, "no rate holds")?;
        let load = Load::with(w, &search)?;
        let report = load.report();
        load.run.finish(LONG).await?;
        let probes = at(&read(report)?, "/highest/probes").as_array().cloned().context("no probes")?;
        ensure!(probes.len() > 1, "one probe is no search: {probes:?}");
        w.stops(worker).await
    })
    .await
}

#[tokio::test]
async fn nobody_loads_a_live_account_by_accident() -> Result<()> {
    run(&shop(1), async |w| {
        let load = || Load::with(w, &["--rate", "10", "--mails", "1"]);
        let live =
            load()?.run.without_env("POSTILL_STRIPE_KEY").env("POSTILL_STRIPE_KEY", "rk_live_larkspur_0001");
        let live = live.env("POSTILL_STRIPE_ALLOW_LIVE", "on").finish(PATIENCE).await?;
        require(&live, 64, "has a live Stripe key")?;
        let unknown = load()?.run.without_env("POSTILL_STRIPE_KEY").finish(PATIENCE).await?;
        require(&unknown, 64, "no Stripe key of the workspace default is known")?;

        // A live key in the ledger counts too, whatever the settings say.
        connect_a_live_key(w).await?;
        require(&load()?.run.finish(PATIENCE).await?, 64, "has a live Stripe key")?;
        w.nothing_is_queued().await
    })
    .await
}
