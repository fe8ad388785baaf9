//! The API keys of a seed.

use std::collections::HashSet;
use std::sync::Arc;

use serde::Deserialize;
use serde_json::Value;

use crate::auth::{ApiKey, KeyKind, Mode, Rights, Validity, masked};

use super::problem::{FieldProblem, SeedError};

/// A key as written: a secret key may do everything, a restricted one what its permissions say.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SeedKey {
    pub(super) key: String,
    #[serde(default)]
    permissions: HashSet<String>,
    #[serde(default)]
    expired: bool,
}

impl SeedKey {
    pub(super) fn api_key(&self, mode: Mode) -> ApiKey {
        let restricted = KeyKind::of(Some(&self.key)) == KeyKind::Restricted;
        ApiKey {
            mode,
            rights: if restricted { Rights::Slugs(Arc::new(self.permissions.clone())) } else { Rights::All },
            validity: if self.expired { Validity::Expired } else { Validity::Valid },
        }
    }

    fn problem(&self, mode: Mode) -> Option<(&'static str, FieldProblem)> {
        let must_be = |what: String| Some(FieldProblem::MustBe(what));
        let prefixes = [format!("sk_{}_", mode.as_str()), format!("rk_{}_", mode.as_str())];
        if !prefixes.iter().any(|prefix| self.key.starts_with(prefix)) {
            return Some("key").zip(must_be(format!("a text that starts with {}", prefixes.join(" or "))));
        }
        if !self.permissions.iter().all(|slug| is_slug(slug)) {
            return Some("permissions").zip(must_be("slugs such as rak_charge_read".to_owned()));
        }
        if self.key.starts_with("sk_") && !self.permissions.is_empty() {
            return Some("permissions").zip(must_be("left out: a secret key may do everything".to_owned()));
        }
        None
    }
}

pub(super) fn read(mode: Mode, value: Value) -> Result<Vec<SeedKey>, SeedError> {
    let section = |source| SeedError::Section { mode: mode.as_str(), section: "keys".to_owned(), source };
    let keys: Vec<SeedKey> = serde_json::from_value(value).map_err(section)?;
    let mut seen = HashSet::new();
    for (position, key) in keys.iter().enumerate() {
        let twice = (!seen.insert(&key.key)).then_some(("key", FieldProblem::Duplicate));
        if let Some((field, problem)) = key.problem(mode).or(twice) {
            let place = format!("{}.keys[{position}] ({})", mode.as_str(), masked(&key.key));
            return Err(SeedError::Field { place, field: field.to_owned(), problem });
        }
    }
    Ok(keys)
}

fn is_slug(slug: &str) -> bool {
    let letters = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
    slug.starts_with("rak_")
        && (slug.ends_with("_read") || slug.ends_with("_write"))
        && slug.bytes().all(letters)
}
