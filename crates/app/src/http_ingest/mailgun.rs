//! Mailgun's signature on a post: an HMAC-SHA-256 over timestamp and token, under a key that only Mailgun and the operator have.
//! Source: <https://documentation.mailgun.com/docs/mailgun/user-manual/webhooks/securing-webhooks>.
//!
//! The signature does not cover the mail. So each token is remembered with the mail it came with: the same post again, as Mailgun makes it
//! when an answer was lost, is the same mail and taken; the token beside another mail is refused.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, PoisonError};

use domain::{Clock, Digest, SystemClock};
use mail::providers::mailgun::Signature;
use ring::hmac;

use crate::settings::Secret;

/// How old a signed post may be, in seconds. Mailgun tries again for eight hours.
const OLDEST: i64 = 9 * 3600;
/// How far Mailgun's clock may be ahead of ours, in seconds.
const AHEAD: i64 = 300;
/// The most tokens that are remembered, about 100 bytes each; those of a busy day.
const REMEMBERED: usize = 50_000;

/// Checks signatures.
pub(super) struct Signatures {
    key: hmac::Key,
    seen: Mutex<Seen>,
}

#[derive(Default)]
struct Seen {
    mails: HashMap<Digest, Digest>,
    order: VecDeque<Digest>,
}

impl Signatures {
    pub(super) fn new(key: &Secret) -> Self {
        let key = hmac::Key::new(hmac::HMAC_SHA256, key.expose().as_bytes());
        Self { key, seen: Mutex::default() }
    }

    /// Whether Mailgun made this post of this mail, not too long ago.
    pub(super) fn is_good(&self, signature: &Signature, mail: Digest) -> bool {
        self.is_good_at(signature, mail, SystemClock.now().as_second())
    }

    fn is_good_at(&self, signature: &Signature, mail: Digest, now: i64) -> bool {
        let Signature { timestamp, token, signature } = signature;
        let signed = format!("{timestamp}{token}");
        let is_signed = from_hex(signature)
            .is_some_and(|bytes| hmac::verify(&self.key, signed.as_bytes(), &bytes).is_ok());
        let is_in_time =
            timestamp.parse().is_ok_and(|made: i64| (now - OLDEST..=now + AHEAD).contains(&made));
        is_signed && is_in_time && self.is_first_or_same(Digest::of(&[signed.as_bytes()]), mail)
    }

    fn is_first_or_same(&self, token: Digest, mail: Digest) -> bool {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(before) = seen.mails.get(&token) {
            return *before == mail;
        }
        if seen.order.len() >= REMEMBERED
            && let Some(oldest) = seen.order.pop_front()
        {
            seen.mails.remove(&oldest);
        }
        seen.order.push_back(token);
        seen.mails.insert(token, mail);
        true
    }
}

fn from_hex(text: &str) -> Option<Vec<u8>> {
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let pair = |pair: &[u8]| match pair {
        [high, low] => Some(digit(*high)? * 16 + digit(*low)?),
        _ => None,
    };
    text.as_bytes().chunks(2).map(pair).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_772_532_005;

    fn signature(timestamp: i64, token: &str, key: &str) -> Signature {
        let key = hmac::Key::new(hmac::HMAC_SHA256, key.as_bytes());
        let made = hmac::sign(&key, format!("{timestamp}{token}").as_bytes());
        let signature = made.as_ref().iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().concat();
        Signature { timestamp: timestamp.to_string(), token: token.to_owned(), signature }
    }

    #[test]
    fn only_a_fresh_signature_under_the_key_is_good() {
        let signatures = Signatures::new(&"key-mailgun".parse().unwrap());
        let mail = Digest::of(&[b"mail"]);
        let good = |signature: &Signature| signatures.is_good_at(signature, mail, NOW);
        assert!(good(&signature(NOW, "a", "key-mailgun")));
        assert!(good(&signature(NOW - 8 * 3600, "b", "key-mailgun")));
        assert!(!good(&signature(NOW - OLDEST - 1, "c", "key-mailgun")));
        assert!(!good(&signature(NOW + AHEAD + 1, "d", "key-mailgun")));
        assert!(!good(&signature(NOW, "e", "another key")));
        assert!(!good(&Signature { token: "f".to_owned(), ..signature(NOW, "a", "key-mailgun") }));
        for text in ["", "0", "zz", "+1"] {
            let broken = Signature { signature: text.to_owned(), ..signature(NOW, "a", "key-mailgun") };
            assert!(!good(&broken), "{text}");
        }
    }

    #[test]
    fn a_token_counts_for_the_mail_it_first_came_with() {
        let signatures = Signatures::new(&"key-mailgun".parse().unwrap());
        let signed = signature(NOW, "a", "key-mailgun");
        let (mail, other) = (Digest::of(&[b"mail"]), Digest::of(&[b"other"]));
        assert!(signatures.is_good_at(&signed, mail, NOW));
        assert!(signatures.is_good_at(&signed, mail, NOW + 600), "the same post again");
        assert!(!signatures.is_good_at(&signed, other, NOW));
    }
}
