//! What the plan that waits holds: the request, the rules that were asked, and what Stripe said.

use domain::draft::{Fact, FactValue};
use domain::policy::{PolicyLine, Verdict};
use domain::{Money, Timestamp};
use serde::Deserialize;
use serde_json::Value;

use super::line::written;
use crate::when::When;

/// What the plan holds; empty where it cannot be read.
pub(super) struct Plan {
    pub(super) rules: Vec<Rule>,
    pub(super) version: String,
    pub(super) facts: Vec<Known>,
    amounts: Vec<(String, Money)>,
}

/// The part of the frozen plan that is shown here.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Frozen {
    policy: Vec<PolicyLine>,
    policy_version: String,
    facts: Vec<Fact>,
}

/// A rule of the policy, and what it said.
pub(super) struct Rule {
    pub(super) name: String,
    pub(super) verdict: Verdict,
    pub(super) text: String,
}

/// Something Stripe said.
pub(super) struct Known {
    pub(super) what: String,
    pub(super) value: String,
    pub(super) object: String,
    pub(super) read: When,
}

/// In place of what is told about a person.
const HIDDEN: &str = "(hidden)";

impl Plan {
    pub(super) fn of(plan: &Value, now: Timestamp) -> Self {
        let frozen = Frozen::deserialize(plan).unwrap_or_default();
        let rule =
            |line: PolicyLine| Rule { name: in_words(&line.rule), verdict: line.verdict, text: line.text };
        Self {
            rules: frozen.policy.into_iter().map(rule).collect(),
            version: frozen.policy_version,
            amounts: frozen.facts.iter().filter_map(amount).collect(),
            facts: frozen.facts.into_iter().map(|fact| Known::of(fact, now)).collect(),
        }
    }

    /// What was once paid.
    pub(super) fn total(&self) -> Option<Money> {
        self.amount("charge.amount")
    }

    /// What was given back of it before.
    pub(super) fn refunded_before(&self) -> Option<String> {
        self.amount("charge.amount_refunded").filter(|money| money.minor != 0).map(written)
    }

    fn amount(&self, label: &str) -> Option<Money> {
        self.amounts.iter().find(|(name, _)| name == label).map(|(_, money)| *money)
    }
}

impl Rule {
    pub(super) const fn class(&self) -> &'static str {
        match self.verdict {
            Verdict::Passed => "good",
            Verdict::NeedsApproval => "warn",
            Verdict::Refused => "bad",
        }
    }

    pub(super) const fn sign(&self) -> &'static str {
        match self.verdict {
            Verdict::Passed => "✔ passed",
            Verdict::NeedsApproval => "◷ asks a person",
            Verdict::Refused => "✘ refused",
        }
    }
}

impl Known {
    fn of(fact: Fact, now: Timestamp) -> Self {
        Self {
            what: in_words(&fact.label),
            value: if fact.label.contains(".card.") { HIDDEN.to_owned() } else { value(fact.value) },
            object: fact.object,
            read: When { at: fact.read_at, now },
        }
    }
}

fn value(value: FactValue) -> String {
    match value {
        FactValue::Money { money } => written(money),
        FactValue::Time { at } => domain::date_and_time(at),
        FactValue::State { state } => state,
        FactValue::Id { id } => id,
        FactValue::Count { count } => count.to_string(),
        // It may be what the customer wrote.
        FactValue::Text { .. } => HIDDEN.to_owned(),
    }
}

fn amount(fact: &Fact) -> Option<(String, Money)> {
    match &fact.value {
        FactValue::Money { money } => Some((fact.label.clone(), *money)),
        FactValue::Time { .. }
        | FactValue::State { .. }
        | FactValue::Id { .. }
        | FactValue::Text { .. }
        | FactValue::Count { .. } => None,
    }
}

/// `charge.amount_refunded` as `Charge amount refunded`.
fn in_words(name: &str) -> String {
    let spaced = name.replace(['.', '_'], " ");
    let mut letters = spaced.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}
