//! The language of a mail.

use domain::Language;
use whichlang::Lang;

/// As much of a text as tells its language, in bytes.
const ENOUGH: usize = 500;
/// A text shorter than this, in bytes, tells more by the cues it holds than by its letters.
const SHORT: usize = 160;

/// The language by the letters of `text`; English for every language postill does not write.
pub(crate) fn by_letters(text: &str) -> Language {
    match whichlang::detect_language(text.get(..text.floor_char_boundary(ENOUGH)).unwrap_or_default()) {
        Lang::Deu => Language::De,
        Lang::Fra => Language::Fr,
        Lang::Spa => Language::Es,
        Lang::Ita => Language::It,
        Lang::Por => Language::Pt,
        Lang::Nld => Language::Nl,
        Lang::Eng
        | Lang::Ara
        | Lang::Cmn
        | Lang::Hin
        | Lang::Jpn
        | Lang::Kor
        | Lang::Rus
        | Lang::Swe
        | Lang::Tur
        | Lang::Vie => Language::En,
    }
}

/// Whether a text of so many bytes tells its language by its letters alone.
pub(crate) const fn is_told_by_letters(length: usize) -> bool {
    length >= SHORT
}

/// Words that were found in the tables of each language, in the order of [`Language::ALL`].
pub(crate) type WordsByLanguage = [usize; Language::ALL.len()];

/// The language of a short text: the one whose cues it holds most of. Only where several are level its letters are asked.
pub(crate) fn settle(words: &WordsByLanguage, by_letters: impl FnOnce() -> Language) -> Language {
    let count = |language: Language| words.get(language as usize).copied().unwrap_or(0);
    let most = words.iter().copied().max().unwrap_or(0);
    let mut level = Language::ALL.into_iter().filter(|&language| count(language) == most);
    match (level.next(), level.next_back()) {
        (Some(only), None) => only,
        (_, last) => {
            let by_letters = by_letters();
            last.filter(|_| count(by_letters) < most).unwrap_or(by_letters)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_tell_the_language_of_a_sentence() {
        assert_eq!(by_letters("Bitte erstatten Sie mir den Betrag auf meine Karte zurück."), Language::De);
        assert_eq!(by_letters("Je souhaite résilier mon abonnement à la fin du mois."), Language::Fr);
        assert_eq!(by_letters("Gostaria de cancelar a minha assinatura, não a utilizo mais."), Language::Pt);
        assert_eq!(by_letters("返金をお願いします"), Language::En);
        assert_eq!(by_letters(""), Language::En);
    }

    #[test]
    fn cues_overrule_the_letters_of_a_short_text() {
        let asked = |words: &WordsByLanguage, by_letters| settle(words, || by_letters);
        assert_eq!(asked(&[2, 0, 0, 0, 0, 0, 0], Language::Nl), Language::En);
        assert_eq!(asked(&[2, 0, 0, 0, 0, 0, 2], Language::Nl), Language::Nl);
        assert_eq!(asked(&[2, 0, 0, 0, 0, 2, 1], Language::Nl), Language::Pt);
        assert_eq!(asked(&[0; 7], Language::Fr), Language::Fr);
    }

    #[test]
    fn letters_are_asked_only_where_words_are_level() {
        assert_eq!(settle(&[1, 3, 2, 0, 0, 0, 0], || panic!("nobody needs them")), Language::De);
    }
}
