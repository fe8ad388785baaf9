//! What came out: drafts and dead letters, each mail's own.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, Result, ensure};
use lapin::message::Delivery;
use lapin::types::AMQPValue;
use serde_json::Value;

use crate::letters::{Ends, Letter};

/// The ends of mails by the message id of the mail. A draft may come more than once, but never with other bytes.
#[derive(Default)]
pub(crate) struct Outcomes {
    /// The drafts of a mail: id and bytes.
    drafts: BTreeMap<String, BTreeSet<(String, Vec<u8>)>>,
    /// The reasons with which a mail lies in the dead queue.
    dead: BTreeMap<String, BTreeSet<String>>,
    /// Messages, copies included.
    pub(crate) messages: usize,
}

impl Outcomes {
    /// Adds what was taken from the queue of drafts.
    pub(crate) fn add(&mut self, deliveries: Vec<Delivery>) -> Result<()> {
        for delivery in deliveries {
            let properties = &delivery.properties;
            let id = properties.message_id().as_ref().context("a draft without a message id")?.to_string();
            let of = properties.correlation_id().as_ref().context("a draft that names no mail")?.to_string();
            ensure!(properties.delivery_mode() == &Some(2), "a draft that is not persistent");
            self.drafts.entry(of).or_default().insert((id, delivery.data));
            self.messages += 1;
        }
        Ok(())
    }

    /// Adds what was taken from the dead queue.
    pub(crate) fn add_dead(&mut self, deliveries: Vec<Delivery>) -> Result<()> {
        for delivery in deliveries {
            let of = delivery.properties.message_id().as_ref().context("a dead letter without its id")?;
            self.dead.entry(of.to_string()).or_default().insert(dead_reason(&delivery)?);
            self.messages += 1;
        }
        Ok(())
    }

    /// Adds what was collected elsewhere.
    pub(crate) fn append(&mut self, other: Self) {
        for (of, drafts) in other.drafts {
            self.drafts.entry(of).or_default().extend(drafts);
        }
        for (of, reasons) in other.dead {
            self.dead.entry(of).or_default().extend(reasons);
        }
        self.messages += other.messages;
    }

    /// How many letters have no end yet.
    pub(crate) fn missing(&self, letters: &[Letter]) -> usize {
        let has_end =
            |letter: &&Letter| !self.drafts.contains_key(&letter.id) && !self.dead.contains_key(&letter.id);
        letters.iter().filter(has_end).count()
    }

    /// The draft of a letter, read.
    pub(crate) fn draft(&self, letter: &Letter) -> Result<Value> {
        let drafts = self.drafts.get(&letter.id).context("the letter has no draft")?;
        let (_, bytes) = drafts.first().context("the letter has no draft")?;
        Ok(serde_json::from_slice(bytes)?)
    }

    /// Id and bytes of every draft.
    pub(crate) fn drafts(&self) -> BTreeSet<&(String, Vec<u8>)> {
        self.drafts.values().flatten().collect()
    }

    /// Checks that every letter has exactly one end, the one it should have, that each draft keeps to `schema`, and that no two
    /// mails share a draft.
    pub(crate) fn are_as_expected(&self, letters: &[Letter], schema: &jsonschema::Validator) -> Result<()> {
        let mut ids = BTreeSet::new();
        for letter in letters {
            let (drafts, reasons) = (self.drafts.get(&letter.id), self.dead.get(&letter.id));
            match (&letter.ends, drafts, reasons) {
                (Ends::Dead(code), None, Some(reasons)) => {
                    ensure!(reasons.iter().eq([code]), "{}: {reasons:?} in place of {code}", letter.id);
                }
                (Ends::Draft(outcome), Some(drafts), None) => {
                    ensure!(drafts.len() == 1, "{} has {} different drafts", letter.id, drafts.len());
                    let (id, bytes) = drafts.first().context("no draft")?;
                    ensure!(ids.insert(id), "{}: another mail has the draft {id} too", letter.id);
                    check(letter, id, bytes, outcome, schema)?;
                }
                (_, drafts, reasons) => anyhow::bail!(
                    "{} should end as {:?}, has {} drafts and the reasons {reasons:?}",
                    letter.id,
                    letter.ends,
                    drafts.map_or(0, BTreeSet::len)
                ),
            }
        }
        let known = |id: &String| letters.iter().any(|letter| letter.id == *id);
        let stranger = self.drafts.keys().chain(self.dead.keys()).find(|id| !known(id));
        ensure!(stranger.is_none(), "nobody sent {stranger:?}");
        Ok(())
    }
}

fn check(
    letter: &Letter,
    id: &str,
    bytes: &[u8],
    outcome: &str,
    schema: &jsonschema::Validator,
) -> Result<()> {
    let draft: Value = serde_json::from_slice(bytes)?;
    let problems: Vec<String> = schema.iter_errors(&draft).map(|problem| problem.to_string()).collect();
    ensure!(problems.is_empty(), "{}: the draft breaks its schema: {problems:?}", letter.id);
    ensure!(at(&draft, "/id") == id, "{}: {} is published as {id}", letter.id, at(&draft, "/id"));
    let data = at(&draft, "/data");
    ensure!(at(data, "/outcome") == outcome, "{}: not {outcome} but {data:#}", letter.id);
    Ok(())
}

/// Why a letter is dead.
pub(crate) fn dead_reason(delivery: &Delivery) -> Result<String> {
    let headers = delivery.properties.headers().as_ref().context("a dead letter without headers")?;
    match headers.inner().get("postill-reason") {
        Some(AMQPValue::LongString(text)) => Ok(text.to_string()),
        other => anyhow::bail!("a dead letter whose reason is {other:?}"),
    }
}

/// What lies at a path of a document, as `/data/outcome`; null where there is nothing.
pub(crate) fn at<'v>(document: &'v Value, path: &str) -> &'v Value {
    document.pointer(path).unwrap_or(&Value::Null)
}

/// The published schema of drafts.
pub(crate) fn draft_schema() -> Result<jsonschema::Validator> {
    let schema: Value =
        serde_json::from_str(include_str!("../../../deploy/schemas/postill.draft_context.v1.json"))?;
    Ok(jsonschema::validator_for(&schema)?)
}
