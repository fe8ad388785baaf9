//! Puts a finding into the wire type. Two rules hold here and nowhere else: facts go only to the address on file, and the guard lists
//! exactly what the reply and the customer's facts name.

use domain::draft::{
    Audience, CustomerMatch, Delivery, DeliveryRule, DraftContext, FactValue, Guard, InReplyTo, Reply,
    Safety, SenderReport, Versions,
};
use domain::intent::Abstention;
use domain::mail::Flag;
use domain::{Intent, Language, Mail, Mode, Outcome, Run, Understanding, WorkspaceId};

use language_model::ModelName;

use crate::customer::OnFile;
use crate::finding::Finding;
use crate::reply::{self, Saying, add_once};

/// What every draft of one mail shares.
pub(crate) struct Frame<'a> {
    pub(crate) workspace: &'a WorkspaceId,
    pub(crate) mode: Mode,
    pub(crate) run: Run,
    pub(crate) mail: &'a Mail,
    pub(crate) understanding: &'a Understanding,
    pub(crate) policy_version: &'a str,
    pub(crate) classifier_version: &'a str,
    /// The one whose reading this is, when it is not the classifier's.
    pub(crate) language_model: Option<&'a ModelName>,
}

/// The draft context of `finding`, for the customer it is about when one was found.
pub(crate) fn compose(frame: &Frame<'_>, finding: Finding, on_file: Option<&OnFile>) -> DraftContext {
    let delivery = delivery(frame, finding.outcome, on_file);
    let intents: Vec<Intent> =
        std::iter::once(&frame.understanding.intent).chain(&frame.understanding.also).cloned().collect();
    let finding = fit(finding, &delivery, &intents);
    let language = frame.understanding.language;
    DraftContext {
        workspace: frame.workspace.clone(),
        mode: looked_at(finding.outcome, on_file).then_some(frame.mode),
        run: frame.run,
        outcome: finding.outcome,
        reasons: finding.reasons,
        in_reply_to: in_reply_to(frame.mail, language),
        sender: sender(frame.mail),
        customer: on_file.filter(|_| delivery.to.is_some()).and_then(|on_file| customer(on_file, frame.mode)),
        delivery,
        intents,
        guard: guard(&finding.sayings, &finding.facts, &finding.links, language),
        reply: reply(&finding.sayings, language),
        facts: finding.facts,
        actions: finding.actions,
        links: finding.links,
        safety: Safety {
            injection_suspected: frame.understanding.abstention == Some(Abstention::InjectionSuspected),
            redactions: frame.mail.redactions,
            abstention: frame.understanding.abstention,
        },
        versions: Versions {
            worker: env!("CARGO_PKG_VERSION").to_owned(),
            policy: frame.policy_version.to_owned(),
            classifier: frame.classifier_version.to_owned(),
            language_model: frame.language_model.map(ModelName::to_string),
            templates: reply::TEMPLATES_VERSION.to_owned(),
        },
    }
}

/// The draft context of a mail that was followed up: what the first one says of the mail, its sender and where the reply may go stays.
pub(crate) fn follow(first: DraftContext, finding: Finding, policy_version: Option<String>) -> DraftContext {
    let finding = fit(finding, &first.delivery, &first.intents);
    let language = first.in_reply_to.language;
    DraftContext {
        outcome: finding.outcome,
        reasons: finding.reasons,
        guard: guard(&finding.sayings, &finding.facts, &finding.links, language),
        reply: reply(&finding.sayings, language),
        facts: finding.facts,
        actions: finding.actions,
        links: finding.links,
        versions: Versions {
            worker: env!("CARGO_PKG_VERSION").to_owned(),
            policy: policy_version.unwrap_or(first.versions.policy),
            classifier: first.versions.classifier,
            language_model: first.versions.language_model,
            templates: reply::TEMPLATES_VERSION.to_owned(),
        },
        ..first
    }
}

/// Takes out what nobody may be told where there is no address on file, and says that a person answers the rest.
fn fit(mut finding: Finding, delivery: &Delivery, intents: &[Intent]) -> Finding {
    if delivery.to.is_none() {
        withhold(&mut finding);
    }
    let answers = !finding.sayings.is_empty() && finding.outcome != Outcome::Handoff;
    if intents.len() > 1 && answers {
        finding.sayings.push(Saying::RestByPerson);
    }
    finding
}

fn reply(sayings: &[Saying], language: Language) -> Reply {
    Reply {
        language,
        text: reply::compose(sayings, language),
        must_say: sayings.iter().map(|saying| reply::say(saying, language)).collect(),
        must_not_say: reply::never_say(),
    }
}

/// Whether Stripe was asked: that nobody has the address is also an answer of its test or live data.
fn looked_at(outcome: Outcome, on_file: Option<&OnFile>) -> bool {
    on_file.is_some() || outcome == Outcome::NoCustomer
}

/// The address on file and nothing else: a forged sender learns nothing, since the answer goes to the customer.
fn delivery(frame: &Frame<'_>, outcome: Outcome, on_file: Option<&OnFile>) -> Delivery {
    let mut dropped = Vec::new();
    if frame.mail.flags.contains(&Flag::ReplyToDiffers) {
        dropped.push("reply_to".to_owned());
    }
    let to = on_file.filter(|_| outcome != Outcome::Ignored).and_then(|on_file| on_file.address.clone());
    let rule = match (&to, outcome) {
        (_, Outcome::Ignored) => DeliveryRule::NoReply,
        (Some(_), _) => DeliveryRule::AddressOnFile,
        (None, _) => DeliveryRule::NoAddressOnFile,
    };
    Delivery { to, rule, dropped }
}

/// Without an address on file nobody may be told anything.
fn withhold(finding: &mut Finding) {
    finding.facts.clear();
    finding.links.clear();
    finding.actions.clear();
    finding
        .sayings
        .retain(|saying| matches!(saying, Saying::NoCustomer | Saying::PersonAnswers | Saying::Verify));
}

fn in_reply_to(mail: &Mail, language: Language) -> InReplyTo {
    InReplyTo {
        message_id: mail.message_id.clone(),
        references: mail.references.clone(),
        subject: mail.subject.clone(),
        language,
        sent_at: mail.sent_at,
    }
}

fn sender(mail: &Mail) -> SenderReport {
    SenderReport {
        address: mail.sender.as_ref().ok().cloned(),
        refused: mail.sender.as_ref().err().map(|refusal| refusal.as_str().to_owned()),
        assurance: mail.assurance,
        evidence: mail.evidence.clone(),
        flags: mail.flags.clone(),
    }
}

/// A guest has no account that could be named.
fn customer(on_file: &OnFile, mode: Mode) -> Option<CustomerMatch> {
    let id = on_file.id.customer()?;
    let segment = match mode {
        Mode::Test => "test/",
        Mode::Live => "",
    };
    Some(CustomerMatch {
        id: id.clone(),
        matched_by: on_file.matched_by,
        candidates: on_file.candidates,
        dashboard_url: format!("https://dashboard.stripe.com/{segment}customers/{id}"),
    })
}

fn guard(
    sayings: &[Saying],
    facts: &[domain::draft::Fact],
    links: &[domain::draft::Link],
    language: Language,
) -> Guard {
    let mut guard = Guard::default();
    for saying in sayings {
        saying.mention(&mut guard, language);
    }
    for fact in facts.iter().filter(|fact| fact.audience == Audience::Customer) {
        match fact.value {
            FactValue::Money { .. } => add_once(&mut guard.amounts, fact.rendered.clone()),
            FactValue::Time { .. } => add_once(&mut guard.dates, fact.rendered.clone()),
            FactValue::Id { .. } => add_once(&mut guard.ids, fact.rendered.clone()),
            FactValue::State { .. } | FactValue::Text { .. } | FactValue::Count { .. } => {}
        }
    }
    for link in links {
        add_once(&mut guard.urls, link.url.clone());
    }
    guard
}
