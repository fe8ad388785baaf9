//! Customers. A deleted one is only a tombstone: its id answers with `deleted: true`, and no list or search has it.

use crate::auth::Permission;
use crate::document::Document;
use crate::fields::Holds::{
    Anything, Boolean, Currency, Integer, Metadata, Object, OneOf, Reference, Text, Texts, Time,
};
use crate::fields::Otherwise::{self, Absent, Defaults, Empty, Now, Null, Required};
use crate::fields::{Field, field};
use crate::kind::{Kind, Shape};
use crate::paging::{CREATED, Listing, equal};
use crate::parameters::{Accepts, optional};
use crate::search::{Searching, number, part};

pub(crate) static SHAPE: Shape = Shape {
    section: "customers",
    object: "customer",
    spoken: "customer",
    path_parameter: "id",
    prefixes: &["cus_"],
    read: Permission::named(&["rak_customer_read"]),
    fields: FIELDS,
    indexed: &["email"],
    hidden: &[],
    complete,
};

/// The address filter is exact, and letters are compared with their case.
pub(crate) static LISTING: Listing = Listing {
    kind: Kind::Customer,
    filters: &[equal(optional("email", Accepts::Text), "email"), CREATED],
    within: None,
};

pub(crate) static SEARCH: Searching = Searching {
    kind: Kind::Customer,
    fields: &[number("created"), part("email"), part("name"), part("phone")],
};

const FIELDS: &[Field] = &[
    field("id", Text, Required),
    field("address", Anything, Null),
    field("balance", Integer, Otherwise::Integer(0)),
    field("business_name", Text, Absent),
    field("created", Time, Now),
    field("currency", Currency, Null),
    field("default_source", Text, Null),
    field("deleted", Boolean, Absent),
    field("delinquent", Boolean, Otherwise::Boolean(false)),
    field("description", Text, Null),
    field("discount", Anything, Null),
    field("email", Text, Null),
    field("individual_name", Text, Absent),
    field("invoice_prefix", Text, Null),
    field("invoice_settings", Object(INVOICE_SETTINGS), Defaults),
    field("metadata", Metadata, Empty),
    field("name", Text, Null),
    field("next_invoice_sequence", Integer, Otherwise::Integer(1)),
    field("phone", Text, Null),
    field("preferred_locales", Texts, Empty),
    field("shipping", Anything, Null),
    field("tax_exempt", OneOf(&["none", "exempt", "reverse"]), Otherwise::Text("none")),
    field("test_clock", Text, Null),
];

const INVOICE_SETTINGS: &[Field] = &[
    field("custom_fields", Anything, Null),
    field("default_payment_method", Reference(Kind::PaymentMethod), Null),
    field("footer", Text, Null),
    field("rendering_options", Anything, Null),
];

fn complete(customer: &mut Document) {
    if customer.is("deleted") {
        customer.keep_only(&["id", "object", "deleted"]);
    }
}
