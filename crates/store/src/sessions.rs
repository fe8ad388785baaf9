//! Who is signed in to the console.

use domain::{Actor, Digest, Timestamp, WorkspaceId};
use serde_json::json;

use crate::audit::append;
use crate::engine::{in_transaction, reading, row};
use crate::error::{read, read_time};
use crate::people::{grant, key_of};
use crate::{Grants, Ledger, LedgerError, NewAuditEntry};

/// A session, with what its person may do at the moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedIn {
    /// Whose it is.
    pub person: Actor,
    /// What they may do.
    pub grants: Grants,
    /// When they signed in.
    pub began_at: Timestamp,
    /// When it was last used; see [`Ledger::session_seen`].
    pub last_seen_at: Timestamp,
}

const BEGIN: &str =
    "insert into console_session (token, person, began_at, last_seen_at) values ($1, $2, $3, $3)";

const FIND: &str = "select person.shown, console_session.began_at, console_session.last_seen_at,
           person_role.workspace, person_role.role
    from console_session
    join person on person.name = console_session.person
    left join person_role on person_role.person = person.name
    where console_session.token = $1";

row! {
    struct SessionRow {
        shown: String,
        began_at: i64,
        last_seen_at: i64,
        workspace: Option<String>,
        role: Option<String>,
    }
}

impl Ledger {
    /// Begins a session under the digest of its token, and notes it in the trail of `home`.
    pub async fn begin_session(
        &self,
        token: &Digest,
        person: &Actor,
        home: &WorkspaceId,
    ) -> Result<(), LedgerError> {
        in_transaction!(self, |transaction, now| {
            sqlx::query(BEGIN)
                .bind(token.to_string())
                .bind(key_of(person))
                .bind(now)
                .execute(&mut *transaction)
                .await?;
            append!(transaction, now, step(home, "session.began", person));
        })
    }

    /// The session of a token. Whoever asks decides whether it is too old.
    pub async fn session(&self, token: &Digest) -> Result<Option<SignedIn>, LedgerError> {
        let rows: Vec<SessionRow> = reading!(self, |connection| {
            sqlx::query_as(FIND).bind(token.to_string()).fetch_all(&mut *connection).await?
        })?;
        let Some(first) = rows.first() else { return Ok(None) };
        let mut session = SignedIn {
            person: read(&first.shown, "name of a person")?,
            grants: Grants::default(),
            began_at: read_time(first.began_at)?,
            last_seen_at: read_time(first.last_seen_at)?,
        };
        for row in rows {
            if let Some((scope, role)) = grant(row.workspace, row.role)? {
                session.grants.add(scope, role);
            }
        }
        Ok(Some(session))
    }

    /// Notes that a session is in use. Not for every page: once a minute says enough.
    pub async fn session_seen(&self, token: &Digest) -> Result<(), LedgerError> {
        in_transaction!(self, |transaction, now| {
            sqlx::query("update console_session set last_seen_at = $2 where token = $1")
                .bind(token.to_string())
                .bind(now)
                .execute(&mut *transaction)
                .await?;
        })
    }

    /// Ends a session, and notes it in the trail of `home`.
    pub async fn end_session(
        &self,
        token: &Digest,
        person: &Actor,
        home: &WorkspaceId,
    ) -> Result<(), LedgerError> {
        in_transaction!(self, |transaction, now| {
            let ended = sqlx::query("delete from console_session where token = $1")
                .bind(token.to_string())
                .execute(&mut *transaction)
                .await?;
            if ended.rows_affected() == 1 {
                append!(transaction, now, step(home, "session.ended", person));
            }
        })
    }

    /// Forgets sessions that began before `began_before` or were last used before `seen_before`. Says how many.
    pub async fn forget_sessions(
        &self,
        began_before: Timestamp,
        seen_before: Timestamp,
    ) -> Result<u64, LedgerError> {
        const SQL: &str = "delete from console_session where began_at < $1 or last_seen_at < $2";
        in_transaction!(self, |transaction, _now| {
            sqlx::query(SQL)
                .bind(began_before.as_millisecond())
                .bind(seen_before.as_millisecond())
                .execute(&mut *transaction)
                .await?
                .rows_affected()
        })
    }
}

fn step(home: &WorkspaceId, event: &str, person: &Actor) -> NewAuditEntry {
    NewAuditEntry {
        workspace: home.clone(),
        actor: person.as_str().to_owned(),
        event: event.to_owned(),
        subject: None,
        detail: json!({}),
    }
}
