//! Payment methods.

use crate::auth::Permission;
use crate::fields::Holds::{Anything, Integer, Metadata, Object, OneOf, Reference, Text, Time};
use crate::fields::Otherwise::{self, Absent, Defaults, Empty, Now, Null, Required};
use crate::fields::{Field, field};
use crate::kind::{Kind, Shape, nothing_derived};
use crate::paging::{Filter, Listing, equal};
use crate::parameters::{Accepts, optional};

pub(crate) static SHAPE: Shape = Shape {
    section: "payment_methods",
    object: "payment_method",
    spoken: "PaymentMethod",
    path_parameter: "payment_method",
    prefixes: &["pm_", "card_", "src_"],
    read: Permission::named(&["rak_payment_method_read"]),
    fields: FIELDS,
    indexed: &["customer"],
    hidden: &[],
    complete: nothing_derived,
};

pub(crate) static LISTING: Listing = Listing {
    kind: Kind::PaymentMethod,
    filters: &[equal(optional("customer", Accepts::Id(Kind::Customer)), "customer"), BY_TYPE],
    within: None,
};

pub(crate) static LISTING_OF_CUSTOMER: Listing =
    Listing { kind: Kind::PaymentMethod, filters: &[BY_TYPE], within: Some((Kind::Customer, "customer")) };

const BY_TYPE: Filter = equal(optional("type", Accepts::OneOf(TYPES)), "type");

pub(crate) const TYPES: &[&str] = &[
    "card",
    "sepa_debit",
    "paypal",
    "link",
    "us_bank_account",
    "bancontact",
    "ideal",
    "klarna",
    "sofort",
    "giropay",
    "customer_balance",
    "bacs_debit",
    "acss_debit",
    "au_becs_debit",
    "amazon_pay",
    "revolut_pay",
];

const FIELDS: &[Field] = &[
    field("id", Text, Required),
    field("allow_redisplay", OneOf(&["always", "limited", "unspecified"]), Otherwise::Text("unspecified")),
    field("billing_details", Object(BILLING_DETAILS), Defaults),
    field("card", Object(CARD), Absent),
    field("created", Time, Now),
    field("customer", Reference(Kind::Customer), Null),
    field("metadata", Metadata, Empty),
    field("paypal", Anything, Absent),
    field("sepa_debit", Anything, Absent),
    field("type", OneOf(TYPES), Otherwise::Text("card")),
    field("us_bank_account", Anything, Absent),
];

pub(crate) const BILLING_DETAILS: &[Field] = &[
    field("address", Anything, Null),
    field("email", Text, Null),
    field("name", Text, Null),
    field("phone", Text, Null),
    field("tax_id", Text, Null),
];

/// What is told of a card, here and in the details of a charge.
pub(crate) const CARD: &[Field] = &[
    field("authorization_code", Text, Absent),
    field("brand", Text, Otherwise::Text("visa")),
    field("checks", Anything, Null),
    field("country", Text, Otherwise::Text("US")),
    field("display_brand", Text, Absent),
    field("exp_month", Integer, Required),
    field("exp_year", Integer, Required),
    field("fingerprint", Text, Null),
    field("funding", OneOf(&["credit", "debit", "prepaid", "unknown"]), Otherwise::Text("credit")),
    field("generated_from", Anything, Absent),
    field("last4", Text, Required),
    field("network", Text, Absent),
    field("networks", Anything, Absent),
    field("regulated_status", Text, Absent),
    field("three_d_secure", Anything, Absent),
    field("three_d_secure_usage", Anything, Absent),
    field("wallet", Anything, Null),
];
