//! What fuzzing found worth keeping (`fuzz/run`), read again through the same doors: none may panic, and none may be slow.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use domain::WorkspaceId;
use mail::{AuthenticationResults, Envelope, Format, Limits, Reader, Trust};

/// Far above the 200 ms that an optimized build may take: this one is not optimized, and other tests run beside it.
const PATIENCE: Duration = Duration::from_secs(5);

#[test]
fn senders_that_were_found_are_read() -> io::Result<()> {
    each("sender", |input| drop(mail::sender_of(input)))
}

#[test]
fn results_that_were_found_are_read() -> io::Result<()> {
    each("authentication_results", |input| drop(AuthenticationResults::parse(input)))
}

#[test]
fn html_that_was_found_is_read() -> io::Result<()> {
    each("html", |input| {
        let text = mail::html_to_text(&String::from_utf8_lossy(input)).text;
        let parted = mail::cut_quotes(&text);
        let marks = |text: &str| text.chars().filter(|c| !c.is_whitespace()).count();
        let parts = marks(&parted.written) + marks(&parted.cut);
        assert_eq!(parts, marks(&text), "something was lost, or is there twice");
    })
}

#[test]
fn mails_that_were_found_are_read_alike_each_time() -> io::Result<()> {
    let reader = Reader::new(Trust::default(), Limits::default());
    let workspace = WorkspaceId::default();
    each("mail", |input| {
        let (format, body) = format_of(input);
        let envelope = Envelope { format, body, workspace: &workspace, run: None };
        let [one, other] = [reader.read(&envelope).ok(), reader.read(&envelope).ok()];
        assert_eq!(one, other, "the same bytes gave another mail");
    })
}

fn each(target: &str, read: impl Fn(&[u8])) -> io::Result<()> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus").join(target);
    let files: Vec<PathBuf> =
        fs::read_dir(&folder)?.map(|entry| entry.map(|entry| entry.path())).collect::<io::Result<_>>()?;
    assert!(!files.is_empty(), "{} holds nothing", folder.display());
    for file in files {
        let input = fs::read(&file)?;
        let begin = Instant::now();
        read(&input);
        assert!(begin.elapsed() < PATIENCE, "{} is slow", file.display());
    }
    Ok(())
}

/// A first line such as `#ses` names a format.
fn format_of(input: &[u8]) -> (Format, &[u8]) {
    let named = input.strip_prefix(b"#").and_then(|rest| {
        let end = rest.iter().position(|byte| *byte == b'\n')?;
        Some((std::str::from_utf8(rest.get(..end)?).ok()?, rest.get(end + 1..)?))
    });
    match named {
        Some((name, body)) => (Format::named(name), body),
        None => (Format::from_content_type(None, input), input),
    }
}
