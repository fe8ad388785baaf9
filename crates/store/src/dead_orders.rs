//! Orders about dead mail: what a person wants done with a group or with one mail. Stored with their line in the audit trail; carried out by
//! whoever reaches the dead queue (`dead_walks.rs`).

use std::fmt;

use domain::{Digest, RunKind, Timestamp, WorkspaceId};
use serde_json::json;

use crate::audit::append;
use crate::dead::{DeadGroup, DeadMail};
use crate::dead_names::DeadGroupId;
use crate::engine::{holdable, in_transaction, reading, row};
use crate::error::{read, read_count, read_time};
use crate::{Ledger, LedgerError, NewAuditEntry};

/// The number of an order in the ledger.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct DeadOrderId(pub(crate) i64);

impl fmt::Display for DeadOrderId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// What is to be done with dead mails.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DeadDeed {
    /// They go back into the queue they came from, and are worked on as if they were new.
    Requeue,
    /// They leave the dead queue for good.
    Drop {
        /// Why; it stays in the ledger.
        reason: String,
    },
}

impl DeadDeed {
    /// The name in the ledger.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Requeue => "requeue",
            Self::Drop { .. } => "drop",
        }
    }

    const fn reason(&self) -> Option<&str> {
        match self {
            Self::Requeue => None,
            Self::Drop { reason } => Some(reason.as_str()),
        }
    }
}

/// What an order is about, as the person saw it who gives it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DeadTarget {
    /// The mails of a group that had died by [`DeadGroup::newest`], and no more than [`DeadGroup::mails`].
    Group(DeadGroup),
    /// One mail.
    Mail(DeadMail),
}

/// What became of an order that was to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DeadOrdered {
    /// It is stored, and will be carried out.
    Made(Box<DeadOrder>),
    /// An order about the same is not carried out yet; nothing was changed.
    Before(Box<DeadOrder>),
    /// It would concern more mails than the person saw; nothing was changed.
    Grown {
        /// How many.
        mails: u32,
    },
    /// None of them is dead any more; nothing was changed.
    Nothing,
}

/// How far an order is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeadOrderState {
    /// It is carried out soon.
    Open,
    /// It is being carried out.
    UnderWay,
    /// It was carried out.
    Ended {
        /// When.
        at: Timestamp,
        /// How many mails were still dead then: no message of them was found in the dead queue.
        missing: u32,
    },
}

/// What a person wants done with dead mails.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeadOrder {
    /// Its number.
    pub id: DeadOrderId,
    /// Whose mails they are.
    pub workspace: WorkspaceId,
    /// In which kind of run they came.
    pub run: RunKind,
    /// Which group they were in.
    pub group: DeadGroupId,
    /// Its code.
    pub code: String,
    /// What the sentences of the group have in common.
    pub sentence: String,
    /// The one mail of the group that it is about; none: all of them.
    pub mail: Option<Digest>,
    /// What is to be done.
    pub deed: DeadDeed,
    /// Who ordered it.
    pub actor: String,
    /// How many mails it concerned when it was made.
    pub mails: u32,
    /// When it was made.
    pub ordered_at: Timestamp,
    /// How far it is.
    pub state: DeadOrderState,
    /// How many mails were taken up so far.
    pub moved: u32,
    /// What died later is not concerned.
    pub(crate) died_until: i64,
    pub(crate) shape: String,
}

macro_rules! order_columns {
    () => {
        "id, workspace, run, kind, death_code, death_shape, digest, died_until, mails, actor, reason, ordered_at, \
         state, moved, missing, ended_at"
    };
}

/// The dead mails that an order concerns: workspace, run, code, shape, the last death, and the one mail or null.
macro_rules! is_concerned {
    () => {
        concat!(
            $crate::dead::is_listed!(),
            " and ",
            $crate::dead::of_workspace!("$1"),
            " and mail.run = $2 and mail.death_code = $3 and ",
            $crate::dead::shape!(),
            " = $4 and mail.ended_at <= $5 and mail.digest = coalesce($6, mail.digest)"
        )
    };
}

/// Binds what [`is_concerned!`] asks for.
macro_rules! bind_concerned {
    ($query:expr, $of:expr) => {
        $query
            .bind($of.workspace.as_str())
            .bind($of.run.as_str())
            .bind(&$of.code)
            .bind(&$of.shape)
            .bind($of.died_until)
            .bind($of.mail.map(|digest| digest.to_string()))
    };
}

pub(crate) use {bind_concerned, is_concerned, order_columns};

pub(crate) const CONCERNED: &str = concat!("select count(*) from mail where ", is_concerned!());

/// For a mail also an order about its whole group. Bound to the same as [`CONCERNED`].
const BEFORE: &str = concat!(
    "select ",
    order_columns!(),
    " from dead_order
    where state <> 'ended' and workspace = $1 and run = $2 and death_code = $3 and death_shape = $4
        and died_until >= $5 and (digest is null or digest = $6)
    order by id limit 1"
);

const ORDER: &str = concat!(
    "insert into dead_order (workspace, run, death_code, death_shape, died_until, digest, kind, reason, mails, actor, ordered_at,
                             state, attempts, due_at, moved)
    values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 'open', 0, $11, 0) returning ",
    order_columns!()
);

row! {
    pub(crate) struct OrderRow {
        id: i64,
        workspace: String,
        run: String,
        kind: String,
        death_code: String,
        death_shape: String,
        digest: Option<String>,
        died_until: i64,
        mails: i64,
        actor: String,
        reason: Option<String>,
        ordered_at: i64,
        state: String,
        moved: i64,
        missing: Option<i64>,
        ended_at: Option<i64>,
    }
}

/// What an order is about, for the ledger.
struct Concerned {
    workspace: WorkspaceId,
    run: RunKind,
    code: String,
    shape: String,
    died_until: i64,
    mail: Option<Digest>,
    at_most: u32,
}

impl Ledger {
    /// Orders, as `actor`, what is to be done. It concerns mails that are dead now, and of a group those alone that the person saw.
    pub async fn order_dead(
        &self,
        target: &DeadTarget,
        deed: &DeadDeed,
        actor: &str,
    ) -> Result<DeadOrdered, LedgerError> {
        let concerned = Concerned::of(target);
        in_transaction!(self, |transaction, now| {
            let mails: i64 = bind_concerned!(sqlx::query_scalar(CONCERNED), concerned)
                .fetch_one(&mut *transaction)
                .await?;
            let count = read_count(mails)?;
            if count == 0 {
                return Ok(DeadOrdered::Nothing);
            }
            let before: Option<OrderRow> =
                bind_concerned!(sqlx::query_as(BEFORE), concerned).fetch_optional(&mut *transaction).await?;
            if let Some(before) = before {
                return Ok(DeadOrdered::Before(Box::new(before.order()?)));
            }
            if count > concerned.at_most {
                return Ok(DeadOrdered::Grown { mails: count });
            }
            let row: OrderRow = bind_concerned!(sqlx::query_as(ORDER), concerned)
                .bind(deed.as_str())
                .bind(deed.reason().map(holdable))
                .bind(mails)
                .bind(actor)
                .bind(now)
                .fetch_one(&mut *transaction)
                .await?;
            let order = row.order()?;
            append!(transaction, now, ordered(&order));
            DeadOrdered::Made(Box::new(order))
        })
    }

    /// The orders of one workspace, or of all: those that are not ended first, then the others, the last made first.
    pub async fn dead_orders(
        &self,
        workspace: Option<&WorkspaceId>,
        limit: u32,
    ) -> Result<Vec<DeadOrder>, LedgerError> {
        const SQL: &str = concat!(
            "select ",
            order_columns!(),
            " from dead_order where workspace = coalesce($1, workspace)
            order by case state when 'ended' then 1 else 0 end, id desc limit $2"
        );
        let rows: Vec<OrderRow> = reading!(self, |connection| {
            sqlx::query_as(SQL)
                .bind(workspace.map(WorkspaceId::as_str))
                .bind(i64::from(limit))
                .fetch_all(&mut *connection)
                .await?
        })?;
        rows.into_iter().map(OrderRow::order).collect()
    }

    /// An order by its number.
    pub async fn dead_order(&self, id: DeadOrderId) -> Result<Option<DeadOrder>, LedgerError> {
        const SQL: &str = concat!("select ", order_columns!(), " from dead_order where id = $1");
        let row: Option<OrderRow> = reading!(self, |connection| {
            sqlx::query_as(SQL).bind(id.0).fetch_optional(&mut *connection).await?
        })?;
        row.map(OrderRow::order).transpose()
    }
}

impl Concerned {
    fn of(target: &DeadTarget) -> Self {
        match target {
            DeadTarget::Group(group) => Self {
                workspace: group.workspace.clone(),
                run: group.run,
                code: group.code.clone(),
                shape: group.shape.clone(),
                died_until: group.newest.as_millisecond(),
                mail: None,
                at_most: group.mails,
            },
            DeadTarget::Mail(mail) => Self {
                workspace: mail.arrival.workspace.clone(),
                run: mail.arrival.run,
                code: mail.code.clone(),
                shape: mail.shape.clone(),
                died_until: mail.died_at.as_millisecond(),
                mail: Some(mail.arrival.digest),
                at_most: 1,
            },
        }
    }
}

impl OrderRow {
    pub(crate) fn order(self) -> Result<DeadOrder, LedgerError> {
        let (workspace, run) = (read(&self.workspace, "workspace")?, read(&self.run, "kind of run")?);
        Ok(DeadOrder {
            id: DeadOrderId(self.id),
            group: DeadGroupId::of(&workspace, run, &self.death_code, &self.death_shape),
            workspace,
            run,
            code: self.death_code,
            sentence: self.death_shape.clone(),
            mail: self.digest.map(|digest| read(&digest, "digest")).transpose()?,
            deed: match (self.kind.as_str(), self.reason) {
                ("requeue", None) => DeadDeed::Requeue,
                ("drop", Some(reason)) => DeadDeed::Drop { reason },
                _ => return Err(LedgerError::Unreadable { what: "kind of order" }),
            },
            actor: self.actor,
            mails: read_count(self.mails)?,
            ordered_at: read_time(self.ordered_at)?,
            state: match (self.state.as_str(), self.ended_at, self.missing) {
                ("open", None, None) => DeadOrderState::Open,
                ("leased", None, None) => DeadOrderState::UnderWay,
                ("ended", Some(at), Some(missing)) => {
                    DeadOrderState::Ended { at: read_time(at)?, missing: read_count(missing)? }
                }
                _ => return Err(LedgerError::Unreadable { what: "state of an order" }),
            },
            moved: read_count(self.moved)?,
            died_until: self.died_until,
            shape: self.death_shape,
        })
    }
}

fn ordered(order: &DeadOrder) -> NewAuditEntry {
    let event = match order.deed {
        DeadDeed::Requeue => "dead.requeue_ordered",
        DeadDeed::Drop { .. } => "dead.drop_ordered",
    };
    let detail = json!({
        "order": order.id.0,
        "code": order.code,
        "run": order.run,
        "mail": order.mail,
        "mails": order.mails,
        "reason": order.deed.reason(),
    });
    entry(order, event, &order.actor, detail)
}

pub(crate) fn entry(order: &DeadOrder, event: &str, actor: &str, detail: serde_json::Value) -> NewAuditEntry {
    NewAuditEntry {
        workspace: order.workspace.clone(),
        actor: actor.to_owned(),
        event: event.to_owned(),
        subject: Some(order.group.to_string()),
        detail,
    }
}
