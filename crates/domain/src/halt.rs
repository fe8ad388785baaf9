//! Halts: the kill switch, and the breaker that a day's budget trips.

use std::fmt;
use std::str::FromStr;

use crate::{Timestamp, WorkspaceId};

/// What halted it, and so what is held up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum HaltKind {
    /// A person's kill switch: nothing is written at Stripe, whoever allowed it.
    Stop,
    /// The day's budget of the workspace was used up: refunds by policy wait for a person; those a person allows go on.
    Breaker,
}

impl HaltKind {
    /// The name on the command line and in the ledger.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Stop => "stop",
            Self::Breaker => "breaker",
        }
    }
}

impl FromStr for HaltKind {
    type Err = HaltKindError;

    fn from_str(text: &str) -> Result<Self, HaltKindError> {
        [Self::Stop, Self::Breaker].into_iter().find(|kind| kind.as_str() == text).ok_or(HaltKindError)
    }
}

/// The text names no kind of halt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a halt is stop or breaker")]
pub struct HaltKindError;

/// What a halt holds up. As text it is the workspace, or `*` for all; no workspace has that name.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum HaltScope {
    /// Every workspace, also those made later.
    All,
    /// One workspace.
    Workspace(WorkspaceId),
}

impl HaltScope {
    /// The scope as text.
    pub fn as_str(&self) -> &str {
        match self {
            Self::All => "*",
            Self::Workspace(workspace) => workspace.as_str(),
        }
    }
}

impl FromStr for HaltScope {
    type Err = HaltScopeError;

    fn from_str(text: &str) -> Result<Self, HaltScopeError> {
        if text == Self::All.as_str() {
            return Ok(Self::All);
        }
        text.parse().map(Self::Workspace).map_err(|_no_workspace| HaltScopeError)
    }
}

/// The text names nothing that can be halted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a halt is of a workspace, or of * for all")]
pub struct HaltScopeError;

impl fmt::Display for HaltScope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Something that holds up writing at Stripe until somebody lifts it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Halt {
    /// What it holds up.
    pub scope: HaltScope,
    /// What halted it.
    pub kind: HaltKind,
    /// Who: an operator, or `postill` for the breaker.
    pub actor: String,
    /// Why, in a sentence.
    pub reason: String,
    /// Since when.
    pub since: Timestamp,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scope_is_all_or_a_workspace() {
        assert_eq!("*".parse(), Ok(HaltScope::All));
        assert_eq!("default".parse(), Ok(HaltScope::Workspace(WorkspaceId::default())));
        assert_eq!("No Workspace".parse::<HaltScope>(), Err(HaltScopeError));
    }
}
