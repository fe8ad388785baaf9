//! A text as the model sees it: words with single spaces between them, cut, without addresses and links; and for each of its bytes where
//! that stands in the mail.

/// What stands where an address was.
const ADDRESS: &str = "[address]";
/// What stands where a link was: it may hold what only its owner should know.
const LINK: &str = "[link]";

pub(crate) struct Shown<'a> {
    part: &'a str,
    text: String,
    /// Of each byte of `text`, the bytes of `part` it stands for: first, and behind the last.
    origins: Vec<(usize, usize)>,
}

/// Words of the mail as they stand there.
pub(crate) struct Found<'a> {
    /// Offset of the first byte.
    pub(crate) start: usize,
    pub(crate) text: &'a str,
}

impl<'a> Shown<'a> {
    /// As many whole words of `part` as fit into `limit` bytes.
    pub(crate) fn new(part: &'a str, limit: usize) -> Self {
        let mut shown = Self { part, text: String::new(), origins: Vec::new() };
        let mut at = 0;
        for piece in part.split_inclusive(char::is_whitespace) {
            let word = piece.trim_end();
            if !word.is_empty() && !shown.push(word, at, limit) {
                break;
            }
            at += piece.len();
        }
        shown
    }

    /// Whether it fitted.
    fn push(&mut self, word: &str, start: usize, limit: usize) -> bool {
        let mark = if word.contains('@') {
            Some(ADDRESS)
        } else if is_link(word) {
            Some(LINK)
        } else {
            None
        };
        let shown = mark.unwrap_or(word);
        if self.text.len() + 1 + shown.len() > limit {
            return false;
        }
        if !self.text.is_empty() {
            self.text.push(' ');
            self.origins.push((start, start));
        }
        self.text.push_str(shown);
        match mark {
            Some(mark) => self.origins.extend(mark.bytes().map(|_| (start, start + word.len()))),
            None => self.origins.extend((start..start + word.len()).map(|at| (at, at + 1))),
        }
        true
    }

    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// The first place where `quote` stands as whole words.
    pub(crate) fn find(&self, quote: &str) -> Option<Found<'a>> {
        let begins = self.text.match_indices(quote).map(|(begin, _)| begin);
        let begin = begins.into_iter().find(|begin| self.is_whole(*begin, begin + quote.len()))?;
        let (start, _) = *self.origins.get(begin)?;
        let (_, end) = *self.origins.get(begin + quote.len().checked_sub(1)?)?;
        Some(Found { start, text: self.part.get(start..end)? })
    }

    /// Whether no word is cut at either end.
    fn is_whole(&self, begin: usize, end: usize) -> bool {
        let (before, rest) = self.text.split_at_checked(begin).unwrap_or_default();
        let (quote, after) = rest.split_at_checked(end - begin).unwrap_or_default();
        let in_word = |one: Option<char>, other: Option<char>| {
            one.is_some_and(char::is_alphanumeric) && other.is_some_and(char::is_alphanumeric)
        };
        !in_word(before.chars().next_back(), quote.chars().next())
            && !in_word(quote.chars().next_back(), after.chars().next())
    }
}

/// With its scheme, or as people write it, and in brackets, too.
fn is_link(word: &str) -> bool {
    let begins = word.trim_start_matches(|c: char| !c.is_alphanumeric());
    let www = begins.get(..4).is_some_and(|begins| begins.eq_ignore_ascii_case("www."));
    www || word.contains("://")
}

/// Whether a quote has at least so many characters besides marks, cut ones too, and a letter or digit among them.
pub(crate) fn says_something(quote: &str, fewest: usize) -> bool {
    let marks = [ADDRESS, LINK].map(bare);
    let words = || quote.split(' ').filter(|word| !marks.contains(&bare(word)));
    let characters: usize = words().map(|word| word.chars().count() + 1).sum();
    characters > fewest && words().any(|word| word.contains(char::is_alphanumeric))
}

fn bare(word: &str) -> &str {
    word.trim_matches(['[', ']'])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(part: &str, expected: &str) {
        let shown = Shown::new(part, 60);
        assert_eq!(shown.text(), expected);
        assert_eq!(shown.text.len(), shown.origins.len());
    }

    #[test]
    fn words_are_shown_with_single_spaces() {
        check("", "");
        check(" \n\t ", "");
        check("  Wo\n\nist\u{a0}\u{2003}sie ? ", "Wo ist sie ?");
    }

    #[test]
    fn addresses_and_links_are_not_shown() {
        check("I am ada@engines.example, see https://x.example/?token=1 .", "I am [address] see [link] .");
        check("mail <mailto:ada@engines.example>", "mail [address]");
        check("see (WWW.x.example/?token=1) or www.x.example", "see [link] or [link]");
    }

    #[test]
    fn a_quote_with_a_mark_in_it_stands_for_what_was_there() {
        let part = "send it to ada@engines.example please";
        let found = Shown::new(part, 60).find("to [address] please").map(|found| (found.start, found.text));
        assert_eq!(found, Some((8, "to ada@engines.example please")));
    }

    #[test]
    fn only_whole_words_are_shown_and_none_behind_the_limit() {
        check(&"word ".repeat(50), "word word word word word word word word word word word word");
        check(&"é".repeat(200), "");
    }

    #[test]
    fn every_byte_knows_where_it_stands() {
        let part = "a@b.c \u{1f600}ü  https://x y\u{301}z ﬁn";
        let shown = Shown::new(part, 600);
        for (begin, _) in shown.text.char_indices() {
            for (end, c) in shown.text.char_indices() {
                if begin <= end {
                    let quote = &shown.text[begin..end + c.len_utf8()];
                    shown.find(quote);
                }
            }
        }
        assert!(shown.origins.iter().all(|(start, end)| start <= end && *end <= part.len()));
    }
}
