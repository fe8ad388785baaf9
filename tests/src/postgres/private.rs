use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use sqlx::{Connection, PgConnection};

use super::Database;
use crate::environment::setting;
use crate::process::{Process, free_port};
use crate::waiting::wait_until;

/// A PostgreSQL of this test alone, on a free port and in a folder of its own, from the installed programs.
///
/// It does not force its files to the disk: tests kill the program, not the machine, and what the program has
/// written survives it. Commit times measured on it are therefore too good.
#[derive(Debug)]
pub struct PrivatePostgres {
    server: Process,
    programs: PathBuf,
    port: u16,
    user: User,
}

/// PostgreSQL refuses to run as root.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum User {
    /// Whoever runs the tests.
    Own,
    /// The user `postgres`, since the tests run as root.
    Postgres,
}

const START: Duration = Duration::from_mins(1);
const STOP: Duration = Duration::from_secs(30);

impl PrivatePostgres {
    /// Makes a data folder, starts the server and waits until it answers: about a second.
    pub async fn start() -> Result<Self> {
        let server = Process::new("postgres")?;
        let user = User::for_programs(server.folder())?;
        let mut postgres = Self { server, programs: installed_programs()?, port: free_port()?, user };
        postgres.make_data_folder()?;
        postgres.restart().await?;
        Ok(postgres)
    }

    /// The address of its database `postgres`.
    pub fn url(&self) -> String {
        format!("postgres://postgres@127.0.0.1:{}/postgres", self.port)
    }

    /// A new, empty database on this server.
    pub async fn database(&self) -> Result<Database> {
        Database::create(&self.url().parse()?).await
    }

    /// `kill -9`: every connection breaks, and the next start recovers from the log.
    pub fn kill_dash_nine(&mut self) -> Result<()> {
        self.server.kill_dash_nine()
    }

    /// Stops it in order; whoever is connected is cut off.
    pub async fn stop(&mut self) -> Result<()> {
        self.server.signal("INT")?;
        self.server.wait(STOP).await.map(drop)
    }

    /// Freezes the server: no new connection is answered. Connections that are open have processes of their own
    /// and go on.
    pub fn freeze(&self) -> Result<()> {
        self.server.signal("STOP")
    }

    /// Wakes a frozen server.
    pub fn thaw(&self) -> Result<()> {
        self.server.signal("CONT")
    }

    /// Starts a stopped or killed server again on the same port and the same data.
    ///
    /// A start is tried again when it fails: after `kill -9` the server's own children hold the data for some
    /// moments more.
    pub async fn restart(&mut self) -> Result<()> {
        let mut command = self.command();
        self.server.start(&mut command)?;
        let url = self.url();
        let server = &mut self.server;
        wait_until("PostgreSQL to start", START, async || {
            if server.ended()?.is_some() {
                server.start(&mut command)?;
            }
            Ok(PgConnection::connect(&url).await.is_ok())
        })
        .await
        .with_context(|| self.server.last_words())
    }

    fn make_data_folder(&self) -> Result<()> {
        let folder = self.server.folder();
        if self.user == User::Postgres {
            let given = Command::new("chown").arg("postgres").arg(folder).status()?;
            ensure!(
                given.success(),
                "PostgreSQL does not run as root and there is no user `postgres` to run it as"
            );
        }
        let made = self
            .program("initdb")
            .args(["--no-sync", "--auth=trust", "--username=postgres", "--encoding=UTF8", "--locale=C"])
            .arg("--pgdata")
            .arg(folder.join("data"))
            .stdin(Stdio::null())
            .output()?;
        ensure!(made.status.success(), "initdb failed: {}", String::from_utf8_lossy(&made.stderr));
        Ok(())
    }

    fn command(&self) -> Command {
        let mut command = self.program("postgres");
        command
            .arg("-D")
            .arg(self.server.folder().join("data"))
            .args(["-p", &self.port.to_string()])
            .args(["-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories="])
            .args(["-c", "max_connections=200", "-c", "fsync=off"])
            .stdin(Stdio::null());
        command
    }

    /// One of PostgreSQL's programs, as the user `postgres` when the tests run as root.
    fn program(&self, name: &str) -> Command {
        let folder = self.server.folder();
        let program = self.programs.join(name);
        let mut command = match self.user {
            User::Own => Command::new(program),
            User::Postgres => {
                let mut command = Command::new("setpriv");
                command.args(["--reuid=postgres", "--regid=postgres", "--clear-groups", "--"]).arg(program);
                command
            }
        };
        command.current_dir(folder).env("LC_ALL", "C");
        command
    }
}

impl User {
    /// The owner of a folder just made is the user who runs the tests.
    fn for_programs(new_folder: &Path) -> Result<Self> {
        const ROOT: u32 = 0;
        Ok(if fs::metadata(new_folder)?.uid() == ROOT { Self::Postgres } else { Self::Own })
    }
}

/// The folder of PostgreSQL's own programs. Debian keeps one for each version and none on the path.
fn installed_programs() -> Result<PathBuf> {
    let mut debian: Vec<PathBuf> = fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten()
        .map(|version| version.path().join("bin"))
        .collect();
    debian.sort();
    let path = setting("PATH").unwrap_or_default();
    debian
        .into_iter()
        .rev()
        .chain(path.split(':').map(PathBuf::from))
        .find(|folder| folder.join("initdb").is_file())
        .context(
            "no PostgreSQL for the tests: run tests/run, or install postgresql, or start Docker, \
             or set POSTILL_TEST_DATABASE_URL",
        )
}
