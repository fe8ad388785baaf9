//! How actions are shown. Not with everything the ledger holds of them: facts about the customer, cards and links that open a
//! session are left out.

use domain::action::{ActionState, StoredAction};
use domain::{Clock, Money, SystemClock, Timestamp};
use serde_json::{Map, Value, json};
use store::{ActionLine, AuditEntry, NewAuditEntry};

use crate::terminal::{self, BAD, Cell, FAINT, GOOD, PLAIN, STRONG, Style, WARN, amount, moment, styled};

/// What is shown of the frozen request.
const OF_REQUEST: [&str; 7] =
    ["write", "charge", "amount", "charged_at", "subscription", "period_end", "customer"];
/// What is shown of the result: of what was made, of a refusal, of a person's word.
const OF_RESULT: [&str; 12] = [
    "effect",
    "refund",
    "progress",
    "issued",
    "subscription",
    "on",
    "link",
    "session",
    "request_id",
    "code",
    "text",
    "by_hand",
];

/// Enough to tell actions apart, and to name one: the whole id would break in every terminal.
const SHOWN_OF_ID: usize = 16;
/// What the trail repeats of the action itself.
const SAID_ABOVE: [&str; 6] = ["amount", "approval", "customer", "function", "mail", "target"];

const HOW_TO_SETTLE: &str = "
`postill actions show ID` says what is known; after a look into Stripe's dashboard:
  postill actions settle ID --done re_… --reason TEXT
  postill actions settle ID --not-done --reason TEXT";

/// A table, the newest first.
pub(super) fn list(lines: &[ActionLine], unsettled: bool) -> anyhow::Result<()> {
    if lines.is_empty() {
        let text =
            if unsettled { "every action has a known outcome" } else { "nothing was done at Stripe yet" };
        return Ok(terminal::note(&styled(GOOD, text))?);
    }
    let now = SystemClock.now();
    let rows: Vec<Vec<Cell>> = lines.iter().map(|line| row(line, now)).collect();
    let heading = ["action", "workspace", "what", "amount", "of", "begun", "state", "next"];
    terminal::result_table(&heading, &rows)?;
    if lines.iter().any(|line| line.action.state == ActionState::Unknown) {
        terminal::note(HOW_TO_SETTLE)?;
    }
    Ok(())
}

fn row(line: &ActionLine, now: Timestamp) -> Vec<Cell> {
    let action = &line.action;
    vec![
        Cell::plain(action.id.as_str().get(..SHOWN_OF_ID).unwrap_or_default()),
        Cell::plain(action.workspace.as_str()),
        Cell::plain(action.function.as_str()),
        Cell::plain(action.amount.map_or_else(|| "-".to_owned(), amount)),
        Cell::new(&action.target, FAINT),
        Cell::plain(moment(line.intended_at, now)),
        Cell::new(action.state.as_str(), style_of(action.state)),
        Cell::plain(next(line, now)),
    ]
}

/// What came of it, or who has to do what.
pub(in crate::verbs) fn next(line: &ActionLine, now: Timestamp) -> String {
    let action = &line.action;
    let nothing = || "-".to_owned();
    match action.state {
        ActionState::Intended => "not sent yet; a worker goes on with it".to_owned(),
        ActionState::Sent => "a worker waits for Stripe's answer".to_owned(),
        ActionState::Unknown => match line.looked_at_next {
            Some(at) => format!("a worker looks again {}", moment(at, now)),
            None => "a person looks at Stripe and settles it".to_owned(),
        },
        ActionState::Done | ActionState::Reconciled => object_of(action).unwrap_or_else(nothing),
        ActionState::Refused => reason_of(action).unwrap_or_else(nothing),
    }
}

/// Everything known about one that is nobody's personal business.
pub(super) fn one(line: &ActionLine, trail: &[AuditEntry]) -> anyhow::Result<()> {
    let now = SystemClock.now();
    let mut rows = about(line, now);
    let mut add = |sign: &str, fields: Map<String, Value>| {
        for (name, value) in fields {
            rows.push(vec![Cell::new(format!("{sign} {name}"), FAINT), Cell::plain(text_of(&value))]);
        }
    };
    add("asked:", request_of(&line.action));
    add("answer:", result_of(&line.action));
    terminal::result_table(&[], &rows)?;
    terminal::result(&styled(STRONG, "\naudit trail"))?;
    let rows: Vec<Vec<Cell>> = trail.iter().rev().map(|entry| trail_row(entry, now)).collect();
    Ok(terminal::result_table(&[], &rows)?)
}

fn about(line: &ActionLine, now: Timestamp) -> Vec<Vec<Cell>> {
    let action = &line.action;
    let at = |time: Timestamp| format!("{}  {time:.0}", moment(time, now));
    let allowed_by = action.approval.as_ref().map_or_else(|| "the policy".to_owned(), ToString::to_string);
    let style = style_of(action.state);
    let rows: [(&str, Option<String>, Style); 12] = [
        ("action", Some(action.id.to_string()), PLAIN),
        ("state", Some(action.state.as_str().to_owned()), style),
        ("outcome", Some(next(line, now)), PLAIN),
        ("what", Some(format!("{} ({})", action.function.title(), action.function)), PLAIN),
        ("amount", action.amount.map(amount), PLAIN),
        ("of", Some(action.target.clone()), PLAIN),
        ("customer", action.customer.as_ref().map(ToString::to_string), PLAIN),
        ("workspace", Some(action.workspace.to_string()), PLAIN),
        ("allowed by", Some(allowed_by), PLAIN),
        ("begun", Some(at(line.intended_at)), PLAIN),
        ("sent", action.sent_at.map(at), PLAIN),
        ("settled", line.settled_at.map(at), PLAIN),
    ];
    let row = |(name, text, style): (&str, Option<String>, Style)| {
        Some(vec![Cell::new(name, STRONG), Cell::new(text?, style)])
    };
    let mail = vec![Cell::new("mail", STRONG), Cell::new(action.fingerprint.to_string(), FAINT)];
    rows.into_iter().filter_map(row).chain([mail]).collect()
}

fn trail_row(entry: &AuditEntry, now: Timestamp) -> Vec<Cell> {
    let detail = &entry.entry.detail;
    let news = |(name, value): (&String, &Value)| {
        let is_news = !value.is_null() && !SAID_ABOVE.contains(&name.as_str());
        is_news.then(|| format!("{name} {}", text_of(value)))
    };
    let detail: Vec<String> =
        shown(detail).as_object().map(|fields| fields.iter().filter_map(news).collect()).unwrap_or_default();
    vec![
        Cell::new(moment(entry.at, now), FAINT),
        Cell::plain(&entry.entry.event),
        Cell::plain(&entry.entry.actor),
        Cell::new(detail.join(", "), FAINT),
    ]
}

/// For programs.
pub(super) fn json(line: &ActionLine) -> Value {
    let action = &line.action;
    json!({
        "id": action.id,
        "workspace": action.workspace,
        "run": action.run,
        "mail": action.fingerprint,
        "function": action.function,
        "target": action.target,
        "customer": action.customer,
        "amount": action.amount,
        "approval": action.approval,
        "state": action.state,
        "intended_at": line.intended_at,
        "sent_at": action.sent_at,
        "settled_at": line.settled_at,
        "looked_at_next": line.looked_at_next,
        "request": request_of(action),
        "result": result_of(action),
    })
}

pub(super) fn json_with_trail(line: &ActionLine, trail: &[AuditEntry]) -> Value {
    let entry = |entry: &AuditEntry| {
        let NewAuditEntry { actor, event, detail, .. } = &entry.entry;
        json!({ "at": entry.at, "actor": actor, "event": event, "detail": shown(detail) })
    };
    let mut document = json(line);
    if let Some(fields) = document.as_object_mut() {
        fields.insert("audit".to_owned(), trail.iter().rev().map(entry).collect());
    }
    document
}

fn request_of(action: &StoredAction) -> Map<String, Value> {
    action.parameters.get("request").map(|request| only(request, &OF_REQUEST)).unwrap_or_default()
}

fn result_of(action: &StoredAction) -> Map<String, Value> {
    action.result.as_ref().map(|result| only(result, &OF_RESULT)).unwrap_or_default()
}

/// The properties that are listed and there.
fn only(document: &Value, listed: &[&str]) -> Map<String, Value> {
    let field = |name: &&str| {
        let value = document.get(*name).filter(|value| !value.is_null())?;
        Some(((*name).to_owned(), value.clone()))
    };
    listed.iter().filter_map(field).collect()
}

/// The result stands in the trail as in the action.
fn shown(detail: &Value) -> Value {
    let mut detail = detail.clone();
    if let Some(result) = detail.get_mut("result") {
        *result = only(result, &OF_RESULT).into();
    }
    detail
}

fn object_of(action: &StoredAction) -> Option<String> {
    let result = action.result.as_ref()?;
    let made = ["refund", "subscription", "link", "session"].iter().find_map(|name| result.get(name));
    Some(made.or_else(|| result.pointer("/by_hand/object"))?.as_str()?.to_owned())
}

fn reason_of(action: &StoredAction) -> Option<String> {
    Some(action.result.as_ref()?.get("text")?.as_str()?.to_owned())
}

fn text_of(value: &Value) -> String {
    if let Ok(money) = serde_json::from_value::<Money>(value.clone()) {
        return amount(money);
    }
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

const fn style_of(state: ActionState) -> Style {
    match state {
        ActionState::Done | ActionState::Reconciled => GOOD,
        ActionState::Refused => FAINT,
        ActionState::Intended | ActionState::Sent => WARN,
        ActionState::Unknown => BAD,
    }
}
