//! Examples of what a policy is to say, as they stand in a file.

use std::path::Path;
use std::time::Duration;

use domain::policy::{Judgement, RefundAsked, Spent, Verdict};
use domain::{Assurance, Function, Money, Policy, ReasonCode, Timestamp};
use serde::Deserialize;

use crate::complaint::{self, Advice};
use crate::settings::money;

/// One example.
#[derive(Debug)]
pub(super) struct Example {
    pub(super) name: String,
    case: Case,
    pub(super) expected: Expected,
}

/// What is asked for.
#[derive(Debug)]
enum Case {
    Refund { amount: Money, age: Duration, assurance: Assurance, spent: Spent },
    Cancellation(Assurance),
    Other(Function),
}

/// What it is to come to; where nothing is said, anything is right.
#[derive(Debug)]
pub(super) struct Expected {
    pub(super) verdict: Verdict,
    pub(super) reason: Option<ReasonCode>,
    pub(super) persons: Option<u32>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    #[serde(default)]
    example: Vec<WrittenExample>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenExample {
    name: String,
    function: Function,
    amount: Option<String>,
    age_days: Option<u16>,
    spent_by_customer: Option<String>,
    spent_by_workspace: Option<String>,
    #[serde(default = "proven")]
    assurance: Assurance,
    expect: Verdict,
    reason: Option<ReasonCode>,
    persons: Option<u32>,
}

const fn proven() -> Assurance {
    Assurance::Authenticated
}

/// What is wrong with an example.
#[derive(Debug, thiserror::Error)]
enum Wrong {
    #[error("a refund needs an amount, such as \"30.00 eur\"")]
    NoAmount,
    #[error("\"{0}\" is no amount, such as \"30.00 eur\"")]
    NotAnAmount(String),
    #[error("what was spent is in another currency than the amount")]
    OtherCurrency,
    #[error("amount, age_days and what was spent belong to refunds, not to {0}")]
    NotARefund(Function),
    #[error("expected passed, and a reason: what passes has none")]
    ReasonToPass,
}

/// Reads a file; says everything that is wrong with its examples at once.
pub(super) fn read(path: &Path) -> anyhow::Result<Vec<Example>> {
    let bytes = complaint::read_file(path)?;
    let advice = "`postill policy test --help` shows an example";
    let text = std::str::from_utf8(&bytes)
        .map_err(|_not_text| Advice::data(format!("{} is not text", path.display()), advice))?;
    let written: Written = toml::from_str(text).map_err(|error| {
        Advice::data(format!("{}: {}", path.display(), error.to_string().trim_end()), advice)
    })?;
    if written.example.is_empty() {
        return Err(Advice::data(format!("{} has no [[example]]", path.display()), advice));
    }
    let mut examples = Vec::with_capacity(written.example.len());
    let mut wrong = Vec::new();
    for written in written.example {
        let name = written.name.clone();
        match written.parse() {
            Ok(example) => examples.push(example),
            Err(error) => wrong.push(format!("\n  - \"{name}\": {error}")),
        }
    }
    if wrong.is_empty() {
        return Ok(examples);
    }
    Err(Advice::data(format!("examples in {} are wrong:{}", path.display(), wrong.concat()), advice))
}

impl WrittenExample {
    fn parse(self) -> Result<Example, Wrong> {
        if self.expect == Verdict::Passed && self.reason.is_some() {
            return Err(Wrong::ReasonToPass);
        }
        let case = self.case()?;
        let expected = Expected { verdict: self.expect, reason: self.reason, persons: self.persons };
        Ok(Example { name: self.name, case, expected })
    }

    fn case(&self) -> Result<Case, Wrong> {
        let of_refunds = [&self.amount, &self.spent_by_customer, &self.spent_by_workspace];
        match self.function {
            Function::Refund => self.refund(),
            other if self.age_days.is_some() || of_refunds.into_iter().any(Option::is_some) => {
                Err(Wrong::NotARefund(other))
            }
            Function::CancelSubscription => Ok(Case::Cancellation(self.assurance)),
            Function::InvoiceLookup
            | Function::SubscriptionStatus
            | Function::PaymentStatus
            | Function::PaymentLink
            | Function::PortalLink => Ok(Case::Other(self.function)),
        }
    }

    fn refund(&self) -> Result<Case, Wrong> {
        let amount = amount(self.amount.as_ref().ok_or(Wrong::NoAmount)?)?;
        let nothing = Money::new(0, amount.currency);
        let spent = |text: &Option<String>| match text.as_deref().map(self::amount) {
            None => Ok(nothing),
            Some(Ok(spent)) if spent.currency == amount.currency => Ok(spent),
            Some(Ok(_)) => Err(Wrong::OtherCurrency),
            Some(Err(wrong)) => Err(wrong),
        };
        let days = u64::from(self.age_days.unwrap_or_default());
        Ok(Case::Refund {
            amount,
            age: Duration::from_hours(24 * days),
            assurance: self.assurance,
            spent: Spent {
                customer: spent(&self.spent_by_customer)?,
                workspace: spent(&self.spent_by_workspace)?,
            },
        })
    }
}

/// `30.00 eur`
fn amount(text: &str) -> Result<Money, Wrong> {
    let parsed = text.trim().rsplit_once(' ').and_then(|(amount, currency)| money(amount, currency));
    parsed.ok_or_else(|| Wrong::NotAnAmount(text.to_owned()))
}

impl Example {
    /// What the policy says of it at the time `now`.
    pub(super) fn judge(&self, policy: &Policy, now: Timestamp) -> Judgement {
        match self.case {
            Case::Refund { amount, age, assurance, spent } => {
                policy.judge_refund(&RefundAsked { amount, charged_at: now - age, assurance, now, spent })
            }
            Case::Cancellation(assurance) => policy.judge_cancellation(assurance),
            Case::Other(function) => policy.judge_link(function),
        }
    }
}

impl Expected {
    /// Whether it came to what was expected.
    pub(super) fn is_met_by(&self, judgement: &Judgement) -> bool {
        let reason = judgement.objection().and_then(|line| line.code);
        judgement.verdict() == self.verdict
            && self.reason.is_none_or(|expected| reason == Some(expected))
            && self.persons.is_none_or(|expected| judgement.persons() == expected)
    }
}
