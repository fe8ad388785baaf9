//! Faults that a test asks for: slow answers, lost answers, refusals of the platform.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use crate::line::LineEnd;

/// Which requests go wrong, and how. The wire form of `POST /_sandbox/faults`.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct FaultRule {
    /// `GET` or `POST`; any when left out.
    #[serde(default)]
    method: Option<String>,
    /// What the path starts with: `/v1/refunds`.
    path: String,
    /// Only requests with this key, as when one of several is revoked; any when left out.
    #[serde(default, skip_serializing)]
    key: Option<String>,
    /// For how many requests; until the faults are cleared when left out.
    #[serde(default)]
    times: Option<u32>,
    /// How many requests pass unharmed first.
    #[serde(default)]
    after: u32,
    fault: Fault,
}

/// How a request goes wrong. On the wire: `{"kind": "latency", "ms": 250}`, `{"kind": "lost_after_execution"}`…
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum Fault {
    /// The answer takes longer by that many milliseconds. The idempotency key is taken meanwhile.
    Latency { ms: u64 },
    /// The connection closes without a byte; nothing was executed.
    LostBeforeExecution,
    /// The connection closes without a byte; the request was executed and its answer is saved under its key.
    LostAfterExecution,
    /// The connection is reset; the request was executed and its answer is saved under its key.
    ResetAfterExecution,
    /// The request is executed at once, and its answer comes that many milliseconds later: longer than a client waits.
    HangAfterExecution { ms: u64 },
    /// 500; nothing was executed and nothing is saved.
    ServerError,
    /// 500; nothing was executed, and the 500 is what its key replays.
    ServerErrorSaved,
    /// 500 after the request was executed; the 500 is what its key replays.
    ServerErrorAfterExecution,
    /// 409 `lock_timeout`.
    LockTimeout,
    /// 409 `idempotency_key_in_use`.
    IdempotencyKeyInUse,
    /// 429 without a word on retrying.
    RateLimited,
    /// 429 with `Stripe-Should-Retry: true`.
    RateLimitedShouldRetry,
    /// 400 `balance_insufficient`: the account does not hold what is to be refunded. Saved under the key, as every business refusal.
    BalanceInsufficient,
    /// Somebody refunds the charge by hand right before the request is executed: all that is left of it, or `amount` minor units.
    RefundedElsewhere { amount: Option<i64> },
    /// 401, as for a key that was rolled or deleted.
    RevokedKey,
}

/// The rules in the order of their arrival.
#[derive(Debug, Default)]
pub(crate) struct Faults {
    rules: VecDeque<FaultRule>,
}

/// What goes wrong with one request. A delay may come on top of another fault.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Drawn {
    pub(crate) latency_ms: u64,
    pub(crate) fault: Option<Fault>,
}

impl Faults {
    pub(crate) fn add(&mut self, rule: FaultRule) {
        self.rules.push_back(rule);
    }

    pub(crate) fn clear(&mut self) {
        self.rules.clear();
    }

    pub(crate) fn rules(&self) -> &VecDeque<FaultRule> {
        &self.rules
    }

    /// Draws for one request: the first matching delay and the first other matching fault, each counted down.
    pub(crate) fn draw(&mut self, method: &str, path: &str, key: Option<&str>) -> Drawn {
        let mut drawn = Drawn::default();
        for rule in self.rules.iter_mut().filter(|rule| rule.matches(method, path, key)) {
            let delay = if let Fault::Latency { ms } = rule.fault { Some(ms) } else { None };
            let wanted = if delay.is_some() { drawn.latency_ms == 0 } else { drawn.fault.is_none() };
            if !wanted || !rule.strikes() {
                continue;
            }
            match delay {
                Some(ms) => drawn.latency_ms = ms,
                None => drawn.fault = Some(rule.fault),
            }
        }
        self.rules.retain(|rule| rule.times != Some(0));
        drawn
    }
}

impl Fault {
    /// How the connection ends, where nobody is told what became of the request.
    pub(crate) const fn line_end(self) -> Option<LineEnd> {
        match self {
            Self::LostBeforeExecution | Self::LostAfterExecution => Some(LineEnd::Closed),
            Self::ResetAfterExecution => Some(LineEnd::Reset),
            Self::Latency { .. }
            | Self::HangAfterExecution { .. }
            | Self::ServerError
            | Self::ServerErrorSaved
            | Self::ServerErrorAfterExecution
            | Self::LockTimeout
            | Self::IdempotencyKeyInUse
            | Self::RateLimited
            | Self::RateLimitedShouldRetry
            | Self::BalanceInsufficient
            | Self::RefundedElsewhere { .. }
            | Self::RevokedKey => None,
        }
    }
}

impl FaultRule {
    fn matches(&self, method: &str, path: &str, key: Option<&str>) -> bool {
        let method_fits = self.method.as_deref().is_none_or(|wanted| wanted.eq_ignore_ascii_case(method));
        let key_fits = self.key.as_deref().is_none_or(|wanted| Some(wanted) == key);
        method_fits && key_fits && path.starts_with(&self.path)
    }

    /// Counts a matching request, and says whether it is hit.
    fn strikes(&mut self) -> bool {
        if self.after > 0 {
            self.after -= 1;
            return false;
        }
        match &mut self.times {
            None => true,
            Some(0) => false,
            Some(left) => {
                *left -= 1;
                true
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(json: &str) -> FaultRule {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn a_rule_hits_its_method_and_path_as_often_as_it_says() {
        let mut faults = Faults::default();
        faults
            .add(rule(r#"{"method":"POST","path":"/v1/refunds","times":2,"fault":{"kind":"server_error"}}"#));
        assert_eq!(faults.draw("GET", "/v1/refunds", None).fault, None);
        assert_eq!(faults.draw("POST", "/v1/charges", None).fault, None);
        assert_eq!(faults.draw("POST", "/v1/refunds", None).fault, Some(Fault::ServerError));
        assert_eq!(faults.draw("POST", "/v1/refunds", None).fault, Some(Fault::ServerError));
        assert_eq!(faults.draw("POST", "/v1/refunds", None).fault, None);
    }

    #[test]
    fn a_rule_can_strike_one_key_only() {
        let mut faults = Faults::default();
        faults.add(rule(r#"{"path":"/v1/","key":"rk_test_one","fault":{"kind":"revoked_key"}}"#));
        assert_eq!(faults.draw("GET", "/v1/charges", Some("rk_test_one")).fault, Some(Fault::RevokedKey));
        assert_eq!(faults.draw("GET", "/v1/charges", Some("rk_test_other")).fault, None);
        assert_eq!(faults.draw("GET", "/v1/charges", None).fault, None);
    }

    #[test]
    fn a_rule_can_let_some_pass_first() {
        let mut faults = Faults::default();
        faults.add(rule(r#"{"path":"/v1/","after":1,"times":1,"fault":{"kind":"rate_limited"}}"#));
        let drawn: Vec<_> = (0..3).map(|_| faults.draw("GET", "/v1/charges", None).fault).collect();
        assert_eq!(drawn, [None, Some(Fault::RateLimited), None]);
    }

    #[test]
    fn queued_rules_strike_one_after_the_other_and_a_delay_comes_on_top() {
        let mut faults = Faults::default();
        faults.add(rule(r#"{"path":"/v1/","times":1,"fault":{"kind":"lock_timeout"}}"#));
        faults.add(rule(r#"{"path":"/v1/","times":1,"fault":{"kind":"server_error"}}"#));
        faults.add(rule(r#"{"path":"/v1/","times":1,"fault":{"kind":"latency","ms":5}}"#));
        let first = faults.draw("GET", "/v1/charges", None);
        assert_eq!((first.fault, first.latency_ms), (Some(Fault::LockTimeout), 5));
        let second = faults.draw("GET", "/v1/charges", None);
        assert_eq!((second.fault, second.latency_ms), (Some(Fault::ServerError), 0));
    }

    #[test]
    fn a_misspelt_rule_is_not_accepted() {
        for json in [
            r#"{"path":"/v1/","time":1,"fault":{"kind":"server_error"}}"#,
            r#"{"path":"/v1/","fault":{"kind":"slow"}}"#,
        ] {
            assert!(serde_json::from_str::<FaultRule>(json).is_err(), "{json}");
        }
    }
}
