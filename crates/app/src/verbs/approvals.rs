//! `postill approvals`: what waits for a person, and their decision.

mod show;

use std::process::ExitCode;

use domain::approval::ApprovalState;
use domain::{Actor, ApprovalId, HaltKind, StoredApproval, TypedAmount};
use show::Next;
use store::{Decided, Decision, Ledger};

use crate::cli::{Approvals, ApprovalsList, ApprovalsVerb};
use crate::complaint::Advice;
use crate::settings::Settings;
use crate::{connections, person, terminal};

/// The ledger lists no more at once.
const LISTED: usize = 1_000;

pub(super) async fn run(arguments: Approvals, settings: &Settings) -> anyhow::Result<ExitCode> {
    let ledger = connections::ledger_in_use(settings).await?;
    let done = match arguments.change {
        None => list(&ledger, &arguments.list).await,
        Some(ApprovalsVerb::List(filter)) => list(&ledger, &filter).await,
        Some(ApprovalsVerb::Show { id, json }) => show_one(&ledger, &id, json).await,
        Some(ApprovalsVerb::Approve { id, amount, actor, json }) => {
            let desk = Desk { ledger: &ledger, actor: person::deciding(actor)?, json };
            desk.approve(&id, amount).await
        }
        Some(ApprovalsVerb::Reject { id, reason, actor, json }) => {
            let desk = Desk { ledger: &ledger, actor: person::deciding(actor)?, json };
            let decision = Decision::Reject { reason: reason.as_str().to_owned() };
            desk.decide(&id, &decision).await
        }
    };
    ledger.close().await;
    done.map(|()| ExitCode::SUCCESS)
}

async fn list(ledger: &Ledger, filter: &ApprovalsList) -> anyhow::Result<()> {
    let states: &[ApprovalState] = if filter.all { &ApprovalState::ALL } else { &[ApprovalState::Waiting] };
    let approvals = ledger.approvals(filter.workspace.as_ref(), states).await?;
    if filter.json {
        return Ok(approvals
            .iter()
            .try_for_each(|approval| terminal::result(&show::json(approval).to_string()))?);
    }
    show::list(&approvals)?;
    if approvals.len() >= LISTED {
        terminal::note(&format!("only the first {LISTED} are shown"))?;
    }
    Ok(())
}

async fn show_one(ledger: &Ledger, id: &ApprovalId, json: bool) -> anyhow::Result<()> {
    let approval = ledger.approval(id).await?.ok_or_else(|| unknown(id))?;
    if json {
        return Ok(terminal::result(&show::json(&approval).to_string())?);
    }
    show::one(&approval, ledger.action_of(id).await?.as_ref())
}

/// Where one person decides.
struct Desk<'a> {
    ledger: &'a Ledger,
    actor: Actor,
    json: bool,
}

impl Desk<'_> {
    async fn approve(&self, id: &ApprovalId, amount: Option<TypedAmount>) -> anyhow::Result<()> {
        let amount = match amount {
            None => None,
            Some(typed) => {
                let waiting = self.ledger.approval(id).await?.ok_or_else(|| unknown(id))?;
                let Some(asked) = waiting.amount else { return Err(no_amount(&waiting)) };
                let money = typed.in_currency(asked.currency);
                Some(money.ok_or_else(|| another_amount(&waiting, asked))?)
            }
        };
        self.decide(id, &Decision::Approve { amount }).await
    }

    async fn decide(&self, id: &ApprovalId, decision: &Decision) -> anyhow::Result<()> {
        match Box::pin(self.ledger.decide(id, decision, self.actor.as_str())).await? {
            Decided::Approved(stored) | Decided::Rejected(stored) => self.say_decided(&stored).await,
            Decided::Waits { votes, persons } => self.say_waits(id, votes, persons).await,
            Decided::Before(stored) if agrees(decision, &stored) => self.say(&stored, Next::WasDecidedBefore),
            Decided::Before(stored) => Err(too_late(&stored)),
            Decided::OwnRequest => Err(Advice::refused(
                "whoever asks for something cannot decide it themselves",
                "somebody else has to: `--as NAME` says who decides",
            )),
            Decided::SamePerson => Err(Advice::refused(
                "you have approved this before, and it needs two people",
                "somebody else has to approve it as well: `--as NAME` says who decides",
            )),
            Decided::AmountTooHigh { most } => Err(Advice::refused(
                format!("that is more than waits: at most {}", terminal::amount(most)),
                "without --amount all of it is approved",
            )),
            Decided::NotAnAmount => Err(Advice::refused(
                "that amount cannot be approved",
                "it has to be above zero and in the currency of the request; a cancellation has none",
            )),
            Decided::Unknown => Err(unknown(id)),
        }
    }

    /// What is stopped is carried out after `postill resume`, and so not promised soon.
    async fn say_decided(&self, stored: &StoredApproval) -> anyhow::Result<()> {
        let halts = self.ledger.halts_of(&stored.workspace).await?;
        let is_stopped = halts.iter().any(|halt| halt.kind == HaltKind::Stop);
        self.say(stored, if is_stopped { Next::Stopped } else { Next::Soon })
    }

    fn say(&self, stored: &StoredApproval, next: Next) -> anyhow::Result<()> {
        if self.json {
            return Ok(terminal::result(&show::json(stored).to_string())?);
        }
        show::decided(stored, next)
    }

    async fn say_waits(&self, id: &ApprovalId, votes: u32, persons: u32) -> anyhow::Result<()> {
        if self.json {
            return show_one(self.ledger, id, true).await;
        }
        terminal::result(&terminal::styled(
            terminal::WARN,
            &format!("noted: {votes} of {persons} people have approved {id}"),
        ))?;
        Ok(terminal::note(
            "nothing happens until somebody else approves it as well; whoever rejects it ends it",
        )?)
    }
}

fn agrees(decision: &Decision, stored: &StoredApproval) -> bool {
    match decision {
        Decision::Approve { .. } => stored.state == ApprovalState::Approved,
        Decision::Reject { .. } => stored.state == ApprovalState::Rejected,
    }
}

fn too_late(stored: &StoredApproval) -> anyhow::Error {
    let remedy = match stored.state {
        ApprovalState::Expired => {
            "policy.approval.expires_hours says how long requests wait; the customer has to write again"
        }
        ApprovalState::Approved => {
            "`postill approvals show` says what became of it; a cancellation can be taken back with `postill actions undo`"
        }
        ApprovalState::Rejected | ApprovalState::Waiting => {
            "a decision stands; the customer has to write again"
        }
    };
    Advice::refused(format!("too late: {} is {} already", stored.id, stored.state.as_str()), remedy)
}

fn unknown(id: &ApprovalId) -> anyhow::Error {
    Advice::refused(
        format!("no approval has the id {id}"),
        "`postill approvals --all` lists those of this ledger",
    )
}

fn no_amount(approval: &StoredApproval) -> anyhow::Error {
    Advice::usage(format!("{} has no amount", approval.function), "leave out --amount")
}

fn another_amount(approval: &StoredApproval, asked: domain::Money) -> anyhow::Error {
    let (currency, decimals) = (asked.currency.as_str().to_uppercase(), asked.currency.decimals());
    Advice::usage(
        format!("the amount does not fit: {} asks for {}", approval.id, terminal::amount(asked)),
        format!("give it in {currency}, with at most {decimals} decimals"),
    )
}
