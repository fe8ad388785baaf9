//! Dead mail: what lies in the dead queue with a reason, grouped by that reason.

use std::collections::HashSet;

use domain::{RunKind, Timestamp, WorkspaceId};

use crate::batch::{self, Key};
use crate::dead_names::{DeadGroupId, DeadMark};
use crate::engine::{reading, row};
use crate::error::{read, read_count, read_time};
use crate::mails::{Arrival, read_arrival};
use crate::{Ledger, LedgerError};

/// Mails that died of the same cause.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeadGroup {
    /// Its identity.
    pub id: DeadGroupId,
    /// Whose mails they are.
    pub workspace: WorkspaceId,
    /// In which kind of run they came.
    pub run: RunKind,
    /// The stable code.
    pub code: String,
    /// Why: the sentence of all of them; a number in which they differ is `…`.
    pub sentence: String,
    /// How many they are.
    pub mails: u32,
    /// When the first of them died, by the database's clock; so is the other time.
    pub oldest: Timestamp,
    /// When the last of them died.
    pub newest: Timestamp,
    pub(crate) shape: String,
}

/// A mail that died.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeadMail {
    /// What arrived.
    pub arrival: Arrival,
    /// With which others it stands.
    pub group: DeadGroupId,
    /// The stable code.
    pub code: String,
    /// Why, to the letter.
    pub sentence: String,
    /// How often it had been claimed.
    pub attempts: u32,
    /// When it was first claimed, by the database's clock; so is the other time.
    pub first_seen_at: Timestamp,
    /// When it died.
    pub died_at: Timestamp,
    pub(crate) shape: String,
}

impl DeadMail {
    /// Its place among the mails of its group.
    pub const fn mark(&self) -> DeadMark {
        DeadMark { died_at: self.died_at, digest: self.arrival.digest }
    }
}

/// Groups handed out at most: an operator reads no more, and each is a cause of its own.
const GROUPS_LISTED: i64 = 1_000;
/// Dead mails counted at most where only their number is shown.
const COUNTED: i64 = 1_000;
/// Mails found at most by the beginning of a digest: more than one is one too many.
const FOUND: i64 = 10;

/// What a dead mail's sentence has in common with those of the same cause. Where no program has noted it, the sentence stands for itself.
macro_rules! shape {
    () => {
        "coalesce(mail.death_shape, mail.death_sentence)"
    };
}

/// What is listed as dead.
macro_rules! is_listed {
    () => {
        "mail.death_code is not null and mail.dropped_at is null"
    };
}

/// Whether a dead mail is of a workspace, or of any where none is given. As an equation alone SQLite would look for them by the primary key,
/// through all mails of the workspace, and not among the dead.
macro_rules! of_workspace {
    ($number:literal) => {
        concat!("mail.workspace = coalesce(", $number, ", mail.workspace)")
    };
}

pub(crate) use {is_listed, of_workspace, shape};

const GROUPS: &str = concat!(
    "select workspace, run, death_code, ",
    shape!(),
    " as shape, count(*) as mails, min(ended_at) as oldest, max(ended_at) as newest,
        min(death_sentence) as first_sentence, max(death_sentence) as last_sentence
    from mail where ",
    is_listed!(),
    " and ",
    of_workspace!("$1"),
    " group by 1, 2, 3, 4 order by newest desc, shape limit $2"
);

row! {
    struct GroupRow {
        workspace: String,
        run: String,
        death_code: String,
        shape: String,
        mails: i64,
        oldest: i64,
        newest: i64,
        first_sentence: String,
        last_sentence: String,
    }
}

macro_rules! mails {
    ($where:literal) => {
        concat!(
            "select workspace, run, digest, death_code, ",
            shape!(),
            " as shape, death_sentence, attempts, first_seen_at, ended_at
            from mail where ",
            is_listed!(),
            " and ",
            of_workspace!("$1"),
            $where
        )
    };
}

row! {
    struct MailRow {
        workspace: String,
        run: String,
        digest: String,
        death_code: String,
        shape: String,
        death_sentence: String,
        attempts: i64,
        first_seen_at: i64,
        ended_at: i64,
    }
}

row! {
    struct ArrivalRow {
        workspace: String,
        run: String,
        digest: String,
    }
}

impl Ledger {
    /// The groups of dead mails of one workspace, or of all, the one with the last death first. At most 1,000.
    pub async fn dead_groups(&self, workspace: Option<&WorkspaceId>) -> Result<Vec<DeadGroup>, LedgerError> {
        let rows: Vec<GroupRow> = reading!(self, |connection| {
            sqlx::query_as(GROUPS)
                .bind(workspace.map(WorkspaceId::as_str))
                .bind(GROUPS_LISTED)
                .fetch_all(&mut *connection)
                .await?
        })?;
        rows.into_iter().map(GroupRow::group).collect()
    }

    /// At most `limit` mails of a group, the last to die first; behind `from`, where there is one.
    pub async fn dead_mails(
        &self,
        group: &DeadGroup,
        from: Option<DeadMark>,
        limit: u32,
    ) -> Result<Vec<DeadMail>, LedgerError> {
        const SQL: &str = concat!(
            mails!(" and run = $2 and death_code = $3 and "),
            shape!(),
            " = $4 and (ended_at, digest) < ($5, $6) order by ended_at desc, digest desc limit $7"
        );
        let rows: Vec<MailRow> = reading!(self, |connection| {
            sqlx::query_as(SQL)
                .bind(group.workspace.as_str())
                .bind(group.run.as_str())
                .bind(&group.code)
                .bind(&group.shape)
                .bind(from.map_or(i64::MAX, |mark| mark.died_at.as_millisecond()))
                .bind(from.map(|mark| mark.digest.to_string()).unwrap_or_default())
                .bind(i64::from(limit))
                .fetch_all(&mut *connection)
                .await?
        })?;
        rows.into_iter().map(MailRow::mail).collect()
    }

    /// The dead mails of one workspace, or of all, whose digest begins so. At most ten.
    pub async fn dead_mails_starting(
        &self,
        workspace: Option<&WorkspaceId>,
        start: &str,
    ) -> Result<Vec<DeadMail>, LedgerError> {
        const SQL: &str = mails!(
            " and substr(digest, 1, cast($3 as integer)) = $2
            order by workspace, run, digest limit $4"
        );
        let rows: Vec<MailRow> = reading!(self, |connection| {
            sqlx::query_as(SQL)
                .bind(workspace.map(WorkspaceId::as_str))
                .bind(start)
                .bind(i64::try_from(start.len()).unwrap_or(i64::MAX))
                .bind(FOUND)
                .fetch_all(&mut *connection)
                .await?
        })?;
        rows.into_iter().map(MailRow::mail).collect()
    }

    /// How many dead mails a workspace has; 1,000 stands for that many and more. Reads an index alone.
    pub async fn count_dead(&self, workspace: &WorkspaceId) -> Result<u32, LedgerError> {
        const SQL: &str = concat!(
            "select count(*) from (select 1 from mail where ",
            is_listed!(),
            " and ",
            of_workspace!("$1"),
            " limit $2) as dead"
        );
        let count: i64 = reading!(self, |connection| {
            sqlx::query_scalar(SQL).bind(workspace.as_str()).bind(COUNTED).fetch_one(&mut *connection).await?
        })?;
        read_count(count)
    }

    /// Which of these are listed as dead, or taken up by an order that is not carried out yet.
    pub async fn known_as_dead(&self, arrivals: &[Arrival]) -> Result<HashSet<Arrival>, LedgerError> {
        const SQL: &str = concat!(
            "with batch as (
                select value ->> 'workspace' as workspace, value ->> 'run' as run, value ->> 'digest' as digest
                from json_each($1)
            )
            select mail.workspace, mail.run, mail.digest from batch
            join mail on mail.workspace = batch.workspace and mail.run = batch.run and mail.digest = batch.digest
            where (",
            is_listed!(),
            ") or exists (
                select 1 from dead_order where dead_order.id = mail.death_order and dead_order.state <> 'ended'
            )"
        );
        let batch = batch::json(arrivals.iter().map(Key::of))?;
        let rows: Vec<ArrivalRow> = reading!(self, |connection| {
            sqlx::query_as(SQL).bind(&batch).fetch_all(&mut *connection).await?
        })?;
        rows.into_iter().map(|row| read_arrival(&row.workspace, &row.run, &row.digest)).collect()
    }
}

impl GroupRow {
    fn group(self) -> Result<DeadGroup, LedgerError> {
        let (workspace, run) = (read(&self.workspace, "workspace")?, read(&self.run, "kind of run")?);
        let is_same = self.first_sentence == self.last_sentence;
        Ok(DeadGroup {
            id: DeadGroupId::of(&workspace, run, &self.death_code, &self.shape),
            workspace,
            run,
            code: self.death_code,
            sentence: if is_same { self.first_sentence } else { self.shape.clone() },
            mails: read_count(self.mails)?,
            oldest: read_time(self.oldest)?,
            newest: read_time(self.newest)?,
            shape: self.shape,
        })
    }
}

impl MailRow {
    fn mail(self) -> Result<DeadMail, LedgerError> {
        let arrival = read_arrival(&self.workspace, &self.run, &self.digest)?;
        Ok(DeadMail {
            group: DeadGroupId::of(&arrival.workspace, arrival.run, &self.death_code, &self.shape),
            arrival,
            code: self.death_code,
            sentence: self.death_sentence,
            attempts: read_count(self.attempts)?,
            first_seen_at: read_time(self.first_seen_at)?,
            died_at: read_time(self.ended_at)?,
            shape: self.shape,
        })
    }
}
