//! The five writes. Each uses up a permit and is sent under the key of its stored action.

use domain::ids::{ChargeId, CustomerId, InvoiceId, PaymentIntentId, PortalConfigurationId, SubscriptionId};
use domain::{ActionId, Function, Money, Permit};
use serde::de::DeserializeOwned;

use crate::Endpoint;
use crate::answer::Written;
use crate::connection::{Connection, Failure, Request};
use crate::error::WriteError;
use crate::form::Form;
use crate::object::{PaymentLink, PortalSession, Refund, Subscription};

/// The metadata key under which our action is written on what it made.
pub(crate) const ACTION: &str = "postill_action";
const METADATA_ACTION: &str = "metadata[postill_action]";
const METADATA_KEPT: &str = "metadata[postill_kept]";
const METADATA_INVOICE: &str = "metadata[postill_invoice]";

/// One write that is permitted. Once its future has been polled, dropping it leaves the effect unknown.
#[derive(Debug)]
pub struct Write<'a> {
    connection: &'a Connection,
    permit: Permit,
}

/// A refund to be issued.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewRefund {
    /// What is given back.
    pub of: RefundOf,
    /// How much, in the charge's currency. Always said, also for the whole: "all that is left" would change under a retry.
    pub amount: Money,
}

/// What a refund gives back: exactly one of the two, as Stripe asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RefundOf {
    /// A charge.
    Charge(ChargeId),
    /// The last charge of a payment.
    Payment(PaymentIntentId),
}

/// A page to pay on, to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewPaymentLink {
    /// What is to be paid, once.
    pub amount: Money,
    /// What it is for, in the words the customer reads.
    pub title: String,
    /// The invoice it is meant for; noted in the metadata for the merchant. Stripe does not mark the invoice as paid.
    pub invoice: Option<InvoiceId>,
}

/// A visit to the customer portal, to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewPortalSession {
    /// Whose visit it is.
    pub customer: CustomerId,
    /// What may be done there; the account's default when absent.
    pub configuration: Option<PortalConfigurationId>,
    /// Where the portal's "back" leads; the configuration's default when absent.
    pub return_url: Option<String>,
}

impl<'a> Write<'a> {
    pub(crate) const fn new(connection: &'a Connection, permit: Permit) -> Self {
        Self { connection, permit }
    }

    /// Issues a refund. A lost answer is found again with [`crate::StripeReader::refunds_of_charge`].
    pub async fn refund(self, key: &ActionId, refund: &NewRefund) -> Result<Written<Refund>, WriteError> {
        let form = match &refund.of {
            RefundOf::Charge(charge) => Form::default().with("charge", charge),
            RefundOf::Payment(payment) => Form::default().with("payment_intent", payment),
        };
        let form = form
            .with("amount", refund.amount.minor)
            .with("reason", "requested_by_customer")
            .with(METADATA_ACTION, key);
        self.post(Function::Refund, key, Endpoint::CreateRefund, "", form).await
    }

    /// Lets a subscription end with the period that is running. A lost answer is found again with
    /// [`crate::StripeReader::subscription`].
    pub async fn end_subscription_with_period(
        self,
        key: &ActionId,
        subscription: &SubscriptionId,
    ) -> Result<Written<Subscription>, WriteError> {
        let form = Form::default().with("cancel_at_period_end", true).with(METADATA_ACTION, key);
        let endpoint = Endpoint::UpdateSubscription;
        self.post(Function::CancelSubscription, key, endpoint, subscription.as_str(), form).await
    }

    /// Takes back that a subscription ends with its period, which `cancellation` had set. Its key is another than the
    /// cancellation's, and `cancellation` is noted as taken back. Done twice it changes nothing. A lost answer is found again with
    /// [`crate::StripeReader::subscription`]: it does not end any more.
    pub async fn keep_subscription(
        self,
        cancellation: &ActionId,
        subscription: &SubscriptionId,
    ) -> Result<Written<Subscription>, WriteError> {
        let form = Form::default().with("cancel_at_period_end", false).with(METADATA_KEPT, cancellation);
        let sent = Sent { endpoint: Endpoint::UpdateSubscription, id: subscription.as_str(), form };
        self.post_under(Function::CancelSubscription, format!("{cancellation}_kept"), sent).await
    }

    /// Makes a page on which one payment can be made. The price comes along inline, so that there is one request, which is done or
    /// not, and no price without a link is left behind.
    pub async fn payment_link(
        self,
        key: &ActionId,
        link: &NewPaymentLink,
    ) -> Result<Written<PaymentLink>, WriteError> {
        let mut form = Form::default()
            .with("line_items[0][price_data][currency]", link.amount.currency)
            .with("line_items[0][price_data][unit_amount]", link.amount.minor)
            .with("line_items[0][price_data][product_data][name]", &link.title)
            .with("line_items[0][quantity]", 1)
            .with("restrictions[completed_sessions][limit]", 1)
            .with(METADATA_ACTION, key);
        if let Some(invoice) = &link.invoice {
            form.set(METADATA_INVOICE, invoice);
        }
        self.post(Function::PaymentLink, key, Endpoint::CreatePaymentLink, "", form).await
    }

    /// Makes a visit to the customer portal. When its address has run out, whoever opens it is asked to log in by mail instead of being
    /// turned away: a draft may wait for a day. Sessions have no metadata, and one that nobody holds does nothing.
    pub async fn portal_session(
        self,
        key: &ActionId,
        session: &NewPortalSession,
    ) -> Result<Written<PortalSession>, WriteError> {
        let mut form = Form::default()
            .with("customer", &session.customer)
            .with("after_expiration[type]", "customer_login");
        if let Some(configuration) = &session.configuration {
            form.set("configuration", configuration);
        }
        if let Some(return_url) = &session.return_url {
            form.set("return_url", return_url);
        }
        self.post(Function::PortalLink, key, Endpoint::CreatePortalSession, "", form).await
    }

    async fn post<T: DeserializeOwned>(
        self,
        function: Function,
        key: &ActionId,
        endpoint: Endpoint,
        id: &str,
        form: Form,
    ) -> Result<Written<T>, WriteError> {
        self.post_under(function, key.to_string(), Sent { endpoint, id, form }).await
    }

    async fn post_under<T: DeserializeOwned>(
        self,
        function: Function,
        key: String,
        sent: Sent<'_>,
    ) -> Result<Written<T>, WriteError> {
        let (connection, permitted) = (self.connection, self.permit.function());
        if permitted != function {
            return Err(WriteError::WrongPermit { permitted, asked: function });
        }
        let Sent { endpoint, id, form } = sent;
        let request = Request { endpoint, id: id.to_owned(), form, idempotency_key: Some(key) };
        let answer = connection.call(&request, connection.deadline()).await.map_err(sorted)?;
        // Done, but of which object is not known: reading back will tell.
        let value = answer.object(connection.mode).map_err(WriteError::Unknown)?;
        Ok(Written { value, replayed: answer.replayed, request_id: answer.call.request_id })
    }
}

/// What is posted, and where.
struct Sent<'a> {
    endpoint: Endpoint,
    id: &'a str,
    form: Form,
}

fn sorted(failure: Failure) -> WriteError {
    if failure.effect_unknown {
        WriteError::Unknown(failure.error)
    } else {
        WriteError::NotDone(failure.error)
    }
}
