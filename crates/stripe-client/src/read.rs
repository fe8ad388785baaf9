//! The reads.

use domain::EmailAddress;
use domain::ids::{BalanceTransactionId, ChargeId, CustomerId, InvoiceId, PaymentIntentId, SubscriptionId};
use serde::de::DeserializeOwned;
use tokio::time::Instant;

use crate::answer::{Answer, Got};
use crate::connection::Request;
use crate::error::{CallError, RefusalReason};
use crate::form::Form;
use crate::listing::Listing;
use crate::memory::Question;
use crate::object::{
    BalanceTransaction, Charge, Customer, Invoice, InvoicePayment, PaymentIntent, PaymentMethod,
    PortalConfiguration, Refund, Subscription,
};
use crate::{ChargeSearch, Endpoint, StripeReader};

type Read<T> = Result<Got<T>, CallError>;

/// Customers.
impl StripeReader {
    /// The customers whose address on file is `email`, letter for letter: Stripe minds the case here. Ask for the address as written
    /// and in lower case. Always up to date.
    pub async fn customers_by_email(&self, email: &str) -> Read<Listing<Customer>> {
        self.list(Endpoint::ListCustomers, Form::default().with("email", email)).await
    }

    /// The customers whose address on file is `email` in any case. Stripe's search index is up to a minute behind, and takes 20
    /// requests a second.
    pub async fn search_customers(&self, email: &EmailAddress) -> Read<Listing<Customer>> {
        let quoted = email.as_str().replace('\\', "\\\\").replace('"', "\\\"");
        self.list(Endpoint::SearchCustomers, Form::default().with("query", format!("email:\"{quoted}\"")))
            .await
    }

    /// A customer; `None` when there is none, or none any more.
    pub async fn customer(&self, id: &CustomerId) -> Read<Option<Customer>> {
        self.one(Endpoint::ReadCustomer, id.as_str()).await
    }

    /// The customer's saved ways to pay. Needs a permission that no function requires, so be ready for
    /// [`CallError::PermissionMissing`].
    pub async fn payment_methods(&self, customer: &CustomerId) -> Read<Listing<PaymentMethod>> {
        self.of_customer(Endpoint::ListPaymentMethods, customer).await
    }
}

/// Invoices.
impl StripeReader {
    /// The customer's invoices, drafts and voids among them.
    pub async fn invoices(&self, customer: &CustomerId) -> Read<Listing<Invoice>> {
        self.of_customer(Endpoint::ListInvoices, customer).await
    }

    /// An invoice.
    pub async fn invoice(&self, id: &InvoiceId) -> Read<Option<Invoice>> {
        self.one(Endpoint::ReadInvoice, id.as_str()).await
    }

    /// What was paid to an invoice, and by which payment.
    pub async fn payments_of_invoice(&self, invoice: &InvoiceId) -> Read<Listing<InvoicePayment>> {
        self.list(Endpoint::ListInvoicePayments, Form::default().with("invoice", invoice)).await
    }

    /// The invoices that a payment paid.
    pub async fn invoices_paid_by(&self, payment: &PaymentIntentId) -> Read<Listing<InvoicePayment>> {
        let form = Form::default().with("payment[type]", "payment_intent");
        self.list(Endpoint::ListInvoicePayments, form.with("payment[payment_intent]", payment)).await
    }
}

/// Payments, charges and refunds.
impl StripeReader {
    /// The customer's charges, failed ones among them.
    pub async fn charges(&self, customer: &CustomerId) -> Read<Listing<Charge>> {
        self.of_customer(Endpoint::ListCharges, customer).await
    }

    /// The charges that `search` describes, whosever they are: where a payer without an account is found. Compare them again, and do
    /// not conclude anything from what is missing: Stripe's search index is up to a minute behind, and takes 20 requests a second.
    pub async fn search_charges(&self, search: &ChargeSearch) -> Read<Listing<Charge>> {
        self.list(Endpoint::SearchCharges, Form::default().with("query", search)).await
    }

    /// A charge.
    pub async fn charge(&self, id: &ChargeId) -> Read<Option<Charge>> {
        self.one(Endpoint::ReadCharge, id.as_str()).await
    }

    /// The customer's payments.
    pub async fn payment_intents(&self, customer: &CustomerId) -> Read<Listing<PaymentIntent>> {
        self.of_customer(Endpoint::ListPaymentIntents, customer).await
    }

    /// A payment.
    pub async fn payment_intent(&self, id: &PaymentIntentId) -> Read<Option<PaymentIntent>> {
        self.one(Endpoint::ReadPaymentIntent, id.as_str()).await
    }

    /// The refunds of a charge: where a refund whose answer was lost is found again, by [`Refund::action`].
    pub async fn refunds_of_charge(&self, charge: &ChargeId) -> Read<Listing<Refund>> {
        self.list(Endpoint::ListRefunds, Form::default().with("charge", charge)).await
    }

    /// The refunds of a payment.
    pub async fn refunds_of_payment(&self, payment: &PaymentIntentId) -> Read<Listing<Refund>> {
        self.list(Endpoint::ListRefunds, Form::default().with("payment_intent", payment)).await
    }

    /// A line of the account's balance.
    pub async fn balance_transaction(&self, id: &BalanceTransactionId) -> Read<Option<BalanceTransaction>> {
        self.one(Endpoint::ReadBalanceTransaction, id.as_str()).await
    }
}

/// Subscriptions and the portal.
impl StripeReader {
    /// The customer's subscriptions, ended ones among them: Stripe leaves those out unless asked.
    pub async fn subscriptions(&self, customer: &CustomerId) -> Read<Listing<Subscription>> {
        let form = Form::default().with("customer", customer).with("status", "all");
        self.list(Endpoint::ListSubscriptions, form).await
    }

    /// A subscription.
    pub async fn subscription(&self, id: &SubscriptionId) -> Read<Option<Subscription>> {
        self.one(Endpoint::ReadSubscription, id.as_str()).await
    }

    /// What customers may do in the portal. None at all means that the account has not set one up.
    pub async fn portal_configurations(&self) -> Read<Listing<PortalConfiguration>> {
        self.list(Endpoint::ListPortalConfigurations, Form::default().with("active", true)).await
    }
}

impl StripeReader {
    /// A list of one, of what every key has to be allowed to read. Never remembered.
    pub(crate) async fn least_question(&self) -> Result<(), CallError> {
        let form = Form::default().with("limit", 1);
        let endpoint = Endpoint::ListCustomers;
        let request = Request { endpoint, id: String::new(), form, idempotency_key: None };
        let answered = self.connection.call(&request, self.connection.deadline()).await;
        answered.map(drop).map_err(|failure| failure.error)
    }

    async fn of_customer<T: DeserializeOwned>(
        &self,
        endpoint: Endpoint,
        customer: &CustomerId,
    ) -> Read<Listing<T>> {
        self.list(endpoint, Form::default().with("customer", customer)).await
    }

    async fn list<T: DeserializeOwned>(&self, endpoint: Endpoint, form: Form) -> Read<Listing<T>> {
        self.list_all(Request { endpoint, id: String::new(), form, idempotency_key: None }).await
    }

    /// The answer to a question, remembered where this reader may.
    pub(crate) async fn ask(&self, request: &Request, deadline: Instant) -> Result<Answer, CallError> {
        let call = async || {
            let began = Instant::now();
            let answered = self.connection.call(request, deadline).await.map_err(|failure| failure.error);
            if let Some(notes) = &self.notes {
                notes.note(request.endpoint, began.elapsed(), &answered);
            }
            answered
        };
        let Some(memory) = self.memory.as_deref() else { return call().await };
        let question = Question::of(request);
        if let Some(answer) = memory.recall(&question, Instant::now()) {
            return Ok(answer);
        }
        let answer = call().await?;
        memory.keep(question, &answer, Instant::now());
        Ok(answer)
    }

    /// One object. A missing one is `None`, and so is a deleted one, which Stripe answers as 200.
    async fn one<T: DeserializeOwned>(&self, endpoint: Endpoint, id: &str) -> Read<Option<T>> {
        let request = Request { endpoint, id: id.to_owned(), form: Form::default(), idempotency_key: None };
        let answer = match self.ask(&request, self.connection.deadline()).await {
            Ok(answer) => answer,
            Err(error) => return missing(error),
        };
        let object = answer.object_left(self.connection.mode)?;
        Ok(answer.got(object))
    }
}

fn missing<T>(error: CallError) -> Read<Option<T>> {
    match error.refusal().map(|refusal| refusal.reason) {
        Some(RefusalReason::NoSuchObject) => {
            Ok(Got { value: None, request_id: error.call().request_id.clone(), answered_at: None })
        }
        Some(_) | None => Err(error),
    }
}
