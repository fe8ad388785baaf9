//! What the cases speak of: workers on one ledger, mails by number, actions.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, anyhow, bail};
use domain::approval::requester;
use domain::{
    ActionId, ApprovalId, Currency, Digest, Fingerprint, Function, Label, Money, Outcome, RunKind,
    SystemClock, WorkspaceId,
};
use serde_json::json;
use store::{
    Arrival, Claim, Config, Consent, DayLimits, Finish, Finished, Lease, LeaseTerms, Ledger, NewAction,
    NewApproval, NewDraft,
};

/// A lease that outlasts every test.
pub(crate) const LONG: LeaseTerms = LeaseTerms { lasts: Duration::from_hours(1) };
/// A lease that has ended when it is granted: its worker froze at once.
pub(crate) const ENDED: LeaseTerms = LeaseTerms { lasts: Duration::ZERO };

pub(crate) struct World {
    pub(crate) url: String,
    pub(crate) ledger: Ledger,
}

impl World {
    /// A migrated ledger with the workspace `default`.
    pub(crate) async fn open(url: &str) -> Result<Self> {
        let ledger = open(url).await?;
        ledger.migrate().await?;
        ledger.ensure_workspace(&WorkspaceId::default()).await?;
        Ok(Self { url: url.to_owned(), ledger })
    }

    /// Another process on the same database.
    pub(crate) async fn other_worker(&self) -> Result<Ledger> {
        open(&self.url).await
    }

    pub(crate) async fn claim_one(&self, number: u32, terms: LeaseTerms) -> Result<Claim> {
        let [claim] = exactly(self.ledger.claim(&[arrival(number)], terms).await?)?;
        Ok(claim)
    }

    pub(crate) async fn take(&self, number: u32, terms: LeaseTerms) -> Result<Lease> {
        lease_of(self.claim_one(number, terms).await?)
    }
}

pub(crate) async fn open(url: &str) -> Result<Ledger> {
    Ok(Ledger::open(&Config::new(url.parse()?), Arc::new(SystemClock)).await?)
}

pub(crate) fn lease_of(claim: Claim) -> Result<Lease> {
    match claim {
        Claim::Taken(lease) => Ok(lease),
        other @ (Claim::Finished(_) | Claim::Dead(_) | Claim::Busy { .. }) => {
            bail!("not taken but {other:?}")
        }
    }
}

pub(crate) fn exactly<const N: usize, T: std::fmt::Debug>(list: Vec<T>) -> Result<[T; N]> {
    list.try_into().map_err(|list| anyhow!("expected {N}, found {list:?}"))
}

/// The bytes of mail `number` as they came by the first way.
pub(crate) fn arrival(number: u32) -> Arrival {
    arrival_by(1, number)
}

/// The bytes of mail `number` as they came by way `way`.
pub(crate) fn arrival_by(way: u32, number: u32) -> Arrival {
    Arrival {
        digest: Digest::of(&[&way.to_be_bytes(), &number.to_be_bytes()]),
        workspace: WorkspaceId::default(),
        run: RunKind::Live,
    }
}

pub(crate) fn fingerprint(number: u32) -> Fingerprint {
    Fingerprint::of(&[&number.to_be_bytes()])
}

/// Mail `number`, finished with `body`.
pub(crate) fn finished(lease: Lease, number: u32, body: &str) -> Finished {
    Finished {
        lease,
        fingerprint: fingerprint(number),
        message_id: Some(Digest::of(&[b"message-id", &number.to_be_bytes()])),
        outcome: Outcome::Answered,
        label: Label::Ask(Function::InvoiceLookup),
        customer: "cus_1".parse().ok(),
        draft: NewDraft { id: format!("draft-{number}"), body: body.as_bytes().to_vec() },
        correlation: Some(format!("message-{number}")),
        traceparent: None,
        approval: None,
        counts_for: None,
    }
}

/// A refund of `amount` on `charge`, asked for by mail `number`.
pub(crate) fn refund(number: u32, charge: &str, amount: i64) -> NewAction {
    let (workspace, fingerprint) = (WorkspaceId::default(), fingerprint(number));
    NewAction {
        id: ActionId::derive(&workspace, &fingerprint, Function::Refund),
        workspace,
        fingerprint,
        function: Function::Refund,
        target: charge.to_owned(),
        parameters: json!({ "charge": charge, "amount": amount }),
        spends: None,
        consent: Consent::Policy { limits: DayLimits::default() },
    }
}

/// What mail `number` asks for and has to wait for: a refund of `amount`, by Ada.
pub(crate) fn approval(number: u32, amount: i64) -> NewApproval {
    let workspace = WorkspaceId::default();
    NewApproval {
        id: ApprovalId::derive(&workspace, &fingerprint(number), Function::Refund),
        function: Function::Refund,
        target: format!("ch_{number}"),
        customer: "cus_1".parse().ok(),
        amount: Some(Money::new(amount, Currency::EUR)),
        plan: json!({ "charge": format!("ch_{number}"), "amount": amount }),
        requester: requester(&workspace, "ada@example.com"),
        persons: 1,
        expires_in: Duration::from_hours(72),
    }
}

/// Mail `number` comes, and ends with what waits.
pub(crate) async fn asks(world: &World, number: u32, approval: NewApproval) -> Result<()> {
    let mail = finished(world.take(number, LONG).await?, number, "waits");
    let mail = Finished { approval: Some(approval), outcome: Outcome::NeedsApproval, ..mail };
    anyhow::ensure!(world.ledger.finish(&[mail]).await? == [Finish::Stored]);
    Ok(())
}

/// The only row of the only column that a statement returns; for what the ledger itself does not tell.
pub(crate) async fn ask(url: &str, statement: &'static str) -> Result<String> {
    use sqlx::Connection;
    if url.starts_with("sqlite:") {
        let mut connection = sqlx::SqliteConnection::connect(url).await?;
        return sqlx::query_scalar(statement).fetch_one(&mut connection).await.context(statement);
    }
    let mut connection = sqlx::PgConnection::connect(url).await?;
    sqlx::query_scalar(statement).fetch_one(&mut connection).await.context(statement)
}

/// Carries out a statement on PostgreSQL.
pub(crate) async fn execute(url: &str, statement: &'static str) -> Result<()> {
    crate::engines::execute(url, statement.to_owned()).await
}

/// Carries out statements that the ledger itself has no door for.
pub(crate) async fn run(url: &str, statements: String) -> Result<()> {
    use sqlx::Connection;
    if url.starts_with("sqlite:") {
        let mut connection = sqlx::SqliteConnection::connect(url).await?;
        sqlx::raw_sql(sqlx::AssertSqlSafe(statements)).execute(&mut connection).await?;
        return Ok(());
    }
    crate::engines::execute(url, statements).await
}
