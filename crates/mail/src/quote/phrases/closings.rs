//! Phrases that close a letter.

use std::collections::HashSet;
use std::sync::LazyLock;

use super::{Fronts, after_front, has_any, lowered, words};

/// A line that closes a letter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Closing {
    /// The name stands under it.
    Alone,
    /// The name stands on the same line.
    WithName,
}

/// Alone on a line, these close a letter; a word or two more make another sentence of them.
#[rustfmt::skip]
const WHOLE: &[&str] = &[
    "best", "all the best", "cheers", "thanks", "thanks so much", "thanks a lot", "thanks again", "thanks very much", "thank you",
    "thank you so much", "thank you very much", "thank you in advance", "thanks in advance", "many thanks", "with many thanks",
    "many thanks in advance", "warmly", "yours", "yours truly", "respectfully", "take care", "rgds", "br", "thx", "ta", "love",
    "have a great day", "have a nice day", "talk soon", "thanks and regards", "thanks & regards",
    "danke", "vielen dank", "danke schön", "danke im voraus", "vielen dank im voraus", "besten dank", "mit bestem dank", "herzlichen dank",
    "danke und", "mfg", "lg", "vg", "bg", "hg", "herzlichst", "herzlich", "hochachtungsvoll", "ihr", "ihre", "schönen tag noch", "danke dir", "danke euch",
    "merci", "merci beaucoup", "merci d'avance", "merci par avance", "merci bien", "bien à vous", "bien à toi", "amicalement", "cdlt",
    "bonne journée", "belle journée", "bonne soirée", "à bientôt", "respectueusement", "avec mes remerciements",
    "gracias", "muchas gracias", "gracias de antemano", "mil gracias", "atentamente", "atte", "un abrazo", "abrazos", "quedo atento",
    "grazie", "grazie mille", "molte grazie", "grazie in anticipo", "buona giornata", "cordialità", "in fede",
    "obrigado", "obrigada", "muito obrigado", "muito obrigada", "att", "atenciosamente", "abs", "bjs", "beijos", "beijinhos", "besos", "bises", "bisous", "baci", "um abraço", "abraços", "abraço",
    "bedankt", "alvast bedankt", "hoogachtend",
];

#[rustfmt::skip]
const MORE_WHOLE: &[&str] = &[
    "dank je wel", "dank u wel", "dank u", "dank je", "met dank", "mvg", "m.v.g", "gr", "hartelijk dank", "veel dank", "grato", "grata",
    "agradecido", "agradecida",
];

/// Words of which one makes a short line a closing.
#[rustfmt::skip]
const GREETINGS: &[&str] = &[
    "regards", "wishes", "sincerely", "faithfully", "grüße", "grüsse", "grüßen", "grüssen", "gruß", "gruss", "gruessen", "gruesse",
    "cordialement", "salutations", "sentiments", "saludo", "saludos", "cordialmente", "saluti", "saluto", "cumprimentos", "groet", "groeten", "groetjes",
];

/// Fronts of the long phrases in which letters to strangers end.
#[rustfmt::skip]
static FORMAL: LazyLock<Fronts> = Fronts::lazy(|| Fronts::of(&[&[
    "je vous prie d'agréer", "je vous prie de recevoir", "je vous prie d'accepter", "je vous prie de croire", "nous vous prions d'agréer",
    "veuillez agréer", "veuillez recevoir", "veuillez croire", "recevez,", "agréez,", "sin otro particular", "reciba un", "reciban un",
    "porgo", "con i migliori", "sem mais", "subscrevo-me", "dans l'attente de votre réponse", "in afwachting van uw", "in attesa di un",
    "looking forward to your reply", "looking forward to hearing", "i look forward to hearing",
]]));

const MAX_CLOSING_BYTES: usize = 70;
const MAX_FORMAL_BYTES: usize = 200;

/// What `line` is as a closing, if it is one.
pub(crate) fn closing(line: &str) -> Option<Closing> {
    let line = line.trim().trim_matches(['*', '_', '-', '–', '—', ' ']);
    if line.len() <= MAX_FORMAL_BYTES && FORMAL.begin(line) && !line.contains('?') {
        return Some(Closing::Alone);
    }
    if line.is_empty() || line.len() > MAX_CLOSING_BYTES {
        return None;
    }
    let ends = |line: &str| line.trim_end_matches([',', '.', '!', ' ', ';', ')', ':', '-']).to_owned();
    let lower = ends(&lowered(line));
    let has_greeting = || words(&lower).any(|word| GREETINGS.contains(&word)) && !super::asks(&lower);
    if is_whole(&lower) {
        return Some(Closing::Alone);
    }
    if let Some((front, name)) = line.split_once([',', '!']).or_else(|| split_before_name(line)) {
        let front = lowered(front.trim());
        let greets = is_whole(&front)
            || (words(&front).any(|word| GREETINGS.contains(&word)) && words(&front).count() <= 5);
        if greets && is_name_behind_closing(name) {
            return Some(Closing::WithName);
        }
    }
    (has_greeting() && words(&lower).count() <= 7 && !has_any(&lower, &["your ", "ihre ", "my "]))
        .then_some(Closing::Alone)
}

fn is_whole(lower: &str) -> bool {
    static ALL: LazyLock<HashSet<&str>> = LazyLock::new(|| WHOLE.iter().chain(MORE_WHOLE).copied().collect());
    ALL.contains(lower)
}

/// `LG Marta` and `Viele Grüße Marta`: the shortest front that closes, and what follows it.
fn split_before_name(line: &str) -> Option<(&str, &str)> {
    line.match_indices(' ').map(|(at, _)| line.split_at(at)).find(|(front, name)| {
        is_name_behind_closing(name) && {
            let lower = lowered(front);
            is_whole(&lower) || lower.rsplit(' ').next().is_some_and(|word| GREETINGS.contains(&word))
        }
    })
}

/// A name, and not the rest of the phrase: `Danke und Gruß` has nobody in it.
fn is_name_behind_closing(text: &str) -> bool {
    is_name(text) && !words(&lowered(text)).any(|word| GREETINGS.contains(&word))
}

/// One to four words that begin with capitals.
pub(crate) fn is_name(text: &str) -> bool {
    let text = text.trim().trim_matches(['*', '_', ',', '.', '-', '–', '—', ' ', '"']);
    if text.len() > 60 || text.contains(['?', ':', '@']) {
        return false;
    }
    let mut count = 0;
    let are_names = text.split_whitespace().all(|word| {
        count += 1;
        let begins = word.trim_start_matches(['(', '"', '\'']).chars().next();
        begins.is_some_and(|c| c.is_uppercase() || !c.is_lowercase() && c.is_alphabetic())
            || is_inside_name(word)
            || matches!(word, "&" | "+" | "-" | "|" | "/")
    });
    (1..=5).contains(&count)
        && are_names
        && !text.bytes().any(|byte| byte.is_ascii_digit())
        && !super::asks(&lowered(text))
        && after_front(text, "ps").is_none_or(|rest| rest.starts_with(char::is_alphabetic))
}

/// Whether a word in small letters is part of a name.
pub(crate) fn is_inside_name(word: &str) -> bool {
    matches!(
        word,
        "von"
            | "van"
            | "de"
            | "der"
            | "den"
            | "da"
            | "do"
            | "dos"
            | "del"
            | "di"
            | "la"
            | "le"
            | "und"
            | "e"
            | "y"
            | "zu"
            | "ten"
            | "ter"
            | "mr."
            | "mrs."
            | "ms."
            | "dr."
            | "drs."
            | "ir."
            | "ing."
            | "prof."
            | "med."
            | "jur."
            | "avv."
            | "dott."
            | "dra."
    )
}
