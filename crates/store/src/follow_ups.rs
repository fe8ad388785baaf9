//! Follow-ups: work on a mail after its first draft, opened in the transaction that calls for it, claimed by one worker at a time.

use std::time::Duration;

use domain::{Fingerprint, RunKind, Timestamp, WorkspaceId};

use crate::approvals::milliseconds;
use crate::engine::{in_transaction, row};
use crate::error::{read, read_count, read_time};
use crate::mails::{LeaseTerms, StoredDraft, Token};
use crate::{Ledger, LedgerError};

/// The number of a follow-up in the ledger.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FollowUpId(pub(crate) i64);

impl FollowUpId {
    pub(crate) const fn number(self) -> i64 {
        self.0
    }
}

impl std::fmt::Display for FollowUpId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

/// Why a mail is followed up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FollowUpKind {
    /// Its approval was decided, or has expired: the subject is the approval.
    Decided,
    /// Nobody knows what came of its action, or a person has settled it by hand: the subject is the action.
    Reconcile,
    /// Its cancellation is to be taken back: the subject is the action.
    Undo,
}

impl FollowUpKind {
    /// The name in the ledger.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Decided => "decided",
            Self::Reconcile => "reconcile",
            Self::Undo => "undo",
        }
    }

    pub(crate) fn read(text: &str) -> Result<Self, LedgerError> {
        [Self::Decided, Self::Reconcile, Self::Undo]
            .into_iter()
            .find(|kind| kind.as_str() == text)
            .ok_or(LedgerError::Unreadable { what: "kind of follow-up" })
    }
}

/// When an unknown outcome is looked up, in minutes since it was noted. Soon, since most answers are lost in a moment's trouble; after an
/// hour and a quarter of a day for longer ones; after 25 hours, when Stripe has forgotten the key and nothing more can come of it;
/// then daily, for as long as a bank may take to let a refund show.
const LOOKS: [u64; 10] = [5, 60, 360, 1_500, 2_880, 4_320, 5_760, 7_200, 8_640, 10_080];

/// When an unknown outcome is looked up first, in milliseconds.
pub(crate) const RECONCILE_FIRST: i64 = 5 * 60_000;

/// How long after a look that told nothing the next one is, when the follow-up was postponed `postponements` times before. None: that was
/// the last one, and a person has to look.
pub fn next_look_after(postponements: u32) -> Option<Duration> {
    let done = usize::try_from(postponements).ok()?;
    let (this, next) = (LOOKS.get(done)?, LOOKS.get(done + 1)?);
    Some(Duration::from_mins(next - this))
}

/// The right to follow a mail up, until it ends or somebody takes over. Only [`Ledger::claim_follow_ups`] makes one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FollowUpLease {
    /// What was claimed.
    pub id: FollowUpId,
    /// When somebody else may take over.
    pub expires_at: Timestamp,
    pub(crate) workspace: WorkspaceId,
    pub(crate) run: RunKind,
    pub(crate) sequence: u32,
    pub(crate) token: Token,
}

/// Work on a mail after its first draft.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FollowUp {
    /// Its number.
    pub id: FollowUpId,
    /// Whose mail it is.
    pub workspace: WorkspaceId,
    /// In which kind of run the mail was read.
    pub run: RunKind,
    /// The mail, as its draft is filed.
    pub fingerprint: Fingerprint,
    /// Why it is followed up.
    pub kind: FollowUpKind,
    /// The approval or the action that it is about.
    pub subject: String,
    /// The number of the draft it may end with: one more than the mail's last.
    pub sequence: u32,
    /// How often it was claimed without being given back, this time included.
    pub attempts: u32,
    /// How often it was postponed.
    pub postponements: u32,
    /// The mail's first draft.
    pub first_draft: StoredDraft,
    /// What the mail's message is known by.
    pub correlation: Option<String>,
    /// The W3C trace context that the mail came with.
    pub traceparent: Option<String>,
    /// The right to do it.
    pub lease: FollowUpLease,
}

pub(crate) const OPEN: &str = "
    insert into follow_up (workspace, run, fingerprint, kind, subject, state, attempts, postponements, due_at, opened_at)
    values ($1, $2, $3, $4, $5, 'open', 0, 0, $6, $7)
    on conflict do nothing";

/// Opens a follow-up of what has a workspace, a run and a fingerprint, `due` milliseconds from now, unless there is one.
macro_rules! open_follow_up {
    ($transaction:ident, $now:ident, $of:expr, $kind:expr, $subject:expr, $due:expr) => {
        sqlx::query($crate::follow_ups::OPEN)
            .bind($of.workspace.as_str())
            .bind($of.run.as_str())
            .bind($of.fingerprint.to_string())
            .bind($kind.as_str())
            .bind($subject.as_str())
            .bind($now.saturating_add($due))
            .bind($now)
            .execute(&mut *$transaction)
            .await?
            .rows_affected()
    };
}

pub(crate) use open_follow_up;

/// What is due, or was left by a worker that died; of each mail one at a time, and none before the mail's first draft is stored. The state
/// is asked for twice: another worker may claim it in between.
const CLAIM: &str = "
    update follow_up
    set state = 'leased', attempts = attempts + 1, lease_token = $1, lease_expires_at = $3
    where (state = 'open' or (state = 'leased' and lease_expires_at <= $2)) and id in (
        select candidate.id from follow_up candidate
        where candidate.state in ('open', 'leased') and candidate.due_at <= $2
            and (candidate.state = 'open' or candidate.lease_expires_at <= $2)
            and exists (
                select 1 from draft
                where draft.workspace = candidate.workspace and draft.run = candidate.run
                    and draft.fingerprint = candidate.fingerprint
            )
            and not exists (
                select 1 from follow_up other
                where other.workspace = candidate.workspace and other.run = candidate.run
                    and other.fingerprint = candidate.fingerprint and other.id <> candidate.id
                    and (other.state = 'leased'
                        or (candidate.state = 'open' and other.state = 'open' and other.due_at <= $2 and other.id < candidate.id))
            )
        order by candidate.due_at, candidate.id limit $4
    )";

const CLAIMED: &str = "
    select follow_up.id, follow_up.workspace, follow_up.run, follow_up.fingerprint, follow_up.kind, follow_up.subject,
           follow_up.attempts, follow_up.postponements, draft.id as draft, draft.outcome, draft.body,
           draft.sequence as stored_as, draft.correlation, draft.traceparent,
           coalesce((
               select max(earlier.draft_sequence) from follow_up earlier
               where earlier.workspace = follow_up.workspace and earlier.run = follow_up.run
                   and earlier.fingerprint = follow_up.fingerprint
           ), 1) + 1 as sequence
    from follow_up
    join draft on draft.workspace = follow_up.workspace and draft.run = follow_up.run
        and draft.fingerprint = follow_up.fingerprint
    where follow_up.state = 'leased' and follow_up.lease_token = $1
    order by follow_up.due_at, follow_up.id";

row! {
    struct ClaimedRow {
        id: i64,
        workspace: String,
        run: String,
        fingerprint: String,
        kind: String,
        subject: String,
        attempts: i64,
        postponements: i64,
        draft: String,
        outcome: String,
        body: Vec<u8>,
        stored_as: i64,
        correlation: Option<String>,
        traceparent: Option<String>,
        sequence: i64,
    }
}

impl Ledger {
    /// Claims at most `limit` follow-ups that are due, the longest waiting first, each for one worker.
    pub async fn claim_follow_ups(
        &self,
        limit: u32,
        terms: LeaseTerms,
    ) -> Result<Vec<FollowUp>, LedgerError> {
        let token = Token::new()?;
        let (rows, expires_at) = in_transaction!(self, |transaction, now| {
            let expires_at = now.saturating_add(milliseconds(terms.lasts));
            let claimed = sqlx::query(CLAIM)
                .bind(token.as_str())
                .bind(now)
                .bind(expires_at)
                .bind(i64::from(limit))
                .execute(&mut *transaction)
                .await?;
            let rows: Vec<ClaimedRow> = if claimed.rows_affected() == 0 {
                Vec::new()
            } else {
                sqlx::query_as(CLAIMED).bind(token.as_str()).fetch_all(&mut *transaction).await?
            };
            (rows, expires_at)
        })?;
        let expires_at = read_time(expires_at)?;
        rows.into_iter().map(|row| row.follow_up(expires_at, &token)).collect()
    }
}

impl ClaimedRow {
    fn follow_up(self, expires_at: Timestamp, token: &Token) -> Result<FollowUp, LedgerError> {
        let (id, workspace) = (FollowUpId(self.id), read::<WorkspaceId>(&self.workspace, "workspace")?);
        let (run, fingerprint) = (read(&self.run, "kind of run")?, read(&self.fingerprint, "fingerprint")?);
        let sequence = read_count(self.sequence)?;
        Ok(FollowUp {
            id,
            workspace: workspace.clone(),
            run,
            fingerprint,
            kind: FollowUpKind::read(&self.kind)?,
            subject: self.subject,
            sequence,
            attempts: read_count(self.attempts)?,
            postponements: read_count(self.postponements)?,
            first_draft: StoredDraft {
                id: self.draft,
                fingerprint,
                outcome: read(&self.outcome, "outcome")?,
                body: self.body,
                sequence: self.stored_as,
            },
            correlation: self.correlation,
            traceparent: self.traceparent,
            lease: FollowUpLease { id, expires_at, workspace, run, sequence, token: token.clone() },
        })
    }
}
