//! E-mail addresses, as strict as the sender of a refund has to be.

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::Deserialize;

use crate::text::serialized_as_text;

/// The longest address SMTP can carry, in bytes (RFC 5321, 4.5.3.1.3, less the angle brackets).
pub const MAX_ADDRESS_BYTES: usize = 254;
/// The longest local part SMTP can carry, in bytes (RFC 5321, 4.5.3.1.1).
pub const MAX_LOCAL_BYTES: usize = 64;

/// One mailbox, `local@domain`.
///
/// The domain is lower-case A-labels with at least one dot; the local part is kept as written, since only its own server may say
/// whether case matters. Plus tags and dots are never folded. Equality is of bytes, so look-alikes are never equal.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Deserialize, JsonSchema)]
#[serde(try_from = "String")]
#[schemars(with = "String", extend("format" = "email"))]
pub struct EmailAddress {
    text: String,
    at: usize,
}

/// Why a text is not an address that postill would act on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// Longer than SMTP can carry.
    #[error("the address is longer than {MAX_ADDRESS_BYTES} bytes")]
    TooLong,
    /// There is no `@`, or nothing on one side of it.
    #[error("the address needs text on both sides of an @")]
    NoAt,
    /// The part before the `@` is not a dot-atom or a quoted string.
    #[error("the part before the @ is not a valid local part")]
    BadLocal,
    /// The part after the `@` is not a domain name with a dot in it.
    #[error("the part after the @ is not a domain name")]
    BadDomain,
}

impl EmailAddress {
    /// The address as text, the domain in lower case.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The part before the `@`, as it was written.
    pub fn local(&self) -> &str {
        self.text.get(..self.at).unwrap_or_default()
    }

    /// The part after the `@`, in lower-case A-labels.
    pub fn domain(&self) -> &str {
        self.text.get(self.at + 1..).unwrap_or_default()
    }

    /// The same address with its local part in lower case, as Stripe's dashboard often stores it.
    #[must_use]
    pub fn to_lowercase(&self) -> Self {
        let local: String = folded(self.local()).collect();
        Self { text: format!("{local}@{}", self.domain()), at: local.len() }
    }

    /// Whether `other` is this address but for letter case: the most that is folded when an address on file is compared. A sign that only
    /// looks like an ASCII letter when it is lowered, such as the sign of the Kelvin, is another mailbox.
    pub fn is_same_mailbox(&self, other: &str) -> bool {
        folded(other.trim()).eq(folded(&self.text))
    }
}

fn folded(text: &str) -> impl Iterator<Item = char> + '_ {
    text.chars().flat_map(|c| {
        let stays = !c.is_ascii() && c.to_lowercase().any(|lower| lower.is_ascii());
        let lowered = (!stays).then(|| c.to_lowercase());
        lowered.into_iter().flatten().chain(stays.then_some(c))
    })
}

impl FromStr for EmailAddress {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        if text.len() > MAX_ADDRESS_BYTES {
            return Err(AddressError::TooLong);
        }
        let (local, domain) = text.rsplit_once('@').ok_or(AddressError::NoAt)?;
        if local.is_empty() || domain.is_empty() {
            return Err(AddressError::NoAt);
        }
        if local.len() > MAX_LOCAL_BYTES || !(is_dot_atom(local) || is_quoted_string(local)) {
            return Err(AddressError::BadLocal);
        }
        if !is_domain_name(domain) {
            return Err(AddressError::BadDomain);
        }
        let at = local.len();
        let mut text = text.to_owned();
        if let Some(domain) = text.get_mut(at..) {
            domain.make_ascii_lowercase();
        }
        Ok(Self { text, at })
    }
}

fn is_dot_atom(local: &str) -> bool {
    local.split('.').all(|atom| !atom.is_empty() && atom.chars().all(is_atext))
}

/// `atext` of RFC 5322, with the non-ASCII letters of RFC 6532; nothing invisible or that turns the writing direction.
fn is_atext(c: char) -> bool {
    match c {
        'a'..='z' | 'A'..='Z' | '0'..='9' => true,
        _ if c.is_ascii() => "!#$%&'*+-/=?^_`{|}~".contains(c),
        _ => c.is_alphanumeric(),
    }
}

fn is_quoted_string(local: &str) -> bool {
    let Some(inner) = local.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) else { return false };
    let mut chars = inner.chars();
    while let Some(c) = chars.next() {
        let fine = match c {
            '"' => false,
            '\\' => chars.next().is_some_and(|escaped| escaped == ' ' || escaped.is_ascii_graphic()),
            _ => c == ' ' || c.is_ascii_graphic(),
        };
        if !fine {
            return false;
        }
    }
    !inner.is_empty()
}

/// A host name in ASCII: labels of letters, digits and inner hyphens, at least two of them, the last not all digits.
fn is_domain_name(domain: &str) -> bool {
    let label_is_fine = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    domain.contains('.')
        && domain.split('.').all(label_is_fine)
        && domain.rsplit('.').next().is_some_and(|tld| !tld.bytes().all(|b| b.is_ascii_digit()))
}

impl TryFrom<String> for EmailAddress {
    type Error = AddressError;

    fn try_from(text: String) -> Result<Self, AddressError> {
        text.parse()
    }
}

serialized_as_text!(EmailAddress);

impl From<EmailAddress> for String {
    fn from(address: EmailAddress) -> Self {
        address.text
    }
}

impl fmt::Display for EmailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// Hides the person: addresses must not reach a log through a `Debug`.
impl fmt::Debug for EmailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("EmailAddress(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: Result<&str, AddressError>) {
        let address = text.parse::<EmailAddress>();
        assert_eq!(address.as_ref().map(EmailAddress::as_str), expected.as_ref().copied());
    }

    #[test]
    fn the_domain_is_lowered_and_the_local_part_kept() {
        check("Marta.Keller+x@Studio.Example", Ok("Marta.Keller+x@studio.example"));
        check("jürgen@xn--mller-kva.example", Ok("jürgen@xn--mller-kva.example"));
        check("\"odd name\"@a.example", Ok("\"odd name\"@a.example"));
    }

    #[test]
    fn what_a_stranger_could_slip_through_is_refused() {
        check("nobody", Err(AddressError::NoAt));
        check("@a.example", Err(AddressError::NoAt));
        check("a..b@a.example", Err(AddressError::BadLocal));
        check(".a@a.example", Err(AddressError::BadLocal));
        check("a b@a.example", Err(AddressError::BadLocal));
        check("a\u{202e}b@a.example", Err(AddressError::BadLocal));
        check("a@localhost", Err(AddressError::BadDomain));
        check("a@[127.0.0.1]", Err(AddressError::BadDomain));
        check("a@127.0.0.1", Err(AddressError::BadDomain));
        check("a@exämple.example", Err(AddressError::BadDomain));
        check("a@-a.example", Err(AddressError::BadDomain));
    }

    #[test]
    fn only_letter_case_is_folded() {
        let kim: EmailAddress = "kim@studio.example".parse().unwrap();
        assert!(kim.is_same_mailbox(" Kim@Studio.example"));
        let juergen: EmailAddress = "J\u{dc}RGEN@studio.example".parse().unwrap();
        assert!(juergen.is_same_mailbox("j\u{fc}rgen@studio.example"));
        let kelvin: EmailAddress = "\u{212a}im@studio.example".parse().unwrap();
        assert!(!kelvin.is_same_mailbox("kim@studio.example") && !kim.is_same_mailbox(kelvin.as_str()));
        assert_eq!(kelvin.to_lowercase(), kelvin);
    }

    #[test]
    fn debug_hides_the_person() {
        let address: EmailAddress = "marta@studio.example".parse().unwrap();
        assert_eq!(format!("{address:?}"), "EmailAddress(…)");
    }
}
