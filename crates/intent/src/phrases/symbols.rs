//! The words that phrases name, and which of them stand in a text.

use std::collections::HashMap;
use std::num::NonZeroU16;

use crate::words::{Folded, Word};

/// Stands for every number.
pub(super) const NUMBER: &str = "#";

/// A word, a beginning, an ending or any number, named by phrases.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Symbol(NonZeroU16);

impl From<Symbol> for usize {
    fn from(symbol: Symbol) -> Self {
        Self::from(symbol.0.get()) - 1
    }
}

/// All symbols of all phrases: `refund`, `refund*`, `*rechnung`, `#`.
#[derive(Debug, Default)]
pub(super) struct Symbols {
    known: HashMap<String, Symbol>,
    names: Vec<String>,
    uses: Vec<usize>,
}

impl Symbols {
    /// The symbols of a word as phrases write it. A compound with a dash is two.
    pub(super) fn of(&mut self, written: &str) -> Vec<Symbol> {
        if written == NUMBER {
            return self.symbol(NUMBER.to_owned()).into_iter().collect();
        }
        let folded = Folded::of(written).text;
        let (ending, beginning) = (written.starts_with('*'), written.ends_with('*'));
        let names = folded.split_whitespace().map(|word| match (ending, beginning) {
            (true, _) => format!("*{word}"),
            (false, true) => format!("{word}*"),
            (false, false) => word.to_owned(),
        });
        names.filter_map(|name| self.symbol(name)).collect()
    }

    /// How many phrases name it; a short word counts as frequent, since texts are full of them.
    pub(super) fn uses(&self, symbol: Symbol) -> usize {
        self.uses.get(usize::from(symbol)).copied().unwrap_or(0)
    }

    pub(super) fn name(&self, symbol: Symbol) -> Option<&str> {
        self.names.get(usize::from(symbol)).map(String::as_str)
    }

    pub(super) fn len(&self) -> usize {
        self.names.len()
    }

    /// `None` when there are too many to be told apart by 16 bits; a test counts them.
    fn symbol(&mut self, name: String) -> Option<Symbol> {
        let next = u16::try_from(self.len() + 1).ok().and_then(NonZeroU16::new)?;
        let symbol = *self.known.entry(name.clone()).or_insert(Symbol(next));
        if symbol.0 == next {
            self.uses.push(if name.len() <= 3 { 30 } else { 0 });
            self.names.push(name);
        }
        if let Some(uses) = self.uses.get_mut(usize::from(symbol)) {
            *uses += 1;
        }
        Some(symbol)
    }
}

/// A set of symbols that answers at once and holds more than were put in.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Kinds(u128);

impl Kinds {
    /// How many symbols are told apart.
    const TOLD: usize = 127;
    /// Every symbol, and no symbol at all.
    pub(super) const ANY: Self = Self(u128::MAX);
    /// Every set of a text holds it, the sets of phrases only where anything may stand.
    const WHATEVER: u128 = 1 << Self::TOLD;

    /// What stands at a word of a text that no phrase names.
    const NOTHING: Self = Self(Self::WHATEVER);

    /// What stands at a word of a text.
    fn standing(symbols: &[Symbol]) -> Self {
        let kinds: Self = symbols.iter().copied().collect();
        kinds.and(Self::NOTHING)
    }

    pub(super) const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    pub(super) const fn meet(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }
}

impl FromIterator<Symbol> for Kinds {
    fn from_iter<I: IntoIterator<Item = Symbol>>(symbols: I) -> Self {
        Self(symbols.into_iter().fold(0, |kinds, symbol| kinds | 1 << (usize::from(symbol) % Self::TOLD)))
    }
}

/// The symbols of a text, by word. It is used again for the next text.
#[derive(Debug)]
pub(crate) struct Tagged {
    symbols: Vec<Symbol>,
    places: Vec<Place>,
}

/// Which symbols a word has.
#[derive(Debug)]
struct Place {
    start: usize,
    end: usize,
    kinds: Kinds,
    is_break: bool,
}

impl Tagged {
    /// With room for most sentences.
    pub(crate) fn with_room() -> Self {
        const WORDS: usize = 64;
        Self { symbols: Vec::with_capacity(WORDS), places: Vec::with_capacity(WORDS) }
    }

    pub(super) fn clear(&mut self) {
        self.symbols.clear();
        self.places.clear();
    }

    /// The symbols of the next word.
    pub(super) fn push(&mut self, word: Word, add: impl FnOnce(&mut Vec<Symbol>)) {
        let start = self.symbols.len();
        add(&mut self.symbols);
        let kinds = Kinds::standing(self.symbols.get(start..).unwrap_or_default());
        self.places.push(Place { start, end: self.symbols.len(), kinds, is_break: word.is_break() });
    }

    pub(super) fn words(&self) -> usize {
        self.places.len()
    }

    pub(super) fn at(&self, word: usize) -> &[Symbol] {
        let place = self.places.get(word);
        place.and_then(|place| self.symbols.get(place.start..place.end)).unwrap_or_default()
    }

    /// What stands at a word, or beyond the ends of the text.
    pub(super) fn kinds(&self, word: Option<usize>) -> Kinds {
        let place = word.and_then(|word| self.places.get(word));
        place.map_or(Kinds::NOTHING, |place| place.kinds)
    }

    pub(super) fn is_break(&self, word: usize) -> bool {
        self.places.get(word).is_none_or(|place| place.is_break)
    }
}
