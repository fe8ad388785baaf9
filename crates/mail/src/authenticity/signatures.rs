//! What signatures leave open (DKIM, RFC 6376). A verifier says `dkim=pass` of them all the same, and DMARC passes with them.

use super::normal_domain;
use crate::headers::{Field, Headers};

/// The domains that sign this mail only in part: not the end of its body (`l=`, RFC 6376, section 8.2), or not its subject. Whoever has
/// one such mail can send it again with a wish of their own in it.
///
/// Results do not say for sure which of a domain's signatures passed, so its loosest counts. Nobody can hide that one: it is what
/// passes.
#[derive(Default)]
pub(super) struct PartSigners {
    domains: Vec<String>,
}

impl PartSigners {
    pub(super) fn in_headers(headers: &Headers<'_>) -> Self {
        let has_subject = headers.has("Subject");
        let loose =
            headers.named("DKIM-Signature").map(Field::text).filter(|tags| is_loose(tags, has_subject));
        let domains = loose.flat_map(|tags| values(&tags, "d").map(normal_domain_of).collect::<Vec<_>>());
        Self { domains: domains.collect() }
    }

    /// Whether `signer` is one of them. Results may name the identity alone, which can lie below the domain that signed.
    pub(super) fn include(&self, signer: &str) -> bool {
        let is_or_holds = |domain: &String| {
            signer.strip_suffix(domain.as_str()).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
        };
        self.domains.iter().filter(|domain| !domain.is_empty()).any(is_or_holds)
    }
}

fn is_loose(tags: &str, has_subject: bool) -> bool {
    let names_subject =
        |fields: &str| fields.split(':').any(|name| name.trim().eq_ignore_ascii_case("subject"));
    values(tags, "l").next().is_some() || (has_subject && !values(tags, "h").all(names_subject))
}

/// The values of a tag. A list with two of a name is invalid, but not every verifier looks.
fn values<'a>(tags: &'a str, name: &'a str) -> impl Iterator<Item = &'a str> {
    let pairs = tags.split(';').filter_map(|pair| pair.split_once('='));
    pairs.filter(move |(key, _)| key.trim().eq_ignore_ascii_case(name)).map(|(_, value)| value)
}

/// White space may fold any value.
fn normal_domain_of(value: &str) -> String {
    normal_domain(&value.split_ascii_whitespace().collect::<String>())
}
