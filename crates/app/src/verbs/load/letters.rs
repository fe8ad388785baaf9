//! The mails of a run: made up, or those of an archive.

use std::path::Path;

use anyhow::Context;
use domain::intent::Label;
use domain::{Clock, EmailAddress, SystemClock};
use load::{Arriving, Mails, Written};
use mail::mailbox;
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use crate::cli;
use crate::complaint::{Advice, read_file};
use crate::settings::Settings;
use crate::{incoming, samples};

/// Mails of an archive that are read ahead.
const AHEAD: usize = 256;

/// Where the next mail comes from.
pub(super) struct Letters {
    made: Mails,
    kept: Option<Kept>,
}

/// An archive, read over and over on a thread of its own.
struct Kept {
    mails: mpsc::Receiver<Vec<u8>>,
    /// Ends with this value: the thread notices that nobody takes its mails.
    _reading: JoinSet<()>,
}

/// A mail and what it asks for, where that is known.
pub(super) struct Next {
    pub(super) mail: Written,
    pub(super) label: Option<Label>,
}

impl Letters {
    pub(super) fn open(arguments: &cli::Load, settings: &Settings, run: String) -> anyhow::Result<Self> {
        let senders = match &arguments.senders {
            Some(path) => addresses(path)?,
            None => samples::customers()?,
        };
        let to = settings.mail.own_addresses.first().map_or(samples::OWN_ADDRESS, EmailAddress::as_str);
        let made = Mails {
            run,
            seed: arguments.seed,
            mix: arguments.mix.clone().unwrap_or_default(),
            sizes: arguments.sizes.clone(),
            senders,
            strangers_permille: arguments.strangers,
            arriving: Arriving {
                to: to.to_owned(),
                authserv_id: settings.mail.trusted_authserv_ids.first().cloned(),
                date: incoming::date(SystemClock.now()),
            },
        };
        let kept =
            arguments.corpus.as_deref().map(|path| Kept::open(path, settings.mail.max_bytes)).transpose()?;
        Ok(Self { made, kept })
    }

    /// The mail of that number.
    pub(super) async fn next(&mut self, number: u64) -> anyhow::Result<Next> {
        let Some(kept) = &mut self.kept else {
            let mail = self.made.mail(number);
            return Ok(Next { label: Some(mail.label), mail });
        };
        let bytes = kept.mails.recv().await.context("the archive cannot be read any more")?;
        let message_id = self.made.message_id(number);
        Ok(Next { mail: Written { message_id, label: Label::None, bytes }, label: None })
    }

    /// The number of the mail that has this id, when it is one of this run.
    pub(super) fn number(&self, message_id: &str) -> Option<u64> {
        self.made.number(message_id)
    }
}

impl Kept {
    fn open(path: &Path, max_bytes: usize) -> anyhow::Result<Self> {
        let no_mail = |error: String| {
            Advice::data(error, "--corpus names mail: files, folders, mbox files or Maildirs")
        };
        let mut first = mailbox::open(path, max_bytes).map_err(|error| no_mail(error.to_string()))?;
        if first.find_map(Result::ok).is_none() {
            return Err(no_mail(format!("{} holds no mail that can be read", path.display())));
        }
        let (sender, mails) = mpsc::channel(AHEAD);
        let path = path.to_owned();
        let mut reading = JoinSet::new();
        reading.spawn_blocking(move || {
            while let Ok(messages) = mailbox::open(&path, max_bytes) {
                for found in messages.flatten() {
                    if sender.blocking_send(found.bytes).is_err() {
                        return;
                    }
                }
                if sender.is_closed() {
                    return;
                }
            }
        });
        Ok(Self { mails, _reading: reading })
    }
}

/// A line each; empty ones and those that begin with `#` are passed over.
fn addresses(path: &Path) -> anyhow::Result<Vec<EmailAddress>> {
    let text = String::from_utf8_lossy(&read_file(path)?).into_owned();
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    let read: Result<Vec<EmailAddress>, _> = lines.map(str::parse).collect();
    // Which line it is would be an address in an error.
    let read = read.ok().filter(|addresses: &Vec<EmailAddress>| !addresses.is_empty());
    read.ok_or_else(|| {
        Advice::data(
            format!("{} does not hold an address on each line", path.display()),
            "one address a line, as ada@example.com",
        )
    })
}

#[cfg(test)]
mod tests {
    use domain::intent::{Disposition, Label};
    use intent::{Classifier, Text};
    use load::LETTERS;

    #[test]
    fn every_letter_is_surely_read_as_what_it_asks_for() {
        let classifier = Classifier::embedded();
        for (letter, label) in
            LETTERS.iter().flat_map(|letter| Label::all().map(move |label| (letter, label)))
        {
            let (subject, request) = letter.request(label);
            let written = format!("{}\n\n{request}\n\n{}\n", letter.greeting, letter.closing);
            let read = classifier.classify(Text { subject, written: &written, cut: "" });
            assert_eq!((read.intent.label, &read.also[..]), (label, &[][..]), "{request}");
            assert_ne!(read.disposition, Disposition::Person, "{request}");
        }
    }
}
