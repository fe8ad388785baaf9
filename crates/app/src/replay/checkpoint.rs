//! How far a replay into the queue has got: a small file, written anew after confirms and never before them.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use anyhow::Context;
use replay_report::{Counts, Source};
use serde::{Deserialize, Serialize};

use super::archive::Place;
use crate::complaint::{Advice, chain};

const SCHEMA: &str = "postill.replay_checkpoint.v1";

/// The checkpoint of a replay.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Checkpoint {
    schema: String,
    pub(crate) job: Job,
    /// Everything before is confirmed, skipped or failed for good.
    pub(crate) next: Place,
    /// Nothing comes after `next`.
    pub(crate) is_complete: bool,
    /// Of all runs together, up to `next`.
    pub(crate) counts: Counts,
    pub(crate) runs: u64,
}

/// What a checkpoint is good for: the same mails, chosen the same way, into the same queue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Job {
    pub(crate) sources: Vec<Source>,
    /// The flags that choose mails and their order; senders as digests.
    pub(crate) choice: Vec<String>,
    /// The broker, without the password, and the queue.
    pub(crate) destination: String,
}

impl Job {
    /// What differs from the job of a checkpoint, for a person.
    fn difference(&self, before: &Self) -> Option<String> {
        if self.sources.len() != before.sources.len() {
            return Some("it belongs to other paths".to_owned());
        }
        let changed = self.sources.iter().zip(&before.sources).find(|(now, before)| now != before);
        if let Some((now, before)) = changed {
            let path = before.path.display();
            return Some(if now.path == before.path {
                format!("{path} has changed since (files, sizes or times)")
            } else {
                format!("it belongs to {path}, not {}", now.path.display())
            });
        }
        if self.choice != before.choice {
            return Some("it was made with other flags that choose mails (--since, --until, --from, --shuffle, --shard, --workspace)".to_owned());
        }
        (self.destination != before.destination)
            .then(|| format!("it was made for {}, and this is {}", before.destination, self.destination))
    }
}

/// A checkpoint and the file it is kept in.
#[derive(Debug)]
pub(crate) struct Keeper {
    path: PathBuf,
    pub(crate) checkpoint: Checkpoint,
    /// Of the runs before this one.
    before: Counts,
}

impl Keeper {
    /// Takes up the checkpoint at `path`, or begins one. One of another job is refused: what it says is behind us, is not.
    pub(crate) fn open(path: PathBuf, job: Job, begin: Place) -> anyhow::Result<Self> {
        let checkpoint = match fs::read(&path) {
            Ok(bytes) => taken_up(&path, &bytes, job)?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => Checkpoint {
                schema: SCHEMA.to_owned(),
                job,
                next: begin,
                is_complete: false,
                counts: Counts::default(),
                runs: 1,
            },
            Err(error) => {
                return Err(error).with_context(|| format!("reading the checkpoint {}", path.display()));
            }
        };
        let keeper = Self { path, before: checkpoint.counts.clone(), checkpoint };
        // Before anything is published: a folder that takes no file is no place for one.
        if !keeper.checkpoint.is_complete {
            keeper.write()?;
        }
        Ok(keeper)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// This run has settled everything up to `next`, and counted it.
    pub(crate) fn advance(&mut self, next: Place, counts: &Counts, is_complete: bool) -> anyhow::Result<()> {
        self.checkpoint.next = next;
        self.checkpoint.is_complete = is_complete;
        self.checkpoint.counts = self.before.with(counts);
        self.write()
    }

    /// Written beside it, forced to the disk and moved into its place, so that a crash leaves the one before or this one.
    fn write(&self) -> anyhow::Result<()> {
        self.replace().with_context(|| format!("writing the checkpoint {}", self.path.display()))
    }

    fn replace(&self) -> io::Result<()> {
        let mut text = serde_json::to_vec_pretty(&self.checkpoint)?;
        text.push(b'\n');
        let mut beside = self.path.clone().into_os_string();
        beside.push(".new");
        let mut file = File::create(&beside)?;
        file.write_all(&text)?;
        file.sync_all()?;
        fs::rename(&beside, &self.path)?;
        let folder = self.path.parent().filter(|folder| !folder.as_os_str().is_empty());
        File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
    }
}

fn taken_up(path: &Path, bytes: &[u8], job: Job) -> anyhow::Result<Checkpoint> {
    let remedy = "remove it to begin anew, or name another file with --checkpoint";
    let refused = |why: String| {
        Advice::usage(format!("the checkpoint {} cannot be used: {why}", path.display()), remedy)
    };
    let before: Checkpoint = serde_json::from_slice(bytes).map_err(|error| refused(chain(&error)))?;
    if before.schema != SCHEMA {
        return Err(refused(format!("it is no {SCHEMA}")));
    }
    match job.difference(&before.job) {
        Some(difference) => Err(refused(difference)),
        None => Ok(Checkpoint { runs: before.runs + 1, ..before }),
    }
}
