//! Dead mails and orders about them, in few words.

use domain::{RunKind, Timestamp};
use store::{DeadDeed, DeadGroup, DeadMail, DeadOrder, DeadOrderState};

use super::remedy::remedy;
use crate::figures;
use crate::shown::Chip;
use crate::when::When;

/// Enough to tell mails apart.
const SHOWN_OF_ID: usize = 12;

/// A group.
pub(super) struct GroupLine {
    pub(super) id: String,
    pub(super) code: String,
    pub(super) sentence: String,
    /// What to do about it, where that is known.
    pub(super) remedy: Option<&'static str>,
    pub(super) run: &'static str,
    pub(super) mails: u32,
    pub(super) oldest: When,
    pub(super) newest: When,
    /// The time of the last death, for forms.
    pub(super) until: i64,
}

impl GroupLine {
    pub(super) fn of(group: DeadGroup, now: Timestamp) -> Self {
        let when = |at| When { at, now };
        Self {
            id: group.id.to_string(),
            remedy: remedy(&group.code),
            code: group.code,
            sentence: group.sentence,
            run: run_in_words(group.run),
            mails: group.mails,
            oldest: when(group.oldest),
            newest: when(group.newest),
            until: group.newest.as_millisecond(),
        }
    }

    pub(super) fn count(&self) -> String {
        counted(self.mails)
    }

    /// Whether all died in the same moment, as far as is shown.
    pub(super) fn is_one_moment(&self) -> bool {
        self.mails == 1
    }
}

/// One mail.
pub(super) struct MailLine {
    pub(super) digest: String,
    pub(super) short: String,
    pub(super) attempts: u32,
    pub(super) came: When,
    pub(super) died: When,
    pub(super) sentence: String,
}

impl MailLine {
    pub(super) fn of(mail: DeadMail, now: Timestamp) -> Self {
        let digest = mail.arrival.digest.to_string();
        Self {
            short: digest.chars().take(SHOWN_OF_ID).collect(),
            digest,
            attempts: mail.attempts,
            came: When { at: mail.first_seen_at, now },
            died: When { at: mail.died_at, now },
            sentence: mail.sentence,
        }
    }
}

/// An order.
pub(super) struct OrderLine {
    pub(super) sentence: String,
    /// The one mail that it is about.
    pub(super) mail: Option<String>,
    pub(super) what: String,
    pub(super) reason: Option<String>,
    pub(super) by: String,
    pub(super) at: When,
    pub(super) chip: Chip,
    pub(super) result: String,
    pub(super) is_open: bool,
}

impl OrderLine {
    pub(super) fn of(order: DeadOrder, now: Timestamp) -> Self {
        let what = match order.deed {
            DeadDeed::Requeue => format!("Put back {}", counted(order.mails)),
            DeadDeed::Drop { .. } => format!("Drop {}", counted(order.mails)),
        };
        let (chip, result) = became(&order);
        Self {
            sentence: order.sentence,
            mail: order.mail.map(|digest| digest.to_string().chars().take(SHOWN_OF_ID).collect()),
            what,
            reason: match order.deed {
                DeadDeed::Requeue => None,
                DeadDeed::Drop { reason } => Some(reason),
            },
            by: order.actor,
            at: When { at: order.ordered_at, now },
            chip,
            result,
            is_open: !matches!(order.state, DeadOrderState::Ended { .. }),
        }
    }
}

fn became(order: &DeadOrder) -> (Chip, String) {
    let chip = |class, sign, word| Chip { class, sign, word };
    let done = match order.deed {
        DeadDeed::Requeue => "put back",
        DeadDeed::Drop { .. } => "dropped",
    };
    let (moved, of) = (figures::number(order.moved.into()), figures::number(order.mails.into()));
    match order.state {
        DeadOrderState::Open if order.moved == 0 => {
            (chip("warn", "◷", "ordered"), "A worker takes it up within seconds.".to_owned())
        }
        DeadOrderState::Open | DeadOrderState::UnderWay => {
            (chip("info", "→", "under way"), format!("{moved} of {of} {done} so far."))
        }
        DeadOrderState::Ended { missing: 0, .. } => {
            (chip("good", "✔", "done"), format!("{moved} of {of} {done}."))
        }
        DeadOrderState::Ended { missing, .. } => {
            let missing = figures::number(missing.into());
            let found = format!("{moved} of {of} {done}; {missing} not found in the dead queue.");
            (chip("warn", "!", "done in part"), found)
        }
    }
}

/// `1 mail`, `12 mails`
fn counted(mails: u32) -> String {
    if mails == 1 { "1 mail".to_owned() } else { format!("{} mails", figures::number(mails.into())) }
}

const fn run_in_words(run: RunKind) -> &'static str {
    match run {
        RunKind::Live => "live mail",
        RunKind::Replay => "a replay",
        RunKind::Load => "a load test",
        RunKind::Simulator => "the simulator",
    }
}
