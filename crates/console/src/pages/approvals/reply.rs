//! What is told about a person: shown to whoever asks for it, and noted.

use domain::StoredApproval;
use domain::draft::{DraftContext, DraftEvent};
use store::StoredDraft;

/// Sender, subject, and the suggested reply.
pub(super) struct Revealed {
    /// None: the draft is gone or cannot be read.
    pub(super) mail: Option<Mail>,
    /// The card that was paid with, as far as the plan tells.
    pub(super) card: Option<String>,
}

pub(super) struct Mail {
    pub(super) from: String,
    pub(super) assurance: &'static str,
    pub(super) subject: String,
    pub(super) reply_to: String,
    pub(super) reply: String,
    pub(super) dashboard: Option<String>,
}

impl Revealed {
    pub(super) fn of(draft: Option<&StoredDraft>, approval: &StoredApproval) -> Self {
        let event: Option<DraftEvent> = draft.and_then(|draft| serde_json::from_slice(&draft.body).ok());
        let card = approval.plan.pointer("/request/card").and_then(serde_json::Value::as_str);
        Self { mail: event.map(|event| Mail::of(event.data)), card: card.map(str::to_owned) }
    }
}

impl Mail {
    fn of(draft: DraftContext) -> Self {
        let address = |address: Option<domain::EmailAddress>| {
            address
                .map_or_else(|| "nobody that can be named".to_owned(), |address| address.as_str().to_owned())
        };
        let dashboard = draft.customer.map(|customer| customer.dashboard_url);
        Self {
            from: address(draft.sender.address),
            assurance: draft.sender.assurance.as_str(),
            subject: draft.in_reply_to.subject,
            reply_to: address(draft.delivery.to),
            reply: draft.reply.text,
            // A link of ours to Stripe, and nothing else.
            dashboard: dashboard.filter(|url| url.starts_with("https://")),
        }
    }
}
