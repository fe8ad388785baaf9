//! The key of a workspace: which one counts, what Stripe says of it, and what to tell a person whose key is no good.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use domain::{Mode, Permission, WorkspaceId};
use stripe_client::probe::{self, KeyReport, ProbeError, WriteRows};
use stripe_client::{CallError, SecretKey};

use crate::complaint::Complaint;
use crate::refusal::Refusal;
use crate::{Desk, LiveKeys};

/// What Stripe said of a key counts for so long; each check asks for some ten rows.
const FRESH: Duration = Duration::from_mins(1);

/// Where keys are made and changed.
const IN_STRIPE: &str = "in Stripe under Developers, API keys";
const UNCHECKED: &str = "The key could not be checked.";

/// What Stripe said of the keys lately.
#[derive(Debug, Default)]
pub(crate) struct Reports(Mutex<HashMap<WorkspaceId, Kept>>);

#[derive(Debug)]
struct Kept {
    key: SecretKey,
    at: Instant,
    said: Result<KeyReport, Refusal>,
}

/// The connection as the page shows it.
pub(crate) enum Connected {
    /// There is no key.
    No,
    /// There is one that cannot be opened.
    Locked,
    /// There is one, and this is what Stripe says of it.
    Yes { hint: String, source: Source, said: Result<KeyReport, Refusal> },
}

/// Where a key comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Source {
    /// Stored, sealed, in the ledger.
    Ledger,
    /// From the configuration; a stored one does not count beside it.
    Configuration,
}

impl Reports {
    pub(crate) fn keep(&self, workspace: &WorkspaceId, key: &SecretKey, said: Result<KeyReport, Refusal>) {
        let kept = Kept { key: key.clone(), at: Instant::now(), said };
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(workspace.clone(), kept);
    }

    pub(crate) fn forget(&self, workspace: &WorkspaceId) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(workspace);
    }

    /// What was said of this key last, and how long ago.
    fn last(
        &self,
        workspace: &WorkspaceId,
        key: &SecretKey,
    ) -> Option<(Result<KeyReport, Refusal>, Duration)> {
        let reports = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let kept = reports.get(workspace).filter(|kept| kept.key == *key)?;
        Some((kept.said.clone(), kept.at.elapsed()))
    }
}

impl Connected {
    /// Stripe is asked unless it was lately.
    pub(crate) async fn of(desk: &Desk, workspace: &WorkspaceId) -> Result<Self, Complaint> {
        let (key, source) = match key(desk, workspace).await? {
            Held::None => return Ok(Self::No),
            Held::Locked => return Ok(Self::Locked),
            Held::Key(key, source) => (key, source),
        };
        let said = match desk.reports.last(workspace, &key).filter(|(_, age)| *age < FRESH) {
            Some((said, _)) => said,
            None => asked(desk, workspace, &key, WriteRows::Skip).await,
        };
        Ok(Self::Yes { hint: key.to_string(), source, said })
    }

    /// What is known without asking Stripe, and how long ago it was said. None: it was not asked since the console started.
    pub(crate) async fn known(
        desk: &Desk,
        workspace: &WorkspaceId,
    ) -> Result<Option<(Self, Duration)>, Complaint> {
        let (key, source) = match key(desk, workspace).await? {
            Held::None => return Ok(Some((Self::No, Duration::ZERO))),
            Held::Locked => return Ok(Some((Self::Locked, Duration::ZERO))),
            Held::Key(key, source) => (key, source),
        };
        let last = desk.reports.last(workspace, &key);
        Ok(last.map(|(said, age)| (Self::Yes { hint: key.to_string(), source, said }, age)))
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
pub(crate) async fn look_again(
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
) -> Result<KeyReport, Refusal> {
    let said = probe::check_key(&desk.stripe, key, writes).await.map_err(|error| told(&error));
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
    let key: SecretKey = text
        .trim()
        .parse()
        .map_err(|error: stripe_client::KeyError| Refusal::new(error.to_string(), String::new()))?;
    if key.mode() == Mode::Live && desk.live_keys == LiveKeys::Refused {
        return Err(Refusal::new(
            "This is a live key, and live keys are not switched on here.",
            "Use a test key (rk_test_…), or set stripe.allow_live = \"on\" when you mean real money.",
        ));
    }
    Ok(key)
}

/// Why Stripe could not say what a key may do, and what to do about it.
pub(super) fn told(error: &ProbeError) -> Refusal {
    let ProbeError::Call(call) = error else {
        return Refusal::new(UNCHECKED, error.to_string());
    };
    if call.is_transient() {
        return Refusal::new(
            "Stripe does not answer, so the key could not be checked.",
            "Try again in a moment; stripe.url says where Stripe is looked for.",
        );
    }
    match call {
        CallError::KeyRefused { .. } => Refusal::new(
            "Stripe does not accept this key: it has expired, was revoked, or was never complete.",
            format!("Make a new restricted key {IN_STRIPE}, and paste it here."),
        ),
        CallError::PermissionMissing { missing, .. } => {
            Refusal::new("The key lacks a permission.", tick(&missing.rows))
        }
        CallError::WrongMode { .. } => Refusal::new(
            "The key and the data it opens do not match.",
            "A test key (rk_test_…) sees test data only, a live key live data only.",
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
        | CallError::Unreadable { .. }) => Refusal::new(UNCHECKED, call.to_string()),
    }
}

fn tick(rows: &[Permission]) -> String {
    let rows: Vec<String> = rows.iter().map(Permission::to_string).collect();
    format!("Tick {} for this key {IN_STRIPE}.", rows.join(", "))
}
