//! How far the sender can be believed. DMARC proves a domain, not the person before the `@`, nor honesty; that is why facts go only
//! to the address on file whatever is found here.

use domain::inbound::ProducerVerdict;
use domain::mail::Flag;
use domain::{Assurance, EmailAddress};

use crate::headers::{Field, Headers};
use crate::own::OwnFinding;
use crate::results::{AuthenticationResults, MalformedResults, MethodResult};
use crate::trust::Trust;

/// More results than a verifier writes for one mail; signatures are compared with each other, so their number is bounded.
const MAX_METHODS: usize = 100;

/// What is known of the sender's authenticity, and what that rests on.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Verdict {
    pub(crate) assurance: Assurance,
    pub(crate) evidence: Vec<String>,
    pub(crate) flags: Vec<Flag>,
}

/// What the trusted results in `headers` say of `sender`; `None` when there are none.
pub(crate) fn from_results(headers: &Headers<'_>, sender: &EmailAddress, trust: &Trust) -> Option<Verdict> {
    if trust.authserv_ids.is_empty() {
        return None;
    }
    let found = Found::in_headers(headers, trust);
    if found.trusted.is_empty() {
        return found.below_our_hosts.then(|| Verdict {
            assurance: Assurance::None,
            evidence: vec!["results with a trusted name stand below the hosts that are ours".to_owned()],
            flags: vec![Flag::ForgedResults],
        });
    }
    let mut verdict = judge(&found.trusted, sender);
    if found.below_our_hosts {
        verdict.flags.push(Flag::ForgedResults);
    }
    Some(verdict)
}

/// What a producer's own verifier found; `None` when the producer is not trusted.
pub(crate) fn from_producer(auth: &ProducerVerdict, sender: &EmailAddress, trust: &Trust) -> Option<Verdict> {
    if !trust.is_producer(&auth.producer) {
        return None;
    }
    let is_for_sender = same_domain(&auth.header_from, sender.domain());
    // A second proof, such as a person, is not a producer's to give.
    let assurance =
        if is_for_sender { auth.assurance.min(Assurance::Authenticated) } else { Assurance::None };
    let evidence = format!(
        "producer {}: {} header_from={}",
        shown(&auth.producer),
        auth.assurance.as_str(),
        shown(&auth.header_from)
    );
    Some(Verdict { assurance, evidence: vec![evidence], flags: Vec::new() })
}

/// All verdicts on one sender: the lowest counts, and a contradiction is a conflict.
pub(crate) fn combined(
    results: Option<Verdict>,
    producer: Option<Verdict>,
    own: Option<&OwnFinding>,
) -> Verdict {
    let none = || Verdict::none("no result from a trusted verifier".to_owned());
    with_own(of_others(results, producer), own).unwrap_or_else(none)
}

fn of_others(results: Option<Verdict>, producer: Option<Verdict>) -> Option<Verdict> {
    match (results, producer) {
        (None, None) => None,
        (Some(only), None) | (None, Some(only)) => Some(only),
        (Some(mut results), Some(producer)) => {
            let (one, other) = (results.assurance, producer.assurance);
            if one != other && one.min(other) == Assurance::None {
                results.flags.push(Flag::ConflictingResults);
            }
            results.assurance = one.min(other);
            results.evidence.extend(producer.evidence);
            Some(results)
        }
    }
}

fn with_own(others: Option<Verdict>, own: Option<&OwnFinding>) -> Option<Verdict> {
    let Some(own) = own else { return others };
    let Some(mut others) = others else { return Some(own.verdict()) };
    if own.contradicts(others.assurance) {
        others.flags.push(Flag::ConflictingResults);
    }
    let own = own.verdict();
    others.assurance = others.assurance.min(own.assurance);
    others.evidence.extend(own.evidence);
    Some(others)
}

/// The results of our verifiers.
#[derive(Debug, Default)]
struct Found {
    trusted: Vec<Result<AuthenticationResults, MalformedResults>>,
    below_our_hosts: bool,
}

impl Found {
    /// Walks down to the first `Received` that a host not ours wrote: everything below it came in from outside.
    fn in_headers(headers: &Headers<'_>, trust: &Trust) -> Self {
        let mut found = Self::default();
        let topmost = headers.named("Received").next().and_then(received_by).unwrap_or_default();
        let mut is_outside = false;
        for field in headers.iter() {
            if field.is("Received") {
                is_outside =
                    is_outside || received_by(field).is_none_or(|host| !trust.is_own_host(&host, &topmost));
            } else if field.is("Authentication-Results") {
                let results = AuthenticationResults::parse(&field.unfolded());
                if !verifier_of(&results).is_some_and(|name| trust.is_verifier(name)) {
                    continue;
                }
                if is_outside {
                    found.below_our_hosts = true;
                } else {
                    found.trusted.push(results);
                }
            }
        }
        found
    }
}

fn verifier_of(results: &Result<AuthenticationResults, MalformedResults>) -> Option<&str> {
    match results {
        Ok(results) => results.authserv_id.as_deref(),
        Err(broken) => broken.authserv_id.as_deref(),
    }
}

/// The host after `by`. The name after `from` is the client's to choose, `by` included, so it is stepped over.
fn received_by(field: &Field<'_>) -> Option<String> {
    let text = without_comments(&field.text());
    let mut words = text.split_whitespace().peekable();
    if words.next_if(|word| word.eq_ignore_ascii_case("from")).is_some() {
        words.next();
    }
    words.find(|word| word.eq_ignore_ascii_case("by"))?;
    let host = words.next()?.trim_end_matches([';', '.']);
    (!host.is_empty()).then(|| host.to_owned())
}

fn without_comments(text: &str) -> String {
    let mut depth = 0_usize;
    let mut kept = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '(' => depth += 1,
            ')' => {
                depth = depth.saturating_sub(1);
                kept.push(' ');
            }
            _ if depth == 0 => kept.push(c),
            _ => {}
        }
    }
    kept
}

fn judge(trusted: &[Result<AuthenticationResults, MalformedResults>], sender: &EmailAddress) -> Verdict {
    let mut methods = Vec::new();
    for results in trusted {
        let verifier = verifier_of(results).unwrap_or_default();
        let Ok(found) = results else {
            return Verdict::none(format!("{}: the results are malformed", shown(verifier)));
        };
        methods.extend(found.methods.iter().map(|method| (verifier, method)));
    }
    if methods.len() > MAX_METHODS {
        return Verdict::none(format!("more than {MAX_METHODS} results"));
    }
    let mut evidence: Vec<_> =
        methods.iter().filter_map(|(verifier, method)| described(verifier, method)).collect();
    if evidence.is_empty() {
        evidence.push("the trusted results name neither DMARC, DKIM nor SPF".to_owned());
    }
    let methods: Vec<_> = methods.into_iter().map(|(_, method)| method).collect();
    let (assurance, flags) = match weigh(&methods, sender) {
        Weighed::Conflict => (Assurance::None, vec![Flag::ConflictingResults]),
        Weighed::Assurance(assurance) => (assurance, Vec::new()),
    };
    Verdict { assurance, evidence, flags }
}

impl Verdict {
    fn none(evidence: String) -> Self {
        Self { assurance: Assurance::None, evidence: vec![evidence], flags: Vec::new() }
    }
}

enum Weighed {
    Conflict,
    Assurance(Assurance),
}

/// The whole decision. Every DMARC result must say the same of the sender's domain; then the signature decides how much it is worth.
fn weigh(methods: &[&MethodResult], sender: &EmailAddress) -> Weighed {
    let dmarc: Vec<_> = methods.iter().filter(|found| found.method == "dmarc").collect();
    let Some(first) = dmarc.first() else { return Weighed::Assurance(Assurance::None) };
    let froms_differ =
        |found: &&&MethodResult| match (found.property("header.from"), first.property("header.from")) {
            (Some(one), Some(other)) => !same_domain(one, other),
            (None, None) => false,
            (Some(_), None) | (None, Some(_)) => true,
        };
    if dmarc.iter().any(|found| found.result != first.result || froms_differ(found))
        || signatures_conflict(methods)
    {
        return Weighed::Conflict;
    }
    let is_for_sender = first.property("header.from").is_some_and(|from| same_domain(from, sender.domain()));
    let mut signers =
        methods.iter().filter(|found| found.is("dkim", "pass")).filter_map(|found| signer(found));
    Weighed::Assurance(match first.result.as_str() {
        _ if !is_for_sender => Assurance::None,
        "pass" if signers.any(|domain| is_aligned(&domain, sender.domain())) => Assurance::Authenticated,
        "pass" => Assurance::Weak,
        "none" if signers.any(|domain| domain == sender.domain()) => Assurance::Authenticated,
        _ => Assurance::None,
    })
}

/// `dkim=none` says there is no signature, which no `dkim=pass` can stand beside; and one signature has one result.
fn signatures_conflict(methods: &[&MethodResult]) -> bool {
    let dkim: Vec<_> = methods.iter().filter(|found| found.method == "dkim").collect();
    let mut passed = dkim.iter().filter(|found| found.result == "pass");
    let contradicts = |pass: &MethodResult| {
        dkim.iter().any(|found| {
            found.result == "none"
                || (found.result != "pass"
                    && pass.property("header.b").is_some()
                    && pass.property("header.b") == found.property("header.b"))
        })
    };
    passed.any(|pass| contradicts(pass))
}

/// The domain that signed: `header.d`, or that of `header.i`, which must lie in it.
fn signer(dkim: &MethodResult) -> Option<String> {
    let of_identity =
        dkim.property("header.i").and_then(|i| i.rsplit_once('@')).map(|(_, domain)| normal_domain(domain));
    let named = |name: &str| dkim.properties.iter().any(|(key, _)| key == name);
    if !named("header.d") {
        return of_identity.filter(|domain| !domain.is_empty());
    }
    let signed = normal_domain(dkim.property("header.d")?);
    let identity_fits = match (named("header.i"), of_identity) {
        (false, _) => true,
        (true, Some(domain)) => domain == signed || domain.ends_with(&format!(".{signed}")),
        (true, None) => false,
    };
    Some(signed).filter(|domain| identity_fits && !domain.is_empty())
}

/// Relaxed alignment (RFC 7489, 3.1.1): the same organizational domain by the public suffix list. A public suffix itself belongs to
/// nobody and aligns only with itself.
fn is_aligned(signer: &str, sender: &str) -> bool {
    signer == sender
        || psl::domain_str(signer).is_some_and(|organization| psl::domain_str(sender) == Some(organization))
}

fn same_domain(one: &str, other: &str) -> bool {
    normal_domain(one) == normal_domain(other)
}

/// Lower case, A-labels, without the root's dot.
fn normal_domain(domain: &str) -> String {
    let domain = domain.trim().trim_end_matches('.');
    idna::domain_to_ascii_cow(domain.as_bytes(), idna::AsciiDenyList::STD3)
        .map_or_else(|_invalid| String::new(), std::borrow::Cow::into_owned)
}

/// A result in words for an operator: the verifier, the result and the domain it was about.
fn described(verifier: &str, method: &MethodResult) -> Option<String> {
    let properties: &[&str] = match method.method.as_str() {
        "dmarc" => &["header.from"],
        "dkim" => &["header.d", "header.i"],
        "spf" => &["smtp.mailfrom", "smtp.helo"],
        _ => return None,
    };
    let mut words = format!("{}: {}={}", shown(verifier), method.method, shown(&method.result));
    for name in properties {
        // Of an address only the domain is shown: evidence reaches logs of operators.
        if let Some(value) = method.property(name) {
            let domain = value.rsplit('@').next().unwrap_or_default();
            words.extend([" ", name, "=", &shown(domain)]);
        }
    }
    Some(words)
}

fn shown(text: &str) -> String {
    text.chars().filter(char::is_ascii_graphic).take(100).collect()
}
