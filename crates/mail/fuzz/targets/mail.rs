#![no_main]
//! A whole delivery by a reader that trusts much: raw, as JSON, or, below a first line such as `#ses`, as a provider hands it on.

use domain::WorkspaceId;
use domain::mail::Assurance;
use libfuzzer_sys::fuzz_target;
use mail::{Envelope, Format, Limits, Reader, Trust};
use mail_fuzz::{in_time, let_panics_be_contained};

fuzz_target!(init: let_panics_be_contained(), |delivery: &[u8]| {
    let workspace = WorkspaceId::default();
    let reader = Reader::new(trusting(), Limits::default());
    let (format, body) = format_of(delivery);
    let envelope = Envelope { format, body, workspace: &workspace, run: None };
    let Ok(arrived) = in_time(|| reader.read(&envelope)) else { return };
    let mail = arrived.mail;
    if mail.sender.is_err() || mail.automatic.is_some() {
        assert_eq!(mail.assurance, Assurance::None);
    }
    assert!(mail.assurance <= Assurance::Authenticated, "nothing in a mail confirms it");
    let again = reader.read(&envelope).map(|arrived| arrived.mail);
    assert!(again.is_ok_and(|again| again == mail), "the same bytes gave another mail");
});

fn format_of(delivery: &[u8]) -> (Format, &[u8]) {
    let named = delivery.strip_prefix(b"#").and_then(|rest| {
        let end = rest.iter().position(|byte| *byte == b'\n')?;
        Some((std::str::from_utf8(&rest[..end]).ok()?, &rest[end + 1..]))
    });
    match named {
        Some((name, body)) => (Format::named(name), body),
        None => (Format::from_content_type(None, delivery), delivery),
    }
}

fn trusting() -> Trust {
    Trust {
        authserv_ids: vec!["mx.example.net".to_owned()],
        producers: ["ses", "sendgrid", "postmark", "mailgun", "cloudflare"].map(str::to_owned).to_vec(),
        microsoft_365: true,
        arc_sealers: vec!["sealer.example".to_owned()],
        ..Trust::default()
    }
}
