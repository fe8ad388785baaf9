//! The objects of Stripe's that the sandbox keeps: their fields, their lists and what can be done with them.

pub(crate) mod balance_transactions;
pub(crate) mod billing_portal;
pub(crate) mod charges;
pub(crate) mod customers;
pub(crate) mod disputes;
pub(crate) mod invoice_payments;
pub(crate) mod invoices;
pub(crate) mod metadata;
pub(crate) mod payment_intents;
pub(crate) mod payment_links;
pub(crate) mod payment_methods;
pub(crate) mod prices;
pub(crate) mod products;
pub(crate) mod refunds;
pub(crate) mod subscriptions;
