//! The functions as the page shows them: the switch, the limits, and what the key must be allowed.

use std::collections::BTreeMap;

use domain::policy::{NeededAssurance, Switch};
use domain::{Access, Currency, Function, Language, Money, Permission, Policy};
use stripe_client::probe::{KeyReport, Verdict};

/// A function.
pub(super) struct Line {
    pub(super) function: Function,
    pub(super) switch: Switch,
    /// What it does, and what it never does.
    pub(super) about: &'static str,
    /// The limits that count for it, a clause each.
    pub(super) limits: Vec<String>,
    pub(super) needs: Vec<Need>,
}

/// A permission that a function needs, and whether the key has it.
pub(super) struct Need {
    pub(super) permission: Permission,
    /// None: no key was asked.
    pub(super) verdict: Option<Verdict>,
}

/// A row of Stripe's form that has to be ticked for what is switched on.
pub(super) struct Tick {
    pub(super) need: Need,
    /// What it is for.
    pub(super) functions: String,
    /// Whether anything that is switched on needs it.
    pub(super) wanted: bool,
}

/// How a switch stands on the page.
pub(super) const POSITIONS: [(Switch, &str); 3] =
    [(Switch::Off, "Off"), (Switch::Approval, "Ask a person"), (Switch::On, "On")];

impl Line {
    /// What to be careful of.
    pub(super) const fn warning(&self) -> Option<&'static str> {
        match self.function {
            Function::Refund => Some("moves money"),
            Function::CancelSubscription => Some("ends a contract"),
            Function::InvoiceLookup
            | Function::SubscriptionStatus
            | Function::PaymentStatus
            | Function::PaymentLink
            | Function::PortalLink => None,
        }
    }

    /// Whether it is switched on and the key certainly lacks something for it.
    pub(super) fn lacks(&self) -> bool {
        self.switch != Switch::Off && self.needs.iter().any(Need::is_missing)
    }
}

impl Need {
    fn of(permission: Permission, report: Option<&KeyReport>) -> Self {
        let row = report.and_then(|report| report.rows.iter().find(|row| row.permission == permission));
        Self { permission, verdict: row.map(|row| row.verdict) }
    }

    pub(super) fn is_granted(&self) -> bool {
        self.verdict == Some(Verdict::Granted)
    }

    pub(super) fn is_missing(&self) -> bool {
        self.verdict == Some(Verdict::Missing)
    }

    /// The column of Stripe's form.
    pub(super) const fn column(&self) -> &'static str {
        match self.permission.access {
            Access::Read => "Read",
            Access::Write => "Write",
        }
    }

    /// As a chip.
    pub(super) fn class(&self) -> &'static str {
        match self.verdict {
            Some(Verdict::Granted) => "good",
            Some(Verdict::Missing) => "bad",
            Some(Verdict::Unknown) | None => "faint",
        }
    }

    pub(super) fn sign(&self) -> &'static str {
        match self.verdict {
            Some(Verdict::Granted) => "✔ granted",
            Some(Verdict::Missing) => "✘ missing",
            Some(Verdict::Unknown) => "? shows at first use",
            None => "– no key",
        }
    }
}

pub(super) fn lines(policy: &Policy, report: Option<&KeyReport>) -> Vec<Line> {
    let line = |function: Function| Line {
        function,
        switch: policy.switch(function),
        about: about(function),
        limits: limits(function, policy),
        needs: needed(function).map(|permission| Need::of(permission, report)).collect(),
    };
    Function::ALL.into_iter().map(line).collect()
}

/// Every row of the form that some function needs: those for what is switched on first.
pub(super) fn ticks(policy: &Policy, report: Option<&KeyReport>) -> Vec<Tick> {
    let tick = |permission: Permission| {
        let users: Vec<Function> = Function::ALL
            .into_iter()
            .filter(|function| needed(*function).any(|one| one == permission))
            .collect();
        let wanted = users.iter().any(|function| policy.switch(*function) != Switch::Off);
        let functions = if users.len() == Function::ALL.len() {
            "every function".to_owned()
        } else {
            users.iter().map(|function| short(*function)).collect::<Vec<_>>().join(", ")
        };
        Tick {
            need: Need::of(permission, report),
            functions,
            wanted: wanted || permission == Permission::CUSTOMERS,
        }
    };
    let mut ticks: Vec<Tick> = Permission::all().map(tick).collect();
    ticks.sort_by_key(|tick| !tick.wanted);
    ticks
}

fn needed(function: Function) -> impl Iterator<Item = Permission> {
    std::iter::once(Permission::CUSTOMERS).chain(function.permissions().iter().copied())
}

const fn short(function: Function) -> &'static str {
    match function {
        Function::InvoiceLookup => "invoices",
        Function::SubscriptionStatus => "subscription status",
        Function::PaymentStatus => "payment status",
        Function::Refund => "refund",
        Function::PaymentLink => "payment link",
        Function::PortalLink => "portal link",
        Function::CancelSubscription => "cancel subscription",
    }
}

const fn about(function: Function) -> &'static str {
    match function {
        Function::InvoiceLookup => {
            "Lists the sender's own invoices and payments, with links to Stripe's pages for them. Reads only."
        }
        Function::SubscriptionStatus => {
            "Says which subscriptions the sender has, what they cost and when they renew or end. Reads only."
        }
        Function::PaymentStatus => {
            "Says whether a payment of the sender went through, failed, or was given back. Reads only."
        }
        Function::Refund => {
            "Gives back a payment of the sender, wholly or in part, once for each mail. Moves money."
        }
        Function::PaymentLink => {
            "Makes a link to pay an amount that no open invoice covers. Moves nothing by itself."
        }
        Function::PortalLink => {
            "Makes a link to Stripe's customer portal for an authenticated sender; others get its sign-in page."
        }
        Function::CancelSubscription => {
            "Lets a subscription of the sender end with its paid period. It can be taken back until then."
        }
    }
}

fn limits(function: Function, policy: &Policy) -> Vec<String> {
    match function {
        Function::Refund => refund_limits(policy),
        Function::CancelSubscription => vec![believed(policy.cancellation.assurance).to_owned()],
        Function::PortalLink => vec!["sender authenticated".to_owned()],
        Function::InvoiceLookup
        | Function::SubscriptionStatus
        | Function::PaymentStatus
        | Function::PaymentLink => Vec::new(),
    }
}

fn refund_limits(policy: &Policy) -> Vec<String> {
    let rules = &policy.refund;
    let mut limits = vec![match amounts(&rules.limit_minor) {
        Some(amounts) => format!("up to {amounts} a mail without a person"),
        None => "every refund waits for a person: no limit is set".to_owned(),
    }];
    limits.extend(
        amounts(&rules.day_limit_customer_minor).map(|amounts| format!("{amounts} a customer and day")),
    );
    limits.extend(amounts(&rules.day_limit_workspace_minor).map(|amounts| format!("{amounts} a day in all")));
    limits
        .extend(amounts(&rules.two_persons_above_minor).map(|amounts| format!("two people above {amounts}")));
    limits.push(format!("payments of the last {} days", rules.window_days));
    limits.push(believed(rules.assurance).to_owned());
    limits
}

const fn believed(assurance: NeededAssurance) -> &'static str {
    match assurance {
        NeededAssurance::Authenticated => "sender authenticated",
        NeededAssurance::Confirmed => "sender authenticated, and an invoice number or card digits that fit",
    }
}

fn amounts(limits: &BTreeMap<Currency, i64>) -> Option<String> {
    let amounts: Vec<String> =
        limits.iter().map(|(currency, minor)| Money::new(*minor, *currency).render(Language::En)).collect();
    (!amounts.is_empty()).then(|| amounts.join(" or "))
}
