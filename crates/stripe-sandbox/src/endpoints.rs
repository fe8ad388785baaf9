//! Every endpoint there is, in one table. What is not here answers 404.

use axum::routing::MethodFilter;

use crate::auth::Permission;
use crate::call::{Call, Outcome};
use crate::document::Document;
use crate::form::Tree;
use crate::kind::Kind;
use crate::paging::{self, Listing};
use crate::parameters::{self, EXPAND, Parameter};
use crate::refusal::Refusal;
use crate::resources::{
    balance_transactions, billing_portal, charges, customers, invoice_payments, invoices, payment_intents,
    payment_links, payment_methods, prices, refunds, subscriptions,
};
use crate::search::{self, Searching};

pub(crate) static ENDPOINTS: &[Endpoint] = &[
    list("/v1/customers", &customers::LISTING),
    search("/v1/customers/search", &customers::SEARCH),
    retrieve("/v1/customers/{id}", Kind::Customer),
    list("/v1/customers/{id}/payment_methods", &payment_methods::LISTING_OF_CUSTOMER),
    list("/v1/payment_methods", &payment_methods::LISTING),
    retrieve("/v1/payment_methods/{id}", Kind::PaymentMethod),
    list("/v1/invoices", &invoices::LISTING),
    search("/v1/invoices/search", &invoices::SEARCH),
    retrieve("/v1/invoices/{id}", Kind::Invoice),
    list("/v1/invoice_payments", &invoice_payments::LISTING),
    retrieve("/v1/invoice_payments/{id}", Kind::InvoicePayment),
    list("/v1/charges", &charges::LISTING),
    search("/v1/charges/search", &charges::SEARCH),
    retrieve("/v1/charges/{id}", Kind::Charge),
    list("/v1/payment_intents", &payment_intents::LISTING),
    search("/v1/payment_intents/search", &payment_intents::SEARCH),
    retrieve("/v1/payment_intents/{id}", Kind::PaymentIntent),
    list("/v1/subscriptions", &subscriptions::LISTING),
    search("/v1/subscriptions/search", &subscriptions::SEARCH),
    retrieve("/v1/subscriptions/{id}", Kind::Subscription),
    write("/v1/subscriptions/{id}", Permission::named(&["rak_subscription_write"]), &SUBSCRIPTION_UPDATE),
    list("/v1/refunds", &refunds::LISTING),
    write("/v1/refunds", refunds::WRITE, &REFUND_CREATE),
    retrieve("/v1/refunds/{id}", Kind::Refund),
    list("/v1/balance_transactions", &balance_transactions::LISTING),
    retrieve("/v1/balance_transactions/{id}", Kind::BalanceTransaction),
    write("/v1/prices", Permission::named(&["rak_plan_write"]), &PRICE_CREATE),
    retrieve("/v1/prices/{id}", Kind::Price),
    list("/v1/payment_links", &payment_links::LISTING),
    write("/v1/payment_links", payment_links::WRITE, &PAYMENT_LINK_CREATE),
    retrieve("/v1/payment_links/{id}", Kind::PaymentLink),
    write("/v1/payment_links/{id}", payment_links::WRITE, &PAYMENT_LINK_UPDATE),
    list("/v1/billing_portal/configurations", &billing_portal::CONFIGURATION_LISTING),
    retrieve("/v1/billing_portal/configurations/{id}", Kind::PortalConfiguration),
    write("/v1/billing_portal/sessions", billing_portal::WRITE, &PORTAL_SESSION_CREATE),
];

static SUBSCRIPTION_UPDATE: Write =
    Write { parameters: subscriptions::UPDATE, check: None, run: subscriptions::update };
static REFUND_CREATE: Write =
    Write { parameters: refunds::CREATE, check: Some(refunds::check), run: refunds::create };
static PRICE_CREATE: Write =
    Write { parameters: prices::CREATE, check: Some(prices::check), run: prices::create };
static PAYMENT_LINK_CREATE: Write = Write {
    parameters: payment_links::CREATE,
    check: Some(payment_links::check),
    run: payment_links::create,
};
static PAYMENT_LINK_UPDATE: Write =
    Write { parameters: payment_links::UPDATE, check: None, run: payment_links::update };
static PORTAL_SESSION_CREATE: Write = Write {
    parameters: billing_portal::CREATE_SESSION,
    check: Some(billing_portal::check_session),
    run: billing_portal::create_session,
};

pub(crate) struct Endpoint {
    pub(crate) method: MethodFilter,
    /// The path; `{id}` stands for an id.
    pub(crate) path: &'static str,
    action: Action,
}

enum Action {
    Retrieve(Kind),
    List(&'static Listing),
    Search(&'static Searching),
    Write(Permission, &'static Write),
}

/// Something that changes the world. What `check` refuses was never executed, so its key stays free; what `run` refuses
/// was, and its answer is saved.
struct Write {
    parameters: &'static [Parameter],
    check: Option<Check>,
    run: fn(&mut Call<'_>) -> Outcome,
}

type Check = fn(&Document) -> Result<(), Refusal>;

impl Endpoint {
    pub(crate) fn permission(&self) -> &Permission {
        match &self.action {
            Action::Retrieve(kind) => &kind.shape().read,
            Action::List(listing) => &listing.kind.shape().read,
            Action::Search(searching) => &searching.kind.shape().read,
            Action::Write(permission, _) => permission,
        }
    }

    /// The parameters with their types, if the endpoint takes them.
    pub(crate) fn check(&self, given: &Tree) -> Result<Document, Refusal> {
        match &self.action {
            Action::Retrieve(_) => parameters::checked(given, &[&EXPAND]),
            Action::List(listing) => parameters::checked(given, &paging::parameters(listing)),
            Action::Search(_) => parameters::checked(given, &search::parameters()),
            Action::Write(_, write) => {
                let accepted: Vec<&Parameter> = write.parameters.iter().collect();
                let checked = parameters::checked(given, &accepted)?;
                write.check.map_or(Ok(()), |check| check(&checked)).map(|()| checked)
            }
        }
    }

    pub(crate) fn run(&self, call: &mut Call<'_>) -> Outcome {
        match &self.action {
            Action::Retrieve(kind) => call.retrieve(*kind),
            Action::List(listing) => paging::list(call, listing),
            Action::Search(searching) => search::search(call, searching),
            Action::Write(_, write) => (write.run)(call),
        }
    }
}

const fn list(path: &'static str, listing: &'static Listing) -> Endpoint {
    Endpoint { method: MethodFilter::GET, path, action: Action::List(listing) }
}

const fn search(path: &'static str, searching: &'static Searching) -> Endpoint {
    Endpoint { method: MethodFilter::GET, path, action: Action::Search(searching) }
}

const fn retrieve(path: &'static str, kind: Kind) -> Endpoint {
    Endpoint { method: MethodFilter::GET, path, action: Action::Retrieve(kind) }
}

const fn write(path: &'static str, permission: Permission, write: &'static Write) -> Endpoint {
    Endpoint { method: MethodFilter::POST, path, action: Action::Write(permission, write) }
}
