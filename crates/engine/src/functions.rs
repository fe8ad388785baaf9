//! The seven functions, a file each. Each reads what it needs for the sender's own customers, then decides, purely, what follows.
//!
//! Ids that a mail names are only ever compared with what was read for these customers. So somebody else's charge and one that
//! does not exist give the same answer, and nothing foreign is even asked for. Only for a sender without an account is a payment read
//! by its id (`guest.rs`), and dropped unless the sender's address is on it.

mod cancel_subscription;
mod duplicate;
mod gather;
mod invoice_lookup;
mod payment_link;
mod payment_status;
mod portal_link;
mod refund;
mod subscription_status;
mod wording;

use domain::policy::Policy;
use domain::{ActionId, Assurance, Function, Language, Mail, Reason, Timestamp, Understanding};
use stripe_client::object::Charge;
use stripe_client::{CallError, StripeReader};

use crate::action::{Effect, Request};
use crate::customer::OnFile;
use crate::finding::Finding;

pub(crate) use invoice_lookup::names as names_invoice;
pub(crate) use payment_status::names as names_charge;
pub(crate) use portal_link::login;
pub(crate) use subscription_status::has_ended;
pub(crate) use wording::{card_of, progress_of, stands};

/// What a function works on.
pub(crate) struct Case<'a> {
    pub(crate) mail: &'a Mail,
    pub(crate) understanding: &'a Understanding,
    pub(crate) policy: &'a Policy,
    pub(crate) now: Timestamp,
    /// How far the sender is believed to be the customer.
    pub(crate) assurance: Assurance,
    /// The sender's customers, or the payers of [`Case::guest`]: at least one.
    pub(crate) customers: &'a [OnFile],
    /// What a sender without an account paid, each with its payer.
    pub(crate) guest: &'a [(Charge, OnFile)],
    pub(crate) reader: &'a StripeReader,
    /// The action that this mail has of the function, in a run that may write: Stripe may know it although the ledger does not.
    pub(crate) action: Option<ActionId>,
}

impl Case<'_> {
    pub(crate) const fn language(&self) -> Language {
        self.understanding.language
    }

    /// What the mail says of the payment it means. A Date that lies ahead is no time to count back from.
    pub(crate) fn particulars(&self) -> refund::which::Particulars<'_> {
        let slots = &self.understanding.slots;
        refund::which::Particulars {
            amount: slots.amount.as_ref(),
            dates: &slots.dates,
            last_payment: slots.last_payment,
            written_at: self.mail.sent_at.map_or(self.now, |sent_at| sent_at.min(self.now)),
        }
    }
}

/// What a function came to.
pub(crate) enum Conclusion {
    /// The mail is answered, or ends otherwise, without a change at Stripe.
    Answer(Box<Finding>),
    /// A change at Stripe would answer it.
    Act(Box<Plan>),
    /// A change at Stripe would answer it, but a person has to allow it, even where the policy would not ask for one.
    Wait(Box<Plan>, Reason),
    /// Stripe shows that this very mail changed it before.
    Found(Box<Found>),
}

impl Conclusion {
    /// What the draft will hold in any case.
    pub(crate) const fn basis(&self) -> &Finding {
        match self {
            Self::Answer(finding) => finding,
            Self::Act(plan) | Self::Wait(plan, _) => &plan.basis,
            Self::Found(found) => &found.basis,
        }
    }
}

impl From<Finding> for Conclusion {
    fn from(finding: Finding) -> Self {
        Self::Answer(Box::new(finding))
    }
}

/// A change at Stripe that the policy has to judge, and everything the draft holds whatever comes of it.
pub(crate) struct Plan {
    pub(crate) request: Request,
    /// How far the sender can be believed to be the customer.
    pub(crate) assurance: Assurance,
    /// Facts, links and the customer; outcome, reasons and sayings are filled in by what comes of the plan.
    pub(crate) basis: Finding,
}

/// A change that was made for this mail, of which the ledger may not know.
pub(crate) struct Found {
    pub(crate) request: Request,
    pub(crate) effect: Effect,
    /// Facts and the customer.
    pub(crate) basis: Finding,
}

/// Runs `function`: reads, then decides.
pub(crate) async fn run(function: Function, case: &Case<'_>) -> Result<Conclusion, CallError> {
    match function {
        Function::InvoiceLookup => invoice_lookup::run(case).await,
        Function::SubscriptionStatus => subscription_status::run(case).await,
        Function::PaymentStatus => payment_status::run(case).await,
        Function::Refund => refund::run(case).await,
        Function::PaymentLink => payment_link::run(case).await,
        Function::PortalLink => portal_link::run(case).await,
        Function::CancelSubscription => cancel_subscription::run(case).await,
    }
}
