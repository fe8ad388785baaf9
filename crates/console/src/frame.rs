//! What surrounds every page: navigation, the workspace, who is signed in, and which of Stripe's data it is about.

use domain::{HaltKind, Mode, Role, WorkspaceId};

use crate::Desk;
use crate::assets::{self, Addresses};
use crate::complaint::Complaint;
use crate::visitor::At;

/// A place in the navigation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    Overview,
    Activity,
    Replays,
    Approvals,
    Dead,
    Simulator,
    Toolkit,
    Audit,
    Settings,
    People,
}

impl Place {
    pub(crate) const ALL: [Self; 10] = [
        Self::Overview,
        Self::Toolkit,
        Self::Simulator,
        Self::Activity,
        Self::Replays,
        Self::Approvals,
        Self::Dead,
        Self::Audit,
        Self::Settings,
        Self::People,
    ];

    pub(crate) const fn title(self) -> &'static str {
        match self {
            Self::Overview => "Overview",
            Self::Activity => "Activity",
            Self::Replays => "Replays",
            Self::Approvals => "Approvals",
            Self::Dead => "Dead letters",
            Self::Simulator => "Simulator",
            Self::Toolkit => "Toolkit",
            Self::Audit => "Audit",
            Self::Settings => "Settings",
            Self::People => "People",
        }
    }

    /// Within the workspace.
    pub(crate) const fn path(self) -> &'static str {
        match self {
            Self::Overview => "overview",
            Self::Activity => "activity",
            Self::Replays => "replays",
            Self::Approvals => "approvals",
            Self::Dead => "dead",
            Self::Simulator => "simulator",
            Self::Toolkit => "toolkit",
            Self::Audit => "audit",
            Self::Settings => "settings",
            Self::People => "people",
        }
    }

    /// The least role that finds something there.
    pub(crate) const fn takes(self) -> Role {
        match self {
            Self::Overview
            | Self::Activity
            | Self::Replays
            | Self::Approvals
            | Self::Dead
            | Self::Toolkit
            | Self::Audit => Role::Viewer,
            Self::Simulator | Self::Settings => Role::Operator,
            Self::People => Role::Admin,
        }
    }
}

/// The largest number that stands beside a place.
const MOST: u32 = 999;

/// What surrounds a page.
#[derive(Debug)]
pub(crate) struct Frame {
    pub(crate) files: &'static Addresses,
    pub(crate) here: Place,
    pub(crate) workspace: WorkspaceId,
    /// In which the person has a role.
    pub(crate) workspaces: Vec<WorkspaceId>,
    pub(crate) person: String,
    pub(crate) role: Role,
    /// For every form.
    pub(crate) token: String,
    /// None: nothing is connected.
    pub(crate) mode: Option<Mode>,
    /// Why nothing is written at Stripe at the moment.
    pub(crate) stopped: Option<String>,
    /// How many approvals wait.
    pub(crate) waiting: u32,
    /// How many mails are dead, up to a thousand.
    pub(crate) dead: u32,
}

impl Frame {
    pub(crate) async fn of(desk: &Desk, at: &At, here: Place) -> Result<Self, Complaint> {
        let (waiting, dead, halts) = tokio::try_join!(
            desk.ledger.waiting_approvals(&at.workspace),
            desk.ledger.count_dead(&at.workspace),
            desk.ledger.halts_of(&at.workspace),
        )?;
        let connected = desk.engine.workspaces.get(&at.workspace);
        let stop = halts.into_iter().find(|halt| halt.kind == HaltKind::Stop);
        Ok(Self {
            files: assets::addresses(),
            here,
            workspace: at.workspace.clone(),
            workspaces: at.workspaces.clone(),
            person: at.name().to_owned(),
            role: at.role,
            token: at.visitor.token.form_token(),
            mode: connected.map(|workspace| workspace.stripe.mode()),
            stopped: stop.map(|halt| format!("{} stopped it: {}", halt.actor, halt.reason)),
            waiting,
            dead,
        })
    }

    pub(crate) fn places(&self) -> impl Iterator<Item = Place> + '_ {
        Place::ALL.into_iter().filter(|place| self.role >= place.takes())
    }

    /// How many things wait at a place, and in which state they are; none where nothing does.
    pub(crate) fn count(&self, place: Place) -> Option<(String, &'static str)> {
        let (count, state) = match place {
            Place::Approvals => (self.waiting, "waiting"),
            Place::Dead => (self.dead, "dead"),
            Place::Overview
            | Place::Activity
            | Place::Replays
            | Place::Simulator
            | Place::Toolkit
            | Place::Audit
            | Place::Settings
            | Place::People => return None,
        };
        let told = if count > MOST { format!("{MOST}+") } else { count.to_string() };
        (count > 0).then_some((told, state))
    }

    /// A path within the workspace.
    pub(crate) fn to(&self, rest: &str) -> String {
        format!("/w/{}/{rest}", self.workspace)
    }

    pub(crate) fn may(&self, takes: Role) -> bool {
        self.role >= takes
    }

    pub(crate) fn is_test(&self) -> bool {
        self.mode == Some(Mode::Test)
    }

    pub(crate) fn is_live(&self) -> bool {
        self.mode == Some(Mode::Live)
    }
}
