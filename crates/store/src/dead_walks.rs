//! Carrying out what was ordered about dead mail: the orders are taken by one walker at a time, who goes through the dead queue and asks of
//! each message what is to be done with it.
//!
//! The ledger says so before the message is moved, and keeps saying so to whoever has the order: a walker that dies in between leaves a
//! message that the next one moves. What is not found is looked for again, since a message may be in another's hands, or on its way.

use std::collections::HashMap;
use std::time::Duration;

use serde_json::json;

use crate::approvals::milliseconds;
use crate::audit::append;
use crate::batch::{self, Key};
use crate::dead_orders::{
    CONCERNED, DeadDeed, DeadOrder, DeadOrderId, OrderRow, bind_concerned, entry, is_concerned, order_columns,
};
use crate::engine::{in_transaction, row};
use crate::error::read_count;
use crate::mails::{Arrival, LeaseTerms, Token, read_arrival};
use crate::{Ledger, LedgerError, NewAuditEntry};

/// How often the queue is walked for an order before what was not found is given up.
const WALKS: i64 = 3;
/// Between two walks for one order, in milliseconds.
const NEXT_WALK: i64 = 5_000;

/// The right to carry out orders. Only [`Ledger::claim_dead_orders`] makes one.
#[derive(Debug)]
pub struct DeadWalk {
    /// What is to be carried out, the oldest first.
    pub orders: Vec<DeadOrder>,
    lasts: i64,
    token: Token,
}

/// What a walker does with a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeadMove {
    /// It goes back into the queue it came from.
    Requeue,
    /// It leaves the queue.
    Drop,
}

/// What is to be done with messages; those without a word stay.
pub type DeadMoves = HashMap<Arrival, DeadMove>;

/// Everything that is due, for one walker: none while another has any, since what he holds is not found.
const CLAIM: &str = "
    update dead_order
    set state = 'leased', attempts = attempts + 1, lease_token = $1, lease_expires_at = $3
    where (state = 'open' or (state = 'leased' and lease_expires_at <= $2)) and due_at <= $2
        and not exists (
            select 1 from dead_order other where other.state = 'leased' and other.lease_expires_at > $2
        )";

const CLAIMED: &str = concat!(
    "select ",
    order_columns!(),
    " from dead_order where state = 'leased' and lease_token = $1 order by id"
);

const KEEP: &str = "update dead_order set lease_expires_at = $2 where state = 'leased' and lease_token = $1";

/// Behind what [`is_concerned!`] asks for: the batch, the order and, where one is dropped, the time.
macro_rules! take_up {
    ($set:literal) => {
        concat!(
            "update mail ",
            $set,
            ", death_order = $8
            from (
                select value ->> 'workspace' as workspace, value ->> 'run' as run, value ->> 'digest' as digest
                from json_each($7)
            ) as batch
            where mail.workspace = batch.workspace and mail.run = batch.run and mail.digest = batch.digest and mail.state = 'dead' and ",
            is_concerned!()
        )
    };
}

const REVIVE: &str = take_up!(
    "set state = 'open', attempts = 0, death_code = null, death_sentence = null, death_shape = null, ended_at = null"
);
const DROP: &str = take_up!("set dropped_at = $9");

const COUNT: &str = "update dead_order set moved = moved + $2 where id = $1";

/// What was taken up, now or by a walker before.
const TAKEN_UP: &str = "
    with batch as (
        select value ->> 'workspace' as workspace, value ->> 'run' as run, value ->> 'digest' as digest
        from json_each($1)
    )
    select mail.workspace, mail.run, mail.digest, dead_order.kind
    from batch
    join mail on mail.workspace = batch.workspace and mail.run = batch.run and mail.digest = batch.digest
    join dead_order on dead_order.id = mail.death_order
    where dead_order.state = 'leased' and dead_order.lease_token = $2
        and (mail.state <> 'dead' or mail.dropped_at is not null)";

row! {
    struct TakenUpRow {
        workspace: String,
        run: String,
        digest: String,
        kind: String,
    }
}

const END: &str = concat!(
    "update dead_order
    set state = 'ended', missing = $3, ended_at = $4, lease_token = null, lease_expires_at = null
    where id = $1 and state = 'leased' and lease_token = $2 and (cast($3 as bigint) = 0 or attempts >= $5) returning ",
    order_columns!()
);

const AGAIN: &str = "
    update dead_order set state = 'open', due_at = $3, lease_token = null, lease_expires_at = null
    where id = $1 and state = 'leased' and lease_token = $2";

const GIVE_BACK: &str = "
    update dead_order
    set state = 'open', attempts = attempts - 1, due_at = $2, lease_token = null, lease_expires_at = null
    where state = 'leased' and lease_token = $1";

impl Ledger {
    /// Takes all orders that are due. None when there is nothing to do, or somebody is at it.
    pub async fn claim_dead_orders(&self, terms: LeaseTerms) -> Result<Option<DeadWalk>, LedgerError> {
        let (token, lasts) = (Token::new()?, milliseconds(terms.lasts));
        let rows: Option<Vec<OrderRow>> = in_transaction!(self, |transaction, now| {
            let claimed = sqlx::query(CLAIM)
                .bind(token.as_str())
                .bind(now)
                .bind(now.saturating_add(lasts))
                .execute(&mut *transaction)
                .await?;
            if claimed.rows_affected() == 0 {
                return Ok(None);
            }
            Some(sqlx::query_as(CLAIMED).bind(token.as_str()).fetch_all(&mut *transaction).await?)
        })?;
        let Some(rows) = rows else { return Ok(None) };
        let orders = rows.into_iter().map(OrderRow::order).collect::<Result<_, _>>()?;
        Ok(Some(DeadWalk { orders, lasts, token }))
    }

    /// Says what is to be done with messages that were found in the dead queue, and notes it: a mail that is to be put back is open again.
    /// The right is kept for as long as at the beginning. None: somebody else has it now.
    pub async fn take_up_dead(
        &self,
        walk: &DeadWalk,
        found: &[Arrival],
    ) -> Result<Option<DeadMoves>, LedgerError> {
        let batch = batch::json(found.iter().map(Key::of))?;
        let rows: Option<Vec<TakenUpRow>> = in_transaction!(self, |transaction, now| {
            let kept = sqlx::query(KEEP)
                .bind(walk.token.as_str())
                .bind(now.saturating_add(walk.lasts))
                .execute(&mut *transaction)
                .await?;
            if kept.rows_affected() == 0 {
                return Ok(None);
            }
            for (order, batch) in batches(walk, found)? {
                let sql = match order.deed {
                    DeadDeed::Requeue => REVIVE,
                    DeadDeed::Drop { .. } => DROP,
                };
                let query = bind_concerned!(sqlx::query(sql), order).bind(batch).bind(order.id.0);
                let query = match order.deed {
                    DeadDeed::Requeue => query,
                    DeadDeed::Drop { .. } => query.bind(now),
                };
                let taken_up = query.execute(&mut *transaction).await?.rows_affected();
                if taken_up > 0 {
                    sqlx::query(COUNT)
                        .bind(order.id.0)
                        .bind(i64::try_from(taken_up).unwrap_or(i64::MAX))
                        .execute(&mut *transaction)
                        .await?;
                }
            }
            let taken_up = sqlx::query_as(TAKEN_UP).bind(&batch).bind(walk.token.as_str());
            Some(taken_up.fetch_all(&mut *transaction).await?)
        })?;
        rows.map(|rows| rows.into_iter().map(TakenUpRow::read).collect()).transpose()
    }

    /// Ends a walk that went through the whole queue. An order of which something was not found is carried out again before it is ended.
    /// Says which orders were ended.
    pub async fn end_dead_walk(&self, walk: &DeadWalk) -> Result<Vec<DeadOrder>, LedgerError> {
        in_transaction!(self, |transaction, now| {
            let mut ended = Vec::new();
            for order in &walk.orders {
                let missing: i64 = bind_concerned!(sqlx::query_scalar(CONCERNED), order)
                    .fetch_one(&mut *transaction)
                    .await?;
                let row: Option<OrderRow> = sqlx::query_as(END)
                    .bind(order.id.0)
                    .bind(walk.token.as_str())
                    .bind(missing)
                    .bind(now)
                    .bind(WALKS)
                    .fetch_optional(&mut *transaction)
                    .await?;
                match row {
                    Some(row) => ended.push((row.order()?, read_count(missing)?)),
                    None => {
                        sqlx::query(AGAIN)
                            .bind(order.id.0)
                            .bind(walk.token.as_str())
                            .bind(now.saturating_add(NEXT_WALK))
                            .execute(&mut *transaction)
                            .await?;
                    }
                }
            }
            ended.sort_by(|(a, _), (b, _)| (&a.workspace, a.id).cmp(&(&b.workspace, b.id)));
            for (order, missing) in &ended {
                append!(transaction, now, carried_out(order, *missing));
            }
            ended.into_iter().map(|(order, _)| order).collect()
        })
    }

    /// Gives orders back whose walk was broken off, to be carried out after `delay`.
    pub async fn give_back_dead_walk(&self, walk: &DeadWalk, delay: Duration) -> Result<(), LedgerError> {
        in_transaction!(self, |transaction, now| {
            sqlx::query(GIVE_BACK)
                .bind(walk.token.as_str())
                .bind(now.saturating_add(milliseconds(delay)))
                .execute(&mut *transaction)
                .await?;
        })
    }
}

/// For each order the messages that it may be about.
fn batches<'a>(walk: &'a DeadWalk, found: &[Arrival]) -> Result<Vec<(&'a DeadOrder, String)>, LedgerError> {
    let mut batches = Vec::new();
    for order in &walk.orders {
        let may_be = |arrival: &&Arrival| {
            arrival.workspace == order.workspace
                && arrival.run == order.run
                && order.mail.is_none_or(|digest| digest == arrival.digest)
        };
        let arrivals: Vec<&Arrival> = found.iter().filter(may_be).collect();
        if !arrivals.is_empty() {
            batches.push((order, batch::json(arrivals.into_iter().map(Key::of))?));
        }
    }
    Ok(batches)
}

impl TakenUpRow {
    fn read(self) -> Result<(Arrival, DeadMove), LedgerError> {
        let what = match self.kind.as_str() {
            "requeue" => DeadMove::Requeue,
            "drop" => DeadMove::Drop,
            _ => return Err(LedgerError::Unreadable { what: "kind of order" }),
        };
        Ok((read_arrival(&self.workspace, &self.run, &self.digest)?, what))
    }
}

fn carried_out(order: &DeadOrder, missing: u32) -> NewAuditEntry {
    let event = match order.deed {
        DeadDeed::Requeue => "dead.requeued",
        DeadDeed::Drop { .. } => "dead.dropped",
    };
    let DeadOrderId(number) = order.id;
    let detail = json!({ "order": number, "code": order.code, "moved": order.moved, "not_found": missing });
    entry(order, event, crate::audit::PROGRAM, detail)
}
