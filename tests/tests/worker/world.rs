//! One worker's world: queues, a ledger and a Stripe of its own, and the steps a test takes in it.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use domain::{Clock, SystemClock};
use lapin::options::{BasicPublishOptions, ConfirmSelectOptions};
use lapin::types::{AMQPValue, FieldTable};
use lapin::{BasicProperties, Channel};
use serde_json::{Value, json};
use stripe_sandbox::{Sandbox, Seed};
use tests::{Database, Postill, Run, Vhost, postgres, rabbit, wait_until};

use crate::letters::Letter;
use crate::outcomes::{Outcomes, at};
use crate::shop::KEY;

/// How long a step may take on a busy machine.
pub(crate) const PATIENCE: Duration = Duration::from_mins(1);
/// How long a worker that was asked to stop may take: its 25 seconds of grace, and the closing of its connections.
const GRACE: Duration = Duration::from_secs(30);
/// Where mail waits for the first step of the ladder.
pub(crate) const FIRST_RETRY: &str = "postill.mail.retry.5s";
/// Every queue there is.
const QUEUES: [&str; 11] = [
    "postill.mail",
    "postill.replay",
    "postill.approvals",
    FIRST_RETRY,
    "postill.mail.retry.1m",
    "postill.mail.retry.10m",
    "postill.mail.retry.1h",
    "postill.mail.retry.6h",
    "postill.mail.dead",
    "postill.drafts",
    "postill.unrouted",
];

pub(crate) struct World {
    pub(crate) vhost: Vhost,
    pub(crate) database: Database,
    sandbox: Sandbox,
    control: reqwest::Client,
}

/// Runs the steps of a test in a world of its own, on the servers that all tests share.
pub(crate) async fn run(seed: &Value, steps: impl AsyncFnOnce(&World) -> Result<()>) -> Result<()> {
    let (vhost, database) = tokio::try_join!(rabbit(), postgres())?;
    steps(&World::on(vhost, database, seed).await?).await
}

impl World {
    /// A world on given servers, with the ledger's tables made and the queues declared as an operator would.
    pub(crate) async fn on(vhost: Vhost, database: Database, seed: &Value) -> Result<Self> {
        let config = stripe_sandbox::Config::on_loopback(Arc::new(|| SystemClock.now().as_second()));
        let sandbox = Sandbox::start(config, Seed::from_json(&seed.to_string())?).await?;
        let control = reqwest::Client::builder().no_proxy().build()?;
        let world = Self { vhost, database, sandbox, control };
        world.command(["migrate"]).await?;
        world.command(["topology", "apply"]).await?;
        Ok(world)
    }

    /// The program with the settings of this world: all seven functions on, refunds up to a hundred.
    pub(crate) fn postill<const N: usize>(&self, arguments: [&str; N]) -> Run {
        self.postill_with(arguments.map(str::to_owned).to_vec())
    }

    /// The same for arguments that are made up on the way.
    pub(crate) fn postill_with(&self, arguments: Vec<String>) -> Run {
        Postill::with(arguments)
            .env("POSTILL_AMQP_URL", &self.vhost.amqp_url)
            .env("POSTILL_DATABASE_URL", &self.database.url)
            .env("POSTILL_STRIPE_URL", self.sandbox.url())
            .env("POSTILL_STRIPE_KEY", KEY)
            .env("POSTILL_STRIPE_REQUESTS_PER_SECOND", "5000")
            .env("POSTILL_MAIL_TRUSTED_AUTHSERV_IDS", "mx.larkspur.example")
            .env("POSTILL_MAIL_TRUSTED_PRODUCERS", "intake.larkspur.example")
            .env("POSTILL_POLICY_FUNCTIONS_REFUND", "on")
            .env("POSTILL_POLICY_FUNCTIONS_CANCEL_SUBSCRIPTION", "on")
            .env("POSTILL_POLICY_REFUND_LIMIT", "eur=100.00")
    }

    /// Runs the program to its end, which has to be a good one.
    pub(crate) async fn command<const N: usize>(&self, arguments: [&str; N]) -> Result<()> {
        let finished = self.postill(arguments).finish(PATIENCE).await?;
        ensure!(finished.status.success(), "postill {arguments:?}: {finished:?}");
        Ok(())
    }

    /// A worker that takes mail.
    pub(crate) async fn worker(&self) -> Result<Postill> {
        started(self.postill(["worker"])).await
    }

    /// A worker whose mails are free again ten seconds after it was killed, in place of five minutes.
    pub(crate) async fn worker_with_short_leases(&self) -> Result<Postill> {
        let short = self
            .postill(["worker"])
            .env("POSTILL_STRIPE_TIMEOUT_MS", "3000")
            .env("POSTILL_STRIPE_DEADLINE_MS", "3000")
            .env("POSTILL_WORKER_LEASE_SECONDS", "10");
        started(short).await
    }

    /// Where Stripe is.
    pub(crate) fn stripe_url(&self) -> String {
        self.sandbox.url()
    }

    /// Puts mail into the queue and waits until the broker has stored it.
    pub(crate) async fn arrives(&self, letters: &[Letter]) -> Result<()> {
        self.arrives_with(letters, &[]).await
    }

    /// The same, with headers besides.
    pub(crate) async fn arrives_with(
        &self,
        letters: &[Letter],
        headers: &[(&'static str, &'static str)],
    ) -> Result<()> {
        let connection = self.vhost.connect().await?;
        let channel = connection.create_channel().await?;
        channel.confirm_select(ConfirmSelectOptions::default()).await?;
        for burst in letters.chunks(256) {
            let mut confirms = Vec::with_capacity(burst.len());
            for letter in burst {
                confirms.push(publish(&channel, letter, headers).await?);
            }
            for confirm in confirms {
                ensure!(confirm.await?.is_ack(), "the broker refused a mail");
            }
        }
        connection.close(200, "done".into()).await?;
        Ok(())
    }

    /// Collects what comes out until every letter has its end.
    pub(crate) async fn outcomes_of(&self, letters: &[Letter], deadline: Duration) -> Result<Outcomes> {
        let mut outcomes = Outcomes::default();
        let collected = wait_until("every mail to have its outcome", deadline, async || {
            outcomes.add(self.vhost.take_all("postill.drafts").await?)?;
            outcomes.add_dead(self.vhost.take_all("postill.mail.dead").await?)?;
            Ok(outcomes.missing(letters) == 0)
        })
        .await;
        collected.with_context(|| {
            format!("{} of {} mails have no outcome", outcomes.missing(letters), letters.len())
        })?;
        Ok(outcomes)
    }

    /// The same, beside what came out already.
    pub(crate) async fn outcomes_of_others(
        &self,
        letters: &[Letter],
        first: Outcomes,
        deadline: Duration,
    ) -> Result<Outcomes> {
        let mut outcomes = first;
        wait_until("every mail to have its outcome", deadline, async || {
            outcomes.add(self.vhost.take_all("postill.drafts").await?)?;
            outcomes.add_dead(self.vhost.take_all("postill.mail.dead").await?)?;
            Ok(outcomes.missing(letters) == 0)
        })
        .await?;
        Ok(outcomes)
    }

    /// Collects further copies until so many messages have come out in all.
    pub(crate) async fn takes_until_all_came(&self, outcomes: &mut Outcomes, messages: usize) -> Result<()> {
        wait_until(&format!("{messages} messages"), PATIENCE, async || {
            outcomes.add(self.vhost.take_all("postill.drafts").await?)?;
            outcomes.add_dead(self.vhost.take_all("postill.mail.dead").await?)?;
            Ok(outcomes.messages >= messages)
        })
        .await
    }

    /// Waits until every fault that was asked for so many times has struck.
    pub(crate) async fn faults_have_struck(&self) -> Result<()> {
        wait_until("the faults to strike", PATIENCE, async || {
            let left = self.asks_sandbox("faults").await?;
            Ok(at(&left, "/faults").as_array().is_some_and(Vec::is_empty))
        })
        .await
    }

    /// The one draft of a letter that was sent alone.
    pub(crate) async fn draft_of(&self, letter: &Letter) -> Result<Value> {
        let outcomes = self.outcomes_of(std::slice::from_ref(letter), PATIENCE).await?;
        outcomes.draft(letter)
    }

    /// Sends a letter, waits, and checks how it ended.
    pub(crate) async fn answers(&self, letter: &Letter, outcome: &str) -> Result<Value> {
        self.arrives(std::slice::from_ref(letter)).await?;
        let draft = self.draft_of(letter).await?;
        ensure!(at(&draft, "/data/outcome") == outcome, "not {outcome}: {draft:#}");
        Ok(draft)
    }

    /// Stops a worker as an orchestrator would, and sees that it leaves nothing behind.
    pub(crate) async fn stops(&self, worker: Postill) -> Result<()> {
        worker.terminate()?;
        let finished = worker.wait(GRACE).await?;
        ensure!(finished.status.success(), "the worker ended with {}", finished.status);
        Ok(())
    }

    /// Checks that no queue holds anything; no worker may hold mail meanwhile.
    pub(crate) async fn nothing_is_queued(&self) -> Result<()> {
        for queue in QUEUES {
            let depth = self.vhost.depth(queue).await?;
            ensure!(depth == 0, "{queue} holds {depth} messages");
        }
        Ok(())
    }

    /// Waits until the queue of incoming mail has at most so many ready.
    pub(crate) async fn queue_sinks_to(&self, depth: u32) -> Result<()> {
        let what = format!("the queue to sink to {depth}");
        wait_until(&what, PATIENCE, async || Ok(self.vhost.depth("postill.mail").await? <= depth)).await
    }

    /// What Stripe holds of a kind.
    pub(crate) async fn objects(&self, kind: &str) -> Result<Vec<Value>> {
        let answer = self.asks_sandbox(&format!("objects/{kind}")).await?;
        at(&answer, "/objects").as_array().cloned().with_context(|| format!("no objects called {kind}"))
    }

    /// Waits until Stripe holds so many of a kind.
    pub(crate) async fn waits_for_objects(&self, kind: &str, count: usize) -> Result<()> {
        let what = format!("{count} {kind} at Stripe");
        wait_until(&what, PATIENCE, async || Ok(self.objects(kind).await?.len() == count)).await
    }

    /// Everything at Stripe that a mail can make or change.
    pub(crate) async fn all_effects(&self) -> Result<Vec<(&'static str, Vec<Value>)>> {
        let mut effects = Vec::new();
        for kind in ["refunds", "charges", "subscriptions", "payment_links", "prices", "portal_sessions"] {
            effects.push((kind, self.objects(kind).await?));
        }
        Ok(effects)
    }

    /// How many requests of a method and path were made.
    pub(crate) async fn requests(&self, method: &str, path: &str) -> Result<usize> {
        let log = self.asks_sandbox("requests").await?;
        let requests = at(&log, "/requests").as_array().context("no requests")?;
        let is_meant = |request: &&Value| at(request, "/method") == method && at(request, "/path") == path;
        Ok(requests.iter().filter(is_meant).count())
    }

    /// From now on requests of this method and path go wrong, so many times or until Stripe recovers.
    pub(crate) async fn stripe_fails(
        &self,
        method: &str,
        path: &str,
        times: Option<u32>,
        fault: Value,
    ) -> Result<()> {
        self.stripe_has_rule(json!({ "method": method, "path": path, "times": times, "fault": fault })).await
    }

    /// From now on requests that a rule speaks of go wrong as it says.
    pub(crate) async fn stripe_has_rule(&self, rule: Value) -> Result<()> {
        let url = format!("{}/_sandbox/faults", self.sandbox.url());
        self.control.post(url).json(&rule).send().await?.error_for_status()?;
        Ok(())
    }

    /// Nothing goes wrong at Stripe any more.
    pub(crate) async fn stripe_recovers(&self) -> Result<()> {
        let url = format!("{}/_sandbox/faults", self.sandbox.url());
        self.control.delete(url).send().await?.error_for_status()?;
        Ok(())
    }

    async fn asks_sandbox(&self, path: &str) -> Result<Value> {
        let url = format!("{}/_sandbox/{path}", self.sandbox.url());
        Ok(self.control.get(url).send().await?.error_for_status()?.json().await?)
    }
}

/// Starts a worker and waits until it takes mail.
pub(crate) async fn started(run: Run) -> Result<Postill> {
    let mut worker = run.start()?;
    worker.wait_for_text("worker started", PATIENCE).await?;
    Ok(worker)
}

#[expect(clippy::disallowed_methods, reason = "the tests must not share code with what they test")]
async fn publish(
    channel: &Channel,
    letter: &Letter,
    more: &[(&'static str, &'static str)],
) -> Result<lapin::PublisherConfirm> {
    let mut headers = FieldTable::default();
    for (name, text) in more.iter().chain(&[("sent-by", "a test")]) {
        headers.insert((*name).into(), AMQPValue::LongString((*text).into()));
    }
    let run = more.iter().find(|(name, _)| *name == "postill-run").map(|(_, run)| *run);
    let key = if run == Some("replay") { "replay" } else { "mail" };
    let properties = BasicProperties::default()
        .with_delivery_mode(2)
        .with_content_type(letter.content_type.into())
        .with_message_id(letter.id.clone().into())
        .with_headers(headers);
    Ok(channel
        .basic_publish(
            "postill.in".into(),
            key.into(),
            BasicPublishOptions::default(),
            &letter.body,
            properties,
        )
        .await?)
}
