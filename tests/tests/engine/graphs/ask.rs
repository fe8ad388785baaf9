//! What the people of an account write: about their own things, about other people's, and about what does not exist.

use domain::{Currency, Function};
use serde_json::Value;

use super::account::{Account, asked_as};
use crate::dice::Dice;
use crate::letter::Letter;

/// One mail, and what it says in words that a test can read.
#[derive(Debug, Clone)]
pub(super) struct Ask {
    pub(super) person: usize,
    /// The sender's, in lower case.
    pub(super) address: String,
    pub(super) wants: Function,
    pub(super) proof: Proof,
    pub(super) text: String,
    from: String,
    number: u64,
    /// The id or the number that stands in it.
    pub(super) named: Option<String>,
    pub(super) amount: Option<(i64, Currency)>,
    pub(super) last4: Option<String>,
}

/// What our mail server found of the sender.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Proof {
    Authenticated,
    SpfOnly,
    Nothing,
}

impl Ask {
    pub(super) fn letter(&self) -> Letter {
        let letter =
            Letter::from(&self.from).asks(&self.text).message_id(&format!("{}@mail.example", self.number));
        match self.proof {
            Proof::Authenticated => letter,
            Proof::SpfOnly => letter.with_spf_only(),
            Proof::Nothing => letter.unproven(),
        }
    }
}

/// Every function for everybody at least once, in no order.
pub(super) fn asks(account: &Account, seed: u64) -> Vec<Ask> {
    let mut dice = Dice::seeded(seed ^ 0xa5c5);
    let mut asks = Vec::new();
    for (person, somebody) in account.people.iter().enumerate() {
        let money = [Function::Refund, Function::Refund, Function::CancelSubscription];
        for wants in Function::ALL.into_iter().chain(money) {
            let number = seed * 1_000 + asks.len() as u64;
            let from =
                if dice.one_in(5) { somebody.address.to_uppercase() } else { somebody.address.clone() };
            let proof = *dice.pick(&[
                Proof::Authenticated,
                Proof::Authenticated,
                Proof::Authenticated,
                Proof::Authenticated,
                Proof::Nothing,
                Proof::SpfOnly,
            ]);
            let blank = Ask {
                person,
                address: somebody.address.clone(),
                wants,
                proof,
                text: String::new(),
                from,
                number,
                named: None,
                amount: None,
                last4: None,
            };
            asks.push(written(blank, account, &mut dice));
        }
    }
    dice.shuffle(&mut asks);
    asks
}

fn written(ask: Ask, account: &Account, dice: &mut Dice) -> Ask {
    let plain = |ask: Ask, text: &str| Ask { text: text.to_owned(), ..ask };
    match ask.wants {
        Function::InvoiceLookup if dice.one_in(3) => {
            plain(ask, "Could you please send me my latest invoice?")
        }
        Function::InvoiceLookup => {
            let number = reference(account, &ask, "invoices", dice);
            Ask { text: format!("Could you please send me invoice {number}?"), named: Some(number), ..ask }
        }
        Function::SubscriptionStatus if dice.one_in(2) => {
            plain(ask, "What is the status of my subscription?")
        }
        Function::SubscriptionStatus => {
            let id = reference(account, &ask, "subscriptions", dice);
            Ask { text: format!("What is the status of my subscription {id}?"), named: Some(id), ..ask }
        }
        Function::PaymentStatus if dice.one_in(3) => plain(ask, "Did my payment go through?"),
        Function::PaymentStatus => {
            let id = reference(account, &ask, "charges", dice);
            Ask { text: format!("Did my payment {id} go through?"), named: Some(id), ..ask }
        }
        Function::PaymentLink if dice.one_in(2) => {
            plain(ask, "Please send me a link to pay 75.00 EUR for the workshop.")
        }
        Function::PaymentLink => {
            let number = reference(account, &ask, "invoices", dice);
            Ask {
                text: format!("Please send me a link to pay invoice {number}."),
                named: Some(number),
                ..ask
            }
        }
        Function::PortalLink => {
            plain(ask, "Please send me a link to the customer portal so that I can update my card.")
        }
        Function::Refund => refund(ask, account, dice),
        Function::CancelSubscription => cancellation(ask, account, dice),
    }
}

fn refund(ask: Ask, account: &Account, dice: &mut Dice) -> Ask {
    match dice.index(8) {
        0 => Ask { text: "Please refund my payment.".to_owned(), ..ask },
        1 | 2 => {
            let id = reference(account, &ask, "charges", dice);
            Ask { text: format!("Please refund my payment {id}."), named: Some(id), ..ask }
        }
        3 => {
            let number = reference(account, &ask, "invoices", dice);
            Ask { text: format!("Please refund invoice {number}."), named: Some(number), ..ask }
        }
        4 => {
            let last4 = (*dice.pick(&["4242", "1881", "0005", "9999"])).to_owned();
            let text = format!("Please refund the payment on my card ending in {last4}.");
            Ask { text, last4: Some(last4), ..ask }
        }
        5 => {
            let id = reference(account, &ask, "charges", dice);
            let text = format!("Please refund 10.00 EUR of my payment {id}.");
            Ask { text, named: Some(id), amount: Some((1_000, Currency::EUR)), ..ask }
        }
        _ => {
            let (minor, currency) = amount(account, dice);
            let text = format!("Please refund my payment of {}.", asked_as(minor, currency));
            Ask { text, amount: Some((minor, currency)), ..ask }
        }
    }
}

fn cancellation(ask: Ask, account: &Account, dice: &mut Dice) -> Ask {
    if dice.one_in(2) {
        return Ask { text: "Please cancel my subscription.".to_owned(), ..ask };
    }
    let id = reference(account, &ask, "subscriptions", dice);
    Ask { text: format!("Please cancel my subscription {id}."), named: Some(id), ..ask }
}

/// An id of the person's own, somebody else's, or nobody's; of an invoice also its number.
fn reference(account: &Account, ask: &Ask, section: &str, dice: &mut Dice) -> String {
    let (mine, field) = (
        dice.index(5) < 3,
        if section == "invoices" { *dice.pick(&["id", "number", "number"]) } else { "id" },
    );
    let whose = |owner: Option<usize>| (owner == Some(ask.person)) == mine;
    let known = account.texts(section, field, whose);
    if known.is_empty() || dice.one_in(6) {
        return match (section, field) {
            ("invoices", "number") => format!("QRST7001-{:04}", 500 + dice.below(400)),
            ("invoices", _) => format!("in_900g{}k00", ask.number),
            ("subscriptions", _) => format!("sub_900g{}k00", ask.number),
            _ => format!("ch_900g{}k00", ask.number),
        };
    }
    (*dice.pick(&known)).to_owned()
}

/// What somebody paid, whoever it was.
fn amount(account: &Account, dice: &mut Dice) -> (i64, Currency) {
    let read = |thing: &Value| {
        Some((thing.get("amount")?.as_i64()?, thing.get("currency")?.as_str()?.parse().ok()?))
    };
    let charges = account.things.iter().filter(|thing| thing.section == "charges");
    let paid: Vec<(i64, Currency)> = charges.filter_map(|thing| read(&thing.object)).collect();
    if paid.is_empty() { (4_900, Currency::EUR) } else { *dice.pick(&paid) }
}
