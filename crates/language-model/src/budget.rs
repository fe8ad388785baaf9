//! How many calls and tokens may be spent: by the process, and for one workspace.

use std::collections::HashMap;
use std::fmt;
use std::num::{NonZeroU32, NonZeroU64};
use std::sync::{Mutex, MutexGuard, PoisonError};

use domain::{Timestamp, WorkspaceId};
use jiff::SignedDuration;

use crate::config::Allowances;
use crate::error::ReadError;

/// What may be spent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Allowance {
    /// Calls within an hour from the first one.
    pub calls_per_hour: NonZeroU32,
    /// Tokens, asked and answered, within 24 hours from the first one.
    pub tokens_per_day: NonZeroU64,
}

/// What is used up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UsedUp {
    /// The calls of the process.
    Calls,
    /// The tokens of the process.
    Tokens,
    /// The calls of the mail's workspace.
    WorkspaceCalls,
    /// The tokens of the mail's workspace.
    WorkspaceTokens,
}

impl fmt::Display for UsedUp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Calls => "calls of the hour",
            Self::Tokens => "tokens of the day",
            Self::WorkspaceCalls => "calls of the hour in this workspace",
            Self::WorkspaceTokens => "tokens of the day in this workspace",
        })
    }
}

/// What was spent since the process started; a restart begins anew.
#[derive(Debug)]
pub(crate) struct Budget {
    allowances: Allowances,
    spent: Mutex<Spent>,
}

#[derive(Debug, Default)]
struct Spent {
    process: Purse,
    workspaces: HashMap<WorkspaceId, Purse>,
}

#[derive(Debug, Default)]
struct Purse {
    calls: Window,
    tokens: Window,
}

/// What was used since it began. It begins with the first use, and anew with the first after its length.
#[derive(Debug, Default)]
struct Window {
    began_at: Option<Timestamp>,
    used: u64,
    /// That it is used up was said.
    told: bool,
}

/// Tokens set aside for one call: the most it can cost. What is dropped unsettled stays spent.
#[derive(Debug)]
pub(crate) struct Reserved<'a> {
    budget: &'a Budget,
    workspace: WorkspaceId,
    tokens: u64,
    /// When the windows began that it was taken from.
    process: Option<Timestamp>,
    own: Option<Timestamp>,
}

impl Budget {
    pub(crate) fn new(allowances: Allowances) -> Self {
        Self { allowances, spent: Mutex::default() }
    }

    /// Takes one call and so many tokens from both purses, or from neither.
    pub(crate) fn reserve(
        &self,
        workspace: &WorkspaceId,
        tokens: u64,
        now: Timestamp,
    ) -> Result<Reserved<'_>, ReadError> {
        let mut spent = self.spent();
        let Spent { process, workspaces } = &mut *spent;
        let own = workspaces.entry(workspace.clone()).or_default();
        process.turn_over(now);
        own.turn_over(now);
        process.check(self.allowances.process, tokens, [UsedUp::Calls, UsedUp::Tokens])?;
        own.check(self.allowances.workspace, tokens, [UsedUp::WorkspaceCalls, UsedUp::WorkspaceTokens])?;
        process.spend(tokens, now);
        own.spend(tokens, now);
        let (process, own) = (process.tokens.began_at, own.tokens.began_at);
        Ok(Reserved { budget: self, workspace: workspace.clone(), tokens, process, own })
    }

    fn spent(&self) -> MutexGuard<'_, Spent> {
        self.spent.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Reserved<'_> {
    /// Puts what the call cost in place of what was set aside.
    pub(crate) fn settle(self, tokens: u64) {
        let mut spent = self.budget.spent();
        spent.process.tokens.correct(self.process, self.tokens, tokens);
        if let Some(own) = spent.workspaces.get_mut(&self.workspace) {
            own.tokens.correct(self.own, self.tokens, tokens);
        }
    }
}

impl Purse {
    fn turn_over(&mut self, now: Timestamp) {
        self.calls.turn_over(now, SignedDuration::from_hours(1));
        self.tokens.turn_over(now, SignedDuration::from_hours(24));
    }

    fn check(&mut self, allowed: Allowance, tokens: u64, names: [UsedUp; 2]) -> Result<(), ReadError> {
        let [calls_name, tokens_name] = names;
        self.calls.check(1, allowed.calls_per_hour.get().into(), calls_name)?;
        self.tokens.check(tokens, allowed.tokens_per_day.get(), tokens_name)
    }

    fn spend(&mut self, tokens: u64, now: Timestamp) {
        self.calls.spend(1, now);
        self.tokens.spend(tokens, now);
    }
}

impl Window {
    /// Also after a clock was set back by more than the window's length.
    fn turn_over(&mut self, now: Timestamp, length: SignedDuration) {
        if self.began_at.is_some_and(|began_at| now.duration_since(began_at).abs() >= length) {
            *self = Self::default();
        }
    }

    fn check(&mut self, more: u64, allowed: u64, name: UsedUp) -> Result<(), ReadError> {
        if self.used.saturating_add(more) <= allowed {
            return Ok(());
        }
        if !self.told {
            tracing::warn!(
                language_model.used = self.used,
                language_model.allowed = allowed,
                "the budget for the language model is used up ({name}); the classifier's answer stands meanwhile"
            );
            self.told = true;
        }
        Err(ReadError::BudgetUsedUp(name))
    }

    fn spend(&mut self, more: u64, now: Timestamp) {
        self.began_at.get_or_insert(now);
        self.used = self.used.saturating_add(more);
    }

    /// Only in the window it was taken from: what another one has used is not its business.
    fn correct(&mut self, began_at: Option<Timestamp>, reserved: u64, cost: u64) {
        if self.began_at == began_at {
            self.used = self.used.saturating_sub(reserved).saturating_add(cost);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allowance(calls: u32, tokens: u64) -> Allowance {
        Allowance {
            calls_per_hour: NonZeroU32::new(calls).unwrap(),
            tokens_per_day: NonZeroU64::new(tokens).unwrap(),
        }
    }

    fn budget(process: Allowance, workspace: Allowance) -> Budget {
        Budget::new(Allowances { process, workspace })
    }

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn shop(name: &str) -> WorkspaceId {
        name.parse().unwrap()
    }

    #[track_caller]
    fn is_used_up(reserved: Result<Reserved<'_>, ReadError>, expected: UsedUp) {
        match reserved {
            Err(ReadError::BudgetUsedUp(used_up)) => assert_eq!(used_up, expected),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn calls_are_counted_by_the_hour_and_tokens_by_the_day() {
        let budget = budget(allowance(2, 250), allowance(9, 900));
        drop(budget.reserve(&shop("a"), 100, at(0)).unwrap());
        drop(budget.reserve(&shop("a"), 100, at(1)).unwrap());
        is_used_up(budget.reserve(&shop("a"), 1, at(3_599)), UsedUp::Calls);
        is_used_up(budget.reserve(&shop("a"), 100, at(3_600)), UsedUp::Tokens);
        drop(budget.reserve(&shop("a"), 50, at(3_600)).unwrap());
        assert!(budget.reserve(&shop("a"), 100, at(24 * 3_600)).is_ok());
    }

    #[test]
    fn one_workspace_does_not_use_up_what_the_others_have() {
        let budget = budget(allowance(9, 900), allowance(1, 100));
        drop(budget.reserve(&shop("a"), 50, at(0)).unwrap());
        is_used_up(budget.reserve(&shop("a"), 50, at(0)), UsedUp::WorkspaceCalls);
        is_used_up(budget.reserve(&shop("b"), 101, at(0)), UsedUp::WorkspaceTokens);
        assert!(budget.reserve(&shop("b"), 100, at(0)).is_ok());
    }

    #[test]
    fn what_is_refused_is_not_spent() {
        let budget = budget(allowance(2, 100), allowance(2, 100));
        for _ in 0..9 {
            is_used_up(budget.reserve(&shop("a"), 101, at(0)), UsedUp::Tokens);
        }
        assert!(budget.reserve(&shop("a"), 100, at(0)).is_ok());
    }

    #[test]
    fn a_call_counts_with_its_cost_once_that_is_known_and_with_the_most_until_then() {
        let budget = budget(allowance(9, 100), allowance(9, 100));
        let call = budget.reserve(&shop("a"), 90, at(0)).unwrap();
        is_used_up(budget.reserve(&shop("a"), 11, at(0)), UsedUp::Tokens);
        call.settle(10);
        let call = budget.reserve(&shop("a"), 90, at(0)).unwrap();
        call.settle(1_000);
        is_used_up(budget.reserve(&shop("a"), 1, at(0)), UsedUp::Tokens);
    }

    #[test]
    fn a_cost_that_comes_after_midnight_changes_nothing_of_the_new_day() {
        let budget = budget(allowance(9, 100), allowance(9, 100));
        let late = budget.reserve(&shop("a"), 90, at(0)).unwrap();
        drop(budget.reserve(&shop("a"), 100, at(24 * 3_600)).unwrap());
        late.settle(0);
        is_used_up(budget.reserve(&shop("a"), 1, at(24 * 3_600)), UsedUp::Tokens);
    }

    #[test]
    fn a_clock_that_was_set_back_does_not_close_the_purse_for_good() {
        let budget = budget(allowance(1, 100), allowance(1, 100));
        drop(budget.reserve(&shop("a"), 1, at(900_000)).unwrap());
        assert!(budget.reserve(&shop("a"), 1, at(0)).is_ok());
    }
}
