//! Every row of the table of senders: the true address, or a refusal.

use domain::mail::{Flag, Refusal};

use super::read;

#[track_caller]
fn check(from: &str, expected: Result<&str, Refusal>) {
    let mail = read(format!("Subject: x\r\nFrom: {from}\r\n\r\nhello\r\n"));
    assert_eq!(
        mail.sender.as_ref().map(domain::EmailAddress::as_str).map_err(|refusal| *refusal),
        expected,
        "{from}"
    );
}

#[track_caller]
fn check_header(header: &str, expected: Result<&str, Refusal>) {
    let mail = read(format!("{header}\n\nhello\n"));
    assert_eq!(
        mail.sender.as_ref().map(domain::EmailAddress::as_str).map_err(|refusal| *refusal),
        expected,
        "{header}"
    );
}

#[track_caller]
fn check_flags(header: &str, expected: &[Flag]) {
    let mail = read(format!("{header}\n\nhello\n"));
    assert_eq!(mail.flags, expected, "{header}");
}

#[test]
fn an_address_is_read_as_it_is_written() {
    check("marta@studio.example", Ok("marta@studio.example"));
    check("Marta Keller <Marta.Keller+tag@Studio.Example>", Ok("Marta.Keller+tag@studio.example"));
    check("\"Keller, Marta\" <marta@studio.example>", Ok("marta@studio.example"));
    check("=?utf-8?q?M=C3=BCller?= <m.m@studio.example>", Ok("m.m@studio.example"));
    check("<marta@studio.example> (Marta)", Ok("marta@studio.example"));
}

#[test]
fn there_is_exactly_one_from() {
    check_header("Sender: a@b.example\nReply-To: a@b.example", Err(Refusal::NoFrom));
    check_header("From: a@b.example\nfrom: c@d.example", Err(Refusal::SeveralFromFields));
    check_header("From:\nSender: a@b.example", Err(Refusal::NoFrom));
    check("a@b.example, c@d.example", Err(Refusal::SeveralMailboxes));
    check("A <a@b.example>, C <c@d.example>", Err(Refusal::SeveralMailboxes));
    check("Keller, Marta <a@b.example>", Err(Refusal::SeveralMailboxes));
    check("team: a@b.example;", Err(Refusal::GroupSyntax));
    check("undisclosed-recipients:;", Err(Refusal::GroupSyntax));
}

#[test]
fn a_field_is_from_only_when_it_is_named_so() {
    check_header(
        "Fr om: evil@a.example\n:From: evil@a.example\nFrom: marta@b.example",
        Ok("marta@b.example"),
    );
    check_header("X-From: evil@a.example", Err(Refusal::NoFrom));
    check_header("Subject: x\n From: evil@a.example\nFrom: marta@b.example", Ok("marta@b.example"));
    // A relaxed DKIM signature still holds over `From :`, so it is a From.
    check_header("From : evil@a.example\nFrom: marta@b.example", Err(Refusal::SeveralFromFields));
    check_header("From : marta@b.example", Err(Refusal::MalformedHeader));
    // A line of white space does not end the header.
    check_header("From: marta@b.example\n \t\nFrom: evil@a.example", Err(Refusal::SeveralFromFields));
    check_header("X: y\rFrom: evil@a.example\nFrom: marta@b.example", Err(Refusal::MalformedHeader));
    // The date cannot swallow the next line.
    check_header("Date: Tue, 3 Mar 2026 10:00:00 Z\nFrom: marta@b.example", Ok("marta@b.example"));
}

#[test]
fn the_address_is_the_one_in_brackets_whatever_the_name_says() {
    let named = [
        "\"evil@a.example\" <marta@b.example>",
        "evil@a.example <marta@b.example>",
        "\"<evil@a.example>\" <marta@b.example>",
        "=?utf-8?q?evil=40a.example?= <marta@b.example>",
        "=?utf-8?b?PGV2aWxAYS5leGFtcGxlPg==?= <marta@b.example>",
        "\"evil\\\"@a.example\" <marta@b.example>",
        "(evil@a.example) <marta@b.example>",
        "evil＠a.example <marta@b.example>",
        "evil @ a.example <marta@b.example>",
        "evil@a。example <marta@b.example>",
        "=?utf-8?q?evil=40?= =?utf-8?q?a.example?= <marta@b.example>",
        "\"=?utf-8?q?evil=40a.example?=\" <marta@b.example>",
        "<marta@b.example> (evil@a.example)",
        "<marta(evil@a.example)@b.example>",
    ];
    for from in named {
        check(from, Ok("marta@b.example"));
        check_flags(&format!("From: {from}"), &[Flag::AddressInName]);
    }
    check_flags("From: marta@b.example <Marta@b.example>", &[]);
    check_flags(
        "From: \"evil@\u{200b}a.example\" <marta@b.example>",
        &[Flag::AddressInName, Flag::DeceptiveName],
    );
    check_flags(
        "From: \"\u{202e}elpmaxe.a@live\" <marta@b.example>",
        &[Flag::AddressInName, Flag::DeceptiveName],
    );
    check_flags("From: \"Marta \u{202e}moc\" <marta@b.example>", &[Flag::DeceptiveName]);
}

#[test]
fn nothing_is_guessed() {
    check("=?utf-8?q?marta=40b.example?=", Err(Refusal::EncodedAddress));
    check("Marta <=?utf-8?q?marta=40b.example?=>", Err(Refusal::EncodedAddress));
    check("=?utf-8?q?marta?=@b.example", Err(Refusal::EncodedAddress));
    check("=?utf-8?q?Marta?= =?utf-8?q?=3Cmarta=40b.example=3E?=", Err(Refusal::EncodedAddress));
    check("<a@b.example> <c@d.example>", Err(Refusal::AngleBrackets));
    check("<a@b.example><c@d.example>", Err(Refusal::AngleBrackets));
    check("<<a@b.example>>", Err(Refusal::AngleBrackets));
    check("Marta <a@b.example", Err(Refusal::AngleBrackets));
    check("a@b.example>", Err(Refusal::AngleBrackets));
    check("<a@b.example> Marta", Err(Refusal::AngleBrackets));
    check("a@b.example> <c@d.example>", Err(Refusal::AngleBrackets));
    check("=?utf-8?q?marta@b.example", Err(Refusal::EncodedAddress));
    check("marta@=?utf-8?q?b.example?=", Err(Refusal::EncodedAddress));
    check("\"Marta <a@b.example>", Err(Refusal::Unbalanced));
    check("Marta\" <a@b.example>", Err(Refusal::Unbalanced));
    check("Marta (x <a@b.example>", Err(Refusal::Unbalanced));
    check("Marta) <a@b.example>", Err(Refusal::Unbalanced));
    check("mar\0ta@b.example", Err(Refusal::ControlCharacter));
    check("\"Mar\0ta\" <marta@b.example>", Err(Refusal::ControlCharacter));
    check("a..b@b.example", Err(Refusal::BadLocalPart));
    check(".a@b.example", Err(Refusal::BadLocalPart));
    check("a.@b.example", Err(Refusal::BadLocalPart));
    check("@b.example", Err(Refusal::BadLocalPart));
    check("a@b@c.example", Err(Refusal::BadLocalPart));
    check("Marta marta@b.example", Err(Refusal::BadLocalPart));
    check("mar ta@b.example", Err(Refusal::BadLocalPart));
    check("m\u{200b}arta@b.example", Err(Refusal::BadLocalPart));
    check("a@localhost", Err(Refusal::BadDomain));
    check("a@b..example", Err(Refusal::BadDomain));
    check("a@b.example.", Err(Refusal::BadDomain));
    check("a@[127.0.0.1]", Err(Refusal::BadDomain));
    check("a@[IPv6:::1]", Err(Refusal::BadDomain));
    check("a@b .com.example x", Err(Refusal::BadLocalPart));
    check("Marta", Err(Refusal::BadDomain));
    check("<>", Err(Refusal::NoFrom));
    check(&format!("{}@b.example", "a".repeat(300)), Err(Refusal::TooLong));
}

#[test]
fn bytes_that_are_not_utf8_are_refused() {
    let mail = read(b"From: M\xfcller <marta@b.example>\n\nhello\n");
    assert_eq!(mail.sender, Err(Refusal::NotUtf8));
}

#[test]
fn comments_folding_and_quoted_local_parts_lead_to_the_true_address() {
    check("marta(evil@a.example)@b.example", Ok("marta@b.example"));
    check("(a (nested \\) @a.example) b) marta @ (x) b.example", Ok("marta@b.example"));
    check("Marta\r\n <marta\r\n\t@b.example>", Ok("marta@b.example"));
    check("\"odd name\"@b.example", Ok("\"odd name\"@b.example"));
    check("\"evil@a.example\"@b.example", Ok("\"evil@a.example\"@b.example"));
    check("<@relay.example:marta@b.example>", Err(Refusal::GroupSyntax));
    check("<@one.example,@two.example:marta@b.example>", Err(Refusal::SeveralMailboxes));
}

#[test]
fn international_domains_become_a_labels_and_look_alikes_stay_apart() {
    check("marta@müller.example", Ok("marta@xn--mller-kva.example"));
    check("marta@MÜLLER.example", Ok("marta@xn--mller-kva.example"));
    check("marta@mu\u{308}ller.example", Ok("marta@xn--mller-kva.example"));
    check("marta@xn--mller-kva.example", Ok("marta@xn--mller-kva.example"));
    check("ju\u{308}rgen@b.example", Ok("jürgen@b.example"));
    let cyrillic = read("From: marta@studi\u{43e}.example\n\nhello").sender.unwrap();
    assert!(cyrillic.domain().starts_with("xn--"));
    check("marta@ｓtudio.example", Err(Refusal::BadDomain));
    check("marta@studio。example", Err(Refusal::BadDomain));
    check("marta@xn--a.example", Err(Refusal::BadDomain));
    // The Kelvin sign is no K, and a Turkish capital no i, whatever lower case and normalization make of them.
    check("marta@\u{212a}eller.example", Err(Refusal::BadDomain));
    check("marta@\u{130}stanbul.example", Err(Refusal::BadDomain));
    check("\u{212a}eller@b.example", Err(Refusal::BadLocalPart));
    check("marta@b\u{ad}.example", Err(Refusal::BadDomain));
}

#[test]
fn other_addresses_are_flagged_and_never_used() {
    let from = "From: marta@b.example\n";
    check_flags(&format!("{from}Reply-To: evil@a.example"), &[Flag::ReplyToDiffers]);
    check_flags(&format!("{from}Reply-To: marta@b.example, evil@a.example"), &[Flag::ReplyToDiffers]);
    check_flags(&format!("{from}Reply-To: Marta <MARTA@b.example>"), &[]);
    check_flags(&format!("{from}Reply-To:"), &[]);
    check_flags(&format!("{from}Sender: evil@a.example"), &[Flag::SenderDiffers]);
    check_flags(&format!("{from}Resent-From: evil@a.example"), &[Flag::SenderDiffers, Flag::Forwarded]);
    check_header(&format!("{from}Reply-To: evil@a.example\nSender: evil@a.example"), Ok("marta@b.example"));
}

#[test]
fn what_stands_around_a_message_is_taken_off() {
    let expected = "marta@b.example";
    for message in [
        &b"\xef\xbb\xbfFrom: marta@b.example\n\nhello"[..],
        b"From evil@a.example Tue Mar  3 10:00:00 2026\nFrom: marta@b.example\n\nhello",
        b"From a@b Tue Mar  3 10:00:00 2026\n>From c@d Tue Mar  3 10:00:00 2026\n\xef\xbb\xbfFrom: marta@b.example\n\nhello",
        b"From: marta@b.example\rSubject: x\r\rhello",
    ] {
        let mail = read(message);
        assert_eq!(mail.sender.unwrap().as_str(), expected);
        assert_eq!(mail.text.written, "hello");
    }
}

#[test]
fn names_are_decoded_and_shown_on_one_line() {
    let name = |from: &str| read(format!("From: {from}\n\nx")).sender_name;
    assert_eq!(name("=?utf-8?q?M=C3=BCller?= Marta <m@b.example>").as_deref(), Some("Müller Marta"));
    assert_eq!(name("\"Keller, \\\"M\\\"\" <m@b.example>").as_deref(), Some("Keller, \"M\""));
    assert_eq!(name("m@b.example (Marta)").as_deref(), Some("Marta"));
    assert_eq!(name("<m@b.example>"), None);
    assert_eq!(
        name("\"card 4242424242424242\" <m@b.example>").as_deref(),
        Some("card [card number removed]")
    );
}
