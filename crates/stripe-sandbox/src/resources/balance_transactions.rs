//! Balance transactions: what a charge or refund did to the account's balance.

use serde_json::json;

use crate::auth::Permission;
use crate::call::Call;
use crate::document::Document;
use crate::fields::Holds::{Anything, Currency, Integer, OneOf, Text, Time};
use crate::fields::Otherwise::{self, AccountCurrency, Now, Null, Required};
use crate::fields::{Field, field};
use crate::kind::{Kind, Shape};
use crate::paging::{CREATED, Listing, equal};
use crate::parameters::{Accepts, optional};
use crate::refusal::Refusal;

pub(crate) static SHAPE: Shape = Shape {
    section: "balance_transactions",
    object: "balance_transaction",
    spoken: "balance transaction",
    path_parameter: "id",
    prefixes: &["txn_"],
    read: Permission::silent(&["rak_balance_transaction_source_read"]),
    fields: FIELDS,
    indexed: &["source"],
    hidden: &[],
    complete,
};

pub(crate) static LISTING: Listing = Listing {
    kind: Kind::BalanceTransaction,
    filters: &[
        equal(optional("source", Accepts::Text), "source"),
        equal(optional("type", Accepts::Text), "type"),
        equal(optional("currency", Accepts::Currency), "currency"),
        CREATED,
    ],
    within: None,
};

/// Books `amount` (minor units, negative when it leaves the balance) for `source`, which is named afterwards.
pub(crate) fn book(
    call: &mut Call<'_>,
    amount: i64,
    currency: &str,
    booking: &str,
) -> Result<String, Refusal> {
    let own = json!({"amount": amount, "currency": currency, "type": booking, "status": "pending"});
    call.world.create(Kind::BalanceTransaction, own, call.now)
}

const FIELDS: &[Field] = &[
    field("id", Text, Required),
    field("amount", Integer, Required),
    field("available_on", Time, Now),
    field("created", Time, Now),
    field("currency", Currency, AccountCurrency),
    field("description", Text, Null),
    field("exchange_rate", Anything, Null),
    field("fee", Integer, Otherwise::Integer(0)),
    field("fee_details", Anything, Null),
    field("net", Integer, Null),
    field("reporting_category", Text, Null),
    field("source", Text, Null),
    field("status", OneOf(&["available", "pending"]), Otherwise::Text("available")),
    field("type", Text, Otherwise::Text("charge")),
];

fn complete(transaction: &mut Document) {
    let net =
        transaction.integer("amount").unwrap_or_default() - transaction.integer("fee").unwrap_or_default();
    transaction.fill("net", net);
    transaction.fill("fee_details", json!([]));
    let category = transaction.text("type").unwrap_or_default().to_owned();
    transaction.fill("reporting_category", category);
}
