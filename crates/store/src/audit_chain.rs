//! The chain that makes the audit trail provable: every entry's hash covers the entry and the hash before.
//!
//! The hash of entry `number` is SHA-256 over these parts, each preceded by its length (8 bytes, big-endian): the hash before (32 bytes;
//! zeros for the first), `number` (8 bytes, big-endian), the workspace, the time in milliseconds (8 bytes, big-endian), the actor, the
//! event, `1` or nothing for whether there is a subject, the subject, the detail as it is stored. Whoever keeps a number and its hash
//! elsewhere can prove that nothing up to it was changed since.

use domain::Digest;

use crate::engine::row;
use crate::error::read;
use crate::{LedgerError, NewAuditEntry};

/// What the first entry of a trail follows.
pub(crate) const BEGINNING: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// Locks the end of a trail until commit, and makes it when the trail is new.
pub(crate) const HOLD_HEAD: &str = "insert into audit_head (workspace, number, hash) values ($1, 0, $2)
    on conflict (workspace) do update set number = audit_head.number
    returning number, hash";

pub(crate) const LINK: &str =
    "insert into audit_link (workspace, number, sequence, hash) values ($1, $2, $3, $4)";

pub(crate) const MOVE_HEAD: &str = "update audit_head set number = $2, hash = $3 where workspace = $1";

row! {
    pub(crate) struct HeadRow {
        number: i64,
        hash: String,
    }
}

/// A link of the chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Link {
    pub(crate) number: i64,
    pub(crate) hash: Digest,
}

impl HeadRow {
    /// The link that follows the end of the trail.
    pub(crate) fn followed_by(&self, content: &Content<'_>) -> Result<Link, LedgerError> {
        Ok(self.end()?.followed_by(content))
    }

    /// The end of the trail.
    pub(crate) fn end(&self) -> Result<Link, LedgerError> {
        Ok(Link { number: self.number, hash: read(&self.hash, "hash of the audit trail")? })
    }
}

impl Link {
    pub(crate) fn followed_by(self, content: &Content<'_>) -> Self {
        let number = self.number + 1;
        Self { number, hash: content.hash_after(self.hash, number) }
    }
}

/// What a link's hash covers of a row.
pub(crate) struct Content<'a> {
    pub(crate) workspace: &'a str,
    pub(crate) at: i64,
    pub(crate) actor: &'a str,
    pub(crate) event: &'a str,
    pub(crate) subject: Option<&'a str>,
    pub(crate) detail: &'a str,
}

impl<'a> Content<'a> {
    pub(crate) fn of(entry: &'a NewAuditEntry, at: i64, detail: &'a str) -> Self {
        let NewAuditEntry { workspace, actor, event, subject, detail: _ } = entry;
        Self { workspace: workspace.as_str(), at, actor, event, subject: subject.as_deref(), detail }
    }

    fn hash_after(&self, before: Digest, number: i64) -> Digest {
        let there_is_a_subject: &[u8] = if self.subject.is_some() { b"1" } else { b"" };
        Digest::of(&[
            before.as_bytes(),
            &number.to_be_bytes(),
            self.workspace.as_bytes(),
            &self.at.to_be_bytes(),
            self.actor.as_bytes(),
            self.event.as_bytes(),
            there_is_a_subject,
            self.subject.unwrap_or_default().as_bytes(),
            self.detail.as_bytes(),
        ])
    }
}

/// Stores a link and moves the end of the trail to it.
macro_rules! store_link {
    ($transaction:ident, $workspace:expr, $sequence:expr, $link:expr) => {
        sqlx::query($crate::audit_chain::LINK)
            .bind($workspace.as_str())
            .bind($link.number)
            .bind($sequence)
            .bind($link.hash.to_string())
            .execute(&mut *$transaction)
            .await?;
        sqlx::query($crate::audit_chain::MOVE_HEAD)
            .bind($workspace.as_str())
            .bind($link.number)
            .bind($link.hash.to_string())
            .execute(&mut *$transaction)
            .await?;
    };
}

pub(crate) use store_link;
