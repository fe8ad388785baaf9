//! What a sentence says, word by word: whether it names an action, asks for it, or takes it back.

use std::ops::Range;
use std::sync::LazyLock;

use domain::Language;

use super::{Action, plain};
use crate::concepts;
use crate::cues::Cue;
use crate::document::{Document, Sentence};

/// Words between these are often somebody else's, or an example.
const QUOTATION: [char; 7] = ['"', '„', '“', '”', '«', '»', '‹'];
/// What names a sum of money.
const CURRENCIES: [char; 4] = ['€', '$', '£', '¥'];

/// A sentence with what its words are about.
#[derive(Clone, Copy)]
pub(super) struct Wording<'s, 'a> {
    sentence: &'s Sentence<'a>,
    language: Language,
    about: u128,
}

/// The sentences of a mail with what their words are about, in order.
pub(super) fn of<'d, 'a>(document: &'d Document<'a>) -> Vec<Wording<'d, 'a>> {
    document.sentences.iter().map(|sentence| Wording::of(sentence, document.language)).collect()
}

/// Whether a mail speaks of what others sell, in whatever sentence.
pub(super) fn is_foreign(wordings: &[Wording<'_, '_>]) -> bool {
    wordings.iter().any(|wording| wording.about & NAMES.foreign != 0)
}

/// Whether a mail names, in whatever sentence, what a business of subscriptions can end or pay back.
pub(super) fn names_own(wordings: &[Wording<'_, '_>], action: Action) -> bool {
    let own = match action {
        Action::Refund => NAMES.billed,
        Action::Cancel => NAMES.contract,
    };
    wordings.iter().any(|wording| wording.about & own != 0)
}

impl<'s, 'a> Wording<'s, 'a> {
    fn of(sentence: &'s Sentence<'a>, language: Language) -> Self {
        let mut wording = Self { sentence, language, about: 0 };
        wording.about = wording.words().fold(0, |all, word| all | wording.about(word));
        wording
    }

    /// Whether it asks for the action: it names it, with a form of request or as an order, and nothing in it takes it away.
    pub(super) fn asks(&self, action: Action) -> bool {
        let doubted = [Cue::HowTo, Cue::Awaiting, action.done()];
        let cues = self.sentence.cues;
        if plain::vetoed(cues) || cues.any(&doubted) || self.is_conditional() {
            return false;
        }
        let requests = [Cue::Request, Cue::RefundOrder, Cue::CancelOrder];
        let asks = cues.any(&requests) || self.about & NAMES.request != 0 || self.is_order(action);
        asks && self.names(action)
    }

    /// The same with a word that means nothing else.
    pub(super) fn asks_outright(&self, action: Action) -> bool {
        let word = match action {
            Action::Refund => NAMES.refund,
            Action::Cancel => NAMES.cancel,
        };
        self.about & word != 0 && self.asks(action)
    }

    /// Whether it asks for nothing after all: it speaks of what others sell, takes back what was asked, quotes the words of others, or asks for
    /// a confirmation of what was done or for another plan instead.
    pub(super) fn takes_back(&self, action: Action) -> bool {
        let instead = if action == Action::Cancel { NAMES.instead } else { 0 };
        self.about & (NAMES.foreign | NAMES.taken_back | instead) != 0
            || self.sentence.text.contains(QUOTATION)
            || self.confirms(action)
    }

    /// Whether the rules see the action named, whatever is said of it.
    pub(super) fn mentions(&self, action: Action) -> bool {
        self.sentence.cues.any(&action.named())
    }

    /// Whether it names the action and does not deny it; that nothing is to be renewed names an end.
    fn names(&self, action: Action) -> bool {
        let mut hits = self.sentence.of(&action.named()).peekable();
        if hits.peek().is_some() {
            return hits.any(|hit| !self.sentence.negated(hit));
        }
        self.words().any(|word| {
            if self.sentence.denied(word..=word, self.language) {
                action == Action::Cancel && self.about(word) & NAMES.renew != 0
            } else {
                self.names_by(word, action)
            }
        })
    }

    /// Whether that word names the action, in this sentence.
    fn names_by(&self, word: usize, action: Action) -> bool {
        let about = self.about(word);
        let money = || self.about & NAMES.money != 0 || self.sentence.text.contains(CURRENCIES);
        match action {
            Action::Refund => about & NAMES.refund != 0 || (about & NAMES.back != 0 && money()),
            Action::Cancel => {
                let ends = about & NAMES.stop != 0 && self.about & NAMES.ended != 0;
                about & NAMES.cancel != 0 || (ends && !self.tells_of_a_card(word))
            }
        }
    }

    /// `The card ending in 4242` ends nothing.
    fn tells_of_a_card(&self, word: usize) -> bool {
        self.sentence.of(&[Cue::CardEnding]).any(|hit| (hit.first..=hit.last).contains(&word))
    }

    /// Whether the word for the action begins its clause: `Stop taking money off my card`.
    fn is_order(&self, action: Action) -> bool {
        let by_hit = || self.sentence.of(&action.named()).any(|hit| self.sentence.begins_clause(hit.first));
        let begins = |word: usize| self.names_by(word, action) && self.sentence.begins_clause(word);
        by_hit() || self.words().any(begins)
    }

    /// Whether a condition is more than politeness, as in `I would be glad if you refunded it`.
    fn is_conditional(&self) -> bool {
        let polite = self.words().find(|&word| self.about(word) & NAMES.grateful != 0);
        let mut conditions = self.sentence.of(&[Cue::Conditional]);
        conditions.any(|condition| polite.is_none_or(|polite| polite > condition.first))
    }

    /// `Please confirm that it is cancelled`: the confirmation is asked for before the action is named.
    fn confirms(&self, action: Action) -> bool {
        let confirm = self.words().find(|&word| self.about(word) & NAMES.confirm != 0);
        let named = self.words().find(|&word| self.names_by(word, action));
        confirm.is_some_and(|confirm| named.is_some_and(|named| confirm < named))
    }

    /// The concepts of a word.
    fn about(&self, word: usize) -> u128 {
        concepts::of(self.sentence.folded.folded_word(word).as_bytes(), self.language).0
    }

    fn words(&self) -> Range<usize> {
        0..self.sentence.folded.words.len()
    }
}

/// The concepts that the gate knows by name.
struct Names {
    foreign: u128,
    request: u128,
    taken_back: u128,
    instead: u128,
    grateful: u128,
    renew: u128,
    confirm: u128,
    refund: u128,
    back: u128,
    money: u128,
    cancel: u128,
    stop: u128,
    ended: u128,
    contract: u128,
    billed: u128,
}

static NAMES: LazyLock<Names> = LazyLock::new(|| Names {
    foreign: concepts::named(&["foreign"]),
    request: concepts::named(&["please", "can", "want", "declared"]),
    taken_back: concepts::named(&["withdrawn"]),
    instead: concepts::named(&["upgrade", "change"]),
    grateful: concepts::named(&["grateful"]),
    renew: concepts::named(&["renew"]),
    confirm: concepts::named(&["confirm"]),
    refund: concepts::named(&["refund"]),
    back: concepts::named(&["back"]),
    money: concepts::named(&[
        "money",
        "charged",
        "want",
        "twice",
        "pay",
        "paid",
        "card",
        "invoice",
        "subscription",
    ]),
    cancel: concepts::named(&["cancel"]),
    stop: concepts::named(&["stop"]),
    ended: concepts::named(&["subscription", "plan", "renew", "charged", "money", "trial"]),
    contract: concepts::named(&["subscription", "plan", "renew", "trial"]),
    billed: concepts::named(&["subscription", "plan", "renew", "trial", "invoice"]),
});
