//! What to change, in words.

use super::show::by_frequency;
use super::tally::{Counts, Tally, Verifier};
use crate::settings::MailSettings;

/// Below this share, in percent, what is seen is more likely somebody else's than a setting's.
const NOTABLE: u64 = 10;

/// What the settings lack for mails like these, the most telling first.
pub(super) fn of(tally: &Tally, settings: &MailSettings) -> Vec<String> {
    let mut advice = Vec::new();
    let mut verifiers: Vec<(&str, &Verifier)> =
        tally.verifiers.iter().map(|(name, verifier)| (name.as_str(), verifier)).collect();
    verifiers.sort_by_key(|(_, verifier)| std::cmp::Reverse(verifier.topmost));
    for (name, verifier) in verifiers {
        advice.extend(match (name, verifier.trusted) {
            ("", false) => nameless(verifier, tally),
            ("", true) => trusted_nameless(verifier, tally),
            (name, false) => untrusted(name, verifier, tally),
            (name, true) => trusted(name, verifier, tally, settings),
        });
    }
    advice.extend(settings.trusted_authserv_ids.iter().filter_map(|name| unseen(name, tally)));
    if tally.without_results * 2 > tally.mails {
        advice.push(format!(
            "{} of these mails carry no Authentication-Results: let the server that receives them check SPF, DKIM and DMARC and write \
             what it found; mails from before that prove nothing",
            share(tally.without_results, tally.mails)
        ));
    }
    if advice.is_empty() {
        advice.push(fitting(tally));
    }
    advice
}

fn untrusted(name: &str, verifier: &Verifier, tally: &Tally) -> Vec<String> {
    if !is_notable(verifier.topmost, tally.mails) {
        return Vec::new();
    }
    vec![format!(
        "{name} wrote results on top of {} of these mails and is not trusted; if that is your mail server, set \
         mail.trusted_authserv_ids = [\"{name}\"]",
        share(verifier.topmost, tally.mails),
    )]
}

fn trusted(name: &str, verifier: &Verifier, tally: &Tally, settings: &MailSettings) -> Vec<String> {
    let mut advice = Vec::new();
    if is_notable(verifier.elsewhere, tally.mails) {
        advice.push(format!(
            "results of {name} count as forged in {} of these mails, {}",
            share(verifier.elsewhere, tally.mails),
            out_of_place(&frequent_hosts(verifier), &settings.own_hosts)
        ));
    }
    let about_sender = count(&verifier.header_from, "the sender");
    let about_other = count(&verifier.header_from, "another domain");
    let silent = verifier.mails - about_sender - about_other;
    if percent(silent, verifier.mails) > 50 {
        advice.push(format!(
            "{name} says nothing of DMARC in {} of the mails it checked: switch its DMARC check on, since nothing else proves a sender",
            share(silent, verifier.mails)
        ));
    }
    if is_notable(verifier.malformed, verifier.mails) {
        advice.push(format!(
            "{name} writes results that do not follow RFC 8601 in {} of the mails it checked; those prove nothing",
            share(verifier.malformed, verifier.mails)
        ));
    }
    advice
}

fn out_of_place(hosts: &[String], own_hosts: &[String]) -> String {
    let all: Vec<String> = own_hosts.iter().chain(hosts).map(|host| format!("\"{host}\"")).collect();
    match hosts {
        [] => "where they stand below hosts of senders or are not written as a server writes them".to_owned(),
        [host] => format!(
            "where they stand below {host}; if it is yours, set mail.own_hosts = [{}]",
            all.join(", ")
        ),
        hosts => format!(
            "where they stand below {}; if these are yours, set mail.own_hosts = [{}]",
            hosts.join(" and "),
            all.join(", ")
        ),
    }
}

/// The hosts in the way that are not chance; where each is, the domains that many of them lie in.
fn frequent_hosts(verifier: &Verifier) -> Vec<String> {
    let frequent = |counts: &Counts| -> Vec<String> {
        let is_frequent = |mails: u64| percent(mails, verifier.elsewhere) >= 2 * NOTABLE;
        let hosts = counts.iter().filter(|(host, mails)| !host.is_empty() && is_frequent(**mails));
        hosts.map(|(host, _)| host.clone()).collect()
    };
    let hosts = frequent(&verifier.hosts_in_the_way);
    if !hosts.is_empty() {
        return hosts;
    }
    let mut domains = Counts::new();
    for (host, mails) in &verifier.hosts_in_the_way {
        if let Some((_, domain)) = host.split_once('.').filter(|(_, domain)| domain.contains('.')) {
            *domains.entry(format!(".{domain}")).or_default() += mails;
        }
    }
    frequent(&domains)
}

fn nameless(verifier: &Verifier, tally: &Tally) -> Vec<String> {
    if !is_notable(verifier.in_place, tally.mails) {
        return Vec::new();
    }
    vec![format!(
        "{} of these mails carry results without a server's name where Microsoft 365 writes them; if your mail is read from there, set \
         mail.microsoft_365 = \"on\"",
        share(verifier.in_place, tally.mails),
    )]
}

fn trusted_nameless(verifier: &Verifier, tally: &Tally) -> Vec<String> {
    if !is_notable(verifier.elsewhere, tally.mails) {
        return Vec::new();
    }
    let hosts = frequent_hosts(verifier);
    let place = if hosts.is_empty() {
        "no Received of its border stands below them".to_owned()
    } else {
        format!("they stand below {}, which Microsoft does not run", hosts.join(", "))
    };
    vec![format!(
        "results without a server's name are not read in {} of these mails: {place}; read mail straight from Exchange Online, or let your \
         server behind it check for itself and set mail.trusted_authserv_ids to its name",
        share(verifier.elsewhere, tally.mails)
    )]
}

fn unseen(name: &str, tally: &Tally) -> Option<String> {
    let is_seen = tally.verifiers.keys().any(|seen| seen.eq_ignore_ascii_case(name));
    (!is_seen).then(|| {
        format!("{name} is trusted and wrote no results in any of these mails: is the name right? It is compared whole")
    })
}

fn fitting(tally: &Tally) -> String {
    let believed = tally.mails - count(&tally.assurance, "none");
    let share = share(believed, tally.mails);
    if believed * 2 > tally.mails {
        return format!("the settings fit: the senders of {share} of these mails are believed");
    }
    let reasons = by_frequency(&tally.reasons).take(3).map(|(reason, mails)| format!("{reason} ({mails})"));
    match reasons.collect::<Vec<_>>().join("; ") {
        none if none.is_empty() => {
            "the settings fit; few of these mails name a sender that can be answered".to_owned()
        }
        reasons if believed == 0 => {
            format!("no sender is believed although results are read; the most frequent reasons: {reasons}")
        }
        reasons => format!(
            "{share} of the senders are believed; the most frequent reasons against the others: {reasons}"
        ),
    }
}

pub(super) fn count(counts: &Counts, what: &str) -> u64 {
    counts.get(what).copied().unwrap_or(0)
}

/// Whether a share is more than chance.
pub(super) fn is_notable(part: u64, whole: u64) -> bool {
    percent(part, whole) >= NOTABLE
}

fn percent(part: u64, whole: u64) -> u64 {
    (part * 100 + whole / 2).checked_div(whole).unwrap_or(0)
}

/// A share as it is read.
pub(super) fn share(part: u64, whole: u64) -> String {
    match percent(part, whole) {
        0 if part > 0 => "<1%".to_owned(),
        100 if part < whole => ">99%".to_owned(),
        percent => format!("{percent}%"),
    }
}
