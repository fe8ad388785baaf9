//! The program `postill`: verbs, configuration, lifecycle. What it does to a mail stands in the crate `engine`.

mod cli;
mod complaint;
mod connections;
mod console;
mod dead_queue;
mod delivered;
mod http_ingest;
mod http_serving;
mod incoming;
mod labelled_mails;
mod lifecycle;
mod mailboxes;
mod observe;
mod person;
mod rabbitmq;
mod replay;
mod samples;
mod settings;
mod stripe_trouble;
mod telemetry;
mod terminal;
mod traces;
mod verbs;
mod worker;

use std::process::ExitCode;

use clap::Parser;
use tokio::runtime::{Builder, Runtime};

use crate::cli::{Cli, Verb};

/// The system's allocator takes a tenth more of the worker's time. Version 2 of this one: version 3 is no faster here and holds 30 MB
/// more.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    telemetry::withhold_messages_of_panics();
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return complaint::of_usage(&error),
    };
    let runtime = match runtime_for(&cli.verb) {
        Ok(runtime) => runtime,
        Err(error) => return complaint::report(&anyhow::Error::from(error)),
    };
    let done = runtime.block_on(verbs::run(cli));
    telemetry::ignore_panics();
    drop(runtime);
    match done {
        Ok(code) => code,
        Err(error) => complaint::report(&error),
    }
}

/// The sandbox answers in a few microseconds: handing requests from thread to thread costs it more than a second thread gives.
fn runtime_for(verb: &Verb) -> std::io::Result<Runtime> {
    let mut builder = if matches!(verb, Verb::Sandbox(_)) {
        Builder::new_current_thread()
    } else {
        Builder::new_multi_thread()
    };
    builder.enable_all().build()
}
