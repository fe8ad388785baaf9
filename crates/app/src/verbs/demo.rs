//! `postill demo`: everything on one machine. A Stripe sandbox, an SQLite ledger, the sample mailbox; every mail walks the path the
//! worker walks, and the drafts end up in a file.

mod afterwards;
mod table;

use std::io::{IsTerminal as _, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context;
use bytes::Bytes;
use domain::{RunKind, SetClock};
use engine::{Delivered, Ended, Engine, Processed, Taken};
use futures_util::StreamExt;
use stripe_sandbox::{Sandbox, Seed};

use crate::cli::{ConsoleServed, Demo};
use crate::connections::{self, Directory};
use crate::samples::{self, Sample, Samples};
use crate::settings::{Layers, Settings, Sources};
use crate::telemetry;
use crate::terminal::{self, STRONG, styled};

/// How many sample mails are worked on at the same time.
const AT_ONCE: usize = 16;
/// A customer of the sample world, and what there is to ask.
const CUSTOMER: &str = "Marta.Keller@kantorei-lindenau.example";
const QUESTION: &str = "Can you check my latest invoice?";
/// The sandbox of the demo has no rate limit of its own to respect.
const SANDBOX_RATE: u32 = 10_000;

pub(super) async fn run(arguments: &Demo, flags: &[String]) -> anyhow::Result<ExitCode> {
    let started = Instant::now();
    std::fs::create_dir_all(&arguments.dir).with_context(|| format!("making {}", arguments.dir.display()))?;
    let seed = Seed::from_json(samples::WORLD)?;
    let Samples { today, mails } = samples::read()?;
    let mut sandbox = super::sandbox::config(([127, 0, 0, 1], 0).into(), Duration::ZERO);
    sandbox.clock = Arc::new(move || today.as_second());
    let sandbox = Sandbox::start(sandbox, seed).await?;
    let ledger_path = fresh_ledger(&arguments.dir)?;
    let settings = settings(&sandbox, &ledger_path, flags)?;
    telemetry::start(&settings.log)?;
    let ledger = connections::embedded_or_ledger(&settings).await?;
    let directory = Directory::load(&settings, &ledger).await?;
    let engine = connections::engine(&settings, ledger.clone(), directory.workspaces.clone(), 0)?;
    let engine = Engine { clock: Arc::new(SetClock::at(today)), ..engine };

    let count = mails.len();
    let ends: Vec<(Sample, Ended)> = futures_util::stream::iter(mails)
        .map(|sample| one(&engine, &settings, sample))
        .buffered(AT_ONCE)
        .collect::<Vec<_>>()
        .await
        .into_iter()
        .collect::<anyhow::Result<_>>()?;
    let drafts = write_drafts(&arguments.dir, &ends)?;
    table::show(&ends, arguments.json)?;
    terminal::note(&format!(
        "\n{count} mails of {} in {} ms; the drafts are in {}, one JSON line each.",
        today.strftime("%B %Y"),
        started.elapsed().as_millis(),
        styled(STRONG, &drafts.display().to_string())
    ))?;
    let next = write_settings(&arguments.dir, &ledger_path)?;
    let is_served = match arguments.console {
        ConsoleServed::Auto => std::io::stdout().is_terminal() && !arguments.json,
        ConsoleServed::Always => true,
        ConsoleServed::Never => false,
    };
    let served = if is_served { afterwards::serve(&settings, &engine, &drafts).await } else { Ok(()) };
    ledger.close().await;
    sandbox.shutdown().await;
    served?;
    say_what_next(&next)?;
    Ok(ExitCode::SUCCESS)
}

/// The configuration that goes with `postill sandbox`, so that every other verb can be tried on the same world.
fn write_settings(dir: &Path, ledger: &Path) -> anyhow::Result<PathBuf> {
    let path = dir.join("postill.toml");
    let text = format!(
        "{}\n\n[stripe]\nurl = \"http://{}\"\nkey = \"{}\"\n\n[database]\nurl = {}\n",
        samples::SETTINGS.trim_end(),
        crate::cli::SANDBOX,
        samples::KEY,
        toml::Value::String(format!("sqlite:{}", ledger.display()))
    );
    std::fs::write(&path, text).with_context(|| format!("writing {}", path.display()))?;
    Ok(path)
}

/// Commands that work as they stand: the program is named as it was called.
fn say_what_next(settings: &Path) -> anyhow::Result<()> {
    let program = std::env::args_os().next().unwrap_or_else(|| "postill".into());
    let program = shell_word(&program.to_string_lossy());
    let settings = shell_word(&settings.to_string_lossy());
    let simulate = format!("{program} --config {settings} simulate --from {CUSTOMER} \"{QUESTION}\"");
    let approvals = format!("{program} --config {settings} approvals");
    let people = format!("{program} --config {settings} people add you@larkspur.example --role admin");
    let console = format!("{program} --config {settings} console");
    terminal::note(&format!("Try next:\n  {program} sandbox &"))?;
    for command in [simulate, approvals, people, console] {
        terminal::note(&format!("  {}", styled(STRONG, &command)))?;
    }
    Ok(())
}

/// A word as a shell takes it.
fn shell_word(text: &str) -> String {
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || "/._-+".contains(letter);
    if text.chars().all(is_plain) { text.to_owned() } else { format!("'{}'", text.replace('\'', "'\\''")) }
}

/// The ledger of an earlier run would hand out its drafts again, for a sandbox that no longer knows what was done.
fn fresh_ledger(dir: &Path) -> anyhow::Result<PathBuf> {
    let path = dir.join("ledger.db");
    for suffix in ["", "-wal", "-shm", ".key"] {
        let file = dir.join(format!("ledger.db{suffix}"));
        match std::fs::remove_file(&file) {
            Ok(()) => {}
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => return Err(error).with_context(|| format!("removing {}", file.display())),
        }
    }
    Ok(path)
}

fn settings(sandbox: &Sandbox, ledger: &Path, flags: &[String]) -> anyhow::Result<Settings> {
    let mut all = vec![
        format!("stripe.url={}", sandbox.url()),
        format!("stripe.key={}", samples::KEY),
        format!("stripe.requests_per_second={SANDBOX_RATE}"),
        "log.filter=warn".to_owned(),
        format!("database.url=sqlite:{}", ledger.display()),
    ];
    all.extend_from_slice(flags);
    let built_in = Some(("samples/postill.toml", samples::SETTINGS));
    Ok(Settings::parse(Layers::read(&Sources { file: None, built_in, environment: &[], flags: &all }))?)
}

/// One mail on the worker's path, alone.
async fn one(engine: &Engine, settings: &Settings, sample: Sample) -> anyhow::Result<(Sample, Ended)> {
    let body = Bytes::from_static(sample.bytes);
    let delivered = Delivered::new(body, Some("message/rfc822"), settings.workspace.clone(), RunKind::Live);
    let taken = engine.claim(vec![delivered]).await?.pop().context("the ledger gave no answer to a claim")?;
    let ended = match taken {
        Taken::Ended(ended) => ended,
        Taken::Work(work) => {
            let processed: Processed = engine.process(work).await;
            engine.finish(vec![processed]).await.pop().context("the ledger gave no answer to an end")?
        }
    };
    Ok((sample, ended))
}

fn write_drafts(dir: &Path, ends: &[(Sample, Ended)]) -> anyhow::Result<PathBuf> {
    let path = dir.join("drafts.jsonl");
    let mut file = std::io::BufWriter::new(
        std::fs::File::create(&path).with_context(|| format!("making {}", path.display()))?,
    );
    for (_, ended) in ends {
        if let Ended::Draft(draft) = ended {
            file.write_all(&draft.body)?;
            file.write_all(b"\n")?;
        }
    }
    file.flush()?;
    Ok(path)
}
