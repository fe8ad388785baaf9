//! The evidence gate: whether one sentence plainly asks for money back or for the end of a contract.
//!
//! Confidence does not rank the costly errors: jokes, phishing, suppliers' notices and `thanks for the refund` look like
//! requests to any scorer. So a refund or a cancellation counts only where a sentence holds the action and a request form, and
//! nothing that takes the request away; everything else goes to a person.

use std::sync::LazyLock;

use domain::intent::Abstention;
use domain::{Function, Language};

use crate::concepts;
use crate::cues::{Cue, CueSet, Hit};
use crate::document::{Document, Sentence, Standing};
use crate::lexicon::Strength;
use crate::rules::Verdict;

/// What takes a request away wherever it stands in the same sentence.
const SENTENCE_VETOES: [Cue; 8] = [
    Cue::Policy,
    Cue::OtherParty,
    Cue::OtherObject,
    Cue::Retraction,
    Cue::Notice,
    Cue::Phishing,
    Cue::Marketing,
    Cue::Machine,
];
/// What makes a plain request doubtful when it stands anywhere else in the mail.
const MAIL_DOUBTS: [Cue; 6] =
    [Cue::Policy, Cue::Retraction, Cue::Notice, Cue::Phishing, Cue::Marketing, Cue::Injection];

/// Words between these are often somebody else's, or an example.
const QUOTATION: [char; 7] = ['"', '„', '“', '”', '«', '»', '‹'];
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
    let plain = is_plain(verdict, action);
    if !plain && asked_in_words(document, action).is_none() {
        return Some(Abstention::NoEvidence);
    }
    let contract = action == Action::Cancel || !plain;
    let doubtful = document.cues.any(&MAIL_DOUBTS)
        || other_parties(document)
        || (contract && !of_own_things(document, action))
        || taken_back(document, action);
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

/// A sentence of what was written now that asks for the action in words: a word for it, a form of request, and nothing that takes it back.
pub(crate) fn asked_in_words(document: &Document<'_>, action: Action) -> Option<usize> {
    document.sentences.iter().position(|sentence| {
        let own = matches!(sentence.standing, Standing::Written | Standing::Subject);
        own && asks(sentence, document.language, action)
    })
}

/// Whether the mail names what a business of subscriptions can end or pay back.
fn of_own_things(document: &Document<'_>, action: Action) -> bool {
    let own = match action {
        Action::Refund => NAMES.paid,
        Action::Cancel => NAMES.contract,
    };
    let by_cue = match action {
        Action::Refund => document.cues.any(&[
            Cue::Payment,
            Cue::Invoice,
            Cue::Subscription,
            Cue::PaymentPuzzle,
            Cue::Charged,
            Cue::LastPayment,
        ]),
        Action::Cancel => document.cues.any(&[Cue::Subscription, Cue::SubscriptionState]),
    };
    by_cue || document.sentences.iter().any(|sentence| spoken_of(sentence, document.language) & own != 0)
}

/// Whether the sentence that asks speaks of something that no subscription business sells, or takes back what was asked, or only quotes the words, asks for a confirmation of what was done, or for another plan instead.
fn taken_back(document: &Document<'_>, action: Action) -> bool {
    let named = |sentence: &Sentence<'_>| sentence.cues.any(&action.named());
    let plain = || document.sentences.iter().position(named);
    let Some(at) = asked_in_words(document, action).or_else(plain) else { return false };
    let against = NAMES.foreign | NAMES.taken_back;
    let within = |sentence: &Sentence<'_>| {
        let instead = action == Action::Cancel && spoken_of(sentence, document.language) & NAMES.instead != 0;
        let against = spoken_of(sentence, document.language) & against != 0;
        against
            || instead
            || sentence.text.contains(QUOTATION)
            || confirms(sentence, document.language, action)
    };
    document.sentences.get(at).is_some_and(within)
}

/// `Please confirm that it is cancelled`: the confirmation is asked for before the action is named.
fn confirms(sentence: &Sentence<'_>, language: Language, action: Action) -> bool {
    let first = |wanted: &dyn Fn(u128) -> bool| {
        let mut words = 0..sentence.folded.words.len();
        words.find(|&word| wanted(concepts::of(sentence.folded.folded_word(word).as_bytes(), language).0))
    };
    let confirm = first(&|about| about & NAMES.confirm != 0);
    let named = first(&|about| NAMES.name(about, action));
    confirm.is_some_and(|confirm| named.is_some_and(|named| confirm < named))
}

fn asks(sentence: &Sentence<'_>, language: Language, action: Action) -> bool {
    let doubted = [Cue::Conditional, Cue::HowTo, Cue::Awaiting, action.done()];
    if vetoed(sentence.cues) || sentence.cues.any(&doubted) {
        return false;
    }
    let about = spoken_of(sentence, language);
    let hits = || sentence.of(&action.named());
    let denied = sentence.cues.has(Cue::Negation) && hits().all(|hit| sentence.negated(hit));
    let named = hits().next().is_some() || NAMES.name(about, action);
    let form =
        sentence.cues.any(&[Cue::Request, Cue::RefundOrder, Cue::CancelOrder]) || about & NAMES.request != 0;
    named && form && !denied
}

/// The concepts of a sentence.
fn spoken_of(sentence: &Sentence<'_>, language: Language) -> u128 {
    let words = 0..sentence.folded.words.len();
    words.fold(0, |all, word| all | concepts::of(sentence.folded.folded_word(word).as_bytes(), language).0)
}

/// The concepts that the gate knows by name.
struct Names {
    foreign: u128,
    request: u128,
    taken_back: u128,
    instead: u128,
    confirm: u128,
    refund: u128,
    back: u128,
    money: u128,
    cancel: u128,
    stop: u128,
    ended: u128,
    contract: u128,
    paid: u128,
}

static NAMES: LazyLock<Names> = LazyLock::new(|| Names {
    foreign: concepts::named(&["foreign"]),
    request: concepts::named(&["please", "can", "want"]),
    taken_back: concepts::named(&["withdrawn"]),
    instead: concepts::named(&["upgrade", "change"]),
    confirm: concepts::named(&["confirm"]),
    refund: concepts::named(&["refund"]),
    back: concepts::named(&["back"]),
    money: concepts::named(&["money", "charged", "want", "twice"]),
    cancel: concepts::named(&["cancel"]),
    stop: concepts::named(&["stop"]),
    ended: concepts::named(&["subscription", "plan", "renew", "charged", "money", "trial"]),
    contract: concepts::named(&["subscription", "plan", "renew", "trial"]),
    paid: concepts::named(&[
        "charged",
        "twice",
        "subscription",
        "plan",
        "renew",
        "trial",
        "invoice",
        "money",
    ]),
});

impl Names {
    /// Whether a sentence about these concepts names the action.
    const fn name(&self, about: u128, action: Action) -> bool {
        match action {
            Action::Refund => about & self.refund != 0 || (about & self.back != 0 && about & self.money != 0),
            Action::Cancel => about & self.cancel != 0 || (about & self.stop != 0 && about & self.ended != 0),
        }
    }
}

/// The words that make a sentence a plain request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Plain {
    pub(crate) action: Hit,
    pub(crate) form: Hit,
}

/// The plain request for `action` in one clause of a sentence.
pub(crate) fn plain_request(sentence: &Sentence<'_>, clause: usize, action: Action) -> Option<Plain> {
    if !sentence.cues_in(clause).any(&action.named()) || vetoed(sentence.cues) {
        return None;
    }
    let named = sentence.in_clause(clause).filter(|hit| action.named().contains(&hit.owner.0));
    named.filter(|hit| applies(sentence, hit, action)).find_map(|hit| {
        let form = form(sentence, hit)?;
        Some(Plain { action: *hit, form })
    })
}

/// Whether something in the sentence says that it is no request of the sender's own.
pub(crate) fn vetoed(cues: CueSet) -> bool {
    cues.any(&SENTENCE_VETOES)
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

fn applies(sentence: &Sentence<'_>, hit: &Hit, action: Action) -> bool {
    let clause = sentence.clause(hit.first);
    let near = sentence.cues_in(clause);
    let conditional = sentence.of(&[Cue::Conditional]).any(|other| sentence.clause(other.first) <= clause);
    let asked_how = sentence.of(&[Cue::HowTo]).any(|how| how.first <= hit.first);
    let asked_about = sentence.of(&[Cue::Inform]).any(|other| {
        let there = sentence.clause(other.first);
        other.first < hit.first && (there == clause || there + 1 == clause)
    });
    !sentence.negated(hit)
        && !near.any(&[Cue::Awaiting, action.done()])
        && !conditional
        && !asked_how
        && !asked_about
        && (action == Action::Refund || !of_something_else(sentence, hit))
}

/// Whether the nearest thing named beside a cancellation is an order, a meeting, a card: the next one in its clause, or else the
/// one before it, as German and Dutch have it.
pub(crate) fn of_something_else(sentence: &Sentence<'_>, hit: &Hit) -> bool {
    let clause = sentence.clause(hit.first);
    let objects = [Cue::OrderObject, Cue::Subscription];
    let things = || sentence.in_clause(clause).filter(move |other| objects.contains(&other.owner.0));
    let after = things().find(|thing| thing.last >= hit.first && thing.first + 1 > hit.first);
    let before = || things().filter(|thing| thing.last < hit.first).last();
    let earlier = || sentence.of(&objects).filter(|thing| thing.last < hit.first).last();
    let nearest = after.or_else(before).or_else(earlier);
    nearest.is_some_and(|thing| thing.owner.0 == Cue::OrderObject)
}

/// The words that turn the action into a request: its own form, or a request form before it or in its clause.
fn form(sentence: &Sentence<'_>, hit: &Hit) -> Option<Hit> {
    let clause = sentence.clause(hit.first);
    let order = matches!(hit.owner.0, Cue::RefundOrder | Cue::CancelOrder);
    if order && (hit.owner.1 != Language::En || sentence.begins_clause(hit.first)) {
        return Some(*hit);
    }
    let tag = |at: usize| at > clause && sentence.is_only(at, Cue::Request);
    let mut requests = sentence.of(&[Cue::Request]).filter(|request| !sentence.negated(request));
    requests
        .find(|request| {
            let there = sentence.clause(request.first);
            let before = there < clause && !sentence.cues_in(there).has(Cue::Negation);
            there == clause || before || tag(there)
        })
        .copied()
}
