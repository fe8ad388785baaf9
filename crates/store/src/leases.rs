//! Giving a claimed mail back: as if it had not been claimed, for later, or for good.

use std::collections::{HashMap, HashSet};

use serde::Serialize;

use crate::batch::{self, Held, Key};
use crate::dead_names::shape_of;
use crate::engine::{in_transaction, row};
use crate::error::read_count;
use crate::mails::{Arrival, Lease, read_arrival};
use crate::{Ledger, LedgerError};

/// What became of a mail that was postponed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Postponed {
    /// It is open again.
    Counted {
        /// How often it has been postponed, this time included.
        postponements: u32,
    },
    /// The lease was no longer ours; nothing was changed.
    LeaseLost,
}

/// What became of a mail that has to wait for its turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Queued {
    /// It is open again.
    Counted {
        /// How often it has waited for its turn, this time included.
        turns_waited: u32,
    },
    /// The lease was no longer ours; nothing was changed.
    LeaseLost,
}

/// A mail that is given up.
#[derive(Debug, Clone)]
pub struct Burial {
    /// The right to do so.
    pub lease: Lease,
    /// A stable code, such as `crash_suspect`.
    pub code: String,
    /// One sentence for a person, without anything of the mail.
    pub sentence: String,
}

/// What became of a mail that was given up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Buried {
    /// It is dead; every later claim says so.
    Stored,
    /// The lease was no longer ours; nothing was changed.
    LeaseLost,
}

/// The batch that every statement here begins with, and the condition that a mail of it is still leased to us.
macro_rules! held_by_us {
    ($set:literal) => {
        concat!(
            "with batch as (
                select value ->> 'workspace' as workspace, value ->> 'run' as run, value ->> 'digest' as digest,
                       value ->> 'token' as token, value ->> 'code' as code, value ->> 'sentence' as sentence,
                       value ->> 'shape' as shape
                from json_each($1)
            )
            update mail ",
            $set,
            ", lease_token = null, lease_expires_at = null
            from batch
            where mail.workspace = batch.workspace and mail.run = batch.run and mail.digest = batch.digest
                and mail.lease_token = batch.token
            returning mail.digest, mail.workspace, mail.run, mail.postponements, mail.turns_waited"
        )
    };
}

row! {
    struct ReturnedRow {
        digest: String,
        workspace: String,
        run: String,
        postponements: i64,
        turns_waited: i64,
    }
}

impl Ledger {
    /// Gives mails back that were claimed and not worked on, such as on shutdown: the attempt is not counted. Says how many were
    /// still ours.
    pub async fn release(&self, leases: &[Lease]) -> Result<u64, LedgerError> {
        const SQL: &str = held_by_us!("set state = 'open', attempts = attempts - 1");
        let batch = batch::json(leases.iter().map(Held::of))?;
        in_transaction!(self, |transaction, _now| {
            sqlx::query(SQL).bind(&batch).execute(&mut *transaction).await?.rows_affected()
        })
    }

    /// Ends the leases of mails whose holder is gone, so that they can be claimed at once and not only when the lease has run out. Says
    /// how many were held. A holder that is not gone after all changes nothing from here on: its token no longer counts, and what
    /// it may be sending to Stripe goes under the same key.
    pub async fn end_leases(&self, arrivals: &[Arrival]) -> Result<u64, LedgerError> {
        const SQL: &str = "with batch as (
                select value ->> 'workspace' as workspace, value ->> 'run' as run, value ->> 'digest' as digest
                from json_each($1)
            )
            update mail set lease_expires_at = 0
            from batch
            where mail.workspace = batch.workspace and mail.run = batch.run and mail.digest = batch.digest
                and mail.state = 'leased'";
        let batch = batch::json(arrivals.iter().map(Key::of))?;
        in_transaction!(self, |transaction, _now| {
            sqlx::query(SQL).bind(&batch).execute(&mut *transaction).await?.rows_affected()
        })
    }

    /// Gives mails back to be tried again later since a service did not answer: not counted as an attempt, which would make the mail
    /// a suspect, but as a postponement. The answers stand in the order of `leases`.
    pub async fn postpone(&self, leases: &[Lease]) -> Result<Vec<Postponed>, LedgerError> {
        const SQL: &str =
            held_by_us!("set state = 'open', attempts = attempts - 1, postponements = postponements + 1");
        let counted = self.opened_again(SQL, leases, |row| row.postponements).await?;
        let answer = |lease: &Lease| match counted.get(&lease.arrival) {
            Some(&postponements) => Postponed::Counted { postponements },
            None => Postponed::LeaseLost,
        };
        Ok(leases.iter().map(answer).collect())
    }

    /// Gives mails back to be tried again later since it was not their turn at a service that takes only so many requests a second. It
    /// counts neither as an attempt nor as a postponement: nothing was wrong, however often it happens. That something was begun for
    /// the mail stays known by the number of its turns. The answers stand in the order of `leases`.
    pub async fn queue_again(&self, leases: &[Lease]) -> Result<Vec<Queued>, LedgerError> {
        const SQL: &str =
            held_by_us!("set state = 'open', attempts = attempts - 1, turns_waited = turns_waited + 1");
        let counted = self.opened_again(SQL, leases, |row| row.turns_waited).await?;
        let answer = |lease: &Lease| match counted.get(&lease.arrival) {
            Some(&turns_waited) => Queued::Counted { turns_waited },
            None => Queued::LeaseLost,
        };
        Ok(leases.iter().map(answer).collect())
    }

    /// Runs a [`held_by_us!`] and tells what it counted of the mails that were still ours.
    async fn opened_again(
        &self,
        sql: &'static str,
        leases: &[Lease],
        count: fn(&ReturnedRow) -> i64,
    ) -> Result<HashMap<Arrival, u32>, LedgerError> {
        let batch = batch::json(leases.iter().map(Held::of))?;
        let rows: Vec<ReturnedRow> = in_transaction!(self, |transaction, _now| {
            sqlx::query_as(sql).bind(&batch).fetch_all(&mut *transaction).await?
        })?;
        rows.into_iter().map(|row| Ok((row.arrival()?, read_count(count(&row))?))).collect()
    }

    /// Gives mails up for good, each with its reason. The answers stand in the order of `burials`.
    pub async fn bury(&self, burials: &[Burial]) -> Result<Vec<Buried>, LedgerError> {
        const SQL: &str = held_by_us!(
            "set state = 'dead', death_code = batch.code, death_sentence = batch.sentence, death_shape = batch.shape, ended_at = $2"
        );
        let batch = batch::json(burials.iter().map(|burial| Death {
            held: Held::of(&burial.lease),
            code: &burial.code,
            sentence: &burial.sentence,
            shape: shape_of(&burial.sentence),
        }))?;
        let rows: Vec<ReturnedRow> = in_transaction!(self, |transaction, now| {
            sqlx::query_as(SQL).bind(&batch).bind(now).fetch_all(&mut *transaction).await?
        })?;
        let dead = rows.iter().map(ReturnedRow::arrival).collect::<Result<HashSet<_>, LedgerError>>()?;
        let answer = |burial: &Burial| {
            if dead.contains(&burial.lease.arrival) { Buried::Stored } else { Buried::LeaseLost }
        };
        Ok(burials.iter().map(answer).collect())
    }

    /// Opens a dead mail again, also one that was dropped, with its attempts forgotten, so that a person can have it tried once more. `false`
    /// when it is not dead.
    pub async fn revive(&self, arrival: &Arrival) -> Result<bool, LedgerError> {
        const SQL: &str = "update mail
            set state = 'open', attempts = 0, death_code = null, death_sentence = null, death_shape = null,
                dropped_at = null, ended_at = null
            where workspace = $1 and run = $2 and digest = $3 and state = 'dead'";
        in_transaction!(self, |transaction, _now| {
            let revived = sqlx::query(SQL)
                .bind(arrival.workspace.as_str())
                .bind(arrival.run.as_str())
                .bind(arrival.digest.to_string())
                .execute(&mut *transaction)
                .await?;
            revived.rows_affected() > 0
        })
    }
}

/// A mail with the reason why it is given up.
#[derive(Serialize)]
struct Death<'a> {
    #[serde(flatten)]
    held: Held<'a>,
    code: &'a str,
    sentence: &'a str,
    shape: String,
}

impl ReturnedRow {
    fn arrival(&self) -> Result<Arrival, LedgerError> {
        read_arrival(&self.workspace, &self.run, &self.digest)
    }
}
