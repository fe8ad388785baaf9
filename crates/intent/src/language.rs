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

/// The language by letters, unless a short text holds the cues of another one only or mostly.
pub(crate) fn settle(by_letters: Language, words: &WordsByLanguage, length: usize) -> Language {
    let count = |language: Language| words.get(language as usize).copied().unwrap_or(0);
    let Some(most) =
        Language::ALL.into_iter().max_by_key(|&language| (count(language), language == by_letters))
    else {
        return by_letters;
    };
    let overruled = !is_told_by_letters(length) && count(most) > count(by_letters);
    if overruled { most } else { by_letters }
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
    fn cues_overrule_the_letters_of_a_short_text_only() {
        assert_eq!(settle(Language::Nl, &[2, 0, 0, 0, 0, 0, 0], 20), Language::En);
        assert_eq!(settle(Language::Nl, &[2, 0, 0, 0, 0, 0, 0], 900), Language::Nl);
        assert_eq!(settle(Language::Nl, &[2, 0, 0, 0, 0, 0, 2], 20), Language::Nl);
    }
}
