//! `postill actions`: what was done at Stripe, what nobody knows, and taking back.

mod show;

use std::process::ExitCode;

use domain::action::ActionState;
use domain::{ActionId, Actor};
use store::{ActionLine, ByHand, Ledger, SettledByHand, Undoing};

use crate::cli::{Actions, ActionsList, ActionsVerb, TypedReason};
use crate::complaint::Advice;
use crate::settings::Settings;
use crate::{connections, person, terminal};

/// How many actions are listed, the newest first; with an outcome still to be found out, all that the ledger lists at once.
const LISTED: u32 = 200;
/// How many lines of the trail are shown of one action: it has a handful.
const TRAIL: u32 = 100;

pub(super) async fn run(arguments: Actions, settings: &Settings) -> anyhow::Result<ExitCode> {
    let ledger = connections::embedded_or_ledger(settings).await?;
    let done = match arguments.change {
        None => list(&ledger, &arguments.list).await,
        Some(ActionsVerb::List(filter)) => list(&ledger, &filter).await,
        Some(ActionsVerb::Show { id, json }) => show_one(&ledger, &id, json).await,
        Some(ActionsVerb::Settle { id, done, not_done: _, reason, actor }) => {
            let found = done.map_or(ByHand::NotDone, |object| ByHand::Done { object });
            settle(&ledger, &id, &found, &reason, &person::deciding(actor)?).await
        }
        Some(ActionsVerb::Undo { id, actor }) => undo(&ledger, &id, &person::deciding(actor)?).await,
    };
    ledger.close().await;
    done.map(|()| ExitCode::SUCCESS)
}

async fn list(ledger: &Ledger, filter: &ActionsList) -> anyhow::Result<()> {
    let states: &[ActionState] = if filter.unsettled { &ActionState::UNSETTLED } else { &ActionState::ALL };
    let lines = ledger.latest_actions(filter.workspace.as_ref(), states, LISTED).await?;
    if filter.json {
        return Ok(lines.iter().try_for_each(|line| terminal::result(&show::json(line).to_string()))?);
    }
    show::list(&lines, filter.unsettled)?;
    if lines.len() >= LISTED as usize {
        terminal::note(&format!("only the newest {LISTED} are shown"))?;
    }
    Ok(())
}

async fn show_one(ledger: &Ledger, id: &ActionId, json: bool) -> anyhow::Result<()> {
    let line = known(ledger, id).await?;
    let trail = ledger.audit_about(&line.action.workspace, id.as_str(), TRAIL).await?;
    if json {
        return Ok(terminal::result(&show::json_with_trail(&line, &trail).to_string())?);
    }
    show::one(&line, &trail)
}

async fn settle(
    ledger: &Ledger,
    id: &ActionId,
    found: &ByHand,
    reason: &TypedReason,
    actor: &Actor,
) -> anyhow::Result<()> {
    match ledger.settle_by_hand(id, found, actor.as_str(), reason.as_str()).await? {
        SettledByHand::Settled(action) => {
            let what = match found {
                ByHand::Done { object } => format!("settled: it was done, {object}"),
                ByHand::NotDone => format!("settled: it was not done, and {} is free again", action.target),
            };
            terminal::result(&terminal::styled(terminal::GOOD, &what))?;
            Ok(terminal::note(
                "nothing was changed at Stripe; a worker makes the next draft of the mail, which says so",
            )?)
        }
        SettledByHand::Before(action) => Err(Advice::refused(
            format!("its outcome is known: {}", action.state.as_str()),
            format!("`postill actions show {id}` says how"),
        )),
        SettledByHand::TooEarly(action) => Err(Advice::refused(
            format!("postill may still find out by itself: it is {}", action.state.as_str()),
            "only an outcome that is unknown, or one sent more than a day ago, is settled by a person",
        )),
        SettledByHand::UnknownAction => Err(unknown(id)),
    }
}

async fn undo(ledger: &Ledger, id: &ActionId, actor: &Actor) -> anyhow::Result<()> {
    match ledger.open_undo(id, actor.as_str()).await? {
        Undoing::Opened => {
            let line = known(ledger, id).await?;
            let what = format!("taking back the cancellation of {}", line.action.target);
            terminal::result(&terminal::styled(terminal::GOOD, &what))?;
            Ok(terminal::note(
                "a worker does so within a second, while the period runs; the next draft of the mail says what became of it",
            )?)
        }
        Undoing::Already => {
            terminal::result("it is being taken back, or was; nothing was changed")?;
            Ok(terminal::note(&format!("`postill actions show {id}` says how far that got"))?)
        }
        Undoing::NotUndoable { state } => Err(Advice::refused(
            format!("it cannot be taken back: the action is {}", state.as_str()),
            "only a cancellation that was made can; money that was refunded does not come back",
        )),
        Undoing::NotOurs => Err(unknown(id)),
    }
}

async fn known(ledger: &Ledger, id: &ActionId) -> anyhow::Result<ActionLine> {
    ledger.action_line(id).await?.ok_or_else(|| unknown(id))
}

fn unknown(id: &ActionId) -> anyhow::Error {
    Advice::refused(format!("no action has the id {id}"), "`postill actions` lists those of this ledger")
}
