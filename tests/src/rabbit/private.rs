use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::Vhost;
use super::management::Management;
use super::shared::Address;
use crate::environment::setting;
use crate::process::{Process, free_port};
use crate::waiting::wait_until;

/// A RabbitMQ of this test alone, on free ports and in a folder of its own, from the installed programs.
///
/// The child process *is* the Erlang machine, so `kill -9` hits the broker and not a shell around it.
#[derive(Debug)]
pub struct PrivateBroker {
    server: Process,
    /// Erlang's name server. Left to itself the broker starts one that outlives it.
    _name_server: Process,
    programs: PathBuf,
    ports: Ports,
}

#[derive(Debug)]
struct Ports {
    amqp: u16,
    management: u16,
    distribution: u16,
    name_server: u16,
}

const START: Duration = Duration::from_mins(2);
const STOP: Duration = Duration::from_mins(1);

impl PrivateBroker {
    /// Starts a broker and waits until it answers, which takes about five seconds.
    pub async fn start() -> Result<Self> {
        let programs = installed_programs()?;
        let ports = Ports {
            amqp: free_port()?,
            management: free_port()?,
            distribution: free_port()?,
            name_server: free_port()?,
        };
        let mut name_server = Process::new("epmd")?;
        name_server.start(
            Command::new("epmd")
                .args(["-port", &ports.name_server.to_string()])
                .env("ERL_EPMD_ADDRESS", "127.0.0.1")
                .stdin(Stdio::null()),
        )?;
        let server = Process::new("rabbitmq")?;
        configure(server.folder(), &ports)?;
        let mut broker = Self { server, _name_server: name_server, programs, ports };
        broker.restart().await?;
        Ok(broker)
    }

    /// The address of its virtual host `/`, with user and password.
    pub fn amqp_url(&self) -> String {
        format!("{}/%2f", self.amqp_base())
    }

    /// The address of its management API, with user and password.
    pub fn management_url(&self) -> String {
        format!("http://guest:guest@127.0.0.1:{}", self.ports.management)
    }

    /// A new virtual host on this broker.
    pub async fn vhost(&self) -> Result<Vhost> {
        self.address()?.new_vhost().await
    }

    /// `kill -9`.
    ///
    /// RabbitMQ 3.10 writes the declaration of a queue to the disk up to two seconds late and loses a younger
    /// one here; see [`PrivateBroker::store_declarations`].
    pub fn kill_dash_nine(&mut self) -> Result<()> {
        self.server.kill_dash_nine()
    }

    /// Makes the broker write down now what was declared, which it otherwise does some seconds later.
    pub fn store_declarations(&self) -> Result<()> {
        self.rabbitmqctl(&["eval", "mnesia:sync_log(), [dets:sync(Table) || Table <- dets:all()]."]).map(drop)
    }

    /// Stops it in order: connections are closed, everything is written.
    pub async fn stop(&mut self) -> Result<()> {
        self.server.signal("TERM")?;
        self.server.wait(STOP).await.map(drop)
    }

    /// Freezes it: connections stay open and nothing answers.
    pub fn freeze(&self) -> Result<()> {
        self.server.signal("STOP")
    }

    /// Wakes a frozen broker.
    pub fn thaw(&self) -> Result<()> {
        self.server.signal("CONT")
    }

    /// Starts a stopped or killed broker again on the same ports and the same data.
    pub async fn restart(&mut self) -> Result<()> {
        let mut command = self.program("rabbitmq-server");
        // With input allowed the start script becomes the Erlang machine; `-noinput` takes the input away again.
        command.env("RABBITMQ_ALLOW_INPUT", "1").arg("-noinput").stdin(Stdio::null());
        self.server.start(&mut command)?;
        let management = Management::new(&self.management_url())?;
        let Self { server, ports, .. } = self;
        wait_until("RabbitMQ to start", START, async || {
            if let Some(status) = server.ended()? {
                bail!("RabbitMQ ended with {status}:\n{}", server.last_words());
            }
            Ok(greets(ports.amqp).await && management.answers().await)
        })
        .await
        .with_context(|| self.server.last_words())
    }

    /// Runs `rabbitmqctl` against this broker, for alarms and the like, and gives its output.
    pub fn rabbitmqctl(&self, arguments: &[&str]) -> Result<String> {
        let output = self.program("rabbitmqctl").args(arguments).stdin(Stdio::null()).output()?;
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        let complaint = String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.success(), "rabbitmqctl {arguments:?} failed: {said}{complaint}");
        Ok(said)
    }

    pub(super) fn address(&self) -> Result<Address> {
        Ok(Address { amqp: self.amqp_base(), management: Management::new(&self.management_url())? })
    }

    fn amqp_base(&self) -> String {
        format!("amqp://guest:guest@127.0.0.1:{}", self.ports.amqp)
    }

    /// One of RabbitMQ's programs with an environment that leads nowhere but to this broker.
    fn program(&self, name: &str) -> Command {
        let folder = self.server.folder();
        let ports = &self.ports;
        let mut command = Command::new(self.programs.join(name));
        command
            .env_clear()
            .envs(setting("PATH").map(|path| ("PATH", path)))
            .env("HOME", folder)
            .env("LANG", "C.UTF-8")
            .env("ERL_EPMD_PORT", ports.name_server.to_string())
            .env("RABBITMQ_NODENAME", format!("postill-{}@localhost", ports.amqp))
            .env("RABBITMQ_NODE_PORT", ports.amqp.to_string())
            .env("RABBITMQ_DIST_PORT", ports.distribution.to_string())
            .env("RABBITMQ_CONF_ENV_FILE", "/dev/null")
            .env("RABBITMQ_CONFIG_FILE", folder.join("rabbitmq"))
            .env("RABBITMQ_ENABLED_PLUGINS_FILE", folder.join("enabled_plugins"))
            .env("RABBITMQ_MNESIA_BASE", folder.join("data"))
            .env("RABBITMQ_LOG_BASE", folder.join("log"))
            .env("RABBITMQ_SCHEMA_DIR", folder.join("schema"))
            .env("RABBITMQ_GENERATED_CONFIG_DIR", folder.join("generated"))
            // Schedulers that spin while idle take the processor from the tests.
            .env("RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS", "+sbwt none +sbwtdcpu none +sbwtdio none");
        command
    }
}

fn configure(folder: &Path, ports: &Ports) -> Result<()> {
    let Ports { amqp, management, .. } = ports;
    fs::write(folder.join("enabled_plugins"), "[rabbitmq_management].\n")?;
    fs::write(
        folder.join("rabbitmq.conf"),
        format!(
            "listeners.tcp.1 = 127.0.0.1:{amqp}\n\
             management.tcp.ip = 127.0.0.1\n\
             management.tcp.port = {management}\n\
             management.rates_mode = none\n\
             disk_free_limit.absolute = 50MB\n\
             log.file = false\n\
             log.console = true\n\
             log.console.level = warning\n"
        ),
    )?;
    Ok(())
}

/// The folder of RabbitMQ's own programs. Debian's, found first, are wrapped by others on the path that insist on
/// the user `rabbitmq`.
fn installed_programs() -> Result<PathBuf> {
    let debian = fs::read_dir("/usr/lib/rabbitmq/lib").into_iter().flatten().flatten();
    let path = setting("PATH").unwrap_or_default();
    debian
        .map(|installed| installed.path().join("sbin"))
        .chain(path.split(':').map(PathBuf::from))
        .find(|folder| folder.join("rabbitmq-server").is_file())
        .context(
            "no RabbitMQ for the tests: run tests/run, or install rabbitmq-server, or start Docker, \
             or set POSTILL_TEST_AMQP_URL",
        )
}

/// The first byte of the broker's answer to a greeting.
const METHOD_FRAME: u8 = 1;

/// Whether a broker answers AMQP: a port is open long before anything behind it works.
async fn greets(port: u16) -> bool {
    let greeting = async {
        let mut stream = TcpStream::connect(("127.0.0.1", port)).await?;
        stream.write_all(b"AMQP\x00\x00\x09\x01").await?;
        stream.read_u8().await
    };
    tokio::time::timeout(Duration::from_secs(5), greeting)
        .await
        .is_ok_and(|first| first.ok() == Some(METHOD_FRAME))
}
