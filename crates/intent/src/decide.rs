//! From what was asked to what should happen.

use domain::intent::{Abstention, Disposition};
use domain::{Confidence, Function, Intent, Label, Slots, Understanding};

use crate::cues::{Cue, CueSet};
use crate::document::{Document, Sentence, Standing};
use crate::gate::{self, Action};
use crate::lexicon::{Ask, Strength};

/// A reading surer than this is acted on.
const ACT_FROM: u16 = 600;
/// No reading of quoted history is surer than this.
const QUOTED_AT_MOST: u16 = 500;
/// A subject is shorter and less considered than a text.
const SUBJECT_AT_MOST: u16 = 880;
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

/// The decision over all that was asked in a mail.
pub(crate) fn understanding(document: &Document<'_>, asks: Vec<Ask>, slots: Slots) -> Understanding {
    let cues = document.cues;
    if cues.has(Cue::Injection) {
        return without_request(document, slots, &[Cue::Injection], Some(Abstention::InjectionSuspected));
    }
    let explained = explained(document, cues);
    let chosen = chosen(asks).filter(|(first, _)| !(explained && first.strength == Strength::Hinted));
    let Some((first, also)) = chosen else {
        if cues.has(Cue::Escalation) {
            return without_request(document, slots, &[Cue::Escalation], Some(Abstention::Escalation));
        }
        let told = explained || !cues.any(&ABOUT_MONEY);
        return without_request(document, slots, &EXPLAINED, (!told).then_some(Abstention::Unsure));
    };
    if action(first.function).is_some() && gate::other_parties(document) {
        return without_request(document, slots, &EXPLAINED, Some(Abstention::Unsure));
    }
    if unsolicited(document, cues) {
        let plain = first.strength == Strength::Plain;
        return without_request(document, slots, &EXPLAINED, plain.then_some(Abstention::Unsure));
    }
    let abstention = abstention(document, cues, &first, &also);
    let intent = intent(&first, abstention);
    let unsure = abstention.is_none() && intent.confidence.permille() < ACT_FROM;
    let abstention = if unsure { Some(Abstention::Unsure) } else { abstention };
    Understanding {
        intent,
        also: also.iter().map(|ask| self::intent(ask, None)).collect(),
        disposition: if abstention.is_some() { Disposition::Person } else { Disposition::Act },
        abstention,
        slots,
        language: document.language,
    }
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

/// The sentence whose amount counts: that of the first ask for money, in either direction.
pub(crate) fn amount_sentence(asks: &[Ask]) -> Option<usize> {
    let mut asks: Vec<&Ask> =
        asks.iter().filter(|ask| matches!(ask.function, Function::Refund | Function::PaymentLink)).collect();
    asks.sort_by_key(|ask| std::cmp::Reverse(ask.strength));
    asks.first().map(|ask| ask.sentence)
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
    asks.sort_by_key(|ask| (ask.standing == Standing::Subject, ask.sentence, ask.word));
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
    if let Some(action) = action(first.function) {
        if first.strength != Strength::Plain || first.standing == Standing::Quoted {
            return Some(Abstention::NoEvidence);
        }
        return gate::objection(document, action);
    }
    cues.has(Cue::Notice).then_some(Abstention::Unsure)
}

const fn action(function: Function) -> Option<Action> {
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

fn intent(ask: &Ask, abstention: Option<Abstention>) -> Intent {
    let by_strength = match ask.strength {
        Strength::Plain => 950,
        Strength::Asked => 850,
        Strength::Complained => 700,
        Strength::Hinted => 450,
    };
    let at_most = match ask.standing {
        Standing::Quoted | Standing::CarriedSubject => QUOTED_AT_MOST,
        Standing::Subject => SUBJECT_AT_MOST,
        Standing::Written => 1000,
    };
    let doubt = match abstention {
        Some(Abstention::Unsure | Abstention::NoEvidence) => 300,
        Some(Abstention::RefundAndCancel | Abstention::InjectionSuspected | Abstention::Escalation)
        | None => 0,
    };
    let permille = by_strength.min(at_most).saturating_sub(doubt);
    Intent {
        label: Label::Ask(ask.function),
        confidence: Confidence::from_permille(permille),
        evidence: ask.evidence.clone(),
    }
}

fn without_request(
    document: &Document<'_>,
    slots: Slots,
    because: &[Cue],
    abstention: Option<Abstention>,
) -> Understanding {
    let evidence = document.evidence(because);
    let permille = match (abstention, evidence.is_empty()) {
        (Some(Abstention::InjectionSuspected), _) | (None, false) => 900,
        (None, true) => 800,
        (Some(_), _) => 400,
    };
    Understanding {
        intent: Intent { label: Label::None, confidence: Confidence::from_permille(permille), evidence },
        also: Vec::new(),
        disposition: if abstention.is_some() { Disposition::Person } else { Disposition::Nothing },
        abstention,
        slots,
        language: document.language,
    }
}
