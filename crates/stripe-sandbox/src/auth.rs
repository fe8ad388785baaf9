//! Who calls: API keys, the mode they work in and what they may do.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;

use crate::refusal::Refusal;

/// Test or live. The two share no object and no idempotency key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Mode {
    Test,
    Live,
}

impl Mode {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Test => "test",
            Self::Live => "live",
        }
    }

    pub(crate) fn other(self) -> Self {
        match self {
            Self::Test => Self::Live,
            Self::Live => Self::Test,
        }
    }

    /// What stands before the page in a dashboard address.
    pub(crate) fn dashboard_folder(self) -> &'static str {
        match self {
            Self::Test => "test/",
            Self::Live => "",
        }
    }

    /// What stands before the token in the addresses of hosted pages.
    pub(crate) fn link_prefix(self) -> &'static str {
        match self {
            Self::Test => "test_",
            Self::Live => "",
        }
    }
}

/// A key of the account, as the seed states it.
#[derive(Debug, Clone)]
pub(crate) struct ApiKey {
    pub(crate) mode: Mode,
    pub(crate) rights: Rights,
    pub(crate) validity: Validity,
}

#[derive(Debug, Clone)]
pub(crate) enum Rights {
    /// A secret key may do everything.
    All,
    /// A restricted key may do what its slugs say, for example `rak_invoice_read`.
    Slugs(Arc<HashSet<String>>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Validity {
    Valid,
    Expired,
}

/// All keys, by their text.
pub(crate) type ApiKeys = HashMap<String, ApiKey>;

/// What a request's key turned out to be, for the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum KeyKind {
    None,
    Publishable,
    Secret,
    Restricted,
    Unknown,
}

impl KeyKind {
    pub(crate) fn of(key: Option<&str>) -> Self {
        match key {
            None => Self::None,
            Some(key) if key.starts_with("pk_") => Self::Publishable,
            Some(key) if key.starts_with("sk_") => Self::Secret,
            Some(key) if key.starts_with("rk_") => Self::Restricted,
            Some(_) => Self::Unknown,
        }
    }
}

/// A key that was accepted.
pub(crate) struct Caller {
    pub(crate) mode: Mode,
    pub(crate) account: Arc<str>,
    key: String,
    rights: Rights,
}

impl Caller {
    /// Refuses unless the key holds one of the permission's slugs.
    pub(crate) fn require(&self, permission: &Permission) -> Result<(), Refusal> {
        if permission.any_of.iter().any(|slug| self.holds(slug)) {
            return Ok(());
        }
        Err(Refusal::invalid(permission.denial(&masked(&self.key), &self.account)).with_status(403))
    }

    fn holds(&self, slug: &str) -> bool {
        let Rights::Slugs(slugs) = &self.rights else { return true };
        let by_write =
            || slug.strip_suffix("_read").is_some_and(|stem| slugs.contains(&format!("{stem}_write")));
        slugs.contains(slug) || by_write()
    }
}

/// What an endpoint asks of a restricted key: any one of the slugs. Write implies read.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Permission {
    pub(crate) any_of: &'static [&'static str],
    pub(crate) wording: Wording,
}

/// The ways in which Stripe words a missing permission.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Wording {
    /// Names the slugs.
    Naming,
    /// Names the slugs behind "Permission denied."
    Denied,
    /// Names none.
    Silent,
}

impl Permission {
    pub(crate) const fn named(any_of: &'static [&'static str]) -> Self {
        Self { any_of, wording: Wording::Naming }
    }

    pub(crate) const fn denied(any_of: &'static [&'static str]) -> Self {
        Self { any_of, wording: Wording::Denied }
    }

    pub(crate) const fn silent(any_of: &'static [&'static str]) -> Self {
        Self { any_of, wording: Wording::Silent }
    }

    fn denial(&self, masked_key: &str, account: &str) -> String {
        let lacks = format!(
            "The provided key '{masked_key}' does not have the required permissions for this endpoint on account \
             '{account}'."
        );
        let slugs = self.any_of.iter().map(|slug| format!("'{slug}'")).collect::<Vec<_>>().join(", ");
        let plural = if self.any_of.len() == 1 { "" } else { "s" };
        let remedy = format!("Having the {slugs} permission{plural} would allow this request to continue.");
        match self.wording {
            Wording::Naming => format!("{lacks} {remedy}"),
            Wording::Denied => format!("Permission denied. {lacks} {remedy}"),
            Wording::Silent => {
                format!("{lacks} Having more permissions would allow this request to continue.")
            }
        }
    }
}

/// The key of a request: `Bearer <key>`, or the user name of Basic authentication.
pub(crate) fn presented_key(headers: &HeaderMap) -> Option<String> {
    let value = headers.get(AUTHORIZATION)?.to_str().ok()?;
    let (scheme, credentials) = value.split_once(' ')?;
    let key = if scheme.eq_ignore_ascii_case("bearer") {
        credentials.trim().to_owned()
    } else if scheme.eq_ignore_ascii_case("basic") {
        let decoded = String::from_utf8(STANDARD.decode(credentials.trim()).ok()?).ok()?;
        decoded.split(':').next().unwrap_or_default().to_owned()
    } else {
        return None;
    };
    (!key.is_empty()).then_some(key)
}

/// Accepts the key or says 401 (403 for a publishable one).
pub(crate) fn authenticate(
    keys: &ApiKeys,
    account: &Arc<str>,
    presented: Option<&str>,
) -> Result<Caller, Refusal> {
    let key = presented.ok_or_else(Refusal::no_key)?;
    if KeyKind::of(Some(key)) == KeyKind::Publishable {
        return Err(Refusal::publishable_key());
    }
    let known = keys.get(key).ok_or_else(|| Refusal::unknown_key(&masked(key)))?;
    if known.validity == Validity::Expired {
        return Err(Refusal::expired_key(&masked(key)));
    }
    Ok(Caller {
        mode: known.mode,
        account: Arc::clone(account),
        key: key.to_owned(),
        rights: known.rights.clone(),
    })
}

/// `sk_test_51abcdefWXYZ` → `sk_test_********WXYZ`.
pub(crate) fn masked(key: &str) -> String {
    let prefix = key.match_indices('_').nth(1).map_or(0, |(at, _)| at + 1);
    let (prefix, secret) = key.split_at_checked(prefix).unwrap_or(("", key));
    let length = secret.chars().count();
    let hidden = length.saturating_sub(4);
    let shown: String = secret.chars().skip(hidden).collect();
    format!("{prefix}{}{shown}", "*".repeat(hidden))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn masking_keeps_the_prefix_and_the_last_four() {
        assert_eq!(masked("sk_test_51abcdefWXYZ"), "sk_test_********WXYZ");
        assert_eq!(masked("nonsense"), "****ense");
    }

    #[test]
    fn write_implies_read_and_not_the_reverse() {
        let caller = Caller {
            mode: Mode::Test,
            account: "acct_1".into(),
            key: String::new(),
            rights: Rights::Slugs(Arc::new(HashSet::from([
                "rak_refund_write".to_owned(),
                "rak_charge_read".to_owned(),
            ]))),
        };
        assert!(caller.holds("rak_refund_read"));
        assert!(!caller.holds("rak_charge_write"));
    }
}
