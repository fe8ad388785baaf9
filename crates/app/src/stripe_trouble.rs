//! What a person can do when Stripe, or the key for it, is the trouble.

use domain::Permission;
use stripe_client::CallError;
use stripe_client::probe::ProbeError;

use crate::complaint::{Advice, chain};

/// Where keys are made and changed.
const IN_STRIPE: &str = "in Stripe under Developers, API keys";

/// What to tick for a permission that is missing.
pub(crate) fn tick(rows: &[Permission]) -> String {
    let rows: Vec<String> = rows.iter().map(Permission::to_string).collect();
    format!("tick {} for this key {IN_STRIPE}", rows.join(", "))
}

/// The error of a call, with what to do about it.
pub(crate) fn explain(what: String, error: &CallError) -> anyhow::Error {
    if error.is_transient() {
        let remedy =
            "is Stripe reachable from here? stripe.url (POSTILL_STRIPE_URL) says where it is looked for";
        return Advice::unavailable(what, remedy);
    }
    if let CallError::KeyRefused { .. } = error {
        let remedy = format!("make a new restricted key {IN_STRIPE}, and run `postill connect` with it");
        return Advice::usage(what, remedy);
    }
    if let CallError::PermissionMissing { missing, .. } = error {
        return Advice::usage(what, tick(&missing.rows));
    }
    if let CallError::WrongMode { .. } = error {
        return Advice::usage(what, "a test key (rk_test_…) sees test data only, a live key live data only");
    }
    anyhow::anyhow!(what)
}

/// The same for the check of a key.
pub(crate) fn explain_probe(error: ProbeError) -> anyhow::Error {
    match &error {
        ProbeError::Call(call) => explain(chain(&error), call),
        ProbeError::Config(_) => anyhow::Error::from(error),
    }
}
