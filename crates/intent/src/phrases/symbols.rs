//! Which words of a text some phrase names.

use std::collections::HashMap;

use crate::words::Folded;

/// A word, a beginning, an ending or any number, named by phrases.
pub(super) type Symbol = usize;

/// Stands for every number.
const NUMBER: &str = "#";
/// Letters, digits, `_`, and one for everything else.
const ALPHABET: usize = 38;

/// All symbols of all phrases, as two trees of letters: one from the front of a word, one from its end.
#[derive(Debug, Default)]
pub(super) struct Symbols {
    known: HashMap<String, Symbol>,
    uses: Vec<usize>,
    beginnings: Tree,
    endings: Tree,
    number: Option<Symbol>,
}

impl Symbols {
    /// The symbols of a word as phrases write it: `refund`, `refund*`, `*rechnung`, `#`. A compound with a dash is two.
    pub(super) fn of(&mut self, written: &str) -> Vec<Symbol> {
        if written == NUMBER {
            let number = self.symbol(NUMBER);
            self.number = Some(number);
            return vec![number];
        }
        let folded = Folded::of(written).text;
        let mut symbols = Vec::new();
        let (ending, beginning) = (written.starts_with('*'), written.ends_with('*'));
        for word in folded.split_whitespace() {
            let symbol = if ending {
                let symbol = self.symbol(&format!("*{word}"));
                self.endings.insert(word.bytes().rev(), symbol, Reach::Part);
                symbol
            } else if beginning {
                let symbol = self.symbol(&format!("{word}*"));
                self.beginnings.insert(word.bytes(), symbol, Reach::Part);
                symbol
            } else {
                let symbol = self.symbol(word);
                self.beginnings.insert(word.bytes(), symbol, Reach::Whole);
                symbol
            };
            symbols.push(symbol);
        }
        symbols
    }

    /// How many phrases name it; a short word counts as frequent, since texts are full of them.
    pub(super) fn uses(&self, symbol: Symbol) -> usize {
        self.uses.get(symbol).copied().unwrap_or(0)
    }

    pub(super) fn len(&self) -> usize {
        self.uses.len()
    }

    /// The symbols of every word of a text.
    pub(super) fn tag<'a>(&self, text: &'a Folded) -> Tagged<'a> {
        let mut symbols = Vec::with_capacity(text.words.len() * 2);
        let mut bounds = Vec::with_capacity(text.words.len() + 1);
        bounds.push(0);
        for (index, place) in text.words.iter().enumerate() {
            let word = text.folded_word(index);
            symbols.extend(self.number.filter(|_| place.is_number()));
            self.beginnings.walk(word.bytes(), &mut symbols);
            self.endings.walk(word.bytes().rev(), &mut symbols);
            bounds.push(symbols.len());
        }
        Tagged { symbols, bounds, text }
    }

    fn symbol(&mut self, name: &str) -> Symbol {
        let next = self.uses.len();
        let symbol = *self.known.entry(name.to_owned()).or_insert(next);
        if symbol == next {
            self.uses.push(if name.len() <= 3 { 30 } else { 0 });
        }
        if let Some(uses) = self.uses.get_mut(symbol) {
            *uses += 1;
        }
        symbol
    }
}

/// The symbols of a text, by word.
pub(super) struct Tagged<'a> {
    symbols: Vec<Symbol>,
    /// Where the symbols of each word begin, and where those of the last one end.
    bounds: Vec<usize>,
    text: &'a Folded,
}

impl Tagged<'_> {
    pub(super) fn words(&self) -> usize {
        self.text.words.len()
    }

    pub(super) fn at(&self, word: usize) -> &[Symbol] {
        let bounds = self.bounds.get(word).zip(self.bounds.get(word + 1));
        bounds.and_then(|(&start, &end)| self.symbols.get(start..end)).unwrap_or_default()
    }

    pub(super) fn is_break(&self, word: usize) -> bool {
        self.text.words.get(word).is_none_or(|word| word.is_break())
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reach {
    Whole,
    Part,
}

/// A tree of letters; the node at 0 is its root, and no branch leads back there. Places and symbols fit 16 bits, which keeps the
/// tree in the cache; a test counts them.
#[derive(Debug)]
struct Tree {
    nodes: Vec<Node>,
}

#[derive(Debug, Clone)]
struct Node {
    next: [u16; ALPHABET],
    whole: Option<u16>,
    part: Option<u16>,
}

impl Default for Tree {
    fn default() -> Self {
        Self { nodes: vec![Node::EMPTY] }
    }
}

impl Tree {
    fn insert(&mut self, letters: impl Iterator<Item = u8>, symbol: Symbol, reach: Reach) {
        let mut at = 0;
        for letter in letters {
            at = self.branch(at, letter);
        }
        let symbol = u16::try_from(symbol).ok();
        if let Some(node) = self.nodes.get_mut(at) {
            match reach {
                Reach::Whole => node.whole = symbol,
                Reach::Part => node.part = symbol,
            }
        }
    }

    fn branch(&mut self, at: usize, letter: u8) -> usize {
        let fresh = self.nodes.len();
        let branch = self.nodes.get_mut(at).and_then(|node| node.next.get_mut(place(letter)));
        match branch {
            Some(0) => {}
            Some(next) => return usize::from(*next),
            None => return 0,
        }
        if let Some(branch) = branch {
            *branch = u16::try_from(fresh).unwrap_or(0);
        }
        self.nodes.push(Node::EMPTY);
        fresh
    }

    fn walk(&self, letters: impl Iterator<Item = u8>, symbols: &mut Vec<Symbol>) {
        let mut node = self.nodes.first();
        for letter in letters {
            node = node.and_then(|node| node.next.get(place(letter))).and_then(|&next| match next {
                0 => None,
                next => self.nodes.get(usize::from(next)),
            });
            let Some(node) = node else { return };
            symbols.extend(node.part.map(Symbol::from));
        }
        symbols.extend(node.and_then(|node| node.whole).map(Symbol::from));
    }
}

impl Node {
    const EMPTY: Self = Self { next: [0; ALPHABET], whole: None, part: None };
}

#[cfg(test)]
impl Symbols {
    /// Whether every symbol and every node has a number of 16 bits.
    pub(super) fn fits(&self) -> bool {
        let most = usize::from(u16::MAX);
        self.uses.len() < most && self.beginnings.nodes.len() < most && self.endings.nodes.len() < most
    }
}

const fn place(letter: u8) -> usize {
    match letter {
        b'a'..=b'z' => (letter - b'a') as usize,
        b'0'..=b'9' => (letter - b'0') as usize + 26,
        b'_' => 36,
        _ => 37,
    }
}
