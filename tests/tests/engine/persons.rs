//! Persons at the shop who decide, and the work that follows on what they decided.

use std::future::{Future, poll_fn};
use std::task::Poll;

use anyhow::{Context, Result, bail};
use domain::draft::ApprovalReport;
use domain::{ApprovalId, Currency, Function, HaltKind, Money, Scope, StoredApproval};
use engine::FollowedUp;
use store::{Decided, Decision, FollowUp, LeaseTerms, Undoing};

use crate::draft::Draft;
use crate::shop::{LEASE, Shop};

/// Who decides, most of the time.
pub(crate) const MILA: &str = "mila";
/// Somebody else who may decide.
pub(crate) const JAN: &str = "jan";

impl Draft {
    /// The approval that it tells of.
    pub(crate) fn approval(&self) -> Option<&ApprovalReport> {
        self.action()?.approval.as_ref()
    }
}

impl Shop {
    /// A person allows what a draft says is waiting.
    pub(crate) async fn approves(&self, draft: &Draft, by: &str) -> Result<Decided> {
        self.decides(draft, &Decision::Approve { amount: None }, by).await
    }

    /// A person allows so many cents of it.
    pub(crate) async fn approves_only(&self, draft: &Draft, minor: i64, by: &str) -> Result<Decided> {
        let amount = Some(Money::new(minor, Currency::EUR));
        self.decides(draft, &Decision::Approve { amount }, by).await
    }

    /// A person says no.
    pub(crate) async fn rejects(&self, draft: &Draft, by: &str, reason: &str) -> Result<Decided> {
        self.decides(draft, &Decision::Reject { reason: reason.to_owned() }, by).await
    }

    async fn decides(&self, draft: &Draft, decision: &Decision, by: &str) -> Result<Decided> {
        let id = &draft.approval().context("it tells of no approval")?.id;
        Ok(self.engine.ledger.decide(id, decision, by).await?)
    }

    /// The approvals that the ledger holds of a mail.
    pub(crate) async fn approval(&self, draft: &Draft, function: Function) -> Result<Option<StoredApproval>> {
        let id = ApprovalId::derive(&draft.data().workspace, &draft.event.subject, function);
        Ok(self.engine.ledger.approval(&id).await?)
    }

    /// Claims the follow-ups that are due.
    pub(crate) async fn follow_ups(&self) -> Result<Vec<FollowUp>> {
        Ok(self.engine.ledger.claim_follow_ups(100, LeaseTerms { lasts: LEASE }).await?)
    }

    /// A worker does what is due after first drafts, and publishes the drafts that came of it.
    pub(crate) async fn follow_ups_run(&self) -> Result<Vec<Draft>> {
        for follow_up in self.follow_ups().await? {
            if let followed @ FollowedUp::GivenBack = Box::pin(self.engine.follow_up(follow_up)).await {
                bail!("nobody else has it: {followed:?}");
            }
        }
        self.publishes().await
    }

    /// What is due leads to one draft.
    pub(crate) async fn follows_up(&self) -> Result<Draft> {
        let mut drafts = self.follow_ups_run().await?;
        let draft = drafts.pop().context("no draft came of it")?;
        if drafts.is_empty() { Ok(draft) } else { bail!("{} drafts too many", drafts.len()) }
    }

    /// Publishes what is not published yet.
    pub(crate) async fn publishes(&self) -> Result<Vec<Draft>> {
        let unpublished = self.engine.ledger.unpublished(100).await?;
        let ids: Vec<_> = unpublished.iter().map(|draft| draft.follow_up).collect();
        self.engine.ledger.published(&ids).await?;
        unpublished.into_iter().map(Draft::later).collect()
    }

    /// Somebody stops every change, by the ledger.
    pub(crate) async fn halts(&self) -> Result<()> {
        let stopped = self.engine.ledger.halt(&Scope::All, HaltKind::Stop, MILA, "something is odd").await?;
        assert!(stopped);
        Ok(())
    }

    /// Whatever halts the shop's workspace, or all, is lifted.
    pub(crate) async fn resumes(&self) -> Result<u64> {
        let one = Scope::Workspace(domain::WorkspaceId::default());
        let ledger = &self.engine.ledger;
        Ok(ledger.resume(&Scope::All, MILA).await? + ledger.resume(&one, MILA).await?)
    }

    /// Somebody wants the cancellation that a draft tells of to be taken back.
    pub(crate) async fn takes_back(&self, draft: &Draft) -> Result<Undoing> {
        let id = draft.action().and_then(|action| action.id.clone()).context("it tells of no action")?;
        Ok(self.engine.ledger.open_undo(&id, MILA).await?)
    }
}

/// Works until it has had to wait so many times; then it is dropped, as when the worker is killed. `None`: it was.
pub(crate) async fn killed_after<T>(waits: u32, work: impl Future<Output = T>) -> Option<T> {
    let (mut work, mut left) = (Box::pin(work), waits);
    poll_fn(move |context| match work.as_mut().poll(context) {
        Poll::Ready(done) => Poll::Ready(Some(done)),
        Poll::Pending if left == 0 => Poll::Ready(None),
        Poll::Pending => {
            left -= 1;
            Poll::Pending
        }
    })
    .await
}
