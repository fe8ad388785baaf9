//! Counting.

use std::collections::{BTreeMap, BTreeSet};

use mail::{HeaderFrom, Inspection, SeenResults};
use serde::Serialize;

/// The most verifiers that are counted by name. Senders can invent any number.
const MAX_VERIFIERS: usize = 500;
/// The most hosts that are counted by name for one verifier.
const MAX_HOSTS: usize = 100;
/// The most reasons that are counted apart.
const MAX_REASONS: usize = 500;

/// How many mails each thing was seen in.
pub(super) type Counts = BTreeMap<String, u64>;

/// What was seen in all mails.
#[derive(Debug, Default, Serialize)]
pub(super) struct Tally {
    pub(super) mails: u64,
    pub(super) unreadable: u64,
    pub(super) without_results: u64,
    /// By name; the empty one is that of results without a name.
    pub(super) verifiers: BTreeMap<String, Verifier>,
    pub(super) assurance: Counts,
    /// Why senders are not believed.
    pub(super) reasons: Counts,
    pub(super) refused: Counts,
    pub(super) automatic: Counts,
    pub(super) flags: Counts,
}

/// What one verifier wrote. Each count is of mails.
#[derive(Debug, Default, Serialize)]
pub(super) struct Verifier {
    pub(super) trusted: bool,
    pub(super) mails: u64,
    /// Its results are the topmost of the mail.
    pub(super) topmost: u64,
    /// Its results stand where our own verifier writes.
    pub(super) in_place: u64,
    /// Its results stand elsewhere only, where they are not read.
    pub(super) elsewhere: u64,
    pub(super) malformed: u64,
    /// By method, then by result.
    pub(super) verdicts: BTreeMap<String, Counts>,
    /// Whether its DMARC results are about the sender's domain.
    pub(super) header_from: Counts,
    /// The hosts that keep its results from being read.
    pub(super) hosts_in_the_way: Counts,
}

impl Tally {
    pub(super) fn add(&mut self, mail: &Inspection) {
        self.mails += 1;
        count(&mut self.assurance, mail.assurance.as_str());
        if !mail.reasons.is_empty() {
            count_some(&mut self.reasons, &sentence(&mail.reasons), MAX_REASONS);
        }
        mail.refused.iter().for_each(|refusal| count(&mut self.refused, refusal.as_str()));
        mail.automatic.iter().for_each(|automatic| count(&mut self.automatic, automatic.as_str()));
        mail.flags.iter().for_each(|flag| count(&mut self.flags, flag.as_str()));
        self.without_results += u64::from(mail.results.is_empty());
        let names: BTreeSet<&str> = mail.results.iter().map(name).collect();
        for verifier in names {
            let fields: Vec<&SeenResults> =
                mail.results.iter().filter(|results| name(results) == verifier).collect();
            let is_topmost = mail.results.first().is_some_and(|first| name(first) == verifier);
            if self.verifiers.len() < MAX_VERIFIERS || self.verifiers.contains_key(verifier) {
                self.verifiers.entry(verifier.to_owned()).or_default().add(&fields, is_topmost);
            }
        }
    }
}

impl Verifier {
    fn add(&mut self, fields: &[&SeenResults], is_topmost: bool) {
        let Some(first) = fields.first() else { return };
        self.trusted = first.is_trusted;
        self.mails += 1;
        self.topmost += u64::from(is_topmost);
        let is_in_place = fields.iter().any(|field| field.is_in_place);
        self.in_place += u64::from(is_in_place);
        self.elsewhere += u64::from(!is_in_place);
        self.malformed += u64::from(fields.iter().any(|field| field.verdicts.is_none()));
        count(&mut self.header_from, header_from(first.header_from));
        let verdicts = fields.iter().filter_map(|field| field.verdicts.as_ref()).flatten();
        for (method, result) in verdicts.collect::<BTreeSet<_>>() {
            if let Some(method) = METHODS.iter().find(|known| **known == method) {
                let counts = self.verdicts.entry((*method).to_owned()).or_default();
                count(counts, RESULTS.iter().find(|known| **known == result).unwrap_or(&"other"));
            }
        }
        let hosts: BTreeSet<&String> = first.hosts_in_the_way.iter().filter(|_| !is_in_place).collect();
        for host in hosts {
            count_some(&mut self.hosts_in_the_way, host, MAX_HOSTS);
        }
    }
}

/// The methods that something depends on.
pub(super) const METHODS: [&str; 4] = ["dmarc", "dkim", "spf", "arc"];
const RESULTS: [&str; 9] =
    ["pass", "fail", "softfail", "neutral", "none", "policy", "temperror", "permerror", "bestguesspass"];

/// What stands where a verifier writes no name.
fn name(results: &SeenResults) -> &str {
    results.authserv_id.as_deref().unwrap_or_default()
}

const fn header_from(from: HeaderFrom) -> &'static str {
    match from {
        HeaderFrom::Sender => "the sender",
        HeaderFrom::Other => "another domain",
        HeaderFrom::Absent => "nobody",
    }
}

fn count(counts: &mut Counts, what: &str) {
    *counts.entry(what.to_owned()).or_default() += 1;
}

/// Counts of what is already counted go on; nothing new comes in once there are `most`.
fn count_some(counts: &mut Counts, what: &str, most: usize) {
    if counts.len() < most || counts.contains_key(what) {
        count(counts, what);
    }
}

/// `mx.example: dmarc=fail`, `mx.example: spf=none` → `mx.example: dmarc=fail, spf=none`.
fn sentence(reasons: &[String]) -> String {
    let mut sentence = String::new();
    let mut said_by = None;
    for reason in reasons {
        let (by, said) =
            reason.split_once(": ").map_or((None, reason.as_str()), |(by, said)| (Some(by), said));
        let is_same = by.is_some() && by == said_by;
        sentence.push_str(if sentence.is_empty() {
            ""
        } else if is_same {
            ", "
        } else {
            "; "
        });
        sentence.push_str(if is_same { said } else { reason });
        said_by = by;
    }
    sentence
}
