//! What the policy says of one action, rule by rule.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::workspace::Writable;
use crate::{Function, Permit, ReasonCode};

/// What the policy says of one action: every rule, and the strictest verdict of all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judgement {
    function: Function,
    lines: Vec<PolicyLine>,
    persons: u32,
}

impl Judgement {
    pub(super) const fn new(function: Function, lines: Vec<PolicyLine>) -> Self {
        Self { function, lines, persons: 1 }
    }

    pub(super) fn by_persons(self, persons: u32) -> Self {
        Self { persons, ..self }
    }

    /// Every rule that was asked, in order.
    pub fn lines(&self) -> &[PolicyLine] {
        &self.lines
    }

    /// The strictest verdict.
    pub fn verdict(&self) -> Verdict {
        self.lines.iter().map(|line| line.verdict).max().unwrap_or(Verdict::Refused)
    }

    /// The first rule that gave the strictest verdict, when that is not "passed".
    pub fn objection(&self) -> Option<&PolicyLine> {
        let verdict = self.verdict();
        self.lines.iter().find(|line| line.verdict == verdict && verdict != Verdict::Passed)
    }

    /// How many persons have to allow it where a person has to: one, or two above the amount set for that.
    pub const fn persons(&self) -> u32 {
        self.persons
    }

    /// The permission to act: only when every rule passed, and only in a run that may write.
    pub fn permit(&self, writable: Writable) -> Option<Permit> {
        (self.verdict() == Verdict::Passed).then(|| Permit::granted(self.function, writable))
    }
}

/// One rule and what it said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PolicyLine {
    /// The rule: `switch`, `assurance`, `window`, `limit`, `customer_day`, `workspace_day`.
    pub rule: String,
    /// What it said.
    pub verdict: Verdict,
    /// The reason, when it did not pass.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<ReasonCode>,
    /// A sentence with the figures.
    pub text: String,
}

/// What a rule says of an action.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// The rule has nothing against it.
    Passed,
    /// A person has to allow it.
    NeedsApproval,
    /// It is not done.
    Refused,
}

impl Verdict {
    /// The name on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::NeedsApproval => "needs_approval",
            Self::Refused => "refused",
        }
    }
}

impl PolicyLine {
    pub(super) fn passed(rule: &str, text: String) -> Self {
        Self { rule: rule.to_owned(), verdict: Verdict::Passed, code: None, text }
    }

    pub(super) fn waits(rule: &str, code: ReasonCode, text: String) -> Self {
        Self { rule: rule.to_owned(), verdict: Verdict::NeedsApproval, code: Some(code), text }
    }

    pub(super) fn refused(rule: &str, code: ReasonCode, text: String) -> Self {
        Self { rule: rule.to_owned(), verdict: Verdict::Refused, code: Some(code), text }
    }
}
