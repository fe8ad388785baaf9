//! Every kill there is, each in a life of its own, in several worlds at once.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};

use anyhow::{Context, Result, ensure};
use tests::executioner::Kill;

use crate::shop::Wish;
use crate::step::Step;
use crate::world::{Ended, Place, World};

/// How often a piece is waited for. What stays away is what a worker does every second, letter or not; the way of a letter always has
/// the same pieces.
const TRIES: usize = 2;

/// Kills the worker at each piece that it sends on the way of one letter, and sees that every letter ends as it should.
pub(crate) async fn kill_at_every_step(wish: Wish, place: Place) -> Result<Matrix> {
    let matrix = Shared::default();
    let mut first = World::open(place, wish).await?;
    let lived = first.ends_well(wish, None).await.context("nobody was killed")?;
    matrix.lock().learn(None, &lived);
    let another = || Box::pin(async { work_on(&matrix, wish, World::open(place, wish).await?).await });
    // Four at once: the worker of one starts, or waits for the lease of a dead one, while another's works.
    tokio::try_join!(Box::pin(work_on(&matrix, wish, first)), another(), another(), another())?;
    let Shared(matrix) = matrix;
    Ok(matrix.into_inner().unwrap_or_else(PoisonError::into_inner))
}

async fn work_on(matrix: &Shared, wish: Wish, mut world: World) -> Result<()> {
    loop {
        let Some(kill) = matrix.lock().due.pop_front() else { break };
        let ended = world.ends_well(wish, Some(kill.clone())).await;
        let ended = ended.with_context(|| format!("killed {kill}"))?;
        matrix.lock().learn(Some(kill), &ended);
    }
    world.closes().await
}

#[derive(Default)]
struct Shared(Mutex<Matrix>);

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Matrix> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The kills that are known, and those that are still due.
#[derive(Default)]
pub(crate) struct Matrix {
    known: BTreeSet<Kill>,
    due: VecDeque<Kill>,
    /// Kills whose piece stayed away, and how often.
    missed: BTreeMap<Kill, usize>,
    /// What the workers died of, by the step they had come to.
    died: BTreeMap<Step, BTreeSet<Kill>>,
}

impl Matrix {
    /// A life teaches the pieces it was made of: those that are new are due.
    fn learn(&mut self, kill: Option<Kill>, ended: &Ended) {
        for suggested in ended.journal.kills() {
            if self.known.insert(suggested.clone()) {
                self.due.push_back(suggested);
            }
        }
        match (kill, ended.died) {
            (Some(kill), Some(step)) => {
                self.died.entry(step).or_default().insert(kill);
            }
            (Some(kill), None) => {
                let missed = self.missed.entry(kill.clone()).or_default();
                *missed += 1;
                if *missed < TRIES {
                    self.due.push_back(kill);
                }
            }
            (None, _) => {}
        }
    }

    /// Every step of the path was hit.
    pub(crate) fn is_complete(&self, wish: Wish) -> Result<()> {
        let left: Vec<String> = Step::ALL
            .iter()
            .filter(|step| step.is_on_the_way_of(wish) && !self.died.contains_key(step))
            .map(Step::to_string)
            .collect();
        ensure!(left.is_empty(), "nobody was killed at: {left:?}");
        Ok(())
    }
}

/// The table: how many kills hit each step, and which.
impl fmt::Display for Matrix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{:>4} kills", self.died.values().map(BTreeSet::len).sum::<usize>())?;
        for step in Step::ALL {
            let kills = self.died.get(&step);
            writeln!(f, "{:>4} {step}", kills.map_or(0, BTreeSet::len))?;
            for kill in kills.into_iter().flatten() {
                writeln!(f, "       {kill}")?;
            }
        }
        for (kill, _) in self.missed.iter().filter(|(_, times)| **times == TRIES) {
            writeln!(f, "     not met again: {kill}")?;
        }
        Ok(())
    }
}
