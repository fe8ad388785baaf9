//! The one request that changes something, under the key of its stored action.

use domain::{ActionId, Permit};
use stripe_client::{NewPaymentLink, NewPortalSession, NewRefund, RefundOf, WriteError};

use crate::action::{Effect, Request};
use crate::functions::progress_of;
use crate::workspace::Access;

pub(super) async fn write(
    stripe: &Access,
    id: &ActionId,
    request: &Request,
    permit: Permit,
) -> Result<Effect, WriteError> {
    let permitted = permit.function();
    let Some(write) = stripe.write(permit) else {
        return Err(WriteError::WrongPermit { permitted, asked: request.function() });
    };
    match request {
        Request::Refund { charge, amount, .. } => {
            let refund = NewRefund { of: RefundOf::Charge(charge.clone()), amount: *amount };
            let written = write.refund(id, &refund).await?;
            Ok(Effect::Refunded {
                progress: progress_of(&written.value),
                issued: Some(written.value.created),
                amount: Some(written.value.amount()),
                refund: written.value.id,
                request_id: written.request_id.map(|id| id.to_string()),
            })
        }
        Request::CancelSubscription { subscription, period_end } => {
            let written = write.end_subscription_with_period(id, subscription).await?;
            let request_id = written.request_id.map(|id| id.to_string());
            let on = written.value.cancel_at.or(*period_end);
            Ok(Effect::Ending { subscription: written.value.id, on, request_id })
        }
        Request::PaymentLink { amount, .. } => {
            let link = NewPaymentLink { amount: *amount, title: "Payment".to_owned(), invoice: None };
            let written = write.payment_link(id, &link).await?;
            let request_id = written.request_id.map(|id| id.to_string());
            let url = written.value.url.as_str().to_owned();
            Ok(Effect::LinkMade { link: written.value.id, url, request_id })
        }
        Request::PortalSession { customer, .. } => {
            let session =
                NewPortalSession { customer: customer.clone(), configuration: None, return_url: None };
            let written = write.portal_session(id, &session).await?;
            let request_id = written.request_id.map(|id| id.to_string());
            let url = written.value.url.as_str().to_owned();
            Ok(Effect::SessionMade { session: written.value.id, url, request_id })
        }
    }
}
