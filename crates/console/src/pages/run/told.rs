//! What is stored of a run, gathered and put into the order of its page.

use std::collections::BTreeSet;

use domain::action::StoredAction;
use domain::draft::{DeliveryRule, DraftEvent, Fact, FactValue, LinkKind, MatchedBy};
use domain::{ActionId, ApprovalId, Fingerprint, Function, Mode, StoredApproval, Timestamp, WorkspaceId};
use store::{AuditEntry, FollowUpKind, FollowUpRecord, RunRecord};

use super::TRAIL;
use crate::Desk;
use crate::complaint::Complaint;
use crate::figures::Time;
use crate::shown::{Chip, Shown as _, Worded};

/// What the ledger tells of a run beside its record.
pub(super) struct Told {
    /// The first draft.
    pub(super) first: Written,
    /// What came later, in order.
    pub(super) later: Vec<Later>,
    pub(super) actions: Vec<StoredAction>,
    pub(super) approvals: Vec<StoredApproval>,
    /// What the audit trail says about it, the oldest first.
    pub(super) trail: Vec<AuditEntry>,
}

/// A draft as it was stored.
pub(super) struct Written {
    /// None: an older or newer version wrote it, in other words.
    pub(super) event: Option<DraftEvent>,
    body: Vec<u8>,
}

/// Work on the mail after its first draft.
pub(super) struct Later {
    pub(super) title: &'static str,
    pub(super) about: String,
    pub(super) opened: Time,
    pub(super) state: String,
    pub(super) ended: Option<(Time, Chip)>,
    pub(super) written: Option<Written>,
}

/// Something at Stripe, and its page there.
pub(super) struct StripeId {
    pub(super) id: String,
    pub(super) url: Option<String>,
}

impl Told {
    pub(super) async fn of(
        desk: &Desk,
        workspace: &WorkspaceId,
        mail: &Fingerprint,
        record: &RunRecord,
    ) -> Result<Self, Complaint> {
        let first = Written::of(record.body.clone());
        let later: Vec<Later> = record.follow_ups.iter().map(Later::of).collect();
        // A mail that proves nothing has a draft of its own, filed under another fingerprint than its actions.
        let acted = first.event.as_ref().map_or(*mail, |event| event.subject);
        let ids = Function::ALL.map(|function| ActionId::derive(workspace, &acted, function));
        let actions = desk.ledger.actions_with(workspace, &ids).await?;
        let mut approvals = Vec::new();
        for id in approvals_in(&first, record) {
            let approval = desk.ledger.approval(&id).await?;
            approvals.extend(approval.filter(|approval| approval.workspace == *workspace));
        }
        let subjects: Vec<String> = std::iter::once(mail.to_string())
            .chain(actions.iter().map(|action| action.id.to_string()))
            .chain(approvals.iter().map(|approval| approval.id.to_string()))
            .collect();
        let mut trail = desk.ledger.audit_about_any(workspace, &subjects, TRAIL).await?;
        trail.reverse();
        Ok(Self { first, later, actions, approvals, trail })
    }

    /// When an action was stored, sent and settled, in words.
    pub(super) fn steps(action: &StoredAction) -> String {
        let stored = format!("stored {}", Time::of(action.intended_at).text);
        let sent = action.sent_at.map(|at| format!(", sent {}", Time::of(at).text)).unwrap_or_default();
        format!("{stored}{sent}, {}", action.state.as_str())
    }
}

fn approvals_in(first: &Written, record: &RunRecord) -> BTreeSet<ApprovalId> {
    let reported = first.event.iter().flat_map(|event| &event.data.actions);
    let reported = reported.filter_map(|action| Some(action.approval.as_ref()?.id.clone()));
    reported.chain(record.follow_ups.iter().filter_map(|follow_up| follow_up.subject.parse().ok())).collect()
}

impl Written {
    fn of(body: Vec<u8>) -> Self {
        Self { event: serde_json::from_slice(&body).ok(), body }
    }

    /// Whether what it said is not kept any more.
    pub(super) const fn is_forgotten(&self) -> bool {
        self.body.is_empty()
    }

    /// All of it, line by line.
    pub(super) fn json(&self) -> Result<String, Complaint> {
        match serde_json::from_slice::<serde_json::Value>(&self.body) {
            Ok(value) => Ok(serde_json::to_string_pretty(&value)?),
            Err(_no_json) => Ok(String::from_utf8_lossy(&self.body).into_owned()),
        }
    }
}

impl Later {
    fn of(record: &FollowUpRecord) -> Self {
        let ended = record.ended_at.map(Time::of);
        let state = match (&ended, record.due_at) {
            (Some(ended), _) => format!("ended {}", ended.text),
            (None, Some(due)) => format!("waits, due {}", Time::of(due).text),
            (None, None) => "waits".to_owned(),
        };
        Self {
            title: match record.kind {
                FollowUpKind::Decided => "Followed up: the approval was decided, or has expired",
                FollowUpKind::Reconcile => "Followed up: what came of the action was looked up",
                FollowUpKind::Undo => "Followed up: the cancellation is taken back",
            },
            about: record.subject.clone(),
            opened: Time::of(record.opened_at),
            state,
            ended: record
                .draft
                .as_ref()
                .map(|draft| draft.outcome.chip())
                .and_then(|chip| Some((ended?, chip))),
            written: record.draft.as_ref().map(|draft| Written::of(draft.body.clone())),
        }
    }
}

impl StripeId {
    /// With its page in the dashboard, where there is one for such an object.
    pub(super) fn of(mode: Option<Mode>, id: &str) -> Self {
        Self { id: id.to_owned(), url: mode.and_then(|mode| dashboard(mode, id)) }
    }
}

/// The kinds of object that have a page, and what it is called there.
const PAGES: [(&str, &str); 8] = [
    ("cus_", "customers"),
    ("in_", "invoices"),
    ("ch_", "payments"),
    ("py_", "payments"),
    ("pi_", "payments"),
    ("sub_", "subscriptions"),
    ("plink_", "payment-links"),
    ("req_", "logs"),
];

/// The address of an object in Stripe's dashboard. Ids come from mail and from Stripe: what is not written like one gets no address.
fn dashboard(mode: Mode, id: &str) -> Option<String> {
    let (_, page) = PAGES.into_iter().find(|(prefix, _)| id.starts_with(prefix))?;
    let is_plain = id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    let folder = match mode {
        Mode::Test => "test/",
        Mode::Live => "",
    };
    is_plain.then(|| format!("https://dashboard.stripe.com/{folder}{page}/{id}"))
}

/// Whether a fact may hold what a customer wrote.
pub(super) const fn is_personal(fact: &Fact) -> bool {
    match fact.value {
        FactValue::Text { .. } => true,
        FactValue::Money { .. }
        | FactValue::Time { .. }
        | FactValue::State { .. }
        | FactValue::Id { .. }
        | FactValue::Count { .. } => false,
    }
}

impl Worded for MatchedBy {
    fn word(&self) -> &'static str {
        match self {
            MatchedBy::Address => "by the address as it was written",
            MatchedBy::AddressLowerCase => "by the address in lower case",
            MatchedBy::Search => "by Stripe's search, which ignores case",
        }
    }
}

impl Worded for DeliveryRule {
    fn word(&self) -> &'static str {
        match self {
            DeliveryRule::AddressOnFile => "to the address on file at Stripe, and nowhere else",
            DeliveryRule::NoAddressOnFile => "to nobody: no customer has the address",
            DeliveryRule::NoReply => "to nobody: nothing is to be sent",
        }
    }
}

impl Worded for LinkKind {
    fn word(&self) -> &'static str {
        match self {
            LinkKind::HostedInvoice => "an invoice's own page",
            LinkKind::InvoicePdf => "an invoice as a file",
            LinkKind::Receipt => "a receipt",
            LinkKind::Payment => "a payment link",
            LinkKind::PortalSession => "a session in the customer portal",
            LinkKind::PortalLogin => "the login page of the customer portal",
        }
    }
}

pub(super) fn time(at: &Timestamp) -> Time {
    Time::of(*at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_object_leads_to_its_page_in_the_mode_it_is_of() {
        let test = |id| StripeId::of(Some(Mode::Test), id).url;
        assert_eq!(test("cus_1").as_deref(), Some("https://dashboard.stripe.com/test/customers/cus_1"));
        let live = StripeId::of(Some(Mode::Live), "in_1").url;
        assert_eq!(live.as_deref(), Some("https://dashboard.stripe.com/invoices/in_1"));
        assert_eq!(StripeId::of(None, "cus_1").url, None);
        for no_id in ["", "javascript:alert(1)", "cus_1/../x", "cus_\"><script>", "re_1"] {
            assert_eq!(test(no_id), None, "{no_id}");
        }
    }
}
