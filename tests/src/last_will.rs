use std::io::{self, Write};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};

/// A shell that carries out one command, and removes one folder, when this process is gone, however it went.
///
/// The shell reads from a pipe whose other end only this process holds, so its input ends even on `kill -9`.
/// It then carries out the last line it read. It has a process group of its own: neither Ctrl-C nor a test
/// runner that kills a whole group takes it along. Dropping the will carries it out as well.
#[derive(Debug)]
pub(crate) struct LastWill {
    shell: Child,
    lines: Option<ChildStdin>,
}

/// A killed process may still be writing while its folder is removed, so that is tried twice.
const SCRIPT: &str = r#"
trap '' HUP INT TERM
will=:
while IFS= read -r line; do will=$line; done
eval "$will"
[ $# -eq 0 ] || rm -rf -- "$@" || { sleep 1; rm -rf -- "$@"; }
"#;

impl LastWill {
    pub(crate) fn new(folder: Option<&Path>) -> io::Result<Self> {
        let mut shell = Command::new("sh")
            .args(["-c", SCRIPT, "last-will"])
            .args(folder)
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()?;
        Ok(Self { lines: shell.stdin.take(), shell })
    }

    /// Replaces the command. `:` is the command that does nothing.
    pub(crate) fn set(&self, command: &str) -> io::Result<()> {
        self.lines.as_ref().map_or(Ok(()), |mut lines| writeln!(lines, "{command}"))
    }
}

impl Drop for LastWill {
    fn drop(&mut self) {
        drop(self.lines.take());
        // A shell that cannot be waited for is gone already.
        self.shell.wait().ok();
    }
}
