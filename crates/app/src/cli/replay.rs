//! `postill replay` on the command line.

use std::num::{NonZeroU32, NonZeroU64, NonZeroUsize};
use std::path::PathBuf;

use clap::{Args, ValueEnum};
use domain::WorkspaceId;

use crate::replay::{Day, Shard, Writer};

pub(crate) const REPLAY_HELP: &str = "\
Into the queue, the mails lie in postill.replay, where workers take them when no live mail waits.
Each gets a draft; nothing is changed at Stripe for any of them. Stopped half-way (Ctrl-C, a
crash), the same command goes on behind the last mail that RabbitMQ confirmed, by the checkpoint;
after a crash those of the last second may be published again, which workers notice.
Here, the mails are answered on this machine with a client that can only read, for the report
alone: no queue, no ledger, no drafts. With --report NAME.json, what became of each mail stands
in NAME.mails.jsonl: its fingerprint, intent and outcome, nothing of its words.

  postill replay --dry-run mail/2019.mbox.gz mail/Maildir
  postill replay --here --shuffle 1 --limit 10000 --report before.json --html before.html mail/
  postill replay --here --shuffle 1 --limit 10000 --report after.json --compare before.json mail/
  postill replay --into-queue --since 2024-01-01 --rate 200 mail/
  postill replay --into-queue --shard 1/3 mail/        2/3 and 3/3 on two other machines

With --keep the console shows the report, under Replays: its sums and pictures, and what was read by its
name without the folder.

Exit codes: 1 when mails could not be published or answered, 65 when some could not be read,
130 when it was interrupted.";

#[derive(Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
pub(crate) struct Replay {
    /// Publish to the queue of replayed mail. The default where amqp.url is set.
    #[arg(long, conflicts_with = "here")]
    pub(crate) into_queue: bool,
    /// Answer on this machine instead, for the report: Stripe is only read, nothing is stored or published.
    #[arg(long)]
    pub(crate) here: bool,
    /// Only read, choose and count: nothing is published and nobody is asked.
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// At most so many mails a second.
    #[arg(long, value_name = "N")]
    pub(crate) rate: Option<NonZeroU32>,
    /// Stop after so many mails; with a checkpoint, the next run takes those after them.
    #[arg(long, value_name = "N")]
    pub(crate) limit: Option<NonZeroU64>,
    /// Only mails sent on this day or later, by their Date: 2024-01-31, in UTC, or a time such as 2024-01-31T12:00:00Z.
    #[arg(long, value_name = "DATE")]
    pub(crate) since: Option<Day>,
    /// Only mails sent on this day or earlier. Those without a readable date are left out by either, and counted apart.
    #[arg(long, value_name = "DATE")]
    pub(crate) until: Option<Day>,
    /// Only mails of this sender, or of a domain: ADDRESS or @DOMAIN, compared as the sender is. May be given several times.
    #[arg(long = "from", value_name = "ADDRESS|@DOMAIN")]
    pub(crate) from: Vec<Writer>,
    /// Take the mails in an order drawn by this number, the same each time. Keeps 8 bytes a mail, for at most 50 million mails.
    #[arg(long, value_name = "SEED")]
    pub(crate) shuffle: Option<u64>,
    /// Only the I-th of N parts; N runs take each mail exactly once. A copy of a mail is in the same part.
    #[arg(long, value_name = "I/N")]
    pub(crate) shard: Option<Shard>,
    /// The workspace the mails belong to; the default one when absent.
    #[arg(long, value_name = "NAME")]
    pub(crate) workspace: Option<WorkspaceId>,
    /// How many mails are worked on at once with --here. 256 keep any Stripe account busy: at 100 ms an answer that is 2,560 a second.
    #[arg(long, value_name = "N", default_value = "256")]
    pub(crate) in_flight: NonZeroUsize,
    /// Where the checkpoint lies; beside the report, or postill-replay.checkpoint.json here, when absent.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["here", "dry_run"])]
    pub(crate) checkpoint: Option<PathBuf>,
    /// Write the report as JSON; with --here also a line for each mail, in a file beside it.
    #[arg(long, value_name = "FILE.json")]
    pub(crate) report: Option<PathBuf>,
    /// Write the report as a page with pictures.
    #[arg(long, value_name = "FILE.html")]
    pub(crate) html: Option<PathBuf>,
    /// Keep the report in the ledger, where the console shows it under Replays. The ledger must be there before the replay begins.
    #[arg(long)]
    pub(crate) keep: bool,
    /// With --here, say which mails ended otherwise than in an earlier report. Keeps 18 bytes a mail of it, for at most 20 million mails.
    #[arg(long, value_name = "EARLIER.json")]
    pub(crate) compare: Option<PathBuf>,
    /// How far it has got: a bar, lines every few seconds, or nothing.
    #[arg(long, value_enum, default_value = "auto", value_name = "HOW")]
    pub(crate) progress: ProgressShown,
    /// Files, folders, mbox files or Maildirs, compressed with gzip or not; `-` is standard input.
    #[arg(required = true, value_name = "PATH")]
    pub(crate) paths: Vec<PathBuf>,
}

/// How progress is shown, always on standard error.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ProgressShown {
    /// A bar on a terminal, lines elsewhere.
    Auto,
    Bar,
    Lines,
    None,
}
