//! Counting.

use std::collections::{BTreeMap, BTreeSet};

use mail::{HeaderFrom, Inspection, SeenResults};
use serde::Serialize;

/// The most verifiers that are counted by name. Senders can invent any number.
const MAX_VERIFIERS: usize = 500;
/// The most hosts that are counted by name for one verifier.
const MAX_HOSTS: usize = 100;

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
    /// Its results stand above every host that is not ours.
    pub(super) above: u64,
    /// Its results stand below a host that is not ours, and above none.
    pub(super) below: u64,
    pub(super) malformed: u64,
    /// By method, then by result.
    pub(super) verdicts: BTreeMap<String, Counts>,
    /// Whether its DMARC results are about the sender's domain.
    pub(super) header_from: Counts,
    /// The hosts not ours that its results stand below.
    pub(super) foreign_hosts: Counts,
}

impl Tally {
    pub(super) fn add(&mut self, mail: &Inspection) {
        self.mails += 1;
        count(&mut self.assurance, mail.assurance.as_str());
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
        let is_above = first.foreign_hosts_above.is_empty();
        self.above += u64::from(is_above);
        self.below += u64::from(!is_above);
        self.malformed += u64::from(fields.iter().any(|field| field.verdicts.is_none()));
        count(&mut self.header_from, header_from(first.header_from));
        let verdicts = fields.iter().filter_map(|field| field.verdicts.as_ref()).flatten();
        for (method, result) in verdicts.collect::<BTreeSet<_>>() {
            if let Some(method) = METHODS.iter().find(|known| **known == method) {
                let counts = self.verdicts.entry((*method).to_owned()).or_default();
                count(counts, RESULTS.iter().find(|known| **known == result).unwrap_or(&"other"));
            }
        }
        for host in first.foreign_hosts_above.iter().collect::<BTreeSet<_>>() {
            if self.foreign_hosts.len() < MAX_HOSTS || self.foreign_hosts.contains_key(host) {
                count(&mut self.foreign_hosts, host);
            }
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
