//! Whether the ledger and Stripe answer.

use std::time::Duration;

use domain::{Mode, Permission, WorkspaceId};
use store::{Health, MigrateError};

use crate::Desk;
use crate::complaint::Complaint;
use crate::figures;
use crate::pages::toolkit::{self, Connected};
use crate::refusal::Refusal;

/// The ledger.
pub(super) enum Tables {
    /// A newer program has changed them: this one does not know how they stand.
    Newer {
        version: i64,
    },
    Known(Known),
}

/// A ledger whose tables this program knows.
pub(super) struct Known {
    pub(super) health: Health,
    pub(super) round_trip: String,
    /// By how much its clock is off, in words.
    pub(super) clock: Option<String>,
}

impl Tables {
    pub(super) async fn of(desk: &Desk) -> Result<Self, Complaint> {
        match desk.ledger.health(desk.engine.clock.as_ref()).await {
            Ok(health) => Ok(Self::Known(Known::of(health))),
            Err(MigrateError::FromNewerProgram { version }) => Ok(Self::Newer { version }),
            Err(error) => Err(Complaint::Steps(error)),
        }
    }
}

impl Known {
    fn of(health: Health) -> Self {
        let clock = health.clock_off_by().map(|off| {
            let side = if off > 0 { "ahead of" } else { "behind" };
            format!("{} {side} this machine's", figures::milliseconds(off.saturating_abs()))
        });
        let round_trip = format!("{:.1} ms", health.round_trip.as_secs_f64() * 1_000.0);
        Self { health, round_trip, clock }
    }

    /// `0009 console, 0010 reports`
    pub(super) fn pending(&self) -> String {
        let steps = self.health.pending.iter().map(|step| format!("{:04} {}", step.version, step.name));
        steps.collect::<Vec<_>>().join(", ")
    }
}

/// Stripe for one workspace.
pub(super) struct Account {
    pub(super) workspace: WorkspaceId,
    pub(super) state: State,
    /// How long ago Stripe said so.
    pub(super) ago: Option<String>,
}

/// What is known of a key.
pub(super) enum State {
    NotConnected,
    Locked,
    NotAsked,
    Refused(Refusal),
    Accepted { mode: Mode, account: Option<String>, hint: String, missing: Vec<Permission> },
}

impl Account {
    pub(super) const fn can_be_checked(&self) -> bool {
        !matches!(self.state, State::NotConnected | State::Locked)
    }
}

/// Stripe is asked for the workspace that is looked at; of the others the last answer is shown, since each takes some ten requests.
pub(super) async fn accounts(
    desk: &Desk,
    here: &WorkspaceId,
    workspaces: &[WorkspaceId],
) -> Result<Vec<Account>, Complaint> {
    let mut accounts = Vec::with_capacity(workspaces.len());
    for workspace in workspaces {
        if workspace == here {
            Connected::of(desk, workspace).await?;
        }
        let known = Connected::known(desk, workspace).await?;
        let ago = known.as_ref().filter(|(connected, _)| matches!(connected, Connected::Yes { .. }));
        let ago = ago.map(|(_, age)| in_words(*age));
        let state = state(desk, workspace, known.map(|(connected, _)| connected)).await?;
        accounts.push(Account { workspace: workspace.clone(), state, ago });
    }
    Ok(accounts)
}

async fn state(desk: &Desk, workspace: &WorkspaceId, known: Option<Connected>) -> Result<State, Complaint> {
    Ok(match known {
        None => State::NotAsked,
        Some(Connected::No) => State::NotConnected,
        Some(Connected::Locked) => State::Locked,
        Some(Connected::Yes { said: Err(told), .. }) => State::Refused(told),
        Some(Connected::Yes { said: Ok(report), hint, .. }) => {
            let missing = report.missing_for(&toolkit::policy(desk, workspace).await?);
            State::Accepted { mode: report.mode, account: report.account_hint, hint, missing }
        }
    })
}

fn in_words(age: Duration) -> String {
    match age.as_secs() {
        0..10 => "just now".to_owned(),
        _ => format!("{} ago", figures::milliseconds(i64::try_from(age.as_millis()).unwrap_or(i64::MAX))),
    }
}
