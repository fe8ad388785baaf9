//! `postill policy` on the command line.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use domain::WorkspaceId;

const EXAMPLES_HELP: &str = "\
An example, of which a file has as many as it likes:
  [[example]]
  name = \"more than needs no person\"
  function = \"refund\"
  amount = \"150.00 eur\"                # refunds only, as all up to spent_by_workspace
  age_days = 5                         # of the charge; 0 unless said
  spent_by_customer = \"20.00 eur\"      # within 24 hours; nothing unless said
  spent_by_workspace = \"900.00 eur\"
  assurance = \"authenticated\"          # none, weak, authenticated (unless said) or confirmed
  expect = \"needs_approval\"            # passed, needs_approval or refused
  reason = \"above_limit\"               # of the rule that decides; unless said, any
  persons = 1                          # how many have to allow it; unless said, any
Exit codes: 1 when an example ends otherwise, 65 when the examples cannot be read.";

#[derive(Debug, Subcommand)]
pub(crate) enum Policy {
    /// Show the rules of a workspace, where each comes from, and the version that its drafts carry.
    Show(PolicyShow),
    /// Check a configuration file as a running worker would read it: what would change, or everything that is wrong.
    Check(PolicyCheck),
    /// Judge examples by the policy and compare.
    #[command(after_help = EXAMPLES_HELP)]
    Test(PolicyTest),
}

#[derive(Debug, Args)]
pub(crate) struct PolicyShow {
    /// The workspace; the default one when absent.
    #[arg(long, value_name = "NAME")]
    pub(crate) workspace: Option<WorkspaceId>,
    /// Print as JSON.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct PolicyCheck {
    /// The file that is to take the place of the configured one.
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
    /// Lay the switches of this workspace over it, as the ledger has them; without it the ledger is not asked.
    #[arg(long, value_name = "NAME")]
    pub(crate) workspace: Option<WorkspaceId>,
    /// Print as JSON.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct PolicyTest {
    /// The examples, in TOML.
    #[arg(value_name = "FILE")]
    pub(crate) examples: PathBuf,
    /// A configuration file to test in place of the configured one.
    #[arg(long, value_name = "FILE")]
    pub(crate) policy: Option<PathBuf>,
    /// Lay the switches of this workspace over it, as the ledger has them; without it the ledger is not asked.
    #[arg(long, value_name = "NAME")]
    pub(crate) workspace: Option<WorkspaceId>,
    /// Print as JSON.
    #[arg(long)]
    pub(crate) json: bool,
}
