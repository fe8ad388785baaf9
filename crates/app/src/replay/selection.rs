//! Which mails of an archive are wanted.

use std::str::FromStr;

use domain::{Digest, EmailAddress, Timestamp};
use mail::Glance;

use crate::settings::Expected;

/// What the command line chooses by. A mail is wanted when nothing speaks against it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Selection {
    pub(crate) since: Option<Day>,
    pub(crate) until: Option<Day>,
    /// Of any of these; of anybody when there is none.
    pub(crate) writers: Vec<Writer>,
    pub(crate) shard: Option<Shard>,
}

/// Why a mail was not wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unwanted {
    OtherShard,
    OtherSender,
    TooOld,
    TooNew,
    /// A day is asked for, and its date cannot be read.
    Undated,
}

impl Unwanted {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::OtherShard => "other_shard",
            Self::OtherSender => "other_sender",
            Self::TooOld => "before_since",
            Self::TooNew => "after_until",
            Self::Undated => "undated",
        }
    }
}

impl Selection {
    /// What speaks against a mail, by its header.
    pub(crate) fn objection(&self, mail: &Glance) -> Option<Unwanted> {
        let is_wanted = |sender: &EmailAddress| self.writers.iter().any(|writer| writer.is(sender));
        if !self.writers.is_empty() && !mail.sender.as_ref().is_ok_and(is_wanted) {
            return Some(Unwanted::OtherSender);
        }
        if self.since.is_none() && self.until.is_none() {
            return None;
        }
        let Some(sent_at) = mail.sent_at else { return Some(Unwanted::Undated) };
        if self.since.is_some_and(|since| sent_at < since.begin) {
            return Some(Unwanted::TooOld);
        }
        self.until.is_some_and(|until| sent_at >= until.end).then_some(Unwanted::TooNew)
    }
}

/// A day in UTC, or a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Day {
    begin: Timestamp,
    /// The first moment after it.
    end: Timestamp,
}

const SECONDS_OF_A_DAY: i64 = 86_400;

impl FromStr for Day {
    type Err = Expected;

    fn from_str(text: &str) -> Result<Self, Expected> {
        const EXPECTED: Expected =
            Expected("a day such as 2024-01-31, or a time such as 2024-01-31T12:00:00Z");
        let (text, seconds) = match text.len() {
            10 => (format!("{text}T00:00:00Z"), SECONDS_OF_A_DAY),
            _ => (text.to_owned(), 1),
        };
        let begin: Timestamp = text.parse().map_err(|_no_time| EXPECTED)?;
        let end = Timestamp::from_second(begin.as_second() + seconds).map_err(|_too_late| EXPECTED)?;
        Ok(Self { begin, end })
    }
}

impl std::fmt::Display for Day {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.begin.fmt(f)
    }
}

/// A sender that is chosen, or all of a domain; read as the sender of a mail is.
#[derive(Clone, PartialEq, Eq)]
pub(crate) enum Writer {
    Address(EmailAddress),
    Domain(String),
}

/// Hides the person.
impl std::fmt::Debug for Writer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Address(_) => "Address(_)",
            Self::Domain(_) => "Domain(_)",
        })
    }
}

impl Writer {
    fn is(&self, sender: &EmailAddress) -> bool {
        match self {
            Self::Address(address) => sender.is_same_mailbox(address.as_str()),
            Self::Domain(domain) => sender.domain() == domain,
        }
    }

    /// What a checkpoint knows it by.
    pub(crate) fn digest(&self) -> Digest {
        match self {
            Self::Address(address) => Digest::of(&[b"address", address.to_lowercase().as_str().as_bytes()]),
            Self::Domain(domain) => Digest::of(&[b"domain", domain.as_bytes()]),
        }
    }
}

impl FromStr for Writer {
    type Err = Expected;

    fn from_str(text: &str) -> Result<Self, Expected> {
        const EXPECTED: Expected = Expected("one address, or @ and a domain");
        if text.chars().any(char::is_control) {
            return Err(EXPECTED);
        }
        let is_domain = text.starts_with('@');
        let spec = if is_domain { format!("anybody{text}") } else { text.to_owned() };
        let address = mail::sender_of(format!("From: {spec}\r\n\r\n").as_bytes());
        let address = address.map_err(|_refused| EXPECTED)?;
        Ok(if is_domain { Self::Domain(address.domain().to_owned()) } else { Self::Address(address) })
    }
}

/// One of several parts of all mails, by a hash of their bytes: a mail is in the same part wherever it lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Shard {
    /// From 1.
    number: u64,
    of: u64,
}

impl Shard {
    /// Whether a mail of that digest is in it. What has no bytes to tell by is in the first.
    pub(crate) fn holds(self, digest: Option<&Digest>) -> bool {
        let number = digest.map_or(0, |digest| {
            let first: [u8; 8] = digest.as_bytes().first_chunk().copied().unwrap_or_default();
            u64::from_be_bytes(first) % self.of
        });
        number + 1 == self.number
    }
}

impl FromStr for Shard {
    type Err = Expected;

    fn from_str(text: &str) -> Result<Self, Expected> {
        const EXPECTED: Expected = Expected("a part and how many there are, such as 1/4");
        let (number, of) = text.split_once('/').ok_or(EXPECTED)?;
        let parsed = |text: &str| text.parse::<u64>().map_err(|_no_number| EXPECTED);
        let (number, of) = (parsed(number)?, parsed(of)?);
        if (1..=of).contains(&number) { Ok(Self { number, of }) } else { Err(EXPECTED) }
    }
}

impl std::fmt::Display for Shard {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.number, self.of)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mail(from: &str, date: &str) -> Glance {
        mail::glance(format!("From: {from}\nDate: {date}\n\nhello").as_bytes()).unwrap()
    }

    #[test]
    fn days_are_whole_at_both_ends() {
        let selection = Selection {
            since: Some("2024-01-02".parse().unwrap()),
            until: Some("2024-01-03".parse().unwrap()),
            ..Selection::default()
        };
        let of = |date| selection.objection(&mail("a@b.example", date));
        assert_eq!(of("Mon, 1 Jan 2024 23:59:59 +0000"), Some(Unwanted::TooOld));
        assert_eq!(of("Tue, 2 Jan 2024 00:00:00 +0000"), None);
        assert_eq!(of("Wed, 3 Jan 2024 23:59:59 +0000"), None);
        assert_eq!(of("Thu, 4 Jan 2024 01:00:00 +0200"), None);
        assert_eq!(of("Thu, 4 Jan 2024 00:00:00 +0000"), Some(Unwanted::TooNew));
        assert_eq!(of("some day"), Some(Unwanted::Undated));
        assert!("31.1.2024".parse::<Day>().is_err());
    }

    #[test]
    fn senders_are_compared_as_the_sender_is() {
        let of = |writer: &str, from: &str| {
            let selection = Selection { writers: vec![writer.parse().unwrap()], ..Selection::default() };
            selection.objection(&mail(from, "")).is_none()
        };
        assert!(of("marta@studio.example", "\"x@y.example\" <Marta@STUDIO.example>"));
        assert!(!of("x@y.example", "\"x@y.example\" <Marta@STUDIO.example>"));
        assert!(of("@bücher.example", "a@xn--bcher-kva.example"));
        assert!(!of("@studio.example", "a@sub.studio.example"));
        assert!(!of("@studio.example", "a@studio.example, b@studio.example"));
        for wrong in ["marta", "@", "a@b.example\nFrom: c", "a@b.example, c@d.example"] {
            assert!(wrong.parse::<Writer>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn each_mail_is_in_exactly_one_shard() {
        let shards: Vec<Shard> = (1..=3).map(|number| format!("{number}/3").parse().unwrap()).collect();
        for number in 0..100_u32 {
            let digest = Digest::of(&[&number.to_be_bytes()]);
            assert_eq!(shards.iter().filter(|shard| shard.holds(Some(&digest))).count(), 1);
        }
        assert!(shards[0].holds(None) && !shards[1].holds(None));
        for wrong in ["0/3", "4/3", "1", "1/0", "a/b"] {
            assert!(wrong.parse::<Shard>().is_err(), "{wrong}");
        }
    }
}
