//! What to change, in words.

use super::tally::{Counts, Tally, Verifier};
use crate::settings::MailSettings;

/// Below this share, in percent, what is seen is more likely somebody else's than a setting's.
const NOTABLE: u64 = 10;

/// What the settings lack for mails like these, the most telling first.
pub(super) fn of(tally: &Tally, settings: &MailSettings) -> Vec<String> {
    if tally.mails == 0 {
        return vec!["no mail could be read; name files, folders, mbox files or Maildirs".to_owned()];
    }
    let mut advice = Vec::new();
    let mut verifiers: Vec<(&str, &Verifier)> =
        tally.verifiers.iter().map(|(name, verifier)| (name.as_str(), verifier)).collect();
    verifiers.sort_by_key(|(_, verifier)| std::cmp::Reverse(verifier.topmost));
    for (name, verifier) in verifiers {
        advice.extend(match (name, verifier.trusted) {
            ("", false) => nameless(verifier, tally),
            ("", true) => Vec::new(),
            (name, false) => untrusted(name, verifier, tally),
            (name, true) => trusted(name, verifier, tally),
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
    if percent(verifier.topmost, tally.mails) < NOTABLE {
        return Vec::new();
    }
    vec![format!(
        "{name} wrote results on top of {} of these mails and is not trusted; if that is your mail server, set \
         mail.trusted_authserv_ids = [\"{name}\"]",
        share(verifier.topmost, tally.mails),
    )]
}

fn trusted(name: &str, verifier: &Verifier, tally: &Tally) -> Vec<String> {
    let mut advice = Vec::new();
    if percent(verifier.below, tally.mails) >= NOTABLE {
        advice.push(format!(
            "results of {name} stand below other hosts than yours in {} of these mails, and count as forged there; if {} yours, set mail.own_hosts = \
             [{}]",
            share(verifier.below, tally.mails),
            if frequent_hosts(verifier).len() == 1 { "that host is" } else { "these hosts are" },
            frequent_hosts(verifier).join(", ")
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
    if percent(verifier.malformed, verifier.mails) >= NOTABLE {
        advice.push(format!(
            "{name} writes results that do not follow RFC 8601 in {} of the mails it checked; those prove nothing",
            share(verifier.malformed, verifier.mails)
        ));
    }
    advice
}

/// The hosts in question that are not chance, quoted.
fn frequent_hosts(verifier: &Verifier) -> Vec<String> {
    let is_frequent = |mails: u64| percent(mails, verifier.below) >= 2 * NOTABLE;
    let hosts =
        verifier.foreign_hosts.iter().filter(|(host, mails)| !host.is_empty() && is_frequent(**mails));
    hosts.map(|(host, _)| format!("\"{host}\"")).collect()
}

fn nameless(verifier: &Verifier, tally: &Tally) -> Vec<String> {
    if percent(verifier.topmost, tally.mails) < NOTABLE {
        return Vec::new();
    }
    vec![format!(
        "{} of these mails carry results without a server's name on top, as Microsoft 365 writes them; if your mail is read from there, \
         set mail.microsoft_365 = \"on\"",
        share(verifier.topmost, tally.mails),
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
    if believed == 0 {
        return "no sender is believed although results are read: the mails come from programs or lists, or fail DMARC (see above)"
            .to_owned();
    }
    format!("the settings fit: the senders of {} of these mails are believed", share(believed, tally.mails))
}

pub(super) fn count(counts: &Counts, what: &str) -> u64 {
    counts.get(what).copied().unwrap_or(0)
}

fn percent(part: u64, whole: u64) -> u64 {
    (part * 100 + whole / 2).checked_div(whole).unwrap_or(0)
}

/// A share as it is read.
pub(super) fn share(part: u64, whole: u64) -> String {
    match percent(part, whole) {
        0 if part > 0 => "<1 %".to_owned(),
        100 if part < whole => ">99 %".to_owned(),
        percent => format!("{percent} %"),
    }
}
