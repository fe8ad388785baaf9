//! The words that dates are written with, read from the tables once.

use std::sync::LazyLock;

use domain::Language;
use domain::intent::DateWritten;
use foldhash::HashMap;
use jiff::civil::Weekday;

use crate::words::Folded;

/// What a small word is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Word {
    /// Stands before a day: `on`, `am`, `le`.
    On,
    /// Stands before a month: `in`, `im`, `en`.
    In,
    /// Stands between the parts of a date: `of`, `de`.
    Inside,
    /// Makes a date the end or the beginning of a time: `before`, `since`.
    Bound,
    Days,
    Weeks,
    /// `hace 3 días`.
    AgoBefore,
    /// `3 days ago`.
    AgoAfter,
}

/// The words of one language.
#[derive(Debug, Default)]
pub(super) struct Table {
    months: HashMap<String, i8>,
    counts: HashMap<String, i32>,
    words: HashMap<String, Vec<Word>>,
    /// By their first word, the longest first.
    phrases: HashMap<String, Vec<(Vec<String>, Meaning)>>,
    /// The words that a date may begin with, months, counts and phrases, the English ones too.
    openings: Openings,
}

/// A set of words by their first three letters and their length, which holds more words than were put in and answers at once.
#[derive(Debug)]
struct Openings([u64; 64]);

impl Default for Openings {
    fn default() -> Self {
        Self([0; 64])
    }
}

impl Openings {
    fn insert(&mut self, word: &str) {
        let (row, bit) = Self::place(word);
        if let Some(row) = self.0.get_mut(row) {
            *row |= bit;
        }
    }

    fn add(&mut self, other: &Self) {
        self.0.iter_mut().zip(other.0).for_each(|(row, more)| *row |= more);
    }

    fn may_hold(&self, word: &str) -> bool {
        let (row, bit) = Self::place(word);
        self.0.get(row).is_some_and(|row| row & bit != 0)
    }

    fn place(word: &str) -> (usize, u64) {
        let letters = word.bytes().take(3).fold(word.len(), |place, letter| place * 21 + usize::from(letter));
        let place = letters % 4096;
        (place / 64, 1 << (place % 64))
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Meaning {
    Written(DateWritten),
    Word(Word),
    Month(i8),
}

static TABLES: LazyLock<Vec<Table>> = LazyLock::new(|| {
    let mut tables = Language::ALL.map(|language| Table::read(text(language)));
    let english = Table::read(text(Language::En)).openings;
    for table in &mut tables {
        table.openings.add(&english);
    }
    tables.into()
});
static NONE: LazyLock<Table> = LazyLock::new(Table::default);

/// The table of a language.
pub(super) fn of(language: Language) -> &'static Table {
    TABLES.get(language as usize).unwrap_or(&NONE)
}

const fn text(language: Language) -> &'static str {
    match language {
        Language::En => include_str!("en.txt"),
        Language::De => include_str!("de.txt"),
        Language::Fr => include_str!("fr.txt"),
        Language::Es => include_str!("es.txt"),
        Language::It => include_str!("it.txt"),
        Language::Pt => include_str!("pt.txt"),
        Language::Nl => include_str!("nl.txt"),
    }
}

impl Table {
    fn read(text: &str) -> Self {
        let mut table = Self::default();
        for line in text.lines().filter(|line| !line.starts_with('#')) {
            let Some((name, phrases)) = line.split_once(':') else { continue };
            for phrase in phrases.split(',').map(str::trim).filter(|phrase| !phrase.is_empty()) {
                table.add(name, phrase);
            }
        }
        for phrases in table.phrases.values_mut() {
            phrases.sort_by_key(|(words, _)| std::cmp::Reverse(words.len()));
        }
        table
    }

    fn add(&mut self, name: &str, phrase: &str) {
        if let Some((word, count)) = phrase.split_once('=') {
            let word = folded(word);
            self.openings.insert(&word);
            self.counts.insert(word, count.parse().unwrap_or(0));
            return;
        }
        let Some(meaning) = meaning(name) else { return };
        let whole = folded(phrase);
        let mut words = whole.split(' ').map(str::to_owned);
        let first = words.next().unwrap_or_default();
        let rest: Vec<String> = words.collect();
        match meaning {
            Meaning::Month(month) => {
                self.openings.insert(&first);
                self.months.insert(first, month);
            }
            Meaning::Word(word) if word != Word::AgoBefore && rest.is_empty() => {
                self.words.entry(first).or_default().push(word);
            }
            Meaning::Word(_) | Meaning::Written(_) => {
                self.openings.insert(&first);
                self.phrases.entry(first).or_default().push((rest, meaning));
            }
        }
    }

    /// Whether a date of this language or an English one may begin with the word: never wrong where it says no.
    pub(super) fn may_begin_a_date(&self, folded: &str) -> bool {
        folded.starts_with(|letter: char| letter.is_ascii_digit()) || self.openings.may_hold(folded)
    }

    pub(super) fn month(&self, folded: &str) -> Option<i8> {
        self.months.get(folded).copied()
    }

    /// A count in words: `two`.
    pub(super) fn count(&self, folded: &str) -> Option<i32> {
        self.counts.get(folded).copied()
    }

    pub(super) fn is(&self, folded: &str, word: Word) -> bool {
        self.words.get(folded).is_some_and(|words| words.contains(&word))
    }

    /// How many words a phrase has that is for `word` and begins with the first of `words`.
    pub(super) fn phrase<'a>(&self, word: Word, words: impl Fn(usize) -> Option<&'a str>) -> Option<usize> {
        self.matching(words, |meaning| meaning == Meaning::Word(word)).map(|(_, length)| length)
    }

    /// What a phrase means that begins with the first of `words`, and how many words it has.
    pub(super) fn written<'a>(
        &self,
        words: impl Fn(usize) -> Option<&'a str>,
    ) -> Option<(DateWritten, usize)> {
        match self.matching(words, |meaning| matches!(meaning, Meaning::Written(_)))? {
            (Meaning::Written(written), length) => Some((written, length)),
            (Meaning::Word(_) | Meaning::Month(_), _) => None,
        }
    }

    fn matching<'a>(
        &self,
        words: impl Fn(usize) -> Option<&'a str>,
        wanted: impl Fn(Meaning) -> bool,
    ) -> Option<(Meaning, usize)> {
        let phrases = self.phrases.get(words(0)?)?;
        let stands = |rest: &[String]| rest.iter().enumerate().all(|(at, word)| words(at + 1) == Some(word));
        let found = phrases.iter().find(|(rest, meaning)| wanted(*meaning) && stands(rest))?;
        Some((found.1, found.0.len() + 1))
    }
}

fn folded(phrase: &str) -> String {
    Folded::of(phrase).text.trim().to_owned()
}

fn meaning(name: &str) -> Option<Meaning> {
    let written = match name {
        "today" => DateWritten::Ago { days: 0, give: 0 },
        "yesterday" => DateWritten::Ago { days: 1, give: 0 },
        "before_yesterday" => DateWritten::Ago { days: 2, give: 0 },
        "this_week" => DateWritten::ThisWeek,
        "last_week" => DateWritten::LastWeek,
        "this_month" => DateWritten::ThisMonth,
        "last_month" => DateWritten::LastMonth,
        "mon" => DateWritten::Weekday(Weekday::Monday),
        "tue" => DateWritten::Weekday(Weekday::Tuesday),
        "wed" => DateWritten::Weekday(Weekday::Wednesday),
        "thu" => DateWritten::Weekday(Weekday::Thursday),
        "fri" => DateWritten::Weekday(Weekday::Friday),
        "sat" => DateWritten::Weekday(Weekday::Saturday),
        "sun" => DateWritten::Weekday(Weekday::Sunday),
        _ => return word(name).map(Meaning::Word).or_else(|| name.parse().ok().map(Meaning::Month)),
    };
    Some(Meaning::Written(written))
}

fn word(name: &str) -> Option<Word> {
    Some(match name {
        "on" => Word::On,
        "in" => Word::In,
        "inside" => Word::Inside,
        "bound" => Word::Bound,
        "days" => Word::Days,
        "weeks" => Word::Weeks,
        "ago_before" => Word::AgoBefore,
        "ago_after" => Word::AgoAfter,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_language_has_every_month_day_and_span() {
        for language in Language::ALL {
            let table = of(language);
            for month in 1..=12 {
                assert!(table.months.values().any(|known| *known == month), "{language:?} {month}");
            }
            let means = |wanted: DateWritten| {
                table.phrases.values().flatten().any(|(_, meaning)| *meaning == Meaning::Written(wanted))
            };
            for weekday in Weekday::Monday.cycle_forward().take(7) {
                assert!(means(DateWritten::Weekday(weekday)), "{language:?} {weekday:?}");
            }
            let spans = [
                DateWritten::Ago { days: 0, give: 0 },
                DateWritten::Ago { days: 1, give: 0 },
                DateWritten::Ago { days: 2, give: 0 },
                DateWritten::ThisWeek,
                DateWritten::LastWeek,
                DateWritten::ThisMonth,
                DateWritten::LastMonth,
            ];
            assert!(spans.into_iter().all(means), "{language:?}");
        }
    }

    #[test]
    fn every_row_of_every_table_has_a_meaning() {
        for language in Language::ALL {
            for line in text(language).lines().filter(|line| !line.starts_with('#')) {
                let (name, _) = line.split_once(':').unwrap();
                assert!(name == "some" || meaning(name).is_some(), "{language:?} {name}");
            }
        }
    }
}
