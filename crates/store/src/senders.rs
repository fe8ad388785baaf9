//! How many mails a sender has had answered within an hour.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::num::NonZeroU32;

use domain::{Digest, Timestamp};
use serde_json::json;

use crate::engine::{in_transaction, reading, row};
use crate::error::{read, read_time};
use crate::finish::Finished;
use crate::mails::Arrival;
use crate::{Ledger, LedgerError};

/// How long mails of one sender are counted together, in milliseconds: an hour from the first of them.
const HOUR: i64 = 3_600_000;
/// The most senders that are handed out as having used up their hour; who is past that is known to the worker that answered them.
const MOST: i64 = 1_000;

/// What a mail counts for when it is finished, once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SenderCount {
    /// Who wrote it: a digest, since the ledger need not know more.
    pub sender: Digest,
    /// How many mails an hour the workspace allows a sender.
    pub allowed: NonZeroU32,
}

/// Sorted by the caller, so that two workers lock the same senders in the same order.
pub(crate) const COUNT: &str = "
    with batch as (
        select value ->> 'sender' as sender, cast(value ->> 'mails' as integer) as mails,
               cast(value ->> 'allowed' as integer) as allowed
        from json_each($1)
    )
    insert into sender_hour (sender, began_at, mails, allowed)
    select batch.sender, $2, batch.mails, batch.allowed
    from batch
    order by batch.sender
    on conflict (sender) do update
    set mails = excluded.mails + case when sender_hour.began_at > $3 then sender_hour.mails else 0 end,
        began_at = case when sender_hour.began_at > $3 then sender_hour.began_at else excluded.began_at end,
        allowed = excluded.allowed";

/// The senders of the mails that were stored now, as JSON; none when there is nothing to count.
pub(crate) fn counts_of(finished: &[Finished], stored: &HashSet<Arrival>) -> Option<String> {
    let mut counts: BTreeMap<Digest, (u32, NonZeroU32)> = BTreeMap::new();
    for mail in finished.iter().filter(|mail| stored.contains(&mail.lease.arrival)) {
        let Some(SenderCount { sender, allowed }) = mail.counts_for else { continue };
        counts.entry(sender).or_insert((0, allowed)).0 += 1;
    }
    let rows: Vec<_> = counts
        .into_iter()
        .map(|(sender, (mails, allowed))| json!({"sender": sender, "mails": mails, "allowed": allowed}))
        .collect();
    (!rows.is_empty()).then(|| serde_json::Value::Array(rows).to_string())
}

/// When an hour began that is over at `now`.
pub(crate) const fn an_hour_before(now: i64) -> i64 {
    now.saturating_sub(HOUR)
}

row! {
    struct UsedUpRow {
        sender: String,
        began_at: i64,
    }
}

impl Ledger {
    /// The senders who have had as many mails answered as they are allowed, and when their hour ends; those last begun first, at most
    /// 1,000. Some of the hours may be over.
    pub async fn senders_over(&self) -> Result<HashMap<Digest, Timestamp>, LedgerError> {
        const SQL: &str = "select sender, began_at from sender_hour where mails >= allowed
            order by began_at desc limit $1";
        let rows: Vec<UsedUpRow> = reading!(self, |connection| {
            sqlx::query_as(SQL).bind(MOST).fetch_all(&mut *connection).await?
        })?;
        let read_row = |row: UsedUpRow| {
            Ok((read(&row.sender, "digest")?, read_time(row.began_at.saturating_add(HOUR))?))
        };
        rows.into_iter().map(read_row).collect()
    }

    /// Forgets the senders whose hour is over. Says how many.
    pub async fn forget_senders(&self) -> Result<u64, LedgerError> {
        const SQL: &str = "delete from sender_hour where began_at <= $1";
        in_transaction!(self, |transaction, now| {
            sqlx::query(SQL).bind(an_hour_before(now)).execute(&mut *transaction).await?.rows_affected()
        })
    }
}
