//! `postill parse`: one JSON line a mail, in a fixed format that other programs read.

use std::path::Path;
use std::process::ExitCode;

use domain::{Assurance, Mail, WorkspaceId};
use mail::mailbox::{Found, MailboxError};
use mail::{Envelope, Format, Reader};
use serde::Serialize;

use crate::cli::Parse;
use crate::complaint::{self, chain};
use crate::connections;
use crate::mailboxes;
use crate::settings::MailSettings;
use crate::terminal;

pub(super) fn run(arguments: &Parse, settings: &MailSettings) -> anyhow::Result<ExitCode> {
    let settings = settings.with(&arguments.authserv_ids, &arguments.own_hosts);
    let reader = connections::reader(&settings);
    let mut results = terminal::results();
    let mut code = ExitCode::SUCCESS;
    for path in &arguments.paths {
        let mut is_empty = true;
        for found in mailboxes::open(path, settings.max_bytes)? {
            is_empty = false;
            let line = found.map_or_else(|error| Line::unreadable(&error), |found| line(&reader, &found));
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

fn line(reader: &Reader, found: &Found) -> Line {
    let workspace = WorkspaceId::default();
    let body = &found.bytes;
    match reader.read(&Envelope { format: Format::Rfc822, body, workspace: &workspace, run: None }) {
        Ok(arrived) => Line::Read(Box::new(parsed(found, arrived.mail))),
        Err(error) => {
            Line::Unreadable { path: shown(&found.path), offset: Some(found.offset), error: chain(&error) }
        }
    }
}

fn parsed(found: &Found, mail: Mail) -> Parsed {
    // Whoever wrote the mail above may have written this one, results included.
    let assurance = if found.begins_in_doubt() { Assurance::None } else { mail.assurance };
    Parsed {
        path: shown(&found.path),
        offset: found.offset,
        refused: mail.sender.as_ref().err().map(|refusal| refusal.as_str()),
        sender: mail.sender.ok().map(|address| address.to_string()),
        assurance: assurance.as_str(),
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
