//! Runs, as people look through them: mails that have ended, newest first, a page at a time, and how many ended how.
//!
//! The index `draft_by_end` has the outcome and the label before the time. Both are closed lists, so a statement names each pair: a page is
//! merged from the newest of each, and a rare outcome is found among millions as fast as a common one.

use std::fmt;
use std::str::FromStr;

use domain::ids::CustomerId;
use domain::{Fingerprint, Label, Outcome, RunKind, Timestamp, WorkspaceId};
use sqlx::AssertSqlSafe;

use crate::engine::{reading, row};
use crate::error::{read, read_count, read_time};
use crate::{Ledger, LedgerError};

/// Which runs are meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunFilter {
    /// Whose they are.
    pub workspace: WorkspaceId,
    /// Why the mail was read.
    pub run: RunKind,
    /// How it ended. None: in whatever way.
    pub outcome: Option<Outcome>,
    /// What it asked for. None: whatever.
    pub label: Option<Label>,
    /// Ended at that time or later.
    pub from: Option<Timestamp>,
    /// Ended before that time.
    pub until: Option<Timestamp>,
}

/// A place in the list of runs. As text it is the time in milliseconds, a dot, and a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RunMark {
    finished_at: i64,
    sequence: i64,
}

/// Which part of the list is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RunsFrom {
    /// The newest runs.
    Newest,
    /// Those that follow on the one there, older.
    OlderThan(RunMark),
    /// Those right before the one there, newer.
    NewerThan(RunMark),
}

/// A run in the list. It holds nothing of a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunLine {
    /// Its place in the list.
    pub mark: RunMark,
    /// The mail, as its draft is filed.
    pub fingerprint: Fingerprint,
    /// How it ended at first.
    pub outcome: Outcome,
    /// What came of it later, by its last follow-up that made a draft.
    pub later: Option<Outcome>,
    /// What it asked for.
    pub label: Label,
    /// Whose mail it was at Stripe.
    pub customer: Option<CustomerId>,
    /// When the mail was first claimed, by the database's clock; so is the other time.
    pub first_seen_at: Timestamp,
    /// When its first draft was stored.
    pub finished_at: Timestamp,
}

/// A part of the list of runs, newest first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunPage {
    /// The runs.
    pub lines: Vec<RunLine>,
    /// Whether there are newer ones.
    pub has_newer: bool,
    /// Whether there are older ones.
    pub has_older: bool,
}

/// How many mails ended in one way within one stretch of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RunCount {
    /// When the stretch begins.
    pub begins_at: Timestamp,
    /// How they ended.
    pub outcome: Outcome,
    /// How many.
    pub mails: u32,
}

row! {
    struct LineRow {
        sequence: i64,
        fingerprint: String,
        outcome: String,
        later: Option<String>,
        label: String,
        customer: Option<String>,
        first_seen_at: i64,
        finished_at: i64,
    }
}

row! {
    struct CountRow {
        bucket: i64,
        outcome: String,
        mails: i64,
    }
}

/// Which way a statement walks along the index.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Walk {
    Older,
    Newer,
}

impl Ledger {
    /// At most `limit` runs of those that are meant, newest first.
    pub async fn runs(&self, filter: &RunFilter, from: RunsFrom, limit: u32) -> Result<RunPage, LedgerError> {
        let (walk, mark, bound) = filter.bounds(from);
        let sql = page_sql(filter, walk, u64::from(limit) + 1);
        let rows: Vec<LineRow> = reading!(self, |connection| {
            sqlx::query_as(AssertSqlSafe(sql.as_str()))
                .bind(filter.workspace.as_str())
                .bind(filter.run.as_str())
                .bind(bound)
                .bind(mark.finished_at)
                .bind(mark.sequence)
                .fetch_all(&mut *connection)
                .await?
        })?;
        page_of(rows, from, usize::try_from(limit).unwrap_or(usize::MAX))
    }

    /// How many mails of those that are meant ended how, in stretches of `stretch` milliseconds. Stretches in which none ended are left out.
    /// Reads the index alone: a tenth of a second for a million.
    pub async fn count_runs(&self, filter: &RunFilter, stretch: u32) -> Result<Vec<RunCount>, LedgerError> {
        let sql = count_sql(filter);
        let rows: Vec<CountRow> = reading!(self, |connection| {
            sqlx::query_as(AssertSqlSafe(sql.as_str()))
                .bind(filter.workspace.as_str())
                .bind(filter.run.as_str())
                .bind(filter.from.map_or(0, Timestamp::as_millisecond))
                .bind(filter.until.map_or(i64::MAX, Timestamp::as_millisecond))
                .bind(i64::from(stretch.max(1)))
                .fetch_all(&mut *connection)
                .await?
        })?;
        rows.iter().map(CountRow::read).collect()
    }
}

impl RunFilter {
    /// All runs of one kind of a workspace.
    pub const fn all(workspace: WorkspaceId, run: RunKind) -> Self {
        Self { workspace, run, outcome: None, label: None, from: None, until: None }
    }

    /// Where a walk along the index begins, behind the mark, and the time at which it ends.
    fn bounds(&self, from: RunsFrom) -> (Walk, RunMark, i64) {
        let earliest = self.from.map_or(0, Timestamp::as_millisecond);
        let latest = self.until.map_or(i64::MAX, Timestamp::as_millisecond);
        let newest = RunMark { finished_at: latest, sequence: 0 };
        match from {
            RunsFrom::Newest => (Walk::Older, newest, earliest),
            RunsFrom::OlderThan(mark) if mark.finished_at < latest => (Walk::Older, mark, earliest),
            RunsFrom::OlderThan(_) => (Walk::Older, newest, earliest),
            RunsFrom::NewerThan(mark) if mark.finished_at >= earliest => (Walk::Newer, mark, latest),
            RunsFrom::NewerThan(_) => (Walk::Newer, RunMark { finished_at: earliest, sequence: 0 }, latest),
        }
    }

    fn outcomes(&self) -> impl Iterator<Item = Outcome> {
        let wanted = self.outcome;
        Outcome::ALL.into_iter().filter(move |outcome| wanted.is_none_or(|wanted| wanted == *outcome))
    }

    fn labels(&self) -> impl Iterator<Item = Label> {
        let wanted = self.label;
        Label::all().filter(move |label| wanted.is_none_or(|wanted| wanted == *label))
    }
}

/// Made of closed words only; whatever comes from outside is bound. Each arm is cut to a page by itself: PostgreSQL would sort all of it. How many rows
/// is written out, so that PostgreSQL need not plan it anew each time: for a number it does not know it expects a long list.
fn page_sql(filter: &RunFilter, walk: Walk, rows: u64) -> String {
    let (range, order) = match walk {
        Walk::Older => ("finished_at >= $3 and (finished_at, sequence) < ($4, $5)", "desc"),
        Walk::Newer => ("finished_at < $3 and (finished_at, sequence) > ($4, $5)", "asc"),
    };
    let arm = |(outcome, label): (Outcome, Label)| {
        format!(
            "select * from (
                 select sequence, finished_at from draft
                 where workspace = $1 and run = $2 and outcome = '{}' and label = '{}' and {range}
                 order by finished_at {order}, sequence {order} limit {rows}
             ) as arm",
            outcome.as_str(),
            label.as_str(),
        )
    };
    let pairs = filter.outcomes().flat_map(|outcome| filter.labels().map(move |label| (outcome, label)));
    let arms: Vec<String> = pairs.map(arm).collect();
    format!(
        "with page as ({} order by finished_at {order}, sequence {order} limit {rows})
         select draft.sequence, draft.fingerprint, draft.outcome, draft.label, draft.customer, draft.finished_at,
                mail.first_seen_at,
                (select follow_up.outcome from follow_up
                 where follow_up.workspace = draft.workspace and follow_up.run = draft.run
                     and follow_up.fingerprint = draft.fingerprint and follow_up.draft_sequence is not null
                 order by follow_up.draft_sequence desc limit 1) as later
         from page
         join draft on draft.sequence = page.sequence
         join mail on mail.workspace = draft.workspace and mail.run = draft.run and mail.digest = draft.digest
         order by page.finished_at {order}, page.sequence {order}",
        arms.join(" union all "),
    )
}

fn count_sql(filter: &RunFilter) -> String {
    let quoted = |words: Vec<&str>| format!("'{}'", words.join("', '"));
    format!(
        "select finished_at / $5 * $5 as bucket, outcome, count(*) as mails from draft
         where workspace = $1 and run = $2 and outcome in ({}) and label in ({})
             and finished_at >= $3 and finished_at < $4
         group by 1, 2 order by 1, 2",
        quoted(filter.outcomes().map(Outcome::as_str).collect()),
        quoted(filter.labels().map(Label::as_str).collect()),
    )
}

/// One row more than is shown says that there are more.
fn page_of(rows: Vec<LineRow>, from: RunsFrom, limit: usize) -> Result<RunPage, LedgerError> {
    let has_more = rows.len() > limit;
    let mut lines = rows.into_iter().take(limit).map(LineRow::read).collect::<Result<Vec<_>, _>>()?;
    let (has_newer, has_older) = match from {
        RunsFrom::Newest => (false, has_more),
        RunsFrom::OlderThan(_) => (true, has_more),
        RunsFrom::NewerThan(_) => {
            lines.reverse();
            (has_more, true)
        }
    };
    Ok(RunPage { lines, has_newer, has_older })
}

impl LineRow {
    fn read(self) -> Result<RunLine, LedgerError> {
        Ok(RunLine {
            mark: RunMark { finished_at: self.finished_at, sequence: self.sequence },
            fingerprint: read(&self.fingerprint, "fingerprint")?,
            outcome: read(&self.outcome, "outcome")?,
            later: self.later.map(|text| read(&text, "outcome")).transpose()?,
            label: read(&self.label, "label")?,
            customer: self.customer.map(|text| read(&text, "customer")).transpose()?,
            first_seen_at: read_time(self.first_seen_at)?,
            finished_at: read_time(self.finished_at)?,
        })
    }
}

impl CountRow {
    fn read(&self) -> Result<RunCount, LedgerError> {
        Ok(RunCount {
            begins_at: read_time(self.bucket)?,
            outcome: read(&self.outcome, "outcome")?,
            mails: read_count(self.mails)?,
        })
    }
}

impl fmt::Display for RunMark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.finished_at, self.sequence)
    }
}

/// The text names no place in the list of runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a place in the list of runs is two numbers with a dot between them")]
pub struct RunMarkError;

impl FromStr for RunMark {
    type Err = RunMarkError;

    fn from_str(text: &str) -> Result<Self, RunMarkError> {
        let (time, sequence) = text.split_once('.').ok_or(RunMarkError)?;
        let number = |text: &str| text.parse().map_err(|_no_number| RunMarkError);
        Ok(Self { finished_at: number(time)?, sequence: number(sequence)? })
    }
}
