//! `postill parse`: one JSON line a mail, in a fixed format that other programs read.

use std::path::Path;
use std::process::ExitCode;

use domain::{Mail, WorkspaceId};
use mail::mailbox::MailboxError;
use mail::{Envelope, Format, Reader, mailbox};
use serde::Serialize;

use crate::cli::Parse;
use crate::complaint::{self, chain};
use crate::connections;
use crate::settings::MailSettings;
use crate::terminal;

pub(super) fn run(arguments: &Parse, settings: &MailSettings) -> anyhow::Result<ExitCode> {
    let mut settings = settings.clone();
    settings.trusted_authserv_ids.extend(arguments.authserv_ids.iter().cloned());
    settings.own_hosts.extend(arguments.own_hosts.iter().cloned());
    let reader = connections::reader(&settings);
    let mut code = ExitCode::SUCCESS;
    for path in &arguments.paths {
        let mut found = 0_u64;
        for line in lines(&reader, path, settings.max_bytes) {
            found += 1;
            if matches!(line, Line::Unreadable { .. }) {
                code = ExitCode::from(complaint::DATA);
            }
            terminal::result(&serde_json::to_string(&line)?)?;
        }
        if found == 0 {
            terminal::note(&format!(
                "{} holds no mail (a folder is read for its .eml files)",
                path.display()
            ))?;
        }
    }
    Ok(code)
}

/// A line of the output.
#[derive(Serialize)]
#[serde(untagged)]
enum Line {
    Read(Box<Parsed>),
    Unreadable { path: String, offset: Option<u64>, error: String },
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
}

fn lines<'a>(reader: &'a Reader, path: &Path, max_bytes: usize) -> Box<dyn Iterator<Item = Line> + 'a> {
    let unreadable = |error: MailboxError| match error {
        MailboxError::Unreadable { ref path, .. } => {
            Line::Unreadable { path: path.display().to_string(), offset: None, error: chain(&error) }
        }
        MailboxError::TooLarge { ref path, offset, .. } => {
            Line::Unreadable { path: path.display().to_string(), offset: Some(offset), error: chain(&error) }
        }
    };
    match mailbox::open(path, max_bytes) {
        Ok(messages) => {
            Box::new(messages.map(move |found| found.map_or_else(unreadable, |found| line(reader, &found))))
        }
        Err(error) => Box::new(std::iter::once(unreadable(error))),
    }
}

fn line(reader: &Reader, found: &mailbox::Found) -> Line {
    let workspace = WorkspaceId::default();
    let path = found.path.display().to_string();
    match reader.read(&Envelope {
        format: Format::Rfc822,
        body: &found.bytes,
        workspace: &workspace,
        run: None,
    }) {
        Ok(arrived) => Line::Read(Box::new(parsed(path, found.offset, arrived.mail))),
        Err(error) => Line::Unreadable { path, offset: Some(found.offset), error: chain(&error) },
    }
}

fn parsed(path: String, offset: u64, mail: Mail) -> Parsed {
    Parsed {
        path,
        offset,
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
    }
}
