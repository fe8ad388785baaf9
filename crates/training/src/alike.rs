//! Which mails of a user are near-duplicates. A model graded on a mail whose twin it was trained on is graded too well.

use std::collections::{BTreeMap, BTreeSet};

use intent::learning::Seen;

/// What mails are compared by: their pairs of neighbouring words. Numbers are no words, so mails that differ by an amount are the same.
type Pairs = BTreeSet<u64>;

/// Of each mail the place of the first mail of its group.
///
/// Mails of which at least half of all pairs of words are common to both are in one group, and whatever is alike to a mail of a group
/// belongs to it too. No two groups have such mails: every pair of mails that could be alike is compared.
pub(crate) fn groups(mails: &[Seen]) -> Vec<usize> {
    let all: Vec<Pairs> = mails.iter().map(pairs).collect();
    let mut groups = Groups::alone(all.len());
    // Mails of the same pairs are compared with others once, however many there are.
    let mut firsts: BTreeMap<&Pairs, usize> = BTreeMap::new();
    for (mail, pairs) in all.iter().enumerate() {
        let first = *firsts.entry(pairs).or_insert(mail);
        groups.join(first, mail);
    }
    join_alike(&firsts, &mut groups);
    (0..all.len()).map(|mail| groups.first(mail)).collect()
}

fn pairs(mail: &Seen) -> Pairs {
    let words: Vec<u64> = mail.sentences.iter().flat_map(|sentence| &sentence.words).copied().collect();
    let pairs: Pairs = words.windows(2).map(mixed).collect();
    // A mail of one word is that word; those of none are all the same.
    if pairs.is_empty() { words.into_iter().collect() } else { pairs }
}

fn mixed(pair: &[u64]) -> u64 {
    let mixed = pair.iter().fold(0, |mixed: u64, word| mixed.rotate_left(9) ^ word);
    mixed.wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

/// Whether at least half of all pairs are common to both.
fn are_alike(one: &Pairs, other: &Pairs) -> bool {
    let common = one.intersection(other).count();
    3 * common >= one.len() + other.len()
}

/// Compares all mails that may be alike, two and two.
///
/// Who has half of its pairs in common with another has, among any more than half of its pairs, one in common. So only the rarer half
/// of the pairs of each is looked at: what every mail begins and ends with brings none together.
fn join_alike(mails: &BTreeMap<&Pairs, usize>, groups: &mut Groups) {
    let mut counts: BTreeMap<u64, usize> = BTreeMap::new();
    for pair in mails.keys().copied().flatten() {
        *counts.entry(*pair).or_default() += 1;
    }
    let mut met: BTreeMap<u64, Vec<(&Pairs, usize)>> = BTreeMap::new();
    for (pairs, mail) in mails {
        let mut rarest: Vec<u64> = pairs.iter().copied().collect();
        rarest.sort_unstable_by_key(|pair| (counts.get(pair), *pair));
        rarest.truncate(pairs.len() / 2 + 1);
        for pair in rarest {
            let others = met.entry(pair).or_default();
            for (of_other, other) in others.iter() {
                if groups.first(*mail) != groups.first(*other) && are_alike(pairs, of_other) {
                    groups.join(*mail, *other);
                }
            }
            others.push((*pairs, *mail));
        }
    }
}

/// Mails in groups: each names an earlier mail of its group, or itself.
struct Groups(Vec<usize>);

impl Groups {
    fn alone(count: usize) -> Self {
        Self((0..count).collect())
    }

    fn first(&mut self, mail: usize) -> usize {
        let mut mail = mail;
        while let Some(&earlier) = self.0.get(mail).filter(|earlier| **earlier != mail) {
            let still_earlier = self.0.get(earlier).copied().unwrap_or(earlier);
            if let Some(named) = self.0.get_mut(mail) {
                *named = still_earlier;
            }
            mail = still_earlier;
        }
        mail
    }

    fn join(&mut self, one: usize, other: usize) {
        let (one, other) = (self.first(one), self.first(other));
        if let Some(named) = self.0.get_mut(one.max(other)) {
            *named = one.min(other);
        }
    }
}

#[cfg(test)]
mod tests {
    use intent::Text;

    use super::*;
    use crate::dataset;

    fn seen(text: &str) -> Seen {
        Seen::of(Text { written: text, ..Text::default() })
    }

    #[track_caller]
    fn check(texts: &[&str], expected: &[usize]) {
        let mails: Vec<Seen> = texts.iter().map(|text| seen(text)).collect();
        assert_eq!(groups(&mails), expected);
    }

    const DUES: &str =
        "Hello,\n\nwe were at sea the whole of August. Could you hand the dues for that month back?\n\nTom";

    #[test]
    fn twins_land_together() {
        let other_name = "Hello,\n\nwe were at sea the whole of August. Could you hand the dues for that month back?\n\nAnna and Paul";
        let other_month =
            "Good morning, we were at sea the whole of July. Could you hand the dues for that month back?";
        check(&[DUES, "Where is my invoice?", other_name, other_month], &[0, 1, 0, 0]);
        check(&["Refund order 1234, please", "Refund order 98, please"], &[0, 0]);
        check(&["Refund", "", "refund!", "Invoice", "..."], &[0, 1, 0, 3, 1]);
    }

    #[test]
    fn what_is_alike_to_a_twin_is_in_its_group_whatever_the_order() {
        let first = "one two three four five six seven";
        let second = "three four five six seven eight nine";
        let third = "five six seven eight nine ten eleven";
        check(&[first, second, third], &[0, 0, 0]);
        check(&[first, third, second], &[0, 0, 0]);
        check(&[first, third], &[0, 1]);
    }

    #[test]
    fn strangers_with_one_greeting_and_one_signature_stay_apart() {
        let framed = |text: &str| format!("Dear harbour office,\n\n{text}\n\nMany thanks and best regards\n");
        let mails = [
            framed("we are giving up our place on the pontoon at the end of the season."),
            framed("could you let me have the receipt for the crane in May once more?"),
            framed("has the money that I sent last Monday come ashore with you by now?"),
        ];
        check(&mails.each_ref().map(String::as_str), &[0, 1, 2]);
    }

    /// The short way finds what comparing all with all finds.
    #[test]
    fn no_two_groups_have_mails_that_are_alike() {
        let situations = dataset::embedded().unwrap();
        let texts = situations.iter().take(120).flat_map(|situation| &situation.mails);
        let short = texts.map(|mail| mail.text.split_inclusive(['.', '?', '!', '\n']).take(2).collect());
        let mails: Vec<Seen> = short.map(|text: String| seen(&text)).collect();
        let all: Vec<Pairs> = mails.iter().map(pairs).collect();
        let mut by_all = Groups::alone(all.len());
        for (one, of_one) in all.iter().enumerate() {
            for (other, of_other) in all.iter().enumerate().skip(one + 1) {
                if of_one == of_other || are_alike(of_one, of_other) {
                    by_all.join(one, other);
                }
            }
        }
        let expected: Vec<usize> = (0..all.len()).map(|mail| by_all.first(mail)).collect();
        assert_eq!(groups(&mails), expected);
        let joined = expected.iter().enumerate().filter(|(mail, first)| mail != *first).count();
        assert!(joined > 2, "{joined} of {} are alike to an earlier one", all.len());
    }
}
