//! Ledgers with something in them, one on SQLite and one on PostgreSQL.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Result, bail};
use domain::action::StoredAction;
use domain::approval::requester;
use domain::{
    ActionId, ApprovalId, Currency, Digest, Fingerprint, Function, Label, Money, Outcome, RunKind,
    SystemClock, WorkspaceId,
};
use serde_json::{Value, json};
use store::{
    Arrival, Claim, Consent, DayLimits, Finished, Intended, Lease, LeaseTerms, Ledger, NewAction,
    NewApproval, NewDraft, Right, Settlement, Spends,
};
use tests::{Database, Postill, Run, postgres};

/// Who asks for everything.
pub(crate) const ASKER: &str = "anna@choir.example";
/// What the ledger holds and nobody is to be shown.
pub(crate) const SECRETS: [&str; 3] = [ASKER, "https://billing.stripe.com/p/session/secret", "4242"];

/// A ledger that the program under test opens as well.
pub(crate) struct Books {
    pub(crate) ledger: Ledger,
    url: String,
    _folder: Option<tempfile::TempDir>,
    _database: Option<Database>,
}

/// Runs the steps on both engines.
pub(crate) async fn on_both(steps: impl AsyncFn(&Books) -> Result<()>) -> Result<()> {
    let folder = tempfile::tempdir()?;
    let url = format!("sqlite:{}", folder.path().join("ledger.db").display());
    steps(&Books::at(url, Some(folder), None).await?).await?;
    let database = postgres().await?;
    steps(&Books::at(database.url.clone(), None, Some(database)).await?).await
}

impl Books {
    async fn at(url: String, folder: Option<tempfile::TempDir>, database: Option<Database>) -> Result<Self> {
        let ledger = Ledger::open(&store::Config::new(url.parse()?), Arc::new(SystemClock)).await?;
        ledger.migrate().await?;
        ledger.ensure_workspace(&WorkspaceId::default()).await?;
        Ok(Self { ledger, url, _folder: folder, _database: database })
    }

    /// The program on this ledger.
    pub(crate) fn postill<const N: usize>(&self, arguments: [&str; N]) -> Run {
        Postill::with(arguments).env("POSTILL_DATABASE_URL", &self.url)
    }

    /// The same for arguments whose number is not known beforehand.
    pub(crate) fn postill_with(&self, arguments: Vec<&str>) -> Run {
        Postill::with(arguments).env("POSTILL_DATABASE_URL", &self.url)
    }

    /// Stores a mail whose refund of 25.00 EUR waits for so many persons.
    pub(crate) async fn waits(&self, mail: &str, persons: u32, expires_in: Duration) -> Result<ApprovalId> {
        let fingerprint = Fingerprint::of(&[mail.as_bytes()]);
        let workspace = WorkspaceId::default();
        let id = ApprovalId::derive(&workspace, &fingerprint, Function::Refund);
        let approval = NewApproval {
            id: id.clone(),
            function: Function::Refund,
            target: format!("ch_{mail}"),
            customer: Some("cus_1".parse()?),
            amount: Some(Money::new(2_500, Currency::EUR)),
            plan: json!({ "told": ASKER }),
            requester: requester(&workspace, ASKER),
            persons,
            expires_in,
        };
        self.finish(mail, Some(approval)).await?;
        Ok(id)
    }

    /// Stores a mail with an action that was sent and got no answer, or the given one.
    pub(crate) async fn acts(
        &self,
        mail: &str,
        function: Function,
        answer: Option<Settlement>,
    ) -> Result<StoredAction> {
        let fingerprint = Fingerprint::of(&[mail.as_bytes()]);
        let lease = self.claim(mail).await?;
        let id = ActionId::derive(&WorkspaceId::default(), &fingerprint, function);
        let (target, request, spends) = if function == Function::CancelSubscription {
            let target = format!("sub_{mail}");
            (target.clone(), json!({ "write": "cancel_subscription", "subscription": target }), None)
        } else {
            let (target, amount) = (format!("ch_{mail}"), Money::new(2_500, Currency::EUR));
            let request =
                json!({ "write": "refund", "charge": target, "amount": amount, "card": "visa 4242" });
            (target, request, Some(Spends { customer: "cus_1".parse()?, amount }))
        };
        let action = NewAction {
            id: id.clone(),
            workspace: WorkspaceId::default(),
            fingerprint,
            function,
            target,
            parameters: json!({ "request": request, "customer": { "email": ASKER }, "facts": [] }),
            spends,
            consent: Consent::Policy { limits: DayLimits::default() },
        };
        let Intended::New(_) = self.ledger.intend(&action, Right::Mail(&lease)).await? else {
            bail!("not stored")
        };
        self.ledger.mark_sent(&id, Right::Mail(&lease)).await?;
        if let Some(answer) = answer {
            self.ledger.settle(&id, answer).await?;
        }
        self.end(mail, lease, None).await?;
        self.ledger.action(&id).await?.ok_or_else(|| anyhow::anyhow!("no action"))
    }

    async fn finish(&self, mail: &str, approval: Option<NewApproval>) -> Result<()> {
        let lease = self.claim(mail).await?;
        self.end(mail, lease, approval).await
    }

    async fn claim(&self, mail: &str) -> Result<Lease> {
        let arrival = Arrival {
            digest: Digest::of(&[mail.as_bytes()]),
            workspace: WorkspaceId::default(),
            run: RunKind::Live,
        };
        let terms = LeaseTerms { lasts: Duration::from_mins(5) };
        match self.ledger.claim(&[arrival], terms).await?.pop() {
            Some(Claim::Taken(lease)) => Ok(lease),
            other => bail!("not claimed: {other:?}"),
        }
    }

    async fn end(&self, mail: &str, lease: Lease, approval: Option<NewApproval>) -> Result<()> {
        let finished = Finished {
            lease,
            fingerprint: Fingerprint::of(&[mail.as_bytes()]),
            message_id: None,
            outcome: Outcome::NeedsApproval,
            label: Label::Ask(Function::Refund),
            customer: Some("cus_1".parse()?),
            draft: NewDraft { id: format!("draft_{mail}"), body: b"{}".to_vec() },
            correlation: Some(mail.to_owned()),
            traceparent: None,
            approval,
            counts_for: None,
        };
        self.ledger.finish(&[finished]).await?;
        Ok(())
    }
}

/// What Stripe answered to a refund.
pub(crate) fn refunded() -> Settlement {
    Settlement::Done(
        json!({ "effect": "refunded", "refund": "re_1", "progress": "issued", "request_id": "req_1" }),
    )
}

/// What Stripe answered to a cancellation.
pub(crate) fn ending() -> Settlement {
    Settlement::Done(json!({ "effect": "ending", "subscription": "sub_1", "request_id": "req_2",
        "url": SECRETS[1] }))
}

/// What is known of an outcome that is unknown.
pub(crate) fn unknown() -> Settlement {
    Settlement::Unknown(json!({ "code": "outcome_unknown", "text": "sent, and no answer came" }))
}

/// The one JSON document that was printed.
pub(crate) fn document(text: &str) -> Result<Value> {
    Ok(serde_json::from_str(text.trim())?)
}
