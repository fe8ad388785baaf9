//! `postill demo`: everything on one machine. A Stripe sandbox, an SQLite ledger, the sample mailbox; every mail walks the path the
//! worker walks, and the drafts end up in a file.

use std::io::Write;
use std::path::Path;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::Context;
use bytes::Bytes;
use domain::draft::DraftEvent;
use domain::{Outcome, RunKind};
use engine::{Delivered, Ended, Engine, Processed, Taken};
use futures_util::StreamExt;
use stripe_sandbox::{Sandbox, Seed};

use crate::cli::Demo;
use crate::connections::{self, Directory};
use crate::samples::{self, Sample};
use crate::settings::{Layers, Settings, Sources};
use crate::telemetry;
use crate::terminal::{self, Cell, FAINT, GOOD, STRONG, Style, WARN, styled};

/// How many sample mails are worked on at the same time.
const AT_ONCE: usize = 16;
/// The sandbox of the demo has no rate limit of its own to respect.
const SANDBOX_RATE: u32 = 10_000;

pub(super) async fn run(arguments: &Demo, flags: &[String]) -> anyhow::Result<ExitCode> {
    let started = Instant::now();
    std::fs::create_dir_all(&arguments.dir).with_context(|| format!("making {}", arguments.dir.display()))?;
    let seed = Seed::from_json(samples::WORLD)?;
    let sandbox =
        Sandbox::start(super::sandbox::config(([127, 0, 0, 1], 0).into(), Duration::ZERO), seed).await?;
    let ledger_path = fresh_ledger(&arguments.dir)?;
    let settings = settings(&sandbox, &ledger_path, flags)?;
    telemetry::start(&settings.log)?;
    let ledger = connections::embedded_or_ledger(&settings).await?;
    let directory = Directory::load(&settings, &ledger).await?;
    let engine = connections::engine(&settings, ledger.clone(), directory.workspaces.clone(), 0);

    let samples = samples::mails()?;
    let count = samples.len();
    let ends: Vec<(Sample, Ended)> = futures_util::stream::iter(samples)
        .map(|sample| one(&engine, &settings, sample))
        .buffered(AT_ONCE)
        .collect::<Vec<_>>()
        .await
        .into_iter()
        .collect::<anyhow::Result<_>>()?;
    let drafts = write_drafts(&arguments.dir, &ends)?;
    ledger.close().await;
    sandbox.shutdown().await;
    show(&ends, arguments.json)?;
    terminal::note(&format!(
        "\n{count} mails in {} ms; the drafts are in {}, one JSON line each.",
        started.elapsed().as_millis(),
        styled(STRONG, &drafts.display().to_string())
    ))?;
    terminal::note(&format!("Try next: {}", styled(STRONG, &try_next())))?;
    Ok(ExitCode::SUCCESS)
}

/// The ledger of an earlier run would hand out its drafts again, for a sandbox that no longer knows what was done.
fn fresh_ledger(dir: &Path) -> anyhow::Result<std::path::PathBuf> {
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

fn write_drafts(dir: &Path, ends: &[(Sample, Ended)]) -> anyhow::Result<std::path::PathBuf> {
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

fn show(ends: &[(Sample, Ended)], json: bool) -> anyhow::Result<()> {
    let mut rows = Vec::new();
    for (sample, ended) in ends {
        let event = match ended {
            Ended::Draft(draft) => Some(serde_json::from_slice::<DraftEvent>(&draft.body)?),
            Ended::Dead { .. } | Ended::Later { .. } | Ended::NotStored => None,
        };
        let line = Line::of(sample, ended, event.as_ref());
        if json {
            terminal::result(&line.to_json())?;
        }
        rows.push(line.cells());
    }
    if !json {
        terminal::result_table(&["mail", "shows", "asks for", "outcome", "why"], &rows)?;
    }
    Ok(())
}

/// A row of the table.
struct Line {
    mail: String,
    shows: String,
    intent: String,
    outcome: String,
    style: Style,
    why: String,
}

impl Line {
    fn of(sample: &Sample, ended: &Ended, event: Option<&DraftEvent>) -> Self {
        let intent =
            event.and_then(|event| event.data.intents.first()).map_or("-", |intent| intent.label.as_str());
        let (outcome, style, why) = match (ended, event) {
            (Ended::Dead { code, .. }, _) => ("dead".to_owned(), WARN, code.clone()),
            (_, Some(event)) => {
                let codes: Vec<String> = event.data.reasons.iter().map(|reason| code(reason.code)).collect();
                (event.data.outcome.as_str().to_owned(), style_of(event.data.outcome), codes.join(", "))
            }
            (Ended::Draft(_) | Ended::Later { .. } | Ended::NotStored, None) => {
                ("waiting".to_owned(), WARN, String::new())
            }
        };
        let mail = sample.file.trim_end_matches(".eml").to_owned();
        Self { mail, shows: sample.shows.clone(), intent: intent.to_owned(), outcome, style, why }
    }

    fn cells(&self) -> Vec<Cell> {
        vec![
            Cell::new(&self.mail, FAINT),
            Cell::plain(&self.shows),
            Cell::plain(&self.intent),
            Cell::new(&self.outcome, self.style),
            Cell::new(&self.why, FAINT),
        ]
    }

    fn to_json(&self) -> String {
        serde_json::json!({ "mail": self.mail, "shows": self.shows, "intent": self.intent, "outcome": self.outcome, "why": self.why }).to_string()
    }
}

fn code(code: domain::ReasonCode) -> String {
    serde_json::to_value(code).ok().and_then(|value| value.as_str().map(str::to_owned)).unwrap_or_default()
}

const fn style_of(outcome: Outcome) -> Style {
    match outcome {
        Outcome::Answered | Outcome::ActionTaken => GOOD,
        Outcome::Ignored => FAINT,
        Outcome::NeedsApproval
        | Outcome::NeedsClarification
        | Outcome::NeedsVerification
        | Outcome::NoCustomer
        | Outcome::Handoff => WARN,
        Outcome::Failed => terminal::BAD,
    }
}

fn try_next() -> String {
    "postill sandbox &  then  POSTILL_STRIPE_URL=http://127.0.0.1:12111 POSTILL_STRIPE_KEY=rk_test_larkspur_demo_0002 \
     postill simulate --from marta.keller@chorverein-lindenau.example \"Can you check my latest invoice?\""
        .to_owned()
}
