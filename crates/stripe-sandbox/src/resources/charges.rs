//! Charges.

use crate::auth::Permission;
use crate::document::Document;
use crate::fields::Holds::{
    Anything, Boolean, Currency, Integer, Metadata, Object, OneOf, Reference, Text, Time,
};
use crate::fields::Otherwise::{self, Absent, AccountCurrency, Defaults, Empty, Now, Null, Required};
use crate::fields::{Field, field};
use crate::kind::{Kind, Shape};
use crate::paging::{CREATED, Listing, equal};
use crate::parameters::{Accepts, optional};
use crate::resources::payment_methods::{BILLING_DETAILS, CARD, TYPES};
use crate::search::{Searching, number, token};

pub(crate) static SHAPE: Shape = Shape {
    section: "charges",
    object: "charge",
    spoken: "charge",
    path_parameter: "id",
    prefixes: &["ch_", "py_"],
    read: Permission::named(&["rak_charge_read"]),
    fields: FIELDS,
    indexed: &["customer", "payment_intent"],
    hidden: &[],
    complete,
};

pub(crate) static LISTING: Listing = Listing {
    kind: Kind::Charge,
    filters: &[
        equal(optional("customer", Accepts::Id(Kind::Customer)), "customer"),
        equal(optional("payment_intent", Accepts::Id(Kind::PaymentIntent)), "payment_intent"),
        CREATED,
    ],
    within: None,
};

pub(crate) static SEARCH: Searching = Searching {
    kind: Kind::Charge,
    fields: &[
        number("amount"),
        number("created"),
        token("currency"),
        token("customer"),
        token("disputed"),
        token("payment_method_details.card.brand"),
        token("payment_method_details.card.exp_month"),
        token("payment_method_details.card.exp_year"),
        token("payment_method_details.card.last4"),
        token("refunded"),
        token("status"),
    ],
};

const FIELDS: &[Field] = &[
    field("id", Text, Required),
    field("amount", Integer, Required),
    field("amount_captured", Integer, Null),
    field("amount_refunded", Integer, Otherwise::Integer(0)),
    field("application", Text, Null),
    field("application_fee", Text, Null),
    field("application_fee_amount", Integer, Null),
    field("balance_transaction", Reference(Kind::BalanceTransaction), Null),
    field("billing_details", Object(BILLING_DETAILS), Defaults),
    field("calculated_statement_descriptor", Text, Null),
    field("captured", Boolean, Null),
    field("created", Time, Now),
    field("currency", Currency, AccountCurrency),
    field("customer", Reference(Kind::Customer), Null),
    field("description", Text, Null),
    field("disputed", Boolean, Otherwise::Boolean(false)),
    field("failure_balance_transaction", Text, Null),
    field("failure_code", Text, Null),
    field("failure_message", Text, Null),
    field("fraud_details", Anything, Empty),
    field("metadata", Metadata, Empty),
    field("on_behalf_of", Text, Null),
    field("outcome", Anything, Null),
    field("paid", Boolean, Null),
    field("payment_intent", Reference(Kind::PaymentIntent), Null),
    field("payment_method", Reference(Kind::PaymentMethod), Null),
    field("payment_method_details", Object(PAYMENT_METHOD_DETAILS), Defaults),
    field("receipt_email", Text, Null),
    field("receipt_number", Text, Null),
    field("receipt_url", Text, Null),
    field("refunded", Boolean, Null),
    field("review", Text, Null),
    field("shipping", Anything, Null),
    field("source_transfer", Text, Null),
    field("statement_descriptor", Text, Null),
    field("statement_descriptor_suffix", Text, Null),
    field("status", OneOf(&["succeeded", "pending", "failed"]), Otherwise::Text("succeeded")),
    field("transfer_data", Anything, Null),
    field("transfer_group", Text, Null),
];

const PAYMENT_METHOD_DETAILS: &[Field] = &[
    field("card", Object(CARD), Absent),
    field("paypal", Anything, Absent),
    field("sepa_debit", Anything, Absent),
    field("type", OneOf(TYPES), Otherwise::Text("card")),
    field("us_bank_account", Anything, Absent),
];

fn complete(charge: &mut Document) {
    let paid = charge.text("status") != Some("failed");
    charge.fill("paid", paid);
    charge.fill("captured", paid);
    let captured = if charge.is("captured") { charge.integer("amount").unwrap_or_default() } else { 0 };
    charge.fill("amount_captured", captured);
}
