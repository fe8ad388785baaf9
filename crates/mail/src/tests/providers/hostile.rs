//! Whatever is posted: no panic, nothing shown, and work in proportion to its length.

use std::time::{Duration, Instant};

use crate::Provider;
use proptest::prelude::*;

use super::{check_unreadable, fixture, try_read};

/// Far above what any of these takes, far below what quadratic work would take.
const PATIENCE: Duration = Duration::from_secs(20);

fn timed(provider: Provider, body: &str) {
    let start = Instant::now();
    drop(try_read(provider, body));
    assert!(start.elapsed() < PATIENCE, "{} took {:?}", provider.as_str(), start.elapsed());
}

#[test]
fn documents_that_are_too_long_are_not_read() {
    let long = format!("{{\"Subject\":\"{}\"}}", "x".repeat(49 << 20));
    check_unreadable(Provider::Postmark, &long, "too_large", "");
    check_unreadable(Provider::Mailgun, &long, "too_large", "");
    let raw = format!(
        "--b\r\nContent-Disposition: form-data; name=\"email\"\r\n\r\nFrom: a@b.example\r\n\r\n{}\r\n--b--\r\n",
        "x".repeat(17 << 20)
    );
    check_unreadable(Provider::Sendgrid, &raw, "too_large", "");
}

#[test]
fn nesting_ends_before_the_stack_does() {
    let deep = format!("{{\"receipt\":{}", "{\"action\":".repeat(500_000));
    check_unreadable(Provider::Ses, &deep, "bad_json", "");
    let list = format!("{{\"from\":{}", "[".repeat(500_000));
    check_unreadable(Provider::Cloudflare, &list, "bad_json", "");
    let parts = format!("{{\"parts\":[{{\"body\":{}", "{\"Message\":{\"parts\":[{\"body\":".repeat(200_000));
    check_unreadable(Provider::MailParser, &parts, "bad_json", "");
    let ignored = format!("{{\"Attachments\":{}", "[".repeat(500_000));
    check_unreadable(Provider::Postmark, &ignored, "bad_json", "");
}

#[test]
fn many_fields_and_half_boundaries_take_linear_time() {
    timed(Provider::Mailgun, &"a=b&".repeat(1_000_000));
    timed(
        Provider::Mailgun,
        &"--b\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nx\r\n".repeat(200_000),
    );
    timed(
        Provider::Sendgrid,
        &format!("--{}\r\n{}", "b".repeat(100), format!("--{}x\r\n", "b".repeat(99)).repeat(100_000)),
    );
    timed(
        Provider::Sendgrid,
        &format!("--b\r\nContent-Disposition: form-data; {}\r\n\r\nx\r\n--b--", "a=\"\\\";".repeat(500_000)),
    );
    timed(
        Provider::Sendgrid,
        &format!("--b\r\nContent-Disposition: form-data; {}\r\n\r\nx\r\n--b--", "a=b;".repeat(500_000)),
    );
    let headers = format!("[{}[\"a\",\"b\"]]", "[\"From\",\"a@b.example\"],".repeat(200_000));
    timed(Provider::Mailgun, &format!("from=a@b.example&message-headers={headers}"));
    let numbers = format!(
        "{{\"text_body\":[{}0],\"parts\":[{{\"headers\":[],\"body\":{{\"Text\":\"{}\"}}}}]}}",
        "0,".repeat(100_000),
        "x".repeat(100_000)
    );
    timed(Provider::MailParser, &numbers);
}

proptest! {
    #[test]
    fn nothing_that_is_posted_panics(text in ".{0,300}", index in 0_usize..6) {
        drop(try_read(Provider::ALL[index], &text));
    }

    #[test]
    fn no_damaged_document_panics(at in 0_usize..6_000, with in ".{0,4}", which in 0_usize..6) {
        let (provider, text) = [
            (Provider::Ses, fixture!("ses_base64.json")),
            (Provider::Postmark, fixture!("postmark_raw.json")),
            (Provider::Mailgun, fixture!("mailgun_multipart.txt")),
            (Provider::Sendgrid, fixture!("sendgrid_raw.txt")),
            (Provider::Cloudflare, fixture!("cloudflare.json")),
            (Provider::MailParser, fixture!("mail_parser.json")),
        ][which];
        let at = at % text.len();
        let damaged = format!("{}{with}{}", &text[..at], text.get(at + 1..).unwrap_or_default());
        drop(try_read(provider, &damaged));
    }
}
