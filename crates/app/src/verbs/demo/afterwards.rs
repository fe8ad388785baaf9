//! After the sample mailbox: the console over what came of it, and what people decide there carried out, until told to stop.

use std::fs::OpenOptions;
use std::io::{ErrorKind, Write as _};
use std::path::Path;
use std::time::Duration;

use anyhow::Context as _;
use console::Password;
use domain::{Actor, Role, Scope};
use engine::Engine;
use store::{FollowUpId, LeaseTerms};
use tokio::net::TcpListener;

use crate::settings::Settings;
use crate::terminal::{self, STRONG, styled};
use crate::{console as pages, person};

/// Who signs in.
const NAME: &str = "you@larkspur.example";
/// How often the ledger is asked for decisions.
const EVERY: Duration = Duration::from_secs(1);
/// Follow-ups taken at a time.
const AT_ONCE: u32 = 8;
/// Drafts written at a time.
const BURST: u32 = 100;

/// Serves the console; a draft that follows a decision is added to those in the file.
pub(super) async fn serve(settings: &Settings, engine: &Engine, drafts: &Path) -> anyhow::Result<()> {
    let ledger = &engine.ledger;
    let (name, (password, text)) = (NAME.parse::<Actor>()?, Password::made_up()?);
    ledger.add_person(&name, &password.hash()?, person::COMMAND_LINE).await?;
    ledger.set_role(&name, &Scope::All, Some(Role::Admin), person::COMMAND_LINE).await?;
    let sign_in = format!("sign in as {} with the password {}", styled(STRONG, NAME), styled(STRONG, &text));
    terminal::note(&format!("\n{sign_in}; Ctrl-C ends it"))?;
    tokio::select! {
        served = pages::serve(settings, ledger, listener(settings).await?) => served,
        failed = follow_up(engine, settings, drafts) => failed,
    }
}

/// Where the console listens by its settings, or on any free port when something listens there already.
async fn listener(settings: &Settings) -> anyhow::Result<TcpListener> {
    let address = settings.console.bind.unwrap_or_else(|| ([127, 0, 0, 1], 0).into());
    match TcpListener::bind(address).await {
        Err(error) if error.kind() == ErrorKind::AddrInUse => TcpListener::bind((address.ip(), 0))
            .await
            .with_context(|| format!("listening on {}", address.ip())),
        bound => bound.with_context(|| format!("listening on {address}")),
    }
}

/// Does what the worker does for mails that were decided. Ends only with an error.
async fn follow_up(engine: &Engine, settings: &Settings, drafts: &Path) -> anyhow::Result<()> {
    let terms = LeaseTerms { lasts: settings.worker.lease };
    loop {
        engine.ledger.expire_approvals().await?;
        for follow_up in engine.ledger.claim_follow_ups(AT_ONCE, terms).await? {
            engine.follow_up(follow_up).await;
        }
        let unpublished = engine.ledger.unpublished(BURST).await?;
        if !unpublished.is_empty() {
            let mut file = OpenOptions::new().append(true).open(drafts)?;
            for draft in &unpublished {
                file.write_all(&draft.body)?;
                file.write_all(b"\n")?;
            }
            let ids: Vec<FollowUpId> = unpublished.iter().map(|draft| draft.follow_up).collect();
            engine.ledger.published(&ids).await?;
        }
        tokio::time::sleep(EVERY).await;
    }
}
