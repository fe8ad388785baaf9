//! Halts: the kill switch, and the breaker that a day's budget trips.

use std::str::FromStr;

use crate::{Scope, Timestamp};

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

/// Something that holds up writing at Stripe until somebody lifts it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Halt {
    /// What it holds up.
    pub scope: Scope,
    /// What halted it.
    pub kind: HaltKind,
    /// Who: an operator, or `postill` for the breaker.
    pub actor: String,
    /// Why, in a sentence.
    pub reason: String,
    /// Since when.
    pub since: Timestamp,
}
