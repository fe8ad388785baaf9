//! A line for each mail: what it is known by, and what became of it. Nothing of its words, and nobody's address.

use std::fs::File;
use std::io::{self, BufRead, BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};

use anyhow::Context;
use domain::{Fingerprint, Label, Outcome};
use replay_report::Answer;
use serde::{Deserialize, Serialize};

use crate::complaint::Advice;

/// Where the lines of a report lie: `name.json` → `name.mails.jsonl`.
pub(crate) fn beside(report: &Path) -> PathBuf {
    report.with_extension("mails.jsonl")
}

#[derive(Serialize)]
struct Line<'a> {
    fingerprint: Fingerprint,
    intent: &'a str,
    outcome: Outcome,
}

#[derive(Deserialize)]
struct EarlierLine {
    fingerprint: Fingerprint,
    intent: Label,
    outcome: Outcome,
}

/// The file of lines, while it is written.
#[derive(Debug)]
pub(crate) struct Lines(BufWriter<File>);

impl Lines {
    pub(crate) fn create(path: &Path) -> anyhow::Result<Self> {
        let file = File::create(path).with_context(|| format!("making {}", path.display()))?;
        Ok(Self(BufWriter::new(file)))
    }

    pub(crate) fn write(&mut self, answer: &Answer) -> io::Result<()> {
        let line = Line { fingerprint: answer.fingerprint, intent: answer.intent, outcome: answer.outcome };
        serde_json::to_writer(&mut self.0, &line)?;
        self.0.write_all(b"\n")
    }

    pub(crate) fn finish(mut self) -> io::Result<()> {
        self.0.flush()
    }
}

/// What became of the mails of an earlier replay: 18 bytes a mail, sorted.
#[derive(Debug)]
pub(crate) struct Earlier {
    mails: Vec<[u8; MAIL_BYTES]>,
    /// Whether each has come again.
    found: Vec<bool>,
}

/// The first 16 bytes of its fingerprint, its intent and its outcome.
const MAIL_BYTES: usize = KEY_BYTES + 2;
const KEY_BYTES: usize = 16;
/// 380 MB of mails. Larger archives are compared in shards.
const MOST_MAILS: usize = 20_000_000;

/// Intent and outcome.
pub(crate) type End = (&'static str, Outcome);

impl Earlier {
    pub(crate) fn read(path: &Path) -> anyhow::Result<Self> {
        let named = || path.display().to_string();
        let file = File::open(path).map_err(|error| {
            let remedy = "it is written beside the report by `replay --here --report`; keep the two together";
            Advice::data(format!("cannot read the mails of the earlier replay, {}: {error}", named()), remedy)
        })?;
        let mut mails = Vec::new();
        for (number, line) in BufReader::new(file).lines().enumerate() {
            let line = line.with_context(|| format!("reading {}", named()))?;
            let earlier =
                serde_json::from_str(&line).ok().and_then(|line| packed(&line)).ok_or_else(|| {
                    let what = format!("line {} of {} is no mail of a replay", number + 1, named());
                    Advice::data(what, "make the earlier report anew")
                })?;
            if mails.len() == MOST_MAILS {
                let what = format!("{} has more than {MOST_MAILS} mails", named());
                return Err(Advice::usage(what, "replay and compare in parts, with --shard"));
            }
            mails.push(earlier);
        }
        mails.sort_unstable();
        mails.dedup_by_key(|mail| key(mail));
        Ok(Self { found: vec![false; mails.len()], mails })
    }

    /// How a mail ended before; `None` for one that was not there.
    pub(crate) fn end_of(&mut self, fingerprint: &Fingerprint) -> Option<End> {
        let wanted: [u8; KEY_BYTES] = fingerprint.as_bytes().first_chunk().copied()?;
        let at = self.mails.binary_search_by_key(&wanted, key).ok()?;
        if let Some(found) = self.found.get_mut(at) {
            *found = true;
        }
        let [.., intent, outcome] = self.mails.get(at)?;
        let intent = Label::all().nth(usize::from(*intent))?.as_str();
        Some((intent, *Outcome::ALL.get(usize::from(*outcome))?))
    }

    /// How many have not come again.
    pub(crate) fn missing(&self) -> u64 {
        self.found.iter().filter(|found| !**found).count() as u64
    }
}

fn key(mail: &[u8; MAIL_BYTES]) -> [u8; KEY_BYTES] {
    mail.first_chunk().copied().unwrap_or_default()
}

fn packed(line: &EarlierLine) -> Option<[u8; MAIL_BYTES]> {
    let intent = Label::all().position(|label| label == line.intent)?;
    let outcome = Outcome::ALL.iter().position(|outcome| *outcome == line.outcome)?;
    let mut mail = [0; MAIL_BYTES];
    let bytes = line.fingerprint.as_bytes().iter().take(KEY_BYTES).copied();
    let end = [u8::try_from(intent).ok()?, u8::try_from(outcome).ok()?];
    for (to, from) in mail.iter_mut().zip(bytes.chain(end)) {
        *to = from;
    }
    Some(mail)
}
