//! RabbitMQ from the settings, and what a person can do when it cannot be used.

use broker::topology::{Finding, Problem, TopologyError};
use broker::{Config, ConnectError};

use crate::complaint::{Advice, chain};
use crate::settings::AmqpSettings;

/// The largest message that any version of RabbitMQ delivers, in bytes: 128 MiB up to 3.13, less after.
pub(crate) const LARGEST_DELIVERY: usize = 128 << 20;

/// How many missing queues and exchanges are named.
const NAMED: usize = 3;

/// The broker's configuration from ours.
pub(crate) fn config(settings: &AmqpSettings) -> Config {
    Config {
        url: settings.url.clone(),
        names: settings.names.clone(),
        prefetch: settings.prefetch,
        ..Config::default()
    }
}

/// Says what was tried, and what to do.
pub(crate) fn explain(config: &Config, error: ConnectError) -> anyhow::Error {
    let remedy = match &error {
        ConnectError::TopologyMissing { missing } => return topology_missing(missing),
        ConnectError::Unreachable { .. } | ConnectError::TimedOut { .. } => {
            "is RabbitMQ running there? Set POSTILL_AMQP_URL, as in amqp://user:password@host:5672/%2f"
        }
        ConnectError::CredentialsRefused { .. } => "check user and password in POSTILL_AMQP_URL",
        ConnectError::VhostMissing { .. } => {
            "make it, as with `rabbitmqctl add_vhost`, or correct the last part of POSTILL_AMQP_URL (%2f is the default one)"
        }
        ConnectError::Forbidden { .. } => {
            "give the user permission there, as with `rabbitmqctl set_permissions`"
        }
        ConnectError::Blocked => "free memory or disk on the machine of the broker",
        ConnectError::Refused { .. } => "the broker's log says more",
    };
    Advice::unavailable(chain(&error), format!("tried {}; {remedy}", config.url))
}

/// The same for declaring and checking queues.
pub(crate) fn explain_topology(config: &Config, error: TopologyError) -> anyhow::Error {
    match error {
        TopologyError::Connect(error) => explain(config, error),
        different @ TopologyError::Different { .. } => Advice::usage(
            chain(&different),
            "`postill topology check` shows every difference; amqp.prefix (POSTILL_AMQP_PREFIX) chooses other names",
        ),
    }
}

/// Refuses what a worker would not start with.
pub(crate) fn require_topology(findings: &[Finding]) -> anyhow::Result<()> {
    let missing: Vec<String> = findings
        .iter()
        .filter(|finding| finding.problem == Problem::Missing)
        .map(|finding| finding.what.clone())
        .collect();
    if !missing.is_empty() {
        return Err(topology_missing(&missing));
    }
    match findings.iter().find(|finding| finding.is_fatal()) {
        None => Ok(()),
        Some(finding) => {
            Err(Advice::usage(sentence(finding), "`postill topology check` shows every difference"))
        }
    }
}

/// What is wrong with an exchange or a queue, and what to do.
pub(crate) fn sentence(finding: &Finding) -> String {
    let what = &finding.what;
    match &finding.problem {
        Problem::Missing => format!("the {what} is missing"),
        Problem::Different { broker_says } => format!(
            "the {what} has other settings ({broker_says}): empty and delete it, then run `postill topology apply`, or choose \
             another name with amqp.prefix (POSTILL_AMQP_PREFIX)"
        ),
        Problem::NotComparable => format!(
            "the {what} is there, but this user may not compare its settings: run `postill topology check` as one who may \
             configure it"
        ),
    }
}

fn topology_missing(missing: &[String]) -> anyhow::Error {
    let named: Vec<&str> = missing.iter().take(NAMED).map(String::as_str).collect();
    let more = missing.len().saturating_sub(NAMED);
    let more = if more == 0 { String::new() } else { format!(" and {more} more") };
    Advice::unavailable(
        format!("RabbitMQ lacks the {}{more}", named.join(", the ")),
        "run `postill topology apply` once, or set amqp.declare = \"on\"",
    )
}
