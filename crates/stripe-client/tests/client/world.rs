//! Keys, permits, clients and bodies that many tests need.

use std::num::NonZeroU32;
use std::time::Duration;

use domain::policy::{RefundAsked, Spent, Switch};
use domain::{ActionId, Assurance, Currency, Function, Money, Permit, Policy, Run, Timestamp};
use stripe_client::{Config, NewRefund, Rates, RefundOf, Stripe};

use crate::server::Server;

pub(crate) const KEY: &str = "rk_test_51HabcdefghijQQQQ";

/// Quick to repeat, patient with a busy machine, and not held up by limits.
pub(crate) fn config(url: &str) -> Config {
    let many = NonZeroU32::new(1_000_000).unwrap();
    Config {
        base_url: url.parse().unwrap(),
        timeout: Duration::from_secs(10),
        deadline: Duration::from_secs(30),
        first_pause: Duration::from_millis(1),
        longest_pause: Duration::from_millis(4),
        rates: Rates { per_endpoint: many, search: many, account_live: many, account_test: many },
        ..Config::default()
    }
}

pub(crate) fn stripe(server: &Server) -> Stripe {
    Stripe::new(&KEY.parse().unwrap(), config(&server.url)).unwrap()
}

/// For a server that never answers.
pub(crate) fn impatient_stripe(server: &Server) -> Stripe {
    let config = Config { timeout: Duration::from_millis(100), ..config(&server.url) };
    Stripe::new(&KEY.parse().unwrap(), config).unwrap()
}

pub(crate) fn permit(function: Function) -> Permit {
    let mut policy = Policy::default();
    policy.functions.insert(function, Switch::On);
    policy.refund.limit_minor.insert(Currency::EUR, 1_000_000);
    let now = Timestamp::from_second(1_790_000_000).unwrap();
    let judgement = if function == Function::Refund {
        policy.judge_refund(&RefundAsked {
            amount: euros(100),
            charged_at: now,
            assurance: Assurance::Authenticated,
            now,
            spent: Spent::nothing(Currency::EUR),
        })
    } else {
        policy.judge_link(function)
    };
    judgement.permit(Run::LIVE.writable().unwrap()).unwrap()
}

pub(crate) fn action() -> ActionId {
    format!("act_{}", "5a".repeat(20)).parse().unwrap()
}

pub(crate) fn euros(minor: i64) -> Money {
    Money::new(minor, Currency::EUR)
}

pub(crate) fn refund_of_charge() -> NewRefund {
    NewRefund { of: RefundOf::Charge("ch_1".parse().unwrap()), amount: euros(2500) }
}

pub(crate) const REFUND: &str = r#"{"id":"re_1","object":"refund","amount":2500,"currency":"eur","status":"succeeded",
    "created":1790000000,"charge":"ch_1","payment_intent":"pi_1","balance_transaction":"txn_1",
    "reason":"requested_by_customer","metadata":{"postill_action":"act_5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a"}}"#;

/// An error of Stripe's.
pub(crate) fn refusal(kind: &str, code: Option<&str>, message: &str) -> String {
    let code = code.map(|code| format!(r#""code":"{code}","#)).unwrap_or_default();
    format!(r#"{{"error":{{"type":"{kind}",{code}"message":"{message}"}}}}"#)
}
