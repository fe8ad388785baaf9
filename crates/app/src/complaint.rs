//! Errors as a person reads them: what happened, what was tried, what to do; and the exit code that scripts read.

use std::io;
use std::path::Path;
use std::process::ExitCode;

use broker::ConnectError;
use store::{LedgerError, OpenError};
use stripe_client::KeyError;

use crate::settings::WrongSettings;
use crate::terminal;

/// What was asked for was not done.
const FAILED: u8 = 1;
/// Wrong use, or wrong configuration (`EX_USAGE`).
pub(crate) const USAGE: u8 = 64;
/// Input that cannot be read (`EX_DATAERR`).
pub(crate) const DATA: u8 = 65;
/// A server is not reachable (`EX_UNAVAILABLE`).
const UNAVAILABLE: u8 = 69;

/// Not now; the caller is to try again (`EX_TEMPFAIL`).
pub(crate) const TRY_AGAIN: u8 = 75;

/// Stopped by a person before it was done (128 and SIGINT, as shells have it).
pub(crate) const INTERRUPTED: u8 = 130;

/// Something a person can mend, said in full.
#[derive(Debug, thiserror::Error)]
#[error("{what}")]
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

    /// Rightly asked, and not possible as things stand.
    pub(crate) fn refused(what: impl Into<String>, remedy: impl Into<String>) -> anyhow::Error {
        Self { what: what.into(), remedy: remedy.into(), code: FAILED }.into()
    }

    /// Input that cannot be read.
    pub(crate) fn data(what: impl Into<String>, remedy: impl Into<String>) -> anyhow::Error {
        Self { what: what.into(), remedy: remedy.into(), code: DATA }.into()
    }

    /// The same error for a caller that tries again by itself.
    pub(crate) fn later(error: &anyhow::Error) -> anyhow::Error {
        let remedy = remedy_of(error).unwrap_or_default().to_owned();
        Self { what: error.to_string(), remedy, code: TRY_AGAIN }.into()
    }

    /// A server that should be there is not, or not as it should be.
    pub(crate) fn unavailable(what: impl Into<String>, remedy: impl Into<String>) -> anyhow::Error {
        Self { what: what.into(), remedy: remedy.into(), code: UNAVAILABLE }.into()
    }
}

/// A file named on the command line, as text.
pub(crate) fn read_file(path: &Path) -> anyhow::Result<Vec<u8>> {
    std::fs::read(path).map_err(|error| {
        Advice::data(
            format!("cannot read {}: {error}", path.display()),
            "is the path right, and may you read it?",
        )
    })
}

/// Prints what clap has to say: help on standard output, mistakes on standard error. Nobody has to read it to its end.
pub(crate) fn of_usage(error: &clap::Error) -> ExitCode {
    match (error.print(), error.use_stderr()) {
        (Ok(()) | Err(_), true) => ExitCode::from(USAGE),
        (Ok(()) | Err(_), false) => ExitCode::SUCCESS,
    }
}

/// Prints an error with its causes and what to do, and gives the exit code that fits it.
pub(crate) fn report(error: &anyhow::Error) -> ExitCode {
    if is_closed_pipe(error) {
        return ExitCode::SUCCESS;
    }
    let mut text = format!("{} {}", terminal::styled(terminal::BAD, "error:"), chain(error.as_ref()));
    if let Some(remedy) = remedy_of(error) {
        text = format!("{text}\n  {remedy}");
    }
    match terminal::note(&text) {
        Ok(()) | Err(_) => ExitCode::from(code_of(error)),
    }
}

/// What a person can do about it.
pub(crate) fn remedy_of(error: &anyhow::Error) -> Option<&str> {
    error.chain().find_map(|cause| cause.downcast_ref::<Advice>()).map(|advice| advice.remedy.as_str())
}

/// The same error in other words, with the same remedy and code.
pub(crate) fn reworded(error: &anyhow::Error, what: String) -> anyhow::Error {
    Advice { what, remedy: remedy_of(error).unwrap_or_default().to_owned(), code: code_of(error) }.into()
}

/// The exit code that fits an error.
pub(crate) fn code_of(error: &anyhow::Error) -> u8 {
    error.chain().find_map(code_of_cause).unwrap_or(FAILED)
}

fn code_of_cause(cause: &(dyn std::error::Error + 'static)) -> Option<u8> {
    if let Some(advice) = cause.downcast_ref::<Advice>() {
        return Some(advice.code);
    }
    if cause.is::<WrongSettings>() || cause.is::<KeyError>() {
        return Some(USAGE);
    }
    let is_down = matches!(cause.downcast_ref(), Some(LedgerError::Unavailable(_)));
    (is_down || cause.is::<OpenError>() || cause.is::<ConnectError>()).then_some(UNAVAILABLE)
}

/// An error with its causes in one line; what a cause repeats is said once.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let cause_text = cause.to_string();
        if !text.ends_with(&cause_text) {
            text = format!("{text}: {cause_text}");
        }
        source = cause.source();
    }
    text
}

/// `postill … | head` is no error.
fn is_closed_pipe(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| {
        cause.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
    })
}
