//! The report of a replay, as JSON: `postill.replay_report.v1`.

use std::path::PathBuf;
use std::time::Duration;

use domain::{Digest, Timestamp, WorkspaceId};
use serde::{Deserialize, Serialize};

use crate::answers::Answers;
use crate::differences::Differences;
use crate::tally::{Counts, Looks};

/// Which format it is.
pub const SCHEMA: &str = "postill.replay_report.v1";

/// What a replay found. Within v1 fields are only added.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// [`SCHEMA`].
    pub schema: String,
    /// Of this program.
    pub version: String,
    /// Where the mails went.
    pub through: Through,
    /// When it began.
    pub began_at: Timestamp,
    /// How long it took.
    pub seconds: f64,
    /// How it ended.
    pub ended: Ended,
    /// What was read.
    pub sources: Vec<Source>,
    /// What chose the mails.
    pub choice: Choice,
    /// Of this run.
    pub counts: Counts,
    /// Of all runs of the checkpoint together.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub all_runs: Option<AllRuns>,
    /// Replayed mails a second.
    pub mails_per_second: f64,
    /// What is known of the mails before anything is done with them.
    #[serde(flatten)]
    pub looks: Looks,
    /// Only of what was answered here: of what went into the queue, the drafts tell.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub answers: Option<Answers>,
    /// The file beside this one with a line for each mail that was answered here.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mails: Option<PathBuf>,
    /// What is otherwise than in an earlier one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub differences: Option<Differences>,
}

/// Where the mails went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Through {
    /// Into the queue.
    Queue,
    /// Through the engine on that machine.
    Here,
    /// Nowhere: they were read, chosen and counted.
    DryRun,
}

/// What chose the mails. Senders are only counted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Choice {
    /// Whose mails they are.
    pub workspace: WorkspaceId,
    /// The first day.
    pub since: Option<String>,
    /// The last day.
    pub until: Option<String>,
    /// How many senders were named.
    pub senders: usize,
    /// Which part of several.
    pub shard: Option<String>,
    /// The number that drew the order.
    pub shuffle: Option<u64>,
    /// How many mails at most.
    pub limit: Option<u64>,
    /// How many a second at most.
    pub rate: Option<u32>,
}

/// What a checkpoint knows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AllRuns {
    /// How many.
    pub runs: u64,
    /// What they counted.
    pub counts: Counts,
}

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ended {
    /// Everything was read.
    Complete,
    /// As many mails were taken as were asked for.
    AtTheLimit,
    /// Somebody stopped it.
    Interrupted,
    /// Not every mail that was read has its fate.
    Miscounted,
    /// It made no sense to go on.
    GaveUp,
}

/// A path of the command line, as it was when the replay began. The digest is over the name, size and time of each file, so that an
/// archive of a million files is known again by 64 digits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Source {
    /// As it was given.
    pub path: PathBuf,
    /// How many files lie there.
    pub files: u64,
    /// How long they are together.
    pub bytes: u64,
    /// Which files they are.
    pub digest: Digest,
}

impl Ended {
    /// The word of the report.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Complete => "complete",
            Self::AtTheLimit => "at_the_limit",
            Self::Interrupted => "interrupted",
            Self::Miscounted => "miscounted",
            Self::GaveUp => "gave_up",
        }
    }

    /// Whether everything was done that there was to do.
    pub const fn is_whole(self) -> bool {
        matches!(self, Self::Complete | Self::AtTheLimit)
    }
}

impl Through {
    /// What such a replay is called.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Queue => "Replay into the queue",
            Self::Here => "Replay on this machine",
            Self::DryRun => "Dry run of a replay",
        }
    }
}

impl Report {
    /// Replayed mails a second.
    pub fn rate(counts: &Counts, took: Duration) -> f64 {
        let milliseconds = u64::try_from(took.as_millis()).unwrap_or(u64::MAX).max(1);
        Duration::from_millis(counts.replayed.saturating_mul(1_000_000) / milliseconds).as_secs_f64()
    }

    /// The report as a file.
    pub fn to_json(&self) -> serde_json::Result<Vec<u8>> {
        let mut text = serde_json::to_vec_pretty(self)?;
        text.push(b'\n');
        Ok(text)
    }
}
