//! Who asks, and what they may do in the workspace of the path.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{FromRequest, FromRequestParts, RawPathParams, Request};
use axum::http::request::Parts;
use bytes::Bytes;
use domain::{Actor, Role, WorkspaceId};
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use store::{Grants, LedgerError, NewAuditEntry};

use crate::Desk;
use crate::complaint::Complaint;
use crate::cookie::Token;

/// The most bytes of a form; ours have a few hundred, a simulated message some thousand.
pub(crate) const FORM_BYTES: usize = 256 << 10;
/// A session that was noted as in use within this time is not noted again.
const NOTED_EVERY: SignedDuration = SignedDuration::from_mins(1);

/// Somebody who is signed in.
#[derive(Clone)]
pub(crate) struct Visitor {
    pub(crate) token: Token,
    pub(crate) person: Actor,
    pub(crate) grants: Grants,
}

/// Somebody who is signed in, in a workspace in which they have a role.
pub(crate) struct At {
    pub(crate) visitor: Visitor,
    pub(crate) workspace: WorkspaceId,
    pub(crate) role: Role,
    /// In which they have a role.
    pub(crate) workspaces: Vec<WorkspaceId>,
}

/// The fields of a form that one of our pages of this session sent.
pub(crate) struct Posted(Vec<(String, String)>);

impl FromRequestParts<Arc<Desk>> for Visitor {
    type Rejection = Complaint;

    async fn from_request_parts(parts: &mut Parts, desk: &Arc<Desk>) -> Result<Self, Complaint> {
        let to = parts.uri.path_and_query().map_or("/", |path| path.as_str());
        let nobody = || Complaint::NotSignedIn { to: to.to_owned() };
        let token = Token::sent(&parts.headers).ok_or_else(nobody)?;
        let digest = token.digest();
        let session = desk.ledger.session(&digest).await?.ok_or_else(nobody)?;
        let now = desk.engine.clock.now();
        let older = |since: Timestamp, limit| now.duration_since(since).unsigned_abs() > limit;
        if older(session.began_at, desk.sessions.lasts) || older(session.last_seen_at, desk.sessions.idle) {
            return Err(nobody());
        }
        if now.duration_since(session.last_seen_at) > NOTED_EVERY {
            desk.ledger.session_seen(&digest).await?;
        }
        Ok(Self { token, person: session.person, grants: session.grants })
    }
}

impl FromRequestParts<Arc<Desk>> for At {
    type Rejection = Complaint;

    async fn from_request_parts(parts: &mut Parts, desk: &Arc<Desk>) -> Result<Self, Complaint> {
        let visitor = Visitor::from_request_parts(parts, desk).await?;
        let params =
            RawPathParams::from_request_parts(parts, desk).await.map_err(|_no_path| Complaint::NoSuchPage)?;
        let named = params.iter().find(|(name, _)| *name == "workspace").map(|(_, text)| text);
        let workspace: WorkspaceId = named.and_then(|text| text.parse().ok()).ok_or(Complaint::NoSuchPage)?;
        // Before anything else of the path is looked at, so that the answer tells nothing of a workspace that is not theirs.
        let role = visitor.grants.role_in(&workspace).ok_or(Complaint::NoSuchPage)?;
        let mut workspaces = desk.ledger.workspaces().await?;
        workspaces.retain(|one| visitor.grants.role_in(one).is_some());
        if !workspaces.contains(&workspace) {
            return Err(Complaint::NoSuchPage);
        }
        Ok(Self { visitor, workspace, role, workspaces })
    }
}

impl At {
    /// Refuses whoever has a lesser role.
    pub(crate) fn needs(&self, takes: Role) -> Result<(), Complaint> {
        if self.role >= takes { Ok(()) } else { Err(Complaint::NotAllowed { takes }) }
    }

    /// As the audit trail names them.
    pub(crate) fn name(&self) -> &str {
        self.visitor.person.as_str()
    }

    /// Notes in the workspace's audit trail what they did or looked at.
    pub(crate) async fn note(
        &self,
        desk: &Desk,
        event: &str,
        subject: Option<String>,
        detail: Value,
    ) -> Result<(), LedgerError> {
        let entry = NewAuditEntry {
            workspace: self.workspace.clone(),
            actor: self.name().to_owned(),
            event: event.to_owned(),
            subject,
            detail,
        };
        desk.ledger.append_audit(&entry).await
    }

    /// A path within the workspace.
    pub(crate) fn path(&self, rest: &str) -> String {
        format!("/w/{}/{rest}", self.workspace)
    }
}

impl FromRequest<Arc<Desk>> for Posted {
    type Rejection = Complaint;

    async fn from_request(request: Request, _: &Arc<Desk>) -> Result<Self, Complaint> {
        let token = Token::sent(request.headers()).ok_or(Complaint::FormFromElsewhere)?;
        let posted = Self(fields(&read(request.into_body(), FORM_BYTES).await?));
        if token.is_form_token(posted.text("token")) { Ok(posted) } else { Err(Complaint::FormFromElsewhere) }
    }
}

impl Posted {
    /// What was typed; nothing for a field that was not sent.
    pub(crate) fn text(&self, name: &str) -> &str {
        self.0.iter().find(|(field, _)| field == name).map_or("", |(_, text)| text)
    }
}

/// A body of at most so many bytes.
pub(crate) async fn read(body: Body, most: usize) -> Result<Bytes, Complaint> {
    axum::body::to_bytes(body, most).await.map_err(|_too_large| Complaint::TooLarge { most })
}

pub(crate) fn fields(body: &[u8]) -> Vec<(String, String)> {
    form_urlencoded::parse(body).into_owned().collect()
}
