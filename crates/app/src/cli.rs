//! The command line: verbs and their flags. What they do stands in `verbs`.

mod bench;
mod console;
mod dead;
mod eval;
mod load;
mod money;
mod policy;
mod privacy;
mod replay;
mod train;
mod typed;

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use domain::{Assurance, EmailAddress, Function, WorkspaceId};
use mail::Format;

use crate::settings::Expected;
pub(crate) use bench::{Bench, BenchRelay};
use console::CONSOLE_HELP;
pub(crate) use console::{Console, People, PeopleVerb};
use dead::DEAD_HELP;
pub(crate) use dead::{Dead, DeadList, DeadName, DeadVerb, DeadWhich};
pub(crate) use eval::Eval;
pub(crate) use load::Load;
pub(crate) use money::{
    Actions, ActionsList, ActionsVerb, Approvals, ApprovalsList, ApprovalsVerb, Audit, Halt, Halts, Resume,
    ScopeFlags,
};
pub(crate) use policy::{Policy, PolicyCheck, PolicyShow, PolicyTest};
pub(crate) use privacy::{Privacy, PrivacyVerb, Whom};
pub(crate) use replay::{ProgressShown, Replay};
pub(crate) use train::Train;
pub(crate) use typed::{ActionStart, AuditHead};

const AFTER_HELP: &str = "\
Start here:  postill demo
Settings:    postill config check
             defaults < postill.toml < POSTILL_* in the environment < --set
Output:      results on standard output, everything else on standard error
Exit codes:   0  done
              1  failed
             64  wrong use or configuration
             65  input that cannot be read
             69  a server is not reachable
             75  `ingest -`: not stored, try again (what mail servers expect)
            130  `replay`: stopped before it was through";

const INGEST_HELP: &str = "\
As the pipe of a mail server, it exits 0 only after RabbitMQ has confirmed; 75 makes the server try again:
  Postfix, master.cf:  postill unix - n n - 4 pipe flags=q user=postill argv=/usr/bin/postill ingest -
  Exim, a transport:   driver = pipe; command = /usr/bin/postill ingest -; temp_errors = 75; log_output
Posted mail is answered with 200 only after RabbitMQ has confirmed; providers try again what is answered with 503.";

/// Where the sandbox listens unless told otherwise.
pub(crate) const SANDBOX: &str = "127.0.0.1:12111";

/// The heading of the options that every verb has.
const EVERYWHERE: &str = "Settings";

/// Reads billing mail from RabbitMQ, asks Stripe, publishes the context of a draft reply. Never sends mail.
#[derive(Debug, Parser)]
#[command(name = "postill", version, after_help = AFTER_HELP, max_term_width = 100)]
pub(crate) struct Cli {
    /// Configuration file; postill.toml when there is one here.
    #[arg(long, global = true, value_name = "FILE", help_heading = EVERYWHERE)]
    pub(crate) config: Option<PathBuf>,
    /// Set one setting, such as amqp.prefetch=100; goes before file and environment.
    #[arg(long = "set", global = true, value_name = "KEY=VALUE", help_heading = EVERYWHERE)]
    pub(crate) set: Vec<String>,
    #[command(subcommand)]
    pub(crate) verb: Verb,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    /// Run everything on this machine: SQLite, a Stripe sandbox, a sample mailbox.
    Demo(Demo),
    /// Read mail from RabbitMQ until told to stop.
    Worker,
    /// Put mail into the queue: files, folders, mailboxes, one mail on standard input, or what providers post.
    #[command(after_help = INGEST_HELP)]
    Ingest(Ingest),
    /// Read archived mail again: into the queue, or here, for a report. Nothing is changed at Stripe.
    #[command(after_help = replay::REPLAY_HELP)]
    Replay(Replay),
    /// Try a message: the call, the facts and the draft, without side effects.
    Simulate(Simulate),
    /// Read mails and print what was read, one JSON line each.
    Parse(Parse),
    /// Classify JSON lines {id, subject, body} from standard input, one JSON line each.
    Classify,
    /// Grade the classifier on mails whose label is known: figures, pictures, the surest mistakes.
    #[command(after_help = eval::EVAL_HELP)]
    Eval(Eval),
    /// Make a model to read mail with, from the situations in the binary and from your own labelled mails.
    #[command(after_help = train::TRAIN_HELP)]
    Train(Train),
    /// Run a Stripe sandbox on this machine, with the customers of the sample mailbox.
    Sandbox(Sandbox),
    /// Check a Stripe key and store it, sealed, in the ledger.
    Connect(Connect),
    /// Check configuration, database, RabbitMQ and the Stripe key; or how the settings about senders fit your mail.
    Doctor(Doctor),
    /// Show the functions, or switch one.
    Functions(Functions),
    /// Serve the pages on which people connect, switch, simulate, watch and approve.
    #[command(after_help = CONSOLE_HELP)]
    Console(Console),
    /// Show who may sign in to the console, add somebody, give a role, set a password.
    People(People),
    /// Show what waits for a person, and decide it.
    #[command(after_help = money::APPROVALS_HELP)]
    Approvals(Approvals),
    /// Show what was done at Stripe, settle what is unknown, take back a cancellation.
    #[command(after_help = money::ACTIONS_HELP)]
    Actions(Actions),
    /// Show what ended in the dead queue and why, put it back or drop it.
    #[command(after_help = DEAD_HELP)]
    Dead(Dead),
    /// Stop all writing at Stripe, of one workspace or of all.
    #[command(after_help = money::HALT_HELP)]
    Halt(Halt),
    /// Let writing at Stripe go on, also where a day's budget had stopped it.
    #[command(after_help = money::AS_HELP)]
    Resume(Resume),
    /// Show what is stopped, by whom and why.
    Halts(Halts),
    /// Check the audit trail, or print it.
    #[command(subcommand, after_help = money::AUDIT_HELP)]
    Audit(Audit),
    /// Tell what is held of a person, or forget it.
    #[command(after_help = privacy::PRIVACY_HELP)]
    Privacy(Privacy),
    /// Put mail into the queue at a rate, time every draft, and check that nothing is lost. Test mode only.
    #[command(after_help = load::LOAD_HELP)]
    Load(Load),
    /// Measure the worker on this machine, beside a bare relay on the same RabbitMQ.
    #[command(after_help = bench::BENCH_HELP)]
    Bench(Bench),
    #[command(hide = true)]
    BenchRelay(BenchRelay),
    /// Declare the queues and exchanges, or check them.
    Topology(Topology),
    /// Bring the ledger's tables up to date.
    Migrate,
    /// Print the JSON Schemas of what comes in and goes out, and the AsyncAPI document of the queues.
    Schema(Schema),
    /// Check the configuration.
    #[command(subcommand)]
    Config(Config),
    /// Show the policy, check a file before it takes its place, or test it with examples.
    #[command(subcommand)]
    Policy(Policy),
    /// Print shell completions.
    Completions {
        /// The shell.
        shell: clap_complete::Shell,
    },
}

#[derive(Debug, Args)]
pub(crate) struct Demo {
    /// Where the ledger and the drafts go; made new at each run.
    #[arg(long, default_value = "postill-demo", value_name = "DIR")]
    pub(crate) dir: PathBuf,
    /// Print the table as JSON lines.
    #[arg(long)]
    pub(crate) json: bool,
    /// Whether the console is served afterwards, until Ctrl-C: `auto` does where a person looks at the table.
    #[arg(long, value_enum, default_value_t = ConsoleServed::Auto, value_name = "WHEN")]
    pub(crate) console: ConsoleServed,
}

/// Whether the demo serves the console.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ConsoleServed {
    /// When standard output is a terminal and the table is no JSON.
    Auto,
    Always,
    Never,
}

#[derive(Debug, Args)]
pub(crate) struct Ingest {
    /// The workspace the mail belongs to; the default one when absent.
    #[arg(long, value_name = "NAME")]
    pub(crate) workspace: Option<WorkspaceId>,
    /// What the files are: raw, json (postill.mail.v1), or the document of ses, postmark, mailgun, sendgrid, cloudflare, mail-parser.
    #[arg(long, value_name = "FORMAT", value_parser = format, default_value = "raw", hide_default_value = true)]
    pub(crate) format: Format,
    /// Take posts instead: POST /v1/mail and /v1/mail/PROVIDER; needs ingest.token. Port 0 takes a free one.
    #[arg(long, value_name = "HOST:PORT", conflicts_with_all = ["paths", "format"])]
    pub(crate) http: Option<SocketAddr>,
    /// Files, folders, mbox files or Maildirs; `-` is one mail on standard input.
    #[arg(required_unless_present = "http", value_name = "PATH")]
    pub(crate) paths: Vec<PathBuf>,
}

fn format(name: &str) -> Result<Format, Expected> {
    match Format::named(name) {
        Format::Unknown => {
            Err(Expected("raw, json, ses, postmark, mailgun, sendgrid, cloudflare or mail-parser"))
        }
        known @ (Format::Rfc822 | Format::Json | Format::Provider(_)) => Ok(known),
    }
}

#[derive(Debug, Args)]
pub(crate) struct Simulate {
    /// What the mail says; or use --file.
    #[arg(required_unless_present_any = ["file", "case"])]
    pub(crate) text: Option<String>,
    /// Who writes.
    #[arg(long, value_name = "ADDRESS", required_unless_present_any = ["file", "case"])]
    pub(crate) from: Option<EmailAddress>,
    /// The subject.
    #[arg(long, default_value = "", hide_default_value = true, value_name = "TEXT")]
    pub(crate) subject: String,
    /// A whole mail instead: .eml, or JSON as on the queue; believed as the configuration says.
    #[arg(long, value_name = "PATH", conflicts_with_all = ["text", "from", "subject", "assume"])]
    pub(crate) file: Option<PathBuf>,
    /// A test case that the console saved: exit code 1 when something else becomes of it than is expected.
    #[arg(long, value_name = "PATH", conflicts_with_all = ["file", "text", "from", "subject", "assume", "json"])]
    pub(crate) case: Option<PathBuf>,
    /// How far the typed sender is believed.
    #[arg(long, value_enum, default_value = "authenticated", value_name = "LEVEL")]
    pub(crate) assume: Assume,
    /// Whose key, functions and policy.
    #[arg(long, value_name = "NAME")]
    pub(crate) workspace: Option<WorkspaceId>,
    /// Print the draft context as JSON.
    #[arg(long)]
    pub(crate) json: bool,
}

/// How far a typed sender is believed.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum Assume {
    None,
    Weak,
    Authenticated,
}

impl From<Assume> for Assurance {
    fn from(assume: Assume) -> Self {
        match assume {
            Assume::None => Self::None,
            Assume::Weak => Self::Weak,
            Assume::Authenticated => Self::Authenticated,
        }
    }
}

#[derive(Debug, Args)]
pub(crate) struct Parse {
    /// A mail server whose Authentication-Results are believed; besides those in the configuration.
    #[arg(long = "authserv-id", value_name = "ID")]
    pub(crate) authserv_ids: Vec<String>,
    /// A host of ours that adds Received fields.
    #[arg(long = "own-host", value_name = "HOST")]
    pub(crate) own_hosts: Vec<String>,
    /// Also verify signatures, with keys from DNS as it is now: those of old mail have expired. Otherwise nobody is asked.
    #[arg(long)]
    pub(crate) verify_dkim: bool,
    /// Files, folders, mbox files or Maildirs, compressed with gzip or not; `-` is standard input.
    #[arg(required = true, value_name = "PATH")]
    pub(crate) paths: Vec<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct Sandbox {
    /// Where it listens; port 0 takes a free one.
    #[arg(long, default_value = SANDBOX, value_name = "HOST:PORT")]
    pub(crate) bind: SocketAddr,
    /// The objects it starts with; the demo's world when absent.
    #[arg(long, value_name = "FILE")]
    pub(crate) seed: Option<PathBuf>,
    /// How long each answer takes, in milliseconds.
    #[arg(long, default_value_t = 0, value_name = "MS")]
    pub(crate) latency_ms: u64,
}

#[derive(Debug, Args)]
pub(crate) struct Connect {
    /// The workspace to connect; the default one when absent.
    #[arg(long, value_name = "NAME")]
    pub(crate) workspace: Option<WorkspaceId>,
    /// A file that holds the key. Without it, stripe.key is taken; without that, one line from standard input.
    #[arg(long, value_name = "FILE")]
    pub(crate) key_file: Option<PathBuf>,
    /// Also try the write permissions, by writes to objects that cannot exist. Leaves 4xx lines in Stripe's log.
    #[arg(long)]
    pub(crate) probe_writes: bool,
    /// Check only and store nothing; exit code 1 when a function that is on lacks a permission.
    #[arg(long)]
    pub(crate) dry_run: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Doctor {
    #[command(subcommand)]
    pub(crate) subject: Option<DoctorSubject>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum DoctorSubject {
    /// Look at many mails: whose Authentication-Results they carry, what these say, and which setting is missing.
    ///
    /// Prints names of servers, codes and shares; no addresses, no subjects.
    Mail(DoctorMail),
}

#[derive(Debug, Args)]
pub(crate) struct DoctorMail {
    /// A mail server whose Authentication-Results are believed; besides those in the configuration.
    #[arg(long = "authserv-id", value_name = "ID")]
    pub(crate) authserv_ids: Vec<String>,
    /// A host of ours that adds Received fields.
    #[arg(long = "own-host", value_name = "HOST")]
    pub(crate) own_hosts: Vec<String>,
    /// Print as JSON.
    #[arg(long)]
    pub(crate) json: bool,
    /// Files, folders, mbox files or Maildirs, compressed with gzip or not; `-` is standard input.
    #[arg(required = true, value_name = "PATH")]
    pub(crate) paths: Vec<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct Functions {
    /// The workspace; the default one when absent.
    #[arg(long, global = true, value_name = "NAME")]
    pub(crate) workspace: Option<WorkspaceId>,
    #[command(subcommand)]
    pub(crate) change: Option<FunctionChange>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum FunctionChange {
    /// Let it run within the policy.
    On { function: Function },
    /// Do not run it; mails that ask for it go to a person.
    Off { function: Function },
    /// Let a person decide every time.
    Approval { function: Function },
}

#[derive(Debug, Args)]
pub(crate) struct Topology {
    #[command(subcommand)]
    pub(crate) action: TopologyAction,
}

#[derive(Debug, Subcommand)]
pub(crate) enum TopologyAction {
    /// Declare what is missing.
    Apply,
    /// Say what is missing or different.
    Check,
}

#[derive(Debug, Args)]
pub(crate) struct Schema {
    /// Write each document to a file in this folder instead.
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Config {
    /// Show every setting, where its value came from, and everything that is wrong.
    Check {
        /// Print as JSON.
        #[arg(long)]
        json: bool,
    },
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }
}
