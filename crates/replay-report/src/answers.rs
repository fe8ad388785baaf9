//! What became of mails that were answered here, counted.

use std::collections::BTreeMap;

use domain::draft::{DraftContext, DraftEvent, ReportedState};
use domain::{Fingerprint, Function, Mode, Money, Outcome, ReasonCode, Timestamp};
use serde::{Deserialize, Serialize};

use crate::tally::{add, month};

/// The end of one mail, without anything of its words.
#[derive(Debug, Clone)]
pub struct Answer {
    /// Which mail.
    pub fingerprint: Fingerprint,
    /// What it asks for.
    pub intent: &'static str,
    /// How it ended.
    pub outcome: Outcome,
    language: &'static str,
    assurance: &'static str,
    reasons: Vec<ReasonCode>,
    planned: Vec<(Function, By, Option<Money>)>,
    month: Option<String>,
}

/// Who would have let an action happen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum By {
    Policy,
    Person,
}

impl Answer {
    /// What is kept of a draft.
    pub fn of(event: &DraftEvent, sent_at: Option<Timestamp>) -> Self {
        let data: &DraftContext = &event.data;
        let planned = data.actions.iter().filter_map(|action| {
            let by = match action.state {
                ReportedState::WouldDo => By::Policy,
                ReportedState::NeedsApproval => By::Person,
                ReportedState::Done | ReportedState::Refused | ReportedState::Unknown => return None,
            };
            Some((action.function, by, action.amount))
        });
        Self {
            fingerprint: event.subject,
            intent: data.intents.first().map_or("none", |intent| intent.label.as_str()),
            outcome: data.outcome,
            language: data.in_reply_to.language.as_str(),
            assurance: data.sender.assurance.as_str(),
            reasons: data.reasons.iter().map(|reason| reason.code).collect(),
            planned: planned.collect(),
            month: sent_at.and_then(month),
        }
    }
}

type Named = BTreeMap<String, u64>;

/// The answers of a replay.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answers {
    /// Of the Stripe data that was read.
    pub mode: Mode,
    /// By how they ended.
    pub outcomes: Named,
    /// By what they ask for.
    pub intents: Named,
    /// By intent, then by outcome.
    pub outcomes_of_intents: BTreeMap<String, Named>,
    /// By month, then by outcome.
    pub outcomes_of_months: BTreeMap<String, Named>,
    /// By language, as far as it is told.
    pub languages: Named,
    /// By how far their senders could be believed.
    pub assurances: Named,
    /// Why they ended so; a mail may have several.
    pub reasons: BTreeMap<ReasonCode, u64>,
    /// By function: what would have been changed at Stripe. Each mail is judged by itself, and as Stripe stands today: two mails about one
    /// payment count twice.
    pub would_have: BTreeMap<Function, WouldHave>,
}

/// What would have been done of one function.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct WouldHave {
    /// The policy would have let it happen.
    pub by_policy: Sums,
    /// A person would have been asked.
    pub by_person: Sums,
}

/// How many, and how much.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sums {
    /// How many.
    pub count: u64,
    /// In minor units, one of each currency, by its code.
    pub amounts: Vec<Money>,
}

impl Sums {
    fn add(&mut self, amount: Option<Money>) {
        self.count += 1;
        let Some(amount) = amount else { return };
        if let Some(sum) = self.amounts.iter_mut().find(|sum| sum.currency == amount.currency) {
            sum.minor = sum.minor.saturating_add(amount.minor);
        } else {
            let place = self.amounts.partition_point(|sum| sum.currency < amount.currency);
            self.amounts.insert(place, amount);
        }
    }
}

impl Answers {
    /// None yet.
    pub const fn new(mode: Mode) -> Self {
        Self {
            mode,
            outcomes: Named::new(),
            intents: Named::new(),
            outcomes_of_intents: BTreeMap::new(),
            outcomes_of_months: BTreeMap::new(),
            languages: Named::new(),
            assurances: Named::new(),
            reasons: BTreeMap::new(),
            would_have: BTreeMap::new(),
        }
    }

    /// Counts one.
    pub fn note(&mut self, answer: &Answer) {
        let outcome = answer.outcome.as_str();
        add(&mut self.outcomes, outcome);
        add(&mut self.intents, answer.intent);
        add(self.outcomes_of_intents.entry(answer.intent.to_owned()).or_default(), outcome);
        if let Some(month) = &answer.month {
            add(self.outcomes_of_months.entry(month.clone()).or_default(), outcome);
        }
        add(&mut self.languages, answer.language);
        add(&mut self.assurances, answer.assurance);
        for reason in &answer.reasons {
            *self.reasons.entry(*reason).or_default() += 1;
        }
        for (function, by, amount) in &answer.planned {
            let would_have = self.would_have.entry(*function).or_default();
            match by {
                By::Policy => would_have.by_policy.add(*amount),
                By::Person => would_have.by_person.add(*amount),
            }
        }
    }
}
