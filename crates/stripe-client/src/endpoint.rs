//! The closed list of what may be called at Stripe, and which permission each call needs.

use std::borrow::Cow;
use std::fmt;

use domain::Permission;

/// One endpoint of Stripe. Nothing outside this list is ever called.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "each is told by its template")]
pub enum Endpoint {
    ListCustomers,
    SearchCustomers,
    ReadCustomer,
    ListInvoices,
    ReadInvoice,
    ListInvoicePayments,
    ListCharges,
    SearchCharges,
    ReadCharge,
    ListPaymentIntents,
    ReadPaymentIntent,
    ListSubscriptions,
    ReadSubscription,
    ListRefunds,
    ListPaymentMethods,
    ListBalanceTransactions,
    ReadBalanceTransaction,
    ListPortalConfigurations,
    CreateRefund,
    UpdateSubscription,
    CreatePrice,
    CreatePaymentLink,
    CreatePortalSession,
}

impl Endpoint {
    /// Method and path with `{id}` in place of ids: for logs, metrics and limits.
    pub const fn template(self) -> &'static str {
        match self {
            Self::ListCustomers => "GET /v1/customers",
            Self::SearchCustomers => "GET /v1/customers/search",
            Self::ReadCustomer => "GET /v1/customers/{id}",
            Self::ListInvoices => "GET /v1/invoices",
            Self::ReadInvoice => "GET /v1/invoices/{id}",
            Self::ListInvoicePayments => "GET /v1/invoice_payments",
            Self::ListCharges => "GET /v1/charges",
            Self::SearchCharges => "GET /v1/charges/search",
            Self::ReadCharge => "GET /v1/charges/{id}",
            Self::ListPaymentIntents => "GET /v1/payment_intents",
            Self::ReadPaymentIntent => "GET /v1/payment_intents/{id}",
            Self::ListSubscriptions => "GET /v1/subscriptions",
            Self::ReadSubscription => "GET /v1/subscriptions/{id}",
            Self::ListRefunds => "GET /v1/refunds",
            Self::ListPaymentMethods => "GET /v1/payment_methods",
            Self::ListBalanceTransactions => "GET /v1/balance_transactions",
            Self::ReadBalanceTransaction => "GET /v1/balance_transactions/{id}",
            Self::ListPortalConfigurations => "GET /v1/billing_portal/configurations",
            Self::CreateRefund => "POST /v1/refunds",
            Self::UpdateSubscription => "POST /v1/subscriptions/{id}",
            Self::CreatePrice => "POST /v1/prices",
            Self::CreatePaymentLink => "POST /v1/payment_links",
            Self::CreatePortalSession => "POST /v1/billing_portal/sessions",
        }
    }

    /// The row of Stripe's form that this call needs; told to an operator when the 403 itself names none. Payment methods are in no
    /// function's list, since last digits only make an answer nicer.
    pub const fn permission(self) -> Option<Permission> {
        Some(match self {
            Self::ListCustomers | Self::SearchCustomers | Self::ReadCustomer => Permission::CUSTOMERS,
            Self::ListInvoices | Self::ReadInvoice | Self::ListInvoicePayments => Permission::INVOICES,
            Self::ListCharges | Self::SearchCharges | Self::ReadCharge | Self::ListRefunds => {
                Permission::CHARGES
            }
            Self::ListPaymentIntents | Self::ReadPaymentIntent => Permission::PAYMENT_INTENTS,
            Self::ListSubscriptions | Self::ReadSubscription => Permission::SUBSCRIPTIONS,
            Self::ListPaymentMethods => return None,
            Self::ListBalanceTransactions | Self::ReadBalanceTransaction => Permission::BALANCE_TRANSACTIONS,
            Self::CreateRefund => Permission::REFUNDS,
            Self::UpdateSubscription => Permission::SUBSCRIPTIONS_WRITE,
            Self::CreatePrice => Permission::PRICES,
            Self::CreatePaymentLink => Permission::PAYMENT_LINKS,
            Self::ListPortalConfigurations | Self::CreatePortalSession => Permission::PORTAL,
        })
    }

    /// Whether the call only looks.
    pub fn is_read(self) -> bool {
        self.template().starts_with("GET ")
    }

    /// The path, `id` in its place. Ids are letters, digits and `_` by their types, so nothing needs escaping.
    pub(crate) fn path(self, id: &str) -> Cow<'static, str> {
        let (_method, path) = self.template().split_once(' ').unwrap_or_default();
        if path.contains("{id}") { path.replace("{id}", id).into() } else { path.into() }
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.template())
    }
}
