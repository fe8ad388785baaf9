//! Whatever is posted: no panic, nothing shown, and work in proportion to its length.

use crate::Provider;
use proptest::prelude::*;

use super::super::linear;
use super::{check_unreadable, fixture, try_read};

#[track_caller]
fn check_linear(provider: Provider, longest: usize, body: impl Fn(usize) -> String) {
    linear::check(longest, body, |body| drop(try_read(provider, body)));
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
    check_linear(Provider::Mailgun, 200_000, |times| "a=b&".repeat(times));
    check_linear(Provider::Mailgun, 40_000, |times| {
        "--b\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nx\r\n".repeat(times)
    });
    check_linear(Provider::Sendgrid, 20_000, |times| {
        let half = format!("--{}x\r\n", "b".repeat(99));
        format!("--{}\r\n{}", "b".repeat(100), half.repeat(times))
    });
    for parameter in ["a=\"\\\";", "a=b;"] {
        check_linear(Provider::Sendgrid, 100_000, |times| {
            let parameters = parameter.repeat(times);
            format!("--b\r\nContent-Disposition: form-data; {parameters}\r\n\r\nx\r\n--b--")
        });
    }
    check_linear(Provider::Mailgun, 40_000, |times| {
        let headers = "[\"From\",\"a@b.example\"],".repeat(times);
        format!("from=a@b.example&message-headers=[{headers}[\"a\",\"b\"]]")
    });
    check_linear(Provider::MailParser, 100_000, |times| {
        let (numbers, text) = ("0,".repeat(times), "x".repeat(times));
        format!(
            "{{\"text_body\":[{numbers}0],\"parts\":[{{\"headers\":[],\"body\":{{\"Text\":\"{text}\"}}}}]}}"
        )
    });
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
