//! Which phrases to look at where a word stands.

use super::symbols::{Kinds, NUMBER, Symbol, Symbols, Tagged};
use super::tree::Tree;
use super::{Group, Phrase};
use crate::words::Words;

/// What finds some of the phrases: the words they are made of, and for each word the phrases that have their anchor there.
#[derive(Debug)]
pub(crate) struct Index {
    beginnings: Tree,
    endings: Tree,
    number: Option<Symbol>,
    anchors: Vec<Anchor>,
    /// Where the anchors of each symbol begin, and where those of the last one end.
    bounds: Vec<usize>,
}

/// A phrase whose anchor may be a word, and what must stand beside that word. Nearly every look ends with the neighbours, so they
/// are kept here and not with the phrase.
#[derive(Debug, Clone, Copy)]
pub(super) struct Anchor {
    pub(super) phrase: usize,
    /// The phrase is one word.
    pub(super) alone: bool,
    before: Kinds,
    after: Kinds,
}

impl Index {
    pub(super) fn of<'a>(symbols: &Symbols, phrases: impl Iterator<Item = (usize, &'a Phrase)>) -> Self {
        let mut anchors: Vec<Vec<Anchor>> = vec![Vec::new(); symbols.len()];
        let mut used: Vec<Symbol> = Vec::new();
        for (phrase, written) in phrases {
            used.extend(written.symbols());
            let (before, after) = written.beside_anchor();
            let alone = written.is_one_word();
            let mut triggers = written.triggers();
            triggers.sort_unstable();
            triggers.dedup();
            for symbol in triggers {
                if let Some(list) = anchors.get_mut(usize::from(symbol)) {
                    list.push(Anchor { phrase, alone, before, after });
                }
            }
        }
        used.sort_unstable();
        used.dedup();
        let named = used.iter().filter_map(|&symbol| Some((symbols.name(symbol)?, symbol)));
        let (numbers, words): (Vec<_>, Vec<_>) = named.partition(|(name, _)| *name == NUMBER);
        Self {
            beginnings: Tree::of_beginnings(&words),
            endings: Tree::of_endings(&words),
            number: numbers.first().map(|(_, symbol)| *symbol),
            bounds: bounds(&anchors),
            anchors: anchors.concat(),
        }
    }

    /// The symbols of every word of a text.
    pub(super) fn tag(&self, text: Words<'_>, tagged: &mut Tagged) {
        tagged.clear();
        for (index, place) in text.words.iter().enumerate() {
            let word = text.folded_word(index);
            let number = self.number.filter(|_| place.is_number());
            tagged.push(*place, |symbols| {
                symbols.extend(number);
                self.beginnings.walk(word.bytes(), symbols);
                self.endings.walk(word.bytes().rev(), symbols);
            });
        }
    }

    /// The phrases whose anchor a word of that symbol may be.
    pub(super) fn anchors(&self, symbol: Symbol) -> &[Anchor] {
        let symbol = usize::from(symbol);
        let bounds = self.bounds.get(symbol).zip(self.bounds.get(symbol + 1));
        bounds.and_then(|(&start, &end)| self.anchors.get(start..end)).unwrap_or_default()
    }
}

impl Anchor {
    /// Whether that word has neighbours as the phrase wants them: never wrong where it says no.
    #[inline]
    pub(super) fn may_stand(&self, word: usize, text: &Tagged) -> bool {
        self.alone
            || (self.after.meet(text.kinds(word.checked_add(1)))
                && self.before.meet(text.kinds(word.checked_sub(1))))
    }
}

fn bounds(lists: &[Vec<Anchor>]) -> Vec<usize> {
    let ends = lists.iter().scan(0, |end, list| {
        *end += list.len();
        Some(*end)
    });
    std::iter::once(0).chain(ends).collect()
}

#[cfg(test)]
impl Index {
    /// Whether every node of its trees has a number of its own.
    pub(crate) fn fits(&self) -> bool {
        self.beginnings.fits() && self.endings.fits()
    }
}

impl Phrase {
    fn symbols(&self) -> impl Iterator<Item = Symbol> {
        self.groups.iter().flat_map(|group| group.words.iter().chain(group.runs.iter().flatten()).copied())
    }

    fn is_one_word(&self) -> bool {
        matches!(self.groups.as_slice(), [group] if group.runs.is_empty() && !group.optional)
    }

    fn triggers(&self) -> Vec<Symbol> {
        self.groups.get(self.anchor).map(Group::first_symbols).unwrap_or_default()
    }

    /// What may stand right before the anchor and right after its first word.
    fn beside_anchor(&self) -> (Kinds, Kinds) {
        let (before, from) = self.groups.split_at_checked(self.anchor).unwrap_or_default();
        let Some((anchor, behind)) = from.split_first() else { return (Kinds::ANY, Kinds::ANY) };
        let after = if anchor.optional { Kinds::ANY } else { anchor.seconds(behind) };
        (Kinds::next(before.iter().rev(), Group::last_symbols), after)
    }
}

impl Group {
    /// What stands after the first word of the group.
    fn seconds(&self, behind: &[Self]) -> Kinds {
        let of_runs: Kinds = self.runs.iter().filter_map(|run| run.get(1).copied()).collect();
        let of_words = Kinds::next(behind.iter(), Self::first_symbols);
        if self.words.is_empty() { of_runs } else { of_runs.and(of_words) }
    }

    fn last_symbols(&self) -> Vec<Symbol> {
        self.words.iter().chain(self.runs.iter().filter_map(|run| run.last())).copied().collect()
    }
}

impl Kinds {
    /// What the first word of `groups` can be; anything where they may all be left out.
    fn next<'a>(groups: impl Iterator<Item = &'a Group>, symbols: fn(&Group) -> Vec<Symbol>) -> Self {
        let mut kinds = Self::default();
        for group in groups {
            if group.gap {
                return Self::ANY;
            }
            kinds = kinds.and(symbols(group).into_iter().collect());
            if !group.optional {
                return kinds;
            }
        }
        Self::ANY
    }
}
