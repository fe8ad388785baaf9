//! Paths of the command line as mail.

use std::io::{self, IsTerminal};
use std::path::Path;

use mail::mailbox::{self, Found, MailboxError};

use crate::terminal;

/// What a path on the command line holds; `-` is standard input.
pub(crate) fn open(
    path: &Path,
    max_bytes: usize,
) -> io::Result<Box<dyn Iterator<Item = Result<Found, MailboxError>>>> {
    if path == Path::new("-") {
        if io::stdin().is_terminal() {
            terminal::note("reading mail from standard input; end it with Ctrl-D")?;
        }
        return Ok(Box::new(mailbox::read(path, io::stdin(), max_bytes)));
    }
    Ok(match mailbox::open(path, max_bytes) {
        Ok(messages) => Box::new(messages),
        Err(error) => Box::new(std::iter::once(Err(error))),
    })
}

/// Tells that a path held no mail, which is rarely meant.
pub(crate) fn note_empty(path: &Path) -> io::Result<()> {
    terminal::note(&format!("{} holds no mail (a folder is read for its .eml files)", path.display()))
}
