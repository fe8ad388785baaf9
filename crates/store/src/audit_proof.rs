//! Proving the audit trail: that no row of it was changed, left out, put elsewhere or cut off.

use std::fmt;

use domain::{Digest, WorkspaceId};
use serde_json::{Value, json};

use crate::audit::{AuditEntry, AuditRow};
use crate::audit_chain::{BEGINNING, Content, HOLD_HEAD, HeadRow, Link, MOVE_HEAD};
use crate::engine::{in_transaction, reading, row};
use crate::error::{read, read_time};
use crate::{Ledger, LedgerError, NewAuditEntry};

/// How far a trail is proven.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditReport {
    /// How many rows were looked at and found as they were written.
    pub rows: u64,
    /// The last of them. Keep it elsewhere: whoever could rewrite the whole ledger can rewrite its chain, but not what is kept there.
    pub head: AuditMark,
    /// The first thing that is wrong.
    pub broken: Option<Break>,
}

/// A place in a trail: a number and the hash that covers everything up to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AuditMark {
    /// Counts the entries of a workspace from 1; 0 when there are none.
    pub number: u64,
    /// The hash of that entry; zeros when there are none.
    pub hash: Digest,
}

/// Where a trail is wrong, and how.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Break {
    /// The number of the entry.
    pub number: u64,
    /// What is wrong with it.
    pub what: Broken,
}

/// What can be wrong with an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Broken {
    /// It is not what was written, or not in its place.
    Changed,
    /// The row is gone.
    RowMissing,
    /// Its link is gone.
    LinkMissing,
    /// It and all that followed is gone, or was added past the end.
    CutOff,
    /// A row stands in the trail that is in no chain; the number is its sequence. A program of an older version may have written it:
    /// [`Ledger::migrate`] links it.
    Unlinked,
    /// The chain is whole, but not the one that was expected.
    NotAsExpected,
}

/// Where, and what that means; not what to do about it.
impl fmt::Display for Break {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let number = self.number;
        match self.what {
            Broken::Changed => write!(f, "line {number} is not what was written"),
            Broken::RowMissing => write!(f, "line {number} is gone"),
            Broken::LinkMissing => write!(f, "the link of line {number} is gone"),
            Broken::CutOff => write!(f, "from line {number} on it was cut off, or added to past its end"),
            Broken::Unlinked => write!(
                f,
                "row {number} is in no chain; one that an older version wrote is taken in by `postill migrate`"
            ),
            Broken::NotAsExpected => {
                write!(f, "line {number} is not the one that was noted: the trail was made anew")
            }
        }
    }
}

/// A row of the trail with its place in the chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkedEntry {
    /// Its place, and the hash that covers it and everything before.
    pub mark: AuditMark,
    /// The row.
    pub row: AuditEntry,
}

impl LinkedEntry {
    /// As it is exported: all that its hash covers, and the hash.
    pub fn to_json(&self) -> Value {
        let (mark, row) = (self.mark, &self.row);
        json!({
            "number": mark.number,
            "hash": mark.hash,
            "sequence": row.sequence,
            "at": row.at,
            "workspace": row.entry.workspace,
            "actor": row.entry.actor,
            "event": row.entry.event,
            "subject": row.entry.subject,
            "detail": row.entry.detail,
        })
    }
}

/// How many rows are read at once: the memory that proving a trail takes, however long it is.
const PAGE: i64 = 1_000;

const CHAIN: &str = "
    select audit_link.number, audit_link.hash, audit.sequence, audit.workspace, audit.at, audit.actor, audit.event,
           audit.subject, audit.detail
    from audit_link
    left join audit on audit.sequence = audit_link.sequence
    where audit_link.workspace = $1 and audit_link.number > $2
    order by audit_link.number limit $3";

row! {
    struct ChainRow {
        number: i64,
        hash: String,
        sequence: Option<i64>,
        workspace: Option<String>,
        at: Option<i64>,
        actor: Option<String>,
        event: Option<String>,
        subject: Option<String>,
        detail: Option<String>,
    }
}

const HEAD: &str = "select number, hash from audit_head where workspace = $1";

const FIRST_UNLINKED: &str = "select sequence, workspace from audit
    where workspace = coalesce($1, workspace)
        and not exists (select 1 from audit_link where audit_link.sequence = audit.sequence)
    order by sequence limit 1";

row! {
    struct UnlinkedRow {
        sequence: i64,
        workspace: String,
    }
}

const UNLINKED: &str = "select sequence, workspace, at, actor, event, subject, detail from audit
    where workspace = $1 and not exists (select 1 from audit_link where audit_link.sequence = audit.sequence)
    order by sequence limit $2";

const LINK_ALL: &str = "insert into audit_link (workspace, number, sequence, hash)
    select $1, cast(value ->> 'number' as bigint), cast(value ->> 'sequence' as bigint), value ->> 'hash'
    from json_each($2)";

impl Ledger {
    /// Proves the trail of a workspace from its first row, a page at a time; entries that are added meanwhile are proven too. `expected` is
    /// an [`AuditReport::head`] of before: that the trail still leads through it.
    pub async fn verify_audit(
        &self,
        workspace: &WorkspaceId,
        expected: Option<AuditMark>,
    ) -> Result<AuditReport, LedgerError> {
        let mut proof = Proof::new(expected)?;
        loop {
            let page = self.chain(workspace, proof.last.number).await?;
            if page.is_empty() {
                // Read after the page: an entry that was added in between leads to one more.
                let head = self.audit_head(workspace).await?;
                if head.is_some_and(|head| head.number > proof.last.number)
                    && !self.chain(workspace, proof.last.number).await?.is_empty()
                {
                    continue;
                }
                return proof.end(head, self.first_unlinked(Some(workspace)).await?);
            }
            for row in page {
                if let Err(broken) = proof.add(&row)? {
                    return proof.broken(broken);
                }
            }
        }
    }

    /// At most `limit` rows of a trail behind the entry `after`, the oldest first, with what proves them.
    pub async fn export_audit(
        &self,
        workspace: &WorkspaceId,
        after: u64,
        limit: u32,
    ) -> Result<Vec<LinkedEntry>, LedgerError> {
        const SQL: &str =
            "select audit_link.number, audit_link.hash, audit.sequence, audit.workspace, audit.at,
                audit.actor, audit.event, audit.subject, audit.detail
            from audit_link
            join audit on audit.sequence = audit_link.sequence
            where audit_link.workspace = $1 and audit_link.number > $2
            order by audit_link.number limit $3";
        let after = i64::try_from(after).unwrap_or(i64::MAX);
        let rows: Vec<ChainRow> = reading!(self, |connection| {
            sqlx::query_as(SQL)
                .bind(workspace.as_str())
                .bind(after)
                .bind(i64::from(limit))
                .fetch_all(&mut *connection)
                .await?
        })?;
        rows.into_iter().map(LinkedEntry::try_from).collect()
    }

    /// Links the rows that a program without chain has written, in the order in which it did.
    pub(crate) async fn link_older_audit(&self) -> Result<(), LedgerError> {
        while let Some(row) = self.first_unlinked(None).await? {
            self.link_some(&row.workspace).await?;
        }
        Ok(())
    }

    async fn link_some(&self, workspace: &str) -> Result<(), LedgerError> {
        in_transaction!(self, |transaction, _now| {
            let head: HeadRow = sqlx::query_as(HOLD_HEAD)
                .bind(workspace)
                .bind(BEGINNING)
                .fetch_one(&mut *transaction)
                .await?;
            let rows: Vec<AuditRow> =
                sqlx::query_as(UNLINKED).bind(workspace).bind(PAGE).fetch_all(&mut *transaction).await?;
            let (links, end) = linked(&rows, head.end()?);
            sqlx::query(LINK_ALL).bind(workspace).bind(links).execute(&mut *transaction).await?;
            sqlx::query(MOVE_HEAD)
                .bind(workspace)
                .bind(end.number)
                .bind(end.hash.to_string())
                .execute(&mut *transaction)
                .await?;
        })
    }

    async fn chain(&self, workspace: &WorkspaceId, after: i64) -> Result<Vec<ChainRow>, LedgerError> {
        reading!(self, |connection| {
            sqlx::query_as(CHAIN)
                .bind(workspace.as_str())
                .bind(after)
                .bind(PAGE)
                .fetch_all(&mut *connection)
                .await?
        })
    }

    async fn audit_head(&self, workspace: &WorkspaceId) -> Result<Option<Link>, LedgerError> {
        let head: Option<HeadRow> = reading!(self, |connection| {
            sqlx::query_as(HEAD).bind(workspace.as_str()).fetch_optional(&mut *connection).await?
        })?;
        head.map(|head| head.end()).transpose()
    }

    async fn first_unlinked(
        &self,
        workspace: Option<&WorkspaceId>,
    ) -> Result<Option<UnlinkedRow>, LedgerError> {
        reading!(self, |connection| {
            sqlx::query_as(FIRST_UNLINKED)
                .bind(workspace.map(WorkspaceId::as_str))
                .fetch_optional(&mut *connection)
                .await?
        })
    }
}

/// The links of rows that follow the end of a trail, as JSON, and the new end.
fn linked(rows: &[AuditRow], mut end: Link) -> (String, Link) {
    let links: Value = rows
        .iter()
        .map(|row| {
            end = end.followed_by(&row.content());
            json!({ "number": end.number, "sequence": row.sequence, "hash": end.hash })
        })
        .collect();
    (links.to_string(), end)
}

/// What is proven so far.
struct Proof {
    last: Link,
    expected: Option<AuditMark>,
}

impl Proof {
    fn new(expected: Option<AuditMark>) -> Result<Self, LedgerError> {
        let hash = read(BEGINNING, "hash of the audit trail")?;
        Ok(Self { last: Link { number: 0, hash }, expected })
    }

    /// Goes on to the next link, or says what is wrong with it.
    fn add(&mut self, row: &ChainRow) -> Result<Result<(), Broken>, LedgerError> {
        if row.number != self.last.number + 1 {
            return Ok(Err(Broken::LinkMissing));
        }
        let Some(content) = row.content() else { return Ok(Err(Broken::RowMissing)) };
        let next = self.last.followed_by(&content);
        if row.hash.parse() != Ok(next.hash) {
            return Ok(Err(Broken::Changed));
        }
        self.last = next;
        let here = mark(next)?;
        let as_expected =
            self.expected.is_none_or(|expected| expected.number != here.number || expected == here);
        Ok(if as_expected { Ok(()) } else { Err(Broken::NotAsExpected) })
    }

    /// The next entry is wrong.
    fn broken(self, what: Broken) -> Result<AuditReport, LedgerError> {
        let head = mark(self.last)?;
        let number = if what == Broken::NotAsExpected { head.number } else { head.number + 1 };
        Ok(AuditReport { rows: head.number, head, broken: Some(Break { number, what }) })
    }

    /// All links are proven: whether they are all there is.
    fn end(self, stored: Option<Link>, unlinked: Option<UnlinkedRow>) -> Result<AuditReport, LedgerError> {
        let stored = stored.map_or(0, |head| head.number);
        let head = mark(self.last)?;
        let expects_more = self.expected.is_some_and(|expected| expected.number > head.number);
        let broken = if stored != self.last.number || expects_more {
            Some(Break { number: head.number + 1, what: Broken::CutOff })
        } else {
            let number = unlinked.map(|row| number(row.sequence)).transpose()?;
            number.map(|number| Break { number, what: Broken::Unlinked })
        };
        Ok(AuditReport { rows: head.number, head, broken })
    }
}

fn mark(link: Link) -> Result<AuditMark, LedgerError> {
    Ok(AuditMark { number: number(link.number)?, hash: link.hash })
}

fn number(number: i64) -> Result<u64, LedgerError> {
    u64::try_from(number).map_err(|_negative| LedgerError::Unreadable { what: "number of the audit trail" })
}

impl ChainRow {
    fn content(&self) -> Option<Content<'_>> {
        Some(Content {
            workspace: self.workspace.as_deref()?,
            at: self.at?,
            actor: self.actor.as_deref()?,
            event: self.event.as_deref()?,
            subject: self.subject.as_deref(),
            detail: self.detail.as_deref()?,
        })
    }
}

impl TryFrom<ChainRow> for LinkedEntry {
    type Error = LedgerError;

    fn try_from(row: ChainRow) -> Result<Self, LedgerError> {
        let mark =
            AuditMark { number: number(row.number)?, hash: read(&row.hash, "hash of the audit trail")? };
        let unreadable = LedgerError::Unreadable { what: "row of the audit trail" };
        let (Some(sequence), Some(content)) = (row.sequence, row.content()) else { return Err(unreadable) };
        let entry = NewAuditEntry {
            workspace: read(content.workspace, "workspace")?,
            actor: content.actor.to_owned(),
            event: content.event.to_owned(),
            subject: content.subject.map(str::to_owned),
            detail: read(content.detail, "detail of the audit trail")?,
        };
        Ok(Self { mark, row: AuditEntry { sequence, at: read_time(content.at)?, entry } })
    }
}
