//! How many mails a sender has written within the hour: more than a workspace answers go to a person.
//!
//! The ledger counts mails as they are finished, so that every worker, and one that was started anew, knows who has used up the hour.
//! What was begun here and is perhaps not finished yet is known here: a hundred mails that come at once are no loophole.

use std::collections::HashMap;
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use domain::{Digest, Fingerprint, Mail, RunKind, Timestamp};
use store::{Ledger, LedgerError, SenderCount};

use crate::path;
use crate::workspace::Workspace;

/// The most senders of a generation. Two are kept, some 10 MB: a flood of names forgets quiet senders, and the ledger still has them.
const GENERATION: usize = 20_000;

/// How long what the ledger said is believed: so long a sender who has used up the hour with another worker may still be answered here.
/// Asked with every batch it would cost as much as the claims.
const BELIEVED_FOR: Duration = Duration::from_millis(200);

/// Whether a sender may be answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Budget {
    /// By all that is known.
    Left,
    /// So many mails were answered within the hour as are allowed.
    UsedUp,
}

/// Who has used up the hour by the ledger, and until when.
pub(crate) type Over = Arc<HashMap<Digest, Timestamp>>;

/// The mails begun here within the hour, by sender, and who was over lately.
#[derive(Clone, Default)]
pub struct Senders {
    begun: Arc<Mutex<Generations>>,
    told: Arc<Mutex<Option<Told>>>,
}

/// What the ledger said, and when.
struct Told {
    at: Instant,
    over: Over,
}

#[derive(Default)]
struct Generations {
    young: HashMap<Digest, Tally>,
    old: HashMap<Digest, Tally>,
}

/// What one sender has written: as many mails as are allowed and no more, so that a mail that comes again is known.
struct Tally {
    began_at: Timestamp,
    mails: Vec<Fingerprint>,
}

/// Hides who wrote.
impl std::fmt::Debug for Senders {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Senders").finish_non_exhaustive()
    }
}

/// What the mail counts for: only live mail of people does. Whoever tests a load sends it from few addresses, and archived mail was
/// answered long ago.
pub(crate) fn count_of(mail: &Mail, workspace: &Workspace, run: RunKind) -> Option<SenderCount> {
    let allowed = workspace.policy.sender.mails_per_hour?;
    let live = match run {
        RunKind::Live => mail.automatic.is_none(),
        RunKind::Replay | RunKind::Simulator | RunKind::Load => false,
    };
    let address = mail.sender.as_ref().ok().filter(|_| live)?;
    // Apart, so that whoever forges the address uses up a budget of his own and not that of its owner.
    let standing = path::standing(mail.assurance);
    let address = address.to_lowercase();
    let parts: [&[u8]; 4] =
        [b"postill.sender.v1", workspace.id.as_str().as_bytes(), standing, address.as_str().as_bytes()];
    // Without a key: the drafts beside it hold the address in clear, and every worker has to come to the same digest.
    Some(SenderCount { sender: Digest::of(&parts), allowed })
}

impl Senders {
    /// Who is over by the ledger, which is asked now and then.
    pub(crate) async fn over(&self, ledger: &Ledger) -> Result<Over, LedgerError> {
        if let Some(over) = self.over_lately() {
            return Ok(over);
        }
        let at = Instant::now();
        let over = Over::new(ledger.senders_over().await?);
        let told = Told { at, over: Over::clone(&over) };
        *self.told.lock().unwrap_or_else(PoisonError::into_inner) = Some(told);
        Ok(over)
    }

    fn over_lately(&self) -> Option<Over> {
        let told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        let told = told.as_ref().filter(|told| told.at.elapsed() < BELIEVED_FOR)?;
        Some(Over::clone(&told.over))
    }

    /// Counts a mail as begun, once, while there is something left.
    pub(crate) fn begin(&self, count: SenderCount, mail: Fingerprint, over: &Over, now: Timestamp) -> Budget {
        let mut begun = self.begun.lock().unwrap_or_else(PoisonError::into_inner);
        let tally = begun.of(count.sender, now);
        if tally.mails.contains(&mail) {
            return Budget::Left;
        }
        let used_up = over.get(&count.sender).is_some_and(|until| *until > now);
        if used_up || tally.mails.len() >= most(count.allowed) {
            return Budget::UsedUp;
        }
        tally.mails.push(mail);
        Budget::Left
    }
}

impl Generations {
    /// The tally of `sender`, new when the hour is over.
    fn of(&mut self, sender: Digest, now: Timestamp) -> &mut Tally {
        let known = self.young.remove(&sender).or_else(|| self.old.remove(&sender));
        if self.young.len() >= GENERATION {
            self.old = std::mem::take(&mut self.young);
        }
        let tally = known.filter(|tally| now.duration_since(tally.began_at).as_hours() < 1);
        self.young.entry(sender).or_insert(tally.unwrap_or(Tally { began_at: now, mails: Vec::new() }))
    }
}

fn most(allowed: NonZeroU32) -> usize {
    usize::try_from(allowed.get()).unwrap_or(usize::MAX)
}
