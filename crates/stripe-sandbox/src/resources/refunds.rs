//! Refunds: the one place where money moves.

use serde_json::{Value, json};

use crate::auth::Permission;
use crate::call::{Call, Outcome};
use crate::document::Document;
use crate::fields::Holds::{Anything, Currency, Integer, Metadata, Object, OneOf, Reference, Text, Time};
use crate::fields::Otherwise::{self, Absent, Empty, Now, Null, Required};
use crate::fields::{Field, field};
use crate::kind::{Kind, Shape, nothing_derived};
use crate::money;
use crate::paging::{CREATED, Listing, equal};
use crate::parameters::{Accepts, EXPAND, METADATA, POSITIVE_AMOUNT, Parameter, optional};
use crate::refusal::Refusal;
use crate::resources::{balance_transactions, disputes, metadata};

/// Records differ on which permission reads a refund, so either does.
pub(crate) const READ: Permission = Permission::named(&["rak_refund_read", "rak_charge_read"]);
pub(crate) const WRITE: Permission = Permission::named(&["rak_refund_write", "rak_charge_write"]);

pub(crate) static SHAPE: Shape = Shape {
    section: "refunds",
    object: "refund",
    spoken: "refund",
    path_parameter: "id",
    prefixes: &["re_", "pyr_"],
    read: READ,
    fields: FIELDS,
    indexed: &["charge", "payment_intent"],
    hidden: &[],
    complete: nothing_derived,
};

pub(crate) static LISTING: Listing = Listing {
    kind: Kind::Refund,
    filters: &[
        equal(optional("charge", Accepts::Id(Kind::Charge)), "charge"),
        equal(optional("payment_intent", Accepts::Id(Kind::PaymentIntent)), "payment_intent"),
        CREATED,
    ],
    within: None,
};

pub(crate) const CREATE: &[Parameter] = &[
    optional("charge", Accepts::Id(Kind::Charge)),
    optional("payment_intent", Accepts::Id(Kind::PaymentIntent)),
    optional("amount", POSITIVE_AMOUNT),
    optional("reason", Accepts::OneOf(REASONS)),
    optional("instructions_email", Accepts::Text),
    METADATA,
    EXPAND,
];

const REASONS: &[&str] = &["duplicate", "fraudulent", "requested_by_customer"];

pub(crate) fn check(parameters: &Document) -> Result<(), Refusal> {
    match (parameters.has("charge"), parameters.has("payment_intent")) {
        (true, true) => Err(Refusal::only_one_of("charge, payment_intent", "charge")),
        (false, false) => Err(Refusal::invalid(
            "One of the following params should be provided for this request: payment_intent or charge.",
        )),
        (true, false) | (false, true) => Ok(()),
    }
}

pub(crate) fn create(call: &mut Call<'_>) -> Outcome {
    let charge = charge(call)?.clone();
    let amount = refundable(call, &charge)?;
    let behaviour = RefundBehaviour::of(&charge);
    let refund = book(call, &charge, amount, behaviour)?;
    if behaviour != RefundBehaviour::Failed {
        call.world.change(Kind::Charge, charge.id(), |charge| count(charge, amount));
    }
    call.shown(Kind::Refund, &refund)
}

/// A refund by somebody else, in the dashboard: of all that is left of the charge that the request names, or of `amount`. Where
/// nothing is left, nothing happens.
pub(crate) fn refund_by_hand(call: &mut Call<'_>, amount: Option<i64>) {
    let Ok(charge) = charge(call).cloned() else { return };
    let mut asked = Document::default();
    asked.set("charge", charge.id());
    if let Some(amount) = amount {
        asked.set("amount", amount);
    }
    let Call { world, elsewhere, caller, path, id, now, .. } = call;
    let (caller, path, id, now) = (*caller, *path, *id, *now);
    let mut by_hand = Call { world, elsewhere, caller, path, id, parameters: &asked, now };
    if let Err(refusal) = create(&mut by_hand) {
        tracing::debug!(refusal.message, "nothing was refunded by hand");
    }
}

/// The charge that is asked for, or the latest charge of the payment intent if it succeeded.
fn charge<'a>(call: &'a Call<'_>) -> Result<&'a Document, Refusal> {
    let not_found = |refusal: Refusal| refusal.with_status(404);
    if let Some(id) = call.parameters.text("charge") {
        let charge = call.named(Kind::Charge, id, "id").map_err(not_found)?;
        return match charge.text("status") {
            Some("failed") => Err(unsuccessful(charge.text("payment_intent"), id)),
            Some(_) | None => Ok(charge),
        };
    }
    let id = call.parameters.text("payment_intent").unwrap_or_default();
    let intent = call.named(Kind::PaymentIntent, id, "payment_intent").map_err(not_found)?;
    let latest = intent.text("latest_charge").and_then(|id| call.world.find(Kind::Charge, id));
    let succeeded = latest.filter(|row| row.document.text("status") == Some("succeeded"));
    succeeded.map(|row| &row.document).ok_or_else(|| unsuccessful(Some(id), id))
}

fn unsuccessful(intent: Option<&str>, charge: &str) -> Refusal {
    Refusal::invalid(match intent {
        Some(intent) => format!("This PaymentIntent ({intent}) does not have a successful charge to refund."),
        None => format!("Charge {charge} has failed and cannot be refunded."),
    })
}

/// How much is to be refunded, in minor units: what is asked for, or all that is left.
fn refundable(call: &Call<'_>, charge: &Document) -> Result<i64, Refusal> {
    let id = charge.id();
    if charge.text("status") == Some("pending") || !charge.is("captured") {
        return Err(Refusal::invalid(format!("Charge {id} has not been captured and cannot be refunded.")));
    }
    if disputes::charged_back(call.world, charge) {
        let message = format!("Charge {id} has been charged back; cannot issue a refund.");
        return Err(Refusal::invalid(message).with_code("charge_disputed"));
    }
    let left =
        charge.integer("amount").unwrap_or_default() - charge.integer("amount_refunded").unwrap_or_default();
    if left <= 0 {
        let message = format!("Charge {id} has already been refunded.");
        return Err(Refusal::invalid(message).with_code("charge_already_refunded"));
    }
    let amount = call.parameters.integer("amount").unwrap_or(left);
    if amount > left {
        let currency = charge.text("currency").unwrap_or_default();
        return Err(Refusal::invalid(format!(
            "Refund amount ({}) is greater than unrefunded amount on charge ({})",
            money::rendered(amount, currency),
            money::rendered(left, currency)
        ))
        .with_param("amount"));
    }
    Ok(amount)
}

fn book(
    call: &mut Call<'_>,
    charge: &Document,
    amount: i64,
    behaviour: RefundBehaviour,
) -> Result<String, Refusal> {
    let currency = charge.text("currency").unwrap_or_default();
    let mut own = Document::default();
    own.set("amount", amount);
    own.set("charge", charge.id());
    own.set("currency", currency);
    own.set("metadata", metadata::given(call.parameters));
    own.set("payment_intent", charge.at("payment_intent").cloned().unwrap_or_default());
    own.set("reason", call.parameters.at("reason").cloned().unwrap_or_default());
    own.set("status", behaviour.status());
    own.set("destination_details", destination(charge));
    let mut booked = Vec::new();
    if behaviour.leaves_the_balance() {
        let taken = balance_transactions::book(call, -amount, currency, "refund")?;
        own.set("balance_transaction", taken.clone());
        booked.push(taken);
    }
    match behaviour {
        RefundBehaviour::Failed => {
            let returned = balance_transactions::book(call, amount, currency, "refund_failure")?;
            own.set("failure_reason", "expired_or_canceled_card");
            own.set("failure_balance_transaction", returned.clone());
            booked.push(returned);
        }
        RefundBehaviour::RequiresAction => own.set("next_action", json!({"type": "display_details"})),
        RefundBehaviour::Pending => own.set("pending_reason", "processing"),
        RefundBehaviour::InsufficientFunds => own.set("pending_reason", "insufficient_funds"),
        RefundBehaviour::Succeeded => {}
    }
    let refund = call.world.create(Kind::Refund, own.without(&[]), call.now)?;
    for transaction in booked {
        let source = refund.clone();
        call.world.change(Kind::BalanceTransaction, &transaction, |booked| booked.set("source", source));
    }
    Ok(refund)
}

fn destination(charge: &Document) -> Value {
    let kind = charge.text("payment_method_details.type").unwrap_or("card");
    if kind != "card" {
        return json!({"type": kind, kind: {}});
    }
    let card = json!({"reference_status": "pending", "reference_type": "acquirer_reference_number", "type": "refund"});
    json!({"type": "card", "card": card})
}

fn count(charge: &mut Document, amount: i64) {
    let refunded = charge.integer("amount_refunded").unwrap_or_default() + amount;
    charge.set("amount_refunded", refunded);
    charge.set("refunded", charge.integer("amount") == Some(refunded));
}

/// Whether the refund counts on its charge: one that failed or was canceled gave the money back.
pub(crate) fn counts(refund: &Document) -> bool {
    !matches!(refund.text("status"), Some("failed" | "canceled"))
}

/// How a refund of a charge turns out. The charge's metadata decides (`refund_behaviour`); without a word there, a debit
/// from a bank account is pending and everything else succeeds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RefundBehaviour {
    Succeeded,
    Pending,
    /// Pending until the account's balance covers it.
    InsufficientFunds,
    RequiresAction,
    Failed,
}

impl RefundBehaviour {
    pub(crate) const NAMES: [&str; 5] =
        ["succeeded", "pending", "requires_action", "failed", "insufficient_funds"];

    pub(crate) fn named(name: &str) -> Option<Self> {
        if name == "insufficient_funds" {
            return Some(Self::InsufficientFunds);
        }
        [Self::Succeeded, Self::Pending, Self::RequiresAction, Self::Failed]
            .into_iter()
            .find(|behaviour| behaviour.status() == name)
    }

    fn of(charge: &Document) -> Self {
        let by_type = || match charge.text("payment_method_details.type") {
            Some("sepa_debit" | "us_bank_account" | "bacs_debit" | "acss_debit" | "au_becs_debit") => {
                Self::Pending
            }
            Some(_) | None => Self::Succeeded,
        };
        charge.text("metadata.refund_behaviour").and_then(Self::named).unwrap_or_else(by_type)
    }

    fn status(self) -> &'static str {
        match self {
            Self::Succeeded => "succeeded",
            Self::Pending | Self::InsufficientFunds => "pending",
            Self::RequiresAction => "requires_action",
            Self::Failed => "failed",
        }
    }

    fn leaves_the_balance(self) -> bool {
        match self {
            Self::Succeeded | Self::Failed => true,
            Self::Pending | Self::InsufficientFunds | Self::RequiresAction => false,
        }
    }
}

const FIELDS: &[Field] = &[
    field("id", Text, Required),
    field("amount", Integer, Required),
    field("balance_transaction", Reference(Kind::BalanceTransaction), Null),
    field("charge", Reference(Kind::Charge), Required),
    field("created", Time, Now),
    field("currency", Currency, Null),
    field("description", Text, Absent),
    field("destination_details", Object(DESTINATION), Absent),
    field("failure_balance_transaction", Reference(Kind::BalanceTransaction), Absent),
    field("failure_reason", Text, Absent),
    field("instructions_email", Text, Absent),
    field("metadata", Metadata, Empty),
    field("next_action", Anything, Absent),
    field("payment_intent", Reference(Kind::PaymentIntent), Null),
    field("pending_reason", Text, Absent),
    field("reason", OneOf(SEEDED_REASONS), Null),
    field("receipt_number", Text, Null),
    field("source_transfer_reversal", Text, Null),
    field("status", OneOf(STATUSES), Otherwise::Text("succeeded")),
    field("transfer_reversal", Text, Null),
];

const STATUSES: &[&str] = &["pending", "requires_action", "succeeded", "failed", "canceled"];
const SEEDED_REASONS: &[&str] =
    &["duplicate", "fraudulent", "requested_by_customer", "expired_uncaptured_charge"];

const DESTINATION: &[Field] = &[
    field("acss_debit", Anything, Absent),
    field("au_becs_debit", Anything, Absent),
    field("bacs_debit", Anything, Absent),
    field("card", Object(CARD_DESTINATION), Absent),
    field("paypal", Anything, Absent),
    field("sepa_debit", Anything, Absent),
    field("type", Text, Otherwise::Text("card")),
    field("us_bank_account", Anything, Absent),
];

const CARD_DESTINATION: &[Field] = &[
    field("reference", Text, Absent),
    field("reference_status", OneOf(&["available", "pending", "unavailable"]), Otherwise::Text("pending")),
    field("reference_type", Text, Otherwise::Text("acquirer_reference_number")),
    field("type", OneOf(&["refund", "reversal", "pending"]), Otherwise::Text("refund")),
];
