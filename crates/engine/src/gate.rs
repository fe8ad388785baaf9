//! What can be decided from the mail alone, before anything is asked of Stripe.

use domain::intent::{Abstention, Disposition};
use domain::policy::{Policy, Switch};
use domain::{Assurance, Function, Mail, Outcome, ReasonCode, Understanding};

use crate::finding::Finding;
use crate::reply::Saying;
use crate::senders::Budget;

/// The function to run, or the end of the mail.
pub(crate) enum Gate {
    Run(Function),
    End(Box<Finding>),
}

/// Automatic mail, refused senders, abstentions, switched-off functions and senders who write too much end here. Total: every mail
/// passes or ends.
pub(crate) fn decide(mail: &Mail, understanding: &Understanding, policy: &Policy, budget: Budget) -> Gate {
    let end = |finding| Gate::End(Box::new(finding));
    if let Some(automatic) = mail.automatic {
        return end(Finding::ignored(
            ReasonCode::AutomaticMail,
            format!("written by a program ({})", automatic.as_str()),
        ));
    }
    if let Err(refusal) = mail.sender {
        let text = format!("the mail names no sender that can be acted for ({})", refusal.as_str());
        return end(Finding::handoff(ReasonCode::SenderRefused, text));
    }
    if let Some(finding) = abstained(understanding) {
        return end(finding);
    }
    let Some(function) = understanding.intent.label.function() else {
        return end(Finding::ignored(ReasonCode::NothingAsked, "the mail asks for nothing postill does"));
    };
    if policy.switch(function) == Switch::Off {
        return end(Finding::handoff(
            ReasonCode::FunctionOff,
            format!("{function} is switched off in this workspace"),
        ));
    }
    match budget {
        Budget::Left => Gate::Run(function),
        Budget::UsedUp => end(Finding::handoff(
            ReasonCode::TooManyMails,
            "the sender has written more mails within the hour than are answered (policy.sender.mails_per_hour)",
        )),
    }
}

fn abstained(understanding: &Understanding) -> Option<Finding> {
    match understanding.disposition {
        Disposition::Act => None,
        Disposition::Nothing => {
            Some(Finding::ignored(ReasonCode::NothingAsked, "the mail asks for nothing postill does"))
        }
        Disposition::Person => {
            let (code, text) = why_a_person(understanding.abstention);
            Some(Finding::handoff(code, text))
        }
    }
}

const fn why_a_person(abstention: Option<Abstention>) -> (ReasonCode, &'static str) {
    match abstention {
        Some(Abstention::NoEvidence) => (ReasonCode::NoEvidence, "no sentence plainly asks for the action"),
        Some(Abstention::RefundAndCancel) => {
            (ReasonCode::RefundAndCancel, "refund and cancellation are asked for in one mail")
        }
        Some(Abstention::InjectionSuspected) => {
            (ReasonCode::InjectionSuspected, "the mail gives orders to a program")
        }
        Some(Abstention::Escalation) => {
            (ReasonCode::Escalation, "the mail threatens with lawyers, authorities or a chargeback")
        }
        Some(Abstention::Unsure) | None => (ReasonCode::Unsure, "it is not sure enough what is asked for"),
    }
}

/// Refund and cancellation end here unless the sender is authenticated: nothing of the customer is read for them.
pub(crate) fn needs_verification(function: Function, assurance: Assurance) -> Option<Finding> {
    (function.moves_money() && !assurance.proves_sender()).then(|| {
        let text =
            format!("{function} needs an authenticated sender, and the assurance is {}", assurance.as_str());
        Finding::new(Outcome::NeedsVerification, ReasonCode::SenderNotAuthenticated, text)
            .say([Saying::Verify])
    })
}
