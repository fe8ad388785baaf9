//! How far it has got, on standard error: a bar on a terminal, a line every few seconds elsewhere.

use std::io::{self, IsTerminal, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use charts::grouped;
use replay_report::{Counts, lasting, mails};
use rustix::termios::tcgetwinsize;
use tokio::time::{Interval, MissedTickBehavior, interval};

use crate::cli::ProgressShown;
use crate::terminal::{self, BAD, FAINT, GOOD, styled};

/// How often a bar is drawn: as often as figures can be read.
const REDRAWN: Duration = Duration::from_millis(250);
/// How often a line is written, for a log that is read later.
const WRITTEN: Duration = Duration::from_secs(5);
/// How many troubles are told one by one; the report counts all.
const TOLD: u64 = 20;
/// Before this, how long it takes would be a guess.
const FORESEEN_AFTER: Duration = Duration::from_secs(3);
/// How wide the bar is at most, in columns.
const WIDEST: usize = 40;
/// And at least; narrower, it is left out.
const NARROWEST: usize = 10;
/// Parts are counted in ten thousandths.
const WHOLE: u64 = 10_000;
/// To the beginning of the line, and everything behind gone.
const BACK: &str = "\r\x1b[K";
/// How wide a terminal is that does not say.
const USUAL: usize = 80;

/// What the reading thread counts while it reads.
#[derive(Debug, Clone, Default)]
pub(crate) struct Meter {
    /// Of the files on the disk.
    pub(crate) bytes: Arc<AtomicU64>,
    /// Messages.
    pub(crate) mails: Arc<AtomicU64>,
}

/// What there is to do.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Goal {
    /// All bytes of the archive, and those that earlier runs are done with; none for standard input.
    pub(crate) bytes: Option<(u64, u64)>,
    /// How many mails there are, where they were counted.
    pub(crate) mails: Option<u64>,
    /// How many are taken at most.
    pub(crate) limit: Option<u64>,
}

/// Shows how far a replay has got.
#[derive(Debug)]
pub(crate) struct Progress {
    form: Form,
    ticks: Option<Interval>,
    meter: Meter,
    goal: Goal,
    began: Instant,
    /// When it was shown last, and how many mails were done then.
    shown: (Instant, u64),
    /// Mails a second.
    rate: Option<u64>,
    told: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Bar,
    Lines,
    Nothing,
}

/// Mails so far.
#[derive(Debug, Clone, Copy, Default)]
struct SoFar {
    /// With a fate.
    settled: u64,
    /// Replayed, of these.
    replayed: u64,
}

impl Progress {
    pub(crate) fn new(shown: ProgressShown, meter: Meter, goal: Goal) -> Self {
        let form = match shown {
            ProgressShown::Auto if io::stderr().is_terminal() => Form::Bar,
            ProgressShown::Auto | ProgressShown::Lines => Form::Lines,
            ProgressShown::Bar => Form::Bar,
            ProgressShown::None => Form::Nothing,
        };
        let ticks = match form {
            Form::Bar => Some(REDRAWN),
            Form::Lines => Some(WRITTEN),
            Form::Nothing => None,
        };
        let ticks = ticks.map(|every| {
            let mut ticks = interval(every);
            ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
            ticks.reset();
            ticks
        });
        let now = Instant::now();
        Self { form, ticks, meter, goal, began: now, shown: (now, 0), rate: None, told: 0 }
    }

    /// Resolves when it is time to [`Progress::show`].
    pub(crate) async fn is_due(&mut self) {
        match &mut self.ticks {
            Some(ticks) => _ = ticks.tick().await,
            None => std::future::pending().await,
        }
    }

    pub(crate) fn show(&mut self, counts: &Counts) -> io::Result<()> {
        let so_far = SoFar { settled: counts.read, replayed: counts.replayed };
        let (at, settled) = self.shown;
        let milliseconds = u64::try_from(at.elapsed().as_millis()).unwrap_or(u64::MAX).max(1);
        let now = (so_far.settled - settled).saturating_mul(1_000) / milliseconds;
        // A moving mean: a bar whose figures jump cannot be read.
        self.rate = self.rate.map_or(Some(now), |before| Some((before * 3 + now) / 4));
        self.shown = (Instant::now(), so_far.settled);
        match self.form {
            Form::Bar => self.draw(so_far),
            Form::Lines => terminal::note(&self.said(so_far).join(", ")),
            Form::Nothing => Ok(()),
        }
    }

    fn draw(&self, so_far: SoFar) -> io::Result<()> {
        let columns = tcgetwinsize(io::stderr()).map_or(USUAL, |size| usize::from(size.ws_col));
        let text = self.said(so_far).join("  ");
        let free = columns.saturating_sub(text.chars().count() + 3).min(WIDEST);
        let bar = self.done(so_far).filter(|_| free >= NARROWEST).map(|done| bar(done, free));
        let shown: String = text.chars().take(columns.saturating_sub(1)).collect();
        let mut stderr = anstream::stderr();
        write!(stderr, "{BACK}{}{shown}", bar.map(|bar| format!("{bar}  ")).unwrap_or_default())?;
        stderr.flush()
    }

    fn said(&self, so_far: SoFar) -> Vec<String> {
        let mut parts = Vec::new();
        parts.extend(self.done(so_far).map(|done| format!("{} %", done / (WHOLE / 100))));
        parts.push(mails(so_far.settled));
        if so_far.replayed < so_far.settled {
            parts.push(format!("{} replayed", grouped(so_far.replayed)));
        }
        parts.push(format!("{}/s", grouped(self.rate.unwrap_or_default())));
        parts.extend(self.left(so_far).map(|left| format!("{} left", lasting(left))));
        parts
    }

    /// The part of everything that is done, in ten thousandths, with what earlier runs did.
    fn done(&self, so_far: SoFar) -> Option<u64> {
        let now = self.done_now(so_far)?;
        let Goal { bytes: Some((all, before)), mails: None, limit: None } = self.goal else {
            return Some(now);
        };
        let before = share(before.into(), all.into());
        Some(before + now * (WHOLE - before) / WHOLE)
    }

    /// The part of what this run has to do. How many mails an archive holds is reckoned from those that were read of it so far.
    fn done_now(&self, so_far: SoFar) -> Option<u64> {
        let of_limit = self.goal.limit.map(|limit| share(so_far.replayed.into(), limit.into()));
        let of_mails = self.goal.mails.map(|mails| share(so_far.settled.into(), mails.into()));
        let of_bytes = self.goal.bytes.map(|(all, before)| {
            let read = |meter: &AtomicU64| meter.load(Ordering::Relaxed);
            let (bytes, mails) = (read(&self.meter.bytes).min(all), read(&self.meter.mails));
            let part = u128::from(bytes.saturating_sub(before)) * u128::from(so_far.settled);
            share(part, u128::from(all.saturating_sub(before)) * u128::from(mails))
        });
        of_limit.into_iter().chain(of_mails.or(of_bytes)).max()
    }

    fn left(&self, so_far: SoFar) -> Option<Duration> {
        let done = u32::try_from(self.done_now(so_far)?).ok().filter(|done| *done > 0)?;
        let elapsed = self.began.elapsed();
        if elapsed < FORESEEN_AFTER {
            return None;
        }
        Some(elapsed.saturating_mul(u32::try_from(WHOLE).ok()?.saturating_sub(done)) / done)
    }

    /// Tells a trouble, the first few of them.
    pub(crate) fn tell(&mut self, what: &str, sentence: &str) -> io::Result<()> {
        self.told += 1;
        match self.told.cmp(&(TOLD + 1)) {
            std::cmp::Ordering::Less => self.note(&format!("{} {sentence}", styled(BAD, what))),
            std::cmp::Ordering::Equal => self.note(&styled(FAINT, "more of this is only counted")),
            std::cmp::Ordering::Greater => Ok(()),
        }
    }

    /// A line of its own.
    pub(crate) fn note(&self, line: &str) -> io::Result<()> {
        self.clear()?;
        terminal::note(line)
    }

    /// Takes the bar away.
    pub(crate) fn clear(&self) -> io::Result<()> {
        if self.form != Form::Bar {
            return Ok(());
        }
        let mut stderr = anstream::stderr();
        write!(stderr, "{BACK}")?;
        stderr.flush()
    }
}

fn share(part: u128, whole: u128) -> u64 {
    let share = part.saturating_mul(u128::from(WHOLE)).checked_div(whole).unwrap_or(0);
    u64::try_from(share).unwrap_or(WHOLE).min(WHOLE)
}

fn bar(done: u64, columns: usize) -> String {
    let full = usize::try_from(done).unwrap_or_default() * columns / 10_000;
    let empty = columns.saturating_sub(full);
    format!("{}{}", styled(GOOD, &"━".repeat(full)), styled(FAINT, &"─".repeat(empty)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn progress(goal: Goal, bytes: u64, mails: u64) -> Progress {
        let meter = Meter::default();
        meter.bytes.store(bytes, Ordering::Relaxed);
        meter.mails.store(mails, Ordering::Relaxed);
        Progress::new(ProgressShown::None, meter, goal)
    }

    #[track_caller]
    fn check(goal: Goal, (bytes, mails): (u64, u64), settled: u64, expected: Option<u64>) {
        let so_far = SoFar { settled, replayed: settled };
        assert_eq!(progress(goal, bytes, mails).done(so_far), expected);
    }

    #[test]
    fn what_is_read_ahead_is_not_done() {
        let goal = Goal { bytes: Some((1_000, 0)), ..Goal::default() };
        check(goal, (1_000, 100), 25, Some(2_500));
        check(goal, (500, 50), 50, Some(5_000));
        check(goal, (0, 0), 0, Some(0));
    }

    #[test]
    fn what_earlier_runs_did_is_done() {
        let goal = Goal { bytes: Some((1_000, 600)), ..Goal::default() };
        check(goal, (600, 0), 0, Some(6_000));
        check(goal, (800, 20), 20, Some(8_000));
    }

    #[test]
    fn a_limit_and_a_drawn_order_count_mails() {
        check(
            Goal { bytes: Some((1_000, 0)), limit: Some(50), ..Goal::default() },
            (100, 10),
            10,
            Some(2_000),
        );
        check(Goal { mails: Some(40), ..Goal::default() }, (0, 0), 10, Some(2_500));
        check(Goal::default(), (100, 10), 10, None);
    }

    #[test]
    fn figures_are_said_as_people_say_them() {
        let times = [40, 200, 7_500].map(|seconds| lasting(Duration::from_secs(seconds)));
        assert_eq!(times, ["40 s", "3 min 20 s", "2 h 5 min"]);
    }
}
