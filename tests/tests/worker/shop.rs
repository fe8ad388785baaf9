//! What Stripe holds: a shop with customers by the hundreds, each with a subscription, a paid invoice and its charge.

use serde_json::{Value, json};
use tests::PERMISSIONS;

/// The worker's key, restricted to what it needs.
pub(crate) const KEY: &str = "rk_test_larkspur_demo_0002";
/// What every customer has paid, in cents.
pub(crate) const PAID: i64 = 2_500;

/// The address of a customer, from 0.
pub(crate) fn address(customer: usize) -> String {
    format!("anna@{}", domain(customer))
}

/// The domain of that address.
pub(crate) fn domain(customer: usize) -> String {
    format!("choir{customer}.example")
}

/// The charge of a customer.
pub(crate) fn charge_id(customer: usize) -> String {
    format!("ch_{customer:04}")
}

/// The subscription of a customer.
pub(crate) fn subscription_id(customer: usize) -> String {
    format!("sub_{customer:04}")
}

/// A shop with so many customers.
pub(crate) fn shop(customers: usize) -> Value {
    let of_each = |object: fn(usize) -> Value| (0..customers).map(object).collect::<Vec<_>>();
    json!({
        "account": { "id": "acct_1", "default_currency": "eur", "country": "DE" },
        "test": {
            "keys": [{ "key": KEY, "permissions": PERMISSIONS }],
            "products": [{ "id": "prod_1", "name": "Ensemble" }],
            "prices": [{ "id": "price_1", "product": "prod_1", "currency": "eur", "unit_amount": PAID,
                "recurring": { "interval": "month" } }],
            "portal_configurations": [{ "id": "bpc_1", "is_default": true, "active": true,
                "login_page": { "enabled": true, "url": "https://billing.stripe.com/p/login/shop" } }],
            "customers": of_each(customer),
            "subscriptions": of_each(subscription),
            "invoices": of_each(invoice),
            "invoice_payments": of_each(invoice_payment),
            "payment_intents": of_each(payment),
            "charges": of_each(charge),
        },
    })
}

fn customer(n: usize) -> Value {
    json!({ "id": format!("cus_{n:04}"), "email": address(n), "name": format!("Anna {n}"), "currency": "eur",
        "created": "-40d" })
}

fn subscription(n: usize) -> Value {
    json!({ "id": subscription_id(n), "customer": format!("cus_{n:04}"), "status": "active", "currency": "eur",
        "items": [{ "id": format!("si_{n:04}"), "price": "price_1", "quantity": 1,
            "current_period_start": "-9d", "current_period_end": "+21d" }],
        "latest_invoice": format!("in_{n:04}"), "created": "-9d" })
}

fn invoice(n: usize) -> Value {
    json!({ "id": format!("in_{n:04}"), "number": format!("SHOP{n:04}-0001"), "customer": format!("cus_{n:04}"),
        "status": "paid", "currency": "eur", "amount_due": PAID, "amount_paid": PAID, "amount_remaining": 0,
        "total": PAID, "created": "-9d", "status_transitions": { "paid_at": "-9d" },
        "hosted_invoice_url": format!("https://invoice.stripe.com/i/in_{n:04}"),
        "invoice_pdf": format!("https://pay.stripe.com/invoice/in_{n:04}/pdf") })
}

fn invoice_payment(n: usize) -> Value {
    json!({ "id": format!("inpay_{n:04}"), "invoice": format!("in_{n:04}"), "is_default": true, "status": "paid",
        "payment": { "type": "payment_intent", "payment_intent": format!("pi_{n:04}") },
        "amount_requested": PAID, "amount_paid": PAID, "currency": "eur", "created": "-9d" })
}

fn payment(n: usize) -> Value {
    json!({ "id": format!("pi_{n:04}"), "customer": format!("cus_{n:04}"), "amount": PAID,
        "amount_received": PAID, "currency": "eur", "status": "succeeded", "latest_charge": charge_id(n),
        "created": "-9d" })
}

fn charge(n: usize) -> Value {
    json!({ "id": charge_id(n), "customer": format!("cus_{n:04}"), "payment_intent": format!("pi_{n:04}"),
        "amount": PAID, "amount_captured": PAID, "currency": "eur", "captured": true, "paid": true,
        "status": "succeeded", "created": "-9d", "payment_method_details": { "type": "card",
            "card": { "brand": "visa", "last4": "4242", "exp_month": 11, "exp_year": 2028 } } })
}
