//! Who is measured, and how: from its first draft to its last, seen from the queue that they go to.

use std::collections::BTreeMap;
use std::time::Duration;

use broker::Gauge;
use tokio::process::Child;
use tokio::time::Instant;

use super::ground::Ground;
use super::report::Measured;
use super::usage;
use crate::cli;
use crate::complaint::Advice;
use crate::worker::drafts;

/// How often the queue of drafts is looked at: cheap for the broker, and a four-hundredth of a round.
const LOOK: Duration = Duration::from_millis(5);
/// Without any draft for so long, nothing more is expected.
const STANDSTILL: Duration = Duration::from_mins(1);
/// How long a child may take to end after it was told to.
const ENDING: Duration = Duration::from_secs(30);
/// How many drafts are looked at for their outcome.
const SAMPLE: usize = 200;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Contender {
    Relay,
    Worker,
}

impl Contender {
    const fn name(self) -> &'static str {
        match self {
            Self::Relay => "relay",
            Self::Worker => "worker",
        }
    }

    /// Starts it on a full queue, and waits until every mail has its draft.
    pub(super) async fn measure(
        self,
        arguments: &cli::Bench,
        ground: &Ground,
        gauge: &Gauge,
        count: u32,
    ) -> anyhow::Result<Measured> {
        let mut running = Running { contender: self, ground, gauge, count, children: Vec::new() };
        let (verb, processes) = match self {
            Self::Relay => (
                vec!["bench-relay".to_owned(), "--draft-bytes".to_owned(), arguments.relay_bytes.to_string()],
                1,
            ),
            Self::Worker => (vec!["worker".to_owned()], arguments.workers),
        };
        for _ in 0..processes {
            running.children.push(ground.child(&verb, self.name())?);
        }
        let (first, last) = running.watch().await?;
        let outcomes = running.outcomes().await?;
        running.check_nothing_is_lost().await?;
        running.end().await?;
        Ok(Measured::between(&first, &last, outcomes))
    }
}

/// What was seen at one moment.
#[derive(Debug, Clone)]
pub(super) struct Glance {
    pub(super) at: Instant,
    pub(super) drafts: u32,
    /// CPU time of all processes together.
    pub(super) cpu: Option<Duration>,
    /// The most memory that any of them held.
    pub(super) peak_memory: Option<u64>,
}

struct Running<'a> {
    contender: Contender,
    ground: &'a Ground,
    gauge: &'a Gauge,
    count: u32,
    children: Vec<Child>,
}

impl Running<'_> {
    /// The first glance that found a draft, and the first that found all. If that is the same one, as with few mails, it counts from the
    /// last that found none.
    async fn watch(&mut self) -> anyhow::Result<(Glance, Glance)> {
        let mut first = self.glance(Instant::now(), 0);
        let mut grown = (0, first.at);
        loop {
            let drafts = self.gauge.ready(&self.ground.config.names.drafts).await?;
            let now = self.glance(Instant::now(), drafts);
            if drafts > grown.0 {
                grown = (drafts, now.at);
            }
            if drafts >= self.count {
                return Ok((first, now));
            }
            if first.drafts == 0 {
                first = now.clone();
            }
            if now.at.duration_since(grown.1) > STANDSTILL {
                return Err(self.failed(&format!("stands still after {drafts} of {} mails", self.count)));
            }
            for child in &mut self.children {
                if child.try_wait()?.is_some() {
                    return Err(self.failed("ended too early"));
                }
            }
            tokio::time::sleep(LOOK).await;
        }
    }

    fn glance(&self, at: Instant, drafts: u32) -> Glance {
        let pids = || self.children.iter().filter_map(Child::id);
        let cpu = pids().map(usage::cpu_time).sum::<Option<Duration>>();
        let peak_memory = pids().filter_map(usage::peak_memory).max();
        Glance { at, drafts, cpu, peak_memory }
    }

    /// What a sample of the drafts says, in shares of it.
    async fn outcomes(&self) -> anyhow::Result<BTreeMap<String, u32>> {
        let mut outcomes = BTreeMap::new();
        for seen in self.gauge.look(&self.ground.config.names.drafts, SAMPLE).await? {
            let outcome = drafts::outcome_told(&seen.routing_key).to_owned();
            *outcomes.entry(outcome).or_default() += 1;
        }
        Ok(outcomes)
    }

    async fn check_nothing_is_lost(&self) -> anyhow::Result<()> {
        let names = &self.ground.config.names;
        for queue in [&names.dead, &names.unrouted] {
            let found = self.gauge.empty(queue).await?;
            if found > 0 {
                return Err(self.failed(&format!("put {found} mails into {queue}")));
            }
        }
        Ok(())
    }

    async fn end(&mut self) -> anyhow::Result<()> {
        for child in &self.children {
            if let Some(pid) =
                child.id().and_then(|pid| rustix::process::Pid::from_raw(i32::try_from(pid).ok()?))
            {
                rustix::process::kill_process(pid, rustix::process::Signal::TERM)?;
            }
        }
        for child in &mut self.children {
            if tokio::time::timeout(ENDING, child.wait()).await.is_err() {
                child.kill().await?;
            }
        }
        Ok(())
    }

    fn failed(&self, what: &str) -> anyhow::Error {
        let name = self.contender.name();
        Advice::refused(format!("the {name} {what}"), self.ground.last_words(name))
    }
}
