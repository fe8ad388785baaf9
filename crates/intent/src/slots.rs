//! The particulars of a request: which amount is asked for, whether all of it, and what the mail names.

mod bare;

use std::ops::Range;

use domain::intent::{CurrencyAsked, Span};
use domain::{AmountAsked, Language, Slots};

use crate::Text;
use crate::amounts::{self, Amount, Written};
use crate::cues::Cue;
use crate::document::{Document, Sentence};
use crate::{dates, references};

/// The cues an amount can be asked with.
const ACTIONS: [Cue; 4] = [Cue::Refund, Cue::RefundOrder, Cue::PayPhrase, Cue::Pay];
const REFUNDS: [Cue; 2] = [Cue::Refund, Cue::RefundOrder];
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
    Slots {
        references,
        card_last4: references::card_last4(document),
        dates: dates::of_payments(document),
        last_payment: document.cues.has(Cue::LastPayment),
        ..Slots::default()
    }
}

/// Adds what the request in sentence `target` says of its amount. Whatever looks like an amount and cannot be read is unclear: a
/// payment is refunded wholly only where no amount is spoken of.
pub(crate) fn amount(document: &Document<'_>, target: usize, slots: &mut Slots) {
    let Some(request) = document.sentences.get(target) else { return };
    let sums = Sums { document };
    let asked = sums
        .asked_in(request)
        .or_else(|| sums.asked_elsewhere(target))
        .or_else(|| sums.pointed_at(request))
        .or_else(|| share(request))
        .or_else(|| document.sentences.iter().filter(|other| other.cues.any(&ACTIONS)).find_map(share))
        .or_else(|| sums.unread(request));
    match sums.contradicted(target, asked) {
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

/// The sums of money of a mail.
struct Sums<'a> {
    document: &'a Document<'a>,
}

impl Sums<'_> {
    fn of(&self, sentence: &Sentence<'_>) -> Vec<Amount> {
        if !sentence.text.bytes().any(|byte| byte.is_ascii_digit()) {
            return Vec::new();
        }
        amounts::find(sentence.text, &self.dates(sentence))
    }

    fn dates(&self, sentence: &Sentence<'_>) -> Vec<Range<usize>> {
        dates::find(sentence, self.document.language).into_iter().map(|date| date.start..date.end).collect()
    }

    /// Amounts of the request's own sentence that are asked for rather than told.
    fn asked_in(&self, sentence: &Sentence<'_>) -> Option<Asked> {
        let amounts = self.of(sentence);
        let candidates: Vec<&Amount> = amounts
            .iter()
            .enumerate()
            .filter(|(index, amount)| {
                let previous = index.checked_sub(1).and_then(|before| amounts.get(before));
                !told(sentence, amount)
                    && !self.whole_of(sentence, previous, amount)
                    && !rate(sentence, amount)
            })
            .map(|(_, amount)| amount)
            .collect();
        settle(sentence, &candidates)
    }

    fn whole_of(&self, sentence: &Sentence<'_>, previous: Option<&Amount>, amount: &Amount) -> bool {
        let between = previous.and_then(|previous| sentence.text.get(previous.end..amount.start));
        between.is_some_and(|words| {
            let words = words.trim().to_lowercase();
            // In Dutch it means `or`.
            let or = words == "of" && self.document.language == Language::Nl;
            PARTITIVES.contains(&words.as_str()) && !or
        })
    }

    /// Another sentence that asks, or a short note with the amount right after the request.
    fn asked_elsewhere(&self, target: usize) -> Option<Asked> {
        let others = self.others(target, &ACTIONS);
        self.note(target).or_else(|| others.into_iter().find_map(|other| self.asked_in(other)))
    }

    fn note(&self, target: usize) -> Option<Asked> {
        let note = self.document.sentences.get(target + 1).filter(|next| next.length() <= NOTE)?;
        if note.cues.any(&[Cue::Charged, Cue::UnclearShare]) { None } else { self.asked_in(note) }
    }

    fn others(&self, target: usize, cues: &[Cue]) -> Vec<&Sentence<'_>> {
        let sentences = self.document.sentences.iter().enumerate();
        sentences
            .filter(|(index, other)| *index != target && other.cues.any(cues))
            .map(|(_, other)| other)
            .collect()
    }

    /// Two requests that name two amounts name none.
    fn contradicted(&self, target: usize, asked: Option<Asked>) -> Option<Asked> {
        let Some(Asked::Amount(amount)) = &asked else { return asked };
        let again = self.others(target, &REFUNDS).into_iter().filter_map(|other| self.asked_in(other));
        let other = again.chain(self.note(target)).find_map(|other| match other {
            Asked::Amount(other) => (!same_amount(amount, &other)).then_some(other.evidence),
            Asked::Unclear(words) => Some(words),
        });
        other.map(Asked::Unclear).or(asked)
    }

    /// `Please refund that amount`, when the mail names one amount only.
    fn pointed_at(&self, request: &Sentence<'_>) -> Option<Asked> {
        request.first(&[Cue::ThatAmount])?;
        let all = self.document.sentences.iter().map(|sentence| (sentence, self.of(sentence)));
        let said: Vec<(&Sentence<'_>, Amount)> = all
            .flat_map(|(sentence, amounts)| amounts.into_iter().map(move |amount| (sentence, amount)))
            .filter(|(_, amount)| amount.currency != Written::Nothing)
            .collect();
        let (sentence, first) = said.first()?;
        let one =
            said.iter().all(|(_, amount)| amount.value == first.value && amount.currency == first.currency);
        if one {
            settle(sentence, &[first])
        } else {
            said.last().map(|(sentence, last)| unclear(sentence, last, last))
        }
    }

    /// An amount in words, in foreign figures, or bare: `refund twenty euros`, `refund 20`.
    fn unread(&self, request: &Sentence<'_>) -> Option<Asked> {
        let amounts = self.of(request);
        let money = amounts::alone(request.text, &amounts);
        let words = money.or_else(|| bare::number(request, &self.dates(request)))?;
        Some(Asked::Unclear(request.span_of_bytes(words.start, words.end)))
    }
}

fn same_amount(one: &AmountAsked, other: &AmountAsked) -> bool {
    let currency = one.currency == other.currency
        || one.currency == CurrencyAsked::Unsaid
        || other.currency == CurrencyAsked::Unsaid;
    same_number((one.digits, one.decimals), (other.digits, other.decimals)) && currency
}

/// `49` and `49.00` are the same number.
fn same_number((one, few): (i64, u8), (other, many): (i64, u8)) -> bool {
    let scaled = |digits: i64, missing: u8| digits.checked_mul(10_i64.checked_pow(u32::from(missing))?);
    let most = few.max(many);
    scaled(one, most - few) == scaled(other, most - many)
}

fn settle(sentence: &Sentence<'_>, candidates: &[&Amount]) -> Option<Asked> {
    let (first, rest) = candidates.split_first()?;
    let last = rest.last().unwrap_or(first);
    let same = |amount: &&Amount| match (amount.value, first.value) {
        (Some(value), Some(of_first)) => {
            let currency = amount.currency == first.currency || amount.currency == Written::Nothing;
            same_number((value.digits, value.decimals), (of_first.digits, of_first.decimals)) && currency
        }
        (_, _) => false,
    };
    let Some(value) = first.value.filter(|_| rest.iter().all(same)) else {
        return Some(unclear(sentence, first, last));
    };
    let shared = first.currency == Written::Shared;
    if shared || share_of(sentence, first) || counted(sentence, first) {
        return Some(unclear(sentence, first, last));
    }
    let currency = match first.currency {
        Written::Said(currency) => currency,
        Written::Shared | Written::Nothing => CurrencyAsked::Unsaid,
    };
    Some(Asked::Amount(AmountAsked {
        digits: value.digits,
        decimals: value.decimals,
        perhaps_thousands: value.perhaps_thousands,
        currency,
        evidence: sentence.span_of_bytes(first.start, first.end),
    }))
}

fn unclear(sentence: &Sentence<'_>, first: &Amount, last: &Amount) -> Asked {
    Asked::Unclear(sentence.span_of_bytes(first.start, last.end))
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

fn rate(sentence: &Sentence<'_>, amount: &Amount) -> bool {
    let after = sentence.text.get(amount.end..).unwrap_or_default().trim_start_matches([' ', '/', '-']);
    let after: String = after.chars().take(12).flat_map(char::to_lowercase).collect();
    RATES.iter().any(|rate| after.starts_with(rate))
}

/// `half of the 49 €`, `20 % of 49 €`: the amount is only what the share is taken of.
fn share_of(sentence: &Sentence<'_>, amount: &Amount) -> bool {
    let word = sentence.folded.words.partition_point(|word| word.end <= amount.start);
    let clause = sentence.clause(word);
    let in_figures = bare::share(sentence).is_some_and(|share| {
        let at = sentence.folded.words.partition_point(|word| word.end <= share.start);
        sentence.clause(at) == clause
    });
    in_figures || sentence.in_clause(clause).any(|hit| hit.owner.0 == Cue::UnclearShare && hit.last < word)
}

/// `2 x 20 €`.
fn counted(sentence: &Sentence<'_>, amount: &Amount) -> bool {
    let before = sentence.text.get(..amount.start).unwrap_or_default().trim_end();
    let times = before.strip_suffix(['x', 'X', '×', '*']).map(str::trim_end);
    times.is_some_and(|rest| rest.ends_with(|character: char| character.is_ascii_digit()))
}

fn share(sentence: &Sentence<'_>) -> Option<Asked> {
    let in_words = sentence.first(&[Cue::UnclearShare]).map(|hit| sentence.span_of(hit.first, hit.last));
    let in_figures = || bare::share(sentence).map(|share| sentence.span_of_bytes(share.start, share.end));
    in_words.or_else(in_figures).map(Asked::Unclear)
}

fn asks_for_all(sentence: &Sentence<'_>) -> bool {
    let about = sentence.cues.any(&[Cue::Refund, Cue::RefundOrder]);
    about && sentence.of(&[Cue::Full]).any(|full| !sentence.negated(full))
}
