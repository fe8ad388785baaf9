//! What makes a mail the same mail.

use domain::{Fingerprint, WorkspaceId};

use super::{read, trust};
use crate::{Envelope, Format, Limits, Reader};

const MAIL: &str = "Message-ID: <a@b>\r\nDate: Tue, 3 Mar 2026 10:00:00 +0000\r\nFrom: m@b.example\r\nSubject: x\r\n\r\nhello\r\n";

fn of(message: &str) -> Fingerprint {
    read(message).fingerprint
}

#[test]
fn a_copy_by_another_way_is_the_same_mail() {
    assert_eq!(of(MAIL), of(&format!("Received: from x by y; d\r\nX-Spam: no\r\n{MAIL}")));
    assert_eq!(of(MAIL), of(&MAIL.replace("\r\n", "\n")));
    assert_eq!(
        of(MAIL),
        of(&MAIL.replace("From: m@b", "From: Marta <m@b").replace(".example\r", ".example>\r"))
    );
}

#[test]
fn every_part_of_the_identity_makes_another_mail() {
    for (part, other) in [
        ("<a@b>", "<c@b>"),
        ("10:00", "10:01"),
        ("m@b", "n@b"),
        ("Subject: x", "Subject: y"),
        ("hello", "hallo"),
    ] {
        assert_ne!(of(MAIL), of(&MAIL.replace(part, other)), "{part}");
    }
    let workspace: WorkspaceId = "other".parse().unwrap();
    let envelope =
        Envelope { format: Format::Rfc822, body: MAIL.as_bytes(), workspace: &workspace, run: None };
    let other = Reader::new(trust(), Limits::default()).read(&envelope).unwrap();
    assert_ne!(of(MAIL), other.mail.fingerprint);
}

#[test]
fn refused_senders_have_fingerprints_of_their_own() {
    assert_ne!(of("Subject: x\n\nhello"), of("From: a\nSubject: x\n\nhello"));
}
