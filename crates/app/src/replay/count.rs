//! Nowhere: mails are read, chosen and counted.

use replay_report::{Counts, Looks};

use super::progress::Progress;
use super::reading::{Fate, Reading, look};
use super::{Ending, Replayed};
use crate::lifecycle::Stop;

/// Counts until everything is read or somebody stops it. What would be replayed counts as replayed.
pub(crate) async fn count_only(
    mut reading: Reading,
    mut progress: Progress,
    stop: &Stop,
) -> anyhow::Result<Replayed> {
    let (mut counts, mut looks) = (Counts::default(), Looks::default());
    loop {
        tokio::select! {
            biased;
            () = stop.soft.cancelled() => break,
            () = progress.is_due() => progress.show(&counts)?,
            read = reading.reads.recv() => {
                let Some(read) = read else { break };
                look(&mut looks, &read);
                counts.read += 1;
                match read.fate {
                    Fate::Taken(_) => counts.replayed += 1,
                    Fate::Unwanted(unwanted) => counts.skip(unwanted.as_str()),
                    Fate::Unreadable(not_read) => {
                        counts.fail(not_read.code);
                        progress.tell("not read:", &not_read.sentence)?;
                    }
                }
            }
        }
    }
    progress.clear()?;
    let ending =
        if stop.soft.is_cancelled() { Ending::Interrupted } else { Ending::of(reading.finish(), &counts) };
    Ok(Replayed { counts, looks, ending, checkpoint: None, answers: None, differences: None })
}
