//! Products: they give prices and invoice lines their names. The API side of them is not offered.

use crate::auth::Permission;
use crate::fields::Holds::{Anything, Boolean, Metadata, Text, Texts, Time};
use crate::fields::Otherwise::{self, Empty, Now, Null, Required};
use crate::fields::{Field, field};
use crate::kind::{Shape, nothing_derived};

pub(crate) static SHAPE: Shape = Shape {
    section: "products",
    object: "product",
    spoken: "product",
    path_parameter: "id",
    prefixes: &["prod_"],
    read: Permission::named(&["rak_product_read"]),
    fields: FIELDS,
    indexed: &[],
    hidden: &[],
    complete: nothing_derived,
};

const FIELDS: &[Field] = &[
    field("id", Text, Required),
    field("active", Boolean, Otherwise::Boolean(true)),
    field("created", Time, Now),
    field("default_price", Text, Null),
    field("description", Text, Null),
    field("images", Texts, Empty),
    field("metadata", Metadata, Empty),
    field("name", Text, Required),
    field("package_dimensions", Anything, Null),
    field("shippable", Boolean, Null),
    field("statement_descriptor", Text, Null),
    field("tax_code", Text, Null),
    field("unit_label", Text, Null),
    field("updated", Time, Now),
    field("url", Text, Null),
];
