//! The report of a replay, as JSON: `postill.replay_report.v1`.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context;
use domain::{Timestamp, WorkspaceId};
use serde::Serialize;

use super::answers::Answers;
use super::archive::Source;
use super::compare::Differences;
use super::tally::{Counts, Looks};

pub(crate) const SCHEMA: &str = "postill.replay_report.v1";

/// What a replay found. Within v1 fields are only added.
#[derive(Debug, Serialize)]
pub(crate) struct Report {
    pub(crate) schema: &'static str,
    /// Of this program.
    pub(crate) version: &'static str,
    pub(crate) through: Through,
    pub(crate) began_at: Timestamp,
    pub(crate) seconds: f64,
    /// How it ended: `complete`, `at_the_limit`, `interrupted`, `miscounted`, `gave_up`.
    pub(crate) ended: &'static str,
    pub(crate) sources: Vec<Source>,
    pub(crate) choice: Choice,
    /// Of this run.
    pub(crate) counts: Counts,
    /// Of all runs of the checkpoint together.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) all_runs: Option<AllRuns>,
    /// Replayed mails a second.
    pub(crate) mails_per_second: f64,
    #[serde(flatten)]
    pub(crate) looks: Looks,
    /// Only of what was answered here: of what went into the queue, the drafts tell.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) answers: Option<Answers>,
    /// The file beside this one with a line for each mail that was answered here.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) mails: Option<PathBuf>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) differences: Option<Differences>,
}

/// Where the mails went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Through {
    Queue,
    Here,
    /// Nowhere: they were read, chosen and counted.
    DryRun,
}

/// What chose the mails. Senders are only counted.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Choice {
    pub(crate) workspace: WorkspaceId,
    pub(crate) since: Option<String>,
    pub(crate) until: Option<String>,
    pub(crate) senders: usize,
    pub(crate) shard: Option<String>,
    pub(crate) shuffle: Option<u64>,
    pub(crate) limit: Option<u64>,
    pub(crate) rate: Option<u32>,
}

/// What a checkpoint knows.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct AllRuns {
    pub(crate) runs: u64,
    pub(crate) counts: Counts,
}

impl Report {
    /// Replayed mails a second.
    pub(crate) fn rate(counts: &Counts, took: Duration) -> f64 {
        let milliseconds = u64::try_from(took.as_millis()).unwrap_or(u64::MAX).max(1);
        thousandths(counts.replayed.saturating_mul(1_000_000) / milliseconds)
    }

    pub(crate) fn write(&self, path: &Path) -> anyhow::Result<()> {
        let mut text = serde_json::to_vec_pretty(self)?;
        text.push(b'\n');
        std::fs::write(path, text).with_context(|| format!("writing the report {}", path.display()))
    }
}

fn thousandths(count: u64) -> f64 {
    Duration::from_millis(count).as_secs_f64()
}
