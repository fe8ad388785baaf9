//! Subscriptions and what they are for.

use domain::ids::{CustomerId, InvoiceId, PaymentMethodId, PriceId, SubscriptionId};
use domain::{ActionId, Currency, Money, Timestamp};
use jiff::fmt::serde::timestamp::second;
use serde::Deserialize;

use super::decode::{FreeText, Unread, is_set, open_enum, our_action, reference};

/// A subscription. Its period is on its items, which may differ from each other.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Subscription {
    /// Its id.
    pub id: SubscriptionId,
    /// How it stands.
    pub status: SubscriptionStatus,
    /// Whose it is.
    #[serde(default, deserialize_with = "reference")]
    pub customer: Option<CustomerId>,
    /// What it is for.
    pub items: SubscriptionItems,
    /// It ends with its period.
    pub cancel_at_period_end: bool,
    /// When it is set to end.
    #[serde(default, with = "second::optional")]
    pub cancel_at: Option<Timestamp>,
    /// When somebody decided that it ends.
    #[serde(default, with = "second::optional")]
    pub canceled_at: Option<Timestamp>,
    /// When it ended.
    #[serde(default, with = "second::optional")]
    pub ended_at: Option<Timestamp>,
    /// When its trial ends, or ended.
    #[serde(default, with = "second::optional")]
    pub trial_end: Option<Timestamp>,
    /// When it began.
    #[serde(with = "second::required")]
    pub created: Timestamp,
    /// A schedule manages it: changes belong there, and so to a person.
    #[serde(default, rename = "schedule", deserialize_with = "is_set")]
    pub is_scheduled: bool,
    /// Its invoices are not collected at present.
    #[serde(default, rename = "pause_collection", deserialize_with = "is_set")]
    pub is_paused: bool,
    /// Its last invoice.
    #[serde(default, deserialize_with = "reference")]
    pub latest_invoice: Option<InvoiceId>,
    /// What it is paid with, where that is not the customer's default.
    #[serde(default, deserialize_with = "reference")]
    pub default_payment_method: Option<PaymentMethodId>,
    /// What the merchant calls it.
    pub description: Option<FreeText>,
    /// Why it ends, or ended.
    #[serde(default)]
    pub cancellation_details: CancellationDetails,
    #[serde(default)]
    discounts: Unread,
    #[serde(default)]
    default_tax_rates: Unread,
    automatic_tax: Option<AutomaticTax>,
    /// The action of ours that let it end; stays when that is taken back.
    #[serde(default, rename = "metadata", deserialize_with = "our_action")]
    pub action: Option<ActionId>,
}

impl Subscription {
    /// When the current period ends, if all items agree on it and all are known.
    pub fn period_end(&self) -> Option<Timestamp> {
        let first = self.items.data.first()?.current_period_end;
        let agree = self.items.data.iter().all(|item| item.current_period_end == first);
        (agree && !self.items.has_more).then_some(first)
    }

    /// Whether it is already set to end, so that there is nothing left to write.
    pub fn is_ending(&self) -> bool {
        self.cancel_at_period_end || self.cancel_at.is_some()
    }

    /// Whether the prices of its items are what is charged: nothing is taken off, no tax comes on top, and nothing is metered.
    pub fn charges_its_prices(&self) -> bool {
        let taxed_later = self.automatic_tax.as_ref().is_some_and(|tax| tax.enabled);
        let plain = self.discounts.is_empty && self.default_tax_rates.is_empty && !taxed_later;
        plain && self.items.data.iter().all(SubscriptionItem::charges_its_price)
    }
}

/// Why a subscription ends, or ended.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
pub struct CancellationDetails {
    /// On whose wish, or for what.
    pub reason: Option<CancellationReason>,
}

open_enum! {
    /// Why a subscription ends, or ended.
    CancellationReason {
        /// Somebody asked for it.
        Requested = "cancellation_requested",
        /// A payment was disputed.
        Disputed = "payment_disputed",
        /// A payment failed too often.
        PaymentFailed = "payment_failed",
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
struct AutomaticTax {
    enabled: bool,
}

open_enum! {
    /// How a subscription stands.
    SubscriptionStatus {
        /// Its first invoice is not paid yet.
        Incomplete = "incomplete",
        /// Its first invoice was never paid.
        IncompleteExpired = "incomplete_expired",
        /// On trial.
        Trialing = "trialing",
        /// Running.
        Active = "active",
        /// Its last invoice is not paid.
        PastDue = "past_due",
        /// Ended.
        Canceled = "canceled",
        /// Several invoices are not paid.
        Unpaid = "unpaid",
        /// Its trial ended with nothing to pay with.
        Paused = "paused",
    }
}

/// What a subscription is for.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct SubscriptionItems {
    /// The items that came along.
    pub data: Vec<SubscriptionItem>,
    /// There are more, which did not.
    #[serde(default)]
    pub has_more: bool,
}

/// One price of a subscription.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct SubscriptionItem {
    /// The price.
    pub price: Price,
    /// How many of it; absent where use is metered.
    pub quantity: Option<u64>,
    /// When the running period began.
    #[serde(with = "second::required")]
    pub current_period_start: Timestamp,
    /// When the running period ends.
    #[serde(with = "second::required")]
    pub current_period_end: Timestamp,
    #[serde(default)]
    discounts: Unread,
    #[serde(default)]
    tax_rates: Unread,
}

impl SubscriptionItem {
    fn charges_its_price(&self) -> bool {
        let usage = self.price.recurring.as_ref().and_then(|recurring| recurring.usage_type.as_deref());
        self.discounts.is_empty && self.tax_rates.is_empty && usage != Some("metered")
    }
}

/// What one of something costs.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Price {
    /// Its id.
    #[serde(default, deserialize_with = "reference")]
    pub id: Option<PriceId>,
    unit_amount: Option<i64>,
    /// The currency of its amount.
    pub currency: Currency,
    /// What the merchant calls it.
    pub nickname: Option<FreeText>,
    /// How often it is paid.
    pub recurring: Option<Recurring>,
}

impl Price {
    /// What one costs; `None` where it is tiered or not a whole number of minor units.
    pub fn unit_amount(&self) -> Option<Money> {
        self.unit_amount.map(|minor| Money::new(minor, self.currency))
    }
}

/// How often something is paid.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Recurring {
    /// The unit.
    pub interval: Interval,
    /// How many units.
    pub interval_count: u32,
    usage_type: Option<String>,
}

open_enum! {
    /// The unit of a period.
    Interval {
        /// Days.
        Day = "day",
        /// Weeks.
        Week = "week",
        /// Months.
        Month = "month",
        /// Years.
        Year = "year",
    }
}
