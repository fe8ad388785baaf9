//! Questions to DNS, within bounds. Answers are kept as long as their owner says, and no longer than an hour.

use std::time::Duration;

use mail_auth::hickory_resolver::TokioResolver;
use mail_auth::hickory_resolver::config::{NameServerConfig, ResolveHosts, ResolverConfig, ResolverOpts};
use mail_auth::hickory_resolver::net::runtime::TokioRuntimeProvider;
use mail_auth::hickory_resolver::net::{DnsError, NetError};
use mail_auth::hickory_resolver::proto::op::ResponseCode;
use mail_auth::hickory_resolver::proto::rr::RData;
use mail_auth::hickory_resolver::system_conf::read_system_conf;

use crate::fault::Fault;
use crate::verifier::Config;

/// The most answers that are kept. An answer has at most 64 KiB, which the protocol sees to; a usual one has 500 bytes.
const MAX_KEPT: u64 = 1_024;
/// The longest an answer is kept. A key that its owner takes back counts no longer than this.
const LONGEST_KEPT: Duration = Duration::from_hours(1);
/// The longest it is remembered that there is nothing: a sender who mends a record should not wait long.
const LONGEST_MISSED: Duration = Duration::from_mins(5);
/// How often a question is asked before it counts as unanswered.
const TRIES: usize = 2;
/// The largest answer over UDP, in bytes: what passes the net unfragmented (DNS flag day 2020). A longer one comes over TCP.
const UDP_BYTES: u16 = 1_232;
/// The most texts under one name that are looked at, and the most bytes of each.
const MAX_TEXTS: usize = 20;
const MAX_TEXT_BYTES: usize = 8_192;

/// Why nobody can be asked.
#[derive(Debug, thiserror::Error)]
#[error("the name servers cannot be used")]
pub struct ResolverError(#[from] NetError);

/// Asks for texts.
#[derive(Clone)]
pub(crate) struct Dns {
    resolver: TokioResolver,
    timeout: Duration,
}

/// The resolver of a configuration.
pub(crate) fn resolver(config: &Config) -> Result<TokioResolver, ResolverError> {
    let servers = if config.servers.is_empty() {
        read_system_conf()?.0.name_servers
    } else {
        config.servers.iter().map(|address| server(*address)).collect()
    };
    let builder = TokioResolver::builder_with_config(
        ResolverConfig::from_parts(None, Vec::new(), servers),
        TokioRuntimeProvider::default(),
    );
    Ok(builder.with_options(options(config.lookup_timeout)).build()?)
}

fn server(address: std::net::SocketAddr) -> NameServerConfig {
    let mut server = NameServerConfig::udp_and_tcp(address.ip());
    for connection in &mut server.connections {
        connection.port = address.port();
    }
    server
}

fn options(lookup_timeout: Duration) -> ResolverOpts {
    let mut options = ResolverOpts::default();
    options.timeout = lookup_timeout / u32::try_from(TRIES + 1).unwrap_or(1);
    options.attempts = TRIES;
    options.cache_size = MAX_KEPT;
    options.positive_max_ttl = Some(LONGEST_KEPT);
    options.negative_max_ttl = Some(LONGEST_MISSED);
    options.use_hosts_file = ResolveHosts::Never;
    options.edns0 = true;
    options.edns_payload_len = UDP_BYTES;
    options
}

impl Dns {
    pub(crate) const fn new(resolver: TokioResolver, timeout: Duration) -> Self {
        Self { resolver, timeout }
    }

    /// The texts under a whole name, each joined from its pieces. [`Fault::NoKey`] when there are none.
    pub(crate) async fn texts(&self, name: &str) -> Result<Vec<Vec<u8>>, Fault> {
        let asked = tokio::time::timeout(self.timeout, self.resolver.txt_lookup(name)).await;
        let lookup = asked.map_err(|_elapsed| Fault::Dns)?.map_err(|error| fault(&error))?;
        let texts = lookup.answers().iter().filter_map(|record| {
            if let RData::TXT(text) = &record.data { Some(text.txt_data.concat()) } else { None }
        });
        let texts: Vec<_> = texts.take(MAX_TEXTS + 1).collect();
        if texts.len() > MAX_TEXTS || texts.iter().any(|text| text.len() > MAX_TEXT_BYTES) {
            return Err(Fault::MalformedKey);
        }
        if texts.is_empty() { Err(Fault::NoKey) } else { Ok(texts) }
    }
}

/// Only a server that says so says that there is nothing.
fn fault(error: &NetError) -> Fault {
    let NetError::Dns(DnsError::NoRecordsFound(nothing)) = error else { return Fault::Dns };
    if matches!(nothing.response_code, ResponseCode::NXDomain | ResponseCode::NoError) {
        Fault::NoKey
    } else {
        Fault::Dns
    }
}
