//! What the policy says of a change at Stripe. Functions only say what would answer the mail; here it is judged.

use domain::policy::{Judgement, RefundAsked, Spent};
use domain::{Assurance, Function, Policy, Timestamp};

use crate::action::Request;

/// Every rule about `request`, asked for at `now` by a sender believed as far as `assurance`.
pub(crate) fn judge(request: &Request, policy: &Policy, assurance: Assurance, now: Timestamp) -> Judgement {
    match request {
        Request::Refund { amount, charged_at, .. } => policy.judge_refund(&RefundAsked {
            amount: *amount,
            charged_at: *charged_at,
            assurance,
            now,
            spent: Spent::nothing(amount.currency),
        }),
        Request::CancelSubscription { .. } => policy.judge_cancellation(assurance),
        Request::PaymentLink { .. } => policy.judge_link(Function::PaymentLink),
        Request::PortalSession { .. } => policy.judge_link(Function::PortalLink),
    }
}
