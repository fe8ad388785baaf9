//! The words of `On … wrote:`.

use std::sync::LazyLock;

use super::{Fronts, Phrases, after_front, words};

static FRONTS: LazyLock<Fronts> = Fronts::lazy(|| {
    Fronts::of(&[&[
        "on ",
        "am ",
        "le ",
        "el ",
        "il giorno ",
        "il ",
        "in data ",
        "em ",
        "no dia ",
        "a ",
        "op ",
        "den ",
        "dia ",
    ]])
});

/// Months and weekdays by the letters that tell them from other words, in all languages.
#[rustfmt::skip]
const DATE_WORDS: &[&str] = &[
    "mon", "tue", "wed", "thu", "fri", "sat", "sun",
    "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
    "mo", "di", "mi", "do", "fr", "sa", "so", "mär", "mrz", "mai", "okt", "dez",
    "lun", "mer", "jeu", "ven", "sam", "dim", "fév", "avr", "juin", "juil", "aoû", "déc",
    "mié", "mie", "jue", "vie", "sáb", "sab", "dom", "ene", "abr", "ago", "dic",
    "gio", "gen", "mag", "giu", "lug", "set", "ott",
    "seg", "ter", "qua", "qui", "sex", "fev", "out",
    "ma", "di", "wo", "don", "vr", "za", "zo", "maa", "mrt", "mei", "dins", "woe", "vri", "zat", "zon", "din", "mit",
];

static WROTE: LazyLock<Phrases> = Phrases::lazy(|| {
    Phrases::of(&[
        "wrote",
        "writes",
        "schrieb",
        "geschrieben",
        "schreibt",
        "a écrit",
        "à écrit",
        "a ecrit",
        "écrivait",
        "escribió",
        "escribio",
        "ha scritto",
        "scrive",
        "escreveu",
        "schreef",
        "geschreven",
        "het volgende",
    ])
});

/// Whether a line begins as `On Mon, …` does: a small word, and a date after it.
pub(crate) fn begins_attribution(line: &str) -> bool {
    if !FRONTS.begin(line) {
        return false;
    }
    let after = ["il giorno ", "no dia ", "in data "].iter().find_map(|front| after_front(line, front));
    let after = after.or_else(|| line.split_once([' ', '\u{a0}']).map(|(_, after)| after));
    words(after.unwrap_or_default()).next().is_some_and(is_date_word)
}

fn is_date_word(word: &str) -> bool {
    let begins_like = |known: &&str| {
        let is_short = known.len() <= 2;
        after_front(word, known).is_some_and(|rest| !is_short || rest.is_empty())
    };
    word.bytes().next().is_some_and(|byte| byte.is_ascii_digit()) || DATE_WORDS.iter().any(begins_like)
}

/// Whether a text, in lower case, says that somebody wrote.
pub(crate) fn has_wrote(lower: &str) -> bool {
    WROTE.are_in(lower)
}

/// Whether a text, in lower case, speaks of the writer or the reader: clients never do, and people do in `On Monday you wrote:`.
pub(crate) fn names_person_spoken_of(lower: &str) -> bool {
    // The first word is the `On` of the attribution, which is a pronoun in some languages.
    words(lower).skip(1).any(is_person)
}

/// Whether a text, in lower case, speaks of its writer: what programs write does not.
pub(crate) fn speaks_of_writer(lower: &str) -> bool {
    words(lower).any(is_writer)
}

#[rustfmt::skip]
fn is_writer(word: &str) -> bool {
    matches!(
        word,
        "i" | "my" | "me" | "we" | "our" | "ich" | "mein" | "meine" | "meinem" | "mir" | "mich" | "wir"
        | "je" | "j'ai" | "mon" | "ma" | "yo" | "he" | "mi" | "io" | "ho" | "mio" | "mia" | "eu" | "meu"
        | "minha" | "ik" | "mijn"
    )
}

#[rustfmt::skip]
fn is_person(word: &str) -> bool {
    matches!(
        word,
        "i" | "my" | "me" | "we" | "our" | "us" | "you" | "your" | "he" | "she" | "they" | "his" | "her"
        | "ich" | "mein" | "meine" | "mir" | "wir" | "unser" | "sie" | "ihr" | "du" | "er" | "je" | "mon"
        | "nous" | "vous" | "votre" | "il" | "elle" | "yo" | "nosotros" | "usted" | "ustedes" | "io" | "mio"
        | "noi" | "lei" | "voi" | "eu" | "meu" | "minha" | "nós" | "você" | "vocês" | "ik" | "mijn" | "wij"
        | "jullie" | "u"
    )
}
