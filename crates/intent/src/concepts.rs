//! What single words are about, the same in seven languages: `zurück`, `back` and `terug` are one concept.
//!
//! Phrases say what is asked ([`crate::cues`]); concepts say what is spoken of, also in turns of phrase nobody listed. The model learns
//! from their pairs, so that what a mail in one language teaches holds in the others.

use std::sync::LazyLock;

use domain::Language;

/// A word longer than this is looked at only so far, in bytes.
const LONGEST: usize = 16;
/// Slots of a language's table: a power of two, more than twice its stems.
const SLOTS: usize = 4096;
/// Marks a stem that must be the whole word.
const WHOLE: u64 = 0x9e37_79b9_7f4a_7c15;

/// A set of concepts, by number.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Concepts(pub(crate) u128);

/// The table of words.
pub(crate) const WORDS: &str = include_str!("concepts/words.txt");

static TABLES: LazyLock<Vec<Table>> = LazyLock::new(|| Language::ALL.into_iter().map(Table::of).collect());

/// The concepts of a folded word in a mail of that language.
pub(crate) fn of(word: &[u8], language: Language) -> Concepts {
    let Some(table) = TABLES.get(language as usize) else { return Concepts::default() };
    let mut found = 0;
    let mut hash = SEED;
    for &byte in word.iter().take(LONGEST) {
        hash = hashed(hash, byte);
        found |= table.get(hash);
    }
    Concepts(found | table.get(hash ^ WHOLE))
}

const SEED: u64 = 0xcbf2_9ce4_8422_2325;

const fn hashed(hash: u64, byte: u8) -> u64 {
    (hash ^ byte as u64).wrapping_mul(0x0100_0000_01b3)
}

/// The set of the concepts of those names; a test knows that each is one.
pub(crate) fn named(names: &[&str]) -> u128 {
    let blocks = WORDS.split("\n\n").filter(|block| !block.starts_with('#'));
    let numbered = blocks
        .enumerate()
        .filter(|(_, block)| block.lines().next().is_some_and(|name| names.contains(&name)));
    numbered.fold(0, |all, (number, _)| all | 1 << number)
}

#[derive(Debug)]
struct Table {
    slots: Vec<(u32, u16)>,
    sets: Vec<u128>,
}

impl Table {
    fn of(language: Language) -> Self {
        let mut table = Self { slots: vec![(0, 0); SLOTS], sets: vec![0] };
        let blocks = WORDS.split("\n\n").filter(|block| !block.starts_with('#'));
        for (concept, block) in blocks.enumerate() {
            let stems =
                block.lines().find_map(|line| line.strip_prefix(language.as_str())?.strip_prefix(' '));
            for stem in stems.unwrap_or_default().split(' ').filter(|stem| !stem.is_empty()) {
                let prefix = stem.strip_suffix('*');
                let hash = prefix.unwrap_or(stem).bytes().take(LONGEST).fold(SEED, hashed);
                table.add(if prefix.is_some() { hash } else { hash ^ WHOLE }, 1 << concept);
            }
        }
        table
    }

    fn add(&mut self, hash: u64, set: u128) {
        let (mut at, tag) = place(hash);
        while let Some(slot) = self.slots.get_mut(at) {
            if slot.1 == 0 {
                *slot = (tag, u16::try_from(self.sets.len()).unwrap_or_default());
                self.sets.push(set);
                return;
            }
            if slot.0 == tag {
                if let Some(known) = self.sets.get_mut(slot.1 as usize) {
                    *known |= set;
                }
                return;
            }
            at = (at + 1) % SLOTS;
        }
    }

    fn get(&self, hash: u64) -> u128 {
        let (mut at, tag) = place(hash);
        while let Some(slot) = self.slots.get(at).filter(|slot| slot.1 != 0) {
            if slot.0 == tag {
                return self.sets.get(slot.1 as usize).copied().unwrap_or(0);
            }
            at = (at + 1) % SLOTS;
        }
        0
    }
}

#[allow(
    clippy::cast_possible_truncation,
    reason = "the upper bits are the place, some of the lower ones the tag"
)]
fn place(hash: u64) -> (usize, u32) {
    let mixed = hash.wrapping_mul(WHOLE);
    ((mixed >> 52) as usize, mixed as u32)
}
