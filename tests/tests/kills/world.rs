//! A worker's world: a virtual host, a ledger and a Stripe of its own, with an executioner between them and the worker.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use lapin::message::Delivery;
use lapin::options::{BasicGetOptions, QueueDeclareOptions};
use lapin::types::FieldTable;
use lapin::{BasicProperties, Channel, Connection};
use reqwest::Url;
use serde_json::Value;
use tests::executioner::{Executioner, Journal, Kill};
use tests::{Finished, Postill, Run, Vhost, postgres, rabbit, wait_until};

use crate::ledger::{Ledger, Look};
use crate::shop::{CUSTOMERS, KEY, Wish, seed};
use crate::step::{Scene, Step};

/// How long a step may take on a busy machine.
pub(crate) const PATIENCE: Duration = Duration::from_mins(1);
/// How long a strike may come after what it strikes at.
const A_MOMENT: Duration = Duration::from_millis(150);
/// How often something is tried that another may hold up.
const TRIES: usize = 5;
const INCOMING: &str = "postill.mail";
const DRAFTS: &str = "postill.drafts";

/// Where the ledger is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    File,
    Server,
}

type Settings = Vec<(String, String)>;

pub(crate) struct World {
    /// First, so that it is gone before what it works with.
    worker: Postill,
    executioner: Executioner,
    /// Of the worker, by way of the executioner.
    settings: Settings,
    /// Past the executioner.
    direct: Settings,
    ledger: Ledger,
    _sandbox: Postill,
    stripe: Url,
    control: reqwest::Client,
    channel: Channel,
    _connection: Connection,
    vhost: Vhost,
    letters: usize,
    /// All drafts that came out, by the message id of their letter and their number.
    drafts: BTreeMap<(String, u64), Vec<Delivery>>,
    _folder: tempfile::TempDir,
}

/// How a letter ended.
pub(crate) struct Ended {
    /// Where the worker died, when it did.
    pub(crate) died: Option<Step>,
    /// What it had sent until then.
    pub(crate) journal: Journal,
}

impl World {
    pub(crate) async fn open(place: Place, wish: Wish) -> Result<Self> {
        let vhost = rabbit().await?;
        let ledger = match place {
            Place::File => Ledger::File(tempfile::tempdir()?),
            Place::Server => Ledger::Server(postgres().await?),
        };
        let folder = tempfile::tempdir()?;
        let seed_file = folder.path().join("seed.json");
        std::fs::write(&seed_file, seed().to_string())?;
        let (sandbox, stripe) = sandbox(&seed_file.display().to_string()).await?;

        let direct = settings(wish, &vhost.amqp_url, &ledger.url(), stripe.as_str());
        for arguments in [["migrate"].as_slice(), &["topology", "apply"]] {
            let finished = with(&direct, arguments).finish(PATIENCE).await?;
            ensure!(finished.status.success(), "postill {arguments:?}: {finished:?}");
        }
        let mut executioner = Executioner::new()?;
        let (rabbitmq, of_stripe) = (vhost.amqp_url.parse()?, stripe.clone());
        let rabbitmq = moved(&rabbitmq, executioner.before_rabbitmq(address(&rabbitmq, 5672).await?).await?)?;
        let of_stripe = moved(&of_stripe, executioner.before_stripe(address(&of_stripe, 80).await?).await?)?;
        let mut preloaded = Vec::new();
        let database = match &ledger {
            Ledger::File(_) => {
                preloaded.extend(executioner.before_ledger_file()?);
                ledger.url()
            }
            Ledger::Server(database) => {
                let url: Url = database.url.parse()?;
                let mut url = moved(&url, executioner.before_postgres(address(&url, 5432).await?).await?)?;
                url.query_pairs_mut().append_pair("sslmode", "disable");
                url.into()
            }
        };
        let mut settings = settings(wish, rabbitmq.as_str(), &database, of_stripe.as_str());
        settings
            .extend(preloaded.into_iter().map(|(name, path)| (name.to_owned(), path.display().to_string())));
        let worker = started(&settings).await?;
        let connection = vhost.connect().await?;
        let channel = connection.create_channel().await?;
        let control = reqwest::Client::builder().no_proxy().build()?;
        Ok(Self {
            worker,
            executioner,
            settings,
            direct,
            ledger,
            _sandbox: sandbox,
            stripe,
            control,
            channel,
            _connection: connection,
            vhost,
            letters: 0,
            drafts: BTreeMap::new(),
            _folder: folder,
        })
    }

    /// A letter comes in, the worker is killed as `kill` says and started again, and the letter ends as it should: one effect, one draft,
    /// nothing in the queue, the action settled.
    pub(crate) async fn ends_well(&mut self, wish: Wish, kill: Option<Kill>) -> Result<Ended> {
        let customer = self.letters;
        let spares = kill.is_none();
        self.begins(wish, kill).await?;
        let mut died = None;
        let mut has_died = tokio::select! {
            () = self.executioner.has_struck() => true,
            ended = self.is_through(wish, customer) => { ended?; false }
        };
        // What can be seen from outside may be seen before the worker would have been told.
        if !has_died && !spares {
            tokio::time::sleep(A_MOMENT).await;
        }
        has_died |= self.executioner.spares();
        let mut journal = self.executioner.journal();
        if has_died {
            self.worker.kill_dash_nine()?;
            journal = self.executioner.journal();
            self.take_drafts().await?;
            let scene = Scene {
                look: self.look(wish, customer).await?,
                effects: self.effects(wish, customer).await?.len(),
                drafts: self.copies(wish, customer).len(),
                journal: journal.clone(),
            };
            let step = Step::of(&scene);
            died = Some(step);
            self.executioner.buries().await;
            self.worker = started(&self.settings).await?;
            if step != Step::Acknowledged {
                self.is_through(wish, customer).await?;
            }
        }
        self.draft_comes_out(wish, customer).await?;
        self.is_as_it_should_be(wish, customer).await?;
        Ok(Ended { died, journal })
    }

    /// A letter comes in, or is allowed; the executioner counts from there.
    async fn begins(&mut self, wish: Wish, kill: Option<Kill>) -> Result<()> {
        match wish {
            Wish::Refund | Wish::Cancellation => {
                self.executioner.awaits(kill);
                self.arrives(wish, 1).await.map(drop)
            }
            Wish::ApprovedRefund => {
                self.executioner.awaits(None);
                let approval = self.waits_for_approval().await?;
                for _ in 0..TRIES {
                    // Frozen, so that what it does with the decision is all counted. Frozen in the middle of a commit, it holds up the others.
                    self.worker.freeze()?;
                    let approved = self.command(&["approvals", "approve", &approval, "--as", "Berta"]).await;
                    self.executioner.awaits(kill.clone());
                    self.worker.thaw()?;
                    if approved?.status.success() {
                        return Ok(());
                    }
                }
                anyhow::bail!("nobody could approve it")
            }
        }
    }

    /// A letter arrives in so many copies; the customer who wrote it.
    pub(crate) async fn arrives(&mut self, wish: Wish, copies: usize) -> Result<usize> {
        let customer = self.letters;
        ensure!(customer < CUSTOMERS, "the shop has too few customers");
        self.letters += 1;
        let properties = BasicProperties::default()
            .with_delivery_mode(2)
            .with_content_type("message/rfc822".into())
            .with_message_id(id(customer).into());
        let letters = vec![wish.letter(customer); copies];
        self.vhost.publish_to("postill.in", "mail", properties, &letters).await?;
        Ok(customer)
    }

    /// A letter arrives that a person has to allow: the id by which.
    pub(crate) async fn waits_for_approval(&mut self) -> Result<String> {
        let customer = self.arrives(Wish::ApprovedRefund, 1).await?;
        let first = (id(customer), 1);
        wait_until("a draft that waits for a person", PATIENCE, async || {
            self.take_drafts().await?;
            Ok(self.drafts.contains_key(&first))
        })
        .await?;
        let draft = self.drafts.get(&first).and_then(|drafts| drafts.first()).context("no draft")?;
        let draft: Value = serde_json::from_slice(&draft.data)?;
        ensure!(at(&draft, "/data/outcome") == "needs_approval", "{draft:#}");
        let approval = at(&draft, "/data/actions/0/approval/id").as_str();
        Ok(approval.with_context(|| format!("no approval in {draft:#}"))?.to_owned())
    }

    /// Runs the program to its end, past the executioner.
    pub(crate) async fn command(&self, arguments: &[&str]) -> Result<Finished> {
        with(&self.direct, arguments).finish(PATIENCE).await
    }

    /// One more worker, past the executioner.
    pub(crate) async fn another_worker(&self) -> Result<Postill> {
        started(&self.direct).await
    }

    /// Stops the worker, and sees that nothing lies in any queue, that no draft came out in two versions, and that the audit trail holds.
    pub(crate) async fn closes(mut self) -> Result<()> {
        self.take_drafts().await?;
        let Self { worker, vhost, drafts, direct, ledger: _ledger, .. } = self;
        worker.terminate()?;
        let finished = worker.wait(PATIENCE).await?;
        ensure!(finished.status.success(), "the worker ended with {}", finished.status);
        let proven = with(&direct, &["audit", "verify"]).finish(PATIENCE).await?;
        ensure!(proven.status.success(), "the audit trail is broken: {proven:?}");
        for (of, copies) in &drafts {
            ensure!(are_equal(copies), "copies of the draft {of:?} differ");
        }
        for queue in [INCOMING, "postill.mail.dead", "postill.unrouted", "postill.mail.retry.5s"] {
            let depth = vhost.depth(queue).await?;
            ensure!(depth == 0, "{queue} holds {depth} messages");
        }
        Ok(())
    }

    /// Waits until the worker is done with the letter: it has acknowledged it, or noted that its draft is published.
    async fn is_through(&self, wish: Wish, customer: usize) -> Result<()> {
        match wish {
            Wish::Refund | Wish::Cancellation => {
                let settled = tokio::time::timeout(PATIENCE, self.executioner.has_settled());
                settled.await.context("the letter does not end")
            }
            Wish::ApprovedRefund => {
                wait_until("the follow-up to end", PATIENCE, async || {
                    Ok(self.look(wish, customer).await?.is_noted)
                })
                .await
            }
        }
    }

    /// Waits until the draft that tells what was done has come out, and nothing lies in the queue.
    async fn draft_comes_out(&mut self, wish: Wish, customer: usize) -> Result<()> {
        wait_until("the draft to come out", PATIENCE, async || {
            self.take_drafts().await?;
            let is_idle = !self.executioner.holds_some() && self.depth().await? == 0;
            Ok(is_idle && !self.copies(wish, customer).is_empty())
        })
        .await
    }

    /// The drafts that tell what was done for a letter.
    pub(crate) fn copies(&self, wish: Wish, customer: usize) -> &[Delivery] {
        self.drafts.get(&(id(customer), wish.last_sequence())).map(Vec::as_slice).unwrap_or_default()
    }

    async fn look(&self, wish: Wish, customer: usize) -> Result<Look> {
        self.ledger.look(wish, &wish.target(customer), i64::try_from(self.letters)?).await
    }

    /// One effect, one draft that tells it, one key, and all of it settled.
    pub(crate) async fn is_as_it_should_be(&self, wish: Wish, customer: usize) -> Result<()> {
        let effects = self.effects(wish, customer).await?;
        let [effect] = effects.as_slice() else { anyhow::bail!("{} effects at Stripe", effects.len()) };
        let copies = self.copies(wish, customer);
        ensure!(are_equal(copies), "copies of one draft differ");
        let draft = copies.first().context("no draft")?;
        let told: Value = serde_json::from_slice(&draft.data)?;
        let action = at(&told, "/data/actions/0");
        ensure!(at(&told, "/data/outcome") == "action_taken" && at(action, "/state") == "done", "{told:#}");
        ensure!(
            at(action, "/result") == at(effect, "/id"),
            "{action:#} tells another effect than {effect:#}"
        );
        let keys = self.keys(wish, customer).await?;
        ensure!(keys.len() == 1, "asked of Stripe under {} keys", keys.len());
        let look = self.look(wish, customer).await?;
        let is_settled = matches!(look.action.as_deref(), Some("done" | "reconciled"));
        ensure!(look.is_finished && is_settled, "{look:?}");
        Ok(())
    }

    /// What Stripe has done of what the letter asks for.
    pub(crate) async fn effects(&self, wish: Wish, customer: usize) -> Result<Vec<Value>> {
        let target = wish.target(customer);
        let is_effect = |object: &Value| match wish {
            Wish::Refund | Wish::ApprovedRefund => at(object, "/charge") == target.as_str(),
            Wish::Cancellation => {
                at(object, "/id") == target.as_str() && at(object, "/cancel_at_period_end") == true
            }
        };
        let kind = match wish {
            Wish::Refund | Wish::ApprovedRefund => "refunds",
            Wish::Cancellation => "subscriptions",
        };
        let body = self.asks_sandbox(&format!("objects/{kind}")).await?;
        let objects = at(&body, "/objects").as_array().context("no objects")?;
        Ok(objects.iter().filter(|object| is_effect(object)).cloned().collect())
    }

    /// The keys under which the change was asked for. A cancellation that was made twice would look like one.
    async fn keys(&self, wish: Wish, customer: usize) -> Result<BTreeSet<String>> {
        let log = self.asks_sandbox("requests").await?;
        let requests = at(&log, "/requests").as_array().context("no requests")?;
        let is_meant = |request: &&Value| {
            let target = at(request, "/parameters/charge");
            at(request, "/method") == "POST"
                && at(request, "/path") == wish.path(customer).as_str()
                && (wish == Wish::Cancellation || target == wish.target(customer).as_str())
        };
        let key = |request: &Value| at(request, "/idempotency_key").as_str().unwrap_or("none").to_owned();
        Ok(requests.iter().filter(is_meant).map(key).collect())
    }

    async fn asks_sandbox(&self, path: &str) -> Result<Value> {
        let url = self.stripe.join(&format!("_sandbox/{path}"))?;
        Ok(self.control.get(url).send().await?.error_for_status()?.json().await?)
    }

    pub(crate) async fn take_drafts(&mut self) -> Result<()> {
        let no_ack = BasicGetOptions { no_ack: true };
        while let Some(message) = self.channel.basic_get(DRAFTS.into(), no_ack).await? {
            let draft = message.delivery;
            let of = draft
                .properties
                .correlation_id()
                .as_ref()
                .context("a draft that names no letter")?
                .to_string();
            let told: Value = serde_json::from_slice(&draft.data)?;
            let sequence = at(&told, "/sequence").as_u64().context("a draft without a number")?;
            self.drafts.entry((of, sequence)).or_default().push(draft);
        }
        Ok(())
    }

    async fn depth(&self) -> Result<u32> {
        let passive = QueueDeclareOptions { passive: true, ..QueueDeclareOptions::durable() };
        let declared = self.channel.queue_declare(INCOMING.into(), passive, FieldTable::default()).await?;
        Ok(declared.message_count())
    }
}

async fn sandbox(seed: &str) -> Result<(Postill, Url)> {
    const SAYS: &str = "POSTILL_STRIPE_URL=";
    let mut sandbox = Postill::with(["sandbox", "--bind", "127.0.0.1:0", "--seed", seed]).start()?;
    sandbox.wait_for_text(SAYS, PATIENCE).await?;
    let said = sandbox.stderr();
    let url = said.split_once(SAYS).and_then(|(_, rest)| rest.split_whitespace().next());
    let url = url.context("the sandbox does not say where it is")?.parse()?;
    Ok((sandbox, url))
}

async fn started(settings: &[(String, String)]) -> Result<Postill> {
    let mut worker = with(settings, &["worker"]).start()?;
    worker.wait_for_text("worker started", PATIENCE).await?;
    Ok(worker)
}

fn with(settings: &[(String, String)], arguments: &[&str]) -> Run {
    let run = Postill::with(arguments.iter().copied());
    settings.iter().fold(run, |run, (name, value)| run.env(name, value))
}

fn settings(wish: Wish, amqp: &str, database: &str, stripe: &str) -> Settings {
    let refunds = if wish == Wish::ApprovedRefund { "approval" } else { "on" };
    [
        ("POSTILL_AMQP_URL", amqp),
        ("POSTILL_DATABASE_URL", database),
        ("POSTILL_STRIPE_URL", stripe),
        ("POSTILL_STRIPE_KEY", KEY),
        ("POSTILL_STRIPE_REQUESTS_PER_SECOND", "5000"),
        ("POSTILL_MAIL_TRUSTED_AUTHSERV_IDS", "mx.larkspur.example"),
        ("POSTILL_POLICY_FUNCTIONS_REFUND", refunds),
        ("POSTILL_POLICY_FUNCTIONS_CANCEL_SUBSCRIPTION", "on"),
        ("POSTILL_POLICY_REFUND_LIMIT", "eur=100.00"),
        // What follows an approval is free again when the lease of the dead worker has run out; a mail comes again at once.
        ("POSTILL_STRIPE_TIMEOUT_MS", "1500"),
        ("POSTILL_STRIPE_DEADLINE_MS", "1500"),
        ("POSTILL_WORKER_LEASE_SECONDS", "5"),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .to_vec()
}

/// Where an address leads.
async fn address(url: &Url, usual: u16) -> Result<SocketAddr> {
    let host = url.host_str().context("no host")?.to_owned();
    let mut found = tokio::net::lookup_host((host, url.port_or_known_default().unwrap_or(usual))).await?;
    found.next().context("the host has no address")
}

/// The same address on another host and port.
fn moved(url: &Url, to: SocketAddr) -> Result<Url> {
    let mut url = url.clone();
    url.set_host(Some(&to.ip().to_string()))?;
    url.set_port(Some(to.port())).ok().context("no port")?;
    Ok(url)
}

fn id(customer: usize) -> String {
    format!("letter-{customer}")
}

/// The same bytes under the same id.
fn are_equal(copies: &[Delivery]) -> bool {
    let first = copies.first().map(|draft| (&draft.data, draft.properties.message_id()));
    copies.iter().all(|draft| Some((&draft.data, draft.properties.message_id())) == first)
}

/// What lies at a path of a document, as `/data/outcome`; null where there is nothing.
fn at<'v>(document: &'v Value, path: &str) -> &'v Value {
    document.pointer(path).unwrap_or(&Value::Null)
}
