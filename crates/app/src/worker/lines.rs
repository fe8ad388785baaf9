//! Who comes next. Each workspace has a line for its live mail and one for its replayed mail, and none of them may take so much that
//! nothing is left for the others.
//!
//! Slots and the window of unsettled mails are shared by one rule: *a workspace takes more only as long as it holds less than so many times
//! what is still free*. With three times, one alone holds three quarters, two hold three sevenths each, and somebody who has nothing yet always
//! finds room. Nothing has to be known of how many will come. Replays are bound by the same rule together, against live mail.
//!
//! Mails that Stripe answers slowly keep their slots; those behind them fill the window until the broker delivers no others. So where several
//! workspaces are connected, what a slow one has beyond its part of the window is parked: put into a retry queue before it was claimed, for about
//! as long as it takes until its turn. A workspace that settles what it holds within [`SLOW`] is not slow: waiting is shorter than parking.

mod line;

use std::collections::BTreeMap;
use std::time::Duration;

use domain::WorkspaceId;
use tokio::time::Instant;

use line::Line;

/// A workspace that needs longer than this for what it holds is slow: whoever comes behind it waits as long, again and again.
const SLOW: Duration = Duration::from_secs(1);
/// The longest a mail is parked: when the Stripe of its workspace is quick again, it waits no longer than that.
const LONGEST: Duration = Duration::from_mins(10);

/// Where a mail came from. Live mail goes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Source {
    Live,
    Replay,
}

/// Whose mails share a line. All workspaces that are not connected are one: their mails end without Stripe.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Party {
    pub(super) source: Source,
    pub(super) workspace: Option<WorkspaceId>,
}

/// What is shared, and how.
#[derive(Debug, Clone)]
pub(super) struct Terms {
    /// Mails worked on at the same time.
    pub(super) slots: usize,
    /// Mails of one source in hand, those in slots among them.
    pub(super) window: usize,
    /// Bytes of one source in hand.
    pub(super) window_bytes: usize,
    /// What one may take alone, in percent; under 100.
    pub(super) percent: usize,
    /// The delays of the retry queues, growing.
    pub(super) ladder: Vec<Duration>,
    /// Within this a mail in a slot comes to its end: what is not known of a workspace's speed yet is taken from it.
    pub(super) deadline: Duration,
}

/// The lines of all parties, and what each has in slots.
#[derive(Debug)]
pub(super) struct Lines<T> {
    terms: Terms,
    of: BTreeMap<Party, Line<T>>,
    working: Working,
}

/// How many slots are taken.
#[derive(Debug, Default)]
struct Working {
    all: usize,
    replays: usize,
    of: BTreeMap<Option<WorkspaceId>, usize>,
}

/// A mail with its size.
#[derive(Debug)]
pub(super) struct Weighed<T> {
    pub(super) mail: T,
    pub(super) bytes: usize,
}

/// Whether others may be held up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Company {
    /// One workspace is connected: it has everything, and a queue that fills up is the right sign that it is behind.
    Alone,
    /// Several are.
    Several,
}

impl<T> Lines<T> {
    pub(super) fn new(terms: Terms) -> Self {
        Self { terms, of: BTreeMap::new(), working: Working::default() }
    }

    /// A mail came, and waits.
    pub(super) fn arrive(&mut self, party: Party, mail: Weighed<T>) {
        self.of.entry(party).or_default().arrive(mail);
    }

    /// Whether any mail waits for a slot.
    pub(super) fn is_waiting(&self) -> bool {
        self.of.values().any(|line| line.waiting() > 0)
    }

    /// How many mails are in hand, waiting or worked on.
    pub(super) fn mails(&self) -> usize {
        self.of.values().map(Line::mails).sum()
    }

    /// How many of the mails that wait have a free slot.
    pub(super) fn startable(&self) -> usize {
        let waiting: usize = self.of.values().map(Line::waiting).sum();
        waiting.min(self.terms.slots.saturating_sub(self.working.all))
    }

    /// Gives out slots: at most `most`, live mail first, then to whoever holds fewest. Who `is_crowded` gets none.
    pub(super) fn start(
        &mut self,
        most: usize,
        company: Company,
        is_crowded: impl Fn(&WorkspaceId) -> bool,
    ) -> Vec<(Party, Weighed<T>)> {
        let waiting = self.of.iter().filter(|(_, line)| line.waiting() > 0).map(|(party, _)| party);
        let mut candidates: Vec<Party> =
            waiting.filter(|party| !party.workspace.as_ref().is_some_and(&is_crowded)).cloned().collect();
        let mut started = Vec::new();
        while started.len() < most
            && let Some(party) = self.next_of(&mut candidates, company)
            && let Some(mail) = self.of.get_mut(&party).and_then(Line::start)
        {
            self.working.start(&party);
            started.push((party, mail));
        }
        started
    }

    /// The candidate whose turn it is. Those that have nothing left or hold too much are taken out.
    fn next_of(&self, candidates: &mut Vec<Party>, company: Company) -> Option<Party> {
        let free = self.terms.slots.checked_sub(self.working.all).filter(|free| *free > 0)?;
        candidates.retain(|party| {
            let has_mail = self.of.get(party).is_some_and(|line| line.waiting() > 0);
            has_mail && self.may_start(party, free, company)
        });
        let working_of = |party: &&Party| self.working.of(party);
        let source = candidates.iter().map(|party| party.source).min()?;
        candidates.iter().filter(|party| party.source == source).min_by_key(working_of).cloned()
    }

    fn may_start(&self, party: &Party, free: usize, company: Company) -> bool {
        (company == Company::Alone || self.terms.may_take(self.working.of(party), free))
            && (party.source == Source::Live || self.terms.may_take(self.working.replays, free))
    }

    /// A mail of this party is settled; its slot is free.
    pub(super) fn settled(&mut self, party: &Party, bytes: usize, now: Instant) {
        self.working.end(party);
        if let Some(line) = self.of.get_mut(party) {
            line.settled(bytes, now);
            if line.is_idle(now) {
                self.of.remove(party);
            }
        }
    }

    /// Takes out what slow workspaces have beyond their part of the window, the latest first, each with the step of the ladder on which it is
    /// parked.
    pub(super) fn park(&mut self, company: Company, now: Instant) -> Vec<(Party, T, usize)> {
        let mut parked = Vec::new();
        if company == Company::Alone {
            return parked;
        }
        for source in [Source::Live, Source::Replay] {
            let (mut mails, mut bytes) = self.in_hand(source);
            let terms = &self.terms;
            let limits = (terms.window * terms.percent / 100, terms.window_bytes * terms.percent / 100);
            for (party, line) in self.of.iter_mut().filter(|(party, _)| party.source == source) {
                while terms.is_beyond(line, (mails, bytes)) && line.is_slow(SLOW, terms.deadline, now) {
                    let step = terms.step(line.expected_wait(terms.deadline, now));
                    let delay = terms.ladder.get(step).copied().unwrap_or_default();
                    let Some(mail) = line.park(now + delay, now) else { break };
                    (mails, bytes) = (mails.saturating_sub(1), bytes.saturating_sub(mail.bytes));
                    parked.push((party.clone(), mail.mail, step));
                }
                line.note_load(terms.is_beyond(line, (mails, bytes)), limits, now);
            }
        }
        parked
    }

    /// Takes out all that waits of workspaces whose key is refused, each with the step of the ladder on which it is parked: the longest
    /// that is no longer than the key has been refused. So a mail waits at most twice as long as its key.
    pub(super) fn put_aside(
        &mut self,
        refused_for: impl Fn(&WorkspaceId) -> Option<Duration>,
    ) -> Vec<(T, usize)> {
        let mut aside = Vec::new();
        for (party, line) in self.of.iter_mut().filter(|(_, line)| line.waiting() > 0) {
            if let Some(long) = party.workspace.as_ref().and_then(&refused_for) {
                let step = self.terms.step(long);
                aside.extend(line.take_all().map(|mail| (mail, step)));
            }
        }
        aside
    }

    /// Mails and bytes of a source in hand.
    fn in_hand(&self, source: Source) -> (usize, usize) {
        let lines = self.of.iter().filter(|(party, _)| party.source == source).map(|(_, line)| line);
        lines.fold((0, 0), |(mails, bytes), line| (mails + line.mails(), bytes + line.bytes()))
    }

    /// Everything that waits, to be given back.
    pub(super) fn take_all(&mut self) -> Vec<T> {
        self.of.values_mut().flat_map(Line::take_all).collect()
    }
}

impl Working {
    fn of(&self, party: &Party) -> usize {
        self.of.get(&party.workspace).copied().unwrap_or_default()
    }

    fn start(&mut self, party: &Party) {
        self.all += 1;
        self.replays += usize::from(party.source == Source::Replay);
        *self.of.entry(party.workspace.clone()).or_default() += 1;
    }

    fn end(&mut self, party: &Party) {
        self.all = self.all.saturating_sub(1);
        self.replays = self.replays.saturating_sub(usize::from(party.source == Source::Replay));
        let left = self.of(party).saturating_sub(1);
        if left == 0 {
            self.of.remove(&party.workspace);
        } else {
            self.of.insert(party.workspace.clone(), left);
        }
    }
}

impl Terms {
    /// Whether who holds so much may take more while so much is free.
    const fn may_take(&self, held: usize, free: usize) -> bool {
        held * (100 - self.percent) < free * self.percent
    }

    /// Whether a line has more in hand than its part of a window that holds so much altogether.
    fn is_beyond<T>(&self, line: &Line<T>, (mails, bytes): (usize, usize)) -> bool {
        let (free, free_bytes) = (self.window.saturating_sub(mails), self.window_bytes.saturating_sub(bytes));
        line.waiting() > 0 && !(self.may_take(line.mails(), free) && self.may_take(line.bytes(), free_bytes))
    }

    /// The longest step that is over by the time it is a mail's turn.
    fn step(&self, turn_in: Duration) -> usize {
        let bound = turn_in.min(LONGEST);
        self.ladder.iter().take_while(|delay| **delay <= bound).count().saturating_sub(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LADDER: [u64; 5] = [5, 60, 600, 3_600, 21_600];

    fn terms(slots: usize, window: usize) -> Terms {
        Terms {
            slots,
            window,
            window_bytes: window * 1_000,
            percent: 75,
            ladder: LADDER.map(Duration::from_secs).to_vec(),
            deadline: Duration::from_secs(30),
        }
    }

    fn party(source: Source, workspace: &str) -> Party {
        Party { source, workspace: Some(workspace.parse().unwrap()) }
    }

    fn live(workspace: &str) -> Party {
        party(Source::Live, workspace)
    }

    impl Lines<usize> {
        fn come(&mut self, party: &Party, count: usize) {
            (0..count).for_each(|mail| self.arrive(party.clone(), Weighed { mail, bytes: 10 }));
        }

        /// How many more of each party are started.
        fn begin(&mut self, company: Company) -> BTreeMap<Party, usize> {
            let mut started = BTreeMap::new();
            for (party, _) in self.start(usize::MAX, company, |_| false) {
                *started.entry(party).or_default() += 1;
            }
            started
        }

        fn settle(&mut self, party: &Party, count: usize, now: Instant) {
            (0..count).for_each(|_| self.settled(party, 10, now));
        }
    }

    fn counts<const N: usize>(of: [(Party, usize); N]) -> BTreeMap<Party, usize> {
        of.into()
    }

    #[test]
    fn a_workspace_alone_has_every_slot_and_is_never_parked() {
        let mut lines = Lines::new(terms(64, 500));
        lines.come(&live("a"), 500);
        assert_eq!(lines.begin(Company::Alone), counts([(live("a"), 64)]));
        let later = Instant::now() + Duration::from_mins(5);
        assert!(lines.park(Company::Alone, later).is_empty());
    }

    #[test]
    fn one_of_several_leaves_a_quarter_of_the_slots_free() {
        let mut lines = Lines::new(terms(64, 500));
        lines.come(&live("a"), 500);
        assert_eq!(lines.begin(Company::Several), counts([(live("a"), 48)]));
        lines.come(&live("b"), 5);
        assert_eq!(lines.begin(Company::Several), counts([(live("b"), 5)]));
    }

    #[test]
    fn whoever_has_nothing_finds_a_slot_however_many_are_slow() {
        let mut lines = Lines::new(terms(64, 500));
        for slow in 0..15 {
            lines.come(&live(&format!("slow-{slow}")), 60);
        }
        assert_eq!(lines.begin(Company::Several).len(), 15);
        lines.come(&live("quick"), 1);
        assert_eq!(lines.begin(Company::Several), counts([(live("quick"), 1)]));
    }

    #[test]
    fn slots_go_to_whoever_holds_fewest() {
        let mut lines = Lines::new(terms(8, 500));
        for name in ["a", "b"] {
            lines.come(&live(name), 20);
        }
        assert_eq!(lines.begin(Company::Several), counts([(live("a"), 4), (live("b"), 3)]));
    }

    #[test]
    fn replayed_mail_leaves_slots_for_live_mail_also_of_one_workspace() {
        let mut lines = Lines::new(terms(64, 500));
        let replay = party(Source::Replay, "a");
        lines.come(&replay, 500);
        assert_eq!(lines.begin(Company::Alone), counts([(replay.clone(), 48)]));
        lines.come(&live("a"), 100);
        assert_eq!(lines.begin(Company::Alone), counts([(live("a"), 16)]), "live mail goes first");
        lines.settle(&replay, 10, Instant::now());
        assert_eq!(lines.begin(Company::Alone), counts([(live("a"), 10)]));
    }

    #[test]
    fn a_crowded_account_gets_no_more_slots() {
        let mut lines = Lines::new(terms(64, 500));
        lines.come(&live("a"), 3);
        lines.come(&live("b"), 3);
        let started = lines.start(64, Company::Several, |workspace| workspace.as_str() == "a");
        assert!(started.iter().all(|(party, _)| *party == live("b")) && started.len() == 3);
    }

    #[test]
    fn what_a_slow_workspace_has_beyond_its_part_of_the_window_is_parked_the_latest_first() {
        let (mut lines, start) = (Lines::new(terms(64, 500)), Instant::now());
        lines.come(&live("a"), 500);
        lines.begin(Company::Several);
        assert!(lines.park(Company::Several, start).is_empty(), "nothing is known of its speed");
        lines.settle(&live("a"), 8, start + Duration::from_millis(900));
        lines.begin(Company::Several);
        let parked = lines.park(Company::Several, start + Duration::from_millis(1_100));
        assert_eq!(parked.len(), 500 - 8 - 374);
        assert_eq!(parked.first().map(|(_, mail, _)| *mail), Some(499));
        // It goes on at once with whatever comes more.
        lines.come(&live("a"), 125);
        assert_eq!(lines.park(Company::Several, start + Duration::from_millis(1_200)).len(), 125);
    }

    #[test]
    fn a_workspace_that_settles_its_part_within_a_second_is_not_parked() {
        let (mut lines, start) = (Lines::new(terms(128, 500)), Instant::now());
        lines.come(&live("a"), 500);
        for tenth in 0..50 {
            let started: usize = lines.begin(Company::Several).into_values().sum();
            let now = start + Duration::from_millis(tenth * 100);
            assert!(lines.park(Company::Several, now).is_empty(), "after {now:?}");
            lines.settle(&live("a"), started, now);
            lines.come(&live("a"), started);
        }
    }

    /// The backlog of 500,000 mails of one workspace that settles eight a second.
    #[test]
    fn a_large_backlog_is_parked_for_longer_the_larger_it_is_and_never_for_long() {
        let (mut lines, start) = (Lines::new(terms(64, 500)), Instant::now());
        let mut steps = BTreeMap::<usize, usize>::new();
        lines.come(&live("a"), 500);
        lines.begin(Company::Several);
        lines.park(Company::Several, start);
        for second in 1..=10 {
            let now = start + Duration::from_secs(second);
            lines.settle(&live("a"), 8, now);
            lines.begin(Company::Several);
            for _ in 0..500 {
                lines.come(&live("a"), 100);
                for (_, _, step) in lines.park(Company::Several, now) {
                    *steps.entry(step).or_default() += 1;
                }
            }
        }
        let of = |step| steps.get(&step).copied().unwrap_or_default();
        assert!((100..3_000).contains(&of(0)), "{steps:?}");
        assert!((2_000..20_000).contains(&of(1)), "{steps:?}");
        assert!(of(2) > 450_000, "{steps:?}");
        assert_eq!(of(3) + of(4), 0, "nothing is parked for hours");
    }

    #[test]
    fn what_is_back_is_not_ahead_of_anybody() {
        let (mut lines, start) = (Lines::new(terms(64, 500)), Instant::now());
        lines.come(&live("a"), 500);
        lines.begin(Company::Several);
        lines.park(Company::Several, start);
        let second = start + Duration::from_secs(2);
        lines.settle(&live("a"), 40, second);
        let first = lines.park(Company::Several, second);
        assert!(first.iter().all(|(_, _, step)| *step == 0), "20 a second");
        let later = start + Duration::from_mins(2);
        lines.settle(&live("a"), 8, later);
        lines.come(&live("a"), 200);
        assert!(!lines.park(Company::Several, later).is_empty());
    }

    #[test]
    fn large_mails_of_a_slow_workspace_are_parked_by_their_bytes() {
        let (mut lines, start) = (Lines::new(terms(4, 500)), Instant::now());
        for mail in 0..10 {
            lines.arrive(live("a"), Weighed { mail, bytes: 50_000 });
        }
        lines.begin(Company::Several);
        lines.park(Company::Several, start);
        let parked = lines.park(Company::Several, start + Duration::from_secs(2));
        assert_eq!(parked.len(), 3, "three quarters of 500,000 bytes are seven mails");
    }

    #[test]
    fn what_waits_for_a_refused_key_is_put_aside_for_as_long_as_it_was_refused() {
        let mut lines = Lines::new(terms(4, 500));
        lines.come(&live("a"), 10);
        lines.come(&live("b"), 2);
        lines.begin(Company::Several);
        let refused = |long: u64| {
            move |workspace: &WorkspaceId| (workspace.as_str() == "a").then(|| Duration::from_secs(long))
        };
        let aside = lines.put_aside(refused(2));
        assert!(!aside.is_empty() && aside.iter().all(|(_, step)| *step == 0), "{aside:?}");
        for (long, step) in [(4, 0), (61, 1), (700, 2), (1_000_000, 2)] {
            lines.come(&live("a"), 1);
            assert_eq!(lines.put_aside(refused(long)).first().map(|(_, step)| *step), Some(step), "{long}");
        }
        assert!(lines.take_all().len() <= 2, "nothing of others was put aside");
    }

    #[test]
    fn everything_that_waits_is_given_back_at_the_end() {
        let mut lines = Lines::new(terms(4, 500));
        lines.come(&live("a"), 10);
        lines.come(&party(Source::Replay, "b"), 5);
        lines.begin(Company::Alone);
        assert_eq!(lines.take_all().len(), 11);
        assert!(!lines.is_waiting());
    }
}
