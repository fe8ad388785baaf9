//! Check the state of a subscription.

use domain::{Outcome, ReasonCode, Reference};
use stripe_client::CallError;
use stripe_client::object::{Subscription, SubscriptionStatus};

use super::gather::{Gathered, Owned, gather};
use super::wording::price_of;
use super::{Case, Conclusion};
use crate::facts::{FactSheet, Source};
use crate::finding::Finding;
use crate::reply::Saying;

/// How many subscriptions a reply tells of; more are a matter for the portal.
const TOLD: usize = 3;

pub(super) async fn run(case: &Case<'_>) -> Result<Conclusion, CallError> {
    let subscriptions = read(case).await?;
    Ok(conclude(case, &subscriptions).into())
}

/// Every subscription of the sender's customers, ended ones too.
pub(super) async fn read(case: &Case<'_>) -> Result<Gathered<Subscription>, CallError> {
    gather(case, |subscription: &Subscription| subscription.created, |id| case.reader.subscriptions(id)).await
}

/// Whether the subscription has run its course.
pub(crate) const fn has_ended(subscription: &Subscription) -> bool {
    matches!(subscription.status, SubscriptionStatus::Canceled | SubscriptionStatus::IncompleteExpired)
}

/// The subscriptions that the mail names by id; `None` when it names none.
pub(super) fn named<'a>(
    case: &Case<'_>,
    subscriptions: &'a Gathered<Subscription>,
) -> Option<Vec<&'a Owned<Subscription>>> {
    let ids: Vec<_> = case
        .understanding
        .slots
        .references
        .iter()
        .filter_map(|reference| if let Reference::Subscription(id) = reference { Some(id) } else { None })
        .collect();
    let is_named = |owned: &&Owned<Subscription>| ids.contains(&&owned.object.id);
    (!ids.is_empty()).then(|| subscriptions.items.iter().filter(is_named).collect())
}

/// What the mail names is not there, as far as can be seen.
pub(super) fn not_found(subscriptions: &Gathered<Subscription>) -> Finding {
    if !subscriptions.complete {
        return Finding::cut_short(ReasonCode::ReferenceNotFound, "subscriptions");
    }
    let text = "the subscription named is not among the customer's";
    Finding::question(ReasonCode::ReferenceNotFound, text).say([Saying::ReferenceNotFound])
}

/// The customer has no subscription, as far as can be seen.
pub(super) fn none_at_all(subscriptions: &Gathered<Subscription>) -> Finding {
    if !subscriptions.complete {
        return Finding::cut_short(ReasonCode::NothingFound, "subscriptions");
    }
    let text = "the customer has no subscription";
    Finding::new(Outcome::Answered, ReasonCode::NothingFound, text).say([Saying::NoSubscription])
}

fn conclude(case: &Case<'_>, subscriptions: &Gathered<Subscription>) -> Finding {
    let told: Vec<&Owned<Subscription>> = match named(case, subscriptions) {
        Some(named) if named.is_empty() => return not_found(subscriptions),
        Some(named) => named,
        None => {
            let all = &subscriptions.items;
            let running: Vec<_> = all.iter().filter(|owned| !has_ended(&owned.object)).collect();
            if running.is_empty() { all.iter().take(1).collect() } else { running }
        }
    };
    let Some(first) = told.first() else { return none_at_all(subscriptions) };
    let mut sheet = FactSheet::new(case.language(), case.now);
    for owned in &told {
        state(&mut sheet, owned);
    }
    let (count, of) = (told.len().min(TOLD), subscriptions.items.len());
    Finding::answered(format!("{count} of {of} subscriptions told"))
        .about(&first.owner.id)
        .facts(sheet.into_facts())
        .say(told.iter().take(TOLD).map(|owned| saying(&owned.object)))
}

pub(super) fn saying(subscription: &Subscription) -> Saying {
    let price = price_of(subscription);
    let ends = || subscription.cancel_at.or_else(|| subscription.period_end());
    match &subscription.status {
        SubscriptionStatus::Canceled | SubscriptionStatus::IncompleteExpired => {
            Saying::SubscriptionEnded { on: subscription.ended_at.or(subscription.canceled_at) }
        }
        _ if subscription.is_paused => Saying::SubscriptionPaused,
        SubscriptionStatus::Active | SubscriptionStatus::Trialing if subscription.is_ending() => ends()
            .map_or(Saying::SubscriptionRuns { price, next: None }, |on| Saying::SubscriptionEnds { on }),
        SubscriptionStatus::Trialing => match subscription.trial_end {
            Some(until) => Saying::SubscriptionTrial { until, price },
            None => Saying::SubscriptionRuns { price, next: subscription.period_end() },
        },
        SubscriptionStatus::Active => Saying::SubscriptionRuns { price, next: subscription.period_end() },
        SubscriptionStatus::PastDue => Saying::SubscriptionPastDue { price },
        SubscriptionStatus::Unpaid => Saying::SubscriptionUnpaid { price },
        SubscriptionStatus::Paused => Saying::SubscriptionPaused,
        SubscriptionStatus::Incomplete => Saying::SubscriptionIncomplete,
        // A state that Stripe invents tomorrow is not told in words of today.
        SubscriptionStatus::Other(_) => Saying::PersonAnswers,
    }
}

/// What a subscription says.
pub(super) fn state(sheet: &mut FactSheet, owned: &Owned<Subscription>) {
    let subscription = &owned.object;
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
