//! Disputes. The API side of them is not offered; they decide whether a charge can be refunded.

use crate::auth::Permission;
use crate::document::Document;
use crate::fields::Holds::{Anything, Boolean, Currency, Integer, Metadata, OneOf, Reference, Text, Time};
use crate::fields::Otherwise::{self, AccountCurrency, Empty, Now, Null, Required};
use crate::fields::{Field, field};
use crate::kind::{Kind, Shape, nothing_derived};
use crate::world::World;

pub(crate) static SHAPE: Shape = Shape {
    section: "disputes",
    object: "dispute",
    spoken: "dispute",
    path_parameter: "id",
    prefixes: &["dp_", "du_"],
    read: Permission::named(&["rak_dispute_read"]),
    fields: FIELDS,
    indexed: &["charge"],
    hidden: &[],
    complete: nothing_derived,
};

/// Whether the money was taken back: disputed, and not only an inquiry (`warning_…`). A charge that is marked as disputed
/// without a dispute in the seed counts as charged back.
pub(crate) fn charged_back(world: &World, charge: &Document) -> bool {
    if !charge.is("disputed") {
        return false;
    }
    let Some(table) = world.table(Kind::Dispute) else { return true };
    let positions = table.indexed(&SHAPE, "charge", charge.id()).unwrap_or_default().iter();
    let mut disputes = positions
        .filter_map(|position| table.row(*position))
        .filter(|row| row.document.text("charge") == Some(charge.id()))
        .peekable();
    let is_inquiry =
        |dispute: &Document| dispute.text("status").is_some_and(|status| status.starts_with("warning_"));
    disputes.peek().is_none() || !disputes.all(|row| is_inquiry(&row.document))
}

const FIELDS: &[Field] = &[
    field("id", Text, Required),
    field("amount", Integer, Required),
    field("balance_transactions", Anything, Null),
    field("charge", Reference(Kind::Charge), Required),
    field("created", Time, Now),
    field("currency", Currency, AccountCurrency),
    field("evidence", Anything, Empty),
    field("evidence_details", Anything, Null),
    field("is_charge_refundable", Boolean, Otherwise::Boolean(false)),
    field("metadata", Metadata, Empty),
    field("payment_intent", Reference(Kind::PaymentIntent), Null),
    field("reason", Text, Otherwise::Text("general")),
    field("status", OneOf(STATUSES), Required),
];

const STATUSES: &[&str] = &[
    "warning_needs_response",
    "warning_under_review",
    "warning_closed",
    "needs_response",
    "under_review",
    "won",
    "lost",
    "prevented",
];
