//! Finds many phrases in one pass over a text.
//!
//! A phrase is written as words between spaces. `refund*` stands for every word that begins so, `*rechnung` for every word that
//! ends so, `#` for a number, `~` for up to six words of any kind,
//! `(my|our|the)` for one of several words or runs of words, and an empty choice makes the group optional. Accents and
//! case do not matter; a German umlaut stands for its two-letter form as well.
//!
//! One automaton finds all the words of all phrases. A phrase is looked at only where its rarest group begins, and then word by
//! word to both sides: the cost of a text grows with its length, not with the number of phrases.

use std::collections::HashMap;

use aho_corasick::{AhoCorasick, AhoCorasickKind};

use crate::words::Folded;

/// Phrases, each belonging to an owner of type `T`.
#[derive(Debug)]
pub(crate) struct Phrases<T> {
    automaton: AhoCorasick,
    owned: Vec<(Phrase, T)>,
    /// Which phrases to look at where a symbol stands.
    anchored: Vec<Vec<usize>>,
    number: Option<Symbol>,
}

/// A phrase found: its owner, its first and its last word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Found<T> {
    pub(crate) owner: T,
    pub(crate) first: usize,
    pub(crate) last: usize,
}

impl<T: Copy> Phrases<T> {
    #[allow(
        clippy::expect_used,
        reason = "the patterns are the constant tables of this crate; every test builds them"
    )]
    pub(crate) fn new(written: impl IntoIterator<Item = (T, &'static str)>) -> Self {
        let mut symbols = Symbols::default();
        let mut phrases = Vec::new();
        for (owner, text) in written {
            for text in without_glued_groups(text) {
                phrases.push((Phrase::parse(&text, &mut symbols), owner));
            }
        }
        let mut anchored = vec![Vec::new(); symbols.patterns.len()];
        for (index, (phrase, _)) in phrases.iter_mut().enumerate() {
            phrase.drop_anchor(&symbols.uses);
            for symbol in phrase.triggers() {
                if let Some(list) = anchored.get_mut(symbol)
                    && list.last() != Some(&index)
                {
                    list.push(index);
                }
            }
        }
        let automaton = AhoCorasick::builder()
            .kind(Some(AhoCorasickKind::ContiguousNFA))
            .build(&symbols.patterns)
            .expect("the tables are far smaller than the automaton can be");
        let number = symbols.known.get(NUMBER).copied();
        Self { automaton, owned: phrases, anchored, number }
    }

    /// Every phrase that stands in `text`, also those inside others.
    pub(crate) fn find(&self, text: &Folded) -> Vec<Found<T>> {
        let tagged = self.tag(text);
        let mut found = Vec::new();
        for (word, symbol) in tagged.all() {
            for &index in self.anchored.get(symbol).into_iter().flatten() {
                if let Some((phrase, owner)) = self.owned.get(index)
                    && let Some((first, end)) = phrase.around(word, &tagged)
                {
                    found.push(Found { owner: *owner, first, last: end - 1 });
                }
            }
        }
        found
    }

    fn tag<'a>(&self, text: &'a Folded) -> Tagged<'a> {
        let mut tagged = Tagged { symbols: Vec::new(), starts: vec![0; text.words.len() + 1], text };
        let mut open = 0;
        for hit in self.automaton.find_overlapping_iter(&text.text) {
            // The space before a word belongs to the pattern, the first letter to the word.
            let word = text.word_at(hit.start() + 1);
            self.close(&mut tagged, &mut open, word, text);
            tagged.symbols.push((word, hit.pattern().as_usize()));
        }
        self.close(&mut tagged, &mut open, text.words.len(), text);
        tagged
    }

    /// Ends the words before `word`, and tags those that are numbers.
    fn close(&self, tagged: &mut Tagged<'_>, open: &mut usize, word: usize, text: &Folded) {
        while *open < word {
            if let Some(number) = self.number.filter(|_| text.is_number(*open)) {
                tagged.symbols.push((*open, number));
            }
            *open += 1;
            if let Some(start) = tagged.starts.get_mut(*open) {
                *start = tagged.symbols.len();
            }
        }
    }
}

/// Stands for any few words within a clause.
const GAP: &str = "~";
/// As many words as a gap may hold.
const WIDEST_GAP: usize = 6;
/// Stands for every number; no text holds it as a word.
const NUMBER: &str = "#";

/// A word, a beginning or an ending that some phrase names.
type Symbol = usize;

#[derive(Debug, Default)]
struct Symbols {
    patterns: Vec<String>,
    uses: Vec<usize>,
    known: HashMap<String, Symbol>,
}

impl Symbols {
    fn of(&mut self, word: &str) -> Symbol {
        let begins = word.ends_with('*');
        let ends = word.starts_with('*');
        let folded = if word == NUMBER { NUMBER.to_owned() } else { Folded::of(word).text };
        let pattern = match (begins, ends) {
            (false, false) => folded,
            (true, false) => folded.trim_end().to_owned(),
            (false, true) => folded.trim_start().to_owned(),
            (true, true) => folded.trim().to_owned(),
        };
        if let Some(&symbol) = self.known.get(&pattern) {
            if let Some(uses) = self.uses.get_mut(symbol) {
                *uses += 1;
            }
            return symbol;
        }
        let symbol = self.patterns.len();
        self.patterns.push(pattern.clone());
        // A short word is frequent in texts even when few phrases name it.
        self.uses.push(if word.len() <= 3 { 30 } else { 1 });
        self.known.insert(pattern, symbol);
        symbol
    }
}

/// The symbols of a text, by word.
struct Tagged<'a> {
    symbols: Vec<(usize, Symbol)>,
    starts: Vec<usize>,
    text: &'a Folded,
}

impl Tagged<'_> {
    fn all(&self) -> impl Iterator<Item = (usize, Symbol)> + '_ {
        self.symbols.iter().copied()
    }

    fn at(&self, word: usize) -> &[(usize, Symbol)] {
        let start = self.starts.get(word).copied().unwrap_or(usize::MAX);
        let end = self.starts.get(word + 1).copied().unwrap_or(self.symbols.len());
        self.symbols.get(start..end).unwrap_or_default()
    }

    /// How many words from `word` on a gap can take, or before it.
    fn gap(&self, words: impl Iterator<Item = usize>) -> usize {
        let open = |word: &usize| self.text.words.get(*word).is_some_and(|word| !word.is_break());
        words.take(WIDEST_GAP).take_while(open).count()
    }

    fn has(&self, word: usize, symbol: Symbol) -> bool {
        self.at(word).iter().any(|&(_, there)| there == symbol)
    }
}

#[derive(Debug)]
struct Phrase {
    groups: Vec<Group>,
    anchor: usize,
}

#[derive(Debug, Default)]
struct Group {
    words: Vec<Symbol>,
    runs: Vec<Vec<Symbol>>,
    optional: bool,
    gap: bool,
}

impl Phrase {
    fn parse(text: &str, symbols: &mut Symbols) -> Self {
        let mut groups = Vec::new();
        for piece in text.split_inclusive(')') {
            let (plain, group) = piece.split_once('(').unwrap_or((piece, ""));
            groups.extend(plain.split_whitespace().map(|word| Group::parse(word, symbols)));
            if let Some(group) = group.strip_suffix(')') {
                groups.push(Group::parse(group, symbols));
            }
        }
        Self { groups, anchor: 0 }
    }

    /// The anchor is the group whose words are named least often: there the fewest places need a look.
    fn drop_anchor(&mut self, uses: &[usize]) {
        let weight = |symbol: &Symbol| uses.get(*symbol).copied().unwrap_or(0);
        let rarest = self.groups.iter().enumerate().filter(|(_, group)| !group.optional);
        self.anchor = rarest
            .min_by_key(|(_, group)| group.first_symbols().iter().map(weight).sum::<usize>())
            .map_or(0, |(index, _)| index);
    }

    fn triggers(&self) -> Vec<Symbol> {
        self.groups.get(self.anchor).map(Group::first_symbols).unwrap_or_default()
    }

    /// First word and end of the phrase when its anchor stands at `word`.
    fn around(&self, word: usize, text: &Tagged<'_>) -> Option<(usize, usize)> {
        let (before, rest) = self.groups.split_at_checked(self.anchor)?;
        let end = forward(rest, word, text)?;
        let first = backward(before, word, text)?;
        (end > first).then_some((first, end))
    }
}

impl Group {
    fn parse(choices: &str, symbols: &mut Symbols) -> Self {
        if choices == GAP {
            return Self { gap: true, optional: true, ..Self::default() };
        }
        let mut group = Self::default();
        for choice in choices.split('|') {
            for spelling in spellings(choice) {
                let run: Vec<Symbol> = spelling.split_whitespace().map(|word| symbols.of(word)).collect();
                match run.as_slice() {
                    [] => group.optional = true,
                    [word] => group.words.push(*word),
                    [..] => group.runs.push(run),
                }
            }
        }
        group
    }

    fn first_symbols(&self) -> Vec<Symbol> {
        self.words.iter().chain(self.runs.iter().filter_map(|run| run.first())).copied().collect()
    }

    /// How many words the group can take from `word` on, and for runs that end before it.
    fn lengths(&self, word: usize, text: &Tagged<'_>) -> impl Iterator<Item = usize> {
        let runs = self.runs.iter().filter(move |run| {
            run.iter().enumerate().all(|(offset, &symbol)| text.has(word + offset, symbol))
        });
        let single = text.at(word).iter().any(|(_, symbol)| self.words.contains(symbol));
        let gap = if self.gap { text.gap(word..) } else { 0 };
        runs.map(Vec::len).chain(single.then_some(1)).chain(self.optional.then_some(0)).chain(1..=gap)
    }

    fn lengths_before(&self, end: usize, text: &Tagged<'_>) -> impl Iterator<Item = usize> {
        let runs = self.runs.iter().filter(move |run| {
            end.checked_sub(run.len()).is_some_and(|word| {
                run.iter().enumerate().all(|(offset, &symbol)| text.has(word + offset, symbol))
            })
        });
        let before = end.checked_sub(1).map(|word| text.at(word)).unwrap_or_default();
        let single = before.iter().any(|(_, symbol)| self.words.contains(symbol));
        let gap = if self.gap { text.gap((0..end).rev()) } else { 0 };
        runs.map(Vec::len).chain(single.then_some(1)).chain(self.optional.then_some(0)).chain(1..=gap)
    }
}

fn forward(groups: &[Group], word: usize, text: &Tagged<'_>) -> Option<usize> {
    let Some((group, rest)) = groups.split_first() else { return Some(word) };
    group.lengths(word, text).find_map(|length| forward(rest, word + length, text))
}

fn backward(groups: &[Group], end: usize, text: &Tagged<'_>) -> Option<usize> {
    let Some((group, rest)) = groups.split_last() else { return Some(end) };
    group.lengths_before(end, text).find_map(|length| backward(rest, end - length, text))
}

/// `thank(s| you)` holds a group inside a word; it is written out as `thanks` and `thank you`.
fn without_glued_groups(text: &str) -> Vec<String> {
    let glued = text.match_indices('(').find_map(|(open, _)| {
        let close = open + text.get(open..)?.find(')')?;
        let outside = |byte: Option<&u8>| byte.is_none_or(|&byte| byte == b' ');
        let bytes = text.as_bytes();
        let apart = outside(open.checked_sub(1).and_then(|before| bytes.get(before)))
            && outside(bytes.get(close + 1));
        (!apart).then_some((open, close))
    });
    let Some((open, close)) = glued else { return vec![text.to_owned()] };
    let (before, rest) = text.split_at(open);
    let (group, after) = rest.split_at(close - open);
    let choices = group.trim_start_matches('(').split('|');
    let after = after.get(1..).unwrap_or_default();
    choices.flat_map(|choice| without_glued_groups(&format!("{before}{choice}{after}"))).collect()
}

fn spellings(choice: &str) -> Vec<String> {
    let mut spellings = vec![choice.to_owned()];
    if choice.contains(['ä', 'ö', 'ü']) {
        spellings.push(choice.replace('ä', "ae").replace('ö', "oe").replace('ü', "ue"));
    }
    spellings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(phrase: &'static str, text: &str, expected: &[&str]) {
        let phrases = Phrases::new([((), phrase)]);
        let folded = Folded::of(text);
        let found: Vec<_> = phrases
            .find(&folded)
            .into_iter()
            .map(|found| &text[folded.words[found.first].start..folded.words[found.last].end])
            .collect();
        assert_eq!(found, expected, "{phrase}");
    }

    #[test]
    fn words_match_whole_unless_a_star_says_otherwise() {
        check("refund", "Refund, refunds and REFUND", &["Refund", "REFUND"]);
        check("refund*", "a refunded refund", &["refunded", "refund"]);
        check("*rechnung", "die Monatsrechnung, Rechnungen", &["Monatsrechnung"]);
        check("*rechnung*", "Monatsrechnungen", &["Monatsrechnungen"]);
    }

    #[test]
    fn groups_are_choices_and_an_empty_choice_is_optional() {
        check("(my|the|one of our) (full|) refund", "one of our full refunds, my refund", &["my refund"]);
        check("(my|one of our) customer*", "for one of our customers", &["one of our customers"]);
        check("thank(s| you) for", "thanks for it, thank you for that", &["thanks for", "thank you for"]);
    }

    #[test]
    fn a_phrase_does_not_cross_a_comma() {
        check("no refund", "no, refund me", &[]);
    }

    #[test]
    fn a_hash_stands_for_a_number() {
        check(
            "my # (euros|) back",
            "give me my 40 euros back, my €42 back, my plan back",
            &["my 40 euros back", "my €42 back"],
        );
    }

    #[test]
    fn a_tilde_stands_for_a_few_words_of_the_clause() {
        check(
            "zeg ~ (abonnement|lidmaatschap) ~ op",
            "ik zeg mijn abonnement bij u op",
            &["zeg mijn abonnement bij u op"],
        );
        check("zeg ~ op", "ik zeg niets, op mijn erewoord", &[]);
    }

    #[test]
    fn umlauts_match_all_their_spellings() {
        check("kündig*", "Kündigung, kuendigen, kundigen", &["Kündigung", "kuendigen", "kundigen"]);
    }
}
