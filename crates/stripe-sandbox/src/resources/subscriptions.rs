//! Subscriptions. The billing period is on the items, since 2025-03-31.

use serde_json::{Value, json};

use crate::auth::Permission;
use crate::call::{Call, Outcome};
use crate::document::Document;
use crate::fields::Holds::{
    Anything, Boolean, Currency, Embedded, Envelope, Integer, List, Metadata, Object, OneOf, Reference, Text,
    Time,
};
use crate::fields::Otherwise::{self, AccountCurrency, Defaults, Empty, Now, Null, Required};
use crate::fields::{Field, field};
use crate::kind::{Kind, Shape};
use crate::paging::{CREATED, Filter, Keeps, Listing, equal};
use crate::parameters::{Accepts, EXPAND, METADATA, Parameter, optional};
use crate::refusal::Refusal;
use crate::resources::metadata;
use crate::search::{Searching, number, token};

pub(crate) static SHAPE: Shape = Shape {
    section: "subscriptions",
    object: "subscription",
    spoken: "subscription",
    path_parameter: "id",
    prefixes: &["sub_"],
    read: Permission::named(&["rak_subscription_read"]),
    fields: FIELDS,
    indexed: &["customer"],
    hidden: &[],
    complete,
};

pub(crate) static LISTING: Listing = Listing {
    kind: Kind::Subscription,
    filters: &[
        equal(optional("customer", Accepts::Id(Kind::Customer)), "customer"),
        Filter { parameter: optional("status", Accepts::OneOf(ASKABLE)), keeps: Keeps::Judged(has_status) },
        Filter { parameter: optional("price", Accepts::Id(Kind::Price)), keeps: Keeps::Judged(has_price) },
        equal(optional("collection_method", Accepts::OneOf(COLLECTION_METHODS)), "collection_method"),
        CREATED,
    ],
    within: None,
};

pub(crate) static SEARCH: Searching = Searching {
    kind: Kind::Subscription,
    fields: &[number("created"), number("canceled_at"), token("status")],
};

pub(crate) const UPDATE: &[Parameter] = &[
    optional("cancel_at_period_end", Accepts::Boolean),
    optional("cancellation_details", Accepts::Fields(CANCELLATION)),
    METADATA,
    EXPAND,
];

const CANCELLATION: &[Parameter] =
    &[optional("comment", Accepts::Text), optional("feedback", Accepts::OneOf(FEEDBACK))];

pub(crate) fn update(call: &mut Call<'_>) -> Outcome {
    refuse_cancelling(call.in_path(Kind::Subscription)?, call.parameters)?;
    let (id, parameters, now) = (call.id, call.parameters, call.now);
    call.world.change(Kind::Subscription, id, |subscription| {
        metadata::merge(subscription, parameters);
        note_details(subscription, parameters);
        match parameters.at("cancel_at_period_end").and_then(Value::as_bool) {
            Some(true) if !subscription.is("cancel_at_period_end") => cancel_at_period_end(subscription, now),
            Some(false) => keep_going(subscription),
            Some(true) | None => {}
        }
    });
    call.shown(Kind::Subscription, id)
}

fn refuse_cancelling(subscription: &Document, parameters: &Document) -> Result<(), Refusal> {
    if !parameters.has("cancel_at_period_end") {
        return Ok(());
    }
    if matches!(subscription.text("status"), Some("canceled" | "incomplete_expired")) {
        return Err(Refusal::invalid(
            "A canceled subscription can only update its cancellation_details and metadata.",
        )
        .with_code("invalid_canceled_subscription_fields"));
    }
    match subscription.text("schedule") {
        Some(schedule) => Err(Refusal::invalid(format!(
            "The subscription is managed by the subscription schedule `{schedule}`, and updating any cancelation behavior \
             directly is not allowed. Please update the schedule instead."
        ))),
        None => Ok(()),
    }
}

/// Ends with its last period: items with different intervals have different ends. A trial ends when it ends.
fn cancel_at_period_end(subscription: &mut Document, now: i64) {
    let trial_end = subscription.integer("trial_end").filter(|end| *end > now);
    let items = subscription.list("items.data").iter();
    let last = items.filter_map(|item| item.get("current_period_end")?.as_i64()).max();
    subscription.set("cancel_at_period_end", true);
    subscription.set("cancel_at", json!(trial_end.or(last)));
    subscription.set("canceled_at", now);
    if let Some(details) = subscription.inner_mut("cancellation_details").and_then(Value::as_object_mut) {
        details.insert("reason".to_owned(), json!("cancellation_requested"));
    }
}

fn keep_going(subscription: &mut Document) {
    subscription.set("cancel_at_period_end", false);
    subscription.set("cancel_at", Value::Null);
    subscription.set("canceled_at", Value::Null);
    if let Some(details) = subscription.inner_mut("cancellation_details").and_then(Value::as_object_mut) {
        details.insert("reason".to_owned(), Value::Null);
    }
}

fn note_details(subscription: &mut Document, parameters: &Document) {
    let Some(given) = parameters.object("cancellation_details") else { return };
    if let Some(details) = subscription.inner_mut("cancellation_details").and_then(Value::as_object_mut) {
        details.extend(given.clone());
    }
}

/// Without a status, everything that was not canceled.
fn has_status(subscription: &Document, wanted: Option<&Value>) -> bool {
    let status = subscription.text("status").unwrap_or_default();
    match wanted.and_then(Value::as_str) {
        None => status != "canceled",
        Some("all") => true,
        Some("ended") => matches!(status, "canceled" | "incomplete_expired"),
        Some(wanted) => status == wanted,
    }
}

fn has_price(subscription: &Document, wanted: Option<&Value>) -> bool {
    let Some(wanted) = wanted else { return true };
    subscription.list("items.data").iter().any(|item| item.pointer("/price/id") == Some(wanted))
}

const STATUSES: &[&str] =
    &["active", "past_due", "unpaid", "canceled", "incomplete", "incomplete_expired", "trialing", "paused"];
const ASKABLE: &[&str] = &[
    "active",
    "past_due",
    "unpaid",
    "canceled",
    "incomplete",
    "incomplete_expired",
    "trialing",
    "paused",
    "all",
    "ended",
];
const COLLECTION_METHODS: &[&str] = &["charge_automatically", "send_invoice"];
const FEEDBACK: &[&str] = &[
    "customer_service",
    "low_quality",
    "missing_features",
    "other",
    "switched_service",
    "too_complex",
    "too_expensive",
    "unused",
];

const FIELDS: &[Field] = &[
    field("id", Text, Required),
    field("application", Text, Null),
    field("automatic_tax", Anything, Null),
    field("billing_cycle_anchor", Time, Null),
    field("billing_mode", Anything, Null),
    field("billing_thresholds", Anything, Null),
    field("cancel_at", Time, Null),
    field("cancel_at_period_end", Boolean, Otherwise::Boolean(false)),
    field("canceled_at", Time, Null),
    field("cancellation_details", Object(CANCELLATION_DETAILS), Defaults),
    field("collection_method", OneOf(COLLECTION_METHODS), Otherwise::Text("charge_automatically")),
    field("created", Time, Now),
    field("currency", Currency, AccountCurrency),
    field("customer", Reference(Kind::Customer), Required),
    field("days_until_due", Integer, Null),
    field("default_payment_method", Reference(Kind::PaymentMethod), Null),
    field("default_source", Text, Null),
    field("default_tax_rates", List, Empty),
    field("description", Text, Null),
    field("discounts", List, Empty),
    field("ended_at", Time, Null),
    field("items", Envelope(ITEM), Required),
    field("latest_invoice", Reference(Kind::Invoice), Null),
    field("metadata", Metadata, Empty),
    field("next_pending_invoice_item_invoice", Time, Null),
    field("on_behalf_of", Text, Null),
    field("pause_collection", Anything, Null),
    field("payment_settings", Anything, Null),
    field("pending_setup_intent", Text, Null),
    field("pending_update", Anything, Null),
    field("schedule", Text, Null),
    field("start_date", Time, Null),
    field("status", OneOf(STATUSES), Otherwise::Text("active")),
    field("test_clock", Text, Null),
    field("transfer_data", Anything, Null),
    field("trial_end", Time, Null),
    field("trial_settings", Anything, Null),
    field("trial_start", Time, Null),
];

const CANCELLATION_DETAILS: &[Field] =
    &[field("comment", Text, Null), field("feedback", OneOf(FEEDBACK), Null), field("reason", Text, Null)];

const ITEM: &[Field] = &[
    field("id", Text, Null),
    field("billing_thresholds", Anything, Null),
    field("created", Time, Null),
    field("current_period_end", Time, Required),
    field("current_period_start", Time, Null),
    field("discounts", List, Empty),
    field("metadata", Metadata, Empty),
    field("price", Embedded(Kind::Price), Required),
    field("quantity", Integer, Otherwise::Integer(1)),
    field("tax_rates", List, Empty),
];

fn complete(subscription: &mut Document) {
    let created = subscription.integer("created").unwrap_or_default();
    let id = subscription.id().to_owned();
    let ending = subscription.is("cancel_at_period_end");
    let mut last = None;
    subscription.complete_list(
        "items",
        format!("/v1/subscription_items?subscription={id}"),
        |position, item| {
            complete_item(item, &id, position, created);
            last = last.max(item.integer("current_period_end"));
        },
    );
    subscription.fill("start_date", created);
    subscription.fill("billing_cycle_anchor", created);
    if ending {
        subscription.fill("cancel_at", json!(last));
        subscription.fill("canceled_at", created);
    }
}

fn complete_item(item: &mut Document, subscription: &str, position: usize, created: i64) {
    let stem = subscription.trim_start_matches("sub_");
    item.fill("id", format!("si_{stem}{position}"));
    item.set("object", "subscription_item");
    item.set("subscription", subscription);
    item.fill("created", created);
    let end = item.integer("current_period_end").unwrap_or_default();
    let start = end - period_seconds(item);
    item.fill("current_period_start", start);
}

/// About one billing period; a month counts 30 days and a year 365.
fn period_seconds(item: &Document) -> i64 {
    let days = match item.text("price.recurring.interval") {
        Some("day") => 1,
        Some("week") => 7,
        Some("year") => 365,
        _ => 30,
    };
    days * 86_400 * item.integer("price.recurring.interval_count").unwrap_or(1)
}
