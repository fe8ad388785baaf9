//! `postill replay`: archived mail, read again.

mod shelf;
mod show;

use std::io;
use std::num::{NonZeroU32, NonZeroU64};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use anyhow::Context;
use broker::Session;
use charts::grouped;
use domain::{Clock, SystemClock, Timestamp, WorkspaceId};
use engine::{Access, Engine, Workspace, Workspaces};
use replay_report::{AllRuns, Choice, Report, SCHEMA, Through, page};

use crate::cli::Replay;
use crate::complaint::{self, Advice};
use crate::connections::{self, Directory};
use crate::lifecycle::Stop;
use crate::rabbitmq;
use crate::replay::{
    Archive, Comparison, Digests, Ending, Goal, Here, IntoQueue, Job, Keeper, Lines, Meter, Order, Pace,
    Place, Plan, Progress, Reading, Replayed, Selection, Shuffled, beside, count_only, is_of_reading,
    refuse_jumps,
};
use crate::settings::{Origin, Settings};
use crate::terminal::{self, FAINT, styled};
use shelf::Shelf;

/// How long answers of Stripe are kept with `--here`: those who write, write again, and an account takes few requests a second.
const REMEMBERED_FOR: Duration = Duration::from_mins(10);
/// In how many bytes.
const REMEMBERED_BYTES: usize = 32 << 20;

/// Replays until everything is through or somebody stops it, then reports.
pub(super) async fn run(
    arguments: &Replay,
    settings: &Settings,
    amqp_url: &Origin,
) -> anyhow::Result<ExitCode> {
    let through = through(arguments, amqp_url)?;
    if arguments.compare.is_some() && through != Through::Here {
        return Err(Advice::usage(
            "--compare compares what became of mails, which only --here finds out",
            "add --here",
        ));
    }
    let stop = Stop::default();
    tokio::select! {
        done = replay(arguments, settings, through, &stop) => done,
        failed = listen(&stop) => failed,
    }
}

/// Where the mails go. Without a word about it, into the queue, when somebody has said where that is.
fn through(arguments: &Replay, amqp_url: &Origin) -> anyhow::Result<Through> {
    match (arguments.dry_run, arguments.here, arguments.into_queue) {
        (true, _, _) => Ok(Through::DryRun),
        (false, true, _) => Ok(Through::Here),
        (false, false, true) => Ok(Through::Queue),
        (false, false, false) if *amqp_url != Origin::Default => Ok(Through::Queue),
        (false, false, false) => Err(Advice::usage(
            "where should the mails go? amqp.url (POSTILL_AMQP_URL) is not set",
            "--into-queue publishes them, to the RabbitMQ of this machine unless POSTILL_AMQP_URL names another; --here answers them \
             on this machine, for a report; --dry-run only counts",
        )),
    }
}

async fn listen(stop: &Stop) -> anyhow::Result<ExitCode> {
    let told = async {
        stop.soft.cancelled().await;
        terminal::note("\nstopping: waiting for what is under way; once more ends it at once")
    };
    let (listened, told) = tokio::join!(stop.listen(), told);
    listened.and(told)?;
    std::future::pending().await
}

async fn replay(
    arguments: &Replay,
    settings: &Settings,
    through: Through,
    stop: &Stop,
) -> anyhow::Result<ExitCode> {
    let (began_at, began) = (SystemClock.now(), Instant::now());
    let archive = Arc::new(Archive::of(&arguments.paths)?);
    for source in archive.sources.iter().filter(|source| source.files == 0 && source.path.is_dir()) {
        crate::mailboxes::note_empty(&source.path)?;
    }
    let shelf = if arguments.keep { Some(Shelf::open(arguments, settings).await?) } else { None };
    let task = Task { arguments, settings, through, archive, stop };
    let Some(replayed) = Box::pin(task.replay()).await? else {
        let code = if stop.soft.is_cancelled() { complaint::INTERRUPTED } else { 0 };
        return Ok(ExitCode::from(code));
    };
    let (report, ending) = task.report(replayed, began_at, began.elapsed());
    if let Some(path) = &arguments.report {
        write("the report", path, &report.to_json()?)?;
    }
    if let Some(path) = &arguments.html {
        write("the page", path, page(&report).html().as_bytes())?;
    }
    show::show(&report)?;
    let kept = match shelf {
        Some(shelf) => shelf.keep(report.clone()).await,
        None => Ok(()),
    };
    match (exit(&report, ending), kept) {
        (ended, Ok(())) => ended,
        (Ok(code), Err(error)) if code == ExitCode::SUCCESS => Err(error),
        // How the replay ended goes before: scripts go by it.
        (ended, Err(error)) => {
            terminal::note(&format!("{error:#}"))?;
            ended
        }
    }
}

fn write(what: &str, path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    std::fs::write(path, bytes).with_context(|| format!("writing {what} {}", path.display()))
}

/// What scripts go by. What could not be published or answered goes before what could not be read: it may be well the next time.
fn exit(report: &Report, ending: Ending) -> anyhow::Result<ExitCode> {
    let failed = &report.counts.failed;
    match ending {
        Ending::GaveUp(error) => Err(error),
        Ending::Interrupted => Ok(ExitCode::from(complaint::INTERRUPTED)),
        Ending::Miscounted => Err(anyhow::anyhow!(
            "the counts are wrong: {} read, {} replayed, {} skipped, {} failed",
            report.counts.read,
            report.counts.replayed,
            report.counts.skipped(),
            report.counts.failed()
        )),
        Ending::Complete(_) | Ending::AtTheLimit if failed.is_empty() => Ok(ExitCode::SUCCESS),
        Ending::Complete(_) | Ending::AtTheLimit if failed.keys().all(|code| is_of_reading(code)) => {
            Ok(ExitCode::from(complaint::DATA))
        }
        Ending::Complete(_) | Ending::AtTheLimit => Ok(ExitCode::FAILURE),
    }
}

/// What is to be done, and with what.
struct Task<'a> {
    arguments: &'a Replay,
    settings: &'a Settings,
    through: Through,
    archive: Arc<Archive>,
    stop: &'a Stop,
}

impl Task<'_> {
    /// `None` where nothing is left to do, or it was stopped before anything was.
    async fn replay(&self) -> anyhow::Result<Option<Replayed>> {
        match self.through {
            Through::Queue => self.publish().await,
            Through::Here => self.here().await,
            Through::DryRun => {
                let Some(order) = self.order(self.begin()).await? else { return Ok(None) };
                let (reading, progress) = self.reading(order, Digests::NotNeeded)?;
                count_only(reading, progress, self.stop).await.map(Some)
            }
        }
    }

    async fn publish(&self) -> anyhow::Result<Option<Replayed>> {
        let config = rabbitmq::config(&self.settings.amqp);
        let keeper = self.keeper(&config)?;
        let next = match &keeper {
            Some(keeper) if keeper.checkpoint.is_complete => {
                say_complete(keeper)?;
                return Ok(None);
            }
            Some(keeper) => keeper.checkpoint.next,
            None => self.begin(),
        };
        let session = Session::open(&config).await.map_err(|error| rabbitmq::explain(&config, error))?;
        let Some(order) = self.order(next).await? else { return Ok(None) };
        if let Some(keeper) = &keeper {
            say_where(keeper)?;
        }
        let (reading, progress) = self.reading(order, Digests::Needed)?;
        let into_queue = IntoQueue {
            config,
            session,
            workspace: self.arguments.workspace.clone(),
            keeper,
            pace: Pace::new(self.arguments.rate),
            progress,
        };
        into_queue.publish_all(reading, self.stop).await.map(Some)
    }

    async fn here(&self) -> anyhow::Result<Option<Replayed>> {
        let (engine, workspace) = self.engine().await?;
        let comparison = self.arguments.compare.as_deref().map(Comparison::with).transpose()?;
        let lines =
            self.arguments.report.as_deref().map(|report| Lines::create(&beside(report))).transpose()?;
        let Some(order) = self.order(self.begin()).await? else { return Ok(None) };
        let (reading, progress) = self.reading(order, Digests::NotNeeded)?;
        let here = Here {
            engine,
            workspace,
            in_flight: self.arguments.in_flight.get(),
            pace: Pace::new(self.arguments.rate),
            progress,
            lines,
            comparison,
        };
        here.answer_all(reading, self.stop).await.map(Some)
    }

    /// The engine with a ledger that is gone with this program, and the workspace for looking only.
    async fn engine(&self) -> anyhow::Result<(Engine, Workspace)> {
        let ledger = connections::ledger_to_look_into(self.settings).await?;
        let directory = Directory::load(self.settings, &ledger).await?;
        let workspace = directory.workspace(self.workspace())?;
        let stripe = Access::Reading(workspace.stripe.reader().remembering(REMEMBERED_BYTES, REMEMBERED_FOR));
        let reading = Workspace { stripe, ..(*workspace).clone() };
        let empty = connections::empty_ledger(self.settings).await?;
        Ok((connections::engine(self.settings, empty, Workspaces::default(), 0)?, reading))
    }

    fn workspace(&self) -> &WorkspaceId {
        self.arguments.workspace.as_ref().unwrap_or(&self.settings.workspace)
    }

    /// Where everything begins.
    fn begin(&self) -> Place {
        if self.arguments.shuffle.is_some() { Place::Turn(0) } else { Place::BEGIN }
    }

    /// The order from `next` on. `None` when it was stopped before it was drawn.
    async fn order(&self, next: Place) -> anyhow::Result<Option<Order>> {
        let (Some(seed), Place::Turn(turn)) = (self.arguments.shuffle, next) else {
            let (file, offset) = match next {
                Place::Offset { file, offset } => (file, offset),
                Place::Turn(_) => (0, 0),
            };
            return Ok(Some(Order::AsTheyLie { file, offset }));
        };
        refuse_jumps(&self.archive)?;
        terminal::note(&styled(
            FAINT,
            "drawing the order: the archive is read once for where its mails begin",
        ))?;
        let (archive, max_bytes, stop) =
            (Arc::clone(&self.archive), self.settings.mail.max_bytes, self.stop.soft.clone());
        let drawn = tokio::task::spawn_blocking(move || Shuffled::draw(&archive, seed, max_bytes, &stop));
        Ok(drawn.await??.map(|shuffled| Order::Drawn { shuffled, turn }))
    }

    fn reading(&self, order: Order, digests: Digests) -> anyhow::Result<(Reading, Progress)> {
        let (arguments, meter) = (self.arguments, Meter::default());
        let (before, mails) = match &order {
            Order::AsTheyLie { file, offset } => {
                meter.bytes.store(self.archive.bytes_of_files_before(*file), Ordering::Relaxed);
                (self.archive.bytes_before(*file, *offset), None)
            }
            Order::Drawn { shuffled, turn } => (0, Some(shuffled.len().saturating_sub(*turn))),
        };
        let goal = Goal {
            bytes: self.archive.bytes.map(|all| (all, before)),
            mails,
            limit: arguments.limit.map(NonZeroU64::get),
        };
        let progress = Progress::new(arguments.progress, meter.clone(), goal);
        let plan = Plan {
            archive: Arc::clone(&self.archive),
            selection: self.selection(),
            limit: arguments.limit.map(NonZeroU64::get),
            max_bytes: self.settings.mail.max_bytes,
            digests,
        };
        Ok((Reading::begin(plan, order, &meter, &self.stop.soft)?, progress))
    }

    fn selection(&self) -> Selection {
        let Replay { since, until, from, shard, .. } = self.arguments;
        Selection { since: *since, until: *until, writers: from.clone(), shard: *shard }
    }

    /// None for standard input, of which nobody can tell where it was left.
    fn keeper(&self, config: &broker::Config) -> anyhow::Result<Option<Keeper>> {
        if self.archive.is_endless() {
            if self.arguments.checkpoint.is_some() {
                return Err(Advice::usage(
                    "standard input has no checkpoint: nobody can tell where it was left",
                    "give the files by name, or leave --checkpoint out",
                ));
            }
            terminal::note("standard input has no checkpoint: when this is stopped, it begins anew")?;
            return Ok(None);
        }
        let path = checkpoint_path(self.arguments);
        Keeper::open(path, self.job(config), self.begin()).map(Some)
    }

    fn job(&self, config: &broker::Config) -> Job {
        let Choice { since, until, shard, shuffle, workspace, .. } = self.choice();
        let mut senders: Vec<String> =
            self.arguments.from.iter().map(|writer| writer.digest().to_string()).collect();
        senders.sort_unstable();
        let flag = |name: &str, value: Option<String>| value.map(|value| format!("{name} {value}"));
        let flags = [
            flag("since", since),
            flag("until", until),
            flag("shard", shard),
            flag("shuffle", shuffle.map(|seed| seed.to_string())),
            flag("workspace", Some(workspace.to_string())),
        ];
        let senders = senders.into_iter().map(|digest| format!("from {digest}"));
        Job {
            sources: self.archive.sources.clone(),
            choice: flags.into_iter().flatten().chain(senders).collect(),
            destination: format!("{} {}", config.names.replay, config.url),
        }
    }

    fn choice(&self) -> Choice {
        let arguments = self.arguments;
        Choice {
            workspace: self.workspace().clone(),
            since: arguments.since.map(|day| day.to_string()),
            until: arguments.until.map(|day| day.to_string()),
            senders: arguments.from.len(),
            shard: arguments.shard.map(|shard| shard.to_string()),
            shuffle: arguments.shuffle,
            limit: arguments.limit.map(NonZeroU64::get),
            rate: arguments.rate.map(NonZeroU32::get),
        }
    }

    fn report(&self, replayed: Replayed, began_at: Timestamp, took: Duration) -> (Report, Ending) {
        let Replayed { counts, looks, ending, checkpoint, answers, differences } = replayed;
        let lines = self.arguments.report.as_deref().filter(|_| answers.is_some()).map(beside);
        let report = Report {
            schema: SCHEMA.to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            through: self.through,
            began_at,
            seconds: took.as_secs_f64(),
            ended: ending.told(),
            sources: self.archive.sources.clone(),
            choice: self.choice(),
            mails_per_second: Report::rate(&counts, took),
            counts,
            all_runs: checkpoint
                .map(|checkpoint| AllRuns { runs: checkpoint.runs, counts: checkpoint.counts }),
            looks,
            answers,
            mails: lines.and_then(|lines| lines.file_name().map(PathBuf::from)),
            differences,
        };
        (report, ending)
    }
}

fn say_complete(keeper: &Keeper) -> io::Result<()> {
    let (path, published) = (keeper.path().display(), grouped(keeper.checkpoint.counts.replayed));
    terminal::note(&format!(
        "nothing is left to do: {path} says that all of it went into the queue before, {published} mails; remove it to begin anew"
    ))
}

fn say_where(keeper: &Keeper) -> io::Result<()> {
    let (path, published) = (keeper.path().display(), grouped(keeper.checkpoint.counts.replayed));
    let text = if keeper.checkpoint.runs == 1 {
        format!("the checkpoint is {path}")
    } else {
        format!("going on behind the {published} mails that {path} says are published")
    };
    terminal::note(&styled(FAINT, &text))
}

/// Beside the report, or here.
fn checkpoint_path(arguments: &Replay) -> PathBuf {
    let named = arguments.checkpoint.clone();
    named.unwrap_or_else(|| match &arguments.report {
        Some(report) => report.with_extension("checkpoint.json"),
        None => PathBuf::from("postill-replay.checkpoint.json"),
    })
}
