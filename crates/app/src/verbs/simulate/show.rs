//! A draft context as a person reads it.

use domain::draft::{ActionReport, CustomerMatch, DraftContext, DraftEvent, Fact, Link, ReportedState};
use domain::{Intent, Outcome};

use crate::terminal::{self, BAD, Cell, FAINT, GOOD, STRONG, Style, WARN, styled};

pub(super) fn show(event: &DraftEvent) -> anyhow::Result<()> {
    let data = &event.data;
    understood(&data.intents)?;
    if let Some(model) = &data.versions.language_model {
        terminal::result(&format!(
            "    {}",
            styled(FAINT, &format!("read by {model}, where the classifier was not sure"))
        ))?;
    }
    sender(data)?;
    facts(&data.facts)?;
    data.actions.iter().try_for_each(action)?;
    links(&data.links)?;
    outcome(data)?;
    reply(data)?;
    terminal::note(&styled(FAINT, "\nNothing was changed. --json prints the whole draft context."))?;
    Ok(())
}

/// What was asked, with the words that say so; the first is the call that was made.
fn understood(intents: &[Intent]) -> anyhow::Result<()> {
    heading("Call")?;
    for intent in intents {
        let confidence = f64::from(intent.confidence.permille()) / 1000.0;
        let title = intent.label.function().map_or("asks for nothing postill does", domain::Function::title);
        terminal::result(&format!(
            "  {}  {title}  {}",
            styled(STRONG, intent.label.as_str()),
            styled(FAINT, &format!("confidence {confidence:.2}"))
        ))?;
        let mut told: Vec<&str> = Vec::new();
        for span in &intent.evidence {
            let text = span.text.trim();
            if !told.iter().any(|longer| longer.contains(text)) {
                terminal::result(&format!("    {}", styled(FAINT, &format!("“{text}”"))))?;
                told.push(text);
            }
        }
    }
    Ok(())
}

fn sender(data: &DraftContext) -> anyhow::Result<()> {
    heading("Sender")?;
    let address = data.sender.address.as_ref().map_or("none", domain::EmailAddress::as_str);
    terminal::result(&format!("  {address}  {}", styled(FAINT, data.sender.assurance.as_str())))?;
    data.customer.as_ref().map_or(Ok(()), customer)
}

fn customer(customer: &CustomerMatch) -> anyhow::Result<()> {
    let others = match customer.candidates {
        0 | 1 => String::new(),
        several => format!("  one of {several} with this address"),
    };
    terminal::result(&format!("  {}{others}  {}", customer.id, styled(FAINT, &customer.dashboard_url)))?;
    Ok(())
}

/// Each Stripe object once, with the request that read it, and its fields below.
fn facts(facts: &[Fact]) -> anyhow::Result<()> {
    if facts.is_empty() {
        return Ok(());
    }
    heading("Facts")?;
    for object in facts.chunk_by(|one, next| one.object == next.object && one.request_id == next.request_id) {
        let Some(first) = object.first() else { continue };
        let request = first.request_id.as_deref().unwrap_or_default();
        terminal::result(&format!("  {}  {}", styled(STRONG, &first.object), styled(FAINT, request)))?;
        let rows: Vec<Vec<Cell>> = object
            .iter()
            .map(|fact| vec![Cell::plain(format!("    {}", fact.field)), Cell::plain(&fact.rendered)])
            .collect();
        terminal::result_table(&[], &rows)?;
    }
    Ok(())
}

fn action(action: &ActionReport) -> anyhow::Result<()> {
    heading("Action")?;
    let (word, style) = match action.state {
        ReportedState::WouldDo => ("would be done", GOOD),
        ReportedState::NeedsApproval => ("waits for a person", WARN),
        ReportedState::Refused => ("refused", BAD),
        ReportedState::Done => ("done", GOOD),
        ReportedState::Unknown => ("unknown", WARN),
    };
    let amount = action.amount.map(|amount| format!(" {amount}")).unwrap_or_default();
    terminal::result(&format!(
        "  {}{amount} on {}: {}",
        action.function,
        action.target,
        styled(style, word)
    ))?;
    let rows: Vec<Vec<Cell>> = action
        .policy
        .iter()
        .map(|line| vec![Cell::plain(format!("    {}", line.rule)), Cell::new(&line.text, FAINT)])
        .collect();
    terminal::result_table(&[], &rows)?;
    Ok(())
}

fn links(links: &[Link]) -> anyhow::Result<()> {
    if !links.is_empty() {
        heading("Links")?;
    }
    for link in links {
        terminal::result(&format!("  {}", link.url))?;
    }
    Ok(())
}

fn outcome(data: &DraftContext) -> anyhow::Result<()> {
    heading("Outcome")?;
    terminal::result(&format!("  {}", styled(style_of(data.outcome), data.outcome.as_str())))?;
    for reason in &data.reasons {
        terminal::result(&format!("  {}", reason.text))?;
    }
    Ok(())
}

fn reply(data: &DraftContext) -> anyhow::Result<()> {
    if data.reply.text.is_empty() {
        return Ok(());
    }
    heading("Suggested reply")?;
    for line in data.reply.text.lines() {
        terminal::result(format!("  {line}").trim_end())?;
    }
    Ok(())
}

/// The colour of an outcome: done, for a person, nothing to do, wrong.
pub(in crate::verbs) const fn style_of(outcome: Outcome) -> Style {
    match outcome {
        Outcome::Answered | Outcome::ActionTaken => GOOD,
        Outcome::Ignored => FAINT,
        Outcome::NeedsApproval
        | Outcome::NeedsClarification
        | Outcome::NeedsVerification
        | Outcome::NoCustomer
        | Outcome::Handoff => WARN,
        Outcome::Failed => BAD,
    }
}

fn heading(text: &str) -> anyhow::Result<()> {
    terminal::result(&format!("\n{}", styled(STRONG, text)))?;
    Ok(())
}
