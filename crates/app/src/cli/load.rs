//! `postill load` on the command line.

use std::num::NonZeroU64;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use clap::Args;
use domain::WorkspaceId;
use load::{Mix, Sizes};

use crate::settings::Expected;

pub(crate) const LOAD_HELP: &str = "\
Mail goes into the queue of live mail at a steady rate, whatever becomes of it, and each draft is timed from the moment its mail was
due. So a worker that stands still for a second costs every mail of that second. Drafts are read from a queue of their own; the
product's queue of drafts keeps them too.
Only for workspaces in test mode: load behaves as live mail does, refunds included. Give the worker's configuration with --config.
  postill load --rate 200 --seconds 60 --html load.html
  postill load --rate 1000 --mails 50000 --mix invoice_lookup=3,refund=1,none=1 --sizes 1k=8,4k=2,100k=0.1
  postill load --find-highest --p99-under 30ms --seconds 10
Exit codes: 1 when a mail has neither draft nor place in the dead queue after --drain, or no rate holds";

#[derive(Debug, Args)]
pub(crate) struct Load {
    /// Mails a second; where --find-highest begins (200 unless told otherwise).
    #[arg(long, value_name = "PER_SECOND", value_parser = rate, required_unless_present_any = ["as_fast_as_possible", "find_highest"])]
    pub(crate) rate: Option<f64>,
    /// As fast as RabbitMQ confirms; a mail is due when it is sent.
    #[arg(long, conflicts_with_all = ["rate", "find_highest"])]
    pub(crate) as_fast_as_possible: bool,
    /// For how long, warm-up included.
    #[arg(long, value_name = "SECONDS", default_value = "30", conflicts_with = "mails")]
    pub(crate) seconds: NonZeroU64,
    /// How many mails, instead.
    #[arg(long, value_name = "N", conflicts_with = "find_highest")]
    pub(crate) mails: Option<NonZeroU64>,
    /// What the mails ask for, with weights; the seven functions or none. Mostly lookups unless told otherwise.
    #[arg(long, value_name = "INTENT=WEIGHT,…", conflicts_with = "corpus")]
    pub(crate) mix: Option<Mix>,
    /// How long they are, with weights; above 12k by what is attached.
    #[arg(
        long,
        value_name = "BYTES=WEIGHT,…",
        default_value = "1k=8,4k=2,100k=0.1",
        conflicts_with = "corpus"
    )]
    pub(crate) sizes: Sizes,
    /// Who writes, an address a line; otherwise the customers of `postill sandbox`.
    #[arg(long, value_name = "FILE", conflicts_with = "corpus")]
    pub(crate) senders: Option<PathBuf>,
    /// How many mails of a thousand come from addresses that nobody knows.
    #[arg(long, value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(u16).range(0..=1000))]
    pub(crate) strangers: u16,
    /// Take the mails of an archive instead, over and over: files, folders, mbox files or Maildirs.
    #[arg(long, value_name = "PATH")]
    pub(crate) corpus: Option<PathBuf>,
    /// Mails that are due in the first seconds are sent and counted, and not measured.
    #[arg(long, value_name = "SECONDS", default_value_t = 2)]
    pub(crate) warm_up: u64,
    /// How long to wait for the next draft once all is sent.
    #[arg(long, value_name = "SECONDS", default_value_t = 30)]
    pub(crate) drain: u64,
    /// Give up when so many mails wait; each takes some 50 bytes here.
    #[arg(long, value_name = "N", default_value_t = 2_000_000)]
    pub(crate) most_waiting: usize,
    /// Find the highest rate that keeps 99 percent of the mails under --p99-under: by doubling, then by halving, --seconds each.
    #[arg(long, requires = "p99_under")]
    pub(crate) find_highest: bool,
    /// As in 30ms or 1s.
    #[arg(long, value_name = "TIME", requires = "find_highest")]
    pub(crate) p99_under: Option<TypedTime>,
    /// The same number, the same mails.
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub(crate) seed: u64,
    /// The workspace that the mails are for; the default one when absent.
    #[arg(long, value_name = "NAME")]
    pub(crate) workspace: Option<WorkspaceId>,
    /// Write everything as JSON, `postill.load_report.v1`.
    #[arg(long, value_name = "FILE")]
    pub(crate) json: Option<PathBuf>,
    /// Write a page with pictures.
    #[arg(long, value_name = "FILE")]
    pub(crate) html: Option<PathBuf>,
}

/// A time as it is typed: `30ms`, `1.5s`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TypedTime(pub(crate) Duration);

impl FromStr for TypedTime {
    type Err = Expected;

    fn from_str(text: &str) -> Result<Self, Expected> {
        const EXPECTED: Expected = Expected("a time above zero, such as 30ms or 1.5s");
        let (number, unit) = match (text.strip_suffix("ms"), text.strip_suffix('s')) {
            (Some(number), _) => (number, 1e-3),
            (None, Some(number)) => (number, 1.0),
            (None, None) => return Err(EXPECTED),
        };
        let seconds = number.trim().parse::<f64>().map_err(|_no_number| EXPECTED)? * unit;
        let time = Duration::try_from_secs_f64(seconds).map_err(|_no_time| EXPECTED)?;
        if time.is_zero() { Err(EXPECTED) } else { Ok(Self(time)) }
    }
}

/// Fast enough for any broker, and slow enough that times can be told apart.
fn rate(text: &str) -> Result<f64, Expected> {
    let rate = text.parse::<f64>().ok().filter(|rate| (0.01..=1e6).contains(rate));
    rate.ok_or(Expected("mails a second, from 0.01 to 1000000"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_a_unit() {
        let typed = |text: &str| text.parse::<TypedTime>().ok().map(|typed| typed.0);
        assert_eq!(typed("30ms"), Some(Duration::from_millis(30)));
        assert_eq!(typed("1.5s"), Some(Duration::from_millis(1_500)));
        for wrong in ["30", "0ms", "-1s", "NaNs", "x ms", "1e400s"] {
            assert_eq!(typed(wrong), None, "{wrong}");
        }
    }
}
