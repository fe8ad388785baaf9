//! Reads one file of situations, line by line; whatever is not understood is refused with its line.

use domain::{Currency, Label, Language, Money};

use super::{DatasetError, Situation, Written, marks};

/// What is wrong with a line, and what should stand there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// Something stands before the first situation.
    #[error("begin with a line `=== name | label | family`")]
    BeforeFirst,
    /// The line of a situation lacks one of its three parts.
    #[error("write `=== name | label | family`")]
    Heading,
    /// No such label.
    #[error("the label is none of the eight; the guide lists them")]
    Label,
    /// Nobody is told about.
    #[error("tell in the line after `===` who writes, why and in which tone")]
    Untold,
    /// Not one of the seven languages.
    #[error("begin what stands behind `---` with one of en de fr es it pt nl")]
    Language,
    /// Something else than the four particulars.
    #[error(
        "after the language write `amount 49.00 EUR`, `full`, `ref ID` or `also LABEL LABEL`, with ` | ` between them"
    )]
    Particular,
    /// A mark around words that ask is not closed, or holds nothing.
    #[error(
        "the mail that ends before this line has a mark that is none: write `[[words]]` or `[[also:LABEL|words]]`"
    )]
    Mark,
    /// A mail without text.
    #[error("the mail that ends before this line has no text; write one or take its `---` out")]
    NoText,
    /// A situation without mails.
    #[error("the situation that ends before this line has no mail; add one with `--- en`")]
    NoMail,
}

/// The situations of one file. `file` is what errors call it.
pub fn parse(file: &str, text: &str) -> Result<Vec<Situation>, DatasetError> {
    let mut reading = Reading::default();
    let mut last = 0;
    for (line, number) in text.lines().zip(1_usize..) {
        last = number;
        let wrong = |problem| DatasetError::Wrong { file: file.to_owned(), line: number, problem };
        reading.line(line.trim_end()).map_err(wrong)?;
    }
    let wrong = |problem| DatasetError::Wrong { file: file.to_owned(), line: last + 1, problem };
    reading.end_situation().map_err(wrong)?;
    Ok(reading.done)
}

#[derive(Default)]
struct Reading {
    done: Vec<Situation>,
    situation: Option<Situation>,
    mail: Option<Written>,
}

impl Reading {
    fn line(&mut self, line: &str) -> Result<(), Problem> {
        if let Some(heading) = line.strip_prefix("===") {
            self.end_situation()?;
            self.situation = Some(heading_of(heading)?);
        } else if let Some(particulars) = line.strip_prefix("---").filter(|rest| opens_mail(rest)) {
            self.end_mail()?;
            let situation = self.situation.as_ref().ok_or(Problem::BeforeFirst)?;
            if situation.told.is_empty() {
                return Err(Problem::Untold);
            }
            self.mail = Some(opened(particulars)?);
        } else if let Some(mail) = &mut self.mail {
            write(mail, line);
        } else if let Some(situation) = &mut self.situation {
            tell(situation, line);
        } else if !line.trim().is_empty() {
            return Err(Problem::BeforeFirst);
        }
        Ok(())
    }

    fn end_mail(&mut self) -> Result<(), Problem> {
        let Some(mut mail) = self.mail.take() else { return Ok(()) };
        let empty = mail.text.trim().is_empty() && mail.subject.is_empty();
        let Some(situation) = self.situation.as_mut().filter(|_| !empty) else { return Err(Problem::NoText) };
        (mail.text, mail.asked) = marks::strip(mail.text.trim_matches('\n'), situation.label)?;
        let (subject, _asked) = marks::strip(&mail.subject, situation.label)?;
        situation.mails.push(Written { subject, ..mail });
        Ok(())
    }

    fn end_situation(&mut self) -> Result<(), Problem> {
        self.end_mail()?;
        let Some(situation) = self.situation.take() else { return Ok(()) };
        if situation.mails.is_empty() {
            return Err(Problem::NoMail);
        }
        self.done.push(situation);
        Ok(())
    }
}

/// Three dashes may also be a line of a mail: only a language behind them opens one, or what is meant as one.
fn opens_mail(rest: &str) -> bool {
    let first = rest.trim_start().split([' ', '|']).next().unwrap_or_default();
    rest.starts_with(' ') && first.len() == 2 && first.bytes().all(|byte| byte.is_ascii_lowercase())
}

fn heading_of(heading: &str) -> Result<Situation, Problem> {
    let parts: Vec<&str> = heading.split(" | ").map(str::trim).collect();
    let [name, label, family] = parts.as_slice() else { return Err(Problem::Heading) };
    if name.is_empty() || family.is_empty() {
        return Err(Problem::Heading);
    }
    Ok(Situation {
        name: (*name).to_owned(),
        label: label.parse().map_err(|_unknown| Problem::Label)?,
        family: (*family).to_owned(),
        told: String::new(),
        mails: Vec::new(),
    })
}

fn opened(particulars: &str) -> Result<Written, Problem> {
    let mut parts = particulars.split(" | ").map(str::trim);
    let language = parts.next().unwrap_or_default();
    let language = Language::ALL.into_iter().find(|known| known.as_str() == language);
    let mut mail = Written {
        language: language.ok_or(Problem::Language)?,
        subject: String::new(),
        text: String::new(),
        asked: Vec::new(),
        amount: None,
        full: false,
        reference: None,
        also: Vec::new(),
    };
    for part in parts {
        particular(&mut mail, part)?;
    }
    Ok(mail)
}

fn particular(mail: &mut Written, part: &str) -> Result<(), Problem> {
    match part.split_once(' ') {
        None if part == "full" => mail.full = true,
        Some(("amount", amount)) => mail.amount = Some(money(amount).ok_or(Problem::Particular)?),
        Some(("ref", reference)) => mail.reference = Some(reference.trim().to_owned()),
        Some(("also", labels)) => {
            let labels: Result<Vec<Label>, _> = labels.split_whitespace().map(str::parse).collect();
            mail.also = labels.map_err(|_unknown| Problem::Label)?;
        }
        None | Some(_) => return Err(Problem::Particular),
    }
    Ok(())
}

/// `49.00 EUR`.
fn money(text: &str) -> Option<Money> {
    let (number, currency) = text.trim().split_once(' ')?;
    let currency: Currency = currency.trim().to_lowercase().parse().ok()?;
    let (whole, decimals) = number.split_once('.').unwrap_or((number, ""));
    let digits: i64 = format!("{whole}{decimals}").parse().ok()?;
    Money::from_digits(digits, u8::try_from(decimals.len()).ok()?, currency)
}

fn tell(situation: &mut Situation, line: &str) {
    if !situation.told.is_empty() && !line.is_empty() {
        situation.told.push(' ');
    }
    situation.told.push_str(line);
}

/// A subject stands in the first line; everything else is text.
fn write(mail: &mut Written, line: &str) {
    let first = mail.text.is_empty() && mail.subject.is_empty();
    match line.strip_prefix("Subject:").filter(|_| first) {
        Some(subject) => subject.trim().clone_into(&mut mail.subject),
        None if mail.text.is_empty() && line.is_empty() => {}
        None => {
            mail.text.push_str(line);
            mail.text.push('\n');
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TWO: &str = "=== refund.seat | refund | duplicate_charge\nEvent photographer; friendly.\n\n--- en\nSubject: charged twice??\nHiya\n\nta, Mel\n\n\
        --- de | amount 49.00 EUR | ref ABCD1234-0007 | also invoice_lookup | full\nGuten Tag\n---\nMel\n\n=== none.thanks | none | thanks\nWho.\n--- fr\nMerci\n";

    #[test]
    fn a_file_is_read_as_the_guide_says() {
        let read = parse("two.txt", TWO).unwrap();
        let [refund, none] = read.as_slice() else { panic!("{}", read.len()) };
        assert_eq!((refund.name.as_str(), refund.family.as_str()), ("refund.seat", "duplicate_charge"));
        assert_eq!(refund.told, "Event photographer; friendly.");
        let [en, de] = refund.mails.as_slice() else { panic!("{}", refund.mails.len()) };
        assert_eq!((en.subject.as_str(), en.text.as_str()), ("charged twice??", "Hiya\n\nta, Mel"));
        assert_eq!((de.subject.as_str(), de.text.as_str()), ("", "Guten Tag\n---\nMel"));
        assert_eq!(de.amount, Some(Money::new(4900, Currency::EUR)));
        assert_eq!(de.reference.as_deref(), Some("ABCD1234-0007"));
        assert!(de.full && !en.full);
        assert_eq!(de.also, ["invoice_lookup".parse().unwrap()]);
        assert_eq!((none.label, none.mails.len()), (Label::None, 1));
    }

    #[track_caller]
    fn refused(text: &str, line: usize, problem: Problem) {
        let error = parse("x.txt", text).unwrap_err().to_string();
        assert_eq!(error, format!("x.txt line {line}: {problem}"));
    }

    #[test]
    fn a_wrong_line_is_named_with_what_should_stand_there() {
        refused("hello\n", 1, Problem::BeforeFirst);
        refused("=== a | refund\n", 1, Problem::Heading);
        refused("=== a | refunds | x\n", 1, Problem::Label);
        refused("=== a | refund | x\n--- en\nHi\n", 2, Problem::Untold);
        refused("=== a | refund | x\nWho.\n--- pl\nHi\n", 3, Problem::Language);
        refused("=== a | refund | x\nWho.\n--- en | sum 4\nHi\n", 3, Problem::Particular);
        refused("=== a | refund | x\nWho.\n--- en | amount 4,00 EUR\nHi\n", 3, Problem::Particular);
        refused("=== a | refund | x\nWho.\n--- en\n\n--- de\nHi\n", 5, Problem::NoText);
        refused("=== a | refund | x\nWho.\n=== b | none | x\n", 3, Problem::NoMail);
    }
}
