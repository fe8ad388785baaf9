//! Let a subscription end with its current period. Never at once: what was paid for can be used.

mod described;

use domain::{Outcome, Reason, ReasonCode};
use stripe_client::CallError;
use stripe_client::object::{Subscription, SubscriptionStatus};

use super::gather::{Gathered, Owned};
use super::subscription_status::{self, has_ended, named, none_at_all, not_found, read};
use super::wording::subscription_line;
use super::{Case, Conclusion, Found, Plan};
use crate::action::{Effect, Request};
use crate::facts::FactSheet;
use crate::finding::Finding;
use crate::reply::Saying;

pub(super) async fn run(case: &Case<'_>) -> Result<Conclusion, CallError> {
    let subscriptions = read(case).await?;
    if let Some(found) = of_this_mail(case, &subscriptions) {
        return Ok(Conclusion::Found(Box::new(found)));
    }
    Ok(conclude(case, &subscriptions))
}

/// The cancellation that this very mail led to, when the ledger does not know of it any more.
fn of_this_mail(case: &Case<'_>, subscriptions: &Gathered<Subscription>) -> Option<Found> {
    let is_ours = |owned: &&Owned<Subscription>| {
        owned.object.action.is_some() && owned.object.action == case.action && owned.object.is_ending()
    };
    let owned = subscriptions.items.iter().find(is_ours)?;
    let (subscription, on) = (owned.object.id.clone(), owned.object.cancel_at);
    let period_end = owned.object.period_end();
    let effect = Effect::Ending {
        subscription: subscription.clone(),
        on: on.or(period_end),
        request_id: owned.request_id.clone(),
    };
    let basis = Finding::answered("").about(&owned.owner.id).facts(facts(case, &[owned]));
    Some(Found { request: Request::CancelSubscription { subscription, period_end }, effect, basis })
}

fn conclude(case: &Case<'_>, subscriptions: &Gathered<Subscription>) -> Conclusion {
    let meant: Vec<&Owned<Subscription>> = match named(case, subscriptions) {
        Some(named) if named.is_empty() => return not_found(subscriptions).into(),
        Some(named) => named,
        // One that was not read may be the one that is meant.
        None if !subscriptions.complete => {
            return Finding::cut_short(ReasonCode::SeveralSubscriptions, "subscriptions").into();
        }
        None => subscriptions.items.iter().collect(),
    };
    let running: Vec<_> = meant.iter().filter(|owned| !has_ended(&owned.object)).copied().collect();
    let going_on: Vec<_> = running.iter().filter(|owned| !owned.object.is_ending()).copied().collect();
    match (going_on.as_slice(), running.as_slice(), meant.as_slice()) {
        ([one], _, _) => end(case, one),
        ([], [ending, ..], _) => ending_already(case, ending).into(),
        ([], [], [ended, ..]) => ended_already(case, ended).into(),
        ([], [], []) => none_at_all(subscriptions).into(),
        (several, _, _) => match described::pick(case, several) {
            Some(one) => end(case, one),
            None => which(case, several).into(),
        },
    }
}

/// What stands in the way of ending a subscription by a rule alone.
enum Doubt {
    /// It would not end as asked, or nobody can say when: a person answers, and nothing is planned.
    Unplanned(ReasonCode, &'static str),
    /// It can be ended, but a person should look first.
    Look(&'static str),
}

fn doubt(subscription: &Subscription) -> Option<Doubt> {
    let unclear = |text| Some(Doubt::Unplanned(ReasonCode::EndUnclear, text));
    if subscription.is_scheduled {
        let text = "a schedule manages the subscription, and would undo the cancellation";
        return Some(Doubt::Unplanned(ReasonCode::ScheduleManaged, text));
    }
    let begun = !matches!(subscription.status, SubscriptionStatus::Paused | SubscriptionStatus::Incomplete);
    if begun && subscription.period_end().is_none() {
        return unclear("its items end on different days");
    }
    match &subscription.status {
        SubscriptionStatus::Paused => unclear("the subscription is paused, so no period is running"),
        SubscriptionStatus::Incomplete => {
            unclear("the subscription has not begun: its first payment is missing")
        }
        SubscriptionStatus::Other(_) => unclear("the subscription is in a state that is not known"),
        SubscriptionStatus::PastDue => Some(Doubt::Look("the last payment of the subscription failed")),
        SubscriptionStatus::Unpaid => Some(Doubt::Look("the last invoices of the subscription are not paid")),
        SubscriptionStatus::Trialing
        | SubscriptionStatus::Active
        | SubscriptionStatus::Canceled
        | SubscriptionStatus::IncompleteExpired => None,
    }
}

fn end(case: &Case<'_>, owned: &Owned<Subscription>) -> Conclusion {
    match doubt(&owned.object) {
        None => Conclusion::Act(Box::new(plan(case, owned))),
        Some(Doubt::Unplanned(code, text)) => Finding::new(Outcome::Handoff, code, text)
            .about(&owned.owner.id)
            .facts(facts(case, &[owned]))
            .say(standing(&owned.object).into_iter().chain([Saying::CancellationWaits]))
            .into(),
        Some(Doubt::Look(text)) => {
            let mut plan = plan(case, owned);
            plan.basis = plan.basis.say(standing(&owned.object));
            Conclusion::Wait(Box::new(plan), Reason::new(ReasonCode::ApprovalRequired, text))
        }
    }
}

/// How the subscription stands, where that is not what whoever cancels expects.
fn standing(subscription: &Subscription) -> Option<Saying> {
    match &subscription.status {
        SubscriptionStatus::Paused
        | SubscriptionStatus::Incomplete
        | SubscriptionStatus::PastDue
        | SubscriptionStatus::Unpaid => Some(subscription_status::saying(subscription)),
        SubscriptionStatus::Trialing
        | SubscriptionStatus::Active
        | SubscriptionStatus::Canceled
        | SubscriptionStatus::IncompleteExpired
        | SubscriptionStatus::Other(_) => None,
    }
}

fn plan(case: &Case<'_>, owned: &Owned<Subscription>) -> Plan {
    let trial_end = owned.object.trial_end.filter(|end| *end > case.now);
    Plan {
        request: Request::CancelSubscription {
            subscription: owned.object.id.clone(),
            period_end: trial_end.or_else(|| owned.object.period_end()),
        },
        assurance: case.assurance,
        basis: Finding::answered("").about(&owned.owner.id).facts(facts(case, &[owned])),
    }
}

fn ending_already(case: &Case<'_>, owned: &Owned<Subscription>) -> Finding {
    let on = owned.object.cancel_at.or_else(|| owned.object.period_end());
    Finding::new(Outcome::Answered, ReasonCode::AlreadyEnding, "the subscription was set to end before")
        .about(&owned.owner.id)
        .facts(facts(case, &[owned]))
        .say([Saying::CancellationSetBefore { on }])
}

fn ended_already(case: &Case<'_>, owned: &Owned<Subscription>) -> Finding {
    Finding::new(Outcome::Answered, ReasonCode::AlreadyCanceled, "the subscription has ended already")
        .about(&owned.owner.id)
        .facts(facts(case, &[owned]))
        .say([subscription_status::saying(&owned.object)])
}

fn which(case: &Case<'_>, several: &[&Owned<Subscription>]) -> Finding {
    let lines = several.iter().map(|owned| subscription_line(&owned.object)).collect();
    Finding::question(
        ReasonCode::SeveralSubscriptions,
        format!("{} subscriptions could be meant", several.len()),
    )
    .facts(facts(case, several))
    .say([Saying::WhichSubscription(lines)])
}

fn facts(case: &Case<'_>, subscriptions: &[&Owned<Subscription>]) -> Vec<domain::draft::Fact> {
    let mut sheet = FactSheet::new(case.language(), case.now);
    for owned in subscriptions {
        subscription_status::state(&mut sheet, owned);
    }
    sheet.into_facts()
}
