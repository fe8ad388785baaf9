//! A batch of mails as JSON, for `json_each` of either engine: one statement for all of them.

use domain::Digest;
use serde::Serialize;

use crate::LedgerError;
use crate::mails::{Arrival, Lease};

/// What names an arrival.
#[derive(Serialize)]
pub(crate) struct Key<'a> {
    workspace: &'a str,
    run: &'static str,
    digest: Digest,
}

/// What names a lease.
#[derive(Serialize)]
pub(crate) struct Held<'a> {
    #[serde(flatten)]
    key: Key<'a>,
    token: &'a str,
}

impl<'a> Key<'a> {
    pub(crate) fn of(arrival: &'a Arrival) -> Self {
        let Arrival { workspace, run, digest } = arrival;
        Self { workspace: workspace.as_str(), run: run.as_str(), digest: *digest }
    }
}

impl<'a> Held<'a> {
    pub(crate) fn of(lease: &'a Lease) -> Self {
        Self { key: Key::of(&lease.arrival), token: lease.token.as_str() }
    }
}

/// The rows as one JSON array.
pub(crate) fn json<R: Serialize>(rows: impl IntoIterator<Item = R>) -> Result<String, LedgerError> {
    let rows: Vec<R> = rows.into_iter().collect();
    serde_json::to_string(&rows).map_err(LedgerError::cannot_be_written)
}
