//! What the results in a mail look like beside the configuration: for finding out why mails are believed, or are not.

use std::fmt;

use domain::WorkspaceId;
use domain::mail::{Assurance, Automatic, Flag, Refusal};

use crate::authenticity::{received_by, same_domain};
use crate::headers::Headers;
use crate::raw::{self, RawMessage};
use crate::read::{Envelope, Format, Reader, Unreadable};
use crate::results::AuthenticationResults;
use crate::trust::Trust;

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
    /// The hosts that count as not ours and stand above it, in lower case, the lowest first. When there are none, the field stands
    /// where our own verifier writes.
    pub foreign_hosts_above: Vec<String>,
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
            automatic: mail.automatic,
            results: results(&parted.headers, domain, self.trust()),
            flags: mail.flags,
        })
    }
}

fn results(headers: &Headers<'_>, sender_domain: Option<&str>, trust: &Trust) -> Vec<SeenResults> {
    let topmost = headers.named("Received").next().and_then(received_by).unwrap_or_default();
    let mut foreign = Vec::new();
    let mut seen = Vec::new();
    for field in headers.iter() {
        if field.is("Received") && foreign.len() < MAX_FIELDS {
            let host = received_by(field).unwrap_or_default();
            if !foreign.is_empty() || !trust.is_own_host(&host, &topmost) {
                foreign.insert(0, shown(&host));
            }
        } else if field.is("Authentication-Results") && seen.len() < MAX_FIELDS {
            let results = AuthenticationResults::parse(&field.unfolded());
            seen.push(seen_results(&results, &foreign, sender_domain, trust));
        }
    }
    seen
}

fn seen_results(
    results: &Result<AuthenticationResults, crate::MalformedResults>,
    foreign: &[String],
    sender_domain: Option<&str>,
    trust: &Trust,
) -> SeenResults {
    let name = match results {
        Ok(results) => results.authserv_id.as_deref(),
        Err(malformed) => malformed.authserv_id.as_deref(),
    };
    let methods = results.as_ref().ok().map(|results| results.methods.as_slice());
    let from = methods
        .and_then(|methods| methods.iter().find(|found| found.method == "dmarc"))
        .and_then(|dmarc| dmarc.property("header.from"));
    SeenResults {
        authserv_id: name.map(shown),
        is_trusted: name.map_or(trust.microsoft_365, |name| trust.is_verifier(name)),
        foreign_hosts_above: foreign.to_vec(),
        verdicts: methods.map(|methods| {
            methods.iter().map(|found| (shown(&found.method), shown(&found.result))).collect()
        }),
        header_from: match (from, sender_domain) {
            (None, _) => HeaderFrom::Absent,
            (Some(from), Some(domain)) if same_domain(from, domain) => HeaderFrom::Sender,
            (Some(_), _) => HeaderFrom::Other,
        },
    }
}

/// A server's name; what stands before an `@` would be a person.
fn shown(name: &str) -> String {
    let server = name.rsplit('@').next().unwrap_or_default();
    server.chars().filter(char::is_ascii_graphic).take(MAX_NAME).collect::<String>().to_ascii_lowercase()
}
