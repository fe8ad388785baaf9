//! What the ledger holds of one person: found by their address in the drafts themselves, as it is told to them, and as it is forgotten.

use std::collections::BTreeSet;

use domain::action::StoredAction;
use domain::approval::{person, requester};
use domain::{Digest, EmailAddress, Fingerprint, StoredApproval, Timestamp, WorkspaceId};
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};
use store::{Forgotten, HeldDraft, Ledger, LedgerError, Rows};

/// Which format an export has.
const SCHEMA: &str = "postill.personal_data.v1";
/// Drafts looked through at once.
const PAGE: u32 = 500;

/// Everything that is held of one person in one workspace.
#[derive(Debug, Clone)]
pub struct Held {
    workspace: WorkspaceId,
    /// The person, for the trail.
    digest: Digest,
    drafts: Vec<HeldDraft>,
    later_drafts: Vec<HeldDraft>,
    actions: Vec<StoredAction>,
    approvals: Vec<StoredApproval>,
}

/// What a draft says of whom it is about; the rest is skipped.
#[derive(Deserialize)]
struct Names {
    subject: Fingerprint,
    data: People,
}

#[derive(Deserialize)]
struct People {
    sender: Sender,
    delivery: Delivery,
}

#[derive(Deserialize)]
struct Sender {
    address: Option<String>,
}

#[derive(Deserialize)]
struct Delivery {
    to: Option<String>,
}

impl Held {
    /// Looks through all drafts of a workspace for those of a mail that this person sent, or whose answer goes to them, however the address is
    /// written. Takes a second for some ten thousand drafts.
    pub async fn of(
        ledger: &Ledger,
        workspace: &WorkspaceId,
        address: &EmailAddress,
    ) -> Result<Self, LedgerError> {
        let wanted = person(address.as_str());
        let (mut drafts, mut mails, mut after) = (Vec::new(), BTreeSet::new(), 0);
        loop {
            let page = ledger.drafts_held(workspace, after, PAGE).await?;
            let Some(last) = page.last() else { break };
            after = last.row;
            for draft in page {
                if let Some(subject) = subject_when_about(&draft, &wanted) {
                    mails.extend([draft.fingerprint, subject]);
                    drafts.push(draft);
                }
            }
        }
        let mails: Vec<Fingerprint> = mails.into_iter().collect();
        let digest = requester(workspace, address.as_str());
        let (later_drafts, actions, approvals) = tokio::try_join!(
            ledger.later_drafts_held(workspace, &mails),
            ledger.actions_held(workspace, &mails),
            ledger.approvals_held(workspace, &mails, &digest),
        )?;
        Ok(Self { workspace: workspace.clone(), digest, drafts, later_drafts, actions, approvals })
    }

    /// How much there is.
    pub const fn count(&self) -> Forgotten {
        Forgotten {
            drafts: self.drafts.len() as u64,
            later_drafts: self.later_drafts.len() as u64,
            actions: self.actions.len() as u64,
            approvals: self.approvals.len() as u64,
        }
    }

    /// The person as the trail names them: [`domain::approval::requester`].
    pub const fn person(&self) -> Digest {
        self.digest
    }

    /// What was found, so that it can be told whether the same is found again.
    pub fn digest(&self) -> Digest {
        let rows = self.rows();
        let numbers = rows.drafts.iter().chain([&i64::MIN]).chain(&rows.later_drafts);
        let numbers: Vec<u8> = numbers.flat_map(|number| number.to_be_bytes()).collect();
        let ids = rows.actions.iter().chain(&rows.approvals).map(String::as_bytes);
        Digest::of(&std::iter::once(numbers.as_slice()).chain(ids).collect::<Vec<_>>())
    }

    fn rows(&self) -> Rows {
        Rows {
            drafts: self.drafts.iter().map(|draft| draft.row).collect(),
            later_drafts: self.later_drafts.iter().map(|draft| draft.row).collect(),
            actions: self.actions.iter().map(|action| action.id.to_string()).collect(),
            approvals: self.approvals.iter().map(|approval| approval.id.to_string()).collect(),
        }
    }

    /// All of it as JSON, for the person.
    pub fn export(&self, address: &EmailAddress, now: Timestamp) -> Value {
        json!({
            "schema": SCHEMA,
            "workspace": self.workspace,
            "address": address,
            "exported_at": now,
            "drafts": self.drafts.iter().chain(&self.later_drafts).map(draft).collect::<Vec<_>>(),
            "actions": self.actions.iter().map(action).collect::<Vec<_>>(),
            "approvals": self.approvals.iter().map(approval).collect::<Vec<_>>(),
        })
    }

    /// Forgets it, and notes in the trail who did. What is open, or ended within a day, is left: fewer rows are told than were counted.
    pub async fn forget(&self, ledger: &Ledger, by: &str) -> Result<Forgotten, LedgerError> {
        ledger.forget(&self.workspace, &self.rows(), &self.digest, by).await
    }
}

/// The mail, when its draft is about this person. A draft that this version cannot read is about nobody it knows.
fn subject_when_about(draft: &HeldDraft, wanted: &str) -> Option<Fingerprint> {
    let names: Names = serde_json::from_slice(&draft.body).ok()?;
    let named = [names.data.sender.address, names.data.delivery.to];
    named.into_iter().flatten().any(|address| person(&address) == wanted).then_some(names.subject)
}

/// As it was published.
fn draft(draft: &HeldDraft) -> Value {
    let published: Option<&RawValue> = serde_json::from_slice(&draft.body).ok();
    json!({ "run": draft.run.as_str(), "mail": draft.fingerprint, "published": published })
}

fn action(action: &StoredAction) -> Value {
    json!({
        "id": action.id, "function": action.function, "target": action.target, "customer": action.customer,
        "amount": action.amount, "state": action.state.as_str(), "intended_at": action.intended_at,
        "parameters": action.parameters, "result": action.result,
    })
}

fn approval(approval: &StoredApproval) -> Value {
    json!({
        "id": approval.id, "function": approval.function, "target": approval.target, "customer": approval.customer,
        "amount": approval.amount, "state": approval.state.as_str(), "requested_at": approval.requested_at,
        "decided_at": approval.decided_at, "reason": approval.reason, "plan": approval.plan,
    })
}
