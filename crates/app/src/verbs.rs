//! The verbs, a file each.

mod actions;
mod approvals;
mod audit;
mod bench;
mod classify;
mod config;
mod connect;
mod dead;
mod demo;
mod doctor;
mod eval;
mod functions;
mod halts;
mod ingest;
mod load;
mod parse;
mod people;
mod policy;
mod privacy;
mod replay;
mod sandbox;
mod schema;
mod simulate;
mod topology;
mod train;

use std::process::ExitCode;

use clap::CommandFactory;
use domain::SystemClock;

use crate::cli::{Cli, Doctor, DoctorSubject, Verb};
use crate::settings::{self, Layers, PolicyFile, Settings, Sources};
use crate::{connections, console, telemetry, terminal, worker};

/// Runs what the command line asks for.
pub(crate) async fn run(cli: Cli) -> anyhow::Result<ExitCode> {
    let file = settings::configuration_file(cli.config);
    let environment = settings::process_environment();
    let sources =
        Sources { file: file.as_deref(), built_in: None, environment: &environment, flags: &cli.set };
    let read = || Settings::parse(Layers::read(&sources));
    match cli.verb {
        Verb::Config(config) => config::run(&config, Layers::read(&sources)),
        Verb::Policy(verb) => policy::run(&verb, &sources).await,
        Verb::Completions { shell } => completions(shell),
        Verb::Schema(arguments) => schema::run(&arguments),
        Verb::Parse(arguments) => parse::run(&arguments, &read()?.mail).await,
        Verb::Classify => classify::run(&connections::classifier(read()?.model_file.as_deref())?),
        Verb::Train(arguments) => train::run(&arguments),
        Verb::Eval(arguments) => {
            let settings = read()?;
            let model = arguments.model.as_deref().or(settings.model_file.as_deref());
            eval::run(&arguments, &connections::classifier(model)?, &SystemClock)
        }
        Verb::Demo(arguments) => Box::pin(demo::run(&arguments, &cli.set)).await,
        Verb::Sandbox(arguments) => {
            telemetry::start(&read()?.log)?;
            sandbox::run(&arguments).await
        }
        Verb::Worker => {
            let settings = read()?;
            let traces = telemetry::start_traced(&settings)?;
            let policy_file = file.clone().map(|path| PolicyFile::new(path, Layers::read(&sources)));
            let ended = Box::pin(worker::run(&settings, policy_file)).await;
            traces.finish().await;
            ended
        }
        Verb::Ingest(arguments) => ingest::run(&arguments, &read()?).await,
        Verb::Replay(arguments) => {
            let amqp_url = Layers::read(&sources).origin_of_broker();
            Box::pin(replay::run(&arguments, &read()?, &amqp_url)).await
        }
        Verb::Simulate(arguments) => Box::pin(simulate::run(&arguments, &read()?)).await,
        Verb::Connect(arguments) => connect::run(&arguments, &read()?).await,
        Verb::Doctor(Doctor { subject: None }) => doctor::run(Layers::read(&sources)).await,
        Verb::Doctor(Doctor { subject: Some(DoctorSubject::Mail(mails)) }) => {
            doctor::mail::run(&mails, &read()?.mail)
        }
        Verb::Functions(arguments) => functions::run(&arguments, &read()?).await,
        Verb::Console(arguments) => {
            let settings = read()?;
            telemetry::start(&settings.log)?;
            Box::pin(console::run(&arguments, &settings)).await
        }
        Verb::People(arguments) => people::run(arguments, &read()?).await,
        Verb::Approvals(arguments) => approvals::run(arguments, &read()?).await,
        Verb::Actions(arguments) => actions::run(arguments, &read()?).await,
        Verb::Dead(arguments) => Box::pin(dead::run(arguments, &read()?)).await,
        Verb::Audit(arguments) => audit::run(arguments, &read()?).await,
        Verb::Privacy(arguments) => privacy::run(arguments, &read()?).await,
        Verb::Halt(arguments) => halts::halt(arguments, &read()?).await,
        Verb::Resume(arguments) => halts::resume(arguments, &read()?).await,
        Verb::Halts(arguments) => halts::list(&arguments, &read()?).await,
        Verb::Load(arguments) => Box::pin(load::run(&arguments, &read()?)).await,
        Verb::Bench(arguments) => {
            let called = bench::Called { file: file.as_deref(), flags: &cli.set };
            Box::pin(bench::run(&arguments, &called, Layers::read(&sources))).await
        }
        Verb::BenchRelay(arguments) => bench::relay(&arguments, &read()?).await,
        Verb::Topology(arguments) => topology::run(&arguments.action, &read()?).await,
        Verb::Migrate => migrate(&read()?).await,
    }
}

fn completions(shell: clap_complete::Shell) -> anyhow::Result<ExitCode> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "postill", &mut script);
    terminal::result(String::from_utf8_lossy(&script).trim_end())?;
    Ok(ExitCode::SUCCESS)
}

async fn migrate(settings: &Settings) -> anyhow::Result<ExitCode> {
    let ledger = connections::open_ledger(settings).await?;
    let applied = ledger.migrate().await?;
    for migration in &applied {
        terminal::note(&format!(
            "{} {:04} {}",
            terminal::styled(terminal::GOOD, "applied"),
            migration.version,
            migration.name
        ))?;
    }
    if applied.is_empty() {
        terminal::note("the ledger is up to date")?;
    }
    Ok(ExitCode::SUCCESS)
}
