//! Mail as our mail server hands it on: raw, with its verdict on the sender.

use std::hash::{DefaultHasher, Hash, Hasher};

/// The verifier that is believed.
pub(crate) const VERIFIER: &str = "mx.shop.example";

/// One mail.
#[derive(Debug, Clone)]
pub(crate) struct Letter {
    from: String,
    text: String,
    message_id: Option<String>,
    results: String,
    hops: Vec<String>,
}

impl Letter {
    /// A mail whose sender our mail server has verified.
    pub(crate) fn from(address: &str) -> Self {
        let domain = address.rsplit('@').next().unwrap_or_default();
        Self {
            from: address.to_owned(),
            text: String::new(),
            message_id: None,
            results: format!("dmarc=pass header.from={domain}; dkim=pass header.d={domain}"),
            hops: Vec::new(),
        }
    }

    /// What is written.
    pub(crate) fn asks(mut self, text: &str) -> Self {
        text.clone_into(&mut self.text);
        self
    }

    /// Our mail server found nothing that speaks for the sender.
    pub(crate) fn unproven(mut self) -> Self {
        "dmarc=none; dkim=none; spf=none".clone_into(&mut self.results);
        self
    }

    /// The sending host may send for the domain, which says little of who wrote.
    pub(crate) fn with_spf_only(mut self) -> Self {
        self.results = format!("spf=pass smtp.mailfrom={}", self.from);
        self
    }

    pub(crate) fn message_id(mut self, id: &str) -> Self {
        self.message_id = Some(id.to_owned());
        self
    }

    /// The same mail once more, by another of our hosts: other bytes, the same letter.
    pub(crate) fn by_way_of(mut self, host: &str) -> Self {
        self.hops.push(format!("Received: from {VERIFIER} by {host}; Fri, 20 Nov 2026 10:00:09 +0000"));
        self
    }

    pub(crate) fn bytes(&self) -> Vec<u8> {
        let Self { from, text, results, .. } = self;
        let id = self.message_id.clone().unwrap_or_else(|| format!("{:x}@{from}", self.number()));
        let hops = lines(&self.hops);
        format!(
            "{hops}Received: from out.example by {VERIFIER}; Fri, 20 Nov 2026 10:00:00 +0000\r\n\
             Authentication-Results: {VERIFIER}; {results}\r\n\
             From: {from}\r\nTo: billing@shop.example\r\nSubject: Hello\r\n\
             Date: Fri, 20 Nov 2026 10:00:00 +0000\r\nMessage-ID: <{id}>\r\n\
             Content-Type: text/plain; charset=utf-8\r\n\r\n{text}\r\n"
        )
        .into_bytes()
    }

    /// Another letter, another Message-ID.
    fn number(&self) -> u64 {
        let mut hash = DefaultHasher::new();
        (&self.from, &self.text, &self.results).hash(&mut hash);
        hash.finish()
    }
}

fn lines(headers: &[String]) -> String {
    headers.iter().flat_map(|line| [line.as_str(), "\r\n"]).collect()
}
