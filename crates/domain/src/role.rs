//! What a person may do in the console.

use std::fmt;
use std::str::FromStr;

/// What a person may do in a workspace. Each may also do what those before it may.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Role {
    /// Look at everything; what is told about people stays hidden.
    Viewer,
    /// Keep it running: reveal what is told about people, simulate, requeue dead letters, halt and resume.
    Operator,
    /// Decide about what waits for a person.
    Approver,
    /// Connect Stripe, switch functions, and say who may do what.
    Admin,
}

impl Role {
    /// All four, the least first.
    pub const ALL: [Self; 4] = [Self::Viewer, Self::Operator, Self::Approver, Self::Admin];

    /// The name on pages, on the command line and in the ledger.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::Operator => "operator",
            Self::Approver => "approver",
            Self::Admin => "admin",
        }
    }
}

/// The text names no role.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a role is viewer, operator, approver or admin")]
pub struct RoleError;

impl FromStr for Role {
    type Err = RoleError;

    fn from_str(text: &str) -> Result<Self, RoleError> {
        Self::ALL.into_iter().find(|role| role.as_str() == text).ok_or(RoleError)
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
