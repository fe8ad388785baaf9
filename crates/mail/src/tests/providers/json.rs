//! Postmark, Cloudflare and mail-parser, which have JSON.

use crate::Provider;
use domain::Assurance;
use domain::mail::{Automatic, Refusal};

use super::{check_unreadable, fixture, read, read_trusting, read_verified_by};

const POSTMARK: &str = fixture!("postmark.json");
const POSTMARK_RAW: &str = fixture!("postmark_raw.json");
const CLOUDFLARE: &str = fixture!("cloudflare.json");
const CLOUDFLARE_RAW: &str = fixture!("cloudflare_raw.json");
const MAIL_PARSER: &str = fixture!("mail_parser.json");

#[track_caller]
fn changed(text: &str, from: &str, to: &str) -> String {
    assert!(text.contains(from), "{from}");
    text.replace(from, to)
}

#[test]
fn what_a_sender_could_write_himself_is_no_verdict() {
    for (provider, document) in [
        (Provider::Postmark, POSTMARK),
        (Provider::Postmark, POSTMARK_RAW),
        (Provider::Cloudflare, CLOUDFLARE),
        (Provider::Cloudflare, CLOUDFLARE_RAW),
        (Provider::MailParser, MAIL_PARSER),
    ] {
        assert_eq!(read_trusting(provider, document).assurance, Assurance::None, "{}", provider.as_str());
    }
}

#[test]
fn results_count_in_a_raw_message_only() {
    let mail = read_verified_by("mx.cloudflare.net", Provider::Cloudflare, CLOUDFLARE_RAW);
    assert_eq!(mail.assurance, Assurance::Authenticated);
    let mail = read_verified_by("mx.cloudflare.net", Provider::Cloudflare, CLOUDFLARE);
    assert_eq!(mail.assurance, Assurance::None);
    let mail = read_verified_by("mx.larkspur.example", Provider::Postmark, POSTMARK_RAW);
    assert_eq!(mail.assurance, Assurance::Authenticated);
}

#[test]
fn the_raw_message_goes_before_everything_beside_it() {
    let other =
        changed(POSTMARK_RAW, "\"Email\": \"marta@studio.example\"", "\"Email\": \"boss@studio.example\"");
    assert_eq!(read(Provider::Postmark, &other).sender.unwrap().as_str(), "marta@studio.example");
}

#[test]
fn the_envelope_is_never_the_sender() {
    for (provider, document) in [(Provider::Postmark, POSTMARK), (Provider::Cloudflare, CLOUDFLARE)] {
        let spoofed = changed(document, "bounce@sender.example", "boss@studio.example");
        assert_eq!(read(provider, &spoofed).sender.unwrap().as_str(), "marta@studio.example");
    }
}

#[test]
fn several_senders_groups_and_none_are_refused() {
    let second = changed(CLOUDFLARE, "\"key\": \"reply-to\"", "\"key\": \"from\"");
    assert_eq!(read(Provider::Cloudflare, &second).sender, Err(Refusal::SeveralFromFields));
    let group = changed(CLOUDFLARE, "\"address\": \"marta@studio.example\"", "\"group\": []");
    assert_eq!(read(Provider::Cloudflare, &group).sender, Err(Refusal::NoFrom));
    let second = changed(POSTMARK, "\"Name\": \"X-Spam-Status\"", "\"Name\": \"From\"");
    assert!(read(Provider::Postmark, &second).sender.is_err());
    let second = changed(MAIL_PARSER, "\"name\": \"reply_to\"", "\"name\": \"from\"");
    assert_eq!(read(Provider::MailParser, &second).sender, Err(Refusal::SeveralMailboxes));
    let none = changed(MAIL_PARSER, "\"name\": \"from\"", "\"name\": \"cc\"");
    assert_eq!(read(Provider::MailParser, &none).sender, Err(Refusal::NoFrom));
    let group = changed(MAIL_PARSER, "\"List\": [", "\"Group\": [");
    let group = changed(&group, "\"address\": \"marta@studio.example\"", "\"addresses\": []");
    assert_eq!(read(Provider::MailParser, &group).sender, Err(Refusal::NoFrom));
}

#[test]
fn headers_tell_loops() {
    let vacation = changed(
        POSTMARK,
        "\"X-Spam-Status\",\n      \"Value\": \"No\"",
        "\"Auto-Submitted\",\n      \"Value\": \"auto-replied\"",
    );
    assert_eq!(read(Provider::Postmark, &vacation).automatic, Some(Automatic::AutoSubmitted));
    let vacation = changed(CLOUDFLARE, "\"key\": \"subject\"", "\"key\": \"auto-submitted\"");
    assert_eq!(read(Provider::Cloudflare, &vacation).automatic, Some(Automatic::AutoSubmitted));
    let vacation = changed(
        MAIL_PARSER,
        "\"name\": {\n            \"other\": \"X-Nothing\"\n          },\n          \"value\": \"Empty\"",
        "\"name\": \"auto_submitted\", \"value\": {\"Text\": \"auto-replied\"}",
    );
    assert_eq!(read(Provider::MailParser, &vacation).automatic, Some(Automatic::AutoSubmitted));
}

#[test]
fn threads_and_html_are_taken_over() {
    let mail = read(Provider::Cloudflare, CLOUDFLARE);
    assert_eq!(mail.references, ["zero@studio.example", "half@studio.example"]);
    assert_eq!(read(Provider::MailParser, MAIL_PARSER).references, mail.references);
    let html = changed(CLOUDFLARE, "\"text\": \"Please send my latest invoice again.\\n\"", "\"text\": \"\"");
    assert_eq!(read(Provider::Cloudflare, &html).text.written, "Please send my latest invoice again.");
    let html = changed(
        MAIL_PARSER,
        "\"Text\": \"Please send my latest invoice again.\\r\\n\"",
        "\"Html\": \"<p>Please</p>\"",
    );
    assert_eq!(read(Provider::MailParser, &html).text.written, "Please");
}

#[test]
fn what_is_missing_or_wrong_is_named_by_its_place() {
    check_unreadable(Provider::Postmark, "{\"Subject\":\"4242\"}", "missing_property", "`FromFull`");
    check_unreadable(Provider::Postmark, "{\"FromFull\":{\"Email\":4242}}", "bad_json", "`FromFull.Email`");
    check_unreadable(Provider::Cloudflare, "{}", "missing_property", "`from`");
    check_unreadable(
        Provider::Cloudflare,
        "{\"from\":{\"address\":\"4242\"}}",
        "missing_property",
        "`headers`",
    );
    check_unreadable(Provider::Cloudflare, "{\"raw\":\"4242!\"}", "bad_base64", "base64");
    check_unreadable(Provider::MailParser, "{\"parts\":[]}", "missing_property", "parts");
    check_unreadable(
        Provider::MailParser,
        "{\"parts\":[{\"headers\":[{\"name\":\"from\",\"value\":{\"Text\":4242}}]}]}",
        "bad_json",
        "`parts[0].headers[0].value",
    );
}
