//! The evidence gate: whether one sentence plainly asks for money back or for the end of a contract.
//!
//! Confidence does not rank the costly errors: jokes, phishing, suppliers' notices and `thanks for the refund` look like
//! requests to any scorer. So a refund or a cancellation counts only where a sentence holds the action and a request form, and
//! nothing that takes the request away; everything else goes to a person.

mod plain;
mod wording;

use domain::Function;
use domain::intent::Abstention;

use crate::cues::Cue;
use crate::document::{Document, Standing};
use crate::lexicon::Strength;
use crate::rules::Verdict;

pub(crate) use plain::{of_something_else, plain_request, vetoed};
use wording::Wording;

/// What makes a request doubtful wherever it stands in the mail.
const MAIL_DOUBTS: [Cue; 3] = [Cue::Retraction, Cue::Phishing, Cue::Injection];
/// A refund or a cancellation that is so probable beside the other is asked for too.
pub(crate) const ALSO_ASKED: f32 = 0.3;

/// The two functions that move money or end a contract.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Action {
    Refund,
    Cancel,
}

impl Action {
    pub(crate) const fn named(self) -> [Cue; 2] {
        match self {
            Self::Refund => [Cue::Refund, Cue::RefundOrder],
            Self::Cancel => [Cue::Cancel, Cue::CancelOrder],
        }
    }

    const fn other(self) -> Self {
        match self {
            Self::Refund => Self::Cancel,
            Self::Cancel => Self::Refund,
        }
    }

    const fn done(self) -> Cue {
        match self {
            Self::Refund => Cue::RefundDone,
            Self::Cancel => Cue::CancelDone,
        }
    }
}

/// The action of a function that moves money or ends a contract.
pub(crate) const fn action(function: Function) -> Option<Action> {
    match function {
        Function::Refund => Some(Action::Refund),
        Function::CancelSubscription => Some(Action::Cancel),
        Function::InvoiceLookup
        | Function::SubscriptionStatus
        | Function::PaymentStatus
        | Function::PaymentLink
        | Function::PortalLink => None,
    }
}

/// Why an action that the model finds probable must not be taken.
pub(crate) fn ruled_out(document: &Document<'_>, verdict: &Verdict, action: Action) -> Option<Abstention> {
    let wordings = wording::of(document);
    let asks = asking(document, &wordings, action);
    if asks.is_none() && !is_plain(verdict, action) {
        return Some(Abstention::NoEvidence);
    }
    if wordings.iter().any(|wording| wording.asks_outright(action.other())) {
        return Some(Abstention::RefundAndCancel);
    }
    let mentions = || wordings.iter().find(|wording| wording.mentions(action));
    let doubtful = document.cues.any(&MAIL_DOUBTS)
        || other_parties(document)
        || already_done(document, action)
        || of_foreign_things(document, &wordings, action)
        || asks.or_else(mentions).is_some_and(|wording| wording.takes_back(action));
    doubtful.then_some(Abstention::Unsure)
}

/// Whether the rules alone find the action plainly asked for, in what was written now, and first.
pub(crate) fn is_plain(verdict: &Verdict, action: Action) -> bool {
    verdict.asks.first().is_some_and(|first| {
        self::action(first.function) == Some(action)
            && first.strength == Strength::Plain
            && first.standing != Standing::Quoted
    })
}

/// The first sentence of what was written now that asks for the action in words.
fn asking<'w, 'd, 'a>(
    document: &Document<'_>,
    wordings: &'w [Wording<'d, 'a>],
    action: Action,
) -> Option<&'w Wording<'d, 'a>> {
    let own = |standing| matches!(standing, Standing::Written | Standing::Subject);
    let mut sentences = document.sentences.iter().zip(wordings);
    sentences.find(|(sentence, wording)| own(sentence.standing) && wording.asks(action)).map(|(_, asks)| asks)
}

/// Whether a refund is told of: whoever has had one, or gives one, most often asks for something else.
fn already_done(document: &Document<'_>, action: Action) -> bool {
    action == Action::Refund && document.cues.has(action.done())
}

/// Whether the mail speaks of what others sell, and of nothing that a business of subscriptions does.
fn of_foreign_things(document: &Document<'_>, wordings: &[Wording<'_, '_>], action: Action) -> bool {
    let own = match action {
        Action::Refund => &[Cue::Invoice, Cue::Subscription, Cue::SubscriptionState][..],
        Action::Cancel => &[Cue::Subscription, Cue::SubscriptionState],
    };
    let foreign = document.cues.has(Cue::OtherObject) || wording::is_foreign(wordings);
    foreign && !document.cues.any(own) && !wording::names_own(wordings, action)
}

/// Why a plain request must not be acted on although it is plain: another sentence of the mail speaks against it.
pub(crate) fn objection(document: &Document<'_>, action: Action) -> Option<Abstention> {
    let cues = document.cues;
    let contract = cues.any(&[Cue::Subscription, Cue::SubscriptionState]);
    let doubtful = cues.any(&MAIL_DOUBTS) || (action == Action::Cancel && !contract);
    doubtful.then_some(Abstention::Unsure)
}

/// Whether others are spoken of in more than a word: `our customers`, but not `suppliers`. Their money is not ours to return.
pub(crate) fn other_parties(document: &Document<'_>) -> bool {
    let hits = document.sentences.iter().flat_map(|sentence| sentence.of(&[Cue::OtherParty]));
    hits.into_iter().any(|hit| hit.last > hit.first)
}
