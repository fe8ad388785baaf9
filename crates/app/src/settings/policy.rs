//! The policy as it is configured: amounts in whole units, every rule checked against the others.

use std::collections::BTreeMap;
use std::num::NonZeroU32;

use domain::policy::{ApprovalRules, CancellationRules, RefundRules, SenderRules, Switch};
use domain::{Currency, Function, Money, Policy};

use super::reading::{Expected, Reading};
use super::registry as key;
use super::registry::SETTINGS;

/// Who has not decided after ninety days will not; a charge is outside most windows by then.
const LONGEST_APPROVAL_HOURS: u32 = 24 * 90;

/// Reads every rule. Rules that cannot be meant together are complained about.
pub(super) fn read(read: &mut Reading) -> Policy {
    let policy = Policy {
        functions: switches(read),
        refund: RefundRules {
            limit_minor: amounts(read, key::POLICY_REFUND_LIMIT, Least::Something),
            window_days: read.number(key::POLICY_REFUND_WINDOW, 0),
            day_limit_customer_minor: amounts(read, key::POLICY_REFUND_CUSTOMER_DAY, Least::Something),
            day_limit_workspace_minor: amounts(read, key::POLICY_REFUND_WORKSPACE_DAY, Least::Something),
            two_persons_above_minor: amounts(read, key::POLICY_REFUND_TWO_PERSONS, Least::Nothing),
            assurance: read.needed(key::POLICY_REFUND_ASSURANCE).unwrap_or_default(),
        },
        cancellation: CancellationRules {
            assurance: read.needed(key::POLICY_CANCEL_ASSURANCE).unwrap_or_default(),
        },
        approval: ApprovalRules { expires_hours: expires_hours(read) },
        sender: SenderRules { mails_per_hour: mails_per_hour(read) },
    };
    check_persons(read, &policy.refund);
    policy
}

/// What is allowed and can hardly be meant, a sentence each.
pub(crate) fn doubts(policy: &Policy) -> Vec<String> {
    let rules = &policy.refund;
    let mut doubts = Vec::new();
    if policy.switch(Function::Refund) == Switch::On && rules.limit_minor.is_empty() {
        doubts.push(format!(
            "refunds are switched on and {} is empty: every refund waits for a person",
            key::POLICY_REFUND_LIMIT
        ));
    }
    let day_limits = [
        (key::POLICY_REFUND_CUSTOMER_DAY, &rules.day_limit_customer_minor),
        (key::POLICY_REFUND_WORKSPACE_DAY, &rules.day_limit_workspace_minor),
    ];
    for (name, days) in day_limits {
        doubts.extend(below(days, &rules.limit_minor).map(|(day, limit)| {
            format!(
                "{name} of {day} is below {} of {limit}: no single refund above {day} passes",
                key::POLICY_REFUND_LIMIT
            )
        }));
        let without = days.keys().filter(|currency| !rules.limit_minor.contains_key(*currency));
        doubts.extend(without.map(|currency| {
            format!("{name} names {currency} and {} does not: every refund in {currency} waits for a person anyway", key::POLICY_REFUND_LIMIT)
        }));
    }
    let (customer, workspace) = (&rules.day_limit_customer_minor, &rules.day_limit_workspace_minor);
    doubts.extend(below(workspace, customer).map(|(all, one)| {
        format!(
            "{} of {all} is below {} of {one}: one customer alone can use up the day of all",
            key::POLICY_REFUND_WORKSPACE_DAY,
            key::POLICY_REFUND_CUSTOMER_DAY
        )
    }));
    doubts
}

/// Where an amount is below that of another rule, both.
fn below(
    these: &BTreeMap<Currency, i64>,
    those: &BTreeMap<Currency, i64>,
) -> impl Iterator<Item = (Money, Money)> {
    these.iter().filter_map(|(currency, this)| {
        let that = those.get(currency).filter(|that| this < *that)?;
        Some((Money::new(*this, *currency), Money::new(*that, *currency)))
    })
}

/// No person below one amount and two above a lower one cannot both be meant.
fn check_persons(read: &mut Reading, rules: &RefundRules) {
    let contradictions: Vec<(Money, Money)> =
        below(&rules.two_persons_above_minor, &rules.limit_minor).collect();
    for (two, none) in contradictions {
        read.layers.complain(format!(
            "{} asks for two persons above {two}, and {} asks for none up to {none}: raise the first to {none} or more, or lower the second",
            key::POLICY_REFUND_TWO_PERSONS,
            key::POLICY_REFUND_LIMIT
        ));
    }
}

fn switches(read: &mut Reading) -> BTreeMap<Function, Switch> {
    let mut functions = BTreeMap::new();
    for setting in SETTINGS.iter().filter(|setting| setting.key.starts_with(key::POLICY_FUNCTIONS)) {
        let name = setting.key.trim_start_matches(key::POLICY_FUNCTIONS);
        let text = read.text(setting.key);
        match (name.parse::<Function>(), text.parse::<Switch>()) {
            (Ok(function), Ok(switch)) => _ = functions.insert(function, switch),
            (Ok(_) | Err(_), _) => read.complain(setting.key, &text, "expected on, off or approval"),
        }
    }
    functions
}

fn expires_hours(read: &mut Reading) -> NonZeroU32 {
    let hours = read.with(key::POLICY_APPROVAL_EXPIRES, |text| {
        let hours = text.parse().ok().filter(|hours: &NonZeroU32| hours.get() <= LONGEST_APPROVAL_HOURS);
        hours.ok_or(Expected("a whole number of hours from 1 to 2160, which is 90 days"))
    });
    hours.unwrap_or(ApprovalRules::EXPIRES_HOURS)
}

/// None when senders may write as much as they like.
fn mails_per_hour(read: &mut Reading) -> Option<NonZeroU32> {
    if read.text(key::POLICY_SENDER_MAILS) == "off" {
        return None;
    }
    let mails = read.with(key::POLICY_SENDER_MAILS, |text| {
        text.parse().map_err(|_not_a_number| "expected a whole number of mails, or off")
    });
    mails.and_then(NonZeroU32::new)
}

/// The least amount that a rule may name.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Least {
    /// A limit of nothing is no limit but a switch, and there is a switch.
    Something,
    /// "Above nothing" is every amount.
    Nothing,
}

/// `eur=100.00,jpy=15000` in minor units, each currency once.
fn amounts(read: &mut Reading, key: &'static str, least: Least) -> BTreeMap<Currency, i64> {
    let mut amounts = BTreeMap::new();
    for pair in read.list(key) {
        let amount = pair.split_once('=').and_then(|(currency, amount)| money(amount, currency));
        match amount {
            None => read.complain(key, &pair, "expected CURRENCY=AMOUNT, such as eur=100.00"),
            Some(amount) if amount.minor == 0 && least == Least::Something => {
                let advice = "expected more than 0: leave the currency out, or set policy.functions.refund to approval or off";
                read.complain(key, &pair, advice);
            }
            Some(amount) => {
                if amounts.insert(amount.currency, amount.minor).is_some() {
                    read.complain(key, &pair, "expected each currency once");
                }
            }
        }
    }
    amounts
}

/// An amount in whole units as people write it here, `100.00`, in a currency; never less than nothing.
pub(crate) fn money(amount: &str, currency: &str) -> Option<Money> {
    let currency: Currency = currency.trim().parse().ok()?;
    let (whole, fraction) = amount.trim().split_once('.').unwrap_or((amount.trim(), ""));
    let is_number = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || !is_number(whole) || !is_number(fraction) {
        return None;
    }
    let digits: i64 = format!("{whole}{fraction}").parse().ok()?;
    Money::from_digits(digits, u8::try_from(fraction.len()).ok()?, currency)
}

#[cfg(test)]
mod tests {
    use super::super::{Layers, Settings, Sources, WrongSettings};
    use super::*;
    use domain::policy::NeededAssurance;

    fn parse(flags: &[&str]) -> Result<Policy, WrongSettings> {
        let flags: Vec<String> = flags.iter().map(|flag| (*flag).to_owned()).collect();
        let sources = Sources { file: None, built_in: None, environment: &[], flags: &flags };
        Settings::parse(Layers::read(&sources)).map(|settings| settings.policy)
    }

    #[track_caller]
    fn refused(flags: &[&str], expected: &str) {
        let text = parse(flags).unwrap_err().to_string();
        assert!(text.contains(expected), "{expected} is missing from: {text}");
        assert!(text.starts_with("the configuration has 1 error:"), "{text}");
    }

    #[test]
    fn limits_are_written_in_whole_units_and_kept_in_minor_ones() {
        let limits = "eur=100.00, jpy=15000,kwd=30.5";
        let flags = ["limit", "day_limit_customer", "day_limit_workspace", "two_persons_above"]
            .map(|name| format!("policy.refund.{name}={limits}"));
        let rules = parse(&flags.each_ref().map(String::as_str)).unwrap().refund;
        let expected = BTreeMap::from([
            ("eur".parse().unwrap(), 10_000),
            ("jpy".parse().unwrap(), 15_000),
            ("kwd".parse().unwrap(), 30_500),
        ]);
        for amounts in [
            rules.limit_minor,
            rules.day_limit_customer_minor,
            rules.day_limit_workspace_minor,
            rules.two_persons_above_minor,
        ] {
            assert_eq!(amounts, expected);
        }
    }

    #[test]
    fn what_is_no_amount_is_refused() {
        for wrong in
            ["eur", "eur=", "eur=-1", "eur=+1", "eur=1,5", "jpy=1.5", "eur=1.001", "euro=1", "eur=.5"]
        {
            refused(&[&format!("policy.refund.day_limit_workspace={wrong}")], "such as eur=100.00");
        }
        refused(&["policy.refund.limit=eur=9223372036854775807"], "such as eur=100.00");
        refused(&["policy.refund.limit=eur=1,EUR=2"], "each currency once");
    }

    #[test]
    fn a_limit_of_nothing_is_refused_with_the_switch_that_is_meant() {
        for name in ["limit", "day_limit_customer", "day_limit_workspace"] {
            refused(
                &[&format!("policy.refund.{name}=eur=0.00")],
                "set policy.functions.refund to approval or off",
            );
        }
        assert!(parse(&["policy.refund.two_persons_above=eur=0"]).is_ok());
    }

    #[test]
    fn two_persons_above_what_needs_none_is_refused() {
        let flags =
            ["policy.refund.limit=eur=100.00,usd=1", "policy.refund.two_persons_above=eur=99.99,usd=1"];
        refused(&flags, "raise the first to 100.00 eur or more");
        assert!(parse(&["policy.refund.limit=eur=100", "policy.refund.two_persons_above=eur=100"]).is_ok());
    }

    #[test]
    fn nothing_less_than_an_authenticated_sender_can_be_configured() {
        let policy = parse(&["policy.refund.assurance=confirmed"]).unwrap();
        assert_eq!(policy.refund.assurance, NeededAssurance::Confirmed);
        assert_eq!(policy.cancellation.assurance, NeededAssurance::Authenticated);
        refused(&["policy.refund.assurance=weak"], "authenticated or confirmed");
        refused(&["policy.cancel_subscription.assurance=none"], "authenticated or confirmed");
    }

    #[test]
    fn a_person_has_between_an_hour_and_ninety_days() {
        let hours = |hours: &str| {
            parse(&[&format!("policy.approval.expires_hours={hours}")])
                .map(|policy| policy.approval.expires_hours.get())
        };
        assert_eq!((hours("1").unwrap(), hours("2160").unwrap()), (1, LONGEST_APPROVAL_HOURS));
        for wrong in ["0", "2161", "-1", "soon"] {
            refused(&[&format!("policy.approval.expires_hours={wrong}")], "from 1 to 2160");
        }
        assert_eq!(parse(&[]).unwrap().approval, ApprovalRules::default());
    }

    #[test]
    fn the_defaults_are_those_of_the_rules() {
        assert_eq!(parse(&[]).unwrap(), Policy::default());
    }

    #[test]
    fn a_sender_has_twenty_mails_an_hour_until_something_else_is_said() {
        let allowed =
            |flags: &[&str]| parse(flags).map(|policy| policy.sender.mails_per_hour.map(NonZeroU32::get));
        assert_eq!(allowed(&[]).unwrap(), Some(20));
        assert_eq!(allowed(&["policy.sender.mails_per_hour=3"]).unwrap(), Some(3));
        for off in ["0", "off"] {
            assert_eq!(allowed(&[&format!("policy.sender.mails_per_hour={off}")]).unwrap(), None);
        }
        for wrong in ["many", "-1", "1.5"] {
            refused(&[&format!("policy.sender.mails_per_hour={wrong}")], "a whole number of mails, or off");
        }
    }

    #[track_caller]
    fn doubted(flags: &[&str], expected: &[&str]) {
        let doubts = doubts(&parse(flags).unwrap());
        assert_eq!(doubts.len(), expected.len(), "{doubts:#?}");
        for (doubt, part) in doubts.iter().zip(expected) {
            assert!(doubt.contains(part), "{part} is missing from: {doubt}");
        }
    }

    #[test]
    fn what_can_hardly_be_meant_is_allowed_and_said() {
        doubted(&[], &[]);
        let on = ["policy.functions.refund=on", "mail.verify_dkim=on"];
        doubted(&on, &["every refund waits"]);
        let limit = "policy.refund.limit=eur=100.00";
        doubted(&[on[0], on[1], limit], &[]);
        doubted(
            &[limit, "policy.refund.day_limit_customer=eur=50"],
            &["no single refund above 50.00 eur passes"],
        );
        doubted(&[limit, "policy.refund.day_limit_customer=usd=50"], &["every refund in usd waits"]);
        let days = ["policy.refund.day_limit_customer=eur=900", "policy.refund.day_limit_workspace=eur=500"];
        doubted(&[limit, days[0], days[1]], &["one customer alone"]);
    }
}
