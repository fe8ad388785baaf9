use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use lapin::uri::{AMQPScheme, AMQPUri};

/// Where the broker is: `amqp://user:password@host:port/vhost`, or `amqps://` for TLS. What is left out is RabbitMQ's
/// default (`guest`, `localhost`, 5672 or 5671, vhost `/`). A `/` within the vhost is written `%2f`. `Debug` and
/// `Display` hide the password.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct AmqpUrl(AMQPUri);

impl AmqpUrl {
    /// `host:port`, for messages to people.
    pub fn address(&self) -> String {
        format!("{}:{}", self.0.authority.host, self.0.authority.port)
    }

    /// The user it logs in as.
    pub fn user(&self) -> &str {
        &self.0.authority.userinfo.username
    }

    /// The virtual host.
    pub fn vhost(&self) -> &str {
        &self.0.vhost
    }

    pub(crate) fn with_heartbeat(&self, heartbeat: Duration) -> AMQPUri {
        let mut uri = self.0.clone();
        uri.query.heartbeat = u16::try_from(heartbeat.as_secs()).ok();
        uri
    }
}

impl FromStr for AmqpUrl {
    type Err = InvalidUrl;

    fn from_str(text: &str) -> Result<Self, InvalidUrl> {
        let Some((scheme, rest)) = text.split_once("://") else { return Err(InvalidUrl::Scheme) };
        if scheme != "amqp" && scheme != "amqps" {
            return Err(InvalidUrl::Scheme);
        }
        // The parser's own message is dropped on purpose: it quotes the whole URL, password included.
        let Ok(mut uri) = text.parse::<AMQPUri>() else { return Err(InvalidUrl::Malformed) };
        if let Some(host) = bracketed_host(rest) {
            host.clone_into(&mut uri.authority.host);
        }
        if uri.vhost.is_empty() {
            "/".clone_into(&mut uri.vhost);
        }
        Ok(Self(uri))
    }
}

/// The address of `user@[::1]:5672/…`. The parser takes an IPv6 host for a missing one and connects to localhost.
fn bracketed_host(rest: &str) -> Option<&str> {
    let authority = rest.split(['/', '?']).next()?;
    let host = authority.rsplit('@').next()?;
    host.strip_prefix('[')?.split(']').next()
}

impl fmt::Display for AmqpUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = match self.0.scheme {
            AMQPScheme::AMQP => "amqp",
            AMQPScheme::AMQPS => "amqps",
        };
        let vhost = self.vhost().replace('/', "%2f");
        write!(f, "{scheme}://{}:***@{}/{vhost}", self.user(), self.address())
    }
}

impl fmt::Debug for AmqpUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AmqpUrl({self})")
    }
}

/// Why a text is not the URL of a broker. Never quotes it: it may hold a password.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidUrl {
    /// It begins with something else.
    #[error("the broker's URL must begin with amqp:// or amqps://")]
    Scheme,
    /// The rest cannot be read; special characters in a password must be percent-encoded.
    #[error(
        "the broker's URL cannot be read; write it amqp://user:password@host:port/vhost, special characters percent-encoded"
    )]
    Malformed,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, address: &str, vhost: &str) {
        let url: AmqpUrl = text.parse().unwrap();
        assert_eq!((url.address().as_str(), url.vhost()), (address, vhost));
    }

    #[test]
    fn what_is_left_out_is_the_default() {
        check("amqp://rabbit", "rabbit:5672", "/");
        check("amqps://rabbit/", "rabbit:5671", "/");
        check("amqp://u:p@10.0.0.7:1234/prod%2fa", "10.0.0.7:1234", "prod/a");
    }

    #[test]
    fn an_ipv6_broker_is_not_taken_for_localhost() {
        check("amqp://u:p@[2001:db8::1]:5673/v", "2001:db8::1:5673", "v");
    }

    #[test]
    fn neither_a_url_nor_its_error_shows_the_password() {
        let url: AmqpUrl = "amqp://u:secret@host/v".parse().unwrap();
        assert_eq!(format!("{url} {url:?}"), "amqp://u:***@host:5672/v AmqpUrl(amqp://u:***@host:5672/v)");
        for wrong in ["http://u:secret@host", "amqp://u:secret@host:port", "secret"] {
            let error = wrong.parse::<AmqpUrl>().unwrap_err();
            assert!(!format!("{error} {error:?}").contains("secret"));
        }
    }
}
