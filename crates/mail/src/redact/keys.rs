//! Keys and tokens of programs.

use crate::sender::cut_at_char;

/// Fronts of secrets: Stripe's secret and restricted keys and webhook secrets, and those people paste by mistake beside them.
pub(super) const KEY_FRONTS: [&str; 11] =
    ["sk_", "rk_", "whsec_", "ghp_", "gho_", "github_pat_", "glpat-", "xoxb-", "xoxp-", "AKIA", "AIza"];
/// A word with such a front is a secret when this much follows; `sk_` alone may be anything.
const MIN_KEY_REST: usize = 8;
/// The longest label of a private key in the form of RFC 7468, in bytes: `BEGIN ENCRYPTED PRIVATE KEY-----`.
const MAX_KEY_LABEL: usize = 40;
/// What follows `Bearer` is a token from this length on.
const MIN_BEARER_TOKEN: usize = 20;
/// A token in three parts, as JSON Web Tokens are, is one from this length on.
const MIN_JSON_TOKEN: usize = 40;
/// Fronts of what Stripe lets a customer's browser do; it is a secret when this stands behind them.
pub(super) const CLIENT_FRONTS: [&str; 3] = ["pi_", "seti_", "cs_"];
const CLIENT_SECRET: &str = "_secret_";

/// Finds keys in a text, from its front to its end. What was found out about a run of letters holds for all that begins in it, so that
/// a long run of fronts is read once.
pub(super) struct Keys<'a> {
    text: &'a str,
    token: Token,
    key: Key,
}

/// A run of what tokens are made of.
#[derive(Default)]
struct Token {
    end: usize,
    /// The end without the marks of a sentence.
    trimmed: usize,
    /// Two dots stand from here on.
    last_two_dots: Option<usize>,
}

/// A run of what keys are made of.
#[derive(Default)]
struct Key {
    end: usize,
    /// Where [`CLIENT_SECRET`] stands last.
    client_secret: Option<usize>,
}

impl<'a> Keys<'a> {
    pub(super) fn of(text: &'a str) -> Self {
        Self { text, token: Token::default(), key: Key::default() }
    }

    /// Where the secret ends that begins at `start`, which is never before that of the last call.
    pub(super) fn end(&mut self, start: usize) -> Option<usize> {
        let rest = self.text.get(start..)?;
        if rest.starts_with("BEGIN ") && cut_at_char(rest, MAX_KEY_LABEL).contains("PRIVATE KEY-----") {
            return Some(rest.find("-----END").map_or(self.text.len(), |end| start + end));
        }
        if rest.starts_with("eyJ") && self.is_json_token(start) {
            return Some(self.token.trimmed);
        }
        let front = KEY_FRONTS.iter().find(|front| rest.starts_with(*front));
        let is_client = CLIENT_FRONTS.iter().any(|front| rest.starts_with(front));
        if front.is_none() && !is_client {
            return None;
        }
        self.read_key(start);
        let end = self.key.end;
        let is_key = front.is_some_and(|front| end.saturating_sub(start + front.len()) >= MIN_KEY_REST);
        let is_client_secret = is_client && self.key.client_secret.is_some_and(|at| at >= start);
        (is_key || is_client_secret).then_some(end)
    }

    /// The same behind the word `Bearer`, where any long token is one.
    pub(super) fn end_behind_bearer(&mut self, start: usize) -> Option<usize> {
        self.read_token(start);
        let is_token = self.token.trimmed.saturating_sub(start) >= MIN_BEARER_TOKEN;
        if is_token { Some(self.token.trimmed) } else { self.end(start) }
    }

    fn is_json_token(&mut self, start: usize) -> bool {
        self.read_token(start);
        let Token { trimmed, last_two_dots, .. } = self.token;
        trimmed.saturating_sub(start) >= MIN_JSON_TOKEN && last_two_dots.is_some_and(|dots| dots >= start)
    }

    fn read_token(&mut self, start: usize) {
        if start < self.token.end {
            return;
        }
        let is_token = |c: char| c.is_ascii_alphanumeric() || "_-.~+/=".contains(c);
        let rest = self.text.get(start..).unwrap_or_default();
        let run = rest.get(..rest.find(|c| !is_token(c)).unwrap_or(rest.len())).unwrap_or_default();
        let token = run.trim_end_matches(['.', '-', '/', '+', '~']);
        self.token = Token {
            end: start + run.len(),
            trimmed: start + token.len(),
            last_two_dots: token.rmatch_indices('.').nth(1).map(|(at, _)| start + at),
        };
    }

    fn read_key(&mut self, start: usize) {
        self.read_token(start);
        if start < self.key.end {
            return;
        }
        let is_key = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
        let token = self.text.get(start..self.token.trimmed).unwrap_or_default();
        let key = token.get(..token.find(|c| !is_key(c)).unwrap_or(token.len())).unwrap_or_default();
        self.key =
            Key { end: start + key.len(), client_secret: key.rfind(CLIENT_SECRET).map(|at| start + at) };
    }
}
