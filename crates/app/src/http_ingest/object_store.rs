//! Fetches what SES stored in a bucket. One GET, signed by hand with AWS Signature Version 4: a crate for all of S3 would bring an XML reader
//! and a second set of hashes for a signature of forty lines. Source:
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html>.
//!
//! Credentials are long-lived keys from the configuration; give them `s3:GetObject` on the one bucket, nothing else.

use std::time::Duration;

use domain::{Clock, SystemClock, Timestamp};
use reqwest::{StatusCode, Url};
use ring::{digest, hmac};

use crate::settings::S3Settings;

/// How long fetching one message may take. SNS gives up on an answer after 15 s, and the mail has to be stored as well.
const PATIENCE: Duration = Duration::from_secs(8);

/// Reads objects of one region, or of one store that speaks S3.
pub(super) struct ObjectStore {
    settings: S3Settings,
}

/// Why there is no message.
#[derive(Debug, thiserror::Error)]
pub(super) enum NotFetched {
    #[error("the names of bucket and object cannot be asked for")]
    BadName,
    #[error("the store does not have it, or not yet")]
    Missing,
    #[error("the store refuses these credentials")]
    Forbidden,
    #[error("the store answers {0}")]
    Answered(StatusCode),
    #[error("it has more than {limit} bytes (mail.max_bytes)")]
    TooLarge { limit: usize },
    #[error("the store cannot be reached, or is too slow")]
    Unreachable(#[source] reqwest::Error),
}

impl ObjectStore {
    pub(super) const fn new(settings: S3Settings) -> Self {
        Self { settings }
    }

    /// Fetches one object of at most `limit` bytes.
    pub(super) async fn fetch(
        &self,
        http: &reqwest::Client,
        (bucket, key): (&str, &str),
        limit: usize,
    ) -> Result<Vec<u8>, NotFetched> {
        let path = path(bucket, key).ok_or(NotFetched::BadName)?;
        let url: Url =
            format!("{}{path}", self.settings.endpoint).parse().map_err(|_bad| NotFetched::BadName)?;
        if url.path() != path {
            return Err(NotFetched::BadName);
        }
        let host = host(&url).ok_or(NotFetched::BadName)?;
        let at = time(SystemClock.now());
        let headers = [("host", host.as_str()), ("x-amz-content-sha256", EMPTY), ("x-amz-date", at.as_str())];
        let authorization = authorization(&self.settings, &path, &headers, &at);
        let request = http
            .get(url)
            .timeout(PATIENCE)
            .header("x-amz-content-sha256", EMPTY)
            .header("x-amz-date", &at)
            .header("authorization", authorization);
        let unreachable = |error: reqwest::Error| NotFetched::Unreachable(error.without_url());
        let mut answer = request.send().await.map_err(unreachable)?;
        match answer.status() {
            StatusCode::OK => {}
            StatusCode::NOT_FOUND => return Err(NotFetched::Missing),
            StatusCode::FORBIDDEN => return Err(NotFetched::Forbidden),
            other => return Err(NotFetched::Answered(other)),
        }
        let mut message = Vec::new();
        while let Some(chunk) = answer.chunk().await.map_err(unreachable)? {
            if message.len() + chunk.len() > limit {
                return Err(NotFetched::TooLarge { limit });
            }
            message.extend_from_slice(&chunk);
        }
        Ok(message)
    }
}

/// SHA-256 of no bytes: a GET has no body.
const EMPTY: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

/// `/bucket/key`, encoded as the signature wants it. `None` for names that no bucket has, or that a URL would resolve away.
fn path(bucket: &str, key: &str) -> Option<String> {
    let in_bucket = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b".-".contains(&byte);
    let is_bucket = (3..=63).contains(&bucket.len()) && bucket.bytes().all(in_bucket);
    let is_key = (1..=1024).contains(&key.len()) && key.split('/').all(|part| part != "." && part != "..");
    (is_bucket && bucket != ".." && is_key).then(|| format!("/{bucket}/{}", encoded(key)))
}

fn encoded(key: &str) -> String {
    let mut encoded = String::with_capacity(key.len());
    for byte in key.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.extend(format!("%{byte:02X}").chars());
        }
    }
    encoded
}

/// As the client sends it: the port only when it is not the scheme's own.
fn host(url: &Url) -> Option<String> {
    let host = url.host_str()?;
    Some(url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}")))
}

/// `20130524T000000Z`
fn time(now: Timestamp) -> String {
    now.strftime("%Y%m%dT%H%M%SZ").to_string()
}

/// The header field. `headers` are signed, in the order of their names.
fn authorization(settings: &S3Settings, path: &str, headers: &[(&str, &str)], at: &str) -> String {
    let names = headers.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(";");
    let fields: Vec<String> = headers.iter().map(|(name, value)| format!("{name}:{value}\n")).collect();
    let fields = fields.concat();
    let request = format!("GET\n{path}\n\n{fields}\n{names}\n{EMPTY}");
    let day = at.get(..8).unwrap_or_default();
    let scope = format!("{day}/{}/s3/aws4_request", settings.region);
    let hashed = hex(digest::digest(&digest::SHA256, request.as_bytes()).as_ref());
    let to_sign = format!("AWS4-HMAC-SHA256\n{at}\n{scope}\n{hashed}");
    let secret = format!("AWS4{}", settings.secret_key.expose());
    let key = [day, &settings.region, "s3", "aws4_request"]
        .iter()
        .fold(secret.into_bytes(), |key, part| keyed(&key, part.as_bytes()));
    let signature = hex(&keyed(&key, to_sign.as_bytes()));
    let access_key = &settings.access_key;
    format!("AWS4-HMAC-SHA256 Credential={access_key}/{scope}, SignedHeaders={names}, Signature={signature}")
}

fn keyed(key: &[u8], text: &[u8]) -> Vec<u8> {
    hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), text).as_ref().to_vec()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of a GET that Amazon publishes.
    #[test]
    fn the_signature_is_amazons() {
        let settings = S3Settings {
            region: "us-east-1".to_owned(),
            access_key: "AKIAIOSFODNN7EXAMPLE".to_owned(),
            secret_key: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY".parse().unwrap(),
            endpoint: String::new(),
        };
        let headers = [
            ("host", "examplebucket.s3.amazonaws.com"),
            ("range", "bytes=0-9"),
            ("x-amz-content-sha256", EMPTY),
            ("x-amz-date", "20130524T000000Z"),
        ];
        let field = authorization(&settings, "/test.txt", &headers, "20130524T000000Z");
        assert!(
            field.ends_with("f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41"),
            "{field}"
        );
        assert!(field.starts_with(
            "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request, "
        ));
        assert_eq!(time("2013-05-24T00:00:00Z".parse().unwrap()), "20130524T000000Z");
    }

    #[test]
    fn names_are_encoded_and_cannot_lead_elsewhere() {
        assert_eq!(path("larkspur-mail", "in/a b+ü").as_deref(), Some("/larkspur-mail/in/a%20b%2B%C3%BC"));
        assert_eq!(path("larkspur-mail", "a?x=1#y").as_deref(), Some("/larkspur-mail/a%3Fx%3D1%23y"));
        for (bucket, key) in [
            ("larkspur-mail", ""),
            ("larkspur-mail", "../other/key"),
            ("larkspur-mail", "a/./b"),
            ("ab", "key"),
            ("evil.example/larkspur", "key"),
            ("larkspur@evil", "key"),
        ] {
            assert_eq!(path(bucket, key), None, "{bucket} {key}");
        }
    }
}
