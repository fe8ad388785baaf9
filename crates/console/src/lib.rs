//! The console: pages for the people who run postill.
//!
//! Every page works without JavaScript: plain links and forms, answered by a redirect. What lives on a page is fetched again when the
//! server says that something is new (`live.rs`); nothing else needs a script. Templates lie in `templates`, escaped by askama: whatever
//! stands in a mail, at Stripe or in a name is text, never markup.
//!
//! # The way of a request
//!
//! `guard` sets the headers and refuses forms that come from elsewhere; `visitor` finds out who asks, and what they may do in the
//! workspace of the path; then a page in `pages`, a file each. Whoever has no role in a workspace gets the same answer as for one that
//! does not exist. Each change is noted in the audit trail under the person's name, and so is each look at what is told about a customer.
//!
//! # What this crate must not know
//!
//! It changes nothing at Stripe: the engine it is given is used for looking only. It knows no settings file and no environment.

#![warn(missing_docs)]

mod assets;
mod columns;
mod complaint;
mod cookie;
mod counts;
mod ended;
mod figures;
mod frame;
mod guard;
mod live;
mod pages;
mod password;
mod refusal;
mod sender;
mod setting;
mod shown;
mod throttle;
mod uploaded;
mod visitor;
mod when;

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use domain::{Policy, WorkspaceId};
use engine::Engine;
use store::Ledger;
use store::vault::Vault;
use stripe_client::SecretKey;
use tokio_util::sync::CancellationToken;

use crate::counts::Counts;
use crate::pages::toolkit::Reports;
pub use crate::password::{HashError, Password, PasswordError};
pub use crate::sender::{NotAProxy, Proxies};
pub use crate::setting::Setting;
use crate::throttle::Throttle;

/// What the pages are made of.
#[derive(Debug)]
pub struct Console {
    /// People, sessions, runs, approvals, the audit trail.
    pub ledger: Ledger,
    /// For the simulator: nothing but [`Engine::simulate`] and [`Engine::read`] is called.
    pub engine: Engine,
    /// How Stripe is reached to check a key.
    pub stripe: stripe_client::Config,
    /// Seals and opens stored keys; none: no key can be stored here.
    pub vault: Option<Vault>,
    /// The key that the configuration gives the home workspace. It goes before a stored one.
    pub configured_key: Option<SecretKey>,
    /// Whether keys to live data may be connected.
    pub live_keys: LiveKeys,
    /// Whether anybody's sender can be authenticated; else nothing that moves money can be switched on. What to do about it, when not.
    pub unverified: Option<&'static str>,
    /// The rules of a workspace before its switches.
    pub policy: Policy,
    /// The workspace that is shown first, and whose audit trail has who signed in.
    pub home: WorkspaceId,
    /// Every setting, in the order in which they are shown.
    pub settings: Vec<Setting>,
    /// The largest report of a replay that is taken, in bytes.
    pub report_bytes: usize,
    /// Who is believed about whom a request comes from.
    pub proxies: Proxies,
    /// How long a sign-in lasts.
    pub sessions: SessionLimits,
    /// Cancelled when the console is to stop: pages that listen for news are let go.
    pub stopping: CancellationToken,
}

/// Whether keys to live data may be connected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LiveKeys {
    /// They may.
    Allowed,
    /// They are refused.
    Refused,
}

/// How long a sign-in lasts.
#[derive(Debug, Clone, Copy)]
pub struct SessionLimits {
    /// Since it was last used. Default 2 h: who goes home does not leave the till open.
    pub idle: Duration,
    /// Since it began. Default 12 h: a working day.
    pub lasts: Duration,
    /// Whether the cookie is for HTTPS only: wherever the console is reached by another name than this machine's own.
    pub cookies: Cookies,
}

/// Over what the session's cookie is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cookies {
    /// HTTPS only.
    Secure,
    /// HTTP too: for this machine alone.
    Plain,
}

impl Default for SessionLimits {
    fn default() -> Self {
        Self { idle: Duration::from_hours(2), lasts: Duration::from_hours(12), cookies: Cookies::Plain }
    }
}

/// The console with what it remembers between requests.
pub(crate) struct Desk {
    pub(crate) console: Console,
    pub(crate) throttle: Throttle,
    pub(crate) reports: Reports,
    pub(crate) counts: Counts,
    /// Held while a role is taken: of two administrators who remove each other one stays.
    pub(crate) people: tokio::sync::Mutex<()>,
}

impl std::ops::Deref for Desk {
    type Target = Console;

    fn deref(&self) -> &Console {
        &self.console
    }
}

/// All pages. The server has to give each request its `ConnectInfo<SocketAddr>`: sign-ins are counted by address.
pub fn routes(console: Console) -> Router {
    let desk = Arc::new(Desk {
        console,
        throttle: Throttle::default(),
        reports: Reports::default(),
        counts: Counts::default(),
        people: tokio::sync::Mutex::default(),
    });
    guard::around(pages::routes(desk.report_bytes), &desk).with_state(desk)
}
