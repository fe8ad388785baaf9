//! Amounts of money in a sentence, in the shapes of the seven languages.

use domain::Currency;
use domain::intent::CurrencyAsked;

/// More digits than these are no price.
const MOST_DIGITS: usize = 12;

/// An amount as it stands in a sentence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Amount {
    /// First byte, with the currency when that comes first.
    pub(crate) start: usize,
    /// Byte after the last.
    pub(crate) end: usize,
    pub(crate) digits: i64,
    pub(crate) decimals: u8,
    pub(crate) currency: Written,
}

/// What stands beside the number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Written {
    /// A currency, or a bare `$`.
    Said(CurrencyAsked),
    /// A word that several currencies share: crowns, pesos, francs.
    Shared,
    /// Nothing. Such a number is an amount only where one is expected.
    Nothing,
}

/// Every number in `text` with a currency beside it, and every bare number with two decimals.
pub(crate) fn find(text: &str) -> Vec<Amount> {
    let mut found = Vec::new();
    let mut from = 0;
    while let Some(start) = next_digit(text, from) {
        let number = Number::parse(text, start);
        let (amount, end) = read(text, &number, from);
        found.extend(amount);
        from = end.max(number.end);
    }
    found
}

fn next_digit(text: &str, from: usize) -> Option<usize> {
    text.get(from..)?.find(|character: char| character.is_ascii_digit()).map(|offset| from + offset)
}

fn read(text: &str, number: &Number<'_>, from: usize) -> (Option<Amount>, usize) {
    let before = text.get(from..number.start).unwrap_or_default();
    let after = text.get(number.end..).unwrap_or_default();
    let prefix = currency_before(before);
    let suffix = currency_after(after);
    let joined = before.chars().next_back().is_some_and(joins);
    let start = prefix.map_or(number.start, |(_, length)| number.start - length);
    // A sign on both sides belongs to this number in front and to the next number behind, as in `€20 $30`.
    let (currency, end) = match (prefix, suffix) {
        (Some((written, _)), _) => (written, number.end),
        (None, Some((written, length))) => (written, number.end + length),
        (None, None) => (Written::Nothing, number.end),
    };
    if (joined && prefix.is_none())
        || (suffix.is_none() && continues(after))
        || (prefix.is_some() && continues(after))
    {
        return (None, end);
    }
    let value = number.value(thousandths(currency));
    let bare = currency == Written::Nothing;
    let amount = value.filter(|&(_, decimals)| !bare || decimals == 2);
    (amount.map(|(digits, decimals)| Amount { start, end, digits, decimals, currency }), end)
}

/// A number glued to these is part of an id, a date or a version.
fn joins(character: char) -> bool {
    character.is_alphanumeric() || matches!(character, '_' | '#' | '/' | '-' | '.' | ',' | ':' | '\'')
}

/// Whether what follows makes the number something else: a date, a share, a time, an id, `5k`.
fn continues(after: &str) -> bool {
    let mut next = after.chars();
    match next.next() {
        Some(first) if first.is_alphanumeric() || matches!(first, '_' | '%' | '°' | '/') => true,
        Some('-' | ':' | '.' | ',') => next.next().is_some_and(char::is_alphanumeric),
        Some(' ') => after.trim_start().starts_with(['%', '×']),
        _ => false,
    }
}

struct Number<'a> {
    start: usize,
    end: usize,
    groups: Vec<&'a str>,
    separators: Vec<char>,
}

impl<'a> Number<'a> {
    fn parse(text: &'a str, start: usize) -> Self {
        let mut number = Self { start, end: start, groups: Vec::new(), separators: Vec::new() };
        number.take_group(text);
        while let Some(separator) = number.separator(text) {
            number.separators.push(separator);
            number.end += separator.len_utf8();
            number.take_group(text);
        }
        number.take_dash(text);
        number
    }

    fn take_group(&mut self, text: &'a str) {
        let rest = text.get(self.end..).unwrap_or_default();
        let length = rest.find(|character: char| !character.is_ascii_digit()).unwrap_or(rest.len());
        self.groups.push(rest.get(..length).unwrap_or_default());
        self.end += length;
    }

    fn separator(&self, text: &str) -> Option<char> {
        let rest = text.get(self.end..)?;
        let separator = rest.chars().next()?;
        let after = rest.get(separator.len_utf8()..)?;
        let digits = after.bytes().take_while(u8::is_ascii_digit).count();
        let first = self.groups.first().is_some_and(|group| group.len() <= 3);
        match separator {
            '.' | ',' | '\'' | '’' => (digits > 0).then_some(separator),
            // A space holds a number together only before exactly three digits.
            ' ' | '\u{a0}' | '\u{202f}' | '\u{2009}' => (digits == 3 && first).then_some(' '.max(separator)),
            _ => None,
        }
    }

    /// `20,-` and `20.–` are whole amounts.
    fn take_dash(&mut self, text: &str) {
        let rest = text.get(self.end..).unwrap_or_default();
        for dash in [",--", ",-", ".-", ",–", ".–", ",—", ".—"] {
            if rest.starts_with(dash) {
                self.end += dash.len();
                return;
            }
        }
    }

    /// Digits and how many of them are decimals. `thousandths` says that three decimals are usual in the currency.
    fn value(&self, thousandths: bool) -> Option<(i64, u8)> {
        let decimals = self.decimals(thousandths)?;
        let digits: String = self.groups.concat();
        let digits = (digits.len() <= MOST_DIGITS).then_some(digits)?;
        Some((digits.parse().ok()?, decimals))
    }

    fn decimals(&self, thousandths: bool) -> Option<u8> {
        let Some((&last, earlier)) = self.separators.split_last() else { return Some(0) };
        let length = self.groups.last().map_or(0, |group| group.len());
        let marks = matches!(last, '.' | ',');
        let differs = earlier.first() != Some(&last);
        let fraction = match length {
            1 | 2 => marks && differs,
            3 => marks && differs && (thousandths && earlier.len() < 2),
            _ => return None,
        };
        let thousands = if fraction { earlier.len() } else { self.separators.len() };
        let whole = self.groups.get(1..=thousands)?;
        let leads =
            self.groups.first().is_some_and(|group| thousands == 0 || (group.len() <= 3 && *group != "0"));
        let uniform = self.separators.get(..thousands)?.windows(2).all(|pair| pair.first() == pair.last());
        let grouped = whole.iter().all(|group| group.len() == 3) && uniform && leads;
        grouped.then(|| if fraction { u8::try_from(length).unwrap_or(0) } else { 0 })
    }
}

fn thousandths(written: Written) -> bool {
    matches!(written, Written::Said(CurrencyAsked::Known(currency)) if currency.decimals() == 3)
}

/// The currency that ends `text`, and how many bytes before the number it begins.
fn currency_before(text: &str) -> Option<(Written, usize)> {
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
    let code = code(word).or_else(|| word.eq_ignore_ascii_case("euro").then_some(EUR))?;
    Some((code, text.len() - start))
}

/// The currency that begins `text`, and how many bytes after the number it ends.
fn currency_after(text: &str) -> Option<(Written, usize)> {
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
    let dollars = ["dollar", "dollars"].contains(&next.to_lowercase().as_str());
    let written = dollars.then(|| dollars_of(&word.to_lowercase()))??;
    Some((written, skipped + word.len() + 1 + next.len()))
}

fn first_word(text: &str) -> &str {
    let end = text.find(|character: char| !character.is_alphabetic()).unwrap_or(text.len());
    text.get(..end).unwrap_or_default()
}

const EUR: Written = Written::Said(CurrencyAsked::Known(Currency::EUR));
const DOLLAR: Written = Written::Said(CurrencyAsked::Dollar);

/// Signs, the longer ones first.
const SIGNS: [(&str, &str); 17] = [
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
    ("¥", "jpy"),
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
        "yen" | "ienes" | "yenes" => "jpy",
        "reais" | "real" => "brl",
        "rupees" | "rupien" => "inr",
        "franken" | "sfr" => "chf",
        "zloty" | "złoty" | "złotych" => "pln",
        "dollar" | "dollars" | "bucks" | "dólares" | "dolares" | "dollari" | "dollaro" | "dólar" => {
            return Some(DOLLAR);
        }
        "kr" | "kronor" | "kroner" | "kronen" | "crowns" | "pesos" | "peso" | "francs" | "franchi"
        | "francos" | "frank" | "dinar" | "dinars" | "dinare" | "dirham" | "dirhams" | "lei" | "rand" => {
            return Some(Written::Shared);
        }
        _ => return None,
    };
    code.parse().ok().map(|currency| Written::Said(CurrencyAsked::Known(currency)))
}

fn dollars_of(country: &str) -> Option<Written> {
    let code = match country {
        "us" | "american" => "usd",
        "canadian" => "cad",
        "australian" => "aud",
        "singapore" => "sgd",
        _ => return None,
    };
    code.parse().ok().map(|currency| Written::Said(CurrencyAsked::Known(currency)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &[(&str, i64, u8, &str)]) {
        let found: Vec<_> = find(text)
            .into_iter()
            .map(|amount| {
                let currency = match amount.currency {
                    Written::Said(CurrencyAsked::Known(currency)) => currency.as_str().to_owned(),
                    Written::Said(CurrencyAsked::Dollar) => "$".to_owned(),
                    Written::Said(CurrencyAsked::Unsaid) | Written::Nothing => String::new(),
                    Written::Shared => "shared".to_owned(),
                };
                (text[amount.start..amount.end].to_owned(), amount.digits, amount.decimals, currency)
            })
            .collect();
        let expected: Vec<_> = expected
            .iter()
            .map(|&(text, digits, decimals, currency)| {
                (text.to_owned(), digits, decimals, currency.to_owned())
            })
            .collect();
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn amounts_are_read_in_every_shape() {
        check("über 1.234,50 € bitte", &[("1.234,50 €", 123_450, 2, "eur")]);
        check("for €1,234.50.", &[("€1,234.50", 123_450, 2, "eur")]);
        check("de 1 234,50 EUR", &[("1 234,50 EUR", 123_450, 2, "eur")]);
        check("1\u{202f}234,50\u{a0}€", &[("1\u{202f}234,50\u{a0}€", 123_450, 2, "eur")]);
        check("20,- € und CHF 20.–", &[("20,- €", 20, 0, "eur"), ("CHF 20.–", 20, 0, "chf")]);
        check("R$ 99,00", &[("R$ 99,00", 9900, 2, "brl")]);
        check("¥5000 or ¥5,000", &[("¥5000", 5000, 0, "jpy"), ("¥5,000", 5000, 0, "jpy")]);
        check("CHF 1'234.50", &[("CHF 1'234.50", 123_450, 2, "chf")]);
        check(
            "49EUR, EUR49, 20euros",
            &[("49EUR", 49, 0, "eur"), ("EUR49", 49, 0, "eur"), ("20euros", 20, 0, "eur")],
        );
        check("US$12 and $20", &[("US$12", 12, 0, "usd"), ("$20", 20, 0, "$")]);
        check(
            "20 dollars, 30 Canadian dollars",
            &[("20 dollars", 20, 0, "$"), ("30 Canadian dollars", 30, 0, "cad")],
        );
        check("100 kr", &[("100 kr", 100, 0, "shared")]);
        check("£5.50", &[("£5.50", 550, 2, "gbp")]);
    }

    #[test]
    fn three_decimals_belong_to_the_currencies_that_have_them() {
        check("5.000 KWD", &[("5.000 KWD", 5000, 3, "kwd")]);
        check("12.500 KWD", &[("12.500 KWD", 12_500, 3, "kwd")]);
        check("5.000 €", &[("5.000 €", 5000, 0, "eur")]);
        check("1,000.500 KWD", &[("1,000.500 KWD", 1_000_500, 3, "kwd")]);
    }

    #[test]
    fn other_numbers_are_no_amounts() {
        check("on 12.05.2024, 2024-05-12, 12/05 at 10:30", &[]);
        check("invoice ABCD1234-0001, ch_3Nx12, receipt 1234-5678, year 2024", &[]);
        check("20% of 3 seats, 5k, card 4242, #1234, v1.2.3", &[]);
        check("1.2.3 €", &[]);
    }

    #[test]
    fn a_bare_number_needs_two_decimals() {
        check("refund 49.99 please, not 49", &[("49.99", 4999, 2, "")]);
    }
}
