//! What is counted for one workspace, with handles that are kept.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use domain::{Function, Label, Money, Outcome, RunKind, WorkspaceId};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::histogram::Histogram;

use crate::meters::{All, NOT_CONNECTED};

/// A queue that mail is taken from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Queue {
    /// Live mail.
    Mail,
    /// Replayed mail.
    Replay,
}

/// A stage on the way of a mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Stage {
    /// The ledger notes that it is ours.
    Claim,
    /// From bytes to a mail.
    Read,
    /// From a mail to what it asks for.
    Understand,
    /// Who the sender is at Stripe.
    Customer,
    /// The function's reads, and what they come to.
    Function,
    /// The change at Stripe.
    Act,
    /// The ledger stores its end.
    Finish,
    /// RabbitMQ confirms its draft.
    Publish,
}

impl Queue {
    /// Its name, in labels and spans.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Mail => "mail",
            Self::Replay => "replay",
        }
    }
}

impl Stage {
    /// In the order of the way.
    pub(crate) const ALL: [Self; 8] = [
        Self::Claim,
        Self::Read,
        Self::Understand,
        Self::Customer,
        Self::Function,
        Self::Act,
        Self::Finish,
        Self::Publish,
    ];

    /// Its name, in labels and spans.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Claim => "claim",
            Self::Read => "read",
            Self::Understand => "understand",
            Self::Customer => "customer",
            Self::Function => "function",
            Self::Act => "act",
            Self::Finish => "finish",
            Self::Publish => "publish",
        }
    }
}

/// The meters of one workspace.
pub struct OfWorkspace {
    name: String,
    all: All,
    taken_live: Counter,
    taken_replay: Counter,
    drafts: Counter,
    retries: Counter,
    refused_keys: Counter,
    settled: Kept<(Outcome, Label, RunKind), Counter>,
    postponed: Kept<&'static str, Counter>,
    requests: Kept<(&'static str, Option<u16>), (Counter, Histogram)>,
}

impl OfWorkspace {
    /// Those of a workspace that is connected; of all others together where there is none.
    pub(crate) fn new(workspace: Option<&WorkspaceId>, all: &All) -> Self {
        let name = workspace.map_or(NOT_CONNECTED, WorkspaceId::as_str).to_owned();
        Self {
            taken_live: all.taken.of([&name, Queue::Mail.as_str()]),
            taken_replay: all.taken.of([&name, Queue::Replay.as_str()]),
            drafts: all.drafts.of([&name]),
            retries: all.stripe_retries.of([&name]),
            refused_keys: all.stripe_refused_keys.of([&name]),
            settled: Kept::default(),
            postponed: Kept::default(),
            requests: Kept::default(),
            all: all.clone(),
            name,
        }
    }

    /// The workspace's name, as labels have it.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// A mail was taken from a queue.
    pub fn took(&self, queue: Queue) {
        match queue {
            Queue::Mail => self.taken_live.inc(),
            Queue::Replay => self.taken_replay.inc(),
        };
    }

    /// A mail has its end, and its draft is confirmed.
    pub fn settled(&self, outcome: Outcome, intent: Label, run: RunKind) {
        self.settled.with(
            (outcome, intent, run),
            |counter| _ = counter.inc(),
            || {
                let values = [&self.name, outcome.as_str(), intent.as_str(), run.as_str()];
                self.all.settled.of(values)
            },
        );
        self.published();
    }

    /// A draft of a follow-up is confirmed.
    pub fn published(&self) {
        self.drafts.inc();
    }

    /// A mail waits in a retry queue.
    pub fn postponed(&self, reason: &'static str) {
        let new = || self.all.postponed.of([&self.name, reason]);
        self.postponed.with(reason, |counter| _ = counter.inc(), new);
    }

    /// A request was sent to Stripe, for the `number`th time, and answered with a status, or not.
    pub fn called(&self, endpoint: &'static str, status: Option<u16>, number: u32, took: Duration) {
        let count = |(requests, seconds): &(Counter, Histogram)| {
            requests.inc();
            seconds.observe(took.as_secs_f64());
        };
        self.requests.with((endpoint, status), count, || {
            let told = status.map_or_else(|| "unanswered".to_owned(), |status| status.to_string());
            let requests = self.all.stripe_requests.of([&self.name, endpoint, &told]);
            (requests, self.all.stripe_seconds.of([endpoint]))
        });
        if number > 1 {
            self.retries.inc();
        }
        if matches!(status, Some(401 | 403)) {
            self.refused_keys.inc();
        }
    }

    /// Stripe shows that so much was given back. Seldom, so that no handle is kept.
    pub fn gave_back(&self, function: Function, money: Money) {
        let currency = money.currency.to_string();
        let minor = u64::try_from(money.minor).unwrap_or_default();
        self.all.money.of([&self.name, function.as_str(), &currency]).inc_by(minor);
    }
}

impl std::fmt::Debug for OfWorkspace {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("OfWorkspace").field("name", &self.name).finish_non_exhaustive()
    }
}

/// Handles by what they are for.
struct Kept<K, M>(Mutex<HashMap<K, M>>);

impl<K, M> Default for Kept<K, M> {
    fn default() -> Self {
        Self(Mutex::new(HashMap::new()))
    }
}

impl<K: Eq + std::hash::Hash, M> Kept<K, M> {
    fn with(&self, key: K, count: impl FnOnce(&M), new: impl FnOnce() -> M) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        count(kept.entry(key).or_insert_with(new));
    }
}
