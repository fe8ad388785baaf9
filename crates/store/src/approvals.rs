//! Approvals: stored with the end of the mail that asks, listed for those who decide.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use domain::approval::Vote;
use domain::ids::CustomerId;
use domain::{ApprovalId, ApprovalState, Currency, Digest, Function, Money, StoredApproval, WorkspaceId};
use serde_json::{Value, json};

use crate::engine::{reading, row};
use crate::error::{read, read_count, read_money, read_time};
use crate::finish::Finished;
use crate::mails::Arrival;
use crate::{Ledger, LedgerError, NewAuditEntry};

/// A plan that is to wait for a person.
#[derive(Clone)]
pub struct NewApproval {
    /// Its identity.
    pub id: ApprovalId,
    /// What is asked for.
    pub function: Function,
    /// The Stripe object it is aimed at.
    pub target: String,
    /// Whose object it is.
    pub customer: Option<CustomerId>,
    /// The amount asked for, and the most that can be approved.
    pub amount: Option<Money>,
    /// What is to be done, frozen from here on.
    pub plan: Value,
    /// Who asks: [`domain::approval::requester`].
    pub requester: Digest,
    /// How many persons have to allow it: 1 or 2.
    pub persons: u32,
    /// How long they have, from the moment it is stored.
    pub expires_in: Duration,
}

/// Hides the plan: it holds what the customer is told.
impl std::fmt::Debug for NewApproval {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NewApproval")
            .field("id", &self.id)
            .field("function", &self.function)
            .field("persons", &self.persons)
            .finish_non_exhaustive()
    }
}

/// At most this many approvals are listed at once.
const LISTED: i64 = 1_000;

pub(crate) const REQUEST: &str = "
    insert into approval (id, workspace, run, fingerprint, function, target, customer, amount_minor, currency, plan,
                          requester, persons, state, requested_at, expires_at)
    values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, 'waiting', $13, $14)
    on conflict (id) do nothing";

macro_rules! approval_columns {
    () => {
        "id, workspace, run, fingerprint, function, target, customer, amount_minor, currency, plan, requester, persons, \
         state, decided_amount_minor, rejected_by, reason, requested_at, expires_at, decided_at"
    };
}

pub(crate) use approval_columns;

const APPROVAL: &str = concat!("select ", approval_columns!(), " from approval where id = $1");

/// Those that wait, the first to expire first; behind them the others, the last decided first.
const APPROVALS: &str = concat!(
    "select ",
    approval_columns!(),
    " from approval
    where workspace = coalesce($1, workspace) and state in (select value ->> 'state' from json_each($2))
    order by case state when 'waiting' then 0 else 1 end, decided_at desc, expires_at, id limit $3"
);

const VOTES: &str = "select approval, actor, amount_minor, voted_at from approval_vote
    where approval in (select value ->> 'id' from json_each($1)) order by voted_at, person";

row! {
    pub(crate) struct ApprovalRow {
        id: String,
        workspace: String,
        run: String,
        fingerprint: String,
        function: String,
        target: String,
        customer: Option<String>,
        amount_minor: Option<i64>,
        currency: Option<String>,
        plan: String,
        requester: String,
        persons: i64,
        state: String,
        decided_amount_minor: Option<i64>,
        rejected_by: Option<String>,
        reason: Option<String>,
        requested_at: i64,
        expires_at: i64,
        decided_at: Option<i64>,
    }
}

row! {
    pub(crate) struct VoteRow {
        approval: String,
        actor: String,
        amount_minor: Option<i64>,
        voted_at: i64,
    }
}

/// Stores what waits within the transaction that stores the mail's first draft.
macro_rules! request_approval {
    ($transaction:ident, $now:ident, $mail:ident, $approval:ident) => {
        let expires_at = $now.saturating_add($crate::approvals::milliseconds($approval.expires_in));
        let requested = sqlx::query($crate::approvals::REQUEST)
            .bind($approval.id.as_str())
            .bind($mail.lease.arrival.workspace.as_str())
            .bind($mail.lease.arrival.run.as_str())
            .bind($mail.fingerprint.to_string())
            .bind($approval.function.as_str())
            .bind(&$approval.target)
            .bind($approval.customer.as_ref().map(CustomerId::as_str))
            .bind($approval.amount.map(|amount| amount.minor))
            .bind($approval.amount.map(|amount| amount.currency.to_string()))
            .bind($approval.plan.to_string())
            .bind($approval.requester.to_string())
            .bind(i64::from($approval.persons))
            .bind($now)
            .bind(expires_at)
            .execute(&mut *$transaction)
            .await?;
        if requested.rows_affected() == 1 {
            let entry = $crate::approvals::requested($mail, $approval, expires_at);
            $crate::audit::append!($transaction, $now, entry);
        }
    };
}

pub(crate) use request_approval;

impl Ledger {
    /// An approval by its id.
    pub async fn approval(&self, id: &ApprovalId) -> Result<Option<StoredApproval>, LedgerError> {
        let (row, votes): (Option<ApprovalRow>, Vec<VoteRow>) = reading!(self, |connection| {
            let row = sqlx::query_as(APPROVAL).bind(id.as_str()).fetch_optional(&mut *connection).await?;
            let votes = sqlx::query_as(VOTES).bind(ids_of([id.as_str()])).fetch_all(&mut *connection).await?;
            (row, votes)
        })?;
        row.map(|row| row.with_votes(&votes)).transpose()
    }

    /// The approvals of one workspace, or of all, that are in one of `states`: those that wait, the first to expire first, then the
    /// others, the last decided first. At most 1,000.
    pub async fn approvals(
        &self,
        workspace: Option<&WorkspaceId>,
        states: &[ApprovalState],
    ) -> Result<Vec<StoredApproval>, LedgerError> {
        let states: Value = states.iter().map(|state| json!({ "state": state.as_str() })).collect();
        let (rows, votes): (Vec<ApprovalRow>, Vec<VoteRow>) = reading!(self, |connection| {
            let rows: Vec<ApprovalRow> = sqlx::query_as(APPROVALS)
                .bind(workspace.map(WorkspaceId::as_str))
                .bind(states.to_string())
                .bind(LISTED)
                .fetch_all(&mut *connection)
                .await?;
            let ids = ids_of(rows.iter().map(|row| row.id.as_str()));
            let votes = sqlx::query_as(VOTES).bind(ids).fetch_all(&mut *connection).await?;
            (rows, votes)
        })?;
        let mut by_approval: HashMap<String, Vec<VoteRow>> = HashMap::new();
        for vote in votes {
            by_approval.entry(vote.approval.clone()).or_default().push(vote);
        }
        rows.into_iter()
            .map(|row| {
                let votes = by_approval.remove(&row.id).unwrap_or_default();
                row.with_votes(&votes)
            })
            .collect()
    }

    /// How many approvals of a workspace wait for somebody.
    pub async fn waiting_approvals(&self, workspace: &WorkspaceId) -> Result<u32, LedgerError> {
        const SQL: &str = "select count(*) from approval where workspace = $1 and state = 'waiting'";
        let count: i64 = reading!(self, |connection| {
            sqlx::query_scalar(SQL).bind(workspace.as_str()).fetch_one(&mut *connection).await?
        })?;
        read_count(count)
    }
}

fn ids_of<'a>(ids: impl IntoIterator<Item = &'a str>) -> String {
    ids.into_iter().map(|id| json!({ "id": id })).collect::<Value>().to_string()
}

pub(crate) fn milliseconds(time: Duration) -> i64 {
    i64::try_from(time.as_millis()).unwrap_or(i64::MAX)
}

/// What waits of the mails that were stored now, by workspace: so that the ends of their trails are locked in one order.
pub(crate) fn approvals_of<'a>(
    finished: &'a [Finished],
    stored: &HashSet<Arrival>,
) -> Vec<(&'a Finished, &'a NewApproval)> {
    let mut waiting: Vec<_> = finished
        .iter()
        .filter_map(|mail| Some((mail, mail.approval.as_ref()?)))
        .filter(|(mail, _)| stored.contains(&mail.lease.arrival))
        .collect();
    waiting.sort_by_key(|(mail, approval)| (&mail.lease.arrival.workspace, &approval.id));
    waiting
}

pub(crate) fn requested(mail: &Finished, approval: &NewApproval, expires_at: i64) -> NewAuditEntry {
    let detail = json!({
        "function": approval.function.as_str(),
        "target": approval.target,
        "customer": approval.customer,
        "amount": approval.amount,
        "persons": approval.persons,
        "expires_at": read_time(expires_at).ok(),
        "mail": mail.fingerprint,
    });
    NewAuditEntry {
        workspace: mail.lease.arrival.workspace.clone(),
        actor: crate::audit::PROGRAM.to_owned(),
        event: "approval.requested".to_owned(),
        subject: Some(approval.id.to_string()),
        detail,
    }
}

impl ApprovalRow {
    pub(crate) fn with_votes(self, votes: &[VoteRow]) -> Result<StoredApproval, LedgerError> {
        let currency: Option<Currency> =
            self.currency.as_deref().map(|text| read(text, "currency")).transpose()?;
        let votes = votes.iter().map(|vote| vote.read(currency)).collect::<Result<_, _>>()?;
        Ok(StoredApproval {
            id: read(&self.id, "approval")?,
            workspace: read(&self.workspace, "workspace")?,
            run: read(&self.run, "kind of run")?,
            fingerprint: read(&self.fingerprint, "fingerprint")?,
            function: read(&self.function, "function")?,
            target: self.target,
            customer: self.customer.map(|id| read(&id, "customer")).transpose()?,
            amount: read_money(self.amount_minor, self.currency.as_deref())?,
            plan: read(&self.plan, "plan")?,
            persons: read_count(self.persons)?,
            state: read(&self.state, "state of an approval")?,
            votes,
            decided_amount: read_money(self.decided_amount_minor, self.currency.as_deref())?,
            rejected_by: self.rejected_by,
            reason: self.reason,
            requested_at: read_time(self.requested_at)?,
            expires_at: read_time(self.expires_at)?,
            decided_at: self.decided_at.map(read_time).transpose()?,
        })
    }
}

impl VoteRow {
    fn read(&self, currency: Option<Currency>) -> Result<Vote, LedgerError> {
        let amount = self.amount_minor.zip(currency).map(|(minor, currency)| Money::new(minor, currency));
        Ok(Vote { actor: self.actor.clone(), amount, at: read_time(self.voted_at)? })
    }
}
