//! What a key is allowed: one cheap call for each row of Stripe's form that some function needs.

use std::fmt;
use std::hash::{BuildHasher, RandomState};

use domain::policy::Switch;
use domain::{Access, Function, Mode, Permission, Policy, Timestamp};
use futures_util::future::join_all;
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::answer::{Answer, RequestId, typed};
use crate::config::{Config, ConfigError};
use crate::connection::{Connection, Failure, Request};
use crate::error::{CallError, RefusalReason};
use crate::form::Form;
use crate::{Endpoint, SecretKey};

/// What is known of a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyReport {
    /// Test or live data.
    pub mode: Mode,
    /// It has only the permissions ticked for it.
    pub is_restricted: bool,
    /// The account, where the key spells it: a hint for a person.
    pub account_hint: Option<String>,
    /// Every permission that some function needs, and whether the key has it.
    pub rows: Vec<Row>,
    /// When Stripe answered, by its clock: tells how wrong our own is.
    pub answered_at: Option<Timestamp>,
}

/// One row of Stripe's form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// The row and its column.
    pub permission: Permission,
    /// Whether it is ticked.
    pub verdict: Verdict,
    /// The request that told.
    pub request_id: Option<RequestId>,
}

/// Whether a key has a permission.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It has.
    Granted,
    /// It has not.
    Missing,
    /// It was not asked, or the answer did not tell.
    Unknown,
}

/// Whether permissions to write are tried out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WriteRows {
    /// Nothing is written: rows that write stay unknown.
    Skip,
    /// Each is tried by a well-formed write to an object that cannot exist. It has no effect, but leaves errors in the account's log.
    Try,
}

/// The key could not be checked.
#[derive(Debug, thiserror::Error)]
pub enum ProbeError {
    /// The client could not be made.
    #[error("the Stripe client could not be made")]
    Config(#[source] ConfigError),
    /// Stripe does not accept the key, or did not answer.
    #[error("the key could not be checked")]
    Call(#[source] CallError),
}

impl KeyReport {
    /// The permissions the key certainly lacks.
    pub fn missing(&self) -> impl Iterator<Item = Permission> + '_ {
        self.rows.iter().filter(|row| row.verdict == Verdict::Missing).map(|row| row.permission)
    }

    /// Those of them that a function needs which is not switched off.
    pub fn missing_for(&self, policy: &Policy) -> Vec<Permission> {
        let is_needed = |permission: &Permission| {
            *permission == Permission::CUSTOMERS
                || Function::ALL.into_iter().any(|function| {
                    function.permissions().contains(permission) && policy.switch(function) != Switch::Off
                })
        };
        self.missing().filter(is_needed).collect()
    }
}

/// Asks Stripe what `key` may do.
///
/// # Errors
/// When the key is unknown or expired ([`CallError::KeyRefused`]), belongs to another mode, or Stripe cannot be reached.
pub async fn check_key(config: &Config, key: &SecretKey, writes: WriteRows) -> Result<KeyReport, ProbeError> {
    let connection = Connection::new(key, config.clone()).map_err(ProbeError::Config)?;
    let asked = Permission::all().map(|permission| check_row(&connection, permission, writes));
    let mut report = KeyReport {
        mode: key.mode(),
        is_restricted: key.is_restricted(),
        account_hint: key.account_hint(),
        rows: Vec::new(),
        answered_at: None,
    };
    for outcome in join_all(asked).await {
        let (row, answered_at) = outcome.map_err(ProbeError::Call)?;
        report.rows.push(row);
        report.answered_at = report.answered_at.max(answered_at);
    }
    Ok(report)
}

async fn check_row(
    connection: &Connection,
    permission: Permission,
    writes: WriteRows,
) -> Result<(Row, Option<Timestamp>), CallError> {
    let question = match (permission.access, writes) {
        (Access::Read, _) => reading(permission),
        (Access::Write, WriteRows::Try) => writing(permission),
        (Access::Write, WriteRows::Skip) => None,
    };
    let Some(question) = question else {
        return Ok((Row { permission, verdict: Verdict::Unknown, request_id: None }, None));
    };
    let outcome = connection.call(&question, connection.deadline()).await;
    let answered_at = outcome.as_ref().ok().and_then(|answer| answer.answered_at);
    let (verdict, request_id) = match permission.access {
        Access::Read => verdict_of_read(outcome, connection.mode)?,
        Access::Write => verdict_of_write(outcome)?,
    };
    Ok((Row { permission, verdict, request_id }, answered_at))
}

/// What a list holds; nothing where the answer is no list.
#[derive(Deserialize)]
struct Objects<'a> {
    #[serde(borrow, default)]
    data: Vec<&'a RawValue>,
}

fn verdict_of_read(
    outcome: Result<Answer, Failure>,
    mode: Mode,
) -> Result<(Verdict, Option<RequestId>), CallError> {
    match outcome {
        Ok(answer) => {
            let read: Objects<'_> = typed(answer.text()?).map_err(|path| answer.unreadable(path))?;
            for object in read.data {
                answer.check_mode(&answer.marks(object.get())?, mode)?;
            }
            Ok((Verdict::Granted, answer.call.request_id))
        }
        Err(Failure { error: CallError::PermissionMissing { call, .. }, .. }) => {
            Ok((Verdict::Missing, call.request_id))
        }
        Err(Failure { error, .. }) => Err(error),
    }
}

fn verdict_of_write(outcome: Result<Answer, Failure>) -> Result<(Verdict, Option<RequestId>), CallError> {
    let failure = match outcome {
        Ok(answer) => return Ok((Verdict::Unknown, answer.call.request_id)),
        Err(failure) => failure,
    };
    let verdict = match &failure.error {
        CallError::KeyRefused { .. } => return Err(failure.error),
        CallError::PermissionMissing { .. } => Verdict::Missing,
        CallError::Refused { refusal, .. } if refusal.reason == RefusalReason::NoSuchObject => {
            Verdict::Granted
        }
        CallError::Refused { .. }
        | CallError::Congested { .. }
        | CallError::Unreachable { .. }
        | CallError::TimedOut { .. }
        | CallError::Broken { .. }
        | CallError::ServerFailed { .. }
        | CallError::RateLimited { .. }
        | CallError::ObjectInUse { .. }
        | CallError::KeyInUse { .. }
        | CallError::KeyMismatch { .. }
        | CallError::Conflict { .. }
        | CallError::Foreign { .. }
        | CallError::TooLarge { .. }
        | CallError::Unreadable { .. }
        | CallError::WrongMode { .. } => Verdict::Unknown,
    };
    Ok((verdict, failure.error.call().request_id.clone()))
}

/// The cheapest read a permission allows: a list of one.
fn reading(permission: Permission) -> Option<Request> {
    let endpoint = match permission {
        Permission::CUSTOMERS => Endpoint::ListCustomers,
        Permission::INVOICES => Endpoint::ListInvoices,
        Permission::CHARGES => Endpoint::ListCharges,
        Permission::SUBSCRIPTIONS => Endpoint::ListSubscriptions,
        Permission::PAYMENT_INTENTS => Endpoint::ListPaymentIntents,
        Permission::BALANCE_TRANSACTIONS => Endpoint::ListBalanceTransactions,
        _ => return None,
    };
    let form = Form::default().with("limit", 1);
    Some(Request { endpoint, id: String::new(), form, idempotency_key: None })
}

/// A write that Stripe has to refuse, since what it is aimed at does not exist.
fn writing(permission: Permission) -> Option<Request> {
    let nobody = Nobody::new();
    let form = Form::default();
    let (endpoint, form) = match permission {
        Permission::REFUNDS => {
            (Endpoint::CreateRefund, form.with("charge", nobody.id("ch_")).with("amount", 1))
        }
        Permission::PRICES => {
            let form = form.with("product", nobody.id("prod_")).with("currency", "usd");
            (Endpoint::CreatePrice, form.with("unit_amount", 100))
        }
        Permission::PAYMENT_LINKS => {
            let form = form.with("line_items[0][price]", nobody.id("price_"));
            (Endpoint::CreatePaymentLink, form.with("line_items[0][quantity]", 1))
        }
        Permission::PORTAL => (Endpoint::CreatePortalSession, form.with("customer", nobody.id("cus_"))),
        Permission::SUBSCRIPTIONS_WRITE => {
            (Endpoint::UpdateSubscription, form.with("cancel_at_period_end", true))
        }
        _ => return None,
    };
    let id = if endpoint == Endpoint::UpdateSubscription { nobody.id("sub_") } else { String::new() };
    Some(Request { endpoint, id, form, idempotency_key: Some(nobody.to_string()) })
}

/// What no object has for an id: drawn at random each time.
struct Nobody(u64);

impl Nobody {
    fn new() -> Self {
        Self(RandomState::new().hash_one("nobody"))
    }

    fn id(&self, prefix: &str) -> String {
        format!("{prefix}PostillProbe{:016x}", self.0)
    }
}

/// The idempotency key of the probe.
impl fmt::Display for Nobody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "postill-probe-{:016x}", self.0)
    }
}
