//! Amazon SES through SNS.

use crate::providers::ses::{self, Notice};
use crate::{Limits, Provider, Reader, Trust};
use domain::Assurance;
use domain::mail::Flag;

use super::{check_is_martas, check_unreadable, fixture, read_trusting, read_verified_by, try_read_with};

const BASE64: &str = fixture!("ses_base64.json");
const UTF8: &str = fixture!("ses_utf8.json");

/// The notification with another status somewhere; the whole text is replaced.
fn with(verdicts: &[(&str, &str)]) -> String {
    verdicts.iter().fold(UTF8.to_owned(), |text, (from, to)| {
        assert!(text.contains(from), "{from}");
        text.replace(from, to)
    })
}

fn status(of: &str, status: &str) -> String {
    format!("\"{of}\": {{\n      \"status\": \"{status}\"")
}

fn assurance(changes: &[(&str, &str)]) -> Assurance {
    let changes: Vec<(String, String)> =
        changes.iter().map(|(of, to)| (status(of, "PASS"), status(of, to))).collect();
    let changes: Vec<(&str, &str)> = changes.iter().map(|(a, b)| (a.as_str(), b.as_str())).collect();
    read_trusting(Provider::Ses, &with(&changes)).assurance
}

#[test]
fn a_passed_dmarc_is_weak_since_no_signature_is_named() {
    assert_eq!(assurance(&[]), Assurance::Weak);
    assert_eq!(assurance(&[("spfVerdict", "FAIL")]), Assurance::Weak);
    assert_eq!(assurance(&[("dkimVerdict", "GRAY")]), Assurance::Weak);
}

#[test]
fn anything_but_a_passed_dmarc_is_nothing() {
    for status in ["FAIL", "GRAY", "PROCESSING_FAILED", "pass", ""] {
        assert_eq!(assurance(&[("dmarcVerdict", status)]), Assurance::None, "{status}");
    }
    let missing = with(&[("\"dmarcVerdict\"", "\"otherVerdict\"")]);
    assert_eq!(read_trusting(Provider::Ses, &missing).assurance, Assurance::None);
}

#[test]
fn a_verdict_that_contradicts_itself_is_nothing() {
    assert_eq!(assurance(&[("spfVerdict", "FAIL"), ("dkimVerdict", "FAIL")]), Assurance::None);
}

#[test]
fn the_verdict_is_for_the_from_it_was_made_for() {
    let other = with(&[("\"Marta Keller <marta@studio.example>\"\n      ]", "\"a@other.example\"\n      ]")]);
    assert_eq!(read_trusting(Provider::Ses, &other).assurance, Assurance::None);
    let several = with(&[(
        "\"Marta Keller <marta@studio.example>\"\n      ]",
        "\"marta@studio.example\", \"a@other.example\"\n      ]",
    )]);
    assert_eq!(read_trusting(Provider::Ses, &several).assurance, Assurance::None);
}

#[test]
fn the_results_in_the_content_authenticate_where_their_writer_is_trusted() {
    for document in [BASE64, UTF8] {
        let mail = read_verified_by("amazonses.com", Provider::Ses, document);
        check_is_martas(&mail);
        assert_eq!(mail.assurance, Assurance::Authenticated);
    }
}

#[test]
fn a_failed_verdict_beside_passed_results_is_a_conflict() {
    let trust = Trust {
        authserv_ids: vec!["amazonses.com".to_owned()],
        producers: vec!["ses".to_owned()],
        ..Trust::default()
    };
    let document = with(&[(&status("dmarcVerdict", "PASS"), &status("dmarcVerdict", "FAIL"))]);
    let mail = try_read_with(trust, Provider::Ses, &document).unwrap();
    assert_eq!(mail.assurance, Assurance::None);
    assert!(mail.flags.contains(&Flag::ConflictingResults));
}

#[test]
fn a_reference_to_a_bucket_has_a_code_of_its_own_and_advice() {
    check_unreadable(Provider::Ses, fixture!("ses_s3.json"), "content_elsewhere", "SNS action");
    let notice = ses::notice(fixture!("ses_s3.json").as_bytes(), &Limits::default()).unwrap();
    let Notice::Stored(stored) = notice else { panic!("{notice:?}") };
    assert_eq!((stored.bucket.as_str(), stored.key.as_str()), ("larkspur-mail", "in/abc123"));
    let auth = stored.with_content(b"From: marta@studio.example\r\n\r\nx").auth.unwrap();
    assert_eq!((auth.assurance, auth.header_from.as_str()), (Assurance::Weak, "studio.example"));
}

#[test]
fn what_the_topic_says_of_itself_is_no_mail() {
    let limits = Limits::default();
    let notice = ses::notice(fixture!("sns_subscription.json").as_bytes(), &limits).unwrap();
    let Notice::Subscription { url, .. } = notice else { panic!("{notice:?}") };
    assert!(url.starts_with("https://sns.eu-west-1.amazonaws.com/?Action=ConfirmSubscription"));
    let notice = ses::notice(fixture!("sns_unsubscription.json").as_bytes(), &limits).unwrap();
    assert!(matches!(notice, Notice::SubscriptionEnded { .. }), "{notice:?}");
    check_unreadable(Provider::Ses, fixture!("sns_subscription.json"), "no_mail_inside", "no received mail");
    check_unreadable(Provider::Ses, r#"{"notificationType":"Bounce"}"#, "no_mail_inside", "");
}

#[test]
fn what_is_missing_or_wrong_is_named_by_its_place() {
    check_unreadable(Provider::Ses, "{}", "missing_property", "`notificationType`");
    check_unreadable(Provider::Ses, r#"{"notificationType":"Received"}"#, "missing_property", "`content`");
    check_unreadable(Provider::Ses, r#"{"Type":"Notification"}"#, "missing_property", "`Message`");
    let wrong = r#"{"notificationType":"Received","receipt":{"action":{"encoding":4242}}}"#;
    check_unreadable(Provider::Ses, wrong, "bad_json", "`receipt.action.encoding`");
    let inner = r#"{"Type":"Notification","Message":"{\"notificationType\":4242}"}"#;
    check_unreadable(Provider::Ses, inner, "bad_json", "`Message.notificationType`");
    check_unreadable(Provider::Ses, r#"{"Type":"Notification","Message":"4242"}"#, "bad_json", "`Message.");
    let content =
        r#"{"notificationType":"Received","receipt":{"action":{"encoding":"BASE64"}},"content":"!"}"#;
    check_unreadable(Provider::Ses, content, "bad_base64", "");
}

#[test]
fn a_reader_takes_the_workspace_from_the_way_and_not_from_the_document() {
    let workspace = "acme".parse().unwrap();
    let body = UTF8.replacen('{', r#"{"workspace":"other","run":"replay","#, 1);
    let envelope = crate::Envelope {
        format: crate::Format::Provider(Provider::Ses),
        body: body.as_bytes(),
        workspace: &workspace,
        run: None,
    };
    let arrived = Reader::new(Trust::default(), Limits::default()).read(&envelope).unwrap();
    assert_eq!((arrived.workspace.as_str(), arrived.run), ("acme", None));
}
