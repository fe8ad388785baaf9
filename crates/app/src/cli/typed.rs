//! Arguments with a format of their own.

use std::str::FromStr;

use store::AuditMark;

use crate::settings::Expected;

/// An action id, or its beginning as tables show it: `act_` and at least 8 hexadecimal digits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ActionStart(String);

impl ActionStart {
    const FEWEST_DIGITS: usize = 8;
    const DIGITS: usize = 40;

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for ActionStart {
    type Err = Expected;

    fn from_str(text: &str) -> Result<Self, Expected> {
        let is_start = text.strip_prefix("act_").is_some_and(|digits| {
            (Self::FEWEST_DIGITS..=Self::DIGITS).contains(&digits.len())
                && digits.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
        });
        is_start.then(|| Self(text.to_owned())).ok_or(Expected("act_ and 8 to 40 hexadecimal digits"))
    }
}

/// The head of an audit trail as `audit verify` prints it: `N:HASH`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct AuditHead(pub(crate) AuditMark);

impl FromStr for AuditHead {
    type Err = Expected;

    fn from_str(text: &str) -> Result<Self, Expected> {
        const EXPECTED: Expected =
            Expected("a head as `postill audit verify` prints it, such as 120:9f86d0…");
        let (number, hash) = text.split_once(':').ok_or(EXPECTED)?;
        let number = number.parse().map_err(|_not_a_number| EXPECTED)?;
        let hash = hash.parse().map_err(|_not_a_digest| EXPECTED)?;
        Ok(Self(AuditMark { number, hash }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_action_is_named_by_its_beginning() {
        assert!("act_0123abcd".parse::<ActionStart>().is_ok());
        for wrong in ["act_0123abc", "apr_0123abcd", "act_0123abcG", "act_%%%%%%%%", "0123abcd"] {
            assert!(wrong.parse::<ActionStart>().is_err(), "{wrong}");
        }
    }
}
