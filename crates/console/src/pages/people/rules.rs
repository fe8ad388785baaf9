//! Who may change whom.

use domain::{Actor, Role, Scope, WorkspaceId};
use store::Person;

use crate::complaint::Complaint;
use crate::password::PasswordError;
use crate::refusal::Refusal;
use crate::visitor::{At, Posted};

/// How far an administrator reaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reach {
    /// One workspace: who else has a role there is seen, and only who has none elsewhere may be changed as a whole.
    Workspace,
    /// Everything and everybody.
    Everything,
}

impl Reach {
    pub(super) fn of(at: &At) -> Self {
        match at.visitor.grants.everywhere {
            Some(Role::Admin) => Self::Everything,
            Some(Role::Viewer | Role::Operator | Role::Approver) | None => Self::Workspace,
        }
    }

    pub(super) fn is_everything(self) -> bool {
        self == Self::Everything
    }

    /// Whether they may know of somebody.
    pub(super) fn sees(self, person: &Person, workspace: &WorkspaceId) -> bool {
        self.is_everything() || person.grants.role_in(workspace).is_some()
    }

    /// Whether they may set somebody's password, or remove them.
    pub(super) fn covers(self, person: &Person, workspace: &WorkspaceId) -> bool {
        let grants = &person.grants;
        let only_here = grants.everywhere.is_none() && grants.workspaces.keys().all(|one| one == workspace);
        self.is_everything() || (only_here && self.sees(person, workspace))
    }
}

/// A role that is to be given, or taken, and where.
pub(super) struct Wanted {
    pub(super) scope: Scope,
    pub(super) role: Option<Role>,
}

impl Wanted {
    pub(super) fn of(form: &Posted, at: &At) -> Result<Result<Self, Refusal>, Complaint> {
        let role = match form.text("role") {
            "none" => None,
            text => Some(text.parse().map_err(|_no_role| Complaint::BadForm("That is no role"))?),
        };
        let scope = match form.text("scope") {
            "here" => Scope::Workspace(at.workspace.clone()),
            "everywhere" if Reach::of(at).is_everything() => Scope::All,
            "everywhere" => return Ok(Err(Refusal::not_everywhere())),
            _ => return Err(Complaint::BadForm("That is no place for a role")),
        };
        Ok(Ok(Self { scope, role }))
    }
}

impl Refusal {
    pub(super) fn no_name() -> Self {
        Self::new(
            "A name is 1 to 100 characters on one line.",
            "Best the e-mail address: then nobody can approve their own request.",
        )
    }

    pub(super) fn taken(name: &Actor) -> Self {
        Self::new(
            format!("Somebody is called {} already.", name.as_str()),
            "Give them a role here instead: under “Somebody who can sign in already”.",
        )
    }

    pub(super) fn unknown() -> Self {
        Self::new(
            "Nobody is called that.",
            "Names have to be typed as they were given, in any case of letters.",
        )
    }

    pub(super) fn password(error: PasswordError) -> Self {
        Self::new(format!("Another password is needed: {error}."), "Nothing else is asked of it.")
    }

    pub(super) fn not_everywhere() -> Self {
        Self::new(
            "You administer this workspace, so you can give roles here and not everywhere.",
            "An administrator of everything can. Nothing was changed.",
        )
    }

    pub(super) fn of_others() -> Self {
        Self::new(
            "This person has a role beyond this workspace, so only their role here is yours to change.",
            "An administrator of everything can do the rest. Nothing was changed.",
        )
    }

    pub(super) fn last_admin() -> Self {
        Self::new(
            "This is the last administrator of everything.",
            "Give somebody else the role admin everywhere first. Nothing was changed.",
        )
    }
}

/// Names are the same in any case of letters.
pub(super) fn named<'a>(people: &'a [Person], name: &str) -> Option<&'a Person> {
    let name = name.trim().to_lowercase();
    people.iter().find(|person| person.name.as_str().to_lowercase() == name)
}

/// Whether nobody could administer everything without them.
pub(super) fn is_last_admin(people: &[Person], person: &Person) -> bool {
    let is_admin = |person: &Person| person.grants.everywhere == Some(Role::Admin);
    is_admin(person) && people.iter().filter(|one| is_admin(one)).count() == 1
}
