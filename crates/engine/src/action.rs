//! What postill may change at Stripe: the request, frozen when it is stored, and what Stripe made of it.

use domain::draft::{Fact, Link, LinkKind, ReportedState};
use domain::ids::{ChargeId, CustomerId, PaymentLinkId, PortalSessionId, RefundId, SubscriptionId};
use domain::policy::PolicyLine;
use domain::{Function, Money, Outcome, Reason, ReasonCode, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::customer::OnFile;
use crate::finding::Finding;
use crate::reply::{RefundProgress, Saying};

/// An action as it is stored before it is sent: everything the draft will need, so that a mail that comes again after a crash is
/// told the same, and nothing is decided anew from what Stripe says after the change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Frozen {
    pub(crate) request: Request,
    pub(crate) policy: Vec<PolicyLine>,
    pub(crate) policy_version: String,
    pub(crate) facts: Vec<Fact>,
    pub(crate) customer: OnFile,
}

impl Frozen {
    /// What a draft about it rests on: the facts as they were read before the change, and the customer.
    pub(crate) fn basis(&self) -> Finding {
        Finding::answered("").facts(self.facts.clone()).about(&self.customer.id)
    }

    /// As it was done. A ledger that was restored from a backup may hold another amount than the one that went back.
    pub(crate) fn told_as_done(mut self, effect: &Effect) -> Self {
        if let (Request::Refund { amount, .. }, Effect::Refunded { amount: Some(done), .. }) =
            (&mut self.request, effect)
        {
            *amount = *done;
        }
        self
    }
}

/// A change, with its parameters.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "write", rename_all = "snake_case")]
pub(crate) enum Request {
    Refund { charge: ChargeId, amount: Money, charged_at: Timestamp, card: Option<String> },
    CancelSubscription { subscription: SubscriptionId, period_end: Option<Timestamp> },
    PaymentLink { customer: CustomerId, amount: Money },
    PortalSession { customer: CustomerId, login_page: Option<String> },
}

/// What Stripe did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "effect", rename_all = "snake_case")]
pub(crate) enum Effect {
    Refunded {
        refund: RefundId,
        /// How much went back.
        #[serde(default)]
        amount: Option<Money>,
        progress: RefundProgress,
        /// When Stripe issued it.
        #[serde(default)]
        issued: Option<Timestamp>,
        request_id: Option<String>,
    },
    Ending {
        subscription: SubscriptionId,
        on: Option<Timestamp>,
        request_id: Option<String>,
    },
    LinkMade {
        link: PaymentLinkId,
        url: String,
        request_id: Option<String>,
    },
    SessionMade {
        session: PortalSessionId,
        url: String,
        request_id: Option<String>,
    },
    /// A person looked, found it done, and said so.
    FoundByHand {
        object: String,
        actor: String,
    },
}

/// What the ledger holds of an action that a person settled.
#[derive(Deserialize)]
struct SettledByHand {
    by_hand: ByHand,
}

#[derive(Deserialize)]
struct ByHand {
    object: String,
    actor: String,
}

impl Request {
    pub(crate) const fn function(&self) -> Function {
        match self {
            Self::Refund { .. } => Function::Refund,
            Self::CancelSubscription { .. } => Function::CancelSubscription,
            Self::PaymentLink { .. } => Function::PaymentLink,
            Self::PortalSession { .. } => Function::PortalLink,
        }
    }

    /// The object it is aimed at: at most one live action that moves money may have it.
    pub(crate) fn target(&self) -> &str {
        match self {
            Self::Refund { charge, .. } => charge.as_str(),
            Self::CancelSubscription { subscription, .. } => subscription.as_str(),
            Self::PaymentLink { customer, .. } | Self::PortalSession { customer, .. } => customer.as_str(),
        }
    }

    pub(crate) const fn amount(&self) -> Option<Money> {
        match self {
            Self::Refund { amount, .. } | Self::PaymentLink { amount, .. } => Some(*amount),
            Self::CancelSubscription { .. } | Self::PortalSession { .. } => None,
        }
    }

    /// The same with less, where a person allowed less.
    pub(crate) fn at_most(self, most: Option<Money>) -> Self {
        match (self, most) {
            (Self::Refund { charge, amount, charged_at, card }, Some(most)) if most.minor < amount.minor => {
                Self::Refund { charge, amount: most, charged_at, card }
            }
            (
                request @ (Self::Refund { .. }
                | Self::CancelSubscription { .. }
                | Self::PaymentLink { .. }
                | Self::PortalSession { .. }),
                _,
            ) => request,
        }
    }

    /// What is said when it was done and nothing else is known of it.
    fn done(&self) -> Saying {
        match self {
            Self::Refund { amount, charged_at, card, .. } => {
                Saying::RefundIssued { amount: *amount, charged: *charged_at, card: card.clone() }
            }
            Self::CancelSubscription { period_end, .. } => Saying::CancellationSet { on: *period_end },
            Self::PaymentLink { .. } | Self::PortalSession { .. } => Saying::PersonAnswers,
        }
    }

    /// What is said when a person said no.
    pub(crate) fn declined(&self) -> Saying {
        match self {
            Self::Refund { amount, .. } => Saying::RefundDeclined { amount: *amount },
            Self::CancelSubscription { .. } => Saying::CancellationDeclined,
            Self::PaymentLink { .. } | Self::PortalSession { .. } => Saying::PersonAnswers,
        }
    }

    /// What is said while a person decides.
    pub(crate) fn waiting(&self) -> Saying {
        match self {
            Self::Refund { amount, .. } => Saying::RefundWaits { amount: *amount },
            Self::CancelSubscription { .. } => Saying::CancellationWaits,
            Self::PaymentLink { .. } | Self::PortalSession { .. } => Saying::PersonAnswers,
        }
    }
}

impl Effect {
    /// What the ledger holds of an action that was done.
    pub(crate) fn read(result: Value) -> Result<Self, serde_json::Error> {
        if result.get("by_hand").is_some() {
            let SettledByHand { by_hand: ByHand { object, actor } } = serde_json::from_value(result)?;
            return Ok(Self::FoundByHand { object, actor });
        }
        serde_json::from_value(result)
    }

    /// The id of what was made or changed.
    pub(crate) fn object(&self) -> &str {
        match self {
            Self::Refunded { refund, .. } => refund.as_str(),
            Self::Ending { subscription, .. } => subscription.as_str(),
            Self::LinkMade { link, .. } => link.as_str(),
            Self::SessionMade { session, .. } => session.as_str(),
            Self::FoundByHand { object, .. } => object,
        }
    }

    /// How a draft reports it: money that came back at once did not go.
    pub(crate) const fn reported(&self) -> ReportedState {
        match self {
            Self::Refunded { progress: RefundProgress::Failed | RefundProgress::Canceled, .. } => {
                ReportedState::Refused
            }
            Self::Refunded { .. }
            | Self::Ending { .. }
            | Self::LinkMade { .. }
            | Self::SessionMade { .. }
            | Self::FoundByHand { .. } => ReportedState::Done,
        }
    }

    pub(crate) fn request_id(&self) -> Option<&str> {
        match self {
            Self::Refunded { request_id, .. }
            | Self::Ending { request_id, .. }
            | Self::LinkMade { request_id, .. }
            | Self::SessionMade { request_id, .. } => request_id.as_deref(),
            Self::FoundByHand { .. } => None,
        }
    }
}

/// Puts what Stripe did into `basis`: outcome, reason, words and links.
pub(crate) fn tell(request: &Request, effect: &Effect, basis: Finding) -> Finding {
    let (outcome, code, text, sayings, links) = match (request, effect) {
        (Request::Refund { amount, charged_at, card, .. }, Effect::Refunded { progress, .. }) => {
            tell_refund(*amount, *charged_at, card.clone(), *progress)
        }
        (Request::PortalSession { login_page, .. }, Effect::SessionMade { url, .. }) => {
            tell_session(url.clone(), login_page.clone())
        }
        (Request::PaymentLink { amount, .. }, Effect::LinkMade { url, .. }) => (
            Outcome::Answered,
            ReasonCode::LinkCreated,
            "a payment link was made".to_owned(),
            vec![Saying::PaymentLink { amount: *amount, url: url.clone() }],
            vec![Link { kind: LinkKind::Payment, url: url.clone(), bearer: false, expires_at: None }],
        ),
        (
            Request::CancelSubscription { .. }
            | Request::Refund { .. }
            | Request::PaymentLink { .. }
            | Request::PortalSession { .. },
            Effect::Ending { on, .. },
        ) => (
            Outcome::ActionTaken,
            ReasonCode::CancellationSet,
            "the subscription ends with its period".to_owned(),
            vec![Saying::CancellationSet { on: *on }],
            Vec::new(),
        ),
        (request, Effect::FoundByHand { object, actor }) => (
            Outcome::ActionTaken,
            ReasonCode::SettledByPerson,
            format!("{actor} looked and found that it was done: {object}"),
            vec![request.done()],
            Vec::new(),
        ),
        (
            Request::CancelSubscription { .. }
            | Request::Refund { .. }
            | Request::PaymentLink { .. }
            | Request::PortalSession { .. },
            Effect::Refunded { .. } | Effect::LinkMade { .. } | Effect::SessionMade { .. },
        ) => (
            Outcome::Handoff,
            ReasonCode::OutcomeUnknown,
            format!("the ledger holds another effect than was asked for: {}", effect.object()),
            vec![Saying::PersonAnswers],
            Vec::new(),
        ),
    };
    let mut finding = Finding { outcome, reasons: vec![Reason::new(code, text)], ..basis }.say(sayings);
    finding.links.extend(links);
    finding
}

type Told = (Outcome, ReasonCode, String, Vec<Saying>, Vec<Link>);

/// A refund that Stripe made and that did not go through is not told as one: a person has to look.
fn tell_refund(amount: Money, charged: Timestamp, card: Option<String>, progress: RefundProgress) -> Told {
    match progress {
        RefundProgress::Issued | RefundProgress::Pending => (
            Outcome::ActionTaken,
            ReasonCode::RefundIssued,
            format!("a refund of {amount} was issued"),
            vec![Saying::RefundIssued { amount, charged, card }],
            Vec::new(),
        ),
        RefundProgress::NeedsAction => (
            Outcome::Handoff,
            ReasonCode::RefundIssued,
            format!("a refund of {amount} was issued, and waits for something from the customer"),
            vec![Saying::PersonAnswers],
            Vec::new(),
        ),
        RefundProgress::Failed | RefundProgress::Canceled => (
            Outcome::Failed,
            ReasonCode::RefusedByStripe,
            format!("Stripe made the refund of {amount}, but the bank sent it back"),
            vec![Saying::PersonAnswers],
            Vec::new(),
        ),
    }
}

fn tell_session(url: String, login_page: Option<String>) -> Told {
    let mut sayings = vec![Saying::PortalSession { url: url.clone() }];
    let mut links = vec![Link { kind: LinkKind::PortalSession, url, bearer: true, expires_at: None }];
    if let Some(url) = login_page {
        sayings.push(Saying::PortalLogin { url: url.clone() });
        links.push(Link { kind: LinkKind::PortalLogin, url, bearer: false, expires_at: None });
    }
    (Outcome::Answered, ReasonCode::LinkCreated, "a portal session was made".to_owned(), sayings, links)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stored_request_is_read_back_as_it_was() {
        let request = Request::Refund {
            charge: "ch_1".parse().unwrap(),
            amount: Money::new(4_900, domain::Currency::EUR),
            charged_at: Timestamp::UNIX_EPOCH,
            card: Some("4242".to_owned()),
        };
        let json = serde_json::to_value(&request).unwrap();
        assert_eq!(serde_json::from_value::<Request>(json).unwrap(), request);
    }

    #[test]
    fn a_refund_that_failed_at_the_bank_is_never_told_as_issued() {
        for progress in [RefundProgress::Failed, RefundProgress::Canceled, RefundProgress::NeedsAction] {
            let (outcome, _, _, sayings, _) =
                tell_refund(Money::new(1, domain::Currency::EUR), Timestamp::UNIX_EPOCH, None, progress);
            assert!(matches!(outcome, Outcome::Handoff | Outcome::Failed));
            assert_eq!(sayings, [Saying::PersonAnswers]);
        }
    }
}
