//! Logs: text on a terminal, JSON lines elsewhere; always on standard error.

use std::io::IsTerminal;
use std::panic::{self, PanicHookInfo};

use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::format::FmtSpan;

use crate::settings::{LogFormat, LogSettings};
use crate::terminal;

/// Its panics are contained where it is called: a hostile mail can cause them, and they are no reason to look.
const MIME_PARSER: &str = "mail-parser";

/// Starts logging. A filter that does not parse is an error of configuration.
pub(crate) fn start(settings: &LogSettings) -> anyhow::Result<()> {
    let filter = EnvFilter::try_new(format!("{},{}", settings.filter, broker::LOG_FILTER))
        .map_err(|error| anyhow::anyhow!("log.filter is \"{}\": {error}", settings.filter))?;
    let terminal = std::io::stderr().is_terminal();
    let format = settings.format.unwrap_or(if terminal { LogFormat::Text } else { LogFormat::Json });
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_span_events(FmtSpan::NONE);
    let started = match format {
        LogFormat::Text => builder.with_ansi(terminal).with_target(false).try_init(),
        LogFormat::Json => builder.json().flatten_event(true).try_init(),
    };
    started.map_err(|error| anyhow::anyhow!("logging could not be started: {error}"))
}

/// Tells of panics by their place alone: the message of a panic may quote the mail that it happened on.
pub(crate) fn withhold_messages_of_panics() {
    panic::set_hook(Box::new(|panic: &PanicHookInfo<'_>| {
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        if place.contains(MIME_PARSER) {
            tracing::debug!(
                panic.place = place,
                "the MIME parser panicked on a mail, which is read as plain text"
            );
        } else if tracing::dispatcher::has_been_set() {
            tracing::error!(
                panic.place = place,
                "the program panicked; its message may quote a mail and is withheld"
            );
        } else {
            // Nothing is left to do about a standard error that cannot be written to.
            terminal::note(&format!("panicked at {place}; the message may quote a mail and is withheld"))
                .ok();
        }
    }));
}

/// For the end of the runtime, when nothing of ours runs any more: lapin's runtime layer panics in a task of its own whose helper task
/// was taken away from it.
pub(crate) fn ignore_panics() {
    panic::set_hook(Box::new(|_panic| {}));
}
