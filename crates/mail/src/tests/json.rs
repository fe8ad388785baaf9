//! `postill.mail.v1`.

use base64::Engine as _;
use domain::mail::{Automatic, Flag, Refusal};
use domain::{Assurance, RunKind, WorkspaceId};

use super::{trust, try_read};
use crate::{Arrived, Envelope, Format, Limits, Reader, Unreadable};

fn arrived(properties: &str) -> Arrived {
    try_read(format!("{{\"schema\":\"postill.mail.v1\",{properties}}}").as_bytes(), Format::Json).unwrap()
}

#[track_caller]
fn check_unreadable(body: &str, code: &str) {
    let error = try_read(body.as_bytes(), Format::Json).unwrap_err();
    assert_eq!(error.code(), code, "{error}");
}

#[test]
fn raw_is_read_as_the_message_it_is() {
    let raw = base64::engine::general_purpose::STANDARD.encode("From: marta@studio.example\r\n\r\nhello\r\n");
    let arrived = arrived(&format!(
        "\"workspace\":\"acme\",\"raw\":\"{raw}\",\"from\":[{{\"email\":\"evil@a.example\"}}]"
    ));
    assert_eq!(arrived.workspace.as_str(), "acme");
    assert_eq!(arrived.mail.sender.unwrap().as_str(), "marta@studio.example");
    assert_eq!(arrived.mail.text.written, "hello");
}

#[test]
fn jmap_properties_are_read() {
    let mail = arrived(
        r#""from":[{"name":"Marta","email":"Marta@Studio.Example"}],"replyTo":[{"email":"evil@a.example"}],"subject":"Refund",
        "messageId":["one@b"],"references":["a@x"],"inReplyTo":["b@x"],"sentAt":"2026-03-03T10:00:00Z",
        "textBody":[{"partId":"1"}],"bodyValues":{"1":{"value":"please\n> OLD"}},"keywords":{"$seen":true}"#,
    )
    .mail;
    assert_eq!(mail.sender.unwrap().as_str(), "Marta@studio.example");
    assert_eq!(mail.flags, [Flag::ReplyToDiffers]);
    assert_eq!((mail.subject.as_str(), mail.text.written.as_str()), ("Refund", "please"));
    assert_eq!(mail.references, ["a@x", "b@x"]);
    assert_eq!((mail.message_id.as_deref(), mail.sender_name.as_deref()), (Some("one@b"), Some("Marta")));
}

#[test]
fn senders_are_refused_as_in_a_raw_message() {
    let refused = |properties: &str| arrived(properties).mail.sender.unwrap_err();
    assert_eq!(refused(r#""text":"x""#), Refusal::NoFrom);
    assert_eq!(refused(r#""from":[]"#), Refusal::NoFrom);
    assert_eq!(
        refused(r#""from":[{"email":"a@b.example"},{"email":"c@d.example"}]"#),
        Refusal::SeveralMailboxes
    );
    assert_eq!(refused(r#""from":[{"email":"Marta <a@b.example>"}]"#), Refusal::BadLocalPart);
    assert_eq!(refused(r#""from":[{"email":"a@localhost"}]"#), Refusal::BadDomain);
    assert_eq!(refused(r#""from":[{"email":"a\u0000@b.example"}]"#), Refusal::ControlCharacter);
    let two = r#""from":[{"email":"a@b.example"}],"headers":[{"name":"From","value":" a@b.example"},{"name":"from","value":" c@d.example"}]"#;
    assert_eq!(refused(two), Refusal::SeveralFromFields);
    let other = r#""from":[{"email":"a@b.example"}],"headers":[{"name":"From","value":" c@d.example"}]"#;
    assert_eq!(refused(other), Refusal::MalformedHeader);
}

#[test]
fn headers_tell_loops_but_never_authenticity() {
    let headers = r#""from":[{"email":"m@studio.example"}],"headers":[{"name":"Auto-Submitted","value":" auto-replied"},
        {"name":"Authentication-Results","value":" mx.larkspur.example; dkim=pass header.d=studio.example; dmarc=pass header.from=studio.example"}]"#;
    let mail = arrived(headers).mail;
    assert_eq!((mail.automatic, mail.assurance), (Some(Automatic::AutoSubmitted), Assurance::None));
}

#[test]
fn a_producer_is_believed_only_when_trusted_and_for_this_sender() {
    let with = |producer: &str, assurance: &str, header_from: &str| {
        let auth =
            format!(r#"{{"producer":"{producer}","assurance":"{assurance}","headerFrom":"{header_from}"}}"#);
        arrived(&format!(r#""from":[{{"email":"m@studio.example"}}],"text":"x","auth":{auth}"#))
            .mail
            .assurance
    };
    assert_eq!(with("ses", "authenticated", "Studio.example"), Assurance::Authenticated);
    assert_eq!(with("ses", "weak", "studio.example"), Assurance::Weak);
    assert_eq!(with("ses", "confirmed", "studio.example"), Assurance::Authenticated);
    assert_eq!(with("SES", "authenticated", "studio.example"), Assurance::None);
    assert_eq!(with("other", "authenticated", "studio.example"), Assurance::None);
    assert_eq!(with("ses", "authenticated", "evil.example"), Assurance::None);
}

#[test]
fn a_producer_and_results_that_disagree_prove_nothing() {
    let message = "Authentication-Results: mx.larkspur.example; dmarc=fail header.from=studio.example\nFrom: m@studio.example\n\nx";
    let raw = base64::engine::general_purpose::STANDARD.encode(message);
    let auth = r#"{"producer":"ses","assurance":"authenticated","headerFrom":"studio.example"}"#;
    let mail = arrived(&format!("\"raw\":\"{raw}\",\"auth\":{auth}")).mail;
    assert_eq!((mail.assurance, mail.flags), (Assurance::None, vec![Flag::ConflictingResults]));
}

#[test]
fn what_is_no_mail_says_why_and_shows_nothing_of_it() {
    check_unreadable("{", "bad_json");
    check_unreadable("{}", "bad_json");
    check_unreadable(r#"{"schema":"postill.mail.v2"}"#, "bad_json");
    check_unreadable(r#"{"schema":"postill.mail.v1"} x"#, "bad_json");
    check_unreadable(r#"{"schema":"postill.mail.v1","raw":"!"}"#, "bad_base64");
    check_unreadable(r#"{"schema":"postill.mail.v1","raw":""}"#, "empty");
    check_unreadable(" \n", "empty");
    let error =
        try_read(br#"{"schema":"postill.mail.v1","from":[{"email":4242}]}"#, Format::Json).unwrap_err();
    assert!(error.to_string().contains("`from[0].email`") && !error.to_string().contains("4242"), "{error}");
}

#[test]
fn a_message_is_raw_unless_it_says_json() {
    for (content_type, body, expected) in [
        (Some("message/rfc822"), "{", Format::Rfc822),
        (Some("application/json; charset=utf-8"), "", Format::Json),
        (Some("application/cloudevents+json"), "", Format::Json),
        (None, " {\"schema\"", Format::Json),
        (None, "From: x", Format::Rfc822),
        (Some("application/octet-stream"), "{", Format::Json),
    ] {
        assert_eq!(Format::from_content_type(content_type, body.as_bytes()), expected);
    }
}

#[test]
fn a_mail_may_ask_for_less_than_routing_gives_and_never_for_more() {
    let workspace = WorkspaceId::default();
    let run = |routed: Option<RunKind>, named: &str| {
        let body = format!(r#"{{"schema":"postill.mail.v1","run":"{named}","from":[]}}"#);
        let envelope =
            Envelope { format: Format::Json, body: body.as_bytes(), workspace: &workspace, run: routed };
        Reader::new(trust(), Limits::default()).read(&envelope).unwrap().run
    };
    assert_eq!(run(None, "load"), Some(RunKind::Load));
    assert_eq!(run(Some(RunKind::Replay), "live"), Some(RunKind::Replay));
    assert_eq!(run(Some(RunKind::Live), "replay"), Some(RunKind::Replay));
    assert_eq!(run(Some(RunKind::Simulator), "replay"), Some(RunKind::Simulator));
}

#[test]
fn raw_mail_that_is_none_is_unreadable() {
    let code = |body: &[u8]| try_read(body, Format::Rfc822).unwrap_err().code();
    assert_eq!(code(b""), "empty");
    assert_eq!(code(b"just some words\nand more\n"), "not_a_mail");
    assert_eq!(code(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"), "not_a_mail");
    assert_eq!(code(&vec![b'a'; (16 << 20) + 1]), "too_large");
    assert!(matches!(
        try_read(&vec![b'a'; (16 << 20) + 1], Format::Rfc822),
        Err(Unreadable::TooLarge { .. })
    ));
}
