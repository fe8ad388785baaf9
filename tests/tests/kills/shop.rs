//! A shop whose customers each have one charge and one subscription, and their letters.

use serde_json::{Value, json};
use tests::PERMISSIONS;

/// The worker's key, restricted to what it needs.
pub(crate) const KEY: &str = "rk_test_larkspur_demo_0002";
/// How many customers there are: each writes once.
pub(crate) const CUSTOMERS: usize = 400;
/// What each has paid, in cents.
const PAID: i64 = 2_500;

/// What is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wish {
    Refund,
    /// A refund that a person has to allow, and has allowed.
    ApprovedRefund,
    Cancellation,
}

impl Wish {
    /// What it is aimed at.
    pub(crate) fn target(self, customer: usize) -> String {
        match self {
            Self::Refund | Self::ApprovedRefund => charge_id(customer),
            Self::Cancellation => format!("sub_{customer:04}"),
        }
    }

    /// The number of the draft that tells what was done.
    pub(crate) const fn last_sequence(self) -> u64 {
        match self {
            Self::Refund | Self::Cancellation => 1,
            Self::ApprovedRefund => 2,
        }
    }

    /// Where it is asked of Stripe.
    pub(crate) fn path(self, customer: usize) -> String {
        match self {
            Self::Refund | Self::ApprovedRefund => "/v1/refunds".to_owned(),
            Self::Cancellation => format!("/v1/subscriptions/{}", self.target(customer)),
        }
    }

    /// The letter of a customer, raw; its sender is proven.
    pub(crate) fn letter(self, customer: usize) -> String {
        let (subject, asks) = match self {
            Self::Refund | Self::ApprovedRefund => {
                ("Refund", "please refund my last payment of 25.00 EUR. We signed up by mistake.")
            }
            Self::Cancellation => {
                ("Cancellation", "please cancel our subscription at the end of the period.")
            }
        };
        let domain = domain(customer);
        format!(
            "Authentication-Results: mx.larkspur.example; dkim=pass header.d={domain};\r\n dmarc=pass header.from={domain}\r\n\
             From: Anna <anna@{domain}>\r\nTo: billing@larkspur.example\r\nSubject: {subject}\r\n\
             Date: Fri, 20 Nov 2026 09:00:00 +0000\r\nMessage-ID: <{customer}@{domain}>\r\nMIME-Version: 1.0\r\n\
             Content-Type: text/plain; charset=utf-8\r\n\r\nHello,\r\n\r\n{asks}\r\n\r\nKind regards\r\nAnna\r\n"
        )
    }
}

fn charge_id(customer: usize) -> String {
    format!("ch_{customer:04}")
}

fn domain(customer: usize) -> String {
    format!("choir{customer}.example")
}

/// The seed of the sandbox.
pub(crate) fn seed() -> Value {
    let of_each = |object: fn(usize) -> Value| (0..CUSTOMERS).map(object).collect::<Vec<_>>();
    json!({
        "account": { "id": "acct_1", "default_currency": "eur", "country": "DE" },
        "test": {
            "keys": [{ "key": KEY, "permissions": PERMISSIONS }],
            "products": [{ "id": "prod_1", "name": "Ensemble" }],
            "prices": [{ "id": "price_1", "product": "prod_1", "currency": "eur", "unit_amount": PAID,
                "recurring": { "interval": "month" } }],
            "customers": of_each(customer),
            "subscriptions": of_each(subscription),
            "charges": of_each(charge),
        },
    })
}

fn customer(n: usize) -> Value {
    json!({ "id": format!("cus_{n:04}"), "email": format!("anna@{}", domain(n)), "name": format!("Anna {n}"),
        "currency": "eur", "created": "-40d" })
}

fn subscription(n: usize) -> Value {
    json!({ "id": format!("sub_{n:04}"), "customer": format!("cus_{n:04}"), "status": "active", "currency": "eur",
        "items": [{ "id": format!("si_{n:04}"), "price": "price_1", "quantity": 1,
            "current_period_start": "-9d", "current_period_end": "+21d" }], "created": "-9d" })
}

fn charge(n: usize) -> Value {
    json!({ "id": charge_id(n), "customer": format!("cus_{n:04}"), "amount": PAID, "amount_captured": PAID,
        "currency": "eur", "captured": true, "paid": true, "status": "succeeded", "created": "-9d",
        "payment_method_details": { "type": "card",
            "card": { "brand": "visa", "last4": "4242", "exp_month": 11, "exp_year": 2028 } } })
}
