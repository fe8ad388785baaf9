//! Invoice payments: which payment paid which invoice. Invoices themselves do not say it any more.

use crate::auth::Permission;
use crate::document::Document;
use crate::fields::Holds::{Boolean, Currency, Integer, Object, OneOf, Reference, Text, Time};
use crate::fields::Otherwise::{self, Absent, AccountCurrency, Defaults, Now, Null, Required};
use crate::fields::{Field, field};
use crate::kind::{Kind, Shape};
use crate::paging::{CREATED, Filter, Keeps, Listing, equal};
use crate::parameters::{Accepts, Parameter, optional, required};

use serde_json::Value;

pub(crate) static SHAPE: Shape = Shape {
    section: "invoice_payments",
    object: "invoice_payment",
    spoken: "invoice payment",
    path_parameter: "invoice_payment",
    prefixes: &["inpay_"],
    read: Permission::named(&["rak_invoice_read"]),
    fields: FIELDS,
    indexed: &["invoice"],
    hidden: &[],
    complete,
};

pub(crate) static LISTING: Listing = Listing {
    kind: Kind::InvoicePayment,
    filters: &[
        equal(optional("invoice", Accepts::Id(Kind::Invoice)), "invoice"),
        equal(optional("status", Accepts::OneOf(STATUSES)), "status"),
        Filter {
            parameter: optional("payment", Accepts::Fields(PAYMENT_FILTER)),
            keeps: Keeps::Judged(is_payment),
        },
        CREATED,
    ],
    within: None,
};

const PAYMENT_FILTER: &[Parameter] =
    &[required("type", Accepts::OneOf(PAYMENT_TYPES)), optional("payment_intent", Accepts::Text)];

/// `payment[type]`, and `payment[payment_intent]` if it is given.
fn is_payment(document: &Document, wanted: Option<&Value>) -> bool {
    let Some(wanted) = wanted else { return true };
    let same = |name: &str| {
        let asked = wanted.get(name);
        asked.is_none() || asked == document.at("payment").and_then(|payment| payment.get(name))
    };
    same("type") && same("payment_intent")
}

const STATUSES: &[&str] = &["canceled", "open", "paid"];
const PAYMENT_TYPES: &[&str] = &["charge", "payment_intent", "payment_record"];

const FIELDS: &[Field] = &[
    field("id", Text, Required),
    field("amount_paid", Integer, Null),
    field("amount_requested", Integer, Required),
    field("created", Time, Now),
    field("currency", Currency, AccountCurrency),
    field("invoice", Reference(Kind::Invoice), Required),
    field("is_default", Boolean, Otherwise::Boolean(true)),
    field("payment", Object(PAYMENT), Required),
    field("status", OneOf(STATUSES), Otherwise::Text("paid")),
    field("status_transitions", Object(STATUS_TRANSITIONS), Defaults),
];

const PAYMENT: &[Field] = &[
    field("charge", Reference(Kind::Charge), Absent),
    field("payment_intent", Reference(Kind::PaymentIntent), Absent),
    field("type", OneOf(PAYMENT_TYPES), Otherwise::Text("payment_intent")),
];

const STATUS_TRANSITIONS: &[Field] = &[field("canceled_at", Time, Null), field("paid_at", Time, Null)];

fn complete(payment: &mut Document) {
    if payment.text("status") == Some("paid") {
        payment.fill("amount_paid", payment.integer("amount_requested").unwrap_or_default());
    }
}
