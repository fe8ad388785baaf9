use std::fs::{self, File};
use std::io;
use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus};
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::Duration;

use anyhow::{Context, Result, ensure};

use crate::last_will::LastWill;
use crate::waiting::wait_for;

/// A folder and the process that works in it. Neither outlives this value, or this process.
#[derive(Debug)]
pub(crate) struct Process {
    name: String,
    folder: PathBuf,
    child: Option<Child>,
    will: LastWill,
}

impl Process {
    /// Makes the folder; nothing runs yet.
    pub(crate) fn new(name: &str) -> Result<Self> {
        let folder = tempfile::Builder::new().prefix(&format!("postill-test-{name}-")).tempdir()?.keep();
        let will = LastWill::new(Some(&folder)).context("no shell to clean up with")?;
        Ok(Self { name: name.to_owned(), folder, child: None, will })
    }

    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Starts the command; what it writes is added to the files `stdout` and `stderr` of the folder.
    pub(crate) fn start(&mut self, command: &mut Command) -> Result<()> {
        ensure!(self.child.is_none(), "{} runs already", self.name);
        let child = command
            .process_group(0)
            .stdout(self.append_to("stdout")?)
            .stderr(self.append_to("stderr")?)
            .spawn()
            .with_context(|| format!("cannot start {}", command.get_program().display()))?;
        self.will.set(&format!("kill -s KILL -- -{}", child.id()))?;
        self.child = Some(child);
        Ok(())
    }

    pub(crate) fn stdout(&self) -> String {
        self.written_to("stdout")
    }

    pub(crate) fn stderr(&self) -> String {
        self.written_to("stderr")
    }

    /// The last lines it wrote, for the text of an error.
    pub(crate) fn last_words(&self) -> String {
        let said = format!("{}{}", self.stdout(), self.stderr());
        let lines: Vec<&str> = said.lines().collect();
        lines.get(lines.len().saturating_sub(30)..).unwrap_or_default().join("\n")
    }

    /// Sends a signal by its name: `TERM`, `STOP`, `CONT`, `QUIT`.
    pub(crate) fn signal(&self, signal: &str) -> Result<()> {
        let child = self.child.as_ref().with_context(|| format!("{} does not run", self.name))?;
        // The shell's own kill: slim systems have no program of that name.
        let sent = Command::new("sh")
            .args(["-c", "kill -s \"$1\" \"$2\"", "kill", signal, &child.id().to_string()])
            .status()?;
        ensure!(sent.success(), "{} took no {signal}", self.name);
        Ok(())
    }

    /// `kill -9`, and waits until it is gone. Nothing happens when nothing runs.
    pub(crate) fn kill_dash_nine(&mut self) -> Result<()> {
        if let Some(mut child) = self.child.take() {
            child.kill()?;
            child.wait()?;
            self.will.set(":")?;
        }
        Ok(())
    }

    /// Kills it with all that it has started.
    pub(crate) fn kill_group(&mut self) -> Result<()> {
        if let Some(child) = &self.child {
            Command::new("sh")
                .args(["-c", "kill -s KILL -- \"-$1\"", "kill", &child.id().to_string()])
                .status()?;
        }
        self.kill_dash_nine()
    }

    /// The most memory it has had resident, in bytes.
    pub(crate) fn peak_memory(&self) -> Result<u64> {
        let child = self.child.as_ref().with_context(|| format!("{} does not run", self.name))?;
        let status = fs::read_to_string(format!("/proc/{}/status", child.id()))?;
        let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).context("no VmHWM")?;
        let kib: u64 = peak.trim().trim_end_matches("kB").trim().parse()?;
        Ok(kib << 10)
    }

    /// How it ended, when it has.
    pub(crate) fn ended(&mut self) -> Result<Option<ExitStatus>> {
        let child = self.child.as_mut().with_context(|| format!("{} was not started", self.name))?;
        let ended = child.try_wait()?;
        if ended.is_some() {
            self.will.set(":")?;
            self.child = None;
        }
        Ok(ended)
    }

    /// Waits for it to end by itself.
    pub(crate) async fn wait(&mut self, deadline: Duration) -> Result<ExitStatus> {
        let what = format!("{} to end", self.name);
        wait_for(&what, deadline, async || self.ended()).await
    }

    fn append_to(&self, file: &str) -> io::Result<File> {
        File::options().create(true).append(true).open(self.folder.join(file))
    }

    fn written_to(&self, file: &str) -> String {
        let bytes = fs::read(self.folder.join(file)).unwrap_or_default();
        String::from_utf8_lossy(&bytes).into_owned()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // What cannot be killed here is killed by the will, which is dropped next.
        self.kill_dash_nine().ok();
    }
}

/// A port of the loopback interface that nobody listens on.
///
/// Taken from below the range that outgoing connections use, so that a server that is restarted finds its
/// port still free.
pub(crate) fn free_port() -> Result<u16> {
    const FIRST: u16 = 20_000;
    const COUNT: u16 = 12_000;
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let of_this_process = u16::try_from(std::process::id() % 1_000)? * 12;
    (0..COUNT)
        .map(|_| NEXT.fetch_add(1, Ordering::Relaxed))
        .map(|step| FIRST + (of_this_process + step % COUNT) % COUNT)
        .find(|port| TcpListener::bind((Ipv4Addr::LOCALHOST, *port)).is_ok())
        .context("no free port between 20000 and 32000")
}
