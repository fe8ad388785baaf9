//! On this machine: many mails at once through the engine, with a client that can only read. No ledger, no queue.

use std::sync::Arc;
use std::time::Duration;

use domain::{RunKind, WorkspaceId};
use engine::{Delivered, Engine, LookingRun, Trouble, Workspace};
use mail::Format;
use replay_report::{Answer, Answers, Counts, Looks};
use stripe_client::CallError;
use tokio::task::{JoinError, JoinSet};

use super::compare::Comparison;
use super::lines::Lines;
use super::pace::Pace;
use super::progress::Progress;
use super::reading::{Fate, Read, Reading, Taken, look};
use super::{Ending, Replayed};
use crate::complaint::chain;
use crate::lifecycle::Stop;
use crate::stripe_trouble;

/// The pauses before a mail is tried again that Stripe gave no answer for. The client has tried each call more than once by then.
const PAUSES: [Duration; 3] = [Duration::from_secs(1), Duration::from_secs(5), Duration::from_secs(20)];
/// The pause before a mail is tried again that was held up by the limits of the account.
const LIMITED: Duration = Duration::from_secs(1);
/// So many mails in a row without an answer from Stripe are no accident: the replay ends, and says why.
const GIVE_UP_AFTER: u32 = 20;

/// Answers what is read.
pub(crate) struct Here {
    pub(crate) engine: Engine,
    /// Its way to Stripe only reads.
    pub(crate) workspace: Workspace,
    pub(crate) in_flight: usize,
    pub(crate) pace: Pace,
    pub(crate) progress: Progress,
    pub(crate) lines: Option<Lines>,
    pub(crate) comparison: Option<Comparison>,
}

/// What every task needs.
struct Desk {
    engine: Engine,
    workspace: Workspace,
}

/// What became of one mail.
enum End {
    Answered(Box<Answer>),
    /// It cannot be read after all.
    Unreadable {
        code: &'static str,
        sentence: String,
    },
    Trouble(Box<Trouble>),
}

/// Everything so far.
struct Settled {
    counts: Counts,
    looks: Looks,
    answers: Answers,
    /// How many mails in a row had no answer from Stripe.
    unanswered: u32,
}

impl Here {
    /// Answers until everything is read and answered, or something ends it.
    pub(crate) async fn answer_all(mut self, mut reading: Reading, stop: &Stop) -> anyhow::Result<Replayed> {
        let desk = Arc::new(Desk { engine: self.engine.clone(), workspace: self.workspace.clone() });
        let mut settled = Settled {
            counts: Counts::default(),
            looks: Looks::default(),
            answers: Answers::new(self.workspace.stripe.mode()),
            unanswered: 0,
        };
        let (mut mails, mut is_read, mut ending) = (JoinSet::new(), false, None);
        while ending.is_none() && !(is_read && mails.is_empty()) {
            tokio::select! {
                biased;
                () = stop.hard.cancelled() => ending = Some(Ending::Interrupted),
                () = self.progress.is_due() => self.progress.show(&settled.counts)?,
                Some(end) = mails.join_next(), if !mails.is_empty() => {
                    ending = self.settle(end, &mut settled)?;
                }
                () = stop.soft.cancelled(), if !is_read => is_read = true,
                read = reading.reads.recv(), if !is_read && mails.len() < self.in_flight => match read {
                    Some(read) => self.begin(read, &mut settled, &desk, &mut mails).await?,
                    None => is_read = true,
                },
            }
        }
        mails.shutdown().await;
        self.end(reading, settled, ending, stop)
    }

    async fn begin(
        &mut self,
        read: Read,
        settled: &mut Settled,
        desk: &Arc<Desk>,
        mails: &mut JoinSet<End>,
    ) -> anyhow::Result<()> {
        look(&mut settled.looks, &read);
        match read.fate {
            Fate::Taken(taken) => {
                self.pace.wait_for(1).await;
                let desk = Arc::clone(desk);
                mails.spawn(async move { desk.answer(taken).await });
            }
            Fate::Unwanted(unwanted) => {
                settled.counts.read += 1;
                settled.counts.skip(unwanted.as_str());
            }
            Fate::Unreadable(not_read) => {
                settled.counts.read += 1;
                settled.counts.fail(not_read.code);
                self.progress.tell("not read:", &not_read.sentence)?;
            }
        }
        Ok(())
    }

    /// Counts an end. Some troubles are the end of everything: no mail would fare better.
    fn settle(
        &mut self,
        end: Result<End, JoinError>,
        settled: &mut Settled,
    ) -> anyhow::Result<Option<Ending>> {
        settled.counts.read += 1;
        match end {
            Ok(End::Answered(answer)) => self.note(&answer, settled)?,
            Ok(End::Unreadable { code, sentence }) => {
                settled.counts.fail(code);
                self.progress.tell("not read:", &sentence)?;
            }
            Ok(End::Trouble(trouble)) => return self.note_trouble(*trouble, settled),
            Err(_panic) => {
                settled.counts.fail("panicked");
                self.progress.tell("not answered:", "the program panicked on a mail")?;
            }
        }
        Ok(None)
    }

    fn note(&mut self, answer: &Answer, settled: &mut Settled) -> anyhow::Result<()> {
        settled.unanswered = 0;
        settled.counts.replayed += 1;
        settled.answers.note(answer);
        if let Some(comparison) = &mut self.comparison {
            comparison.note(answer);
        }
        if let Some(lines) = &mut self.lines {
            lines.write(answer)?;
        }
        Ok(())
    }

    fn note_trouble(&mut self, trouble: Trouble, settled: &mut Settled) -> anyhow::Result<Option<Ending>> {
        let text = chain(&trouble);
        let Trouble::Stripe(error) = trouble else {
            settled.counts.fail("not_answered");
            self.progress.tell("not answered:", &text)?;
            return Ok(None);
        };
        let is_refused = matches!(error, CallError::KeyRefused { .. });
        settled.unanswered += 1;
        settled.counts.fail(if is_refused { "key_refused" } else { "stripe_unavailable" });
        if is_refused || settled.unanswered >= GIVE_UP_AFTER {
            return Ok(Some(Ending::GaveUp(stripe_trouble::explain(text, &error))));
        }
        self.progress.tell("not answered:", &text)?;
        Ok(None)
    }

    fn end(
        self,
        reading: Reading,
        settled: Settled,
        ending: Option<Ending>,
        stop: &Stop,
    ) -> anyhow::Result<Replayed> {
        self.progress.clear()?;
        if let Some(lines) = self.lines {
            lines.finish()?;
        }
        let ending = match ending {
            Some(ending) => ending,
            None if stop.soft.is_cancelled() => Ending::Interrupted,
            None => Ending::of(reading.finish(), &settled.counts),
        };
        let Settled { counts, looks, answers, .. } = settled;
        let differences = self.comparison.map(Comparison::finish);
        Ok(Replayed { counts, looks, ending, checkpoint: None, answers: Some(answers), differences })
    }
}

impl Desk {
    async fn answer(&self, taken: Taken) -> End {
        let Taken { bytes, sent_at, room, .. } = taken;
        let id: &WorkspaceId = &self.workspace.id;
        let mut delivered = Delivered::new(bytes, Some("message/rfc822"), id.clone(), RunKind::Replay);
        delivered.format = Format::Rfc822;
        let mail = match self.engine.read(&delivered) {
            Ok(mail) => mail,
            Err(error) => return End::Unreadable { code: error.code(), sentence: error.to_string() },
        };
        drop((delivered, room));
        let mut pauses = PAUSES.into_iter();
        loop {
            let looked = Box::pin(self.engine.look(&self.workspace, &mail, LookingRun::Replay)).await;
            match looked {
                Ok(event) => return End::Answered(Box::new(Answer::of(&event, sent_at))),
                // Stripe's limits are waited for, however long it takes.
                Err(Trouble::Stripe(error)) if error.is_rate_limit() => tokio::time::sleep(LIMITED).await,
                Err(Trouble::Stripe(error)) if error.is_transient() => match pauses.next() {
                    Some(pause) => tokio::time::sleep(pause).await,
                    None => return End::Trouble(Box::new(Trouble::Stripe(error))),
                },
                Err(trouble) => return End::Trouble(Box::new(trouble)),
            }
        }
    }
}
