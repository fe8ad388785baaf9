//! Words in the form the cues are written in: lower case, without accents, with one space on either side.

use std::ops::Range;

/// A word of a text and where it stands, in bytes of that text and of its folded form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Word {
    pub(crate) start: usize,
    pub(crate) end: usize,
    folded: usize,
    folded_end: usize,
    kind: Kind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Letters,
    Number,
    Break,
}

impl Word {
    /// Whether it begins with a digit.
    pub(crate) fn is_number(self) -> bool {
        self.kind == Kind::Number
    }

    /// A comma, a dash or a bracket: a clause ends here.
    pub(crate) fn is_break(self) -> bool {
        self.kind == Kind::Break
    }
}

/// Texts as their folded form and their words: `L'abonnement, s'il vous plaît` is ` l abonnement , s il vous plait `.
#[derive(Debug, Default)]
pub(crate) struct Folded {
    pub(crate) text: String,
    words: Vec<Word>,
}

/// The words of one text.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Words<'a> {
    folded: &'a str,
    pub(crate) words: &'a [Word],
}

impl<'a> Words<'a> {
    /// The folded form of a word.
    pub(crate) fn folded_word(self, index: usize) -> &'a str {
        let word = self.words.get(index).and_then(|word| self.folded.get(word.folded..word.folded_end));
        word.unwrap_or_default()
    }
}

impl Folded {
    pub(crate) fn of(text: &str) -> Self {
        let mut folded = Self::with_room_for(text.len());
        folded.add(text);
        folded
    }

    /// For texts of so many bytes.
    pub(crate) fn with_room_for(bytes: usize) -> Self {
        Self { text: String::with_capacity(bytes + 16), words: Vec::with_capacity(bytes / 4 + 1) }
    }

    /// Some of the words.
    pub(crate) fn part(&self, words: Range<usize>) -> Words<'_> {
        Words { folded: &self.text, words: self.words.get(words).unwrap_or_default() }
    }

    /// Adds the words of a text, and tells which they are.
    pub(crate) fn add(&mut self, text: &str) -> Range<usize> {
        let folded = self;
        let before = folded.words.len();
        folded.text.push(' ');
        let mut open: Option<Word> = None;
        let mut at = 0;
        while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
            let run = plain_run(rest);
            if let Some(letters) = rest.get(..run).filter(|letters| !letters.is_empty()) {
                folded.extend(&mut open, at, letters);
                at += run;
            }
            let Some(rest) = text.get(at..) else { break };
            if rest.starts_with(' ') {
                folded.close(open.take());
                at += 1;
                continue;
            }
            if rest.is_empty() {
                break;
            }
            let mut characters = rest.chars();
            let character = characters.next().unwrap_or(' ');
            let length = character.len_utf8();
            match role(character, characters.next(), folded.open_letters(open)) {
                Role::Letter => folded.extend(&mut open, at, rest.get(..length).unwrap_or_default()),
                Role::Joins => {}
                Role::Separates => folded.close(open.take()),
                Role::Break => {
                    folded.close(open.take());
                    let last = folded.words.get(before..).and_then(<[Word]>::last);
                    if !last.is_some_and(|word| word.is_break()) {
                        folded.push_break(at, length);
                    }
                }
            }
            at += length;
        }
        folded.close(open);
        before..folded.words.len()
    }

    fn open_letters(&self, open: Option<Word>) -> &str {
        open.and_then(|word| self.text.get(word.folded..)).unwrap_or_default()
    }

    /// Adds letters that stand at `at` to the open word, or opens one.
    fn extend(&mut self, open: &mut Option<Word>, at: usize, letters: &str) {
        let (folded, number) = (self.text.len(), letters.starts_with(is_digit));
        let kind = if number { Kind::Number } else { Kind::Letters };
        let word = open.get_or_insert(Word { start: at, end: at, folded, folded_end: folded, kind });
        word.end = at + letters.len();
        if letters.is_ascii() {
            self.text.push_str(letters);
            if let Some(added) = self.text.get_mut(folded..) {
                added.make_ascii_lowercase();
            }
        } else {
            letters.chars().for_each(|character| push_folded(character, &mut self.text));
        }
    }

    fn close(&mut self, word: Option<Word>) {
        if let Some(word) = word {
            self.words.push(Word { folded_end: self.text.len(), ..word });
            self.text.push(' ');
        }
    }

    fn push_break(&mut self, at: usize, length: usize) {
        self.words.push(Word {
            start: at,
            end: at + length,
            folded: self.text.len(),
            folded_end: self.text.len() + 1,
            kind: Kind::Break,
        });
        self.text.push_str(", ");
    }
}

/// How many bytes of plain letters, digits and `_` the text begins with: nearly all of most mails.
fn plain_run(text: &str) -> usize {
    text.bytes().take_while(|byte| byte.is_ascii_alphanumeric() || *byte == b'_').count()
}

enum Role {
    Letter,
    Joins,
    Separates,
    Break,
}

fn role(character: char, next: Option<char>, open: &str) -> Role {
    let inside = !open.is_empty() && next.is_some_and(char::is_alphanumeric);
    match character {
        // `1.234,50` is one word.
        '.' | ',' if inside && open.ends_with(is_digit) && next.is_some_and(is_digit) => Role::Joins,
        '\'' | '’' | '`' | '´' | '‘' if inside && !is_elision(open) => Role::Joins,
        // A dash between letters joins a compound, which is two words to the cues; alone it ends a clause.
        '-' | '\u{2010}' | '\u{2011}' if inside => Role::Separates,
        '-' | '–' | '—' if !inside && open.is_empty() => Role::Break,
        ',' | ';' | ':' | '(' | ')' | '…' => Role::Break,
        '\u{ad}' | '\u{200b}'..='\u{200d}' | '\u{2060}' | '\u{feff}' | '\u{300}'..='\u{36f}' => Role::Joins,
        _ if character.is_alphanumeric() || character == '_' => Role::Letter,
        _ => Role::Separates,
    }
}

fn is_digit(character: char) -> bool {
    character.is_ascii_digit()
}

/// French and Italian cut a word short before an apostrophe (`l'`, `d'`, `dell'`); English joins (`don't`).
fn is_elision(before: &str) -> bool {
    matches!(before, "d" | "j" | "m" | "t" | "s" | "n" | "c" | "qu" | "un") || before.ends_with('l')
}

fn push_folded(character: char, into: &mut String) {
    for lower in character.to_lowercase() {
        match lower {
            'à' | 'á' | 'â' | 'ã' | 'ä' | 'å' => into.push('a'),
            'ç' => into.push('c'),
            'è' | 'é' | 'ê' | 'ë' => into.push('e'),
            'ì' | 'í' | 'î' | 'ï' => into.push('i'),
            'ñ' => into.push('n'),
            'ò' | 'ó' | 'ô' | 'õ' | 'ö' | 'ø' => into.push('o'),
            'ù' | 'ú' | 'û' | 'ü' => into.push('u'),
            'ý' | 'ÿ' => into.push('y'),
            'œ' => into.push_str("oe"),
            'æ' => into.push_str("ae"),
            'ß' => into.push_str("ss"),
            '\u{300}'..='\u{36f}' => {}
            other => into.push(other),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, folded: &str) {
        assert_eq!(Folded::of(text).text, folded);
    }

    #[test]
    fn accents_and_case_do_not_matter() {
        check("Kündigung, BITTE!", " kundigung , bitte ");
        check("Re\u{301}siliation", " resiliation ");
        check("Straße cœur", " strasse coeur ");
    }

    #[test]
    fn english_contractions_join_and_french_elisions_split() {
        check("I don't, I'd like", " i dont , id like ");
        check("l’abonnement d'essai qu'il", " l abonnement d essai qu il ");
        check("dell'abbonamento", " dell abbonamento ");
    }

    #[test]
    fn dashes_separate_compounds_and_break_clauses() {
        check("e-mail - charge-back – now", " e mail , charge back , now ");
    }

    #[test]
    fn an_amount_is_one_word() {
        check("um 1.234,50 € ab, 5.", " um 123450 ab , 5 ");
    }

    #[test]
    fn every_word_knows_its_place() {
        let text = "Zürich: l'été";
        let folded = Folded::of(text);
        let words: Vec<_> = folded.words.iter().map(|word| &text[word.start..word.end]).collect();
        assert_eq!(words, ["Zürich", ":", "l", "été"]);
        assert_eq!(folded.part(0..4).folded_word(3), "ete");
    }
}
