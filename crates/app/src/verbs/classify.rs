//! `postill classify`: JSON lines `{id, subject, body}` in, JSON lines `{id, label, confidence, abstain, slots, also}` out.

use std::io::BufRead;
use std::process::ExitCode;

use domain::intent::Disposition;
use domain::{Currency, Slots, Understanding};
use intent::{Classifier, Text};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{complaint, terminal};

#[derive(Deserialize)]
struct Question {
    id: Value,
    #[serde(default)]
    subject: String,
    #[serde(default)]
    body: String,
}

#[derive(Serialize)]
struct Classified {
    id: Value,
    label: &'static str,
    confidence: domain::Confidence,
    abstain: bool,
    slots: ClassifiedSlots,
    also: Vec<&'static str>,
}

#[derive(Serialize)]
struct ClassifiedSlots {
    #[serde(skip_serializing_if = "Option::is_none")]
    amount_minor: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    currency: Option<Currency>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    full: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    reference: Option<String>,
}

/// A line that cannot be read.
#[derive(Serialize)]
struct Unreadable {
    id: Value,
    error: String,
}

pub(super) fn run(classifier: &Classifier) -> anyhow::Result<ExitCode> {
    let mut code = ExitCode::SUCCESS;
    for (line, number) in std::io::stdin().lock().split(b'\n').zip(1_u64..) {
        let line = line?;
        if line.iter().all(u8::is_ascii_whitespace) {
            continue;
        }
        let answer = match answer(classifier, &line) {
            Ok(classified) => serde_json::to_string(&classified)?,
            Err(error) => {
                code = ExitCode::from(complaint::DATA);
                let error = format!("line {number} is not {{id, subject, body}}: {error}");
                serde_json::to_string(&Unreadable { id: id_of(&line), error })?
            }
        };
        terminal::result(&answer)?;
    }
    Ok(code)
}

/// Reads the body as a worker does: quoted history, signature and disclaimer apart.
fn answer(classifier: &Classifier, line: &[u8]) -> Result<Classified, serde_json::Error> {
    let question: Question = serde_json::from_slice(line)?;
    let parts = mail::cut_quotes(&question.body);
    let text = Text { subject: &question.subject, written: &parts.written, cut: &parts.cut };
    Ok(classified(question.id, &classifier.classify(text)))
}

/// The id of a line that is JSON and wrong in another part.
fn id_of(line: &[u8]) -> Value {
    let value = serde_json::from_slice::<Value>(line).unwrap_or_default();
    value.get("id").cloned().unwrap_or_default()
}

fn classified(id: Value, understanding: &Understanding) -> Classified {
    Classified {
        id,
        label: understanding.intent.label.as_str(),
        confidence: understanding.intent.confidence,
        abstain: understanding.disposition == Disposition::Person,
        slots: slots(&understanding.slots),
        also: understanding.also.iter().map(|intent| intent.label.as_str()).collect(),
    }
}

/// A bare `$` is the account's dollar; without an account it is told as the United States'.
fn slots(slots: &Slots) -> ClassifiedSlots {
    let money = slots.amount.as_ref().and_then(|amount| amount.told(Currency::USD));
    ClassifiedSlots {
        amount_minor: money.map(|money| money.minor),
        currency: money.map(|money| money.currency),
        full: slots.full,
        reference: slots.references.first().map(|reference| reference.as_str().to_owned()),
    }
}
