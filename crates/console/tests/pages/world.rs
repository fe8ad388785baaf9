//! A console over a ledger of its own, and browsers of people who use it.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::{HeaderMap, Method, Request, StatusCode, header, request};
use console::{Console, LiveKeys, Password, Proxies, SessionLimits, Setting};
use domain::{Actor, Policy, Role, Scope, SystemClock, WorkspaceId};
use engine::{Brake, Engine, Limits, Senders, Workspaces};
use intent::Classifier;
use store::vault::Vault;
use store::{Config, Ledger, PasswordHash};
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt as _;

/// Everybody's password.
pub(crate) const PASSWORD: &str = "correct horse battery";
/// The home workspace.
pub(crate) const HOME: &str = "default";
/// The largest report that the console takes.
pub(crate) const REPORT_BYTES: usize = 1 << 20;
/// Another one of the same ledger.
pub(crate) const OTHER: &str = "other";

/// A console with two workspaces, to neither of which a key is connected.
pub(crate) struct World {
    pub(crate) ledger: Ledger,
    routes: Router,
    _folder: TempDir,
}

impl World {
    pub(crate) async fn open() -> Result<Self> {
        Self::with(None).await
    }

    /// The same with a vault for stored keys, and a Stripe that nobody reaches.
    pub(crate) async fn with(vault: Option<Vault>) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let url = format!("sqlite:{}", folder.path().join("ledger.db").display());
        let ledger = Ledger::open(&Config::new(url.parse()?), Arc::new(SystemClock)).await?;
        ledger.migrate().await?;
        for workspace in [HOME, OTHER] {
            ledger.ensure_workspace(&workspace.parse()?).await?;
        }
        let routes = console::routes(console(&ledger, vault)?);
        Ok(Self { ledger, routes, _folder: folder })
    }

    /// Adds somebody who has the role in [`HOME`] only, and signs them in.
    pub(crate) async fn signed_in(&self, name: &str, role: Role) -> Result<Browser> {
        self.add(name, &Scope::Workspace(home()), role).await?;
        self.sign_in(name).await
    }

    /// Adds somebody, or gives them one role more.
    pub(crate) async fn add(&self, name: &str, scope: &Scope, role: Role) -> Result<()> {
        static HASH: LazyLock<Option<PasswordHash>> =
            LazyLock::new(|| Password::to_be_set(PASSWORD).ok()?.hash().ok());
        let (name, hash): (Actor, _) = (name.parse()?, HASH.as_ref().context("no hash")?);
        self.ledger.add_person(&name, hash, "test").await?;
        ensure!(self.ledger.set_role(&name, scope, Some(role), "test").await?);
        Ok(())
    }

    pub(crate) async fn sign_in(&self, name: &str) -> Result<Browser> {
        let mut browser = self.stranger();
        let entered = browser.send_form("/sign-in", &[("name", name), ("password", PASSWORD)]).await?;
        let cookie = entered.headers.get(header::SET_COOKIE).context("no cookie")?.to_str()?;
        browser.cookie = cookie.split(';').next().map(str::to_owned);
        let page = browser.get(&format!("/w/{HOME}/toolkit")).await?;
        page.between("name=\"token\" value=\"", "\"").unwrap_or_default().clone_into(&mut browser.token);
        Ok(browser)
    }

    /// A browser in which nobody is signed in.
    pub(crate) fn stranger(&self) -> Browser {
        Browser { routes: self.routes.clone(), cookie: None, token: String::new(), forwarded: None }
    }

    /// What the trail of [`HOME`] says: who, what, and of what, the newest first.
    pub(crate) async fn trail(&self) -> Result<Vec<(String, String, Option<String>)>> {
        let rows = self.ledger.audit_trail(&home(), None, 100).await?;
        Ok(rows.into_iter().map(|row| (row.entry.actor, row.entry.event, row.entry.subject)).collect())
    }
}

pub(crate) fn home() -> WorkspaceId {
    WorkspaceId::default()
}

fn console(ledger: &Ledger, vault: Option<Vault>) -> Result<Console> {
    let engine = Engine {
        reader: mail::Reader::new(mail::Trust::default(), mail::Limits::default()),
        verifier: None,
        classifier: Classifier::embedded(),
        second_reader: None,
        ledger: ledger.clone(),
        workspaces: Workspaces::default(),
        brake: Brake::default(),
        clock: Arc::new(SystemClock),
        limits: Limits { lease: Duration::from_mins(5), crash_limit: 3, patience: 0 },
        senders: Senders::default(),
        meters: None,
    };
    let stripe = stripe_client::Config {
        base_url: "http://127.0.0.1:1".parse()?,
        retries: 0,
        ..stripe_client::Config::default()
    };
    Ok(Console {
        ledger: ledger.clone(),
        engine,
        stripe,
        vault,
        configured_key: None,
        live_keys: LiveKeys::Refused,
        unverified: None,
        policy: Policy::default(),
        home: home(),
        settings: settings(),
        report_bytes: REPORT_BYTES,
        proxies: "127.0.0.1".parse::<Proxies>()?,
        sessions: SessionLimits::default(),
        stopping: CancellationToken::new(),
    })
}

/// A switch, a number that somebody has set, and a secret.
fn settings() -> Vec<Setting> {
    let setting = |name, value: &str, from: &str, purpose| Setting {
        name,
        value: value.to_owned(),
        from: from.to_owned(),
        is_default: from == "default",
        purpose,
    };
    vec![
        setting("workspace", "default", "default", "The workspace of mail that names none."),
        setting("retention.days", "90", "/etc/postill.toml", "Days after which it is forgotten."),
        setting("amqp.prefetch", "7", "/etc/postill.toml", "Mails <b>per</b> worker."),
        setting("policy.functions.refund", "off", "default", "Refund, full or partial."),
        setting("stripe.key", "set", "POSTILL_STRIPE_KEY", "The key of the default workspace."),
    ]
}

/// A browser of one person.
pub(crate) struct Browser {
    routes: Router,
    /// What it shows to be signed in.
    pub(crate) cookie: Option<String>,
    /// What its forms carry.
    pub(crate) token: String,
    /// What the proxy before the console says of it.
    forwarded: Option<&'static str>,
}

impl Browser {
    /// The same behind a proxy, which says so of it.
    pub(crate) fn behind_a_proxy(mut self, forwarded: &'static str) -> Self {
        self.forwarded = Some(forwarded);
        self
    }

    pub(crate) async fn get(&self, path: &str) -> Result<Page> {
        self.send(Method::GET, path, String::new()).await
    }

    /// Sends a form of one of our pages.
    pub(crate) async fn post(&self, path: &str, fields: &[(&str, &str)]) -> Result<Page> {
        self.send_form(path, &[&[("token", self.token.as_str())], fields].concat()).await
    }

    /// Sends exactly these fields.
    pub(crate) async fn send_form(&self, path: &str, fields: &[(&str, &str)]) -> Result<Page> {
        let form = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        self.send(Method::POST, path, form).await
    }

    /// Sends a body of any type.
    pub(crate) async fn send_raw(&self, path: &str, content_type: &str, body: Vec<u8>) -> Result<Page> {
        let request = Request::builder().method(Method::POST).uri(path);
        self.exchange(request.header(header::CONTENT_TYPE, content_type), Body::from(body)).await
    }

    async fn send(&self, method: Method, path: &str, body: String) -> Result<Page> {
        self.exchange(Request::builder().method(method).uri(path), Body::from(body)).await
    }

    async fn exchange(&self, request: request::Builder, body: Body) -> Result<Page> {
        let request = match &self.cookie {
            Some(cookie) => request.header(header::COOKIE, cookie),
            None => request,
        };
        let request = match self.forwarded {
            Some(addresses) => request.header("x-forwarded-for", addresses),
            None => request,
        };
        let peer = ConnectInfo(SocketAddr::from((Ipv4Addr::LOCALHOST, 40_000)));
        let request = request.extension(peer).body(body)?;
        let response = self.routes.clone().oneshot(request).await?;
        let (status, headers) = (response.status(), response.headers().clone());
        let bytes = axum::body::to_bytes(response.into_body(), 16 << 20).await?;
        Ok(Page { status, headers, text: String::from_utf8(bytes.to_vec())? })
    }
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Page {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
}

impl Page {
    pub(crate) fn has(&self, text: &str) -> bool {
        self.text.contains(text)
    }

    /// Where it leads.
    pub(crate) fn leads_to(&self) -> Option<&str> {
        self.headers.get(header::LOCATION)?.to_str().ok()
    }

    /// The first text between two others.
    pub(crate) fn between(&self, before: &str, after: &str) -> Option<&str> {
        let (_, rest) = self.text.split_once(before)?;
        rest.split_once(after).map(|(text, _)| text)
    }
}
