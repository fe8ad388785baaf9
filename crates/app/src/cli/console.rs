//! The flags of `console` and `people`.

use std::net::SocketAddr;
use std::str::FromStr;

use clap::{Args, Subcommand};
use domain::{Actor, Role, WorkspaceId};

pub(super) const CONSOLE_HELP: &str = "\
The first administrator is made on the command line:
  postill people add NAME --role admin
The console listens on this machine alone unless told otherwise; put a proxy that speaks HTTPS before it, and set console.https = \"on\".";

/// `postill console`.
#[derive(Debug, Args)]
pub(crate) struct Console {
    /// Where it listens, instead of console.bind; port 0 takes a free one.
    #[arg(long, value_name = "HOST:PORT")]
    pub(crate) bind: Option<SocketAddr>,
}

/// `postill people`.
#[derive(Debug, Args)]
pub(crate) struct People {
    #[command(subcommand)]
    pub(crate) change: Option<PeopleVerb>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum PeopleVerb {
    /// Add somebody; the password is one line from standard input. Best the e-mail address as the name: nobody may approve their own request.
    Add {
        /// The name to sign in with.
        name: Actor,
        /// viewer, operator, approver or admin.
        #[arg(long)]
        role: Role,
        /// In this workspace only; in all, also later ones, when absent.
        #[arg(long, value_name = "NAME")]
        workspace: Option<WorkspaceId>,
    },
    /// Give another role, in one workspace or in all.
    Role {
        /// Whose.
        name: Actor,
        /// viewer, operator, approver or admin; `none` takes it away.
        role: GivenRole,
        /// In this workspace only; in all, also later ones, when absent.
        #[arg(long, value_name = "NAME")]
        workspace: Option<WorkspaceId>,
    },
    /// Set another password, one line from standard input; whoever is signed in with the old one is signed out.
    Password {
        /// Whose.
        name: Actor,
    },
    /// Remove somebody. What they did stays in the audit trail.
    Remove {
        /// Whom.
        name: Actor,
    },
}

/// A role, or none.
#[derive(Debug, Clone, Copy)]
pub(crate) struct GivenRole(pub(crate) Option<Role>);

/// The text names neither a role nor none.
#[derive(Debug, Clone, Copy, thiserror::Error)]
#[error("expected viewer, operator, approver, admin or none")]
pub(crate) struct GivenRoleError;

impl FromStr for GivenRole {
    type Err = GivenRoleError;

    fn from_str(text: &str) -> Result<Self, GivenRoleError> {
        if text == "none" {
            return Ok(Self(None));
        }
        text.parse().map(|role| Self(Some(role))).map_err(|_no_role| GivenRoleError)
    }
}
