//! Typed values from the layers; what is wrong with them is collected.

use std::fmt::Display;
use std::net::{IpAddr, SocketAddr};
use std::str::FromStr;

use domain::EmailAddress;
use tracing_subscriber::EnvFilter;

use super::layers::Layers;
use super::registry as key;
use super::registry::{SETTINGS, Secrecy};

/// Where name servers listen.
const DNS_PORT: u16 = 53;

/// What should have been written instead.
#[derive(Debug, thiserror::Error)]
#[error("expected {0}")]
pub(crate) struct Expected(pub(crate) &'static str);

/// Reads typed values and collects what is wrong with them.
pub(super) struct Reading {
    pub(super) layers: Layers,
}

impl Reading {
    pub(super) fn text(&self, key: &'static str) -> String {
        self.layers.get(key).map(|value| value.text.clone()).unwrap_or_default()
    }

    pub(super) fn list(&self, key: &'static str) -> Vec<String> {
        self.text(key).split(',').map(str::trim).filter(|item| !item.is_empty()).map(str::to_owned).collect()
    }

    pub(super) fn optional<T: FromStr<Err: Display>>(&mut self, key: &'static str) -> Option<T> {
        self.with(key, str::parse)
    }

    /// A value that must be there, be it by default.
    pub(super) fn needed<T: FromStr<Err: Display>>(&mut self, key: &'static str) -> Option<T> {
        if self.text(key).is_empty() {
            self.complain(key, "", "expected a value");
        }
        self.optional(key)
    }

    /// A value with a reading of its own; none when it is empty or wrong.
    pub(super) fn with<T, E: Display>(
        &mut self,
        key: &'static str,
        read: impl FnOnce(&str) -> Result<T, E>,
    ) -> Option<T> {
        let text = Some(self.text(key)).filter(|text| !text.is_empty())?;
        read(&text).map_err(|error| self.complain(key, &text, &error.to_string())).ok()
    }

    pub(super) fn with_default<T: FromStr<Err: Display>>(&mut self, key: &'static str, default: T) -> T {
        self.optional(key).unwrap_or(default)
    }

    pub(super) fn number<T: FromStr + PartialOrd + Copy + Display>(
        &mut self,
        key: &'static str,
        least: T,
    ) -> T {
        let text = self.text(key);
        match text.parse() {
            Ok(number) if number >= least => number,
            Ok(_) | Err(_) => {
                self.complain(key, &text, &format!("expected a whole number of at least {least}"));
                least
            }
        }
    }

    /// A part of a whole that is neither nothing nor all of it.
    pub(super) fn percent(&mut self, key: &'static str) -> usize {
        let text = self.text(key);
        if let Ok(percent @ 1..=99) = text.parse() {
            return percent;
        }
        self.complain(key, &text, "expected a whole number from 1 to 99");
        1
    }

    /// Directives for what is logged; read again where logging starts.
    pub(super) fn log_filter(&mut self) -> String {
        self.with(key::LOG_FILTER, |text| {
            EnvFilter::try_new(text).map(|_filter| text.to_owned()).map_err(|_error| {
                Expected("error, warn, info, debug or trace, perhaps by part: info,stripe_client=debug")
            })
        })
        .unwrap_or_default()
    }

    pub(super) fn addresses(&mut self, key: &'static str) -> Vec<EmailAddress> {
        let texts = self.list(key);
        let (addresses, wrong): (Vec<_>, Vec<_>) = texts
            .into_iter()
            .map(|text| text.parse().map_err(|_not_an_address| text))
            .partition(Result::is_ok);
        for text in wrong.into_iter().filter_map(Result::err) {
            self.complain(key, &text, "expected addresses with commas between them");
        }
        addresses.into_iter().filter_map(Result::ok).collect()
    }

    /// Addresses of name servers, which cannot be names; port 53 where none is said.
    pub(super) fn name_servers(&mut self, key: &'static str) -> Vec<SocketAddr> {
        let mut servers = Vec::new();
        for text in self.list(key) {
            let with_port = || text.parse::<IpAddr>().map(|ip| SocketAddr::new(ip, DNS_PORT));
            match text.parse().or_else(|_no_port| with_port()) {
                Ok(server) => servers.push(server),
                Err(_) => self.complain(key, &text, "expected IP addresses with commas between them"),
            }
        }
        servers
    }

    pub(super) fn complain(&mut self, key: &'static str, text: &str, expected: &str) {
        let origin =
            self.layers.get(key).map_or_else(|| "default".to_owned(), |value| value.origin.to_string());
        let secret = SETTINGS.iter().any(|setting| setting.key == key && setting.secrecy == Secrecy::Secret);
        let shown = if secret { String::new() } else { format!(" is \"{text}\"") };
        self.layers.complain(format!("{key}{shown} ({origin}): {expected}"));
    }
}
