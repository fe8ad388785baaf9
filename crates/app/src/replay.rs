//! Archived mail, read again: into the queue of replayed mail, or through the engine on this machine.
//!
//! A thread reads and chooses (`reading`); what it takes is published (`queue`) or answered (`here`). Memory is bounded by what may lie
//! between the two, whatever the archive holds. Nothing that is kept or printed of a mail names a person or says a word of it.

mod archive;
mod reading;
mod selection;
mod shuffle;

mod checkpoint;
mod count;
mod here;
mod queue;

mod pace;
mod progress;

mod compare;
mod lines;

pub(crate) use archive::{Archive, Place, refuse_jumps};
pub(crate) use checkpoint::{Job, Keeper};
pub(crate) use compare::Comparison;
pub(crate) use count::count_only;
pub(crate) use here::Here;
pub(crate) use lines::{Lines, beside};
pub(crate) use pace::Pace;
pub(crate) use progress::{Goal, Meter, Progress};
pub(crate) use queue::IntoQueue;
pub(crate) use reading::{Digests, Order, Plan, Reading, is_of_reading};
pub(crate) use selection::{Day, Selection, Shard, Writer};
pub(crate) use shuffle::Shuffled;

use replay_report::{Answers, Counts, Differences, Ended as Told, Looks};

use checkpoint::Checkpoint;
use reading::{Ended, Finish};

/// What a run leaves behind.
#[derive(Debug)]
pub(crate) struct Replayed {
    pub(crate) counts: Counts,
    pub(crate) looks: Looks,
    pub(crate) ending: Ending,
    /// Into the queue: how far all runs have got together.
    pub(crate) checkpoint: Option<Checkpoint>,
    /// Here: what became of the mails.
    pub(crate) answers: Option<Answers>,
    pub(crate) differences: Option<Differences>,
}

/// Why a run ended.
#[derive(Debug)]
pub(crate) enum Ending {
    /// Everything was read; where that ends.
    Complete(Place),
    /// As many mails were taken as were asked for.
    AtTheLimit,
    /// Somebody stopped it.
    Interrupted,
    /// Not every mail that was read has its fate: a mistake in this program.
    Miscounted,
    /// It makes no sense to go on.
    GaveUp(anyhow::Error),
}

impl Ending {
    /// Of a run that took everything there was to take. `None` where reading ended in a panic.
    fn of(finish: Option<Finish>, counts: &Counts) -> Self {
        match finish {
            Some(finish) if finish.read != counts.read || !counts.is_balanced() => Self::Miscounted,
            Some(Finish { ended: Ended::AtTheEnd, end, .. }) => Self::Complete(end),
            Some(Finish { ended: Ended::AtTheLimit, .. }) => Self::AtTheLimit,
            Some(Finish { ended: Ended::Stopped, .. }) => Self::Interrupted,
            None => Self::Miscounted,
        }
    }

    /// As the report has it.
    pub(crate) const fn told(&self) -> Told {
        match self {
            Self::Complete(_) => Told::Complete,
            Self::AtTheLimit => Told::AtTheLimit,
            Self::Interrupted => Told::Interrupted,
            Self::Miscounted => Told::Miscounted,
            Self::GaveUp(_) => Told::GaveUp,
        }
    }
}
