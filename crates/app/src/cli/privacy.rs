//! What is held of a person.

use clap::{Args, Subcommand};
use domain::{Actor, WorkspaceId};

use super::money::AS_HELP;

pub(super) const PRIVACY_HELP: &str = "\
Found by the address in the drafts themselves, however it is written: of mail that came from it, or whose answer goes to it. Give it as -
to have it read from standard input: a list of processes shows arguments.

Not reached from here: mail and drafts in RabbitMQ's queues, what Stripe holds, what others made of published drafts, and backups.

Exit codes:  0  told, or all of it forgotten
             1  something was left: it is open, or ended within a day
            64  wrong use or configuration
            69  the ledger is not reachable";

/// `postill privacy`.
#[derive(Debug, Args)]
pub(crate) struct Privacy {
    #[command(subcommand)]
    pub(crate) verb: PrivacyVerb,
}

#[derive(Debug, Subcommand)]
pub(crate) enum PrivacyVerb {
    /// Print everything that is held of a person, as JSON.
    Export(Whom),
    /// Forget what is held of a person; says how much that is, and does it with --yes.
    #[command(after_help = AS_HELP)]
    Erase {
        #[command(flatten)]
        whom: Whom,
        /// Do it. There is no way back.
        #[arg(long)]
        yes: bool,
        /// Who wants it.
        #[arg(long = "as", value_name = "NAME")]
        actor: Option<Actor>,
    },
}

#[derive(Debug, Args)]
pub(crate) struct Whom {
    /// The person's address; - reads it from standard input.
    #[arg(value_name = "ADDRESS")]
    pub(crate) address: String,
    /// Of this workspace alone; of all when absent.
    #[arg(long, value_name = "NAME")]
    pub(crate) workspace: Option<WorkspaceId>,
}
