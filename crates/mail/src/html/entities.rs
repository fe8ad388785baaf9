//! Character references.

use std::borrow::Cow;

/// The longest reference that is looked for, in bytes, `&` and `;` left out.
const MAX_NAME_BYTES: usize = 10;

/// The names of U+00A0 to U+00FF, in order.
const LATIN_1: [&str; 96] = [
    "nbsp", "iexcl", "cent", "pound", "curren", "yen", "brvbar", "sect", "uml", "copy", "ordf", "laquo",
    "not", "shy", "reg", "macr", "deg", "plusmn", "sup2", "sup3", "acute", "micro", "para", "middot",
    "cedil", "sup1", "ordm", "raquo", "frac14", "frac12", "frac34", "iquest", "Agrave", "Aacute", "Acirc",
    "Atilde", "Auml", "Aring", "AElig", "Ccedil", "Egrave", "Eacute", "Ecirc", "Euml", "Igrave", "Iacute",
    "Icirc", "Iuml", "ETH", "Ntilde", "Ograve", "Oacute", "Ocirc", "Otilde", "Ouml", "times", "Oslash",
    "Ugrave", "Uacute", "Ucirc", "Uuml", "Yacute", "THORN", "szlig", "agrave", "aacute", "acirc", "atilde",
    "auml", "aring", "aelig", "ccedil", "egrave", "eacute", "ecirc", "euml", "igrave", "iacute", "icirc",
    "iuml", "eth", "ntilde", "ograve", "oacute", "ocirc", "otilde", "ouml", "divide", "oslash", "ugrave",
    "uacute", "ucirc", "uuml", "yacute", "thorn", "yuml",
];

/// What browsers take the numbers 128 to 159 for.
const WINDOWS_1252: [char; 32] = [
    '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8d}', 'Ž', '\u{8f}', '\u{90}',
    '‘', '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{9d}', 'ž', 'Ÿ',
];

/// The text with its references read; one that is unknown stays as it is written.
pub(super) fn decoded(text: &str) -> Cow<'_, str> {
    if !text.contains('&') {
        return Cow::Borrowed(text);
    }
    let mut decoded = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        let (before, reference) = rest.split_at(at);
        decoded.push_str(before);
        let (c, length) = read(reference).unwrap_or(('&', 1));
        decoded.push(c);
        rest = reference.get(length..).unwrap_or_default();
    }
    decoded.push_str(rest);
    Cow::Owned(decoded)
}

/// The character that `text`, which begins with `&`, refers to, and the length of the reference.
fn read(text: &str) -> Option<(char, usize)> {
    let body = text.get(1..)?;
    let end = body
        .bytes()
        .take(MAX_NAME_BYTES)
        .position(|b| !(b.is_ascii_alphanumeric() || b == b'#'))
        .unwrap_or(body.len().min(MAX_NAME_BYTES));
    let name = body.get(..end)?;
    let is_closed = body.as_bytes().get(end) == Some(&b';');
    let length = 1 + end + usize::from(is_closed);
    let c = match name.strip_prefix('#') {
        Some(number) => numbered(number)?,
        None if is_closed => named(name)?,
        // The oldest names need no semicolon; in a link's target, `&copy=1` is a parameter.
        None if body.as_bytes().get(end) != Some(&b'=') => old(name)?,
        None => return None,
    };
    Some((c, length))
}

fn numbered(number: &str) -> Option<char> {
    let code = match number.strip_prefix(['x', 'X']) {
        Some(hex) => u32::from_str_radix(hex, 16),
        None => number.parse(),
    };
    let code = code.ok()?;
    let as_browsers = code.checked_sub(0x80).and_then(|place| WINDOWS_1252.get(usize::try_from(place).ok()?));
    let c = as_browsers.copied().or_else(|| char::from_u32(code));
    Some(c.filter(|c| *c != '\0').unwrap_or(char::REPLACEMENT_CHARACTER))
}

/// A name of HTML 2 and 3, which browsers read without its semicolon.
fn old(name: &str) -> Option<char> {
    let is_old = matches!(name, "amp" | "lt" | "gt" | "quot") || LATIN_1.contains(&name);
    is_old.then(|| named(name)).flatten()
}

fn named(name: &str) -> Option<char> {
    let c = match name {
        "amp" | "AMP" => '&',
        "lt" | "LT" => '<',
        "gt" | "GT" => '>',
        "quot" | "QUOT" => '"',
        "apos" => '\'',
        "euro" => '€',
        "trade" => '™',
        "hellip" => '…',
        "ndash" => '–',
        "mdash" => '—',
        "lsquo" => '‘',
        "rsquo" => '’',
        "sbquo" => '‚',
        "ldquo" => '“',
        "rdquo" => '”',
        "bdquo" => '„',
        "lsaquo" => '‹',
        "rsaquo" => '›',
        "bull" => '•',
        "ensp" | "emsp" | "thinsp" => ' ',
        "zwnj" => '\u{200c}',
        "zwj" => '\u{200d}',
        "lrm" => '\u{200e}',
        "rlm" => '\u{200f}',
        "OElig" => 'Œ',
        "oelig" => 'œ',
        "Scaron" => 'Š',
        "scaron" => 'š',
        "rarr" => '→',
        "larr" => '←',
        "uarr" => '↑',
        "darr" => '↓',
        "harr" => '↔',
        "check" => '✓',
        "dagger" => '†',
        "Dagger" => '‡',
        "permil" => '‰',
        "prime" => '′',
        "Prime" => '″',
        "oline" => '‾',
        "frasl" => '⁄',
        "minus" => '−',
        "infin" => '∞',
        "asymp" => '≈',
        "ne" => '≠',
        "le" => '≤',
        "ge" => '≥',
        "fnof" => 'ƒ',
        "circ" => 'ˆ',
        "tilde" => '˜',
        "Yuml" => 'Ÿ',
        "Tab" => '\t',
        "NewLine" => '\n',
        "excl" => '!',
        "num" => '#',
        "dollar" => '$',
        "percnt" => '%',
        "lpar" => '(',
        "rpar" => ')',
        "ast" => '*',
        "plus" => '+',
        "comma" => ',',
        "period" => '.',
        "sol" => '/',
        "colon" => ':',
        "semi" => ';',
        "equals" => '=',
        "quest" => '?',
        "commat" => '@',
        "lsqb" | "lbrack" => '[',
        "rsqb" | "rbrack" => ']',
        "lowbar" => '_',
        "hyphen" | "dash" => '‐',
        "verbar" | "vert" => '|',
        _ => {
            let place = LATIN_1.iter().position(|latin| *latin == name)?;
            return char::from_u32(0xa0 + u32::try_from(place).ok()?);
        }
    };
    Some(c)
}
