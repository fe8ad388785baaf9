//! Who may post. A provider shows the token as `Authorization: Bearer`, or as the password of `Authorization: Basic`, which is how a
//! token in the URL (`https://postill:TOKEN@…`) arrives.

use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::digest::{SHA256, digest};

use crate::settings::Secret;

/// The token, hashed: hashes have one length, and how far two agree tells nothing of the texts.
pub(super) struct Token([u8; 32]);

impl Token {
    pub(super) fn new(secret: &Secret) -> Self {
        Self(hash(secret.expose().as_bytes()))
    }

    /// Whether the headers show it. Two fields are none: which one counts must not depend on the reader.
    pub(super) fn is_shown(&self, headers: &HeaderMap) -> bool {
        let mut fields = headers.get_all(AUTHORIZATION).iter();
        let (Some(field), None) = (fields.next(), fields.next()) else { return false };
        let Some((scheme, shown)) = field.to_str().ok().and_then(|text| text.split_once(' ')) else {
            return false;
        };
        if scheme.eq_ignore_ascii_case("bearer") {
            return self.is(shown.trim().as_bytes());
        }
        let decoded = STANDARD.decode(shown.trim()).unwrap_or_default();
        let colon = decoded.iter().position(|byte| *byte == b':');
        let password = colon.and_then(|colon| decoded.get(colon + 1..));
        scheme.eq_ignore_ascii_case("basic") && password.is_some_and(|password| self.is(password))
    }

    /// In constant time: every byte is looked at, whatever the others were.
    fn is(&self, shown: &[u8]) -> bool {
        let shown = hash(shown);
        let differing =
            self.0.iter().zip(&shown).fold(0, |differing, (one, other)| differing | (one ^ other));
        std::hint::black_box(differing) == 0
    }
}

fn hash(text: &[u8]) -> [u8; 32] {
    let mut hash = [0; 32];
    for (to, from) in hash.iter_mut().zip(digest(&SHA256, text).as_ref()) {
        *to = *from;
    }
    hash
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_shown(fields: &[&str]) -> bool {
        let token = Token::new(&"0123456789abcdef".parse().unwrap());
        let mut headers = HeaderMap::new();
        for field in fields {
            headers.append(AUTHORIZATION, field.parse().unwrap());
        }
        token.is_shown(&headers)
    }

    #[test]
    fn the_token_is_known_as_bearer_and_as_password() {
        assert!(is_shown(&["Bearer 0123456789abcdef"]));
        assert!(is_shown(&["bearer 0123456789abcdef"]));
        for pair in ["postill:0123456789abcdef", ":0123456789abcdef"] {
            assert!(is_shown(&[&format!("Basic {}", STANDARD.encode(pair))]), "{pair}");
        }
    }

    #[test]
    fn everything_else_is_refused() {
        let basic = |pair: &str| format!("Basic {}", STANDARD.encode(pair));
        assert!(!is_shown(&[]));
        assert!(!is_shown(&["Bearer "]));
        assert!(!is_shown(&["Bearer 0123456789abcdeF"]));
        assert!(!is_shown(&["Bearer 0123456789abcdef0"]));
        assert!(!is_shown(&["Token 0123456789abcdef"]));
        assert!(!is_shown(&["0123456789abcdef"]));
        assert!(!is_shown(&[&basic("0123456789abcdef")]));
        assert!(!is_shown(&[&basic("0123456789abcdef:")]));
        assert!(!is_shown(&["Basic !"]));
        assert!(!is_shown(&["Bearer 0123456789abcdef", "Bearer 0123456789abcdef"]));
    }
}
