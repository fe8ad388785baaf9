//! What became of each mail, and when. Latency is counted from the time a mail was due, whatever held it up.

use std::collections::{BTreeMap, HashMap};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::Duration;

use domain::intent::Label;
use hdrhistogram::Histogram;

use crate::recorded::{Counts, Latency, Recorded, Second};

/// The longest time that is told apart from longer ones, in microseconds: an hour.
const LONGEST: u64 = 3_600_000_000;
/// Digits that are kept of every time.
const DIGITS: u8 = 3;

/// What is known of a run so far. Times are counted from its start.
#[derive(Debug)]
pub struct Recording {
    /// What is due before this is sent and counted, and not measured.
    warm_up: Duration,
    waiting: HashMap<u64, Waiting>,
    /// By number, a digest of the first draft's id; 0 where none came yet.
    drafted: Vec<u32>,
    all: Times,
    /// The second that drafts come in, and their times.
    second: u64,
    second_times: Times,
    seconds: BTreeMap<u64, Second>,
    outcomes: BTreeMap<String, BTreeMap<String, u64>>,
    counts: Counts,
}

#[derive(Debug, Clone, Copy)]
struct Waiting {
    due: Duration,
    label: Option<Label>,
}

/// A draft as it came.
#[derive(Debug, Clone, Copy)]
pub struct Drafted<'a> {
    /// The number of its mail.
    pub number: u64,
    /// When it came.
    pub at: Duration,
    /// Its id: copies have the same.
    pub id: &'a str,
    /// How the mail ended.
    pub outcome: &'a str,
}

impl Recording {
    /// Of a run that measures after so long.
    pub fn new(warm_up: Duration) -> Self {
        Self {
            warm_up,
            waiting: HashMap::new(),
            drafted: Vec::new(),
            all: Times::new(),
            second: 0,
            second_times: Times::new(),
            seconds: BTreeMap::new(),
            outcomes: BTreeMap::new(),
            counts: Counts::default(),
        }
    }

    /// A mail is about to be sent, which was due at `due`. `label` is what it asks for, where that is known.
    pub fn sending(&mut self, number: u64, due: Duration, label: Option<Label>) {
        self.counts.due += 1;
        self.second_of(due).due += 1;
        self.waiting.insert(number, Waiting { due, label });
    }

    /// The broker has stored it.
    pub fn published(&mut self, at: Duration) {
        self.counts.published += 1;
        self.second_of(at).published += 1;
    }

    /// The broker did not store it: nothing will come.
    pub fn not_published(&mut self, number: u64) {
        self.counts.not_published += 1;
        self.waiting.remove(&number);
    }

    /// A draft came.
    pub fn drafted(&mut self, draft: Drafted<'_>) {
        let digest = digest(draft.id);
        let Some(waiting) = self.waiting.remove(&draft.number) else {
            return self.came_again(draft.number, digest);
        };
        if let Some(first) = slot(&mut self.drafted, draft.number) {
            *first = digest;
        }
        self.counts.drafts += 1;
        let label = waiting.label.map_or("mail", |label| label.as_str());
        *self.outcomes.entry(label.to_owned()).or_default().entry(draft.outcome.to_owned()).or_default() += 1;
        if draft.at.as_secs() != self.second {
            self.close_second();
            self.second = draft.at.as_secs();
        }
        self.second_of(draft.at).drafts += 1;
        let took = draft.at.saturating_sub(waiting.due);
        self.second_times.note(took);
        if waiting.due >= self.warm_up {
            self.all.note(took);
        }
    }

    /// A draft of a mail that has one: the same again, or a later one.
    fn came_again(&mut self, number: u64, digest: u32) {
        match slot(&mut self.drafted, number) {
            Some(first) if *first == digest => self.counts.copies += 1,
            Some(first) if *first != 0 => self.counts.later_drafts += 1,
            // Of a mail that was counted as not published, or dead.
            Some(_) | None => self.counts.unexpected += 1,
        }
    }

    /// It was found in the dead queue.
    pub fn dead(&mut self, number: u64) {
        if self.waiting.remove(&number).is_some() {
            self.counts.dead += 1;
        }
    }

    /// How many mails have neither draft nor end.
    pub fn waiting(&self) -> usize {
        self.waiting.len()
    }

    /// How many mails ended so far.
    pub const fn ended(&self) -> u64 {
        self.counts.drafts + self.counts.dead + self.counts.not_published
    }

    /// What was measured, once nothing more is waited for.
    pub fn finish(mut self) -> Recorded {
        self.close_second();
        self.counts.waiting = self.waiting.len() as u64;
        self.counts.measured = self.all.count();
        Recorded {
            counts: self.counts,
            latency: self.all.latency(),
            percentiles: self.all.percentiles(),
            outcomes: self.outcomes,
            seconds: self.seconds.into_values().collect(),
        }
    }

    fn second_of(&mut self, time: Duration) -> &mut Second {
        let second = time.as_secs();
        self.seconds.entry(second).or_insert_with(|| Second { second, ..Second::default() })
    }

    /// Notes the percentiles of the drafts of the second that is over.
    fn close_second(&mut self) {
        if let Some(latency) = self.second_times.latency() {
            self.second_of(Duration::from_secs(self.second)).latency = Some(latency);
        }
        self.second_times.forget();
    }
}

/// Times in a histogram; none where it could not be made, which its constants do not allow.
#[derive(Debug)]
struct Times(Option<Histogram<u64>>);

impl Times {
    fn new() -> Self {
        Self(Histogram::new_with_bounds(1, LONGEST, DIGITS).ok())
    }

    fn note(&mut self, time: Duration) {
        if let Some(times) = &mut self.0 {
            times.saturating_record(u64::try_from(time.as_micros()).unwrap_or(LONGEST));
        }
    }

    fn forget(&mut self) {
        if let Some(times) = &mut self.0 {
            times.reset();
        }
    }

    fn count(&self) -> u64 {
        self.0.as_ref().map_or(0, Histogram::len)
    }

    fn latency(&self) -> Option<Latency> {
        let times = self.0.as_ref().filter(|times| !times.is_empty())?;
        let at = |quantile| times.value_at_quantile(quantile);
        Some(Latency {
            p50_micros: at(0.5),
            p90_micros: at(0.9),
            p95_micros: at(0.95),
            p99_micros: at(0.99),
            p999_micros: at(0.999),
            max_micros: times.max(),
        })
    }

    /// Percentiles and the times that so many percent do not exceed.
    fn percentiles(&self) -> Vec<(f64, u64)> {
        let Some(times) = self.0.as_ref().filter(|times| !times.is_empty()) else { return Vec::new() };
        let steps = times.iter_quantiles(STEPS_OF_PERCENTILES);
        steps.map(|step| (step.quantile_iterated_to() * 100.0, step.value_iterated_to())).collect()
    }
}

/// Steps until half of what is left to 100 percent; then again as many for the next half.
const STEPS_OF_PERCENTILES: u32 = 5;

fn slot(drafted: &mut Vec<u32>, number: u64) -> Option<&mut u32> {
    let place = usize::try_from(number).ok()?;
    if drafted.len() <= place {
        drafted.resize(place + 1, 0);
    }
    drafted.get_mut(place)
}

/// Never 0.
fn digest(id: &str) -> u32 {
    let mut hasher = DefaultHasher::new();
    id.hash(&mut hasher);
    u32::try_from(hasher.finish() >> 32).unwrap_or(1).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn millis(millis: u64) -> Duration {
        Duration::from_millis(millis)
    }

    fn draft(number: u64, at: u64, id: &str) -> Drafted<'_> {
        Drafted { number, at: millis(at), id, outcome: "answered" }
    }

    /// Mails that were due every 10 ms.
    fn sending(count: u64, warm_up: Duration) -> Recording {
        let mut recording = Recording::new(warm_up);
        for number in 0..count {
            recording.sending(number, millis(number * 10), Some(Label::None));
            recording.published(millis(number * 10 + 1));
        }
        recording
    }

    #[test]
    fn a_mail_waits_from_the_time_it_was_due() {
        let mut recording = sending(100, Duration::ZERO);
        for number in 0..100 {
            recording.drafted(draft(number, 5_000, "d"));
        }
        let recorded = recording.finish();
        let latency = recorded.latency.unwrap();
        // The first waited 5 s, the last 4.01 s; three digits are kept.
        assert!((4_990_000..=5_010_000).contains(&latency.max_micros), "{latency:?}");
        assert!((4_480_000..=4_520_000).contains(&latency.p50_micros), "{latency:?}");
        assert_eq!(recorded.counts.measured, 100);
    }

    #[test]
    fn what_goes_in_comes_out_or_is_missed() {
        let mut recording = sending(6, Duration::ZERO);
        recording.drafted(draft(0, 20, "a"));
        recording.drafted(draft(0, 30, "a"));
        recording.drafted(draft(0, 40, "later"));
        recording.drafted(draft(1, 50, "b"));
        recording.dead(2);
        recording.not_published(3);
        recording.drafted(draft(3, 60, "c"));
        assert_eq!((recording.waiting(), recording.ended()), (2, 4));
        let Counts { drafts, copies, later_drafts, dead, waiting, unexpected, .. } =
            recording.finish().counts;
        assert_eq!((drafts, copies, later_drafts, dead, waiting, unexpected), (2, 1, 1, 1, 2, 1));
    }

    #[test]
    fn the_warm_up_is_counted_and_not_measured() {
        let mut recording = sending(10, millis(50));
        for number in 0..10 {
            recording.drafted(draft(number, 200, "d"));
        }
        let recorded = recording.finish();
        assert_eq!((recorded.counts.drafts, recorded.counts.measured), (10, 5));
    }

    #[test]
    fn each_second_has_the_percentiles_of_its_own_drafts() {
        let mut recording = sending(4, Duration::ZERO);
        recording.drafted(draft(0, 100, "a"));
        recording.drafted(draft(1, 1_010, "b"));
        recording.drafted(draft(2, 3_020, "c"));
        let recorded = recording.finish();
        let told: Vec<(u64, u64, bool)> = recorded
            .seconds
            .iter()
            .map(|second| (second.second, second.drafts, second.latency.is_some()))
            .collect();
        assert_eq!(told, [(0, 1, true), (1, 1, true), (3, 1, true)]);
        let p50 = recorded.seconds[1].latency.unwrap().p50_micros;
        assert!((999_000..=1_001_000).contains(&p50), "{p50}");
        assert_eq!(recorded.outcomes["none"]["answered"], 3);
    }
}
