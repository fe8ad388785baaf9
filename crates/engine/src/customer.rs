//! Who at Stripe has the sender's address: customers, and payers without an account.

use domain::draft::MatchedBy;
use domain::ids::{ChargeId, CustomerId};
use domain::{Digest, EmailAddress};
use serde::{Deserialize, Serialize};
use stripe_client::object::{Charge, Customer};
use stripe_client::{CallError, StripeReader};

/// The most customers of one address that are looked at. More than a handful is a mistake in the account, and each costs requests.
const MAX_CANDIDATES: usize = 5;

/// Whoever has the sender's address.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct OnFile {
    pub(crate) id: Payer,
    /// The address as Stripe has it: the only one a reply may go to.
    pub(crate) address: Option<EmailAddress>,
    pub(crate) matched_by: MatchedBy,
    /// How many customers have this address.
    pub(crate) candidates: u32,
}

/// Who paid.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub(crate) enum Payer {
    Customer(CustomerId),
    /// Somebody without an account, known by this payment only.
    Guest(ChargeId),
}

impl Payer {
    pub(crate) const fn customer(&self) -> Option<&CustomerId> {
        match self {
            Self::Customer(id) => Some(id),
            Self::Guest(_) => None,
        }
    }
}

impl OnFile {
    /// Whether a payment is theirs: a customer's by the account, a guest's by the address on it.
    pub(crate) fn paid(&self, charge: &Charge) -> bool {
        match &self.id {
            Payer::Customer(id) => charge.customer.as_ref() == Some(id),
            Payer::Guest(id) => {
                let address = self.address.as_ref();
                *id == charge.id && address.is_some_and(|address| of_guest(charge, address).is_some())
            }
        }
    }

    /// Whom the limits of a day count for. A guest is known by the address: all payments of one guest count together.
    pub(crate) fn spender(&self) -> Option<CustomerId> {
        let address = match &self.id {
            Payer::Customer(id) => return Some(id.clone()),
            Payer::Guest(_) => self.address.as_ref()?.to_lowercase(),
        };
        let digest = Digest::of(&[b"postill.guest.v1", address.as_str().as_bytes()]).to_string();
        format!("cus_guest{}", digest.get(..16)?).parse().ok()
    }
}

/// The payer of a charge without an account, when the address on it is the sender's.
pub(crate) fn of_guest(charge: &Charge, sender: &EmailAddress) -> Option<OnFile> {
    let own = |address: &EmailAddress| sender.is_same_mailbox(address.as_str());
    let address = charge.addresses().find(own).filter(|_| charge.customer.is_none())?;
    Some(OnFile {
        id: Payer::Guest(charge.id.clone()),
        address: Some(address),
        matched_by: MatchedBy::Search,
        candidates: 1,
    })
}

/// How hard to look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Thoroughness {
    /// Stop at the first way that finds somebody: enough for an answer that goes to the address on file anyway.
    FirstMatch,
    /// Ask in every way, so that a second customer cannot be overlooked: needed before anything is changed.
    Everyone,
}

/// The customers with an address.
#[derive(Debug)]
pub(crate) struct Customers {
    /// Best match first.
    pub(crate) found: Vec<OnFile>,
    /// Whether these are all.
    pub(crate) complete: bool,
}

/// Every customer with the address, best match first: as written, in lower case, then by search, which ignores case but may be a
/// minute behind. What Stripe returns is compared again here: a search may find more than was asked for.
pub(crate) async fn find(
    reader: &StripeReader,
    sender: &EmailAddress,
    thoroughness: Thoroughness,
) -> Result<Customers, CallError> {
    let mut found: Vec<(Customer, MatchedBy)> = Vec::new();
    let lower = sender.to_lowercase();
    let enough =
        |found: &[(Customer, MatchedBy)]| thoroughness == Thoroughness::FirstMatch && !found.is_empty();

    let written = reader.customers_by_email(sender.as_str()).await?.value;
    let mut complete = written.complete;
    add(&mut found, written.items, sender, MatchedBy::Address);
    if !enough(&found) && lower != *sender {
        let lowered = reader.customers_by_email(lower.as_str()).await?.value;
        complete &= lowered.complete;
        add(&mut found, lowered.items, sender, MatchedBy::AddressLowerCase);
    }
    if !enough(&found) {
        let searched = reader.search_customers(sender).await?.value;
        complete &= searched.complete;
        add(&mut found, searched.items, sender, MatchedBy::Search);
    }
    Ok(Customers { found: ranked(found), complete })
}

fn add(
    found: &mut Vec<(Customer, MatchedBy)>,
    customers: Vec<Customer>,
    sender: &EmailAddress,
    matched_by: MatchedBy,
) {
    for customer in customers {
        let same = customer.email.as_ref().is_some_and(|email| sender.is_same_mailbox(email.as_str()));
        if same && !found.iter().any(|(known, _)| known.id == customer.id) {
            found.push((customer, matched_by));
        }
    }
}

fn ranked(mut found: Vec<(Customer, MatchedBy)>) -> Vec<OnFile> {
    let candidates = u32::try_from(found.len()).unwrap_or(u32::MAX);
    // The id decides between those that were put on file in one second: the order is the same each time.
    found.sort_by(|(one, by), (other, other_by)| {
        (by, other.created, &one.id).cmp(&(other_by, one.created, &other.id))
    });
    found
        .into_iter()
        .take(MAX_CANDIDATES)
        .map(|(customer, matched_by)| OnFile {
            address: customer.address(),
            id: Payer::Customer(customer.id),
            matched_by,
            candidates,
        })
        .collect()
}
