//! What a mail may move, told from the rules and from what Stripe holds when it comes. Written from the rules alone: it shares nothing
//! with what it judges.

use anyhow::Result;
use domain::Function;
use serde_json::Value;

use super::ask::{Ask, Proof};
use crate::shop::Shop;

/// Where the clock of a graph stands, in unix seconds.
const NOW: i64 = 1_795_176_000;
const WINDOW: i64 = 90 * 86_400;

/// What one mail may do.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum May {
    Refund { charge: String, minor: i64 },
    Cancel { subscription: String },
}

/// Everything Stripe holds that counts for money.
#[derive(Debug, Clone, Default)]
pub(super) struct Held {
    pub(super) customers: Vec<Value>,
    pub(super) charges: Vec<Value>,
    pub(super) refunds: Vec<Value>,
    pub(super) invoices: Vec<Value>,
    pub(super) invoice_payments: Vec<Value>,
    pub(super) subscriptions: Vec<Value>,
    pub(super) payment_intents: Vec<Value>,
    pub(super) portal_sessions: Vec<Value>,
}

impl Held {
    pub(super) async fn by(shop: &Shop) -> Result<Self> {
        let before = Self {
            customers: shop.kept("customers").await?,
            payment_intents: shop.kept("payment_intents").await?,
            invoices: shop.kept("invoices").await?,
            invoice_payments: shop.kept("invoice_payments").await?,
            ..Self::default()
        };
        before.now(shop).await
    }

    /// The same after a mail, of which some things change nothing.
    pub(super) async fn now(&self, shop: &Shop) -> Result<Self> {
        Ok(Self {
            charges: shop.kept("charges").await?,
            refunds: shop.kept("refunds").await?,
            subscriptions: shop.kept("subscriptions").await?,
            portal_sessions: shop.kept("portal_sessions").await?,
            ..self.clone()
        })
    }

    /// The one thing that `ask` may move; none wherever the rules want a question, a person or a proof. What a guest paid is looked for
    /// where the mail points at it, so there may be two answers: with what was paid as a guest, and without.
    pub(super) fn may(&self, ask: &Ask, address: &str) -> Vec<May> {
        if ask.proof != Proof::Authenticated {
            return Vec::new();
        }
        match ask.wants {
            Function::Refund => {
                let with_guests = self.refund(ask, address, |_| true);
                let without = self.refund(ask, address, |charge| text(charge, "customer").is_some());
                with_guests.into_iter().chain(without).collect()
            }
            Function::CancelSubscription => self.cancellation(ask, address).into_iter().collect(),
            Function::InvoiceLookup
            | Function::SubscriptionStatus
            | Function::PaymentStatus
            | Function::PaymentLink
            | Function::PortalLink => Vec::new(),
        }
    }

    /// The address that may be told of an object, in lower case. `None`: nobody's.
    pub(super) fn owner(&self, id: &str) -> Option<String> {
        let of_id = |list: &'_ [Value]| list.iter().find(|object| text(object, "id") == Some(id)).cloned();
        if let Some(customer) = of_id(&self.customers) {
            return text(&customer, "email").map(str::to_lowercase);
        }
        let lists = [
            &self.charges,
            &self.invoices,
            &self.subscriptions,
            &self.refunds,
            &self.payment_intents,
            &self.portal_sessions,
        ];
        let object = lists.into_iter().find_map(|list| of_id(list))?;
        if let Some(charge) = text(&object, "charge") {
            return self.owner(charge);
        }
        if let Some(customer) = text(&object, "customer") {
            return self.owner(customer);
        }
        let paid_with = self.charges.iter().find(|charge| text(charge, "payment_intent") == Some(id));
        let charge = paid_with.unwrap_or(&object);
        addresses(charge).next().map(str::to_lowercase)
    }

    fn refund(&self, ask: &Ask, address: &str, counts: impl Fn(&Value) -> bool) -> Option<May> {
        let customers = self.meant_customers(ask, address)?;
        let own = |charge: &&Value| match text(charge, "customer") {
            Some(customer) => customers.contains(&customer),
            None => addresses(charge).any(|known| known.eq_ignore_ascii_case(address)),
        };
        let mut meant: Vec<&Value> =
            self.charges.iter().filter(own).filter(|charge| counts(charge)).collect();
        if let Some(named) = &ask.named {
            meant.retain(|charge| self.is_named(charge, named));
        } else if let Some(last4) = &ask.last4 {
            meant.retain(|charge| card_of(charge) == Some(last4));
        }
        if let Some((minor, currency)) = ask.amount {
            let exact = |charge: &&&Value| {
                text(charge, "status") != Some("failed")
                    && integer(charge, "amount") == minor
                    && text(charge, "currency") == Some(currency.as_str())
            };
            let of_it: Vec<&Value> = meant.iter().filter(exact).copied().collect();
            if !of_it.is_empty() {
                meant = of_it;
            }
        }
        meant.retain(|charge| left(charge) > 0 && integer(charge, "created") >= NOW - WINDOW);
        let [only] = meant.as_slice() else { return None };
        self.amount_of(only, ask)
    }

    fn amount_of(&self, charge: &Value, ask: &Ask) -> Option<May> {
        let (Some(id), Some(paid_in)) = (text(charge, "id"), text(charge, "currency")) else {
            return None;
        };
        let minor = match ask.amount {
            Some((_, currency)) if currency.as_str() != paid_in => return None,
            Some((minor, _)) => minor,
            None => left(charge),
        };
        let limit = if ["eur", "usd", "jpy"].contains(&paid_in) { 10_000 } else { 0 };
        let ours = |refund: &&Value| {
            text(refund, "charge") == Some(id) && refund.pointer("/metadata/postill_action").is_some()
        };
        if minor > left(charge) || minor > limit || self.refunds.iter().any(|refund| ours(&refund)) {
            return None;
        }
        Some(May::Refund { charge: id.to_owned(), minor })
    }

    fn cancellation(&self, ask: &Ask, address: &str) -> Option<May> {
        let customers = self.meant_customers(ask, address)?;
        let own = |subscription: &&Value| {
            text(subscription, "customer").is_some_and(|customer| customers.contains(&customer))
        };
        let named = |subscription: &&Value| {
            ask.named.as_deref().is_none_or(|named| text(subscription, "id") == Some(named))
        };
        let goes_on = |subscription: &&Value| {
            !matches!(text(subscription, "status"), Some("canceled" | "incomplete_expired"))
                && subscription.get("cancel_at_period_end").and_then(Value::as_bool) != Some(true)
        };
        let all = self.subscriptions.iter();
        let meant: Vec<&Value> = all.filter(own).filter(named).filter(goes_on).collect();
        match meant.as_slice() {
            [only] if text(only, "schedule").is_none() => {
                let subscription = text(only, "id").unwrap_or_default().to_owned();
                Some(May::Cancel { subscription })
            }
            _ => None,
        }
    }

    /// The customers whose things may be moved: the only one with the address, or the one among several that the second proof picks.
    /// None at all is right for a guest.
    fn meant_customers(&self, ask: &Ask, address: &str) -> Option<Vec<&str>> {
        let has_address = |customer: &&Value| {
            text(customer, "email").is_some_and(|email| email.eq_ignore_ascii_case(address))
        };
        let customers: Vec<&str> =
            self.customers.iter().filter(has_address).filter_map(|customer| text(customer, "id")).collect();
        if customers.len() <= 1 {
            return Some(customers);
        }
        let proves = |customer: &&str| {
            let of_theirs = |object: &&Value| text(object, "customer") == Some(customer);
            let is_named = |name: Option<&str>| name.is_some() && name == ask.named.as_deref();
            let number = |invoice: &Value| is_named(text(invoice, "number")) || is_named(text(invoice, "id"));
            let ending = |charge: &Value| {
                is_named(text(charge, "id")) || (ask.last4.is_some() && card_of(charge) == ask.last4.as_ref())
            };
            self.invoices.iter().filter(of_theirs).any(number)
                || self.charges.iter().filter(of_theirs).any(ending)
        };
        let proven: Vec<&str> = customers.into_iter().filter(proves).collect();
        (proven.len() == 1).then_some(proven)
    }

    /// By its id, or by the id or the number of the invoice that it paid.
    fn is_named(&self, charge: &Value, named: &str) -> bool {
        let paid = |payment: &&Value| payment.pointer("/payment/charge") == charge.get("id");
        let invoice_of = |payment: &Value| {
            let id = text(payment, "invoice");
            self.invoices.iter().find(|invoice| text(invoice, "id") == id)
        };
        let mut invoices = self.invoice_payments.iter().filter(paid).filter_map(invoice_of);
        text(charge, "id") == Some(named)
            || invoices.any(|invoice| [text(invoice, "id"), text(invoice, "number")].contains(&Some(named)))
    }
}

/// What is left to refund; nothing of what was never taken, or is fought over at the bank.
fn left(charge: &Value) -> i64 {
    let taken =
        text(charge, "status") == Some("succeeded") && charge.get("captured") == Some(&Value::Bool(true));
    let disputed = charge.get("disputed") == Some(&Value::Bool(true));
    if taken && !disputed { integer(charge, "amount") - integer(charge, "amount_refunded") } else { 0 }
}

fn addresses(charge: &Value) -> impl Iterator<Item = &str> {
    let billing = charge.pointer("/billing_details/email").and_then(Value::as_str);
    billing.into_iter().chain(text(charge, "receipt_email"))
}

fn card_of(charge: &Value) -> Option<&String> {
    match charge.pointer("/payment_method_details/card/last4") {
        Some(Value::String(last4)) => Some(last4),
        _ => None,
    }
}

pub(super) fn text<'a>(object: &'a Value, field: &str) -> Option<&'a str> {
    object.get(field).and_then(Value::as_str)
}

pub(super) fn integer(object: &Value, field: &str) -> i64 {
    object.get(field).and_then(Value::as_i64).unwrap_or_default()
}
