//! What people do about mail that ended in the dead queue.

use std::str::FromStr;

use broker::Name;
use clap::{ArgGroup, Args, Subcommand};
use domain::{Actor, TypedReason, WorkspaceId};
use store::DeadGroupId;

use crate::settings::Expected;

pub(super) const DEAD_HELP: &str = "\
A mail that cannot be read, belongs to nobody or may have killed a worker lies in the dead queue until a person puts it back or drops
it. Mails of one cause are a group. `unlisted` stands for what lies there and the ledger does not know as dead: mails that were
delivered a hundred times, decisions that were refused. A mail that died while nobody mended its cause dies of it again.

Exit codes:  0  done, or said what would be done (requeue, drop) · listed
             1  not all of it was found, or there is no such group or mail
            64  wrong use or configuration
            69  the ledger or RabbitMQ is not reachable";

/// `postill dead`.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct Dead {
    #[command(subcommand)]
    pub(crate) change: Option<DeadVerb>,
    #[command(flatten)]
    pub(crate) list: DeadList,
}

#[derive(Debug, Subcommand)]
pub(crate) enum DeadVerb {
    /// List the groups; this is also what happens without a verb.
    List(DeadList),
    /// Show the mails of a group, or one mail.
    Show {
        /// A group, or the beginning of a mail: at least 8 hexadecimal digits.
        id: DeadName,
        /// Print as JSON lines.
        #[arg(long)]
        json: bool,
    },
    /// Put mails back into the queue they came from, to be worked on as if they were new.
    #[command(after_help = super::money::AS_HELP, group = which())]
    Requeue {
        #[command(flatten)]
        which: DeadWhich,
        /// For `unlisted` messages of which nobody knows where they came from: this queue, such as postill.mail.
        #[arg(long, value_name = "QUEUE")]
        into: Option<Name>,
    },
    /// Take mails out of the dead queue for good. Their rows stay in the ledger, their bytes do not.
    #[command(after_help = super::money::AS_HELP, group = which())]
    Drop {
        #[command(flatten)]
        which: DeadWhich,
        /// Why they are not wanted.
        #[arg(long, value_name = "TEXT")]
        reason: TypedReason,
    },
}

#[derive(Debug, Args)]
pub(crate) struct DeadList {
    /// Only of this workspace.
    #[arg(long, value_name = "NAME")]
    pub(crate) workspace: Option<WorkspaceId>,
    /// Print as JSON lines.
    #[arg(long)]
    pub(crate) json: bool,
}

/// Groups or mails, or all of them; never neither.
fn which() -> ArgGroup {
    ArgGroup::new("which").required(true).args(["ids", "all"])
}

#[derive(Debug, Args)]
pub(crate) struct DeadWhich {
    /// Groups, mails by the beginning of their ids, or `unlisted`.
    #[arg(value_name = "ID")]
    pub(crate) ids: Vec<DeadName>,
    /// Every group of the ledger, or of the workspace; `unlisted` has to be named.
    #[arg(long)]
    pub(crate) all: bool,
    /// Only of this workspace.
    #[arg(long, value_name = "NAME")]
    pub(crate) workspace: Option<WorkspaceId>,
    /// Do it; without this it is only said what would be done.
    #[arg(long)]
    pub(crate) yes: bool,
    /// Who orders it.
    #[arg(long = "as", value_name = "NAME")]
    pub(crate) actor: Option<Actor>,
    /// Print as JSON lines.
    #[arg(long)]
    pub(crate) json: bool,
}

/// What is named on the command line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum DeadName {
    Group(DeadGroupId),
    /// Mails whose id begins so.
    Mail(String),
    Unlisted,
}

impl DeadName {
    /// As it is typed, and as lists show it.
    pub(crate) const UNLISTED: &str = "unlisted";
    const FEWEST_DIGITS: usize = 8;
    const DIGITS: usize = 64;
}

impl FromStr for DeadName {
    type Err = Expected;

    fn from_str(text: &str) -> Result<Self, Expected> {
        if text == Self::UNLISTED {
            return Ok(Self::Unlisted);
        }
        if let Ok(group) = text.parse() {
            return Ok(Self::Group(group));
        }
        let is_start = (Self::FEWEST_DIGITS..=Self::DIGITS).contains(&text.len())
            && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        is_start
            .then(|| Self::Mail(text.to_owned()))
            .ok_or(Expected("grp_ and 16 hexadecimal digits, 8 to 64 digits of a mail, or unlisted"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: Option<DeadName>) {
        assert_eq!(text.parse::<DeadName>().ok(), expected, "{text}");
    }

    #[test]
    fn groups_mails_and_what_is_unlisted_are_told_apart() {
        let group = "grp_0123456789abcdef";
        check(group, group.parse().ok().map(DeadName::Group));
        assert!(matches!(group.parse(), Ok(DeadName::Group(_))));
        check("0123abcd", Some(DeadName::Mail("0123abcd".to_owned())));
        check("unlisted", Some(DeadName::Unlisted));
        for wrong in ["0123abc", "grp_0123", "0123abcX", "all", ""] {
            check(wrong, None);
        }
    }
}
