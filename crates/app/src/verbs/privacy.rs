//! `postill privacy export|erase`: what is held of a person.

use std::io::Read as _;
use std::process::ExitCode;

use domain::{Clock as _, EmailAddress, SystemClock, WorkspaceId};
use engine::Held;
use serde_json::Value;
use store::{Forgotten, Ledger};

use crate::cli::{Privacy, PrivacyVerb, Whom};
use crate::complaint::Advice;
use crate::settings::Settings;
use crate::terminal::{self, GOOD, WARN, styled};
use crate::{connections, person};

/// The longest line that can hold an address, in bytes.
const LINE: u64 = 1_000;

pub(super) async fn run(arguments: Privacy, settings: &Settings) -> anyhow::Result<ExitCode> {
    let ledger = connections::ledger_in_use(settings).await?;
    let done = match arguments.verb {
        PrivacyVerb::Export(whom) => export(&ledger, &whom).await,
        PrivacyVerb::Erase { whom, yes: false, .. } => foretell(&ledger, &whom).await,
        PrivacyVerb::Erase { whom, yes: true, actor } => {
            erase(&ledger, &whom, person::deciding(actor)?.as_str()).await
        }
    };
    ledger.close().await;
    done
}

async fn export(ledger: &Ledger, whom: &Whom) -> anyhow::Result<ExitCode> {
    let address = address_of(whom)?;
    let now = SystemClock.now();
    let held: Vec<Value> =
        found(ledger, whom, &address).await?.iter().map(|(_, held)| held.export(&address, now)).collect();
    terminal::result(&serde_json::to_string_pretty(&held)?)?;
    Ok(ExitCode::SUCCESS)
}

async fn foretell(ledger: &Ledger, whom: &Whom) -> anyhow::Result<ExitCode> {
    let address = address_of(whom)?;
    let found = found(ledger, whom, &address).await?;
    for (workspace, held) in &found {
        terminal::result(&format!("{workspace}: {}", in_words(held.count())))?;
    }
    terminal::note(if found.is_empty() {
        "nothing is held of this person"
    } else {
        "nothing was changed; --yes forgets it, and there is no way back"
    })?;
    Ok(ExitCode::SUCCESS)
}

async fn erase(ledger: &Ledger, whom: &Whom, by: &str) -> anyhow::Result<ExitCode> {
    let address = address_of(whom)?;
    let found = found(ledger, whom, &address).await?;
    let mut left = 0;
    for (workspace, held) in &found {
        let forgotten = held.forget(ledger, by).await?;
        left += held.count().rows() - forgotten.rows();
        terminal::result(&format!("{workspace}: {} {}", styled(GOOD, "forgotten"), in_words(forgotten)))?;
    }
    if found.is_empty() {
        terminal::note("nothing is held of this person")?;
    } else {
        terminal::note(
            "not reached: what lies in RabbitMQ's queues, at Stripe, in backups, and with whoever took the drafts",
        )?;
    }
    if left == 0 {
        return Ok(ExitCode::SUCCESS);
    }
    let text = format!(
        "{left} left: it waits for a person or for Stripe (`postill approvals`, `postill actions --unsettled`), or ended within a day; \
         settle it, and run this again"
    );
    terminal::note(&styled(WARN, &text))?;
    Ok(ExitCode::FAILURE)
}

/// What is held in each workspace where anything is.
async fn found(
    ledger: &Ledger,
    whom: &Whom,
    address: &EmailAddress,
) -> anyhow::Result<Vec<(WorkspaceId, Held)>> {
    let known = ledger.workspaces().await?;
    let asked = match &whom.workspace {
        Some(workspace) if !known.contains(workspace) => {
            return Err(Advice::usage(
                "there is no such workspace",
                "`postill doctor` names those there are",
            ));
        }
        Some(workspace) => vec![workspace.clone()],
        None => known,
    };
    let mut found = Vec::new();
    for workspace in asked {
        let held = Held::of(ledger, &workspace, address).await?;
        if held.count().rows() > 0 {
            found.push((workspace, held));
        }
    }
    Ok(found)
}

fn address_of(whom: &Whom) -> anyhow::Result<EmailAddress> {
    let mut typed = String::new();
    let text = if whom.address == "-" {
        std::io::stdin().take(LINE).read_to_string(&mut typed)?;
        &typed
    } else {
        &whom.address
    };
    // The complaint does not repeat it: it may be a person's.
    text.trim().parse().map_err(|_no_address| {
        Advice::usage("that is no e-mail address", "give one alone, as in ann@example.com")
    })
}

/// `3 drafts, 1 action`
fn in_words(count: Forgotten) -> String {
    let kinds = [
        (count.drafts + count.later_drafts, "draft"),
        (count.actions, "action"),
        (count.approvals, "approval"),
    ];
    let said = kinds.into_iter().filter(|(count, _)| *count > 0);
    let said: Vec<String> =
        said.map(|(count, kind)| format!("{count} {kind}{}", if count == 1 { "" } else { "s" })).collect();
    if said.is_empty() { "nothing".to_owned() } else { said.join(", ") }
}
