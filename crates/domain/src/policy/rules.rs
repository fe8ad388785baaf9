//! The rules themselves, with their defaults.

use std::collections::BTreeMap;
use std::num::NonZeroU32;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::{Assurance, Currency};

/// Rules for refunds. Amounts are in minor units by currency.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RefundRules {
    /// The most that one mail may have refunded without a person. A currency that is not listed always waits for a person.
    pub limit_minor: BTreeMap<Currency, i64>,
    /// How many days after the charge a refund may be asked for. Stripe itself allows more, but cards close and money has been paid out.
    pub window_days: u32,
    /// The most that one customer is refunded within 24 hours without a person. Not listed: no such limit.
    pub day_limit_customer_minor: BTreeMap<Currency, i64>,
    /// The most that all customers of the workspace together are refunded within 24 hours without a person: what a mistake can cost.
    /// Not listed: no such limit.
    pub day_limit_workspace_minor: BTreeMap<Currency, i64>,
    /// Above this amount two persons have to allow a refund. Not listed: one is always enough.
    pub two_persons_above_minor: BTreeMap<Currency, i64>,
    /// How far the sender must be believed.
    pub assurance: NeededAssurance,
}

impl Default for RefundRules {
    fn default() -> Self {
        Self {
            limit_minor: BTreeMap::new(),
            window_days: 90,
            day_limit_customer_minor: BTreeMap::new(),
            day_limit_workspace_minor: BTreeMap::new(),
            two_persons_above_minor: BTreeMap::new(),
            assurance: NeededAssurance::default(),
        }
    }
}

/// Rules for cancellations.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct CancellationRules {
    /// How far the sender must be believed.
    pub assurance: NeededAssurance,
}

/// How far a sender must be believed for something to be done without a person. Less than authenticated is never enough.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum NeededAssurance {
    /// [`Assurance::Authenticated`].
    #[default]
    Authenticated,
    /// [`Assurance::Confirmed`]: besides, the mail names an invoice number or the last four digits of a card that fit.
    Confirmed,
}

impl NeededAssurance {
    /// The name in the configuration.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Authenticated => "authenticated",
            Self::Confirmed => "confirmed",
        }
    }

    /// Whether a sender believed as far as `given` is believed far enough.
    pub const fn is_met_by(self, given: Assurance) -> bool {
        match self {
            Self::Authenticated => given.proves_sender(),
            Self::Confirmed => matches!(given, Assurance::Confirmed),
        }
    }
}

impl FromStr for NeededAssurance {
    type Err = NeededAssuranceError;

    fn from_str(text: &str) -> Result<Self, NeededAssuranceError> {
        [Self::Authenticated, Self::Confirmed]
            .into_iter()
            .find(|needed| needed.as_str() == text)
            .ok_or(NeededAssuranceError)
    }
}

/// The text names no assurance that could be asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected authenticated or confirmed; nothing less moves money")]
pub struct NeededAssuranceError;

/// Rules for what waits for a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ApprovalRules {
    /// How many hours a person has to decide; after that the request has expired.
    pub expires_hours: NonZeroU32,
}

impl ApprovalRules {
    /// Three days: a request of Friday evening can still be decided on Monday.
    pub const EXPIRES_HOURS: NonZeroU32 = match NonZeroU32::new(72) {
        Some(hours) => hours,
        None => NonZeroU32::MIN,
    };
}

impl Default for ApprovalRules {
    fn default() -> Self {
        Self { expires_hours: Self::EXPIRES_HOURS }
    }
}

/// Rules for senders.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SenderRules {
    /// How many mails of one sender are answered within an hour; the rest goes to a person. None: all of them. Authenticated mail is
    /// counted apart, so that a forger cannot use up the customer's.
    pub mails_per_hour: Option<NonZeroU32>,
}

impl SenderRules {
    /// More than a customer writes who is in a hurry, less than two programs do that answer each other.
    pub const MAILS_PER_HOUR: NonZeroU32 = match NonZeroU32::new(20) {
        Some(mails) => mails,
        None => NonZeroU32::MIN,
    };
}

impl Default for SenderRules {
    fn default() -> Self {
        Self { mails_per_hour: Some(Self::MAILS_PER_HOUR) }
    }
}
