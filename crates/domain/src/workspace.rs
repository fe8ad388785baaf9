//! Workspaces, and in which kind of run a mail is read.

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::text::serialized_as_text;

/// One tenant with a Stripe key, functions and policy of its own: 1–40 of `a-z 0-9 -`, starting with a letter.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Deserialize, JsonSchema)]
#[serde(try_from = "String")]
#[schemars(with = "String", extend("pattern" = "^[a-z][a-z0-9-]{0,39}$"))]
pub struct WorkspaceId(String);

/// The text is not a workspace id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a workspace id is 1 to 40 of a-z, 0-9 and -, and starts with a letter")]
pub struct WorkspaceIdError;

impl WorkspaceId {
    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The workspace of an installation that has only one: `default`.
impl Default for WorkspaceId {
    fn default() -> Self {
        Self("default".to_owned())
    }
}

impl FromStr for WorkspaceId {
    type Err = WorkspaceIdError;

    fn from_str(text: &str) -> Result<Self, WorkspaceIdError> {
        let starts_with_letter = text.bytes().next().is_some_and(|b| b.is_ascii_lowercase());
        let allowed = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
        if starts_with_letter && text.len() <= 40 && text.bytes().all(allowed) {
            Ok(Self(text.to_owned()))
        } else {
            Err(WorkspaceIdError)
        }
    }
}

impl TryFrom<String> for WorkspaceId {
    type Error = WorkspaceIdError;

    fn try_from(text: String) -> Result<Self, WorkspaceIdError> {
        text.parse()
    }
}

serialized_as_text!(WorkspaceId);

impl From<WorkspaceId> for String {
    fn from(id: WorkspaceId) -> Self {
        id.0
    }
}

impl fmt::Display for WorkspaceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Why a mail is being read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RunKind {
    /// Mail as it comes in.
    Live,
    /// Archived mail, read again: never moves money.
    Replay,
    /// Somebody tries a message: no side effects.
    Simulator,
    /// Injected by a load test: behaves as live, against a sandbox.
    Load,
}

impl RunKind {
    /// The name used on the wire and in the ledger.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Live => "live",
            Self::Replay => "replay",
            Self::Simulator => "simulator",
            Self::Load => "load",
        }
    }
}

impl FromStr for RunKind {
    type Err = RunKindError;

    fn from_str(text: &str) -> Result<Self, RunKindError> {
        [Self::Live, Self::Replay, Self::Simulator, Self::Load]
            .into_iter()
            .find(|kind| kind.as_str() == text)
            .ok_or(RunKindError)
    }
}

/// The text names no kind of run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a run is one of live, replay, simulator, load")]
pub struct RunKindError;

/// The kind of run, and whether it may write at Stripe.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Run {
    /// Why the mail is read.
    pub kind: RunKind,
    /// Nothing is written at Stripe; what would have been done is said instead.
    pub dry_run: bool,
}

impl Run {
    /// Live mail, with effects.
    pub const LIVE: Self = Self { kind: RunKind::Live, dry_run: false };
    /// The simulator: no effects.
    pub const SIMULATOR: Self = Self { kind: RunKind::Simulator, dry_run: true };
    /// Archived mail: no effects.
    pub const REPLAY: Self = Self { kind: RunKind::Replay, dry_run: true };

    /// The proof that this run may write at Stripe. Replays and the simulator never have it, whatever `dry_run` says.
    pub const fn writable(self) -> Option<Writable> {
        match self.kind {
            RunKind::Live | RunKind::Load if !self.dry_run => Some(Writable { _private: () }),
            RunKind::Live | RunKind::Load | RunKind::Replay | RunKind::Simulator => None,
        }
    }
}

/// The proof that a run may write at Stripe; without one no [`crate::Permit`] can be made. Only [`Run::writable`] gives it out.
#[derive(Debug, Clone, Copy)]
pub struct Writable {
    _private: (),
}
