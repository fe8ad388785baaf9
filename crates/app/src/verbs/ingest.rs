//! `postill ingest`: mail into the queue; it answers only after RabbitMQ has confirmed.

use std::collections::BTreeMap;
use std::io::{IsTerminal, Read};
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use broker::{Destination, HeaderValue, Outgoing, Properties, Publisher, Session};
use domain::{Digest, WorkspaceId};
use mail::mailbox;

use crate::cli::Ingest;
use crate::complaint::{self, chain};
use crate::rabbitmq;
use crate::settings::Settings;
use crate::terminal::{self, BAD, GOOD};

/// How many mails are published in one burst.
const BURST: usize = 128;
/// How long the connections may take to close.
const CLOSING: Duration = Duration::from_secs(5);

pub(super) async fn run(arguments: &Ingest, settings: &Settings) -> anyhow::Result<ExitCode> {
    let config = rabbitmq::config(&settings.amqp);
    let session = Session::open(&config).await.map_err(|error| rabbitmq::explain(&config, error))?;
    let mut counts = Counts::default();
    let publisher = session.publisher();
    let mut burst = Vec::with_capacity(BURST);
    for path in &arguments.paths {
        for message in messages(path, settings.mail.max_bytes) {
            match message {
                Ok(bytes) => burst.push(outgoing(bytes, arguments.workspace.as_ref())),
                Err(problem) => {
                    counts.unreadable += 1;
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
            _ => (BAD, ExitCode::FAILURE),
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

fn messages(path: &Path, max_bytes: usize) -> Box<dyn Iterator<Item = Result<Vec<u8>, String>>> {
    if path == Path::new("-") {
        return Box::new(std::iter::once(standard_input(max_bytes)));
    }
    match mailbox::open(path, max_bytes) {
        Ok(messages) => {
            Box::new(messages.map(|found| found.map(|found| found.bytes).map_err(|error| chain(&error))))
        }
        Err(error) => Box::new(std::iter::once(Err(chain(&error)))),
    }
}

fn standard_input(max_bytes: usize) -> Result<Vec<u8>, String> {
    if std::io::stdin().is_terminal() {
        terminal::note("reading one mail from standard input; end it with Ctrl-D")
            .map_err(|error| error.to_string())?;
    }
    let mut bytes = Vec::new();
    let limit = u64::try_from(max_bytes).unwrap_or(u64::MAX).saturating_add(1);
    match std::io::stdin().lock().take(limit).read_to_end(&mut bytes) {
        Ok(_) if bytes.len() > max_bytes => Err(format!(
            "standard input has more than {max_bytes} bytes, the largest mail taken (mail.max_bytes)"
        )),
        Ok(_) if bytes.is_empty() => Err("standard input is empty".to_owned()),
        Ok(_) => Ok(bytes),
        Err(error) => Err(format!("standard input: {error}")),
    }
}

/// The message id is the digest of the bytes, so that a mail ingested twice can be told.
fn outgoing(bytes: Vec<u8>, workspace: Option<&WorkspaceId>) -> Outgoing {
    let headers: BTreeMap<String, HeaderValue> = workspace
        .map(|workspace| ("postill-workspace".to_owned(), HeaderValue::Text(workspace.to_string())))
        .into_iter()
        .collect();
    let properties = Properties {
        content_type: Some("message/rfc822".to_owned()),
        message_id: Some(Digest::of(&[&bytes]).to_string()),
        headers,
        ..Properties::default()
    };
    Outgoing { destination: Destination::Mail, properties, body: bytes.into() }
}
