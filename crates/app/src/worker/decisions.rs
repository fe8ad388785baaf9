//! Decisions about approvals that come by the queue: read, given to the ledger, and only then acknowledged.
//!
//! What cannot be read or is not taken goes to the dead queue with a reason. The same decision once more, as a redelivery brings it,
//! is no error.

use domain::approval::ApprovalState;
use domain::decision::{ApprovalDecision, Verdict};
use domain::typed::TypedError;
use domain::{Actor, ApprovalId, StoredApproval, TypedReason};
use engine::Ended;
use store::{Decided, Decision, Ledger};
use tokio_util::sync::CancellationToken;

use super::LEDGER_PAUSE;

/// The largest decision that is read, in bytes: far more than one needs.
const LARGEST: usize = 16 << 10;

/// What becomes of a message that should be a decision.
pub(super) enum Heard {
    /// The ledger has it.
    Taken,
    /// It goes to the dead queue.
    Refused(Ended),
    /// The ledger does not have it: the message comes again.
    NotYet,
}

/// Hears one message. While the ledger is down it stays in hand, as mails do.
pub(super) async fn hear(ledger: &Ledger, body: &[u8], give_up: &CancellationToken) -> Heard {
    let said = match Said::read(body) {
        Ok(said) => said,
        Err(problem) => return refused("decision_unreadable", problem.to_string()),
    };
    loop {
        let deciding = ledger.decide(&said.approval, &said.decision, said.actor.as_str());
        let error = match Box::pin(deciding).await {
            Ok(decided) => return said.became(decided),
            Err(error) => error,
        };
        tracing::error!(approval.id = %said.approval, error = %super::chain(&error), "the ledger did not take a decision");
        tokio::select! {
            () = tokio::time::sleep(LEDGER_PAUSE) => {}
            () = give_up.cancelled() => return Heard::NotYet,
        }
        if !error.is_transient() {
            return Heard::NotYet;
        }
    }
}

/// What is wrong with a message. Says nothing that stands in it, but names of properties.
#[derive(Debug, thiserror::Error)]
enum NotADecision {
    #[error("a decision of more than {LARGEST} bytes")]
    TooLarge,
    #[error("no JSON document: line {line} column {column}")]
    NotJson { line: usize, column: usize },
    #[error("not as postill.approval_decision.v1 says, at {0}")]
    NotAsTheSchemaSays(serde_path_to_error::Path),
    #[error("an approval that gives a reason; only a rejection has one")]
    ApprovalWithReason,
    #[error("reason: {0}")]
    Reason(#[from] TypedError),
    #[error("a rejection that names an amount; only an approval has one")]
    RejectionWithAmount,
    #[error("a rejection without a reason")]
    RejectionWithoutReason,
}

/// A decision that makes sense by itself.
struct Said {
    approval: ApprovalId,
    decision: Decision,
    actor: Actor,
}

impl Said {
    fn read(body: &[u8]) -> Result<Self, NotADecision> {
        if body.len() > LARGEST {
            return Err(NotADecision::TooLarge);
        }
        let read: ApprovalDecision =
            serde_path_to_error::deserialize(&mut serde_json::Deserializer::from_slice(body))
                .map_err(|error| NotADecision::from(&error))?;
        let decision = match (read.decision, read.amount, read.reason) {
            (Verdict::Approve, amount, None) => Decision::Approve { amount: amount.map(Into::into) },
            (Verdict::Approve, _, Some(_)) => {
                return Err(NotADecision::ApprovalWithReason);
            }
            (Verdict::Reject, None, Some(reason)) => {
                let reason: TypedReason = reason.parse()?;
                Decision::Reject { reason: reason.as_str().to_owned() }
            }
            (Verdict::Reject, Some(_), _) => {
                return Err(NotADecision::RejectionWithAmount);
            }
            (Verdict::Reject, None, None) => return Err(NotADecision::RejectionWithoutReason),
        };
        Ok(Self { approval: read.approval, decision, actor: read.by })
    }

    fn became(&self, decided: Decided) -> Heard {
        let approval = &self.approval;
        match decided {
            Decided::Waits { votes, persons } => {
                tracing::info!(approval.id = %approval, votes, persons, "approved by one; more are needed");
                Heard::Taken
            }
            Decided::Approved(_) => taken(approval, "approved"),
            Decided::Rejected(_) => taken(approval, "rejected"),
            // A redelivery: the vote was counted, and the acknowledgement was lost.
            Decided::SamePerson => taken(approval, "approved before by the same person"),
            Decided::Before(stored) if self.is_what_was_decided(&stored) => {
                taken(approval, "decided so before")
            }
            Decided::Before(stored) => too_late(&stored),
            Decided::OwnRequest => {
                refused("own_request", "whoever asks for something cannot decide it themselves")
            }
            Decided::AmountTooHigh { most } => {
                refused("amount_too_high", format!("at most {most} can be approved"))
            }
            Decided::NotAnAmount => refused(
                "not_an_amount",
                "the amount is not above zero, in another currency, or for something that has no amount",
            ),
            Decided::Unknown => refused("approval_unknown", "no approval has this id"),
        }
    }

    fn is_what_was_decided(&self, stored: &StoredApproval) -> bool {
        match (&self.decision, stored.state) {
            (Decision::Approve { .. }, ApprovalState::Approved) => {
                let voted = |vote: &domain::approval::Vote| vote.actor == self.actor.as_str();
                stored.votes.iter().any(voted)
            }
            (Decision::Reject { reason }, ApprovalState::Rejected) => {
                stored.rejected_by.as_deref() == Some(self.actor.as_str())
                    && stored.reason.as_ref() == Some(reason)
            }
            (
                Decision::Approve { .. } | Decision::Reject { .. },
                ApprovalState::Waiting
                | ApprovalState::Approved
                | ApprovalState::Rejected
                | ApprovalState::Expired,
            ) => false,
        }
    }
}

fn taken(approval: &ApprovalId, became: &'static str) -> Heard {
    tracing::info!(approval.id = %approval, became, "decision taken");
    Heard::Taken
}

fn too_late(stored: &StoredApproval) -> Heard {
    match stored.state {
        ApprovalState::Expired => refused("approval_expired", "it expired before somebody decided"),
        ApprovalState::Approved | ApprovalState::Rejected | ApprovalState::Waiting => {
            refused("decided_before", format!("it was {} before", stored.state.as_str()))
        }
    }
}

fn refused(code: &str, sentence: impl Into<String>) -> Heard {
    Heard::Refused(Ended::Dead { code: code.to_owned(), sentence: sentence.into() })
}

/// Where and what kind: the words of the error itself would repeat what stands there.
impl From<&serde_path_to_error::Error<serde_json::Error>> for NotADecision {
    fn from(error: &serde_path_to_error::Error<serde_json::Error>) -> Self {
        let inner = error.inner();
        match inner.classify() {
            serde_json::error::Category::Data => Self::NotAsTheSchemaSays(error.path().clone()),
            serde_json::error::Category::Io
            | serde_json::error::Category::Syntax
            | serde_json::error::Category::Eof => {
                Self::NotJson { line: inner.line(), column: inner.column() }
            }
        }
    }
}
