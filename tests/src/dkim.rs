//! Signs mail as a sending domain does (RFC 6376), with a key made for the test. Written from the standard, so that it does not share
//! the mistakes of what it tests.

use anyhow::{Context, Result};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::digest::{SHA256, digest};
use ring::rand::SystemRandom;
use ring::signature::{Ed25519KeyPair, KeyPair as _};

/// A key pair of a domain, and the name it is published under.
#[derive(Debug)]
pub struct Signer {
    pair: Ed25519KeyPair,
    /// The domain that signs.
    pub domain: String,
    /// The name of the key.
    pub selector: String,
}

/// How header and body are made canonical before they are signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Canonical {
    /// As they stand.
    Simple,
    /// White space folded together.
    Relaxed,
}

/// What is said in one signature.
#[derive(Debug, Clone)]
pub struct Signature {
    /// For header and body.
    pub canonical: Canonical,
    /// The names of the fields that are signed, in this order.
    pub fields: Vec<String>,
    /// More tags, such as `x=1; `, put in as they are.
    pub more: String,
    /// How many bytes of the canonical body are signed; all when none.
    pub body_bytes: Option<usize>,
}

impl Signature {
    /// Signs these fields, white space folded together.
    pub fn of(fields: &[&str]) -> Self {
        let fields = fields.iter().map(|name| (*name).to_owned()).collect();
        Self { canonical: Canonical::Relaxed, fields, more: String::new(), body_bytes: None }
    }
}

impl Signer {
    /// A new key for `domain`.
    pub fn new(domain: &str) -> Result<Self> {
        let pkcs8 = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).ok().context("a key")?;
        let pair = Ed25519KeyPair::from_pkcs8(pkcs8.as_ref()).ok().context("a key pair")?;
        Ok(Self { pair, domain: domain.to_owned(), selector: "sel".to_owned() })
    }

    /// Where the key is published.
    pub fn name(&self) -> String {
        format!("{}._domainkey.{}", self.selector, self.domain)
    }

    /// The record to publish.
    pub fn record(&self) -> String {
        format!("v=DKIM1; k=ed25519; p={}", self.public())
    }

    /// The public key, as it stands in a record.
    pub fn public(&self) -> String {
        STANDARD.encode(self.pair.public_key())
    }

    /// The message with a signature on top. `message` has returns and newlines, and an empty line between header and body.
    pub fn sign(&self, message: &str, signature: &Signature) -> Result<String> {
        let (header, body) = message.split_once("\r\n\r\n").context("a header and a body")?;
        let body = canonical_body(body, signature.canonical);
        let signed_body =
            body.as_bytes().get(..signature.body_bytes.unwrap_or(body.len())).context("a body")?;
        let how = match signature.canonical {
            Canonical::Simple => "simple",
            Canonical::Relaxed => "relaxed",
        };
        let field = format!(
            "DKIM-Signature: v=1; a=ed25519-sha256; c={how}/{how}; d={}; s={};\r\n\th={}; {}\r\n\tbh={}; b=",
            self.domain,
            self.selector,
            signature.fields.join(":"),
            signature.more,
            STANDARD.encode(digest(&SHA256, signed_body)),
        );
        let mut hashed = picked(&fields(header), &signature.fields, signature.canonical);
        hashed.push_str(canonical_field(&field, signature.canonical).trim_end());
        let hash = digest(&SHA256, hashed.as_bytes());
        let signed = STANDARD.encode(self.pair.sign(hash.as_ref()));
        Ok(format!("{field}{signed}\r\n{message}"))
    }
}

/// The fields, each with the lines that continue it and without its last line end.
fn fields(header: &str) -> Vec<String> {
    let mut fields: Vec<String> = Vec::new();
    for line in header.split("\r\n") {
        match fields.last_mut().filter(|_| line.starts_with([' ', '\t'])) {
            Some(field) => field.extend(["\r\n", line]),
            None => fields.push(line.to_owned()),
        }
    }
    fields
}

/// The named fields, made canonical; of several with one name the lowest first.
fn picked(fields: &[String], names: &[String], canonical: Canonical) -> String {
    let mut left: Vec<&String> = fields.iter().rev().collect();
    let mut picked = String::new();
    for name in names {
        let is_named = |field: &&String| {
            field.split(':').next().is_some_and(|other| other.trim().eq_ignore_ascii_case(name))
        };
        if let Some(at) = left.iter().position(is_named) {
            picked.push_str(&canonical_field(left.remove(at), canonical));
        }
    }
    picked
}

fn canonical_field(field: &str, canonical: Canonical) -> String {
    match canonical {
        Canonical::Simple => format!("{field}\r\n"),
        Canonical::Relaxed => {
            let (name, value) = field.split_once(':').unwrap_or((field, ""));
            let words: Vec<&str> = value.split_ascii_whitespace().collect();
            format!("{}:{}\r\n", name.trim().to_lowercase(), words.join(" "))
        }
    }
}

fn canonical_body(body: &str, canonical: Canonical) -> String {
    let lines = body.split("\r\n").map(|line| match canonical {
        Canonical::Simple => line.to_owned(),
        Canonical::Relaxed => relaxed_line(line),
    });
    let lines: Vec<String> = lines.collect();
    let kept = lines.iter().rposition(|line| !line.is_empty()).map_or(0, |last| last + 1);
    let text: String = lines.into_iter().take(kept).map(|line| line + "\r\n").collect();
    if text.is_empty() && canonical == Canonical::Simple { "\r\n".to_owned() } else { text }
}

fn relaxed_line(line: &str) -> String {
    let mut relaxed = String::new();
    for c in line.trim_end_matches([' ', '\t']).chars() {
        match c {
            ' ' | '\t' if relaxed.ends_with(' ') => {}
            '\t' => relaxed.push(' '),
            c => relaxed.push(c),
        }
    }
    relaxed
}
