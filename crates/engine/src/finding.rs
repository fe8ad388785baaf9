//! What a mail comes to: the outcome, its reasons, and everything the draft will hold.

use domain::draft::{ActionReport, Fact, Link};
use domain::{Outcome, Reason, ReasonCode};
use store::NewApproval;

use crate::customer::{OnFile, Payer};
use crate::reply::Saying;

/// The end of one mail, before it is put into the wire type.
#[derive(Debug, Clone)]
pub(crate) struct Finding {
    pub(crate) outcome: Outcome,
    pub(crate) reasons: Vec<Reason>,
    pub(crate) sayings: Vec<Saying>,
    pub(crate) facts: Vec<Fact>,
    pub(crate) links: Vec<Link>,
    pub(crate) actions: Vec<ActionReport>,
    /// The customer the facts belong to, when several have the address.
    pub(crate) about: Option<Payer>,
    /// The plan that waits for a person, to be stored with the mail's end.
    pub(crate) approval: Option<Box<NewApproval>>,
}

impl Finding {
    pub(crate) fn new(outcome: Outcome, code: ReasonCode, text: impl Into<String>) -> Self {
        Self {
            outcome,
            reasons: vec![Reason::new(code, text)],
            sayings: Vec::new(),
            facts: Vec::new(),
            links: Vec::new(),
            actions: Vec::new(),
            about: None,
            approval: None,
        }
    }

    /// The function found what was asked.
    pub(crate) fn answered(text: impl Into<String>) -> Self {
        Self::new(Outcome::Answered, ReasonCode::FactsFound, text)
    }

    /// Something has to be asked first.
    pub(crate) fn question(code: ReasonCode, text: impl Into<String>) -> Self {
        Self::new(Outcome::NeedsClarification, code, text)
    }

    /// A person should answer.
    pub(crate) fn handoff(code: ReasonCode, text: impl Into<String>) -> Self {
        Self { sayings: vec![Saying::PersonAnswers], ..Self::new(Outcome::Handoff, code, text) }
    }

    /// What the answer would rest on was not read to its end: what is missing could make it wrong.
    pub(crate) fn cut_short(code: ReasonCode, what: &str) -> Self {
        Self::handoff(code, format!("not all of the customer's {what} could be read"))
    }

    /// There is nothing to answer.
    pub(crate) fn ignored(code: ReasonCode, text: impl Into<String>) -> Self {
        Self::new(Outcome::Ignored, code, text)
    }

    pub(crate) fn say(mut self, sayings: impl IntoIterator<Item = Saying>) -> Self {
        self.sayings.extend(sayings);
        self
    }

    pub(crate) fn facts(mut self, facts: Vec<Fact>) -> Self {
        self.facts.extend(facts);
        self
    }

    pub(crate) fn link(mut self, link: Option<Link>) -> Self {
        self.links.extend(link);
        self
    }

    pub(crate) fn action(mut self, action: ActionReport) -> Self {
        self.actions.push(action);
        self
    }

    pub(crate) fn about(mut self, customer: &Payer) -> Self {
        self.about = Some(customer.clone());
        self
    }

    pub(crate) fn waits(self, approval: NewApproval) -> Self {
        Self { approval: Some(Box::new(approval)), ..self }
    }

    /// The customer it is about.
    pub(crate) fn about_one_of(&self, customers: &[OnFile]) -> Option<OnFile> {
        customers.iter().find(|customer| Some(&customer.id) == self.about.as_ref()).cloned()
    }
}
