//! Messages of the dead queue that the ledger does not list: moved there by the broker, refused decisions, or put there by somebody. No order
//! can be about them, so a person has them moved at once.

use std::collections::BTreeMap;

use broker::{Hold, Name, Walk};
use domain::WorkspaceId;
use store::{Arrival, DeadDeed};

use super::DeadQueue;
use super::letter::Letter;

/// What lies there and is not listed.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct Unlisted {
    /// How many messages, by workspace and code.
    pub(crate) messages: BTreeMap<(WorkspaceId, String), u32>,
    /// Of how many nobody knows from which queue they came.
    pub(crate) without_origin: u32,
}

impl Unlisted {
    pub(crate) fn count(&self) -> u32 {
        self.messages.values().sum()
    }

    fn add(&mut self, letter: &Letter) {
        let kind = (letter.arrival.workspace.clone(), letter.reason().to_owned());
        *self.messages.entry(kind).or_default() += 1;
        self.without_origin += u32::from(letter.origin.is_none());
    }
}

/// What is to be done with those messages.
pub(crate) struct Clearing<'a> {
    /// Whose; none: everybody's.
    pub(crate) workspace: Option<&'a WorkspaceId>,
    pub(crate) deed: &'a DeadDeed,
    /// Where those go of which nobody knows from which queue they came.
    pub(crate) into: Option<&'a Name>,
    /// As many as the person saw.
    pub(crate) at_most: u32,
}

impl DeadQueue {
    /// Looks at all of them.
    pub(crate) async fn unlisted(&self, workspace: Option<&WorkspaceId>) -> anyhow::Result<Unlisted> {
        let mut walk = self.walker.walk(&self.names.dead).await?;
        let found = self.count(&mut walk, workspace).await;
        let ended = walk.end().await;
        let found = found?;
        ended?;
        Ok(found)
    }

    /// Moves them, and says how many.
    pub(crate) async fn clear(&self, clearing: &Clearing<'_>) -> anyhow::Result<u32> {
        let mut walk = self.walker.walk(&self.names.dead).await?;
        let moved = self.clear_on(&mut walk, clearing).await;
        let ended = walk.end().await;
        let moved = moved?;
        ended?;
        Ok(moved)
    }

    async fn count(&self, walk: &mut Walk, workspace: Option<&WorkspaceId>) -> anyhow::Result<Unlisted> {
        let mut unlisted = Unlisted::default();
        while let Some(letters) = self.next_unlisted(walk, workspace).await? {
            for letter in &letters {
                unlisted.add(letter);
            }
        }
        Ok(unlisted)
    }

    async fn clear_on(&self, walk: &mut Walk, clearing: &Clearing<'_>) -> anyhow::Result<u32> {
        let mut moved = 0;
        while moved < clearing.at_most
            && let Some(mut letters) = self.next_unlisted(walk, clearing.workspace).await?
        {
            letters.truncate(usize::try_from(clearing.at_most - moved).unwrap_or(usize::MAX));
            moved += self.clear_some(walk, clearing, letters).await?;
        }
        Ok(moved)
    }

    async fn clear_some(
        &self,
        walk: &Walk,
        clearing: &Clearing<'_>,
        letters: Vec<Letter>,
    ) -> anyhow::Result<u32> {
        let count = match clearing.deed {
            DeadDeed::Drop { .. } => {
                let holds: Vec<Hold> = letters.into_iter().map(|letter| letter.met.hold).collect();
                let count = holds.len();
                self.take_out(walk, holds).await?;
                count
            }
            DeadDeed::Requeue => {
                let mut back = Vec::new();
                for letter in letters {
                    let Some(queue) = letter.origin.clone().or_else(|| clearing.into.cloned()) else {
                        continue;
                    };
                    // One that a person dropped before would only die of the same again.
                    self.ledger.revive(&letter.arrival).await?;
                    back.push(letter.put_into(queue));
                }
                let count = back.len();
                self.requeue(walk, back).await?;
                count
            }
        };
        Ok(u32::try_from(count).unwrap_or(u32::MAX))
    }

    /// Those of the next batch; none at the end of the queue.
    async fn next_unlisted(
        &self,
        walk: &mut Walk,
        workspace: Option<&WorkspaceId>,
    ) -> anyhow::Result<Option<Vec<Letter>>> {
        let letters = self.next(walk).await?;
        if letters.is_empty() {
            return Ok(None);
        }
        let arrivals: Vec<Arrival> = letters.iter().map(|letter| letter.arrival.clone()).collect();
        let known = self.ledger.known_as_dead(&arrivals).await?;
        let is_meant = |letter: &Letter| {
            !known.contains(&letter.arrival)
                && workspace.is_none_or(|workspace| *workspace == letter.arrival.workspace)
        };
        Ok(Some(letters.into_iter().filter(is_meant).collect()))
    }
}
