//! Mailgun and `SendGrid`, which post forms.

use crate::providers::mailgun;
use crate::{Limits, Provider};
use domain::Assurance;
use domain::mail::{Automatic, Refusal};

use super::{check_is_martas, check_unreadable, fixture, read, read_trusting, read_verified_by};

const URLENCODED: &str = fixture!("mailgun_urlencoded.txt");
const MULTIPART: &str = fixture!("mailgun_multipart.txt");
const MIME: &str = fixture!("mailgun_mime.txt");
const SENDGRID: &str = fixture!("sendgrid_raw.txt");

#[track_caller]
fn changed(text: &str, from: &str, to: &str) -> String {
    assert!(text.contains(from), "{from}");
    text.replace(from, to)
}

#[test]
fn mailgun_proves_nobody() {
    for document in [URLENCODED, MULTIPART, MIME] {
        assert_eq!(read_trusting(Provider::Mailgun, document).assurance, Assurance::None);
    }
}

#[test]
fn the_envelope_is_never_the_sender() {
    let spoofed = changed(MULTIPART, "bounce@sender.example", "boss@studio.example");
    assert_eq!(read(Provider::Mailgun, &spoofed).sender.unwrap().as_str(), "marta@studio.example");
    let spoofed = changed(SENDGRID, "bounce@sender.example", "boss@studio.example");
    assert_eq!(read(Provider::Sendgrid, &spoofed).sender.unwrap().as_str(), "marta@studio.example");
}

#[test]
fn several_senders_are_refused_wherever_they_stand() {
    let second = changed(
        MULTIPART,
        r#"["From", "Marta Keller <marta@studio.example>"]"#,
        r#"["From", "marta@studio.example"], ["from", "boss@studio.example"]"#,
    );
    assert_eq!(read(Provider::Mailgun, &second).sender, Err(Refusal::SeveralFromFields));
    let other = changed(
        MULTIPART,
        r#"["From", "Marta Keller <marta@studio.example>"]"#,
        r#"["From", "boss@studio.example"]"#,
    );
    assert_eq!(read(Provider::Mailgun, &other).sender, Err(Refusal::MalformedHeader));
    let list = changed(MULTIPART, "Marta Keller <marta@studio.example>", "a@b.example, c@d.example");
    assert!(read(Provider::Mailgun, &list).sender.is_err());
    let brackets = changed(MULTIPART, "Marta Keller <marta@studio.example>", "<a@b.example> <c@d.example>");
    assert!(read(Provider::Mailgun, &brackets).sender.is_err());
    let second = changed(SENDGRID, "Reply-To:", "From: boss@studio.example\r\nReply-To:");
    assert_eq!(read(Provider::Sendgrid, &second).sender, Err(Refusal::SeveralFromFields));
}

#[test]
fn headers_of_a_parsed_form_tell_loops() {
    let vacation =
        changed(MULTIPART, r#"["X-Mailgun-Spf", "Pass"]"#, r#"["Auto-Submitted", "auto-replied"]"#);
    assert_eq!(read(Provider::Mailgun, &vacation).automatic, Some(Automatic::AutoSubmitted));
}

#[test]
fn results_in_a_raw_form_authenticate_where_their_writer_is_trusted() {
    let results = "Authentication-Results: mx.example; dkim=pass header.d=studio.example; dmarc=pass header.from=studio.example\r\nReply-To:";
    for (provider, document) in [(Provider::Mailgun, MIME), (Provider::Sendgrid, SENDGRID)] {
        let mail = read_verified_by("mx.example", provider, &changed(document, "Reply-To:", results));
        check_is_martas(&mail);
        assert_eq!(mail.assurance, Assurance::Authenticated);
    }
}

#[test]
fn a_signature_for_the_domain_of_from_is_weak_with_sendgrid() {
    let assurance = |dkim: &str| {
        read_trusting(Provider::Sendgrid, &changed(SENDGRID, "{@studio.example : pass}", dkim)).assurance
    };
    assert_eq!(assurance("{@studio.example : pass}"), Assurance::Weak);
    assert_eq!(assurance("{@esp.example : pass, @Studio.example : pass}"), Assurance::Weak);
    for dkim in [
        "{@esp.example : pass}",
        "{@studio.example : fail}",
        "{@studio.example : pass, @studio.example : fail}",
        "{@mail.studio.example : pass}",
        "{@notstudio.example : pass}",
        "@studio.example : pass",
        "none",
        "",
    ] {
        assert_eq!(assurance(dkim), Assurance::None, "{dkim}");
    }
}

#[test]
fn a_field_that_is_missing_or_comes_twice_is_named() {
    check_unreadable(Provider::Mailgun, "sender=4242", "missing_property", "`from`");
    check_unreadable(Provider::Mailgun, "from=4242", "missing_property", "`message-headers`");
    check_unreadable(Provider::Mailgun, "from=4242&from=x", "bad_form", "`from`");
    check_unreadable(Provider::Mailgun, "from=%ff4242&message-headers=[]", "bad_form", "`from`");
    check_unreadable(
        Provider::Mailgun,
        "from=a&message-headers=[[\"a\",4242]]",
        "bad_json",
        "`message-headers.[0][1]`",
    );
    check_unreadable(Provider::Sendgrid, "text=4242", "missing_property", "`email`");
    let twice = changed(SENDGRID, "name=\"sender_ip\"", "name=\"email\"");
    check_unreadable(Provider::Sendgrid, &twice, "bad_form", "`email`");
}

#[test]
fn a_form_that_was_cut_off_is_not_read() {
    let cut = SENDGRID.trim_end().trim_end_matches("--");
    check_unreadable(Provider::Sendgrid, cut.get(..cut.len() - 40).unwrap(), "bad_form", "multipart");
    check_unreadable(Provider::Sendgrid, "--\r\n", "bad_form", "multipart");
    check_unreadable(Provider::Sendgrid, "--b\r\n\r\nno name\r\n--b--\r\n", "bad_form", "multipart");
}

#[test]
fn the_name_of_an_attachment_cannot_stand_in_for_a_field() {
    let file = changed(
        MULTIPART,
        "name=\"attachment-1\"; filename=\"a;b.txt\"",
        "filename=\"a\\\"; name=\\\"from\"; name=\"attachment-1\"",
    );
    check_is_martas(&read(Provider::Mailgun, &file));
}

#[test]
fn the_proof_of_a_post_is_handed_out_and_not_shown() {
    let proof = mailgun::signature(MULTIPART.as_bytes(), &Limits::default()).unwrap();
    assert_eq!((proof.timestamp.as_str(), proof.token.len(), proof.signature.len()), ("1772532005", 50, 64));
    assert!(!format!("{proof:?}").contains("aaaa"));
    assert_eq!(mailgun::signature(b"token=x", &Limits::default()).unwrap_err().code(), "missing_property");
}
