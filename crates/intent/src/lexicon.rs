//! The scorer: what each clause of a mail asks for, told from its cues by rules.
//!
//! It answers with [`Ask`]s and knows nothing of what becomes of them. Another scorer may take its place; the gate, the slots and
//! the decision stay.

use domain::Function;
use domain::intent::Span;

use crate::cues::{Cue, CueSet, Hit};
use crate::document::{Document, Sentence, Standing};
use crate::gate::{self, Action};

/// A mail of so few words is a request by itself: `billing history`.
const FRAGMENT: usize = 7;

/// How plainly something is asked for, from least to most.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Strength {
    /// The thing is named.
    Hinted,
    /// A grievance that calls for an answer.
    Complained,
    /// A question or a request.
    Asked,
    /// A request that has passed the gate.
    Plain,
}

/// One thing asked for in one clause.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ask {
    pub(crate) function: Function,
    pub(crate) strength: Strength,
    /// Whose words ask.
    pub(crate) standing: Standing,
    /// Index of the sentence in the document.
    pub(crate) sentence: usize,
    /// The words that tell it.
    hits: Telling,
}

/// What tells an ask: the thing, and for a plain request the form that asks for it.
type Telling = (Hit, Option<Hit>);

impl Ask {
    /// Index of the telling word in the sentence.
    pub(crate) const fn word(&self) -> usize {
        self.hits.0.first
    }

    /// The sentence, and the words in it.
    pub(crate) fn evidence(&self, document: &Document<'_>) -> Vec<Span> {
        let Some(sentence) = document.sentences.get(self.sentence) else { return Vec::new() };
        let words = std::iter::once(self.hits.0).chain(self.hits.1);
        let mut spans = vec![sentence.span()];
        spans.extend(words.map(|hit| sentence.span_of(hit.first, hit.last)));
        spans.dedup();
        spans
    }
}

/// What the mail asks for, in its order; a function once, where it is asked most plainly.
pub(crate) fn asks(document: &Document<'_>) -> Vec<Ask> {
    let mut asks: Vec<Ask> = Vec::new();
    let fragment = document.length() <= FRAGMENT;
    for (index, sentence) in document.sentences.iter().enumerate() {
        let mut spent = false;
        for clause in sentence.clauses() {
            for (function, strength, hits) in readings(sentence, clause, fragment, &mut spent) {
                let standing = sentence.standing;
                keep(&mut asks, Ask { function, strength, standing, sentence: index, hits });
            }
        }
    }
    hand_over(document, &mut asks);
    asks.extend(state_handed_over(document, &asks));
    asks
}

/// `I cancelled in October. Can you tell me whether it is done?`
fn state_handed_over(document: &Document<'_>, asks: &[Ask]) -> Option<Ask> {
    let firm = |ask: &Ask| ask.strength >= Strength::Asked && ask.standing == Standing::Written;
    if asks.iter().any(firm) {
        return None;
    }
    let done =
        document.sentences.iter().find(|sentence| sentence.cues.any(&[Cue::RefundDone, Cue::CancelDone]))?;
    let (index, question) = document.sentences.iter().enumerate().find(|(_, sentence)| {
        sentence.standing == Standing::Written
            && sentence.cues.any(&[Cue::Inform, Cue::Awaiting])
            && sentence.question
    })?;
    let hit = question.first(&[Cue::Inform, Cue::Awaiting])?;
    let refund = done.cues.has(Cue::RefundDone);
    let function = if refund { Function::PaymentStatus } else { Function::SubscriptionStatus };
    let (strength, standing) = (Strength::Asked, question.standing);
    Some(Ask { function, strength, standing, sentence: index, hits: (*hit, None) })
}

/// `The October invoice is missing. Could you send it again?` The request names the thing by a pronoun.
fn hand_over(document: &Document<'_>, asks: &mut [Ask]) {
    let sends = |sentence: &Sentence<'_>| {
        let requests: Vec<usize> =
            sentence.of(&[Cue::Request]).map(|hit| sentence.clause(hit.first)).collect();
        let own = !gate::vetoed(sentence.cues);
        own && sentence.of(&[Cue::Send]).any(|hit| requests.contains(&sentence.clause(hit.first)))
    };
    let firm = asks.iter().any(|ask| ask.strength >= Strength::Asked);
    if firm || !document.sentences.iter().any(sends) {
        return;
    }
    if let Some(invoice) = asks.iter_mut().find(|ask| ask.function == Function::InvoiceLookup) {
        invoice.strength = Strength::Asked;
    }
}

fn keep(asks: &mut Vec<Ask>, ask: Ask) {
    let weight = |ask: &Ask| (ask.strength, ask.standing);
    let known = asks.iter().find(|other| other.function == ask.function).map(weight);
    if known.is_some_and(|known| known >= weight(&ask)) {
        return;
    }
    asks.retain(|other| other.function != ask.function);
    asks.push(ask);
}

type Reading = (Function, Strength, Telling);

/// One clause with what the rules look at.
struct Clause<'s, 'a> {
    sentence: &'s Sentence<'a>,
    index: usize,
    cues: CueSet,
    /// A request form stands in this clause or before it in the sentence.
    asked: bool,
    /// Something was asked for before, or its state is asked for.
    waits: bool,
    /// A question, a request, or so few words that they can be nothing else.
    open: bool,
}

/// What one clause asks for. A request form reaches over the clauses behind it until something is asked with it: `spent`.
fn readings(sentence: &Sentence<'_>, clause: usize, fragment: bool, spent: &mut bool) -> Vec<Reading> {
    let cues = sentence.cues_in(clause);
    if sentence.cues.any(&[Cue::Notice, Cue::Phishing, Cue::Machine, Cue::Marketing, Cue::Injection]) {
        return Vec::new();
    }
    let plain = plain_actions(sentence, clause);
    if !plain.is_empty() {
        *spent = true;
        return plain;
    }
    let reaches =
        |at: usize| at == clause || (at < clause && (!*spent || cues.any(&[Cue::Send, Cue::Change])));
    let asked = sentence.of(&[Cue::Request]).any(|request| reaches(sentence.clause(request.first)));
    let fragment = fragment && sentence.standing == Standing::Written;
    let state = sentence.asks_state(clause);
    let open =
        asked || (sentence.question && !*spent) || fragment || state || cues.any(&[Cue::HowTo, Cue::Inform]);
    let waits = state || cues.has(Cue::Awaiting);
    let clause = Clause { sentence, index: clause, cues, asked, waits, open };
    let rules: [fn(&Clause<'_, '_>) -> Option<Reading>; 10] = [
        state_of_action,
        unplain_request,
        payment,
        portal,
        paying,
        subscription,
        invoices,
        puzzle,
        mention,
        named_payment,
    ];
    let reading = rules.iter().find_map(|rule| rule(&clause));
    *spent |= reading.as_ref().is_some_and(|(_, strength, _)| *strength >= Strength::Asked);
    reading.into_iter().collect()
}

fn plain_actions(sentence: &Sentence<'_>, clause: usize) -> Vec<Reading> {
    let actions = [(Action::Refund, Function::Refund), (Action::Cancel, Function::CancelSubscription)];
    let plain = actions.into_iter().filter_map(|(action, function)| {
        let plain = gate::plain_request(sentence, clause, action)?;
        Some((function, Strength::Plain, (plain.action, Some(plain.form))))
    });
    plain.collect()
}

impl Clause<'_, '_> {
    fn has(&self, cue: Cue) -> bool {
        self.cues.has(cue)
    }

    fn any(&self, cues: &[Cue]) -> bool {
        self.cues.any(cues)
    }

    fn hit(&self, cues: &[Cue]) -> Option<Hit> {
        self.sentence.in_clause(self.index).find(|hit| cues.contains(&hit.owner.0)).copied()
    }

    /// [`Strength::Asked`] where the clause is open.
    fn asked_or(&self, otherwise: Strength) -> Strength {
        if self.open { Strength::Asked } else { otherwise }
    }

    fn reading(&self, function: Function, strength: Strength, cues: &[Cue]) -> Option<Reading> {
        Some((function, strength, (self.hit(cues)?, None)))
    }
}

/// `Where is my refund`, `did you cancel it`: the state of an action is a question about a payment or a subscription.
fn state_of_action(clause: &Clause<'_, '_>) -> Option<Reading> {
    let waits = clause.waits || clause.has(Cue::SubscriptionState);
    let doubted = waits || clause.has(Cue::Negation) || (clause.sentence.question && !clause.asked);
    if gate::vetoed(clause.sentence.cues) {
        return None;
    }
    let strength = clause.asked_or(Strength::Complained);
    if (clause.has(Cue::RefundDone) && doubted) || (clause.any(&Action::Refund.named()) && waits) {
        return clause.reading(
            Function::PaymentStatus,
            strength,
            &[Cue::RefundDone, Cue::Refund, Cue::RefundOrder],
        );
    }
    if (clause.has(Cue::CancelDone) && doubted) || (clause.any(&Action::Cancel.named()) && waits) {
        return clause.reading(
            Function::SubscriptionStatus,
            strength,
            &[Cue::CancelDone, Cue::Cancel, Cue::CancelOrder],
        );
    }
    None
}

/// Refund or cancellation asked for, but not so plainly that the gate would let it through.
fn unplain_request(clause: &Clause<'_, '_>) -> Option<Reading> {
    let (function, hit) = action_named(clause)?;
    let asks = clause.asked || clause.sentence.question || clause.has(Cue::HowTo);
    let asks = asks && !clause.sentence.cues.has(Cue::Conditional);
    asks.then_some((function, Strength::Asked, (hit, None)))
}

/// Refund or cancellation named.
fn mention(clause: &Clause<'_, '_>) -> Option<Reading> {
    let (function, hit) = action_named(clause)?;
    Some((function, Strength::Hinted, (hit, None)))
}

fn action_named(clause: &Clause<'_, '_>) -> Option<(Function, Hit)> {
    // `If I cancelled, would I get a refund?` is about terms.
    let hypothetical = clause.sentence.question && clause.sentence.cues.has(Cue::Conditional);
    if gate::vetoed(clause.sentence.cues) || hypothetical {
        return None;
    }
    let refund = clause.hit(&Action::Refund.named()).map(|hit| (Function::Refund, hit));
    let cancel = clause.hit(&Action::Cancel.named()).map(|hit| (Function::CancelSubscription, hit));
    let own = |(_, hit): &(Function, Hit)| !gate::of_something_else(clause.sentence, hit);
    let (function, hit) = refund.or(cancel.filter(own))?;
    (!clause.sentence.negated(&hit)).then_some((function, hit))
}

fn portal(clause: &Clause<'_, '_>) -> Option<Reading> {
    let own = clause.has(Cue::SelfService)
        && clause.any(&[Cue::Invoice, Cue::History, Cue::Subscription, Cue::Detail, Cue::Change]);
    if own && clause.open {
        return clause.reading(Function::PortalLink, Strength::Asked, &[Cue::SelfService]);
    }
    let changes = clause.has(Cue::Change) && clause.has(Cue::Detail);
    if (changes || clause.has(Cue::PortalPhrase)) && clause.open {
        return clause.reading(Function::PortalLink, Strength::Asked, &[Cue::PortalPhrase, Cue::Change]);
    }
    clause.reading(Function::PortalLink, Strength::Complained, &[Cue::PortalPhrase])
}

fn paying(clause: &Clause<'_, '_>) -> Option<Reading> {
    let refused = clause.has(Cue::Negation);
    if clause.has(Cue::PayPhrase) && !refused {
        return clause.reading(
            Function::PaymentLink,
            clause.asked_or(Strength::Complained),
            &[Cue::PayPhrase],
        );
    }
    if clause.has(Cue::Pay) && clause.open && !refused {
        return clause.reading(Function::PaymentLink, Strength::Asked, &[Cue::Pay]);
    }
    None
}

fn payment(clause: &Clause<'_, '_>) -> Option<Reading> {
    let about = clause.any(&[Cue::Payment, Cue::Pay, Cue::Invoice, Cue::Detail, Cue::PaymentPuzzle]);
    if clause.has(Cue::PayPhrase) && clause.open && !clause.has(Cue::Negation) {
        return None;
    }
    if clause.has(Cue::PaymentState) && (about || clause.open) {
        let strength = clause.asked_or(Strength::Complained);
        return clause.reading(Function::PaymentStatus, strength, &[Cue::PaymentState]);
    }
    let first = clause.hit(&[Cue::Payment, Cue::Invoice]).is_some_and(|hit| hit.owner.0 == Cue::Payment);
    if first && clause.waits {
        let strength = clause.asked_or(Strength::Hinted);
        return clause.reading(Function::PaymentStatus, strength, &[Cue::Payment]);
    }
    None
}

fn puzzle(clause: &Clause<'_, '_>) -> Option<Reading> {
    let about = clause.sentence.cues.any(&[Cue::Payment, Cue::Pay, Cue::Invoice]);
    let telling = clause.hit(&[Cue::PaymentPuzzle]).is_some_and(|hit| hit.last > hit.first);
    let strength = if about || telling { Strength::Complained } else { Strength::Hinted };
    clause.reading(Function::PaymentStatus, strength, &[Cue::PaymentPuzzle])
}

/// A payment in a question that nothing else explains.
fn named_payment(clause: &Clause<'_, '_>) -> Option<Reading> {
    let named =
        clause.open.then(|| clause.reading(Function::PaymentStatus, Strength::Hinted, &[Cue::Payment]));
    named.flatten()
}

fn subscription(clause: &Clause<'_, '_>) -> Option<Reading> {
    if clause.has(Cue::SubscriptionState) {
        let strength = clause.asked_or(Strength::Hinted);
        return clause.reading(Function::SubscriptionStatus, strength, &[Cue::SubscriptionState]);
    }
    let other = clause.any(&[Cue::Invoice, Cue::Payment, Cue::Cancel, Cue::CancelOrder, Cue::Refund]);
    let asked_about = clause.waits || clause.has(Cue::Inform);
    if clause.has(Cue::Subscription) && asked_about && !other && clause.open {
        return clause.reading(Function::SubscriptionStatus, Strength::Asked, &[Cue::Subscription]);
    }
    None
}

fn invoices(clause: &Clause<'_, '_>) -> Option<Reading> {
    let unanswered = clause.has(Cue::Awaiting);
    let strength = clause.asked_or(if unanswered { Strength::Complained } else { Strength::Hinted });
    clause.reading(Function::InvoiceLookup, strength, &[Cue::History, Cue::Invoice])
}
