//! What the rules alone conclude from the asks: which one counts, and what speaks against acting on it.
//!
//! The model weighs this verdict among other things; for refunds and cancellations it must agree besides.

use domain::intent::Abstention;
use domain::{Function, Label};

use crate::cues::{Cue, CueSet};
use crate::document::{Document, Sentence, Standing};
use crate::gate;
use crate::lexicon::{Ask, Strength};

/// One phrase of advertising or absence may stand in any mail; so many are no chance.
const SEVERAL: usize = 2;

/// Cues that tell why a mail with words of money in it asks for nothing.
const EXPLAINED: [Cue; 9] = [
    Cue::Policy,
    Cue::OtherParty,
    Cue::Retraction,
    Cue::Notice,
    Cue::Marketing,
    Cue::Phishing,
    Cue::Machine,
    Cue::RefundDone,
    Cue::CancelDone,
];
/// Cues that explain a refund or a cancellation only in their own sentence.
const EXPLAINED_BESIDE: [Cue; 2] = [Cue::OtherObject, Cue::OrderObject];
const ACTIONS: [Cue; 4] = [Cue::Refund, Cue::RefundOrder, Cue::Cancel, Cue::CancelOrder];
/// Cues that tell a mail is about money although no request was understood.
const ABOUT_MONEY: [Cue; 7] = [
    Cue::Refund,
    Cue::RefundOrder,
    Cue::Cancel,
    Cue::CancelOrder,
    Cue::PaymentPuzzle,
    Cue::PaymentState,
    Cue::Invoice,
];

/// What the rules conclude.
#[derive(Debug)]
pub(crate) struct Verdict {
    /// The label of the ask that counts.
    pub(crate) label: Label,
    /// The asks that count: the one to act on first, the others in the order of the mail.
    pub(crate) asks: Vec<Ask>,
    /// Why a person should read the mail.
    pub(crate) doubt: Option<Abstention>,
    /// Cues that tell why nothing is asked for.
    pub(crate) because: &'static [Cue],
}

impl Verdict {
    /// Whether nothing speaks against it.
    pub(crate) const fn is_firm(&self) -> bool {
        self.doubt.is_none()
    }

    const fn nothing(because: &'static [Cue], doubt: Option<Abstention>) -> Self {
        Self { label: Label::None, asks: Vec::new(), doubt, because }
    }
}

/// The verdict over all that was asked in a mail.
pub(crate) fn verdict(document: &Document<'_>, asks: &[Ask]) -> Verdict {
    let cues = document.cues;
    if cues.has(Cue::Injection) {
        return Verdict::nothing(&[Cue::Injection], Some(Abstention::InjectionSuspected));
    }
    let explained = explained(document, cues);
    let chosen =
        chosen(asks.to_vec()).filter(|(first, _)| !(explained && first.strength == Strength::Hinted));
    let Some((first, also)) = chosen else {
        if cues.has(Cue::Escalation) {
            return Verdict::nothing(&[Cue::Escalation], Some(Abstention::Escalation));
        }
        let told = explained || !cues.any(&ABOUT_MONEY);
        return Verdict::nothing(&EXPLAINED, (!told).then_some(Abstention::Unsure));
    };
    if gate::action(first.function).is_some() && gate::other_parties(document) {
        return Verdict::nothing(&EXPLAINED, Some(Abstention::Unsure));
    }
    if unsolicited(document, cues) {
        let plain = first.strength == Strength::Plain;
        return Verdict::nothing(&EXPLAINED, plain.then_some(Abstention::Unsure));
    }
    let faint = first.strength == Strength::Hinted
        || matches!(first.standing, Standing::Quoted | Standing::CarriedSubject);
    let doubt = abstention(document, cues, &first, &also).or(faint.then_some(Abstention::Unsure));
    let label = Label::Ask(first.function);
    let asks = std::iter::once(first).chain(also).collect();
    Verdict { label, asks, doubt, because: &[] }
}

/// Whether something tells why no request is made although money is spoken of.
fn explained(document: &Document<'_>, cues: CueSet) -> bool {
    let beside =
        |sentence: &Sentence<'_>| sentence.cues.any(&ACTIONS) && sentence.cues.any(&EXPLAINED_BESIDE);
    cues.any(&EXPLAINED) || document.sentences.iter().any(beside)
}

/// Whether a program or a stranger wrote: one phrase of phishing, several of advertising or of an absence.
fn unsolicited(document: &Document<'_>, cues: CueSet) -> bool {
    let in_subject = document.sentences.iter().take_while(|sentence| sentence.standing < Standing::Written);
    let machine = in_subject.into_iter().any(|sentence| sentence.cues.has(Cue::Machine));
    cues.has(Cue::Phishing)
        || machine
        || document.count(Cue::Machine) >= SEVERAL
        || document.count(Cue::Marketing) >= SEVERAL
}

/// The ask that is acted on and the others: the first plain question or request, or else the most telling hint.
fn chosen(mut asks: Vec<Ask>) -> Option<(Ask, Vec<Ask>)> {
    for ask in &mut asks {
        if ask.standing == Standing::CarriedSubject {
            ask.strength = Strength::Hinted;
        }
    }
    let strongest = asks.iter().map(|ask| ask.strength).max()?;
    let threshold = strongest.min(Strength::Asked);
    asks.retain(|ask| ask.strength >= threshold);
    // The subject comes after the text: it announces, the text asks.
    asks.sort_by_key(|ask| (ask.standing == Standing::Subject, ask.sentence, ask.word()));
    let also = asks.split_off(1);
    let first = asks.pop()?;
    let also =
        also.into_iter().filter(|ask| ask.standing != Standing::Subject || ask.strength == Strength::Plain);
    Some((first, also.collect()))
}

fn abstention(document: &Document<'_>, cues: CueSet, first: &Ask, also: &[Ask]) -> Option<Abstention> {
    let asked = |function| first.function == function || also.iter().any(|ask| ask.function == function);
    if asked(Function::Refund) && asked(Function::CancelSubscription) {
        return Some(Abstention::RefundAndCancel);
    }
    if cues.has(Cue::Escalation) {
        return Some(Abstention::Escalation);
    }
    if let Some(action) = gate::action(first.function) {
        if first.strength != Strength::Plain || first.standing == Standing::Quoted {
            return Some(Abstention::NoEvidence);
        }
        return gate::objection(document, action);
    }
    cues.has(Cue::Notice).then_some(Abstention::Unsure)
}
