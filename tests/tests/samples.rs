//! The sample mailbox against the built program: the demo does what `mailbox.toml` says, mail by mail.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result};
use serde::Deserialize;
use serde_json::Value;
use tests::{Finished, Postill};

const DEADLINE: Duration = Duration::from_mins(1);

/// `mailbox.toml`.
#[derive(Deserialize)]
struct Mailbox {
    mail: Vec<Expected>,
}

/// What becomes of one mail. What is left out is not decided by it.
#[derive(Deserialize)]
struct Expected {
    file: String,
    intent: String,
    #[serde(default)]
    also: Vec<String>,
    outcome: String,
    reason: Option<String>,
    language: String,
    assurance: Option<String>,
    automatic: Option<String>,
    refused: Option<String>,
    #[serde(default)]
    flags: Vec<String>,
    customer: Option<String>,
    candidates: Option<u32>,
    charge: Option<String>,
    subscription: Option<String>,
    invoice: Option<String>,
    refund_minor: Option<i64>,
    amount_minor: Option<i64>,
    currency: Option<String>,
}

impl Expected {
    /// Mail that a program wrote, or that names no sender, ends before anybody asks what it wants.
    const fn is_read_for_its_intent(&self) -> bool {
        self.automatic.is_none() && self.refused.is_none()
    }

    /// Whether the customer was looked for, so that a draft can name it.
    fn is_looked_up(&self) -> bool {
        !["ignored", "handoff", "no_customer"].contains(&self.outcome.as_str())
    }
}

/// A demo that ran to its end: the lines it printed, and the drafts.
struct Demo {
    lines: Vec<Value>,
    drafts: Vec<Value>,
}

fn repository() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn mailbox() -> Result<Vec<Expected>> {
    let text = std::fs::read_to_string(repository().join("crates/app/samples/mailbox.toml"))?;
    Ok(toml::from_str::<Mailbox>(&text)?.mail)
}

async fn demo() -> Result<Demo> {
    let folder = tempfile::tempdir()?;
    let dir = folder.path().join("demo");
    let arguments = ["demo".into(), "--json".into(), "--dir".into(), dir.clone().into_os_string()];
    let Finished { status, stdout, stderr } = Postill::with(arguments).finish(DEADLINE).await?;
    anyhow::ensure!(status.success(), "{stderr}");
    let drafts = std::fs::read_to_string(dir.join("drafts.jsonl"))?;
    Ok(Demo { lines: json_lines(&stdout)?, drafts: json_lines(&drafts)? })
}

fn json_lines(text: &str) -> Result<Vec<Value>> {
    text.lines().map(|line| Ok(serde_json::from_str(line)?)).collect()
}

fn text<'a>(value: &'a Value, pointer: &str) -> &'a str {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}

fn texts<'a>(value: &'a Value, pointer: &str, field: &str) -> Vec<&'a str> {
    let list = value.pointer(pointer).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    list.iter()
        .map(|item| if field.is_empty() { item.as_str().unwrap_or_default() } else { text(item, field) })
        .collect()
}

/// Every way in which a mail ended otherwise than is expected.
#[derive(Default)]
struct Differences(BTreeMap<String, Vec<String>>);

impl Differences {
    fn same(&mut self, mail: &str, what: &str, expected: &str, found: &str) {
        if expected != found {
            self.0
                .entry(mail.to_owned())
                .or_default()
                .push(format!("{what}: expected {expected:?}, found {found:?}"));
        }
    }

    fn holds(&mut self, mail: &str, what: &str, expected: &str, found: &[&str]) {
        if !found.contains(&expected) {
            self.0
                .entry(mail.to_owned())
                .or_default()
                .push(format!("{what}: {expected:?} is not in {found:?}"));
        }
    }

    #[track_caller]
    fn are_none(&self, of: usize) {
        let lines = self.0.iter().map(|(mail, all)| format!("{mail}: {}", all.join("; ")));
        let text: Vec<String> = lines.collect();
        assert!(text.is_empty(), "{} of {of} mails end otherwise:\n{}", text.len(), text.join("\n"));
    }
}

#[tokio::test]
async fn the_demo_does_what_the_mailbox_says() -> Result<()> {
    let (mailbox, demo) = (mailbox()?, demo().await?);
    assert_eq!((mailbox.len(), demo.lines.len(), demo.drafts.len()), (99, 99, 99));
    let mut differences = Differences::default();
    for ((expected, line), draft) in mailbox.iter().zip(&demo.lines).zip(&demo.drafts) {
        let mail = expected.file.trim_end_matches(".eml");
        differences.same(mail, "mail", mail, text(line, "/mail"));
        differences.same(mail, "outcome", &expected.outcome, text(line, "/outcome"));
        differences.same(mail, "outcome of the draft", &expected.outcome, text(draft, "/data/outcome"));
        if expected.is_read_for_its_intent() {
            differences.same(mail, "intent", &expected.intent, text(line, "/intent"));
        }
        if let Some(reason) = &expected.reason {
            differences.holds(mail, "reason", reason, &texts(draft, "/data/reasons", "/code"));
        }
    }
    differences.are_none(mailbox.len());
    Ok(())
}

#[tokio::test]
async fn the_drafts_of_the_demo_hold_what_the_mailbox_says() -> Result<()> {
    let (mailbox, demo) = (mailbox()?, demo().await?);
    let mut differences = Differences::default();
    for (expected, draft) in mailbox.iter().zip(&demo.drafts) {
        let mail = expected.file.trim_end_matches(".eml");
        sender_is_as_expected(&mut differences, mail, expected, draft);
        answer_is_as_expected(&mut differences, mail, expected, draft);
        action_is_as_expected(&mut differences, mail, expected, draft);
    }
    differences.are_none(mailbox.len());
    Ok(())
}

fn sender_is_as_expected(differences: &mut Differences, mail: &str, expected: &Expected, draft: &Value) {
    if let Some(assurance) = &expected.assurance {
        differences.same(mail, "assurance", assurance, text(draft, "/data/sender/assurance"));
    }
    if let Some(refused) = &expected.refused {
        differences.same(mail, "refused", refused, text(draft, "/data/sender/refused"));
    }
    for flag in &expected.flags {
        differences.holds(mail, "flags", flag, &texts(draft, "/data/sender/flags", ""));
    }
}

fn answer_is_as_expected(differences: &mut Differences, mail: &str, expected: &Expected, draft: &Value) {
    if expected.is_read_for_its_intent() && expected.outcome != "ignored" {
        differences.same(mail, "language", &expected.language, text(draft, "/data/reply/language"));
        let asked = texts(draft, "/data/intents", "/label");
        for also in &expected.also {
            differences.holds(mail, "intents", also, &asked);
        }
    }
    if let Some(customer) = expected.customer.as_ref().filter(|_| expected.is_looked_up()) {
        differences.same(mail, "customer", customer, text(draft, "/data/customer/id"));
    }
    if let Some(candidates) = expected.candidates {
        let found = draft.pointer("/data/customer/candidates").map(Value::to_string).unwrap_or_default();
        differences.same(mail, "candidates", &candidates.to_string(), &found);
    }
    if let Some(invoice) = &expected.invoice {
        differences.holds(mail, "facts", invoice, &texts(draft, "/data/facts", "/object"));
    }
}

fn action_is_as_expected(differences: &mut Differences, mail: &str, expected: &Expected, draft: &Value) {
    let targets = texts(draft, "/data/actions", "/target");
    let is_aimed_at_something = ["action_taken", "needs_approval"].contains(&expected.outcome.as_str());
    let target = expected.charge.as_ref().or(expected.subscription.as_ref());
    if let Some(target) = target.filter(|_| is_aimed_at_something) {
        differences.holds(mail, "actions", target, &targets);
    }
    let amount = expected.refund_minor.or(expected.amount_minor);
    let currency = expected.currency.as_deref().unwrap_or_default();
    if let Some(minor) = amount {
        let found = draft.pointer("/data/actions/0/amount/minor").map(Value::to_string).unwrap_or_default();
        differences.same(mail, "amount", &minor.to_string(), &found);
        differences.same(mail, "currency", currency, text(draft, "/data/actions/0/amount/currency"));
    }
}

#[tokio::test]
async fn every_draft_of_the_demo_is_valid_against_its_schema() -> Result<()> {
    let path = repository().join("deploy/schemas/postill.draft_context.v1.json");
    let schema: Value = serde_json::from_str(&std::fs::read_to_string(path)?)?;
    let validator = jsonschema::validator_for(&schema)?;
    for draft in demo().await?.drafts {
        let wrong: Vec<String> = validator.iter_errors(&draft).map(|error| error.to_string()).collect();
        assert!(wrong.is_empty(), "{}: {wrong:?}", text(&draft, "/data/in_reply_to/message_id"));
    }
    Ok(())
}

#[tokio::test]
async fn every_sample_mail_has_its_entry_and_no_entry_is_without_mail() -> Result<()> {
    let folder = repository().join("crates/app/samples/mail");
    let mut files: Vec<String> = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        files.push(entry?.file_name().into_string().ok().context("a name in UTF-8")?);
    }
    files.sort();
    let mut entries: Vec<String> = mailbox()?.into_iter().map(|mail| mail.file).collect();
    entries.sort();
    assert_eq!(files, entries);
    Ok(())
}
