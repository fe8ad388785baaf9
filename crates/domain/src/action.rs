//! Actions at Stripe: their identity, and the permission without which nothing is written.

use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::derived_id::derived_id;
use crate::ids::CustomerId;
use crate::workspace::Writable;
use crate::{ApprovalId, ApprovalState, Fingerprint, Function, Money, RunKind, StoredApproval, WorkspaceId};

derived_id! {
    /// The identity of one action: the source of Stripe's idempotency key and of the metadata written on what it creates.
    ///
    /// Derived from the mail and the function, so that a redelivered mail finds its own action again. It holds nothing of a person.
    ActionId, "act_" and 40 digits of b"postill.action.v1",
    else ActionIdError: "an action id is act_ and 40 hexadecimal digits",
    /// The id of `function` for one mail. A mail has at most one action of a function, whatever it is aimed at: so a second reading
    /// of the same mail cannot find another target and act twice.
    derive
}

/// The permission to write once at Stripe: from a passed [`crate::policy::Judgement`] or from a person's approval, and again for an
/// action that was permitted and stored before a crash; taken by value by whatever writes.
///
/// It cannot be made otherwise:
///
/// ```compile_fail,E0451
/// let permit = domain::Permit { function: domain::Function::Refund, _private: () };
/// ```
///
/// Every way needs a [`Writable`], which a replay, a dry run and the simulator cannot have, not even with an approval:
///
/// ```compile_fail,E0451
/// fn permit(approval: &domain::StoredApproval) -> Option<domain::Permit> {
///     domain::Permit::approved(approval, domain::workspace::Writable { _private: () })
/// }
/// ```
///
/// It is used up by the one write that takes it:
///
/// ```compile_fail,E0382
/// fn write(_: domain::Permit) {}
/// fn twice(permit: domain::Permit) {
///     write(permit);
///     write(permit);
/// }
/// ```
#[derive(Debug)]
pub struct Permit {
    function: Function,
    _private: (),
}

impl Permit {
    pub(crate) const fn granted(function: Function, _: Writable) -> Self {
        Self { function, _private: () }
    }

    /// The permission of an action that was permitted, stored in the ledger with its frozen parameters, and not yet settled.
    pub const fn resumed(stored: &StoredAction, _: Writable) -> Self {
        Self { function: stored.function, _private: () }
    }

    /// The permission that persons gave: only once as many have as are needed.
    pub fn approved(approval: &StoredApproval, _: Writable) -> Option<Self> {
        let enough = approval.state == ApprovalState::Approved;
        enough.then_some(Self { function: approval.function, _private: () })
    }

    /// The permission to take back a cancellation that this program made and knows to be made. Nothing else can be taken back.
    pub fn undo(stored: &StoredAction, _: Writable) -> Option<Self> {
        let made = matches!(stored.state, ActionState::Done | ActionState::Reconciled);
        let cancels = stored.function == Function::CancelSubscription;
        (made && cancels).then_some(Self { function: stored.function, _private: () })
    }

    /// What is permitted.
    pub const fn function(&self) -> Function {
        self.function
    }
}

/// The state of an action in the ledger.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ActionState {
    /// Permitted and stored; nothing was sent.
    Intended,
    /// Sent, or about to be: Stripe may have done it.
    Sent,
    /// Stripe did it.
    Done,
    /// Stripe said no for good.
    Refused,
    /// Sent, and no answer says whether it was done.
    Unknown,
    /// It was unknown, and reading back showed what happened.
    Reconciled,
}

impl ActionState {
    /// All six.
    pub const ALL: [Self; 6] =
        [Self::Intended, Self::Sent, Self::Done, Self::Refused, Self::Unknown, Self::Reconciled];
    /// Those whose outcome is not known yet.
    pub const UNSETTLED: [Self; 3] = [Self::Intended, Self::Sent, Self::Unknown];

    /// The name on the wire and in the ledger.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Intended => "intended",
            Self::Sent => "sent",
            Self::Done => "done",
            Self::Refused => "refused",
            Self::Unknown => "unknown",
            Self::Reconciled => "reconciled",
        }
    }
}

impl FromStr for ActionState {
    type Err = ActionStateError;

    fn from_str(text: &str) -> Result<Self, ActionStateError> {
        Self::ALL.into_iter().find(|state| state.as_str() == text).ok_or(ActionStateError)
    }
}

/// The text names no state of an action.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a state of an action")]
pub struct ActionStateError;

/// An action as the ledger holds it. Parameters are frozen when it is stored: a redelivery sends the same bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredAction {
    /// Its identity and idempotency key.
    pub id: ActionId,
    /// Whose it is.
    pub workspace: WorkspaceId,
    /// In which kind of run the mail was read.
    pub run: RunKind,
    /// The mail that asked for it.
    pub fingerprint: Fingerprint,
    /// What is done.
    pub function: Function,
    /// The Stripe object it is aimed at (a charge, a subscription, a customer).
    pub target: String,
    /// Who gets money by it.
    pub customer: Option<CustomerId>,
    /// How much money.
    pub amount: Option<Money>,
    /// The approval that allowed it; none: the policy did.
    pub approval: Option<ApprovalId>,
    /// The frozen parameters, as JSON.
    pub parameters: serde_json::Value,
    /// How far it got.
    pub state: ActionState,
    /// What came of it, as JSON: the Stripe object, or the refusal.
    pub result: Option<serde_json::Value>,
    /// When it was stored, by the database's clock.
    pub intended_at: crate::Timestamp,
    /// When it was first sent, by the database's clock.
    pub sent_at: Option<crate::Timestamp>,
}

impl StoredAction {
    /// Whether it is known only that it was: what was sent, and what came of it, was forgotten.
    pub fn is_forgotten(&self) -> bool {
        self.parameters.is_null()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_mail_and_function_always_give_the_same_key() {
        let mail = Fingerprint::of(&[b"mail"]);
        let other = Fingerprint::of(&[b"other"]);
        let workspace = WorkspaceId::default();
        let id = ActionId::derive(&workspace, &mail, Function::Refund);
        assert_eq!(id, ActionId::derive(&workspace, &mail, Function::Refund));
        assert_ne!(id, ActionId::derive(&workspace, &other, Function::Refund));
        assert_ne!(id, ActionId::derive(&workspace, &mail, Function::CancelSubscription));
        assert_eq!(id.as_str().parse(), Ok(id));
    }
}
