use std::time::Duration;

use lapin::ExchangeKind;
use lapin::types::{AMQPValue, FieldTable};

use crate::config::{Config, step_name};
use crate::message::RETRY_STEP;
use crate::name::{Name, Names};

/// Everything there should be.
pub(crate) struct Plan {
    pub(crate) exchanges: Vec<ExchangePlan>,
    /// In the order of a mail's way.
    pub(crate) queues: Vec<QueuePlan>,
    pub(crate) bindings: Vec<Binding>,
}

pub(crate) struct ExchangePlan {
    pub(crate) name: Name,
    pub(crate) kind: ExchangeKind,
    pub(crate) arguments: FieldTable,
}

pub(crate) struct QueuePlan {
    pub(crate) name: Name,
    pub(crate) arguments: FieldTable,
}

pub(crate) struct Binding {
    pub(crate) queue: Name,
    pub(crate) exchange: Name,
    pub(crate) key: &'static str,
    pub(crate) arguments: FieldTable,
}

pub(crate) enum Item<'a> {
    Exchange(&'a ExchangePlan),
    Queue(&'a QueuePlan),
}

impl Plan {
    pub(crate) fn of(config: &Config) -> Self {
        let names = &config.names;
        let steps: Vec<RetryStep> = config.ladder.iter().map(|delay| RetryStep::of(*delay, names)).collect();
        Self {
            exchanges: exchanges(names),
            queues: queues(config, &steps),
            bindings: bindings(names, &steps),
        }
    }

    pub(crate) fn items(&self) -> impl Iterator<Item = Item<'_>> {
        self.exchanges.iter().map(Item::Exchange).chain(self.queues.iter().map(Item::Queue))
    }
}

impl Item<'_> {
    pub(crate) fn what(&self) -> String {
        match self {
            Self::Exchange(exchange) => format!("exchange {}", exchange.name),
            Self::Queue(queue) => format!("queue {}", queue.name),
        }
    }
}

impl Binding {
    pub(crate) fn what(&self) -> String {
        format!("binding of {} to {}", self.queue, self.exchange)
    }
}

struct RetryStep {
    name: String,
    queue: Name,
    delay: Duration,
}

impl RetryStep {
    fn of(delay: Duration, names: &Names) -> Self {
        let name = step_name(delay);
        Self { queue: names.retry.retry_queue(&name), name, delay }
    }
}

fn exchanges(names: &Names) -> Vec<ExchangePlan> {
    let topic = |name: &Name| ExchangePlan {
        name: name.clone(),
        kind: ExchangeKind::Topic,
        arguments: table([("alternate-exchange", text(names.unrouted.as_str()))]),
    };
    let plain =
        |name: &Name, kind| ExchangePlan { name: name.clone(), kind, arguments: FieldTable::default() };
    vec![
        topic(&names.in_exchange),
        topic(&names.out_exchange),
        plain(&names.unrouted, ExchangeKind::Fanout),
        // By header, so that the routing key is free to say which queue a mail came from.
        plain(&names.retry, ExchangeKind::Headers),
    ]
}

fn queues(config: &Config, steps: &[RetryStep]) -> Vec<QueuePlan> {
    let names = &config.names;
    let work = [&names.mail, &names.replay, &names.approvals];
    let mut queues: Vec<QueuePlan> = work.into_iter().map(|name| work_queue(name, config)).collect();
    queues.extend(steps.iter().map(retry_queue));
    queues.extend([&names.dead, &names.drafts, &names.unrouted].map(end_queue));
    queues
}

fn bindings(names: &Names, steps: &[RetryStep]) -> Vec<Binding> {
    let bind = |queue: &Name, exchange: &Name, key| Binding {
        queue: queue.clone(),
        exchange: exchange.clone(),
        key,
        arguments: FieldTable::default(),
    };
    let mut bindings = vec![
        bind(&names.mail, &names.in_exchange, "mail.#"),
        bind(&names.replay, &names.in_exchange, "replay.#"),
        bind(&names.approvals, &names.in_exchange, "approval.#"),
        bind(&names.drafts, &names.out_exchange, "#"),
        bind(&names.unrouted, &names.unrouted, ""),
    ];
    for step in steps {
        let arguments = table([("x-match", text("all")), (RETRY_STEP, text(&step.name))]);
        bindings.push(Binding { arguments, ..bind(&step.queue, &names.retry, "") });
    }
    bindings
}

/// A message delivered too often goes to the dead queue.
fn work_queue(name: &Name, config: &Config) -> QueuePlan {
    let limit = ("x-delivery-limit", AMQPValue::LongLongInt(config.delivery_limit.into()));
    let dead = ("x-dead-letter-routing-key", text(config.names.dead.as_str()));
    quorum(name, dead_lettering().into_iter().chain([limit, dead]))
}

/// Nobody consumes it. A message waits, and goes to the queue its routing key names: where it came from.
fn retry_queue(step: &RetryStep) -> QueuePlan {
    let millis = i64::try_from(step.delay.as_millis()).unwrap_or(i64::MAX);
    quorum(
        &step.queue,
        dead_lettering().into_iter().chain([("x-message-ttl", AMQPValue::LongLongInt(millis))]),
    )
}

/// Messages stay until somebody takes them. RabbitMQ 4 would drop them after 20 deliveries, and older ones know no
/// word for "never".
fn end_queue(name: &Name) -> QueuePlan {
    quorum(name, [("x-delivery-limit", AMQPValue::LongLongInt(i32::MAX.into()))])
}

/// Over the default exchange, which always exists and reaches every queue by its name. RabbitMQ keeps the promise of
/// "at least once" only together with `reject-publish`, and forgets it silently otherwise.
fn dead_lettering() -> [(&'static str, AMQPValue); 3] {
    [
        ("x-dead-letter-exchange", text("")),
        ("x-dead-letter-strategy", text("at-least-once")),
        ("x-overflow", text("reject-publish")),
    ]
}

fn quorum(name: &Name, arguments: impl IntoIterator<Item = (&'static str, AMQPValue)>) -> QueuePlan {
    let kind = ("x-queue-type", text("quorum"));
    QueuePlan { name: name.clone(), arguments: table(arguments.into_iter().chain([kind])) }
}

fn table(arguments: impl IntoIterator<Item = (&'static str, AMQPValue)>) -> FieldTable {
    let mut table = FieldTable::default();
    for (name, value) in arguments {
        table.insert(name.into(), value);
    }
    table
}

fn text(value: &str) -> AMQPValue {
    AMQPValue::LongString(value.into())
}
