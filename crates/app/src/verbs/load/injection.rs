//! One run: sends what is due, notes what comes, and waits for the rest.

use std::ops::Range;
use std::time::Duration;

use broker::{Gauge, Name, Outgoing, PublishError, Publisher, Tap, Tapped};
use domain::WorkspaceId;
use load::{Drafted, Pacer, Recorded, Recording, Schedule};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;

use super::letters::Letters;
use crate::cli;
use crate::complaint::Advice;
use crate::incoming;
use crate::worker::drafts;

/// Mails in one burst, at most.
const BURST: u64 = 64;
/// Bursts that may be unconfirmed while sending as fast as possible; a schedule does not wait for confirms.
const BURSTS_AT_ONCE: usize = 16;
/// Drafts taken at a time.
const DRAFTS: usize = 512;
/// How often the dead queue is looked at once all is sent.
const LOOK: Duration = Duration::from_millis(500);
/// Dead mails that are looked through for those of the run.
const DEAD_AT_MOST: usize = 50_000;

/// How fast mails are sent.
pub(super) enum Pace {
    /// As a schedule says.
    Steady(Schedule),
    /// As fast as they are confirmed, so many.
    Mails(u64),
    /// As fast as they are confirmed, for so long.
    For(Duration),
}

pub(super) struct Injection<'a> {
    pub(super) arguments: &'a cli::Load,
    pub(super) workspace: &'a WorkspaceId,
    pub(super) dead: &'a Name,
    pub(super) publisher: Publisher,
    pub(super) tap: &'a mut Tap,
    pub(super) gauge: &'a Gauge,
    pub(super) letters: Letters,
    /// Ends the schedule.
    pub(super) stop: &'a CancellationToken,
}

/// What the broker said of a burst.
struct Confirmed {
    numbers: Range<u64>,
    results: Vec<Result<(), PublishError>>,
}

impl Injection<'_> {
    pub(super) async fn run(mut self, pace: Pace) -> anyhow::Result<Recorded> {
        let start = beside_the_timer().await;
        let mut pacing = Pacing::new(pace, start);
        let mut recording = Recording::new(Duration::from_secs(self.arguments.warm_up));
        let mut publishing: JoinSet<Confirmed> = JoinSet::new();
        let (mut is_sending, mut dead_before) = (true, None);
        let (mut progress, mut next_look) = (start, start);
        while is_sending || !publishing.is_empty() || recording.waiting() > 0 {
            let may_send = is_sending && (pacing.is_steady() || publishing.len() < BURSTS_AT_ONCE);
            tokio::select! {
                due = pacing.next(), if may_send => match due {
                    Some(numbers) => {
                        let burst = self.burst(&numbers, &pacing, &mut recording).await?;
                        let publisher = self.publisher.clone();
                        publishing.spawn(async move { Confirmed { numbers, results: publisher.publish(burst).await } });
                    }
                    None => is_sending = false,
                },
                drafts = self.tap.next_batch(DRAFTS) => {
                    let at = start.elapsed();
                    drafts?.iter().for_each(|draft| self.note(&mut recording, draft, at));
                }
                Some(confirmed) = publishing.join_next(), if !publishing.is_empty() => {
                    note_confirms(&mut recording, confirmed?, start.elapsed());
                }
                () = sleep_until(next_look), if !is_sending => {
                    self.look_for_dead(&mut recording, &mut dead_before).await?;
                    next_look = Instant::now() + LOOK;
                }
                () = self.stop.cancelled(), if is_sending => is_sending = false,
            }
            if pacing.moved(&recording) || is_sending {
                progress = Instant::now();
            }
            if progress.elapsed() > Duration::from_secs(self.arguments.drain) {
                break;
            }
            self.require_few_waiting(&recording)?;
        }
        Ok(recording.finish())
    }

    async fn burst(
        &mut self,
        numbers: &Range<u64>,
        pacing: &Pacing,
        recording: &mut Recording,
    ) -> anyhow::Result<Vec<Outgoing>> {
        let mut burst = Vec::new();
        for number in numbers.clone() {
            let next = self.letters.next(number).await?;
            recording.sending(number, pacing.due(number), next.label);
            burst.push(incoming::of_load(next.mail, Some(self.workspace)));
        }
        Ok(burst)
    }

    fn note(&self, recording: &mut Recording, draft: &Tapped, at: Duration) {
        let Some(number) = draft.correlation_id.as_deref().and_then(|id| self.letters.number(id)) else {
            return;
        };
        let id = draft.message_id.as_deref().unwrap_or_default();
        let outcome = drafts::outcome_told(&draft.routing_key);
        recording.drafted(Drafted { number, at, id, outcome });
    }

    /// Looks through the dead queue whenever it has grown or shrunk.
    async fn look_for_dead(
        &self,
        recording: &mut Recording,
        dead_before: &mut Option<u32>,
    ) -> anyhow::Result<()> {
        let dead = self.gauge.ready(self.dead).await?;
        if dead == 0 || dead_before.replace(dead) == Some(dead) {
            return Ok(());
        }
        for seen in self.gauge.look(self.dead, DEAD_AT_MOST).await? {
            if let Some(number) = seen.properties.message_id.as_deref().and_then(|id| self.letters.number(id))
            {
                recording.dead(number);
            }
        }
        Ok(())
    }

    fn require_few_waiting(&self, recording: &Recording) -> anyhow::Result<()> {
        let most = self.arguments.most_waiting;
        if recording.waiting() <= most {
            return Ok(());
        }
        Err(Advice::refused(
            format!("more than {most} mails wait for their draft"),
            "is a worker running? A lower --rate, more workers, or --most-waiting",
        ))
    }
}

/// Tokio's timer wakes at whole milliseconds of its own, so a mail due just behind one would be sent almost a millisecond late. From here
/// on, what is due at a whole millisecond is due just before it wakes.
async fn beside_the_timer() -> Instant {
    const JUST_BEFORE: Duration = Duration::from_micros(300);
    tokio::time::sleep(Duration::from_millis(1)).await;
    let woken = Instant::now();
    woken.checked_sub(JUST_BEFORE).unwrap_or(woken)
}

fn note_confirms(recording: &mut Recording, confirmed: Confirmed, at: Duration) {
    for (number, result) in confirmed.numbers.zip(confirmed.results) {
        match result {
            Ok(()) => recording.published(at),
            Err(_not_stored) => recording.not_published(number),
        }
    }
}

/// Where a run is on its way.
struct Pacing {
    start: Instant,
    way: Way,
    ended: u64,
}

enum Way {
    Steady(Pacer),
    Flat { next: u64, mails: u64, until: Option<Instant>, due: Duration },
}

impl Pacing {
    fn new(pace: Pace, start: Instant) -> Self {
        let flat = |mails, until| Way::Flat { next: 0, mails, until, due: Duration::ZERO };
        let way = match pace {
            Pace::Steady(schedule) => Way::Steady(Pacer::new(schedule, start)),
            Pace::Mails(mails) => flat(mails, None),
            Pace::For(time) => flat(u64::MAX, Some(start + time)),
        };
        Self { start, way, ended: 0 }
    }

    const fn is_steady(&self) -> bool {
        matches!(self.way, Way::Steady(_))
    }

    /// The mails to be sent now; none after the last.
    async fn next(&mut self) -> Option<Range<u64>> {
        match &mut self.way {
            Way::Steady(pacer) => pacer.next(BURST).await,
            Way::Flat { next, mails, until, due } => {
                let is_over = until.is_some_and(|until| Instant::now() >= until);
                let from = *next;
                *next = from.saturating_add(BURST).min(*mails);
                *due = self.start.elapsed();
                (!is_over && *next > from).then_some(from..*next)
            }
        }
    }

    /// When a mail of those to be sent now is due: without a schedule, now.
    fn due(&self, number: u64) -> Duration {
        match &self.way {
            Way::Steady(pacer) => pacer.due(number),
            Way::Flat { due, .. } => *due,
        }
    }

    /// Whether any mail ended since the last time this was asked.
    fn moved(&mut self, recording: &Recording) -> bool {
        std::mem::replace(&mut self.ended, recording.ended()) != recording.ended()
    }
}
