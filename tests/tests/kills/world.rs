//! A worker's world: a virtual host, a ledger and a Stripe of its own, with an executioner between them and the worker.

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
use tests::{Postill, Run, Vhost, postgres, rabbit, wait_until};

use crate::ledger::Ledger;
use crate::shop::{CUSTOMERS, KEY, Wish, seed};
use crate::step::{Scene, Step};

/// How long a step may take on a busy machine.
const PATIENCE: Duration = Duration::from_mins(1);
const INCOMING: &str = "postill.mail";
const DRAFTS: &str = "postill.drafts";

/// Where the ledger is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    File,
    Server,
}

pub(crate) struct World {
    /// First, so that it is gone before what it works with.
    worker: Postill,
    executioner: Executioner,
    settings: Vec<(String, String)>,
    ledger: Ledger,
    _sandbox: Postill,
    stripe: Url,
    control: reqwest::Client,
    channel: Channel,
    _connection: Connection,
    vhost: Vhost,
    letters: usize,
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
    pub(crate) async fn open(place: Place) -> Result<Self> {
        let vhost = rabbit().await?;
        let ledger = match place {
            Place::File => Ledger::File(tempfile::tempdir()?),
            Place::Server => Ledger::Server(postgres().await?),
        };
        let folder = tempfile::tempdir()?;
        let seed_file = folder.path().join("seed.json");
        std::fs::write(&seed_file, seed().to_string())?;
        let (sandbox, stripe) = sandbox(&seed_file.display().to_string()).await?;

        let direct = settings(&vhost.amqp_url, &ledger.url(), stripe.as_str());
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
        let mut settings = settings(rabbitmq.as_str(), &database, of_stripe.as_str());
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
            ledger,
            _sandbox: sandbox,
            stripe,
            control,
            channel,
            _connection: connection,
            vhost,
            letters: 0,
            _folder: folder,
        })
    }

    /// A letter comes in, the worker is killed as `kill` says and started again, and the letter ends as it should: one effect, one draft,
    /// nothing in the queue, the action settled.
    pub(crate) async fn ends_well(&mut self, wish: Wish, kill: Option<Kill>) -> Result<Ended> {
        let customer = self.letters;
        ensure!(customer < CUSTOMERS, "the shop has too few customers");
        self.letters += 1;
        self.executioner.awaits(kill);
        let id = format!("letter-{customer}");
        let properties = BasicProperties::default()
            .with_delivery_mode(2)
            .with_content_type("message/rfc822".into())
            .with_message_id(id.into());
        self.vhost.publish_to("postill.in", "mail", properties, &[wish.letter(customer)]).await?;

        let settled = async {
            tokio::select! {
                () = self.executioner.has_struck() => true,
                () = self.executioner.has_settled() => false,
            }
        };
        let has_died = tokio::time::timeout(PATIENCE, settled).await.context("the letter does not end")?;
        let mut drafts = Vec::new();
        let mut journal = self.executioner.journal();
        let mut died = None;
        if has_died {
            self.worker.kill_dash_nine()?;
            journal = self.executioner.journal();
            self.take_drafts(&mut drafts).await?;
            let scene = Scene {
                look: self.ledger.look(&wish.target(customer)).await?,
                letters: i64::try_from(self.letters)?,
                effects: self.effects(wish, customer).await?.len(),
                drafts: drafts.len(),
                journal: journal.clone(),
            };
            died = Some(Step::of(&scene));
            self.executioner.buries().await;
            self.worker = started(&self.settings).await?;
        }
        self.has_ended(&mut drafts).await?;
        self.is_as_it_should_be(wish, customer, &drafts).await?;
        Ok(Ended { died, journal })
    }

    /// Stops the worker, and sees that nothing lies in any queue.
    pub(crate) async fn closes(self) -> Result<()> {
        let Self { worker, vhost, .. } = self;
        worker.terminate()?;
        let finished = worker.wait(PATIENCE).await?;
        ensure!(finished.status.success(), "the worker ended with {}", finished.status);
        for queue in [INCOMING, DRAFTS, "postill.mail.dead", "postill.unrouted", "postill.mail.retry.5s"] {
            let depth = vhost.depth(queue).await?;
            ensure!(depth == 0, "{queue} holds {depth} messages");
        }
        Ok(())
    }

    /// Waits until the draft has come out and the worker is done with the letter.
    async fn has_ended(&self, drafts: &mut Vec<Delivery>) -> Result<()> {
        wait_until("the letter to end", PATIENCE, async || {
            self.take_drafts(drafts).await?;
            Ok(!drafts.is_empty() && !self.executioner.holds_some() && self.depth().await? == 0)
        })
        .await?;
        // Copies of the draft, where there are some, came before the acknowledgement.
        self.take_drafts(drafts).await
    }

    async fn is_as_it_should_be(&self, wish: Wish, customer: usize, drafts: &[Delivery]) -> Result<()> {
        let effects = self.effects(wish, customer).await?;
        let [effect] = effects.as_slice() else { anyhow::bail!("{} effects at Stripe", effects.len()) };
        let draft = drafts.first().context("no draft")?;
        for copy in drafts {
            ensure!(copy.data == draft.data, "copies of one draft differ");
            ensure!(
                copy.properties.message_id() == draft.properties.message_id(),
                "copies have different ids"
            );
        }
        let told: Value = serde_json::from_slice(&draft.data)?;
        let action = at(&told, "/data/actions/0");
        ensure!(at(&told, "/data/outcome") == "action_taken" && at(action, "/state") == "done", "{told:#}");
        ensure!(
            at(action, "/result") == at(effect, "/id"),
            "{action:#} tells another effect than {effect:#}"
        );
        let keys = self.keys(wish, customer).await?;
        ensure!(keys.len() == 1, "asked of Stripe under {} keys", keys.len());
        let look = self.ledger.look(&wish.target(customer)).await?;
        let (mail, action) = (look.mail.as_deref(), look.action.as_deref());
        ensure!(mail == Some("finished") && matches!(action, Some("done" | "reconciled")), "{look:?}");
        Ok(())
    }

    /// What Stripe has done of what the letter asks for.
    async fn effects(&self, wish: Wish, customer: usize) -> Result<Vec<Value>> {
        let target = wish.target(customer);
        let is_effect = |object: &Value| match wish {
            Wish::Refund => at(object, "/charge") == target.as_str(),
            Wish::Cancellation => {
                at(object, "/id") == target.as_str() && at(object, "/cancel_at_period_end") == true
            }
        };
        let kind = match wish {
            Wish::Refund => "refunds",
            Wish::Cancellation => "subscriptions",
        };
        let body = self.asks_sandbox(&format!("objects/{kind}")).await?;
        let objects = at(&body, "/objects").as_array().context("no objects")?;
        Ok(objects.iter().filter(|object| is_effect(object)).cloned().collect())
    }

    /// The keys under which the change was asked for. A cancellation that was made twice would look like one.
    async fn keys(&self, wish: Wish, customer: usize) -> Result<std::collections::BTreeSet<String>> {
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

    async fn take_drafts(&self, drafts: &mut Vec<Delivery>) -> Result<()> {
        let no_ack = BasicGetOptions { no_ack: true };
        while let Some(message) = self.channel.basic_get(DRAFTS.into(), no_ack).await? {
            drafts.push(message.delivery);
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

fn settings(amqp: &str, database: &str, stripe: &str) -> Vec<(String, String)> {
    [
        ("POSTILL_AMQP_URL", amqp),
        ("POSTILL_DATABASE_URL", database),
        ("POSTILL_STRIPE_URL", stripe),
        ("POSTILL_STRIPE_KEY", KEY),
        ("POSTILL_STRIPE_REQUESTS_PER_SECOND", "5000"),
        ("POSTILL_MAIL_TRUSTED_AUTHSERV_IDS", "mx.larkspur.example"),
        ("POSTILL_POLICY_FUNCTIONS_REFUND", "on"),
        ("POSTILL_POLICY_FUNCTIONS_CANCEL_SUBSCRIPTION", "on"),
        ("POSTILL_POLICY_REFUND_LIMIT", "eur=100.00"),
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

/// What lies at a path of a document, as `/data/outcome`; null where there is nothing.
fn at<'v>(document: &'v Value, path: &str) -> &'v Value {
    document.pointer(path).unwrap_or(&Value::Null)
}
