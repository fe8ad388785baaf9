//! ARC (RFC 8617): what a forwarder found before its own forwarding broke the signatures. It is the forwarder's word and no proof, so
//! it is worth at most [`domain::Assurance::Weak`], and only from sealers that are configured.

use std::collections::BTreeMap;

use domain::EmailAddress;

use super::{passes_dmarc, same_domain};
use crate::headers::Headers;
use crate::results::AuthenticationResults;

/// The most instances a chain may have (RFC 8617, 4.2.1).
const MAX_INSTANCES: usize = 50;

/// The sealer whose results pass DMARC for `sender`, where it and everyone who sealed after it is in `sealers`.
///
/// The seals are not verified here: a trusted verifier has said `arc=pass` of the whole chain. What a configured sealer found counts;
/// the sets before its own may be anybody's, since it alone answers for what it received.
pub(super) fn vouching(headers: &Headers<'_>, sender: &EmailAddress, sealers: &[String]) -> Option<String> {
    let chain = chain(headers)?;
    let is_configured = |link: &&Link| sealers.iter().any(|sealer| same_domain(sealer, &link.sealer));
    let mut sealed_since = chain.iter().rev().take_while(is_configured);
    sealed_since
        .find(|link| passes_dmarc(&link.results.methods.iter().collect::<Vec<_>>(), sender))
        .map(|link| link.sealer.clone())
}

/// What one forwarder added.
struct Link {
    sealer: String,
    results: AuthenticationResults,
}

/// The chain, oldest first. `None` unless there is exactly one field of each kind in every instance from 1 on: with a gap or a
/// double, it is not sure what the verifier has checked.
fn chain(headers: &Headers<'_>) -> Option<Vec<Link>> {
    let seals = by_instance(headers, "ARC-Seal")?;
    let signatures = by_instance(headers, "ARC-Message-Signature")?;
    let results = by_instance(headers, "ARC-Authentication-Results")?;
    let is_complete = !seals.is_empty()
        && seals.keys().copied().eq(1..=seals.len())
        && seals.keys().eq(signatures.keys())
        && seals.keys().eq(results.keys());
    if !is_complete {
        return None;
    }
    seals.values().zip(results.values()).map(|(seal, results)| link(seal, results)).collect()
}

fn link(seal: &str, results: &str) -> Option<Link> {
    let (_instance, results) = results.split_once(';')?;
    let results = AuthenticationResults::parse(results.as_bytes()).ok()?;
    let sealer = tag(seal, "d").filter(|_| tag(seal, "cv").is_some_and(|cv| cv != "fail"))?;
    Some(Link { sealer, results })
}

fn by_instance(headers: &Headers<'_>, name: &str) -> Option<BTreeMap<usize, String>> {
    let mut fields = BTreeMap::new();
    for field in headers.named(name) {
        let text = field.text();
        // Results begin with the instance; their own statements are no tags.
        let tags = if name == "ARC-Authentication-Results" { text.split(';').next()? } else { text.as_str() };
        let instance: usize = tag(tags, "i")?.parse().ok()?;
        let is_new = fields.insert(instance, text).is_none();
        if field.has_space_before_colon || !is_new || fields.len() > MAX_INSTANCES {
            return None;
        }
    }
    Some(fields)
}

/// The one value of a tag in a list like DKIM's, without white space.
fn tag(list: &str, name: &str) -> Option<String> {
    let pairs = list.split(';').filter_map(|pair| pair.split_once('='));
    let mut values = pairs.filter(|(key, _)| key.trim_ascii() == name).map(|(_, value)| value);
    let value = values.next()?.split_ascii_whitespace().collect();
    values.next().is_none().then_some(value)
}
