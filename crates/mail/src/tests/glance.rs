//! The header alone says the same as the whole mail.

use super::{read, try_read};
use crate::{Format, Unreadable, glance};

#[track_caller]
fn check(message: &str) {
    let (glance, mail) = (glance(message.as_bytes()).unwrap(), read(message));
    assert_eq!((glance.sender, glance.sent_at), (mail.sender, mail.sent_at), "{message}");
}

#[test]
fn a_glance_sees_the_sender_and_the_date_that_reading_sees() {
    for from in [
        "a@b.example",
        "\"x@y.example\" <Marta@Studio.Example>",
        "a@b.example, c@d.example",
        "=?x?=@b.example",
        "",
    ] {
        check(&format!("From: {from}\r\nDate: Tue, 3 Mar 2026 10:00:00 +0100\r\n\r\nhello\r\n"));
    }
    for header in [
        "From: a@b.example\nFrom: c@d.example",
        "From: a@b.example\nDate: one of these days",
        "From: a@b.example\nDate: Tue, 3 Mar 2026 10:00:00 Z\n\tX-Next: b",
        "From: a@b.example\nDate: Fri, 3 Mar 2026 10:00:00 GMT",
        "Subject: nobody",
        "\u{feff}>From somebody\nFrom: a@b.example",
    ] {
        check(&format!("{header}\n\nhello\n"));
    }
    check("From: a@b.example\rDate: Tue, 3 Mar 2026 10:00:00 +0000\r\rhello\r");
}

#[test]
fn a_glance_finds_no_mail_where_reading_finds_none() {
    for (bytes, code) in [("", "empty"), (" \r\n\n", "empty"), ("prose\n\nmore\n", "not_a_mail")] {
        let unreadable = try_read(bytes.as_bytes(), Format::Rfc822).unwrap_err();
        let seen = glance(bytes.as_bytes()).unwrap_err();
        assert_eq!((seen.code(), Unreadable::code(&unreadable)), (code, code));
    }
}

#[test]
fn a_glance_hides_the_person() {
    let glance = glance(b"From: marta@studio.example\n\nhello\n").unwrap();
    assert!(!format!("{glance:?}").contains("marta"));
}
