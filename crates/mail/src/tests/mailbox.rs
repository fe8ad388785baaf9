//! Mailboxes on disk.

use std::fs;
use std::io::Cursor;

use crate::mailbox::{Mbox, MboxMessage, SuspicionKind, open};

const FIRST: &str = "From a@b.example Tue Mar  3 10:00:00 2026\n";
const SECOND: &str = "From - Wed Mar 04 10:00:00 +0100 2026\r\n";

fn messages(mbox: &str) -> Vec<MboxMessage> {
    Mbox::new(Cursor::new(mbox), 1_000).map(Result::unwrap).collect()
}

fn text(message: &MboxMessage) -> &str {
    std::str::from_utf8(message.bytes.as_deref().unwrap()).unwrap()
}

#[test]
fn messages_begin_at_full_separators_after_an_empty_line() {
    let read = messages(&format!("{FIRST}From: a\n\none\n\n{SECOND}From: b\n\ntwo\n"));
    assert_eq!(read.iter().map(text).collect::<Vec<_>>(), ["From: a\n\none\n", "From: b\n\ntwo\n"]);
    assert_eq!(read.iter().map(|message| message.offset).collect::<Vec<_>>(), [0, 56]);
    assert!(read.iter().all(|message| message.suspicions.is_empty() && !message.is_truncated));
}

#[test]
fn reading_goes_on_from_an_offset() {
    let mbox = format!("{FIRST}From: a\n\none\n\n{SECOND}From: b\n\ntwo\n");
    assert_eq!(text(&messages(&mbox[56..])[0]), "From: b\n\ntwo\n");
}

#[test]
fn a_line_of_prose_does_not_split() {
    let read = messages(&format!("{FIRST}From: a\n\nFrom here on\n\nFrom me to you\n\nFrom x Tue\n"));
    assert_eq!(read.len(), 1);
    assert!(read[0].suspicions.is_empty());
}

#[test]
fn near_separators_are_reported_and_not_split() {
    let kinds = |mbox: String| {
        let read = messages(&mbox);
        assert_eq!(read.len(), 1);
        read[0].suspicions.iter().map(|suspicion| suspicion.kind).collect::<Vec<_>>()
    };
    assert_eq!(kinds(format!("{FIRST}From: a\n\none\n{SECOND}From: b\n")), [SuspicionKind::NoEmptyLineAbove]);
    assert_eq!(
        kinds(format!("{FIRST}From: a\n\none\n\n{SECOND}no header here\n")),
        [SuspicionKind::NoHeaderBelow]
    );
}

#[test]
fn a_message_that_begins_inside_another_is_suspicious() {
    let read = messages(&format!(
        "{FIRST}Content-Type: multipart/mixed; boundary=\"b\"\n\n--b\n\nforged:\n\n{SECOND}From: b\n\nx\n--b--\n"
    ));
    assert_eq!(read.len(), 2);
    assert_eq!(
        read[1].suspicions.iter().map(|suspicion| suspicion.kind).collect::<Vec<_>>(),
        [SuspicionKind::InsideMime]
    );
}

#[test]
fn quoted_separators_are_restored() {
    assert_eq!(
        text(&messages(&format!("{FIRST}A: b\n\n>From me\n>>From you\n> From\n"))[0]),
        "A: b\n\nFrom me\n>From you\n> From\n"
    );
}

#[test]
fn a_truncated_tail_and_an_endless_message_are_said() {
    assert!(messages(&format!("{FIRST}From: a\n\nhal"))[0].is_truncated);
    let read = messages(&format!("{FIRST}From: a\n\n{}\n\n{SECOND}From: b\n\ntwo\n", "x".repeat(200_000)));
    assert_eq!(read[0].bytes, None);
    assert_eq!(text(&read[1]), "From: b\n\ntwo\n");
}

#[test]
fn folders_are_read_in_order() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    };
    write("maildir/new/3", "C: 3\n\n");
    write("maildir/cur/2:2,S", "B: 2\n\n");
    write("maildir/cur/1:2,S", "A: 1\n\n");
    write("maildir/cur/.hidden", "H: 0\n\n");
    write("maildir/tmp/4", "D: 4\n\n");
    write("folder/b.eml", "B: 2\n\n");
    write("folder/a.EML", "A: 1\n\n");
    write("folder/notes.txt", "N: 0\n\n");
    write("folder/mbox", &format!("{FIRST}A: 1\n\nx\n\n{SECOND}B: 2\n\n"));
    let letters = |name: &str| {
        let found = open(&folder.path().join(name), 1_000).unwrap();
        found.map(|found| char::from(found.unwrap().bytes[0])).collect::<String>()
    };
    assert_eq!(letters("maildir"), "ABC");
    assert_eq!(letters("folder"), "AB");
    assert_eq!(letters("folder/mbox"), "AB");
    assert_eq!(letters("folder/a.EML"), "A");
    assert!(open(&folder.path().join("nothing"), 1_000).is_err());
}

#[test]
fn a_file_that_is_too_large_does_not_stop_the_others() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("a.eml"), "x".repeat(2_000)).unwrap();
    fs::write(folder.path().join("b.eml"), "B: 2\n\n").unwrap();
    let found: Vec<_> = open(folder.path(), 1_000).unwrap().collect();
    assert!(found[0].is_err());
    assert!(found[1].is_ok());
}
