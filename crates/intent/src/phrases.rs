//! Finds many phrases in one pass over a text.
//!
//! A phrase is written as words between spaces. `refund*` stands for every word that begins so, `*rechnung` for every word that
//! ends so, `#` for a number, `~` for up to six words of any kind, `(my|our|the)` for one of several words or runs of words, and an
//! empty choice makes the group optional. Accents and case do not matter; a German umlaut stands for its two-letter form as well.
//!
//! Trees of letters find all the words of all phrases. A phrase is looked at only where its rarest group begins, and then word by
//! word to both sides: the cost of a text grows with its length, not with the number of phrases.

mod index;
mod symbols;
mod tree;

use crate::words::Words;

use index::Anchor;
pub(crate) use index::Index;
pub(crate) use symbols::Tagged;
use symbols::{Symbol, Symbols};

/// Stands for any few words within a clause.
const GAP: &str = "~";
/// As many words as a gap may hold.
const WIDEST_GAP: usize = 6;

/// Phrases as they were written, each belonging to an owner of type `T`.
#[derive(Debug)]
pub(crate) struct Phrases<T> {
    symbols: Symbols,
    written: Vec<(T, Phrase)>,
}

/// A phrase found: its owner, its first and its last word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Found<T> {
    pub(crate) owner: T,
    pub(crate) first: usize,
    pub(crate) last: usize,
}

impl<T: Copy> Phrases<T> {
    pub(crate) fn new(written: impl IntoIterator<Item = (T, &'static str)>) -> Self {
        let mut symbols = Symbols::default();
        let mut phrases = Vec::new();
        for (owner, text) in written {
            for text in without_glued_groups(text) {
                phrases.push((owner, Phrase::parse(&text, &mut symbols)));
            }
        }
        for (_, phrase) in &mut phrases {
            phrase.drop_anchor(&symbols);
        }
        Self { symbols, written: phrases }
    }

    /// What finds the phrases of the wanted owners and passes by the others.
    pub(crate) fn index(&self, wanted: impl Fn(T) -> bool) -> Index {
        let phrases = self.written.iter().enumerate().filter(|(_, (owner, _))| wanted(*owner));
        Index::of(&self.symbols, phrases.map(|(at, (_, phrase))| (at, phrase)))
    }

    /// Adds every phrase of an index that stands in `text` to `found`, also those inside others.
    pub(crate) fn find(
        &self,
        index: &Index,
        text: Words<'_>,
        tagged: &mut Tagged,
        found: &mut Vec<Found<T>>,
    ) {
        index.tag(text, tagged);
        for word in 0..tagged.words() {
            for &symbol in tagged.at(word) {
                for anchor in index.anchors(symbol) {
                    found.extend(self.at_anchor(anchor, word, tagged));
                }
            }
        }
    }

    fn at_anchor(&self, anchor: &Anchor, word: usize, text: &Tagged) -> Option<Found<T>> {
        if !anchor.may_stand(word, text) {
            return None;
        }
        let (owner, phrase) = self.written.get(anchor.phrase)?;
        let (first, end) = if anchor.alone { (word, word + 1) } else { phrase.around(word, text)? };
        Some(Found { owner: *owner, first, last: end - 1 })
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
    fn drop_anchor(&mut self, symbols: &Symbols) {
        let weight = |symbol: &Symbol| symbols.uses(*symbol);
        let rarest = self.groups.iter().enumerate().filter(|(_, group)| !group.optional);
        self.anchor = rarest
            .min_by_key(|(_, group)| group.first_symbols().iter().map(weight).sum::<usize>())
            .map_or(0, |(index, _)| index);
    }

    /// First word and end of the phrase when its anchor stands at `word`.
    fn around(&self, word: usize, text: &Tagged) -> Option<(usize, usize)> {
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
                let run: Vec<Symbol> =
                    spelling.split_whitespace().flat_map(|word| symbols.of(word)).collect();
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

    fn has_word(&self, word: usize, text: &Tagged) -> bool {
        text.at(word).iter().any(|symbol| self.words.contains(symbol))
    }

    /// The lengths of the runs that begin at `word`.
    fn runs_from(&self, word: usize, text: &Tagged) -> impl Iterator<Item = usize> {
        self.runs.iter().filter(move |run| stands(run, word, text)).map(Vec::len)
    }

    /// The lengths of the runs that end before `end`.
    fn runs_before(&self, end: usize, text: &Tagged) -> impl Iterator<Item = usize> {
        let begins =
            move |run: &&Vec<Symbol>| end.checked_sub(run.len()).is_some_and(|at| stands(run, at, text));
        self.runs.iter().filter(begins).map(Vec::len)
    }
}

fn stands(run: &[Symbol], word: usize, text: &Tagged) -> bool {
    run.iter().enumerate().all(|(offset, symbol)| text.at(word + offset).contains(symbol))
}

/// How many of the words that follow a gap can take.
fn gap(words: impl Iterator<Item = usize>, text: &Tagged) -> usize {
    words.take(WIDEST_GAP).take_while(|&word| !text.is_break(word)).count()
}

/// Where the phrase ends whose `groups` begin at `word`. A group takes its runs first, then a word, then nothing.
fn forward(groups: &[Group], word: usize, text: &Tagged) -> Option<usize> {
    let Some((group, rest)) = groups.split_first() else { return Some(word) };
    if let Some(end) = group.runs_from(word, text).find_map(|length| forward(rest, word + length, text)) {
        return Some(end);
    }
    if group.has_word(word, text)
        && let Some(end) = forward(rest, word + 1, text)
    {
        return Some(end);
    }
    let widest = if group.gap { gap(word.., text) } else { 0 };
    let skipped = if group.optional { 0..=widest } else { return None };
    skipped.into_iter().find_map(|length| forward(rest, word + length, text))
}

/// Where the phrase begins whose `groups` end before `end`.
fn backward(groups: &[Group], end: usize, text: &Tagged) -> Option<usize> {
    let Some((group, rest)) = groups.split_last() else { return Some(end) };
    if let Some(first) = group.runs_before(end, text).find_map(|length| backward(rest, end - length, text)) {
        return Some(first);
    }
    if let Some(before) = end.checked_sub(1)
        && group.has_word(before, text)
        && let Some(first) = backward(rest, before, text)
    {
        return Some(first);
    }
    let widest = if group.gap { gap((0..end).rev(), text) } else { 0 };
    let skipped = if group.optional { 0..=widest } else { return None };
    skipped.into_iter().find_map(|length| backward(rest, end - length, text))
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
    use crate::words::Folded;

    #[track_caller]
    fn check(phrase: &'static str, text: &str, expected: &[&str]) {
        let phrases = Phrases::new([((), phrase)]);
        let mut folded = Folded::default();
        let words = folded.add(text);
        let words = folded.part(words);
        let mut found = Vec::new();
        phrases.find(&phrases.index(|()| true), words, &mut Tagged::with_room(), &mut found);
        let found: Vec<_> = found
            .into_iter()
            .map(|found| &text[words.words[found.first].start..words.words[found.last].end])
            .collect();
        assert_eq!(found, expected, "{phrase}");
    }

    #[test]
    fn words_match_whole_unless_a_star_says_otherwise() {
        check("refund", "Refund, refunds and REFUND", &["Refund", "REFUND"]);
        check("refund*", "a refunded refund", &["refunded", "refund"]);
        check("*rechnung", "die Monatsrechnung, Rechnungen", &["Monatsrechnung"]);
        check("e-mail*", "send e-mails, an e mail", &["e-mails", "e mail"]);
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
