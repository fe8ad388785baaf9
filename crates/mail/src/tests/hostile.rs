//! Whatever comes in: no panic, no guessed sender, and work in proportion to its length.

use domain::mail::Refusal;
use proptest::prelude::*;

use super::{linear, read, try_read};
use crate::Format;

#[track_caller]
fn check_linear(longest: usize, message: impl Fn(usize) -> String) -> domain::Mail {
    linear::check(longest, message, |message| read(message))
}

#[test]
fn long_names_and_many_mailboxes_take_linear_time() {
    let long_name = check_linear(20_000, |times| {
        format!("From: \"{}\" <marta@b.example>\n\nx", "Marta <a@b> ".repeat(times))
    });
    assert_eq!(long_name.sender.unwrap().as_str(), "marta@b.example");
    let many =
        check_linear(20_000, |times| format!("From: {}z@b.example\n\nx", "a@b.example, ".repeat(times)));
    assert_eq!(many.sender, Err(Refusal::SeveralMailboxes));
    let nested = check_linear(100_000, |times| {
        format!("From: {}m{}@b.example\n\nx", "(".repeat(times), ")".repeat(times))
    });
    assert_eq!(nested.sender, Err(Refusal::BadLocalPart));
    check_linear(20_000, |times| format!("From: {}m@b.example\n\nx", "=?utf-8?q?x".repeat(times)));
    check_linear(20_000, |times| format!("From: m@b.example\nSubject: {}\n\nx", "=?utf-8?q?x".repeat(times)));
}

#[test]
fn a_header_beyond_the_bound_is_refused() {
    let mail = read(format!("{}From: m@b.example\n\nx", "X: y\n".repeat(300_000)));
    assert_eq!(mail.sender, Err(Refusal::TooLong));
}

#[test]
fn deep_and_wide_mime_takes_linear_time() {
    let head = "From: m@b.example\nContent-Type: multipart/mixed; boundary=a\n\n";
    for piece in [
        "--a\nContent-Type: multipart/mixed; boundary=zzz\n\nx\n",
        "--a\n\n--a\nContent-Type: multipart/digest; boundary=a\n\n",
        "--a\nContent-Type: text/plain; name=\"=?utf-8?q?x\n\nx\n",
        "--a\nContent-Transfer-Encoding: base64\n\n!\n",
    ] {
        check_linear(20_000, |times| format!("{head}{}", piece.repeat(times)));
    }
    let nested = "Content-Type: message/rfc822\n\n";
    check_linear(40_000, |times| format!("From: m@b.example\n{}", nested.repeat(times)));
    for field in ["Content-Type: text/plain; name=\"", "Content-Transfer-Encoding: "] {
        check_linear(20_000, |times| format!("{head}--a\n{field}{}\"\n\nx\n", "=?utf-8?q?x".repeat(times)));
    }
}

#[test]
fn long_texts_take_linear_time() {
    for line in [
        "On 10:00 a@b wrote:\n",
        "From: x\n",
        "> x\n",
        "a:\n",
        "4242 ",
        "sk_",
        "\n",
        "This e-mail\n",
        "-- \n",
        "4 ",
    ] {
        check_linear(80_000 / line.len(), |times| format!("From: m@b.example\n\n{}", line.repeat(times)));
    }
    for piece in [
        "<div>",
        "<a href='",
        "<blockquote>",
        "<p hidden>",
        "&",
        "<!--",
        "<td ",
        "<",
        "<a href=https://x.example>",
    ] {
        check_linear(400_000 / piece.len(), |times| {
            format!("From: m@b.example\nContent-Type: text/html\n\n{}", piece.repeat(times))
        });
    }
}

#[test]
fn results_without_end_take_linear_time() {
    let mail = check_linear(20_000, |times| {
        let results = "dkim=pass header.d=b.example header.b=x; ".repeat(times);
        format!("Authentication-Results: mx.larkspur.example; {results}\nFrom: m@b.example\n\nx")
    });
    assert_eq!(mail.assurance, domain::Assurance::None);
    check_linear(200_000, |times| {
        format!("Authentication-Results: {}\nFrom: m@b.example\n\nx", "(".repeat(times))
    });
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..2_000)) {
        for format in [Format::Rfc822, Format::Json] {
            let first = try_read(&bytes, format).map(|arrived| arrived.mail).ok();
            prop_assert_eq!(first, try_read(&bytes, format).map(|arrived| arrived.mail).ok());
        }
    }

    #[test]
    fn any_mail_like_bytes_are_read_or_refused(
        pieces in proptest::collection::vec(prop_oneof![
            Just("From: "), Just("Content-Type: multipart/mixed; boundary=b"), Just("--b"), Just("--b--"), Just("\n"), Just("\r\n"),
            Just("Content-Type: text/html"), Just("Content-Type: message/rfc822"), Just("Content-Transfer-Encoding: base64"),
            Just("Content-Transfer-Encoding: quoted-printable"), Just("Subject: =?utf-8?q?"), Just("?="), Just("<div style='display:none'>"),
            Just("<"), Just(">"), Just("&#x"), Just("\""), Just("("), Just(")"), Just("a@b.example"), Just("=C3"), Just("ü"), Just("\u{202e}"),
            Just("Date: Tue, 3 Mar"), Just("Received: by "), Just("Authentication-Results: mx.larkspur.example; dmarc=pass"), Just(" "),
            Just("4242424242424242"), Just("> "), Just("On 10:00 x wrote:"), Just("=?iso-2022-jp?b?GyRC?="), Just("charset=iso-2022-jp"),
        ], 0..120)
    ) {
        let message = format!("X: y\n{}", pieces.concat());
        try_read(message.as_bytes(), Format::Rfc822).map_err(|error| TestCaseError::fail(error.to_string()))?;
    }

    #[test]
    fn a_sender_never_comes_from_inside_quotes_or_comments(
        inside in "[a-z<>@., ()\\\\=?\"-]{0,30}",
        opens in prop_oneof![Just(('"', '"')), Just(('(', ')'))],
    ) {
        let escaped: String = inside.chars().flat_map(|c| if c.is_ascii_lowercase() { vec![c] } else { vec!['\\', c] }).collect();
        let from = format!("{}{escaped}{} <marta@studio.example>", opens.0, opens.1);
        let mail = read(format!("From: {from}\n\nx"));
        let sender = mail.sender.unwrap();
        prop_assert_eq!(sender.as_str(), "marta@studio.example");
    }

    #[test]
    fn whatever_stands_in_from_the_sender_is_written_there_outside_quotes(from in "[a-c<>@.,\" ();:\\\\é=?-]{0,40}") {
        let mail = read(format!("From: {from}\n\nx"));
        if let Ok(sender) = mail.sender {
            prop_assert!(from.matches('@').count() >= 1);
            let outside: String = from.split('"').step_by(2).collect();
            prop_assert!(sender.local().starts_with('"') || outside.contains(sender.local()), "{} from {}", sender, from);
        }
    }
}
