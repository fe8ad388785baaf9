//! A test case that the console's simulator saved: a message, and what is expected to become of it.

use domain::draft::DraftContext;
use domain::{Assurance, Label, Outcome, ReasonCode};
use engine::Typed;
use serde::Deserialize;

use crate::terminal::{self, BAD, GOOD, styled};

/// The one version there is.
#[derive(Debug, Deserialize)]
enum Schema {
    #[serde(rename = "postill.case.v1")]
    V1,
}

/// A message, and what is expected to become of it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Case {
    #[serde(rename = "schema")]
    _schema: Schema,
    from: String,
    subject: String,
    text: String,
    assumed: Assurance,
    expected: Expected,
}

#[derive(Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Expected {
    label: Option<Label>,
    outcome: Outcome,
    customer: Option<String>,
    reasons: Vec<ReasonCode>,
}

impl Case {
    pub(super) fn typed(&self) -> Typed<'_> {
        Typed { from: &self.from, subject: &self.subject, text: &self.text, assumed: self.assumed }
    }

    /// Says whether it became what is expected, and what it became instead.
    pub(super) fn compare(&self, became: &DraftContext) -> anyhow::Result<bool> {
        let became = Expected {
            label: became.intents.first().map(|intent| intent.label),
            outcome: became.outcome,
            customer: became.customer.as_ref().map(|customer| customer.id.to_string()),
            reasons: became.reasons.iter().map(|reason| reason.code).collect(),
        };
        let holds = became == self.expected;
        if holds {
            terminal::result(&styled(GOOD, "as expected"))?;
        } else {
            terminal::result(&styled(BAD, "not as expected"))?;
            terminal::result(&format!("  expected  {}", self.expected.words()))?;
            terminal::result(&format!("  became    {}", became.words()))?;
        }
        Ok(holds)
    }
}

impl Expected {
    fn words(&self) -> String {
        let label = self.label.map_or("no intent", Label::as_str);
        let customer = self.customer.as_deref().unwrap_or("no customer");
        format!("{}, {label}, {customer}, {:?}", self.outcome.as_str(), self.reasons)
    }
}
