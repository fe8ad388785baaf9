//! Whom to believe about a sender.

use domain::EmailAddress;

use crate::headers::ends_with_ignoring_case;

/// Whose word counts. The default trusts nobody: every mail is then [`domain::Assurance::None`].
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Trust {
    /// Names that our verifiers write into `Authentication-Results` (RFC 8601), compared whole and without regard to case. A verifier
    /// must remove results that came in under its own name (RFC 8601, section 5); nothing read later can tell them apart. Of several
    /// servers, each must remove those under any of these names, since a stranger chooses which of them to send to.
    pub authserv_ids: Vec<String>,
    /// Hosts that receive for us, as they name themselves after `by` in `Received`: whole names, or `.example.com` for every host
    /// below that domain. Names in `authserv_ids` are ours without being listed.
    ///
    /// When empty, the host that wrote the topmost `Received` is ours: it is the last hop before us and nobody outside can write
    /// above it. A setup where mail passes two hosts of ours after the verifier needs them listed, or the results are not seen.
    pub own_hosts: Vec<String>,
    /// Whether mail is read from Exchange Online (Microsoft 365), which writes its results without a name: they count by where they
    /// stand alone, above the `Received` of its border and below nothing but its own hops. Leave it off where mail reaches postill
    /// by any other server, since every tenant's hops are named alike.
    pub microsoft_365: bool,
    /// Domains that seal with ARC (RFC 8617) whose word for a forwarded mail is worth [`domain::Assurance::Weak`], never more: lists
    /// of universities, forwarding services. It takes a verifier in `authserv_ids` that says `arc=pass`, and every domain that sealed
    /// since must be named here, our own server's included if it seals.
    pub arc_sealers: Vec<String>,
    /// Addresses that we send from: mail from them is never answered.
    pub own_addresses: Vec<EmailAddress>,
    /// Producers whose `auth` verdict in `postill.mail.v1` is believed, by the name they give themselves. Whoever can publish to the
    /// queue can use the name, so the queue's permissions are part of this trust.
    pub producers: Vec<String>,
}

impl Trust {
    /// Whether an authserv-id is one of our verifiers.
    pub(crate) fn is_verifier(&self, authserv_id: &str) -> bool {
        self.authserv_ids.iter().any(|trusted| trusted.eq_ignore_ascii_case(authserv_id))
    }

    /// Whether the host after `by` is ours. `topmost` is the host of the topmost `Received`.
    pub(crate) fn is_own_host(&self, host: &str, topmost: &str) -> bool {
        let listed = |own: &String| {
            own.eq_ignore_ascii_case(host) || (own.starts_with('.') && ends_with_ignoring_case(host, own))
        };
        self.own_hosts.iter().any(listed)
            || self.is_verifier(host)
            || (self.own_hosts.is_empty() && host.eq_ignore_ascii_case(topmost))
    }

    pub(crate) fn is_own_address(&self, address: &EmailAddress) -> bool {
        self.own_addresses.iter().any(|own| own.is_same_mailbox(address.as_str()))
    }

    pub(crate) fn is_producer(&self, name: &str) -> bool {
        self.producers.iter().any(|trusted| trusted == name)
    }
}
