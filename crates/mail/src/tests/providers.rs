//! Documents of providers, through the reader's door. The fixtures have the documented shapes and words of our own.

mod forms;
mod hostile;
mod json;
mod ses;

use crate::{Envelope, Format, Limits, Provider, Reader, Trust, Unreadable};
use domain::mail::Flag;
use domain::{Assurance, Mail, WorkspaceId};

/// A fixture's text.
macro_rules! fixture {
    ($name:literal) => {
        include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/providers/", $name))
    };
}
use fixture;

fn try_read_with(trust: Trust, provider: Provider, body: &str) -> Result<Mail, Unreadable> {
    let workspace = WorkspaceId::default();
    let envelope = Envelope {
        format: Format::Provider(provider),
        body: body.as_bytes(),
        workspace: &workspace,
        run: None,
    };
    Reader::new(trust, Limits::default()).read(&envelope).map(|arrived| arrived.mail)
}

fn try_read(provider: Provider, body: &str) -> Result<Mail, Unreadable> {
    try_read_with(Trust::default(), provider, body)
}

#[track_caller]
fn read(provider: Provider, body: &str) -> Mail {
    try_read(provider, body).unwrap()
}

/// Trusts the producer itself.
#[track_caller]
fn read_trusting(provider: Provider, body: &str) -> Mail {
    let trust = Trust { producers: vec![provider.as_str().to_owned()], ..Trust::default() };
    try_read_with(trust, provider, body).unwrap()
}

/// Trusts a verifier that writes into the message.
#[track_caller]
fn read_verified_by(authserv_id: &str, provider: Provider, body: &str) -> Mail {
    let trust = Trust { authserv_ids: vec![authserv_id.to_owned()], ..Trust::default() };
    try_read_with(trust, provider, body).unwrap()
}

/// What every fixture says, however it is wrapped.
#[track_caller]
fn check_is_martas(mail: &Mail) {
    assert_eq!(mail.sender.as_ref().unwrap().as_str(), "marta@studio.example");
    assert_eq!(mail.sender_name.as_deref(), Some("Marta Keller"));
    assert_eq!(mail.subject, "My invoice");
    assert_eq!(mail.text.written, "Please send my latest invoice again.");
    assert_eq!(mail.message_id.as_deref(), Some("one@studio.example"));
    assert_eq!(mail.sent_at, Some("2026-03-03T10:00:00Z".parse().unwrap()));
    assert!(mail.flags.contains(&Flag::ReplyToDiffers), "{:?}", mail.flags);
    assert_eq!(mail.automatic, None);
}

/// The code, and that nothing of the document is said.
#[track_caller]
fn check_unreadable(provider: Provider, body: &str, code: &str, words: &str) {
    let error = try_read(provider, body).unwrap_err();
    assert_eq!(error.code(), code, "{error}");
    assert!(error.to_string().contains(words), "{error}");
    assert!(!error.to_string().contains("4242"), "{error}");
}

#[test]
fn every_document_is_read_whole_and_believed_by_nobody_unasked() {
    for (provider, body) in [
        (Provider::Ses, fixture!("ses_base64.json")),
        (Provider::Ses, fixture!("ses_utf8.json")),
        (Provider::Postmark, fixture!("postmark.json")),
        (Provider::Postmark, fixture!("postmark_raw.json")),
        (Provider::Mailgun, fixture!("mailgun_urlencoded.txt")),
        (Provider::Mailgun, fixture!("mailgun_multipart.txt")),
        (Provider::Mailgun, fixture!("mailgun_mime.txt")),
        (Provider::Sendgrid, fixture!("sendgrid_raw.txt")),
        (Provider::Cloudflare, fixture!("cloudflare.json")),
        (Provider::Cloudflare, fixture!("cloudflare_raw.json")),
        (Provider::MailParser, fixture!("mail_parser.json")),
    ] {
        let mail = read(provider, body);
        check_is_martas(&mail);
        assert_eq!(mail.assurance, Assurance::None, "{}", provider.as_str());
    }
}

#[test]
fn the_same_mail_by_two_ways_of_one_provider_is_one_mail() {
    let fingerprint = |provider, body| read(provider, body).fingerprint;
    assert_eq!(
        fingerprint(Provider::Ses, fixture!("ses_base64.json")),
        fingerprint(Provider::Ses, fixture!("ses_utf8.json"))
    );
    assert_eq!(
        fingerprint(Provider::Mailgun, fixture!("mailgun_urlencoded.txt")),
        fingerprint(Provider::Mailgun, fixture!("mailgun_multipart.txt"))
    );
}

#[test]
fn a_provider_is_named_beside_the_content_type() {
    let format = |content_type| Format::from_content_type(Some(content_type), b"{}");
    assert_eq!(format("application/json; postill-format=ses"), Format::Provider(Provider::Ses));
    assert_eq!(
        format("multipart/form-data; boundary=b; Postill-Format=\"mailgun\""),
        Format::Provider(Provider::Mailgun)
    );
    assert_eq!(format("text/plain; postill-format=raw"), Format::Rfc822);
    assert_eq!(format("application/json; postill-format=pigeon"), Format::Unknown);
    for provider in Provider::ALL {
        assert_eq!(Format::named(provider.as_str()), Format::Provider(provider));
    }
}

#[test]
fn a_format_that_is_not_known_is_not_guessed() {
    let workspace = WorkspaceId::default();
    let envelope = Envelope { format: Format::Unknown, body: b"{}", workspace: &workspace, run: None };
    let error = Reader::new(Trust::default(), Limits::default()).read(&envelope).unwrap_err();
    assert_eq!(error.code(), "unknown_format");
}
