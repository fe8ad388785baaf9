//! What the restricted key of a shop may do.

/// What postill needs of a restricted key, as Stripe's refusals call it, and nothing else.
pub const PERMISSIONS: [&str; 12] = [
    "rak_invoice_read",
    "rak_charge_read",
    "rak_customer_read",
    "rak_subscription_read",
    "rak_payment_intent_read",
    "rak_balance_transaction_source_read",
    "rak_refund_write",
    "rak_plan_write",
    "rak_payment_links_write",
    "rak_customer_portal_write",
    "rak_subscription_write",
    "rak_payment_method_read",
];
