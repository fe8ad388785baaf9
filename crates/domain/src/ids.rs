//! Stripe's ids, one type a kind; each checks its prefix, so that a charge is never taken for an invoice.

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::Deserialize;

use crate::text::serialized_as_text;

/// The longest id that is believed to be one, in bytes. Stripe documents 255 as the longest it will ever send.
pub const MAX_ID_BYTES: usize = 255;

/// The text is not an id of the kind asked for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("expected a Stripe {kind} id ({prefixes}…)")]
pub struct IdError {
    /// What was expected, in words.
    pub kind: &'static str,
    /// The prefixes that kind has.
    pub prefixes: &'static str,
}

fn is_id(text: &str, prefixes: &[&str]) -> bool {
    text.len() <= MAX_ID_BYTES
        && prefixes.iter().any(|prefix| {
            text.strip_prefix(prefix).is_some_and(|rest| {
                !rest.is_empty() && rest.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
            })
        })
}

macro_rules! stripe_id {
    ($(#[$doc:meta])* $name:ident, $kind:literal, [$($prefix:literal),+]) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Deserialize, JsonSchema)]
        #[serde(try_from = "String")]
        #[schemars(with = "String")]
        pub struct $name(String);

        impl $name {
            /// The id as Stripe writes it.
            pub fn as_str(&self) -> &str {
                &self.0
            }

            fn check(text: &str) -> Result<(), IdError> {
                let error = IdError { kind: $kind, prefixes: concat!($($prefix, " "),+) };
                if is_id(text, &[$($prefix),+]) { Ok(()) } else { Err(error) }
            }
        }

        impl FromStr for $name {
            type Err = IdError;

            fn from_str(text: &str) -> Result<Self, IdError> {
                Self::check(text).map(|()| Self(text.to_owned()))
            }
        }

        impl TryFrom<String> for $name {
            type Error = IdError;

            fn try_from(text: String) -> Result<Self, IdError> {
                Self::check(&text).map(|()| Self(text))
            }
        }

        serialized_as_text!($name);

        impl From<$name> for String {
            fn from(id: $name) -> Self {
                id.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

stripe_id!(/// A customer, `cus_…`.
    CustomerId, "customer", ["cus_"]);
stripe_id!(/// An invoice, `in_…`.
    InvoiceId, "invoice", ["in_"]);
stripe_id!(/// A charge, `ch_…`, or a payment by a bank method, `py_…`.
    ChargeId, "charge", ["ch_", "py_"]);
stripe_id!(/// A PaymentIntent, `pi_…`.
    PaymentIntentId, "payment intent", ["pi_"]);
stripe_id!(/// A subscription, `sub_…`.
    SubscriptionId, "subscription", ["sub_"]);
stripe_id!(/// A refund, `re_…`, or of a bank payment, `pyr_…`.
    RefundId, "refund", ["re_", "pyr_"]);
stripe_id!(/// A price, `price_…`, or an older plan, `plan_…`.
    PriceId, "price", ["price_", "plan_"]);
stripe_id!(/// A payment link, `plink_…`.
    PaymentLinkId, "payment link", ["plink_"]);
stripe_id!(/// A customer-portal session, `bps_…`.
    PortalSessionId, "portal session", ["bps_"]);
stripe_id!(/// A customer-portal configuration, `bpc_…`.
    PortalConfigurationId, "portal configuration", ["bpc_"]);
stripe_id!(/// A payment method, `pm_…`, or an older card or source.
    PaymentMethodId, "payment method", ["pm_", "card_", "src_", "ba_"]);
stripe_id!(/// A balance transaction, `txn_…`.
    BalanceTransactionId, "balance transaction", ["txn_"]);
stripe_id!(/// A checkout session, `cs_test_…` or `cs_live_…`; only ever a reference in a mail.
    CheckoutSessionId, "checkout session", ["cs_"]);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_of_another_kind_is_refused() {
        assert!("ch_3Nx".parse::<ChargeId>().is_ok());
        assert!("py_3Nx".parse::<ChargeId>().is_ok());
        assert_eq!(
            "in_3Nx".parse::<ChargeId>().unwrap_err().to_string(),
            "expected a Stripe charge id (ch_ py_ …)"
        );
        assert!("ch_".parse::<ChargeId>().is_err());
        assert!("ch_a/../refunds".parse::<ChargeId>().is_err());
    }
}
