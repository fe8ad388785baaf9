//! Which files of a folder are mail, in a fixed order.

use std::collections::BTreeSet;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::{Holds, MailFile, MailboxError};

/// Every mail below `folder`: a Maildir's `cur` before its `new`, then what else lies in it, by name; a folder stands where its name
/// does. A folder that is reached twice, over a link, is read once, so a circle of links ends.
pub(super) fn mails(folder: &Path) -> Vec<Result<MailFile, MailboxError>> {
    let mut seen = BTreeSet::new();
    let mut found = Vec::new();
    let mut open = vec![Step::Folder(folder.to_owned())];
    while let Some(step) = open.pop() {
        let (path, inside) = match step {
            Step::File(path) => {
                found.push(Ok(MailFile { path, holds: Holds::OneMail }));
                continue;
            }
            Step::Folder(path) => {
                let inside =
                    is_new(&path, &mut seen).and_then(|new| if new { steps(&path) } else { Ok(vec![]) });
                (path, inside)
            }
            Step::Part(path) => {
                let inside = steps_of_part(&path);
                (path, inside)
            }
        };
        match inside {
            Ok(steps) => open.extend(steps.into_iter().rev()),
            Err(source) => found.push(Err(MailboxError::Unreadable { path, source })),
        }
    }
    found
}

enum Step {
    File(PathBuf),
    Folder(PathBuf),
    /// `cur` or `new` of a Maildir: whatever its name, each file is a mail.
    Part(PathBuf),
}

fn is_new(folder: &Path, seen: &mut BTreeSet<PathBuf>) -> io::Result<bool> {
    Ok(seen.insert(fs::canonicalize(folder)?))
}

/// `tmp` of a Maildir holds what is still being delivered. Names that begin with a dot are no mail, but for Maildirs within one.
fn steps(folder: &Path) -> io::Result<Vec<Step>> {
    if is_part(folder) {
        return steps_of_part(folder);
    }
    let is_maildir = is_maildir(folder);
    let mut steps = Vec::new();
    if is_maildir {
        let parts = ["cur", "new"].map(|part| folder.join(part));
        steps.extend(parts.into_iter().filter(|part| part.is_dir()).map(Step::Part));
    }
    for name in names(folder)? {
        let path = folder.join(&name);
        let is_dotted = is_dotted(&name);
        if is_maildir && ["cur", "new", "tmp"].iter().any(|part| name == *part) {
            continue;
        }
        if path.is_dir() {
            steps.extend((!is_dotted || self::is_maildir(&path)).then_some(Step::Folder(path)));
        } else if !is_dotted && is_eml(&path) {
            steps.push(Step::File(path));
        }
    }
    Ok(steps)
}

fn steps_of_part(part: &Path) -> io::Result<Vec<Step>> {
    let paths = names(part)?.into_iter().filter(|name| !is_dotted(name)).map(|name| part.join(name));
    Ok(paths.map(|path| if path.is_dir() { Step::Folder(path) } else { Step::File(path) }).collect())
}

fn names(folder: &Path) -> io::Result<Vec<OsString>> {
    let mut names =
        fs::read_dir(folder)?.map(|entry| Ok(entry?.file_name())).collect::<io::Result<Vec<_>>>()?;
    names.sort();
    Ok(names)
}

fn is_maildir(folder: &Path) -> bool {
    folder.join("cur").is_dir() || folder.join("new").is_dir()
}

/// Whether `folder` is the `cur` or `new` of a Maildir, named by itself.
fn is_part(folder: &Path) -> bool {
    let is_named = folder.file_name().is_some_and(|name| name == "cur" || name == "new");
    is_named && folder.with_file_name("tmp").is_dir()
}

fn is_dotted(name: &OsStr) -> bool {
    name.as_encoded_bytes().starts_with(b".")
}

/// Whether a name says that the file is one mail: `.eml`, compressed or not.
pub(super) fn is_eml(path: &Path) -> bool {
    let has_extension = |path: &Path, extension: &str| {
        path.extension().is_some_and(|found| found.eq_ignore_ascii_case(extension))
    };
    has_extension(path, "eml")
        || (has_extension(path, "gz") && has_extension(&path.with_extension(""), "eml"))
}
