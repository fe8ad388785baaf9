//! Which currency stands beside a number, or alone: signs, codes and names.

use std::ops::Range;

use domain::intent::CurrencyAsked;

use super::{Amount, Written, last_word};

/// The currency that ends `text`, and how many bytes before the number it begins.
pub(crate) fn before(text: &str) -> Option<(Written, usize)> {
    let trimmed = text.trim_end_matches([' ', '\u{a0}', '\u{202f}']);
    if text.len() - trimmed.len() > 3 {
        return None;
    }
    let sign = SIGNS.iter().find(|(sign, _)| trimmed.ends_with(sign));
    if let Some((sign, _)) = sign {
        // `US$` and `R$` end in a longer sign than the one found last; the table lists the long ones first.
        let rest = trimmed.strip_suffix(sign).unwrap_or_default();
        let glued = sign.starts_with(char::is_alphabetic) && rest.ends_with(char::is_alphanumeric);
        return (!glued).then(|| (written_sign(sign), text.len() - rest.len()));
    }
    let start = trimmed.rfind(|character: char| !character.is_alphabetic()).map_or(0, |at| {
        at + trimmed.get(at..).and_then(|rest| rest.chars().next()).map_or(1, char::len_utf8)
    });
    let word = trimmed.get(start..).unwrap_or_default();
    let lower = word.to_lowercase();
    let leads = ["euro", "kr", "rs", "yen", "dinar"].contains(&lower.as_str());
    let code = code(word).or_else(|| leads.then(|| named(&lower)).flatten())?;
    Some((code, text.len() - start))
}

/// The currency that begins `text`, and how many bytes after the number it ends.
pub(crate) fn after(text: &str) -> Option<(Written, usize)> {
    let trimmed = text.trim_start_matches([' ', '\u{a0}', '\u{202f}']);
    let skipped = text.len() - trimmed.len();
    if skipped > 3 {
        return None;
    }
    if let Some((sign, _)) = SIGNS.iter().find(|(sign, _)| trimmed.starts_with(sign)) {
        return Some((written_sign(sign), skipped + sign.len()));
    }
    let word = first_word(trimmed);
    if let Some(written) = code(word).or_else(|| named(&word.to_lowercase())) {
        return Some((written, skipped + word.len()));
    }
    let next = trimmed.get(word.len()..)?.strip_prefix(' ').map(first_word)?;
    let written = of_country(&word.to_lowercase(), &next.to_lowercase())?;
    Some((written, skipped + word.len() + 1 + next.len()))
}

pub(super) fn first_word(text: &str) -> &str {
    let end = text.find(|character: char| !character.is_alphabetic()).unwrap_or(text.len());
    text.get(..end).unwrap_or_default()
}

const DOLLAR: Written = Written::Said(CurrencyAsked::Dollar);

/// Signs, the longer ones first.
const SIGNS: [(&str, &str); 28] = [
    ("US$", "usd"),
    ("CA$", "cad"),
    ("AU$", "aud"),
    ("NZ$", "nzd"),
    ("HK$", "hkd"),
    ("MX$", "mxn"),
    ("R$", "brl"),
    ("C$", "cad"),
    ("A$", "aud"),
    ("S$", "sgd"),
    ("€", "eur"),
    ("£", "gbp"),
    ("JP¥", "jpy"),
    ("CN¥", "cny"),
    ("¥", "jpy"),
    ("￥", "jpy"),
    ("円", "jpy"),
    ("د.ك", "kwd"),
    ("KD", "kwd"),
    ("₽", "rub"),
    ("₺", "try"),
    ("₪", "ils"),
    ("₫", "vnd"),
    ("฿", "thb"),
    ("₹", "inr"),
    ("₩", "krw"),
    ("zł", "pln"),
    ("$", ""),
];

/// Codes that are read as such; a code outside this list is more likely a word.
const CODES: [&str; 38] = [
    "eur", "usd", "gbp", "chf", "jpy", "brl", "cad", "aud", "nzd", "sek", "nok", "dkk", "pln", "czk", "huf",
    "ron", "bgn", "kwd", "bhd", "omr", "jod", "tnd", "aed", "sar", "inr", "cny", "hkd", "sgd", "mxn", "clp",
    "cop", "ars", "krw", "zar", "thb", "isk", "xof", "ils",
];

fn written_sign(sign: &str) -> Written {
    let code = SIGNS.iter().find(|(known, _)| *known == sign).map_or("", |(_, code)| code);
    code.parse().map_or(DOLLAR, |currency| Written::Said(CurrencyAsked::Known(currency)))
}

fn code(word: &str) -> Option<Written> {
    let lower = word.to_ascii_lowercase();
    let known = CODES.contains(&lower.as_str());
    known.then(|| lower.parse().ok()).flatten().map(|currency| Written::Said(CurrencyAsked::Known(currency)))
}

fn named(word: &str) -> Option<Written> {
    let code = match word {
        "euro" | "euros" | "eurs" => "eur",
        "pound" | "pounds" | "quid" | "pfund" | "libras" | "livres" | "sterline" | "sterlina" => "gbp",
        "yen" | "ienes" | "yenes" | "yens" => "jpy",
        "reais" | "real" => "brl",
        "rupees" | "rupien" => "inr",
        "franken" | "sfr" => "chf",
        "zloty" | "złoty" | "złotych" => "pln",
        "dollar" | "dollars" | "bucks" | "dólares" | "dolares" | "dollari" | "dollaro" | "dólar" => {
            return Some(DOLLAR);
        }
        "kr" | "kronor" | "kroner" | "kronen" | "crowns" | "pesos" | "peso" | "francs" | "franchi"
        | "francos" | "frank" | "dinar" | "dinars" | "dinare" | "dinares" | "dinari" | "dirham"
        | "dirhams" | "lei" | "rand" | "rs" => {
            return Some(Written::Shared);
        }
        _ => return None,
    };
    code.parse().ok().map(|currency| Written::Said(CurrencyAsked::Known(currency)))
}

fn of_country(country: &str, name: &str) -> Option<Written> {
    let code = match (country, name) {
        ("us" | "american", "dollar" | "dollars") => "usd",
        ("canadian", "dollar" | "dollars") => "cad",
        ("australian", "dollar" | "dollars") => "aud",
        ("singapore", "dollar" | "dollars") => "sgd",
        ("kuwaiti", "dinar" | "dinars") => "kwd",
        ("swiss", "franc" | "francs") => "chf",
        _ => return None,
    };
    code.parse().ok().map(|currency| Written::Said(CurrencyAsked::Known(currency)))
}

/// A currency that stands alone, so that its amount was not written in figures: `twenty euros`, `２０ €`.
pub(crate) fn alone(text: &str, amounts: &[Amount]) -> Option<Range<usize>> {
    let inside = |at: usize| amounts.iter().any(|amount| (amount.start..amount.end).contains(&at));
    let sign = text.char_indices().find(|&(at, character)| is_currency_sign(character) && !inside(at));
    if let Some((at, sign)) = sign {
        return Some(at..at + sign.len_utf8());
    }
    let mut from = 0;
    while let Some(start) = text.get(from..)?.find(char::is_alphabetic).map(|offset| from + offset) {
        let word = first_word(text.get(start..)?);
        from = start + word.len();
        let before = last_word(text.get(..start)?.trim_end_matches([' ', '-'])).to_lowercase();
        let named = CURRENCY_WORDS.contains(&word.to_lowercase().as_str());
        if named && !inside(start) && !before.is_empty() && !NOT_COUNTS.contains(&before.as_str()) {
            return Some(start..from);
        }
    }
    None
}

fn is_currency_sign(character: char) -> bool {
    matches!(character, '$' | '£' | '¥' | '￥' | '円' | '\u{20a0}'..='\u{20cf}')
}

/// Words that mean money wherever they stand.
const CURRENCY_WORDS: [&str; 22] = [
    "euro", "euros", "eur", "usd", "gbp", "jpy", "brl", "kwd", "chf", "dollar", "dollars", "dólares",
    "dolares", "dollari", "pounds", "yen", "reais", "dinar", "dinars", "franken", "bucks", "quid",
];
/// Words before a currency that count nothing: `in euros`, `every euro`.
const NOT_COUNTS: [&str; 31] = [
    "in",
    "en",
    "em",
    "auf",
    "per",
    "every",
    "each",
    "jeden",
    "chaque",
    "cada",
    "ogni",
    "elke",
    "the",
    "my",
    "mein",
    "meine",
    "der",
    "die",
    "den",
    "les",
    "los",
    "as",
    "gli",
    "de",
    "di",
    "of",
    "von",
    "us",
    "canadian",
    "australian",
    "to",
];
