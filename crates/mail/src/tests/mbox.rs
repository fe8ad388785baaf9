//! mbox files: where a message begins, and where it does not.

use std::io::{Cursor, ErrorKind, Read, repeat};

use crate::mailbox::{Mbox, MboxMessage, SuspicionKind};

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

const FORGED: &str =
    "Authentication-Results: mx.larkspur.example; dmarc=pass\nFrom: victim@shop.example\n\nrefund me\n";

fn kinds(message: &MboxMessage) -> Vec<SuspicionKind> {
    message.suspicions.iter().map(|suspicion| suspicion.kind).collect()
}

#[test]
fn a_forged_mail_inside_a_mime_part_stays_in_its_mail() {
    for planted in [format!("{SECOND}{FORGED}"), format!("{SECOND}{FORGED}\n{SECOND}{FORGED}")] {
        let mbox = format!(
            "{FIRST}Content-Type: multipart/mixed; boundary=\"b\"\n\n--b\n\nhi\n\n{planted}--b--\n\n{SECOND}From: c\n\nnext\n"
        );
        let read = messages(&mbox);
        assert_eq!(read.len(), 2);
        assert!(text(&read[0]).contains(FORGED) && text(&read[0]).ends_with("--b--\n"));
        assert!(kinds(&read[0]).iter().all(|kind| *kind == SuspicionKind::InsideMime));
        assert_eq!(read[0].suspicions.len(), planted.matches(SECOND).count());
        assert_eq!((text(&read[1]), kinds(&read[1])), ("From: c\n\nnext\n", vec![]));
    }
}

#[test]
fn a_mail_below_mime_that_is_never_closed_is_read_and_in_doubt() {
    let read = messages(&format!(
        "{FIRST}Content-Type: multipart/mixed; boundary=\"b\"\n\n--b\n\ncut off\n\n{SECOND}{FORGED}"
    ));
    assert_eq!(read.len(), 2);
    assert_eq!(kinds(&read[1]), [SuspicionKind::AfterOpenMime]);
}

#[test]
fn a_forged_mail_within_the_content_length_stays_in_its_mail() {
    let body = format!("hi\n\n{SECOND}{FORGED}");
    for end in ["\n", ""] {
        let mbox = format!("{FIRST}Content-Length: {}\n\n{body}{end}{SECOND}From: c\n\nnext\n", body.len());
        let read = messages(&mbox);
        assert_eq!(read.len(), 2, "{mbox}");
        assert!(text(&read[0]).ends_with(FORGED));
        assert_eq!(kinds(&read[0]), [SuspicionKind::InsideContentLength]);
        assert_eq!((text(&read[1]), kinds(&read[1])), ("From: c\n\nnext\n", vec![]));
    }
    let last = messages(&format!("{FIRST}Content-Length: {}\n\n{body}", body.len()));
    assert_eq!(last.len(), 1);
}

#[test]
fn a_content_length_that_ends_nowhere_counts_for_nothing() {
    for length in ["3", "10", "999", "99999999999999999999", "-1", "x", "6\nContent-Length: 7"] {
        let mbox = format!("{FIRST}Content-Length: {length}\n\none two\n\n{SECOND}From: b\n\ntwo\n");
        let read = messages(&mbox);
        assert_eq!(read.len(), 2, "{length}");
        assert!(read.iter().all(|message| message.suspicions.is_empty()));
    }
}

#[test]
fn a_content_length_never_cuts_a_mail_short() {
    let start =
        format!("{FIRST}Content-Type: multipart/mixed; boundary=b\nContent-Length: 9\n\n--b\n\nhi\n\n");
    let read = messages(&format!("{start}{SECOND}{FORGED}\n--b--\n"));
    assert_eq!((read.len(), kinds(&read[0])), (1, vec![SuspicionKind::InsideMime]));
}

#[test]
fn a_counted_body_that_its_writer_did_not_quote_is_left_as_it_is() {
    let body = "From here\n>From there\n";
    let counted = format!("{FIRST}Content-Length: {}\n\n{body}", body.len());
    assert!(text(&messages(&counted)[0]).ends_with(body));
    let quoted = ">From here\n";
    let counted = format!("{FIRST}Content-Length: {}\n\n{quoted}", quoted.len());
    assert!(text(&messages(&counted)[0]).ends_with("\n\nFrom here\n"));
}

#[test]
fn reading_from_each_offset_gives_the_same_mails() {
    let counted = format!("a\n\n{SECOND}B: 1\n\nx\n");
    let mbox = format!(
        "\n{FIRST}From: a\n\none\n\n{SECOND}Content-Length: {}\n\n{counted}\n{FIRST}Content-Type: \
         multipart/mixed; boundary=b\n\n--b\n\n{SECOND}{FORGED}\n--b--\n\n{SECOND}From: d\r\n\r\nfour\r\n\r\n{FIRST}From: e\n\nfive\n",
        counted.len()
    );
    let whole = messages(&mbox);
    assert_eq!(whole.len(), 5);
    for (number, message) in whole.iter().enumerate() {
        let rest = &mbox[usize::try_from(message.offset).unwrap()..];
        assert!(rest.starts_with("From "), "{rest}");
        let again = messages(rest);
        assert_eq!(
            again.iter().map(text).collect::<Vec<_>>(),
            whole[number..].iter().map(text).collect::<Vec<_>>()
        );
        assert!(
            again
                .iter()
                .zip(&whole[number..])
                .all(|(one, other)| one.offset + message.offset == other.offset)
        );
    }
}

/// Every mail asks for a look far ahead. Work that grows with the square of the file would take minutes.
#[test]
fn many_mails_that_ask_for_a_look_ahead_are_read_in_linear_time() {
    let one = format!(
        "{FIRST}Content-Length: 1000000\nContent-Type: multipart/mixed; boundary=b\n\n--b\n--x--\n\n"
    );
    let mbox = one.repeat(20_000);
    let read = Mbox::new(Cursor::new(mbox), 16 << 20).map(Result::unwrap);
    assert_eq!(read.count(), 20_000);
}

#[test]
fn quoted_separators_are_restored() {
    assert_eq!(
        text(&messages(&format!("{FIRST}A: b\n\n>From me\n>>From you\n> From\n"))[0]),
        "A: b\n\nFrom me\n>From you\n> From\n"
    );
}

#[test]
fn a_message_without_end_ends_the_file() {
    let start = format!("{FIRST}From: a\n\none\n\n{SECOND}From: b\n\n");
    let mut mbox = Mbox::new(Cursor::new(start).chain(repeat(0)), 1_000);
    assert_eq!(text(&mbox.next().unwrap().unwrap()), "From: a\n\none\n");
    assert_eq!(mbox.next().unwrap().unwrap_err().kind(), ErrorKind::FileTooLarge);
    assert!(mbox.next().is_none());
}

#[test]
fn a_truncated_tail_and_an_endless_message_are_said() {
    assert!(messages(&format!("{FIRST}From: a\n\nhal"))[0].is_truncated);
    let read = messages(&format!("{FIRST}From: a\n\n{}\n\n{SECOND}From: b\n\ntwo\n", "x".repeat(200_000)));
    assert_eq!(read[0].bytes, None);
    assert_eq!(text(&read[1]), "From: b\n\ntwo\n");
}
