//! A topic asks whether this is the right place for its notifications. Visiting its URL says yes; only one of Amazon's is visited, since
//! otherwise whoever may post could make this machine ask for any address.

use std::time::Duration;

use super::answer::Refused;

/// How long Amazon may take to answer.
const PATIENCE: Duration = Duration::from_secs(10);

/// Says yes.
pub(super) async fn confirm(http: &reqwest::Client, url: &str) -> Result<(), Refused> {
    let url = amazons(url).ok_or(Refused::ForeignSubscription)?;
    let answer = http.get(url).timeout(PATIENCE).send().await.map_err(|error| {
        tracing::warn!(error = %error.without_url(), "the subscription could not be confirmed");
        Refused::NotConfirmed
    })?;
    if answer.status().is_success() { Ok(()) } else { Err(Refused::NotConfirmed) }
}

/// `https://sns.REGION.amazonaws.com/…`, nothing else.
fn amazons(url: &str) -> Option<reqwest::Url> {
    let url: reqwest::Url = url.parse().ok()?;
    let host = url.host_str()?;
    let host = host.strip_suffix(".cn").unwrap_or(host);
    let region = host.strip_prefix("sns.")?.strip_suffix(".amazonaws.com")?;
    let is_region = !region.is_empty()
        && region.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
    let is_plain = url.port().is_none() && url.username().is_empty() && url.password().is_none();
    (url.scheme() == "https" && is_region && is_plain).then_some(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_amazons_own_address_is_visited() {
        assert!(amazons("https://sns.eu-west-1.amazonaws.com/?Action=ConfirmSubscription&Token=2").is_some());
        assert!(amazons("https://sns.cn-north-1.amazonaws.com.cn/?Action=ConfirmSubscription").is_some());
        for url in [
            "http://sns.eu-west-1.amazonaws.com/",
            "https://sns.eu-west-1.amazonaws.com.evil.example/",
            "https://evil.example/sns.eu-west-1.amazonaws.com",
            "https://sns.eu-west-1.amazonaws.com@evil.example/",
            "https://user@sns.eu-west-1.amazonaws.com/",
            "https://sns.eu-west-1.amazonaws.com:8443/",
            "https://sns.evil.example.amazonaws.com/",
            "https://sns..amazonaws.com/",
            "https://s3.eu-west-1.amazonaws.com/",
            "https://127.0.0.1/",
            "sns.eu-west-1.amazonaws.com",
            "",
        ] {
            assert!(amazons(url).is_none(), "{url}");
        }
    }
}
