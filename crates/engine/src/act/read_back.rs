//! What Stripe shows of an action, whatever the ledger and the answers say. Read before anything is sent, and after it whenever the
//! answer was lost.

use domain::ActionId;
use domain::Timestamp;
use stripe_client::object::Subscription;
use stripe_client::{CallError, StripeReader};

use crate::action::{Effect, Request};
use crate::functions::{progress_of, stands};

/// What Stripe shows of an action.
pub(crate) enum Trace {
    /// It was done.
    Ours(Effect),
    /// It was not done.
    Nothing,
    /// It was not done, but postill did the same on this object for another mail.
    AnothersMail,
    /// It is not among what could be read, and that is not all there is.
    CutShort,
}

/// Looks for what the action `id` did. Links carry no trace that can be listed with the key's permissions; one made twice harms nobody,
/// and the same key makes the same one.
pub(crate) async fn find(
    reader: &StripeReader,
    id: &ActionId,
    request: &Request,
) -> Result<Trace, CallError> {
    match request {
        Request::Refund { charge, .. } => {
            let refunds = reader.refunds_of_charge(charge).await?;
            let request_id = refunds.request_id.as_ref().map(ToString::to_string);
            let made = refunds.value.items.iter().filter(|refund| refund.action.is_some());
            let (ours, others): (Vec<_>, Vec<_>) =
                made.partition(|refund| refund.action.as_ref() == Some(id));
            let effect = ours.first().map(|refund| Effect::Refunded {
                refund: refund.id.clone(),
                amount: Some(refund.amount()),
                progress: progress_of(refund),
                issued: Some(refund.created),
                request_id,
            });
            Ok(match effect {
                Some(effect) => Trace::Ours(effect),
                None if others.into_iter().any(stands) => Trace::AnothersMail,
                None if !refunds.value.complete => Trace::CutShort,
                None => Trace::Nothing,
            })
        }
        Request::CancelSubscription { subscription, period_end } => {
            let got = reader.subscription(subscription).await?;
            let request_id = got.request_id.map(|id| id.to_string());
            let effect = got.value.and_then(|found| ending_by(id, &found, *period_end, request_id));
            Ok(effect.map_or(Trace::Nothing, Trace::Ours))
        }
        Request::PaymentLink { .. } | Request::PortalSession { .. } => Ok(Trace::Nothing),
    }
}

/// What the action `id` did to `subscription`, when it is what changed it last and it still stands.
pub(super) fn ending_by(
    id: &ActionId,
    subscription: &Subscription,
    period_end: Option<Timestamp>,
    request_id: Option<String>,
) -> Option<Effect> {
    let ours = subscription.action.as_ref() == Some(id) && subscription.is_ending();
    ours.then(|| Effect::Ending {
        subscription: subscription.id.clone(),
        on: subscription.cancel_at.or(period_end),
        request_id,
    })
}
