//! `postill parse`: one JSON line a mail, in a fixed format that other programs read.

use std::path::Path;
use std::process::ExitCode;

use domain::{Clock, Mail, SystemClock, WorkspaceId};
use mail::mailbox::{Found, MailboxError};
use mail::{Envelope, Format, OwnFinding, Reader, Verifiable};
use serde::Serialize;
use verifier::Verifier;

use crate::cli::Parse;
use crate::complaint::{self, chain};
use crate::connections;
use crate::mailboxes;
use crate::settings::MailSettings;
use crate::terminal;

pub(super) async fn run(arguments: &Parse, settings: &MailSettings) -> anyhow::Result<ExitCode> {
    let settings = settings.with(&arguments.authserv_ids, &arguments.own_hosts);
    let verifier = arguments.verify_dkim.then(|| connections::verifier(&settings)).transpose()?;
    let source = Source { reader: connections::reader(&settings), verifier };
    let mut results = terminal::results();
    let mut code = ExitCode::SUCCESS;
    for path in &arguments.paths {
        let mut is_empty = true;
        for found in mailboxes::open(path, settings.max_bytes)? {
            is_empty = false;
            let line = match found {
                Ok(found) => source.line(&found).await,
                Err(error) => Line::unreadable(&error),
            };
            if matches!(line, Line::Unreadable { .. }) {
                code = ExitCode::from(complaint::DATA);
            }
            results.line(&serde_json::to_string(&line)?)?;
        }
        if is_empty {
            mailboxes::note_empty(path)?;
        }
    }
    results.finish()?;
    Ok(code)
}

/// A line of the output.
#[derive(Serialize)]
#[serde(untagged)]
enum Line {
    Read(Box<Parsed>),
    Unreadable { path: String, offset: Option<u64>, error: String },
}

impl Line {
    fn unreadable(error: &MailboxError) -> Self {
        Self::Unreadable { path: shown(error.path()), offset: error.offset(), error: chain(error) }
    }
}

#[derive(Serialize)]
struct Parsed {
    path: String,
    /// Where the mail begins in its mailbox, in bytes.
    offset: u64,
    sender: Option<String>,
    refused: Option<&'static str>,
    assurance: &'static str,
    automatic: Option<&'static str>,
    flags: Vec<&'static str>,
    message_id: Option<String>,
    fingerprint: String,
    subject: String,
    text: String,
    quoted: bool,
    /// What makes it doubtful where the mail begins or ends in its mailbox.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    doubts: Vec<Doubt>,
}

#[derive(Serialize)]
struct Doubt {
    kind: &'static str,
    /// Of the line in question, in bytes.
    offset: u64,
}

/// What reads the mails.
struct Source {
    reader: Reader,
    verifier: Option<Verifier>,
}

impl Source {
    async fn line(&self, found: &Found) -> Line {
        let workspace = WorkspaceId::default();
        let envelope =
            Envelope { format: Format::Rfc822, body: &found.bytes, workspace: &workspace, run: None };
        let own = self.verified(&envelope).await;
        match self.reader.read_verified(&envelope, own.as_ref()) {
            Ok(arrived) => Line::Read(Box::new(parsed(found, arrived.mail))),
            Err(error) => Line::Unreadable {
                path: shown(&found.path),
                offset: Some(found.offset),
                error: chain(&error),
            },
        }
    }

    async fn verified(&self, envelope: &Envelope<'_>) -> Option<OwnFinding> {
        let verifier = self.verifier.as_ref()?;
        let Verifiable { message, sender } = self.reader.verifiable(envelope)?;
        Some(verifier.verify(message, &sender, SystemClock.now()).await)
    }
}

fn parsed(found: &Found, mail: Mail) -> Parsed {
    Parsed {
        path: shown(&found.path),
        offset: found.offset,
        refused: mail.sender.as_ref().err().map(|refusal| refusal.as_str()),
        sender: mail.sender.ok().map(|address| address.to_string()),
        assurance: mail.assurance.as_str(),
        automatic: mail.automatic.map(domain::mail::Automatic::as_str),
        flags: mail.flags.iter().map(|flag| flag.as_str()).collect(),
        message_id: mail.message_id,
        fingerprint: mail.fingerprint.to_string(),
        subject: mail.subject,
        text: mail.text.written,
        quoted: mail.text.quoted,
        doubts: doubts(found),
    }
}

fn doubts(found: &Found) -> Vec<Doubt> {
    let lines = found
        .suspicions
        .iter()
        .map(|suspicion| Doubt { kind: suspicion.kind.as_str(), offset: suspicion.offset });
    let end = found.offset + found.bytes.len() as u64;
    let cut = found.is_truncated.then_some(Doubt { kind: "file_ends_in_it", offset: end });
    lines.chain(cut).collect()
}

fn shown(path: &Path) -> String {
    path.display().to_string()
}
