//! What a workspace allows: which functions, how much, how old; pure rules, each verdict explained.

mod judgement;
mod refund;
mod rules;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{Assurance, Digest, Function, ReasonCode};

pub use judgement::{Judgement, PolicyLine, Verdict};
pub use refund::{RefundAsked, Spent};
pub use rules::{
    ApprovalRules, CancellationRules, NeededAssurance, NeededAssuranceError, RefundRules, SenderRules,
};

/// The rules of one workspace.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Policy {
    /// Each function's switch. Refund and cancellation are off until switched on.
    pub functions: BTreeMap<Function, Switch>,
    /// Rules for refunds.
    pub refund: RefundRules,
    /// Rules for cancellations.
    pub cancellation: CancellationRules,
    /// Rules for what waits for a person.
    pub approval: ApprovalRules,
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

impl Default for Policy {
    fn default() -> Self {
        let switch = |function: Function| if function.moves_money() { Switch::Off } else { Switch::On };
        Self {
            functions: Function::ALL.into_iter().map(|function| (function, switch(function))).collect(),
            refund: RefundRules::default(),
            cancellation: CancellationRules::default(),
            approval: ApprovalRules::default(),
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

    /// Whether a sender believed so far is believed far enough for `function`; only what moves money asks for more than an address.
    pub const fn is_content_with(&self, function: Function, assurance: Assurance) -> bool {
        match function {
            Function::Refund => self.refund.assurance.is_met_by(assurance),
            Function::CancelSubscription => self.cancellation.assurance.is_met_by(assurance),
            Function::InvoiceLookup
            | Function::SubscriptionStatus
            | Function::PaymentStatus
            | Function::PaymentLink
            | Function::PortalLink => true,
        }
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
        Judgement::new(function, vec![self.switch_line(function)])
    }

    /// Judges the end of a subscription, asked for by a sender believed as far as `assurance`.
    pub fn judge_cancellation(&self, assurance: Assurance) -> Judgement {
        let function = Function::CancelSubscription;
        let lines = vec![self.switch_line(function), assurance_line(self.cancellation.assurance, assurance)];
        Judgement::new(function, lines)
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
}

/// A sender who is not proven is refused. Where a second proof is wanted besides and the mail has none, a person is that proof.
fn assurance_line(needed: NeededAssurance, given: Assurance) -> PolicyLine {
    if !given.proves_sender() {
        let text = format!("the sender must be authenticated, and the assurance is {}", given.as_str());
        return PolicyLine::refused("assurance", ReasonCode::SenderNotAuthenticated, text);
    }
    if needed.is_met_by(given) {
        return PolicyLine::passed("assurance", format!("the sender is {}", given.as_str()));
    }
    let text = "the sender is authenticated, but the mail names no invoice number or last four digits of a card that fit, \
                so a person decides";
    PolicyLine::waits("assurance", ReasonCode::ApprovalRequired, text.to_owned())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::num::NonZeroU32;

    use super::*;
    use crate::{Currency, Run};

    #[test]
    fn money_is_off_until_switched_on() {
        let policy = Policy::default();
        assert!(!policy.allows_money());
        assert_eq!(policy.switch(Function::InvoiceLookup), Switch::On);
        let refused = policy.judge_cancellation(Assurance::Confirmed);
        assert_eq!(refused.objection().and_then(|line| line.code), Some(ReasonCode::FunctionOff));
    }

    #[track_caller]
    fn check_cancellation(needed: NeededAssurance, given: Assurance, expected: Verdict) {
        let mut policy = Policy::default();
        policy.functions.insert(Function::CancelSubscription, Switch::On);
        policy.cancellation.assurance = needed;
        let judgement = policy.judge_cancellation(given);
        assert_eq!(judgement.verdict(), expected);
        let permit = Run::LIVE.writable().and_then(|writable| judgement.permit(writable));
        assert_eq!(permit.is_some(), expected == Verdict::Passed);
    }

    #[test]
    fn cancellations_need_a_proven_sender_and_a_second_proof_only_where_asked_for() {
        use NeededAssurance::{Authenticated, Confirmed};
        for needed in [Authenticated, Confirmed] {
            check_cancellation(needed, Assurance::None, Verdict::Refused);
            check_cancellation(needed, Assurance::Weak, Verdict::Refused);
            check_cancellation(needed, Assurance::Confirmed, Verdict::Passed);
        }
        check_cancellation(Authenticated, Assurance::Authenticated, Verdict::Passed);
        check_cancellation(Confirmed, Assurance::Authenticated, Verdict::NeedsApproval);
    }

    #[test]
    fn every_rule_changes_the_version() {
        let changes: [fn(&mut Policy); 11] = [
            |_| {},
            |policy| _ = policy.functions.insert(Function::PortalLink, Switch::Off),
            |policy| _ = policy.refund.limit_minor.insert(Currency::EUR, 1),
            |policy| policy.refund.window_days += 1,
            |policy| _ = policy.refund.day_limit_customer_minor.insert(Currency::EUR, 1),
            |policy| _ = policy.refund.day_limit_workspace_minor.insert(Currency::EUR, 1),
            |policy| _ = policy.refund.two_persons_above_minor.insert(Currency::EUR, 1),
            |policy| policy.refund.assurance = NeededAssurance::Confirmed,
            |policy| policy.cancellation.assurance = NeededAssurance::Confirmed,
            |policy| policy.approval.expires_hours = NonZeroU32::MIN,
            |policy| policy.sender.mails_per_hour = None,
        ];
        let versions: BTreeSet<String> = changes
            .into_iter()
            .map(|change| {
                let mut policy = Policy::default();
                change(&mut policy);
                policy.version()
            })
            .collect();
        assert_eq!(versions.len(), changes.len());
    }
}
