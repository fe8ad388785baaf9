//! Finishing mail: outcome and draft in one transaction, the first draft of a mail for ever.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

use domain::ids::CustomerId;
use domain::{Digest, Fingerprint, Label, Outcome};
use serde::Serialize;

use crate::approvals::{NewApproval, approvals_of, request_approval};
use crate::batch::{self, Held, Key};
use crate::engine::{holdable, in_transaction, row};
use crate::error::read;
use crate::mails::{Arrival, Lease, StoredDraft, read_arrival};
use crate::senders::{COUNT, SenderCount, an_hour_before, counts_of};
use crate::{Ledger, LedgerError};

/// A mail with its outcome and the draft that is to be published.
#[derive(Debug, Clone)]
pub struct Finished {
    /// The right to finish it.
    pub lease: Lease,
    /// Which mail the bytes held, as far as it is believed: its [`domain::Mail::identity`].
    pub fingerprint: Fingerprint,
    /// The digest of its Message-ID, to notice when another mail comes with the same one.
    pub message_id: Option<Digest>,
    /// How it ended.
    pub outcome: Outcome,
    /// What it asked for.
    pub label: Label,
    /// Whose mail it was at Stripe.
    pub customer: Option<CustomerId>,
    /// What is to be published.
    pub draft: NewDraft,
    /// What the message it came with is known by, for every draft about it.
    pub correlation: Option<String>,
    /// The W3C trace context it came with, for every draft about it.
    pub traceparent: Option<String>,
    /// What waits for a person. Stored only with the mail's first draft.
    pub approval: Option<NewApproval>,
    /// Whose budget it uses up, where it uses one. A copy of a finished mail uses none.
    pub counts_for: Option<SenderCount>,
}

/// A draft that is to be stored.
#[derive(Clone)]
pub struct NewDraft {
    /// The id it is published under.
    pub id: String,
    /// The exact bytes.
    pub body: Vec<u8>,
}

/// Hides what the draft says.
impl std::fmt::Debug for NewDraft {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NewDraft").field("id", &self.id).field("bytes", &self.body.len()).finish()
    }
}

/// What became of a mail that was to be finished.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Finish {
    /// Outcome and draft are stored: publish the draft.
    Stored,
    /// The mail was finished before, by a copy of it or by whoever took it over. Publish these bytes, not the new ones.
    AlreadyStored(StoredDraft),
    /// Somebody else works on the mail; nothing was changed. Publish nothing.
    LeaseLost,
}

const CLOSE: &str = "
    with batch as (
        select value ->> 'workspace' as workspace, value ->> 'run' as run, value ->> 'digest' as digest,
               value ->> 'token' as token, value ->> 'fingerprint' as fingerprint
        from json_each($1)
    )
    update mail
    set state = 'finished', fingerprint = batch.fingerprint, ended_at = $2,
        lease_token = null, lease_expires_at = null
    from batch
    where mail.workspace = batch.workspace and mail.run = batch.run and mail.digest = batch.digest
        and mail.lease_token = batch.token";

/// A mail of the batch whose lease was lost does not join unless whoever took it over has finished it; then the draft is there and
/// stays. All bodies come as one run of bytes and are cut apart here: JSON cannot carry bytes.
const STORE: &str = "
    with batch as (
        select value ->> 'workspace' as workspace, value ->> 'run' as run, value ->> 'digest' as digest,
               value ->> 'fingerprint' as fingerprint, value ->> 'message_id' as message_id,
               value ->> 'id' as id, value ->> 'outcome' as outcome, value ->> 'label' as label,
               value ->> 'customer' as customer, value ->> 'correlation' as correlation,
               value ->> 'traceparent' as traceparent, cast(value ->> 'start' as integer) as start,
               cast(value ->> 'length' as integer) as length
        from json_each($1)
    )
    insert into draft (workspace, run, fingerprint, digest, message_id, id, outcome, label, customer, body, finished_at,
                       correlation, traceparent)
    select batch.workspace, batch.run, batch.fingerprint, batch.digest, batch.message_id, batch.id, batch.outcome,
           batch.label, batch.customer, substr($2, batch.start, batch.length), $3,
           batch.correlation, batch.traceparent
    from batch
    join mail on mail.workspace = batch.workspace and mail.run = batch.run and mail.digest = batch.digest
    where mail.fingerprint = batch.fingerprint
    on conflict (workspace, run, fingerprint) do nothing
    returning digest, workspace, run";

row! {
    struct StoredRow {
        digest: String,
        workspace: String,
        run: String,
    }
}

const EARLIER: &str = "
    with batch as (
        select value ->> 'workspace' as workspace, value ->> 'run' as run, value ->> 'digest' as digest,
               value ->> 'fingerprint' as fingerprint
        from json_each($1)
    )
    select batch.digest, batch.workspace, batch.run,
           draft.id, draft.fingerprint, draft.outcome, draft.body, draft.sequence
    from batch
    join draft on draft.workspace = batch.workspace and draft.run = batch.run
        and draft.fingerprint = batch.fingerprint";

row! {
    struct EarlierRow {
        digest: String,
        workspace: String,
        run: String,
        id: String,
        fingerprint: String,
        outcome: String,
        body: Vec<u8>,
        sequence: i64,
    }
}

impl Ledger {
    /// Finishes a batch in one transaction. The answers stand in the order of `finished`. Safe to repeat when it is not known
    /// whether it was committed: a mail that was then finished is answered with its stored draft.
    pub async fn finish(&self, finished: &[Finished]) -> Result<Vec<Finish>, LedgerError> {
        if finished.is_empty() {
            return Ok(Vec::new());
        }
        let (batch, bodies) = batch_with_bodies(finished)?;
        let (stored, earlier) = in_transaction!(self, |transaction, now| {
            sqlx::query(CLOSE).bind(&batch).bind(now).execute(&mut *transaction).await?;
            let stored: Vec<StoredRow> = sqlx::query_as(STORE)
                .bind(&batch)
                .bind(&bodies)
                .bind(now)
                .fetch_all(&mut *transaction)
                .await?;
            let stored = arrivals_of(&stored)?;
            if let Some(counts) = counts_of(finished, &stored) {
                sqlx::query(COUNT)
                    .bind(counts)
                    .bind(now)
                    .bind(an_hour_before(now))
                    .execute(&mut *transaction)
                    .await?;
            }
            for (mail, approval) in approvals_of(finished, &stored) {
                request_approval!(transaction, now, mail, approval);
            }
            let earlier: Vec<EarlierRow> = if stored.len() == finished.len() {
                Vec::new()
            } else {
                let others = batch_without(finished, &stored)?;
                sqlx::query_as(EARLIER).bind(others).fetch_all(&mut *transaction).await?
            };
            (stored, earlier)
        })?;
        let mut earlier = drafts_of(earlier)?;
        let answer = |mail: &Finished| match earlier.remove(&mail.lease.arrival) {
            Some(draft) => Finish::AlreadyStored(draft),
            None if stored.contains(&mail.lease.arrival) => Finish::Stored,
            None => Finish::LeaseLost,
        };
        Ok(finished.iter().map(answer).collect())
    }
}

/// The batch as JSON, and the run of bytes in which `start` (from 1) and `length` of each row find its body. Sorted by fingerprint,
/// so that two workers that finish copies of the same mails store them in the same order.
fn batch_with_bodies(finished: &[Finished]) -> Result<(String, Vec<u8>), LedgerError> {
    let mut sorted: Vec<&Finished> = finished.iter().collect();
    sorted.sort_by_key(|mail| mail.fingerprint);
    let mut bodies = Vec::with_capacity(sorted.iter().map(|mail| mail.draft.body.len()).sum());
    let rows = sorted.into_iter().map(|mail| {
        let start = bodies.len() + 1;
        bodies.extend_from_slice(&mail.draft.body);
        End {
            held: Held::of(&mail.lease),
            fingerprint: mail.fingerprint,
            message_id: mail.message_id,
            id: &mail.draft.id,
            outcome: mail.outcome.as_str(),
            label: mail.label.as_str(),
            customer: mail.customer.as_ref().map(CustomerId::as_str),
            correlation: mail.correlation.as_deref().map(holdable),
            traceparent: mail.traceparent.as_deref().map(holdable),
            start,
            length: mail.draft.body.len(),
        }
    });
    Ok((batch::json(rows)?, bodies))
}

/// A mail with its end.
#[derive(Serialize)]
struct End<'a> {
    #[serde(flatten)]
    held: Held<'a>,
    fingerprint: Fingerprint,
    message_id: Option<Digest>,
    id: &'a str,
    outcome: &'static str,
    label: &'static str,
    customer: Option<&'a str>,
    correlation: Option<Cow<'a, str>>,
    traceparent: Option<Cow<'a, str>>,
    start: usize,
    length: usize,
}

fn batch_without(finished: &[Finished], stored: &HashSet<Arrival>) -> Result<String, LedgerError> {
    let others = finished.iter().filter(|mail| !stored.contains(&mail.lease.arrival));
    batch::json(
        others.map(|mail| Copied { key: Key::of(&mail.lease.arrival), fingerprint: mail.fingerprint }),
    )
}

/// An arrival that was not stored, with the mail that may have been before.
#[derive(Serialize)]
struct Copied<'a> {
    #[serde(flatten)]
    key: Key<'a>,
    fingerprint: Fingerprint,
}

fn arrivals_of(rows: &[StoredRow]) -> Result<HashSet<Arrival>, LedgerError> {
    rows.iter().map(|row| read_arrival(&row.workspace, &row.run, &row.digest)).collect()
}

fn drafts_of(rows: Vec<EarlierRow>) -> Result<HashMap<Arrival, StoredDraft>, LedgerError> {
    let draft = |row: EarlierRow| {
        let arrival = read_arrival(&row.workspace, &row.run, &row.digest)?;
        let draft = StoredDraft {
            id: row.id,
            fingerprint: read(&row.fingerprint, "fingerprint")?,
            outcome: read(&row.outcome, "outcome")?,
            body: row.body,
            sequence: row.sequence,
        };
        Ok((arrival, draft))
    };
    rows.into_iter().map(draft).collect()
}
