//! `postill doctor mail`: how the settings about senders fit many mails, so that a wrong one is seen at once. It is made to be shown to
//! others: it holds names of servers, codes and shares, and nothing that a person wrote.

mod advice;
mod show;
mod tally;

use std::process::ExitCode;

use tally::Tally;

use crate::cli::DoctorMail;
use crate::complaint::{Advice, chain};
use crate::connections;
use crate::mailboxes;
use crate::settings::MailSettings;
use crate::terminal;

pub(crate) fn run(arguments: &DoctorMail, settings: &MailSettings) -> anyhow::Result<ExitCode> {
    let settings = settings.with(&arguments.authserv_ids, &arguments.own_hosts);
    let reader = connections::reader(&settings);
    let mut tally = Tally::default();
    for path in &arguments.paths {
        let mut is_empty = true;
        for found in mailboxes::open(path, settings.max_bytes)? {
            is_empty = false;
            if let Err(error) = &found
                && error.path() == path
            {
                terminal::note(&chain(error))?;
            }
            match found.ok().and_then(|found| reader.inspect(&found.bytes).ok()) {
                Some(inspection) => tally.add(&inspection),
                None => tally.unreadable += 1,
            }
        }
        if is_empty {
            mailboxes::note_empty(path)?;
        }
    }
    if tally.mails == 0 {
        return Err(Advice::data(
            "no mail could be read",
            "name mails, folders of them, mbox files or Maildirs",
        ));
    }
    let advice = advice::of(&tally, &settings);
    if arguments.json {
        terminal::result(&serde_json::to_string_pretty(&show::report(&tally, &advice))?)?;
    } else {
        show::print(&tally, &advice)?;
    }
    Ok(ExitCode::SUCCESS)
}
