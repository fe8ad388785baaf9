//! What a decision came to, in words: why it does not count, or what follows from it.

use domain::action::ActionState;
use domain::approval::ApprovalState;
use domain::{Money, StoredApproval, TypedAmount};
use serde_json::Value;
use store::ActionLine;

use super::line::written;
use crate::refusal::Refusal;

impl Refusal {
    pub(super) fn own_request() -> Self {
        Self::new(
            "You asked for this yourself, so you cannot decide it.",
            "Somebody else has to. Nothing was changed.",
        )
    }

    pub(super) fn same_person() -> Self {
        Self::new(
            "You have approved this before, and it needs two people.",
            "Somebody else has to approve it as well. Nothing was changed.",
        )
    }

    pub(super) fn too_much(most: Money) -> Self {
        let what = format!("That is more than was asked for: at most {} can be approved.", written(most));
        Self::new(what, "Leave the amount empty to approve all of it. Nothing was changed.")
    }

    pub(super) fn no_amount() -> Self {
        Self::new(
            "That amount cannot be approved.",
            "It has to be above zero and in the currency of the request; what has no amount takes none. Nothing was changed.",
        )
    }

    pub(super) fn no_reason() -> Self {
        Self::new("A rejection needs a reason: 1 to 500 characters on one line.", "Nothing was changed.")
    }

    pub(super) fn too_late(stored: &StoredApproval) -> Self {
        let by = match (&stored.rejected_by, stored.votes.as_slice()) {
            (Some(by), _) => format!(" by {by}"),
            (None, []) => String::new(),
            (None, votes) => {
                let names: Vec<&str> = votes.iter().map(|vote| vote.actor.as_str()).collect();
                format!(" by {}", names.join(" and "))
            }
        };
        let what = match stored.state {
            ApprovalState::Approved => {
                let amount =
                    stored.decided_amount.map(|money| format!(", {}", written(money))).unwrap_or_default();
                format!("Too late: it was approved{by}{amount}.")
            }
            ApprovalState::Rejected => format!("Too late: it was rejected{by}."),
            ApprovalState::Expired => "Too late: it expired before anybody decided.".to_owned(),
            ApprovalState::Waiting => "It still waits.".to_owned(),
        };
        let remedy = match stored.state {
            ApprovalState::Expired => "The customer has to write again. Nothing was changed.",
            ApprovalState::Approved | ApprovalState::Rejected | ApprovalState::Waiting => {
                "That decision stands; yours changed nothing."
            }
        };
        Self::new(what, remedy)
    }
}

/// The amount that was typed; none: all that was asked.
pub(super) fn amount_of(text: &str, approval: &StoredApproval) -> Result<Option<Money>, Refusal> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(None);
    }
    let Some(asked) = approval.amount else { return Err(Refusal::no_amount()) };
    let typed = text.parse::<TypedAmount>().ok().and_then(|typed| typed.in_currency(asked.currency));
    typed.map(Some).ok_or_else(|| {
        let (currency, decimals) = (asked.currency.as_str().to_uppercase(), asked.currency.decimals());
        Refusal::new(
            format!("That is no amount in {currency}."),
            format!(
                "Write it with a point before at most {decimals} decimals and without separators, such as {}. Nothing was changed.",
                typed_form(asked)
            ),
        )
    })
}

/// As a person types it: `12.50`.
pub(super) fn typed_form(money: Money) -> String {
    let text = money.to_string();
    text.split_once(' ').map_or(text.clone(), |(number, _)| number.to_owned())
}

/// What became of it, and what comes next.
pub(super) fn told(approval: &StoredApproval, action: Option<&ActionLine>, stopped: bool) -> String {
    match (approval.state, action) {
        (ApprovalState::Waiting, _) => waits_for(approval),
        (ApprovalState::Approved, Some(line)) => outcome(line),
        (ApprovalState::Approved, None) if stopped => {
            "Changes at Stripe are stopped: it is carried out within a minute of being resumed.".to_owned()
        }
        (ApprovalState::Approved, None) => {
            "Not begun yet: a worker carries it out within a second, unless the last look at Stripe forbids it.".to_owned()
        }
        (ApprovalState::Rejected, _) => "Nothing is done at Stripe. The next draft of the mail says so.".to_owned(),
        (ApprovalState::Expired, _) => {
            "Nobody decided in time. Nothing is done at Stripe; the customer has to write again.".to_owned()
        }
    }
}

fn waits_for(approval: &StoredApproval) -> String {
    match approval.votes.as_slice() {
        [] if approval.persons > 1 => {
            format!("{} people have to approve it, or one rejects it.", approval.persons)
        }
        [] => "One person approves or rejects it.".to_owned(),
        [first, ..] => format!("Somebody beside {} has to approve it as well, or rejects it.", first.actor),
    }
}

fn outcome(line: &ActionLine) -> String {
    let text = |pointer: &str| {
        line.action.result.as_ref().and_then(|result| result.pointer(pointer)).and_then(Value::as_str)
    };
    match line.action.state {
        ActionState::Intended => "A worker is about to send it to Stripe.".to_owned(),
        ActionState::Sent => "It was sent; a worker waits for Stripe's answer.".to_owned(),
        ActionState::Unknown if line.looked_at_next.is_some() => {
            "It was sent, and no answer says whether Stripe did it. A worker looks again.".to_owned()
        }
        ActionState::Unknown => {
            "It was sent, and nobody knows whether Stripe did it. A person looks in Stripe and settles it."
                .to_owned()
        }
        ActionState::Done | ActionState::Reconciled => {
            let made = ["/refund", "/subscription", "/by_hand/object"].into_iter().find_map(text);
            made.map_or_else(|| "Done at Stripe.".to_owned(), |id| format!("Done at Stripe: {id}."))
        }
        ActionState::Refused => {
            let why = text("/text").map(|why| format!(": {why}")).unwrap_or_default();
            format!("Stripe was not changed{why}.")
        }
    }
}
