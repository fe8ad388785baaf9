//! Invoices. Since 2025-03-31 they name neither charge nor payment intent nor subscription: see invoice payments and
//! `parent.subscription_details`.

use serde_json::json;

use crate::auth::Permission;
use crate::document::Document;
use crate::fields::Holds::{
    Anything, Boolean, Currency, Embedded, Envelope, Integer, Metadata, Object, OneOf, Reference, Text, Time,
};
use crate::fields::Otherwise::{
    self, Absent, AccountCountry, AccountCurrency, Defaults, Empty, Now, Null, Required,
};
use crate::fields::{Field, field};
use crate::kind::{Kind, Shape};
use crate::paging::{CREATED, Filter, Keeps, Listing, equal};
use crate::parameters::{Accepts, optional};
use crate::search::{Searching, number, token};

pub(crate) static SHAPE: Shape = Shape {
    section: "invoices",
    object: "invoice",
    spoken: "invoice",
    path_parameter: "invoice",
    prefixes: &["in_"],
    read: Permission::named(&["rak_invoice_read"]),
    fields: FIELDS,
    indexed: &["customer", "number"],
    hidden: &[],
    complete,
};

pub(crate) static LISTING: Listing = Listing {
    kind: Kind::Invoice,
    filters: &[
        equal(optional("customer", Accepts::Id(Kind::Customer)), "customer"),
        equal(optional("status", Accepts::OneOf(STATUSES)), "status"),
        equal(
            optional("subscription", Accepts::Id(Kind::Subscription)),
            "parent.subscription_details.subscription",
        ),
        equal(optional("collection_method", Accepts::OneOf(COLLECTION_METHODS)), "collection_method"),
        CREATED,
        Filter { parameter: optional("due_date", Accepts::Times), keeps: Keeps::Within("due_date") },
    ],
    within: None,
};

pub(crate) static SEARCH: Searching = Searching {
    kind: Kind::Invoice,
    fields: &[
        number("created"),
        token("currency"),
        token("customer"),
        token("number"),
        token("receipt_number"),
        token("status"),
        number("total"),
    ],
};

const STATUSES: &[&str] = &["draft", "open", "paid", "uncollectible", "void"];
const COLLECTION_METHODS: &[&str] = &["charge_automatically", "send_invoice"];

const FIELDS: &[Field] = &[
    field("id", Text, Required),
    field("account_country", Text, AccountCountry),
    field("account_name", Text, Null),
    field("amount_due", Integer, Null),
    field("amount_overpaid", Integer, Otherwise::Integer(0)),
    field("amount_paid", Integer, Null),
    field("amount_remaining", Integer, Null),
    field("amount_shipping", Integer, Otherwise::Integer(0)),
    field("attempt_count", Integer, Otherwise::Integer(0)),
    field("attempted", Boolean, Otherwise::Boolean(false)),
    field("auto_advance", Boolean, Otherwise::Boolean(false)),
    field("automatic_tax", Anything, Null),
    field("automatically_finalizes_at", Time, Null),
    field("billing_reason", Text, Otherwise::Text("manual")),
    field("collection_method", OneOf(COLLECTION_METHODS), Otherwise::Text("charge_automatically")),
    field("created", Time, Now),
    field("currency", Currency, AccountCurrency),
    field("custom_fields", Anything, Null),
    field("customer", Reference(Kind::Customer), Required),
    field("customer_address", Anything, Null),
    field("customer_email", Text, Null),
    field("customer_name", Text, Null),
    field("customer_phone", Text, Null),
    field("customer_shipping", Anything, Null),
    field("customer_tax_exempt", Text, Otherwise::Text("none")),
    field("default_payment_method", Reference(Kind::PaymentMethod), Null),
    field("description", Text, Null),
    field("due_date", Time, Null),
    field("effective_at", Time, Null),
    field("ending_balance", Integer, Null),
    field("footer", Text, Null),
    field("hosted_invoice_url", Text, Null),
    field("invoice_pdf", Text, Null),
    field("last_finalization_error", Anything, Null),
    field("lines", Envelope(LINE), Empty),
    field("metadata", Metadata, Empty),
    field("next_payment_attempt", Time, Null),
    field("number", Text, Null),
    field("parent", Object(PARENT), Null),
    field("payment_settings", Anything, Null),
    field("period_end", Time, Null),
    field("period_start", Time, Null),
    field("receipt_number", Text, Null),
    field("starting_balance", Integer, Otherwise::Integer(0)),
    field("statement_descriptor", Text, Null),
    field("status", OneOf(STATUSES), Required),
    field("status_transitions", Object(STATUS_TRANSITIONS), Defaults),
    field("subtotal", Integer, Null),
    field("total", Integer, Required),
    field("total_discount_amounts", Anything, Null),
    field("total_excluding_tax", Integer, Null),
    field("total_taxes", Anything, Null),
    field("webhooks_delivered_at", Time, Null),
];

const PARENT: &[Field] = &[
    field("quote_details", Anything, Null),
    field("subscription_details", Object(SUBSCRIPTION_DETAILS), Null),
    field("type", OneOf(&["subscription_details", "quote_details"]), Otherwise::Text("subscription_details")),
];

const SUBSCRIPTION_DETAILS: &[Field] =
    &[field("metadata", Metadata, Empty), field("subscription", Reference(Kind::Subscription), Required)];

const STATUS_TRANSITIONS: &[Field] = &[
    field("finalized_at", Time, Null),
    field("marked_uncollectible_at", Time, Null),
    field("paid_at", Time, Null),
    field("voided_at", Time, Null),
];

const LINE: &[Field] = &[
    field("id", Text, Absent),
    field("amount", Integer, Required),
    field("currency", Currency, AccountCurrency),
    field("description", Text, Null),
    field("discountable", Boolean, Otherwise::Boolean(true)),
    field("metadata", Metadata, Empty),
    field("parent", Anything, Null),
    field("period", Object(PERIOD), Absent),
    field("price", Embedded(Kind::Price), Absent),
    field("pricing", Anything, Null),
    field("quantity", Integer, Otherwise::Integer(1)),
];

const PERIOD: &[Field] = &[field("end", Time, Required), field("start", Time, Required)];

fn complete(invoice: &mut Document) {
    let total = invoice.integer("total").unwrap_or_default();
    let paid = invoice.text("status") == Some("paid");
    let draft = invoice.text("status") == Some("draft");
    invoice.fill("subtotal", total);
    invoice.fill("amount_due", total.max(0));
    let due = invoice.integer("amount_due").unwrap_or_default();
    invoice.fill("amount_paid", if paid { due } else { 0 });
    let left = due - invoice.integer("amount_paid").unwrap_or_default();
    invoice.fill("amount_remaining", left);
    let created = invoice.integer("created").unwrap_or_default();
    for edge in ["period_start", "period_end"] {
        invoice.fill(edge, created);
    }
    for list in ["total_discount_amounts", "total_taxes"] {
        invoice.fill(list, json!([]));
    }
    complete_lines(invoice);
    if !draft {
        publish(invoice, created);
    }
    if paid {
        date_transition(invoice, "paid_at", created);
    }
}

fn complete_lines(invoice: &mut Document) {
    let (id, live) = (invoice.id().to_owned(), invoice.is("livemode"));
    let stem = id.trim_start_matches("in_").to_owned();
    invoice.complete_list("lines", format!("/v1/invoices/{id}/lines"), |position, line| {
        line.fill("id", format!("il_{stem}{position}"));
        line.set("object", "line_item");
        line.set("invoice", id.clone());
        line.set("livemode", live);
    });
}

/// A finalized invoice has pages of its own.
fn publish(invoice: &mut Document, finalized_at: i64) {
    let prefix = if invoice.is("livemode") { "live_" } else { "test_" };
    let page = format!("https://invoice.stripe.com/i/{prefix}{}", invoice.id());
    let pdf = format!("https://pay.stripe.com/invoice/{prefix}{}/pdf?s=ap", invoice.id());
    invoice.fill("hosted_invoice_url", page);
    invoice.fill("invoice_pdf", pdf);
    invoice.fill("effective_at", finalized_at);
    date_transition(invoice, "finalized_at", finalized_at);
}

fn date_transition(invoice: &mut Document, name: &str, at: i64) {
    let transition =
        invoice.inner_mut("status_transitions").and_then(|transitions| transitions.get_mut(name));
    if let Some(transition) = transition.filter(|transition| transition.is_null()) {
        *transition = json!(at);
    }
}
