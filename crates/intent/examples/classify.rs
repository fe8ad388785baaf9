//! Reads JSON lines `{id, subject, body}` on stdin and writes what each asks for, as JSON lines.

use std::io::{self, BufRead, Write};

use domain::intent::{CurrencyAsked, Disposition};
use domain::{Reference, Understanding};
use intent::Text;
use serde::Deserialize;
use serde_json::{Value, json};

#[derive(Deserialize)]
struct Line {
    id: String,
    #[serde(default)]
    subject: String,
    #[serde(alias = "text")]
    body: String,
}

fn main() -> anyhow::Result<()> {
    let mut out = io::stdout().lock();
    for line in io::stdin().lock().lines() {
        let line: Line = serde_json::from_str(&line?)?;
        let read = intent::classify(Text { subject: &line.subject, written: &line.body, cut: "" });
        writeln!(out, "{}", rendered(&line.id, &read))?;
    }
    Ok(())
}

fn rendered(id: &str, read: &Understanding) -> Value {
    json!({
        "id": id,
        "label": read.intent.label,
        "confidence": read.intent.confidence,
        "abstain": read.disposition == Disposition::Person,
        "why": read.abstention,
        "slots": slots(read),
        "also": read.also.iter().map(|intent| intent.label).collect::<Vec<_>>(),
        "evidence": read.intent.evidence.iter().map(|span| &span.text).collect::<Vec<_>>(),
        "language": read.language,
    })
}

fn slots(read: &Understanding) -> Value {
    let currency = read.slots.amount.as_ref().and_then(|amount| match amount.currency {
        CurrencyAsked::Known(currency) => Some(currency),
        CurrencyAsked::Dollar => "usd".parse().ok(),
        CurrencyAsked::Unsaid => None,
    });
    let money = currency.and_then(|currency| read.slots.amount.as_ref()?.in_currency(currency));
    json!({
        "amount_minor": money.map(|money| money.minor),
        "currency": money.map(|money| money.currency),
        "full": read.slots.full,
        "unclear": read.slots.unclear_amount.as_ref().map(|span| &span.text),
        "reference": read.slots.references.first().map(Reference::as_str),
        "card": read.slots.card_last4,
    })
}
