//! SHA-256 values that identify: the bytes that arrived, and the mail they hold.

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize, Serializer};
use sha2::{Digest as _, Sha256};

use crate::Assurance;

/// The text is not 64 lower-case hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected 64 lower-case hexadecimal digits")]
pub struct DigestError;

macro_rules! sha256_newtype {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Deserialize, JsonSchema)]
        #[serde(try_from = "String")]
        #[schemars(with = "String", extend("pattern" = "^[0-9a-f]{64}$"))]
        pub struct $name([u8; 32]);

        impl $name {
            /// Hashes `parts`, each preceded by its length (8 bytes, big-endian), so that no two lists of parts collide by
            /// moving bytes from one part to the next.
            pub fn of(parts: &[&[u8]]) -> Self {
                let mut hash = Sha256::new();
                for part in parts {
                    hash.update((part.len() as u64).to_be_bytes());
                    hash.update(part);
                }
                Self(hash.finalize().into())
            }

            /// The 32 bytes.
            pub const fn as_bytes(&self) -> &[u8; 32] {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(std::str::from_utf8(&digits(&self.0)).map_err(|_not_text| fmt::Error)?)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({self})", stringify!($name))
            }
        }

        impl FromStr for $name {
            type Err = DigestError;

            fn from_str(text: &str) -> Result<Self, DigestError> {
                let (pairs, rest) = text.as_bytes().as_chunks();
                let mut bytes = [0; 32];
                if pairs.len() != bytes.len() || !rest.is_empty() {
                    return Err(DigestError);
                }
                for (byte, [high, low]) in bytes.iter_mut().zip(pairs) {
                    *byte = value(*high).ok_or(DigestError)? << 4 | value(*low).ok_or(DigestError)?;
                }
                Ok(Self(bytes))
            }
        }

        impl TryFrom<String> for $name {
            type Error = DigestError;

            fn try_from(text: String) -> Result<Self, DigestError> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(value: $name) -> Self {
                value.to_string()
            }
        }
    };
}

/// In lower case. Digests are written several times a mail, and formatting them as numbers takes twenty times as long.
fn digits(bytes: &[u8; 32]) -> [u8; 64] {
    let digit = |value: u8| if value < 10 { b'0' + value } else { b'a' - 10 + value };
    let mut digits = [0; 64];
    for ([high, low], byte) in digits.as_chunks_mut().0.iter_mut().zip(bytes) {
        (*high, *low) = (digit(byte >> 4), digit(byte & 0xf));
    }
    digits
}

/// What a digit in lower case is worth.
const fn value(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        _ => None,
    }
}

sha256_newtype! {
    /// What arrived, byte for byte: the key under which a delivery is claimed before anything of it is parsed, so that a mail
    /// that kills the process is still counted.
    Digest
}

sha256_newtype! {
    /// The identity of a mail: workspace, sender, raw Message-ID, Date and Subject, and the body's hash. Trace headers stay out, so
    /// a copy that came by a second mail server is the same mail; the Message-ID alone is never enough, since the sender chooses it.
    Fingerprint
}

impl Fingerprint {
    /// The entry of the mail in the ledger. A copy that proves nothing has an entry of its own: it must neither claim that of the
    /// authenticated mail, nor be given its draft. Actions go by the fingerprint itself, so that one request acts once, however
    /// many copies of it come.
    #[must_use]
    pub fn believed(self, assurance: Assurance) -> Self {
        if assurance.proves_sender() { self } else { Self::of(&[b"postill.unproven.v1", self.as_bytes()]) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_cannot_be_shifted_into_each_other() {
        assert_ne!(Digest::of(&[b"ab", b"c"]), Digest::of(&[b"a", b"bc"]));
    }

    #[test]
    fn text_and_value_are_the_same_thing() {
        let digest = Digest::of(&[b"mail"]);
        assert_eq!(digest.to_string().parse(), Ok(digest));
        let shown: Vec<String> = digest.as_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(digest.to_string(), shown.concat());
        for wrong in ["AB".repeat(32), "ab".repeat(31), "ab".repeat(33), "a".repeat(63), "é".repeat(32)] {
            assert_eq!(wrong.parse::<Digest>(), Err(DigestError), "{wrong}");
        }
    }
}
