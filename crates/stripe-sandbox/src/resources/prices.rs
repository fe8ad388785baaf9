//! Prices.

use serde_json::{Value, json};

use crate::auth::Permission;
use crate::call::{Call, Outcome};
use crate::document::Document;
use crate::fields::Holds::{
    Anything, Boolean, Currency, Integer, Metadata, Object, OneOf, Reference, Text, Time,
};
use crate::fields::Otherwise::{self, AccountCurrency, Empty, Now, Null, Required};
use crate::fields::{Field, field};
use crate::kind::{Kind, Shape};
use crate::parameters::{AMOUNT, Accepts, EXPAND, METADATA, Parameter, optional, required};
use crate::refusal::Refusal;
use crate::resources::metadata;

pub(crate) static SHAPE: Shape = Shape {
    section: "prices",
    object: "price",
    spoken: "price",
    path_parameter: "price",
    prefixes: &["price_", "plan_"],
    read: Permission::named(&["rak_plan_read"]),
    fields: FIELDS,
    indexed: &[],
    hidden: &[],
    complete,
};

pub(crate) const CREATE: &[Parameter] = &[
    required("currency", Accepts::Currency),
    optional("unit_amount", AMOUNT),
    optional("product", Accepts::Id(Kind::Product)),
    optional("product_data", Accepts::Fields(PRODUCT_DATA)),
    optional("recurring", Accepts::Fields(RECURRING_DATA)),
    optional("active", Accepts::Boolean),
    optional("nickname", Accepts::Text),
    optional("tax_behavior", Accepts::OneOf(TAX_BEHAVIORS)),
    METADATA,
    EXPAND,
];

pub(crate) const PRODUCT_DATA: &[Parameter] =
    &[required("name", Accepts::Text), optional("active", Accepts::Boolean), METADATA];

pub(crate) const RECURRING_DATA: &[Parameter] = &[
    required("interval", Accepts::OneOf(INTERVALS)),
    optional("interval_count", Accepts::Integer { least: 1, most: 1_095 }),
];

const INTERVALS: &[&str] = &["day", "week", "month", "year"];
const TAX_BEHAVIORS: &[&str] = &["exclusive", "inclusive", "unspecified"];

pub(crate) fn check(parameters: &Document) -> Result<(), Refusal> {
    if !parameters.has("unit_amount") {
        return Err(Refusal::invalid(
            "Prices require an `unit_amount` or `unit_amount_decimal` parameter to be set.",
        ));
    }
    match (parameters.has("product"), parameters.has("product_data")) {
        (true, true) => Err(Refusal::only_one_of("product, product_data", "product")),
        (false, false) => Err(Refusal::invalid(
            "You must specify either `product` or `product_data` when creating a price.",
        )),
        (true, false) | (false, true) => Ok(()),
    }
}

pub(crate) fn create(call: &mut Call<'_>) -> Outcome {
    let terms = call.parameters.clone();
    let price = create_from(call, &terms, "")?;
    call.shown(Kind::Price, &price)
}

/// Creates a price, and its product if only its data are given; inline `price_data` comes here as well. `prefix` is where
/// the terms stand in the request.
pub(crate) fn create_from(call: &mut Call<'_>, terms: &Document, prefix: &str) -> Result<String, Refusal> {
    let product = match terms.text("product") {
        Some(id) => call.named(Kind::Product, id, &within(prefix, "product"))?.id().to_owned(),
        None => create_product(call, terms)?,
    };
    let own = json!({
        "active": terms.at("active").cloned().unwrap_or(Value::Bool(true)),
        "currency": terms.at("currency"),
        "metadata": metadata::given(terms),
        "nickname": terms.at("nickname"),
        "product": product,
        "recurring": terms.at("recurring"),
        "tax_behavior": terms.text("tax_behavior").unwrap_or("unspecified"),
        "unit_amount": terms.at("unit_amount"),
    });
    call.world.create(Kind::Price, own, call.now)
}

fn create_product(call: &mut Call<'_>, terms: &Document) -> Result<String, Refusal> {
    let data = Document::new(terms.object("product_data").cloned().unwrap_or_default());
    let own = json!({
        "active": data.at("active").cloned().unwrap_or(Value::Bool(true)),
        "metadata": metadata::given(&data),
        "name": data.at("name"),
    });
    call.world.create(Kind::Product, own, call.now)
}

fn within(prefix: &str, name: &str) -> String {
    if prefix.is_empty() { name.to_owned() } else { format!("{prefix}[{name}]") }
}

const FIELDS: &[Field] = &[
    field("id", Text, Required),
    field("active", Boolean, Otherwise::Boolean(true)),
    field("billing_scheme", OneOf(&["per_unit", "tiered"]), Otherwise::Text("per_unit")),
    field("created", Time, Now),
    field("currency", Currency, AccountCurrency),
    field("custom_unit_amount", Anything, Null),
    field("lookup_key", Text, Null),
    field("metadata", Metadata, Empty),
    field("nickname", Text, Null),
    field("product", Reference(Kind::Product), Required),
    field("recurring", Object(RECURRING), Null),
    field("tax_behavior", OneOf(TAX_BEHAVIORS), Otherwise::Text("unspecified")),
    field("tiers_mode", Text, Null),
    field("transform_quantity", Anything, Null),
    field("type", OneOf(&["one_time", "recurring"]), Null),
    field("unit_amount", Integer, Null),
    field("unit_amount_decimal", Text, Null),
];

const RECURRING: &[Field] = &[
    field("interval", OneOf(INTERVALS), Required),
    field("interval_count", Integer, Otherwise::Integer(1)),
    field("meter", Text, Null),
    field("trial_period_days", Integer, Null),
    field("usage_type", OneOf(&["licensed", "metered"]), Otherwise::Text("licensed")),
];

fn complete(price: &mut Document) {
    price.fill("type", if price.has("recurring") { "recurring" } else { "one_time" });
    if let Some(amount) = price.integer("unit_amount") {
        price.fill("unit_amount_decimal", amount.to_string());
    }
}
