//! Whether money may go back: each rule asked, and explained with its figures whether it passed or not.

use std::collections::BTreeMap;

use super::{Judgement, Policy, PolicyLine, assurance_line};
use crate::{Assurance, Currency, Function, Money, ReasonCode, Timestamp};

/// A refund that is asked for, and what the rules have to know of it.
#[derive(Debug, Clone, Copy)]
pub struct RefundAsked {
    /// How much.
    pub amount: Money,
    /// When the charge was made.
    pub charged_at: Timestamp,
    /// How far the sender is believed.
    pub assurance: Assurance,
    /// When it is asked for.
    pub now: Timestamp,
    /// What went back before.
    pub spent: Spent,
}

/// What was refunded in the last 24 hours, or may have been, in the currency of what is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Spent {
    /// To the customer.
    pub customer: Money,
    /// To all customers of the workspace together.
    pub workspace: Money,
}

impl Spent {
    /// Nothing so far.
    pub const fn nothing(currency: Currency) -> Self {
        Self { customer: Money::new(0, currency), workspace: Money::new(0, currency) }
    }
}

impl Policy {
    /// Judges a refund.
    pub fn judge_refund(&self, asked: &RefundAsked) -> Judgement {
        let RefundAsked { amount, charged_at, assurance, now, spent } = *asked;
        let rules = &self.refund;
        let customer = DayRule {
            name: "customer_day",
            limits: &rules.day_limit_customer_minor,
            spent: spent.customer,
            whose: "the customer",
        };
        let workspace = DayRule {
            name: "workspace_day",
            limits: &rules.day_limit_workspace_minor,
            spent: spent.workspace,
            whose: "all customers together",
        };
        let lines = vec![
            self.switch_line(Function::Refund),
            assurance_line(rules.assurance, assurance),
            self.window_line(charged_at, now),
            self.limit_line(amount),
            customer.line(amount),
            workspace.line(amount),
        ];
        let persons = if self.two_persons_above(amount).is_some() { 2 } else { 1 };
        Judgement::new(Function::Refund, lines).by_persons(persons)
    }

    /// Whether a charge is young enough to be refunded without a person.
    pub fn is_within_window(&self, charged_at: Timestamp, now: Timestamp) -> bool {
        age_in_days(charged_at, now) <= i64::from(self.refund.window_days)
    }

    fn window_line(&self, charged_at: Timestamp, now: Timestamp) -> PolicyLine {
        let (age, window) = (days(age_in_days(charged_at, now)), days(self.refund.window_days.into()));
        if self.is_within_window(charged_at, now) {
            let text = format!("the charge is {age} old; up to {window} a refund needs no person");
            PolicyLine::passed("window", text)
        } else {
            let text = format!("the charge is {age} old, and above {window} a person decides");
            PolicyLine::waits("window", ReasonCode::OutsideWindow, text)
        }
    }

    fn limit_line(&self, amount: Money) -> PolicyLine {
        let currency = amount.currency;
        if amount.minor <= 0 {
            let text = format!("{amount} is no amount that could be refunded");
            return PolicyLine::refused("limit", ReasonCode::AmountUnclear, text);
        }
        let limit = self.refund.limit_minor.get(&currency).map(|minor| Money::new(*minor, currency));
        match (limit, self.two_persons_above(amount)) {
            (None, None) => {
                let text = format!("no limit is set for {currency}, so a person decides on {amount}");
                PolicyLine::waits("limit", ReasonCode::CurrencyNotAllowed, text)
            }
            (None, Some(most)) => {
                let text = format!(
                    "no limit is set for {currency}, and above {most} two persons decide on {amount}"
                );
                PolicyLine::waits("limit", ReasonCode::CurrencyNotAllowed, text)
            }
            (Some(_), Some(most)) => {
                let text = format!("{amount} is above {most}, so two persons decide");
                PolicyLine::waits("limit", ReasonCode::AboveLimit, text)
            }
            (Some(limit), None) if amount.minor > limit.minor => {
                let text = format!("{amount} is above the {limit} that need no person, so a person decides");
                PolicyLine::waits("limit", ReasonCode::AboveLimit, text)
            }
            (Some(limit), None) => {
                PolicyLine::passed("limit", format!("{amount} is within the {limit} that need no person"))
            }
        }
    }

    /// The amount that one person may allow, where `amount` is above it.
    fn two_persons_above(&self, amount: Money) -> Option<Money> {
        let most = self.refund.two_persons_above_minor.get(&amount.currency)?;
        (amount.minor > *most).then(|| Money::new(*most, amount.currency))
    }
}

/// A limit of what goes back within 24 hours.
struct DayRule<'a> {
    name: &'static str,
    limits: &'a BTreeMap<Currency, i64>,
    spent: Money,
    whose: &'static str,
}

impl DayRule<'_> {
    fn line(&self, amount: Money) -> PolicyLine {
        let (whose, spent, currency) = (self.whose, self.spent, amount.currency);
        let Some(limit) = self.limits.get(&currency).map(|minor| Money::new(*minor, currency)) else {
            return PolicyLine::passed(self.name, format!("no limit a day is set for {whose} in {currency}"));
        };
        match self.together(amount) {
            Some(together) if together.minor <= limit.minor => {
                let text = format!("with {spent} before, {together} of {limit} in 24 hours for {whose}");
                PolicyLine::passed(self.name, text)
            }
            Some(together) => {
                let text = format!(
                    "with {spent} before, it would be {together} in 24 hours for {whose}, above {limit}, so a person decides"
                );
                PolicyLine::waits(self.name, ReasonCode::DayLimit, text)
            }
            None => {
                let text =
                    format!("what went back in 24 hours cannot be added up for {whose}, so a person decides");
                PolicyLine::waits(self.name, ReasonCode::DayLimit, text)
            }
        }
    }

    /// What goes back within the 24 hours with this; `None` for what is no sum: less than nothing, another currency, too much to count.
    fn together(&self, amount: Money) -> Option<Money> {
        Some(self.spent).filter(|spent| spent.minor >= 0)?.checked_add(amount)
    }
}

fn days(number: i64) -> String {
    if number == 1 { "1 day".to_owned() } else { format!("{number} days") }
}

fn age_in_days(charged_at: Timestamp, now: Timestamp) -> i64 {
    now.duration_since(charged_at).as_hours() / 24
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Run;
    use crate::policy::{NeededAssurance, Switch, Verdict};

    fn policy() -> Policy {
        let mut policy = Policy::default();
        policy.functions.insert(Function::Refund, Switch::On);
        policy.refund.limit_minor.insert(Currency::EUR, 10_000);
        policy
    }

    fn day(days: i64) -> Timestamp {
        Timestamp::from_second(1_790_000_000 + days * 86_400).unwrap()
    }

    fn asked(minor: i64) -> RefundAsked {
        RefundAsked {
            amount: Money::new(minor, Currency::EUR),
            charged_at: day(-5),
            assurance: Assurance::Authenticated,
            now: day(0),
            spent: Spent::nothing(Currency::EUR),
        }
    }

    fn spent(customer: i64, workspace: i64) -> Spent {
        Spent {
            customer: Money::new(customer, Currency::EUR),
            workspace: Money::new(workspace, Currency::EUR),
        }
    }

    #[track_caller]
    fn check(policy: &Policy, asked: RefundAsked, verdict: Verdict, code: Option<ReasonCode>) {
        let judgement = policy.judge_refund(&asked);
        let objection = judgement.objection().and_then(|line| line.code);
        assert_eq!((judgement.verdict(), objection), (verdict, code), "{:#?}", judgement.lines());
    }

    #[track_caller]
    fn waits(policy: &Policy, asked: RefundAsked, code: ReasonCode) {
        check(policy, asked, Verdict::NeedsApproval, Some(code));
    }

    #[track_caller]
    fn passes(policy: &Policy, asked: RefundAsked) {
        check(policy, asked, Verdict::Passed, None);
    }

    #[test]
    fn refunds_stop_at_the_limit() {
        passes(&policy(), asked(10_000));
        waits(&policy(), asked(10_001), ReasonCode::AboveLimit);
    }

    #[test]
    fn nothing_and_less_is_never_refunded() {
        for minor in [0, -1, i64::MIN] {
            check(&policy(), asked(minor), Verdict::Refused, Some(ReasonCode::AmountUnclear));
        }
    }

    #[test]
    fn old_charges_and_unlisted_currencies_wait_for_a_person() {
        passes(&policy(), RefundAsked { charged_at: day(-90), ..asked(100) });
        waits(&policy(), RefundAsked { charged_at: day(-91), ..asked(100) }, ReasonCode::OutsideWindow);
        let dollar = Money::new(1, Currency::USD);
        waits(&policy(), RefundAsked { amount: dollar, ..asked(1) }, ReasonCode::CurrencyNotAllowed);
    }

    #[test]
    fn nobody_moves_money_on_a_bare_from() {
        for assurance in [Assurance::None, Assurance::Weak] {
            let asked = RefundAsked { assurance, ..asked(1) };
            check(&policy(), asked, Verdict::Refused, Some(ReasonCode::SenderNotAuthenticated));
        }
        let off = RefundAsked { assurance: Assurance::Confirmed, ..asked(1) };
        check(&Policy::default(), off, Verdict::Refused, Some(ReasonCode::FunctionOff));
    }

    #[test]
    fn where_a_second_proof_is_wanted_a_person_stands_in_for_it() {
        let mut policy = policy();
        policy.refund.assurance = NeededAssurance::Confirmed;
        waits(&policy, asked(1), ReasonCode::ApprovalRequired);
        passes(&policy, RefundAsked { assurance: Assurance::Confirmed, ..asked(1) });
    }

    #[test]
    fn what_a_customer_gets_in_a_day_stops_at_its_limit() {
        let mut policy = policy();
        policy.refund.day_limit_customer_minor.insert(Currency::EUR, 5_000);
        passes(&policy, RefundAsked { spent: spent(4_000, 90_000), ..asked(1_000) });
        waits(&policy, RefundAsked { spent: spent(4_001, 4_001), ..asked(1_000) }, ReasonCode::DayLimit);
    }

    #[test]
    fn what_all_customers_get_in_a_day_stops_at_its_limit() {
        let mut policy = policy();
        policy.refund.day_limit_workspace_minor.insert(Currency::EUR, 5_000);
        passes(&policy, RefundAsked { spent: spent(0, 4_000), ..asked(1_000) });
        waits(&policy, RefundAsked { spent: spent(0, 4_001), ..asked(1_000) }, ReasonCode::DayLimit);
        passes(&policy, RefundAsked { amount: Money::new(5_000, Currency::EUR), ..asked(0) });
    }

    #[test]
    fn sums_that_cannot_be_made_wait_for_a_person() {
        let mut policy = policy();
        policy.refund.day_limit_customer_minor.insert(Currency::EUR, i64::MAX);
        passes(&policy, RefundAsked { spent: spent(i64::MAX - 1, 0), ..asked(1) });
        for customer in [i64::MAX, -1] {
            waits(&policy, RefundAsked { spent: spent(customer, 0), ..asked(1) }, ReasonCode::DayLimit);
        }
        waits(
            &policy,
            RefundAsked { spent: Spent::nothing(Currency::USD), ..asked(1) },
            ReasonCode::DayLimit,
        );
    }

    #[test]
    fn above_a_limit_two_persons_decide_and_never_none() {
        let mut policy = policy();
        policy.refund.two_persons_above_minor.insert(Currency::EUR, 50_000);
        let persons = |policy: &Policy, minor| policy.judge_refund(&asked(minor)).persons();
        assert_eq!((persons(&policy, 50_000), persons(&policy, 50_001)), (1, 2));
        waits(&policy, asked(50_001), ReasonCode::AboveLimit);
        policy.refund.two_persons_above_minor.insert(Currency::EUR, 100);
        waits(&policy, asked(101), ReasonCode::AboveLimit);
    }

    #[test]
    fn every_rule_says_something_whether_it_passed_or_not() {
        let rules = |asked| -> Vec<String> {
            policy().judge_refund(&asked).lines().iter().map(|line| line.rule.clone()).collect()
        };
        let expected = ["switch", "assurance", "window", "limit", "customer_day", "workspace_day"];
        assert_eq!(rules(asked(1)), expected);
        assert_eq!(rules(RefundAsked { assurance: Assurance::None, ..asked(-5) }), expected);
    }

    #[test]
    fn a_permit_needs_a_passed_judgement_and_a_run_that_writes() {
        let permit = |minor| {
            let writable = Run::LIVE.writable().unwrap();
            policy().judge_refund(&asked(minor)).permit(writable).map(|permit| permit.function())
        };
        assert_eq!(permit(1), Some(Function::Refund));
        assert_eq!(permit(99_999), None);
        assert!(Run::REPLAY.writable().is_none() && Run::SIMULATOR.writable().is_none());
    }
}
