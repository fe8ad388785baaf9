//! Claiming mail: who works on what, and what is known of it already.

use std::collections::HashMap;
use std::time::Duration;

use domain::{Digest, Fingerprint, Outcome, RunKind, Timestamp, WorkspaceId};
use ring::rand::{SecureRandom, SystemRandom};
use serde::Serialize;

use crate::batch::{self, Key};
use crate::engine::{in_transaction, reading, row};
use crate::error::{read, read_count, read_time};
use crate::{Ledger, LedgerError};

/// Bytes that arrived. Workspace and kind of run are part of the identity: a replay neither hands out nor prevents what live mail does.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Arrival {
    /// What the bytes are.
    pub digest: Digest,
    /// Whose mail it is.
    pub workspace: WorkspaceId,
    /// Why it is read.
    pub run: RunKind,
}

/// How long a claim holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LeaseTerms {
    /// Longer than the slowest mail takes with all its tries at Stripe; another worker waits as long when this one dies.
    pub lasts: Duration,
}

/// The right to work on one mail, until it ends or somebody takes over. Only [`Ledger::claim`] makes one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lease {
    /// What was claimed.
    pub arrival: Arrival,
    /// How often this mail was claimed without being given back, this time included; committed before anything is parsed. More than 1
    /// means that a worker died or froze on it.
    pub attempts: u32,
    /// How often it was postponed since a service it needs did not answer.
    pub postponements: u32,
    /// How often it was given back since it was not its turn at a service that takes only so many requests a second.
    pub turns_waited: u32,
    /// When it was first claimed.
    pub first_seen_at: Timestamp,
    /// When somebody else may take over.
    pub expires_at: Timestamp,
    pub(crate) token: Token,
}

/// What stands for one lease: 128 random bits in hexadecimal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Token(String);

impl Token {
    fn of(random: [u8; TOKEN_BYTES]) -> Self {
        Self(format!("{:032x}", u128::from_be_bytes(random)))
    }

    pub(crate) fn new() -> Result<Self, LedgerError> {
        let mut random = [0; TOKEN_BYTES];
        SystemRandom::new().fill(&mut random).map_err(|_unspecified| LedgerError::no_randomness())?;
        Ok(Self::of(random))
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

/// What became of a claim.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Claim {
    /// The mail is ours to work on.
    Taken(Lease),
    /// It was finished before: publish these bytes again.
    Finished(StoredDraft),
    /// It was given up before, for this reason.
    Dead(StoredDeath),
    /// Somebody works on it; also the answer to the second of two equal arrivals in one batch.
    Busy {
        /// When it can be taken over.
        until: Timestamp,
    },
}

/// A draft as it was, or is to be, published.
#[derive(Clone, PartialEq, Eq)]
pub struct StoredDraft {
    /// The id it is published under.
    pub id: String,
    /// The mail it answers.
    pub fingerprint: Fingerprint,
    /// How the mail ended.
    pub outcome: Outcome,
    /// The exact bytes. None when they were forgotten.
    pub body: Vec<u8>,
    /// Grows with every draft of the ledger; numbers may be left out.
    pub sequence: i64,
}

impl StoredDraft {
    /// Whether it is known only that there was one.
    pub const fn is_forgotten(&self) -> bool {
        self.body.is_empty()
    }
}

/// Hides what the draft says.
impl std::fmt::Debug for StoredDraft {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("StoredDraft")
            .field("id", &self.id)
            .field("fingerprint", &self.fingerprint)
            .field("outcome", &self.outcome)
            .field("bytes", &self.body.len())
            .field("sequence", &self.sequence)
            .finish()
    }
}

/// Why a mail was given up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredDeath {
    /// The stable code.
    pub code: String,
    /// One sentence, without anything of the mail.
    pub sentence: String,
    /// How often it had been claimed.
    pub attempts: u32,
    /// When it was first claimed.
    pub first_seen_at: Timestamp,
    /// When it was given up.
    pub died_at: Timestamp,
}

/// A mail that is new, open, or whose lease has ended is taken; everything else is left as it stands and not returned. Asked twice: before
/// the insert, since PostgreSQL locks and rewrites a row that conflicts even if it then does not update it, and in the conflict,
/// for the mail that another worker takes in between.
const TAKE: &str = "
    with batch as (
        select value ->> 'workspace' as workspace, value ->> 'run' as run, value ->> 'digest' as digest,
               value ->> 'token' as token
        from json_each($1)
    )
    insert into mail (workspace, run, digest, state, attempts, postponements, lease_token, lease_expires_at, first_seen_at)
    select batch.workspace, batch.run, batch.digest, 'leased', 1, 0, batch.token, $3, $2
    from batch
    where not exists (
        select 1 from mail
        where mail.workspace = batch.workspace and mail.run = batch.run and mail.digest = batch.digest
            and (mail.state in ('finished', 'dead') or mail.lease_expires_at > $2)
    )
    on conflict (workspace, run, digest) do update
    set state = 'leased', attempts = mail.attempts + 1,
        lease_token = excluded.lease_token, lease_expires_at = excluded.lease_expires_at
    where mail.state = 'open' or (mail.state = 'leased' and mail.lease_expires_at <= $2)
    returning digest, workspace, run, attempts, postponements, turns_waited, first_seen_at, lease_token";

row! {
    struct TakenRow {
        digest: String,
        workspace: String,
        run: String,
        attempts: i64,
        postponements: i64,
        turns_waited: i64,
        first_seen_at: i64,
        lease_token: String,
    }
}

const STANDING: &str = "
    with batch as (
        select value ->> 'workspace' as workspace, value ->> 'run' as run, value ->> 'digest' as digest
        from json_each($1)
    )
    select mail.digest, mail.workspace, mail.run, mail.state, mail.attempts, mail.lease_expires_at, mail.first_seen_at,
           mail.ended_at, mail.death_code, mail.death_sentence,
           draft.id, draft.fingerprint, draft.outcome, draft.body, draft.sequence
    from batch
    join mail on mail.workspace = batch.workspace and mail.run = batch.run and mail.digest = batch.digest
    left join draft on draft.workspace = mail.workspace and draft.run = mail.run
        and draft.fingerprint = mail.fingerprint";

row! {
    /// The draft's columns are there when the state is `finished`, the death's when it is `dead`.
    struct StandingRow {
        digest: String,
        workspace: String,
        run: String,
        state: String,
        attempts: i64,
        lease_expires_at: Option<i64>,
        first_seen_at: i64,
        ended_at: Option<i64>,
        death_code: Option<String>,
        death_sentence: Option<String>,
        id: Option<String>,
        fingerprint: Option<String>,
        outcome: Option<String>,
        body: Option<Vec<u8>>,
        sequence: Option<i64>,
    }
}

impl Ledger {
    /// Claims a batch in one transaction: the attempt is committed when this returns, before anything was parsed. The answers stand in
    /// the order of `arrivals`.
    pub async fn claim(&self, arrivals: &[Arrival], terms: LeaseTerms) -> Result<Vec<Claim>, LedgerError> {
        if arrivals.is_empty() {
            return Ok(Vec::new());
        }
        let (batch, distinct) = batch_of(arrivals)?;
        let lasts = i64::try_from(terms.lasts.as_millis()).unwrap_or(i64::MAX);
        let (taken, standing, expires_at) = in_transaction!(self, |transaction, now| {
            let expires_at = now.saturating_add(lasts);
            let taken: Vec<TakenRow> = sqlx::query_as(TAKE)
                .bind(&batch)
                .bind(now)
                .bind(expires_at)
                .fetch_all(&mut *transaction)
                .await?;
            let standing: Vec<StandingRow> = if taken.len() == distinct {
                Vec::new()
            } else {
                sqlx::query_as(STANDING).bind(&batch).fetch_all(&mut *transaction).await?
            };
            (taken, standing, expires_at)
        })?;
        let mut claims = claims_of(taken, standing, read_time(expires_at)?)?;
        arrivals.iter().map(|arrival| hand_out(&mut claims, arrival)).collect()
    }

    /// The draft of a mail that came before by another way, in other bytes.
    pub async fn draft_of(
        &self,
        workspace: &WorkspaceId,
        run: RunKind,
        fingerprint: &Fingerprint,
    ) -> Result<Option<StoredDraft>, LedgerError> {
        const SQL: &str = "select id, fingerprint, outcome, body, sequence from draft
            where workspace = $1 and run = $2 and fingerprint = $3";
        let row: Option<DraftRow> = reading!(self, |connection| {
            sqlx::query_as(SQL)
                .bind(workspace.as_str())
                .bind(run.as_str())
                .bind(fingerprint.to_string())
                .fetch_optional(&mut *connection)
                .await?
        })?;
        row.map(StoredDraft::try_from).transpose()
    }

    /// Whether a finished mail had this Message-ID (as the digest given to [`Ledger::finish`]) but was another mail.
    pub async fn message_id_was_used(
        &self,
        workspace: &WorkspaceId,
        run: RunKind,
        message_id: &Digest,
        by_other_than: &Fingerprint,
    ) -> Result<bool, LedgerError> {
        const SQL: &str = "select 1 from draft
            where workspace = $1 and run = $2 and message_id = $3 and fingerprint <> $4 limit 1";
        reading!(self, |connection| {
            sqlx::query(SQL)
                .bind(workspace.as_str())
                .bind(run.as_str())
                .bind(message_id.to_string())
                .bind(by_other_than.to_string())
                .fetch_optional(&mut *connection)
                .await?
                .is_some()
        })
    }
}

/// The batch as JSON with a new token for each arrival, and how many different arrivals it has. Sorted, so that two workers that
/// claim the same mails lock them in the same order.
fn batch_of(arrivals: &[Arrival]) -> Result<(String, usize), LedgerError> {
    let mut sorted: Vec<&Arrival> = arrivals.iter().collect();
    sorted.sort_unstable_by_key(|arrival| (&arrival.workspace, arrival.run.as_str(), arrival.digest));
    sorted.dedup();
    let mut random = vec![[0; TOKEN_BYTES]; sorted.len()];
    SystemRandom::new()
        .fill(random.as_flattened_mut())
        .map_err(|_unspecified| LedgerError::no_randomness())?;
    let rows = sorted
        .iter()
        .zip(random)
        .map(|(arrival, random)| NewClaim { key: Key::of(arrival), token: Token::of(random).0 });
    Ok((batch::json(rows)?, sorted.len()))
}

const TOKEN_BYTES: usize = 16;

/// An arrival with the token it is claimed under.
#[derive(Serialize)]
struct NewClaim<'a> {
    #[serde(flatten)]
    key: Key<'a>,
    token: String,
}

fn claims_of(
    taken: Vec<TakenRow>,
    standing: Vec<StandingRow>,
    expires_at: Timestamp,
) -> Result<HashMap<Arrival, Claim>, LedgerError> {
    let mut claims = HashMap::with_capacity(taken.len().max(standing.len()));
    for row in standing {
        claims.insert(read_arrival(&row.workspace, &row.run, &row.digest)?, row.claim()?);
    }
    for row in taken {
        let lease = row.lease(expires_at)?;
        claims.insert(lease.arrival.clone(), Claim::Taken(lease));
    }
    Ok(claims)
}

/// A lease goes to the first of equal arrivals; to those behind it the mail is busy.
fn hand_out(claims: &mut HashMap<Arrival, Claim>, arrival: &Arrival) -> Result<Claim, LedgerError> {
    let claim = claims.get(arrival).cloned().ok_or(LedgerError::Unreadable { what: "claim" })?;
    if let Claim::Taken(lease) = &claim {
        claims.insert(arrival.clone(), Claim::Busy { until: lease.expires_at });
    }
    Ok(claim)
}

pub(crate) fn read_arrival(workspace: &str, run: &str, digest: &str) -> Result<Arrival, LedgerError> {
    Ok(Arrival {
        digest: read(digest, "digest")?,
        workspace: read(workspace, "workspace")?,
        run: read(run, "kind of run")?,
    })
}

impl TakenRow {
    fn lease(self, expires_at: Timestamp) -> Result<Lease, LedgerError> {
        Ok(Lease {
            arrival: read_arrival(&self.workspace, &self.run, &self.digest)?,
            attempts: read_count(self.attempts)?,
            postponements: read_count(self.postponements)?,
            turns_waited: read_count(self.turns_waited)?,
            first_seen_at: read_time(self.first_seen_at)?,
            expires_at,
            token: Token(self.lease_token),
        })
    }
}

impl StandingRow {
    fn claim(self) -> Result<Claim, LedgerError> {
        match self.state.as_str() {
            "finished" => self.draft().map(Claim::Finished),
            "dead" => self.death().map(Claim::Dead),
            // Taken by another worker, and perhaps given back since: then it can be claimed at once.
            "leased" | "open" => {
                Ok(Claim::Busy { until: read_time(self.lease_expires_at.unwrap_or(self.first_seen_at))? })
            }
            _ => Err(LedgerError::Unreadable { what: "state of a mail" }),
        }
    }

    fn draft(self) -> Result<StoredDraft, LedgerError> {
        let row = || {
            Some(DraftRow {
                id: self.id?,
                fingerprint: self.fingerprint?,
                outcome: self.outcome?,
                body: self.body?,
                sequence: self.sequence?,
            })
        };
        row().ok_or(LedgerError::Unreadable { what: "draft" })?.try_into()
    }

    fn death(self) -> Result<StoredDeath, LedgerError> {
        let unreadable = LedgerError::Unreadable { what: "death" };
        let (Some(code), Some(sentence), Some(died_at)) =
            (self.death_code, self.death_sentence, self.ended_at)
        else {
            return Err(unreadable);
        };
        Ok(StoredDeath {
            code,
            sentence,
            attempts: read_count(self.attempts)?,
            first_seen_at: read_time(self.first_seen_at)?,
            died_at: read_time(died_at)?,
        })
    }
}

row! {
    struct DraftRow {
        id: String,
        fingerprint: String,
        outcome: String,
        body: Vec<u8>,
        sequence: i64,
    }
}

impl TryFrom<DraftRow> for StoredDraft {
    type Error = LedgerError;

    fn try_from(row: DraftRow) -> Result<Self, LedgerError> {
        Ok(Self {
            id: row.id,
            fingerprint: read(&row.fingerprint, "fingerprint")?,
            outcome: read(&row.outcome, "outcome")?,
            body: row.body,
            sequence: row.sequence,
        })
    }
}
