//! `postill replay`: archives into the queue, and through the engine on this machine.

mod choosing;
mod here;
mod keeping;
mod queue;
mod resuming;

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use lapin::message::Delivery;
use lapin::types::AMQPValue;
use serde_json::Value;
use tests::{Finished, Postill, Run, Vhost, rabbit};

use crate::desk::{Desk, SOON};
use crate::mailboxes::SEPARATOR;

const QUEUE: &str = "postill.replay";

/// Queues of its own, and a folder.
struct Scene {
    vhost: Vhost,
    desk: Desk,
}

impl Scene {
    async fn new() -> Result<Self> {
        let (vhost, desk) = tokio::try_join!(rabbit(), Desk::new())?;
        let scene = Self { vhost, desk };
        let declared = scene.postill(&["topology", "apply"]).finish(SOON).await?;
        ensure!(declared.status.success(), "{declared:?}");
        Ok(scene)
    }

    fn postill(&self, arguments: &[&str]) -> Run {
        Postill::with(arguments.iter().copied()).env("POSTILL_AMQP_URL", &self.vhost.amqp_url)
    }

    /// A replay into the queue with a checkpoint and a report of that name.
    fn replay(&self, name: &str, arguments: &[&str]) -> Run {
        let report = self.path(&format!("{name}.json"));
        self.postill(&[&["replay", "--report", &report], arguments].concat())
    }

    /// The same to its end, which is a good one; gives the report.
    async fn replays(&self, name: &str, arguments: &[&str]) -> Result<Value> {
        let finished = self.replay(name, arguments).finish(SOON).await?;
        ensure!(finished.status.success(), "{finished:?}");
        self.report(name)
    }

    fn report(&self, name: &str) -> Result<Value> {
        self.json(&format!("{name}.json"))
    }

    fn checkpoint(&self, name: &str) -> Result<Value> {
        self.json(&format!("{name}.checkpoint.json"))
    }

    fn json(&self, name: &str) -> Result<Value> {
        let path = self.path(name);
        serde_json::from_slice(&fs::read(&path).with_context(|| path.clone())?).context(path)
    }

    fn path(&self, name: &str) -> String {
        self.desk.folder().join(name).display().to_string()
    }

    async fn taken(&self) -> Result<Vec<Delivery>> {
        self.vhost.take_all(QUEUE).await
    }
}

/// `number` mails that differ, in an mbox.
fn mbox(number: usize) -> String {
    (0..number).map(|number| [SEPARATOR, &mail(number), "\n"].concat()).collect::<Vec<_>>().concat()
}

fn mail(number: usize) -> String {
    format!(
        "From: Marta <marta{number}@kantorei-lindenau.example>\nSubject: invoice {number}\n\
         Date: Mon, 23 Nov 2026 10:00:00 +0000\nMessage-ID: <{number}@kantorei-lindenau.example>\n\nWhere is my invoice {number}?\n"
    )
}

/// The ids of messages, sorted.
fn ids(deliveries: &[Delivery]) -> Vec<String> {
    let id = |delivery: &Delivery| delivery.properties.message_id().as_ref().map(ToString::to_string);
    let mut ids: Vec<String> = deliveries.iter().filter_map(id).collect();
    ids.sort_unstable();
    ids
}

fn header(delivery: &Delivery, name: &str) -> Option<String> {
    let value = delivery.properties.headers().as_ref()?.inner().get(name)?;
    if let AMQPValue::LongString(text) = value { Some(text.to_string()) } else { None }
}

/// Every message that was read has one fate.
fn balanced(counts: &Value) -> Result<u64> {
    let sum = |name: &str| -> Result<u64> {
        let causes =
            counts.get(name).and_then(Value::as_object).with_context(|| format!("no {name}: {counts}"))?;
        Ok(causes.values().filter_map(Value::as_u64).sum())
    };
    let number =
        |name: &str| counts.get(name).and_then(Value::as_u64).with_context(|| format!("no {name}: {counts}"));
    let replayed = number("replayed")?;
    ensure!(number("read")? == replayed + sum("skipped")? + sum("failed")?, "out of balance: {counts}");
    Ok(replayed)
}

fn exited(finished: &Finished, code: i32) -> Result<()> {
    ensure!(finished.status.code() == Some(code), "not {code}: {finished:?}");
    Ok(())
}

fn write(path: impl AsRef<Path>, text: impl AsRef<[u8]>) -> Result<()> {
    Ok(fs::write(path, text)?)
}
