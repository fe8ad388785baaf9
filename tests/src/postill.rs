use std::ffi::OsString;
use std::fs;
use std::path::PathBuf;
use std::process::{Command, ExitStatus, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, ensure};

use crate::process::Process;
use crate::waiting::wait_until;

/// A run of the built program in the making: its arguments, environment and input.
///
/// The program sees nothing of the environment of the tests; its home is a folder of its own.
#[derive(Debug, Clone)]
pub struct Run {
    arguments: Vec<OsString>,
    environment: Vec<(OsString, OsString)>,
    input: Vec<u8>,
}

/// The program `postill` as a child process; killed when dropped.
#[derive(Debug)]
pub struct Postill {
    process: Process,
}

/// What a run left behind.
#[derive(Debug, Clone)]
pub struct Finished {
    /// How it ended.
    pub status: ExitStatus,
    /// All it wrote on stdout.
    pub stdout: String,
    /// All it wrote on stderr.
    pub stderr: String,
}

impl Postill {
    /// The program with these arguments: `Postill::with(["worker"]).env(…).start()`.
    pub fn with<I>(arguments: I) -> Run
    where
        I: IntoIterator<Item: Into<OsString>>,
    {
        let arguments = arguments.into_iter().map(Into::into).collect();
        Run { arguments, environment: Vec::new(), input: Vec::new() }
    }

    /// What it has written on stdout so far.
    pub fn stdout(&self) -> String {
        self.process.stdout()
    }

    /// What it has written on stderr so far: progress, messages, logs.
    pub fn stderr(&self) -> String {
        self.process.stderr()
    }

    /// Waits until stdout or stderr holds a text; an end of the program before that is an error.
    pub async fn wait_for_text(&mut self, text: &str, deadline: Duration) -> Result<()> {
        let process = &mut self.process;
        wait_until(&format!("postill to say {text:?}"), deadline, async || {
            let ended = process.ended()?;
            let said = process.stdout().contains(text) || process.stderr().contains(text);
            ensure!(said || ended.is_none(), "postill ended before it said {text:?}");
            Ok(said)
        })
        .await
        .with_context(|| self.process.last_words())
    }

    /// `kill -9`, and waits until it is gone.
    pub fn kill_dash_nine(&mut self) -> Result<()> {
        self.process.kill_dash_nine()
    }

    /// Asks it to stop, with SIGTERM.
    pub fn terminate(&self) -> Result<()> {
        self.process.signal("TERM")
    }

    /// Freezes it as a machine that pauses would, until [`Postill::thaw`].
    pub fn freeze(&self) -> Result<()> {
        self.process.signal("STOP")
    }

    /// Wakes it when frozen.
    pub fn thaw(&self) -> Result<()> {
        self.process.signal("CONT")
    }

    /// The most memory it has had resident, in bytes.
    pub fn peak_memory(&self) -> Result<u64> {
        self.process.peak_memory()
    }

    /// Waits until it has ended by itself.
    pub async fn wait(mut self, deadline: Duration) -> Result<Finished> {
        let status = self.process.wait(deadline).await.with_context(|| self.process.last_words())?;
        Ok(Finished { status, stdout: self.stdout(), stderr: self.stderr() })
    }
}

impl Run {
    /// Sets a variable of its environment.
    #[must_use]
    pub fn env(mut self, name: impl Into<OsString>, value: impl Into<OsString>) -> Self {
        self.environment.push((name.into(), value.into()));
        self
    }

    /// Takes a variable out of its environment again.
    #[must_use]
    pub fn without_env(mut self, name: &str) -> Self {
        self.environment.retain(|(set, _)| set != name);
        self
    }

    /// What it reads on stdin; without it, nothing.
    #[must_use]
    pub fn input(mut self, input: impl Into<Vec<u8>>) -> Self {
        self.input = input.into();
        self
    }

    /// Starts it.
    pub fn start(self) -> Result<Postill> {
        let mut process = Process::new("postill")?;
        let input = process.folder().join("stdin");
        fs::write(&input, &self.input)?;
        let mut command = Command::new(built_program()?);
        command
            .args(&self.arguments)
            .env_clear()
            .env("HOME", process.folder())
            .env("RUST_BACKTRACE", "1")
            .envs(self.environment)
            .current_dir(process.folder())
            .stdin(Stdio::from(fs::File::open(input)?));
        process.start(&mut command)?;
        Ok(Postill { process })
    }

    /// Starts it and waits until it has ended by itself.
    pub async fn finish(self, deadline: Duration) -> Result<Finished> {
        self.start()?.wait(deadline).await
    }
}

/// The program lies in the folder above that of the test's executable.
fn built_program() -> Result<PathBuf> {
    let test = std::env::current_exe()?;
    let program = test.ancestors().nth(2).context("the test has no folder")?.join("postill");
    ensure!(
        program.is_file(),
        "{} is not built: run `cargo build -p app` first, or use tests/run",
        program.display()
    );
    Ok(program)
}
