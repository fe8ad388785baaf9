//! `postill doctor mail`: how the settings about senders fit many mails, so that a wrong one is seen at once. It is made to be shown to
//! others: it holds names of servers, codes and shares, and nothing that a person wrote.

mod advice;
mod show;
mod tally;

use std::process::ExitCode;

use tally::Tally;

use crate::cli::DoctorMail;
use crate::connections;
use crate::mailboxes;
use crate::settings::MailSettings;
use crate::terminal;

pub(crate) fn run(arguments: &DoctorMail, settings: &MailSettings) -> anyhow::Result<ExitCode> {
    let settings = settings.with(&arguments.authserv_ids, &arguments.own_hosts);
    let reader = connections::reader(&settings);
    let mut tally = Tally::default();
    for path in &arguments.paths {
        for found in mailboxes::open(path, settings.max_bytes)? {
            match found.ok().and_then(|found| reader.inspect(&found.bytes).ok()) {
                Some(inspection) => tally.add(&inspection),
                None => tally.unreadable += 1,
            }
        }
    }
    let advice = advice::of(&tally, &settings);
    if arguments.json {
        terminal::result(&serde_json::to_string_pretty(&show::report(&tally, &advice))?)?;
    } else {
        show::print(&tally, &advice)?;
    }
    Ok(ExitCode::SUCCESS)
}
