//! Whose browser a request comes from, where proxies stand before the console.

use std::net::IpAddr;
use std::str::FromStr;

use axum::http::HeaderMap;
use ipnet::IpNet;

/// What proxies add on the right: whom each of them was asked by.
const FORWARDED: &str = "x-forwarded-for";

/// Proxies whose word on who asked them is believed.
#[derive(Debug, Clone, Default)]
pub struct Proxies(Vec<IpNet>);

/// A list of proxies names something that is neither an address nor a network.
#[derive(Debug, thiserror::Error)]
#[error("\"{0}\" is neither an address, as 10.0.0.7, nor a network, as 10.0.0.0/8")]
pub struct NotAProxy(String);

impl FromStr for Proxies {
    type Err = NotAProxy;

    /// Addresses and networks with commas between them.
    fn from_str(text: &str) -> Result<Self, NotAProxy> {
        let named = text.split(',').map(str::trim).filter(|named| !named.is_empty());
        let network = |named: &str| {
            let network = named.parse().or_else(|_no_network| named.parse::<IpAddr>().map(IpNet::from));
            network.map_err(|_neither| NotAProxy(named.to_owned()))
        };
        Ok(Self(named.map(network).collect::<Result<_, _>>()?))
    }
}

impl Proxies {
    /// Who sent a request: who connected, or whom the nearest proxies name, as far as each of them is believed.
    pub(crate) fn sender(&self, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
        let lines = headers.get_all(FORWARDED).iter().rev();
        let mut named = lines.flat_map(|line| line.to_str().unwrap_or_default().rsplit(',').map(address));
        let mut sender = peer.to_canonical();
        while self.are(sender)
            && let Some(Some(before)) = named.next()
        {
            sender = before;
        }
        sender
    }

    fn are(&self, address: IpAddr) -> bool {
        self.0.iter().any(|network| network.contains(&address))
    }
}

fn address(text: &str) -> Option<IpAddr> {
    text.trim().parse::<IpAddr>().ok().map(|address| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn sender(peer: &str, lines: &[&'static str]) -> String {
        let proxies: Proxies = "10.0.0.0/8, 192.0.2.1".parse().unwrap();
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(FORWARDED, HeaderValue::from_static(line));
        }
        proxies.sender(peer.parse().unwrap(), &headers).to_string()
    }

    #[test]
    fn a_proxy_is_believed_and_nobody_else() {
        assert_eq!(sender("198.51.100.1", &["203.0.113.9"]), "198.51.100.1");
        assert_eq!(sender("192.0.2.1", &["203.0.113.9"]), "203.0.113.9");
        assert_eq!(sender("::ffff:10.1.1.1", &["203.0.113.9"]), "203.0.113.9");
        assert_eq!(sender("10.1.1.1", &[]), "10.1.1.1");
    }

    #[test]
    fn what_the_browser_itself_claims_does_not_count() {
        assert_eq!(sender("10.1.1.1", &["127.0.0.1, 203.0.113.9, 192.0.2.1"]), "203.0.113.9");
        assert_eq!(sender("10.1.1.1", &["127.0.0.1", "203.0.113.9"]), "203.0.113.9");
        assert_eq!(sender("10.1.1.1", &["127.0.0.1, nonsense"]), "10.1.1.1");
        assert_eq!(sender("10.1.1.1", &["203.0.113.9,"]), "10.1.1.1");
    }

    #[test]
    fn a_list_that_names_no_network_is_refused() {
        assert!(" , ".parse::<Proxies>().is_ok_and(|none| none.0.is_empty()));
        assert!("2001:db8::/32,::1".parse::<Proxies>().is_ok_and(|two| two.0.len() == 2));
        let refused = "10.0.0.1, proxy.local".parse::<Proxies>().unwrap_err().to_string();
        assert!(refused.starts_with("\"proxy.local\" is neither"), "{refused}");
    }
}
