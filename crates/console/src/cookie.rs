//! The one cookie: what a browser shows to be signed in.

use axum::http::header::COOKIE;
use axum::http::{HeaderMap, HeaderValue};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::Digest;
use ring::hmac;
use ring::rand::{SecureRandom as _, SystemRandom};

use crate::complaint::Complaint;
use crate::{Cookies, SessionLimits};

const NAME: &str = "postill_session";
const TOKEN_BYTES: usize = 32;

/// What the browser holds. The ledger has its digest only.
#[derive(Clone)]
pub(crate) struct Token(String);

impl Token {
    pub(crate) fn new() -> Result<Self, Complaint> {
        let mut random = [0; TOKEN_BYTES];
        SystemRandom::new().fill(&mut random).map_err(|_unspecified| Complaint::NoRandomness)?;
        Ok(Self(URL_SAFE_NO_PAD.encode(random)))
    }

    /// The one in the request, where there is one that could be ours.
    pub(crate) fn sent(headers: &HeaderMap) -> Option<Self> {
        let cookies = headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok());
        cookies
            .flat_map(|line| line.split(';'))
            .filter_map(|pair| pair.trim().split_once('='))
            .find(|(name, text)| *name == NAME && is_token(text))
            .map(|(_, text)| Self(text.to_owned()))
    }

    /// Under which the ledger has the session.
    pub(crate) fn digest(&self) -> Digest {
        Digest::of(&[b"postill.console.v1", self.0.as_bytes()])
    }

    /// What every form of the session carries: only who can read our pages has it.
    pub(crate) fn form_token(&self) -> String {
        let key = hmac::Key::new(hmac::HMAC_SHA256, self.0.as_bytes());
        URL_SAFE_NO_PAD.encode(hmac::sign(&key, FORM))
    }

    pub(crate) fn is_form_token(&self, text: &str) -> bool {
        let key = hmac::Key::new(hmac::HMAC_SHA256, self.0.as_bytes());
        URL_SAFE_NO_PAD.decode(text).is_ok_and(|tag| hmac::verify(&key, FORM, &tag).is_ok())
    }

    /// Not for scripts, not for other sites; gone when the session is too old at the latest.
    pub(crate) fn set(&self, limits: &SessionLimits) -> Result<HeaderValue, Complaint> {
        header(&self.0, limits.lasts.as_secs(), limits.cookies)
    }

    pub(crate) fn clear(limits: &SessionLimits) -> Result<HeaderValue, Complaint> {
        header("", 0, limits.cookies)
    }
}

const FORM: &[u8] = b"postill.console.form.v1";

fn is_token(text: &str) -> bool {
    text.len() == (TOKEN_BYTES * 8).div_ceil(6)
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
}

fn header(text: &str, seconds: u64, cookies: Cookies) -> Result<HeaderValue, Complaint> {
    let secure = match cookies {
        Cookies::Secure => "; Secure",
        Cookies::Plain => "",
    };
    let cookie = format!("{NAME}={text}; Path=/; HttpOnly; SameSite=Lax; Max-Age={seconds}{secure}");
    HeaderValue::from_str(&cookie).map_err(|_control| Complaint::NoRandomness)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sent(line: &str) -> Option<Token> {
        let mut headers = HeaderMap::new();
        headers.insert(COOKIE, HeaderValue::from_str(line).ok()?);
        Token::sent(&headers)
    }

    #[test]
    fn a_token_is_found_among_other_cookies() -> Result<(), Complaint> {
        let token = Token::new()?;
        let found = sent(&format!("theme=dark; postill_session={}; other=1", token.0));
        assert_eq!(found.map(|found| found.digest()), Some(token.digest()));
        assert!(sent("postill_session=short").is_none());
        assert!(sent("postill_session_2=x").is_none());
        Ok(())
    }

    #[test]
    fn a_form_token_is_of_one_session() -> Result<(), Complaint> {
        let (one, other) = (Token::new()?, Token::new()?);
        assert!(one.is_form_token(&one.form_token()));
        assert!(!other.is_form_token(&one.form_token()));
        assert!(!one.is_form_token(""));
        Ok(())
    }
}
