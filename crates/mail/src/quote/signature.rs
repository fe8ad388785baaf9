//! The signature at the end of what was written: what stands under a closing phrase and the name, under a rule, or under a name alone.
//! The name stays, since a reply greets it. What asks for something stays, wherever it stands.

use std::cell::OnceCell;
use std::collections::HashSet;
use std::sync::LazyLock;

use super::phrases::{self, Closing, Phrases, lowered};

/// The most lines of a signature, with the empty ones.
const MAX_LINES: usize = 24;
/// The longest line of a signature, in bytes.
const MAX_LINE_BYTES: usize = 120;
/// The most paragraphs of a signature that nothing announces but a name.
const MAX_PARAGRAPHS: usize = 3;

/// Takes the signature out of `written` and returns it.
pub(super) fn take<'a>(written: &mut Vec<&'a str>, writer: Option<&str>) -> Vec<&'a str> {
    let window = written.len().saturating_sub(MAX_LINES + 6);
    let tail: Vec<Line<'a>> = written.iter().skip(window).map(|line| Line::of(line)).collect();
    let Some(start) = start(&tail, writer) else { return Vec::new() };
    written.truncate(window + start);
    let mut signature = Vec::new();
    let mut has_spoken = false;
    for (index, paragraph) in paragraphs(tail.get(start..).unwrap_or_default()).enumerate() {
        let lines = paragraph.iter().map(|line| line.text);
        // "Best regards" was no end when more was said, and then the name comes last.
        let is_signed = has_spoken && is_signed_by(writer, paragraph);
        let speaks = speaks(paragraph);
        has_spoken |= speaks;
        if !is_signed && !speaks {
            signature.extend(lines);
            continue;
        }
        if index > 0 {
            written.push("");
        }
        written.extend(lines);
    }
    signature
}

/// A line, and the same in the form that phrases are in, once it is asked for.
struct Line<'a> {
    text: &'a str,
    lower: OnceCell<String>,
}

impl<'a> Line<'a> {
    fn of(text: &'a str) -> Self {
        Self { text, lower: OnceCell::new() }
    }

    fn lower(&self) -> &str {
        self.lower.get_or_init(|| lowered(self.text))
    }

    fn is_empty(&self) -> bool {
        self.text.trim().is_empty()
    }
}

/// Where in the last lines the signature begins, after the name.
fn start(tail: &[Line<'_>], writer: Option<&str>) -> Option<usize> {
    after_closing(tail)
        .or_else(|| after_last_word(tail))
        .or_else(|| after_rule(tail))
        .or_else(|| after_name(tail, writer))
}

fn after_closing(tail: &[Line<'_>]) -> Option<usize> {
    let mut closings =
        tail.iter().enumerate().filter_map(|(index, line)| Some((index, phrases::closing(line.text)?)));
    let (at, closing) = closings.next_back()?;
    if closing == Closing::WithName {
        return Some(at + 1);
    }
    let name = next_line(tail, at + 1)?;
    let line = tail.get(name)?;
    if is_particular(line) {
        return Some(name);
    }
    // A name in small letters or with a company on its line is still one; a sentence is none.
    (line.text.len() <= 60 && !speaks(std::slice::from_ref(line))).then_some(name + 1)
}

/// Under a name that follows a word or two and a comma: every family has a closing of its own.
fn after_last_word(tail: &[Line<'_>]) -> Option<usize> {
    let is_last_word = |line: &str| {
        line.trim().ends_with([',', '!']) && line.len() <= 30 && line.split_whitespace().count() <= 3
    };
    let is_signed = |pair: &[Line<'_>]| match pair {
        [word, name] => is_last_word(word.text) && is_name_alone(name.text),
        _ => false,
    };
    let at = tail.windows(2).rposition(is_signed)?;
    (at > 1).then_some(at + 2)
}

/// Under a drawn line, when all under it is short and there is a phone number or an address.
fn after_rule(tail: &[Line<'_>]) -> Option<usize> {
    let at = tail.iter().rposition(|line| is_short_rule(line.text))?;
    let under = tail.get(at + 1..)?;
    let is_signature = under.iter().any(is_contact) && !paragraphs(under).any(speaks);
    is_signature.then_some(at)
}

/// Under a name that opens one of the last paragraphs, when nothing there says anything and the mail did not announce it: any name where
/// there is a phone number or the like, and else only the writer's, since "Blue Jacket" over "Red Shoes" is what was bought. A first name
/// alone is how a person signs, and stays; a full name with lines under it heads a block, and goes with it.
fn after_name(tail: &[Line<'_>], writer: Option<&str>) -> Option<usize> {
    let starts = (1..tail.len()).rev().filter(|at| tail.get(at - 1).is_some_and(Line::is_empty));
    let silent = starts
        .take(MAX_PARAGRAPHS)
        .take_while(|at| !paragraphs(tail.get(*at..).unwrap_or_default()).any(speaks));
    let at = silent.filter(|at| tail.get(*at).is_some_and(|line| is_name_alone(line.text))).last()?;
    let (name, under) = tail.get(at..)?.split_first()?;
    let above = tail.get(..at)?.iter().rfind(|line| !line.is_empty())?;
    let has_titles =
        under.iter().any(|line| !line.text.is_empty()) && under.iter().all(|line| is_title(line.text));
    let is_writers = writer.is_some_and(|writer| is_name_of(writer, name.lower()));
    let is_block = under.iter().any(is_contact) || (is_writers && has_titles);
    let heads_block = name.text.trim().contains(' ') && under.first().is_some_and(|line| !line.is_empty());
    (is_block && !announces(above)).then_some(if heads_block { at } else { at + 1 })
}

/// Whether a paragraph is the writer's name and nothing else.
fn is_signed_by(writer: Option<&str>, paragraph: &[Line<'_>]) -> bool {
    let mut lines = paragraph.iter().filter(|line| !line.is_empty());
    let name = lines.next().filter(|_| lines.next().is_none());
    name.zip(writer)
        .is_some_and(|(name, writer)| is_name_alone(name.text) && is_name_of(writer, name.lower()))
}

/// Whether each word of a line, in lower case, is one of the writer's names.
fn is_name_of(writer: &str, lower: &str) -> bool {
    let writer = lowered(writer);
    let is_between = |c: char| !c.is_alphanumeric();
    let names: HashSet<&str> = writer.split(is_between).collect();
    lower.split(is_between).filter(|word| !word.is_empty()).all(|word| names.contains(word))
}

/// A name as it heads a block, not as it is greeted or the last word before one: `Cheers,`.
fn is_name_alone(line: &str) -> bool {
    phrases::is_name(line) && !line.trim().ends_with([',', '.', '!']) && phrases::closing(line).is_none()
}

/// A job, a company or a street: a few words that begin with a capital, or nothing.
fn is_title(line: &str) -> bool {
    let line = line.trim();
    let begins_great = line.chars().next().is_none_or(|c| !c.is_lowercase());
    begins_great && line.len() <= 60 && !line.ends_with(['.', ',', ':', ';', '!'])
}

/// The paragraphs of `lines`, each with the empty line after it.
fn paragraphs<'a, 'b>(lines: &'b [Line<'a>]) -> impl Iterator<Item = &'b [Line<'a>]> {
    lines.chunk_by(|line, _| !line.is_empty())
}

/// Whether a line says that a new address or the like is coming.
fn announces(line: &Line<'_>) -> bool {
    const SUBJECTS: &[&str] = &[
        "address",
        "phone",
        "number",
        "details",
        "contact",
        "company",
        "name",
        "adresse",
        "anschrift",
        "nummer",
        "daten",
        "kontakt",
        "firma",
        "coordonnées",
        "numéro",
        "société",
        "dirección",
        "teléfono",
        "número",
        "datos",
        "empresa",
        "indirizzo",
        "telefono",
        "numero",
        "dati",
        "azienda",
        "endereço",
        "telefone",
        "dados",
        "adres",
        "gegevens",
        "bedrijf",
        "naam",
    ];
    const CHANGES: &[&str] = &[
        "update",
        "change",
        "new ",
        "correct",
        "use ",
        "send",
        "änder",
        "neue",
        "aktualisier",
        "schick",
        "send",
        "chang",
        "nouve",
        "envoy",
        "modif",
        "actuali",
        "cambi",
        "nuev",
        "enví",
        "aggiorn",
        "nuov",
        "invi",
        "atualiz",
        "alter",
        "nov",
        "envi",
        "wijzig",
        "nieuw",
        "stuur",
    ];
    let lower = line.lower();
    let has = |words: &[&str]| words.iter().any(|word| lower.contains(word));
    lower.trim_end().ends_with(':') || (has(SUBJECTS) && has(CHANGES))
}

fn next_line(lines: &[Line<'_>], from: usize) -> Option<usize> {
    lines.iter().enumerate().skip(from).find(|(_, line)| !line.is_empty()).map(|(index, _)| index)
}

fn is_short_rule(line: &str) -> bool {
    let line = line.trim();
    !line.is_empty() && line.chars().all(|c| matches!(c, '-' | '_' | '=' | '*' | '—' | '–' | '~'))
}

/// Whether a paragraph says something to the reader: it asks, names an order, or is a sentence.
fn speaks(paragraph: &[Line<'_>]) -> bool {
    let particulars = OnceCell::new();
    let has_particulars = || *particulars.get_or_init(|| paragraph.iter().any(is_particular));
    paragraph.iter().any(|line| {
        let lower = line.lower();
        let names_matter = || phrases::is_reference(lower) || phrases::names_act(lower);
        let is_long = line.text.len() > MAX_LINE_BYTES;
        phrases::asks(lower)
            || phrases::is_postscript(line.text)
            || (is_sentence(line.text) && !has_particulars())
            || ((is_long || names_matter()) && !is_particular(line))
    })
}

/// Words of which most begin small: five, or four that end as a sentence does.
fn is_sentence(line: &str) -> bool {
    let words: Vec<&str> =
        line.split_whitespace().take(40).filter(|word| !phrases::is_inside_name(word)).collect();
    let small = words.iter().filter(|word| word.chars().next().is_some_and(char::is_lowercase)).count();
    let least = if line.trim_end().ends_with(['.', '!']) { 4 } else { 5 };
    words.len() >= least && small * 2 >= words.len()
}

/// A line that tells how to reach a person or what a company is registered as.
fn is_particular(line: &Line<'_>) -> bool {
    static COMPANY: LazyLock<Phrases> = Phrases::lazy(|| {
        Phrases::of(&[
            "gmbh",
            "hrb",
            "ust-id",
            "ust.-id",
            "ustid",
            "amtsgericht",
            "geschäftsführ",
            "handelsregister",
            "steuernummer",
            "sitz der",
            "registered",
            "company no",
            "vat ",
            "vat:",
            "ltd",
            "inc.",
            " llc",
            "siret",
            "siren",
            "sarl",
            " rcs ",
            "tva",
            " cif",
            "nif",
            " s.l.",
            "p.iva",
            "p. iva",
            "partita iva",
            "s.r.l",
            "cnpj",
            "ltda",
            "kvk",
            "btw",
            "ondernemingsnummer",
        ])
    });
    is_contact(line) || (line.text.len() <= 300 && COMPANY.are_in(line.lower()))
}

/// A phone number, an address in the net, or a picture that stands for one.
fn is_contact(line: &Line<'_>) -> bool {
    static PLACES: LazyLock<Phrases> = Phrases::lazy(|| Phrases::of(&["www.", "http", "[image", "[cid:"]));
    const LABELS: &[&str] = &[
        "tel",
        "phone",
        "mob",
        "fax",
        "cell",
        "handy",
        "fon",
        "t:",
        "m:",
        "p:",
        "f:",
        "t ",
        "m ",
        "t.",
        "m.",
        "office",
        "direct",
        "móvil",
        "movil",
        "port",
        "gsm",
        "whatsapp",
        "tlf",
        "teléfono",
        "mobiel",
        "büro",
        "durchwahl",
        "bureau",
        "ligne",
    ];
    let (text, lower) = (line.text, line.lower());
    if text.len() > 300 {
        return false;
    }
    if lower.contains('@') || PLACES.are_in(lower) {
        return !is_sentence(text);
    }
    if is_bare_domain(lower) {
        return true;
    }
    let letters = || text.chars().filter(|c| c.is_alphabetic()).count();
    let is_labelled = || LABELS.iter().any(|label| phrases::undecorated(lower).starts_with(label));
    text.bytes().filter(u8::is_ascii_digit).count() >= 6
        && !phrases::is_reference(lower)
        && (is_labelled() || letters() <= if text.contains('+') { 20 } else { 2 })
}

/// `keller.example`, alone on its line.
fn is_bare_domain(lower: &str) -> bool {
    let (host, last) = lower.trim().rsplit_once('.').unwrap_or_default();
    let are_host = |text: &str| text.chars().all(|c| c.is_alphanumeric() || matches!(c, '.' | '-' | '/'));
    !host.is_empty()
        && last.len() >= 2
        && are_host(host)
        && are_host(last)
        && last.starts_with(char::is_alphabetic)
}
