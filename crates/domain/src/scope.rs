//! One workspace, or all.

use std::fmt;
use std::str::FromStr;

use crate::WorkspaceId;

/// What a halt holds up, or where a role counts. As text it is the workspace, or `*` for all; no workspace has that name.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Scope {
    /// Every workspace, also those made later.
    All,
    /// One workspace.
    Workspace(WorkspaceId),
}

impl Scope {
    /// The scope as text.
    pub fn as_str(&self) -> &str {
        match self {
            Self::All => "*",
            Self::Workspace(workspace) => workspace.as_str(),
        }
    }
}

impl FromStr for Scope {
    type Err = ScopeError;

    fn from_str(text: &str) -> Result<Self, ScopeError> {
        if text == Self::All.as_str() {
            return Ok(Self::All);
        }
        text.parse().map(Self::Workspace).map_err(|_no_workspace| ScopeError)
    }
}

/// The text names neither a workspace nor all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a workspace, or * for all, is wanted")]
pub struct ScopeError;

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scope_is_all_or_a_workspace() {
        assert_eq!("*".parse(), Ok(Scope::All));
        assert_eq!("default".parse(), Ok(Scope::Workspace(WorkspaceId::default())));
        assert_eq!("No Workspace".parse::<Scope>(), Err(ScopeError));
    }
}
