//! The header of a quoted mail as Outlook, phones and web mailers write it.

use super::MAX_PHRASE_LINE_BYTES;
use super::phrases::{self, Label, header_label, lowered};

/// Within how many lines the fields of a quoted header stand.
const MAX_LINES: usize = 14;
/// How many lines without a label may stand between two fields: a long list of recipients is broken, and HTML leaves empty lines.
const MAX_LINES_BETWEEN: usize = 2;

/// Whether a quoted header begins here: fields one under another that say who wrote and when, in any order, and to whom or about what.
/// "From: Berlin / To: Paris / Date: 3 May" is a journey: some field must be one that only mail has.
pub(super) fn begins(line: &str, rest: &[&str]) -> bool {
    let Some((first, value)) = header_label(line) else { return false };
    if first == Label::From
        && line.len() > 60
        && line.len() <= 2 * MAX_PHRASE_LINE_BYTES
        && phrases::labels_within(&lowered(line))
    {
        return true;
    }
    let mut fields = Fields::default();
    fields.add(first, value);
    let mut between = 0;
    for line in rest.iter().skip(1).take(MAX_LINES) {
        match header_label(line) {
            Some((label, value)) => {
                fields.add(label, value);
                between = 0;
            }
            None => between += 1,
        }
        if fields.are_a_header() {
            return true;
        }
        if between > MAX_LINES_BETWEEN {
            return false;
        }
    }
    false
}

#[derive(Debug, Default)]
struct Fields {
    seen: Vec<Label>,
    has_address: bool,
}

impl Fields {
    fn add(&mut self, label: Label, value: &str) {
        let value = value.get(..value.floor_char_boundary(MAX_PHRASE_LINE_BYTES)).unwrap_or_default();
        self.has_address |= matches!(label, Label::From | Label::To) && value.contains('@');
        self.seen.push(label);
    }

    fn are_a_header(&self) -> bool {
        let has = |label: &Label| self.seen.contains(label);
        let others = [Label::Date, Label::To, Label::Subject].iter().filter(|label| has(label)).count();
        has(&Label::From) && others >= 2 && (has(&Label::Subject) || self.has_address)
    }
}
