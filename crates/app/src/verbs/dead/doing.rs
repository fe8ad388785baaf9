//! Orders given on the command line: stored as those of the console are, and carried out here at once by the same code as the worker's.

use std::process::ExitCode;
use std::time::Duration;

use broker::Name;
use domain::{Actor, WorkspaceId};
use serde_json::json;
use store::{
    DeadDeed, DeadOrder, DeadOrderId, DeadOrderState, DeadOrdered, DeadTarget, Ledger, NewAuditEntry,
};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::choice::Choice;
use super::show;
use crate::complaint::Advice;
use crate::dead_queue::{Clearing, DeadQueue, Unlisted};

/// How long the connections may take to close.
pub(super) const CLOSING: Duration = Duration::from_secs(5);
/// How often it is looked whether a worker has carried out an order that it took.
const LOOK: Duration = Duration::from_millis(300);
/// How long an order of which nothing more is moved is waited for: a message that was not found is looked for twice more.
const PATIENCE: Duration = Duration::from_mins(1);

/// What is to be done.
pub(super) struct Given {
    pub(super) deed: DeadDeed,
    /// For what came from nobody knows where.
    pub(super) into: Option<Name>,
}

/// Where one person's orders are carried out.
pub(super) struct Doing<'a> {
    pub(super) ledger: &'a Ledger,
    pub(super) queue: &'a DeadQueue,
    pub(super) actor: &'a Actor,
    pub(super) given: &'a Given,
    pub(super) json: bool,
}

impl Doing<'_> {
    pub(super) async fn all(
        &self,
        choice: Choice,
        workspace: Option<&WorkspaceId>,
        home: &WorkspaceId,
    ) -> anyhow::Result<ExitCode> {
        let mut orders = Vec::new();
        for target in &choice.targets {
            orders.extend(self.order(target).await?);
        }
        let mut is_whole = true;
        for order in self.carry_out(&orders).await? {
            is_whole &= matches!(order.state, DeadOrderState::Ended { missing: 0, .. });
            show::done(&order, self.json)?;
        }
        if choice.unlisted {
            is_whole &= self.clear(workspace, home).await?;
        }
        Ok(if is_whole { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }

    async fn order(&self, target: &DeadTarget) -> anyhow::Result<Option<DeadOrderId>> {
        match self.ledger.order_dead(target, &self.given.deed, self.actor.as_str()).await? {
            DeadOrdered::Made(order) => Ok(Some(order.id)),
            // Somebody else was quicker.
            DeadOrdered::Nothing => Ok(None),
            DeadOrdered::Before(order) if order.deed == self.given.deed => Ok(Some(order.id)),
            DeadOrdered::Before(order) => Err(Advice::refused(
                format!(
                    "{} has ordered otherwise, and it is not carried out yet: {}",
                    order.actor,
                    order.deed.as_str()
                ),
                "a worker does so within seconds; `postill dead` says how far it is",
            )),
            DeadOrdered::Grown { mails } => Err(Advice::refused(
                format!("the group has {mails} mails by now"),
                "`postill dead` shows them; give the order again",
            )),
        }
    }

    /// Until all are ended, by us or by a worker.
    async fn carry_out(&self, orders: &[DeadOrderId]) -> anyhow::Result<Vec<DeadOrder>> {
        let (mut before, mut since) = (None, Instant::now());
        loop {
            self.queue.carry_out(&CancellationToken::new()).await?;
            let now = self.look(orders).await?;
            if now.iter().all(|order| matches!(order.state, DeadOrderState::Ended { .. })) {
                return Ok(now);
            }
            if before.as_ref() != Some(&now) {
                (before, since) = (Some(now), Instant::now());
            } else if since.elapsed() > PATIENCE {
                return Err(Advice::refused(
                    "not everything was carried out in time",
                    "the order stands, and a worker goes on with it: `postill dead` says how far it is",
                ));
            }
            tokio::time::sleep(LOOK).await;
        }
    }

    async fn look(&self, orders: &[DeadOrderId]) -> anyhow::Result<Vec<DeadOrder>> {
        let mut found = Vec::with_capacity(orders.len());
        for id in orders {
            found.extend(self.ledger.dead_order(*id).await?);
        }
        Ok(found)
    }

    /// Noted before anything is moved, since no order stands for it.
    async fn clear(&self, workspace: Option<&WorkspaceId>, home: &WorkspaceId) -> anyhow::Result<bool> {
        let unlisted = self.queue.unlisted(workspace).await?;
        self.require_a_way(&unlisted)?;
        let count = unlisted.count();
        let trail = workspace.unwrap_or(home);
        self.note(trail, "ordered", &[("messages", count)]).await?;
        let clearing =
            Clearing { workspace, deed: &self.given.deed, into: self.given.into.as_ref(), at_most: count };
        let moved = self.queue.clear(&clearing).await?;
        self.note(trail, "done", &[("moved", moved), ("not_found", count - moved)]).await?;
        show::cleared(&self.given.deed, moved, count, self.json)?;
        Ok(moved == count)
    }

    fn require_a_way(&self, unlisted: &Unlisted) -> anyhow::Result<()> {
        if self.given.deed != DeadDeed::Requeue || self.given.into.is_some() || unlisted.without_origin == 0 {
            return Ok(());
        }
        Err(Advice::usage(
            format!(
                "of {} messages nobody knows from which queue they came; nothing was moved",
                unlisted.without_origin
            ),
            "--into QUEUE says where they are to go, such as postill.mail or postill.replay",
        ))
    }

    async fn note(&self, trail: &WorkspaceId, step: &str, counts: &[(&str, u32)]) -> anyhow::Result<()> {
        let mut detail = json!({ "unlisted": true, "into": self.given.into.as_ref().map(Name::as_str) });
        if let Some(fields) = detail.as_object_mut() {
            fields.extend(counts.iter().map(|(name, count)| ((*name).to_owned(), json!(count))));
            if let DeadDeed::Drop { reason } = &self.given.deed {
                fields.insert("reason".to_owned(), json!(reason));
            }
        }
        let event = match (&self.given.deed, step) {
            (DeadDeed::Requeue, "ordered") => "dead.requeue_ordered",
            (DeadDeed::Requeue, _) => "dead.requeued",
            (DeadDeed::Drop { .. }, "ordered") => "dead.drop_ordered",
            (DeadDeed::Drop { .. }, _) => "dead.dropped",
        };
        let entry = NewAuditEntry {
            workspace: trail.clone(),
            actor: self.actor.as_str().to_owned(),
            event: event.to_owned(),
            subject: None,
            detail,
        };
        Ok(self.ledger.append_audit(&entry).await?)
    }
}
