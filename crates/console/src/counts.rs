//! How many mails ended how, lately: counted once for all who look, and of what is past only once.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use domain::{Outcome, RunKind, Timestamp, WorkspaceId};
use jiff::SignedDuration;
use store::{RunCount, RunFilter};

use crate::Desk;
use crate::complaint::Complaint;

/// What was counted counts for so long.
const FRESH: SignedDuration = SignedDuration::from_secs(5);
/// A mail is stored under the time at which its transaction began; so long after it none comes any more.
const SETTLED: i64 = 60_000;

/// A stretch of time up to now, cut into equal parts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Span {
    /// An hour, by the minute.
    Hour,
    /// A day, by the hour.
    Day,
}

/// What was counted lately.
#[derive(Debug, Default)]
pub(crate) struct Counts(Mutex<HashMap<Key, Kept>>);

type Key = (WorkspaceId, RunKind, Span);

#[derive(Debug, Clone)]
struct Kept {
    at: Timestamp,
    counted: Arc<Counted>,
}

/// How many mails ended how, part by part.
#[derive(Debug)]
pub(crate) struct Counted {
    pub(crate) span: Span,
    /// When the last part began, in milliseconds.
    last: i64,
    counts: Vec<RunCount>,
}

impl Span {
    /// A part, in milliseconds.
    const fn stretch(self) -> u32 {
        match self {
            Self::Hour => 60_000,
            Self::Day => 3_600_000,
        }
    }

    const fn parts(self) -> i64 {
        match self {
            Self::Hour => 60,
            Self::Day => 24,
        }
    }

    fn begin_of_part(self, at: i64) -> i64 {
        let stretch = i64::from(self.stretch());
        at.div_euclid(stretch) * stretch
    }
}

impl Counts {
    /// What ended within the span, as of five seconds ago at the earliest.
    pub(crate) async fn lately(
        desk: &Desk,
        workspace: &WorkspaceId,
        run: RunKind,
        span: Span,
    ) -> Result<Arc<Counted>, Complaint> {
        let (key, now) = ((workspace.clone(), run, span), desk.engine.clock.now());
        let kept = desk.counts.lock().get(&key).cloned();
        if let Some(kept) = kept.as_ref().filter(|kept| now.duration_since(kept.at).abs() < FRESH) {
            return Ok(Arc::clone(&kept.counted));
        }
        let last = span.begin_of_part(now.as_millisecond());
        let first = last - (span.parts() - 1) * i64::from(span.stretch());
        // What was settled when it was counted need not be counted again.
        let settled = |kept: &Kept| span.begin_of_part(kept.at.as_millisecond() - SETTLED);
        let anew = kept.as_ref().map_or(first, |kept| settled(kept).clamp(first, last));
        let from = Timestamp::from_millisecond(anew).ok();
        let filter = RunFilter { from, ..RunFilter::all(workspace.clone(), run) };
        let new = desk.ledger.count_runs(&filter, span.stretch()).await?;
        let is_kept = |count: &&RunCount| (first..anew).contains(&count.begins_at.as_millisecond());
        let old = kept.iter().flat_map(|kept| &kept.counted.counts).filter(is_kept).copied();
        let counted = Arc::new(Counted { span, last, counts: old.chain(new).collect() });
        desk.counts.lock().insert(key, Kept { at: now, counted: Arc::clone(&counted) });
        Ok(counted)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<Key, Kept>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Counted {
    /// How many mails ended so.
    pub(crate) fn of(&self, outcome: Outcome) -> u64 {
        self.counts.iter().filter(|count| count.outcome == outcome).map(|count| u64::from(count.mails)).sum()
    }

    /// How many mails ended.
    pub(crate) fn total(&self) -> u64 {
        self.counts.iter().map(|count| u64::from(count.mails)).sum()
    }

    /// When each part began, the oldest first, and how many mails ended in it in one of these ways.
    pub(crate) fn parts(&self) -> impl Iterator<Item = (Timestamp, Vec<RunCount>)> + '_ {
        let stretch = i64::from(self.span.stretch());
        (0..self.span.parts()).rev().filter_map(move |back| {
            let begins = Timestamp::from_millisecond(self.last - back * stretch).ok()?;
            Some((begins, self.counts.iter().filter(|count| count.begins_at == begins).copied().collect()))
        })
    }
}
