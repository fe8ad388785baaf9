//! Rows of the trail in words.

use domain::{Language, Money};
use serde_json::Value;

/// In characters, two lines of the table: more than that is folded away.
const SHORT: usize = 60;

/// The rest of a row, as text.
pub(super) struct Detail {
    pub(super) text: String,
    /// Whether it is folded away: a whole policy fills a screen.
    pub(super) long: bool,
}

impl Detail {
    pub(super) fn of(detail: &Value) -> Self {
        let field = |(name, value): (&String, &Value)| {
            (!value.is_null()).then(|| format!("{} {}", name.replace('_', " "), text_of(value)))
        };
        let text = match detail {
            Value::Null => String::new(),
            Value::Object(fields) => fields.iter().filter_map(field).collect::<Vec<_>>().join(", "),
            Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => text_of(detail),
        };
        Self { long: text.chars().count() > SHORT, text }
    }
}

fn text_of(value: &Value) -> String {
    if let Ok(money) = serde_json::from_value::<Money>(value.clone()) {
        return money.render(Language::En);
    }
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// What happened. An event of a later version is told by its own name.
pub(super) fn event_in_words(event: &str) -> String {
    let words = match event {
        "action.intended" => "stored a change at Stripe",
        "action.sent" => "sent a change to Stripe",
        "action.done" => "a change was made at Stripe",
        "action.refused" => "a change was refused",
        "action.unknown" => "nobody knows whether a change was made",
        "action.reconciled" => "found out what became of a change",
        "action.settled_by_hand" => "settled a change by hand",
        "approval.requested" => "asked for an approval",
        "approval.vote" => "voted for it",
        "approval.approved" => "approved",
        "approval.rejected" => "rejected",
        "approval.expired" => "let an approval expire",
        "connection.stored" => "connected a Stripe key",
        "connection.sealed_anew" => "sealed a Stripe key with the present master key",
        "connection.removed" => "disconnected Stripe",
        "connection.status" => "noted whether Stripe takes the key",
        "dead.requeue_ordered" => "ordered dead mail to be put back",
        "dead.drop_ordered" => "ordered dead mail to be dropped",
        "dead.requeued" => "put dead mail back",
        "dead.dropped" => "dropped dead mail",
        "erasure.done" => "erased what was kept of a person",
        "halt.set" => "stopped or paused",
        "halt.lifted" => "lifted a stop or pause",
        "simulator.run" => "tried a message in the simulator",
        "person.added" => "added a person",
        "person.role" => "gave or took a role",
        "person.password" => "set a password",
        "person.removed" => "removed a person",
        "personal.exported" => "downloaded what is held of a person",
        "personal.revealed" => "looked at what is told about a customer",
        "policy.version" => "a policy came into force",
        "replay_report.kept" => "kept the report of a replay",
        "replay_report.removed" => "removed the report of a replay",
        "retention.swept" => "forgot what had become too old",
        "session.began" => "signed in",
        "session.ended" => "signed out",
        "switch.set" => "set a switch",
        "undo.opened" => "asked to take a cancellation back",
        "undo.sent" => "took a cancellation back",
        "workspace.added" => "added the workspace",
        other => return other.replace(['.', '_'], " "),
    };
    words.to_owned()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn details_are_told_with_amounts_as_people_write_them() {
        let detail = Detail::of(
            &json!({ "amount": { "minor": 1250, "currency": "eur" }, "mail": null, "expires_at": "soon", "persons": 2 }),
        );
        assert_eq!((detail.text.as_str(), detail.long), ("amount €12.50, expires at soon, persons 2", false));
        assert_eq!(
            (Detail::of(&json!({})).text, Detail::of(&json!(null)).text),
            (String::new(), String::new())
        );
        assert!(Detail::of(&json!({ "policy": "x".repeat(SHORT) })).long);
    }

    #[test]
    fn an_event_nobody_has_words_for_is_told_by_its_name() {
        assert_eq!(event_in_words("dead.requeued_again"), "dead requeued again");
    }
}
