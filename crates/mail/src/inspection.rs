//! What the results in a mail look like beside the configuration: for finding out why mails are believed, or are not.

use std::fmt;

use domain::mail::{Assurance, Automatic, Flag, Refusal};
use domain::{Mail, WorkspaceId};

use crate::authenticity::{Places, is_microsoft, received_by, same_domain};
use crate::format::Format;
use crate::headers::{Field, Headers};
use crate::raw::{self, RawMessage};
use crate::read::{COUNTS_FOR_NOTHING, Envelope, Reader};
use crate::results::{AuthenticationResults, MethodResult};
use crate::trust::Trust;
use crate::unreadable::Unreadable;

/// The most fields of results that are looked at in one mail; real ones have fewer than ten.
const MAX_FIELDS: usize = 50;
/// The longest name that is shown, in letters; a host name has at most 253.
const MAX_NAME: usize = 100;

/// One mail as the configuration sees it, without anything a person wrote: names of servers and codes only.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inspection {
    /// Why no sender can be named.
    pub refused: Option<Refusal>,
    /// How far the sender is believed in the end.
    pub assurance: Assurance,
    /// Why a sender that can be named is not believed at all, each as code or words that many mails share; empty for any other mail.
    pub reasons: Vec<String>,
    /// Why it counts as written by a program.
    pub automatic: Option<Automatic>,
    /// What else was noticed.
    pub flags: Vec<Flag>,
    /// Its `Authentication-Results` from top to bottom, trusted or not; of very many, the first 50.
    pub results: Vec<SeenResults>,
}

/// One `Authentication-Results` field.
#[derive(Clone, PartialEq, Eq)]
pub struct SeenResults {
    /// The verifier's name in lower case; `None` where it writes none, as Microsoft 365.
    pub authserv_id: Option<String>,
    /// Whether that name is in [`Trust::authserv_ids`]; without a name, whether [`Trust::microsoft_365`] holds.
    pub is_trusted: bool,
    /// Whether it stands where our own verifier writes. It is read when this holds and [`SeenResults::is_trusted`].
    pub is_in_place: bool,
    /// The hosts above it that are in the way, in lower case, the lowest first: those that [`Trust::own_hosts`] would have to name
    /// besides what it names, or for results without a name those that are not Microsoft's.
    pub hosts_in_the_way: Vec<String>,
    /// Pairs of method and result, in lower case; `None` when the field is malformed.
    pub verdicts: Option<Vec<(String, String)>>,
    /// Whether the DMARC result is about the sender's domain.
    pub header_from: HeaderFrom,
}

/// Hides what somebody may have written in the place of a name.
impl fmt::Debug for SeenResults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SeenResults")
            .field("is_trusted", &self.is_trusted)
            .field("header_from", &self.header_from)
            .finish_non_exhaustive()
    }
}

/// Whom a DMARC result is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HeaderFrom {
    /// The sender's own domain.
    Sender,
    /// Another domain, or the mail has no sender that can be named.
    Other,
    /// There is no DMARC result, or it names no domain.
    Absent,
}

impl Reader {
    /// Looks at one raw message as [`Reader::read`] would, and tells what its results look like.
    ///
    /// # Errors
    /// [`Unreadable`], exactly where reading fails.
    pub fn inspect(&self, message: &[u8]) -> Result<Inspection, Unreadable> {
        let workspace = WorkspaceId::default();
        let envelope = Envelope { format: Format::Rfc822, body: message, workspace: &workspace, run: None };
        let mail = self.read(&envelope)?.mail;
        let message = raw::normalized(message);
        let parted =
            RawMessage::part(&message, self.limits().max_header_bytes).ok_or(Unreadable::NotAMail)?;
        let domain = mail.sender.as_ref().ok().map(domain::EmailAddress::domain);
        Ok(Inspection {
            refused: mail.sender.as_ref().err().copied(),
            assurance: mail.assurance,
            reasons: reasons(&mail),
            automatic: mail.automatic,
            results: results(&parted.headers, domain, self.trust()),
            flags: mail.flags,
        })
    }
}

/// What outweighs the rest, or else all that was found.
fn reasons(mail: &Mail) -> Vec<String> {
    let Ok(sender) = &mail.sender else { return Vec::new() };
    if mail.assurance != Assurance::None {
        return Vec::new();
    }
    let outweighing: Vec<String> = mail
        .evidence
        .iter()
        .filter_map(|evidence| evidence.strip_prefix(COUNTS_FOR_NOTHING))
        .map(str::to_owned)
        .collect();
    if outweighing.is_empty() {
        return mail.evidence.iter().map(|evidence| without_domains(evidence, sender.domain())).collect();
    }
    outweighing
}

/// Senders' domains are left out, which may name a person and which no two mails share.
fn without_domains(evidence: &str, sender_domain: &str) -> String {
    let words = evidence.split(' ').filter_map(|word| match word.split_once('=') {
        Some(("header.from", from)) if !same_domain(from, sender_domain) => Some("of another domain"),
        Some(("header.from" | "header.d" | "header.i" | "smtp.mailfrom" | "smtp.helo", _)) => None,
        Some(_) | None => Some(word),
    });
    words.collect::<Vec<_>>().join(" ")
}

fn results(headers: &Headers<'_>, sender_domain: Option<&str>, trust: &Trust) -> Vec<SeenResults> {
    let mut descent = Descent::into(headers, trust);
    let mut seen = Vec::new();
    for (number, field) in headers.iter().enumerate() {
        if field.is("Received") {
            descent.pass(&received_by(field).unwrap_or_default());
        } else if field.is("Authentication-Results") && seen.len() < MAX_FIELDS {
            seen.push(descent.see(number, field, sender_domain));
        }
    }
    seen
}

/// The way from the top of a header down, with the hosts that were passed, the lowest first.
struct Descent<'a> {
    trust: &'a Trust,
    places: Places,
    topmost: String,
    not_ours: Vec<String>,
    not_microsofts: Vec<String>,
}

impl<'a> Descent<'a> {
    fn into(headers: &Headers<'_>, trust: &'a Trust) -> Self {
        Self {
            trust,
            places: Places::of(headers, trust),
            topmost: headers.named("Received").next().and_then(received_by).unwrap_or_default(),
            not_ours: Vec::new(),
            not_microsofts: Vec::new(),
        }
    }

    /// Below a host that is not ours everything came in from outside, whatever a host there calls itself.
    fn pass(&mut self, host: &str) {
        let is_outside = !self.not_ours.is_empty() || !self.trust.is_own_host(host, &self.topmost);
        if is_outside && self.not_ours.len() < MAX_FIELDS {
            // The topmost is ours only as long as no host is named.
            if self.not_ours.is_empty() && self.trust.own_hosts.is_empty() {
                self.not_ours.push(shown(&self.topmost));
            }
            self.not_ours.insert(0, shown(host));
        }
        if !is_microsoft(host) && self.not_microsofts.len() < MAX_FIELDS {
            self.not_microsofts.insert(0, shown(host));
        }
    }

    fn see(&self, number: usize, field: &Field<'_>, sender_domain: Option<&str>) -> SeenResults {
        let results = AuthenticationResults::parse(&field.unfolded());
        let name = match &results {
            Ok(results) => results.authserv_id.as_deref(),
            // In Microsoft's place reading takes what is broken for Microsoft's.
            Err(_) if self.places.are_right(number, field, None) => None,
            Err(malformed) => malformed.authserv_id.as_deref(),
        };
        let methods = results.as_ref().ok().map(|results| results.methods.as_slice());
        let in_the_way = if name.is_some() { &self.not_ours } else { &self.not_microsofts };
        SeenResults {
            authserv_id: name.map(shown),
            is_trusted: name.map_or(self.trust.microsoft_365, |name| self.trust.is_verifier(name)),
            is_in_place: self.places.are_right(number, field, name),
            hosts_in_the_way: in_the_way.clone(),
            verdicts: methods.map(verdicts),
            header_from: header_from(methods.unwrap_or_default(), sender_domain),
        }
    }
}

fn verdicts(methods: &[MethodResult]) -> Vec<(String, String)> {
    methods.iter().map(|found| (shown(&found.method), shown(&found.result))).collect()
}

fn header_from(methods: &[MethodResult], sender_domain: Option<&str>) -> HeaderFrom {
    let dmarc = methods.iter().find(|found| found.method == "dmarc");
    match (dmarc.and_then(|dmarc| dmarc.property("header.from")), sender_domain) {
        (None, _) => HeaderFrom::Absent,
        (Some(from), Some(domain)) if same_domain(from, domain) => HeaderFrom::Sender,
        (Some(_), _) => HeaderFrom::Other,
    }
}

/// A server's name; what stands before an `@` would be a person.
fn shown(name: &str) -> String {
    let server = name.rsplit('@').next().unwrap_or_default();
    server.chars().filter(char::is_ascii_graphic).take(MAX_NAME).collect::<String>().to_ascii_lowercase()
}
