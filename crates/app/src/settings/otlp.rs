//! Settings of the traces.

use std::num::NonZeroU32;

use super::Reading;
use super::key;
use super::reading::Expected;

/// Where spans go, and how many.
#[derive(Debug, Clone)]
pub(crate) struct OtlpSettings {
    /// Without a slash at its end.
    pub(crate) endpoint: String,
    /// Of so many mails one is traced.
    pub(crate) one_in: NonZeroU32,
}

pub(super) fn read(read: &mut Reading) -> Option<OtlpSettings> {
    let one_in = read.number(key::OTLP_ONE_IN, NonZeroU32::MIN);
    let endpoint = read.with(key::OTLP_ENDPOINT, collector)?;
    Some(OtlpSettings { endpoint, one_in })
}

fn collector(text: &str) -> Result<String, Expected> {
    let expected = Expected("a URL, as http://127.0.0.1:4318; /v1/traces is added");
    let is_http = text.starts_with("http://") || text.starts_with("https://");
    match text.parse::<reqwest::Url>() {
        Ok(url) if is_http && url.query().is_none() => Ok(text.trim_end_matches('/').to_owned()),
        Ok(_) | Err(_) => Err(expected),
    }
}
