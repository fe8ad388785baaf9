//! The signature at the end of what was written: what stands under a closing phrase and the name, under a rule, or under a name alone.
//! The name stays, since a reply greets it. What asks for something stays, wherever it stands.

use super::phrases::{self, Closing, lowered};

/// The most lines of a signature, with the empty ones.
const MAX_LINES: usize = 24;
/// The longest line of a signature, in bytes.
const MAX_LINE_BYTES: usize = 120;

/// Takes the signature out of `written` and returns it.
pub(super) fn take<'a>(written: &mut Vec<&'a str>) -> Vec<&'a str> {
    let window = written.len().saturating_sub(MAX_LINES + 6);
    let tail = written.get(window..).unwrap_or_default();
    let Some(start) = start(tail) else { return Vec::new() };
    let under = written.split_off(window + start);
    let mut signature = Vec::new();
    for (index, paragraph) in paragraphs(&under).enumerate() {
        if !speaks(paragraph) {
            signature.extend(paragraph);
            continue;
        }
        if index > 0 {
            written.push("");
        }
        written.extend(paragraph);
    }
    signature
}

/// Where in the last lines the signature begins, after the name.
fn start(tail: &[&str]) -> Option<usize> {
    after_closing(tail).or_else(|| after_rule(tail)).or_else(|| after_name(tail))
}

fn after_closing(tail: &[&str]) -> Option<usize> {
    let mut closings =
        tail.iter().enumerate().filter_map(|(index, line)| Some((index, phrases::closing(line)?)));
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
    (line.len() <= 60 && !speaks(&[line])).then_some(name + 1)
}

/// Under a drawn line, when all under it is short and there is a phone number or an address.
fn after_rule(tail: &[&str]) -> Option<usize> {
    let at = tail.iter().rposition(|line| is_short_rule(line))?;
    let under = tail.get(at + 1..)?;
    let is_signature = under.iter().any(|line| is_contact(line)) && !paragraphs(under).any(speaks);
    is_signature.then_some(at)
}

/// Under a name that opens one of the last paragraphs, when a phone number or an address is among what follows, and the mail did not
/// announce one.
fn after_name(tail: &[&str]) -> Option<usize> {
    let starts =
        (1..tail.len()).rev().filter(|at| tail.get(at - 1).is_some_and(|line| line.trim().is_empty()));
    let mut found = None;
    for at in starts.take(3) {
        let from_name = tail.get(at..)?;
        let (name, under) = from_name.split_first()?;
        if paragraphs(from_name).any(speaks) {
            break;
        }
        if phrases::is_name(name) && under.iter().any(|line| is_contact(line)) {
            found = Some(at);
        }
    }
    let at = found?;
    let above = tail.get(..at)?.iter().rfind(|line| !line.trim().is_empty())?;
    (!announces(above)).then_some(at + 1)
}

/// The paragraphs of `lines`, each with the empty line after it.
fn paragraphs<'a, 'b>(lines: &'b [&'a str]) -> impl Iterator<Item = &'b [&'a str]> {
    lines.chunk_by(|line, _| !line.trim().is_empty())
}

fn announces(line: &str) -> bool {
    const SUBJECTS: &[&str] = &[
        "address",
        "phone",
        "number",
        "details",
        "contact",
        "adresse",
        "anschrift",
        "nummer",
        "daten",
        "kontakt",
        "coordonnées",
        "numéro",
        "dirección",
        "teléfono",
        "número",
        "datos",
        "indirizzo",
        "telefono",
        "numero",
        "dati",
        "endereço",
        "telefone",
        "dados",
        "adres",
        "gegevens",
        "bank",
    ];
    let lower = lowered(line);
    line.trim_end().ends_with(':') || SUBJECTS.iter().any(|subject| lower.contains(subject))
}

fn next_line(lines: &[&str], from: usize) -> Option<usize> {
    lines.iter().enumerate().skip(from).find(|(_, line)| !line.trim().is_empty()).map(|(index, _)| index)
}

fn is_short_rule(line: &str) -> bool {
    let line = line.trim();
    !line.is_empty() && line.chars().all(|c| matches!(c, '-' | '_' | '=' | '*' | '—' | '–' | '~'))
}

/// Whether a paragraph says something to the reader: it asks, names an order, or is a sentence.
pub(super) fn speaks(paragraph: &[&str]) -> bool {
    let has_particulars = paragraph.iter().any(|line| is_particular(line));
    paragraph.iter().any(|line| {
        let lower = lowered(line);
        let says = phrases::asks(&lower)
            || phrases::is_postscript(line)
            || (phrases::is_reference(&lower) && !is_particular(line));
        says || (!has_particulars && is_sentence(line))
            || (line.len() > MAX_LINE_BYTES && !is_particular(line))
    })
}

/// Four words or more of which most begin small.
fn is_sentence(line: &str) -> bool {
    let words: Vec<&str> = line.split_whitespace().take(40).collect();
    let small = words.iter().filter(|word| word.chars().next().is_some_and(char::is_lowercase)).count();
    words.len() >= 4 && small * 2 >= words.len()
}

/// A line that tells how to reach a person or what a company is registered as.
fn is_particular(line: &str) -> bool {
    const COMPANY: &[&str] = &[
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
    ];
    is_contact(line)
        || (line.len() <= 300 && {
            let lower = lowered(line);
            COMPANY.iter().any(|word| lower.contains(word))
        })
}

/// A phone number, an address in the net, or a picture that stands for one.
fn is_contact(line: &str) -> bool {
    if line.len() > 300 {
        return false;
    }
    let lower = lowered(line);
    if ["www.", "http", "@", "[image", "[cid:"].iter().any(|mark| lower.contains(mark)) {
        return !is_sentence(line);
    }
    let digits = line.bytes().filter(u8::is_ascii_digit).count();
    let letters = line.chars().filter(|c| c.is_alphabetic()).count();
    let is_labelled = [
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
    ]
    .iter()
    .any(|label| phrases::undecorated(&lower).starts_with(label));
    digits >= 6
        && !phrases::is_reference(&lower)
        && (is_labelled || (line.contains('+') && letters <= 20) || letters <= 2)
}
