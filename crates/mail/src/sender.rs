//! Who wrote it: the one `From` field, split first and decoded afterwards, or a refusal.

use std::borrow::Cow;

use domain::EmailAddress;
use domain::address::AddressError;
use domain::mail::{Flag, Refusal};
use unicode_normalization::UnicodeNormalization;

use crate::headers::Headers;
use crate::limits::Limits;
use crate::raw::{self, RawMessage};

/// The most of a display name that is looked at, in bytes.
const MAX_NAME_BYTES: usize = 4_096;

/// A mailbox with the name beside it, which is still encoded.
#[derive(PartialEq, Eq)]
pub(crate) struct Mailbox {
    pub(crate) address: EmailAddress,
    pub(crate) encoded_name: String,
}

/// Who wrote a message: the strict scan of its header block alone, the same that [`crate::Reader::read`] makes.
///
/// `message` is a whole message or only its header block, as it came over SMTP; lines that an archive put on top (mbox separators, a
/// byte order mark) are stepped over. The answer is the address in the one field named `From`, the domain in lower-case A-labels and
/// the local part in NFC, or the reason why it would have to be guessed. It says nothing of whether the sender is who the field says.
/// The work is linear in the length of the header block, of which at most [`Limits::max_header_bytes`] are read.
///
/// ```
/// let sender = mail::sender_of(b"From: \"evil@a.example\" <Marta@Studio.Example>\r\n\r\n");
/// assert_eq!(sender.map(String::from).as_deref(), Ok("Marta@studio.example"));
/// let forged = mail::sender_of(b"From: marta@studio.example\r\nFrom: evil@a.example\r\n\r\n");
/// assert_eq!(forged, Err(domain::mail::Refusal::SeveralFromFields));
/// ```
///
/// # Errors
/// A [`Refusal`], whose [`Refusal::as_str`] is a stable code. Bytes that hold no field at all have [`Refusal::NoFrom`].
pub fn sender_of(message: &[u8]) -> Result<EmailAddress, Refusal> {
    let message = raw::normalized(message);
    let parted = RawMessage::part(&message, Limits::default().max_header_bytes).ok_or(Refusal::NoFrom)?;
    from_message(&parted).map(|mailbox| mailbox.address)
}

/// The mailbox that wrote `message`, whose header block was short enough to be searched.
pub(crate) fn from_message(message: &RawMessage<'_>) -> Result<Mailbox, Refusal> {
    if message.header_is_too_long {
        return Err(Refusal::TooLong);
    }
    from_headers(&message.headers)
}

/// The mailbox that wrote the message. There is no second choice: `Sender` and `Reply-To` never stand in for `From`.
pub(crate) fn from_headers(headers: &Headers<'_>) -> Result<Mailbox, Refusal> {
    if headers.has_bare_cr {
        return Err(Refusal::MalformedHeader);
    }
    let mut fields = headers.named("From");
    let field = fields.next().ok_or(Refusal::NoFrom)?;
    if fields.next().is_some() {
        return Err(Refusal::SeveralFromFields);
    }
    if field.has_space_before_colon {
        return Err(Refusal::MalformedHeader);
    }
    mailbox(&field.unfolded())
}

/// Reads the value of an address field that may hold exactly one mailbox.
pub(crate) fn mailbox(value: &[u8]) -> Result<Mailbox, Refusal> {
    let text = checked_text(value)?;
    let pieces = split(text)?;
    let (spec, name) = match pieces.iter().position(|piece| *piece == Piece::Mark('<')) {
        Some(open) => {
            let (name, rest) = pieces.split_at(open);
            if name.contains(&Piece::Mark('>')) {
                return Err(Refusal::AngleBrackets);
            }
            (in_brackets(rest)?, [text_of(name), comments_of(rest)].join(" ").trim().to_owned())
        }
        None if pieces.contains(&Piece::Mark('>')) => return Err(Refusal::AngleBrackets),
        None => (pieces.as_slice(), comments_of(&pieces)),
    };
    let address = address(&joined(spec)?)?;
    Ok(Mailbox { address, encoded_name: name })
}

/// Reads an address without a name, as JSON has it: the domain to A-labels, the local part to NFC, nothing else changed.
pub(crate) fn address(spec: &str) -> Result<EmailAddress, Refusal> {
    if spec.is_empty() {
        return Err(Refusal::NoFrom);
    }
    if spec.contains("=?") {
        return Err(Refusal::EncodedAddress);
    }
    if spec.chars().any(char::is_control) {
        return Err(Refusal::ControlCharacter);
    }
    let (local, domain) = spec.rsplit_once('@').ok_or(Refusal::BadDomain)?;
    if local.is_empty() {
        return Err(Refusal::BadLocalPart);
    }
    if spec.len() > domain::address::MAX_ADDRESS_BYTES {
        return Err(Refusal::TooLong);
    }
    if turns_into_ascii(local, |c| std::iter::once(c).nfc().any(|c| c.is_ascii())) {
        return Err(Refusal::BadLocalPart);
    }
    let local = if local.is_ascii() { Cow::Borrowed(local) } else { local.nfc().collect() };
    let domain = ascii_domain(domain)?;
    [local.as_ref(), "@", &domain].concat().parse().map_err(|error| match error {
        AddressError::TooLong => Refusal::TooLong,
        AddressError::BadLocal => Refusal::BadLocalPart,
        AddressError::NoAt | AddressError::BadDomain => Refusal::BadDomain,
    })
}

/// Whether an address field to be compared (`Reply-To`, `Sender`, `Resent-From`) names anything but `sender`.
pub(crate) fn is_other(value: &[u8], sender: &EmailAddress) -> bool {
    match mailbox(value) {
        Ok(other) => !sender.is_same_mailbox(other.address.as_str()),
        Err(refusal) => refusal != Refusal::NoFrom,
    }
}

/// What a decoded display name gives away about itself.
pub(crate) fn flags_of_name(name: &str, sender: Option<&EmailAddress>) -> Vec<Flag> {
    let mut flags = Vec::new();
    if is_deceptive(name) {
        flags.push(Flag::DeceptiveName);
    }
    let visible = visible_text(name);
    // Overrides show text from its end; what it says that way counts as well.
    let turned = || visible.chars().rev().collect::<String>();
    if names_another(&visible, sender)
        || (name.chars().any(turns_direction) && names_another(&turned(), sender))
    {
        flags.push(Flag::AddressInName);
    }
    flags
}

/// The name as the eye takes it: compatibility forms folded, nothing invisible, no space around `@`. Quotes are taken out, not split
/// at: between them an address is still one to the eye.
fn visible_text(name: &str) -> String {
    let is_shown =
        |c: &char| !is_invisible(*c) && !matches!(c, '"' | '\'' | '`' | '“' | '”' | '„' | '‘' | '’');
    let dotted = |c: char| if c == '。' { '.' } else { c };
    let shown: String = name.chars().filter(is_shown).nfkc().map(dotted).collect();
    shown.split('@').map(str::trim).collect::<Vec<_>>().join("@")
}

fn names_another(visible: &str, sender: Option<&EmailAddress>) -> bool {
    visible
        .split(|c: char| c.is_whitespace() || "<>()[]{},;:|/«»".contains(c))
        .filter(|word| looks_like_address(word))
        .any(|word| sender.is_none_or(|sender| !sender.is_same_mailbox(word)))
}

fn turns_direction(c: char) -> bool {
    matches!(c, '\u{202b}' | '\u{202e}' | '\u{2067}' | '\u{2068}')
}

/// The name as it may be shown: one line, nothing invisible, at most 200 characters.
pub(crate) fn shown_name(name: &str) -> Option<String> {
    let visible: String =
        name.chars().filter(|c| !is_invisible(*c) && (!c.is_control() || c.is_whitespace())).collect();
    let shown: String = visible.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(200).collect();
    Some(shown).filter(|name| !name.is_empty())
}

/// Characters that show nothing, or turn the direction of what is around them.
pub(crate) fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{00ad}' | '\u{034f}' | '\u{061c}' | '\u{115f}' | '\u{1160}' | '\u{180e}' | '\u{200b}'..='\u{200f}'
        | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{3164}' | '\u{feff}' | '\u{ffa0}')
}

/// Joiners belong between letters of some scripts and inside emoji; beside ASCII they only hide.
fn is_deceptive(name: &str) -> bool {
    let mut before = ' ';
    name.chars().any(|c| {
        let joins = matches!(c, '\u{200c}' | '\u{200d}') && !before.is_ascii();
        before = c;
        !joins && (is_invisible(c) || (c.is_control() && c != '\t'))
    })
}

fn looks_like_address(word: &str) -> bool {
    word.split_once('@')
        .is_some_and(|(local, domain)| !local.is_empty() && domain.trim_matches('.').contains('.'))
}

fn checked_text(value: &[u8]) -> Result<&str, Refusal> {
    let text = std::str::from_utf8(value).map_err(|_bytes| Refusal::NotUtf8)?;
    if text.chars().any(|c| c.is_control() && c != '\t') {
        return Err(Refusal::ControlCharacter);
    }
    Ok(text)
}

/// A piece of an address field. Quoted strings and comments are whole, so nothing inside them can act as a mark.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Piece<'a> {
    Word(&'a str),
    Quoted(&'a str),
    Comment(&'a str),
    Space,
    Mark(char),
}

/// Splits a field in one pass. What only a list or a group can hold is refused on the way.
fn split(text: &str) -> Result<Vec<Piece<'_>>, Refusal> {
    let mut pieces = Vec::with_capacity(16);
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let (length, piece) = match first {
            '"' => quoted(rest)?,
            '(' => comment(rest)?,
            ')' => return Err(Refusal::Unbalanced),
            ',' => return Err(Refusal::SeveralMailboxes),
            '[' if pieces.last() == Some(&Piece::Mark('@')) => return Err(Refusal::BadDomain),
            ':' | ';' => return Err(Refusal::GroupSyntax),
            '<' | '>' | '@' | '.' => (1, Piece::Mark(first)),
            ' ' | '\t' => (1, Piece::Space),
            _ => {
                let ends = |c: char| {
                    matches!(c, '"' | '(' | ')' | ',' | ':' | ';' | '<' | '>' | '@' | '.' | ' ' | '\t')
                };
                let length = rest.find(ends).unwrap_or(rest.len());
                (length, Piece::Word(rest.get(..length).unwrap_or_default()))
            }
        };
        pieces.push(piece);
        rest = rest.get(length..).unwrap_or_default();
    }
    Ok(pieces)
}

fn quoted(text: &str) -> Result<(usize, Piece<'_>), Refusal> {
    let mut escaped = false;
    for (at, byte) in text.bytes().enumerate().skip(1) {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => return Ok((at + 1, Piece::Quoted(text.get(..=at).unwrap_or_default()))),
            _ => {}
        }
    }
    Err(Refusal::Unbalanced)
}

fn comment(text: &str) -> Result<(usize, Piece<'_>), Refusal> {
    let (mut depth, mut escaped) = (0_usize, false);
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'(' => depth += 1,
            b')' if depth == 1 => return Ok((at + 1, Piece::Comment(text.get(1..at).unwrap_or_default()))),
            b')' => depth -= 1,
            _ => {}
        }
    }
    Err(Refusal::Unbalanced)
}

/// What stands between the one `<` that opens `pieces` and its `>`; only comments may follow.
fn in_brackets<'p, 'a>(pieces: &'p [Piece<'a>]) -> Result<&'p [Piece<'a>], Refusal> {
    let inner = pieces.get(1..).unwrap_or_default();
    let close = inner.iter().position(|piece| *piece == Piece::Mark('>')).ok_or(Refusal::AngleBrackets)?;
    let (spec, after) = inner.split_at(close);
    let after = after.get(1..).unwrap_or_default();
    let only_comments = after.iter().all(|piece| matches!(piece, Piece::Comment(_) | Piece::Space));
    if spec.contains(&Piece::Mark('<')) || !only_comments {
        return Err(Refusal::AngleBrackets);
    }
    Ok(spec)
}

/// The addr-spec without comments. White space is taken out beside `@` and `.`, where RFC 5322 allows it, and refused elsewhere:
/// joining two words would make a mailbox that nobody wrote.
fn joined(pieces: &[Piece<'_>]) -> Result<String, Refusal> {
    let mut spec = String::with_capacity(domain::address::MAX_ADDRESS_BYTES);
    let (mut gap, mut splits_words, mut after_mark) = (false, false, true);
    for piece in pieces {
        let is_mark = match piece {
            Piece::Space | Piece::Comment(_) => {
                gap = true;
                continue;
            }
            Piece::Word(text) | Piece::Quoted(text) => {
                spec.push_str(text);
                false
            }
            Piece::Mark(mark) => {
                spec.push(*mark);
                true
            }
        };
        splits_words |= gap && !after_mark && !is_mark;
        (gap, after_mark) = (false, is_mark);
    }
    if splits_words && !spec.contains("=?") {
        return Err(if spec.contains('@') { Refusal::BadLocalPart } else { Refusal::BadDomain });
    }
    Ok(spec)
}

/// Whether a letter that is not ASCII becomes one that is, as the Kelvin sign becomes K: then the address would equal another's.
fn turns_into_ascii(text: &str, becomes_ascii: impl Fn(char) -> bool) -> bool {
    !text.is_ascii() && text.chars().any(|c| !c.is_ascii() && becomes_ascii(c))
}

/// A domain in lower-case A-labels. What only folding makes a domain is refused.
pub(crate) fn ascii_domain(domain: &str) -> Result<String, Refusal> {
    if turns_into_ascii(domain, |c| c.to_lowercase().nfc().any(|c| c.is_ascii())) {
        return Err(Refusal::BadDomain);
    }
    let domain = if domain.is_ascii() { domain.to_ascii_lowercase() } else { domain.to_lowercase() };
    if domain.is_ascii() && !domain.contains("xn--") {
        return Ok(domain);
    }
    // UTS 46 also folds full-width letters, other dots and the like. A domain that only becomes one by such folding is refused: it
    // must come back from its A-labels as it was written.
    let ascii = idna::domain_to_ascii_cow(domain.as_bytes(), idna::AsciiDenyList::STD3)
        .map_err(|_invalid| Refusal::BadDomain)?;
    let (unicode, valid) = idna::domain_to_unicode(&ascii);
    let as_written = if domain.is_ascii() { ascii == domain } else { unicode.nfc().eq(domain.nfc()) };
    if valid.is_err() || !as_written {
        return Err(Refusal::BadDomain);
    }
    Ok(ascii.into_owned())
}

fn text_of(pieces: &[Piece<'_>]) -> String {
    let mut name = String::new();
    for piece in pieces {
        match piece {
            Piece::Word(text) => name.push_str(text),
            Piece::Quoted(text) => name.push_str(&unquoted(text)),
            Piece::Comment(text) => {
                name.push('(');
                name.push_str(text);
                name.push(')');
            }
            Piece::Space => name.push(' '),
            Piece::Mark(mark) => name.push(*mark),
        }
        if name.len() > MAX_NAME_BYTES {
            break;
        }
    }
    cut_at_char(name.trim(), MAX_NAME_BYTES).to_owned()
}

fn comments_of(pieces: &[Piece<'_>]) -> String {
    let comments = pieces.iter().filter_map(|piece| match piece {
        Piece::Comment(text) => Some(*text),
        Piece::Word(_) | Piece::Quoted(_) | Piece::Space | Piece::Mark(_) => None,
    });
    let joined = comments.take(8).collect::<Vec<_>>().join(" ");
    cut_at_char(joined.trim(), MAX_NAME_BYTES).to_owned()
}

fn unquoted(text: &str) -> String {
    let inner = text.get(1..text.len().saturating_sub(1)).unwrap_or_default();
    let mut unquoted = String::with_capacity(inner.len());
    let mut chars = inner.chars();
    while let Some(c) = chars.next() {
        unquoted.extend(if c == '\\' { chars.next() } else { Some(c) });
    }
    unquoted
}

/// The longest beginning of at most `max_bytes` that ends between two characters.
pub(crate) fn cut_at_char(text: &str, max_bytes: usize) -> &str {
    if text.len() <= max_bytes {
        return text;
    }
    let end = (0..=max_bytes).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
    text.get(..end).unwrap_or_default()
}
