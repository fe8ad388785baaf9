//! Plans that wait for a person: what is stored of them, and what drafts tell.

use std::time::Duration;

use domain::approval::requester;
use domain::draft::ApprovalReport;
use domain::{
    ApprovalId, ApprovalState, EmailAddress, Fingerprint, Policy, StoredApproval, Timestamp, WorkspaceId,
};
use store::NewApproval;

use crate::action::Frozen;
use crate::trouble::Trouble;

/// Who asks for a plan to be allowed, and by which rules.
pub(crate) struct Request<'a> {
    pub(crate) workspace: &'a WorkspaceId,
    /// The mail, as its draft is filed.
    pub(crate) fingerprint: Fingerprint,
    pub(crate) sender: &'a EmailAddress,
    pub(crate) policy: &'a Policy,
    pub(crate) persons: u32,
    pub(crate) now: Timestamp,
}

impl Request<'_> {
    /// What is stored with the end of the mail. Its id is derived, so that a mail that is read again after a crash asks only once.
    pub(crate) fn of(&self, frozen: &Frozen) -> Result<NewApproval, Trouble> {
        Ok(NewApproval {
            id: self.id(frozen),
            function: frozen.request.function(),
            target: frozen.request.target().to_owned(),
            customer: frozen.customer.id.customer().cloned(),
            amount: frozen.request.amount(),
            plan: serde_json::to_value(frozen)?,
            requester: requester(self.workspace, self.sender.as_str()),
            persons: self.persons,
            expires_in: self.expires_in(),
        })
    }

    /// What the first draft tells of it.
    pub(crate) fn report(&self, frozen: &Frozen) -> ApprovalReport {
        ApprovalReport {
            id: self.id(frozen),
            state: ApprovalState::Waiting,
            persons: self.persons,
            expires_at: self.now.checked_add(self.expires_in()).unwrap_or(Timestamp::MAX),
            decided_by: Vec::new(),
            reason: None,
        }
    }

    fn id(&self, frozen: &Frozen) -> ApprovalId {
        ApprovalId::derive(self.workspace, &self.fingerprint, frozen.request.function())
    }

    fn expires_in(&self) -> Duration {
        Duration::from_hours(self.policy.approval.expires_hours.get().into())
    }
}

/// What a later draft tells of it.
pub(crate) fn report(approval: &StoredApproval) -> ApprovalReport {
    let StoredApproval { id, state, persons, expires_at, votes, rejected_by, reason, .. } = approval;
    let allowed_by = votes.iter().map(|vote| vote.actor.clone());
    let decided_by = match rejected_by {
        Some(actor) => vec![actor.clone()],
        None => allowed_by.collect(),
    };
    ApprovalReport {
        id: id.clone(),
        state: *state,
        persons: *persons,
        expires_at: *expires_at,
        decided_by,
        reason: reason.clone(),
    }
}
