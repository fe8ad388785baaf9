//! Words as a tree of letters.

use std::collections::BTreeMap;

use super::symbols::Symbol;

/// Stands for any letters at the end or the beginning of a word.
const STAR: char = '*';

/// A tree of letters; its root comes first. A node is 16 bytes and its branches stand side by side, which keeps the tree in the cache.
#[derive(Debug)]
pub(super) struct Tree {
    nodes: Vec<Node>,
}

#[derive(Debug, Clone, Copy, Default)]
struct Node {
    /// By [`place`], which letters lead on.
    letters: u64,
    /// The node that the first of them leads to.
    first: u16,
    whole: Option<Symbol>,
    part: Option<Symbol>,
}

impl Tree {
    /// The words and the beginnings (`refund*`) among the names of symbols.
    pub(super) fn of_beginnings(named: &[(&str, Symbol)]) -> Self {
        let mut root = Branch::default();
        for (name, symbol) in named.iter().filter(|(name, _)| !name.starts_with(STAR)) {
            match name.strip_suffix(STAR) {
                Some(beginning) => root.at(beginning.bytes()).part = Some(*symbol),
                None => root.at(name.bytes()).whole = Some(*symbol),
            }
        }
        root.packed()
    }

    /// The endings (`*rechnung`) among the names of symbols, to be walked backwards.
    pub(super) fn of_endings(named: &[(&str, Symbol)]) -> Self {
        let mut root = Branch::default();
        for (name, symbol) in named {
            if let Some(ending) = name.strip_prefix(STAR) {
                root.at(ending.bytes().rev()).part = Some(*symbol);
            }
        }
        root.packed()
    }

    /// Adds the symbols that a word of these letters has.
    pub(super) fn walk(&self, letters: impl Iterator<Item = u8>, symbols: &mut Vec<Symbol>) {
        let mut node = self.nodes.first();
        for letter in letters {
            node = node.and_then(|node| self.nodes.get(node.next(letter)?));
            let Some(node) = node else { return };
            symbols.extend(node.part);
        }
        symbols.extend(node.and_then(|node| node.whole));
    }
}

impl Node {
    fn next(self, letter: u8) -> Option<usize> {
        let letter = 1 << place(letter);
        let earlier = (self.letters & (letter - 1)).count_ones() as usize;
        (self.letters & letter != 0).then_some(usize::from(self.first) + earlier)
    }
}

/// A node while the tree grows.
#[derive(Default)]
struct Branch {
    branches: BTreeMap<u32, Self>,
    whole: Option<Symbol>,
    part: Option<Symbol>,
}

impl Branch {
    fn at(&mut self, letters: impl Iterator<Item = u8>) -> &mut Self {
        letters.fold(self, |branch, letter| branch.branches.entry(place(letter)).or_default())
    }

    /// Level by level, so that the branches of a node stand side by side.
    fn packed(&self) -> Tree {
        let mut nodes = Vec::new();
        let mut level = vec![self];
        while !level.is_empty() {
            let mut next = Vec::new();
            let below = nodes.len() + level.len();
            for branch in level {
                let first = u16::try_from(below + next.len()).unwrap_or_default();
                let letters = branch.branches.keys().fold(0, |letters, place| letters | 1 << place);
                nodes.push(Node { letters, first, whole: branch.whole, part: branch.part });
                next.extend(branch.branches.values());
            }
            level = next;
        }
        Tree { nodes }
    }
}

#[cfg(test)]
impl Tree {
    /// Whether every node has a number of 16 bits.
    pub(super) fn fits(&self) -> bool {
        self.nodes.len() < usize::from(u16::MAX)
    }
}

/// Letters, digits, `_`, and one for everything else.
const fn place(letter: u8) -> u32 {
    match letter {
        b'a'..=b'z' => (letter - b'a') as u32,
        b'0'..=b'9' => (letter - b'0') as u32 + 26,
        b'_' => 36,
        _ => 37,
    }
}
