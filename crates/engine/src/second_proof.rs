//! The second proof: an invoice number or the end of a card's number that a stranger to the account does not know. It tells customers of
//! one address apart, and it confirms a sender where the policy wants more than an authenticated mail.
//!
//! Only what these customers own is read and compared. So somebody else's number and one that does not exist prove the same: nothing.

use domain::{Assurance, Reference, Slots};
use futures_util::future::try_join_all;
use stripe_client::object::{Charge, Invoice};
use stripe_client::{CallError, Listing, StripeReader};

use crate::customer::OnFile;
use crate::functions::{card_of, names_charge, names_invoice};

/// What a mail's particulars prove of the customers that have the sender's address.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Proof {
    /// The one customer that everything named belongs to. `None`: several, or none.
    pub(crate) customer: Option<OnFile>,
    /// An invoice number or the end of a card's number was named, and is that customer's.
    pub(crate) confirms: bool,
}

/// Whether the mail names anything that could tell customers apart.
pub(crate) fn names_something(slots: &Slots) -> bool {
    slots.card_last4.is_some() || of_charges(slots).next().is_some() || of_invoices(slots).next().is_some()
}

/// Reads what the customers own of the kinds that the mail names, and compares. `None` when a list was cut short: what was not read may be
/// the one.
pub(crate) async fn look(
    reader: &StripeReader,
    customers: &[OnFile],
    slots: &Slots,
) -> Result<Option<Proof>, CallError> {
    let owned = try_join_all(customers.iter().map(|customer| Owned::read(reader, customer, slots))).await?;
    let complete = owned.iter().all(|owned| owned.complete);
    Ok(complete.then(|| prove(customers, &owned, slots)))
}

/// What a customer owns of what the mail may name.
struct Owned {
    charges: Vec<Charge>,
    invoices: Vec<Invoice>,
    complete: bool,
}

impl Owned {
    async fn read(reader: &StripeReader, customer: &OnFile, slots: &Slots) -> Result<Self, CallError> {
        let mut owned = Self { charges: Vec::new(), invoices: Vec::new(), complete: true };
        let Some(id) = customer.id.customer() else { return Ok(owned) };
        if slots.card_last4.is_some() || of_charges(slots).next().is_some() {
            let Listing { items, complete } = reader.charges(id).await?.value;
            owned = Self { charges: items, complete, ..owned };
        }
        if of_invoices(slots).next().is_some() {
            let Listing { items, complete } = reader.invoices(id).await?.value;
            owned = Self { invoices: items, complete: owned.complete && complete, ..owned };
        }
        Ok(owned)
    }

    fn has_card(&self, last4: &str) -> bool {
        self.charges.iter().any(|charge| card_of(charge).as_deref() == Some(last4))
    }

    fn has_invoice(&self, reference: &Reference) -> bool {
        self.invoices.iter().any(|invoice| names_invoice(reference, invoice))
    }

    /// Whether everything that is named is among what is owned.
    fn has_all(&self, slots: &Slots) -> bool {
        let card = slots.card_last4.as_deref().is_none_or(|last4| self.has_card(last4));
        let charges = of_charges(slots)
            .all(|reference| self.charges.iter().any(|charge| names_charge(reference, charge)));
        card && charges && of_invoices(slots).all(|reference| self.has_invoice(reference))
    }
}

fn prove(customers: &[OnFile], owned: &[Owned], slots: &Slots) -> Proof {
    let mut fitting = customers.iter().zip(owned).filter(|(_, owned)| owned.has_all(slots));
    let (Some((customer, _)), None) = (fitting.next(), fitting.next()) else {
        return Proof { customer: None, confirms: false };
    };
    let number = of_invoices(slots).any(|reference| matches!(reference, Reference::InvoiceNumber(_)));
    Proof { customer: Some(customer.clone()), confirms: number || slots.card_last4.is_some() }
}

/// How far the sender is believed to be `customer`, after a proof.
pub(crate) fn believed(assurance: Assurance, proof: &Proof) -> Assurance {
    let confirmed = assurance == Assurance::Authenticated && proof.confirms;
    if confirmed { Assurance::Confirmed } else { assurance }
}

fn of_charges(slots: &Slots) -> impl Iterator<Item = &Reference> {
    slots
        .references
        .iter()
        .filter(|reference| matches!(reference, Reference::Charge(_) | Reference::PaymentIntent(_)))
}

fn of_invoices(slots: &Slots) -> impl Iterator<Item = &Reference> {
    slots
        .references
        .iter()
        .filter(|reference| matches!(reference, Reference::Invoice(_) | Reference::InvoiceNumber(_)))
}
