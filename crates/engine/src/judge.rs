//! What the policy says of a change at Stripe. Functions only say what would answer the mail; here it is judged.

use domain::policy::{Judgement, RefundAsked, Spent, Verdict};
use domain::{Assurance, Function, Policy, Timestamp};
use store::{Ledger, LedgerError};

use crate::action::Request;
use crate::customer::OnFile;

/// The rule that trips the breaker.
const WORKSPACE_DAY: &str = "workspace_day";

/// Every rule about `request`, asked for at `now` by a sender believed as far as `assurance`. Without `spent` nothing counts as given
/// away before.
pub(crate) fn judge(
    request: &Request,
    policy: &Policy,
    assurance: Assurance,
    now: Timestamp,
    spent: Option<Spent>,
) -> Judgement {
    match request {
        Request::Refund { amount, charged_at, .. } => policy.judge_refund(&RefundAsked {
            amount: *amount,
            charged_at: *charged_at,
            assurance,
            now,
            spent: spent.unwrap_or_else(|| Spent::nothing(amount.currency)),
        }),
        Request::CancelSubscription { .. } => policy.judge_cancellation(assurance),
        Request::PaymentLink { .. } => policy.judge_link(Function::PaymentLink),
        Request::PortalSession { .. } => policy.judge_link(Function::PortalLink),
    }
}

/// What was given away before, where a rule of the policy asks for it.
pub(crate) async fn spent(
    request: &Request,
    policy: &Policy,
    ledger: &Ledger,
    of: (&domain::WorkspaceId, &OnFile),
) -> Result<Option<Spent>, LedgerError> {
    let Request::Refund { amount, .. } = request else { return Ok(None) };
    let (rules, currency) = (&policy.refund, amount.currency);
    let limits = [&rules.day_limit_customer_minor, &rules.day_limit_workspace_minor];
    if !limits.iter().any(|limits| limits.contains_key(&currency)) {
        return Ok(None);
    }
    let (workspace, customer) = of;
    match customer.spender() {
        Some(spender) => ledger.spent(workspace, &spender, currency).await.map(Some),
        None => Ok(None),
    }
}

/// Whether nothing but the workspace's budget of the day is in the way: it is used up, and nobody should find out one by one.
pub(crate) fn breaks_the_budget(judgement: &Judgement) -> bool {
    let objections = judgement.lines().iter().filter(|line| line.verdict != Verdict::Passed);
    objections.map(|line| line.rule.as_str()).eq([WORKSPACE_DAY])
}
