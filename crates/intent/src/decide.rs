//! From what the model finds probable and what the rules found to what should happen.

use domain::intent::{Abstention, Disposition};
use domain::{Confidence, Function, Intent, Label, Slots, Understanding};

use crate::Scores;
use crate::cues::Cue;
use crate::document::{Document, Standing};
use crate::gate;
use crate::lexicon::{Ask, Strength};
use crate::model::{Limits, Reading};
use crate::rules::Verdict;

/// No reading of quoted history is surer than this.
const QUOTED_AT_MOST: u16 = 500;
/// A subject is shorter and less considered than a text.
const SUBJECT_AT_MOST: u16 = 880;
/// What takes itself for an order to a program is that.
const INJECTION: Confidence = Confidence::from_permille(900);

/// All that was found in a mail before anything is decided.
pub(crate) struct Findings<'f, 'a> {
    pub(crate) document: &'f Document<'a>,
    /// Everything the rules saw asked, also what does not count.
    pub(crate) asks: &'f [Ask],
    pub(crate) verdict: &'f Verdict,
    pub(crate) reading: &'f Reading,
}

impl Findings<'_, '_> {
    /// The decision over all of it.
    pub(crate) fn understanding(&self, limits: &Limits, slots: Slots) -> Understanding {
        let doubt = self.doubt(limits);
        let label = self.label();
        let nothing = label == Label::None;
        let disposition = match doubt {
            Some(_) => Disposition::Person,
            None if nothing => Disposition::Nothing,
            None => Disposition::Act,
        };
        Understanding {
            intent: self.intent(label),
            also: if nothing { Vec::new() } else { self.also(label) },
            disposition,
            abstention: doubt,
            slots,
            language: self.document.language,
        }
    }

    /// The sentence whose amount counts: that of the first ask for money, in either direction.
    pub(crate) fn amount_sentence(&self) -> Option<usize> {
        let asked = |ask: &&Ask| matches!(ask.function, Function::Refund | Function::PaymentLink);
        let plainest = self.asks.iter().filter(asked).min_by_key(|ask| std::cmp::Reverse(ask.strength));
        let money = matches!(self.label(), Label::Ask(Function::Refund | Function::PaymentLink));
        let told = || self.reading.telling(self.label()).filter(|_| money);
        plainest.map(|ask| ask.sentence).or_else(told)
    }

    fn label(&self) -> Label {
        if self.is_injected() { Label::None } else { self.reading.scores.best() }
    }

    fn plain(&self) -> Option<Label> {
        plain_label(self.document, self.verdict)
    }

    fn is_injected(&self) -> bool {
        self.document.cues.has(Cue::Injection)
    }

    /// Why a person should read the mail.
    fn doubt(&self, limits: &Limits) -> Option<Abstention> {
        let both = || self.asks_both().then_some(Abstention::RefundAndCancel);
        ruled_out(self.document, self.verdict, self.label()).or_else(both).or_else(|| self.unsure(limits))
    }

    /// Whether a refund and a cancellation are both so probable that one of them cannot be done as if the other were not asked.
    fn asks_both(&self) -> bool {
        let scores = &self.reading.scores;
        let actions = [Function::Refund, Function::CancelSubscription];
        actions.into_iter().all(|action| scores.of_label(Label::Ask(action)) > gate::ALSO_ASKED)
    }

    fn unsure(&self, limits: &Limits) -> Option<Abstention> {
        let scores = &self.reading.scores;
        let faint = matches!(self.standing(self.label()), Some(Standing::Quoted | Standing::CarriedSubject));
        let unsure = faint || !is_sure(limits, scores, self.plain());
        unsure.then_some(Abstention::Unsure)
    }

    fn ask(&self, label: Label) -> Option<&Ask> {
        let function = label.function()?;
        self.asks.iter().find(|ask| ask.function == function)
    }

    /// Whose words speak for a label; of `none` those that were read at all.
    fn standing(&self, label: Label) -> Option<Standing> {
        let by_model = || {
            let sentence = self.reading.telling(label).and_then(|index| self.document.sentences.get(index));
            sentence.map(|sentence| sentence.standing)
        };
        self.ask(label).map(|ask| ask.standing).or_else(by_model)
    }

    fn intent(&self, label: Label) -> Intent {
        if self.is_injected() {
            let evidence = self.document.evidence(&[Cue::Injection]);
            return Intent { label, confidence: INJECTION, evidence };
        }
        let telling = || {
            let sentence = self.document.sentences.get(self.reading.telling(label)?)?;
            Some(vec![sentence.span()])
        };
        let evidence = match (label, self.ask(label)) {
            (Label::None, _) => self.document.evidence(self.verdict.because),
            (Label::Ask(_), Some(ask)) => ask.evidence(self.document),
            (Label::Ask(_), None) => telling().unwrap_or_default(),
        };
        let probable = permille(self.reading.scores.of_label(label));
        Intent { label, confidence: self.capped(label, probable), evidence }
    }

    fn capped(&self, label: Label, permille: u16) -> Confidence {
        let at_most = match self.standing(label) {
            Some(Standing::Quoted | Standing::CarriedSubject) => QUOTED_AT_MOST,
            Some(Standing::Subject) => SUBJECT_AT_MOST,
            Some(Standing::Written) | None => 1000,
        };
        Confidence::from_permille(permille.min(at_most))
    }

    /// What else the rules saw asked, in the order of the mail.
    fn also(&self, label: Label) -> Vec<Intent> {
        let others = self.verdict.asks.iter().filter(|ask| Label::Ask(ask.function) != label);
        others.map(|ask| self.other(ask)).collect()
    }

    /// The model tells how probable the first request is; of others the rules tell how plainly they are asked.
    fn other(&self, ask: &Ask) -> Intent {
        let permille = match ask.strength {
            Strength::Plain => 950,
            Strength::Asked => 850,
            Strength::Complained => 700,
            Strength::Hinted => 450,
        };
        let label = Label::Ask(ask.function);
        Intent { label, confidence: self.capped(label, permille), evidence: ask.evidence(self.document) }
    }
}

/// Why a label must not be acted on whatever the model says.
pub(crate) fn ruled_out(document: &Document<'_>, verdict: &Verdict, label: Label) -> Option<Abstention> {
    if document.cues.has(Cue::Injection) {
        return Some(Abstention::InjectionSuspected);
    }
    let asked = |function: Function| {
        verdict.asks.iter().any(|ask| ask.function == function && ask.strength >= Strength::Asked)
    };
    if asked(Function::Refund) && asked(Function::CancelSubscription) {
        return Some(Abstention::RefundAndCancel);
    }
    if document.cues.has(Cue::Escalation) {
        return Some(Abstention::Escalation);
    }
    let Some(function) = label.function() else { return asked_all_the_same(verdict) };
    gate::ruled_out(document, verdict, gate::action(function)?)
}

/// Nobody reads a mail that asks for nothing. So where the rules find a request, a person decides whether it is one.
fn asked_all_the_same(verdict: &Verdict) -> Option<Abstention> {
    let asks = verdict.is_firm() && verdict.asks.iter().any(|ask| ask.strength >= Strength::Asked);
    asks.then_some(Abstention::Unsure)
}

/// Whether that reading is sure enough to be acted on.
pub(crate) fn is_sure(limits: &Limits, scores: &Scores, plain: Option<Label>) -> bool {
    let label = scores.best();
    if plain == Some(label) { limits.allow_plain(label, scores) } else { limits.allow(label, scores) }
}

/// A refund or a cancellation that the rules find plainly asked for, or `none` where something tells why nothing is asked. Whether
/// something speaks against it, [`ruled_out`] tells.
pub(crate) fn plain_label(document: &Document<'_>, verdict: &Verdict) -> Option<Label> {
    let plain = match verdict.label.function() {
        Some(function) => gate::is_plain(verdict, gate::action(function)?),
        None => document.cues.any(verdict.because),
    };
    (plain && verdict.is_firm()).then_some(verdict.label)
}

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a probability")]
fn permille(probable: f32) -> u16 {
    (probable * 1000.0).round() as u16
}
