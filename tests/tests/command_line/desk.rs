//! What every test starts with: a folder with a ledger, the sandbox with the sample world, and a way to look at a run.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use stripe_sandbox::{Config, Sandbox, Seed};
use tests::{Finished, Postill, Run};

/// No verb that ends takes as long as this.
pub(crate) const SOON: Duration = Duration::from_mins(1);
/// 2026-11-23T00:00:00Z: where the sandbox's clock stands.
const NOW: i64 = 1_795_392_000;

/// May do everything, in the sample world.
pub(crate) const FULL: &str = "rk_test_larkspur_demo_0002";
/// Lacks the row that refunds.
pub(crate) const NO_REFUND: &str = "rk_test_larkspur_norefund_0003";
/// Has run out.
pub(crate) const EXPIRED: &str = "rk_test_larkspur_expired_0004";
/// May look up customers only.
pub(crate) const CUSTOMERS_ONLY: &str = "rk_test_larkspur_customers_0005";
/// Belongs to live data.
pub(crate) const LIVE: &str = "sk_live_larkspur_demo_0001";
/// Well made, and of no account.
pub(crate) const UNKNOWN: &str = "rk_test_nobodyhasthiskey0006";

/// A customer of the sample world and what is asked.
pub(crate) const MARTA: &str = "Marta.Keller@kantorei-lindenau.example";
pub(crate) const QUESTION: &str = "Can you check my latest invoice?";

/// A folder that outlives the runs in it, and a Stripe.
pub(crate) struct Desk {
    folder: tempfile::TempDir,
    sandbox: Sandbox,
}

impl Desk {
    pub(crate) async fn new() -> Result<Self> {
        let mut world: Value = serde_json::from_slice(&std::fs::read(samples().join("world.json"))?)?;
        let keys = world.pointer_mut("/test/keys").and_then(Value::as_array_mut).context("no keys")?;
        keys.push(json!({ "key": CUSTOMERS_ONLY, "permissions": ["rak_customer_read"] }));
        let seed = Seed::from_json(&world.to_string())?;
        let sandbox = Sandbox::start(Config::on_loopback(Arc::new(|| NOW)), seed).await?;
        Ok(Self { folder: tempfile::tempdir()?, sandbox })
    }

    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn stripe_url(&self) -> String {
        self.sandbox.url()
    }

    /// The program with the ledger of this desk and its Stripe.
    pub(crate) fn postill<const N: usize>(&self, arguments: [&str; N]) -> Run {
        Postill::with(arguments)
            .env("POSTILL_DATABASE_URL", format!("sqlite:{}", self.folder().join("ledger.db").display()))
            .env("POSTILL_STRIPE_URL", self.stripe_url())
    }

    /// A file of this desk.
    pub(crate) fn file(&self, name: &str, text: impl AsRef<[u8]>) -> Result<String> {
        let path = self.folder().join(name);
        std::fs::write(&path, text)?;
        Ok(path.display().to_string())
    }
}

/// Where the sample mails and their world lie.
pub(crate) fn samples() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates/app/samples")
}

/// A sample mail's path.
pub(crate) fn sample(name: &str) -> String {
    samples().join("mail").join(name).display().to_string()
}

/// Runs to the end, and demands an exit code and words on standard error, and that nothing secret was said anywhere.
pub(crate) async fn notes(run: Run, code: i32, words: &[&str], never: &[&str]) -> Result<Finished> {
    let finished = run.finish(SOON).await?;
    look(&finished, code, &finished.stderr, words, never)?;
    Ok(finished)
}

/// The same for words on standard output.
pub(crate) async fn says(run: Run, code: i32, words: &[&str], never: &[&str]) -> Result<Finished> {
    let finished = run.finish(SOON).await?;
    look(&finished, code, &finished.stdout, words, never)?;
    Ok(finished)
}

fn look(finished: &Finished, code: i32, text: &str, words: &[&str], never: &[&str]) -> Result<()> {
    let Finished { status, stdout, stderr } = finished;
    let all = format!("{stdout}{stderr}");
    ensure!(status.code() == Some(code), "{status} instead of {code}: {all}");
    for word in words {
        ensure!(text.contains(word), "{word:?} is not said: {all}");
    }
    for secret in never.iter().chain(&["panicked", "RUST_BACKTRACE"]) {
        ensure!(!all.contains(secret), "{secret:?} is said: {all}");
    }
    Ok(())
}

/// JSON lines.
pub(crate) fn json_lines(text: &str) -> Result<Vec<Value>> {
    text.lines().map(|line| serde_json::from_str(line).with_context(|| line.to_owned())).collect()
}
