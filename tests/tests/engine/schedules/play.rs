//! Playing a schedule, and bringing everything to rest after it.

use std::collections::HashMap;
use std::pin::Pin;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use domain::action::ActionState;
use domain::{
    ActionId, ApprovalId, ApprovalState, Currency, Fingerprint, Function, HaltKind, Money, RunKind, Scope,
    WorkspaceId,
};
use engine::{Ended, Engine};
use store::{Decided, Decision, LeaseTerms, LedgerError};

use super::juggle::{Piece, juggle};
use super::schedule::{Copy, Deed, Done, Schedule, Step, Wish, killed_after};
use super::truth::{self, Tally, Told};
use crate::dice::Dice;
use crate::draft::Draft;
use crate::shop::{Shop, Worker};

const LEASE: LeaseTerms = LeaseTerms { lasts: Duration::from_mins(5) };
/// Until every follow-up has had its last look: eleven days, in steps that grow.
const LOOKS: [i64; 14] =
    [1, 400, 4_000, 22_000, 91_000, 91_000, 91_000, 91_000, 91_000, 91_000, 91_000, 91_000, 91_000, 91_000];
/// What a crash has left is claimed again within these.
const ALWAYS_LOOKED: usize = 3;
/// More often than any mail waits.
const DELIVERIES: u32 = 20;

/// A shop in the middle of a schedule.
pub(super) struct Play<'a> {
    pub(super) shop: &'a mut Shop,
    pub(super) schedule: &'a Schedule,
    workers: Vec<Engine>,
    /// What each mail was told since the ledger was last lost.
    drafts: HashMap<Wish, Vec<u8>>,
    pub(super) ledgers_lost: u32,
    pub(super) undone: bool,
    has_backup: bool,
}

/// What came of a deed, as far as it matters.
enum Came {
    Ended(Wish, Copy, Ended),
    Decided(&'static str, Wish, Box<Decided>),
    Nothing,
}

pub(super) async fn play(shop: &mut Shop, schedule: &Schedule) -> Result<Tally> {
    let mut play = Play {
        shop,
        schedule,
        workers: Vec::new(),
        drafts: HashMap::new(),
        ledgers_lost: 0,
        undone: false,
        has_backup: false,
    };
    play.hires().await?;
    let mut dice = Dice::seeded(schedule.seed ^ 0x77);
    for step in &schedule.steps {
        Box::pin(play.goes_on(step, &mut dice)).await.with_context(|| format!("at {step:?}"))?;
    }
    let told = Box::pin(play.comes_to_rest(&mut dice)).await?;
    Box::pin(truth::holds(&play, &told)).await
}

impl Play<'_> {
    async fn hires(&mut self) -> Result<()> {
        self.workers = vec![self.shop.engine.clone()];
        for _ in 1..self.schedule.workers {
            self.workers.push(self.shop.second_worker().await?);
        }
        Ok(())
    }

    async fn goes_on(&mut self, step: &Step, dice: &mut Dice) -> Result<()> {
        match step {
            Step::Together(deeds) => return self.together(deeds, dice).await,
            Step::Fault { request, kind, after, times } => {
                self.shop.goes_wrong_after(*after, request, kind, *times).await?;
            }
            Step::Pass { seconds } => self.shop.seconds_pass(*seconds),
            Step::ForgetKeys => {
                self.shop.hours_pass(25);
                self.shop.keys_are_forgotten().await?;
            }
            Step::Brake { on } => self.shop.brakes(*on)?,
            Step::LoseLedger => {
                self.shop.loses_its_ledger().await?;
                self.forgets().await?;
            }
            Step::BackUp => {
                self.shop.backs_up()?;
                self.has_backup = true;
            }
            Step::BringBack if self.has_backup => {
                self.shop.brings_back().await?;
                self.forgets().await?;
            }
            Step::BringBack => {}
        }
        Ok(())
    }

    /// Another ledger may tell a mail another thing.
    async fn forgets(&mut self) -> Result<()> {
        self.ledgers_lost += 1;
        self.drafts.clear();
        self.hires().await
    }

    async fn together(&mut self, deeds: &[Done], dice: &mut Dice) -> Result<()> {
        let resumes = deeds.iter().any(|done| matches!(done.deed, Deed::Resume));
        let writes =
            if !resumes && self.is_stopped().await? { Some(self.shop.writes().await?) } else { None };
        let pieces = deeds.iter().map(|done| self.piece(done)).collect::<Result<Vec<_>>>()?;
        let came = juggle(pieces, dice).await;
        self.settles().await?;
        for came in came.into_iter().flatten() {
            self.notes(came?)?;
        }
        if let Some(writes) = writes {
            let by_hand = deeds.iter().filter(|done| matches!(done.deed, Deed::RefundByHand { .. })).count();
            ensure!(
                self.shop.writes().await? <= writes + by_hand,
                "something was written while all was stopped"
            );
        }
        self.undone |= deeds.iter().any(|done| matches!(done.deed, Deed::Undo));
        Ok(())
    }

    async fn is_stopped(&self) -> Result<bool> {
        let file = self.shop.engine.brake.file.as_ref().is_some_and(|file| file.exists());
        let halts = self.shop.engine.ledger.halts().await?;
        Ok(file || halts.iter().any(|halt| halt.kind == HaltKind::Stop))
    }

    /// What a killed worker had sent still arrives at Stripe.
    async fn settles(&self) -> Result<()> {
        for _ in 0..10 {
            tokio::task::yield_now().await;
        }
        self.shop.asked().await.map(drop)
    }

    fn piece<'p>(&'p self, done: &Done) -> Result<Piece<'p, Result<Came>>> {
        let worker = self.workers.get(done.worker).context("a worker")?;
        let shop: &Shop = self.shop;
        let work: Pin<Box<dyn Future<Output = Result<Came>> + 'p>> = match done.deed {
            Deed::Deliver { wish, copy } => Box::pin(async move {
                let ended = worker.delivers(wish.letter(copy).bytes(), RunKind::Live).await;
                Ok(passing(ended)?.map_or(Came::Nothing, |ended| Came::Ended(wish, copy, ended)))
            }),
            Deed::FollowUp => {
                Box::pin(async move { passing(follow_up(worker).await).map(|_| Came::Nothing) })
            }
            Deed::Approve { wish, actor, minor } => {
                let amount = minor.map(|minor| Money::new(minor, Currency::EUR));
                let id = self.approval(wish)?;
                Box::pin(async move {
                    let decided = worker.ledger.decide(&id, &Decision::Approve { amount }, actor).await;
                    Ok(passing(decided.map_err(Into::into))?
                        .map_or(Came::Nothing, |decided| Came::Decided(actor, wish, Box::new(decided))))
                })
            }
            Deed::Reject { wish, actor } => {
                let id = self.approval(wish)?;
                Box::pin(async move {
                    let reason = "no".to_owned();
                    let decided = worker.ledger.decide(&id, &Decision::Reject { reason }, actor).await;
                    passing(decided.map_err(Into::into)).map(|_| Came::Nothing)
                })
            }
            Deed::Undo => {
                let id = self.action(Wish::Cancel)?;
                Box::pin(async move {
                    let undoing = worker.ledger.open_undo(&id, "erin").await;
                    passing(undoing.map_err(Into::into)).map(|_| Came::Nothing)
                })
            }
            Deed::RefundByHand { charge, minor } => Box::pin(async move {
                // Stripe may refuse it: nothing is left, or it is no charge.
                drop(shop.refunds_by_hand(charge, minor).await);
                Ok(Came::Nothing)
            }),
            Deed::Halt => Box::pin(async move {
                let halt = worker.ledger.halt(&Scope::All, HaltKind::Stop, "erin", "a test").await;
                passing(halt.map_err(Into::into)).map(|_| Came::Nothing)
            }),
            Deed::Resume => Box::pin(async move {
                let resumed = worker.ledger.resume(&Scope::All, "erin").await;
                passing(resumed.map_err(Into::into)).map(|_| Came::Nothing)
            }),
        };
        Ok(Piece { work, dropped_after: done.killed_after })
    }

    pub(super) fn fingerprint(&self, wish: Wish) -> Result<Fingerprint> {
        Ok(self.shop.mail(&wish.letter(Copy::Original))?.fingerprint)
    }

    pub(super) fn action(&self, wish: Wish) -> Result<ActionId> {
        Ok(ActionId::derive(&WorkspaceId::default(), &self.fingerprint(wish)?, function(wish)))
    }

    pub(super) fn approval(&self, wish: Wish) -> Result<ApprovalId> {
        let identity = self.shop.mail(&wish.letter(Copy::Original))?.identity();
        Ok(ApprovalId::derive(&WorkspaceId::default(), &identity, function(wish)))
    }

    /// One mail is told one thing, whatever copy of it comes; a forged one is told nothing of anybody.
    fn notes(&mut self, came: Came) -> Result<()> {
        match came {
            Came::Ended(wish, Copy::Forged, Ended::Draft(draft)) => {
                let draft = Draft::read(&draft)?;
                ensure!(
                    draft.data().actions.is_empty() && draft.data().facts.is_empty(),
                    "{wish:?} forged: {draft:#?}"
                );
            }
            Came::Ended(wish, Copy::Original | Copy::ByAnotherServer, Ended::Draft(draft)) => {
                let told = self.drafts.entry(wish).or_insert_with(|| draft.body.clone());
                ensure!(*told == draft.body, "{wish:?} has two drafts");
            }
            Came::Decided(actor, wish, decided) => {
                let own = actor.eq_ignore_ascii_case(crate::stock::ADA) && wish != Wish::Others;
                let counts = matches!(*decided, Decided::Approved(_) | Decided::Waits { .. });
                ensure!(!(own && counts), "{actor} decided on their own request: {decided:?}");
            }
            Came::Ended(
                _,
                _,
                Ended::Dead { .. } | Ended::Later { .. } | Ended::NotStored | Ended::Forgotten,
            )
            | Came::Nothing => {}
        }
        Ok(())
    }

    /// No more faults and no more stops; every mail is delivered until it ends, and everything that is open is followed up.
    async fn comes_to_rest(&mut self, dice: &mut Dice) -> Result<Told> {
        self.shop.all_is_well().await?;
        self.shop.brakes(false)?;
        self.shop.engine.ledger.resume(&Scope::All, "erin").await?;
        let mails = self.schedule.mails();
        self.all_end(&mails).await?;
        self.persons_decide(dice).await?;
        for (number, seconds) in LOOKS.into_iter().enumerate() {
            if number >= ALWAYS_LOOKED && self.is_settled().await? {
                break;
            }
            self.shop.seconds_pass(seconds);
            if dice.one_in(2) {
                self.shop.engine.ledger.expire_approvals().await?;
            }
            self.shop.engine.take_up_lost().await?;
            while follow_up(&self.shop.engine).await? > 0 {}
        }
        self.all_end(&mails).await?;
        Told::read(&self.drafts, self.shop.engine.ledger.unpublished(1_000).await?)
    }

    async fn all_end(&mut self, mails: &[(Wish, Copy)]) -> Result<()> {
        for (wish, copy) in mails {
            let ended = self.ends(*wish, *copy).await.with_context(|| format!("{wish:?}, {copy:?}"))?;
            self.notes(Came::Ended(*wish, *copy, ended))?;
        }
        Ok(())
    }

    /// Of what waits by now, most is decided, by two at once; and workers are killed over what follows from it.
    async fn persons_decide(&mut self, dice: &mut Dice) -> Result<()> {
        for wish in Wish::ALL {
            let waits = self.shop.engine.ledger.approval(&self.approval(wish)?).await?.is_some();
            if !waits || dice.one_in(4) {
                continue;
            }
            let minor = *dice.pick(&[None, None, Some(400)]);
            let approve = |actor| Deed::Approve { wish, actor, minor };
            let first = if dice.one_in(6) { Deed::Reject { wish, actor: "erin" } } else { approve("erin") };
            let mut deeds = Vec::new();
            for deed in [first, approve("frank"), Deed::FollowUp, Deed::FollowUp] {
                deeds.push(Done {
                    worker: dice.index(self.workers.len()),
                    deed,
                    killed_after: killed_after(dice),
                });
            }
            self.together(&deeds, dice).await?;
        }
        Ok(())
    }

    /// Nothing more can come: nothing is unknown, and nobody waits for anybody.
    async fn is_settled(&self) -> Result<bool> {
        let open = [ActionState::Intended, ActionState::Sent, ActionState::Unknown];
        let ledger = &self.shop.engine.ledger;
        let waiting = ledger.approvals(None, &[ApprovalState::Waiting]).await?;
        Ok(waiting.is_empty() && ledger.actions_in(&open).await?.is_empty())
    }

    async fn ends(&self, wish: Wish, copy: Copy) -> Result<Ended> {
        for _ in 0..DELIVERIES {
            match self.shop.engine.delivers(wish.letter(copy).bytes(), RunKind::Live).await? {
                Ended::Later { .. } => self.shop.seconds_pass(400),
                ended @ (Ended::Draft(_) | Ended::Dead { .. }) => return Ok(ended),
                Ended::NotStored | Ended::Forgotten => bail!("the ledger refused the end"),
            }
        }
        bail!("it never ends")
    }
}

pub(super) const fn function(wish: Wish) -> Function {
    match wish {
        Wish::Part | Wish::AnotherPart | Wish::Whole | Wish::Large | Wish::Others => Function::Refund,
        Wish::Cancel => Function::CancelSubscription,
    }
}

/// Does what is due; says how much that was.
async fn follow_up(engine: &Engine) -> Result<usize> {
    let due = engine.ledger.claim_follow_ups(10, LEASE).await?;
    let count = due.len();
    for follow_up in due {
        Box::pin(engine.follow_up(follow_up)).await;
    }
    Ok(count)
}

/// What the ledger does not take now is tried again by who delivers it; that is no failure.
fn passing<T>(result: Result<T>) -> Result<Option<T>> {
    match result {
        Err(error) if error.downcast_ref::<LedgerError>().is_some_and(LedgerError::is_transient) => Ok(None),
        result => result.map(Some),
    }
}
