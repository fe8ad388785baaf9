//! Card numbers.

use super::is_word;

/// The digits of the shortest card number.
const MIN_CARD_DIGITS: usize = 13;
/// The most bytes that so many digits take, with a separator between any two.
const MAX_SHORTEST_CARD: usize = 2 * MIN_CARD_DIGITS - 1;

/// The length of the card number that `text` begins with: 13 to 19 digits that pass the Luhn check, in one run or in groups with
/// one kind of separator. Digits that hang on a word (`INV-4242…`, `+49…`) are somebody's reference and stay.
pub(super) fn length(text: &str, before: &str) -> Option<usize> {
    if before.ends_with('+') {
        return None;
    }
    if before.strip_suffix('-').is_some_and(|before| before.ends_with(is_word)) {
        return None;
    }
    if text.bytes().take(MAX_SHORTEST_CARD).filter(u8::is_ascii_digit).count() < MIN_CARD_DIGITS {
        return None;
    }
    let mut number = Number::default();
    let mut longest = None;
    let mut chars = text.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        let next = chars.peek().map(|(_, next)| *next);
        match c {
            '0'..='9' => number.push(c),
            ' ' | '-' | '.' | '/' | '\n'
                if next.is_some_and(|next| next.is_ascii_digit()) && number.separate(c) => {}
            _ => break,
        }
        let group_ends = c.is_ascii_digit() && !next.is_some_and(is_word);
        if group_ends && number.is_card() {
            longest = Some(at + 1);
        }
        if number.digits.len() > 19 {
            break;
        }
    }
    longest
}

/// Digits in groups, as they are read.
#[derive(Default)]
struct Number {
    digits: Vec<u32>,
    separator: Option<char>,
    is_wrapped: bool,
    /// How many digits each group has, the open one last.
    groups: Vec<usize>,
}

impl Number {
    fn push(&mut self, digit: char) {
        self.digits.extend(digit.to_digit(10));
        if self.groups.is_empty() {
            self.groups.push(0);
        }
        if let Some(group) = self.groups.last_mut() {
            *group += 1;
        }
    }

    /// Closes the group; `false` when the separators are mixed, as in a date beside a number. A line may end once between groups:
    /// a column of numbers is no card.
    fn separate(&mut self, separator: char) -> bool {
        self.groups.push(0);
        if separator == '\n' {
            return !std::mem::replace(&mut self.is_wrapped, true);
        }
        *self.separator.get_or_insert(separator) == separator
    }

    fn is_card(&self) -> bool {
        (MIN_CARD_DIGITS..=19).contains(&self.digits.len())
            && self.is_grouped_as_card()
            && self.is_of_a_brand()
            && passes_luhn(&self.digits)
    }

    /// Cards are written in groups of four or so, in two halves, or digit by digit; other shapes are dates, amounts, phone numbers and
    /// invoices.
    fn is_grouped_as_card(&self) -> bool {
        let is_likely = |group: &usize| (3..=8).contains(group);
        match self.groups.as_slice() {
            [_] | [6, _] => true,
            [closed @ .., last] => {
                (closed.iter().all(is_likely) && *last <= 8) || self.groups.iter().all(|group| *group == 1)
            }
            [] => false,
        }
    }

    /// Whether a card's number may begin so (ISO/IEC 7812): a number that begins with a year of this century never does.
    fn is_of_a_brand(&self) -> bool {
        let front = self.digits.iter().take(4).fold(0, |front, digit| front * 10 + digit);
        matches!(front, 2221..=2720 | 3000..=3099 | 3400..=6999)
    }
}

fn passes_luhn(digits: &[u32]) -> bool {
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(place, digit)| match (place % 2, digit * 2) {
            (0, _) => *digit,
            (_, doubled) if doubled > 9 => doubled - 9,
            (_, doubled) => doubled,
        })
        .sum();
    sum.is_multiple_of(10)
}
