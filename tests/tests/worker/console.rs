//! The console as its people meet it: in a real browser, beside a worker, over what both share.

mod barriers;
mod complaints;
mod journey;

use anyhow::{Context, Result};
use tests::{Browser, Hands, Postill, Run, Scripts};

use crate::shop::KEY;
use crate::world::{PATIENCE, World};

pub(super) const NAME: &str = "kim@larkspur.example";
pub(super) const PASSWORD: &str = "a password of some length";
/// Seals the keys that the console stores; thirty-two bytes.
const MASTER_KEY: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

/// A console that runs, with one administrator, and no key connected.
pub(super) struct Console {
    pub(super) url: String,
    _process: Postill,
}

/// The program without a key in its configuration, and with what seals one.
pub(super) fn unconnected<const N: usize>(w: &World, arguments: [&str; N]) -> Run {
    w.postill(arguments)
        .without_env("POSTILL_STRIPE_KEY")
        .without_env("POSTILL_POLICY_FUNCTIONS_REFUND")
        .without_env("POSTILL_POLICY_FUNCTIONS_CANCEL_SUBSCRIPTION")
        .env("POSTILL_MASTER_KEY", MASTER_KEY)
}

impl Console {
    pub(super) async fn start(w: &World) -> Result<Self> {
        let added = unconnected(w, ["people", "add", NAME, "--role", "admin"]).input(PASSWORD);
        let added = added.finish(PATIENCE).await?;
        anyhow::ensure!(added.status.success(), "{added:?}");
        let mut process = unconnected(w, ["console", "--bind", "127.0.0.1:0"]).start()?;
        process.wait_for_text("the console is at ", PATIENCE).await?;
        let said = process.stderr();
        let (_, rest) = said.split_once("the console is at ").context("no address")?;
        let url = rest.split_whitespace().next().context("no address")?.trim_end_matches('/').to_owned();
        Ok(Self { url, _process: process })
    }

    /// A page of the workspace.
    pub(super) fn page(&self, path: &str) -> String {
        format!("{}/w/default/{path}", self.url)
    }

    /// A browser in which the administrator has signed in.
    pub(super) async fn browser(&self, scripts: Scripts) -> Result<Browser> {
        self.worked_with(scripts, Hands::Mouse).await
    }

    /// The same, worked with whatever somebody has.
    pub(super) async fn worked_with(&self, scripts: Scripts, hands: Hands) -> Result<Browser> {
        let browser = Browser::open(scripts).await?.with(hands);
        browser.go(&self.url).await?;
        browser.sees("Sign in").await?;
        browser.types("Name", NAME).await?;
        browser.types("Password", PASSWORD).await?;
        browser.presses("main", "Sign in").await?;
        browser.sees("Sign out").await?;
        Ok(browser)
    }

    /// Pastes a key into the toolkit.
    pub(super) async fn pastes(&self, browser: &Browser, key: &str) -> Result<()> {
        browser.go(&self.page("toolkit")).await?;
        browser.types("Stripe Secret Key", key).await?;
        browser.presses("details.connect form", "Connect").await
    }

    /// Connects the shop's key.
    pub(super) async fn connects(&self, browser: &Browser) -> Result<()> {
        self.pastes(browser, KEY).await?;
        browser.sees("● Connected").await
    }
}
