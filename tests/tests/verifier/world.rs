//! A sender with a domain and a key, a name server that knows it, and our verifier.

use std::time::Duration;

use anyhow::Result;
use domain::{EmailAddress, Timestamp};
use mail::{OwnFinding, OwnVerdict};
use tests::NameServer;
use tests::dkim::{Signature, Signer};
use verifier::{Config, Verifier};

/// When the mail is read. Signatures are also held against the clock of this machine, so those that end do so long after.
pub(crate) const NOW: i64 = 1_800_000_000;
/// The fields that matter, as a careful sender signs them.
pub(crate) const FIELDS: [&str; 7] =
    ["From", "To", "Subject", "Date", "Message-ID", "MIME-Version", "Content-Type"];
/// The mail that is signed.
pub(crate) const MAIL: &str = "From: Kim Lee <kim@shop.example>\r\nTo: billing@larkspur.example\r\n\
    Subject: My  refund\r\nDate: Fri, 20 Nov 2026 10:00:00 +0000\r\nMessage-ID: <one@shop.example>\r\n\
    MIME-Version: 1.0\r\nContent-Type: text/plain;\r\n\tcharset=utf-8\r\n\r\n\
    Please refund  my last payment.\r\n\r\nKim \r\n\r\n";

/// What a test works with.
pub(crate) struct World {
    pub(crate) signer: Signer,
    pub(crate) dns: NameServer,
    pub(crate) verifier: Verifier,
}

impl World {
    /// A domain that signs with a published key.
    pub(crate) async fn with(domain: &str) -> Result<Self> {
        let signer = Signer::new(domain)?;
        let dns = NameServer::start().await?;
        dns.serves(&signer.name(), &signer.record());
        let verifier = Verifier::new(config(&dns))?;
        Ok(Self { signer, dns, verifier })
    }

    pub(crate) async fn new() -> Result<Self> {
        Self::with("shop.example").await
    }

    /// The mail, with one signature.
    pub(crate) fn signed(&self, signature: &Signature) -> Result<String> {
        self.signer.sign(MAIL, signature)
    }

    /// What is found of a message from Kim.
    pub(crate) async fn finding(&self, message: &str) -> Result<OwnFinding> {
        self.finding_of(message, "kim@shop.example").await
    }

    pub(crate) async fn finding_of(&self, message: &str, sender: &str) -> Result<OwnFinding> {
        let sender: EmailAddress = sender.parse()?;
        Ok(self.verifier.verify(message.as_bytes().to_vec(), &sender, Timestamp::from_second(NOW)?).await)
    }

    #[track_caller]
    pub(crate) fn passes(finding: &OwnFinding) {
        assert_eq!(finding.verdict, OwnVerdict::Authenticated, "{:?}", finding.evidence);
    }

    /// It does not pass, for this reason.
    #[track_caller]
    pub(crate) fn fails(finding: &OwnFinding, reason: &str) {
        assert_eq!(finding.verdict, OwnVerdict::NotAuthenticated, "{:?}", finding.evidence);
        assert!(finding.evidence.join("\n").contains(reason), "{reason}: {:?}", finding.evidence);
    }

    /// Nothing is known, for this reason.
    #[track_caller]
    pub(crate) fn is_open(finding: &OwnFinding, reason: &str) {
        assert_eq!(finding.verdict, OwnVerdict::Undecided, "{:?}", finding.evidence);
        assert!(finding.evidence.join("\n").contains(reason), "{reason}: {:?}", finding.evidence);
    }
}

pub(crate) fn config(dns: &NameServer) -> Config {
    Config {
        servers: vec![dns.address],
        lookup_timeout: Duration::from_millis(600),
        total_timeout: Duration::from_secs(2),
        ..Config::default()
    }
}

/// A careful signature.
pub(crate) fn careful() -> Signature {
    Signature::of(&FIELDS)
}

/// A careful signature with one more thing said in it.
pub(crate) fn saying(more: &str) -> Signature {
    Signature { more: more.to_owned(), ..careful() }
}
