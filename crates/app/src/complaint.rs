//! Errors as a person reads them: what happened, what was tried, what to do; and the exit code that scripts read.

use std::io;
use std::process::ExitCode;

use broker::{ConnectError, topology::TopologyError};
use store::OpenError;
use stripe_client::KeyError;

use crate::settings::WrongSettings;
use crate::terminal;

/// Wrong use, or wrong configuration (`EX_USAGE`).
const USAGE: u8 = 64;
/// Input that cannot be read (`EX_DATAERR`).
pub(crate) const DATA: u8 = 65;
/// A server is not reachable (`EX_UNAVAILABLE`).
const UNAVAILABLE: u8 = 69;

/// Something a person can mend, said in full.
#[derive(Debug, thiserror::Error)]
#[error("{what}\n  {remedy}")]
pub(crate) struct Advice {
    what: String,
    remedy: String,
    code: u8,
}

impl Advice {
    /// Wrong use or configuration.
    pub(crate) fn usage(what: impl Into<String>, remedy: impl Into<String>) -> anyhow::Error {
        Self { what: what.into(), remedy: remedy.into(), code: USAGE }.into()
    }

    /// A server that should be there is not, or not as it should be.
    pub(crate) fn unavailable(what: impl Into<String>, remedy: impl Into<String>) -> anyhow::Error {
        Self { what: what.into(), remedy: remedy.into(), code: UNAVAILABLE }.into()
    }
}

/// Prints what clap has to say: help on standard output, mistakes on standard error.
pub(crate) fn of_usage(error: &clap::Error) -> ExitCode {
    match (error.print(), error.use_stderr()) {
        (Ok(()), false) => ExitCode::SUCCESS,
        (Ok(()), true) | (Err(_), _) => ExitCode::from(USAGE),
    }
}

/// Prints an error with its chain of causes, and gives the exit code that fits it.
pub(crate) fn report(error: &anyhow::Error) -> ExitCode {
    if is_closed_pipe(error) {
        return ExitCode::SUCCESS;
    }
    let mut text = error.to_string();
    for cause in error.chain().skip(1) {
        let cause = cause.to_string();
        if !text.ends_with(&cause) {
            text = format!("{text}: {cause}");
        }
    }
    let line = format!("{} {text}", terminal::styled(terminal::BAD, "error:"));
    match terminal::note(&line) {
        Ok(()) | Err(_) => ExitCode::from(code_of(error)),
    }
}

fn code_of(error: &anyhow::Error) -> u8 {
    for cause in error.chain() {
        if let Some(advice) = cause.downcast_ref::<Advice>() {
            return advice.code;
        }
        if cause.is::<WrongSettings>() || cause.is::<KeyError>() {
            return USAGE;
        }
        if cause.is::<OpenError>() || cause.is::<ConnectError>() || cause.is::<TopologyError>() {
            return UNAVAILABLE;
        }
    }
    1
}

/// `postill … | head` is no error.
fn is_closed_pipe(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| {
        cause.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
    })
}
