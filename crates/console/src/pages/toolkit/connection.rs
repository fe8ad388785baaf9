//! The key of a workspace: which one counts, what Stripe says of it, and what to tell a person whose key is no good.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use domain::{Mode, Permission, WorkspaceId};
use stripe_client::probe::{self, KeyReport, ProbeError, WriteRows};
use stripe_client::{CallError, SecretKey};

use super::Refusal;
use crate::complaint::Complaint;
use crate::visitor::At;
use crate::{Desk, LiveKeys};

/// What Stripe said of a key counts for so long; each check asks for some ten rows.
const FRESH: Duration = Duration::from_mins(1);

/// Where keys are made and changed.
const IN_STRIPE: &str = "in Stripe under Developers, API keys";

/// What Stripe said of the keys lately.
#[derive(Debug, Default)]
pub(crate) struct Reports(Mutex<HashMap<WorkspaceId, Kept>>);

#[derive(Debug)]
struct Kept {
    key: SecretKey,
    at: Instant,
    said: Result<KeyReport, Told>,
}

/// A check that failed, as it is told.
#[derive(Debug, Clone)]
pub(crate) struct Told {
    pub(crate) what: String,
    pub(crate) remedy: String,
}

/// The connection as the page shows it.
pub(super) enum Connected {
    /// There is no key.
    No,
    /// There is one that cannot be opened.
    Locked,
    /// There is one, and this is what Stripe says of it.
    Yes { hint: String, source: Source, said: Result<KeyReport, Told> },
}

/// Where a key comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Source {
    /// Stored, sealed, in the ledger.
    Ledger,
    /// From the configuration; a stored one does not count beside it.
    Configuration,
}

impl Reports {
    pub(crate) fn keep(&self, workspace: &WorkspaceId, key: &SecretKey, said: Result<KeyReport, Told>) {
        let kept = Kept { key: key.clone(), at: Instant::now(), said };
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(workspace.clone(), kept);
    }

    pub(crate) fn forget(&self, workspace: &WorkspaceId) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(workspace);
    }

    fn lately(&self, workspace: &WorkspaceId, key: &SecretKey) -> Option<Result<KeyReport, Told>> {
        let reports = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let kept = reports.get(workspace).filter(|kept| kept.key == *key && kept.at.elapsed() < FRESH)?;
        Some(kept.said.clone())
    }
}

impl Connected {
    pub(super) async fn of(desk: &Desk, at: &At) -> Result<Self, Complaint> {
        let (key, source) = match key(desk, &at.workspace).await? {
            Held::None => return Ok(Self::No),
            Held::Locked => return Ok(Self::Locked),
            Held::Key(key, source) => (key, source),
        };
        let said = match desk.reports.lately(&at.workspace, &key) {
            Some(said) => said,
            None => asked(desk, &at.workspace, &key, WriteRows::Skip).await,
        };
        Ok(Self::Yes { hint: key.to_string(), source, said })
    }

    pub(super) const fn report(&self) -> Option<&KeyReport> {
        match self {
            Self::Yes { said: Ok(report), .. } => Some(report),
            Self::No | Self::Locked | Self::Yes { .. } => None,
        }
    }
}

impl Connected {
    pub(super) const fn is_none(&self) -> bool {
        matches!(self, Self::No)
    }

    pub(super) const fn is_stored(&self) -> bool {
        matches!(self, Self::Locked | Self::Yes { source: Source::Ledger, .. })
    }
}

impl Source {
    pub(super) const fn is_stored(self) -> bool {
        matches!(self, Self::Ledger)
    }
}

/// Asks Stripe anew, whatever it said lately.
pub(super) async fn look_again(
    desk: &Desk,
    workspace: &WorkspaceId,
    writes: WriteRows,
) -> Result<(), Complaint> {
    if let Held::Key(key, _) = key(desk, workspace).await? {
        // What it says is kept, be it a complaint: the page shows it.
        let _kept = asked(desk, workspace, &key, writes).await;
    }
    Ok(())
}

async fn asked(
    desk: &Desk,
    workspace: &WorkspaceId,
    key: &SecretKey,
    writes: WriteRows,
) -> Result<KeyReport, Told> {
    let checked = probe::check_key(&desk.stripe, key, writes).await;
    let said = checked.map_err(|error| {
        let Refusal { what, remedy } = told(&error);
        Told { what, remedy }
    });
    desk.reports.keep(workspace, key, said.clone());
    said
}

enum Held {
    None,
    Locked,
    Key(SecretKey, Source),
}

/// The key that counts: the configuration's before a stored one, a live one before a test one.
async fn key(desk: &Desk, workspace: &WorkspaceId) -> Result<Held, Complaint> {
    if let Some(key) = desk.configured_key.as_ref().filter(|_| *workspace == desk.home) {
        return Ok(Held::Key(key.clone(), Source::Configuration));
    }
    let mut stored = Vec::new();
    for mode in [Mode::Live, Mode::Test] {
        stored.extend(desk.ledger.connection(workspace, mode).await?);
    }
    let Some(connection) = stored.into_iter().next() else { return Ok(Held::None) };
    let Some(vault) = &desk.vault else { return Ok(Held::Locked) };
    let opened = vault.open(workspace, connection.key.mode, &connection.key.sealed_key);
    let key = opened.ok().and_then(|secret| secret.reveal().parse().ok());
    Ok(key.map_or(Held::Locked, |key| Held::Key(key, Source::Ledger)))
}

/// The key that was typed, when it may be used here.
pub(super) fn allowed(desk: &Desk, text: &str) -> Result<SecretKey, Refusal> {
    let key: SecretKey = text.trim().parse().map_err(|error: stripe_client::KeyError| Refusal {
        what: error.to_string(),
        remedy: String::new(),
    })?;
    if key.mode() == Mode::Live && desk.live_keys == LiveKeys::Refused {
        return Err(Refusal {
            what: "This is a live key, and live keys are not switched on here.".to_owned(),
            remedy: "Use a test key (rk_test_…), or set stripe.allow_live = \"on\" when you mean real money."
                .to_owned(),
        });
    }
    Ok(key)
}

/// Why Stripe could not say what a key may do, and what to do about it.
pub(super) fn told(error: &ProbeError) -> Refusal {
    let ProbeError::Call(call) = error else {
        return Refusal { what: "The key could not be checked.".to_owned(), remedy: error.to_string() };
    };
    if call.is_transient() {
        return Refusal {
            what: "Stripe does not answer, so the key could not be checked.".to_owned(),
            remedy: "Try again in a moment; stripe.url says where Stripe is looked for.".to_owned(),
        };
    }
    let (what, remedy) = match call {
        CallError::KeyRefused { .. } => (
            "Stripe does not accept this key: it has expired, was revoked, or was never complete.".to_owned(),
            format!("Make a new restricted key {IN_STRIPE}, and paste it here."),
        ),
        CallError::PermissionMissing { missing, .. } => {
            ("The key lacks a permission.".to_owned(), tick(&missing.rows))
        }
        CallError::WrongMode { .. } => (
            "The key and the data it opens do not match.".to_owned(),
            "A test key (rk_test_…) sees test data only, a live key live data only.".to_owned(),
        ),
        call @ (CallError::Congested { .. }
        | CallError::Unreachable { .. }
        | CallError::TimedOut { .. }
        | CallError::Broken { .. }
        | CallError::ServerFailed { .. }
        | CallError::RateLimited { .. }
        | CallError::ObjectInUse { .. }
        | CallError::Refused { .. }
        | CallError::KeyInUse { .. }
        | CallError::KeyMismatch { .. }
        | CallError::Conflict { .. }
        | CallError::Foreign { .. }
        | CallError::TooLarge { .. }
        | CallError::Unreadable { .. }) => ("The key could not be checked.".to_owned(), call.to_string()),
    };
    Refusal { what, remedy }
}

fn tick(rows: &[Permission]) -> String {
    let rows: Vec<String> = rows.iter().map(Permission::to_string).collect();
    format!("Tick {} for this key {IN_STRIPE}.", rows.join(", "))
}
