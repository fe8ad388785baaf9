//! Payment intents.

use crate::auth::Permission;
use crate::document::Document;
use crate::fields::Holds::{Anything, Currency, Integer, Metadata, OneOf, Reference, Text, Texts, Time};
use crate::fields::Otherwise::{self, AccountCurrency, Empty, Now, Null, Required};
use crate::fields::{Field, field};
use crate::kind::{Kind, Shape};
use crate::paging::{CREATED, Listing, equal};
use crate::parameters::{Accepts, optional};
use crate::search::{Searching, number, token};

pub(crate) static SHAPE: Shape = Shape {
    section: "payment_intents",
    object: "payment_intent",
    spoken: "payment_intent",
    path_parameter: "intent",
    prefixes: &["pi_"],
    read: Permission::named(&["rak_payment_intent_read"]),
    fields: FIELDS,
    indexed: &["customer"],
    hidden: &[],
    complete,
};

pub(crate) static LISTING: Listing = Listing {
    kind: Kind::PaymentIntent,
    filters: &[equal(optional("customer", Accepts::Id(Kind::Customer)), "customer"), CREATED],
    within: None,
};

pub(crate) static SEARCH: Searching = Searching {
    kind: Kind::PaymentIntent,
    fields: &[number("amount"), number("created"), token("currency"), token("customer"), token("status")],
};

const STATUSES: &[&str] = &[
    "requires_payment_method",
    "requires_confirmation",
    "requires_action",
    "processing",
    "requires_capture",
    "canceled",
    "succeeded",
];

const FIELDS: &[Field] = &[
    field("id", Text, Required),
    field("amount", Integer, Required),
    field("amount_capturable", Integer, Otherwise::Integer(0)),
    field("amount_details", Anything, Empty),
    field("amount_received", Integer, Null),
    field("application", Text, Null),
    field("application_fee_amount", Integer, Null),
    field("automatic_payment_methods", Anything, Null),
    field("canceled_at", Time, Null),
    field("cancellation_reason", Text, Null),
    field("capture_method", Text, Otherwise::Text("automatic_async")),
    field("client_secret", Text, Null),
    field("confirmation_method", Text, Otherwise::Text("automatic")),
    field("created", Time, Now),
    field("currency", Currency, AccountCurrency),
    field("customer", Reference(Kind::Customer), Null),
    field("description", Text, Null),
    field("last_payment_error", Anything, Null),
    field("latest_charge", Reference(Kind::Charge), Null),
    field("metadata", Metadata, Empty),
    field("next_action", Anything, Null),
    field("on_behalf_of", Text, Null),
    field("payment_method", Reference(Kind::PaymentMethod), Null),
    field("payment_method_options", Anything, Empty),
    field("payment_method_types", Texts, Empty),
    field("processing", Anything, Null),
    field("receipt_email", Text, Null),
    field("review", Text, Null),
    field("setup_future_usage", Text, Null),
    field("shipping", Anything, Null),
    field("statement_descriptor", Text, Null),
    field("statement_descriptor_suffix", Text, Null),
    field("status", OneOf(STATUSES), Otherwise::Text("succeeded")),
    field("transfer_data", Anything, Null),
    field("transfer_group", Text, Null),
];

fn complete(intent: &mut Document) {
    let succeeded = intent.text("status") == Some("succeeded");
    let received = if succeeded { intent.integer("amount").unwrap_or_default() } else { 0 };
    intent.fill("amount_received", received);
    if intent.list("payment_method_types").is_empty() {
        intent.set("payment_method_types", vec!["card"]);
    }
}
