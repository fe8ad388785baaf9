//! Approvals: a plan that waits for a person, decided once.

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization as _;

use crate::derived_id::derived_id;
use crate::ids::CustomerId;
use crate::{Digest, Fingerprint, Function, Money, RunKind, Timestamp, WorkspaceId};

derived_id! {
    /// The identity of one approval: `apr_` and 24 hexadecimal digits, few enough to be read out, enough that nobody guesses one. It holds
    /// nothing of a person.
    ApprovalId, "apr_" and 24 digits of b"postill.approval.v1",
    else ApprovalIdError: "an approval id is apr_ and 24 hexadecimal digits",
    /// The id of the approval of `function` for one mail. A mail has at most one of a function, however often it comes.
    derive
}

/// The state of an approval. From `waiting` it goes to one of the others, once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ApprovalState {
    /// It waits for a person, or for a second one.
    Waiting,
    /// As many persons as are needed have allowed it.
    Approved,
    /// A person said no.
    Rejected,
    /// Nobody decided in time.
    Expired,
}

impl ApprovalState {
    /// All four.
    pub const ALL: [Self; 4] = [Self::Waiting, Self::Approved, Self::Rejected, Self::Expired];

    /// The name on the wire and in the ledger.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Approved => "approved",
            Self::Rejected => "rejected",
            Self::Expired => "expired",
        }
    }
}

impl FromStr for ApprovalState {
    type Err = ApprovalStateError;

    fn from_str(text: &str) -> Result<Self, ApprovalStateError> {
        Self::ALL.into_iter().find(|state| state.as_str() == text).ok_or(ApprovalStateError)
    }
}

/// The text names no state of an approval.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an approval is waiting, approved, rejected or expired")]
pub struct ApprovalStateError;

/// One person's consent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Vote {
    /// Who.
    pub actor: String,
    /// The amount consented to, where less than all that was asked.
    pub amount: Option<Money>,
    /// When, by the database's clock.
    pub at: Timestamp,
}

/// An approval as the ledger holds it.
#[derive(Clone, PartialEq, Eq)]
pub struct StoredApproval {
    /// Its identity.
    pub id: ApprovalId,
    /// Whose it is.
    pub workspace: WorkspaceId,
    /// In which kind of run the mail was read.
    pub run: RunKind,
    /// The mail that asks, as its draft is filed: its [`crate::Mail::identity`].
    pub fingerprint: Fingerprint,
    /// What is asked for.
    pub function: Function,
    /// The Stripe object it is aimed at.
    pub target: String,
    /// Whose object it is at Stripe.
    pub customer: Option<CustomerId>,
    /// The amount asked for, and the most that can be approved.
    pub amount: Option<Money>,
    /// What is to be done, frozen, as JSON.
    pub plan: serde_json::Value,
    /// How many persons have to allow it: 1 or 2.
    pub persons: u32,
    /// How far it got.
    pub state: ApprovalState,
    /// Who allowed it so far, the first one first.
    pub votes: Vec<Vote>,
    /// The amount that was approved: the smallest of the votes.
    pub decided_amount: Option<Money>,
    /// Who rejected it.
    pub rejected_by: Option<String>,
    /// Why it was rejected, in the words of who did.
    pub reason: Option<String>,
    /// When the mail was finished, by the database's clock; so are the other times.
    pub requested_at: Timestamp,
    /// When it expires.
    pub expires_at: Timestamp,
    /// When it was decided or expired.
    pub decided_at: Option<Timestamp>,
}

impl StoredApproval {
    /// Whether it is known only that it was: what was asked for was forgotten.
    pub fn is_forgotten(&self) -> bool {
        self.plan.is_null()
    }
}

/// Hides the plan: it holds what the customer is told.
impl fmt::Debug for StoredApproval {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StoredApproval")
            .field("id", &self.id)
            .field("workspace", &self.workspace)
            .field("function", &self.function)
            .field("state", &self.state)
            .field("votes", &self.votes.len())
            .finish_non_exhaustive()
    }
}

/// Who asked, so that nobody allows their own request: a digest, since the ledger need not know more. The same for every spelling of
/// [`person`].
pub fn requester(workspace: &WorkspaceId, address: &str) -> Digest {
    Digest::of(&[b"postill.requester.v1", workspace.as_str().as_bytes(), person(address).as_bytes()])
}

/// Who it is, however they write themselves: `Ann <ann+shop@a.example>` is `ANN@a.example`. So nobody counts twice, and nobody counts for
/// themselves. Signs that cannot be seen, the width of letters and how accents are put together make no other person.
pub fn person(name: &str) -> String {
    let inner = name.rsplit_once('<').and_then(|(_, rest)| rest.split('>').next()).unwrap_or(name);
    let folded: String = inner.nfkc().flat_map(char::to_lowercase).nfkc().filter(|c| is_seen(*c)).collect();
    let folded = folded.strip_prefix("mailto:").unwrap_or(&folded);
    match folded.rsplit_once('@') {
        Some((local, domain)) => {
            let mailbox = local.split('+').next().filter(|mailbox| !mailbox.is_empty()).unwrap_or(local);
            format!("{mailbox}@{domain}")
        }
        None => folded.to_owned(),
    }
}

/// Whether a sign makes a difference to who reads it.
fn is_seen(c: char) -> bool {
    !c.is_whitespace()
        && !c.is_control()
        && !matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mail_has_one_approval_of_a_function() {
        let (workspace, mail) = (WorkspaceId::default(), Fingerprint::of(&[b"mail"]));
        let id = ApprovalId::derive(&workspace, &mail, Function::Refund);
        assert_eq!(id, ApprovalId::derive(&workspace, &mail, Function::Refund));
        assert_ne!(id, ApprovalId::derive(&workspace, &mail, Function::CancelSubscription));
        assert_eq!(id.as_str().parse(), Ok(id.clone()));
        assert_eq!(id.as_str().len(), 28);
        assert_eq!("apr_12".parse::<ApprovalId>(), Err(ApprovalIdError));
    }

    #[test]
    fn whoever_asked_is_known_in_every_spelling() {
        let workspace = WorkspaceId::default();
        let ann = requester(&workspace, "ann@a.example");
        for spelled in [
            " Ann@A.example ",
            "ann+boss@a.example",
            "Ann Lee <ann@a.example>",
            "mailto:ann@a.example",
            "\u{ff41}nn@a.example",
            "an\u{200b}n@a.example",
        ] {
            assert_eq!(requester(&workspace, spelled), ann, "{spelled}");
        }
        assert_ne!(requester(&workspace, "anna@a.example"), ann);
        assert_eq!(person("Jose\u{301} "), person("jos\u{e9}"));
        assert_ne!(person("ann"), person("anna"));
    }

    #[test]
    fn names_of_states_are_read_back() {
        for state in ApprovalState::ALL {
            assert_eq!(state.as_str().parse(), Ok(state));
        }
    }
}
