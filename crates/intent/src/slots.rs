//! The particulars of a request: which amount is asked for, whether all of it, and what the mail names.

use domain::intent::{CurrencyAsked, Span};
use domain::{AmountAsked, Slots};

use crate::Text;
use crate::amounts::{self, Amount, Written};
use crate::cues::Cue;
use crate::document::{Document, Sentence};
use crate::references;

/// The cues an amount can be asked with.
const ACTIONS: [Cue; 4] = [Cue::Refund, Cue::RefundOrder, Cue::PayPhrase, Cue::Pay];
/// A sentence after the request that holds no more than an amount and these many words names the amount asked for.
const NOTE: usize = 6;
/// Between two amounts these make the second one the whole: `20 € of the 49 €`.
const PARTITIVES: [&str; 18] = [
    "of",
    "out of",
    "of the",
    "of my",
    "out of the",
    "von",
    "von den",
    "der",
    "aus",
    "sur",
    "sur les",
    "de los",
    "de las",
    "dos",
    "das",
    "dei",
    "su",
    "van de",
];
/// After an amount these make it a price: `29 € a month`.
const RATES: [&str; 20] = [
    "a month",
    "per month",
    "month",
    "monthly",
    "pro monat",
    "im monat",
    "monatlich",
    "par mois",
    "al mes",
    "al mese",
    "por mes",
    "per maand",
    "a year",
    "per year",
    "pro jahr",
    "par an",
    "all anno",
    "por ano",
    "per jaar",
    "mensual",
];

/// Ids, numbers and cards; the amount is added by [`amount`] where one is asked for.
pub(crate) fn named(text: Text<'_>, document: &Document<'_>) -> Slots {
    let (body, _) = text.body();
    let mut references = references::find(text.subject);
    for reference in references::find(body) {
        if !references.contains(&reference) {
            references.push(reference);
        }
    }
    Slots { references, card_last4: references::card_last4(document), ..Slots::default() }
}

/// Adds what the request in sentence `target` says of its amount.
pub(crate) fn amount(document: &Document<'_>, target: usize, slots: &mut Slots) {
    let Some(request) = document.sentences.get(target) else { return };
    let asked = asked_in(request)
        .or_else(|| asked_elsewhere(document, target))
        .or_else(|| pointed_at(document, request))
        .or_else(|| share(request))
        .or_else(|| document.sentences.iter().filter(|other| other.cues.any(&ACTIONS)).find_map(share));
    match asked {
        Some(Asked::Amount(amount)) => slots.amount = Some(amount),
        Some(Asked::Unclear(words)) => slots.unclear_amount = Some(words),
        None => {}
    }
    slots.full = slots.unclear_amount.is_none() && document.sentences.iter().any(asks_for_all);
}

enum Asked {
    Amount(AmountAsked),
    Unclear(Span),
}

/// Amounts of the request's own sentence that are asked for rather than told.
fn asked_in(sentence: &Sentence<'_>) -> Option<Asked> {
    let amounts = amounts::find(sentence.text);
    let candidates: Vec<&Amount> = amounts
        .iter()
        .enumerate()
        .filter(|(index, amount)| {
            let previous = index.checked_sub(1).and_then(|before| amounts.get(before));
            !told(sentence, amount) && !whole_of(sentence, previous, amount) && !rate(sentence, amount)
        })
        .map(|(_, amount)| amount)
        .collect();
    settle(sentence, &candidates)
}

fn settle(sentence: &Sentence<'_>, candidates: &[&Amount]) -> Option<Asked> {
    let (first, rest) = candidates.split_first()?;
    let last = rest.last().unwrap_or(first);
    let same = |amount: &&Amount| amount.digits == first.digits && amount.decimals == first.decimals;
    let unclear = !rest.iter().all(same) || first.currency == Written::Shared || share_of(sentence, first);
    if unclear || counted(sentence, first) {
        return Some(Asked::Unclear(sentence.span_of_bytes(first.start, last.end)));
    }
    let currency = match first.currency {
        Written::Said(currency) => currency,
        Written::Shared | Written::Nothing => CurrencyAsked::Unsaid,
    };
    let evidence = sentence.span_of_bytes(first.start, first.end);
    Some(Asked::Amount(AmountAsked { digits: first.digits, decimals: first.decimals, currency, evidence }))
}

/// An amount that was charged, paid or expected: told beside the request, not asked for.
fn told(sentence: &Sentence<'_>, amount: &Amount) -> bool {
    let word = sentence.folded.words.partition_point(|word| word.end <= amount.start);
    let clause = sentence.clause(word);
    let action = sentence.in_clause(clause).find(|hit| ACTIONS.contains(&hit.owner.0));
    let mut charged = sentence.in_clause(clause).filter(|hit| hit.owner.0 == Cue::Charged);
    match action {
        Some(action) => charged.any(|hit| action.last < hit.first && hit.last < word),
        None => amount.currency == Written::Nothing || charged.next().is_some(),
    }
}

fn whole_of(sentence: &Sentence<'_>, previous: Option<&Amount>, amount: &Amount) -> bool {
    let between = previous.and_then(|previous| sentence.text.get(previous.end..amount.start));
    between.is_some_and(|words| PARTITIVES.contains(&words.trim().to_lowercase().as_str()))
}

fn rate(sentence: &Sentence<'_>, amount: &Amount) -> bool {
    let after = sentence.text.get(amount.end..).unwrap_or_default().trim_start_matches([' ', '/', '-']);
    let after: String = after.chars().take(12).flat_map(char::to_lowercase).collect();
    RATES.iter().any(|rate| after.starts_with(rate))
}

/// `half of the 49 €`: the amount is only what the share is taken of.
fn share_of(sentence: &Sentence<'_>, amount: &Amount) -> bool {
    let word = sentence.folded.words.partition_point(|word| word.end <= amount.start);
    let clause = sentence.clause(word);
    sentence.in_clause(clause).any(|hit| hit.owner.0 == Cue::UnclearShare && hit.last < word)
}

/// `2 x 20 €`.
fn counted(sentence: &Sentence<'_>, amount: &Amount) -> bool {
    let before = sentence.text.get(..amount.start).unwrap_or_default().trim_end();
    let times = before.strip_suffix(['x', 'X', '×', '*']).map(str::trim_end);
    times.is_some_and(|rest| rest.ends_with(|character: char| character.is_ascii_digit()))
}

/// Another sentence that asks, or a short note with the amount right after the request.
fn asked_elsewhere(document: &Document<'_>, target: usize) -> Option<Asked> {
    let note = document.sentences.get(target + 1).filter(|next| next.length() <= NOTE);
    let note = note.filter(|next| !next.cues.any(&[Cue::Charged, Cue::UnclearShare])).and_then(asked_in);
    let others = document
        .sentences
        .iter()
        .enumerate()
        .filter(|(index, other)| *index != target && other.cues.any(&ACTIONS));
    note.or_else(|| others.map(|(_, other)| other).find_map(asked_in))
}

/// `Please refund that amount`, when the mail names one amount only.
fn pointed_at(document: &Document<'_>, request: &Sentence<'_>) -> Option<Asked> {
    request.first(&[Cue::ThatAmount])?;
    let all = document.sentences.iter().map(|sentence| (sentence, amounts::find(sentence.text)));
    let said: Vec<(&Sentence<'_>, Amount)> = all
        .flat_map(|(sentence, amounts)| amounts.into_iter().map(move |amount| (sentence, amount)))
        .filter(|(_, amount)| amount.currency != Written::Nothing)
        .collect();
    let (sentence, first) = said.first()?;
    let one =
        said.iter().all(|(_, amount)| amount.digits == first.digits && amount.decimals == first.decimals);
    one.then(|| settle(sentence, &[first])).flatten()
}

fn share(sentence: &Sentence<'_>) -> Option<Asked> {
    let hit = sentence.first(&[Cue::UnclearShare])?;
    Some(Asked::Unclear(sentence.span_of(hit.first, hit.last)))
}

fn asks_for_all(sentence: &Sentence<'_>) -> bool {
    let about = sentence.cues.any(&[Cue::Refund, Cue::RefundOrder]);
    about && sentence.of(&[Cue::Full]).any(|full| !sentence.negated(full))
}
