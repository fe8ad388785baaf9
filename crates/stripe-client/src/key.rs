//! The secret key of a Stripe account: what is accepted as one, and how it is kept out of sight.

use std::fmt;
use std::str::FromStr;

use domain::Mode;

/// A secret or restricted key, `sk_…` or `rk_…`. Its prefix says whether it belongs to test or to live data.
///
/// `Debug` and `Display` show the prefix and the last four characters, as Stripe's dashboard does.
#[derive(Clone, PartialEq, Eq)]
pub struct SecretKey {
    text: String,
    prefix: &'static str,
    mode: Mode,
}

/// Why a text is not a key that postill can work with. None of these repeats the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// Nothing was given.
    #[error(
        "Stripe Secret Key is required: paste a restricted key (rk_test_… or rk_live_…) or a secret key (sk_…)"
    )]
    Empty,
    /// A publishable key, which can read nothing.
    #[error(
        "Stripe Secret Key is required: a publishable key (pk_…) was given; paste a restricted key (rk_test_… or \
         rk_live_…) or a secret key (sk_…) instead"
    )]
    Publishable,
    /// The signing secret of a webhook.
    #[error(
        "Stripe Secret Key is required: the signing secret of a webhook (whsec_…) was given; paste a restricted key \
         (rk_test_… or rk_live_…) or a secret key (sk_…) instead"
    )]
    WebhookSecret,
    /// It starts as no key does.
    #[error("a Stripe key starts with rk_test_, rk_live_, sk_test_ or sk_live_")]
    NotAKey,
    /// It starts as a key does, and then has characters no key has, or too few.
    #[error(
        "the Stripe key is incomplete or has characters that no key has; copy it again from the dashboard"
    )]
    Malformed,
}

const PREFIXES: [(&str, Mode); 4] =
    [("rk_test_", Mode::Test), ("rk_live_", Mode::Live), ("sk_test_", Mode::Test), ("sk_live_", Mode::Live)];

/// The fewest characters after the prefix that can be a key; Stripe's shortest have 24. Fewer is a slip of the mouse.
const FEWEST_CHARACTERS: usize = 10;
/// From this length on, a key names its account.
const LENGTH_THAT_NAMES_THE_ACCOUNT: usize = 90;

impl SecretKey {
    /// Whether the key belongs to test or to live data.
    pub const fn mode(&self) -> Mode {
        self.mode
    }

    /// Whether the key has only the permissions that were ticked for it.
    pub fn is_restricted(&self) -> bool {
        self.prefix.starts_with("rk_")
    }

    /// The account, as today's long keys spell it after `51`. Stripe does not promise this, so it is a hint for a person.
    pub fn account_hint(&self) -> Option<String> {
        let rest = self.text.strip_prefix(self.prefix)?;
        let long = rest.len() >= LENGTH_THAT_NAMES_THE_ACCOUNT && rest.starts_with("51");
        long.then(|| rest.get(1..17)).flatten().map(|account| format!("acct_{account}"))
    }

    pub(crate) fn expose(&self) -> &str {
        &self.text
    }
}

impl FromStr for SecretKey {
    type Err = KeyError;

    /// White space around the key is ignored: it comes along with a copy.
    fn from_str(text: &str) -> Result<Self, KeyError> {
        let text = text.trim();
        let Some((prefix, mode)) = PREFIXES.into_iter().find(|(prefix, _)| text.starts_with(prefix)) else {
            return Err(match text {
                "" => KeyError::Empty,
                _ if text.starts_with("pk_") => KeyError::Publishable,
                _ if text.starts_with("whsec_") => KeyError::WebhookSecret,
                _ => KeyError::NotAKey,
            });
        };
        let rest = text.strip_prefix(prefix).unwrap_or_default();
        let whole = rest.len() >= FEWEST_CHARACTERS
            && rest.len() <= domain::ids::MAX_ID_BYTES
            && rest.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
        if whole { Ok(Self { text: text.to_owned(), prefix, mode }) } else { Err(KeyError::Malformed) }
    }
}

/// `rk_test_…9f3c`
impl fmt::Display for SecretKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let last_four = self.text.get(self.text.len().saturating_sub(4)..).unwrap_or_default();
        write!(f, "{}…{last_four}", self.prefix)
    }
}

impl fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SecretKey({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: Result<(Mode, bool), KeyError>) {
        assert_eq!(text.parse::<SecretKey>().map(|key| (key.mode(), key.is_restricted())), expected);
    }

    #[test]
    fn the_prefix_tells_the_mode_and_the_kind() {
        check("rk_test_51Habcdefghij", Ok((Mode::Test, true)));
        check("rk_live_51Habcdefghij", Ok((Mode::Live, true)));
        check("sk_test_51Habcdefghij", Ok((Mode::Test, false)));
        check(" sk_live_51Habcdefghij\n", Ok((Mode::Live, false)));
    }

    #[test]
    fn what_is_not_a_secret_key_is_named() {
        check("  ", Err(KeyError::Empty));
        check("pk_live_51Habcdefghij", Err(KeyError::Publishable));
        check("whsec_51Habcdefghij", Err(KeyError::WebhookSecret));
        check("51Habcdefghij", Err(KeyError::NotAKey));
        check("sk_test_", Err(KeyError::Malformed));
        check("sk_test_51Habcde ghij\r\nX-Evil: 1", Err(KeyError::Malformed));
        assert!(KeyError::Publishable.to_string().starts_with("Stripe Secret Key is required"));
    }

    #[test]
    fn debug_and_display_hide_the_key() {
        let key: SecretKey = "rk_test_51Habcdefghij9f3c".parse().unwrap();
        assert_eq!(format!("{key} {key:?}"), "rk_test_…9f3c SecretKey(rk_test_…9f3c)");
    }

    #[test]
    fn only_a_long_key_hints_at_its_account() {
        let long: SecretKey = format!("sk_test_51Nabcdefghijklmn{}", "x".repeat(80)).parse().unwrap();
        assert_eq!(long.account_hint().as_deref(), Some("acct_1Nabcdefghijklmn"));
        let short: SecretKey = "sk_test_51Nabcdefghijklmn".parse().unwrap();
        assert_eq!(short.account_hint(), None);
    }
}
