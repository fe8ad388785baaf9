//! Every metric there is: its name, its kind, its labels, and what it tells.
//!
//! What is counted is registered from this list, and what documents the metrics is made from it, so that neither knows one the other
//! does not.

use serde::Serialize;

/// One metric.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Metric {
    /// The whole name.
    pub name: &'static str,
    /// What kind of number it is.
    pub kind: Kind,
    /// The labels, in the order in which they are served.
    pub labels: &'static [&'static str],
    /// What it tells.
    pub help: &'static str,
}

/// What kind of number a metric is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// It only grows, from zero at each start.
    Counter,
    /// It goes up and down.
    Gauge,
    /// How often it was at most so much, and its sum.
    Histogram,
}

const fn counter(name: &'static str, labels: &'static [&'static str], help: &'static str) -> Metric {
    Metric { name, kind: Kind::Counter, labels, help }
}

const fn gauge(name: &'static str, labels: &'static [&'static str], help: &'static str) -> Metric {
    Metric { name, kind: Kind::Gauge, labels, help }
}

const fn histogram(name: &'static str, labels: &'static [&'static str], help: &'static str) -> Metric {
    Metric { name, kind: Kind::Histogram, labels, help }
}

pub(crate) const TAKEN: Metric = counter(
    "postill_mails_taken_total",
    &["workspace", "queue"],
    "Mails taken from the queue mail or replay, also those that come again.",
);
pub(crate) const SETTLED: Metric = counter(
    "postill_mails_settled_total",
    &["workspace", "outcome", "intent", "run"],
    "Mails whose draft RabbitMQ has confirmed, by outcome and intent as in the draft. The intent of one answered from the ledger is none.",
);
pub(crate) const POSTPONED: Metric = counter(
    "postill_mails_postponed_total",
    &["workspace", "reason"],
    "Mails put into a retry queue: stripe, turn (the account takes no more requests), key_refused, ledger, held (by another worker), \
     parked (the workspace is slow), unreadable_action.",
);
pub(crate) const DEAD: Metric =
    counter("postill_mails_dead_total", &["reason"], "Messages moved to the dead queue, by the code of why.");
pub(crate) const DRAFTS: Metric = counter(
    "postill_drafts_published_total",
    &["workspace"],
    "Drafts that RabbitMQ has confirmed, also of follow-ups and those published again.",
);
pub(crate) const STRIPE_REQUESTS: Metric = counter(
    "postill_stripe_requests_total",
    &["workspace", "endpoint", "status"],
    "Requests sent to Stripe, by the status of the answer, or unanswered.",
);
pub(crate) const STRIPE_RETRIES: Metric = counter(
    "postill_stripe_retries_total",
    &["workspace"],
    "Requests among these that repeated one that had failed.",
);
pub(crate) const STRIPE_REFUSED_KEYS: Metric = counter(
    "postill_stripe_refused_keys_total",
    &["workspace"],
    "Answers of Stripe that refused the key, 401, or found it without a permission, 403.",
);
pub(crate) const STRIPE_SECONDS: Metric = histogram(
    "postill_stripe_request_seconds",
    &["endpoint"],
    "How long one request to Stripe took, answered or not.",
);
pub(crate) const STAGE_SECONDS: Metric = histogram(
    "postill_mail_stage_seconds",
    &["stage"],
    "How long a mail was in a stage: claim, read, understand, customer, function, act, finish, publish. Claim, finish and publish are done \
     for many at once and counted for each.",
);
pub(crate) const MAIL_SECONDS: Metric = histogram(
    "postill_mail_seconds",
    &[],
    "How long a mail took from being taken to being acknowledged, with its draft or as dead. Those put into a retry queue are not counted.",
);
pub(crate) const LAST_WAIT: Metric = gauge(
    "postill_mail_last_wait_seconds",
    &[],
    "How long the live mail that was taken last had waited in its queue. Absent until one says when it was sent.",
);
pub(crate) const MONEY: Metric = counter(
    "postill_money_minor_units_total",
    &["workspace", "function", "currency"],
    "Money given back at Stripe and seen as done, in minor units of the currency.",
);
pub(crate) const IN_HAND: Metric =
    gauge("postill_worker_mails_in_hand", &[], "Mails taken and not settled, worked on or waiting.");
pub(crate) const READY: Metric = gauge("postill_worker_ready", &[], "1 when /readyz says so, else 0.");
pub(crate) const BUILD: Metric =
    gauge("postill_build_info", &["version"], "Always 1: which version is running.");
pub(crate) const KEY_REFUSED: Metric = gauge(
    "postill_stripe_key_refused",
    &["workspace"],
    "1 while Stripe refuses the key of the workspace and its mails wait, else 0.",
);
pub(crate) const APPROVALS: Metric =
    gauge("postill_approvals_waiting", &["workspace"], "Changes at Stripe that wait for a person.");
pub(crate) const APPROVALS_OLDEST: Metric = gauge(
    "postill_approvals_oldest_seconds",
    &["workspace"],
    "How long the oldest of them has waited; 0 when none does.",
);
pub(crate) const UNSETTLED: Metric = gauge(
    "postill_actions_unsettled",
    &["workspace"],
    "Changes sent to Stripe whose outcome is not known, those under way right now among them.",
);
pub(crate) const FOLLOW_UPS: Metric = gauge(
    "postill_follow_ups_waiting",
    &["workspace"],
    "Follow-ups that are not done: decisions to carry out, unknown outcomes to look up.",
);
pub(crate) const HALTED: Metric = gauge(
    "postill_halted",
    &["workspace"],
    "1 while nothing is changed at Stripe by itself: halted by a person, by a file, or by the breaker.",
);
pub(crate) const BUDGET_LEFT: Metric = gauge(
    "postill_refund_budget_left_minor_units",
    &["workspace", "currency"],
    "What is left of policy.refund.day_limit_workspace for these 24 hours, in minor units. Absent without a limit.",
);
pub(crate) const QUEUE: Metric = gauge(
    "postill_queue_messages",
    &["queue"],
    "Messages waiting in the queue mail, replay, dead, drafts or unrouted. Absent while the broker does not say.",
);
pub(crate) const LEDGER_UP: Metric = gauge("postill_ledger_up", &[], "1 while the ledger answers, else 0.");
pub(crate) const BROKER_UP: Metric =
    gauge("postill_broker_up", &[], "1 while the session with RabbitMQ stands, else 0.");
pub(crate) const MEMORY: Metric =
    gauge("process_resident_memory_bytes", &[], "Memory of the process that is resident.");
pub(crate) const CPU: Metric =
    counter("process_cpu_seconds_total", &[], "CPU time of the process, in user and kernel mode.");
pub(crate) const STARTED: Metric =
    gauge("process_start_time_seconds", &[], "When the process started, in seconds since 1970.");
pub(crate) const OPEN_FDS: Metric =
    gauge("process_open_fds", &[], "File descriptors that the process has open.");

/// Every metric, in the order in which they are served.
pub const METRICS: &[Metric] = &[
    TAKEN,
    SETTLED,
    POSTPONED,
    DEAD,
    DRAFTS,
    STRIPE_REQUESTS,
    STRIPE_RETRIES,
    STRIPE_REFUSED_KEYS,
    STRIPE_SECONDS,
    STAGE_SECONDS,
    MAIL_SECONDS,
    LAST_WAIT,
    MONEY,
    IN_HAND,
    READY,
    BUILD,
    KEY_REFUSED,
    APPROVALS,
    APPROVALS_OLDEST,
    UNSETTLED,
    FOLLOW_UPS,
    HALTED,
    BUDGET_LEFT,
    QUEUE,
    LEDGER_UP,
    BROKER_UP,
    MEMORY,
    CPU,
    STARTED,
    OPEN_FDS,
];
