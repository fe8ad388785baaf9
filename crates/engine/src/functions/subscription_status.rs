//! Check the state of a subscription.

use domain::{Outcome, ReasonCode, Reference};
use futures_util::future::try_join_all;
use stripe_client::CallError;
use stripe_client::object::{Subscription, SubscriptionStatus};

use super::wording::price_of;
use super::{Case, Conclusion};
use crate::customer::OnFile;
use crate::facts::{FactSheet, Source};
use crate::finding::Finding;
use crate::reply::Saying;

/// How many subscriptions a reply tells of; more are a matter for the portal.
const TOLD: usize = 3;

pub(super) async fn run(case: &Case<'_>) -> Result<Conclusion, CallError> {
    let subscriptions = read(case).await?;
    Ok(conclude(case, &subscriptions).into())
}

/// A subscription and whose it is.
pub(super) struct Owned {
    pub(super) subscription: Subscription,
    pub(super) owner: OnFile,
    pub(super) request_id: Option<String>,
}

/// Every subscription of the sender's customers, ended ones too, newest first.
pub(super) async fn read(case: &Case<'_>) -> Result<Vec<Owned>, CallError> {
    let lists =
        try_join_all(case.customers.iter().map(|customer| case.reader.subscriptions(&customer.id))).await?;
    let mut subscriptions: Vec<Owned> = Vec::new();
    for (owner, got) in case.customers.iter().zip(lists) {
        let request_id = got.request_id.map(|id| id.to_string());
        let own = got.value.items.into_iter();
        subscriptions.extend(own.map(|subscription| Owned {
            subscription,
            owner: owner.clone(),
            request_id: request_id.clone(),
        }));
    }
    subscriptions.sort_by_key(|owned| std::cmp::Reverse(owned.subscription.created));
    Ok(subscriptions)
}

/// Whether the subscription has run its course.
pub(super) const fn has_ended(subscription: &Subscription) -> bool {
    matches!(subscription.status, SubscriptionStatus::Canceled | SubscriptionStatus::IncompleteExpired)
}

/// The subscriptions that the mail names by id; `None` when it names none.
pub(super) fn named<'a>(case: &Case<'_>, subscriptions: &'a [Owned]) -> Option<Vec<&'a Owned>> {
    let ids: Vec<_> = case
        .understanding
        .slots
        .references
        .iter()
        .filter_map(|reference| if let Reference::Subscription(id) = reference { Some(id) } else { None })
        .collect();
    let is_named = |owned: &&Owned| ids.contains(&&owned.subscription.id);
    (!ids.is_empty()).then(|| subscriptions.iter().filter(is_named).collect())
}

fn conclude(case: &Case<'_>, subscriptions: &[Owned]) -> Finding {
    let told: Vec<&Owned> = match named(case, subscriptions) {
        Some(named) if named.is_empty() => {
            let text = "the subscription named is not among the customer's";
            return Finding::question(ReasonCode::ReferenceNotFound, text).say([Saying::ReferenceNotFound]);
        }
        Some(named) => named,
        None => {
            let running: Vec<&Owned> =
                subscriptions.iter().filter(|owned| !has_ended(&owned.subscription)).collect();
            if running.is_empty() { subscriptions.iter().take(1).collect() } else { running }
        }
    };
    let Some(first) = told.first() else {
        let finding =
            Finding::new(Outcome::Answered, ReasonCode::NothingFound, "the customer has no subscription");
        return finding.say([Saying::NoSubscription]);
    };
    let mut sheet = FactSheet::new(case.language(), case.now);
    for owned in &told {
        state(&mut sheet, owned);
    }
    Finding::answered(format!("{} of {} subscriptions told", told.len().min(TOLD), subscriptions.len()))
        .about(&first.owner.id)
        .facts(sheet.into_facts())
        .say(told.iter().take(TOLD).map(|owned| saying(&owned.subscription)))
}

pub(super) fn saying(subscription: &Subscription) -> Saying {
    let price = price_of(subscription);
    let ends = || subscription.cancel_at.or_else(|| subscription.period_end());
    match &subscription.status {
        _ if subscription.is_paused => Saying::SubscriptionPaused,
        SubscriptionStatus::Active | SubscriptionStatus::Trialing if subscription.is_ending() => ends()
            .map_or(Saying::SubscriptionRuns { price, next: None }, |on| Saying::SubscriptionEnds { on }),
        SubscriptionStatus::Trialing => match subscription.trial_end {
            Some(until) => Saying::SubscriptionTrial { until, price },
            None => Saying::SubscriptionRuns { price, next: subscription.period_end() },
        },
        SubscriptionStatus::Active | SubscriptionStatus::Other(_) => {
            Saying::SubscriptionRuns { price, next: subscription.period_end() }
        }
        SubscriptionStatus::PastDue | SubscriptionStatus::Unpaid => Saying::SubscriptionPastDue { price },
        SubscriptionStatus::Paused => Saying::SubscriptionPaused,
        SubscriptionStatus::Incomplete => Saying::SubscriptionIncomplete,
        SubscriptionStatus::Canceled | SubscriptionStatus::IncompleteExpired => {
            Saying::SubscriptionEnded { on: subscription.ended_at.or(subscription.canceled_at) }
        }
    }
}

/// What a subscription says.
pub(super) fn state(sheet: &mut FactSheet, owned: &Owned) {
    let subscription = &owned.subscription;
    let source = Source { object: subscription.id.as_str(), request_id: owned.request_id.as_deref() };
    sheet.state("subscription.status", source, subscription.status.as_str());
    if let Some(price) = price_of(subscription) {
        sheet.money("subscription.items.price", source, price.amount);
    }
    if let Some(end) = subscription.period_end() {
        sheet.time("subscription.items.current_period_end", source, end);
    }
    let dates = [
        ("subscription.trial_end", subscription.trial_end),
        ("subscription.cancel_at", subscription.cancel_at),
        ("subscription.canceled_at", subscription.canceled_at),
        ("subscription.ended_at", subscription.ended_at),
    ];
    for (label, date) in dates {
        if let Some(at) = date {
            sheet.time(label, source, at);
        }
    }
}
