//! What became of a message, as the page shows it.

use domain::Permission;
use domain::draft::{DraftEvent, Fact};
use stripe_client::NotedCall;

use crate::complaint::Complaint;

/// What became of a message.
pub(super) struct Told {
    pub(super) event: DraftEvent,
    pub(super) calls: Vec<NotedCall>,
}

/// What was read of one object with one request.
pub(super) struct Object<'a> {
    pub(super) id: &'a str,
    pub(super) request_id: &'a str,
    pub(super) facts: &'a [Fact],
}

impl Told {
    pub(super) const fn of(event: DraftEvent, calls: Vec<NotedCall>) -> Self {
        Self { event, calls }
    }

    pub(super) fn objects(&self) -> Vec<Object<'_>> {
        let facts = &self.event.data.facts;
        let of_one =
            facts.chunk_by(|one, next| one.object == next.object && one.request_id == next.request_id);
        of_one
            .filter_map(|facts| {
                let first = facts.first()?;
                Some(Object {
                    id: &first.object,
                    request_id: first.request_id.as_deref().unwrap_or_default(),
                    facts,
                })
            })
            .collect()
    }

    /// The words that decided, each once: a longer quotation holds the shorter.
    pub(super) fn words(&self) -> Vec<&str> {
        let mut words: Vec<&str> = Vec::new();
        for span in self.event.data.intents.iter().flat_map(|intent| &intent.evidence) {
            let text = span.text.trim();
            if !words.iter().any(|longer| longer.contains(text)) {
                words.push(text);
            }
        }
        words
    }

    pub(super) fn json(&self) -> Result<String, Complaint> {
        Ok(serde_json::to_string_pretty(&self.event)?)
    }
}

/// What a call needs of the key.
pub(super) fn permission(call: &NotedCall) -> String {
    call.endpoint
        .permission()
        .map_or_else(|| "none of the form".to_owned(), |permission: Permission| permission.to_string())
}
