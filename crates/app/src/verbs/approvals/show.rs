//! How approvals are shown.

use domain::approval::ApprovalState;
use domain::{Clock, StoredApproval, SystemClock, Timestamp};
use serde_json::{Value, json};
use store::ActionLine;

use crate::terminal::{self, BAD, Cell, FAINT, GOOD, PLAIN, STRONG, Style, WARN, amount, moment, styled};
use crate::verbs::actions;

/// A table, the longest waiting first.
pub(super) fn list(approvals: &[StoredApproval]) -> anyhow::Result<()> {
    if approvals.is_empty() {
        return Ok(terminal::note(&styled(GOOD, "nothing waits for a person"))?);
    }
    let now = SystemClock.now();
    let rows: Vec<Vec<Cell>> = approvals.iter().map(|approval| row(approval, now)).collect();
    let heading = ["approval", "workspace", "what", "amount", "of", "asked", "decide", "next"];
    terminal::result_table(&heading, &rows)?;
    if approvals.iter().any(|approval| approval.state == ApprovalState::Waiting) {
        terminal::note(
            "\n`postill approvals show ID` says more; `approve ID`, perhaps with --amount 20.00, or `reject ID --reason TEXT`",
        )?;
    }
    Ok(())
}

fn row(approval: &StoredApproval, now: Timestamp) -> Vec<Cell> {
    let is_open = approval.state == ApprovalState::Waiting;
    let until = if is_open { moment(approval.expires_at, now) } else { "-".to_owned() };
    vec![
        Cell::plain(approval.id.as_str()),
        Cell::plain(approval.workspace.as_str()),
        Cell::plain(approval.function.as_str()),
        Cell::plain(approval.amount.map_or_else(|| "-".to_owned(), amount)),
        Cell::new(&approval.target, FAINT),
        Cell::plain(moment(approval.requested_at, now)),
        Cell::plain(until),
        Cell::new(next(approval), style_of(approval.state)),
    ]
}

/// Who has to do what.
fn next(approval: &StoredApproval) -> String {
    match (approval.state, approval.votes.as_slice()) {
        (ApprovalState::Waiting, []) if approval.persons > 1 => {
            format!("{} people approve, or one rejects", approval.persons)
        }
        (ApprovalState::Waiting, []) => "one person approves or rejects".to_owned(),
        (ApprovalState::Waiting, [first, ..]) => format!("somebody beside {} approves as well", first.actor),
        (ApprovalState::Approved, votes) => {
            let by: Vec<&str> = votes.iter().map(|vote| vote.actor.as_str()).collect();
            let amount =
                approval.decided_amount.map(|money| format!(" {}", amount(money))).unwrap_or_default();
            format!("approved{amount} by {}", by.join(" and "))
        }
        (ApprovalState::Rejected, _) => {
            let (by, reason) = (approval.rejected_by.as_deref(), approval.reason.as_deref());
            format!("rejected by {}: {}", by.unwrap_or("-"), reason.unwrap_or("-"))
        }
        (ApprovalState::Expired, _) => "expired; nobody decided".to_owned(),
    }
}

/// Everything known about one.
pub(super) fn one(approval: &StoredApproval, action: Option<&ActionLine>) -> anyhow::Result<()> {
    let now = SystemClock.now();
    let mut rows: Vec<Vec<Cell>> = Vec::new();
    let mut add = |name: &str, text: String, style: Style| {
        rows.push(vec![Cell::new(name, STRONG), Cell::new(text, style)]);
    };
    let at = |time: Timestamp| format!("{}  {time:.0}", moment(time, now));
    add("approval", approval.id.to_string(), PLAIN);
    add("state", approval.state.as_str().to_owned(), style_of(approval.state));
    add("what", format!("{} ({})", approval.function.title(), approval.function), PLAIN);
    if let Some(money) = approval.amount {
        add("amount", amount(money), PLAIN);
    }
    add("of", approval.target.clone(), PLAIN);
    if let Some(customer) = &approval.customer {
        add("customer", customer.to_string(), PLAIN);
    }
    add("workspace", approval.workspace.to_string(), PLAIN);
    add("mail", approval.fingerprint.to_string(), FAINT);
    add("asked", at(approval.requested_at), PLAIN);
    for vote in &approval.votes {
        let amount = vote.amount.map(|money| format!(", {}", amount(money))).unwrap_or_default();
        add("approved by", format!("{}{amount}, {}", vote.actor, at(vote.at)), GOOD);
    }
    match approval.decided_at {
        Some(decided) => add("decided", at(decided), PLAIN),
        None => add("expires", at(approval.expires_at), PLAIN),
    }
    if let Some(money) = approval.decided_amount {
        add("for at most", amount(money), GOOD);
    }
    if let Some(actor) = &approval.rejected_by {
        add("rejected by", actor.clone(), BAD);
    }
    if let Some(reason) = &approval.reason {
        add("reason", reason.clone(), PLAIN);
    }
    if approval.state == ApprovalState::Waiting {
        add("next", next(approval), WARN);
    }
    match action {
        Some(line) => {
            let outcome = actions::show::next(line, now);
            add("action", format!("{} {}", line.action.id, line.action.state.as_str()), PLAIN);
            add("outcome", outcome, PLAIN);
        }
        None if approval.state == ApprovalState::Approved => {
            add(
                "action",
                "not begun: the last draft of the mail says why, when there is one".to_owned(),
                WARN,
            );
        }
        None => {}
    }
    Ok(terminal::result_table(&[], &rows)?)
}

/// What follows from a decision.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Next {
    /// A worker takes it up.
    Soon,
    /// Nothing is written until somebody lifts a stop.
    Stopped,
    /// Nothing: it was decided so before.
    WasDecidedBefore,
}

/// What was decided, and what happens now.
pub(super) fn decided(approval: &StoredApproval, next: Next) -> anyhow::Result<()> {
    let amount = approval
        .decided_amount
        .or(approval.amount)
        .map(|money| format!(" {}", amount(money)))
        .unwrap_or_default();
    let what = format!("{}{amount}, {} of {}", approval.state.as_str(), approval.function, approval.target);
    let before = if next == Next::WasDecidedBefore { " (decided before; nothing was changed)" } else { "" };
    let what = format!("{what}{before}");
    terminal::result(&styled(style_of(approval.state), &what))?;
    let note = match (next, approval.state) {
        (Next::WasDecidedBefore, _) => "`postill approvals show` says what became of it",
        (Next::Stopped, ApprovalState::Approved) => {
            "changes at Stripe are stopped (`postill halts`): it is carried out within a minute of being resumed"
        }
        (Next::Soon, ApprovalState::Approved) => {
            "a worker carries it out within a second; the next draft of the mail says what became of it"
        }
        (
            Next::Soon | Next::Stopped,
            ApprovalState::Rejected | ApprovalState::Expired | ApprovalState::Waiting,
        ) => "nothing is done at Stripe; a worker makes the next draft of the mail, which says so",
    };
    Ok(terminal::note(note)?)
}

/// For programs. The plan is left out: it holds what the customer is told.
pub(super) fn json(approval: &StoredApproval) -> Value {
    let votes: Vec<Value> = approval
        .votes
        .iter()
        .map(|vote| json!({ "by": vote.actor, "amount": vote.amount, "at": vote.at }))
        .collect();
    json!({
        "id": approval.id,
        "workspace": approval.workspace,
        "run": approval.run,
        "mail": approval.fingerprint,
        "function": approval.function,
        "target": approval.target,
        "customer": approval.customer,
        "amount": approval.amount,
        "persons": approval.persons,
        "state": approval.state,
        "votes": votes,
        "decided_amount": approval.decided_amount,
        "rejected_by": approval.rejected_by,
        "reason": approval.reason,
        "requested_at": approval.requested_at,
        "expires_at": approval.expires_at,
        "decided_at": approval.decided_at,
    })
}

const fn style_of(state: ApprovalState) -> Style {
    match state {
        ApprovalState::Waiting => WARN,
        ApprovalState::Approved => GOOD,
        ApprovalState::Rejected => BAD,
        ApprovalState::Expired => FAINT,
    }
}
