//! What a workspace allows: which functions, how much, how old; pure rules, each verdict explained.

use std::collections::BTreeMap;
use std::num::NonZeroU32;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::workspace::Writable;
use crate::{Assurance, Currency, Digest, Function, Money, Permit, ReasonCode, Timestamp};

/// The rules of one workspace.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Policy {
    /// Each function's switch. Refund and cancellation are off until switched on.
    pub functions: BTreeMap<Function, Switch>,
    /// Rules for refunds.
    pub refund: RefundRules,
    /// Rules for senders.
    pub sender: SenderRules,
}

/// Whether a function may run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Switch {
    /// It does not run; a mail that asks for it goes to a person.
    Off,
    /// It runs within the other rules.
    On,
    /// Every use waits for a person.
    Approval,
}

impl Switch {
    /// The name on the command line and in the ledger.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::On => "on",
            Self::Approval => "approval",
        }
    }
}

impl std::str::FromStr for Switch {
    type Err = SwitchError;

    fn from_str(text: &str) -> Result<Self, SwitchError> {
        [Self::Off, Self::On, Self::Approval]
            .into_iter()
            .find(|switch| switch.as_str() == text)
            .ok_or(SwitchError)
    }
}

/// The text names no switch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a function is on, off or approval")]
pub struct SwitchError;

/// Rules for refunds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RefundRules {
    /// The most that one mail may have refunded without a person, in minor units by currency. A currency that is not listed always waits
    /// for a person.
    pub limit_minor: BTreeMap<Currency, i64>,
    /// How many days after the charge a refund may be asked for. Stripe itself allows more, but cards close and money has been paid out.
    pub window_days: u32,
}

impl Default for RefundRules {
    fn default() -> Self {
        Self { limit_minor: BTreeMap::new(), window_days: 90 }
    }
}

/// Rules for senders.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SenderRules {
    /// How many mails of one sender are answered within an hour; the rest goes to a person. None: all of them. Authenticated mail is
    /// counted apart, so that a forger cannot use up the customer's.
    pub mails_per_hour: Option<NonZeroU32>,
}

impl SenderRules {
    /// More than a customer writes who is in a hurry, less than two programs do that answer each other.
    pub const MAILS_PER_HOUR: NonZeroU32 = match NonZeroU32::new(20) {
        Some(mails) => mails,
        None => NonZeroU32::MIN,
    };
}

impl Default for SenderRules {
    fn default() -> Self {
        Self { mails_per_hour: Some(Self::MAILS_PER_HOUR) }
    }
}

impl Default for Policy {
    fn default() -> Self {
        let switch = |function: Function| if function.moves_money() { Switch::Off } else { Switch::On };
        Self {
            functions: Function::ALL.into_iter().map(|function| (function, switch(function))).collect(),
            refund: RefundRules::default(),
            sender: SenderRules::default(),
        }
    }
}

impl Policy {
    /// The switch of `function`. One that is not listed has its default: money off, everything else on.
    pub fn switch(&self, function: Function) -> Switch {
        let default = if function.moves_money() { Switch::Off } else { Switch::On };
        self.functions.get(&function).copied().unwrap_or(default)
    }

    /// Whether any function that moves money may run.
    pub fn allows_money(&self) -> bool {
        Function::ALL
            .into_iter()
            .any(|function| function.moves_money() && self.switch(function) != Switch::Off)
    }

    /// A short hash of the rules, published with every draft so that a decision can be traced to them.
    pub fn version(&self) -> String {
        let text = serde_json::to_vec(self).unwrap_or_default();
        Digest::of(&[&text]).to_string().chars().take(12).collect()
    }

    /// Judges a function that writes nothing that costs anybody anything: only its switch counts.
    pub fn judge_link(&self, function: Function) -> Judgement {
        Judgement { function, lines: vec![self.switch_line(function)] }
    }

    /// Judges a refund of `amount` on a charge made at `charged_at`, asked for at `now` by a sender believed as far as `assurance`.
    pub fn judge_refund(
        &self,
        amount: Money,
        charged_at: Timestamp,
        assurance: Assurance,
        now: Timestamp,
    ) -> Judgement {
        let lines = vec![
            self.switch_line(Function::Refund),
            assurance_line(assurance),
            self.window_line(charged_at, now),
            self.limit_line(amount),
        ];
        Judgement { function: Function::Refund, lines }
    }

    /// Judges the end of a subscription, asked for by a sender believed as far as `assurance`.
    pub fn judge_cancellation(&self, assurance: Assurance) -> Judgement {
        let lines = vec![self.switch_line(Function::CancelSubscription), assurance_line(assurance)];
        Judgement { function: Function::CancelSubscription, lines }
    }

    fn switch_line(&self, function: Function) -> PolicyLine {
        match self.switch(function) {
            Switch::On => PolicyLine::passed("switch", format!("{function} is switched on")),
            Switch::Off => {
                PolicyLine::refused("switch", ReasonCode::FunctionOff, format!("{function} is switched off"))
            }
            Switch::Approval => PolicyLine::waits(
                "switch",
                ReasonCode::ApprovalRequired,
                format!("every {function} waits for a person"),
            ),
        }
    }

    /// Whether a charge is young enough to be refunded without a person.
    pub fn is_within_window(&self, charged_at: Timestamp, now: Timestamp) -> bool {
        age_in_days(charged_at, now) <= i64::from(self.refund.window_days)
    }

    fn window_line(&self, charged_at: Timestamp, now: Timestamp) -> PolicyLine {
        let (days, window) = (age_in_days(charged_at, now), self.refund.window_days);
        if self.is_within_window(charged_at, now) {
            PolicyLine::passed("window", format!("the charge is {days} days old, within {window}"))
        } else {
            let text = format!("the charge is {days} days old, the window is {window} days");
            PolicyLine::waits("window", ReasonCode::OutsideWindow, text)
        }
    }

    fn limit_line(&self, amount: Money) -> PolicyLine {
        let Some(limit) = self.refund.limit_minor.get(&amount.currency) else {
            let text = format!("no limit is set for {}, so a person decides", amount.currency);
            return PolicyLine::waits("limit", ReasonCode::CurrencyNotAllowed, text);
        };
        let limit = Money::new(*limit, amount.currency);
        if amount.minor <= limit.minor {
            PolicyLine::passed("limit", format!("{amount} is within {limit}"))
        } else {
            PolicyLine::waits("limit", ReasonCode::AboveLimit, format!("{amount} is above {limit}"))
        }
    }
}

fn age_in_days(charged_at: Timestamp, now: Timestamp) -> i64 {
    now.duration_since(charged_at).as_hours() / 24
}

fn assurance_line(assurance: Assurance) -> PolicyLine {
    if assurance.proves_sender() {
        PolicyLine::passed("assurance", format!("the sender is {}", assurance.as_str()))
    } else {
        let text = format!("the sender must be authenticated, and the assurance is {}", assurance.as_str());
        PolicyLine::refused("assurance", ReasonCode::SenderNotAuthenticated, text)
    }
}

/// One rule and what it said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PolicyLine {
    /// The rule: `switch`, `assurance`, `window`, `limit`.
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

impl PolicyLine {
    fn passed(rule: &str, text: String) -> Self {
        Self { rule: rule.to_owned(), verdict: Verdict::Passed, code: None, text }
    }

    fn waits(rule: &str, code: ReasonCode, text: String) -> Self {
        Self { rule: rule.to_owned(), verdict: Verdict::NeedsApproval, code: Some(code), text }
    }

    fn refused(rule: &str, code: ReasonCode, text: String) -> Self {
        Self { rule: rule.to_owned(), verdict: Verdict::Refused, code: Some(code), text }
    }
}

/// What the policy says of one action: every rule, and the strictest verdict of all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judgement {
    function: Function,
    lines: Vec<PolicyLine>,
}

impl Judgement {
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

    /// The permission to act: only when every rule passed, and only in a run that may write.
    pub fn permit(&self, writable: Writable) -> Option<Permit> {
        (self.verdict() == Verdict::Passed).then(|| Permit::granted(self.function, writable))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Run;

    fn policy() -> Policy {
        let mut policy = Policy::default();
        policy.functions.insert(Function::Refund, Switch::On);
        policy.refund.limit_minor.insert(Currency::EUR, 10_000);
        policy
    }

    fn day(days: i64) -> Timestamp {
        Timestamp::from_second(1_790_000_000 + days * 86_400).unwrap()
    }

    #[track_caller]
    fn check(
        policy: &Policy,
        minor: i64,
        age: i64,
        assurance: Assurance,
        verdict: Verdict,
        code: Option<ReasonCode>,
    ) {
        let judgement = policy.judge_refund(Money::new(minor, Currency::EUR), day(-age), assurance, day(0));
        assert_eq!((judgement.verdict(), judgement.objection().and_then(|line| line.code)), (verdict, code));
    }

    #[test]
    fn refunds_stop_at_the_limit() {
        let auth = Assurance::Authenticated;
        check(&policy(), 10_000, 5, auth, Verdict::Passed, None);
        check(&policy(), 10_001, 5, auth, Verdict::NeedsApproval, Some(ReasonCode::AboveLimit));
    }

    #[test]
    fn old_charges_and_unlisted_currencies_wait_for_a_person() {
        let auth = Assurance::Authenticated;
        check(&policy(), 100, 90, auth, Verdict::Passed, None);
        check(&policy(), 100, 91, auth, Verdict::NeedsApproval, Some(ReasonCode::OutsideWindow));
        let judgement = policy().judge_refund(Money::new(1, Currency::USD), day(0), auth, day(0));
        assert_eq!(judgement.objection().and_then(|line| line.code), Some(ReasonCode::CurrencyNotAllowed));
    }

    #[test]
    fn nobody_moves_money_on_a_bare_from() {
        for assurance in [Assurance::None, Assurance::Weak] {
            check(&policy(), 1, 0, assurance, Verdict::Refused, Some(ReasonCode::SenderNotAuthenticated));
        }
    }

    #[test]
    fn money_is_off_until_switched_on() {
        let policy = Policy::default();
        assert!(!policy.allows_money());
        check(&policy, 1, 0, Assurance::Confirmed, Verdict::Refused, Some(ReasonCode::FunctionOff));
        assert_eq!(policy.switch(Function::InvoiceLookup), Switch::On);
    }

    #[test]
    fn a_permit_needs_a_passed_judgement_and_a_run_that_writes() {
        let passed =
            policy().judge_refund(Money::new(1, Currency::EUR), day(0), Assurance::Authenticated, day(0));
        let waits = policy().judge_refund(
            Money::new(99_999, Currency::EUR),
            day(0),
            Assurance::Authenticated,
            day(0),
        );
        let writable = Run::LIVE.writable().unwrap();
        assert_eq!(passed.permit(writable).map(|permit| permit.function()), Some(Function::Refund));
        assert!(waits.permit(writable).is_none());
        assert!(Run::REPLAY.writable().is_none() && Run::SIMULATOR.writable().is_none());
    }
}
