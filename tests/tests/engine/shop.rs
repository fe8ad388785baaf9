//! A shop that uses postill: its Stripe, its ledger, its worker, and the time.

use std::num::NonZeroU32;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use bytes::Bytes;
use domain::action::StoredAction;
use domain::policy::{RefundAsked, Spent, Switch};
use domain::{
    ActionId, Assurance, Clock, Currency, Fingerprint, Function, Money, Permit, Policy, Run, RunKind,
    SetClock, WorkspaceId,
};
use engine::{
    Access, Brake, Delivered, Ended, Engine, Limits, LookingRun, SecondReader, Senders, Taken, Work,
    Workspace, Workspaces,
};
use intent::Classifier;
use language_model::LanguageModel;
use serde_json::{Value, json};
use store::Ledger;
use stripe_client::{Config, NewRefund, Rates, RefundOf, Stripe};
use stripe_sandbox::{Sandbox, Seed};
use tests::NameServer;
use tokio::task::JoinSet;
use verifier::Verifier;

use crate::draft::Draft;
use crate::letter::{Letter, VERIFIER};
use crate::stock::{KEY, Stock};

/// Where the clock stands when a test begins.
const START: &str = "2026-11-20T12:00:00Z";
/// How long a worker may hold a mail.
pub(crate) const LEASE: Duration = Duration::from_mins(5);
/// How often a mail waits for Stripe before a person gets it.
const PATIENCE: u32 = 3;

/// A shop with a worker.
pub(crate) struct Shop {
    pub(crate) engine: Engine,
    workspace: Workspace,
    clock: Arc<SetClock>,
    sandbox: Sandbox,
    control: reqwest::Client,
    folder: tempfile::TempDir,
    /// Counts the ledgers it has had.
    ledgers: u32,
}

/// One request as the sandbox saw it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Asked {
    pub(crate) method: String,
    pub(crate) path: String,
}

impl Shop {
    /// Opens with what is in stock. All functions are on, and refunds go up to 100.00 in euros, dollars and dinars.
    pub(crate) async fn open(stock: Stock) -> Result<Self> {
        Self::with(&stock.seed().to_string(), KEY).await
    }

    /// Opens with a seed as text.
    pub(crate) async fn with(seed: &str, key: &str) -> Result<Self> {
        let clock = Arc::new(SetClock::at(START.parse()?));
        let time = Arc::clone(&clock);
        let config = stripe_sandbox::Config::on_loopback(Arc::new(move || time.now().as_second()));
        let sandbox = Sandbox::start(config, Seed::from_json(seed)?).await?;
        let folder = folder()?;
        let ledger = ledger(&folder.path().join("ledger-0.db"), &clock).await?;
        let stripe = Access::Full(Stripe::new(&key.parse()?, stripe_config(&sandbox)?)?);
        let workspace = Workspace::new(WorkspaceId::default(), stripe, policy()?);
        let limits = Limits { lease: LEASE, crash_limit: 5, patience: PATIENCE };
        let (reader, verifier, workspaces) = (reader(VERIFIER)?, None, Workspaces::default());
        let (time, senders) = (Arc::<SetClock>::clone(&clock), Senders::default());
        let brake = Brake { file: Some(folder.path().join("halt")) };
        let classifier = Classifier::embedded();
        let engine = Engine {
            reader,
            verifier,
            classifier,
            second_reader: None,
            ledger,
            workspaces,
            brake,
            clock: time,
            limits,
            senders,
            meters: None,
        };
        let control = reqwest::Client::builder().no_proxy().build()?;
        let shop = Self { engine, workspace, clock, sandbox, control, folder, ledgers: 0 };
        shop.engine.workspaces.replace([shop.workspace.clone()]);
        Ok(shop)
    }

    /// Believes another verifier, for mail that came to another shop.
    pub(crate) fn believing(mut self, verifier: &str) -> Result<Self> {
        self.engine.reader = reader(verifier)?;
        Ok(self)
    }

    /// Verifies signatures itself, with keys from `dns`.
    pub(crate) fn verifying(mut self, dns: &NameServer) -> Result<Self> {
        let config = verifier::Config {
            servers: vec![dns.address],
            lookup_timeout: Duration::from_secs(1),
            ..verifier::Config::default()
        };
        self.engine.verifier = Some(Verifier::new(config)?);
        Ok(self)
    }

    /// Asks a language model at `url` where the classifier is in doubt, and does not wait long.
    pub(crate) fn with_second_reader(
        mut self,
        url: &str,
        change: impl FnOnce(&mut language_model::Config),
    ) -> Result<Self> {
        let mut config = language_model::Config::new(url.parse()?, "small-1".parse()?);
        config.timeout = Duration::from_millis(500);
        change(&mut config);
        let model = LanguageModel::new(config, Arc::<SetClock>::clone(&self.clock))?;
        let asked_in = vec![RunKind::Live, RunKind::Simulator];
        self.engine.second_reader = Some(SecondReader { model, asked_in });
        Ok(self)
    }

    /// Changes the rules.
    pub(crate) fn rules(mut self, change: impl FnOnce(&mut Policy)) -> Self {
        change(&mut self.workspace.policy);
        self.engine.workspaces.replace([self.workspace.clone()]);
        self
    }

    /// Switches one function.
    pub(crate) fn switch(self, function: Function, switch: Switch) -> Self {
        self.rules(|policy| {
            policy.functions.insert(function, switch);
        })
    }

    /// A mail comes in, and its draft goes out.
    pub(crate) async fn receives(&self, letter: &Letter) -> Result<Draft> {
        self.receives_bytes(letter.bytes(), RunKind::Live).await
    }

    /// Bytes come in, and their draft goes out.
    pub(crate) async fn receives_bytes(&self, bytes: Vec<u8>, run: RunKind) -> Result<Draft> {
        let ended = self.engine.delivers(bytes, run).await?;
        let Ended::Draft(draft) = &ended else { bail!("there is no draft: {ended:?}") };
        Draft::read(draft)
    }

    /// A mail comes in as JSON, and its draft goes out.
    pub(crate) async fn delivers_json(&self, json: String) -> Result<Draft> {
        let mail = Delivered::new(
            Bytes::from(json),
            Some("application/json"),
            WorkspaceId::default(),
            RunKind::Live,
        );
        match self.engine.ends(mail).await? {
            Ended::Draft(draft) => Draft::read(&draft),
            ended @ (Ended::Dead { .. } | Ended::Later { .. } | Ended::NotStored | Ended::Forgotten) => {
                bail!("there is no draft: {ended:?}")
            }
        }
    }

    /// A mail comes in, whatever becomes of it.
    pub(crate) async fn delivers(&self, letter: &Letter) -> Result<Ended> {
        self.engine.delivers(letter.bytes(), RunKind::Live).await
    }

    /// A mail comes in as often as it waits for Stripe, each time an hour later, until a day is over: what was sent before is then looked
    /// up and no longer sent again.
    pub(crate) async fn receives_after_waiting(&self, letter: &Letter) -> Result<Draft> {
        for _ in 0..=24 {
            match self.delivers(letter).await? {
                Ended::Draft(draft) => return Draft::read(&draft),
                Ended::Later { .. } => self.hours_pass(1),
                ended @ (Ended::Dead { .. } | Ended::NotStored | Ended::Forgotten) => {
                    bail!("it neither ends nor waits: {ended:?}")
                }
            }
        }
        bail!("it waits for ever")
    }

    /// The worker does its work on a mail and is killed before it has stored the end.
    pub(crate) async fn is_killed_over(&self, letter: &Letter) -> Result<()> {
        self.is_killed_over_bytes(letter.bytes()).await
    }

    /// The same of a mail's bytes.
    pub(crate) async fn is_killed_over_bytes(&self, bytes: Vec<u8>) -> Result<()> {
        let work = self.engine.takes(bytes, RunKind::Live).await?;
        drop(Box::pin(self.engine.process(work)).await);
        self.clock.advance(i64::try_from(LEASE.as_millis())? + 1);
        Ok(())
    }

    /// Somebody tries a mail in the simulator.
    pub(crate) async fn simulates(&self, bytes: Vec<u8>) -> Result<Draft> {
        self.looks(bytes, LookingRun::Simulator).await
    }

    /// A mail is looked at, without the ledger.
    pub(crate) async fn looks(&self, bytes: Vec<u8>, run: LookingRun) -> Result<Draft> {
        let kind = match run {
            LookingRun::Simulator => RunKind::Simulator,
            LookingRun::Replay => RunKind::Replay,
        };
        let mail = self.engine.read(&delivered(bytes, kind))?;
        let event = Box::pin(self.engine.look(&self.workspace, &mail, run)).await?;
        Ok(Draft { bytes: serde_json::to_vec(&event)?, event })
    }

    pub(crate) fn hours_pass(&self, hours: i64) {
        self.seconds_pass(hours * 3_600);
    }

    pub(crate) fn seconds_pass(&self, seconds: i64) {
        self.clock.advance(seconds * 1_000);
    }

    /// The ledger is gone; a new one takes its place.
    pub(crate) async fn loses_its_ledger(&mut self) -> Result<()> {
        let blank = self.folder.path().join("blank.db");
        if !blank.exists() {
            ledger(&blank, &self.clock).await?.close().await;
        }
        self.ledgers += 1;
        std::fs::copy(blank, self.ledger_file())?;
        self.engine.ledger = open(&self.ledger_file(), &self.clock).await?;
        Ok(())
    }

    fn ledger_file(&self) -> PathBuf {
        self.folder.path().join(format!("ledger-{}.db", self.ledgers))
    }

    /// Copies the ledger as it is now.
    pub(crate) fn backs_up(&self) -> Result<()> {
        copied(&self.ledger_file(), &self.folder.path().join("backup.db"))
    }

    /// The copy takes the place of the ledger.
    pub(crate) async fn brings_back(&mut self) -> Result<()> {
        self.ledgers += 1;
        copied(&self.folder.path().join("backup.db"), &self.ledger_file())?;
        self.engine.ledger = open(&self.ledger_file(), &self.clock).await?;
        Ok(())
    }

    /// Everything is as when it opened, but for the time.
    pub(crate) async fn begins_anew(&mut self) -> Result<()> {
        self.control.post(self.control_url("reset")).send().await?.error_for_status()?;
        self.brakes(false)?;
        let before = self.ledger_file();
        self.loses_its_ledger().await?;
        self.engine.senders = Senders::default();
        std::fs::remove_file(before)?;
        Ok(())
    }

    /// Puts the file of the kill switch there, or takes it away.
    pub(crate) fn brakes(&self, on: bool) -> Result<()> {
        let file = self.engine.brake.file.as_ref().context("a kill switch")?;
        if on {
            return Ok(std::fs::write(file, "")?);
        }
        match std::fs::remove_file(file) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error.into()),
            Ok(()) | Err(_) => Ok(()),
        }
    }

    /// A letter as postill reads it.
    pub(crate) fn mail(&self, letter: &Letter) -> Result<domain::Mail> {
        Ok(self.engine.read(&delivered(letter.bytes(), RunKind::Live))?)
    }

    /// A second worker on the same ledger.
    pub(crate) async fn second_worker(&self) -> Result<Engine> {
        let ledger = open(&self.ledger_file(), &self.clock).await?;
        Ok(Engine { ledger, senders: Senders::default(), ..self.engine.clone() })
    }

    pub(crate) fn minutes_pass(&self, minutes: i64) {
        self.clock.advance(minutes * 60_000);
    }

    /// Longer than a worker may hold anything.
    pub(crate) fn leases_end(&self) -> Result<()> {
        self.clock.advance(i64::try_from(LEASE.as_millis())? + 1);
        Ok(())
    }

    /// Somebody pulls the brake: everything is stopped by a file.
    pub(crate) fn pulls_the_brake(&self) -> Result<()> {
        Ok(std::fs::write(self.folder.path().join("halt"), "")?)
    }

    pub(crate) fn releases_the_brake(&self) -> Result<()> {
        Ok(std::fs::remove_file(self.folder.path().join("halt"))?)
    }

    /// A subscription is changed at Stripe directly, past postill.
    pub(crate) async fn changes_by_hand(&self, subscription: &str, form: &str) -> Result<()> {
        self.posts_by_hand(&format!("/v1/subscriptions/{subscription}"), form.to_owned()).await
    }

    /// Requests of `method` to `path` go wrong `times` times.
    pub(crate) async fn goes_wrong(&self, request: &str, kind: &str, times: u32) -> Result<()> {
        self.goes_wrong_after(0, request, kind, times).await
    }

    /// The next request of a kind meets a fault that needs more words.
    pub(crate) async fn faults(&self, request: &str, fault: Value) -> Result<()> {
        let (method, path) = request.split_once(' ').context("a method and a path")?;
        let rule = json!({"method": method, "path": path, "times": 1, "fault": fault});
        self.control.post(self.control_url("faults")).json(&rule).send().await?.error_for_status()?;
        Ok(())
    }

    /// As [`Shop::goes_wrong`], after some of them have gone well.
    pub(crate) async fn goes_wrong_after(
        &self,
        after: u32,
        request: &str,
        kind: &str,
        times: u32,
    ) -> Result<()> {
        self.goes_wrong_with(after, request, json!({"kind": kind}), times).await
    }

    /// As [`Shop::goes_wrong_after`], with a fault that has more to say than its kind.
    pub(crate) async fn goes_wrong_with(
        &self,
        after: u32,
        request: &str,
        fault: Value,
        times: u32,
    ) -> Result<()> {
        let (method, path) = request.split_once(' ').context("a method and a path")?;
        let rule = json!({"method": method, "path": path, "times": times, "after": after, "fault": fault});
        self.control.post(self.control_url("faults")).json(&rule).send().await?.error_for_status()?;
        Ok(())
    }

    /// Stripe no longer knows any key under which something was asked.
    pub(crate) async fn keys_are_forgotten(&self) -> Result<()> {
        self.control.post(self.control_url("forget_keys")).send().await?.error_for_status()?;
        Ok(())
    }

    /// Waits half a second for an answer of Stripe, and no longer.
    pub(crate) fn impatient(mut self) -> Result<Self> {
        let config = Config { timeout: Duration::from_millis(500), ..stripe_config(&self.sandbox)? };
        self.workspace.stripe = Access::Full(Stripe::new(&KEY.parse()?, config)?);
        self.engine.workspaces.replace([self.workspace.clone()]);
        Ok(self)
    }

    /// Asks each endpoint so often a second, and waits for a turn no longer than three seconds.
    pub(crate) fn slowly(mut self, requests_per_second: u32) -> Result<Self> {
        let config = stripe_config(&self.sandbox)?;
        let per_endpoint = NonZeroU32::new(requests_per_second).context("a rate")?;
        let rates = Rates { per_endpoint, ..config.rates };
        let config = Config { rates, deadline: Duration::from_secs(3), ..config };
        self.workspace.stripe = Access::Full(Stripe::new(&KEY.parse()?, config)?);
        self.engine.workspaces.replace([self.workspace.clone()]);
        Ok(self)
    }

    /// Others refund in this workspace all the time, what does not exist, and fill the line at that endpoint until this is dropped.
    pub(crate) async fn crowd_at_refunds(&self) -> Result<JoinSet<()>> {
        let Access::Full(stripe) = &self.workspace.stripe else { bail!("it only reads") };
        let mut crowd = JoinSet::new();
        for n in 0..8 {
            let (stripe, policy) = (stripe.clone(), self.workspace.policy.clone());
            let key = ActionId::derive(&self.workspace.id, &crowd_mail(n), Function::Refund);
            let of = RefundOf::Charge("ch_nobodys".parse()?);
            let refund = NewRefund { of, amount: Money::new(100, Currency::EUR) };
            crowd.spawn(async move {
                while let Ok(permit) = permit_to_refund(&policy) {
                    let asked = stripe.write(permit).refund(&key, &refund).await;
                    if asked.is_err() {
                        tokio::time::sleep(Duration::from_millis(5)).await;
                    }
                }
            });
        }
        // The first has its slot, and the line is full.
        tokio::time::sleep(Duration::from_millis(200)).await;
        Ok(crowd)
    }

    /// Somebody refunds at Stripe directly, past postill.
    pub(crate) async fn refunds_by_hand(&self, charge: &str, minor: i64) -> Result<()> {
        self.posts_by_hand("/v1/refunds", format!("charge={charge}&amount={minor}")).await
    }

    async fn posts_by_hand(&self, path: &str, body: String) -> Result<()> {
        let request = self.control.post(format!("{}{path}", self.sandbox.url())).bearer_auth(KEY);
        let form = "application/x-www-form-urlencoded";
        request.header("content-type", form).body(body).send().await?.error_for_status()?;
        Ok(())
    }

    /// Nothing goes wrong any more.
    pub(crate) async fn all_is_well(&self) -> Result<()> {
        self.control.delete(self.control_url("faults")).send().await?.error_for_status()?;
        Ok(())
    }

    /// What Stripe was asked, oldest first.
    pub(crate) async fn asked(&self) -> Result<Vec<Asked>> {
        let log = self.control_json("requests").await?;
        let requests = log.get("requests").and_then(Value::as_array).context("the log")?;
        let text = |request: &Value, field: &str| {
            request.get(field).and_then(Value::as_str).unwrap_or_default().to_owned()
        };
        Ok(requests
            .iter()
            .map(|request| Asked { method: text(request, "method"), path: text(request, "path") })
            .collect())
    }

    /// How often something was to be changed at Stripe.
    pub(crate) async fn writes(&self) -> Result<usize> {
        Ok(self.asked().await?.iter().filter(|asked| asked.method != "GET").count())
    }

    /// The action that a letter has of a function, as the ledger holds it.
    pub(crate) async fn action_of(
        &self,
        letter: &Letter,
        function: Function,
    ) -> Result<Option<StoredAction>> {
        let id = ActionId::derive(&self.workspace.id, &self.mail(letter)?.fingerprint, function);
        Ok(self.engine.ledger.action(&id).await?)
    }

    /// The objects Stripe holds of a kind.
    pub(crate) async fn kept(&self, kind: &str) -> Result<Vec<Value>> {
        let body = self.control_json(&format!("objects/{kind}")).await?;
        Ok(body.get("objects").and_then(Value::as_array).cloned().unwrap_or_default())
    }

    /// The amounts of the refunds Stripe holds, oldest first.
    pub(crate) async fn refunded(&self) -> Result<Vec<i64>> {
        let refunds = self.kept("refunds").await?;
        Ok(refunds.iter().filter_map(|refund| refund.get("amount").and_then(Value::as_i64)).collect())
    }

    /// The action that a mail has of a function, as the ledger holds it.
    pub(crate) async fn action(&self, draft: &Draft, function: Function) -> Result<Option<StoredAction>> {
        let id = ActionId::derive(&self.workspace.id, &draft.event.subject, function);
        Ok(self.engine.ledger.action(&id).await?)
    }

    fn control_url(&self, what: &str) -> String {
        format!("{}/_sandbox/{what}", self.sandbox.url())
    }

    async fn control_json(&self, what: &str) -> Result<Value> {
        Ok(self.control.get(self.control_url(what)).send().await?.error_for_status()?.json().await?)
    }
}

/// What a worker does with one mail.
pub(crate) trait Worker {
    /// Claims a mail that must not have ended yet.
    async fn takes(&self, bytes: Vec<u8>, run: RunKind) -> Result<Work>;
    /// Claims, processes and finishes it.
    async fn delivers(&self, bytes: Vec<u8>, run: RunKind) -> Result<Ended>;
    /// The same, of a mail of any format.
    async fn ends(&self, mail: Delivered) -> Result<Ended>;
}

impl Worker for Engine {
    async fn takes(&self, bytes: Vec<u8>, run: RunKind) -> Result<Work> {
        match self.claim(vec![delivered(bytes, run)]).await?.pop().context("an answer")? {
            Taken::Work(work) => Ok(work),
            Taken::Ended(ended) => bail!("it has ended: {ended:?}"),
        }
    }

    async fn delivers(&self, bytes: Vec<u8>, run: RunKind) -> Result<Ended> {
        self.ends(delivered(bytes, run)).await
    }

    async fn ends(&self, mail: Delivered) -> Result<Ended> {
        match self.claim(vec![mail]).await?.pop().context("an answer")? {
            Taken::Ended(ended) => Ok(ended),
            Taken::Work(work) => {
                let processed = Box::pin(self.process(work)).await;
                self.finish(vec![processed]).await.pop().context("an end")
            }
        }
    }
}

fn crowd_mail(number: u8) -> Fingerprint {
    Fingerprint::of(&[b"crowd", &[number]])
}

fn permit_to_refund(policy: &Policy) -> Result<Permit> {
    let now = domain::Timestamp::from_second(1_790_000_000)?;
    let judgement = policy.judge_refund(&RefundAsked {
        amount: Money::new(100, Currency::EUR),
        charged_at: now,
        assurance: Assurance::Authenticated,
        now,
        spent: Spent::nothing(Currency::EUR),
    });
    let writable = Run::LIVE.writable().context("a live run writes")?;
    judgement.permit(writable).context("the policy allows a refund of one euro")
}

fn delivered(bytes: Vec<u8>, run: RunKind) -> Delivered {
    Delivered::new(Bytes::from(bytes), Some("message/rfc822"), WorkspaceId::default(), run)
}

/// In memory, where the system has such a place: a ledger waits for the disk at every commit.
fn folder() -> Result<tempfile::TempDir> {
    let memory = Path::new("/dev/shm");
    Ok(if memory.is_dir() { tempfile::tempdir_in(memory)? } else { tempfile::tempdir()? })
}

fn reader(verifier: &str) -> Result<mail::Reader> {
    let trust = mail::Trust {
        authserv_ids: vec![verifier.to_owned()],
        own_hosts: vec![".shop.example".to_owned()],
        own_addresses: vec!["billing@shop.example".parse()?],
        ..mail::Trust::default()
    };
    Ok(mail::Reader::new(trust, mail::Limits::default()))
}

/// A database and its log, while nobody writes.
fn copied(from: &Path, to: &Path) -> Result<()> {
    for part in ["db", "db-wal"] {
        let (from, to) = (from.with_extension(part), to.with_extension(part));
        if from.exists() {
            std::fs::copy(from, to)?;
        }
    }
    Ok(())
}

/// A new ledger.
async fn ledger(path: &Path, clock: &Arc<SetClock>) -> Result<Ledger> {
    let ledger = open(path, clock).await?;
    ledger.migrate().await?;
    ledger.ensure_workspace(&WorkspaceId::default()).await?;
    Ok(ledger)
}

async fn open(path: &Path, clock: &Arc<SetClock>) -> Result<Ledger> {
    let url = format!("sqlite:{}", path.display());
    Ok(Ledger::open(&store::Config::new(url.parse()?), Arc::<SetClock>::clone(clock)).await?)
}

fn policy() -> Result<Policy> {
    let mut policy = Policy::default();
    policy.functions.insert(Function::Refund, Switch::On);
    policy.functions.insert(Function::CancelSubscription, Switch::On);
    let kwd: Currency = "kwd".parse()?;
    policy.refund.limit_minor.extend([
        (Currency::EUR, 10_000),
        (Currency::USD, 10_000),
        (Currency::JPY, 10_000),
        (kwd, 100_000),
    ]);
    Ok(policy)
}

/// Quick to repeat, not held up by limits, and content with one page of a list: what a hundred objects do not tell is cut short.
fn stripe_config(sandbox: &Sandbox) -> Result<Config> {
    let many = NonZeroU32::new(1_000_000).context("a million is not zero")?;
    Ok(Config {
        base_url: sandbox.url().parse()?,
        first_pause: Duration::from_millis(1),
        longest_pause: Duration::from_millis(2),
        max_pages: NonZeroU32::MIN,
        rates: Rates { per_endpoint: many, search: many, account_live: many, account_test: many },
        ..Config::default()
    })
}
