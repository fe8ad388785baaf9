//! Payment links. A link is tied to nobody and can be used again, unless it restricts the number of completed sessions.

use serde_json::{Map, Value, json};

use crate::auth::Permission;
use crate::call::{Call, Outcome};
use crate::document::Document;
use crate::fields::Holds::{Anything, Boolean, Currency, Integer, Metadata, Object, OneOf, Text, Time};
use crate::fields::Otherwise::{self, Absent, AccountCurrency, Defaults, Empty, Now, Null, Required};
use crate::fields::{Field, envelope, field};
use crate::kind::{Kind, Shape};
use crate::paging::{Listing, equal};
use crate::parameters::{AMOUNT, Accepts, EXPAND, METADATA, Parameter, optional, required};
use crate::refusal::Refusal;
use crate::resources::metadata;
use crate::resources::prices::{self, PRODUCT_DATA, RECURRING_DATA};
use crate::world::token;

pub(crate) const READ: Permission = Permission::named(&["rak_payment_links_read"]);
pub(crate) const WRITE: Permission = Permission::named(&["rak_payment_links_write"]);

pub(crate) static SHAPE: Shape = Shape {
    section: "payment_links",
    object: "payment_link",
    spoken: "payment link",
    path_parameter: "payment_link",
    prefixes: &["plink_"],
    read: READ,
    fields: FIELDS,
    indexed: &[],
    hidden: &["line_items"],
    complete,
};

pub(crate) static LISTING: Listing = Listing {
    kind: Kind::PaymentLink,
    filters: &[equal(optional("active", Accepts::Boolean), "active")],
    within: None,
};

pub(crate) const CREATE: &[Parameter] = &[
    required("line_items", Accepts::List(LINE_ITEM)),
    optional("after_completion", Accepts::Fields(AFTER_COMPLETION_DATA)),
    optional("allow_promotion_codes", Accepts::Boolean),
    optional("customer_creation", Accepts::OneOf(&["always", "if_required"])),
    optional("inactive_message", Accepts::Text),
    optional("payment_intent_data", Accepts::Fields(PAYMENT_INTENT_DATA)),
    optional("restrictions", Accepts::Fields(RESTRICTIONS_DATA)),
    METADATA,
    EXPAND,
];

pub(crate) const UPDATE: &[Parameter] = &[
    optional("active", Accepts::Boolean),
    optional("after_completion", Accepts::Fields(AFTER_COMPLETION_DATA)),
    optional("inactive_message", Accepts::Text),
    optional("restrictions", Accepts::Fields(RESTRICTIONS_DATA)),
    METADATA,
    EXPAND,
];

const LINE_ITEM: &[Parameter] = &[
    optional("price", Accepts::Id(Kind::Price)),
    optional("price_data", Accepts::Fields(PRICE_DATA)),
    required("quantity", Accepts::Integer { least: 1, most: 999_999 }),
];
const PRICE_DATA: &[Parameter] = &[
    required("currency", Accepts::Currency),
    optional("product", Accepts::Id(Kind::Product)),
    optional("product_data", Accepts::Fields(PRODUCT_DATA)),
    optional("recurring", Accepts::Fields(RECURRING_DATA)),
    required("unit_amount", AMOUNT),
];
const RESTRICTIONS_DATA: &[Parameter] =
    &[required("completed_sessions", Accepts::Fields(COMPLETED_SESSIONS_DATA))];
const COMPLETED_SESSIONS_DATA: &[Parameter] =
    &[required("limit", Accepts::Integer { least: 1, most: 1_000_000 })];
const PAYMENT_INTENT_DATA: &[Parameter] = &[optional("description", Accepts::Text), METADATA];
const AFTER_COMPLETION_DATA: &[Parameter] = &[
    required("type", Accepts::OneOf(COMPLETIONS)),
    optional("redirect", Accepts::Fields(&[required("url", Accepts::Text)])),
    optional("hosted_confirmation", Accepts::Fields(&[optional("custom_message", Accepts::Text)])),
];
const COMPLETIONS: &[&str] = &["hosted_confirmation", "redirect"];

pub(crate) fn check(parameters: &Document) -> Result<(), Refusal> {
    for (position, item) in parameters.list("line_items").iter().enumerate() {
        let name = |field: &str| format!("line_items[{position}][{field}]");
        match (item.get("price"), item.get("price_data")) {
            (Some(_), Some(_)) => return Err(Refusal::only_one_of("price, price_data", &name("price"))),
            (None, None) => return Err(Refusal::missing_parameter(&name("price"))),
            (Some(_), None) => {}
            (None, Some(data)) if data.get("product").is_some() == data.get("product_data").is_some() => {
                return Err(Refusal::invalid("You must specify either `product` or `product_data`.")
                    .with_param(name("price_data")));
            }
            (None, Some(_)) => {}
        }
    }
    if parameters.list("line_items").is_empty() {
        return Err(Refusal::missing_parameter("line_items"));
    }
    Ok(())
}

pub(crate) fn create(call: &mut Call<'_>) -> Outcome {
    let items = line_items(call)?;
    let currency = items.first().and_then(|item| item.get("currency")).cloned().unwrap_or_default();
    let mut own = Document::default();
    own.set("currency", currency);
    own.set("line_items", envelope(items));
    own.set("metadata", metadata::given(call.parameters));
    set_terms(&mut own, call.parameters);
    for name in ["allow_promotion_codes", "customer_creation", "payment_intent_data"] {
        if let Some(value) = call.parameters.at(name) {
            own.set(name, value.clone());
        }
    }
    own.set("url", url(call));
    let id = call.world.create(Kind::PaymentLink, own.without(&[]), call.now)?;
    call.shown(Kind::PaymentLink, &id)
}

pub(crate) fn update(call: &mut Call<'_>) -> Outcome {
    call.in_path(Kind::PaymentLink)?;
    let (id, parameters) = (call.id, call.parameters);
    call.world.change(Kind::PaymentLink, id, |link| {
        metadata::merge(link, parameters);
        set_terms(link, parameters);
        if let Some(active) = parameters.at("active") {
            link.set("active", active.clone());
        }
    });
    call.shown(Kind::PaymentLink, id)
}

/// What can be said at creation and later alike.
fn set_terms(link: &mut Document, parameters: &Document) {
    if let Some(limit) = parameters.integer("restrictions.completed_sessions.limit") {
        let count = link.integer("restrictions.completed_sessions.count").unwrap_or_default();
        link.set("restrictions", json!({"completed_sessions": {"count": count, "limit": limit}}));
    }
    if let Some(completion) = parameters.at("after_completion") {
        link.set("after_completion", completion.clone());
    }
    if let Some(message) = parameters.at("inactive_message") {
        link.set("inactive_message", message.clone());
    }
}

fn line_items(call: &mut Call<'_>) -> Result<Vec<Value>, Refusal> {
    let parameters = call.parameters;
    let mut items = Vec::new();
    for (position, asked) in parameters.list("line_items").iter().enumerate() {
        let price = price(call, asked, position)?;
        let quantity = asked.get("quantity").and_then(Value::as_i64).unwrap_or(1);
        let amount = price.integer("unit_amount").unwrap_or_default().saturating_mul(quantity);
        items.push(json!({
            "id": call.world.mint("li_"),
            "object": "item",
            "amount_subtotal": amount,
            "amount_total": amount,
            "currency": price.at("currency"),
            "price": price.without(&[]),
            "quantity": quantity,
        }));
    }
    Ok(items)
}

/// The price a line names, which must be active, or the one its `price_data` makes.
fn price(call: &mut Call<'_>, asked: &Value, position: usize) -> Result<Document, Refusal> {
    let name = |field: &str| format!("line_items[{position}][{field}]");
    let Some(id) = asked.get("price").and_then(Value::as_str) else {
        let data: Map<String, Value> =
            asked.get("price_data").and_then(Value::as_object).cloned().unwrap_or_default();
        let id = prices::create_from(call, &Document::new(data), &name("price_data"))?;
        return call.named(Kind::Price, &id, &name("price_data")).cloned();
    };
    let price = call.named(Kind::Price, id, &name("price"))?;
    if !price.is("active") {
        return Err(Refusal::invalid(
            "The price specified is inactive. This field only accepts active prices.",
        )
        .with_param(name("price")));
    }
    Ok(price.clone())
}

fn url(call: &mut Call<'_>) -> String {
    let links = call.world.table(Kind::PaymentLink).map_or(0, crate::world::Table::len);
    let number = u64::try_from(links).unwrap_or_default() + 1;
    format!("https://buy.stripe.com/{}{}", call.world.mode.link_prefix(), token(number, 16))
}

fn complete(link: &mut Document) {
    let url = format!("/v1/payment_links/{}/line_items", link.id());
    link.complete_list("line_items", url, |_, _| {});
}

const FIELDS: &[Field] = &[
    field("id", Text, Required),
    field("active", Boolean, Otherwise::Boolean(true)),
    field("after_completion", Object(AFTER_COMPLETION), Defaults),
    field("allow_promotion_codes", Boolean, Otherwise::Boolean(false)),
    field("application", Text, Null),
    field("automatic_tax", Anything, Null),
    field("billing_address_collection", Text, Otherwise::Text("auto")),
    field("created", Time, Now),
    field("currency", Currency, AccountCurrency),
    field("custom_text", Anything, Null),
    field("customer_creation", Text, Otherwise::Text("if_required")),
    field("inactive_message", Text, Null),
    field("invoice_creation", Anything, Null),
    field("line_items", Anything, Empty),
    field("metadata", Metadata, Empty),
    field("on_behalf_of", Text, Null),
    field("payment_intent_data", Anything, Null),
    field("payment_method_collection", Text, Otherwise::Text("always")),
    field("payment_method_types", Anything, Null),
    field("restrictions", Object(RESTRICTIONS), Null),
    field("submit_type", Text, Otherwise::Text("auto")),
    field("subscription_data", Anything, Null),
    field("transfer_data", Anything, Null),
    field("url", Text, Required),
];

const AFTER_COMPLETION: &[Field] = &[
    field("hosted_confirmation", Anything, Absent),
    field("redirect", Anything, Absent),
    field("type", OneOf(COMPLETIONS), Otherwise::Text("hosted_confirmation")),
];
const RESTRICTIONS: &[Field] = &[field("completed_sessions", Object(COMPLETED_SESSIONS), Required)];
const COMPLETED_SESSIONS: &[Field] =
    &[field("count", Integer, Otherwise::Integer(0)), field("limit", Integer, Required)];
