//! What holds money up: halts, requests that wait for a person, actions whose outcome nobody knows.

use domain::action::ActionState;
use domain::{ApprovalState, Clock, Halt, SystemClock, Timestamp};
use store::Ledger;

use super::{Check, Found};
use crate::settings::Settings;
use crate::terminal::moment;
use crate::verbs::halts::show as halts;

const WHAT: &str = "money";

/// One line for each thing that somebody should know.
pub(super) async fn checks(settings: &Settings, ledger: &Ledger) -> Vec<Check> {
    match notes(settings, ledger).await {
        Err(error) => vec![Check::bad(WHAT, error)],
        Ok(notes) if notes.is_empty() => {
            vec![Check::good(WHAT, "nothing is stopped, nothing waits for a person")]
        }
        Ok(notes) => notes.into_iter().map(|text| Check { what: WHAT, found: Found::Note(text) }).collect(),
    }
}

async fn notes(settings: &Settings, ledger: &Ledger) -> anyhow::Result<Vec<String>> {
    let now = SystemClock.now();
    let mut notes: Vec<String> = ledger.halts().await?.iter().map(|halt| halted(halt, now)).collect();
    notes.extend(halts::files(settings).iter().map(|file| format!("stopped: {file}")));
    let waiting = ledger.approvals(None, &[ApprovalState::Waiting]).await?;
    if let Some(first) = waiting.first() {
        let until = moment(first.expires_at, now);
        let waits = counted(waiting.len(), "request waits", "requests wait");
        notes.push(format!("{waits} for a person, the first one expires {until}: `postill approvals`"));
    }
    let unknown = ledger.actions_in(&[ActionState::Unknown]).await?.len();
    if unknown > 0 {
        let have = counted(unknown, "action has", "actions have");
        notes.push(format!("{have} an unknown outcome: `postill actions --unsettled`"));
    }
    Ok(notes)
}

fn counted(count: usize, one: &str, several: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { several })
}

fn halted(halt: &Halt, now: Timestamp) -> String {
    let (scope, what, flag) = (halts::named(&halt.scope), halts::what(halt.kind), halts::flag(&halt.scope));
    let since = moment(halt.since, now);
    format!("{scope}: {what}, {since} by {}: {} (`postill resume {flag}`)", halt.actor, halt.reason)
}
