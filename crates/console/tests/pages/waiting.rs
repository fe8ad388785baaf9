//! A mail that asks for a refund and waits for a person, as the engine stores it.

use std::time::Duration;

use anyhow::{Result, bail, ensure};
use domain::approval::requester;
use domain::{
    ApprovalId, Currency, Digest, Fingerprint, Function, Label, Money, Outcome, RunKind, WorkspaceId,
};
use serde_json::{Value, json};
use store::{Arrival, Claim, Finish, Finished, LeaseTerms, NewApproval, NewDraft};

use crate::world::{World, home};

/// Who asks.
pub(crate) const ADDRESS: &str = "pia@customer.example";
/// With which subject.
pub(crate) const SUBJECT: &str = "<script>alert(1)</script>";
/// What would be answered.
pub(crate) const REPLY: &str = "Your refund is being looked at.";

pub(crate) struct Waiting {
    number: u32,
    approval: NewApproval,
}

impl Waiting {
    /// Mail `number` asks for `minor` cents of a payment of €49.00, of which €5.00 went back before.
    pub(crate) fn refund(number: u32, minor: i64) -> Self {
        let workspace = home();
        let amount = Money::new(minor, Currency::EUR);
        let approval = NewApproval {
            id: ApprovalId::derive(&workspace, &fingerprint(number), Function::Refund),
            function: Function::Refund,
            target: format!("ch_{number}"),
            customer: "cus_1".parse().ok(),
            amount: Some(amount),
            plan: plan(number, amount),
            requester: requester(&workspace, ADDRESS),
            persons: 1,
            expires_in: Duration::from_hours(71),
        };
        Self { number, approval }
    }

    pub(crate) fn persons(mut self, persons: u32) -> Self {
        self.approval.persons = persons;
        self
    }

    pub(crate) const fn id(&self) -> &ApprovalId {
        &self.approval.id
    }

    /// The mail comes, and ends with what waits.
    pub(crate) async fn store(self, world: &World) -> Result<Self> {
        let digest = Digest::of(&[&self.number.to_be_bytes()]);
        let arrival = Arrival { digest, workspace: home(), run: RunKind::Live };
        let terms = LeaseTerms { lasts: Duration::from_hours(1) };
        let claims = world.ledger.claim(&[arrival], terms).await?;
        let Some(Claim::Taken(lease)) = claims.into_iter().next() else { bail!("not taken") };
        let fingerprint = fingerprint(self.number);
        let mail = Finished {
            lease,
            fingerprint,
            message_id: None,
            outcome: Outcome::NeedsApproval,
            label: Label::Ask(Function::Refund),
            customer: "cus_1".parse().ok(),
            draft: NewDraft {
                id: format!("draft-{}", self.number),
                body: draft(&home(), &fingerprint).to_string().into_bytes(),
            },
            correlation: None,
            traceparent: None,
            approval: Some(self.approval.clone()),
            counts_for: None,
        };
        ensure!(world.ledger.finish(&[mail]).await? == [Finish::Stored]);
        Ok(self)
    }
}

pub(crate) fn fingerprint(number: u32) -> Fingerprint {
    Fingerprint::of(&[&number.to_be_bytes()])
}

fn plan(number: u32, amount: Money) -> Value {
    let charge = format!("ch_{number}");
    let fact = |label: &str, minor: i64| {
        json!({
            "label": label,
            "value": { "type": "money", "minor": minor, "currency": "eur" },
            "rendered": "49,00 €",
            "object": charge,
            "field": "amount",
            "request_id": "req_1",
            "read_at": "2026-11-23T12:00:00Z",
            "audience": "customer",
        })
    };
    json!({
        "request": {
            "write": "refund", "charge": charge, "amount": amount, "charged_at": "2026-11-20T12:00:00Z", "card": "Visa 4242",
        },
        "policy": [
            { "rule": "switch", "verdict": "passed", "text": "refund is switched on" },
            { "rule": "limit", "verdict": "needs_approval", "code": "approval_required", "text": "it is above the limit of €10.00" },
        ],
        "policy_version": "pol_1",
        "facts": [fact("charge.amount", 4_900), fact("charge.amount_refunded", 500)],
        "customer": { "id": "cus_1", "address": ADDRESS, "matched_by": "address", "candidates": 1 },
    })
}

/// The event of `postill.draft_context.v1` that the mail ended with.
fn draft(workspace: &WorkspaceId, fingerprint: &Fingerprint) -> Value {
    json!({
        "specversion": "1.0",
        "id": "draft_1",
        "source": format!("/postill/{workspace}"),
        "type": "postill.draft_context.v1",
        "subject": fingerprint,
        "time": "2026-11-23T12:00:00Z",
        "datacontenttype": "application/json",
        "sequence": 1,
        "data": {
            "workspace": workspace,
            "mode": "test",
            "run": { "kind": "live", "dry_run": false },
            "outcome": "needs_approval",
            "reasons": [],
            "in_reply_to": { "message_id": null, "references": [], "subject": SUBJECT, "language": "en", "sent_at": null },
            "sender": { "address": ADDRESS, "assurance": "authenticated", "evidence": [], "flags": [] },
            "delivery": { "to": ADDRESS, "rule": "address_on_file", "dropped": [] },
            "intents": [],
            "customer": {
                "id": "cus_1", "matched_by": "address", "candidates": 1,
                "dashboard_url": "https://dashboard.stripe.com/test/customers/cus_1",
            },
            "facts": [],
            "actions": [],
            "links": [],
            "reply": { "language": "en", "text": REPLY, "must_say": [], "must_not_say": [] },
            "guard": { "amounts": [], "dates": [], "urls": [], "ids": [] },
            "safety": { "injection_suspected": false, "redactions": 0, "abstention": null },
            "versions": { "worker": "1", "policy": "pol_1", "classifier": "1", "templates": "1" },
        },
    })
}
