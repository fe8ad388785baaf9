//! Days that a sentence names: in figures, in words, and counted back from the mail, in the shapes of the seven languages.
//!
//! The tables in `dates/` hold the words, one text file a language, as `cues` does. A date is read only where nothing else fits: an
//! amount, an invoice number and a time of day are none. Where the order of day and month cannot be told, both readings are given.

mod table;
mod told;

use domain::Language;
use domain::intent::DateWritten;
use jiff::civil::Date;

use crate::amounts;
use crate::document::Sentence;
use table::{Table, Word};

pub(crate) use told::of_payments;

/// More days than these in one sentence are a list that nobody asks about.
const MOST: usize = 20;

/// A date and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Found {
    /// Its first byte in the sentence.
    pub(crate) start: usize,
    /// The byte after its last.
    pub(crate) end: usize,
    /// At least one.
    pub(crate) readings: Vec<DateWritten>,
    /// It is the end or the beginning of a time: `before the 3rd of May`.
    pub(crate) bound: bool,
}

/// Every date of a sentence, in its order.
pub(crate) fn find(sentence: &Sentence<'_>, language: Language) -> Vec<Found> {
    let table = table::of(language);
    let mut words = 0..sentence.folded.words.len();
    if !words.any(|word| table.may_begin_a_date(sentence.folded.folded_word(word))) {
        return Vec::new();
    }
    let tokens = Tokens::of(sentence, language);
    let mut found = Vec::new();
    let mut at = 0;
    while at < tokens.words.len() && found.len() < MOST {
        match tokens.date(at) {
            Some((readings, last)) => {
                let (start, end) = (tokens.start(at), tokens.end(last));
                found.push(Found { start, end, readings, bound: tokens.is_bound(at) });
                at = last + 1;
            }
            None => at += 1,
        }
    }
    found
}

/// Whether a word stands before dates: `on`, `am`, `le`.
fn leads_to_a_date(folded: &str, language: Language) -> bool {
    let table = table::of(language);
    [Word::On, Word::In, Word::Inside].into_iter().any(|word| table.is(folded, word))
}

/// The words of a sentence without its marks.
struct Tokens<'a> {
    text: &'a str,
    words: Vec<Token<'a>>,
    language: Language,
    own: &'static Table,
    english: &'static Table,
}

#[derive(Clone, Copy)]
struct Token<'a> {
    folded: &'a str,
    start: usize,
    end: usize,
}

type Reading = (Vec<DateWritten>, usize);

impl<'a> Tokens<'a> {
    fn of(sentence: &'a Sentence<'_>, language: Language) -> Self {
        let words = sentence.folded.words.iter().enumerate().filter(|(_, word)| !word.is_break());
        let token = |(index, word): (usize, &crate::words::Word)| Token {
            folded: sentence.folded.folded_word(index),
            start: word.start,
            end: word.end,
        };
        Self {
            text: sentence.text,
            words: words.map(token).collect(),
            language,
            own: table::of(language),
            english: table::of(Language::En),
        }
    }

    /// The date that begins with the word `at`, and its last word.
    fn date(&self, at: usize) -> Option<Reading> {
        let first = self.words.get(at).filter(|first| self.own.may_begin_a_date(first.folded))?;
        if first.folded.starts_with(|letter: char| letter.is_ascii_digit()) {
            return self
                .in_figures(at)
                .or_else(|| self.in_one_word(at))
                .or_else(|| self.day_and_month(at))
                .or_else(|| self.days_ago(at));
        }
        self.month_and_day(at)
            .or_else(|| self.month(at))
            .or_else(|| self.days_ago(at))
            .or_else(|| self.phrase(at))
    }

    /// `12/05/2024`, `2024-05-12`, `12. 5. 2024`, `on 12/05`.
    fn in_figures(&self, at: usize) -> Option<Reading> {
        let mark = self.mark_after(at).filter(|mark| ['/', '-', '.'].contains(mark))?;
        let (first, second) = (self.figures(at)?, self.figures(at + 1)?);
        let third = (self.mark_after(at + 1) == Some(mark)).then(|| self.figures(at + 2)).flatten();
        match third {
            Some(third) => Some((self.full(mark, [first, second, third])?, at + 2)),
            None => Some((self.without_year(mark, at, [first, second], at + 1)?, at + 1)),
        }
    }

    /// `12.05.2024`, which is one word, and `am 12.05.`
    fn in_one_word(&self, at: usize) -> Option<Reading> {
        let mut parts = self.raw(at).split('.');
        let (first, second) = (parts.next()?, parts.next()?);
        let (third, rest) = (parts.next(), parts.next());
        match (third, rest) {
            (Some(third), None) => Some((self.full('.', [first, second, third])?, at)),
            (None, None) => Some((self.without_year('.', at, [first, second], at)?, at)),
            (_, Some(_)) => None,
        }
    }

    fn full(&self, mark: char, [first, second, third]: [&str; 3]) -> Option<Vec<DateWritten>> {
        if first.len() == 4 {
            return readings([day(year(first)?, number(second)?, number(third)?)]);
        }
        let year = year(third)?;
        let (first, second) = (short(first)?, short(second)?);
        let (day_first, month_first) = (day(year, second, first), day(year, first, second));
        self.ordered(mark, day_first, month_first)
    }

    /// Only English writes both orders, and only with a stroke or a dash; the others where nothing else can be meant.
    fn ordered(
        &self,
        mark: char,
        day_first: Option<DateWritten>,
        month_first: Option<DateWritten>,
    ) -> Option<Vec<DateWritten>> {
        match (mark, self.language) {
            ('.', _) => readings([day_first]),
            (_, Language::En) => readings([day_first, month_first]),
            (_, _) => readings([day_first.or(month_first)]),
        }
    }

    /// Two numbers are a date only behind a word that dates have before them, or with the full stop that German ends them with.
    fn without_year(
        &self,
        mark: char,
        at: usize,
        [first, second]: [&str; 2],
        last: usize,
    ) -> Option<Vec<DateWritten>> {
        let (one, two) = (short(first)?, short(second)?);
        let fraction = first.len() + second.len() == 2 && one < two && two <= 5;
        let stopped = self.after(last).starts_with('.') && self.language == Language::De;
        let led = self.is_led_by(at, Word::On);
        let dated = match mark {
            '/' => led && !fraction,
            '.' => stopped || (led && self.language != Language::En),
            _ => false,
        };
        let followed = self.after(last);
        if !dated || followed.starts_with(['/', '%']) || amounts::currency_after(followed).is_some() {
            return None;
        }
        self.ordered(mark, day_of_year(two, one), day_of_year(one, two))
    }

    /// `3 May 2024`, `3rd of May`, `3. Mai`, `3 de mayo de 2024`.
    fn day_and_month(&self, at: usize) -> Option<Reading> {
        let number = ordinal(self.words.get(at)?.folded)?;
        if amounts::currency_before(self.text.get(..self.start(at))?).is_some() {
            return None;
        }
        let mut next = at + 1;
        while next <= at + 2 && self.is(next, Word::Inside) {
            next += 1;
        }
        // Behind a day a month is a month in any language: a short mail may be taken for one of another.
        let month =
            Language::ALL.into_iter().find_map(|language| table::of(language).month(self.folded(next)?))?;
        Some(self.with_year(next, month, number))
    }

    /// `May 3rd, 2024`; `May 20 €` is an amount in May.
    fn month_and_day(&self, at: usize) -> Option<Reading> {
        let month = self.month_named(at)?;
        let number = ordinal(self.words.get(at + 1)?.folded)?;
        let between = self.text.get(self.end(at)..self.start(at + 1))?;
        let apart = between.contains(|mark: char| !matches!(mark, ' ' | '.' | '\u{a0}' | '\n'));
        if apart || amounts::currency_after(self.after(at + 1)).is_some() {
            return None;
        }
        Some(self.with_year(at + 1, month, number))
    }

    fn with_year(&self, last: usize, month: i8, number: i8) -> Reading {
        let year = self.year_after(last).map(|(year, at)| (day(year, month, number), at));
        match year {
            Some((Some(day), at)) => (vec![day], at),
            Some((None, _)) | None => (day_of_year(month, number).into_iter().collect(), last),
        }
    }

    /// `May 2024`, `in May`. A month without a day or a year needs a word before it in English, where months are names and verbs.
    fn month(&self, at: usize) -> Option<Reading> {
        let month = self.month_named(at)?;
        if let Some((year, last)) = self.year_after(at) {
            return Some((vec![DateWritten::Month { year: Some(year), month }], last));
        }
        let led = self.is_led_by(at, Word::In);
        let named = self.raw(at).starts_with(char::is_uppercase);
        let long = self.words.get(at)?.folded.len() > 3 || !matches!(self.language, Language::En);
        let alone = match self.language {
            Language::En => led && named && (long || month == 5),
            Language::De | Language::Fr | Language::Es | Language::It | Language::Pt | Language::Nl => {
                led && self.own.month(self.words.get(at)?.folded).is_some()
            }
        };
        alone.then(|| (vec![DateWritten::Month { year: None, month }], at))
    }

    /// `3 days ago`, `vor zwei Wochen`, `il y a 3 jours`.
    fn days_ago(&self, at: usize) -> Option<Reading> {
        let ago = self.own.phrase(Word::AgoBefore, |index| self.folded(at + index));
        let count_at = at + ago.unwrap_or(0);
        let folded = self.folded(count_at)?;
        let count = folded.parse().ok().or_else(|| self.own.count(folded))?;
        let (days, give) = match self.folded(count_at + 1)? {
            unit if self.own.is(unit, Word::Days) => (count, 1),
            unit if self.own.is(unit, Word::Weeks) => (i32::checked_mul(count, 7)?, 3),
            _ => return None,
        };
        let last = match ago {
            Some(_) => count_at + 1,
            None => self.is(count_at + 2, Word::AgoAfter).then_some(count_at + 2)?,
        };
        Some((vec![DateWritten::Ago { days, give }], last))
    }

    /// `yesterday`, `last month`, `Friday`.
    fn phrase(&self, at: usize) -> Option<Reading> {
        let (written, words) = self.own.written(|index| self.folded(at + index))?;
        Some((vec![written], at + words - 1))
    }

    /// Whether a word before says that the date ends or begins a time.
    fn is_bound(&self, at: usize) -> bool {
        let before = (1..=3).filter_map(|back| at.checked_sub(back));
        before
            .take_while(|&word| {
                self.is(word, Word::On) || self.is(word, Word::In) || self.is(word, Word::Bound)
            })
            .any(|word| self.is(word, Word::Bound))
    }

    /// Whether such a word stands right before, with nothing but a space between.
    fn is_led_by(&self, at: usize, word: Word) -> bool {
        let Some(before) = at.checked_sub(1) else { return false };
        let between = self.text.get(self.end(before)..self.start(at)).unwrap_or_default();
        self.is(before, word) && matches!(between.trim(), "" | "." | "'" | "’")
    }

    fn month_named(&self, at: usize) -> Option<i8> {
        let folded = self.folded(at)?;
        self.own.month(folded).or_else(|| self.english.month(folded))
    }

    fn year_after(&self, at: usize) -> Option<(i16, usize)> {
        let next = if self.is(at + 1, Word::Inside) { at + 2 } else { at + 1 };
        let folded = self.folded(next).filter(|folded| folded.len() == 4)?;
        Some((year(folded)?, next))
    }

    fn is(&self, at: usize, word: Word) -> bool {
        self.folded(at).is_some_and(|folded| self.own.is(folded, word) || self.english.is(folded, word))
    }

    fn folded(&self, at: usize) -> Option<&'a str> {
        self.words.get(at).map(|token| token.folded)
    }

    /// A word of figures alone, as it is written.
    fn figures(&self, at: usize) -> Option<&'a str> {
        let raw = self.words.get(at).and_then(|token| self.text.get(token.start..token.end))?;
        (raw.len() <= 4 && raw.bytes().all(|byte| byte.is_ascii_digit())).then_some(raw)
    }

    fn raw(&self, at: usize) -> &'a str {
        self.words.get(at).and_then(|token| self.text.get(token.start..token.end)).unwrap_or_default()
    }

    fn start(&self, at: usize) -> usize {
        self.words.get(at).map_or(self.text.len(), |token| token.start)
    }

    fn end(&self, at: usize) -> usize {
        self.words.get(at).map_or(self.text.len(), |token| token.end)
    }

    fn after(&self, at: usize) -> &'a str {
        self.text.get(self.end(at)..).unwrap_or_default()
    }

    /// The one mark between a word and the next, spaces left out.
    fn mark_after(&self, at: usize) -> Option<char> {
        let between = self.text.get(self.end(at)..self.words.get(at + 1)?.start)?;
        let mut marks = between.trim().chars();
        marks.next().filter(|_| marks.next().is_none())
    }
}

fn readings<const N: usize>(candidates: [Option<DateWritten>; N]) -> Option<Vec<DateWritten>> {
    let mut readings: Vec<DateWritten> = candidates.into_iter().flatten().collect();
    readings.dedup();
    (!readings.is_empty()).then_some(readings)
}

fn day(year: i16, month: i8, day: i8) -> Option<DateWritten> {
    Date::new(year, month, day).ok().map(DateWritten::Day)
}

/// A day that some year has.
fn day_of_year(month: i8, day: i8) -> Option<DateWritten> {
    Date::new(2024, month, day).ok().map(|_| DateWritten::DayOfYear { month, day })
}

fn number(text: &str) -> Option<i8> {
    text.parse().ok()
}

fn short(text: &str) -> Option<i8> {
    (text.len() <= 2).then(|| number(text)).flatten()
}

/// Four figures, or the two of this century.
fn year(text: &str) -> Option<i16> {
    let year: i16 = text.parse().ok()?;
    match text.len() {
        4 => (1990..2100).contains(&year).then_some(year),
        2 => Some(2000 + year),
        _ => None,
    }
}

/// A day of a month: `3`, `3rd`, `1er`, `1º`.
fn ordinal(folded: &str) -> Option<i8> {
    let end = folded.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(folded.len());
    let (figures, suffix) = folded.split_at_checked(end)?;
    let ordinal = ["", "st", "nd", "rd", "th", "er", "e", "o", "º", "°", "de", "ste"].contains(&suffix);
    let day = short(figures).filter(|day| (1..=31).contains(day))?;
    ordinal.then_some(day)
}

#[cfg(test)]
mod tests;
