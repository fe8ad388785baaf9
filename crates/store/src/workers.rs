//! The workers that are alive, what they see of the queues, and how Stripe answers them.

use std::time::Duration;

use domain::{Timestamp, WorkspaceId};
use serde::{Deserialize, Serialize};

use crate::batch;
use crate::engine::{in_transaction, reading, row};
use crate::error::{read_count, read_time};
use crate::mails::Token;
use crate::{Ledger, LedgerError};

/// A worker that was not heard of for so long is forgotten: until then its silence shows.
const FORGOTTEN_AFTER_MS: i64 = 3_600_000;
const HOUR_MS: i64 = 3_600_000;
/// How many hours of calls are kept: a week and a day, so that a weekday can be laid beside the one before.
const HOURS_KEPT: i64 = 8 * 24;

/// Which worker it is: 128 random bits, made with each start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WorkerId(String);

impl WorkerId {
    /// Another one each time.
    ///
    /// # Errors
    /// When the system gives no random numbers.
    pub fn new() -> Result<Self, LedgerError> {
        Ok(Self(Token::new()?.as_str().to_owned()))
    }
}

/// What a worker says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Heartbeat {
    /// Which one it is.
    pub worker: WorkerId,
    /// The program's version.
    pub version: String,
    /// When it started.
    pub started_at: Timestamp,
    /// Mails that it has taken and not settled.
    pub in_hand: u32,
    /// Mails that it has settled since it started.
    pub settled: u64,
    /// How long the mail that it took last had waited since it was sent; none: unknown.
    pub waited: Option<Duration>,
    /// How full the queues are; none while the broker is away.
    pub queues: Option<QueueFigures>,
}

/// Messages that wait in the queues, not counting those in a worker's hands.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct QueueFigures {
    /// Live mail.
    pub mail: u32,
    /// Replayed mail.
    pub replay: u32,
    /// Mail that nobody could work on.
    pub dead: u32,
    /// Drafts that nobody has taken.
    pub drafts: u32,
    /// Drafts that no queue wanted.
    pub unrouted: u32,
}

/// A worker, and when it was heard of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeenWorker {
    /// What it said.
    pub heartbeat: Heartbeat,
    /// When it said so, by the database's clock.
    pub seen_at: Timestamp,
    /// How long ago that is, by the same clock.
    pub silent_for: Duration,
}

/// How Stripe answered the tries of one workspace.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct StripeCalls {
    /// All of them.
    pub calls: u64,
    /// Answered with 429: too many at once.
    pub limited: u64,
    /// Answered with 500 or above.
    pub failed: u64,
    /// Not answered.
    pub unanswered: u64,
}

#[derive(Serialize)]
struct Called<'a> {
    workspace: &'a WorkspaceId,
    #[serde(flatten)]
    calls: StripeCalls,
}

const BEAT: &str = "
    insert into worker (id, version, started_at, seen_at, in_hand, settled, waited_ms, queues)
    values ($1, $2, $3, $4, $5, $6, $7, $8)
    on conflict (id) do update set seen_at = excluded.seen_at, in_hand = excluded.in_hand, settled = excluded.settled,
        waited_ms = excluded.waited_ms, queues = excluded.queues";

const COUNT: &str = "
    insert into stripe_hour (workspace, hour, calls, limited, failed, unanswered)
    select value ->> 'workspace', $2, cast(value ->> 'calls' as bigint), cast(value ->> 'limited' as bigint),
           cast(value ->> 'failed' as bigint), cast(value ->> 'unanswered' as bigint)
    from json_each($1) where true
    on conflict (workspace, hour) do update set calls = stripe_hour.calls + excluded.calls,
        limited = stripe_hour.limited + excluded.limited, failed = stripe_hour.failed + excluded.failed,
        unanswered = stripe_hour.unanswered + excluded.unanswered";

const CALLS: &str = "
    select cast(coalesce(sum(calls), 0) as bigint) as calls, cast(coalesce(sum(limited), 0) as bigint) as limited,
           cast(coalesce(sum(failed), 0) as bigint) as failed, cast(coalesce(sum(unanswered), 0) as bigint) as unanswered
    from stripe_hour where workspace = $1 and hour >= $2";

row! {
    struct WorkerRow {
        id: String,
        version: String,
        started_at: i64,
        seen_at: i64,
        in_hand: i64,
        settled: i64,
        waited_ms: Option<i64>,
        queues: Option<String>,
    }
}

row! {
    struct CallsRow {
        calls: i64,
        limited: i64,
        failed: i64,
        unanswered: i64,
    }
}

impl Ledger {
    /// Notes what a worker says of itself, and forgets those that were not heard of for an hour.
    pub async fn beat(&self, heartbeat: &Heartbeat) -> Result<(), LedgerError> {
        let queues = heartbeat.queues.as_ref().map(serde_json::to_string).transpose();
        let queues = queues.map_err(LedgerError::cannot_be_written)?;
        in_transaction!(self, |transaction, now| {
            sqlx::query("delete from worker where seen_at < $1")
                .bind(now - FORGOTTEN_AFTER_MS)
                .execute(&mut *transaction)
                .await?;
            sqlx::query(BEAT)
                .bind(&heartbeat.worker.0)
                .bind(&heartbeat.version)
                .bind(heartbeat.started_at.as_millisecond())
                .bind(now)
                .bind(i64::from(heartbeat.in_hand))
                .bind(signed(heartbeat.settled))
                .bind(heartbeat.waited.map(crate::approvals::milliseconds))
                .bind(queues.as_deref())
                .execute(&mut *transaction)
                .await?;
        })
    }

    /// Forgets a worker that ends in good order.
    pub async fn farewell(&self, worker: &WorkerId) -> Result<(), LedgerError> {
        in_transaction!(self, |transaction, _now| {
            sqlx::query("delete from worker where id = $1")
                .bind(&worker.0)
                .execute(&mut *transaction)
                .await?;
        })
    }

    /// The workers that were heard of within the hour, the one that started first before the others.
    pub async fn workers(&self) -> Result<Vec<SeenWorker>, LedgerError> {
        const SQL: &str =
            "select id, version, started_at, seen_at, in_hand, settled, waited_ms, queues from worker
            order by started_at, id";
        let (rows, now): (Vec<WorkerRow>, i64) = in_transaction!(self, |transaction, now| {
            (sqlx::query_as(SQL).fetch_all(&mut *transaction).await?, now)
        })?;
        rows.into_iter().map(|row| row.read(now)).collect()
    }

    /// Adds to what is counted of this hour, and forgets hours that are long over.
    pub async fn count_stripe_calls(
        &self,
        counted: &[(WorkspaceId, StripeCalls)],
    ) -> Result<(), LedgerError> {
        let batch =
            batch::json(counted.iter().map(|(workspace, calls)| Called { workspace, calls: *calls }))?;
        in_transaction!(self, |transaction, now| {
            sqlx::query("delete from stripe_hour where hour < $1")
                .bind(now / HOUR_MS - HOURS_KEPT)
                .execute(&mut *transaction)
                .await?;
            sqlx::query(COUNT).bind(batch.as_str()).bind(now / HOUR_MS).execute(&mut *transaction).await?;
        })
    }

    /// How Stripe answered a workspace since the beginning of the hour in which `since` lies.
    pub async fn stripe_calls(
        &self,
        workspace: &WorkspaceId,
        since: Timestamp,
    ) -> Result<StripeCalls, LedgerError> {
        let rows: Vec<CallsRow> = reading!(self, |connection| {
            sqlx::query_as(CALLS)
                .bind(workspace.as_str())
                .bind(since.as_millisecond() / HOUR_MS)
                .fetch_all(&mut *connection)
                .await?
        })?;
        Ok(rows.first().map(CallsRow::read).unwrap_or_default())
    }
}

impl WorkerRow {
    fn read(self, now: i64) -> Result<SeenWorker, LedgerError> {
        let queues = self.queues.as_deref().map(serde_json::from_str).transpose();
        let heartbeat = Heartbeat {
            worker: WorkerId(self.id),
            version: self.version,
            started_at: read_time(self.started_at)?,
            in_hand: read_count(self.in_hand)?,
            settled: unsigned(self.settled),
            waited: self.waited_ms.map(|waited| Duration::from_millis(unsigned(waited))),
            queues: queues
                .map_err(|_other_version| LedgerError::Unreadable { what: "queues of a worker" })?,
        };
        let silent_for = Duration::from_millis(unsigned(now.saturating_sub(self.seen_at)));
        Ok(SeenWorker { heartbeat, seen_at: read_time(self.seen_at)?, silent_for })
    }
}

impl CallsRow {
    fn read(&self) -> StripeCalls {
        StripeCalls {
            calls: unsigned(self.calls),
            limited: unsigned(self.limited),
            failed: unsigned(self.failed),
            unanswered: unsigned(self.unanswered),
        }
    }
}

/// The tables refuse what is below zero.
fn unsigned(count: i64) -> u64 {
    u64::try_from(count).unwrap_or(0)
}

fn signed(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}
