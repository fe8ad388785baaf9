//! How far the sender can be believed. DMARC proves a domain, not the person before the `@`, nor honesty; that is why facts go only
//! to the address on file whatever is found here.

use std::borrow::Cow;

use domain::inbound::ProducerVerdict;
use domain::mail::Flag;
use domain::{Assurance, EmailAddress};

use crate::headers::Headers;
use crate::own::OwnFinding;
use crate::results::MethodResult;
use crate::sender::ascii_domain;
use crate::trust::Trust;

mod arc;
mod found;
mod signatures;

use found::{Found, Reading};
pub(crate) use found::{Places, is_microsoft, received_by};
use signatures::PartSigners;

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
    let found = Found::in_headers(headers, trust);
    let mut verdict = if found.trusted.is_empty() {
        let text = "results with a trusted name stand where our verifier does not put them".to_owned();
        found.is_forged.then(|| Verdict::none(text))?
    } else {
        let vouching = || arc::vouching(headers, sender, &trust.arc_sealers);
        judge(&found.trusted, sender, &PartSigners::in_headers(headers), vouching)
    };
    if found.is_forged {
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

/// What our verifiers' results are worth. `vouching` names the ARC sealer who answers for a mail that was changed on its way.
fn judge(
    trusted: &[Reading],
    sender: &EmailAddress,
    part_signers: &PartSigners,
    vouching: impl Fn() -> Option<String>,
) -> Verdict {
    if let Some(broken) = trusted.iter().find(|reading| reading.methods.is_none()) {
        return Verdict::none(format!("{}: the results are malformed", shown(&broken.verifier)));
    }
    let methods: Vec<_> = trusted.iter().filter_map(|reading| reading.methods.as_ref()).flatten().collect();
    if methods.len() > MAX_METHODS {
        return Verdict::none(format!("more than {MAX_METHODS} results"));
    }
    let mut verdict =
        Verdict { evidence: trusted.iter().flat_map(described).collect(), ..Verdict::default() };
    if verdict.evidence.is_empty() {
        verdict.evidence.push("the trusted results name neither DMARC, DKIM nor SPF".to_owned());
    }
    match weigh(&methods, sender, part_signers) {
        Weighed::Assurance(Assurance::Authenticated) if !each_saw_it(trusted, sender, part_signers) => {
            verdict.flags.push(Flag::ConflictingResults);
        }
        Weighed::Conflict => verdict.flags.push(Flag::ConflictingResults),
        Weighed::SignedInPart => {
            verdict
                .evidence
                .push("dkim: the signature leaves the subject or the end of the body open".to_owned());
        }
        Weighed::BrokenOnTheWay => {
            if let Some(sealer) = vouching() {
                verdict.assurance = Assurance::Weak;
                verdict.evidence.push(format!("arc: sealed by {}, dmarc=pass before that", shown(&sealer)));
            }
        }
        Weighed::Assurance(assurance) => verdict.assurance = assurance,
    }
    verdict
}

impl Verdict {
    fn none(evidence: String) -> Self {
        Self { assurance: Assurance::None, evidence: vec![evidence], flags: Vec::new() }
    }
}

enum Weighed {
    Conflict,
    /// The only signatures that would prove it leave a part of the mail open.
    SignedInPart,
    /// DMARC fails for the sender, but the chain of forwarders holds.
    BrokenOnTheWay,
    Assurance(Assurance),
}

/// The whole decision. Every DMARC result must say the same of the sender's domain; then the signature decides how much it is worth.
fn weigh(methods: &[&MethodResult], sender: &EmailAddress, part_signers: &PartSigners) -> Weighed {
    if dmarc_conflicts(methods) || signatures_conflict(methods) {
        return Weighed::Conflict;
    }
    let Some(dmarc) = named(methods, "dmarc").next().filter(|dmarc| is_for(dmarc, sender)) else {
        return Weighed::Assurance(Assurance::None);
    };
    // Exchange Online's own opinion of the sender besides: it may doubt a mail for which the standards say nothing.
    if !all_pass(methods, "compauth") {
        return Weighed::Assurance(Assurance::None);
    }
    let proves = |domain: &String| match dmarc.result.as_str() {
        "pass" => is_aligned(domain, sender.domain()),
        "none" => domain == sender.domain(),
        _ => false,
    };
    let passed = methods.iter().filter(|found| found.is("dkim", "pass"));
    let signers: Vec<_> = passed.filter_map(|found| signer(found)).filter(proves).collect();
    Weighed::Assurance(match dmarc.result.as_str() {
        _ if signers.iter().any(|domain| !part_signers.include(domain)) => Assurance::Authenticated,
        _ if !signers.is_empty() => return Weighed::SignedInPart,
        "pass" => Assurance::Weak,
        "fail" if has(methods, "arc") && all_pass(methods, "arc") => return Weighed::BrokenOnTheWay,
        _ => Assurance::None,
    })
}

/// Whether every verifier that found no DMARC record saw the signature itself. Of several servers that each take out only results
/// under their own name, one can be handed the forged results of another, and says nothing against them but `dmarc=none`.
fn each_saw_it(trusted: &[Reading], sender: &EmailAddress, part_signers: &PartSigners) -> bool {
    let methods_of = |verifier: &str| -> Vec<&MethodResult> {
        let own = trusted.iter().filter(|reading| reading.verifier.eq_ignore_ascii_case(verifier));
        own.filter_map(|reading| reading.methods.as_ref()).flatten().collect()
    };
    let found_no_record =
        |reading: &&Reading| reading.methods.iter().flatten().any(|found| found.is("dmarc", "none"));
    trusted.iter().filter(found_no_record).all(|reading| {
        let alone = weigh(&methods_of(&reading.verifier), sender, part_signers);
        matches!(alone, Weighed::Assurance(Assurance::Authenticated))
    })
}

/// Whether the results hold a DMARC pass for `sender`, and no other DMARC result.
fn passes_dmarc(methods: &[&MethodResult], sender: &EmailAddress) -> bool {
    has(methods, "dmarc")
        && named(methods, "dmarc").all(|found| found.result == "pass" && is_for(found, sender))
}

fn named<'a>(methods: &[&'a MethodResult], method: &str) -> impl Iterator<Item = &'a MethodResult> {
    methods.iter().copied().filter(move |found| found.method == method)
}

fn has(methods: &[&MethodResult], method: &str) -> bool {
    named(methods, method).next().is_some()
}

fn all_pass(methods: &[&MethodResult], method: &str) -> bool {
    named(methods, method).all(|found| found.result == "pass")
}

fn is_for(dmarc: &MethodResult, sender: &EmailAddress) -> bool {
    dmarc_domain(dmarc).is_some_and(|from| same_domain(from, sender.domain()))
}

/// The domain in `From` as the verifier read it. Cisco's gateways call it `d`.
fn dmarc_domain(dmarc: &MethodResult) -> Option<&str> {
    let is_named = dmarc.properties.iter().any(|(name, _)| name == "header.from");
    dmarc.property(if is_named { "header.from" } else { "d" })
}

/// Two DMARC results that differ, or that are about different domains.
fn dmarc_conflicts(methods: &[&MethodResult]) -> bool {
    let from = |found: &MethodResult| dmarc_domain(found).map(normal_domain);
    let mut dmarc = named(methods, "dmarc");
    let Some(first) = dmarc.next() else { return false };
    dmarc.any(|found| found.result != first.result || from(found) != from(first))
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

pub(crate) fn same_domain(one: &str, other: &str) -> bool {
    let one = normal_domain(one);
    !one.is_empty() && one == normal_domain(other)
}

/// Lower case, A-labels, without the root's dot; empty, and then nobody's, for what is no domain.
fn normal_domain(domain: &str) -> String {
    let domain = domain.trim_ascii();
    let is_label = |label: &str| {
        !label.is_empty()
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
    };
    let ascii = ascii_domain(domain.strip_suffix('.').unwrap_or(domain)).unwrap_or_default();
    if ascii.split('.').all(is_label) { ascii } else { String::new() }
}

fn described(reading: &Reading) -> Vec<String> {
    let methods = reading.methods.iter().flatten();
    methods.filter_map(|method| in_words(&reading.verifier, method)).collect()
}

/// A result in words for an operator: the verifier, the result and the domain it was about.
fn in_words(verifier: &str, method: &MethodResult) -> Option<String> {
    let properties: &[&str] = match method.method.as_str() {
        "dmarc" => &["header.from", "d"],
        "dkim" => &["header.d", "header.i"],
        "spf" => &["smtp.mailfrom", "smtp.helo"],
        "arc" | "compauth" => &[],
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

fn shown(text: &str) -> Cow<'_, str> {
    const MAX_BYTES: usize = 100;
    if text.len() <= MAX_BYTES && text.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Cow::Borrowed(text);
    }
    text.chars().filter(char::is_ascii_graphic).take(MAX_BYTES).collect()
}
