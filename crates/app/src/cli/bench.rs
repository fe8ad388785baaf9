//! `postill bench` on the command line.

use std::num::NonZeroU32;
use std::path::PathBuf;

use clap::Args;

pub(crate) const BENCH_HELP: &str = "\
Measures the worker beside a bare relay (consume, confirmed publish, acknowledge, nothing else) on the RabbitMQ of the
settings, in turns, so that both see the same machine. Stripe is a sandbox of its own process. The ledger is new: a database
bench_… on the PostgreSQL of the settings (its user must be allowed to make one), or a file beside the SQLite ledger. Queues are
called bench-…. All of it is deleted at the end.
Settings of the worker are those of the configuration: --set worker.in_flight=128 tries another.
CPU time and memory are read from /proc, so on Linux only; elsewhere they are left out.";

#[derive(Debug, Args)]
pub(crate) struct Bench {
    /// How often each is measured; medians are told.
    #[arg(long, default_value_t = NonZeroU32::MIN.saturating_add(4), value_name = "N")]
    pub(crate) rounds: NonZeroU32,
    /// Mails in the queue at the beginning of each measurement.
    #[arg(long, default_value_t = NonZeroU32::MIN.saturating_add(19_999), value_name = "N")]
    pub(crate) mails: NonZeroU32,
    /// How long each mail is, in bytes.
    #[arg(long, default_value_t = 4_000, value_name = "BYTES", value_parser = clap::value_parser!(u32).range(300..=1_000_000))]
    pub(crate) bytes: u32,
    /// How long each draft of the relay is; one of the worker is as long as it is.
    #[arg(long, default_value_t = 2_000, value_name = "BYTES")]
    pub(crate) relay_bytes: u32,
    /// Worker processes on the one queue.
    #[arg(long, default_value_t = 1, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=64))]
    pub(crate) workers: u16,
    /// How long each answer of the sandbox takes, in milliseconds.
    #[arg(long, default_value_t = 0, value_name = "MS")]
    pub(crate) stripe_latency_ms: u64,
    /// Write every figure as JSON, `postill.bench_report.v1`.
    #[arg(long, value_name = "FILE")]
    pub(crate) json: Option<PathBuf>,
    /// Write a page with pictures.
    #[arg(long, value_name = "FILE")]
    pub(crate) html: Option<PathBuf>,
}

/// The relay, as `bench` starts it.
#[derive(Debug, Args)]
pub(crate) struct BenchRelay {
    /// How long each draft is.
    #[arg(long)]
    pub(crate) draft_bytes: usize,
}
