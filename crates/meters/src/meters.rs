//! All meters of a process, and the text that tells them.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use domain::WorkspaceId;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;

use crate::family::{Buckets, Counters, Levels, Series, Times};
use crate::list;
use crate::process::Process;
use crate::standing::{Queues, Standing};
use crate::workspace::{OfWorkspace, Stage};

/// What stands for a workspace whose key is not connected; no workspace can be called so.
pub const NOT_CONNECTED: &str = "(not connected)";

/// The parts of a mail take from some microseconds to the deadline of Stripe.
const STAGES: Buckets = Buckets(&[
    0.000_1, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0,
]);
/// A mail takes from some milliseconds to minutes, where it waits for a slot.
const MAILS: Buckets =
    Buckets(&[0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0]);
/// Stripe answers within a tenth of a second to some seconds; a request is given up after ten.
const REQUESTS: Buckets = Buckets(&[0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0]);

/// All meters of a process.
pub struct Meters {
    registry: Registry,
    all: All,
    workspaces: RwLock<HashMap<WorkspaceId, Arc<OfWorkspace>>>,
    not_connected: Arc<OfWorkspace>,
    stages: HashMap<Stage, Histogram>,
    mail: Histogram,
}

/// The series of all metrics that are counted.
#[derive(Debug, Clone)]
pub(crate) struct All {
    pub(crate) taken: Counters,
    pub(crate) settled: Counters,
    pub(crate) postponed: Counters,
    dead: Counters,
    pub(crate) drafts: Counters,
    pub(crate) stripe_requests: Counters,
    pub(crate) stripe_retries: Counters,
    pub(crate) stripe_refused_keys: Counters,
    pub(crate) stripe_seconds: Times,
    stage_seconds: Times,
    mail_seconds: Times,
    last_wait: Levels,
    pub(crate) money: Counters,
    in_hand: Levels,
    ready: Levels,
    build: Levels,
    key_refused: Levels,
    approvals: Levels,
    approvals_oldest: Levels,
    unsettled: Levels,
    follow_ups: Levels,
    halted: Levels,
    budget_left: Levels,
    queue: Levels,
    ledger_up: Levels,
    broker_up: Levels,
}

impl All {
    /// In the order of the list.
    fn registered(registry: &mut Registry) -> Self {
        Self {
            taken: Series::new(list::TAKEN).register(registry),
            settled: Series::new(list::SETTLED).register(registry),
            postponed: Series::new(list::POSTPONED).register(registry),
            dead: Series::new(list::DEAD).register(registry),
            drafts: Series::new(list::DRAFTS).register(registry),
            stripe_requests: Series::new(list::STRIPE_REQUESTS).register(registry),
            stripe_retries: Series::new(list::STRIPE_RETRIES).register(registry),
            stripe_refused_keys: Series::new(list::STRIPE_REFUSED_KEYS).register(registry),
            stripe_seconds: Series::with_buckets(list::STRIPE_SECONDS, REQUESTS).register(registry),
            stage_seconds: Series::with_buckets(list::STAGE_SECONDS, STAGES).register(registry),
            mail_seconds: Series::with_buckets(list::MAIL_SECONDS, MAILS).register(registry),
            last_wait: Series::new(list::LAST_WAIT).register(registry),
            money: Series::new(list::MONEY).register(registry),
            in_hand: Series::new(list::IN_HAND).register(registry),
            ready: Series::new(list::READY).register(registry),
            build: Series::new(list::BUILD).register(registry),
            key_refused: Series::new(list::KEY_REFUSED).register(registry),
            approvals: Series::new(list::APPROVALS).register(registry),
            approvals_oldest: Series::new(list::APPROVALS_OLDEST).register(registry),
            unsettled: Series::new(list::UNSETTLED).register(registry),
            follow_ups: Series::new(list::FOLLOW_UPS).register(registry),
            halted: Series::new(list::HALTED).register(registry),
            budget_left: Series::new(list::BUDGET_LEFT).register(registry),
            queue: Series::new(list::QUEUE).register(registry),
            ledger_up: Series::new(list::LEDGER_UP).register(registry),
            broker_up: Series::new(list::BROKER_UP).register(registry),
        }
    }
}

impl Meters {
    /// Meters that stand at zero.
    pub fn new(version: &str) -> Self {
        let mut registry = Registry::default();
        let all = All::registered(&mut registry);
        registry.register_collector(Box::new(Process));
        all.build.of([version]).set(1.0);
        let stages = Stage::ALL.map(|stage| (stage, all.stage_seconds.of([stage.as_str()])));
        Self {
            workspaces: RwLock::default(),
            not_connected: Arc::new(OfWorkspace::new(None, &all)),
            stages: stages.into(),
            mail: all.mail_seconds.of([]),
            registry,
            all,
        }
    }

    /// Those of a connected workspace.
    pub fn of(&self, workspace: &WorkspaceId) -> Arc<OfWorkspace> {
        let known = self.workspaces.read().unwrap_or_else(PoisonError::into_inner).get(workspace).cloned();
        known.unwrap_or_else(|| {
            let mut workspaces = self.workspaces.write().unwrap_or_else(PoisonError::into_inner);
            let new = || Arc::new(OfWorkspace::new(Some(workspace), &self.all));
            Arc::clone(workspaces.entry(workspace.clone()).or_insert_with(new))
        })
    }

    /// Those of all workspaces that are not connected.
    pub fn of_not_connected(&self) -> Arc<OfWorkspace> {
        Arc::clone(&self.not_connected)
    }

    /// So many mails were so long in a stage, together.
    pub fn passed(&self, stage: Stage, took: Duration, mails: usize) {
        if let Some(seconds) = self.stages.get(&stage) {
            (0..mails).for_each(|_| seconds.observe(took.as_secs_f64()));
        }
    }

    /// A mail was acknowledged so long after it was taken.
    pub fn finished(&self, took: Duration) {
        self.mail.observe(took.as_secs_f64());
    }

    /// A message went to the dead queue. Seldom, so that no handle is kept.
    pub fn died(&self, code: &str) {
        self.all.dead.of([code]).inc();
    }

    /// How the worker goes, as of now.
    pub fn worker(&self, in_hand: u32, last_wait: Option<Duration>) {
        self.all.in_hand.of([]).set(in_hand.into());
        if let Some(waited) = last_wait {
            self.all.last_wait.of([]).set(waited.as_secs_f64());
        }
    }

    /// Whether `/readyz` says so.
    pub fn ready(&self, is_ready: bool) {
        self.all.ready.of([]).set(level(is_ready));
    }

    /// Of which connected workspaces Stripe refuses the key.
    pub fn keys<'a>(&self, refused: impl IntoIterator<Item = (&'a WorkspaceId, bool)>) {
        self.all.key_refused.clear();
        for (workspace, is_refused) in refused {
            self.all.key_refused.of([workspace.as_str()]).set(level(is_refused));
        }
    }

    /// What the ledger says of all connected workspaces; none: it does not answer, and nothing is said of what it held before.
    pub fn ledger(&self, standings: Option<&[Standing]>) {
        let all = &self.all;
        all.ledger_up.of([]).set(level(standings.is_some()));
        for levels in [&all.approvals, &all.approvals_oldest, &all.unsettled, &all.follow_ups] {
            levels.clear();
        }
        all.halted.clear();
        all.budget_left.clear();
        for standing in standings.unwrap_or_default() {
            let workspace = standing.workspace.as_str();
            all.approvals.of([workspace]).set(standing.approvals.into());
            all.approvals_oldest.of([workspace]).set(standing.oldest_approval_seconds);
            all.unsettled.of([workspace]).set(standing.unsettled.into());
            all.follow_ups.of([workspace]).set(standing.follow_ups.into());
            all.halted.of([workspace]).set(level(standing.halted));
            for budget in &standing.budgets {
                let left = all.budget_left.of([workspace, &budget.currency.to_string()]);
                left.set(minor_units(budget.left_minor));
            }
        }
    }

    /// Whether the session with the broker stands, and how many messages wait, where it says so.
    pub fn broker(&self, is_up: bool, queues: Option<Queues>) {
        self.all.broker_up.of([]).set(level(is_up));
        self.all.queue.clear();
        let Some(Queues { mail, replay, dead, drafts, unrouted }) = queues else { return };
        let depths =
            [("mail", mail), ("replay", replay), ("dead", dead), ("drafts", drafts), ("unrouted", unrouted)];
        for (queue, messages) in depths {
            self.all.queue.of([queue]).set(messages.into());
        }
    }

    /// Everything, as the text format of `OpenMetrics`.
    pub fn text(&self) -> Result<String, fmt::Error> {
        let mut text = String::with_capacity(32 << 10);
        encode(&mut text, &self.registry)?;
        Ok(text)
    }
}

impl fmt::Debug for Meters {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Meters").finish_non_exhaustive()
    }
}

fn level(is_so: bool) -> f64 {
    f64::from(u8::from(is_so))
}

/// The text format has floats only; below nine thousand billion they are exact.
#[expect(
    clippy::cast_precision_loss,
    reason = "a gauge for people, not an amount that anything is done with"
)]
fn minor_units(minor: i64) -> f64 {
    minor as f64
}
