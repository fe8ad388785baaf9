//! Logs: text on a terminal, JSON lines elsewhere; always on standard error.

use std::io::IsTerminal;
use std::panic::{self, PanicHookInfo};

use tracing::Level;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::fmt::format::FmtSpan;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, Layer as _};

use crate::settings::{LogFormat, LogSettings, Settings};
use crate::terminal;
use crate::traces::Traces;

/// Its panics are contained where it is called: a hostile mail can cause them, and they are no reason to look.
const MIME_PARSER: &str = "mail-parser";

/// Starts logging, and the making of spans where somebody collects them.
pub(crate) fn start_traced(settings: &Settings) -> anyhow::Result<Traces> {
    let Some(otlp) = &settings.otlp else { return start(&settings.log).map(|()| Traces::default()) };
    let (traces, tracer) = Traces::to(otlp)?;
    let terminal = std::io::stderr().is_terminal();
    let log = tracing_subscriber::fmt::layer().with_writer(std::io::stderr);
    let log = match format(&settings.log, terminal) {
        LogFormat::Text => log.with_ansi(terminal).with_target(false).boxed(),
        LogFormat::Json => log.json().flatten_event(true).boxed(),
    };
    // Nothing of where it is in the program: the names of stages say that.
    let spans = tracing_opentelemetry::layer()
        .with_tracer(tracer)
        .with_location(false)
        .with_threads(false)
        .with_target(false)
        .with_level(false)
        .with_tracked_inactivity(false)
        .with_context_activation(false);
    let is_span = Targets::new().with_target(meters::TRACE, Level::INFO);
    let both = tracing_subscriber::registry()
        .with(log.with_filter(filter(&settings.log)?))
        .with(spans.with_filter(is_span));
    both.try_init().map_err(|error| anyhow::anyhow!("logging could not be started: {error}"))?;
    Ok(traces)
}

/// A filter that does not parse is an error of configuration. Spans are nobody's log lines: while they are not collected, nothing makes them.
fn filter(settings: &LogSettings) -> anyhow::Result<EnvFilter> {
    EnvFilter::try_new(format!("{},{},{}=off", settings.filter, broker::LOG_FILTER, meters::TRACE))
        .map_err(|error| anyhow::anyhow!("log.filter is \"{}\": {error}", settings.filter))
}

fn format(settings: &LogSettings, terminal: bool) -> LogFormat {
    settings.format.unwrap_or(if terminal { LogFormat::Text } else { LogFormat::Json })
}

/// Starts logging.
pub(crate) fn start(settings: &LogSettings) -> anyhow::Result<()> {
    let terminal = std::io::stderr().is_terminal();
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter(settings)?)
        .with_writer(std::io::stderr)
        .with_span_events(FmtSpan::NONE);
    let started = match format(settings, terminal) {
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
