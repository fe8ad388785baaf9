//! Which results are ours: by the verifier's name, or by where they stand, and always above what came in from outside.

use crate::headers::{Field, Headers, ends_with_ignoring_case, without_comments};
use crate::results::{AuthenticationResults, MalformedResults, MethodResult};
use crate::trust::Trust;

/// The results of our verifiers, and whether somebody tried to pass for one.
#[derive(Default)]
pub(super) struct Found {
    pub(super) trusted: Vec<Reading>,
    /// A field with a verifier's name stands where the verifier could not have put it, or is written as it would not write it.
    pub(super) is_forged: bool,
}

/// One trusted field.
pub(super) struct Reading {
    /// As it named itself.
    pub(super) verifier: String,
    /// None when the field could not be read.
    pub(super) methods: Option<Vec<MethodResult>>,
}

impl Found {
    pub(super) fn in_headers(headers: &Headers<'_>, trust: &Trust) -> Self {
        let mut found = if trust.authserv_ids.is_empty() { Self::default() } else { by_name(headers, trust) };
        if trust.microsoft_365 {
            found.trusted.extend(by_position(headers).map(|(_, reading)| reading));
        }
        found
    }
}

/// Where in a mail our own verifiers write: what [`Found`] goes by, for telling an operator.
pub(crate) struct Places {
    outside: usize,
    microsoft: Option<usize>,
}

impl Places {
    pub(crate) fn of(headers: &Headers<'_>, trust: &Trust) -> Self {
        Self { outside: outside(headers, trust), microsoft: by_position(headers).map(|(number, _)| number) }
    }

    /// Whether results count in field `number` once their verifier is trusted; Exchange Online is one that has no name.
    pub(crate) fn are_right(&self, number: usize, field: &Field<'_>, verifier: Option<&str>) -> bool {
        match verifier {
            Some(_) => number < self.outside && !field.has_space_before_colon,
            None => self.microsoft == Some(number),
        }
    }
}

/// The number of the first field that came in from outside: the first `Received` that a host not ours wrote.
fn outside(headers: &Headers<'_>, trust: &Trust) -> usize {
    let mut topmost: Option<String> = None;
    let is_foreign = |field: &Field<'_>| {
        field.is("Received")
            && received_by(field).is_none_or(|by| {
                let topmost = topmost.get_or_insert_with(|| by.clone());
                !trust.is_own_host(&by, topmost)
            })
    };
    headers.iter().position(is_foreign).unwrap_or(usize::MAX)
}

fn by_name(headers: &Headers<'_>, trust: &Trust) -> Found {
    let mut found = Found::default();
    let outside = outside(headers, trust);
    for (number, field) in headers.iter().enumerate().filter(|(_, field)| field.is(RESULTS)) {
        let reading = Reading::of(AuthenticationResults::parse(&field.unfolded()));
        if !trust.is_verifier(&reading.verifier) {
            continue;
        }
        // A server that takes out forged results looks for the name and the colon.
        if number > outside || field.has_space_before_colon {
            found.is_forged = true;
        } else {
            found.trusted.push(reading);
        }
    }
    found
}

/// The results that Exchange Online wrote for this mail. It gives itself no name, so its place is all there is: above the `Received`
/// of its border, which every mail from outside passes, with nothing but Microsoft's own hops on top.
///
/// Other tenants' hops have the same names. A mail from one of them has crossed our border last, so the topmost border is ours, and
/// what the other tenant wrote, or its owner forged, stands below. A mail handed over without a border, as from a client that logs in,
/// has no results here. Beside them stands their number among the fields.
fn by_position(headers: &Headers<'_>) -> Option<(usize, Reading)> {
    let mut topmost = None;
    for (number, field) in headers.iter().enumerate() {
        if field.is("Received") {
            let text = without_comments(&field.text());
            let hop = Hop::of(&text).filter(|hop| is_microsoft(hop.by))?;
            if is_border(hop.by) {
                return topmost.filter(|_| is_where_it_came_in(headers, hop.by));
            }
            if !hop.from.is_none_or(is_microsoft) {
                return None;
            }
        } else if field.is(RESULTS) && !field.has_space_before_colon && topmost.is_none() {
            let results = AuthenticationResults::parse(&field.unfolded());
            // One that cannot be read has no name that could be told from a method's.
            let has_no_name = results.as_ref().is_ok_and(|results| results.authserv_id.is_none());
            if has_no_name || results.is_err() {
                let reading = Reading { verifier: MICROSOFT.to_owned(), ..Reading::of(results) };
                topmost = Some((number, reading));
            }
        }
    }
    None
}

const RESULTS: &str = "Authentication-Results";
const MICROSOFT: &str = "microsoft-365";

impl Reading {
    fn of(results: Result<AuthenticationResults, MalformedResults>) -> Self {
        let (verifier, methods) = match results {
            Ok(results) => (results.authserv_id, Some(results.methods)),
            Err(malformed) => (malformed.authserv_id, None),
        };
        Self { verifier: verifier.unwrap_or_default(), methods }
    }
}

/// Exchange Online, worldwide and in the clouds of China and of the government of the United States.
pub(crate) fn is_microsoft(host: &str) -> bool {
    // Forests from before the common name are called `prod.exchangelabs.com` among themselves.
    [".outlook.com", ".office365.com", ".prod.exchangelabs.com", ".partner.outlook.cn", ".office365.us"]
        .iter()
        .any(|domain| ends_with_ignoring_case(host, domain))
}

/// A host that takes mail from outside a tenant.
fn is_border(host: &str) -> bool {
    [".mail.protection.outlook.com", ".mail.protection.partner.outlook.cn", ".mail.protection.office365.us"]
        .iter()
        .any(|domain| ends_with_ignoring_case(host, domain))
}

/// Exchange notes which of its hosts took the mail in, and takes such notes of others out. Exports may lack it.
fn is_where_it_came_in(headers: &Headers<'_>, border: &str) -> bool {
    let name = |host: &str| host.trim().split('.').next().unwrap_or_default().to_ascii_lowercase();
    headers.named("X-MS-Exchange-Organization-AuthSource").all(|field| name(&field.text()) == name(border))
}

/// One `Received`: who gave the mail, as it called itself, and who took it.
struct Hop<'a> {
    from: Option<&'a str>,
    by: &'a str,
}

impl<'a> Hop<'a> {
    /// Reads `text`, a field without its comments. The name after `from` is the client's to choose, `by` included, so it is stepped
    /// over.
    fn of(text: &'a str) -> Option<Self> {
        let mut words = text.split_ascii_whitespace().peekable();
        let is_from = words.next_if(|word| word.eq_ignore_ascii_case("from")).is_some();
        let from = if is_from { Some(words.next()?) } else { None };
        words.find(|word| word.eq_ignore_ascii_case("by"))?;
        let by = words.next()?.trim_end_matches([';', '.']);
        (!by.is_empty()).then_some(Self { from, by })
    }
}

/// The host that took the mail, as it named itself.
pub(crate) fn received_by(field: &Field<'_>) -> Option<String> {
    Hop::of(&without_comments(&field.text())).map(|hop| hop.by.to_owned())
}
