//! What holds of every policy and every refund.

use std::collections::BTreeMap;

use domain::policy::{NeededAssurance, Policy, RefundAsked, RefundRules, Spent, Switch, Verdict};
use domain::{Assurance, Currency, Function, Money, Run, Timestamp};
use proptest::prelude::*;
use proptest::sample::select;

const NOW: i64 = 1_790_000_000;

fn currency() -> impl Strategy<Value = Currency> {
    select(vec![Currency::EUR, Currency::USD, Currency::JPY])
}

/// Amounts that meet each other often, and those at the ends of what can be counted.
fn minor() -> impl Strategy<Value = i64> {
    prop_oneof![8 => -2_i64..200, 1 => any::<i64>(), 1 => select(vec![i64::MIN, i64::MAX])]
}

fn limits() -> impl Strategy<Value = BTreeMap<Currency, i64>> {
    proptest::collection::btree_map(currency(), minor(), 0..3)
}

fn needed() -> impl Strategy<Value = NeededAssurance> {
    select(vec![NeededAssurance::Authenticated, NeededAssurance::Confirmed])
}

fn switch() -> impl Strategy<Value = Switch> {
    select(vec![Switch::Off, Switch::Approval, Switch::On, Switch::On, Switch::On])
}

prop_compose! {
    fn policy()(
        switch in switch(),
        limit_minor in limits(),
        window_days in 0_u32..5,
        day_limit_customer_minor in limits(),
        day_limit_workspace_minor in limits(),
        two_persons_above_minor in limits(),
        assurance in needed(),
    ) -> Policy {
        let mut policy = Policy::default();
        policy.functions.insert(Function::Refund, switch);
        policy.refund = RefundRules {
            limit_minor,
            window_days,
            day_limit_customer_minor,
            day_limit_workspace_minor,
            two_persons_above_minor,
            assurance,
        };
        policy
    }
}

prop_compose! {
    fn asked()(
        amount in (minor(), currency()),
        hours in 0_i64..150,
        assurance in select(vec![Assurance::None, Assurance::Weak, Assurance::Authenticated, Assurance::Confirmed]),
        customer in (minor(), currency()),
        workspace in (minor(), currency()),
        same_currency in prop::bool::weighted(0.9),
    ) -> RefundAsked {
        let money = |(minor, other): (i64, Currency)| {
            Money::new(minor, if same_currency { amount.1 } else { other })
        };
        RefundAsked {
            amount: Money::new(amount.0, amount.1),
            charged_at: Timestamp::constant(NOW - hours * 3_600, 0),
            assurance,
            now: Timestamp::constant(NOW, 0),
            spent: Spent { customer: money(customer), workspace: money(workspace) },
        }
    }
}

/// One rule made looser.
#[derive(Debug, Clone)]
enum Loosening {
    SwitchedOn,
    FromOffToApproval,
    HigherLimit(Currency, i64),
    LongerWindow(u32),
    HigherDayLimitOfCustomer(Currency, i64),
    HigherDayLimitOfWorkspace(Currency, i64),
    NoDayLimits,
    TwoPersonsLater(Currency, i64),
    NeverTwoPersons,
    LessProof,
}

fn loosening() -> impl Strategy<Value = Loosening> {
    use Loosening::{
        FromOffToApproval, HigherDayLimitOfCustomer, HigherDayLimitOfWorkspace, HigherLimit, LessProof,
        LongerWindow, NeverTwoPersons, NoDayLimits, SwitchedOn, TwoPersonsLater,
    };
    let more = || (currency(), 0_i64..300);
    prop_oneof![
        Just(SwitchedOn),
        Just(FromOffToApproval),
        more().prop_map(|(currency, more)| HigherLimit(currency, more)),
        (0_u32..5).prop_map(LongerWindow),
        more().prop_map(|(currency, more)| HigherDayLimitOfCustomer(currency, more)),
        more().prop_map(|(currency, more)| HigherDayLimitOfWorkspace(currency, more)),
        Just(NoDayLimits),
        more().prop_map(|(currency, more)| TwoPersonsLater(currency, more)),
        Just(NeverTwoPersons),
        Just(LessProof),
    ]
}

impl Loosening {
    fn of(&self, policy: &Policy) -> Policy {
        let is_off = policy.switch(Function::Refund) == Switch::Off;
        let mut policy = policy.clone();
        let rules = &mut policy.refund;
        let raise = |limits: &mut BTreeMap<Currency, i64>, currency: &Currency, more: i64| {
            limits.entry(*currency).and_modify(|limit| *limit = limit.saturating_add(more));
        };
        match self {
            Self::SwitchedOn => _ = policy.functions.insert(Function::Refund, Switch::On),
            Self::FromOffToApproval if is_off => {
                policy.functions.insert(Function::Refund, Switch::Approval);
            }
            Self::FromOffToApproval => {}
            // Listing a currency is looser than not listing it.
            Self::HigherLimit(currency, more) => {
                rules.limit_minor.entry(*currency).or_insert(0);
                raise(&mut rules.limit_minor, currency, *more);
            }
            Self::LongerWindow(more) => rules.window_days += more,
            Self::HigherDayLimitOfCustomer(currency, more) => {
                raise(&mut rules.day_limit_customer_minor, currency, *more);
            }
            Self::HigherDayLimitOfWorkspace(currency, more) => {
                raise(&mut rules.day_limit_workspace_minor, currency, *more);
            }
            Self::NoDayLimits => {
                rules.day_limit_customer_minor.clear();
                rules.day_limit_workspace_minor.clear();
            }
            Self::TwoPersonsLater(currency, more) => {
                raise(&mut rules.two_persons_above_minor, currency, *more);
            }
            Self::NeverTwoPersons => rules.two_persons_above_minor.clear(),
            Self::LessProof => rules.assurance = NeededAssurance::Authenticated,
        }
        policy
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn loosening_a_rule_never_makes_the_verdict_stricter(
        policy in policy(), asked in asked(), loosening in loosening(),
    ) {
        let (before, after) = (policy.judge_refund(&asked), loosening.of(&policy).judge_refund(&asked));
        prop_assert!(after.verdict() <= before.verdict(), "{:#?}\n{:#?}", before.lines(), after.lines());
        prop_assert!(after.persons() <= before.persons());
    }

    #[test]
    fn only_a_passed_verdict_has_a_permit(policy in policy(), asked in asked()) {
        let judgement = policy.judge_refund(&asked);
        let permit = Run::LIVE.writable().and_then(|writable| judgement.permit(writable));
        prop_assert_eq!(permit.is_some(), judgement.verdict() == Verdict::Passed);
    }

    #[test]
    fn money_goes_back_only_within_every_limit(policy in policy(), asked in asked()) {
        let judgement = policy.judge_refund(&asked);
        if judgement.verdict() == Verdict::Passed {
            let (amount, rules) = (asked.amount, &policy.refund);
            let within = |limits: &BTreeMap<Currency, i64>, spent: i64| {
                limits.get(&amount.currency).is_none_or(|limit| i128::from(spent) + i128::from(amount.minor) <= i128::from(*limit))
            };
            prop_assert!(policy.switch(Function::Refund) == Switch::On && asked.assurance.proves_sender());
            prop_assert!(amount.minor > 0 && judgement.persons() == 1);
            prop_assert!(rules.limit_minor.contains_key(&amount.currency) && within(&rules.limit_minor, 0));
            prop_assert!(within(&rules.day_limit_customer_minor, asked.spent.customer.minor));
            prop_assert!(within(&rules.day_limit_workspace_minor, asked.spent.workspace.minor));
            prop_assert!(within(&rules.two_persons_above_minor, 0));
        }
    }

    #[test]
    fn a_rule_that_does_not_pass_has_a_code_and_every_rule_a_sentence(policy in policy(), asked in asked()) {
        for line in policy.judge_refund(&asked).lines() {
            prop_assert_eq!(line.code.is_none(), line.verdict == Verdict::Passed);
            prop_assert!(!line.text.is_empty());
        }
    }
}
