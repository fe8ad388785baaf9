//! The report, as tables for a person or as JSON.

use serde_json::{Value, json};

use super::advice::{count, is_notable, share};
use super::tally::{Counts, METHODS, Tally, Verifier};
use crate::terminal::{self, BAD, Cell, FAINT, GOOD, PLAIN, Style, WARN};

/// How many verifiers are shown; the others are senders' own.
const MAX_SHOWN: usize = 12;
/// How many reasons are shown, the most frequent.
const MAX_REASONS: usize = 8;
/// How results without a name are called.
const NAMELESS: &str = "no authserv-id (Microsoft 365)";

/// Everything that was counted, and the advice.
pub(super) fn report(tally: &Tally, advice: &[String]) -> Value {
    json!({ "seen": tally, "advice": advice })
}

pub(super) fn print(tally: &Tally, advice: &[String]) -> anyhow::Result<()> {
    terminal::result(&summary(tally))?;
    let shown = most_seen(tally);
    let mut places: Vec<Vec<Cell>> =
        shown.iter().map(|(name, verifier)| places(name, verifier, tally)).collect();
    let others = tally.verifiers.len().saturating_sub(shown.len());
    places.extend((others > 0).then(|| vec![Cell::new(format!("and {others} others"), FAINT)]));
    section(&["results written by", "trusted", "mails", "on top", "out of place"], &places)?;
    let telling = shown.iter().filter(|(_, verifier)| is_telling(verifier, tally));
    let said = telling.flat_map(|(name, verifier)| verdicts(name, verifier));
    section(&["what they say", "", ""], &said.collect::<Vec<_>>())?;
    section(&["what is made of it", "", "mails", ""], &codes(tally))?;
    section(&["not believed because", "mails", ""], &reasons(tally))?;
    let advice = advice.iter().map(|text| vec![Cell::new("→", WARN), Cell::plain(text)]);
    section(&[], &advice.collect::<Vec<_>>())
}

fn summary(tally: &Tally) -> String {
    let unread = match tally.unreadable {
        0 => String::new(),
        unreadable => format!(", and {unreadable} that cannot be read"),
    };
    let mails = if tally.mails == 1 { "1 mail".to_owned() } else { format!("{} mails", tally.mails) };
    let believed = tally.mails - count(&tally.assurance, "none");
    format!("{mails}{unread}; senders believed: {}", share(believed, tally.mails))
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
    let elsewhere = share(verifier.elsewhere, tally.mails);
    let is_wrong = verifier.trusted && verifier.elsewhere > 0;
    vec![
        shown_name(name),
        trusted,
        number(&share(verifier.mails, tally.mails), "mails", PLAIN),
        number(&share(verifier.topmost, tally.mails), "on top", PLAIN),
        number(&elsewhere, "out of place", if is_wrong { BAD } else { PLAIN }),
    ]
}

/// A number ends where its heading ends.
fn number(text: &str, heading: &str, style: Style) -> Cell {
    Cell::new(format!("{text:>width$}", width = heading.len()), style)
}

fn counted(mails: u64, tally: &Tally) -> [Cell; 2] {
    [number(&mails.to_string(), "mails", PLAIN), number(&share(mails, tally.mails), "100%", FAINT)]
}

/// Others' results are of no account; they are senders' own.
fn is_telling(verifier: &Verifier, tally: &Tally) -> bool {
    verifier.trusted || is_notable(verifier.topmost, tally.mails)
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

/// `pass 92%, fail 8%`, the most frequent first.
fn shares(counts: &Counts, whole: u64) -> String {
    let shares: Vec<String> =
        by_frequency(counts).map(|(what, mails)| format!("{what} {}", share(mails, whole))).collect();
    shares.join(", ")
}

fn reasons(tally: &Tally) -> Vec<Vec<Cell>> {
    let rows = by_frequency(&tally.reasons).take(MAX_REASONS).map(|(reason, mails)| {
        let [mails, share] = counted(mails, tally);
        vec![Cell::plain(reason), mails, share]
    });
    rows.collect()
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
            let [mails, share] = counted(mails, tally);
            vec![Cell::plain(if number == 0 { kind } else { "" }), Cell::plain(code), mails, share]
        })
    });
    rows.collect()
}

pub(super) fn by_frequency(counts: &Counts) -> impl Iterator<Item = (&str, u64)> {
    let mut counts: Vec<(&str, u64)> = counts.iter().map(|(what, mails)| (what.as_str(), *mails)).collect();
    counts.sort_by_key(|(_, mails)| std::cmp::Reverse(*mails));
    counts.into_iter()
}
