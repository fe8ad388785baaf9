//! Mails with what they ask for, one by one: a user's own as JSON lines, or those of a situation.

use domain::{Currency, Label, Money};
use serde_json::{Map, Value};

use super::Situation;

/// What some editors begin a file with.
const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();
/// No name of a language or a family is longer, in bytes.
const NAME_AT_MOST: usize = 60;

/// One mail and what careful readers say it asks for.
#[derive(Clone, PartialEq, Eq)]
pub struct Labelled {
    /// What it is called in reports: a user's own id, or the name of its situation and its number there.
    pub id: String,
    /// The subject; empty where there is none.
    pub subject: String,
    /// What was written.
    pub text: String,
    /// What it asks for.
    pub label: Label,
    /// The code of its language, `en`; empty where nobody said.
    pub language: String,
    /// What kind of mail it is; empty where nobody said.
    pub family: String,
    /// The amount asked for.
    pub amount: Option<Money>,
    /// Whether it asks for all.
    pub full: bool,
    /// The id or number the request is about, verbatim.
    pub reference: Option<String>,
    /// What else it asks for.
    pub also: Vec<Label>,
    /// What must on no account be done.
    pub must_not: Vec<Label>,
}

/// Hides what people wrote.
impl std::fmt::Debug for Labelled {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Labelled").field("id", &self.id).field("label", &self.label).finish_non_exhaustive()
    }
}

/// A line that is no labelled mail. It tells nothing of what the line says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {problem}")]
pub struct WrongLine {
    /// Its number, from one.
    pub line: usize,
    /// What is wrong with it, and what should stand there.
    pub problem: WrongField,
}

/// What is wrong with a line, and what should stand there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum WrongField {
    /// No JSON, or no object.
    #[error("write one JSON object, such as {{\"subject\": \"…\", \"body\": \"…\", \"label\": \"refund\"}}")]
    NoObject,
    /// Neither a body nor a text.
    #[error("write what the mail says as the string \"body\"")]
    Body,
    /// The subject is something else than text.
    #[error("write \"subject\" as a string, or leave it out")]
    Subject,
    /// No label, or none of the eight.
    #[error(
        "write as \"label\" one of invoice_lookup, subscription_status, payment_status, refund, payment_link, portal_link, \
         cancel_subscription, none"
    )]
    Label,
    /// No list of labels.
    #[error("write \"also\" and \"must_not\" as lists of labels, or leave them out")]
    Labels,
    /// Something else than a code or a short name.
    #[error("write \"lang\" as a code such as \"en\" and \"family\" as a short name, or leave them out")]
    Name,
    /// Something else than a name or a number.
    #[error("write \"id\" as a string in one line or a number, or leave it out")]
    Id,
    /// Particulars that are not as they should be.
    #[error(
        "write \"slots\" as {{\"amount_minor\": 4900, \"currency\": \"eur\", \"full\": true, \"reference\": \"…\"}} or parts of it, \
         with a currency wherever there is an amount"
    )]
    Slots,
}

/// The mails of JSON lines, and the lines that are none. Empty lines are passed over; fields that are not known, too.
pub fn read(lines: &[u8]) -> (Vec<Labelled>, Vec<WrongLine>) {
    let (mut mails, mut wrong) = (Vec::new(), Vec::new());
    let lines = lines.strip_prefix(BYTE_ORDER_MARK).unwrap_or(lines);
    for (bytes, line) in lines.split(|byte| *byte == b'\n').zip(1_usize..) {
        if bytes.iter().all(u8::is_ascii_whitespace) {
            continue;
        }
        match mail(bytes, line) {
            Ok(mail) => mails.push(mail),
            Err(problem) => wrong.push(WrongLine { line, problem }),
        }
    }
    (mails, wrong)
}

/// The mails of a situation, each with the label of all.
pub fn of_situation(situation: &Situation) -> impl Iterator<Item = Labelled> {
    situation.mails.iter().zip(1_usize..).map(|(mail, number)| Labelled {
        id: format!("{}/{number}", situation.name),
        subject: mail.subject.clone(),
        text: mail.text.clone(),
        label: situation.label,
        language: mail.language.as_str().to_owned(),
        family: situation.family.clone(),
        amount: mail.amount,
        full: mail.full,
        reference: mail.reference.clone(),
        also: mail.also.clone(),
        must_not: Vec::new(),
    })
}

type Fields = Map<String, Value>;

fn mail(bytes: &[u8], line: usize) -> Result<Labelled, WrongField> {
    let fields: Fields = serde_json::from_slice(bytes).map_err(|_not_shown| WrongField::NoObject)?;
    let empty = Fields::new();
    let slots = match fields.get("slots") {
        None | Some(Value::Null) => &empty,
        Some(slots) => slots.as_object().ok_or(WrongField::Slots)?,
    };
    let body = fields.get("body").or_else(|| fields.get("text"));
    Ok(Labelled {
        id: id(&fields, line)?,
        subject: text(&fields, "subject", WrongField::Subject)?.unwrap_or_default(),
        text: body.and_then(Value::as_str).ok_or(WrongField::Body)?.to_owned(),
        label: label(fields.get("label").unwrap_or(&Value::Null)).ok_or(WrongField::Label)?,
        language: name(&fields, "lang")?,
        family: name(&fields, "family")?,
        amount: amount(slots)?,
        full: full(slots)?,
        reference: text(slots, "reference", WrongField::Slots)?,
        also: labels(&fields, "also")?,
        must_not: labels(&fields, "must_not")?,
    })
}

fn id(fields: &Fields, line: usize) -> Result<String, WrongField> {
    match fields.get("id") {
        None | Some(Value::Null) => Ok(format!("line {line}")),
        Some(Value::String(id)) if !id.chars().any(char::is_control) => Ok(id.clone()),
        Some(Value::Number(id)) => Ok(id.to_string()),
        Some(Value::String(_) | Value::Bool(_) | Value::Array(_) | Value::Object(_)) => Err(WrongField::Id),
    }
}

fn text(fields: &Fields, field: &str, wrong: WrongField) -> Result<Option<String>, WrongField> {
    match fields.get(field) {
        None | Some(Value::Null) => Ok(None),
        Some(value) => value.as_str().map(|text| Some(text.to_owned())).ok_or(wrong),
    }
}

fn name(fields: &Fields, field: &str) -> Result<String, WrongField> {
    let name = text(fields, field, WrongField::Name)?.unwrap_or_default();
    let fits = name.len() <= NAME_AT_MOST && !name.chars().any(char::is_control);
    if fits { Ok(name) } else { Err(WrongField::Name) }
}

fn label(value: &Value) -> Option<Label> {
    value.as_str()?.parse().ok()
}

fn labels(fields: &Fields, field: &str) -> Result<Vec<Label>, WrongField> {
    match fields.get(field) {
        None | Some(Value::Null) => Ok(Vec::new()),
        Some(value) => {
            let labels = value.as_array().ok_or(WrongField::Labels)?;
            labels.iter().map(|each| label(each).ok_or(WrongField::Labels)).collect()
        }
    }
}

fn amount(slots: &Fields) -> Result<Option<Money>, WrongField> {
    let Some(minor) = slots.get("amount_minor").filter(|minor| !minor.is_null()) else { return Ok(None) };
    let minor = minor.as_i64().ok_or(WrongField::Slots)?;
    let currency = text(slots, "currency", WrongField::Slots)?.unwrap_or_default();
    let currency: Currency = currency.parse().map_err(|_not_three_letters| WrongField::Slots)?;
    Ok(Some(Money::new(minor, currency)))
}

fn full(slots: &Fields) -> Result<bool, WrongField> {
    match slots.get("full") {
        None | Some(Value::Null) => Ok(false),
        Some(full) => full.as_bool().ok_or(WrongField::Slots),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dataset::parse;

    #[test]
    fn a_line_may_leave_out_all_but_text_and_label() {
        let lines = br#"{"body": "Hello", "label": "none"}

            {"id": 7, "subject": "S", "text": "T", "label": "refund", "lang": "de", "family": "f", "also": ["portal_link"],
             "must_not": ["refund"], "slots": {"amount_minor": 4900, "currency": "EUR", "reference": "in_1"}, "note": 1}"#;
        let joined = String::from_utf8_lossy(lines).replace(",\n             ", ", ");
        let (mails, wrong) = read(joined.as_bytes());
        assert_eq!(wrong, []);
        let [short, long] = mails.as_slice() else { panic!("{}", mails.len()) };
        assert_eq!((short.id.as_str(), short.text.as_str(), short.label), ("line 1", "Hello", Label::None));
        assert_eq!((long.id.as_str(), long.language.as_str(), long.family.as_str()), ("7", "de", "f"));
        assert_eq!(long.amount, Some(Money::new(4900, Currency::EUR)));
        assert_eq!((long.also.len(), long.must_not.len(), long.reference.as_deref()), (1, 1, Some("in_1")));
    }

    #[test]
    fn every_wrong_line_is_told_with_what_should_stand_there_and_nothing_of_what_it_says() {
        let lines = [
            ("secret", WrongField::NoObject),
            ("[\"secret\"]", WrongField::NoObject),
            ("{\"label\": \"none\"}", WrongField::Body),
            ("{\"body\": \"\", \"label\": \"secret\"}", WrongField::Label),
            ("{\"body\": \"\", \"label\": \"none\", \"also\": \"refund\"}", WrongField::Labels),
            ("{\"body\": \"\", \"label\": \"none\", \"lang\": 3}", WrongField::Name),
            ("{\"body\": \"\", \"label\": \"none\", \"subject\": 3}", WrongField::Subject),
            ("{\"body\": \"\", \"label\": \"none\", \"id\": []}", WrongField::Id),
            ("{\"body\": \"\", \"label\": \"none\", \"id\": \"secret \\u001b[2J\"}", WrongField::Id),
            ("{\"body\": \"\", \"label\": \"none\", \"slots\": {\"amount_minor\": 3}}", WrongField::Slots),
        ];
        let joined: Vec<&str> = lines.iter().map(|(line, _)| *line).collect();
        let (mails, wrong) = read(joined.join("\n").as_bytes());
        assert_eq!(mails, []);
        let problems: Vec<WrongField> = wrong.iter().map(|wrong| wrong.problem).collect();
        assert_eq!(problems, lines.map(|(_, problem)| problem));
        assert!(wrong.iter().all(|wrong| !wrong.to_string().contains("secret")));
        assert!(wrong.first().unwrap().to_string().starts_with("line 1: write one JSON object"));
    }

    #[test]
    fn a_byte_order_mark_before_the_first_line_is_passed_over() {
        let (mails, wrong) = read("\u{feff}{\"body\": \"Hello\", \"label\": \"none\"}\n".as_bytes());
        assert_eq!((mails.len(), wrong), (1, Vec::new()));
    }

    #[test]
    fn mails_of_a_situation_carry_its_label_and_family() {
        let text = "=== a.b | refund | late\nWho.\n--- en | full\nSubject: S\nT\n--- de | ref in_1\nU\n";
        let situations = parse("x.txt", text).unwrap();
        let mails: Vec<Labelled> = situations.iter().flat_map(of_situation).collect();
        let [en, de] = mails.as_slice() else { panic!("{}", mails.len()) };
        assert_eq!((en.id.as_str(), en.subject.as_str(), en.full), ("a.b/1", "S", true));
        assert_eq!(
            (de.id.as_str(), de.language.as_str(), de.reference.as_deref()),
            ("a.b/2", "de", Some("in_1"))
        );
        assert!([en, de].iter().all(|mail| mail.family == "late" && mail.label.as_str() == "refund"));
    }

    #[test]
    fn a_mail_in_a_debug_line_shows_no_text() {
        let (mails, _) = read(br#"{"id": "a", "subject": "secret", "body": "secret", "label": "none"}"#);
        assert!(!format!("{mails:?}").contains("secret"));
    }
}
