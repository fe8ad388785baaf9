//! Mail as a mailbox would bring it: raw or as JSON, one request each, and some that nobody can read.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::shop::{address, domain};

/// One message for the queue, and how it should end.
#[derive(Debug, Clone)]
pub(crate) struct Letter {
    /// The message id it is published under.
    pub(crate) id: String,
    pub(crate) content_type: &'static str,
    pub(crate) body: Vec<u8>,
    pub(crate) ends: Ends,
    /// What it asks for, when it asks for something.
    pub(crate) wish: Option<Wish>,
}

/// How a letter ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Ends {
    /// As a draft with this outcome.
    Draft(&'static str),
    /// In the dead queue with this reason.
    Dead(&'static str),
}

/// What a letter asks for: one of the seven functions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wish {
    Invoice,
    Subscription,
    Payment,
    Refund,
    PaymentLink,
    Portal,
    Cancellation,
}

impl Wish {
    pub(crate) const ALL: [Self; 7] = [
        Self::Invoice,
        Self::Subscription,
        Self::Payment,
        Self::Refund,
        Self::PaymentLink,
        Self::Portal,
        Self::Cancellation,
    ];

    /// One after the other, and again.
    pub(crate) fn in_turn(number: usize) -> Self {
        Self::ALL.into_iter().cycle().nth(number % Self::ALL.len()).unwrap_or(Self::Invoice)
    }

    /// The function as it is called on the command line.
    pub(crate) const fn function(self) -> &'static str {
        match self {
            Self::Invoice => "invoice_lookup",
            Self::Subscription => "subscription_status",
            Self::Payment => "payment_status",
            Self::Refund => "refund",
            Self::PaymentLink => "payment_link",
            Self::Portal => "portal_link",
            Self::Cancellation => "cancel_subscription",
        }
    }

    /// How it ends when everything is in order.
    pub(crate) const fn outcome(self) -> &'static str {
        match self {
            Self::Refund | Self::Cancellation => "action_taken",
            Self::Invoice | Self::Subscription | Self::Payment | Self::PaymentLink | Self::Portal => {
                "answered"
            }
        }
    }

    const fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Invoice => ("Invoice", "could you please send me a copy of my latest invoice?"),
            Self::Subscription => ("Our plan", "when does our subscription renew?"),
            Self::Payment => ("Payment", "did my last payment go through? I cannot see it yet."),
            Self::Refund => {
                ("Refund", "please refund my last payment of 25.00 EUR. We signed up by mistake.")
            }
            Self::PaymentLink => ("Paying", "please send me a payment link for 40.00 EUR."),
            Self::Portal => {
                ("New card", "please send me the link to the page where I can change my credit card myself.")
            }
            Self::Cancellation => {
                ("Cancellation", "please cancel our subscription at the end of the period.")
            }
        }
    }
}

impl Letter {
    /// A JSON document that ends in the dead queue.
    pub(crate) fn dead(id: &str, document: &Value, code: &'static str) -> Self {
        let body = document.to_string().into_bytes();
        Self { id: id.to_owned(), content_type: "application/json", body, ends: Ends::Dead(code), wish: None }
    }
}

/// A letter of a customer, the way number `number` comes: every second one raw, the others as JSON with and without the raw
/// message. Its sender is proven.
pub(crate) fn letter(number: usize, customer: usize, wish: Wish) -> Letter {
    let (subject, asks) = wish.words();
    let mail = Mail { number, from: vec![address(customer)], domain: domain(customer), subject, asks };
    let ends = Ends::Draft(wish.outcome());
    Letter { wish: Some(wish), ..mail.letter(ends) }
}

/// One mail that comes by two ways: raw, and as JSON around the same raw message.
pub(crate) fn by_two_ways(number: usize, customer: usize, wish: Wish) -> [Letter; 2] {
    let (subject, asks) = wish.words();
    let mail = Mail { number, from: vec![address(customer)], domain: domain(customer), subject, asks };
    let copy = |way: &str, content_type, body| Letter {
        id: format!("{}-{way}", id(number)),
        content_type,
        body,
        ends: Ends::Draft(wish.outcome()),
        wish: Some(wish),
    };
    let json = mail.json_with_raw().to_string().into_bytes();
    [copy("raw", "message/rfc822", mail.raw().into_bytes()), copy("json", "application/json", json)]
}

/// A letter with two From fields: read, and left to a person.
pub(crate) fn with_two_senders(number: usize, customer: usize) -> Letter {
    let (subject, asks) = Wish::Refund.words();
    let from = vec![address(customer), address(customer + 1)];
    Mail { number, from, domain: domain(customer), subject, asks }.letter(Ends::Draft("handoff"))
}

/// A letter that nobody can read, in one of five ways.
pub(crate) fn broken(number: usize) -> Letter {
    let json = |body: String, code| ("application/json", body.into_bytes(), code);
    let raw = |body: Vec<u8>, code| ("message/rfc822", body, code);
    let (content_type, body, code) = match number / 20 % 5 {
        0 => json(format!("{{\"schema\": \"postill.mail.v1\", \"from\": [{{\"email\": {number}"), "bad_json"),
        1 => json(
            json!({ "schema": "postill.mail.v1", "raw": format!("{number} is not base64!") }).to_string(),
            "bad_base64",
        ),
        2 => raw(Vec::new(), "empty"),
        3 => raw((0..4_000).map(|at| byte_of(number * 4_001 + at)).collect(), "not_a_mail"),
        _ => json(json!({ "schema": "postill.mail.v9", "number": number }).to_string(), "bad_json"),
    };
    Letter { id: id(number), content_type, body, ends: Ends::Dead(code), wish: None }
}

/// A mail of so many bytes, most of them an attachment.
pub(crate) fn heavy(number: usize, customer: usize, bytes: usize) -> Letter {
    let mut heavy = letter(number - number % 2, customer, Wish::Invoice);
    heavy.body.extend(std::iter::repeat_n(b'x', bytes));
    heavy.ends = Ends::Dead("too_large");
    heavy
}

/// Noise without a colon, so that its first line is no header field.
fn byte_of(seed: usize) -> u8 {
    let mixed = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(17).wrapping_mul(0x94d0_49bb_1331_11eb);
    match mixed.to_le_bytes()[0] {
        b':' => b';',
        byte => byte,
    }
}

struct Mail {
    number: usize,
    from: Vec<String>,
    domain: String,
    subject: &'static str,
    asks: &'static str,
}

impl Mail {
    fn letter(self, ends: Ends) -> Letter {
        let (content_type, body) = match self.number % 4 {
            0 | 2 => ("message/rfc822", self.raw().into_bytes()),
            1 => ("application/json", self.json_with_raw().to_string().into_bytes()),
            _ => ("application/json", self.jmap().to_string().into_bytes()),
        };
        Letter { id: id(self.number), content_type, body, ends, wish: None }
    }

    fn text(&self) -> String {
        format!("Hello,\n\n{}\n\nKind regards\nAnna\n", self.asks)
    }

    /// As the mail server of the shop would have stored it.
    fn raw(&self) -> String {
        let Self { number, domain, subject, .. } = self;
        let from: Vec<String> =
            self.from.iter().map(|address| format!("From: Anna <{address}>\r\n")).collect();
        let from = from.concat();
        let text = self.text().replace('\n', "\r\n");
        format!(
            "Authentication-Results: mx.larkspur.example; dkim=pass header.d={domain};\r\n dmarc=pass header.from={domain}\r\n\
             {from}To: billing@larkspur.example\r\nSubject: {subject}\r\nDate: Fri, 20 Nov 2026 09:00:00 +0000\r\n\
             Message-ID: <{number}@{domain}>\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n{text}"
        )
    }

    fn json_with_raw(&self) -> Value {
        json!({ "schema": "postill.mail.v1", "raw": STANDARD.encode(self.raw()) })
    }

    /// As JMAP gives a mail, with the verdict of a producer that is trusted.
    fn jmap(&self) -> Value {
        let from: Vec<Value> =
            self.from.iter().map(|address| json!({ "name": "Anna", "email": address })).collect();
        json!({
            "schema": "postill.mail.v1",
            "auth": { "producer": "intake.larkspur.example", "assurance": "authenticated",
                "headerFrom": self.domain },
            "from": from,
            "to": [{ "email": "billing@larkspur.example" }],
            "messageId": [format!("{}@{}", self.number, self.domain)],
            "subject": self.subject,
            "sentAt": "2026-11-20T09:00:00Z",
            "textBody": [{ "partId": "1" }],
            "bodyValues": { "1": { "value": self.text() } },
        })
    }
}

fn id(number: usize) -> String {
    format!("letter-{number:04}")
}
