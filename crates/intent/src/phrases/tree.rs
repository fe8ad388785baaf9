//! Words as a tree of letters.

use std::collections::BTreeMap;

use super::symbols::Symbol;

/// Stands for any letters at the end or the beginning of a word.
const STAR: char = '*';

/// A tree of letters as one list: the node that a letter leads to stands that letter's place behind the base of its parent, and lists
/// the parent. Nodes of 8 bytes keep the tree in the cache.
#[derive(Debug)]
pub(super) struct Tree {
    /// The root comes first.
    nodes: Vec<Node>,
}

#[derive(Debug, Clone, Copy)]
struct Node {
    parent: u16,
    base: u16,
    whole: Option<Symbol>,
    part: Option<Symbol>,
}

/// The parent of a place where no node stands.
const NOBODY: u16 = u16::MAX;

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
        let Some(mut node) = self.nodes.first() else { return };
        let mut at = 0;
        for letter in letters {
            let next = node.base + place(letter);
            match self.nodes.get(usize::from(next)) {
                Some(child) if child.parent == at => (at, node) = (next, child),
                Some(_) | None => return,
            }
            push(node.part, symbols);
        }
        push(node.whole, symbols);
    }
}

/// What most nodes have nothing for: extending a list by nothing asks it for room all the same.
fn push(symbol: Option<Symbol>, symbols: &mut Vec<Symbol>) {
    if let Some(symbol) = symbol {
        symbols.push(symbol);
    }
}

impl Node {
    const NONE: Self = Self { parent: NOBODY, base: 0, whole: None, part: None };
}

/// A node while the tree grows.
#[derive(Default)]
struct Branch {
    branches: BTreeMap<u16, Self>,
    whole: Option<Symbol>,
    part: Option<Symbol>,
}

impl Branch {
    fn at(&mut self, letters: impl Iterator<Item = u8>) -> &mut Self {
        letters.fold(self, |branch, letter| branch.branches.entry(place(letter)).or_default())
    }

    fn packed(&self) -> Tree {
        let mut nodes = Nodes { list: vec![Node::NONE], full: 1 };
        let mut open = vec![(0, self)];
        while let Some((at, branch)) = open.pop() {
            let base = nodes.base_for(branch);
            nodes.put(at, |node| (node.base, node.whole, node.part) = (base, branch.whole, branch.part));
            for (place, child) in &branch.branches {
                nodes.put(base + place, |node| node.parent = at);
                open.push((base + place, child));
            }
        }
        Tree { nodes: nodes.list }
    }
}

/// The list while nodes are put in.
struct Nodes {
    list: Vec<Node>,
    /// No place before this one is free.
    full: u16,
}

impl Nodes {
    fn is_free(&self, at: u16) -> bool {
        self.list.get(usize::from(at)).is_none_or(|node| node.parent == NOBODY)
    }

    /// Where the branches all find a free place; never the root's.
    fn base_for(&mut self, branch: &Branch) -> u16 {
        let Some(first) = branch.branches.keys().next() else { return 0 };
        while self.full < NOBODY && !self.is_free(self.full) {
            self.full += 1;
        }
        let mut bases = self.full.saturating_sub(*first)..NOBODY - LETTERS;
        bases.find(|base| branch.branches.keys().all(|place| self.is_free(base + place))).unwrap_or_default()
    }

    fn put(&mut self, at: u16, change: impl FnOnce(&mut Node)) {
        let at = usize::from(at);
        if self.list.len() <= at {
            self.list.resize(at + 1, Node::NONE);
        }
        if let Some(node) = self.list.get_mut(at) {
            change(node);
        }
    }
}

#[cfg(test)]
impl Tree {
    /// Whether there is room for more nodes, whose numbers have 16 bits.
    pub(super) fn fits(&self) -> bool {
        self.nodes.len() < usize::from(NOBODY - LETTERS)
    }
}

/// How many places there are.
const LETTERS: u16 = 38;

/// Letters, digits, `_`, and one for everything else.
const fn place(letter: u8) -> u16 {
    match letter {
        b'a'..=b'z' => letter as u16 - b'a' as u16,
        b'0'..=b'9' => letter as u16 - b'0' as u16 + 26,
        b'_' => 36,
        _ => 37,
    }
}
