//! A PostgreSQL of this test process alone, from the installed programs, gone when the process is.

use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::MetadataExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::LazyLock;

use anyhow::{Context, Result, anyhow, ensure};

/// The address of a database on the server; it is started by the first test that asks.
pub(crate) fn url() -> Result<String> {
    static SERVER: LazyLock<Result<Server>> = LazyLock::new(Server::start);
    SERVER.as_ref().map(|server| server.url.clone()).map_err(|error| anyhow!("{error:#}"))
}

struct Server {
    url: String,
    _undertaker: Child,
}

impl Server {
    fn start() -> Result<Self> {
        let programs = installed_programs()?;
        let folder = tempfile::Builder::new().prefix("postill-store-").tempdir()?.keep();
        let undertaker = undertaker(&folder)?;
        give_to_postgres(&folder)?;
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        run(as_postgres(&folder, &programs.join("initdb"))?
            .args(["--no-sync", "--auth=trust", "--username=postgres", "--encoding=UTF8", "--locale=C", "-D"])
            .arg(folder.join("data")))?;
        let options = format!(
            "-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={} -c fsync=off -c max_connections=200",
            folder.display()
        );
        run(as_postgres(&folder, &programs.join("pg_ctl"))?
            .args(["start", "--wait", "-o", &options, "-D"])
            .arg(folder.join("data"))
            .arg("-l")
            .arg(folder.join("log")))?;
        Ok(Self { url: format!("postgres://postgres@127.0.0.1:{port}/postgres"), _undertaker: undertaker })
    }
}

/// A shell that waits until this process is gone, however it went, since only this process holds the other end of its input; then it
/// stops the server and removes the folder.
fn undertaker(folder: &Path) -> Result<Child> {
    const SCRIPT: &str = r#"
        trap '' HUP INT TERM
        read -r _
        read -r pid < "$1/data/postmaster.pid" && kill -QUIT "$pid"
        rm -rf -- "$1" || { sleep 1; rm -rf -- "$1"; }"#;
    Ok(Command::new("sh")
        .args(["-c", SCRIPT, "undertaker"])
        .arg(folder)
        .process_group(0)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()?)
}

fn give_to_postgres(folder: &Path) -> Result<()> {
    if is_roots(folder)? {
        run(Command::new("chown").arg("postgres").arg(folder))?;
    }
    Ok(())
}

/// PostgreSQL refuses to run as root. The folder was made by whoever runs the tests, and then given away.
fn as_postgres(folder: &Path, program: &Path) -> Result<Command> {
    let own_user = fs::metadata("/proc/self")?.uid();
    let mut command = if own_user == fs::metadata(folder)?.uid() {
        Command::new(program)
    } else {
        let mut command = Command::new("setpriv");
        command.args(["--reuid=postgres", "--regid=postgres", "--clear-groups", "--"]).arg(program);
        command
    };
    command.current_dir(folder).env("LC_ALL", "C");
    Ok(command)
}

fn is_roots(folder: &Path) -> Result<bool> {
    const ROOT: u32 = 0;
    Ok(fs::metadata(folder)?.uid() == ROOT)
}

/// The server inherits neither output: it would hold a test runner that waits for their end.
fn run(command: &mut Command) -> Result<()> {
    let status = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status();
    ensure!(status.with_context(|| format!("{command:?}"))?.success(), "{command:?} failed");
    Ok(())
}

/// Debian keeps the programs of each version in a folder of their own, the newest is taken.
fn installed_programs() -> Result<PathBuf> {
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut folders: Vec<PathBuf> = versions.map(|version| version.path().join("bin")).collect();
    folders.sort();
    folders.into_iter().rev().find(|folder| folder.join("initdb").is_file()).context(
        "no PostgreSQL for the tests: install the package postgresql, or set POSTILL_TEST_DATABASE_URL to a server \
         where databases may be made",
    )
}
