//! The second reader: a language model, asked about a mail that the classifier is not sure of, and believed where that can do no harm.
//!
//! What it says leads to looking, or to nothing. It cannot lead to a change at Stripe: a path that goes by its reading has no right to
//! write, and what would be made is told otherwise, or left to a person. It answers for no mail that the classifier leaves to a person for
//! another reason than doubt: orders to a program, threats, and a refund with a cancellation stay where they are.

use domain::intent::{Abstention, Disposition, Span};
use domain::{Confidence, Intent, Label, ReasonCode, RunKind, Understanding};
use language_model::{LanguageModel, ModelName, Question, Reading};

use crate::action::Request;
use crate::finding::Finding;
use crate::functions::{self, Conclusion, Plan};
use crate::path::Path;
use crate::senders::Budget;

/// No reading of a language model is surer than this: what it says of its own certainty is worth nothing, so it is not asked.
const CONFIDENCE: Confidence = Confidence::from_permille(600);

/// A language model, and when it is asked.
#[derive(Debug, Clone)]
pub struct SecondReader {
    /// The model.
    pub model: LanguageModel,
    /// In which kinds of run. Archived mail may be many, and was answered long ago.
    pub asked_in: Vec<RunKind>,
}

/// What a model understood of a mail.
pub(crate) struct SecondReading<'a> {
    pub(crate) understanding: Understanding,
    pub(crate) model: &'a ModelName,
}

/// The second reading of a mail, where there is a second reader that is asked and says something that may be believed. Off, slow or
/// wrong: none, and the classifier's stands.
pub(crate) async fn read<'a>(path: &Path<'a>) -> Option<SecondReading<'a>> {
    let second = path.engine.second_reader.as_ref()?;
    let understanding = Box::pin(second.read(path)).await?;
    Some(SecondReading { understanding, model: second.model.name() })
}

impl SecondReader {
    async fn read(&self, path: &Path<'_>) -> Option<Understanding> {
        if !self.is_asked_about(path) {
            return None;
        }
        let question = Question::new(&path.mail.subject, &path.mail.text.written);
        match self.model.read(&path.workspace.id, &question).await {
            Ok(reading) => revised(path.understanding, reading),
            Err(error) => {
                tracing::debug!(
                    mail.fingerprint = %path.mail.fingerprint,
                    language_model.transient = error.is_transient(),
                    error = &error as &dyn std::error::Error,
                    "the language model gave no reading; the classifier's stands"
                );
                None
            }
        }
    }

    /// Only where doubt alone stands between the mail and an answer: whatever else ends it would end it all the same.
    fn is_asked_about(&self, path: &Path<'_>) -> bool {
        let Path { mail, understanding, run, budget, .. } = path;
        is_in_doubt(understanding)
            && self.asked_in.contains(&run.kind)
            && mail.automatic.is_none()
            && mail.sender.is_ok()
            && *budget == Budget::Left
    }
}

fn is_in_doubt(understanding: &Understanding) -> bool {
    let doubt = match understanding.abstention {
        Some(Abstention::Unsure | Abstention::NoEvidence) => true,
        Some(Abstention::RefundAndCancel | Abstention::InjectionSuspected | Abstention::Escalation)
        | None => false,
    };
    doubt && understanding.disposition == Disposition::Person
}

/// The first reading with the second one's answer. A wish for money that the first saw is kept beside it: a person is told of it, and the
/// customer that a person answers the rest.
fn revised(first: &Understanding, reading: Reading) -> Option<Understanding> {
    match reading {
        Reading::Person { .. } => None,
        Reading::Asks { function, evidence } => {
            let label = Label::Ask(function.function());
            let wish = Some(&first.intent).filter(|intent| moves_money(intent));
            let also = wish.into_iter().chain(&first.also).filter(|intent| intent.label != label);
            let also = also.cloned().collect();
            Some(Understanding { also, ..settled(first, label, Disposition::Act, evidence) })
        }
        Reading::Nothing { evidence } => {
            let wishes = std::iter::once(&first.intent).chain(&first.also).any(moves_money);
            let may_end = !wishes && first.abstention == Some(Abstention::Unsure);
            let nothing = || settled(first, Label::None, Disposition::Nothing, evidence);
            may_end.then(|| Understanding { also: Vec::new(), ..nothing() })
        }
    }
}

fn settled(first: &Understanding, label: Label, disposition: Disposition, evidence: Span) -> Understanding {
    Understanding {
        intent: Intent { label, confidence: CONFIDENCE, evidence: vec![evidence] },
        disposition,
        abstention: None,
        ..first.clone()
    }
}

fn moves_money(intent: &Intent) -> bool {
    intent.label.function().is_some_and(domain::Function::moves_money)
}

/// What a function came to, without anything being made at Stripe for it: instead of a session the portal's login page, else a person.
pub(crate) fn without_writes(conclusion: Conclusion) -> Conclusion {
    let plan = match conclusion {
        Conclusion::Answer(_) => return conclusion,
        Conclusion::Act(plan) | Conclusion::Wait(plan, _) => *plan,
        Conclusion::Found(found) => return found.basis.into(),
    };
    let Plan { request, basis, .. } = plan;
    let instead = match request {
        Request::PortalSession { login_page: Some(url), .. } => functions::login(url),
        Request::PortalSession { login_page: None, .. }
        | Request::PaymentLink { .. }
        | Request::Refund { .. }
        | Request::CancelSubscription { .. } => {
            let text =
                "what is asked for would be made at Stripe, and only a language model has read that it is";
            Finding::handoff(ReasonCode::Unsure, text)
        }
    };
    Finding { about: basis.about, ..instead }.into()
}

#[cfg(test)]
mod tests {
    use domain::intent::{Part, Slots};
    use domain::{Function, Language};
    use language_model::Readable;

    use super::*;

    fn span() -> Span {
        Span { part: Part::Written, start: 0, text: "the invoice, please".to_owned() }
    }

    fn intent(label: Label) -> Intent {
        Intent { label, confidence: Confidence::from_permille(400), evidence: Vec::new() }
    }

    fn doubted(label: Label, abstention: Abstention) -> Understanding {
        Understanding {
            intent: intent(label),
            also: Vec::new(),
            disposition: Disposition::Person,
            abstention: Some(abstention),
            slots: Slots::default(),
            language: Language::En,
        }
    }

    fn asks() -> Reading {
        Reading::Asks { function: Readable::InvoiceLookup, evidence: span() }
    }

    #[test]
    fn only_doubt_is_asked_about() {
        for (abstention, asked) in [
            (Abstention::Unsure, true),
            (Abstention::NoEvidence, true),
            (Abstention::RefundAndCancel, false),
            (Abstention::InjectionSuspected, false),
            (Abstention::Escalation, false),
        ] {
            assert_eq!(is_in_doubt(&doubted(Label::None, abstention)), asked, "{abstention:?}");
        }
        let sure = Understanding {
            disposition: Disposition::Act,
            abstention: None,
            ..doubted(Label::None, Abstention::Unsure)
        };
        assert!(!is_in_doubt(&sure));
    }

    #[test]
    fn no_answer_makes_a_mail_ask_for_money() {
        for label in Label::all() {
            for reading in [
                asks(),
                Reading::Nothing { evidence: span() },
                Reading::Person { named: None },
                Reading::Person { named: Some(Function::Refund) },
                Reading::Person { named: Some(Function::CancelSubscription) },
            ] {
                let revised = revised(&doubted(label, Abstention::NoEvidence), reading);
                assert!(revised.is_none_or(|revised| !moves_money(&revised.intent)), "{label}");
            }
        }
    }

    #[test]
    fn a_wish_for_money_that_was_seen_is_neither_forgotten_nor_dropped() {
        let refund = Label::Ask(Function::Refund);
        for abstention in [Abstention::Unsure, Abstention::NoEvidence] {
            let first = doubted(refund, abstention);
            let revised_one = revised(&first, asks()).unwrap();
            assert_eq!(revised_one.also, [intent(refund)]);
            assert_eq!(revised_one.intent.evidence, [span()]);
            assert_eq!(revised(&first, Reading::Nothing { evidence: span() }), None);
        }
        let beside = Understanding {
            also: vec![intent(refund)],
            ..doubted(Label::Ask(Function::InvoiceLookup), Abstention::Unsure)
        };
        assert_eq!(revised(&beside, Reading::Nothing { evidence: span() }), None);
        assert_eq!(revised(&beside, asks()).unwrap().also, [intent(refund)]);
    }
}
