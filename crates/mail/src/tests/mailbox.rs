//! Mailboxes on disk: folders, Maildirs, compressed files, and what is no mail.

use std::ffi::OsStr;
use std::fs;
use std::io::{Cursor, Write};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::symlink;
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use flate2::Compression;
use flate2::write::GzEncoder;

use crate::mailbox::{self, MailboxError, open};

const FIRST: &str = "From a@b.example Tue Mar  3 10:00:00 2026\n";

fn write(folder: &Path, name: impl AsRef<OsStr>, bytes: impl AsRef<[u8]>) {
    let path = folder.join(name.as_ref());
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, bytes).unwrap();
}

/// The first letter of each mail; `!` where one cannot be read.
fn letters(path: impl AsRef<Path>) -> String {
    let found = open(path.as_ref(), 1_000).unwrap();
    found
        .map(|found| found.map_or('!', |found| found.bytes.first().map_or('-', |first| char::from(*first))))
        .collect()
}

fn packed(bytes: impl AsRef<[u8]>) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes.as_ref()).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn folders_are_read_in_order() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    write(folder.path(), "maildir/new/3", "C: 3\n\n");
    write(folder.path(), "maildir/cur/2:2,S", "B: 2\n\n");
    write(folder.path(), "maildir/cur/1:2,S", "A: 1\n\n");
    write(folder.path(), "maildir/cur/.hidden", "H: 0\n\n");
    write(folder.path(), "maildir/tmp/4", "D: 4\n\n");
    write(folder.path(), "folder/b.eml", "B: 2\n\n");
    write(folder.path(), "folder/a.EML", "A: 1\n\n");
    write(folder.path(), "folder/notes.txt", "N: 0\n\n");
    write(folder.path(), "folder/mbox", format!("{FIRST}A: 1\n\nx\n\n{FIRST}B: 2\n\n"));
    assert_eq!(letters(at("maildir")), "ABC");
    assert_eq!(letters(at("maildir/new")), "C");
    assert_eq!(letters(at("folder")), "AB");
    assert_eq!(letters(at("folder/mbox")), "AB");
    assert_eq!(letters(at("folder/a.EML")), "A");
    assert_eq!(letters(at("folder/notes.txt")), "N");
    assert!(open(&at("nothing"), 1_000).is_err());
}

#[test]
fn a_tree_is_read_by_name_and_a_circle_of_links_ends() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "a.eml", "A: 1\n\n");
    write(folder.path(), "b.eml/1.eml", "B: 1\n\n");
    write(folder.path(), "b.eml/deep/er/2.eml", "C: 1\n\n");
    write(folder.path(), ".hidden/3.eml", "H: 1\n\n");
    write(folder.path(), OsStr::from_bytes(b"c-\xff.eml"), "D: 1\n\n");
    symlink("..", folder.path().join("b.eml/up")).unwrap();
    symlink(".", folder.path().join("b.eml/here")).unwrap();
    symlink("nowhere", folder.path().join("d.eml")).unwrap();
    fs::create_dir(folder.path().join("empty")).unwrap();
    assert_eq!(letters(folder.path()), "ABCD!");
    assert_eq!(letters(folder.path().join("empty")), "");
}

#[test]
fn the_folders_within_a_maildir_are_read_too() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "cur/1", "A: 1\n\n");
    write(folder.path(), ".Sent/cur/2", "B: 1\n\n");
    write(folder.path(), ".Sent/tmp/3", "X: 1\n\n");
    write(folder.path(), ".Sent.2025/new/4", "C: 1\n\n");
    write(folder.path(), ".index/5.eml", "Y: 1\n\n");
    write(folder.path(), "Archive/cur/6", "D: 1\n\n");
    assert_eq!(letters(folder.path()), "ABCD");
}

#[test]
fn a_file_that_is_one_mail_by_its_place_or_name_is_never_split() {
    let folder = tempfile::tempdir().unwrap();
    let two = format!("{FIRST}A: 1\n\nx\n\n{FIRST}B: 2\n\n");
    for name in ["maildir/cur/1", "folder/1.eml", "other/mails"] {
        write(folder.path(), name, &two);
    }
    assert_eq!(letters(folder.path().join("maildir")), "F");
    assert_eq!(letters(folder.path().join("folder")), "F");
    assert_eq!(letters(folder.path().join("folder/1.eml")), "F");
    assert_eq!(letters(folder.path().join("other/mails")), "AB");
}

#[test]
fn a_file_that_is_too_large_does_not_stop_the_others() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "a.eml", "x".repeat(2_000));
    write(folder.path(), "b.eml", "B: 2\n\n");
    assert_eq!(letters(folder.path()), "!B");
}

#[test]
fn what_may_have_no_end_is_not_read() {
    let folder = tempfile::tempdir().unwrap();
    let _socket = UnixListener::bind(folder.path().join("a.eml")).unwrap();
    assert_eq!(letters(folder.path()), "!");
    let error = open(Path::new("/dev/zero"), 1_000).unwrap().next().unwrap().unwrap_err();
    assert!(matches!(error, MailboxError::NotAFile { .. }), "{error}");
}

#[test]
fn compressed_mails_and_mailboxes_are_unpacked() {
    let folder = tempfile::tempdir().unwrap();
    let mbox = format!("{FIRST}A: 1\n\nx\n\n{FIRST}B: 2\n\n");
    let (one, other) = mbox.split_at(30);
    write(folder.path(), "mbox.gz", packed(&mbox));
    write(folder.path(), "members.gz", [packed(one), packed(other)].concat());
    write(folder.path(), "tree/a.eml.gz", packed("A: 1\n\n"));
    write(folder.path(), "maildir/cur/1", packed("A: 1\n\n"));
    assert_eq!(letters(folder.path().join("mbox.gz")), "AB");
    assert_eq!(letters(folder.path().join("members.gz")), "AB");
    assert_eq!(letters(folder.path().join("tree")), "A");
    assert_eq!(letters(folder.path().join("maildir")), "A");
    let offsets = open(&folder.path().join("mbox.gz"), 1_000).unwrap().map(|found| found.unwrap().offset);
    assert_eq!(offsets.collect::<Vec<_>>(), [0, 51]);
}

#[test]
fn a_damaged_archive_gives_its_good_mails_and_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let mail = |n: u64| format!("{FIRST}A: {n}\n\n{:x}\n\n", n * n * 7_919);
    let mails = (0..500).map(mail).collect::<Vec<_>>().concat();
    let whole = packed(mails);
    write(folder.path(), "cut.gz", &whole[..whole.len() - 500]);
    let mut broken = whole.clone();
    let middle = broken.len() / 2;
    broken[middle] ^= 0x55;
    write(folder.path(), "broken.gz", broken);
    write(folder.path(), "one.eml.gz", &packed("A: 1\n\n")[..12]);
    for name in ["cut.gz", "broken.gz"] {
        let letters = letters(folder.path().join(name));
        assert!(letters.starts_with("AAAA") && letters.ends_with('!'), "{letters}");
        assert_eq!(letters.matches('!').count(), 1);
    }
    assert_eq!(letters(folder.path().join("one.eml.gz")), "!");
}

#[test]
fn a_mail_that_unpacks_without_end_is_too_large() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "a.eml.gz", packed(vec![b'x'; 500_000]));
    write(folder.path(), "b.gz", packed(format!("{FIRST}A: 1\n\n{}", "x\n".repeat(500_000))));
    for name in ["a.eml.gz", "b.gz"] {
        let error = open(&folder.path().join(name), 1_000).unwrap().next().unwrap().unwrap_err();
        assert!(matches!(error, MailboxError::TooLarge { .. }), "{error}");
    }
}

/// From a file on, its first letters, and where the next message began before each.
fn letters_from(path: &Path, offset: u64) -> (String, Vec<Option<u64>>) {
    let file = mailbox::files(path).unwrap().remove(0).unwrap();
    let mut messages = file.messages(offset, 1_000, &Arc::default());
    let (mut letters, mut next) = (String::new(), vec![]);
    while let Some(found) = messages.next() {
        letters.push(char::from(found.unwrap().bytes[0]));
        next.push(messages.next_offset());
    }
    (letters, next)
}

#[test]
fn reading_goes_on_at_the_message_that_comes_next() {
    let folder = tempfile::tempdir().unwrap();
    let mbox = format!("{FIRST}A: 1\n\nx\n\n{FIRST}B: 2\n\ny\n\n{FIRST}C: 3\n\n");
    write(folder.path(), "mbox", &mbox);
    write(folder.path(), "mbox.gz", packed(&mbox));
    for name in ["mbox", "mbox.gz"] {
        let path = folder.path().join(name);
        assert_eq!(letters_from(&path, 0), ("ABC".to_owned(), vec![Some(51), Some(102), None]), "{name}");
        assert_eq!(letters_from(&path, 51), ("BC".to_owned(), vec![Some(102), None]), "{name}");
        assert_eq!(letters_from(&path, 102), ("C".to_owned(), vec![None]), "{name}");
        let file = mailbox::files(&path).unwrap().remove(0).unwrap();
        assert_eq!(file.is_packed_mbox().unwrap(), name == "mbox.gz");
    }
    write(folder.path(), "a.eml", "A: 1\n\n");
    assert_eq!(letters_from(&folder.path().join("a.eml"), 0), ("A".to_owned(), vec![None]));
}

#[test]
fn the_bytes_read_of_a_file_are_counted() {
    let folder = tempfile::tempdir().unwrap();
    let mbox = format!("{FIRST}A: 1\n\nx\n\n{FIRST}B: 2\n\n");
    write(folder.path(), "mbox", &mbox);
    let file = mailbox::files(&folder.path().join("mbox")).unwrap().remove(0).unwrap();
    for offset in [0, 51] {
        let bytes = Arc::default();
        file.messages(offset, 1_000, &bytes).for_each(|found| drop(found.unwrap()));
        assert!(bytes.load(Ordering::Relaxed) >= mbox.len() as u64);
    }
}

#[test]
fn a_stream_is_one_mail_or_an_mbox() {
    let letters = |text: Vec<u8>| {
        let found = mailbox::read(Path::new("-"), Cursor::new(text), 1_000);
        found.map(|found| char::from(found.unwrap().bytes[0])).collect::<String>()
    };
    let mbox = format!("{FIRST}A: 1\n\nx\n\n{FIRST}B: 2\n\n");
    assert_eq!(letters(b"A: 1\n\n".to_vec()), "A");
    assert_eq!(letters(b"From : a@b.example\n\n".to_vec()), "F");
    assert_eq!(letters(packed(&mbox)), "AB");
    assert_eq!(letters(mbox.into_bytes()), "AB");
}
