//! The report, as tables for a person or as JSON.

use serde_json::{Value, json};

use super::advice::share;
use super::tally::{Counts, METHODS, Tally, Verifier};
use crate::terminal::{self, BAD, Cell, FAINT, GOOD, WARN};

/// How many verifiers are shown; the others are senders' own.
const MAX_SHOWN: usize = 12;
/// How results without a name are called.
const NAMELESS: &str = "no authserv-id (Microsoft 365)";

/// Everything that was counted, and the advice.
pub(super) fn report(tally: &Tally, advice: &[String]) -> Value {
    json!({ "seen": tally, "advice": advice })
}

pub(super) fn print(tally: &Tally, advice: &[String]) -> anyhow::Result<()> {
    let unread = match tally.unreadable {
        0 => String::new(),
        unreadable => format!(", and {unreadable} that cannot be read"),
    };
    terminal::result(&format!("{} mails{unread}", tally.mails))?;
    let shown = most_seen(tally);
    let places = shown.iter().map(|(name, verifier)| places(name, verifier, tally));
    let heading = ["results written by", "trusted", "mails", "on top", "below other hosts"];
    section(&heading, &places.collect::<Vec<_>>())?;
    let said = shown.iter().flat_map(|(name, verifier)| verdicts(name, verifier));
    section(&["what they say", "", ""], &said.collect::<Vec<_>>())?;
    section(&["what is made of it", "", "mails", ""], &codes(tally))?;
    let advice = advice.iter().map(|text| vec![Cell::new("→", WARN), Cell::plain(text)]);
    section(&[], &advice.collect::<Vec<_>>())
}

/// A table after an empty line; nothing where there are no rows.
fn section(heading: &[&str], rows: &[Vec<Cell>]) -> anyhow::Result<()> {
    if !rows.is_empty() {
        terminal::result("")?;
        terminal::result_table(heading, rows)?;
    }
    Ok(())
}

/// Those the settings trust, then those on most mails.
fn most_seen(tally: &Tally) -> Vec<(&str, &Verifier)> {
    let mut verifiers: Vec<(&str, &Verifier)> =
        tally.verifiers.iter().map(|(name, verifier)| (name.as_str(), verifier)).collect();
    verifiers.sort_by_key(|(_, verifier)| std::cmp::Reverse((verifier.trusted, verifier.mails)));
    verifiers.truncate(MAX_SHOWN);
    verifiers
}

fn places(name: &str, verifier: &Verifier, tally: &Tally) -> Vec<Cell> {
    let trusted = if verifier.trusted { Cell::new("yes", GOOD) } else { Cell::new("no", FAINT) };
    let below = share(verifier.below, tally.mails);
    let is_wrong = verifier.trusted && verifier.below > 0 && !name.is_empty();
    vec![
        shown_name(name),
        trusted,
        Cell::plain(share(verifier.mails, tally.mails)),
        Cell::plain(share(verifier.topmost, tally.mails)),
        if is_wrong { Cell::new(below, BAD) } else { Cell::plain(below) },
    ]
}

fn verdicts(name: &str, verifier: &Verifier) -> Vec<Vec<Cell>> {
    let said = METHODS.iter().filter_map(|method| Some((*method, verifier.verdicts.get(*method)?)));
    let about = [("dmarc is about", &verifier.header_from)];
    let rows = said.chain(about).enumerate().map(|(number, (what, counts))| {
        let name = if number == 0 { shown_name(name) } else { Cell::plain("") };
        vec![name, Cell::plain(what), Cell::plain(shares(counts, verifier.mails))]
    });
    rows.collect()
}

fn shown_name(name: &str) -> Cell {
    Cell::plain(if name.is_empty() { NAMELESS } else { name })
}

/// `pass 92 %, fail 8 %`, the most frequent first.
fn shares(counts: &Counts, whole: u64) -> String {
    let shares: Vec<String> =
        by_frequency(counts).map(|(what, mails)| format!("{what} {}", share(mails, whole))).collect();
    shares.join(", ")
}

fn codes(tally: &Tally) -> Vec<Vec<Cell>> {
    let kinds = [
        ("assurance", &tally.assurance),
        ("refused", &tally.refused),
        ("automatic", &tally.automatic),
        ("flag", &tally.flags),
    ];
    let rows = kinds.into_iter().flat_map(|(kind, counts)| {
        by_frequency(counts).enumerate().map(move |(number, (code, mails))| {
            vec![
                Cell::plain(if number == 0 { kind } else { "" }),
                Cell::plain(code),
                Cell::plain(mails.to_string()),
                Cell::new(share(mails, tally.mails), FAINT),
            ]
        })
    });
    rows.collect()
}

fn by_frequency(counts: &Counts) -> impl Iterator<Item = (&str, u64)> {
    let mut counts: Vec<(&str, u64)> = counts.iter().map(|(what, mails)| (what.as_str(), *mails)).collect();
    counts.sort_by_key(|(_, mails)| std::cmp::Reverse(*mails));
    counts.into_iter()
}
