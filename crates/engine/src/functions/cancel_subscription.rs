//! Let a subscription end with its current period. Never at once: what was paid for can be used.

use domain::{Outcome, ReasonCode};
use stripe_client::CallError;

use super::subscription_status::{self, Owned, has_ended, named, read};
use super::wording::subscription_line;
use super::{Case, Conclusion, Plan};
use crate::action::Request;
use crate::facts::FactSheet;
use crate::finding::Finding;
use crate::reply::Saying;

pub(super) async fn run(case: &Case<'_>) -> Result<Conclusion, CallError> {
    let subscriptions = read(case).await?;
    Ok(conclude(case, &subscriptions))
}

fn conclude(case: &Case<'_>, subscriptions: &[Owned]) -> Conclusion {
    let meant: Vec<&Owned> = match named(case, subscriptions) {
        Some(named) if named.is_empty() => {
            let text = "the subscription named is not among the customer's";
            return Finding::question(ReasonCode::ReferenceNotFound, text)
                .say([Saying::ReferenceNotFound])
                .into();
        }
        Some(named) => named,
        None => subscriptions.iter().collect(),
    };
    let running: Vec<&Owned> =
        meant.iter().filter(|owned| !has_ended(&owned.subscription)).copied().collect();
    let going_on: Vec<&Owned> =
        running.iter().filter(|owned| !owned.subscription.is_ending()).copied().collect();
    match (going_on.as_slice(), running.as_slice()) {
        ([one], _) => end(case, one),
        ([], []) => nothing_runs(case, &meant).into(),
        ([], [ending, ..]) => ending_already(case, ending).into(),
        (several, _) => which(case, several).into(),
    }
}

fn end(case: &Case<'_>, owned: &Owned) -> Conclusion {
    let facts = facts(case, &[owned]);
    if owned.subscription.is_scheduled {
        let text = "a schedule manages the subscription, and would undo the cancellation";
        return Finding::handoff(ReasonCode::ScheduleManaged, text)
            .about(&owned.owner.id)
            .facts(facts)
            .into();
    }
    Conclusion::Act(Box::new(Plan {
        request: Request::CancelSubscription {
            subscription: owned.subscription.id.clone(),
            period_end: owned
                .subscription
                .trial_end
                .filter(|end| *end > case.now)
                .or_else(|| owned.subscription.period_end()),
        },
        judgement: case.policy.judge_cancellation(case.mail.assurance),
        basis: Finding::answered("").about(&owned.owner.id).facts(facts),
    }))
}

fn ending_already(case: &Case<'_>, owned: &Owned) -> Finding {
    let on = owned.subscription.cancel_at.or_else(|| owned.subscription.period_end());
    Finding::new(Outcome::Answered, ReasonCode::AlreadyEnding, "the subscription was set to end before")
        .about(&owned.owner.id)
        .facts(facts(case, &[owned]))
        .say([Saying::CancellationSetBefore { on }])
}

fn nothing_runs(case: &Case<'_>, ended: &[&Owned]) -> Finding {
    match ended.first() {
        Some(owned) => {
            Finding::new(Outcome::Answered, ReasonCode::AlreadyCanceled, "the subscription has ended already")
                .about(&owned.owner.id)
                .facts(facts(case, &[owned]))
                .say([subscription_status::saying(&owned.subscription)])
        }
        None => Finding::new(Outcome::Answered, ReasonCode::NothingFound, "the customer has no subscription")
            .say([Saying::NoSubscription]),
    }
}

fn which(case: &Case<'_>, several: &[&Owned]) -> Finding {
    let lines = several.iter().map(|owned| subscription_line(&owned.subscription)).collect();
    Finding::question(
        ReasonCode::SeveralSubscriptions,
        format!("{} subscriptions could be meant", several.len()),
    )
    .facts(facts(case, several))
    .say([Saying::WhichSubscription(lines)])
}

fn facts(case: &Case<'_>, subscriptions: &[&Owned]) -> Vec<domain::draft::Fact> {
    let mut sheet = FactSheet::new(case.language(), case.now);
    for owned in subscriptions {
        subscription_status::state(&mut sheet, owned);
    }
    sheet.into_facts()
}
