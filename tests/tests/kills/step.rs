//! The steps of the path, named from what can be seen when the worker is dead.

use std::fmt;

use tests::executioner::{Journal, Sent};

use crate::ledger::Look;
use crate::shop::Wish;

/// How far a mail had come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Step {
    BeforeTheClaim,
    Claimed,
    ReadingFromStripe,
    Intended,
    IntendedAndReadAgain,
    SentNotExecuted,
    ExecutedNotAnswered,
    AnsweredNotStored,
    DoneMailNotFinished,
    FinishedNotPublished,
    PublishedNotConfirmed,
    ConfirmedNotAcknowledged,
    Acknowledged,
}

impl Step {
    /// Every step, in the order of the path.
    pub(crate) const ALL: [Self; 13] = [
        Self::BeforeTheClaim,
        Self::Claimed,
        Self::ReadingFromStripe,
        Self::Intended,
        Self::IntendedAndReadAgain,
        Self::SentNotExecuted,
        Self::ExecutedNotAnswered,
        Self::AnsweredNotStored,
        Self::DoneMailNotFinished,
        Self::FinishedNotPublished,
        Self::PublishedNotConfirmed,
        Self::ConfirmedNotAcknowledged,
        Self::Acknowledged,
    ];

    /// Whether it is a step of this path. What was allowed is not read again before it is intended: it was read when it was asked for.
    pub(crate) fn is_on_the_way_of(self, wish: Wish) -> bool {
        self != Self::ReadingFromStripe || wish != Wish::ApprovedRefund
    }

    /// Where the worker died.
    pub(crate) fn of(scene: &Scene) -> Self {
        let Scene { look, effects, drafts, journal } = scene;
        let sent = journal.sent();
        let answered = |what: fn(&Sent) -> bool| sent.iter().any(|sent| what(sent) && sent.answered);
        if !look.is_claimed {
            return Self::BeforeTheClaim;
        }
        if *drafts > 0 {
            return if look.is_noted || sent.iter().any(is_acknowledgement) {
                Self::Acknowledged
            } else if answered(is_publishing) {
                Self::ConfirmedNotAcknowledged
            } else {
                Self::PublishedNotConfirmed
            };
        }
        match look.action.as_deref() {
            _ if look.is_finished => Self::FinishedNotPublished,
            Some("done" | "reconciled") => Self::DoneMailNotFinished,
            Some("sent") if *effects == 0 => Self::SentNotExecuted,
            Some("sent") if answered(is_change) => Self::AnsweredNotStored,
            Some("sent") => Self::ExecutedNotAnswered,
            Some(_) if reads_since_the_last_commit(sent) => Self::IntendedAndReadAgain,
            Some(_) => Self::Intended,
            None if sent.iter().any(is_question) => Self::ReadingFromStripe,
            None => Self::Claimed,
        }
    }
}

/// What can be seen when the worker is dead.
pub(crate) struct Scene {
    pub(crate) look: Look,
    /// What Stripe holds of what was asked for.
    pub(crate) effects: usize,
    /// Drafts on the queue that tell what was done.
    pub(crate) drafts: usize,
    /// What the worker had sent.
    pub(crate) journal: Journal,
}

fn reads_since_the_last_commit(sent: &[Sent]) -> bool {
    let commit = sent.iter().rposition(is_commit);
    sent.iter().skip(commit.unwrap_or_default()).any(is_question)
}

fn is_question(sent: &Sent) -> bool {
    sent.name.starts_with("stripe: GET")
}

fn is_change(sent: &Sent) -> bool {
    sent.name.starts_with("stripe: POST")
}

fn is_commit(sent: &Sent) -> bool {
    sent.name.starts_with("postgres: commit") || sent.name.starts_with("sqlite: sync")
}

fn is_publishing(sent: &Sent) -> bool {
    sent.name == "rabbitmq: publish, its body"
}

fn is_acknowledgement(sent: &Sent) -> bool {
    sent.name == "rabbitmq: acknowledge"
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::BeforeTheClaim => "before the claim",
            Self::Claimed => "claimed",
            Self::ReadingFromStripe => "reading from Stripe",
            Self::Intended => "intended",
            Self::IntendedAndReadAgain => "intended and read again",
            Self::SentNotExecuted => "sent but not executed",
            Self::ExecutedNotAnswered => "executed but not answered",
            Self::AnsweredNotStored => "answered but not stored",
            Self::DoneMailNotFinished => "done but mail not finished",
            Self::FinishedNotPublished => "finished but not published",
            Self::PublishedNotConfirmed => "published but not confirmed",
            Self::ConfirmedNotAcknowledged => "confirmed but not acknowledged",
            Self::Acknowledged => "acknowledged",
        })
    }
}
