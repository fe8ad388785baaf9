//! `postill actions`: what was done at Stripe, what nobody knows, and taking back.

pub(super) mod show;

use std::process::ExitCode;

use domain::action::ActionState;
use domain::{ActionId, Actor, TypedReason};
use store::{ActionLine, ByHand, Ledger, SettledByHand, Undoing};

use crate::cli::{ActionStart, Actions, ActionsList, ActionsVerb};
use crate::complaint::Advice;
use crate::settings::Settings;
use crate::{connections, person, terminal};

/// How many actions are listed, the newest first; with an outcome still to be found out, all that the ledger lists at once.
const LISTED: u32 = 200;
/// How many lines of the trail are shown of one action: it has a handful.
const TRAIL: u32 = 100;

pub(super) async fn run(arguments: Actions, settings: &Settings) -> anyhow::Result<ExitCode> {
    let ledger = connections::ledger_in_use(settings).await?;
    let done = match arguments.change {
        None => list(&ledger, &arguments.list).await,
        Some(ActionsVerb::List(filter)) => list(&ledger, &filter).await,
        Some(ActionsVerb::Show { id, json }) => show_one(&ledger, &named(&ledger, &id).await?, json).await,
        Some(ActionsVerb::Settle { id, done, not_done: _, reason, actor, json }) => {
            let found = done.map_or(ByHand::NotDone, |object| ByHand::Done { object });
            let id = named(&ledger, &id).await?;
            let desk = Desk { ledger: &ledger, actor: person::deciding(actor)?, json };
            desk.settle(&id, &found, &reason).await
        }
        Some(ActionsVerb::Undo { id, actor, json }) => {
            let id = named(&ledger, &id).await?;
            let desk = Desk { ledger: &ledger, actor: person::deciding(actor)?, json };
            desk.undo(&id).await
        }
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
    let trail = ledger.audit_about(&line.action.workspace, id.as_str(), None, TRAIL).await?;
    if json {
        return Ok(terminal::result(&show::json_with_trail(&line, &trail).to_string())?);
    }
    show::one(&line, &trail)
}

/// Where one person settles and takes back.
struct Desk<'a> {
    ledger: &'a Ledger,
    actor: Actor,
    json: bool,
}

impl Desk<'_> {
    async fn settle(&self, id: &ActionId, found: &ByHand, reason: &TypedReason) -> anyhow::Result<()> {
        let settling = self.ledger.settle_by_hand(id, found, self.actor.as_str(), reason.as_str());
        match Box::pin(settling).await? {
            SettledByHand::Settled(action) => {
                let what = match found {
                    ByHand::Done { object } => format!("settled: it was done, {object}"),
                    ByHand::NotDone => {
                        format!("settled: it was not done, and {} is free again", action.target)
                    }
                };
                let note =
                    "nothing was changed at Stripe; a worker makes the next draft of the mail, which says so";
                self.say(id, &what, note).await
            }
            SettledByHand::Before(action) => Err(Advice::refused(
                format!("its outcome is known: {}", action.state.as_str()),
                format!("`postill actions show {id}` says how"),
            )),
            SettledByHand::TooEarly(action) => Err(Advice::refused(
                format!("postill may still find out by itself: it is {}", action.state.as_str()),
                "only an outcome that is unknown, or one sent more than a day ago, is settled by a person",
            )),
            SettledByHand::UnknownAction => Err(unknown(id.as_str())),
        }
    }

    async fn undo(&self, id: &ActionId) -> anyhow::Result<()> {
        match Box::pin(self.ledger.open_undo(id, self.actor.as_str())).await? {
            Undoing::Opened => {
                let target = known(self.ledger, id).await?.action.target;
                let note = "a worker does so within a second, while the period runs; the next draft of the mail says what became of it";
                self.say(id, &format!("taking back the cancellation of {target}"), note).await
            }
            Undoing::Already => {
                let note = "`postill actions show` says how far that got";
                self.say(id, "it is being taken back, or was; nothing was changed", note).await
            }
            Undoing::NotUndoable { state } => Err(Advice::refused(
                format!("it cannot be taken back: the action is {}", state.as_str()),
                "only a cancellation that was made can; money that was refunded does not come back",
            )),
            Undoing::Forgotten => Err(Advice::refused(
                "it is not kept any more what was cancelled",
                "take it back in Stripe's dashboard, if its period still runs",
            )),
            Undoing::NotOurs => Err(unknown(id.as_str())),
        }
    }

    async fn say(&self, id: &ActionId, what: &str, note: &str) -> anyhow::Result<()> {
        if self.json {
            return show_one(self.ledger, id, true).await;
        }
        terminal::result(&terminal::styled(terminal::GOOD, what))?;
        Ok(terminal::note(note)?)
    }
}

/// The action that is meant by the beginning of its id.
async fn named(ledger: &Ledger, start: &ActionStart) -> anyhow::Result<ActionId> {
    let mut ids = ledger.actions_starting(start.as_str()).await?;
    match (ids.pop(), ids.is_empty()) {
        (Some(id), true) => Ok(id),
        (Some(_), false) => Err(Advice::refused(
            format!("several actions have an id that starts with {}", start.as_str()),
            "give more of it; `postill actions --json` has the whole ids",
        )),
        (None, _) => Err(unknown(start.as_str())),
    }
}

async fn known(ledger: &Ledger, id: &ActionId) -> anyhow::Result<ActionLine> {
    ledger.action_line(id).await?.ok_or_else(|| unknown(id.as_str()))
}

fn unknown(id: &str) -> anyhow::Error {
    Advice::refused(format!("no action has the id {id}"), "`postill actions` lists those of this ledger")
}
