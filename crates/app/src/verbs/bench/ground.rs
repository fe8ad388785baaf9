//! What a benchmark runs on: queues, a ledger and a sandbox of its own. It is all gone afterwards.

use std::fs::{DirBuilder, File};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use anyhow::Context;
use broker::{Config, Names, topology};
use ring::rand::{SecureRandom, SystemRandom};
use store::DatabaseUrl;
use store::databases::{self, BenchDatabase};
use tokio::process::{Child, Command};

use super::Called;
use crate::cli;
use crate::complaint::Advice;
use crate::connections;
use crate::settings::Settings;
use crate::{rabbitmq, samples};

/// How long the sandbox may take to listen.
const SANDBOX_STARTS: Duration = Duration::from_secs(10);
/// What the sandbox says before its address.
const SANDBOX_SAYS: &str = "POSTILL_STRIPE_URL=";

pub(super) struct Ground {
    /// `bench-…`: what the queues are called, and the run.
    pub(super) name: String,
    /// How this process reaches the queues.
    pub(super) config: Config,
    /// Logs of the children lie here, and the ledger where it is a file.
    pub(super) folder: PathBuf,
    /// What comes before the verb of every child.
    arguments: Vec<String>,
    ledger: LedgerGround,
    sandbox: Option<Child>,
}

/// The ledger of the benchmark.
struct LedgerGround {
    /// As a child is told it, with its password.
    url: String,
    /// The ledger of the settings, whose server makes the database.
    beside: DatabaseUrl,
    /// None where the ledger is a file.
    database: Option<BenchDatabase>,
}

impl Ground {
    pub(super) async fn prepare(
        arguments: &cli::Bench,
        called: &Called<'_>,
        settings: &Settings,
        database: &str,
    ) -> anyhow::Result<Self> {
        let suffix = suffix()?;
        let name = format!("bench-{suffix}");
        let mut config = rabbitmq::config(&settings.amqp);
        config.names = Names::with_prefix(&name)?;
        let folder = folder(settings, &name)?;
        let ledger = LedgerGround::choose(settings, database, &folder, &suffix)?;
        let mut ground = Self { name, config, folder, arguments: Vec::new(), ledger, sandbox: None };
        match ground.fill_in(arguments, called, settings).await {
            Ok(()) => Ok(ground),
            Err(error) => {
                // The first error is the one that says what to do.
                ground.clear().await.ok();
                Err(error)
            }
        }
    }

    async fn fill_in(
        &mut self,
        arguments: &cli::Bench,
        called: &Called<'_>,
        settings: &Settings,
    ) -> anyhow::Result<()> {
        let declared = topology::apply(&self.config).await;
        declared.map_err(|error| rabbitmq::explain_topology(&self.config, error))?;
        self.ledger.make(settings).await?;
        let sandbox = self.start_sandbox(arguments.stripe_latency_ms).await?;
        self.arguments = self.arguments(called, &sandbox);
        Ok(())
    }

    /// The settings of this program, and over them what makes a run harmless and repeatable.
    fn arguments(&self, called: &Called<'_>, sandbox: &str) -> Vec<String> {
        let mut arguments = Vec::new();
        if let Some(file) = called.file {
            arguments.extend(["--config".to_owned(), file.display().to_string()]);
        }
        let kept = called.flags.iter().filter(|flag| !flag.starts_with("database.url="));
        let mut own = vec![
            format!("amqp.prefix={}", self.name),
            format!("stripe.url={sandbox}"),
            format!("stripe.key={}", samples::KEY),
            "stripe.requests_per_second=1000000".to_owned(),
            format!("mail.trusted_authserv_ids={}", samples::AUTHSERV_ID),
            format!("mail.own_addresses={}", samples::OWN_ADDRESS),
            "mail.verify_dkim=off".to_owned(),
            "language_model.replay=off".to_owned(),
        ];
        let lookups = ["invoice_lookup", "subscription_status", "payment_status"];
        own.extend(lookups.map(|function| format!("policy.functions.{function}=on")));
        for setting in kept.cloned().chain(own) {
            arguments.extend(["--set".to_owned(), setting]);
        }
        arguments
    }

    /// This program again, with a verb. The ledger travels in the environment: its address may hold a password.
    pub(super) fn child(&self, verb: &[String], log: &str) -> anyhow::Result<Child> {
        let mut command = self.command(log)?;
        command.args(&self.arguments).args(verb);
        command.env_remove("POSTILL_DATABASE_URL_FILE").env("POSTILL_DATABASE_URL", &self.ledger.url);
        Ok(command.spawn()?)
    }

    fn command(&self, log: &str) -> anyhow::Result<Command> {
        let log = File::options().create(true).append(true).open(self.log(log))?;
        let mut command = Command::new(std::env::current_exe()?);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log).kill_on_drop(true);
        Ok(command)
    }

    fn log(&self, name: &str) -> PathBuf {
        self.folder.join(format!("{name}.log"))
    }

    /// The last lines that a child wrote.
    pub(super) fn last_words(&self, log: &str) -> String {
        let bytes = std::fs::read(self.log(log)).unwrap_or_default();
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let lines: Vec<&str> = text.lines().rev().take(5).collect();
        lines.into_iter().rev().collect::<Vec<_>>().join("\n")
    }

    /// Starts it, and waits until it says where it listens.
    async fn start_sandbox(&mut self, latency_ms: u64) -> anyhow::Result<String> {
        let mut command = self.command("sandbox")?;
        command.args(["sandbox", "--bind", "127.0.0.1:0", "--latency-ms", &latency_ms.to_string()]);
        self.sandbox = Some(command.spawn()?);
        let log = self.log("sandbox");
        let listening = async {
            loop {
                let said = std::fs::read_to_string(&log).unwrap_or_default();
                if let Some(address) = said.lines().find_map(|line| line.trim().split_once(SANDBOX_SAYS)) {
                    return address.1.to_owned();
                }
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        tokio::time::timeout(SANDBOX_STARTS, listening).await.map_err(|_elapsed| {
            Advice::refused("the Stripe sandbox did not start", self.last_words("sandbox"))
        })
    }

    /// Deletes everything. What cannot be deleted is told, and does not keep the rest.
    pub(super) async fn clear(mut self) -> anyhow::Result<()> {
        if let Some(mut sandbox) = self.sandbox.take() {
            sandbox.kill().await.ok();
        }
        let queues = topology::remove(&self.config).await;
        let ledger = self.ledger.remove().await;
        let folder = std::fs::remove_dir_all(&self.folder);
        queues.with_context(|| format!("deleting the queues {}…", self.name))?;
        ledger?;
        folder.with_context(|| format!("deleting {}", self.folder.display()))
    }
}

impl LedgerGround {
    fn choose(settings: &Settings, database: &str, folder: &Path, suffix: &str) -> anyhow::Result<Self> {
        let beside = settings.database.url.clone();
        if !beside.is_postgres() {
            let url = format!("sqlite:{}", folder.join("ledger.db").display());
            return Ok(Self { url, beside, database: None });
        }
        let made = BenchDatabase::named(&format!("bench_{suffix}")).context("a name of a database")?;
        let url = another_database(database, made.as_str());
        let url = url.context("the address of the ledger names no server")?;
        Ok(Self { url, beside, database: Some(made) })
    }

    async fn make(&self, settings: &Settings) -> anyhow::Result<()> {
        if let Some(database) = &self.database {
            databases::create(&self.beside, database).await.context(
                "a database for the benchmark cannot be made (its user needs CREATEDB; database.url=sqlite:… measures SQLite)",
            )?;
        }
        let mut own = settings.clone();
        own.database.url = self.url.parse()?;
        let ledger = connections::open_ledger(&own).await?;
        ledger.migrate().await?;
        ledger.close().await;
        Ok(())
    }

    async fn remove(&self) -> anyhow::Result<()> {
        let Some(database) = &self.database else { return Ok(()) };
        let removed = databases::remove(&self.beside, database).await;
        removed.with_context(|| format!("deleting the database {}", database.as_str()))
    }
}

/// The same server and parameters, and another database.
fn another_database(url: &str, name: &str) -> Option<String> {
    let (scheme, rest) = url.split_once("://")?;
    let (place, parameters) =
        rest.split_once('?').map_or((rest, None), |(place, parameters)| (place, Some(parameters)));
    let server = place.split_once('/').map_or(place, |(server, _)| server);
    let parameters = parameters.map(|parameters| format!("?{parameters}")).unwrap_or_default();
    Some(format!("{scheme}://{server}/{name}{parameters}"))
}

/// Beside a ledger of SQLite, since its disk is what is measured; otherwise where programs keep what is gone tomorrow.
fn folder(settings: &Settings, name: &str) -> anyhow::Result<PathBuf> {
    let beside = connections::sqlite_file(&settings.database.url).map(|file| match file.parent() {
        Some(parent) if parent.as_os_str().is_empty() => PathBuf::from("."),
        Some(parent) => parent.to_owned(),
        None => PathBuf::from("."),
    });
    let folder = beside.unwrap_or_else(std::env::temp_dir).join(format!("postill-{name}"));
    DirBuilder::new().mode(0o700).create(&folder).with_context(|| format!("making {}", folder.display()))?;
    Ok(std::path::absolute(folder)?)
}

/// Eight hexadecimal digits that no other run has.
fn suffix() -> anyhow::Result<String> {
    let mut bytes = [0; 4];
    SystemRandom::new()
        .fill(&mut bytes)
        .map_err(|_unspecified| anyhow::anyhow!("the system gives no random numbers"))?;
    Ok(format!("{:08x}", u32::from_be_bytes(bytes)))
}

#[cfg(test)]
mod tests {
    use super::another_database;

    #[test]
    fn the_benchmark_has_a_database_of_its_own_on_the_same_server() {
        let of = |url| another_database(url, "bench_1").unwrap();
        assert_eq!(
            of("postgres://me:a%2fb@db:5432/mails?sslmode=require"),
            "postgres://me:a%2fb@db:5432/bench_1?sslmode=require"
        );
        assert_eq!(of("postgres:///mails?host=/run/postgresql"), "postgres:///bench_1?host=/run/postgresql");
        assert_eq!(of("postgres://me@db"), "postgres://me@db/bench_1");
    }
}
