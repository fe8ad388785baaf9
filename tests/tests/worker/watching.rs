//! What a worker tells whoever watches it: `/livez`, `/readyz`, `/metrics`.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use meters::{Kind, METRICS};
use serde_json::json;
use tests::{Postill, PrivateBroker, PrivatePostgres, Run, postgres, rabbit, wait_until};

use crate::letters::{Letter, Wish, broken, letter};
use crate::shop::{PAID, shop};
use crate::world::{PATIENCE, World, run, started};

/// A worker that is watched, and where.
pub(crate) struct Watched {
    pub(crate) worker: Postill,
    url: String,
    client: reqwest::Client,
}

/// Starts a worker with a port for probes.
pub(crate) async fn watched(run: Run) -> Result<Watched> {
    let worker = started(run.env("POSTILL_OBSERVE_BIND", "127.0.0.1:0")).await?;
    let said = worker.stderr();
    let (_, behind) = said.split_once("\"address\":\"").context("no address is told")?;
    let (address, _) = behind.split_once('"').context("the address does not end")?;
    let client = reqwest::Client::builder().no_proxy().build()?;
    Ok(Watched { url: format!("http://{address}"), worker, client })
}

impl Watched {
    /// Status and text of an answer.
    pub(crate) async fn asks(&self, path: &str) -> Result<(u16, String)> {
        let answer = self.client.get(format!("{}{path}", self.url)).send().await?;
        Ok((answer.status().as_u16(), answer.text().await?))
    }

    pub(crate) async fn is_ready(&self) -> Result<()> {
        let (status, text) = self.asks("/readyz").await?;
        ensure!((status, text.as_str()) == (200, "ready\n"), "{status}: {text}");
        Ok(())
    }

    /// Waits until the worker is not ready for this reason.
    pub(crate) async fn complains(&self, of: &str) -> Result<()> {
        wait_until(&format!("a complaint of {of:?}"), PATIENCE, async || {
            let (status, text) = self.asks("/readyz").await?;
            Ok(status == 503 && text.lines().any(|line| line.contains(of)))
        })
        .await
    }

    pub(crate) async fn gets_ready(&self) -> Result<()> {
        wait_until("the worker to be ready", PATIENCE, async || Ok(self.asks("/readyz").await?.0 == 200))
            .await
    }

    /// What is counted under a name and these labels, in all.
    pub(crate) async fn counts(&self, series: &str) -> Result<f64> {
        let (_, text) = self.asks("/metrics").await?;
        Ok(sum(&text, series))
    }

    /// Waits for a series to tell a number.
    pub(crate) async fn tells(&self, series: &str, number: f64) -> Result<()> {
        wait_until(&format!("{series} to be {number}"), PATIENCE, async || {
            Ok((self.counts(series).await? - number).abs() < 0.5)
        })
        .await
    }
}

/// The sum of all series that begin with a name and hold each of the labels behind it: `name label="value" label="value"`.
fn sum(text: &str, series: &str) -> f64 {
    let mut wanted = series.split(' ');
    let name = wanted.next().unwrap_or_default();
    let labels: Vec<&str> = wanted.collect();
    let is_meant = |line: &&str| {
        let (of, _) = line.split_once(['{', ' ']).unwrap_or_default();
        of == name && labels.iter().all(|label| line.contains(label))
    };
    text.lines().filter(is_meant).filter_map(|line| line.rsplit_once(' ')?.1.parse::<f64>().ok()).sum()
}

#[tokio::test]
async fn the_metrics_tell_what_became_of_the_mail() -> Result<()> {
    run(&shop(8), async |w| {
        let limited = w.postill(["worker"]).env("POSTILL_POLICY_REFUND_DAY_LIMIT_WORKSPACE", "eur=100.00");
        let watched = watched(limited).await?;
        let mut letters: Vec<Letter> = (0..7).map(|n| letter(n, n, Wish::in_turn(n))).collect();
        letters.push(broken(19));
        w.arrives(&letters).await?;
        w.arrives_with(&[letter(8, 7, Wish::Invoice)], &[("postill-workspace", "anna-at-choir")]).await?;
        w.outcomes_of(&letters, PATIENCE).await?;

        watched.tells("postill_mails_settled_total run=\"live\"", 7.0).await?;
        watched.tells("postill_mails_settled_total outcome=\"action_taken\" intent=\"refund\"", 1.0).await?;
        watched.tells("postill_mails_dead_total reason=\"not_connected\"", 1.0).await?;
        watched.tells("postill_mail_seconds_count", 9.0).await?;
        for (series, number) in [
            ("postill_mails_taken_total workspace=\"default\" queue=\"mail\"", 8.0),
            ("postill_mails_taken_total workspace=\"(not connected)\"", 1.0),
            ("postill_mails_dead_total", 2.0),
            ("postill_drafts_published_total workspace=\"default\"", 7.0),
            ("postill_money_minor_units_total function=\"refund\" currency=\"eur\"", 2_500.0),
            ("postill_refund_budget_left_minor_units currency=\"eur\"", 7_500.0),
            ("postill_stripe_requests_total endpoint=\"POST /v1/refunds\" status=\"200\"", 1.0),
            ("postill_stripe_retries_total", 0.0),
            ("postill_mail_stage_seconds_count stage=\"claim\"", 9.0),
            ("postill_mail_stage_seconds_count stage=\"understand\"", 7.0),
            ("postill_mail_stage_seconds_count stage=\"publish\"", 9.0),
            ("postill_worker_mails_in_hand", 0.0),
            ("postill_halted workspace=\"default\"", 0.0),
            ("postill_approvals_waiting workspace=\"default\"", 0.0),
            ("postill_ledger_up", 1.0),
            ("postill_broker_up", 1.0),
            ("postill_worker_ready", 1.0),
        ] {
            let told = watched.counts(series).await?;
            ensure!((told - number).abs() < 0.5, "{series} tells {told}, not {number}");
        }
        ensure!(PAID == 2_500);
        let (_, text) = watched.asks("/metrics").await?;
        ensure!(!text.contains("anna-at-choir"), "a workspace that is not connected has a series");
        ensure!(watched.counts("process_resident_memory_bytes").await? > 1e6);
        w.stops(watched.worker).await
    })
    .await
}

#[tokio::test]
async fn no_name_and_no_label_is_served_that_is_not_listed() -> Result<()> {
    run(&shop(1), async |w| {
        let watched = watched(w.postill(["worker"])).await?;
        w.answers(&letter(0, 0, Wish::Invoice), "answered").await?;
        let (status, text) = watched.asks("/metrics").await?;
        ensure!(status == 200 && text.ends_with("# EOF\n"));
        for line in text.lines().filter(|line| !line.starts_with('#')) {
            let series = line.rsplit_once(' ').context("a line without a number")?.0;
            let (name, labels) = series.split_once('{').unwrap_or((series, "}"));
            let metric = METRICS.iter().find(|metric| {
                let rest = name.strip_prefix(metric.name);
                rest.is_some_and(|rest| rest.is_empty() || metric.kind == Kind::Histogram)
            });
            let metric = metric.with_context(|| format!("{name} is not listed"))?;
            for label in labels.trim_end_matches('}').split("\",").filter(|label| !label.is_empty()) {
                let (label, _) = label.split_once('=').context("a label without a value")?;
                ensure!(label == "le" || metric.labels.contains(&label), "{name} has the label {label}");
            }
        }
        w.stops(watched.worker).await
    })
    .await
}

#[tokio::test]
async fn a_worker_without_its_broker_lives_and_is_not_ready() -> Result<()> {
    let mut broker = PrivateBroker::start().await?;
    let w = World::on(broker.vhost().await?, postgres().await?, &shop(1)).await?;
    broker.store_declarations()?;
    let watched = watched(w.postill(["worker"])).await?;
    watched.gets_ready().await?;
    broker.kill_dash_nine()?;
    watched.complains("no session with RabbitMQ").await?;
    ensure!(watched.asks("/livez").await?.0 == 200, "a worker without a broker is not dead");
    ensure!(watched.counts("postill_broker_up").await? < 0.5);
    ensure!(watched.counts("postill_worker_ready").await? < 0.5);
    broker.restart().await?;
    watched.gets_ready().await?;
    w.stops(watched.worker).await
}

#[tokio::test]
async fn a_worker_without_its_ledger_lives_and_is_not_ready() -> Result<()> {
    let mut server = PrivatePostgres::start().await?;
    let w = World::on(rabbit().await?, server.database().await?, &shop(1)).await?;
    let watched = watched(w.postill(["worker"])).await?;
    watched.gets_ready().await?;
    server.kill_dash_nine()?;
    watched.complains("the ledger does not answer").await?;
    ensure!(watched.asks("/livez").await?.0 == 200, "a worker without a ledger is not dead");
    wait_until("the metrics to say so", PATIENCE, async || {
        Ok(watched.counts("postill_ledger_up").await? < 0.5)
    })
    .await?;
    let (_, text) = watched.asks("/metrics").await?;
    ensure!(
        !text.contains("postill_approvals_waiting{"),
        "what the ledger held before is told as if it held it"
    );
    server.restart().await?;
    watched.gets_ready().await?;
    w.stops(watched.worker).await
}

#[tokio::test]
async fn a_worker_that_is_asked_to_stop_is_not_ready_while_it_finishes() -> Result<()> {
    run(&shop(1), async |w| {
        let watched = watched(w.postill(["worker"])).await?;
        w.stripe_fails("GET", "/v1/customers", Some(1), json!({ "kind": "latency", "ms": 4_000 })).await?;
        let slow = letter(0, 0, Wish::Invoice);
        w.arrives(std::slice::from_ref(&slow)).await?;
        w.faults_have_struck().await?;
        watched.worker.terminate()?;
        watched.complains("the worker is stopping").await?;
        ensure!(watched.asks("/livez").await?.0 == 200);
        let finished = watched.worker.wait(PATIENCE).await?;
        ensure!(finished.status.success(), "{finished:?}");
        w.draft_of(&slow).await.map(drop)
    })
    .await
}

#[tokio::test]
async fn two_workers_do_not_listen_at_one_place() -> Result<()> {
    run(&shop(1), async |w| {
        let watched = watched(w.postill(["worker"])).await?;
        let taken = watched.url.trim_start_matches("http://").to_owned();
        let second = w.postill(["worker"]).env("POSTILL_OBSERVE_BIND", taken).finish(PATIENCE).await?;
        ensure!(second.status.code() == Some(64), "{second:?}");
        ensure!(second.stderr.contains("observe.bind"), "{second:?}");
        w.stops(watched.worker).await
    })
    .await
}

#[tokio::test]
async fn the_console_is_ready_while_its_ledger_answers() -> Result<()> {
    let mut server = PrivatePostgres::start().await?;
    let w = World::on(rabbit().await?, server.database().await?, &shop(1)).await?;
    let mut console = w.postill(["console", "--bind", "127.0.0.1:0"]).start()?;
    console.wait_for_text("the console is at http", PATIENCE).await?;
    let said = console.stderr();
    let (_, behind) = said.split_once("the console is at ").context("no address")?;
    let url = behind.split_whitespace().next().context("no address")?.to_owned();
    let client = reqwest::Client::builder().no_proxy().timeout(Duration::from_secs(10)).build()?;
    let asked =
        async |path: &str| anyhow::Ok(client.get(format!("{url}{path}")).send().await?.status().as_u16());
    ensure!(asked("readyz").await? == 200 && asked("livez").await? == 200);
    server.kill_dash_nine()?;
    wait_until("the console not to be ready", PATIENCE, async || Ok(asked("readyz").await? == 503)).await?;
    ensure!(asked("livez").await? == 200);
    Ok(())
}
