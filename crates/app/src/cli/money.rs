//! What people do about money: decide, settle, stop, and check the trail.

use clap::{ArgGroup, Args, Subcommand};
use domain::{Actor, ApprovalId, TypedAmount, TypedReason, WorkspaceId};

use super::typed::{ActionStart, AuditHead};

/// Said wherever a name is taken.
pub(super) const AS_HELP: &str = "\
Names: whoever may run this may give any name with --as. It is not checked; it goes into the audit trail as given, and decides
whether somebody approves what they asked for themselves, or what they have approved before. Without --as it is the user of this
system.";

pub(super) const APPROVALS_HELP: &str = "\
A request above the limits of the policy waits here until somebody decides, or until it expires. The decision is carried out by
a worker; a second draft of the mail, with the same correlation, says what became of it.

Exit codes:  0  decided, or decided so before (approve, reject) · listed
             1  not taken: decided otherwise, expired, one's own request, too much, or no such approval
            64  wrong use or configuration
            69  the ledger is not reachable";

pub(super) const ACTIONS_HELP: &str = "\
An action is one change at Stripe. One whose outcome is unknown is read back by the workers for a week; what stays unknown is
looked up in Stripe's dashboard by a person and settled here. Settling changes nothing at Stripe.

Exit codes:  0  done, or done before
             1  not possible in the state the action is in, or no such action
            64  wrong use or configuration
            69  the ledger is not reachable";

pub(super) const HALT_HELP: &str = "\
When this has returned no worker begins a change at Stripe any more; it waits up to two seconds for requests that were on their
way. Mail goes on being read and answered; what would change something waits for approval. The setting halt.file names a file
that does the same, for when the ledger is out of reach: FILE stops all workspaces, FILE.NAME one.";

pub(super) const AUDIT_HELP: &str = "\
Each line of the trail holds the hash of the one before. Keep the head that `verify` prints somewhere else: with --head it also
finds a trail that was cut off or made anew.

Exit codes:  0  the trail is whole
             1  it is not: the first broken line is named
            64  wrong use or configuration
            69  the ledger is not reachable";

/// `postill approvals`.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct Approvals {
    #[command(subcommand)]
    pub(crate) change: Option<ApprovalsVerb>,
    #[command(flatten)]
    pub(crate) list: ApprovalsList,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ApprovalsVerb {
    /// List what waits; this is also what happens without a verb.
    List(ApprovalsList),
    /// Show everything known about one.
    Show {
        /// apr_ and 24 hexadecimal digits.
        id: ApprovalId,
        /// Print as JSON.
        #[arg(long)]
        json: bool,
    },
    /// Let it be done, perhaps for a lower amount.
    #[command(after_help = AS_HELP)]
    Approve {
        /// apr_ and 24 hexadecimal digits.
        id: ApprovalId,
        /// What is refunded at most, such as 20.00, in the currency of the request; all of it when absent.
        #[arg(long, value_name = "AMOUNT")]
        amount: Option<TypedAmount>,
        /// Who decides.
        #[arg(long = "as", value_name = "NAME")]
        actor: Option<Actor>,
        /// Print as JSON.
        #[arg(long)]
        json: bool,
    },
    /// Do not let it be done; the reason goes to whoever drafts the reply.
    #[command(after_help = AS_HELP)]
    Reject {
        /// apr_ and 24 hexadecimal digits.
        id: ApprovalId,
        /// Why not.
        #[arg(long, value_name = "TEXT")]
        reason: TypedReason,
        /// Who decides.
        #[arg(long = "as", value_name = "NAME")]
        actor: Option<Actor>,
        /// Print as JSON.
        #[arg(long)]
        json: bool,
    },
}

#[derive(Debug, Args)]
pub(crate) struct ApprovalsList {
    /// Only of this workspace.
    #[arg(long, value_name = "NAME")]
    pub(crate) workspace: Option<WorkspaceId>,
    /// Also those that are decided or have expired.
    #[arg(long)]
    pub(crate) all: bool,
    /// Print as JSON lines.
    #[arg(long)]
    pub(crate) json: bool,
}

/// `postill actions`.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct Actions {
    #[command(subcommand)]
    pub(crate) change: Option<ActionsVerb>,
    #[command(flatten)]
    pub(crate) list: ActionsList,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ActionsVerb {
    /// List actions; this is also what happens without a verb.
    List(ActionsList),
    /// Show everything known about one: parameters, Stripe's requests, its lines of the audit trail.
    Show {
        /// The id of the action, or its beginning: act_ and at least 8 digits.
        id: ActionStart,
        /// Print as JSON.
        #[arg(long)]
        json: bool,
    },
    /// Say what became of an action whose outcome is unknown. Its payment is free again for others afterwards.
    #[command(after_help = AS_HELP, group = ArgGroup::new("outcome").required(true).args(["done", "not_done"]))]
    Settle {
        /// The id of the action, or its beginning: act_ and at least 8 digits.
        id: ActionStart,
        /// It was done: what Stripe's dashboard shows, such as re_… or sub_….
        #[arg(long, value_name = "OBJECT")]
        done: Option<String>,
        /// It was not done, and is not going to be.
        #[arg(long)]
        not_done: bool,
        /// How that is known.
        #[arg(long, value_name = "TEXT")]
        reason: TypedReason,
        /// Who settles it.
        #[arg(long = "as", value_name = "NAME")]
        actor: Option<Actor>,
        /// Print the action as JSON.
        #[arg(long)]
        json: bool,
    },
    /// Take back a cancellation that has not taken effect yet: the subscription goes on.
    #[command(after_help = AS_HELP)]
    Undo {
        /// The id of the action, or its beginning: act_ and at least 8 digits.
        id: ActionStart,
        /// Who takes it back.
        #[arg(long = "as", value_name = "NAME")]
        actor: Option<Actor>,
        /// Print the action as JSON.
        #[arg(long)]
        json: bool,
    },
}

#[derive(Debug, Args)]
pub(crate) struct ActionsList {
    /// Only those without a known outcome.
    #[arg(long)]
    pub(crate) unsettled: bool,
    /// Only of this workspace.
    #[arg(long, value_name = "NAME")]
    pub(crate) workspace: Option<WorkspaceId>,
    /// Print as JSON lines.
    #[arg(long)]
    pub(crate) json: bool,
}

/// `postill halt`.
#[derive(Debug, Args)]
pub(crate) struct Halt {
    #[command(flatten)]
    pub(crate) scope: ScopeFlags,
    /// Why; everybody sees it who wonders why nothing is refunded.
    #[arg(long, value_name = "TEXT")]
    pub(crate) reason: TypedReason,
    /// Who stops it.
    #[arg(long = "as", value_name = "NAME")]
    pub(crate) actor: Option<Actor>,
    /// Print as JSON.
    #[arg(long)]
    pub(crate) json: bool,
}

/// `postill resume`.
#[derive(Debug, Args)]
pub(crate) struct Resume {
    #[command(flatten)]
    pub(crate) scope: ScopeFlags,
    /// Who lets it go on.
    #[arg(long = "as", value_name = "NAME")]
    pub(crate) actor: Option<Actor>,
    /// Print as JSON.
    #[arg(long)]
    pub(crate) json: bool,
}

/// One workspace, or all of them; never neither.
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub(crate) struct ScopeFlags {
    /// This workspace only.
    #[arg(long, value_name = "NAME")]
    pub(crate) workspace: Option<WorkspaceId>,
    /// All workspaces, those to come included.
    #[arg(long)]
    pub(crate) all: bool,
}

/// `postill halts`.
#[derive(Debug, Args)]
pub(crate) struct Halts {
    /// Print as JSON lines.
    #[arg(long)]
    pub(crate) json: bool,
}

/// `postill audit`.
#[derive(Debug, Subcommand)]
pub(crate) enum Audit {
    /// Check that no line of the trail was changed, left out or put in.
    Verify {
        /// Only of this workspace.
        #[arg(long, value_name = "NAME")]
        workspace: Option<WorkspaceId>,
        /// A head that was noted before, which the trail must hold; for one workspace.
        #[arg(long, value_name = "N:HASH", requires = "workspace")]
        head: Option<AuditHead>,
        /// Print as JSON lines.
        #[arg(long)]
        json: bool,
    },
    /// Print the trail, one JSON line each, with number and hash.
    Export {
        /// Only of this workspace.
        #[arg(long, value_name = "NAME")]
        workspace: Option<WorkspaceId>,
    },
}
