//! Mail as it lies on disk: trees, mailboxes, archives, and what is no mail.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};
use serde_json::Value;
use tests::Postill;

use crate::desk::{Desk, SOON, json_lines, sample, samples};

pub(crate) const SEPARATOR: &str = "From somebody@larkspur.example Mon Nov 23 10:00:00 2026\n";
pub(crate) const VERIFIER: &str = "mx.larkspur.example";

/// The lines of `parse` for these paths, without what says where the mail lay.
async fn lines_of(paths: &[&str], input: Vec<u8>) -> Result<Vec<Value>> {
    let arguments = ["parse", "--authserv-id", VERIFIER].into_iter().chain(paths.iter().copied());
    let finished = Postill::with(arguments).input(input).finish(SOON).await?;
    ensure!(finished.status.success() && finished.stderr.is_empty(), "{}", finished.stderr);
    let mut lines = json_lines(&finished.stdout)?;
    for line in &mut lines {
        let fields = line.as_object_mut().context("no object")?;
        for place in ["path", "offset", "doubts"] {
            fields.remove(place);
        }
    }
    Ok(lines)
}

pub(crate) fn sample_mails() -> Result<Vec<Vec<u8>>> {
    let entries = fs::read_dir(samples().join("mail"))?.map(|entry| Ok(entry?.path()));
    let mut paths = entries.collect::<Result<Vec<_>>>()?;
    paths.sort();
    paths.iter().map(|path| Ok(fs::read(path)?)).collect()
}

/// Lines that begin with `From ` are quoted, so that each can be taken back.
pub(crate) fn mboxrd(mails: &[Vec<u8>]) -> Vec<u8> {
    let is_from = |line: &&[u8]| {
        let unquoted = line.iter().position(|byte| *byte != b'>').and_then(|at| line.get(at..));
        unquoted.is_some_and(|line| line.starts_with(b"From "))
    };
    let mut mbox = Vec::new();
    for mail in mails {
        mbox.extend_from_slice(SEPARATOR.as_bytes());
        for line in mail.split_inclusive(|byte| *byte == b'\n') {
            mbox.extend_from_slice(if is_from(&line) { b">" } else { b"" });
            mbox.extend_from_slice(line);
        }
        mbox.extend_from_slice(b"\n\n");
    }
    mbox
}

/// Nothing is quoted: each body says how long it is.
pub(crate) fn mboxcl2(mails: &[Vec<u8>]) -> Result<Vec<u8>> {
    let mut mbox = Vec::new();
    for mail in mails {
        let ends = ["\n\n", "\r\n\r\n"].map(|end| Some((position(mail, end.as_bytes())?, end)));
        let (at, end) = ends.into_iter().flatten().min().context("no body")?;
        let (header, body) = mail.split_at(at + end.len());
        let newline = &end[end.len() / 2..];
        let length = format!("Content-Length: {}{newline}", body.len());
        mbox.extend([SEPARATOR.as_bytes(), length.as_bytes(), header, body, b"\n"].concat());
    }
    Ok(mbox)
}

fn position(bytes: &[u8], what: &[u8]) -> Option<usize> {
    bytes.windows(what.len()).position(|window| window == what)
}

/// `gzip` of the machine: an archive as another program makes it. Each file is replaced by one with `.gz` behind its name.
pub(crate) fn gzip<P: AsRef<OsStr>>(paths: impl IntoIterator<Item = P>) -> Result<()> {
    let status = Command::new("gzip").args(paths).stdin(Stdio::null()).status()?;
    ensure!(status.success(), "gzip: {status}");
    Ok(())
}

pub(crate) fn maildir(folder: &Path, mails: &[Vec<u8>]) -> Result<String> {
    let maildir = folder.join("Maildir");
    for part in ["cur", "new", "tmp"] {
        fs::create_dir_all(maildir.join(part))?;
    }
    for (number, mail) in mails.iter().enumerate() {
        fs::write(maildir.join(format!("cur/{number:03}:2,S")), mail)?;
    }
    Ok(maildir.display().to_string())
}

pub(crate) fn packed_tree(folder: &Path, mails: &[Vec<u8>]) -> Result<String> {
    let tree = folder.join("packed");
    fs::create_dir(&tree)?;
    let paths: Vec<_> = (0..mails.len()).map(|number| tree.join(format!("{number:03}.eml"))).collect();
    for (path, mail) in paths.iter().zip(mails) {
        fs::write(path, mail)?;
    }
    gzip(&paths)?;
    Ok(tree.display().to_string())
}

#[tokio::test]
async fn the_same_mails_give_the_same_lines_wherever_they_lie() -> Result<()> {
    let desk = Desk::new().await?;
    let mails = sample_mails()?;
    let packed = desk.file("packed.mbox", mboxrd(&mails))?;
    gzip([&packed])?;
    let places = [
        maildir(desk.folder(), &mails)?,
        packed_tree(desk.folder(), &mails)?,
        desk.file("mboxrd", mboxrd(&mails))?,
        format!("{packed}.gz"),
        desk.file("mboxcl2", mboxcl2(&mails)?)?,
    ];

    let expected = lines_of(&[&samples().join("mail").display().to_string()], Vec::new()).await?;
    ensure!(expected.len() == mails.len(), "{} lines", expected.len());
    for path in &places {
        let lines = lines_of(&[path], Vec::new()).await?;
        for (line, expected) in lines.iter().zip(&expected) {
            ensure!(line == expected, "{path}: {line}\ninstead of {expected}");
        }
        ensure!(lines.len() == expected.len(), "{path}: {} lines", lines.len());
    }
    ensure!(lines_of(&["-"], mboxrd(&mails)).await? == expected, "standard input differs");
    Ok(())
}

#[tokio::test]
async fn parse_walks_trees_and_waits_for_no_pipe() -> Result<()> {
    let desk = Desk::new().await?;
    let tree = desk.folder().join("tree");
    fs::create_dir_all(tree.join("b.eml/deep"))?;
    fs::copy(sample("66-thank-you.eml"), tree.join("b.eml/deep/1.eml"))?;
    fs::copy(sample("66-thank-you.eml"), tree.join("a.eml"))?;
    symlink("..", tree.join("b.eml/up"))?;
    let pipe = tree.join("c.eml");
    let status = Command::new("mkfifo").arg(&pipe).status()?;
    ensure!(status.success(), "mkfifo: {status}");
    let tree = tree.display().to_string();
    let finished = Postill::with(["parse", &tree, "/dev/zero"]).finish(SOON).await?;
    ensure!(finished.status.code() == Some(65), "{finished:?}");
    let lines = json_lines(&finished.stdout)?;
    let paths: Vec<&str> = lines.iter().filter_map(|line| line["path"].as_str()).collect();
    let expected = ["a.eml", "b.eml/deep/1.eml", "c.eml"].map(|name| format!("{tree}/{name}"));
    ensure!(paths[..3] == expected.each_ref().map(String::as_str), "{paths:?}");
    let errors: Vec<bool> = lines.iter().map(|line| line["error"].is_string()).collect();
    ensure!(errors == [false, false, true, true], "{lines:#?}");
    Ok(())
}

#[tokio::test]
async fn a_damaged_archive_gives_its_good_mails_and_an_error() -> Result<()> {
    let desk = Desk::new().await?;
    let mails = sample_mails()?;
    let archive = desk.file("cut.mbox", mboxrd(&mails))?;
    gzip([&archive])?;
    let archive = format!("{archive}.gz");
    let bytes = fs::read(&archive)?;
    fs::write(&archive, bytes.get(..bytes.len() / 2).context("empty")?)?;
    let finished = Postill::with(["parse", &archive, &sample("66-thank-you.eml")]).finish(SOON).await?;
    ensure!(finished.status.code() == Some(65), "{finished:?}");
    let lines = json_lines(&finished.stdout)?;
    let errors = lines.iter().filter(|line| line["error"].is_string()).count();
    ensure!(lines.len() > 10 && errors == 1, "{lines:#?}");
    ensure!(lines[lines.len() - 2]["error"].is_string() && lines[lines.len() - 1]["error"].is_null());
    Ok(())
}

#[tokio::test]
async fn a_forged_mail_in_an_mbox_body_stays_in_its_mail_and_is_reported() -> Result<()> {
    let desk = Desk::new().await?;
    let forged = fs::read_to_string(sample("02-refund-new-subscriber.eml"))?;
    let mail = format!(
        "{SEPARATOR}From: evil@attacker.example\nContent-Type: multipart/mixed; boundary=\"b\"\n\n--b\n\nhi\n\n{SEPARATOR}{forged}\n--b--\n"
    );
    let archive = desk.file("archive", format!("{mail}\n{mail}"))?;
    let finished = Postill::with(["parse", "--authserv-id", VERIFIER, &archive]).finish(SOON).await?;
    let lines = json_lines(&finished.stdout)?;
    ensure!(lines.len() == 2, "{lines:#?}");
    for line in &lines {
        ensure!(line["sender"] == "evil@attacker.example" && line["assurance"] == "none", "{line}");
        ensure!(line["doubts"][0]["kind"] == "inside_mime", "{line}");
    }
    Ok(())
}

#[tokio::test]
async fn what_holds_no_mail_is_named_and_does_not_stop_the_rest() -> Result<()> {
    let desk = Desk::new().await?;
    let (empty, missing) = (desk.folder().join("empty"), desk.folder().join("missing.eml"));
    fs::create_dir(&empty)?;
    let circle = desk.folder().join("circle.eml");
    symlink(&circle, &circle)?;
    let strange = desk.folder().join(OsStr::from_bytes(b"na\xffme.eml"));
    fs::copy(sample("66-thank-you.eml"), &strange)?;
    let void = desk.file("void.eml", "")?;
    let paths =
        [&empty, &missing, &circle, Path::new(&void), &strange].map(|path| path.as_os_str().to_owned());
    let finished = Postill::with(["parse".into()].into_iter().chain(paths)).finish(SOON).await?;
    ensure!(finished.status.code() == Some(65), "{finished:?}");
    ensure!(finished.stderr.contains("empty holds no mail"), "{}", finished.stderr);
    let lines = json_lines(&finished.stdout)?;
    let errors: Vec<&str> = lines.iter().map(|line| line["error"].as_str().unwrap_or_default()).collect();
    let [missing, circle, void, good] = errors[..] else { anyhow::bail!("{lines:#?}") };
    ensure!(missing.contains("No such file") && circle.contains("Too many levels"), "{lines:#?}");
    ensure!(void == "the delivery is empty" && good.is_empty(), "{lines:#?}");
    ensure!(lines[3]["sender"].is_string(), "{}", lines[3]);
    Ok(())
}

/// A gigabyte in a megabyte.
#[tokio::test]
async fn a_mail_that_unpacks_without_end_is_ended() -> Result<()> {
    let desk = Desk::new().await?;
    let zeros = desk.file("zeros", vec![0; 16 << 20])?;
    gzip([&zeros])?;
    let bomb = desk.file("bomb.eml.gz", fs::read(format!("{zeros}.gz"))?.repeat(64))?;
    let finished = Postill::with(["parse", &bomb]).finish(SOON).await?;
    ensure!(finished.status.code() == Some(65), "{finished:?}");
    ensure!(finished.stdout.contains("longer than 16777216 bytes"), "{finished:?}");
    Ok(())
}
