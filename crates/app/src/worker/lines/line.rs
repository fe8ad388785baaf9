use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use tokio::time::Instant;

use super::Weighed;

/// How much of the past counts for the speed of a workspace, at most twice this.
const MEASURED: Duration = Duration::from_secs(5);

/// The mails of one party.
#[derive(Debug)]
pub(super) struct Line<T> {
    waiting: VecDeque<Weighed<T>>,
    waiting_bytes: usize,
    working: usize,
    working_bytes: usize,
    /// There while the party has had its part of the window for itself; tells how quickly it settles mails since.
    load: Option<Meter>,
    parked: Parked,
}

impl<T> Default for Line<T> {
    fn default() -> Self {
        Self {
            waiting: VecDeque::new(),
            waiting_bytes: 0,
            working: 0,
            working_bytes: 0,
            load: None,
            parked: Parked::default(),
        }
    }
}

impl<T> Line<T> {
    pub(super) fn waiting(&self) -> usize {
        self.waiting.len()
    }

    /// In hand, waiting or worked on.
    pub(super) fn mails(&self) -> usize {
        self.waiting.len() + self.working
    }

    pub(super) const fn bytes(&self) -> usize {
        self.waiting_bytes + self.working_bytes
    }

    pub(super) fn arrive(&mut self, mail: Weighed<T>) {
        self.waiting_bytes += mail.bytes;
        self.waiting.push_back(mail);
    }

    pub(super) fn start(&mut self) -> Option<Weighed<T>> {
        let mail = self.waiting.pop_front()?;
        self.waiting_bytes -= mail.bytes;
        self.working += 1;
        self.working_bytes += mail.bytes;
        Some(mail)
    }

    pub(super) fn settled(&mut self, bytes: usize, now: Instant) {
        self.working = self.working.saturating_sub(1);
        self.working_bytes = self.working_bytes.saturating_sub(bytes);
        if let Some(meter) = &mut self.load {
            meter.count(now);
        }
    }

    /// Takes the latest mail out, to come again at `back_at`.
    pub(super) fn park(&mut self, back_at: Instant, now: Instant) -> Option<Weighed<T>> {
        let mail = self.waiting.pop_back()?;
        self.waiting_bytes -= mail.bytes;
        self.parked.add(back_at, now);
        Some(mail)
    }

    pub(super) fn take_all(&mut self) -> impl Iterator<Item = T> {
        self.waiting_bytes = 0;
        std::mem::take(&mut self.waiting).into_iter().map(|mail| mail.mail)
    }

    /// Nothing is in hand and nothing parked.
    pub(super) fn is_idle(&mut self, now: Instant) -> bool {
        self.mails() == 0 && self.parked.count(now) == 0
    }

    /// Begins to measure when the party is beyond its part, and stops when it holds less than half of it.
    pub(super) fn note_load(&mut self, is_beyond: bool, (mails, bytes): (usize, usize), now: Instant) {
        if is_beyond {
            self.load.get_or_insert_with(|| Meter::new(now));
        } else if self.mails() * 2 < mails && self.bytes() * 2 < bytes {
            self.load = None;
        }
    }

    /// Whether, for so long as it takes to tell, what is in hand takes longer than `slow`.
    pub(super) fn is_slow(&self, slow: Duration, deadline: Duration, now: Instant) -> bool {
        let is_measured = self.load.as_ref().is_some_and(|meter| now.duration_since(meter.since) >= slow);
        is_measured && self.time_for(self.mails(), deadline, now) > slow
    }

    /// When it would be the turn of one more mail, at the speed of late: after all in hand and all that is parked.
    pub(super) fn expected_wait(&mut self, deadline: Duration, now: Instant) -> Duration {
        let ahead = self.mails() + self.parked.count(now);
        self.time_for(ahead, deadline, now)
    }

    /// At the speed that was measured, or that of slots of which each will be free in as long again as it was measured, at the latest
    /// after `deadline`, where that is quicker.
    fn time_for(&self, mails: usize, deadline: Duration, now: Instant) -> Duration {
        let mails = u32::try_from(mails).unwrap_or(u32::MAX);
        let working = u32::try_from(self.working).unwrap_or(u32::MAX).max(1);
        let Some(meter) = &self.load else { return Duration::ZERO };
        let a_mail = (now.duration_since(meter.since) * 2).min(deadline);
        let at_most = a_mail.saturating_mul(mails) / working;
        meter.time_for(mails, now).map_or(at_most, |measured| measured.min(at_most))
    }
}

/// How many mails are settled, and how quickly of late.
#[derive(Debug)]
struct Meter {
    since: Instant,
    /// Where the stretch that is counted now began, and what it counts.
    begun: Instant,
    counted: u32,
    /// The stretch before.
    before: Option<(Duration, u32)>,
}

impl Meter {
    const fn new(now: Instant) -> Self {
        Self { since: now, begun: now, counted: 0, before: None }
    }

    fn count(&mut self, now: Instant) {
        let stretch = now.duration_since(self.begun);
        if stretch >= MEASURED {
            self.before = Some((stretch, self.counted));
            (self.begun, self.counted) = (now, 0);
        }
        self.counted += 1;
    }

    /// None while nothing was settled.
    fn time_for(&self, mails: u32, now: Instant) -> Option<Duration> {
        let (stretch, counted) = self.before.unwrap_or_default();
        let counted = counted + self.counted;
        let stretch = stretch + now.duration_since(self.begun);
        stretch.saturating_mul(mails).checked_div(counted)
    }
}

/// How many mails are parked, by the second in which they come again.
#[derive(Debug, Default)]
struct Parked {
    /// The first second.
    from: Option<Instant>,
    seconds: BTreeMap<u64, usize>,
    count: usize,
}

impl Parked {
    fn add(&mut self, back_at: Instant, now: Instant) {
        let from = *self.from.get_or_insert(now);
        *self.seconds.entry(back_at.duration_since(from).as_secs()).or_default() += 1;
        self.count += 1;
    }

    /// Those that are back are forgotten: they are in the queue again, or in hand.
    fn count(&mut self, now: Instant) -> usize {
        let Some(from) = self.from else { return 0 };
        let this_second = now.duration_since(from).as_secs();
        let still_parked = self.seconds.split_off(&this_second);
        let back: usize = std::mem::replace(&mut self.seconds, still_parked).into_values().sum();
        self.count -= back;
        self.count
    }
}
