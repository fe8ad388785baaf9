//! `postill ingest`: mail into the queue; it answers only after RabbitMQ has confirmed.

use std::io::{self, IsTerminal, Read};
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use broker::{ConnectError, Outgoing, Publisher, Session};
use mail::mailbox::{self, MailboxError};
use mail::{Format, Unreadable};

use crate::cli::Ingest;
use crate::complaint::{self, Advice, chain};
use crate::incoming::{Gate, Parcel};
use crate::settings::Settings;
use crate::terminal::{self, BAD, GOOD};
use crate::{connections, http_ingest, rabbitmq};

/// How many mails are published in one burst.
const BURST: usize = 128;
/// How long the connections may take to close.
const CLOSING: Duration = Duration::from_secs(5);

pub(super) async fn run(arguments: &Ingest, settings: &Settings) -> anyhow::Result<ExitCode> {
    if let Some(address) = arguments.http {
        return http_ingest::run(address, arguments.workspace.as_ref(), settings).await;
    }
    let config = rabbitmq::config(&settings.amqp);
    let is_pipe = arguments.paths.iter().any(|path| is_standard_input(path));
    let explain = |error: ConnectError| {
        let error = rabbitmq::explain(&config, error);
        if is_pipe { Advice::later(&error) } else { error }
    };
    let session = Session::open(&config).await.map_err(explain)?;
    let gate = Gate::new(connections::limits(&settings.mail));
    let mut counts = Counts::default();
    let publisher = session.publisher();
    let mut burst = Vec::with_capacity(BURST);
    for path in &arguments.paths {
        for message in messages(path, most_bytes(arguments.format, &gate)) {
            match message.and_then(|bytes| parcel(arguments.format, &gate, bytes)) {
                Ok(parcel) => burst.push(parcel.outgoing(arguments.workspace.as_ref())),
                Err(problem) => {
                    counts.unreadable += 1;
                    let problem = chain(&problem);
                    terminal::note(&format!("{} {problem}", terminal::styled(BAD, "not read:")))?;
                }
            }
            if burst.len() >= BURST {
                counts.publish(&publisher, std::mem::take(&mut burst)).await?;
            }
        }
    }
    counts.publish(&publisher, burst).await?;
    session.close(CLOSING).await;
    counts.say()
}

#[derive(Default)]
struct Counts {
    published: usize,
    unreadable: usize,
    failed: usize,
}

impl Counts {
    async fn publish(&mut self, publisher: &Publisher, burst: Vec<Outgoing>) -> anyhow::Result<()> {
        for result in publisher.publish(burst).await {
            match result {
                Ok(()) => self.published += 1,
                Err(error) => {
                    self.failed += 1;
                    terminal::note(&format!(
                        "{} {}",
                        terminal::styled(BAD, "not published:"),
                        chain(&error)
                    ))?;
                }
            }
        }
        Ok(())
    }

    /// What cannot be published goes before what cannot be read: it may be well the next time.
    fn say(&self) -> anyhow::Result<ExitCode> {
        let (style, code) = match (self.failed, self.unreadable) {
            (0, 0) => (GOOD, ExitCode::SUCCESS),
            (0, _) => (BAD, ExitCode::from(complaint::DATA)),
            _ => (BAD, ExitCode::from(complaint::TRY_AGAIN)),
        };
        let counted = |count: usize, what: &str| {
            if count == 0 { String::new() } else { format!(", {count} {what}") }
        };
        let text = format!(
            "{} published and confirmed{}{}",
            self.published,
            counted(self.failed, "not published"),
            counted(self.unreadable, "not read")
        );
        terminal::note(&terminal::styled(style, &text))?;
        Ok(code)
    }
}

/// Why something is no mail for the queue.
#[derive(Debug, thiserror::Error)]
enum NotTaken {
    #[error(transparent)]
    Mailbox(#[from] MailboxError),
    #[error("standard input cannot be read")]
    Input(#[source] io::Error),
    #[error("standard input is empty")]
    Empty,
    #[error("standard input has more than {limit} bytes, the largest mail taken (mail.max_bytes)")]
    TooLarge { limit: usize },
    #[error("the document cannot be used ({})", .0.code())]
    Unreadable(#[source] Unreadable),
}

/// A raw message goes as it is: if it is none, the worker's dead queue keeps it. A document is read here, and turned into a mail.
fn parcel(format: Format, gate: &Gate, bytes: Vec<u8>) -> Result<Parcel, NotTaken> {
    match format {
        Format::Rfc822 => Ok(Parcel::raw(bytes)),
        Format::Json | Format::Provider(_) | Format::Unknown => {
            gate.pack(format, &bytes).map_err(NotTaken::Unreadable)
        }
    }
}

fn most_bytes(format: Format, gate: &Gate) -> usize {
    match format {
        Format::Rfc822 => gate.limits.max_message_bytes,
        Format::Json | Format::Provider(_) | Format::Unknown => gate.limits.max_document_bytes(),
    }
}

fn is_standard_input(path: &Path) -> bool {
    path == Path::new("-")
}

fn messages(path: &Path, max_bytes: usize) -> Box<dyn Iterator<Item = Result<Vec<u8>, NotTaken>>> {
    if is_standard_input(path) {
        return Box::new(std::iter::once(standard_input(max_bytes)));
    }
    match mailbox::open(path, max_bytes) {
        Ok(messages) => {
            Box::new(messages.map(|found| found.map(|found| found.bytes).map_err(NotTaken::from)))
        }
        Err(error) => Box::new(std::iter::once(Err(error.into()))),
    }
}

fn standard_input(max_bytes: usize) -> Result<Vec<u8>, NotTaken> {
    if io::stdin().is_terminal() {
        terminal::note("reading one mail from standard input; end it with Ctrl-D")
            .map_err(NotTaken::Input)?;
    }
    let mut bytes = Vec::new();
    let limit = u64::try_from(max_bytes).unwrap_or(u64::MAX).saturating_add(1);
    io::stdin().lock().take(limit).read_to_end(&mut bytes).map_err(NotTaken::Input)?;
    match bytes.len() {
        0 => Err(NotTaken::Empty),
        length if length > max_bytes => Err(NotTaken::TooLarge { limit: max_bytes }),
        _ => Ok(bytes),
    }
}
